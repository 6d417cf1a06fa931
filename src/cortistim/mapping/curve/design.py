"""How many pulses a curve needs, and how many people a study, by simulation."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from cortistim.errors import BadInputError, quoted
from cortistim.mapping.curve.alone import fit_alone
from cortistim.mapping.curve.model import Responses
from cortistim.mapping.curve.summary import QUANTITIES, quantities
from cortistim.mapping.muscle import CRITERION_V, simulated_people, threshold_percent
from cortistim.typing import FloatArray

LOWEST, HIGHEST, LEVELS = 0.9, 1.5, 8
"""Over the threshold: 8 levels from 90 to 150 %, the usual choice."""
SESSION = 0.05  # shirota2025: standard error of a threshold from session to session
POWER, SIDES = 0.8, 0.975


@dataclass(frozen=True, slots=True)
class CurveDesign:
    """A study of one change, in each person before and after.

    Parameters
    ----------
    pulses : tuple of int
        Numbers of pulses per curve to try.
    change_percent : float
        By which the threshold changes.
    quantity : str
        In which the change is looked for: one of `QUANTITIES`.
    generator : str
        The model of people.
    people : int
        How many are simulated.
    session_percent : float
        By how much thresholds differ between sessions without any change.
    seed : int
        Of people and responses.
    """

    pulses: tuple[int, ...] = (8, 16, 32, 64)
    change_percent: float = 5.0
    quantity: str = "threshold"
    generator: str = "goetz2019"
    people: int = 60
    session_percent: float = 100 * SESSION
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        if not self.pulses or min(self.pulses) < 4 or max(self.pulses) > 1000:
            msg = (
                f"`pulses` must lie between 4 and 1000 per curve; got {list(self.pulses)[:6]}."
            )
            raise BadInputError(msg)
        if not 0.1 <= abs(self.change_percent) <= 50:
            msg = f"`change_percent` must lie between 0.1 and 50; got {self.change_percent:g}."
            raise BadInputError(msg)
        if self.quantity not in QUANTITIES:
            msg = f"`quantity` must be one of {QUANTITIES}; got {quoted(self.quantity)}."
            raise BadInputError(msg)
        if not 10 <= self.people <= 2000:
            msg = f"`people` must lie between 10 and 2000; got {self.people}."
            raise BadInputError(msg)


@dataclass(frozen=True, slots=True)
class DesignRow:
    """What curves of so many pulses give.

    Parameters
    ----------
    pulses : int
        Of each curve.
    threshold_error_percent : float
        Median of |error|, in percent of the threshold.
    change_percent : float
        Mean change of the quantity that was found.
    sd_percent : float
        Standard deviation of that change over people.
    people : int or None
        Needed to find the change with a power of 80 % at 5 %, two-sided; None for none that a
        study could have.
    """

    pulses: int
    threshold_error_percent: float
    change_percent: float
    sd_percent: float
    people: int | None


def curve_design(asked: CurveDesign) -> list[DesignRow]:
    """Simulate curves before and after a change, for each number of pulses.

    Parameters
    ----------
    asked : CurveDesign
        The study.

    Returns
    -------
    list of DesignRow
        One for each number of pulses.

    Raises
    ------
    BadInputError
        When there is no such model of people.
    """
    return [_row(asked, count) for count in asked.pulses]


def _row(asked: CurveDesign, count: int) -> DesignRow:
    rng = np.random.default_rng([asked.seed, count])
    people = simulated_people(asked.generator, asked.people, rng)
    true = threshold_percent(people)
    spread = asked.session_percent / 100
    moved = np.exp(spread / math.sqrt(2) * rng.standard_normal((2, asked.people)))
    moved[1] *= 1 + asked.change_percent / 100
    found, errors = [], []
    for factor in moved:
        now = factor * true
        x = now[:, None] * _levels(count, asked.people, rng)
        size = people.respond_v(x / factor[:, None], rng) / CRITERION_V
        data = Responses(x, np.log10(np.maximum(size, 1)), size <= 1, np.ones(x.shape, bool))
        fit = fit_alone(data, asked.seed)
        means = quantities(fit.means(), fit.reference, 1.0)
        found.append(np.log(means[asked.quantity]))
        errors.append(np.abs(means["threshold"] / now - 1))
    change = 100 * (found[1] - found[0])
    return DesignRow(
        count,
        float(100 * np.median(errors)),
        float(change.mean()),
        float(change.std(ddof=1)),
        _people(float(change.mean()), float(change.std(ddof=1))),
    )


def _levels(count: int, people: int, rng: np.random.Generator) -> FloatArray:
    """Return intensities over the threshold, each level as often as the others, shuffled."""
    levels = np.resize(np.linspace(LOWEST, HIGHEST, min(LEVELS, count)), count)
    return rng.permuted(np.tile(levels, (people, 1)), axis=1)


def _people(change: float, sd: float) -> int | None:
    """Return how many pairs a t test needs, by the normal formula and two more."""
    if abs(change) < 1e-3 * sd:
        return None
    needed = ((ndtri(POWER) + ndtri(SIDES)) * sd / change) ** 2 + 2
    return math.ceil(needed) if needed < 1e5 else None
