"""InVesalius markers (.mkss): tab-separated, with quoted column names.

The first line is ``##INVESALIUS3_MARKER_FILE_<version>``. The columns ``x_world`` to
``gamma_world`` hold millimetres in the world of the image and Euler angles in degrees about
its fixed x, y and z axes, in this order. InVesalius' first coil axis is our y, its second our
x, its third points out of the head; `SWAP`, its own inverse, exchanges them. The columns
``x`` to ``gamma`` mean the voxel grid, with y counted from the other side: they need the image.
"""

import csv
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError
from cortistim.io.navigators.frames import DeclaredFrame, ImageForms
from cortistim.io.navigators.record import WITHOUT_POSE, Collector, NavigatedPose, PoseFile
from cortistim.io.navigators.source import number, seconds_of, text_in, volts
from cortistim.typing import FloatArray
from cortistim.units import matrix_mm_from_m, uv_from_v

MAGIC = "##INVESALIUS3_MARKER_FILE_"
VERSION = "3"
SWAP = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, -1, 0], [0, 0, 0, 1.0]])
PLACE = ("x", "y", "z", "alpha", "beta", "gamma")
WORLD = tuple(f"{name}_world" for name in PLACE)
COIL_TARGET, COIL_POSE = 3, 4
UNKNOWN_PLACE = "N/A"
WITHOUT_WORLD = (
    "no marker is a pose: the columns {} to {} are missing, and without them the file holds "
    "places on InVesalius' own voxel grid only. Load it with its image in a newer InVesalius "
    "and save it again"
)
COLUMNS = (
    "marker_id", *PLACE, "r", "g", "b", "size", "label", "x_seed", "y_seed", "z_seed",
    "is_target", "is_point_of_interest", "session_id", "x_cortex", "y_cortex", "z_cortex",
    "alpha_cortex", "beta_cortex", "gamma_cortex", "marker_type", "z_rotation", "z_offset",
    "mep_value", "brain_target_list", *WORLD,
)  # fmt: skip
DEFAULTS = {
    "r": "0", "g": "1", "b": "0", "size": "2", "x_seed": "0", "y_seed": "0", "z_seed": "0",
    "is_target": "False", "is_point_of_interest": "False", "session_id": "1",
    "z_rotation": "0.0", "z_offset": "0.0", "brain_target_list": "[]",
}  # fmt: skip


def looks_like(data: bytes) -> bool:
    """Say whether a file is InVesalius' by its first bytes.

    Parameters
    ----------
    data : bytes
        The file's content, or its beginning.

    Returns
    -------
    bool
        True when it does.
    """
    return data.removeprefix(b"\xef\xbb\xbf").startswith(MAGIC.encode())


def read(path: Path | str, data: bytes) -> PoseFile:
    """Read coil targets and recorded coil poses.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    data : bytes
        The file's content.

    Returns
    -------
    PoseFile
        In the world of the image, times since the first marker. Fiducials, landmarks, brain
        targets and markers without world coordinates are counted as without a pose; a note
        says so when the file has no world columns at all, as those of version 0.

    Raises
    ------
    FileFormatError
        When the columns have no names.
    """
    first, _, rest = text_in(path, data).partition("\n")
    version = first.removeprefix(MAGIC).strip()
    rows = csv.reader(rest.splitlines(), delimiter="\t")
    gathered = Collector()
    try:
        columns = [name.strip() for name in next(rows, [])]
        if "label" not in columns:
            msg = f"{path}: the second line must name the columns; got {columns[:4]}."
            raise FileFormatError(msg)
        table = [dict(zip(columns, row, strict=False)) for row in rows]
    except csv.Error as error:
        msg = f"{path}: this is not a table of markers ({error}). Save it again."
        raise FileFormatError(msg) from error
    times_s = [seconds_of(row.get("timestamp")) for row in table]
    start_s = min((t for t in times_s if np.isfinite(t)), default=0.0)
    for count, (row, time_s) in enumerate(zip(table, times_s, strict=True), start=1):
        if row:
            _take(gathered, count, row, time_s - start_s)
    missing = [name for name in WORLD if name not in columns]
    notes = (WITHOUT_WORLD.format(missing[0], missing[-1]),) if missing else ()
    frame = DeclaredFrame("world of the image")
    return gathered.file("invesalius", version, frame, notes)


def _take(gathered: Collector, count: int, row: dict[str, str], time_s: float) -> None:
    kind = number(row.get("marker_type", str(COIL_TARGET)))
    place = [number(row.get(name)) for name in WORLD]
    # A marker without orientation has no alpha, though its world angles are then zeros.
    oriented = row.get("alpha") == UNKNOWN_PLACE or np.isfinite(number(row.get("alpha")))
    if kind not in (COIL_TARGET, COIL_POSE) or not np.isfinite(place).all() or not oriented:
        gathered.drop(WITHOUT_POSE)
        return
    gathered.take(
        row.get("label") or f"Marker {count}",
        "sample" if kind == COIL_POSE else "target",
        _matrix(place),
        SWAP,
        time_s=time_s,
        mep_v=volts([row.get("mep_value")]),
    )


def _matrix(place: list[float]) -> FloatArray:
    """Return the matrix of a position and three angles about fixed axes."""
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", place[3:], degrees=True).as_matrix()
    matrix[:3, 3] = place[:3]
    return matrix


def _place(matrix: FloatArray) -> list[float]:
    """Return position and three angles of a matrix."""
    import warnings

    from scipy.spatial.transform import Rotation

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # in gimbal lock any of the equivalent angles will do
        angles = Rotation.from_matrix(matrix[:3, :3]).as_euler("xyz", degrees=True)
    return [*map(float, matrix[:3, 3]), *map(float, angles)]


def write(poses: tuple[NavigatedPose, ...], image: ImageForms | None = None) -> bytes:
    """Write coil targets and recorded coil poses.

    Parameters
    ----------
    poses : tuple of NavigatedPose
        In subject space.
    image : ImageForms, optional
        Of the T1. Without it only the world columns are filled, which InVesalius itself does
        not read.

    Returns
    -------
    bytes
        The file's content.
    """
    lines = [MAGIC + VERSION, "\t".join(f'"{name}"' for name in COLUMNS)]
    for count, entry in enumerate(poses):
        world = matrix_mm_from_m(entry.pose.matrix_m) @ SWAP
        cells = dict.fromkeys(COLUMNS, "None") | DEFAULTS
        cells["marker_id"] = str(count)
        cells["label"] = '"' + " ".join(entry.name.replace('"', "'").split()) + '"'
        cells["marker_type"] = str(COIL_POSE if entry.kind == "sample" else COIL_TARGET)
        if entry.mep_v:
            cells["mep_value"] = repr(float(uv_from_v(entry.mep_v[0])))
        inside = [UNKNOWN_PLACE] * 6 if image is None else map(repr, _in_grid(world, image))
        cells |= dict(zip(PLACE, inside, strict=True))
        cells |= dict(zip(WORLD, map(repr, _place(world)), strict=True))
        lines.append("\t".join(cells[name] for name in COLUMNS))
    return ("\n".join(lines) + "\n").encode()


def _in_grid(world: FloatArray, image: ImageForms) -> list[float]:
    """Return position and angles on the grid that InVesalius keeps the image in.

    It turns the image to the nearest right, anterior, superior order of voxels, measures in
    millimetres along them, and counts y from the far side.
    """
    from nibabel.orientations import inv_ornt_aff, io_orientation

    turn = io_orientation(image.affine)
    affine = image.affine @ inv_ornt_aff(turn, image.shape)
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    place = _place(np.linalg.inv(affine @ np.diag([*1 / spacing, 1.0])) @ world)
    count = np.array(image.shape)[np.argsort(turn[:, 0])]
    place[1] = float(spacing[1] * (count[1] - 1) - place[1])
    return place
