"""Who gets which site with which item when."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.typing import FloatArray, IntArray

APART_M = 0.03  # assumed: a control so far away does not share the target's field
NONE = "none"
MOST_TRIALS = 20_000


@dataclass(frozen=True, slots=True)
class Site:
    """A place that is stimulated.

    Parameters
    ----------
    name : str
        Of the site.
    place_m : (3,) tuple of float [m] or None
        Where it is, if that is known.
    discomfort, click : float
        As rated there, from 0 (none) to 1.
    """

    name: str
    place_m: tuple[float, float, float] | None = None
    discomfort: float = 0.0
    click: float = 0.0


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial of a schedule.

    Parameters
    ----------
    person, trial, block : int
        Whose, and when; from 1.
    site, item : str
        What is stimulated and shown.
    start_s : float [s]
        After the start of the block.
    """

    person: int
    trial: int
    block: int
    site: str
    item: str
    start_s: float


def matched_control(target: Site, others: Sequence[Site]) -> Site:
    """Choose the control that feels and sounds most like the target.

    Parameters
    ----------
    target : Site
        With its ratings.
    others : sequence of Site
        Candidates.

    Returns
    -------
    Site
        The one with the least difference in discomfort and click, 30 mm away or more where
        places are known.

    Raises
    ------
    BadInputError
        When there is none.
    """
    usable = [site for site in others if site.name != target.name and _apart(site, target)]
    if not usable:
        msg = (
            f"a control for {quoted(target.name)} must lie {1e3 * APART_M:.0f} mm away or "
            "more; no other site does. Give more sites."
        )
        raise BadInputError(msg)
    return min(usable, key=lambda site: abs(site.discomfort - target.discomfort)
               + abs(site.click - target.click))  # fmt: skip


def _apart(one: Site, two: Site) -> bool:
    if one.place_m is None or two.place_m is None:
        return True
    return float(np.linalg.norm(np.subtract(one.place_m, two.place_m))) >= APART_M


def schedule(
    sites: Sequence[str],
    items: Sequence[str],
    people: int,
    *,
    interval_s: float,
    jitter_s: float = 0.5,
    off_line: bool = False,
    seed: int = 1,
) -> list[Trial]:
    """Lay out trials so that every item meets every site over people.

    Parameters
    ----------
    sites : sequence of str
        Conditions, controls among them.
    items : sequence of str
        Pictures or words.
    people : int
        How many.
    interval_s : float [s]
        Between starts of trials.
    jitter_s : float [s]
        By how much it varies, up and down.
    off_line : bool
        One block a site, in an order balanced over people (williams1949), instead of sites
        mixed from trial to trial.
    seed : int
        Of orders.

    Returns
    -------
    list of Trial
        By person. Item k meets site (k + person) modulo their number: each person has each item
        once, and every number-of-sites people each item has met each site.

    Raises
    ------
    BadInputError
        When there are fewer than two sites, fewer items than sites, or too many trials.
    """
    if len(set(sites)) < 2:
        msg = (
            f"`sites` must name two sites or more, one of them a control; got "
            f"{len(set(sites))}. What a site does is known only against another one."
        )
        raise BadInputError(msg)
    if len(items) < len(sites):
        msg = f"`items` must be as many as there are sites ({len(sites)}); got {len(items)}."
        raise BadInputError(msg)
    if not 1 <= people * len(items) <= MOST_TRIALS:
        msg = f"at most {MOST_TRIALS} trials are laid out; got {people * len(items)}."
        raise BadInputError(msg)
    rng = np.random.default_rng(seed)
    places = np.argsort(rng.permutation(len(items)))
    orders = balanced_orders(len(sites))
    trials: list[Trial] = []
    for person in range(people):
        site_of = (places + person) % len(sites)
        if off_line:
            order = _off_line(site_of, orders[person % len(orders)], rng)
        else:
            order = _mixed(site_of, rng)
        away = interval_s + jitter_s * (2 * rng.random(len(order)) - 1)
        blocks = _blocks(site_of[order]) if off_line else np.ones(len(order), int)
        starts = _starts_s(blocks, away)
        trials.extend(
            Trial(
                person + 1,
                k + 1,
                int(blocks[k]),
                sites[int(site_of[item])],
                items[int(item)],
                round(float(starts[k]), 3),
            )
            for k, item in enumerate(order)
        )
    return trials


def _blocks(site: IntArray) -> IntArray:
    """Return a number for each run of equal sites, from 1."""
    return 1 + np.concatenate([[0], np.cumsum(site[1:] != site[:-1])])


def _starts_s(blocks: IntArray, away_s: FloatArray) -> FloatArray:
    """Return when each trial starts after the start of its block."""
    starts = np.concatenate([[0.0], np.cumsum(away_s)[:-1]])
    first = np.searchsorted(blocks, blocks)
    return starts - starts[first]


def balanced_orders(count: int) -> list[list[int]]:
    """Return orders in which each condition follows each other one equally often.

    Parameters
    ----------
    count : int
        Conditions.

    Returns
    -------
    list of list of int
        ``count`` orders where it is even, twice as many where it is odd (williams1949).
    """
    first = [(step + 1) // 2 if step % 2 else (count - step // 2) % count
             for step in range(count)]  # fmt: skip
    rows = [[(place + shift) % count for place in first] for shift in range(count)]
    return rows if count % 2 == 0 else [*rows, *[row[::-1] for row in rows]]


def _mixed(site_of: IntArray, rng: np.random.Generator) -> list[int]:
    """Return an order of items with at most two trials of a site in a row, if it can be."""
    best, fewest = list(rng.permutation(len(site_of))), len(site_of)
    for _ in range(50):
        order = rng.permutation(len(site_of))
        run = site_of[order]
        triples = int(((run[2:] == run[1:-1]) & (run[1:-1] == run[:-2])).sum())
        if triples < fewest:
            best, fewest = list(order), triples
        if not fewest:
            break
    return [int(k) for k in best]


def _off_line(site_of: IntArray, order: Sequence[int], rng: np.random.Generator) -> list[int]:
    return [int(k) for site in order for k in rng.permutation(np.flatnonzero(site_of == site))]
