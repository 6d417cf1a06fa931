"""The folder of a SimNIBS head (m2m_<subject>): landmarks and the warp to MNI space."""

from functools import cached_property
from pathlib import Path
from typing import Any

from cortistim.head.frames import Frame
from cortistim.head.warp import CoordinateMap, WarpFrame
from cortistim.io.nifti import read_volume_nifti
from cortistim.io.positions import read_positions_csv
from cortistim.io.text import json_of
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm

CAP = Path("eeg_positions/EEG10-10_UI_Jurak_2007.csv")
FIDUCIALS = Path("eeg_positions/Fiducials.csv")
MNI_OF_SUBJECT = Path("toMNI/Conform2MNI_nonl.nii.gz")
DTI = Path("DTI_coregT1_tensor.nii.gz")
SUBJECT_OF_MNI = Path("toMNI/MNI2Conform_nonl.nii.gz")
RECORD, RECORD_KIND = "head.json", "cortistim-head-1"


def m2m_folder(mesh_path: Path | str) -> Path | None:
    """Return the folder with landmarks and warps that a mesh lies in.

    Parameters
    ----------
    mesh_path : Path or str
        Of a head mesh.

    Returns
    -------
    Path or None
        None when its folder is neither called m2m_<subject> nor one of ours.
    """
    parent = Path(mesh_path).absolute().parent
    ours = (parent / RECORD).is_file()
    return parent if ours or parent.name.startswith("m2m_") else None


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
    """Return the head's nonlinear tie to MNI space.

    Parameters
    ----------
    folder : Path
        An m2m folder.

    Returns
    -------
    Frame or None
        None unless both warps are there. They are read when first used.
    """
    whole = all((folder / name).is_file() for name in (MNI_OF_SUBJECT, SUBJECT_OF_MNI))
    return M2mFrame(folder) if whole else None


class M2mFrame:
    """A `cortistim.head.warp.WarpFrame` that is read when first used.

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
        return str(told) if told else (
            f"nonlinear warps of {self._folder.name} (SimNIBS charm); a millimetre or two in "
            "the brain, worse outside it."
        )

    @cached_property
    def _warp(self) -> WarpFrame:
        return WarpFrame(
            _coordinate_map(self._folder / MNI_OF_SUBJECT),
            _coordinate_map(self._folder / SUBJECT_OF_MNI),
            self.description,
        )

    def to_mni_m(self, points_m: FloatArray) -> FloatArray:
        """Carry subject points (n_point, 3) [m] to MNI space [m]."""
        return self._warp.to_mni_m(points_m)

    def to_subject_m(self, points_m: FloatArray) -> FloatArray:
        """Carry MNI points (n_point, 3) [m] to subject space [m]."""
        return self._warp.to_subject_m(points_m)


def _coordinate_map(path: Path) -> CoordinateMap:
    values_mm, affine_m = read_volume_nifti(path)
    if values_mm.ndim == 5:  # some writers put the vector on the fifth axis
        values_mm = values_mm[:, :, :, 0]
    return CoordinateMap(m_from_mm(values_mm), affine_m)
