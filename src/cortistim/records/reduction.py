"""How a coil is made small for searching."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ReductionRecord:
    """A coil in few elements, as ``cortistim coil show`` prints it.

    Parameters
    ----------
    words : str
        The rest in a sentence, or why the coil is not reduced.
    full_elements, elements : int
        Of the full coil, and those that stand for it; equal where it is not reduced.
    brain_a_error_percent : float
        Bound for the vector potential in the brain, rms: twice the worst pose checked.
    peak_a_error_percent : float
        The largest there, in percent of the largest vector potential in the brain.
    scalp_a_error_percent : float
        The same on the scalp, rms.
    poses_checked : int
        Poses on stand-in heads that the fit has not seen.
    """

    words: str
    full_elements: int
    elements: int
    brain_a_error_percent: float
    peak_a_error_percent: float
    scalp_a_error_percent: float
    poses_checked: int
