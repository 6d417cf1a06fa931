"""Ways of choosing the next pose, by name: ours, and those of others for comparison."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from cortistim.mapping.hotspot.model import NOISE, Draws, HotspotModel
from cortistim.mapping.hotspot.space import HuntSpace, wrapped
from cortistim.typing import FloatArray, IntArray

DEFAULT = "physics"
DRAWS = 128
TRAVEL = 0.3
"""Share of its worth that a pose loses when it is far away; assumed."""
FAR_M, FAR_RAD = 0.03, float(np.pi / 2)
TURN_WORTH_M = 0.015  # a radian counts as much as so many metres; assumed
GRID_STEP_M, GRID_PLACES = 0.01, 25
GRID_TURNS_RAD = np.radians([-60.0, -30, 0, 30, 60])
HAND = (("place", 0.01), ("place", 0.005), ("turn", np.radians(30)), ("turn", np.radians(15)))
"""Steps of a person's search, in metres and radians; assumed."""
HAND_REPEATS = 3
FANTASIES = np.sqrt(2) * np.array([-1.85, -0.91, 0.0, 0.91, 1.85])  # of a normal, spread out
RIVALS = 60  # candidates among which the best is looked for


@dataclass(frozen=True, eq=False)
class Seen:
    """What a method may look at.

    Parameters
    ----------
    space : HuntSpace
        Candidates.
    model : HotspotModel
        The posterior.
    draws : Draws or None
        From it, where the method asks for some.
    at : (n,) int array
        Candidates of the pulses so far.
    log_size : (n,) array
        Their responses, log10 of V over 50 µV, censored ones at the floor.
    """

    space: HuntSpace
    model: HotspotModel
    draws: Draws | None
    at: IntArray
    log_size: FloatArray


def travel(space: HuntSpace, at: int) -> FloatArray:
    """Say how far candidates are from one, (n_pose,), from 0 to 1."""
    away = space.coordinates - space.coordinates[at]
    away_m = np.linalg.norm(away[:, :2], axis=1) / FAR_M
    turn = np.abs(wrapped(away[:, 2], 2 * np.pi)) / FAR_RAD
    return np.minimum(1.0, np.maximum(away_m, turn))


def features(space: HuntSpace, best: FloatArray) -> FloatArray:
    """Return where best poses are in metres, (n, 4): place, and turn on a circle."""
    factor = 2 * np.pi / space.period_rad
    angle = factor * best[:, 2]
    turn = TURN_WORTH_M / factor * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.column_stack([best[:, :2], turn])


def most_telling(seen: Seen) -> int:
    """Take the pose whose response tells most about where the best one is.

    Draws of the posterior show how responses at a candidate go together with the place of the
    best pose; the variance of that place which a response explains is its worth, less for
    candidates far from where the coil is.
    """
    space, draws = seen.space, seen.draws
    if draws is None:
        msg = "this method needs draws"
        raise ValueError(msg)
    at_best = features(space, draws.best)
    at_best = at_best - at_best.mean(axis=0)
    values = np.maximum(draws.values, 0.0)  # responses below the criterion tell little
    values = values - values.mean(axis=0)
    together = values.T @ at_best / len(values)
    told = (together**2).sum(axis=1) / ((values**2).mean(axis=0) + NOISE**2)
    worth = told * (1 - TRAVEL * travel(space, int(seen.at[-1])))
    return int(worth.argmax())


def thompson(seen: Seen) -> int:
    """Take the best pose of one function drawn from the posterior."""
    if seen.draws is None:
        msg = "this method needs draws"
        raise ValueError(msg)
    return int(seen.draws.values[0].argmax())


def log_expected_improvement(seen: Seen) -> int:
    """Take the pose with the largest expected improvement on the best mean so far."""
    mean, spread = seen.model.mean_and_spread()
    z = (mean - mean[seen.at].max()) / spread
    density = -0.5 * z**2 - 0.5 * np.log(2 * np.pi)
    # log(φ + zΦ); for z far below 0 the sum cancels, and φ/z² stands for it
    plain = np.log(np.maximum(np.exp(density) + z * np.exp(log_ndtr(z)), 1e-300))
    value = np.where(z > -5, plain, density - 2 * np.log(np.maximum(-z, 1e-9)))
    return int((value + np.log(spread)).argmax())


def knowledge_gradient(seen: Seen) -> int:
    """Take the pose after which the best mean is expected to be highest."""
    mean, spread = seen.model.mean_and_spread()
    rivals = np.argsort(-mean)[:RIVALS]
    shift = seen.model.posterior_covariance(rivals) / np.sqrt(spread**2 + NOISE**2)[:, None]
    after = mean[rivals] + FANTASIES[:, None, None] * shift
    weight = np.exp(-0.5 * FANTASIES**2)
    return int((weight / weight.sum() @ after.max(axis=2)).argmax())


def grid(seen: Seen) -> int:
    """Go through a square grid of 1 cm, then through turns on its best place, then repeat."""
    space, at = seen.space, seen.at
    steps = GRID_STEP_M * np.arange(-2, 3)
    wanted = np.array([(u, v, 0.0) for u in steps for v in steps])
    order = np.argsort(np.linalg.norm(wanted[:, :2], axis=1), kind="stable")
    first = [space.nearest(wanted[k]) for k in order]
    if len(at) < GRID_PLACES:
        return first[len(at)]
    place = space.coordinates[best_of(at[:GRID_PLACES], seen.log_size[:GRID_PLACES])]
    turns = [space.nearest(np.array([*place[:2], t])) for t in GRID_TURNS_RAD]
    return turns[(len(at) - GRID_PLACES) % len(turns)]


def by_hand(seen: Seen) -> int:
    """Do as people do: three pulses a place, a step to every side, then turns."""
    space = seen.space
    here = int(seen.at[0])
    for kind, step in HAND:
        while True:
            around = [here, *_neighbours(space, here, kind, step)]
            short = [k for k in around if (seen.at == k).sum() < HAND_REPEATS]
            if short:
                return short[0]
            means = [seen.log_size[seen.at == k].mean() for k in around]
            better = around[int(np.argmax(means))]
            if better == here:
                break
            here = better
    return here


def _neighbours(space: HuntSpace, here: int, kind: str, step: float) -> list[int]:
    at = space.coordinates[here]
    if kind == "turn":
        moves = [np.array([0, 0, s * step]) for s in (-1, 1)]
    else:
        moves = [step * np.array([u, v, 0.0]) for u, v in ((1, 0), (0, 1), (-1, 0), (0, -1))]
    found = [space.nearest(at + move) for move in moves]
    return [k for k in dict.fromkeys(found) if k != here]


def best_of(at: IntArray, log_size: FloatArray) -> int:
    """Return the candidate with the largest mean of its responses."""
    kinds = np.unique(at)
    return int(kinds[int(np.argmax([log_size[at == k].mean() for k in kinds]))])


@dataclass(frozen=True, slots=True)
class MethodKind:
    """A method by its name.

    Parameters
    ----------
    words : str
        What it does.
    choose : callable
        Looks at what was seen, names a candidate.
    physics : bool
        Whether its model knows the field.
    draws : int
        How many functions it wants drawn.
    estimate : str
        How it says where the best pose is: ``middle`` of the posterior, ``mean`` for the
        highest posterior mean, ``place`` for the best place tried.
    """

    words: str
    choose: Callable[[Seen], int]
    physics: bool = False
    draws: int = 0
    estimate: str = "mean"


METHODS: Mapping[str, MethodKind] = {
    "physics": MethodKind(
        "the field of the head tells what to expect; the pose that tells most (default)",
        most_telling, physics=True, draws=DRAWS, estimate="middle",
    ),
    "physics-thompson": MethodKind(
        "the same model; the best pose of one draw", thompson, physics=True, draws=1,
        estimate="middle",
    ),
    "gp-thompson": MethodKind(
        "a Gaussian process without a field; one draw", thompson, draws=1,
    ),
    "gp-logei": MethodKind(
        "a Gaussian process without a field; expected improvement", log_expected_improvement
    ),
    "gp-kg": MethodKind(
        "a Gaussian process without a field; knowledge gradient", knowledge_gradient
    ),
    "grid": MethodKind("1 cm grid, then turns on its best place", grid, estimate="place"),
    "manual": MethodKind(
        "three pulses a place, steps of 10 and 5 mm, then turns", by_hand, estimate="place"
    ),
}  # fmt: skip
"""By name; the last five are those of others."""
