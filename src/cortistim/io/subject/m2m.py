"""The folder of a SimNIBS head (m2m_<subject>): landmarks and the warp to MNI space."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import BadInputError, FileFormatError
from cortistim.geometry import transform
from cortistim.head.space.frames import AffineFrame, Frame
from cortistim.head.space.warp import CoordinateMap, WarpFrame
from cortistim.head.tissues import USER, Tissue, require_conductivity
from cortistim.io.image.opening import open_image
from cortistim.io.mesh.msh_content import LARGEST_TAG
from cortistim.io.table.positions import read_positions_csv
from cortistim.io.text import json_of, text_of
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm, matrix_m_from_mm, mm_from_m

CAP = Path("eeg_positions/EEG10-10_UI_Jurak_2007.csv")
FIDUCIALS = Path("eeg_positions/Fiducials.csv")
MNI_OF_SUBJECT = Path("toMNI/Conform2MNI_nonl.nii.gz")
DTI = Path("DTI_coregT1_tensor.nii.gz")
SUBJECT_OF_MNI = Path("toMNI/MNI2Conform_nonl.nii.gz")
AFFINE = Path("toMNI/MNI2conform_12DOF.txt")
PREFIX = "m2m_"
RECORD, RECORD_KIND = "head.json", "cortistim-head-1"

CHECKED_POINTS, FEWEST_POINTS = 300, 20  # of whether two warps undo each other
FARTHEST_ROUND_TRIP_M = 10e-3


def m2m_folder(mesh_path: Path | str) -> Path | None:
    """Return the folder with landmarks and warps that belongs to a mesh.

    Parameters
    ----------
    mesh_path : Path or str
        Of a head mesh.

    Returns
    -------
    Path or None
        The mesh's own folder when it is called m2m_<subject> or is one of ours; the folder
        m2m_<subject> beside <subject>.msh, as SimNIBS 3 laid it; else None.
    """
    path = Path(mesh_path).absolute()
    parent = path.parent
    if (parent / RECORD).is_file() or parent.name.startswith(PREFIX):
        return parent
    beside = parent / f"{PREFIX}{_stem(path)}"
    return beside if beside.is_dir() else None


def mesh_of(folder: Path) -> Path:
    """Find the mesh of a head's folder.

    Parameters
    ----------
    folder : Path
        One of ours, or m2m_<subject> with <subject>.msh in it or beside it.

    Returns
    -------
    Path
        Of a .msh or .msh.gz file.

    Raises
    ------
    BadInputError
        When there is none, or several that could be meant.
    """
    found = [path for kind in ("*.msh", "*.msh.gz") for path in sorted(folder.glob(kind))]
    subject = folder.absolute().name.removeprefix(PREFIX)
    named = [path for path in found if _stem(path) == subject]
    if folder.absolute().name.startswith(PREFIX):
        beside = folder.absolute().parent
        named += [p for p in (beside / f"{subject}.msh", beside / f"{subject}.msh.gz")
                  if p.is_file()]  # fmt: skip
    if named and (len(found) != 1):
        return named[0]
    if len(found) != 1:
        msg = (
            f"a head folder must hold one .msh file; {folder} holds {len(found)}. Name the "
            "file instead of the folder."
        )
        raise BadInputError(msg)
    return found[0]


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".msh")


def own_record(folder: Path) -> dict[str, Any]:
    """Read what our own head folders tell beside the mesh.

    Parameters
    ----------
    folder : Path
        The folder of a head.

    Returns
    -------
    dict
        Empty when the folder is not one of ours.

    Raises
    ------
    FileFormatError
        When the record is not JSON.
    """
    path = folder / RECORD
    record = json_of(path) if path.is_file() else {}
    return record if record.get("kind") == RECORD_KIND else {}


def recorded_tissues(folder: Path) -> dict[int, Tissue]:
    """Read the tissues that the user of one of our head folders gave a conductivity.

    Parameters
    ----------
    folder : Path
        The folder of a head.

    Returns
    -------
    dict of int to Tissue
        By tag; empty when the folder is not one of ours.

    Raises
    ------
    FileFormatError
        When a tissue lacks tag, name, conductivity or source.
    """
    rows = own_record(folder).get("tissues", ())
    if not isinstance(rows, list | tuple):
        rows = (rows,)
    tissues = [_recorded(folder / RECORD, row) for row in rows]
    return {tissue.tag: tissue for tissue in tissues if tissue.source == USER}


def _recorded(path: Path, row: object) -> Tissue:
    """Return one row of a record as a tissue."""
    try:
        tissue = Tissue(
            _typed(row, "tag", int),
            _typed(row, "name", str),
            float(_typed(row, "sigma_siemens_per_m", float, int)),
            _typed(row, "source", str),
        )
        require_conductivity(tissue.tag, tissue.sigma_siemens_per_m)
    except (LookupError, TypeError, OverflowError, BadInputError) as error:
        msg = (
            f"{path}: each of its tissues must have a tag, a name, a conductivity "
            f"sigma_siemens_per_m and a source; got {str(row)[:80]}. Build the head again, or "
            "remove the file."
        )
        raise FileFormatError(msg) from error
    if not 0 <= tissue.tag <= LARGEST_TAG:
        msg = f"{path}: tags must be 0 to {LARGEST_TAG}; one is not. Build the head again."
        raise FileFormatError(msg)
    return tissue


def _typed(row: Any, key: str, *kinds: type) -> Any:  # noqa: ANN401 - whatever JSON holds
    value = row[key]
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise TypeError(key)
    return value


def read_landmarks(folder: Path) -> dict[str, FloatArray]:
    """Read electrodes and fiducials of a head.

    Parameters
    ----------
    folder : Path
        An m2m folder.

    Returns
    -------
    dict of str to (3,) array [m]
        By name; empty when the folder holds none.

    Raises
    ------
    FileFormatError
        When a file that is there breaks its format.
    """
    found: dict[str, FloatArray] = {}
    for name in (CAP, FIDUCIALS):
        if (folder / name).is_file():
            found |= read_positions_csv(folder / name)
    return found


def warp_frame(folder: Path) -> Frame | None:
    """Return the tie to MNI space that a head's folder holds.

    Parameters
    ----------
    folder : Path
        An m2m folder.

    Returns
    -------
    Frame or None
        The nonlinear one when both warps are there, read when first used; else the affine one
        of twelve parameters that folders of SimNIBS 3 have; None without either.

    Raises
    ------
    FileFormatError
        When the affine's file holds no invertible 4 x 4 matrix.
    """
    if _warp(folder, MNI_OF_SUBJECT) and _warp(folder, SUBJECT_OF_MNI):
        return M2mFrame(folder)
    path = folder / AFFINE
    return _affine_frame(path) if path.is_file() else None


def folder_warnings(folder: Path) -> tuple[str, ...]:
    """Tell what a head's folder lacks that one would look for there.

    Parameters
    ----------
    folder : Path
        An m2m folder.

    Returns
    -------
    tuple of str
        One sentence each.
    """
    lacking = [str(n) for n in (MNI_OF_SUBJECT, SUBJECT_OF_MNI) if not _warp(folder, n)]
    if not lacking:
        return ()
    instead = (
        f"the affine matrix of {AFFINE}"
        if (folder / AFFINE).is_file()
        else ("an affine registration of the brain to Colin27, found from the mesh,")
    )
    return (
        f"{folder.name} lacks {' and '.join(lacking)}; {instead} ties the head to MNI space, "
        "several millimetres less exactly.",
    )


def _warp(folder: Path, name: Path) -> Path | None:
    """Return a warp's path, gzipped or not."""
    options = (folder / name, folder / name.with_suffix(""))
    return next((path for path in options if path.is_file()), None)


def _affine_frame(path: Path) -> AffineFrame:
    try:
        numbers = [float(word) for word in text_of(path).split()]
        subject_from_mni_mm = np.array(numbers).reshape(4, 4)
        inverse = np.linalg.inv(subject_from_mni_mm)
    except (ValueError, np.linalg.LinAlgError) as error:
        msg = (
            f"{path}: it must hold an invertible matrix of 4 x 4 numbers. Copy or download it "
            "again."
        )
        raise FileFormatError(msg) from error
    return AffineFrame(
        matrix_m_from_mm(inverse),
        f"affine matrix of {path.name} (SimNIBS 3), twelve parameters; several millimetres.",
    )


class M2mFrame:
    """A `cortistim.head.space.warp.WarpFrame` that is read when first used.

    Parameters
    ----------
    folder : Path
        An m2m folder with both warps.
    """

    def __init__(self, folder: Path) -> None:
        """Keep the folder."""
        self._folder = folder

    @property
    def description(self) -> str:
        """How the tie was made and how far to trust it."""
        told = own_record(self._folder).get("mni")
        return (
            str(told)
            if told
            else (
                f"nonlinear warps of {self._folder.name} (SimNIBS charm); a millimetre or two "
                "in the brain, worse outside it."
            )
        )

    @cached_property
    def _warp(self) -> WarpFrame:
        there, back = (
            _coordinate_map(_warp(self._folder, name) or self._folder / name)
            for name in (MNI_OF_SUBJECT, SUBJECT_OF_MNI)
        )
        frame = WarpFrame(there, back, self.description)
        _require_inverse(self._folder, frame)
        return frame

    def to_mni_m(self, points_m: FloatArray) -> FloatArray:
        """Carry subject points (n_point, 3) [m] to MNI space [m].

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In subject space.

        Returns
        -------
        (n_point, 3) array [m]
            In MNI space.
        """
        return self._warp.to_mni_m(points_m)

    def to_subject_m(self, points_m: FloatArray) -> FloatArray:
        """Carry MNI points (n_point, 3) [m] to subject space [m].

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In MNI space.

        Returns
        -------
        (n_point, 3) array [m]
            In subject space.
        """
        return self._warp.to_subject_m(points_m)


def _coordinate_map(path: Path) -> CoordinateMap:
    image = open_image(path)
    if len(image.shape) not in (4, 5) or image.shape[-1] != 3:
        msg = (
            f"{path}: a warp must have the axes (x, y, z, 3); got {image.shape}. Copy the "
            "folder's toMNI again."
        )
        raise FileFormatError(msg)
    affine_m, values_mm = image.affine_m(), image.values()
    if values_mm.ndim == 5:  # some writers put the vector on the fifth axis
        values_mm = values_mm[:, :, :, 0]
    return CoordinateMap(m_from_mm(values_mm), affine_m)


def _require_inverse(folder: Path, frame: WarpFrame) -> None:
    """Refuse warps that hold displacements or belong to two heads."""
    there = frame.mni_of_subject
    valid = np.argwhere(there.targets_m.any(axis=3))
    places = valid[:: max(1, len(valid) // CHECKED_POINTS)]
    apart_m = []
    for place, target_m in zip(places, there.targets_m[tuple(places.T)], strict=True):
        try:
            back_m = frame.to_subject_m(target_m[None])[0]
        except BadInputError:
            continue  # beyond the other's grid
        point_m = transform(there.world_from_voxel, place.astype(float))
        apart_m.append(float(np.linalg.norm(back_m - point_m)))
    if len(apart_m) >= FEWEST_POINTS and np.median(apart_m) > FARTHEST_ROUND_TRIP_M:
        msg = (
            f"{folder / 'toMNI'}: the two warps must undo each other; places come back "
            f"{mm_from_m(np.median(apart_m)):.0f} mm away. They may hold displacements instead "
            "of coordinates, or belong to different heads."
        )
        raise FileFormatError(msg)
