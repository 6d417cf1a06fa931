"""What the live application says and writes down, message by message."""

from dataclasses import dataclass, field
from typing import Literal

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
    area_70_percent_mm2: float
    missed_share: float
    on_target: bool
    deviation: LiveDeviation | None
    compute_ms: float
    rate_hz: float
    dropped: int


@dataclass(frozen=True, kw_only=True)
class LivePulse:
    """What one pulse did; exact to the last bit, so that a replay can be compared."""

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


@dataclass(frozen=True, kw_only=True)
class LiveEntry:
    """One line of a session's log; ``chain`` is a digest of it and of the line before."""

    entry: int
    kind: Literal["begin", "resume", "pulse", "response", "undo", "output", "end"]
    time_utc: str
    monotonic_s: float
    said_by: str
    pulse: LivePulse | None = None
    note: str = ""
    refers_to: int | None = None
    amplitude_uv: float | None = None
    facts: dict[str, str] = field(default_factory=dict)
    chain: str = ""
