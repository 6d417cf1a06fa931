"""Coil poses of navigators' files, shown and converted."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cortistim.io.navigators import (
    ImageForms,
    NavigatedPose,
    PoseFile,
    pose_counts,
    read_pose_file,
    read_subject_poses,
    write_pose_file,
)
from cortistim.records import known
from cortistim.records.navigated import NavigatedPoseRecord, PoseFileRecord
from cortistim.study.record import matsimnibs
from cortistim.typing import Progress, silent
from cortistim.units import a_per_us_from_a_per_s, uv_from_v


def pose_file_record(path: Path) -> PoseFileRecord:
    """Return what ``cortistim pose show`` tells of a file.

    Parameters
    ----------
    path : Path
        Any navigator's file.

    Returns
    -------
    PoseFileRecord
        The declared frame, the poses, and what was dropped.

    Raises
    ------
    BadInputError
        When no format is known by which the file can be read.
    """
    found = read_pose_file(path)
    counts = pose_counts(found)
    return PoseFileRecord(
        file=str(path),
        format=found.format,
        version=found.version,
        frame=found.frame.name,
        needs_image=found.frame.needs_image,
        units="mm",
        counts=counts,
        dropped=counts.dropped,
        dropped_by_reason=dict(found.dropped),
        refused=found.refused,
        notes=found.notes,
        poses=tuple(_pose(entry) for entry in found.poses),
    )


def _pose(entry: NavigatedPose) -> NavigatedPoseRecord:
    return NavigatedPoseRecord(
        name=entry.name,
        kind=entry.kind,
        matsimnibs=matsimnibs(entry.pose),
        time_s=known(entry.time_s),
        percent_mso=known(entry.percent_mso),
        didt_a_per_us=known(a_per_us_from_a_per_s(entry.didt_a_per_s)),
        mep_uv=tuple(float(uv_from_v(v)) for v in entry.mep_v),
        target=entry.target,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionRequest:
    """Which poses to write in another format.

    Parameters
    ----------
    source : Path
        Any navigator's file.
    form : str
        Format to write, a name of `WRITERS`.
    image : Path, optional
        T1 that the navigator was given: needed to leave some frames.
    as_targets : bool, optional
        Write recorded samples as targets, too.
    """

    source: Path
    form: str
    image: Path | None = None
    as_targets: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class ConvertedPoses:
    """Poses in subject space, ready to be written.

    Parameters
    ----------
    found : PoseFile
        The file, in subject space.
    form : str
        Format to write.
    poses : tuple of NavigatedPose
        What is written.
    image : ImageForms or None
        The T1's own frames, where it was given.
    notes : tuple of str
        What a reader should know, and what the format cannot hold.
    """

    found: PoseFile
    form: str
    poses: tuple[NavigatedPose, ...]
    image: ImageForms | None
    notes: tuple[str, ...]


def run_conversion(
    request: ConversionRequest, *, progress: Progress = silent
) -> ConvertedPoses:
    """Read poses and carry them to subject space.

    Parameters
    ----------
    request : ConversionRequest
        File, format, image.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    ConvertedPoses
        Ready to be written by `write_poses`.

    Raises
    ------
    BadInputError
        When the file cannot be read or its frame needs the image.
    PoseError
        When a pose is not rigid.
    """
    progress("reading poses", 0.0)
    found, image = read_subject_poses(request.source, request.image)
    poses = found.poses
    if request.as_targets:
        poses = tuple(replace(entry, kind="target") for entry in poses)
    lost = _lost(request.form, poses, with_image=image is not None)
    return ConvertedPoses(
        found=found, form=request.form, poses=poses, image=image, notes=(*found.notes, *lost)
    )


def write_poses(converted: ConvertedPoses, path: Path) -> None:
    """Write poses in the format that was asked for.

    Parameters
    ----------
    converted : ConvertedPoses
        From `run_conversion`.
    path : Path
        Where to.
    """
    write_pose_file(path, converted.poses, converted.form, converted.image)


def _lost(form: str, poses: tuple[NavigatedPose, ...], *, with_image: bool) -> list[str]:
    """Say what the written file does not hold."""
    found = []
    if form == "invesalius" and not with_image:
        found.append(
            "only the world columns are filled; InVesalius itself needs `image` to find the "
            "markers on its voxel grid"
        )
    if form == "visor2" and not with_image:
        found.append("the file does not name its image; pass `image` for visor2 to check it")
    measured = any(np.isfinite(p.percent_mso) or p.mep_v for p in poses)
    if measured and form in ("visor2", "simnibs", "csv"):
        found.append(f"{form} files hold no stimulator output and no responses")
    return found
