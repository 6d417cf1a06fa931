"""Sessions of any origin as one table: imported, put together, summed up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.files import require_file
from cortistim.io.bids import read_bids
from cortistim.io.navigators import NavigatedPose, read_subject_poses
from cortistim.io.table.mep_map import looks_like, read_mep_map
from cortistim.io.table.session import ENDINGS, read_session
from cortistim.io.text import text_of
from cortistim.records import number
from cortistim.records.session import PulseRow, SessionRecord, require_rows
from cortistim.study.emg.measure import joined
from cortistim.study.session.live_log import from_live_log, is_live_log
from cortistim.study.session.rows import DIGITS, with_pose
from cortistim.units import a_per_us_from_a_per_s, uv_from_v

WEAK_UV = 50.0
RESPONSES = (
    "mep_uv", "area_uv_ms", "latency_ms", "latency_crossing_ms", "latency_ramp_ms",
    "silent_period_ms", "baseline_rms_uv", "noise_uv", "noise_floor_uv",
)  # fmt: skip


def open_session(path: Path | str, image: Path | None = None) -> SessionRecord:
    """Read a session of whatever origin.

    Parameters
    ----------
    path : Path or str
        A session's table, a dataset of BIDS, the folder of a live session, a navigator's file
        with samples, or a motor map as a list of points.
    image : Path, optional
        T1 that the navigator was given, where its frame needs one.

    Returns
    -------
    SessionRecord
        In subject space where there are poses.

    Raises
    ------
    BadInputError
        When there is no such file, or it holds no pulse.
    FileFormatError
        When it is none of these, or breaks its rules.
    """
    path = Path(path)
    if is_live_log(path):
        return from_live_log(path)
    if path.is_dir():
        return read_bids(path)
    require_file(path)
    if path.suffix.lower() == ".parquet":
        return read_session(path)
    if path.suffix.lower() in ENDINGS:
        kind = _kind_of_text(path)
        if kind == "map":
            return read_mep_map(path)
        if kind == "session":
            return read_session(path)
    return from_navigator(path, image)


def _kind_of_text(path: Path) -> str:
    text = text_of(path)[:4096]
    if looks_like(text):
        return "map"
    first = text.lstrip().partition("\n")[0]
    if path.suffix.lower() == ".json":
        return "session" if '"cortistim-session' in text else "navigator"
    return "navigator" if first.startswith(("Type", "Target,", "#")) else "session"


def from_navigator(path: Path, image: Path | None = None) -> SessionRecord:
    """Read the pulses that a navigator recorded.

    Parameters
    ----------
    path : Path
        Brainsight, Localite and all others that are known.
    image : Path, optional
        T1 that the navigator was given, where its frame needs one.

    Returns
    -------
    SessionRecord
        One row for each sample and channel.

    Raises
    ------
    BadInputError
        When it holds no samples.
    """
    found, _ = read_subject_poses(path, image)
    samples = [pose for pose in found.poses if pose.kind == "sample"]
    if not samples:
        msg = (
            f"{path}: there must be samples, recorded at pulses; it holds {len(found.poses)} "
            "targets only. Export the samples, too."
        )
        raise BadInputError(msg)
    times = np.array([sample.time_s for sample in samples])
    known = times[np.isfinite(times)]
    notes = list(found.notes)
    if (np.diff(known) <= 0).any():
        times[:] = np.nan
        notes.append("times do not rise from sample to sample and are left out")
    dropped = sum(found.dropped.values())
    if dropped:
        notes.append(f"{dropped} entries without a pose are not among the pulses")
    rows = [
        row
        for pulse, (sample, time_s) in enumerate(zip(samples, times, strict=True), start=1)
        for row in _pulse_rows(pulse, sample, float(time_s))
    ]
    require_rows(rows)
    return SessionRecord(notes=tuple(notes), pulses=tuple(rows))


def _pulse_rows(pulse: int, sample: NavigatedPose, time_s: float) -> list[PulseRow]:
    base = PulseRow(
        pulse=pulse,
        time_s=number(time_s, DIGITS),
        percent_mso=number(sample.percent_mso, DIGITS),
        didt_a_per_us=number(a_per_us_from_a_per_s(sample.didt_a_per_s), DIGITS),
        target=sample.target,
    )
    base = with_pose(base, sample.pose.matrix_m)
    if not sample.mep_v:
        return [base]
    return [
        replace(base, channel=f"EMG {k}", mep_uv=number(uv_from_v(value), DIGITS))
        for k, value in enumerate(sample.mep_v, start=1)
    ]


def with_responses(record: SessionRecord, responses: SessionRecord) -> SessionRecord:
    """Put responses that were measured elsewhere into a session.

    Parameters
    ----------
    record : SessionRecord
        What was done at each pulse.
    responses : SessionRecord
        As `cortistim emg measure` writes it, with as many pulses.

    Returns
    -------
    SessionRecord
        Both; responses that the navigator told are replaced.

    Raises
    ------
    BadInputError
        When there are not as many pulses in both, or their intervals differ.
    """
    rows = tuple(joined(record, list(responses.pulses)))
    notes = (*record.notes, *(n for n in responses.notes if n not in record.notes))
    return SessionRecord(facts=record.facts | responses.facts, notes=notes, pulses=rows)


def with_facts(
    record: SessionRecord, facts: dict[str, str], known: Sequence[str]
) -> SessionRecord:
    """Add what a person knows about a session.

    Parameters
    ----------
    record : SessionRecord
        Any.
    facts : dict of str to str
        By item of the checklist.
    known : sequence of str
        The items that there are.

    Returns
    -------
    SessionRecord
        With both; new words replace old ones.

    Raises
    ------
    BadInputError
        When an item is not known.
    """
    for name in facts:
        if name not in known:
            listed = ", ".join(known)
            msg = f"`fact` must be an item of the checklist, {listed}; got {quoted(name)}."
            raise BadInputError(msg)
    return replace(record, facts=record.facts | facts)


@dataclass(frozen=True, kw_only=True)
class SessionSummary:
    """One session and channel in numbers.

    Parameters
    ----------
    subject, session, channel : str
        As in the table.
    pulses : int
        How many.
    responses : int
        How many have a size.
    zero_share, weak_share : float or None
        Share of sizes that are 0, and that are 50 µV or less.
    median_uv : float or None
        Of all sizes, zeros included.
    percent_mso : tuple of 2 floats or None
        Least and largest output.
    duration_s : float or None
        From the first to the last pulse.
    interval_s : float or None
        Median time between pulses.
    ok, review, reject : int
        Qualities.
    """

    subject: str
    session: str
    channel: str
    pulses: int
    responses: int
    zero_share: float | None
    weak_share: float | None
    median_uv: float | None
    percent_mso: tuple[float, float] | None
    duration_s: float | None
    interval_s: float | None
    ok: int
    review: int
    reject: int


def summaries(record: SessionRecord) -> list[SessionSummary]:
    """Sum up each session and channel.

    Parameters
    ----------
    record : SessionRecord
        Any.

    Returns
    -------
    list of SessionSummary
        In the table's order. All responses count, whatever their quality.
    """
    groups: dict[tuple[str, str, str], list[PulseRow]] = {}
    for row in record.pulses:
        groups.setdefault((row.subject, row.session, row.channel), []).append(row)
    return [_summary(key, rows) for key, rows in groups.items()]


def _summary(key: tuple[str, str, str], rows: list[PulseRow]) -> SessionSummary:
    sizes = np.array([row.mep_uv for row in rows if row.mep_uv is not None])
    outputs = [row.percent_mso for row in rows if row.percent_mso is not None]
    times = [row.time_s for row in rows if row.time_s is not None]
    qualities = [row.qc for row in rows]
    return SessionSummary(
        subject=key[0],
        session=key[1],
        channel=key[2],
        pulses=len(rows),
        responses=len(sizes),
        zero_share=number((sizes == 0).mean(), 4) if len(sizes) else None,
        weak_share=number((sizes <= WEAK_UV).mean(), 4) if len(sizes) else None,
        median_uv=number(float(np.median(sizes)), 3) if len(sizes) else None,
        percent_mso=(min(outputs), max(outputs)) if outputs else None,
        duration_s=number(times[-1] - times[0], 3) if times else None,
        interval_s=number(float(np.median(np.diff(times))), 3) if len(times) > 1 else None,
        ok=qualities.count("ok"),
        review=qualities.count("review"),
        reject=qualities.count("reject"),
    )


def require_pulses(record: SessionRecord, path: Path) -> None:
    """Refuse a table without a pulse."""
    if not record.pulses:
        msg = f"{path}: a session must have at least one pulse; the table is empty."
        raise FileFormatError(msg)
