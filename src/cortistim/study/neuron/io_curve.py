"""Motor responses as records: input/output curves and paired pulses."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.io.text import write_csv
from cortistim.neuron import descending, muscle
from cortistim.neuron.muscle import ResponseSummary, Trials, respond
from cortistim.neuron.paired import (
    FACILITATED_RANGE,
    FACILITATION,
    POPULATIONS,
    RANGES,
    facilitated,
    paired,
)
from cortistim.protocol import require_thresholds
from cortistim.records import number
from cortistim.records.motor_response import (
    CurveRow,
    EffectRecord,
    FacilitationRow,
    PairedRow,
    ResponseCurveRecord,
    SigmoidRecord,
    WavesRow,
)
from cortistim.records.provenance import SourceRecord
from cortistim.study.record import sources_record
from cortistim.typing import FloatArray, Progress, silent
from cortistim.viz.figures.motor_response import write_response_figure

COLUMNS = ("percent_rmt", "percent_mso", "trial", "mep_uv", "latency_ms")
PAIRED_TRIALS = 400
CONDITIONING = {"SICI": 0.8, "ICF": 0.8, "LICI": 1.2}
TEST = 1.2
SICF_SOURCES = ("hanajima2002", "vandenbos2018")
SECOND = 0.9  # of the threshold: the second pulse of SICF
SHORT_S = 35e-3
LONGEST_SICF_MS = 6.0
SICF_MS = (1, 1.3, 1.6, 2, 2.3, 2.6, 2.9, 3.3, 3.8, 4.3, 4.8, 5.5)
INTERVALS_MS = (1, 2, 2.5, 3, 4, 5, 7, 10, 12, 15, 20, 30, 50, 80, 100, 150, 200)
PHENOMENOLOGICAL = (
    "Waves, motoneuron pool and paired-pulse effects are phenomenological: they follow "
    "published sizes and time courses and simulate no cortical network"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveRequest:
    """What is asked.

    Parameters
    ----------
    percent_rmt : tuple of float
        Intensities in percent of the resting motor threshold.
    trials : int
        Of each intensity.
    rmt_percent : float or None
        The threshold in %MSO, for a second scale.
    seed : int
        Of the variability.
    intervals_ms : tuple of float
        Of paired pulses; empty for none.
    blocked : tuple of str
        Receptors left out of paired pulses.
    """

    percent_rmt: tuple[float, ...]
    trials: int = 30
    rmt_percent: float | None = None
    seed: int = 1
    intervals_ms: tuple[float, ...] = ()
    blocked: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        odd = [p for p in self.percent_rmt if not 0 < p <= 1000]
        if odd or not self.percent_rmt:
            msg = f"intensities must lie above 0 and up to 1000 % of the threshold; got {odd}."
            raise BadInputError(msg)
        require_thresholds(self.rmt_percent)
        if self.blocked and not self.intervals_ms:
            msg = (
                "a blocked receptor (`blocked`) changes the response to paired pulses alone; "
                "give their `intervals_ms`."
            )
            raise BadInputError(msg)


@dataclass(frozen=True, kw_only=True, eq=False)
class ResponseCurve:
    """Motor responses, trial by trial.

    Parameters
    ----------
    request : CurveRequest
        What was asked.
    trials : Trials
        Every response to single pulses.
    paired : tuple of PairedRow
        By interval.
    sicf : tuple of FacilitationRow
        By interval.
    """

    request: CurveRequest
    trials: Trials
    paired: tuple[PairedRow, ...]
    sicf: tuple[FacilitationRow, ...]


def run_io_curve(request: CurveRequest, *, progress: Progress = silent) -> ResponseCurve:
    """Draw motor responses over intensities, and over intervals of paired pulses.

    Parameters
    ----------
    request : CurveRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    ResponseCurve
        Every response; `curve_record` says what they come to.

    Raises
    ------
    BadInputError
        When an interval is none that paired pulses have, or a receptor is not known.
    """
    progress("drawing responses", 0.0)
    rng = np.random.default_rng(request.seed)
    trials = respond(np.array(request.percent_rmt) / 100, request.trials, rng)
    paired_rows = tuple(
        paired_row(ms, request.blocked, np.random.default_rng([request.seed, k]))
        for k, ms in enumerate(request.intervals_ms)
    )
    sicf = tuple(
        sicf_row(ms, np.random.default_rng([request.seed, k, 1]))
        for k, ms in enumerate(sicf_intervals_ms(request.intervals_ms))
    )
    return ResponseCurve(request=request, trials=trials, paired=paired_rows, sicf=sicf)


def curve_record(found: ResponseCurve) -> ResponseCurveRecord:
    """Return what ``cortistim neuron io-curve`` tells.

    Parameters
    ----------
    found : ResponseCurve
        From `run_io_curve`.

    Returns
    -------
    ResponseCurveRecord
        Curve, sigmoid, waves, paired pulses and what they rest on.
    """
    request, trials = found.request, found.trials
    return ResponseCurveRecord(
        curve=tuple(_curve_row(row, request.rmt_percent) for row in trials.summary()),
        sigmoid=sigmoid(trials),
        threshold_criterion="50 uV peak-to-peak in half of the trials at 100 % RMT",
        waves=_waves(trials.relative),
        paired=found.paired,
        sicf=found.sicf,
        effects=_effects(),
        trials=request.trials,
        seed=request.seed,
        calibration="none: intensities are relative to the person's motor threshold",
        honest=PHENOMENOLOGICAL,
        sources=_sources(),
    )


def _curve_row(row: ResponseSummary, rmt_percent: float | None) -> CurveRow:
    mso = None if rmt_percent is None else number(row.relative * rmt_percent, 3)
    return CurveRow(
        percent_rmt=number(100 * row.relative, 3),
        percent_mso=mso,
        mean_uv=number(1e6 * row.mean_v, 2),
        median_uv=number(1e6 * row.median_v, 2),
        cv_percent=number(100 * row.cv, 2),
        p_above_50uv=number(row.p_above, 4),
    )


def sigmoid(trials: Trials) -> SigmoidRecord:
    """Fit a logistic curve in ln size over ln intensity: plateau, half and slope.

    Parameters
    ----------
    trials : Trials
        Over intensities around and above the threshold.

    Returns
    -------
    SigmoidRecord
        None where the intensities do not cover what is asked.
    """
    mean = trials.size_v.mean(axis=1)
    order = np.argsort(trials.relative)
    x, y = trials.relative[order], mean[order]
    plateau = float(y[x >= 1.6].mean()) if (x >= 1.6).any() else np.nan
    above = np.flatnonzero(y >= plateau / 2) if np.isfinite(plateau) else np.empty(0, int)
    half = np.nan
    if len(above) and above[0] > 0:
        k = int(above[0])
        half = float(np.interp(plateau / 2, y[k - 1 : k + 1], x[k - 1 : k + 1]))
    slope = np.gradient(np.log(y), x) if len(x) > 1 else np.array([np.nan])
    return SigmoidRecord(
        plateau_uv=number(1e6 * plateau, 1),
        half_percent_rmt=number(100 * half, 2),
        steepest_ln_per_percent=number(float(np.nanmax(slope)) / 100, 4),
    )


def _waves(relative: FloatArray) -> tuple[WavesRow, ...]:
    return tuple(
        WavesRow(
            percent_rmt=number(100 * float(x), 3),
            **{name: number(size, 4) for name, size in zip(descending.WAVES, row, strict=True)},
        )
        for x, row in zip(relative, descending.waves(relative), strict=True)
    )


def paired_row(
    interval_ms: float, blocked: tuple[str, ...], rng: np.random.Generator
) -> PairedRow:
    """Return what a paired pulse does at one interval.

    Parameters
    ----------
    interval_ms : float
        In milliseconds. Up to 35 ms the conditioning pulse has 80 % of the threshold, above
        120 %; the test pulse 120 %.
    blocked : tuple of str
        Receptors left out.
    rng : Generator
        Of the variability.

    Returns
    -------
    PairedRow
        Interval, intensities, the response in percent of the test response, and in words.
    """
    short = interval_ms / 1e3 <= SHORT_S
    conditioning = CONDITIONING["SICI" if short else "LICI"]
    ratio = paired(interval_ms / 1e3, conditioning, TEST, PAIRED_TRIALS, rng, blocked=blocked)
    return PairedRow(
        interval_ms=interval_ms,
        conditioning_percent_rmt=100 * conditioning,
        test_percent_rmt=100 * TEST,
        percent_of_test=number(100 * ratio, 2),
        effect=_effect(ratio),
    )


def _effect(ratio: float) -> str:
    return "inhibits" if ratio < 0.9 else "facilitates" if ratio > 1.1 else "does little"


def sicf_intervals_ms(asked_ms: tuple[float, ...]) -> tuple[float, ...]:
    """Return intervals for SICF: those asked for up to 6 ms, or a set when all were asked.

    Parameters
    ----------
    asked_ms : tuple of float
        Of paired pulses, in milliseconds.

    Returns
    -------
    tuple of float
        Empty where none were asked for.
    """
    if asked_ms == INTERVALS_MS:
        return SICF_MS
    return tuple(ms for ms in asked_ms if ms <= LONGEST_SICF_MS)


def sicf_row(interval_ms: float, rng: np.random.Generator) -> FacilitationRow:
    """Return what a weaker second pulse does at one interval.

    Parameters
    ----------
    interval_ms : float
        In milliseconds. The first pulse has 120 % of the threshold, the second 90 %.
    rng : Generator
        Of the variability.

    Returns
    -------
    FacilitationRow
        Interval, intensities, the response in percent of that to the first pulse alone.
    """
    ratio = facilitated(interval_ms / 1e3, TEST, SECOND, PAIRED_TRIALS, rng)
    return FacilitationRow(
        interval_ms=interval_ms,
        first_percent_rmt=100 * TEST,
        second_percent_rmt=100 * SECOND,
        percent_of_first_alone=number(100 * ratio, 2),
        effect=_effect(ratio),
    )


def _effects() -> tuple[EffectRecord, ...]:
    ranges = {**RANGES, "SICF": FACILITATED_RANGE}
    return tuple(
        EffectRecord(
            effect=p.effect,
            receptor=p.receptor,
            interval_ms=(1e3 * ranges[p.effect][0], 1e3 * ranges[p.effect][1]),
            published_percent_of_test=tuple(100 * x for x in ranges[p.effect][2:]),
            source=p.source,
            confidence=p.confidence,
            phenomenological=True,
        )
        for p in (*POPULATIONS, FACILITATION)
    )


def _sources() -> tuple[SourceRecord, ...]:
    effects = (*(p.source for p in (*POPULATIONS, FACILITATION)), *SICF_SOURCES)
    keys = (*descending.SOURCES, *muscle.SOURCES, *effects)
    return sources_record(dict.fromkeys(keys))


def write_trials(found: ResponseCurve, path: Path) -> None:
    """Write every trial as CSV.

    Parameters
    ----------
    found : ResponseCurve
        From `run_io_curve`.
    path : Path
        Where to.
    """
    trials, rmt = found.trials, found.request.rmt_percent
    rows = (
        (
            number(100 * float(x), 3),
            "" if rmt is None else number(float(x) * rmt, 3),
            k + 1,
            number(1e6 * float(size), 3),
            "" if np.isnan(late) else number(1e3 * float(late), 3),
        )
        for x, sizes, lates in zip(
            trials.relative, trials.size_v, trials.latency_s, strict=True
        )
        for k, (size, late) in enumerate(zip(sizes, lates, strict=True))
    )
    write_csv(path, COLUMNS, rows)


def write_curve_figure(found: ResponseCurve, path: Path) -> None:
    """Draw every trial, the curve, and paired pulses as PNG.

    Parameters
    ----------
    found : ResponseCurve
        From `run_io_curve`.
    path : Path
        Where to.
    """
    trials = found.trials
    write_response_figure(curve_record(found), trials.relative, trials.size_v, path)
