"""A threshold looked for at the chair: the next intensity is a proposal to a person.

The loop holds nothing of its own: what it says follows from the session's log, so that undoing
an entry and going on after a crash need no further care.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cortistim.errors import BadInputError
from cortistim.mapping.threshold import HuntSettings, ThresholdHunt
from cortistim.mapping.threshold.hunt import LARGEST_V
from cortistim.records import number
from cortistim.records.live import LiveEntry, LiveLoop
from cortistim.units import v_from_uv

THRESHOLD = "threshold"


@dataclass(frozen=True, slots=True)
class Answered:
    """A pulse of the log whose response is known.

    Parameters
    ----------
    percent : float
        Output in %MSO, as typed.
    amplitude_uv : float [µV]
        Peak to peak.
    """

    percent: float
    amplitude_uv: float


def begun_loop(counted: Sequence[LiveEntry]) -> LiveEntry | None:
    """Return the entry that began the loop that is running, if one is.

    Parameters
    ----------
    counted : sequence of LiveEntry
        What was not taken back.

    Returns
    -------
    LiveEntry or None
        None before the first loop and after one was ended.
    """
    last = next((entry for entry in reversed(counted) if entry.kind == "loop"), None)
    return last if last is not None and last.facts.get("loop") == THRESHOLD else None


def answered_since(counted: Sequence[LiveEntry], begun: LiveEntry) -> list[Answered]:
    """Pair pulses with their responses.

    Parameters
    ----------
    counted : sequence of LiveEntry
        What was not taken back.
    begun : LiveEntry
        Earlier pulses belong to something else.

    Returns
    -------
    list of Answered
        In the order of the pulses; of two responses to one pulse the later one. Pulses without
        a typed output are left out: nobody knows what they were.
    """
    amplitudes = {
        entry.refers_to: entry.amplitude_uv for entry in counted if entry.kind == "response"
    }
    found = []
    for entry in counted:
        if entry.kind != "pulse" or entry.entry < begun.entry or entry.pulse is None:
            continue
        percent, amplitude_uv = entry.pulse.percent_mso, amplitudes.get(entry.entry)
        if percent is not None and amplitude_uv is not None:
            found.append(Answered(percent, amplitude_uv))
    return found


def settings_of(begun: LiveEntry) -> HuntSettings:
    """Return how a loop looks for its threshold, as its entry says.

    Parameters
    ----------
    begun : LiveEntry
        Of kind ``loop``.

    Returns
    -------
    HuntSettings
        Checked.

    Raises
    ------
    BadInputError
        When the entry holds no such settings.
    """
    try:
        start = float(begun.facts["start_percent"])
        return HuntSettings(method=begun.facts["method"], start_percent=start)
    except (KeyError, ValueError) as error:
        msg = "a loop needs a method and an intensity to begin with; its entry names none."
        raise BadInputError(msg) from error


class ThresholdLoop:
    """Follows the log of a session.

    Parameters
    ----------
    settings : HuntSettings
        How the threshold is looked for.
    """

    def __init__(self, settings: HuntSettings) -> None:
        self._settings = settings
        self._clear()

    def _clear(self) -> None:
        self._hunt = ThresholdHunt(self._settings)
        self._taken: list[Answered] = []
        self._course: list[list[float | None]] = []

    def follow(self, answered: Sequence[Answered]) -> None:
        """Take what is new, or all of it again where something was taken back.

        Parameters
        ----------
        answered : sequence of Answered
            Everything since the loop began.
        """
        if list(answered[: len(self._taken)]) != self._taken:
            self._clear()
        for one in answered[len(self._taken) :]:
            size_v = v_from_uv(one.amplitude_uv)
            if size_v <= LARGEST_V:
                self._hunt.respond(mep_v=size_v, percent=one.percent)
            else:  # too large for a muscle, but surely an answer
                self._hunt.respond(hit=True, percent=one.percent)
            self._taken.append(one)
            found = self._hunt.result()
            told = (found.estimate_percent, found.low_percent, found.high_percent)
            self._course.append([number(value, 2) for value in told])

    def told(self) -> LiveLoop:
        """Return what the page shows."""
        found, proposed = self._hunt.result(), self._hunt.propose()
        return LiveLoop(
            kind=THRESHOLD,
            words=_words(found.pulses, proposed),
            method=self._settings.method,
            propose_percent=number(proposed, 1),
            pulses=found.pulses,
            estimate_percent=number(found.estimate_percent, 2),
            low_percent=number(found.low_percent, 2),
            high_percent=number(found.high_percent, 2),
            level=found.level,
            is_done=proposed is None,
            alarms=list(found.alarms),
            course=[list(row) for row in self._course],
        )


def _words(pulses: int, proposed: float | None) -> str:
    if proposed is None:
        return f"found after {pulses} pulses"
    return f"proposed for pulse {pulses + 1}: {proposed:g} %, to be set by a person"
