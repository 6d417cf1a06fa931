"""A recorded sequence of pulses, looked at again by every method that can."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.io.table.responses import read_responses
from cortistim.mapping.threshold import METHODS, HuntSettings, ThresholdHunt
from cortistim.mapping.threshold.hunt import LARGEST_V
from cortistim.records.form import number
from cortistim.records.threshold import ReplayedMethod, ReplayRecord
from cortistim.study.mapping.threshold import (
    BETWEEN_SESSIONS,
    put,
    settings_of,
    threshold_record,
)
from cortistim.study.mapping.trial_log import read_trial_log
from cortistim.typing import FloatArray
from cortistim.units import uv_from_v, v_from_uv

TAKE_ANY = (
    "posterior", "posterior-sizes", "ml-pest", "ml-2", "map-1", "map-2", "entropy",
)  # fmt: skip
"""Methods whose estimate does not depend on who chose the intensities."""


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """What is looked at again.

    Parameters
    ----------
    file : Path
        A trial log (.jsonl), or a CSV.
    intensity : str
        The CSV's column of intensities in percent.
    response : str
        Its column of sizes in µV, or, when it is called ``response``, of true and false.
    criterion_uv : float, optional
        A response of this size counts; that of the log by default, else 50.
    """

    file: Path
    intensity: str = "percent"
    response: str = "mep_uv"
    criterion_uv: float | None = None


@dataclass(frozen=True, eq=False)
class Replayed:
    """What was made of a recorded sequence.

    Parameters
    ----------
    record : ReplayRecord
        Threshold and methods.
    percent, hit : (n,) arrays
        The pulses.
    estimate_percent, low_percent, high_percent : (n,) arrays
        After each of them.
    """

    record: ReplayRecord
    percent: FloatArray
    hit: FloatArray
    estimate_percent: FloatArray
    low_percent: FloatArray
    high_percent: FloatArray


def replay_threshold(request: ReplayRequest) -> Replayed:
    """Estimate a threshold from pulses that were given before.

    Parameters
    ----------
    request : ReplayRequest
        Where they are.

    Returns
    -------
    Replayed
        By every method of `TAKE_ANY`.

    Raises
    ------
    BadInputError
        When the file cannot be used, or holds no pulse.
    """
    source = _logged(request) if request.file.suffix == ".jsonl" else _tabled(request)
    if not source.pulses:
        msg = f"{request.file}: there must be pulses to replay; it holds none."
        raise BadInputError(msg)
    hunt = ThresholdHunt(HuntSettings(criterion_v=source.settings.criterion_v))
    course = []
    for pulse in source.pulses:
        _give(hunt, pulse.percent, pulse.mep_v, hit=pulse.hit)
        found = hunt.result()
        course.append((found.estimate_percent, found.low_percent, found.high_percent))
    rows = [_by(name, source) for name in TAKE_ANY]
    record = ReplayRecord(
        threshold=threshold_record(hunt.result()),
        methods=rows,
        responses=sum(pulse.hit for pulse in source.pulses),
        between_sessions_percent=BETWEEN_SESSIONS,
    )
    percent = np.array([pulse.percent for pulse in source.pulses])
    hit = np.array([pulse.hit for pulse in source.pulses])
    return Replayed(record, percent, hit, *np.array(course).T)


def _by(name: str, source: ThresholdHunt) -> ReplayedMethod:
    hunt = ThresholdHunt(HuntSettings(method=name, criterion_v=source.settings.criterion_v))
    for pulse in source.pulses:
        _give(hunt, pulse.percent, pulse.mep_v, hit=pulse.hit)
    found = number(hunt.result().estimate_percent, 2)
    return ReplayedMethod(method=name, words=METHODS[name][0], estimate_percent=found)


def _give(hunt: ThresholdHunt, percent: float, mep_v: float | None, *, hit: bool) -> None:
    hunt.respond(hit=hit if mep_v is None else None, mep_v=mep_v, percent=percent)


def _logged(request: ReplayRequest) -> ThresholdHunt:
    log = read_trial_log(request.file)
    if log.header is None:
        return ThresholdHunt()
    settings = settings_of(log.header)
    criterion_v = settings.criterion_v
    if request.criterion_uv is not None:
        criterion_v = v_from_uv(request.criterion_uv)
    hunt = ThresholdHunt(HuntSettings(criterion_v=criterion_v))
    for trial in log.trials:
        put(hunt, trial)
    return hunt


def _tabled(request: ReplayRequest) -> ThresholdHunt:
    table = read_responses(request.file)
    percent = table.numbers(request.intensity, low=0, high=100)
    criterion_uv = 50.0 if request.criterion_uv is None else request.criterion_uv
    hunt = ThresholdHunt(HuntSettings(criterion_v=v_from_uv(criterion_uv)))
    if request.response == "response":
        for x, hit in zip(percent, table.answers(request.response), strict=True):
            _give(hunt, float(x), None, hit=bool(hit))
        return hunt
    most = uv_from_v(LARGEST_V)
    for x, size in zip(percent, table.numbers(request.response, low=0, high=most), strict=True):
        _give(hunt, float(x), v_from_uv(float(size)), hit=False)
    return hunt
