"""The output that a plan recommends, and what else could be taken."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

Rank = Annotated[int, Meta(ge=1)]


@dataclass(frozen=True, kw_only=True)
class OutputChoice:
    """One way to choose the stimulator output, with the number it gives for the protocol.

    Parameters
    ----------
    rank : int
        1 is recommended.
    rule : str
        Its name: ``threshold``, ``equal_field``, ``by_depth``, ``equal_recruitment``, or
        ``output`` where the protocol states the output itself.
    words : str
        What it does.
    threshold_percent_mso : float or None
        The threshold that it carries to the target; None where none is used.
    percent_mso : float
        For the protocol, whose share of the threshold is already in it.
    percent_mso_low, percent_mso_high : float or None
        Ends of the interval that holds 90 % of cases: how exactly a threshold repeats.
    when : str
        When to use it.
    deliverable : bool or None
        Whether the device can give it; None where no limit is known.
    """

    rank: Rank
    rule: str
    words: str
    threshold_percent_mso: float | None
    percent_mso: float
    percent_mso_low: float | None
    percent_mso_high: float | None
    when: str
    deliverable: bool | None
