"""A coil's reduction in numbers: what ``cortistim coil show`` says of it."""

from cortistim.coil import Coil
from cortistim.coil.reduction import Reduction, reduced
from cortistim.records.reduction import ReductionRecord

PERCENT = 100.0


def reduction_record(coil: Coil) -> ReductionRecord:
    """Reduce a coil and say how good that is.

    Parameters
    ----------
    coil : Coil
        Any.

    Returns
    -------
    ReductionRecord
        The bounds are twice the worst pose on stand-in heads that the fit has not seen.
    """
    found = reduced(coil)
    return ReductionRecord(
        words=_words(found),
        full_elements=found.full_elements,
        elements=found.elements,
        brain_a_error_percent=_percent(found.brain_error),
        peak_a_error_percent=_percent(found.peak_error),
        scalp_a_error_percent=_percent(found.scalp_error),
        poses_checked=found.poses,
    )


def _words(found: Reduction) -> str:
    if found.words:
        return f"not reduced: {found.words}"
    return (
        f"{found.elements} current elements for {found.full_elements}: A in the brain within "
        f"{_percent(found.brain_error):g} % (rms; twice the worst of {found.poses} poses on "
        "stand-in heads that the fit has not seen). Only searches use them; figures, depth "
        "profiles and reported fields take the full coil"
    )


def _percent(share: float) -> float:
    return float(f"{PERCENT * share:.2g}")
