"""One session as a table: what was done at each pulse, and how each muscle answered.

A row is one pulse and one channel; a pulse that was watched in two muscles has two rows. What
is not known is None, in files an empty cell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal

from cortistim.errors import FileFormatError, quoted

Quality = Literal["", "ok", "review", "reject"]
MOST_PERCENT = 100.0
PLACE = ("x_mm", "y_mm", "z_mm")
AXES = tuple(f"{axis}dir_{part}" for axis in "xyz" for part in "xyz")


@dataclass(frozen=True, kw_only=True, slots=True)
class PulseRow:
    """One pulse and one channel.

    Parameters
    ----------
    subject, session : str
        Labels, empty where there is only one.
    pulse : int
        Counts from 1 within the session.
    time_s : float or None
        Since the recording began.
    channel : str
        The muscle; empty when no response was recorded.
    condition : str
        Such as ``SICI 2.5 ms``.
    percent_mso, conditioning_percent_mso : float or None
        Output of the (test) pulse, and of a conditioning pulse before it.
    interval_ms : float or None
        Between the two.
    didt_a_per_us : float or None
        Rate of change of the coil's current.
    target : str
        What was aimed at.
    x_mm, y_mm, z_mm, xdir_x, xdir_y, xdir_z, ydir_x, ydir_y, ydir_z, zdir_x, zdir_y, zdir_z :
        float or None
        Pose: the coil's centre and its axes, z into the head, y away from the handle.
    e_target_v_per_m : float or None
        Field at the target.
    efield_max_x_mm, efield_max_y_mm, efield_max_z_mm : float or None
        Where a navigator put the field's maximum.
    mep_uv : float or None
        Peak to peak.
    area_uv_ms, latency_ms, latency_crossing_ms, latency_ramp_ms : float or None
        Area of the rectified response; latency (mean of two methods where they agree, else by
        crossing), and by each.
    silent_period_ms : float or None
        From the pulse to its end.
    baseline_rms_uv, noise_uv, noise_floor_uv : float or None
        Before the pulse; peak to peak there; what 2 % of such windows exceed.
    censored : bool or None
        Whether the response is below the noise floor.
    qc : str
        ``ok``, ``review``, ``reject``, or empty when nobody looked.
    qc_reason : str
        Why.
    """

    subject: str = ""
    session: str = ""
    pulse: int
    time_s: float | None = None
    channel: str = ""
    condition: str = ""
    percent_mso: float | None = None
    conditioning_percent_mso: float | None = None
    interval_ms: float | None = None
    didt_a_per_us: float | None = None
    target: str = ""
    x_mm: float | None = None
    y_mm: float | None = None
    z_mm: float | None = None
    xdir_x: float | None = None
    xdir_y: float | None = None
    xdir_z: float | None = None
    ydir_x: float | None = None
    ydir_y: float | None = None
    ydir_z: float | None = None
    zdir_x: float | None = None
    zdir_y: float | None = None
    zdir_z: float | None = None
    e_target_v_per_m: float | None = None
    efield_max_x_mm: float | None = None
    efield_max_y_mm: float | None = None
    efield_max_z_mm: float | None = None
    mep_uv: float | None = None
    area_uv_ms: float | None = None
    latency_ms: float | None = None
    latency_crossing_ms: float | None = None
    latency_ramp_ms: float | None = None
    silent_period_ms: float | None = None
    baseline_rms_uv: float | None = None
    noise_uv: float | None = None
    noise_floor_uv: float | None = None
    censored: bool | None = None
    qc: Quality = ""
    qc_reason: str = ""

    @property
    def has_pose(self) -> bool:
        """Whether all of the pose is known."""
        return all(getattr(self, name) is not None for name in (*PLACE, *AXES))


TEXT = ("subject", "session", "channel", "condition", "target", "qc", "qc_reason")
WHOLE = ("pulse",)
TRUTH = ("censored",)
COLUMNS = tuple(f.name for f in fields(PulseRow))
NUMBERS = tuple(name for name in COLUMNS if name not in (*TEXT, *WHOLE, *TRUTH))
NOT_NEGATIVE = (
    "percent_mso", "conditioning_percent_mso", "didt_a_per_us", "e_target_v_per_m", "mep_uv",
    "latency_ms", "latency_crossing_ms", "latency_ramp_ms", "silent_period_ms",
    "baseline_rms_uv", "noise_uv", "noise_floor_uv",
)  # fmt: skip
OUTPUTS = ("percent_mso", "conditioning_percent_mso")


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """The pulses of one or more sessions, and what is known about them all.

    Parameters
    ----------
    schema : str
        Name and version of this record.
    facts : dict of str to str
        What a report must tell, by item of the checklist, in the words of whoever knows.
    notes : tuple of str
        What a reader should know.
    pulses : tuple of PulseRow
        In the order in which they came.
    """

    schema: str = "cortistim-session-1"
    facts: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pulses: tuple[PulseRow, ...] = ()


def require_rows(rows: Sequence[PulseRow]) -> None:
    """Refuse rows that cannot be, each with its row and column.

    Parameters
    ----------
    rows : sequence of PulseRow
        Rows are counted from 1.

    Raises
    ------
    FileFormatError
        When an output is above 100 %, a size negative, a time out of order, or a muscle named
        twice for one pulse.
    """
    times: dict[tuple[str, ...], tuple[int, float]] = {}
    seen: dict[tuple[str, str, int, str], int] = {}
    for number, row in enumerate(rows, start=1):
        for name, why in _faults(row):
            msg = f"row {number}, column {name}: {why}"
            raise FileFormatError(msg)
        key = (row.subject, row.session, row.pulse, row.channel.strip().lower())
        if key in seen:
            msg = (
                f"row {number}, column channel: pulse {row.pulse} has {quoted(row.channel)} "
                f"already in row {seen[key]}; each muscle must have a name of its own. Rename "
                "one."
            )
            raise FileFormatError(msg)
        seen[key] = number
        if row.time_s is None:
            continue
        whole = (row.subject, row.session)
        pulse, before_s = times.get(whole, (row.pulse, row.time_s))
        if row.time_s < before_s or (row.pulse != pulse and row.time_s == before_s):
            msg = (
                f"row {number}, column time_s: times must rise from pulse to pulse; got "
                f"{row.time_s:g} after {before_s:g}. Sort the rows by time."
            )
            raise FileFormatError(msg)
        times[whole] = (row.pulse, row.time_s)


def _faults(row: PulseRow) -> Iterator[tuple[str, str]]:
    """Give the columns of a row that cannot be, with the rule."""
    if row.pulse < 1:
        yield "pulse", f"pulses count from 1; got {row.pulse}."
    for name in OUTPUTS:
        value = getattr(row, name)
        if value is not None and value > MOST_PERCENT:
            yield (
                name,
                f"the output must be at most {MOST_PERCENT:g} % of the stimulator's maximum; "
                f"got {value:g}. Percent of a threshold must be turned into % MSO first.",
            )
    for name in NOT_NEGATIVE:
        value = getattr(row, name)
        if value is not None and value < 0:
            yield name, f"this must be 0 or more; got {value:g}."


def unit_notes(rows: Sequence[PulseRow]) -> list[str]:
    """Say when sizes look a thousand times too large or too small; nothing is changed.

    Parameters
    ----------
    rows : sequence of PulseRow
        Any.

    Returns
    -------
    list of str
        Sentences.
    """
    sizes = sorted(row.mep_uv for row in rows if row.mep_uv)
    if len(sizes) < FEWEST_SIZES:
        return []
    middle, largest = sizes[len(sizes) // 2], sizes[-1]
    if middle > LARGEST_MIDDLE_UV:
        return [
            f"the median response is {middle:.3g} µV, more than any muscle gives; the unit may "
            "be mistaken, such as nV for µV. Nothing was changed"
        ]
    if largest < LEAST_LARGEST_UV:
        return [
            f"the largest response is {largest:.3g} µV, which no surface electrode tells from "
            "noise; the unit may be mistaken, such as mV for µV. Nothing was changed"
        ]
    return []


FEWEST_SIZES = 5
LARGEST_MIDDLE_UV = 50_000.0  # assumed: the largest responses of any muscle are 10 to 20 mV
LEAST_LARGEST_UV = 20.0  # assumed: in mV the largest responses of a session are 0.05 to 20
