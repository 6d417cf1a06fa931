"""Any navigator's file: recognised by what is in it, written by what it is called."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cortistim.errors import BadInputError, FileFormatError, PoseError, quoted
from cortistim.io.navigators import (
    brainsight,
    invesalius,
    localite,
    matfile,
    navinibs,
    own,
    positions_csv,
    simnibs,
    softaxic,
    visor2,
)
from cortistim.io.navigators.frames import SUBJECT, ImageForms, read_image_forms, subject_from
from cortistim.io.navigators.record import NavigatedPose, PoseFile
from cortistim.io.navigators.source import bytes_of, json_in
from cortistim.io.pose import read_poses
from cortistim.io.text import write_bytes
from cortistim.placement.pose import Pose
from cortistim.records.navigated import PoseCounts
from cortistim.units import matrix_m_from_mm

Writer = Callable[[tuple[NavigatedPose, ...], ImageForms | None], bytes]

WRITERS: Mapping[str, Writer] = {
    "cortistim": lambda poses, _image: own.write(poses),
    "brainsight": lambda poses, _image: brainsight.write(poses),
    "localite": lambda poses, _image: localite.write(poses),
    "localite-lps": lambda poses, _image: localite.write(poses, "LPS"),
    "visor2": visor2.write,
    "navinibs": lambda poses, _image: navinibs.write(poses),
    "invesalius": invesalius.write,
    "simnibs": lambda poses, _image: simnibs.write(poses),
    "csv": lambda poses, _image: positions_csv.write(poses),
}
SUFFIXES: Mapping[str, str] = {
    ".json": "cortistim",
    ".txt": "brainsight",
    ".xml": "localite",
    ".mrk": "visor2",
    ".mkss": "invesalius",
    ".mat": "simnibs",
    ".csv": "csv",
}
FORMATS = (*WRITERS, "softaxic")


def read_pose_file(path: Path | str) -> PoseFile:
    """Read the poses of any navigator's file, in the frame that it declares.

    Parameters
    ----------
    path : Path or str
        Of Brainsight, Localite, visor2, SofTaxic, NaviNIBS (file or session folder),
        InVesalius, SimNIBS (.mat), a CSV of coil positions, or our own JSON. Its content
        decides, not its name.

    Returns
    -------
    PoseFile
        Poses, and what was dropped or cannot be used.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When it is of no known format, or broken.
    """
    path = Path(path)
    if path.is_dir() and (path / navinibs.SESSION).is_file():
        return navinibs.read(path, navinibs.session_content(path))
    data = bytes_of(path)
    for looks_like, read in _BY_CONTENT:
        if looks_like(data):
            return read(path, data)
    msg = (
        f"{path}: this is no file of poses that is known. Known are {', '.join(FORMATS)}; "
        "export it again as one of these."
    )
    raise FileFormatError(msg)


def _starts_with(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.removeprefix(b"\xef\xbb\xbf")[:256].lstrip().startswith(marks)


def _read_xml(path: Path, data: bytes) -> PoseFile:
    is_softaxic = b"<stmp" in data[:4096]
    return softaxic.read(path, data) if is_softaxic else localite.read(path, data)


def _read_json(path: Path, data: bytes) -> PoseFile:
    content = json_in(path, data)
    if isinstance(content, dict) and own.KEY in content:
        return own.read(path, content)
    if isinstance(content, dict) and "TargetMarkers" in content:
        return visor2.read(path, content)
    if navinibs.looks_like(content) or content in ({"targets": [], "samples": []}, []):
        return navinibs.read(path, content)
    keys = sorted(map(str, content))[:8] if isinstance(content, dict) else "a list"
    msg = (
        f"{path}: a pose needs the key {own.KEY} with a 4x4 matrix in millimetres, or the "
        f"markers of visor2 or NaviNIBS; got {keys}."
    )
    raise FileFormatError(msg)


_BY_CONTENT: Sequence[tuple[Callable[[bytes], bool], Callable[[Path, bytes], PoseFile]]] = (
    (matfile.looks_like, simnibs.read),
    (brainsight.looks_like, brainsight.read),
    (invesalius.looks_like, invesalius.read),
    (_starts_with(b"<"), _read_xml),
    (_starts_with(b"{", b"["), _read_json),
    (positions_csv.looks_like, positions_csv.read),
)


def read_subject_poses(
    path: Path | str, image: Path | str | None = None
) -> tuple[PoseFile, ImageForms | None]:
    """Read poses and carry them into subject space.

    Parameters
    ----------
    path : Path or str
        As in `read_pose_file`.
    image : Path or str, optional
        The T1 that the navigator was given; its world is subject space.

    Returns
    -------
    PoseFile
        In subject space.
    ImageForms or None
        Of the image, when there is one.

    Raises
    ------
    BadInputError
        When the frame needs an image and there is none, or it is another image.
    PoseError
        When a pose is sheared, mirrored or in other units.
    """
    found = read_pose_file(path)
    found.require_sound(path)
    forms = None if image is None else read_image_forms(image)
    if found.frame.needs_image and forms is None:
        msg = (
            f"{path}: the poses are in the frame {quoted(found.frame.name)}, which is not the "
            "head's; convert them to the head's with the T1 that the navigator was given "
            "(`image`)."
        )
        raise BadInputError(msg)
    if forms is not None and found.format == "visor2":
        visor2.require_image(path, json_in(path, bytes_of(path)), forms)
    if forms is None or not found.frame.needs_image:
        return replace(found, frame=SUBJECT), forms
    return _carried(found, forms), forms


def _carried(found: PoseFile, forms: ImageForms) -> PoseFile:
    carry = matrix_m_from_mm(subject_from(found.frame, forms))
    try:
        poses = tuple(replace(p, pose=Pose(carry @ p.pose.matrix_m)) for p in found.poses)
    except PoseError as error:
        msg = f"{forms.path}: the image's header shears or mirrors the poses. {error}"
        raise PoseError(msg) from error
    return replace(found, frame=SUBJECT, poses=poses)


def read_one_pose(path: Path | str) -> Pose:
    """Read the pose of a file that holds exactly one.

    Parameters
    ----------
    path : Path or str
        As in `read_pose_file`.

    Returns
    -------
    Pose
        In subject space.

    Raises
    ------
    BadInputError
        When there is none or more than one, or it is in another frame.
    PoseError
        When it is not rigid.
    """
    poses = read_all_poses(path)
    if len(poses) != 1:
        msg = (
            f"{path}: one pose is needed; the file holds {len(poses)}. Keep one; "
            "an operator evaluates many (`poses`)."
        )
        raise BadInputError(msg)
    return poses[0]


def read_all_poses(path: Path | str) -> tuple[Pose, ...]:
    """Read the poses of a file that holds at least one.

    Parameters
    ----------
    path : Path or str
        As in `read_pose_file`.

    Returns
    -------
    tuple of Pose
        In subject space.

    Raises
    ------
    BadInputError
        When there is none, or they are in another frame.
    PoseError
        When a pose is not rigid.
    """
    poses = _poses(path)
    if not poses:
        msg = f"{path}: there is no pose in it; 'cortistim pose show' says what was dropped."
        raise BadInputError(msg)
    return poses


def _poses(path: Path | str) -> tuple[Pose, ...]:
    """Read poses of the head's own frame; our own JSON by its own rules."""
    found = read_pose_file(path)
    if found.format == "cortistim" and not found.frame.needs_image:
        return read_poses(path)
    return tuple(entry.pose for entry in read_subject_poses(path)[0].poses)


def format_for(path: Path | str, asked: str | None = None) -> str:
    """Return the format that a file is to be written in.

    Parameters
    ----------
    path : Path or str
        Its suffix decides when nothing is asked.
    asked : str, optional
        A key of `WRITERS`.

    Returns
    -------
    str
        A key of `WRITERS`.

    Raises
    ------
    BadInputError
        When neither names a format that can be written.
    """
    chosen = asked or SUFFIXES.get(Path(path).suffix.lower(), "")
    if chosen not in WRITERS:
        msg = (
            f"{path}: the format to write must be one of {', '.join(WRITERS)}; got "
            f"{quoted(chosen or Path(path).suffix)}. Name one (`asked`)."
        )
        raise BadInputError(msg)
    return chosen


def write_pose_file(
    path: Path | str,
    poses: Sequence[NavigatedPose],
    form: str | None = None,
    image: ImageForms | None = None,
) -> None:
    """Write poses in any format that can be written, atomically.

    Parameters
    ----------
    path : Path or str
        Its suffix tells the format when `form` does not.
    poses : sequence of NavigatedPose
        In subject space.
    form : str, optional
        A key of `WRITERS`.
    image : ImageForms, optional
        Of the T1, for formats that name their image.

    Raises
    ------
    BadInputError
        When the format is not known, or the place cannot be written to.
    """
    write_bytes(path, WRITERS[format_for(path, form)](tuple(poses), image))


def pose_counts(found: PoseFile) -> PoseCounts:
    """Count what a file holds.

    Parameters
    ----------
    found : PoseFile
        Of any format.

    Returns
    -------
    PoseCounts
        Numbers of poses, targets, samples, dropped and refused entries.
    """
    targets = sum(p.kind == "target" for p in found.poses)
    return PoseCounts(
        poses=len(found.poses),
        targets=targets,
        samples=len(found.poses) - targets,
        dropped=sum(found.dropped.values()),
        refused=len(found.refused),
    )
