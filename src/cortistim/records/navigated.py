"""What a navigator's file holds."""

from dataclasses import dataclass

from cortistim.records.pose import Matrix4


@dataclass(frozen=True, kw_only=True)
class PoseCounts:
    """How many entries a navigator's file holds.

    Parameters
    ----------
    poses, targets, samples : int
        All poses, those that were planned, and those recorded at a stimulus.
    dropped : int
        Entries without a pose.
    refused : int
        Poses that cannot be used.
    """

    poses: int
    targets: int
    samples: int
    dropped: int
    refused: int


@dataclass(frozen=True, kw_only=True)
class NavigatedPoseRecord:
    """One coil pose of a navigator's file.

    Parameters
    ----------
    name : str
        As in the file.
    kind : str
        ``target`` or ``sample``.
    matsimnibs : (4, 4) tuple of float
        In millimetres, in the frame that the file declares.
    time_s, percent_mso, didt_a_per_us : float or None
        None where the file does not tell it.
    mep_uv : tuple of float
        Peak-to-peak amplitudes by channel.
    target : str
        The target that was aimed at; empty where the file does not say.
    """

    name: str
    kind: str
    matsimnibs: Matrix4
    time_s: float | None
    percent_mso: float | None
    didt_a_per_us: float | None
    mep_uv: tuple[float, ...]
    target: str


@dataclass(frozen=True, kw_only=True)
class PoseFileRecord:
    """What ``cortistim pose show`` tells of a navigator's file.

    Parameters
    ----------
    file : str
        Its path.
    format, version : str
        As the file says.
    frame : str
        In which its poses are given.
    needs_image : bool
        Whether the T1 is needed to leave that frame.
    units : str
        Of the poses.
    counts : PoseCounts
        How many entries there are.
    dropped : int
        Entries without a pose.
    dropped_by_reason : mapping of str to int
        The same by reason.
    refused : tuple of str
        Why poses cannot be used.
    notes : tuple of str
        What a reader should know.
    poses : tuple of NavigatedPoseRecord
        Those that can be used.
    """

    file: str
    format: str
    version: str
    frame: str
    needs_image: bool
    units: str
    counts: PoseCounts
    dropped: int
    dropped_by_reason: dict[str, int]
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    poses: tuple[NavigatedPoseRecord, ...]
