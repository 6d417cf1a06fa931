"""What every record says of itself: the notice, the versions, and where numbers come from."""

from dataclasses import dataclass

RESEARCH_SOFTWARE = "Research software, not a medical device."
"""What every notice begins with."""
NOTICE = f"{RESEARCH_SOFTWARE} Not for clinical decisions without independent verification."


@dataclass(frozen=True, kw_only=True)
class SourceRecord:
    """A publication.

    Parameters
    ----------
    key : str
        A key of ``references.bib``.
    text : str
        Authors, year, title, journal and DOI in one line.
    """

    key: str
    text: str


@dataclass(frozen=True, kw_only=True)
class SourcedNumber:
    """A number with where it is from.

    Parameters
    ----------
    value : float
        The number.
    unit : str
        As people write it, such as ``µF``.
    source : str
        A key of ``references.bib``, ``assumed`` or ``given by the user``.
    note : str
        What a reader should know besides; may be empty.
    """

    value: float
    unit: str
    source: str
    note: str


@dataclass(frozen=True, kw_only=True)
class ConvergenceRecord:
    """How a solve ended.

    Parameters
    ----------
    iterations : int
        Of the conjugate gradients.
    residual : float
        Relative, of the worst load.
    unknowns : int
        Free nodes of the linear elements.
    tolerance : float
        The residual that was asked for.
    """

    iterations: int
    residual: float
    unknowns: int
    tolerance: float
