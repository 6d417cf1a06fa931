"""Recorded sessions: what a navigator's file holds, and what its pulses did."""

from dataclasses import dataclass

from cortistim.records.coil import CoilRecord
from cortistim.records.head import HeadRecord
from cortistim.records.pose import Matrix4, Point
from cortistim.records.provenance import SourceRecord


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


@dataclass(frozen=True, kw_only=True)
class LogRecord:
    """The file that was replayed.

    Parameters
    ----------
    format, version : str
        As the file says.
    """

    format: str
    version: str


@dataclass(frozen=True, kw_only=True)
class ReplayTargetRecord:
    """Where a replay reads the field.

    Parameters
    ----------
    name, words : str
        As asked for, and what it is.
    subject_mm : (3,) tuple of float
        Middle of the patch.
    moved_mm : float
        How far that was moved to lie on the cortex.
    """

    name: str
    words: str
    subject_mm: Point
    moved_mm: float


@dataclass(frozen=True, kw_only=True)
class SpreadRecord:
    """Values of a column that are known.

    Parameters
    ----------
    min, median, max : float
        Smallest, middle and largest.
    """

    min: float
    median: float
    max: float


@dataclass(frozen=True, kw_only=True)
class ReplayRecord:
    """The content of ``replay.json``; a spread is None where no value is known.

    Parameters
    ----------
    notice : str
        What the software is not for.
    log : LogRecord
        The file.
    head : HeadRecord
        That was computed with.
    coil : CoilRecord
        That was computed with.
    stimulator : str
        Whose output was taken.
    didt_max_a_per_us : float or None
        At full output; None where the pair was not measured.
    target : ReplayTargetRecord
        Where the field was read.
    e_is : str
        What is meant by E.
    pulses, dropped : int
        Pulses that were computed, and those that were left out.
    dropped_by_reason : mapping of str to int
        Why.
    lifted : int
        Coils that were lifted out of the head.
    e_v_per_m_per_a_per_us, e_target_v_per_m : SpreadRecord or None
        E for 1 A/µs, and at each pulse's own output.
    deviation_mm, deviation_deg : SpreadRecord or None
        From the plan.
    missed_share : SpreadRecord or None
        Of the operator.
    warnings, notes : tuple of str
        What a reader should know.
    versions : mapping of str to str
        Of everything that computed.
    sources : tuple of SourceRecord
        Where numbers are from.
    """

    notice: str
    log: LogRecord
    head: HeadRecord
    coil: CoilRecord
    stimulator: str
    didt_max_a_per_us: float | None
    target: ReplayTargetRecord
    e_is: str
    pulses: int
    dropped: int
    dropped_by_reason: dict[str, int]
    lifted: int
    e_v_per_m_per_a_per_us: SpreadRecord | None
    e_target_v_per_m: SpreadRecord | None
    deviation_mm: SpreadRecord | None
    deviation_deg: SpreadRecord | None
    missed_share: SpreadRecord | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    versions: dict[str, str]
    sources: tuple[SourceRecord, ...]
