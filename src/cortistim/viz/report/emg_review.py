"""A page on which a person looks at every trial of a session, and decides by one key."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

from cortistim.records.emg import EmgRecord
from cortistim.records.session import PulseRow
from cortistim.typing import FloatArray
from cortistim.units import ms_from_s, uv_from_v

NOTICE = (
    "Research software, not a medical device; not for clinical decisions without independent "
    "verification."
)
MOST_SAMPLES = 900  # of a trace: more than a screen shows
STEPS = 32_000  # a trace is shown in 16 bits
MISSING = -32_768


@dataclass(frozen=True, eq=False, slots=True)
class ReviewContent:
    """What the page shows.

    Parameters
    ----------
    title : str
        Of the page.
    record : EmgRecord
        The summary.
    rows : sequence of PulseRow
        Pulse by pulse, channel by channel.
    time_s : (n_sample,) array [s]
        From the pulse.
    raw_v, clean_v : (n_pulse, n_channel, n_sample) arrays [V]
        As recorded and conditioned.
    """

    title: str
    record: EmgRecord
    rows: Sequence[PulseRow]
    time_s: FloatArray
    raw_v: FloatArray
    clean_v: FloatArray


def review_html(content: ReviewContent) -> str:
    """Return the page; it needs no network and no other file.

    Parameters
    ----------
    content : ReviewContent
        At least one trial.

    Returns
    -------
    str
        HTML.
    """
    record = content.record
    told = [*record.warnings, *record.notes]
    return Template(_shipped("emg_review.html")).substitute(
        title=escape(content.title),
        notice=escape(NOTICE),
        facts=escape(_facts(record)),
        tiles="".join(_tile(content, k) for k in range(len(record.channels))),
        told="".join(f"<li>{escape(text)}</li>" for text in told),
        told_hidden="" if told else "hidden",
        data=_embedded(_data(content)),
        script=_shipped("emg_review.js"),
    )


def _shipped(name: str) -> str:
    return files("cortistim.viz.report").joinpath(name).read_text(encoding="utf-8")


def _facts(record: EmgRecord) -> str:
    settings = record.settings
    first, last = settings.response_ms
    low, high = settings.band_hz
    state = "tense" if settings.active else "at rest"
    return (
        f"{record.pulses} pulses ({record.pulses_from}), {record.rate_hz:g} Hz, muscle "
        f"{state}. Responses from {first:g} to {last:g} ms, {settings.criterion_uv:g} µV or "
        f"more; artefact bridged to {settings.blank_ms[1]:g} ms, then {low:g} to {high:g} Hz, "
        "without delay."
    )


def _tile(content: ReviewContent, index: int) -> str:
    channel = content.record.channels[index]
    median = "–" if channel.median_uv is None else f"{channel.median_uv:.0f}"
    latency = "–" if channel.latency_ms is None else f"{channel.latency_ms:.1f} ms"
    floor = "–" if channel.noise_floor_uv is None else f"{channel.noise_floor_uv:.0f} µV"
    return (
        f'<div class="tile"><div class="name">{escape(channel.name)}</div>'
        f'<div class="value">{median} <small>µV median</small></div>'
        f'<div class="about">{channel.responses} responses in {channel.trials} trials; '
        f"latency {latency}; noise floor {floor}; {channel.reject} rejected, "
        f"{channel.review} to look at</div></div>"
    )


def _embedded(data: dict[str, Any]) -> str:
    """Write data so that no text in it ends the script."""
    return json.dumps(data, ensure_ascii=True, allow_nan=False).replace("</", "<\\/")


def _data(content: ReviewContent) -> dict[str, Any]:
    step = max(int(np.ceil(len(content.time_s) / MOST_SAMPLES)), 1)
    n_channel = len(content.record.channels)
    settings = content.record.settings
    return {
        "title": content.title,
        "start_ms": round(float(ms_from_s(content.time_s[0])), 4),
        "step_ms": round(float(ms_from_s(content.time_s[1] - content.time_s[0])) * step, 6),
        "response_ms": settings.response_ms,
        "baseline_ms": settings.baseline_ms,
        "blank_ms": settings.blank_ms,
        "channels": [c.name for c in content.record.channels],
        "rows": [_row(row) for row in content.rows],
        "clean": [_packed(content.clean_v[:, k, ::step]) for k in range(n_channel)],
        "raw": [_packed(_level(content, k)[:, ::step]) for k in range(n_channel)],
    }


def _row(row: PulseRow) -> dict[str, Any]:
    names = (
        "pulse", "time_s", "channel", "percent_mso", "condition", "mep_uv", "latency_ms",
        "latency_crossing_ms", "latency_ramp_ms", "silent_period_ms", "baseline_rms_uv",
        "noise_uv", "censored", "qc", "qc_reason",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


def _level(content: ReviewContent, index: int) -> FloatArray:
    """Return what was recorded, its level before the pulse taken off."""
    raw_v = content.raw_v[:, index]
    before = raw_v[:, content.time_s < 0]
    known = np.isfinite(before).any(axis=1)
    level_v = np.zeros(len(raw_v))
    level_v[known] = np.nanmean(before[known], axis=1)
    return raw_v - level_v[:, None]


def _packed(volts: FloatArray) -> dict[str, Any]:
    """Pack traces into 16 bits each, every trial with its own scale."""
    values_uv = uv_from_v(np.asarray(volts, dtype=float))
    missing = ~np.isfinite(values_uv)
    values_uv = np.where(missing, 0.0, values_uv)
    scale = np.maximum(np.abs(values_uv).max(axis=1), 1e-3) / STEPS
    counts = np.round(values_uv / scale[:, None])
    counts[missing] = MISSING
    return {
        "scale": [float(f"{value:.6g}") for value in scale],
        "data": b64encode(counts.astype("<i2").tobytes()).decode("ascii"),
    }
