"""Thresholds of cells as tables: for scripts, figures and benchmarks."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.io.cell.morphology import READERS, read_morphology
from cortistim.io.text import write_csv
from cortistim.neuron import cells
from cortistim.neuron.cable import Cable, cable_of
from cortistim.neuron.calibration import HIGH, LOW
from cortistim.neuron.directions import even_directions, graded, theta_deg
from cortistim.neuron.engine import TOLERANCE, Engine
from cortistim.neuron.morphology import AXON, Morphology
from cortistim.neuron.scaling import adult_human
from cortistim.records import number, numbers
from cortistim.records.thresholds import (
    CellRecord,
    CellSource,
    CellsRecord,
    QuantilesRecord,
    ThresholdsRecord,
    WrittenThresholdsRecord,
)
from cortistim.study.request.pulse import find_shape
from cortistim.typing import FloatArray, IntArray, Progress, silent

COLUMNS = (
    "clone", "direction_x", "direction_y", "direction_z", "theta_deg", "threshold_v_per_m",
    "site",
)  # fmt: skip
MOST_STEEP = 100.0
UNCALIBRATED = (
    f"none: thresholds of the model, {LOW:g} to {HIGH:g} times the field at which people "
    "respond"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRequest:
    """What is to be computed.

    Parameters
    ----------
    cell : str
        One of `cells.TYPES`, or an .swc or .asc file.
    pulse : str
        A built-in shape, or a .tsv file.
    directions : int
        How many, evenly over the sphere.
    gradient : float [%/mm]
        Growth of the field toward the pia.
    tolerance : float
        Relative, of the bisection.
    reverse : bool
        Turn the pulse round.
    scaled : bool
        Scale a rat's cell to the size of an adult human's.
    """

    cell: str
    pulse: str
    directions: int
    gradient: float = 0.0
    tolerance: float = TOLERANCE
    reverse: bool = False
    scaled: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        if self.directions < 2:
            msg = f"`directions` must be at least 2, the poles; got {self.directions}."
            raise BadInputError(msg)
        if not abs(self.gradient) <= MOST_STEEP:
            msg = (
                f"`gradient` must lie within ±{MOST_STEEP:g} %/mm; got {self.gradient:g}. In "
                "the cortex it is below 20."
            )
            raise BadInputError(msg)


@dataclass(frozen=True, eq=False, kw_only=True)
class ThresholdTable:
    """Thresholds over clones and directions.

    Parameters
    ----------
    cell, pulse : str
        Names.
    directions : (n_direction, 3) array
        Unit vectors.
    theta_deg : (n_direction,) array [degree]
        To the soma-to-pia axis.
    v_per_m : (n_clone, n_direction) array
        Thresholds; infinite where nothing fires.
    sites : (n_clone, n_direction) array of str
        Where the spike begins.
    compartments : tuple of int
        Of each clone.
    notes : tuple of str
        Repairs and assumptions.
    """

    cell: str
    pulse: str
    directions: FloatArray
    theta_deg: FloatArray
    v_per_m: FloatArray
    sites: IntArray
    compartments: tuple[int, ...]
    notes: tuple[str, ...]

    def record(self) -> ThresholdsRecord:
        """Return a summary.

        Returns
        -------
        ThresholdsRecord
            Over clones and directions that fire.
        """
        fired = self.v_per_m[np.isfinite(self.v_per_m)]
        low, median, high = np.percentile(fired, [5, 50, 95]) if len(fired) else [np.nan] * 3
        sigma = float(np.log(fired).std()) if len(fired) else np.nan
        return ThresholdsRecord(
            cell=self.cell,
            pulse=self.pulse,
            clones=len(self.v_per_m),
            directions=len(self.directions),
            compartments=self.compartments,
            threshold_v_per_m=QuantilesRecord(
                p05=number(low, 2), median=number(median, 2), p95=number(high, 2)
            ),
            sigma_ln=number(sigma, 4),
            terminal_share=number(float((self.sites == "axon terminal").mean()), 4),
            without_spike=int((~np.isfinite(self.v_per_m)).sum()),
            calibration=UNCALIBRATED,
            notes=self.notes,
        )


def find_cables(
    cell: str, *, scaled: bool = False
) -> tuple[str, tuple[Cable, ...], tuple[str, ...]]:
    """Find the cells of a name.

    Parameters
    ----------
    cell : str
        One of `cells.TYPES`, or a file.
    scaled : bool
        Scale the file's cell from rat to adult human.

    Returns
    -------
    name : str
        Of the type, or the file's.
    cables : tuple of Cable
        Five clones, or the file's one cell.
    notes : tuple of str
        What was mended or assumed.

    Raises
    ------
    BadInputError
        When there is no such cell.
    """
    if Path(cell).suffix.lower() not in READERS:
        name = cells.cell_type(cell)
        if scaled:
            msg = f"`scaled` is for a rat's cell from a file; {name} has a human's size."
            raise BadInputError(msg)
        words = cells.statistics()["types"][name]["words"]
        return name, cells.clones(name), (f"{words}, grown from published statistics",)
    shape = read_morphology(cell)
    shape = adult_human(shape) if scaled else shape
    return shape.name, (cable_of(shape),), shape.notes


def run_thresholds(request: ThresholdRequest, *, progress: Progress = silent) -> ThresholdTable:
    """Compute thresholds over clones and directions.

    Parameters
    ----------
    request : ThresholdRequest
        What is asked.
    progress : callable, optional
        Told which clone is being run.

    Returns
    -------
    ThresholdTable
        Of E(t) = threshold w(t) direction.
    """
    shape = find_shape(request.pulse)
    shape = shape.reversed() if request.reverse else shape
    name, cables, notes = find_cables(request.cell, scaled=request.scaled)
    directions = even_directions(request.directions, cables[0].up)
    found, sites = [], []
    for k, cable in enumerate(cables):
        progress(f"{name} clone {k + 1} of {len(cables)}", k / len(cables))
        engine = Engine(cable)
        fields = directions
        if request.gradient:
            fields = graded(directions, cable.centre_m, cable.up, request.gradient)
        run = engine.thresholds(fields, shape, tolerance=request.tolerance)
        found.append(run.v_per_m)
        sites.append([engine.site_words(int(site)) for site in run.site])
    if not np.isfinite(found).any():
        notes = (*notes, "no direction fires: is there an axon of some length?")
    return ThresholdTable(
        cell=name,
        pulse=shape.name,
        directions=directions,
        theta_deg=theta_deg(directions, cables[0].up),
        v_per_m=np.array(found),
        sites=np.array(sites),
        compartments=tuple(len(cable.parent) for cable in cables),
        notes=notes,
    )


def write_thresholds(table: ThresholdTable, path: Path) -> WrittenThresholdsRecord:
    """Write a row for each clone and direction as CSV.

    Parameters
    ----------
    table : ThresholdTable
        From `run_thresholds`.
    path : Path
        Where to.

    Returns
    -------
    WrittenThresholdsRecord
        A summary with the file's path.
    """
    rows = (
        (
            clone + 1,
            *(round(float(x), 6) for x in table.directions[k]),
            round(float(table.theta_deg[k]), 4),
            round(float(table.v_per_m[clone, k]), 4),
            str(table.sites[clone, k]),
        )
        for clone in range(len(table.v_per_m))
        for k in range(len(table.directions))
    )
    write_csv(path, COLUMNS, rows)
    found = table.record()
    told = {one.name: getattr(found, one.name) for one in fields(found)}
    return WrittenThresholdsRecord(**told, out=str(path))


def cells_record(cell: str | None = None) -> CellsRecord:
    """Describe the built-in cells, or one cell.

    Parameters
    ----------
    cell : str, optional
        A type or a file; all types by default.

    Returns
    -------
    CellsRecord
        A row for each, and what they rest on.
    """
    rows = []
    for name in (cell,) if cell else cells.TYPES:
        if Path(name).suffix.lower() in READERS:
            shape = read_morphology(name)
            rows.append(_cell_row(shape.name, shape, cable_of(shape), shape.notes))
            continue
        kind = cells.cell_type(name)
        for k, cable in enumerate(cells.clones(kind)):
            words = (cells.statistics()["types"][kind]["words"],) if k == 0 else ()
            rows.append(
                _cell_row(f"{kind} clone {k + 1}", cells.clone_shape(kind, k + 1), cable, words)
            )
    about = cells.statistics()
    sources = {given: CellSource(**source) for given, source in about["sources"].items()}
    return CellsRecord(cells=tuple(rows), about=about["about"], sources=sources)


def _cell_row(name: str, shape: Morphology, cable: Cable, notes: tuple[str, ...]) -> CellRecord:
    length_mm = 1e3 * shape.length_m
    axon = shape.kind == AXON
    childless = np.bincount(shape.parent[1:], minlength=len(shape.parent)) == 0
    median_um = 2e6 * float(np.median(shape.radius_m[axon])) if axon.any() else None
    return CellRecord(
        name=name,
        compartments=len(cable.parent),
        endings=int((axon & childless).sum()),
        axon_mm=number(float(length_mm[axon].sum()), 3),
        dendrites_mm=number(float(length_mm[~axon].sum()), 3),
        median_axon_diameter_um=number(median_um, 3),
        rest_mv=number(1e3 * float(cable.rest_v[0]), 2),
        up=numbers(shape.up, 4),
        notes=notes,
    )
