"""Search protocols for the most probable and longest effect within the safety limits.

Every candidate of a fixed grid is rated by the safety table, by the device and by the
person's wishes. What is left is ranked: a determined effect before an undetermined one, then
the probability of the wanted change at the wanted time, then how long it stays determined.
Predictions of the grid are made once per model, and kept in the cache.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import get_args

import numpy as np
from msgspec import UNSET

from cortistim import __version__
from cortistim.cache import digest, remembered
from cortistim.errors import BadInputError, quoted
from cortistim.plasticity import SMALL_PERCENT, SURE
from cortistim.protocol import Protocol, Recipe, Reference, require_thresholds
from cortistim.protocol.blocks import Train
from cortistim.pulse import deliverable, named_device
from cortistim.ranking import unbeaten
from cortistim.records.protocol import CountsRecord, Goal, ProposalRecord, SearchRecord
from cortistim.records.provenance import RESEARCH_SOFTWARE
from cortistim.safety import DEFAULT_TABLE, WITHIN, check_protocol, named_table
from cortistim.typing import BoolArray, FloatArray, Progress, silent

GRID_VERSION = 1
GRID_MINUTES = (
    0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 480.0, 1440.0,
)  # fmt: skip
HAND = Reference(muscle="hand", method="EMG")
GOALS = get_args(Goal)
PERCENTS = (80, 90, 100, 110, 120)
SLOW_PULSES = (60, 120, 240, 360, 600, 900, 1200, 1500, 1800)
FAST_PULSES = (200, 600, 1000, 1800)
FAST_TRAINS = ((5, 50), (10, 20), (10, 50), (20, 20), (20, 30))
RESTS_S = (10.0, 30.0)
ROW_FIELDS = ("mean_percent", "sd_percent", "median_percent", "p_up", "p_down", "p_large")
SHOWN = 12
NOTICE = (
    f"{RESEARCH_SOFTWARE} The models were calibrated on motor responses of the hand in healthy "
    "groups; single people differ, and half respond otherwise."
)
RANKING = (
    "clear first: the sign is probable (0.65) and the change is not small (10 %); then by "
    "probability, by how many minutes it stays clear, by size, by shortness"
)


@dataclass(frozen=True, eq=False)
class Forecast:
    """A predicted change of excitability at `GRID_MINUTES`.

    Parameters
    ----------
    mean_percent, sd_percent, median_percent : (n_time,) arrays
        Over the ensemble.
    p_up, p_down : (n_time,) arrays
        Probability of either sign.
    p_large : (n_time,) array
        Probability of more than 10 % either way.
    outside : bool
        True when the protocol lies outside the data.
    """

    mean_percent: FloatArray
    sd_percent: FloatArray
    median_percent: FloatArray
    p_up: FloatArray
    p_down: FloatArray
    p_large: FloatArray
    outside: bool


Forecaster = Callable[[Protocol, FloatArray], Forecast]


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignRequest:
    """What is wanted, and within which limits.

    Parameters
    ----------
    goal : str
        ``raise`` or ``lower`` excitability.
    minutes : float
        After the last pulse, when the change is wanted.
    table : str
        A safety table.
    stimulator : str or None
        A device that must be able to deliver it.
    rmt_percent : float or None
        The person's resting motor threshold in % of its output.
    longest_min : float
        Longest session in minutes.
    most_pulses : int
        In the session.
    most_percent : float
        Of the resting motor threshold.
    seed : int
        Of the ensemble that predicts the proposal.
    """

    goal: Goal
    minutes: float = 30.0
    table: str = DEFAULT_TABLE
    stimulator: str | None = None
    rmt_percent: float | None = None
    longest_min: float = 60.0
    most_pulses: int = 3000
    most_percent: float = 120.0
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be searched for."""
        named_table(self.table)
        if self.goal not in GOALS:
            msg = f"`goal` must be one of {', '.join(GOALS)}; got {quoted(self.goal)}."
            raise BadInputError(msg)
        if not 0 <= self.minutes <= GRID_MINUTES[-1]:
            msg = (
                f"`minutes` must be 0 to {GRID_MINUTES[-1]:g}, the times that are predicted; "
                f"got {self.minutes:g}."
            )
            raise BadInputError(msg)
        require_thresholds(self.rmt_percent)
        for name in ("longest_min", "most_pulses", "most_percent"):
            if not getattr(self, name) > 0:
                msg = f"`{name}` must be above 0; got {getattr(self, name):g}."
                raise BadInputError(msg)
        if self.stimulator is not None:
            named_device(self.stimulator)
            if self.rmt_percent is None:
                msg = (
                    "what a stimulator can deliver depends on the output; give the measured "
                    "threshold as `rmt_percent`, or leave `stimulator` out."
                )
                raise BadInputError(msg)


@cache
def candidates() -> tuple[Recipe, ...]:
    """Return the grid: slow continuous sessions and fast trains with rests."""
    found = []
    for percent in PERCENTS:
        found += [_candidate(Train(1, pulses), percent) for pulses in SLOW_PULSES]
        for rate_hz, per_train in FAST_TRAINS:
            for rest_s in RESTS_S:
                counts = sorted({max(1, round(pulses / per_train)) for pulses in FAST_PULSES})
                found += [
                    _candidate(Train(rate_hz, per_train, trains, rest_s), percent)
                    for trains in counts
                ]
    return tuple(found)


def _candidate(block: Train, percent: float) -> Recipe:
    rest = f"_{block.rest_s:g}s_rest" if block.trains > 1 else ""
    name = f"{block.rate_hz:g}Hz_{block.trains}x{block.pulses}{rest}_{percent:g}rMT"
    return Recipe(name, (block,), percent / 100, "rMT", reference=HAND)


@cache
def _protocols() -> tuple[Protocol, ...]:
    return tuple(recipe.protocol() for recipe in candidates())


@cache
def within_limits(table: str) -> BoolArray:
    """Say of each candidate whether the table calls it within limits.

    Parameters
    ----------
    table : str
        A safety table.

    Returns
    -------
    (n_candidate,) bool array
        By `check_protocol`, which every proposal passes once more.
    """
    return np.array(
        [check_protocol(protocol, table).verdict == WITHIN for protocol in _protocols()]
    )


def forecasts(
    forecaster: Forecaster, model: str, *, progress: Progress = silent
) -> dict[str, FloatArray]:
    """Return the predictions of all candidates, from the cache when they are there.

    Parameters
    ----------
    forecaster : callable
        Predicts one protocol.
    model : str
        Hash of the model, so that another one is never taken for it.
    progress : callable, optional
        Told how far it is.

    Returns
    -------
    dict of arrays
        The fields of `Forecast`, of shape (candidate, time); ``outside`` of shape (candidate,).
    """
    minutes = np.array(GRID_MINUTES)

    def build() -> dict[str, FloatArray]:
        rows = []
        for index, protocol in enumerate(_protocols()):
            progress("predicting candidates", index / len(_protocols()))
            rows.append(forecaster(protocol, minutes))
        table = {name: np.stack([getattr(row, name) for row in rows]) for name in ROW_FIELDS}
        return table | {"outside": np.array([row.outside for row in rows])}

    names = tuple(recipe.name for recipe in candidates())
    return remembered("design", digest(GRID_VERSION, model, names, minutes), build)


def design(request: DesignRequest, table: Mapping[str, FloatArray]) -> SearchRecord:
    """Search the candidates.

    Parameters
    ----------
    request : DesignRequest
        What is wanted.
    table : mapping of arrays
        From `forecasts`.

    Returns
    -------
    SearchRecord
        Its proposal is neither predicted by itself nor checked yet.
    """
    safe = within_limits(request.table)
    wanted = safe & _wanted(request)
    reachable = wanted & _deliverable(request, wanted) & ~table["outside"].astype(bool)
    scores = _scores(request, table)
    order = [index for index in _ranked(scores) if reachable[index]]
    likely = [index for index in order if scores["p"][index] > 0.5]
    counts = CountsRecord(
        candidates=len(safe),
        within_limits=int(safe.sum()),
        as_wished=int(wanted.sum()),
        deliverable_and_inside_the_data=len(order),
        more_likely_than_not=len(likely),
    )
    costs = np.stack([-scores["p"], -scores["lasting_min"], scores["length_s"]], axis=1)
    front = [index for index, best in zip(likely, unbeaten(costs[likely]), strict=True) if best]
    best = likely[0] if likely else None
    return SearchRecord(
        goal=request.goal,
        minutes=request.minutes,
        table=request.table,
        seed=request.seed,
        proposal=None if best is None else _row(best, request, scores),
        reason="" if best is not None else _nothing(counts),
        ranking=RANKING,
        alternatives=tuple(_row(index, request, scores) for index in likely[1:SHOWN]),
        trade_off=tuple(_row(index, request, scores) for index in front),
        counts=counts,
        version=__version__,
        notice=NOTICE,
    )


def _wanted(request: DesignRequest) -> BoolArray:
    return np.array(
        [
            protocol.length_s <= 60 * request.longest_min
            and protocol.n_pulses <= request.most_pulses
            and 100 * protocol.intensity_fraction <= request.most_percent + 1e-9
            for protocol in _protocols()
        ]
    )


def _deliverable(request: DesignRequest, wanted: BoolArray) -> BoolArray:
    if request.stimulator is None or request.rmt_percent is None:
        return np.ones(len(wanted), dtype=bool)
    unit, share = named_device(request.stimulator), request.rmt_percent / 100
    return np.array(
        [
            bool(ask)
            and deliverable(
                protocol.pulse_times_s, share * protocol.intensity_fraction, unit
            ).ok
            for ask, protocol in zip(wanted, _protocols(), strict=True)
        ]
    )


def _scores(request: DesignRequest, table: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    sign = 1 if request.goal == "raise" else -1
    p = table["p_up"] if sign > 0 else table["p_down"]
    minutes = np.array(GRID_MINUTES)
    small = (np.abs(table["median_percent"]) < SMALL_PERCENT) & (table["p_large"] < 0.5)
    clear = (p >= SURE) & ~small
    lasting = np.where(clear, minutes, 0).max(axis=1)
    near = int(np.abs(minutes - request.minutes).argmin())

    def at(name: str) -> FloatArray:
        return np.array([np.interp(request.minutes, minutes, row) for row in table[name]])

    return {
        "p": at("p_up" if sign > 0 else "p_down"),
        "clear": clear[:, near].astype(float),
        "lasting_min": lasting,
        "effect": sign * at("mean_percent"),
        "mean_percent": at("mean_percent"),
        "sd_percent": at("sd_percent"),
        "length_s": np.array([protocol.length_s for protocol in _protocols()]),
    }


def _ranked(scores: Mapping[str, FloatArray]) -> list[int]:
    """Order by clearness, probability in steps of 2 %, duration, effect and shortness."""
    steps = np.round(scores["p"] / 0.02)
    keys = (
        scores["length_s"],
        -scores["effect"],
        -scores["lasting_min"],
        -steps,
        scores["clear"] == 0,
    )
    return np.lexsort(keys).tolist()


def _row(
    index: int, request: DesignRequest, scores: Mapping[str, FloatArray]
) -> ProposalRecord:
    recipe, protocol = candidates()[index], _protocols()[index]
    p = round(float(scores["p"][index]), 4)
    return ProposalRecord(
        name=recipe.name,
        words=recipe.words,
        pulses=protocol.n_pulses,
        length_s=round(protocol.length_s, 3),
        intensity=protocol.intensity_words,
        p_raise=p if request.goal == "raise" else UNSET,
        p_lower=p if request.goal == "lower" else UNSET,
        mean_percent=round(float(scores["mean_percent"][index]), 2),
        sd_percent=round(float(scores["sd_percent"][index]), 2),
        probable_for_min=float(scores["lasting_min"][index]),
        clear=bool(scores["clear"][index]),
    )


def _nothing(counts: CountsRecord) -> str:
    if counts.within_limits == 0:
        return "no candidate is within the table's limits."
    if counts.as_wished == 0:
        return (
            "no candidate within the limits is as short, weak and small as asked; allow a "
            "longer session, more pulses or a higher intensity."
        )
    if counts.deliverable_and_inside_the_data == 0:
        return "the stimulator delivers none of the candidates at this threshold."
    return "no candidate is more likely than not to change excitability as wanted by then."


def recipe_called(name: str) -> Recipe:
    """Return a candidate by its name.

    Parameters
    ----------
    name : str
        As a proposal states it.

    Returns
    -------
    Recipe
        Ready to expand.
    """
    return next(recipe for recipe in candidates() if recipe.name == name)
