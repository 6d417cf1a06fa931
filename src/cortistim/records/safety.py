"""What safety tables, labels and a screening say, as records."""

from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, UnsetType

VerdictName = Literal[
    "within", "beyond longest tested", "exceeds", "outside the tables", "cannot be checked"
]
LimitKind = Literal["limit found", "longest tested"]
Confidence = Literal["high", "medium", "low"]
Decision = Literal["clear", "flag", "ask", "postpone", "weigh", "specialist", "stop"]


@dataclass(frozen=True, kw_only=True)
class CellRecord:
    """One entry of a table of the longest trains.

    Parameters
    ----------
    rate_hz : float
        The row.
    percent_of_hand_rmt : float
        The column.
    limit_s : float
        Longest train.
    kind : {"limit found", "longest tested"}
        Whether longer ones were seen to be too long, or never tried.
    confidence : {"high", "medium", "low"}
        How sure the number is that of the source.
    """

    rate_hz: float
    percent_of_hand_rmt: float
    limit_s: float
    kind: LimitKind
    confidence: Confidence


@dataclass(frozen=True, kw_only=True)
class TableCellRecord(CellRecord):
    """An entry, beside those of other tables.

    Parameters
    ----------
    rate_hz, percent_of_hand_rmt, limit_s, kind, confidence : see `CellRecord`
        The entry.
    disagreement : str
        A sentence where another table has another number, else empty.
    """

    disagreement: str


@dataclass(frozen=True, kw_only=True)
class TableRecord:
    """A published table of train lengths.

    Parameters
    ----------
    words : str
        What it holds for.
    basis : str
        Read at the source, or quoted from memory.
    sources : tuple of str
        Keys of ``references.bib``.
    cells : tuple of TableCellRecord
        By rate, then intensity.
    """

    words: str
    basis: str
    sources: tuple[str, ...]
    cells: tuple[TableCellRecord, ...]


@dataclass(frozen=True, kw_only=True)
class LimitsRecord:
    """What a protocol asks for, and what a table allows; only what applies is there.

    Parameters
    ----------
    train_s, rate_hz : float, optional
        Of the train that decides; of bursts the rate alone.
    trains : int, optional
        How many there are.
    shortest_rest_s : float, optional
        Between two trains.
    percent_of_hand_rmt : float, optional
        The intensity in the table's unit.
    train_limit_s : float, optional
        Of the cell that decided.
    limit_kind : {"limit found", "longest tested"}, optional
        Of the same cell.
    rest_at_least_s : float, optional
        Rest that was found safe.
    pulses : int, optional
        Of a session in bursts.
    highest_rate_hz : float, optional
        Where the tables end, for bursts.
    """

    train_s: float | UnsetType = UNSET
    rate_hz: float | UnsetType = UNSET
    trains: int | UnsetType = UNSET
    shortest_rest_s: float | UnsetType = UNSET
    percent_of_hand_rmt: float | UnsetType = UNSET
    train_limit_s: float | UnsetType = UNSET
    limit_kind: LimitKind | UnsetType = UNSET
    rest_at_least_s: float | UnsetType = UNSET
    pulses: int | UnsetType = UNSET
    highest_rate_hz: float | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class BurstsRecord:
    """Whether a session equals a published pattern of bursts.

    Parameters
    ----------
    listed : bool
        Whether it does.
    name, words : str, optional
        Which one, and at which intensity it was published.
    """

    listed: bool
    name: str | UnsetType = UNSET
    words: str | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class ClearanceRecord:
    """What a regulator cleared.

    Parameters
    ----------
    agency, device, number, date : str
        Who cleared what, under which number and when.
    basis : str
        What of it was read, and what is quoted from memory.
    """

    agency: str
    device: str
    number: str
    date: str
    basis: str


@dataclass(frozen=True, kw_only=True)
class LabelRecord:
    """A cleared use that has exactly these pulses.

    Parameters
    ----------
    library_id : str
        The entry of the library.
    indication, target, coil : str
        What it is cleared for.
    clearances : tuple of ClearanceRecord
        One for each device.
    confidence : {"high", "medium", "low"}
        How sure the entry is.
    note : str
        For what a label holds.
    device_at_hand : str
        The device that was stated, or ``not stated``.
    device_is_named : bool, optional
        Whether a clearance or the coil names that device.
    """

    library_id: str
    indication: str
    target: str
    coil: str
    clearances: tuple[ClearanceRecord, ...]
    confidence: Confidence
    note: str
    device_at_hand: str
    device_is_named: bool | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class LargestRecord:
    """The largest dose in the library.

    Parameters
    ----------
    pulses : int
        Count.
    library_id : str
        The entry that has it.
    """

    pulses: int
    library_id: str


@dataclass(frozen=True, kw_only=True)
class CourseDoseRecord:
    """How many pulses a course holds, beside the largest published.

    Parameters
    ----------
    pulses_per_session, sessions, most_pulses_per_day, pulses_per_course, days : int
        Of the course.
    largest_published_per_day, largest_published_per_course : LargestRecord
        The yardstick.
    kind : {"bursts", "trains"}
        What is compared with what.
    verdict : {"within published", "beyond published"}
        For day and course together.
    note : str
        Why there is no limit.
    """

    pulses_per_session: int
    sessions: int
    most_pulses_per_day: int
    pulses_per_course: int
    days: int
    largest_published_per_day: LargestRecord
    largest_published_per_course: LargestRecord
    kind: Literal["bursts", "trains"]
    verdict: Literal["within published", "beyond published"]
    note: str


@dataclass(frozen=True, kw_only=True)
class VerdictRecord:
    """What a table says of a session.

    Parameters
    ----------
    protocol : str
        Its name.
    verdict : str
        ``within``, ``beyond longest tested``, ``exceeds``, ``outside the tables`` or
        ``cannot be checked``.
    table, table_words, table_basis : str
        Which table, what it holds for, and whether it was read or is quoted from memory.
    cell : CellRecord or None
        The entry that decided; None outside the table.
    limits : LimitsRecord
        What is asked for and allowed.
    reasons, cautions : tuple of str
        Why, and what to know besides.
    published_bursts : BurstsRecord
        The published pattern that it equals.
    missing : tuple of str
        What nobody stated and a check needs.
    sources : tuple of str
        Spelt out.
    notice : str
        What a verdict is not.
    """

    protocol: str
    verdict: VerdictName
    table: str
    table_words: str
    table_basis: str
    cell: CellRecord | None
    limits: LimitsRecord
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]
    published_bursts: BurstsRecord
    missing: tuple[str, ...]
    sources: tuple[str, ...]
    notice: str


@dataclass(frozen=True, kw_only=True)
class SafetyRecord(VerdictRecord):
    """A verdict with what stands beside it; the part ``safety`` of a plan.

    Parameters
    ----------
    protocol, verdict, table, table_words, table_basis : see `VerdictRecord`
        The verdict.
    cell, limits, reasons, cautions, published_bursts : see `VerdictRecord`
        What it rests on.
    missing, sources, notice : see `VerdictRecord`
        What to know of it.
    labelled_use : tuple of LabelRecord
        Cleared uses with these pulses.
    dose : CourseDoseRecord
        Pulses of the course.
    """

    labelled_use: tuple[LabelRecord, ...]
    dose: CourseDoseRecord


@dataclass(frozen=True, kw_only=True)
class TrainAloneRecord:
    """The one train that an incomplete entry states, rated by itself.

    Parameters
    ----------
    rated : bool
        Whether it could be.
    reason : str, optional
        Why not.
    verdict : str, optional
        On the train.
    cell : CellRecord, optional
        The entry that decided.
    """

    rated: bool
    reason: str | UnsetType = UNSET
    verdict: VerdictName | UnsetType = UNSET
    cell: CellRecord | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class FlagRecord:
    """The decision on one topic of a screening.

    Parameters
    ----------
    topic : str
        Its key.
    answer : str
        As given; empty when nobody answered.
    question : str
        To ask a person, or the operator.
    decision : str
        From ``clear`` to ``stop``.
    words : str
        Why.
    sources : tuple of str
        Keys of ``references.bib`` and words.
    basis : str
        Read at the source, or quoted from memory.
    confidence : {"high", "medium", "low"}
        How sure it is.
    """

    topic: str
    answer: str
    question: str
    decision: Decision
    words: str
    sources: tuple[str, ...]
    basis: str
    confidence: Confidence


@dataclass(frozen=True, kw_only=True)
class ScreeningRecord:
    """A screening of a person.

    Parameters
    ----------
    decision : str
        The gravest one.
    decision_words : str
        What it means.
    flags : tuple of FlagRecord
        One per topic.
    unanswered : tuple of str
        Topics that nobody answered.
    references : mapping of str to str
        Sources by their key.
    notice : str
        What a screening is not.
    version : str
        Of the package.
    audit : str
        The file that it was recorded in.
    """

    decision: Decision
    decision_words: str
    flags: tuple[FlagRecord, ...]
    unanswered: tuple[str, ...]
    references: dict[str, str]
    notice: str
    version: str
    audit: str
