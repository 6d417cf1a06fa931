"""Simulated studies of a virtual lesion: power, and what discomfort alone makes of them.

The chance of an error is logistic in a person's and an item's own level, in the site's effect,
which differs between people, and in the site's discomfort, which disturbs without any lesion.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from scipy.stats import beta
from scipy.stats import t as student

from cortistim.errors import BadInputError
from cortistim.typing import FloatArray

ALPHA = 0.05
LEVEL = 0.95
LEAST = 0.2  # of the variance without what people and items share; assumed


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """A study with one target and one control, items rotating over both.

    Parameters
    ----------
    people, items : int
        How many; each person has each item once, half of them with either site.
    baseline : float
        Share of errors without stimulation.
    effect : float
        Share of errors that the target's lesion adds.
    person_sd, item_sd : float
        Spread of people and of items, in logits.
    effect_sd : float
        Spread of the effect over people, in logits.
    discomfort : float
        Share of errors that the discomfort of the target adds.
    matched : float
        How much of that discomfort the control has: 1 is a perfect match, 0 no stimulation.
    """

    people: int = 20
    items: int = 80
    baseline: float = 0.1
    effect: float = 0.1
    person_sd: float = 0.5
    item_sd: float = 0.7
    effect_sd: float = 0.2
    discomfort: float = 0.0
    matched: float = 1.0

    def require(self) -> None:
        """Refuse what is no study.

        Raises
        ------
        BadInputError
            When a number lies outside its range.
        """
        bounds = {
            "people": (3, 500), "items": (4, 2000), "baseline": (0.001, 0.9),
            "effect": (0, 0.9), "discomfort": (0, 0.9), "person_sd": (0, 5),
            "item_sd": (0, 5), "effect_sd": (0, 5), "matched": (0, 1),
        }  # fmt: skip
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not low <= value <= high:
                msg = f"`{name}` must lie between {low:g} and {high:g}; got {value:g}."
                raise BadInputError(msg)
        if self.baseline + self.effect + self.discomfort > 0.98:
            msg = (
                "`baseline`, `effect` and `discomfort` together must stay below 98 % of "
                f"errors; got {100 * (self.baseline + self.effect + self.discomfort):.0f} %."
            )
            raise BadInputError(msg)


@dataclass(frozen=True, slots=True)
class StudyPower:
    """How often a study finds an effect.

    Parameters
    ----------
    share, low, high : float
        Of simulated studies with p < 0.05, with its 95 % interval.
    difference : float
        Mean difference in errors between target and control.
    runs : int
        Simulated studies.
    """

    share: float
    low: float
    high: float
    difference: float
    runs: int


def study_power(study: Study, *, runs: int = 1000, seed: int = 1) -> StudyPower:
    """Simulate a study again and again.

    Parameters
    ----------
    study : Study
        Without an effect, the share is that of false positives.
    runs : int
        How often.
    seed : int
        Of people, items and errors.

    Returns
    -------
    StudyPower
        At 5 %, two-sided.

    Raises
    ------
    BadInputError
        When the study cannot be simulated.
    """
    study.require()
    rng = np.random.default_rng(seed)
    found, differences = 0, []
    for _ in range(runs):
        errors, target = simulated_errors(study, rng)
        difference, chance = crossed_test(errors, target)
        found += chance < ALPHA
        differences.append(difference)
    tail = (1 - LEVEL) / 2
    low = beta.ppf(tail, found, runs - found + 1) if found else 0.0
    high = beta.ppf(1 - tail, found + 1, runs - found) if found < runs else 1.0
    return StudyPower(found / runs, float(low), float(high), float(np.mean(differences)), runs)


def simulated_errors(study: Study, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Draw the errors of one study.

    Parameters
    ----------
    study : Study
        Which.
    rng : Generator
        Of everything.

    Returns
    -------
    errors, target : (people, items) arrays
        1 where there was an error; 1 where the target was stimulated, 0 for the control.
    """
    people, items = study.people, study.items
    target = (np.arange(people)[:, None] + rng.permutation(items)[None]) % 2
    spread = np.hypot(study.person_sd, study.item_sd)
    base = _level(study.baseline, spread)
    lesion = _level(study.baseline + study.effect, spread) - base
    hurt = _level(study.baseline + study.discomfort, spread) - base
    own = study.person_sd * rng.standard_normal((people, 1))
    item = study.item_sd * rng.standard_normal((1, items))
    slope = study.effect_sd * rng.standard_normal((people, 1))
    felt = np.where(target == 1, 1.0, study.matched)
    height = base + own + item + target * (lesion + slope) + felt * hurt
    return (rng.random((people, items)) < expit(height)).astype(float), target.astype(float)


def _level(share: float, spread: float) -> float:
    """Return the logit whose mean over a normal spread is a share (zeger1988)."""
    return float(logit(share) * np.sqrt(1 + 0.346 * spread**2))


def crossed_test(errors: FloatArray, target: FloatArray) -> tuple[float, float]:
    """Test a difference against both people and items.

    Errors are freed of the means of people and items, and the variance of the difference counts
    what people share and what items share (cameron2011), on the freedom of that sum
    (satterthwaite1946).

    Parameters
    ----------
    errors, target : (people, items) arrays
        1 where there was an error, and where the target was stimulated.

    Returns
    -------
    difference, chance : float
        In shares of errors; two-sided p.
    """
    y, x = _centred(errors), _centred(target)
    size = float((x * x).sum())
    if size <= 0:
        return 0.0, 1.0
    slope = float((x * y).sum()) / size
    score = x * (y - slope * x)
    people, items = errors.shape
    ones = people / (people - 1) * items / (items - 1)
    by_person = ones * (score.sum(axis=1) ** 2).sum()
    by_item = ones * (score.sum(axis=0) ** 2).sum()
    both = (score**2).sum() * people * items / max((people - 1) * (items - 1) - 1, 1)
    spread = np.sqrt(max(by_person + by_item - both, LEAST * both)) / size
    if spread <= 0:
        return slope, 1.0
    freedom = 1 / (1 / (people - 1) + 1 / (items - 1))
    return slope, float(2 * student.sf(abs(slope / spread), freedom))


def _centred(values: FloatArray) -> FloatArray:
    return (values - values.mean(axis=1, keepdims=True) - values.mean(axis=0, keepdims=True)
            + values.mean())  # fmt: skip
