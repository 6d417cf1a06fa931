"""Two plans beside each other: the content of ``comparison.json``."""

from dataclasses import dataclass
from typing import Literal

from cortistim.records.provenance import NOTICE


@dataclass(frozen=True, kw_only=True)
class ComparedNumber:
    """A number of both plans.

    Parameters
    ----------
    name, unit : str
        What it is.
    a, b : float or None
        In each plan; None where one does not state it.
    difference : float or None
        b less a.
    ratio_percent : float or None
        The difference in percent of a.
    """

    name: str
    unit: str
    a: float | None
    b: float | None
    difference: float | None
    ratio_percent: float | None


@dataclass(frozen=True, kw_only=True)
class ComparedWords:
    """Words of both plans.

    Parameters
    ----------
    name : str
        What is compared.
    a, b : str
        In each plan.
    """

    name: str
    a: str
    b: str


@dataclass(frozen=True, kw_only=True)
class PlanComparison:
    """Two plans beside each other.

    Parameters
    ----------
    schema : str
        Name and version of this record.
    notice : str
        What it is not.
    a, b : str
        The folders, by name.
    apart_mm : float or None
        Between the coils' centres; None where the heads differ.
    turned_deg, tilted_deg : float or None
        Of b's coil against a's: about a's axis, and between the axes.
    numbers, words : tuples
        Line by line.
    largest_difference_v_per_m : float or None
        Of |E| at any point of the cortex, b less a, at the plans' own dI/dt.
    map_reason : str
        Why there is no map of differences; empty where there is one.
    files : tuple of str
        What was written.
    """

    schema: Literal["cortistim-comparison-1"] = "cortistim-comparison-1"
    notice: str = NOTICE
    a: str
    b: str
    apart_mm: float | None
    turned_deg: float | None
    tilted_deg: float | None
    numbers: tuple[ComparedNumber, ...]
    words: tuple[ComparedWords, ...]
    largest_difference_v_per_m: float | None
    map_reason: str
    files: tuple[str, ...]
