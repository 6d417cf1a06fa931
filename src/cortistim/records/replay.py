"""What the pulses of a recorded session did: the content of ``replay.json``."""

from dataclasses import dataclass

from cortistim.records.coil import CoilRecord
from cortistim.records.head import HeadRecord
from cortistim.records.pose import Point
from cortistim.records.provenance import SourceRecord


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
