"""What the live application says and writes down, message by message."""

from dataclasses import dataclass, field
from typing import Literal

from msgspec import UNSET, UnsetType

from cortistim.records.safety import VerdictName

Liveness = Literal["waiting", "live", "held", "replay", "stale", "invisible", "refused"]
Matrix = list[list[float]]


@dataclass(frozen=True, kw_only=True)
class LiveDeviation:
    """From the plan to the coil."""

    lateral_mm: float
    x_mm: float
    y_mm: float
    depth_mm: float
    tilt_deg: float
    twist_deg: float


@dataclass(frozen=True, kw_only=True)
class LiveMoves:
    """What |E| at the target gains per move in the coil's own axes."""

    x_percent_per_mm: float
    y_percent_per_mm: float
    depth_percent_per_mm: float
    tilt_x_percent_per_deg: float
    tilt_y_percent_per_deg: float
    twist_percent_per_deg: float


@dataclass(frozen=True, kw_only=True)
class LiveState:
    """The numbers of one field, and how far they can be trusted.

    ``band_v_per_m`` is the 5th to 95th percentile over coils misplaced by a registration error;
    ``target_error_v_per_m`` the numerical bar. Neither contains the conductivities.
    """

    op: Literal["state"] = "state"
    seq: int
    state: Liveness
    source: str
    words: str
    age_ms: float | None
    flags: list[str]
    matsimnibs: Matrix
    shown_matsimnibs: Matrix
    lift_mm: float
    didt_a_per_us: float
    percent_mso: float | None
    output_is_typed: bool
    target_e_v_per_m: float
    target_error_v_per_m: float
    band_v_per_m: list[float] | None
    moves: LiveMoves | None
    peak_e_v_per_m: float
    avoid_e_v_per_m: list[float]
    area_70_percent_mm2: float
    missed_share: float
    on_target: bool
    deviation: LiveDeviation | None
    compute_ms: float
    rate_hz: float
    dropped: int


@dataclass(frozen=True, kw_only=True)
class LivePulse:
    """What one pulse did; exact to the last bit, so that a replay can be compared.

    ``pose_off_ms`` is from the pulse to the moment at which the pose was seen; left out where
    the pose came with the pulse, or is that of a coil held by hand on the page.
    """

    matsimnibs_m: Matrix
    didt_a_per_s: float
    percent_mso: float | None
    output_is_typed: bool
    target_e_v_per_m: float
    peak_e_v_per_m: float
    missed_share: float
    flags: list[str]
    state: Liveness
    on_target: bool
    deviation: LiveDeviation | None
    pose_off_ms: float | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class LiveEntry:
    """One line of a session's log; ``chain`` is a digest of it and of the line before."""

    entry: int
    kind: Literal["begin", "resume", "pulse", "response", "undo", "output", "loop", "end"]
    time_utc: str
    monotonic_s: float
    said_by: str
    pulse: LivePulse | None = None
    note: str = ""
    refers_to: int | None = None
    amplitude_uv: float | None = None
    facts: dict[str, str] = field(default_factory=dict)
    chain: str = ""


@dataclass(frozen=True, kw_only=True)
class LiveLoop:
    """What is looked for, and the next intensity: a proposal to a person, never a command.

    ``course`` has estimate, low and high end of the interval after each pulse, in %MSO.
    ``kind`` is ``none`` when nothing is looked for; ``truth_percent`` is told then, of a
    virtual subject alone.
    """

    op: Literal["loop"] = "loop"
    kind: Literal["none", "threshold"] = "none"
    words: str = ""
    method: str = ""
    propose_percent: float | None = None
    pulses: int = 0
    estimate_percent: float | None = None
    low_percent: float | None = None
    high_percent: float | None = None
    level: float | None = None
    is_done: bool = False
    alarms: list[str] = field(default_factory=list)
    course: list[list[float | None]] = field(default_factory=list)
    truth_percent: float | None = None


@dataclass(frozen=True, kw_only=True)
class LiveSafety:
    """What a published table says; it is quoted, and neither permits nor forbids.

    ``protocol_*`` is about the protocol that was named, ``train_*`` and ``verdict`` about the
    pulses since the last pause of 5 s.
    """

    op: Literal["safety"] = "safety"
    table: str
    table_words: str
    protocol: str | None
    protocol_verdict: VerdictName | None
    protocol_words: str
    protocol_pulses: int | None
    pulses: int
    train_pulses: int
    train_rate_hz: float | None
    percent_of_rmt: float | None
    verdict: VerdictName | None
    words: str


@dataclass(frozen=True, kw_only=True)
class LiveTarget:
    """The patch of cortex over which the target's |E| is averaged."""

    name: str
    words: str
    point_mm: list[float]
    radius_mm: float
    points: int


@dataclass(frozen=True, kw_only=True)
class LiveScene:
    """What does not change while a session runs; colours are 256 rows, 0 to 255."""

    protocol: str
    notice: str
    verbs: list[str]
    head: str
    coil: str
    points: int
    members: int
    order: int
    target: LiveTarget
    avoid: list[LiveTarget]
    plan: Matrix | None
    first: Matrix
    scale_v_per_m: float
    source: str
    source_name: str
    colours: list[list[int]]


@dataclass(frozen=True, kw_only=True)
class LiveHello:
    """What a new client may do."""

    op: Literal["hello"] = "hello"
    role: str
    protocol: str


@dataclass(frozen=True, kw_only=True)
class LiveRefused:
    """Why a verb was not done."""

    op: Literal["refused"] = "refused"
    why: str


@dataclass(frozen=True, kw_only=True)
class LiveWritten:
    """Which entry of the log a verb became; it is on the disk."""

    op: Literal["written"] = "written"
    entry: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class LiveDone:
    """A verb was taken, and has no entry."""

    op: Literal["done"] = "done"


@dataclass(frozen=True, kw_only=True)
class ExplorerRecord:
    """What was written; the error is of |E|, as a share of the strongest."""

    explorer: str
    bytes: int
    points: int
    members: int
    largest_error_share: float
