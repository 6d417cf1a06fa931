"""Thresholds of cells, and the cells themselves."""

from dataclasses import dataclass

from cortistim.records.pose import Point


@dataclass(frozen=True, kw_only=True)
class QuantilesRecord:
    """Thresholds over clones and directions that fire, in V/m.

    Parameters
    ----------
    p05, median, p95 : float or None
        Percentiles; None where nothing fires.
    """

    p05: float | None
    median: float | None
    p95: float | None


@dataclass(frozen=True, kw_only=True)
class ThresholdsRecord:
    """A summary of a table of thresholds.

    Parameters
    ----------
    cell, pulse : str
        Names.
    clones, directions : int
        How many were run.
    compartments : tuple of int
        Of each clone.
    threshold_v_per_m : QuantilesRecord
        Over clones and directions.
    sigma_ln : float or None
        Spread of ln threshold.
    terminal_share : float or None
        Share in which the spike begins near an axon terminal.
    without_spike : int
        Directions that fire at no strength.
    calibration : str
        That there is none.
    notes : tuple of str
        Repairs and assumptions.
    """

    cell: str
    pulse: str
    clones: int
    directions: int
    compartments: tuple[int, ...]
    threshold_v_per_m: QuantilesRecord
    sigma_ln: float | None
    terminal_share: float | None
    without_spike: int
    calibration: str
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class WrittenThresholdsRecord(ThresholdsRecord):
    """What ``cortistim neuron threshold`` tells.

    Parameters
    ----------
    cell, pulse, clones, directions, compartments, threshold_v_per_m, sigma_ln
        As in `ThresholdsRecord`.
    terminal_share, without_spike, calibration, notes
        As in `ThresholdsRecord`.
    out : str
        The table.
    """

    out: str


@dataclass(frozen=True, kw_only=True)
class CellRecord:
    """A cell.

    Parameters
    ----------
    name : str
        Type and clone, or the file's name.
    compartments, endings : int
        Of the cable, and of the axon.
    axon_mm, dendrites_mm : float or None
        Lengths.
    median_axon_diameter_um : float or None
        None without an axon.
    rest_mv : float or None
        Resting potential of the soma.
    up : (3,) tuple of float
        Unit vector from the soma to the pia.
    notes : tuple of str
        Repairs and assumptions.
    """

    name: str
    compartments: int
    endings: int
    axon_mm: float | None
    dendrites_mm: float | None
    median_axon_diameter_um: float | None
    rest_mv: float | None
    up: Point
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CellSource:
    """Where statistics of cells are from.

    Parameters
    ----------
    key : str
        Of ``references.bib``.
    note : str
        What was taken from it.
    """

    key: str
    note: str


@dataclass(frozen=True, kw_only=True)
class CellsRecord:
    """What ``cortistim neuron cells`` tells.

    Parameters
    ----------
    cells : tuple of CellRecord
        A row for each.
    about : str
        What the built-in cells are grown from.
    sources : mapping of str to CellSource
        By what it gave.
    """

    cells: tuple[CellRecord, ...]
    about: str
    sources: dict[str, CellSource]
