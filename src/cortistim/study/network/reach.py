"""First-order reach of recruited cortex: what ``cortistim network reach`` does."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.cache import whole_folder
from cortistim.errors import BadInputError, quoted
from cortistim.files import require_file
from cortistim.head import Surface
from cortistim.head.cortex.ribbon import surface_on
from cortistim.io.surface.gifti_read import read_columns_gifti, read_surface_gifti
from cortistim.io.table.atlas import read_atlas, read_names
from cortistim.io.table.matrix import read_matrix
from cortistim.io.text import write_csv
from cortistim.neuron.reach import (
    ROTATIONS,
    SPEEDS_M_PER_S,
    Reach,
    Recruited,
    reach_of,
    require_connectome,
)
from cortistim.records import number
from cortistim.records.reach import ParcelRecord, ReachRecord
from cortistim.study.folder import write_json
from cortistim.study.record import sources_record
from cortistim.typing import FloatArray, IntArray, Progress, silent
from cortistim.units import m_from_mm

LAYERS = ("L1", "L23", "L4", "L5", "L6")
SOURCES = ("momi2023", "vasa2018")
FAR_M = 4e-3
HONEST = (
    "Anatomy one connection far, in shares. It is no response: neither its size, its sign nor "
    "its waveform follow from a connectome and a place."
)
DELAYS = (
    "arrival at 10 and 2 m/s is conduction along the mean connection alone; responses of other "
    "areas that have been measured come later"
)
PLACES = (
    "other places are rotations of the parcels' centres on a sphere around each hemisphere's "
    "middle, an approximation; both hemispheres turn as mirror images"
)
NO_LENGTHS = "without `lengths` no delays are told"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachRequest:
    """What is to be followed.

    Parameters
    ----------
    recruited : Path
        Folder that ``cortistim neuron recruit`` wrote.
    connectome : Path
        Strengths, a row and a column for each parcel, in ascending order of their numbers.
    parcels : Path
        A label image in the head's space, or values at the vertices of its cortex (.gii).
    table : Path, optional
        Names of the parcels' numbers.
    lengths : Path, optional
        Of the connections, in millimetres, as the connectome.
    layer : str
        One of `LAYERS`.
    rotations : int
        Places that it is compared with.
    seed : int
        Of those.
    """

    recruited: Path
    connectome: Path
    parcels: Path
    table: Path | None = None
    lengths: Path | None = None
    layer: str = "L5"
    rotations: int = ROTATIONS
    seed: int = 1


@dataclass(frozen=True, eq=False)
class Followed:
    """What was asked, the parcels, and the reach.

    Parameters
    ----------
    request : ReachRequest
        As asked.
    numbers : (n,) int array
        Of the parcels.
    names : tuple of str
        Of the same.
    reach : Reach
        For each.
    outside : float
        Share of the recruited cortex that lies in no parcel.
    """

    request: ReachRequest
    numbers: IntArray
    names: tuple[str, ...]
    reach: Reach
    outside: float


def run_reach(request: ReachRequest, *, progress: Progress = silent) -> Followed:
    """Follow the recruited cortex over one connection.

    Parameters
    ----------
    request : ReachRequest
        What is to be followed.
    progress : callable, optional
        Told how far it is.

    Returns
    -------
    Followed
        Ready to be written by `write_reach`.

    Raises
    ------
    BadInputError
        When files do not fit each other, or nothing is recruited.
    FileFormatError
        When a file is broken.
    """
    weights = read_matrix(request.connectome)
    surface, shares = _recruited(request)
    at_vertex, names = _parcels(request, surface)
    numbers = np.array(sorted(names))
    require_connectome(weights, len(numbers))
    areas_m2 = surface.vertex_areas_m2
    index = np.searchsorted(numbers, at_vertex).clip(0, len(numbers) - 1)
    inside = at_vertex > 0

    def summed(values: FloatArray) -> FloatArray:
        total = np.bincount(index[inside], weights=values[inside], minlength=len(numbers))
        return np.asarray(total, float)  # NumPy's stubs say indices

    area_m2, fired_m2 = summed(areas_m2), summed(areas_m2 * shares)
    centres_m = (
        np.stack([summed(areas_m2 * surface.vertices_m[:, k]) for k in range(3)], axis=1)
        / np.maximum(area_m2, 1e-12)[:, None]
    )
    reach = reach_of(
        weights,
        Recruited(fired_m2, fired_m2 / np.maximum(area_m2, 1e-12), centres_m),
        lengths_m=_lengths_m(request, len(numbers)),
        rotations=request.rotations,
        seed=request.seed,
        progress=progress,
    )
    total_m2 = float((areas_m2 * shares).sum())
    outside = 1 - float(fired_m2.sum()) / total_m2 if total_m2 else 0.0
    told = tuple(names[int(number)] for number in numbers)
    return Followed(request, numbers, told, reach, outside)


def _recruited(request: ReachRequest) -> tuple[Surface, FloatArray]:
    folder = request.recruited
    overlay, cortex = folder / "recruitment.func.gii", folder / "cortex.surf.gii"
    for path in (overlay, cortex):
        if not path.is_file():
            msg = (
                f"{folder} must be a folder that 'cortistim neuron recruit' wrote; it has no "
                f"{path.name}."
            )
            raise BadInputError(msg)
    stored = read_surface_gifti(cortex)
    surface = surface_on(stored.triangles, m_from_mm(stored.vertices_mm))
    columns = read_columns_gifti(overlay)
    wanted = f"{request.layer.replace('L23', 'L2/3')} cells [%]"
    if wanted not in columns:
        msg = f"{overlay} must hold a map named {quoted(wanted)}; it has {', '.join(columns)}."
        raise BadInputError(msg)
    shares = np.asarray(columns[wanted], dtype=float) / 100
    if len(shares) != len(surface.vertices_m):
        msg = f"{overlay} must have a value for each vertex of {cortex.name}; it has not."
        raise BadInputError(msg)
    return surface, shares


def _parcels(request: ReachRequest, surface: Surface) -> tuple[IntArray, dict[int, str]]:
    path = request.parcels
    require_file(path)
    if path.suffix == ".gii":
        values = next(iter(read_columns_gifti(path).values()))
        if len(values) != len(surface.vertices_m):
            msg = (
                f"{path}: parcels at vertices must be those of the cortex that was recruited, "
                f"{len(surface.vertices_m)} vertices; they are {len(values)}."
            )
            raise BadInputError(msg)
        at_vertex = np.rint(values).astype(np.int64)
        known = read_names(request.table) if request.table else {}
        present = [int(n) for n in np.unique(at_vertex) if n > 0]
        names = {n: known.get(n, f"region {n}") for n in present}
    else:
        atlas = read_atlas(path, request.table)
        names = dict(atlas.names)
        at_vertex = _nearest_label(atlas.labels, atlas.affine_m, surface.vertices_m)
    if not (at_vertex > 0).any():
        msg = (
            f"{path}: the parcels must lie on the head's cortex; none of its vertices is "
            "within 4 mm of one. Give them in the head's own space, not in MNI space."
        )
        raise BadInputError(msg)
    return at_vertex, names


def _nearest_label(labels: IntArray, affine_m: FloatArray, points_m: FloatArray) -> IntArray:
    """Return the label nearest to each point, 0 farther than 4 mm from any."""
    from scipy.spatial import KDTree

    voxels = np.argwhere(labels > 0)
    places_m = voxels @ affine_m[:3, :3].T + affine_m[:3, 3]
    distance_m, nearest = KDTree(places_m).query(points_m, distance_upper_bound=FAR_M)
    found = np.append(labels[labels > 0], 0)
    return found[np.where(np.isfinite(distance_m), nearest, len(found) - 1)].astype(np.int64)


def _lengths_m(request: ReachRequest, count: int) -> FloatArray | None:
    if request.lengths is None:
        return None
    lengths_mm = read_matrix(request.lengths)
    if lengths_mm.shape != (count, count):
        msg = (
            f"{request.lengths}: `lengths` must be as large as the `connectome`, {count} x "
            f"{count}; they are {lengths_mm.shape[0]} x {lengths_mm.shape[1]}."
        )
        raise BadInputError(msg)
    if not np.isfinite(lengths_mm).all() or (lengths_mm < 0).any() or lengths_mm.max() > 1000:
        msg = f"{request.lengths}: `lengths` must be millimetres from 0 to 1000; they are not."
        raise BadInputError(msg)
    return m_from_mm(lengths_mm)


def reach_record(found: Followed) -> ReachRecord:
    """Return the reach as a record, the strongest first.

    Parameters
    ----------
    found : Followed
        From `run_reach`.

    Returns
    -------
    ReachRecord
        A row for each parcel.
    """
    request, reach = found.request, found.reach
    order = np.argsort(-reach.reach, kind="stable")
    notes = [PLACES, DELAYS if request.lengths else NO_LENGTHS.replace("`", "")]
    return ReachRecord(
        layer=request.layer,
        connectome=request.connectome.name,
        parcels=request.parcels.name,
        rotations=request.rotations,
        seed=request.seed,
        outside_percent=number(100 * found.outside, 2),
        found=tuple(_row(found, int(k)) for k in order),
        notes=tuple(notes),
        honest=HONEST,
        sources=sources_record(SOURCES),
    )


def _row(found: Followed, k: int) -> ParcelRecord:
    reach = found.reach
    slow, fast = (reach.delays_s(speed)[k] for speed in SPEEDS_M_PER_S)
    arrival = None
    if found.request.lengths is not None:
        arrival = (number(1e3 * fast, 2), number(1e3 * slow, 2))
    return ParcelRecord(
        number=int(found.numbers[k]),
        name=found.names[k],
        recruited_percent=number(100 * reach.share[k], 3),
        recruited_mm2=number(1e6 * reach.direct[k], 2),
        reach_percent=number(100 * reach.reach[k], 3),
        null_mean_percent=number(100 * reach.null_mean[k], 3),
        null_p95_percent=number(100 * reach.null_p95[k], 3),
        p=number(reach.p[k], 4),
        arrival_ms=arrival,
    )


def write_reach(found: Followed, folder: Path) -> ReachRecord:
    """Write ``reach.json`` and ``reach.csv``.

    Parameters
    ----------
    found : Followed
        From `run_reach`.
    folder : Path
        Where to.

    Returns
    -------
    ReachRecord
        The content of ``reach.json``.
    """
    record = reach_record(found)
    heading = [
        "number", "name", "recruited_percent", "recruited_mm2", "reach_percent",
        "null_mean_percent", "null_p95_percent", "p", "arrival_10_m_per_s_ms",
        "arrival_2_m_per_s_ms",
    ]  # fmt: skip
    rows = [
        [
            row.number, row.name, row.recruited_percent, row.recruited_mm2, row.reach_percent,
            row.null_mean_percent, row.null_p95_percent, row.p, *(row.arrival_ms or ("", "")),
        ]
        for row in record.found
    ]  # fmt: skip
    with whole_folder(folder) as place:
        write_csv(place / "reach.csv", heading, rows)
        write_json(place / "reach.json", record)
    return record
