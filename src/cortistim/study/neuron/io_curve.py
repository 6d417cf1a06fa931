"""Motor responses as records: input/output curves and paired pulses."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import BadInputError
from cortistim.neuron import descending, muscle
from cortistim.neuron.muscle import Trials, respond
from cortistim.neuron.paired import (
    FACILITATED_RANGE,
    FACILITATION,
    POPULATIONS,
    RANGES,
    facilitated,
    paired,
)
from cortistim.protocol import require_thresholds
from cortistim.sources import describe, references
from cortistim.study.neuron.thresholds import write_rows
from cortistim.study.request.pulse import plain
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


@dataclass(frozen=True, slots=True)
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


def io_curve(request: CurveRequest) -> tuple[dict[str, Any], Trials]:
    """Draw motor responses over intensities, and over intervals of paired pulses.

    Parameters
    ----------
    request : CurveRequest
        What is asked.

    Returns
    -------
    record : dict
        Curve, sigmoid, waves, paired pulses and what they rest on.
    trials : Trials
        Every response.
    """
    rng = np.random.default_rng(request.seed)
    relative = np.array(request.percent_rmt) / 100
    trials = respond(relative, request.trials, rng)
    record = {
        "curve": [_curve_row(row, request.rmt_percent) for row in trials.summary()],
        "sigmoid": sigmoid(trials),
        "threshold_criterion": "50 uV peak-to-peak in half of the trials at 100 % RMT",
        "waves": _waves(relative),
        "paired": [
            paired_row(ms, request.blocked, np.random.default_rng([request.seed, k]))
            for k, ms in enumerate(request.intervals_ms)
        ],
        "sicf": [
            sicf_row(ms, np.random.default_rng([request.seed, k, 1]))
            for k, ms in enumerate(sicf_intervals_ms(request.intervals_ms))
        ],
        "effects": _effects(),
        "trials": request.trials,
        "seed": request.seed,
        "calibration": "none: intensities are relative to the person's motor threshold",
        "honest": PHENOMENOLOGICAL,
        "sources": _sources(),
    }
    return record, trials


def _curve_row(row: dict[str, float], rmt_percent: float | None) -> dict[str, float | None]:
    mso = None if rmt_percent is None else plain(row["relative"] * rmt_percent, 3)
    return {
        "percent_rmt": plain(100 * row["relative"], 3),
        "percent_mso": mso,
        "mean_uv": plain(1e6 * row["mean_v"], 2),
        "median_uv": plain(1e6 * row["median_v"], 2),
        "cv_percent": plain(100 * row["cv"], 2),
        "p_above_50uv": plain(row["p_above"], 4),
    }


def sigmoid(trials: Trials) -> dict[str, float | None]:
    """Fit a logistic curve in ln size over ln intensity: plateau, half and slope.

    Parameters
    ----------
    trials : Trials
        Over intensities around and above the threshold.

    Returns
    -------
    dict
        ``plateau_uv``, ``half_percent_rmt`` (where the mean reaches half of the plateau) and
        ``steepest_ln_per_percent``; null where the intensities do not cover them.
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
    return {
        "plateau_uv": plain(1e6 * plateau, 1),
        "half_percent_rmt": plain(100 * half, 2),
        "steepest_ln_per_percent": plain(float(np.nanmax(slope)) / 100, 4),
    }


def _waves(relative: np.ndarray) -> list[dict[str, Any]]:
    return [
        {
            "percent_rmt": plain(100 * float(x), 3),
            **{n: plain(s, 4) for n, s in zip(descending.WAVES, row, strict=True)},
        }
        for x, row in zip(relative, descending.waves(relative), strict=True)
    ]


def paired_row(
    interval_ms: float, blocked: tuple[str, ...], rng: np.random.Generator
) -> dict[str, Any]:
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
    dict
        Interval, intensities, the response in percent of the test response, and in words.
    """
    short = interval_ms / 1e3 <= SHORT_S
    conditioning = CONDITIONING["SICI" if short else "LICI"]
    ratio = paired(interval_ms / 1e3, conditioning, TEST, PAIRED_TRIALS, rng, blocked=blocked)
    return {
        "interval_ms": interval_ms,
        "conditioning_percent_rmt": 100 * conditioning,
        "test_percent_rmt": 100 * TEST,
        "percent_of_test": plain(100 * ratio, 2),
        "effect": _effect(ratio),
    }


def _effect(ratio: float) -> str:
    return "inhibits" if ratio < 0.9 else "facilitates" if ratio > 1.1 else "does little"


def sicf_intervals_ms(asked_ms: tuple[float, ...]) -> tuple[float, ...]:
    """Return intervals for SICF: those asked for up to 6 ms, or a set when all were asked."""
    if asked_ms == INTERVALS_MS:
        return SICF_MS
    return tuple(ms for ms in asked_ms if ms <= LONGEST_SICF_MS)


def sicf_row(interval_ms: float, rng: np.random.Generator) -> dict[str, Any]:
    """Return what a weaker second pulse does at one interval.

    Parameters
    ----------
    interval_ms : float
        In milliseconds. The first pulse has 120 % of the threshold, the second 90 %.
    rng : Generator
        Of the variability.

    Returns
    -------
    dict
        Interval, intensities, the response in percent of that to the first pulse alone.
    """
    ratio = facilitated(interval_ms / 1e3, TEST, SECOND, PAIRED_TRIALS, rng)
    return {
        "interval_ms": interval_ms,
        "first_percent_rmt": 100 * TEST,
        "second_percent_rmt": 100 * SECOND,
        "percent_of_first_alone": plain(100 * ratio, 2),
        "effect": _effect(ratio),
    }


def _effects() -> list[dict[str, Any]]:
    ranges = {**RANGES, "SICF": FACILITATED_RANGE}
    return [
        {
            "effect": p.effect,
            "receptor": p.receptor,
            "interval_ms": [1e3 * ranges[p.effect][0], 1e3 * ranges[p.effect][1]],
            "published_percent_of_test": [100 * x for x in ranges[p.effect][2:]],
            "source": p.source,
            "confidence": p.confidence,
            "phenomenological": True,
        }
        for p in (*POPULATIONS, FACILITATION)
    ]


def _sources() -> list[dict[str, str]]:
    effects = (*(p.source for p in (*POPULATIONS, FACILITATION)), *SICF_SOURCES)
    keys = (*descending.SOURCES, *muscle.SOURCES, *effects)
    known = [key for key in dict.fromkeys(keys) if key in references()]
    return [{"key": key, "text": describe(key)} for key in known]


def write_trials(path: Path, request: CurveRequest, trials: Trials) -> None:
    """Write every trial as CSV.

    Parameters
    ----------
    path : Path
        Where to.
    request : CurveRequest
        What was asked.
    trials : Trials
        What came of it.
    """
    rows = [
        {
            "percent_rmt": plain(100 * float(x), 3),
            "percent_mso": "" if request.rmt_percent is None
            else plain(float(x) * request.rmt_percent, 3),
            "trial": k + 1,
            "mep_uv": plain(1e6 * float(size), 3),
            "latency_ms": "" if np.isnan(late) else plain(1e3 * float(late), 3),
        }
        for x, sizes, lates in zip(
            trials.relative, trials.size_v, trials.latency_s, strict=True
        )
        for k, (size, late) in enumerate(zip(sizes, lates, strict=True))
    ]  # fmt: skip
    write_rows(path, COLUMNS, rows)


__all__ = [
    "INTERVALS_MS", "CurveRequest", "io_curve", "write_response_figure", "write_trials",
]  # fmt: skip
