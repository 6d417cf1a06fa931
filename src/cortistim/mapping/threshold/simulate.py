"""Methods of finding a threshold, tried out on simulated people."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.mapping.muscle import CRITERION_V, Muscle, simulated_people, threshold_percent
from cortistim.mapping.threshold.method import Limits, Method, Trial
from cortistim.mapping.threshold.methods import make_method
from cortistim.mapping.threshold.posterior import Posterior
from cortistim.typing import FloatArray

FREE = Limits(1.0, 130.0, 0.0)
"""As others have simulated it: beyond any stimulator, without steps."""
START_CHANCE = 0.95  # wang2023: the first pulse nearly always has a response


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is tried out.

    Parameters
    ----------
    method : str
        By name.
    generator : str
        The model of people, by name.
    subjects, pulses : int
        How many people, and pulses to each.
    seed : int
        Of people and responses: equal ones for each method.
    drift_percent : float
        Standard deviation of a random walk of the threshold, per pulse, in percent of itself.
    trend_percent : float
        By how much the threshold rises with every pulse, in percent of itself.
    start_ratio : float
        The first intensity over the one with 95 % of responses.
    limits : Limits
        What may be proposed.
    level : float
        Of intervals.
    """

    method: str
    generator: str = "goetz2019"
    subjects: int = 300
    pulses: int = 25
    seed: int = 1
    drift_percent: float = 0.0
    trend_percent: float = 0.0
    start_ratio: float = 1.0
    limits: Limits = FREE
    level: float = 0.95

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        if not 1 <= self.pulses <= 1000:
            msg = f"`pulses` must lie between 1 and 1000; got {self.pulses}."
            raise BadInputError(msg)


@dataclass(frozen=True, eq=False)
class Simulated:
    """What a method did.

    Parameters
    ----------
    true_percent : (n, n_pulse) array
        Thresholds at each pulse; they only change with drift.
    percent, estimate_percent : (n, n_pulse) arrays
        Intensities, and estimates after them; NaN where there was none.
    low_percent, high_percent : (n, n_pulse) arrays
        Ends of the posterior's interval, whichever method chose the intensities.
    hit, finished : (n, n_pulse) arrays of bool
        Responses, and whether the method had ended.
    over_criterion : (n, n_pulse) array
        log10 of the responses over the criterion.
    width : (n,) array
        The posterior's mean width over the threshold after all pulses.
    """

    true_percent: FloatArray
    percent: FloatArray
    estimate_percent: FloatArray
    low_percent: FloatArray
    high_percent: FloatArray
    hit: FloatArray
    finished: FloatArray
    over_criterion: FloatArray
    width: FloatArray

    def error_percent(self) -> FloatArray:
        """Return signed errors in percent of the true threshold, (n, n_pulse)."""
        return 100 * (self.estimate_percent / self.true_percent - 1)


def simulate(asked: Simulation) -> Simulated:
    """Run a method on simulated people.

    Parameters
    ----------
    asked : Simulation
        What is tried out.

    Returns
    -------
    Simulated
        Every pulse of everybody.

    Raises
    ------
    BadInputError
        When there is no such method or model of people.
    """
    rng = np.random.default_rng(asked.seed)
    people = simulated_people(asked.generator, asked.subjects, rng)
    true = threshold_percent(people)
    start = asked.start_ratio * threshold_percent(people, START_CHANCE)
    start = asked.limits.deliverable(start)
    method = make_method(asked.method, start, asked.limits)
    bystander = method if isinstance(method, Posterior) else Posterior(start, asked.limits)
    rows: dict[str, list[FloatArray]] = {name: [] for name in Simulated.__annotations__}
    for moved, trial in _pulses(asked, people, method, rng):
        ended = method.finished()
        method.take(trial)
        if bystander is not method:
            bystander.take(trial)
        ends = bystander.interval(asked.level)
        for name, column in zip(rows, (
            true * moved, trial.percent, method.estimate(), *ends.T, trial.hit, ended,
            trial.over_criterion,
        ), strict=False):  # fmt: skip
            rows[name].append(column)
    columns = {name: np.array(column).T for name, column in rows.items() if column}
    return Simulated(**columns, width=bystander.width())


def _pulses(
    asked: Simulation, people: Muscle, method: Method, rng: np.random.Generator
) -> Iterator[tuple[FloatArray, Trial]]:
    """Give every pulse, and by which factor thresholds have drifted."""
    moved = np.ones(people.size)
    for _ in range(asked.pulses):
        percent = asked.limits.deliverable(method.propose())
        size_v = people.respond_v((percent / moved)[:, None], rng)[:, 0]
        yield moved, Trial(percent, size_v >= CRITERION_V, np.log10(size_v / CRITERION_V))
        walk = asked.drift_percent * rng.standard_normal(people.size)
        moved = moved * np.exp((walk + asked.trend_percent) / 100)
