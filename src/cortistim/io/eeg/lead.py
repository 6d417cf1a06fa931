"""A lead field as one file of arrays, and as a forward solution of MNE."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cortistim import cache
from cortistim.errors import BadInputError, FileFormatError
from cortistim.files import require_file
from cortistim.geometry import freeze
from cortistim.typing import FloatArray

ARRAYS = ("gain", "points_m", "normals", "areas_m2", "electrodes_m", "names", "fiducials_m")
WITHOUT_MNE = "mne is not installed. Run: pip install 'cortistim[eeg]'"
FREE, HEAD_FRAME, MRI_FRAME, EEG_KIND, EEG_COIL = 2, 4, 5, 2, 1


@dataclass(frozen=True, eq=False)
class LeadFile:
    """A lead field with the places that it belongs to.

    Parameters
    ----------
    gain : (n_electrode, n_point, 3) array [V/(A m)]
        Against the average of the electrodes.
    points_m : (n_point, 3) array [m]
        Dipoles, in subject space.
    normals : (n_point, 3) array
        Out of the cortex.
    areas_m2 : (n_point,) array [m²]
        Cortex that each point stands for.
    electrodes_m : (n_electrode, 3) array [m]
        On the scalp.
    names : tuple of str
        Of the electrodes.
    fiducials_m : (3, 3) array [m]
        Nasion, left and right ear.
    """

    gain: FloatArray
    points_m: FloatArray
    normals: FloatArray
    areas_m2: FloatArray
    electrodes_m: FloatArray
    names: tuple[str, ...]
    fiducials_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse what does not fit together."""
        freeze(self, "gain", "points_m", "normals", "areas_m2", "electrodes_m", "fiducials_m")
        count, points = len(self.names), len(self.points_m)
        shapes = (
            self.gain.shape == (count, points, 3),
            self.points_m.shape == self.normals.shape == (points, 3),
            self.areas_m2.shape == (points,),
            self.electrodes_m.shape == (count, 3),
            self.fiducials_m.shape == (3, 3),
        )
        if not all(shapes) or not np.isfinite(self.gain).all() or not points:
            msg = (
                "a lead field must have finite gains for its electrodes and points; it has not."
            )
            raise FileFormatError(msg)

    @property
    def fixed(self) -> FloatArray:
        """Gains of dipoles out of the cortex, (n_electrode, n_point), in V/(A m)."""
        return np.einsum("epc,pc->ep", self.gain, self.normals)


def write_lead(path: Path, lead: LeadFile) -> None:
    """Write a lead field, atomically.

    Parameters
    ----------
    path : Path
        Ends in .npz.
    lead : LeadFile
        What to write.
    """
    arrays = {name: np.asarray(getattr(lead, name)) for name in ARRAYS if name != "names"}
    text = "\n".join(lead.names).encode("utf-8")
    cache.store(path, {**arrays, "names": np.frombuffer(text, np.uint8)})


def read_lead(path: Path | str) -> LeadFile:
    """Read a lead field.

    Parameters
    ----------
    path : Path or str
        From `write_lead`.

    Returns
    -------
    LeadFile
        Its arrays.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When it is damaged or something else.
    """
    arrays = cache.load_own(require_file(path))
    missing = [name for name in ARRAYS if name not in arrays]
    if missing:
        msg = (
            f"{path}: this is no lead field; {', '.join(missing)} is missing. Make one with "
            "'cortistim eeg leadfield'."
        )
        raise FileFormatError(msg)
    try:
        names = tuple(bytes(arrays["names"].astype(np.uint8)).decode("utf-8").split("\n"))
        return LeadFile(**{**{name: arrays[name] for name in ARRAYS}, "names": names})
    except (UnicodeDecodeError, ValueError, FileFormatError) as error:
        msg = f"{path}: this is no lead field ({error})."
        raise FileFormatError(msg) from error


def mne_forward(lead: LeadFile) -> Any:  # noqa: ANN401 - mne need not be installed
    """Turn a lead field into a forward solution of MNE with free orientations.

    Sources are discrete, in MNE's head frame, which the fiducials define.

    Parameters
    ----------
    lead : LeadFile
        Any.

    Returns
    -------
    mne.Forward
        For `mne.minimum_norm`, `mne_denoise` and so on.

    Raises
    ------
    BadInputError
        When mne is not installed.
    """
    try:
        import mne  # type: ignore[import-not-found]
    except ImportError as error:
        raise BadInputError(WITHOUT_MNE) from error
    nasion, left, right = lead.fiducials_m
    to_head = _head_transform(nasion, left, right)
    carried = [_moved(to_head, one) for one in (lead.points_m, lead.electrodes_m)]
    normals = lead.normals @ to_head[:3, :3].T
    turned = lead.gain @ to_head[:3, :3].T
    montage = mne.channels.make_dig_montage(
        dict(zip(lead.names, carried[1], strict=True)),
        *(_moved(to_head, one[None])[0] for one in (nasion, left, right)),
        coord_frame="head",
    )
    info = mne.create_info(list(lead.names), 1000.0, "eeg")
    info.set_montage(montage)
    return _forward(mne, info, (carried[0], normals), turned, to_head)


def _head_transform(nasion: FloatArray, left: FloatArray, right: FloatArray) -> FloatArray:
    """Matrix to MNE's head frame: x through the right ear, y through the nasion."""
    x = (right - left) / np.linalg.norm(right - left)
    origin = left + x * ((nasion - left) @ x)
    y = (nasion - origin) / np.linalg.norm(nasion - origin)
    out = np.eye(4)
    out[:3, :3] = np.array([x, y, np.cross(x, y)])
    out[:3, 3] = -out[:3, :3] @ origin
    return out


def _moved(matrix: FloatArray, points_m: FloatArray) -> FloatArray:
    return points_m @ matrix[:3, :3].T + matrix[:3, 3]


def _forward(
    mne: Any,  # noqa: ANN401
    info: Any,  # noqa: ANN401
    places: tuple[FloatArray, FloatArray],
    gain: FloatArray,
    to_head: FloatArray,
) -> Any:  # noqa: ANN401
    points_m, normals = places
    count = len(points_m)
    source = {
        "type": "discrete", "id": 101, "rr": points_m, "nn": normals, "np": count,
        "inuse": np.ones(count, int), "nuse": count, "vertno": np.arange(count),
        "coord_frame": np.array((HEAD_FRAME,), np.int32), "ntri": 0, "tris": np.zeros((0, 3)),
        "nuse_tri": 0, "use_tris": None, "nearest": None, "nearest_dist": None,
        "pinfo": None, "patch_inds": None, "dist": None, "dist_limit": None,
        "subject_his_id": "",
    }  # fmt: skip
    transform = mne.transforms.Transform("mri", "head", to_head)
    with info._unlock():
        info.update(
            mri_head_t=transform, mri_id=None, mri_file="", meas_file="", meas_id=None,
            command_line="cortistim", working_dir="",
        )  # fmt: skip
    solution = {
        "data": gain.reshape(len(gain), -1).astype(float), "nrow": len(gain), "ncol": 3 * count,
        "row_names": list(info["ch_names"]), "col_names": [],
    }  # fmt: skip
    return mne.Forward(
        sol=solution, sol_grad=None, source_ori=FREE, nsource=count, nchan=len(gain),
        coord_frame=HEAD_FRAME, src=mne.SourceSpaces([source]), info=info,
        mri_head_t=transform, source_rr=points_m, source_nn=np.tile(np.eye(3), (count, 1)),
        surf_ori=False, _orig_source_ori=FREE, _orig_sol=solution["data"].copy(),
        _orig_sol_grad=None,
    )  # fmt: skip


def write_mne_forward(path: Path, lead: LeadFile) -> str:
    """Write a lead field as MNE's forward solution.

    Parameters
    ----------
    path : Path
        Ends in -fwd.fif.
    lead : LeadFile
        What to write.

    Returns
    -------
    str
        Why there is no such file; empty when it was written.
    """
    try:
        forward = mne_forward(lead)
    except BadInputError as error:
        return f"{path.name} was not written: {error}"
    import mne  # type: ignore[import-not-found]

    mne.write_forward_solution(path, forward, overwrite=True, verbose="error")
    return ""
