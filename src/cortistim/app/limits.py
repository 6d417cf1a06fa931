"""What a published table says of the pulses that were given, and of the protocol that is meant.

It quotes; it neither permits nor forbids. Nothing is interpolated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cortistim.protocol import Protocol, find_protocol
from cortistim.records import number
from cortistim.records.live import LiveEntry, LiveSafety
from cortistim.records.safety import VerdictName
from cortistim.safety import DEFAULT_TABLE, check_protocol, named_table
from cortistim.typing import FloatArray

APART_S = 5.0  # pulses with longer pauses belong to no train; the rest that tables ask between
FEWEST = 3
LONGEST = 5_000  # pulses that are looked at, the newest
APART_WORDS = "single pulses: the tables hold for trains"


@dataclass(frozen=True, slots=True)
class Meant:
    """What the session is to be.

    Parameters
    ----------
    protocol : str or None
        A name or a file; None when nobody said.
    rmt_percent : float or None
        The person's resting motor threshold in % of the output.
    table : str
        Of `safety`.
    """

    protocol: str | None = None
    rmt_percent: float | None = None
    table: str = DEFAULT_TABLE


class Limits:
    """Watches a session by a table.

    Parameters
    ----------
    meant : Meant
        Protocol, threshold and table.

    Raises
    ------
    BadInputError
        When protocol or table do not exist.
    """

    def __init__(self, meant: Meant) -> None:
        self.meant, self._table = meant, named_table(meant.table)
        self._protocol: Protocol | None = None
        self._verdict: VerdictName | None = None
        self._reason = ""
        if meant.protocol is not None:
            self._protocol = find_protocol(meant.protocol).recipe.protocol()
            found = check_protocol(self._protocol, meant.table, rmt_percent=meant.rmt_percent)
            self._verdict, self._reason = found.verdict, " ".join(found.reasons)

    def told(self, counted: Sequence[LiveEntry]) -> LiveSafety:
        """Return what the table says now.

        Parameters
        ----------
        counted : sequence of LiveEntry
            The session's entries that were not taken back.

        Returns
        -------
        LiveSafety
            For the page.
        """
        pulses = [entry for entry in counted if entry.kind == "pulse"]
        times_s, percents = _times_s(pulses), _percents(pulses)
        train = _last_train(times_s)
        verdict, words = self._observed(times_s[train], percents[train])
        return LiveSafety(
            table=self._table.name,
            table_words=self._table.words,
            protocol=None if self._protocol is None else self._protocol.name,
            protocol_verdict=self._verdict,
            protocol_words=self._reason,
            protocol_pulses=None
            if self._protocol is None
            else len(self._protocol.pulse_times_s),
            pulses=len(pulses),
            train_pulses=len(times_s[train]) if len(times_s[train]) >= FEWEST else 0,
            train_rate_hz=number(_rate_hz(times_s[train]), 2),
            percent_of_rmt=number(self._relative(percents[train]), 1),
            verdict=verdict,
            words=words,
        )

    def _relative(self, percents: FloatArray) -> float | None:
        """Return the strongest pulse of a train in % of the resting motor threshold."""
        rmt = self.meant.rmt_percent
        if rmt is None or len(percents) == 0 or not np.isfinite(percents).all():
            return None
        return float(100 * percents.max() / rmt)

    def _observed(
        self, times_s: FloatArray, percents: FloatArray
    ) -> tuple[VerdictName | None, str]:
        if len(times_s) < FEWEST:
            return None, APART_WORDS
        relative = self._relative(percents)
        if relative is None:
            return None, "a table needs the motor threshold and the output of every pulse"
        given = Protocol(
            name="the train that was given",
            pulse_times_s=times_s - times_s[0],
            relative_intensity=percents / percents.max(),
            intensity_fraction=relative / 100,
            threshold="rMT",
            words="pulses of this session",
            sources=("given by the user",),
            confidence="high",
        )
        found = check_protocol(given, self.meant.table, rmt_percent=self.meant.rmt_percent)
        return found.verdict, " ".join(found.reasons)


def _times_s(pulses: Sequence[LiveEntry]) -> FloatArray:
    """Return when pulses were written down; by the wall clock, which outlives a restart."""
    told = [datetime.fromisoformat(entry.time_utc).timestamp() for entry in pulses[-LONGEST:]]
    return np.array(told, dtype=float)


def _percents(pulses: Sequence[LiveEntry]) -> FloatArray:
    told = [np.nan if e.pulse is None else e.pulse.percent_mso for e in pulses[-LONGEST:]]
    return np.array([np.nan if value is None else value for value in told], dtype=float)


def _last_train(times_s: FloatArray) -> slice:
    """Return the pulses since the last pause; none where the clock was set back."""
    gaps_s = np.diff(times_s)
    breaks = np.flatnonzero((gaps_s >= APART_S) | (gaps_s <= 0))
    return slice(int(breaks[-1]) + 1 if len(breaks) else 0, None)


def _rate_hz(times_s: FloatArray) -> float | None:
    if len(times_s) < FEWEST:
        return None
    return float((len(times_s) - 1) / (times_s[-1] - times_s[0]))
