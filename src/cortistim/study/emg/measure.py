"""From a file of EMG to a table of responses, a record and a page for review."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cortistim.cache import whole_folder
from cortistim.errors import BadInputError
from cortistim.io.emg import read_emg
from cortistim.io.table.session import read_session, write_session
from cortistim.io.text import write_text
from cortistim.mapping.emg import (
    EmgEpochs,
    EmgSettings,
    Flag,
    Responses,
    conditioned,
    cut_epochs,
    flags_of,
    measure_conditioned,
    state_of,
    warnings_of,
)
from cortistim.records import json_text, number
from cortistim.records.emg import EmgChannelRecord, EmgRecord, EmgSettingsRecord
from cortistim.records.session import PulseRow, SessionRecord
from cortistim.study.emg.pulses import emg_channels, find_pulses
from cortistim.study.record import versions
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import ms_from_s, uv_from_v
from cortistim.viz.report.emg_review import ReviewContent, review_html

EPOCH_S = (-0.2, 0.2)
ACTIVE_EPOCH_S = (-0.2, 0.5)
LEAST_REST_S = 0.020
WEAK_UV = 50.0
SOURCES = ("rossini2015",)


@dataclass(frozen=True)
class EmgRequest:
    """What is to be measured.

    Parameters
    ----------
    path : Path
        A file of EMG.
    pulses : str, optional
        Marker, trigger channel, or table of times; found when there is only one.
    channels : tuple of str
        Muscles; all by default.
    unit : str, optional
        Of channels that do not tell theirs.
    stimuli : Path, optional
        A session's table with what was done at each pulse: as many pulses as the recording.
    settings : EmgSettings
        Windows and limits.
    """

    path: Path
    pulses: str | None = None
    channels: tuple[str, ...] = ()
    unit: str | None = None
    stimuli: Path | None = None
    settings: EmgSettings = field(default_factory=EmgSettings)


@dataclass(frozen=True, eq=False)
class EmgSession:
    """A measured session.

    Parameters
    ----------
    record : EmgRecord
        The summary.
    session : SessionRecord
        The table.
    raw, clean : EmgEpochs
        Pieces, as recorded and conditioned.
    found : Responses
        What was measured.
    settings : EmgSettings
        As used.
    """

    record: EmgRecord
    session: SessionRecord
    raw: EmgEpochs
    clean: EmgEpochs
    found: Responses
    settings: EmgSettings


def measure_emg(request: EmgRequest, *, progress: Progress = silent) -> EmgSession:
    """Measure every response of a recording.

    Parameters
    ----------
    request : EmgRequest
        What to measure.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    EmgSession
        One row for each pulse and muscle; doubtful ones are flagged, none is left out.

    Raises
    ------
    BadInputError
        When the file, its pulses, channels or units cannot be used.
    """
    progress("reading", 0.0)
    raw, words, form = _epochs(request)
    settings, notes = _fitting(raw, request.settings)
    progress("conditioning", 0.3)
    clean = conditioned(raw, settings)
    progress("measuring", 0.6)
    found = measure_conditioned(clean, settings)
    flags = flags_of(raw, clean, found, settings)
    told = [*raw.notes, *notes]
    rows = _rows(found, flags)
    facts = _facts(settings)
    if request.stimuli is not None:
        stimuli = read_session(request.stimuli)
        rows, facts = joined(stimuli, rows), facts | stimuli.facts
        told += stimuli.notes
    warnings = warnings_of(raw, found, settings)
    record = EmgRecord(
        file=request.path.name,
        format=form,
        rate_hz=raw.rate_hz,
        pulses=len(raw.pulses_s),
        pulses_from=words,
        settings=_settings_record(settings),
        channels=tuple(_channel(found, flags, k) for k in range(len(found.names))),
        warnings=tuple(warnings),
        notes=tuple(told),
        versions=versions(),
        sources=SOURCES,
    )
    session = SessionRecord(facts=facts, notes=(*warnings, *told), pulses=tuple(rows))
    return EmgSession(record, session, raw, clean, found, settings)


def _epochs(request: EmgRequest) -> tuple[EmgEpochs, str, str]:
    """Return pieces, where the pulses are from, and the file's format."""
    recording = read_emg(request.path)
    if isinstance(recording, EmgEpochs):
        if request.pulses is not None:
            msg = (
                "`pulses` cannot be chosen: the file holds pieces of EMG, each around its own "
                "pulse. Leave it out."
            )
            raise BadInputError(msg)
        return _chosen(recording, request.channels), "one piece for each pulse", "pieces"
    times_s, words = find_pulses(recording, request.pulses)
    kept = emg_channels(recording, request.channels, request.unit)
    window_s = ACTIVE_EPOCH_S if request.settings.active else EPOCH_S
    names = [channel.name for channel in kept.channels]
    return cut_epochs(kept, times_s, names, window_s), words, recording.format


def _chosen(epochs: EmgEpochs, names: tuple[str, ...]) -> EmgEpochs:
    if not names:
        return epochs
    own = [name.strip().lower() for name in epochs.names]
    missing = [name for name in names if name.strip().lower() not in own]
    if missing:
        msg = f"`channels` must name channels of the file, {list(epochs.names)[:8]}."
        raise BadInputError(msg)
    keep = [own.index(name.strip().lower()) for name in names]
    limits = tuple(epochs.limits_v[k] for k in keep) if epochs.limits_v else ()
    return replace(
        epochs,
        names=tuple(epochs.names[k] for k in keep),
        volts=epochs.volts[:, keep],
        limits_v=limits,
    )


def _fitting(raw: EmgEpochs, settings: EmgSettings) -> tuple[EmgSettings, list[str]]:
    """Shorten the baseline to what pieces of others hold, and say so."""
    begin_s, end_s = settings.baseline_s
    step_s = 1 / raw.rate_hz
    if raw.start_s <= begin_s + step_s or raw.start_s > end_s - LEAST_REST_S:
        return settings, []
    note = (
        f"the pieces begin {-ms_from_s(raw.start_s):.0f} ms before the pulse: the baseline is "
        f"taken from there, not from {-ms_from_s(begin_s):g} ms"
    )
    return replace(settings, baseline_s=(raw.start_s, end_s)), [note]


def _known(value: float, decimals: int) -> float | None:
    return number(float(value), decimals)


def _rows(found: Responses, flags: list[list[tuple[Flag, ...]]]) -> list[PulseRow]:
    rows = []
    for pulse, cells in enumerate(flags):
        for column, doubts in enumerate(cells):
            at = (pulse, column)
            rows.append(
                PulseRow(
                    pulse=pulse + 1,
                    time_s=_known(found.pulses_s[pulse], 6),
                    channel=found.names[column],
                    mep_uv=_known(uv_from_v(found.peak_to_peak_v[at]), 3),
                    area_uv_ms=_known(ms_from_s(uv_from_v(found.area_v_s[at])), 3),
                    latency_ms=_known(ms_from_s(found.latency_s[at]), 2),
                    latency_crossing_ms=_known(ms_from_s(found.crossing_s[at]), 2),
                    latency_ramp_ms=_known(ms_from_s(found.ramp_s[at]), 2),
                    silent_period_ms=_known(ms_from_s(found.silent_s[at]), 2),
                    baseline_rms_uv=_known(uv_from_v(found.baseline_rms_v[at]), 3),
                    noise_uv=_known(uv_from_v(found.noise_v[at]), 3),
                    noise_floor_uv=_known(uv_from_v(found.floor_v[column]), 3),
                    censored=_censored(found, pulse, column),
                    qc=state_of(doubts),
                    qc_reason="; ".join(flag.reason for flag in doubts),
                )
            )
    return rows


def _censored(found: Responses, pulse: int, column: int) -> bool | None:
    if not np.isfinite(found.peak_to_peak_v[pulse, column]):
        return None
    return bool(found.censored[pulse, column])


def _facts(settings: EmgSettings) -> dict[str, str]:
    """Say for a report how responses were measured."""
    first, last = (f"{ms_from_s(t):g}" for t in settings.response_s)
    low, high = settings.band_hz
    state = "tense" if settings.active else "at rest"
    return {
        "contraction": f"muscle {state}, as intended",
        "size_method": (
            f"largest to least value from {first} to {last} ms after the pulse; artefact "
            f"bridged until {ms_from_s(settings.blank_s[1]):g} ms, then {low:g} to {high:g} Hz "
            "forwards and backwards; latency where the signal leaves the noise and by a fitted "
            "ramp"
        ),
    }


STIMULUS = (
    "subject", "session", "condition", "percent_mso", "conditioning_percent_mso", "interval_ms",
    "didt_a_per_us", "target", "x_mm", "y_mm", "z_mm", "xdir_x", "xdir_y", "xdir_z", "ydir_x",
    "ydir_y", "ydir_z", "zdir_x", "zdir_y", "zdir_z", "e_target_v_per_m", "efield_max_x_mm",
    "efield_max_y_mm", "efield_max_z_mm",
)  # fmt: skip
APART_S = 0.5  # assumed: clocks of navigator and amplifier drift, and show whole seconds


def joined(stimuli: SessionRecord, responses: list[PulseRow]) -> list[PulseRow]:
    """Put what was done beside how muscles answered, pulse by pulse in their order.

    Parameters
    ----------
    stimuli : SessionRecord
        With pose and output.
    responses : list of PulseRow
        With responses.

    Returns
    -------
    list of PulseRow
        The responses, with what the stimuli tell.

    Raises
    ------
    BadInputError
        When there are not as many pulses in both, or intervals differ.
    """
    first = list({row.pulse: row for row in reversed(stimuli.pulses)}.values())[::-1]
    numbers = list(dict.fromkeys(row.pulse for row in responses))
    if len(first) != len(numbers):
        msg = (
            f"`stimuli` must have as many pulses as the recording, {len(numbers)}; it has "
            f"{len(first)}. Leave out of both what has no partner."
        )
        raise BadInputError(msg)
    beside = dict(zip(numbers, first, strict=True))
    _require_same_times(responses, beside)
    return [
        replace(row, **{name: getattr(beside[row.pulse], name) for name in STIMULUS})
        for row in responses
    ]


def _require_same_times(responses: list[PulseRow], beside: dict[int, PulseRow]) -> None:
    pairs = [
        (row.pulse, row.time_s, beside[row.pulse].time_s)
        for row in {row.pulse: row for row in responses}.values()
    ]
    known = [(p, a, b) for p, a, b in pairs if a is not None and b is not None]
    if len(known) < 2:
        return
    steps = np.diff([a for _, a, _ in known]) - np.diff([b for _, _, b in known])
    if float(np.abs(steps).max()) > APART_S:
        at = int(np.abs(steps).argmax()) + 1
        msg = (
            f"`stimuli` must be those of the recording; pulse {known[at][0]} comes "
            f"{abs(steps[at - 1]):.1f} s too {'late' if steps[at - 1] > 0 else 'early'} after "
            "the one before it. A pulse may be missing in one of them."
        )
        raise BadInputError(msg)


def _settings_record(settings: EmgSettings) -> EmgSettingsRecord:
    def window(pair_s: tuple[float, float]) -> tuple[float, float]:
        return round(ms_from_s(pair_s[0]), 3), round(ms_from_s(pair_s[1]), 3)

    return EmgSettingsRecord(
        response_ms=window(settings.response_s),
        baseline_ms=window(settings.baseline_s),
        blank_ms=window(settings.blank_s),
        band_hz=settings.band_hz,
        criterion_uv=round(uv_from_v(settings.criterion_v), 3),
        active=settings.active,
    )


def _channel(
    found: Responses, flags: list[list[tuple[Flag, ...]]], column: int
) -> EmgChannelRecord:
    states = [state_of(cells[column]) for cells in flags]
    kept = np.array([state != "reject" for state in states])
    sizes_uv = uv_from_v(found.peak_to_peak_v[:, column])[kept]
    sizes_uv = sizes_uv[np.isfinite(sizes_uv)]
    seen = kept & found.present[:, column]
    reasons = Counter(flag.code for cells in flags for flag in cells[column])
    return EmgChannelRecord(
        name=found.names[column],
        trials=len(states),
        ok=states.count("ok"),
        review=states.count("review"),
        reject=states.count("reject"),
        responses=int(found.present[:, column].sum()),
        below_50_uv_share=_known((sizes_uv <= WEAK_UV).mean(), 4) if len(sizes_uv) else None,
        median_uv=_known(np.median(sizes_uv), 2) if len(sizes_uv) else None,
        latency_ms=_median(ms_from_s(found.latency_s[seen, column])),
        silent_period_ms=_median(ms_from_s(found.silent_s[seen, column])),
        noise_floor_uv=_known(uv_from_v(found.floor_v[column]), 2),
        baseline_rms_uv=_median(uv_from_v(found.baseline_rms_v[:, column])),
        reasons=dict(sorted(reasons.items())),
    )


def _median(values: FloatArray) -> float | None:
    known = values[np.isfinite(values)]
    return _known(np.median(known), 2) if len(known) else None


def write_emg(measured: EmgSession, folder: Path) -> None:
    """Write ``session.csv``, ``emg.json`` and ``review.html``.

    Parameters
    ----------
    measured : EmgSession
        What was measured.
    folder : Path
        Made when missing.

    Raises
    ------
    BadInputError
        When the folder is a file.
    """
    with whole_folder(folder) as place:
        write_session(place / "session.csv", measured.session)
        write_text(place / "emg.json", json_text(measured.record))
        write_text(place / "review.html", review_html(_review(measured)))


def _review(measured: EmgSession) -> ReviewContent:
    begin_s = max(measured.settings.baseline_s[0], measured.raw.start_s)
    end_s = 0.35 if measured.settings.active else 0.1
    shown = measured.raw.span((begin_s, end_s))
    return ReviewContent(
        title=f"EMG review: {measured.record.file}",
        record=measured.record,
        rows=measured.session.pulses,
        time_s=measured.raw.time_s[shown],
        raw_v=measured.raw.volts[..., shown],
        clean_v=measured.clean.volts[..., shown],
    )
