"""May this protocol be delivered? The verdict of a named table, and what speaks beside it.

The tables hold for the hand's resting motor threshold, measured by EMG, over the motor
cortex of healthy people. Other places and thresholds are flagged, not silently converted.
"""

from dataclasses import dataclass, replace

import numpy as np

from cortistim.protocol import Protocol
from cortistim.records.safety import LimitsRecord, VerdictName
from cortistim.safety.tables import (
    BEYOND,
    EXCEEDS,
    HIGHEST_RATE_HZ,
    OUTSIDE,
    SEVERITY,
    WITHIN,
    Cell,
    TrainTable,
    disagreement,
    named_table,
)
from cortistim.safety.thresholds import Converted, percent_of_hand_rmt
from cortistim.safety.trains import SAFE_REST_S, Trains, has_bursts, trains_of
from cortistim.safety.whitelist import Listed, listed_pattern
from cortistim.typing import FloatArray

TESTED_REST_PERCENT = 110.0
"""Rests of 5 s were found safe up to this intensity (Chen et al. 1997)."""
WITHOUT_RESTS = "wassermann1998"  # the table that says nothing on rests between trains


NOTHING_ASKED = LimitsRecord()


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a table says of a protocol.

    Parameters
    ----------
    protocol : str
        Its name.
    table : TrainTable
        The one that was asked.
    verdict : str
        ``within``, ``beyond longest tested``, ``exceeds`` or ``outside the tables``.
    reasons : tuple of str
        Why, one sentence each.
    cell : Cell or None
        The entry that decided; None outside the table.
    limits : LimitsRecord
        What was asked and what is allowed: train length, rest.
    cautions : tuple of str
        What a reader must know besides.
    listed : Listed or None
        For bursts: the published pattern that it equals.
    """

    protocol: str
    table: TrainTable
    verdict: VerdictName
    reasons: tuple[str, ...]
    cell: Cell | None = None
    limits: LimitsRecord = NOTHING_ASKED
    cautions: tuple[str, ...] = ()
    listed: Listed | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib``."""
        listed = self.listed.sources if self.listed else ()
        return tuple(dict.fromkeys((*self.table.sources, *listed)))


def check_protocol(
    protocol: Protocol,
    table: str = "rossi2009",
    *,
    rmt_percent: float | None = None,
    amt_percent: float | None = None,
) -> Verdict:
    """Rate a session by a table.

    Parameters
    ----------
    protocol : Protocol
        One session.
    table : str
        One of `table_names`.
    rmt_percent : float, optional
        The person's resting motor threshold in % of the output, for a protocol whose
        intensity is a share of the output.
    amt_percent : float, optional
        The active one; with the resting one it tells what a share of it is.

    Returns
    -------
    Verdict
        Never withheld: what cannot be rated is outside the tables, and the reason says why.

    Raises
    ------
    BadInputError
        When there is no such table.
    """
    chosen = named_table(table)
    converted = percent_of_hand_rmt(protocol, rmt_percent, amt_percent)
    cautions = (*_basis(chosen), *converted.cautions)
    listed = listed_pattern(protocol)
    if listed is not None or has_bursts(protocol):
        return _bursts(protocol, chosen, listed, cautions)
    trains = trains_of(protocol)
    if converted.percent is None:
        return Verdict(
            protocol.name, chosen, OUTSIDE, (converted.reason,), None, _asked(trains), cautions
        )
    return _rated(protocol, chosen, trains, converted, converted.percent, cautions)


def _rated(
    protocol: Protocol,
    table: TrainTable,
    trains: Trains,
    converted: Converted,
    percent: float,
    cautions: tuple[str, ...],
) -> Verdict:
    percents = percent * trains.peak
    verdict, worst, cell = _worst(table, trains, percents)
    reasons = [_train_reason(table, trains, worst, percents[worst], cell, verdict)]
    if trains.crowded and verdict in (WITHIN, BEYOND):
        verdict = OUTSIDE
        reasons.append(
            "trains of different rates follow each other within "
            f"{SAFE_REST_S:g} s, which no table covers."
        )
    limits = replace(
        _asked(trains, worst), percent_of_hand_rmt=round(float(percents[worst]), 4)
    )
    if cell is not None:
        limits = replace(limits, train_limit_s=cell.limit_s, limit_kind=cell.kind)
    if len(trains.rest_s) and table.name != WITHOUT_RESTS:
        limits = replace(limits, rest_at_least_s=SAFE_REST_S)
    return Verdict(
        protocol.name,
        table,
        verdict,
        (*reasons, *converted.notes),
        cell,
        limits,
        (*cautions, *_doubts(table, cell), *_rest_cautions(table, trains, percents)),
    )


def _worst(
    table: TrainTable, trains: Trains, percents: FloatArray
) -> tuple[VerdictName, int, Cell | None]:
    """Return the gravest verdict over all unlike trains, with the train and its cell."""
    stacked = np.stack([trains.rate_hz, trains.length_s, percents], axis=1).round(6)
    _, firsts = np.unique(stacked, axis=0, return_index=True)
    rated = []
    for index in firsts:
        rate_hz, train_s, percent = (float(value) for value in stacked[index])
        cell = table.cell(rate_hz, percent)
        verdict = OUTSIDE if cell is None else cell.verdict(train_s)
        over = 0.0 if cell is None else train_s / cell.limit_s
        rated.append((SEVERITY.index(verdict), over, -int(index), cell))
    severity, _, index, cell = max(rated, key=lambda entry: entry[:3])
    return SEVERITY[severity], -index, cell


def _train_reason(
    table: TrainTable,
    trains: Trains,
    worst: int,
    percent: float,
    cell: Cell | None,
    verdict: VerdictName,
) -> str:
    asked = (
        f"a train of {trains.length_s[worst]:.4g} s at {trains.rate_hz[worst]:.4g} Hz and "
        f"{percent:.5g} % of the hand's rMT"
    )
    if trains.pulses[worst] == 1:
        asked = f"a pulse by itself at {percent:.5g} % of the hand's rMT"
    if cell is None:
        rates, percents = zip(*table.cells, strict=True)
        return (
            f"{asked} lies outside {table.name}, which ends at {max(rates):g} Hz and "
            f"{max(percents):g} %."
        )
    if trains.pulses[worst] == 1:
        return (
            f"{asked} has no length and no rate, and so is within {cell.limit_s:g} s "
            f"({table.name}, cell {cell.rate_hz:g} Hz, {cell.percent:g} %)."
        )
    ending = {
        WITHIN: "is not longer than",
        BEYOND: "is longer than any tested:",
        EXCEEDS: "is longer than the limit found:",
    }[verdict]
    return (
        f"{asked} {ending} {cell.limit_s:g} s ({table.name}, cell {cell.rate_hz:g} Hz, "
        f"{cell.percent:g} %)."
    )


def _doubts(table: TrainTable, cell: Cell | None) -> tuple[str, ...]:
    """Say why the entry that decided may not be the paper's last word."""
    if cell is None:
        return ()
    low = "the cell is quoted with low confidence: check the paper."
    against = disagreement(table, cell)
    return (*((low,) if cell.confidence == "low" else ()), *((against,) if against else ()))


def _asked(trains: Trains, worst: int = 0) -> LimitsRecord:
    asked = LimitsRecord(
        train_s=round(float(trains.length_s[worst]), 6),
        rate_hz=round(float(trains.rate_hz[worst]), 6),
        trains=len(trains.pulses),
    )
    if len(trains.rest_s) == 0:
        return asked
    return replace(asked, shortest_rest_s=round(float(trains.rest_s.min()), 6))


def _rest_cautions(table: TrainTable, trains: Trains, percents: FloatArray) -> tuple[str, ...]:
    """Compare the rests with those tested: 10 trains of 1.6 s at 20 Hz."""
    if len(trains.rest_s) == 0:
        return ()
    if table.name == WITHOUT_RESTS:
        return ("this table says nothing on rests between trains.",)
    if percents.max() > TESTED_REST_PERCENT and trains.rate_hz.max() > 5:
        return (
            f"rests of {SAFE_REST_S:g} s were found safe up to {TESTED_REST_PERCENT:g} % only; "
            "above it there are too few data (Chen et al. 1997).",
        )
    return ()


def _bursts(
    protocol: Protocol, table: TrainTable, listed: Listed | None, cautions: tuple[str, ...]
) -> Verdict:
    reasons = [
        "the pulses come in bursts; the tables hold for trains of even rate up to "
        f"{HIGHEST_RATE_HZ:g} Hz, and nothing is interpolated."
    ]
    if listed is None:
        reasons.append("this pattern and intensity are on no list of published bursts.")
    else:
        reasons.append(f"published as {listed.name}: {listed.words}.")
    shortest_s = float(np.diff(protocol.pulse_times_s).min())
    limits = LimitsRecord(
        rate_hz=round(1 / shortest_s, 6),
        pulses=protocol.n_pulses,
        highest_rate_hz=HIGHEST_RATE_HZ,
    )
    return Verdict(
        protocol.name, table, OUTSIDE, tuple(reasons), None, limits, cautions, listed
    )


def _basis(table: TrainTable) -> tuple[str, ...]:
    if "memory" not in table.basis:
        return ()
    return (
        f"the numbers of {table.name} are quoted from memory, not read at the source: check "
        "the paper before they decide anything.",
    )
