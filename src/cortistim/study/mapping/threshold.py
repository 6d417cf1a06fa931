"""Thresholds that are measured: trials go to the log before the next pulse is proposed."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cortistim import __version__
from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.mapping.threshold import HuntSettings, ThresholdEstimate, ThresholdHunt
from cortistim.mapping.threshold.hunt import Pulse
from cortistim.plain import plain_json
from cortistim.records.form import number, plain
from cortistim.records.threshold import (
    ThresholdComplaint,
    ThresholdLogHeader,
    ThresholdProposal,
    ThresholdRecord,
    ThresholdTrial,
)
from cortistim.study.mapping.trial_log import TrialLog, begun, taken_up
from cortistim.units import uv_from_v, v_from_uv

KEYS = ("mep_uv", "response", "undo", "percent")
WANTED = '{"mep_uv": 31.0}, {"response": true} or {"undo": true}'
BETWEEN_SESSIONS = "5 to 10"
"""Percent by which thresholds of one person differ between runs and days (shirota2025): more
than any estimate's error."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A threshold to be measured.

    Parameters
    ----------
    method : str, optional
        By name; that of the record when one is resumed.
    start_percent : float, optional
        First intensity.
    criterion_uv : float, optional
        A response of this size counts.
    pulses : int, optional
        Exactly so many.
    half_width_percent : float, optional
        Half of the interval, in percent of the threshold, at which to stop.
    seed : int, optional
        Of methods that draw at random.
    record : Path, optional
        The log; a fresh file by default.
    resume : bool
        Go on with it.
    """

    method: str | None = None
    start_percent: float | None = None
    criterion_uv: float | None = None
    pulses: int | None = None
    half_width_percent: float | None = None
    seed: int | None = None
    record: Path | None = None
    resume: bool = False

    def settings(self) -> HuntSettings:
        """Return how to look for the threshold, with defaults for what was not asked."""
        given = {
            "method": self.method,
            "start_percent": self.start_percent,
            "pulses": self.pulses,
            "criterion_v": None if self.criterion_uv is None else v_from_uv(self.criterion_uv),
            "half_width": None
            if self.half_width_percent is None
            else self.half_width_percent / 100,
        }
        return HuntSettings(**{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]


class ThresholdRun:
    """A threshold that is being measured.

    Parameters
    ----------
    hunt : ThresholdHunt
        As far as it is.
    log : TrialLog
        Of its trials.
    notes : tuple of str
        What the user should know.
    """

    def __init__(self, hunt: ThresholdHunt, log: TrialLog, notes: tuple[str, ...] = ()) -> None:
        self.hunt, self.log, self.notes = hunt, log, notes

    def take(self, *, hit: bool | None, mep_v: float | None, percent: float | None) -> None:
        """Take a response; it is on the disk when this returns.

        Parameters
        ----------
        hit, mep_v, percent
            As for `ThresholdHunt.respond`.

        Raises
        ------
        BadInputError
            When it cannot be taken, or not be written.
        """
        self.hunt.respond(hit=hit, mep_v=mep_v, percent=percent)
        self.log.add(_trial(len(self.hunt.pulses), self.hunt.pulses[-1]))

    def undo(self) -> None:
        """Take back the last pulse, which stays in the log.

        Raises
        ------
        BadInputError
            When there is none, or it cannot be written.
        """
        number_ = len(self.hunt.pulses)
        gone = self.hunt.undo()
        self.log.add(_trial(number_, gone, undo=True))

    def proposal(self) -> ThresholdProposal | ThresholdRecord:
        """Return the next pulse, or the threshold when none is needed."""
        percent = self.hunt.propose()
        if percent is None:
            return self.record()
        found = self.hunt.result()
        return ThresholdProposal(
            propose_percent=percent,
            pulse=len(self.hunt.pulses) + 1,
            estimate_percent=number(found.estimate_percent, 2),
            low_percent=number(found.low_percent, 2),
            high_percent=number(found.high_percent, 2),
        )

    def record(self) -> ThresholdRecord:
        """Return what is known."""
        return threshold_record(self.hunt.result())

    def answer(self, line: str) -> tuple[str, bool]:
        """Answer one line of JSON with one.

        Parameters
        ----------
        line : str
            Response, size or undo.

        Returns
        -------
        text : str
            The next proposal, the threshold, or what is wrong and the same proposal.
        done : bool
            Whether it was the threshold.

        Raises
        ------
        BadInputError
            When the trial cannot be written.
        """
        try:
            asked = _asked(line)
            self._check(asked)
        except BadInputError as error:
            percent = self.hunt.propose()
            complaint = ThresholdComplaint(
                error=str(error).replace("`", ""),
                propose_percent=percent if percent is not None else 0.0,
                pulse=len(self.hunt.pulses) + 1,
            )
            return as_line(complaint), False
        if asked.get("undo"):
            self.undo()
        else:
            given = _response(asked)
            self.take(hit=given.hit, mep_v=given.mep_v, percent=given.percent)
        said = self.proposal()
        return as_line(said), isinstance(said, ThresholdRecord)

    def _check(self, asked: dict[str, Any]) -> None:
        """Refuse what cannot be taken, before anything is changed."""
        if asked.get("undo"):
            if not self.hunt.pulses:
                msg = "there is no pulse to take back. Give the response to the first one."
                raise BadInputError(msg)
            return
        given = _response(asked)
        self.hunt.check(hit=given.hit, mep_v=given.mep_v, percent=given.percent)

    def close(self) -> None:
        """Close the log."""
        self.log.close()


def start_run(request: RunRequest) -> ThresholdRun:
    """Begin, or go on with, a threshold.

    Parameters
    ----------
    request : RunRequest
        What is asked.

    Returns
    -------
    ThresholdRun
        With its log open.

    Raises
    ------
    BadInputError
        When the request, or the record that it resumes, cannot be used.
    """
    if not request.resume:
        settings = request.settings()
        ThresholdHunt(
            settings
        )  # a method that does not exist is refused before there is a file
        log = begun(request.record, _header(request, settings))
        return ThresholdRun(ThresholdHunt(settings), log)
    if request.record is None:
        msg = "`resume` goes on with a record; name its file (`record`)."
        raise BadInputError(msg)
    log, found = taken_up(request.record)
    if found.header is None:
        log.add(_header(request, request.settings()))
        note = "the record held nothing yet; this begins it"
        return ThresholdRun(ThresholdHunt(request.settings()), log, (note,))
    _require_same(request, found.header)
    hunt = ThresholdHunt(settings_of(found.header))
    for trial in found.trials:
        put(hunt, trial)
    notes = (f"{len(found.trials)} pulses of {request.record} are taken up",)
    if found.unfinished:
        notes += ("an unfinished line at its end, which was never answered, is removed",)
    return ThresholdRun(hunt, log, notes)


def put(hunt: ThresholdHunt, trial: ThresholdTrial) -> None:
    """Give a logged trial to a hunt.

    Parameters
    ----------
    hunt : ThresholdHunt
        Takes it.
    trial : ThresholdTrial
        One pulse.

    Raises
    ------
    BadInputError
        When it cannot be.
    """
    if trial.mep_uv is not None:
        hunt.respond(mep_v=v_from_uv(trial.mep_uv), percent=trial.percent)
    else:
        hunt.respond(hit=trial.response, percent=trial.percent)


def settings_of(header: ThresholdLogHeader) -> HuntSettings:
    """Return the settings that a log was written with."""
    return HuntSettings(
        method=header.method,
        start_percent=header.start_percent,
        criterion_v=v_from_uv(header.criterion_uv),
        pulses=header.pulses,
        half_width=header.half_width_percent / 100,
    )


def threshold_record(found: ThresholdEstimate) -> ThresholdRecord:
    """Turn an estimate into its record."""
    return ThresholdRecord(
        estimate_percent=number(found.estimate_percent, 2),
        low_percent=number(found.low_percent, 2),
        high_percent=number(found.high_percent, 2),
        level=found.level,
        pulses=found.pulses,
        alarms=list(found.alarms),
    )


def as_line(record: object) -> str:
    """Return a record as one line of JSON."""
    return json.dumps(plain(record), ensure_ascii=False, allow_nan=False)


def _header(request: RunRequest, settings: HuntSettings) -> ThresholdLogHeader:
    return ThresholdLogHeader(
        method=settings.method,
        start_percent=settings.start_percent,
        criterion_uv=round(uv_from_v(settings.criterion_v), 6),
        pulses=settings.pulses,
        half_width_percent=round(100 * settings.half_width, 6),
        seed=request.seed,
        time=_now(),
        version=__version__,
    )


def _require_same(request: RunRequest, header: ThresholdLogHeader) -> None:
    """Refuse to go on with a record in another way than it was begun."""
    for name in ("method", "start_percent", "criterion_uv", "pulses", "half_width_percent"):
        asked, logged = getattr(request, name), getattr(header, name)
        if asked is not None and asked != logged:
            msg = (
                f"`{name}` is {quoted(asked)}, but the record was begun with {quoted(logged)}. "
                "Leave it out, or begin another record."
            )
            raise BadInputError(msg)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _trial(pulse: int, given: Pulse, *, undo: bool = False) -> ThresholdTrial:
    return ThresholdTrial(
        pulse=pulse,
        percent=given.percent,
        response=given.hit,
        mep_uv=None if given.mep_v is None else number(uv_from_v(given.mep_v), 6),
        undo=undo,
        time=_now(),
    )


def _asked(line: str) -> dict[str, Any]:
    """Read one line of JSON and say what is wrong with it."""
    try:
        content = plain_json(line, "")
    except FileFormatError as error:
        msg = f"a line must be JSON with finite numbers, {WANTED}; got {quoted(line.strip())}."
        raise FileFormatError(msg) from error
    if not isinstance(content, dict) or set(content) - set(KEYS):
        msg = f"a line must be {WANTED}; got {quoted(content)}."
        raise FileFormatError(msg)
    said = [name for name in ("mep_uv", "response", "undo") if name in content]
    if len(said) != 1:
        msg = f"a line must be one of {WANTED}; got {quoted(content)}."
        raise FileFormatError(msg)
    for name in ("mep_uv", "percent"):
        value = content.get(name)
        if name in content and (isinstance(value, bool) or not isinstance(value, int | float)):
            msg = f"{name} must be a number; got {quoted(value)}."
            raise FileFormatError(msg)
    for name in ("response", "undo"):
        if name in content and not isinstance(content[name], bool):
            msg = f"{name} must be true or false; got {quoted(content[name])}."
            raise FileFormatError(msg)
    if content.get("undo") is False:
        msg = f"undo can only be true; a line must be one of {WANTED}."
        raise FileFormatError(msg)
    return content


@dataclass(frozen=True, slots=True)
class _Response:
    hit: bool | None
    mep_v: float | None
    percent: float | None


def _response(asked: dict[str, Any]) -> _Response:
    size, percent = asked.get("mep_uv"), asked.get("percent")
    return _Response(
        asked.get("response"),
        None if size is None else v_from_uv(float(size)),
        None if percent is None else float(percent),
    )
