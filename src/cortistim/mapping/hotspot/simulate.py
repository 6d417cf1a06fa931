"""Hunts on virtual subjects: how far off, how sure, and at what loss of response."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cortistim.mapping.hotspot.hunt import HotspotHunt, HotspotSettings
from cortistim.mapping.hotspot.model import away_from
from cortistim.mapping.hotspot.sliding import Sliding
from cortistim.mapping.hotspot.space import HuntSpace, Residual
from cortistim.mapping.muscle import Muscle
from cortistim.mapping.person import SessionNuisances
from cortistim.mapping.subject import TENSE_GAIN
from cortistim.typing import FloatArray


@dataclass(frozen=True, eq=False)
class HuntCase:
    """One virtual subject in front of one hunt.

    Parameters
    ----------
    space : HuntSpace
        What the hunter believes, which may be wrong.
    log_felt : (n_pose,) array
        log10 of what the muscle feels at the candidates over what it feels at the best pose.
    best : (3,) array
        Coordinates of the best pose.
    person : Muscle
        Responses of one person.
    percent : float
        Output, in which the person's responses hold at the best pose.
    seed : int
        Of all that happens.
    """

    space: HuntSpace
    log_felt: FloatArray
    best: FloatArray
    person: Muscle
    percent: float
    seed: int


@dataclass(frozen=True, slots=True)
class HuntScore:
    """How a hunt stands after some pulses.

    Parameters
    ----------
    pulses : int
        How many.
    off_m, turned_rad : float
        Distance and turn of the pose that it names from the best one.
    regret : float
        Share of the response at the best pose that is lost there.
    radius_m, turn_rad : float
        Of the region that it names.
    is_found : bool
        Whether it would have stopped.
    """

    pulses: int
    off_m: float
    turned_rad: float
    regret: float
    radius_m: float
    turn_rad: float
    is_found: bool


@dataclass(frozen=True, eq=False)
class PlayedHunt:
    """A hunt that was played.

    Parameters
    ----------
    scores : tuple of HuntScore
        After the pulses that were asked for.
    coordinates : (n_pulse, 3) array
        Of the poses that were proposed.
    mep_v : (n_pulse,) array [V]
        Responses.
    """

    scores: tuple[HuntScore, ...]
    coordinates: FloatArray
    mep_v: FloatArray = field(repr=False)


def play(
    case: HuntCase,
    settings: HotspotSettings,
    told_after: Sequence[int],
    nuisances: SessionNuisances | None = None,
) -> PlayedHunt:
    """Let a method hunt on a virtual subject.

    Parameters
    ----------
    case : HuntCase
        Who.
    settings : HotspotSettings
        Method and draws.
    told_after : sequence of int
        Numbers of pulses after which it is scored; the last one ends it.
    nuisances : SessionNuisances, optional
        What the session adds.

    Returns
    -------
    PlayedHunt
        Equal for equal cases.
    """
    asked = nuisances or SessionNuisances()
    rng = np.random.default_rng([case.seed, 5])
    sliding = Sliding(case.space)
    hunt = HotspotHunt(case.space, settings, Residual(case.space, seed=settings.seed))
    scores, given, sizes = [], [], []
    drift = 0.0
    for pulse in range(1, max(told_after) + 1):
        at = hunt.propose()
        if at is None:
            break
        chance, normal = rng.random(4), rng.standard_normal(7)
        drift = (1 - asked.pull) * drift + asked.drift * normal[0]
        far = 5.0 if chance[0] < asked.slips else 1.0
        spread = np.array([asked.jitter_m, asked.jitter_m, asked.jitter_rad])
        there = case.space.coordinates[at] + far * spread * normal[1:4]
        felt = float(sliding.at(case.log_felt, there))
        output = 0.0 if chance[2] < asked.missed else case.percent
        percent = np.array([[output * 10**felt * np.exp(drift)]])
        size_v = float(case.person.respond_v(percent, rng)[0, 0])
        size_v *= TENSE_GAIN if chance[1] < asked.tense else 1.0
        reading = np.array([asked.reading_m, asked.reading_m, asked.reading_rad])
        read = there + reading * normal[4:7] if chance[3] >= asked.lost else None
        _tell(hunt, sliding, size_v, read)
        given.append(case.space.coordinates[at])
        sizes.append(size_v)
        if pulse in told_after:
            scores.append(score(case, hunt, sliding))
    return PlayedHunt(tuple(scores), np.array(given), np.array(sizes))


def _tell(hunt: HotspotHunt, sliding: Sliding, size_v: float, read: FloatArray | None) -> None:
    """Hand a response over, with the pose as far as the navigator saw it."""
    if read is None:
        hunt.respond(size_v)
        return
    known = hunt.space.log_felt
    felt = None if known is None else sliding.at(known, read)
    hunt.respond(size_v, at=hunt.space.nearest(read), log_felt=felt)


def score(case: HuntCase, hunt: HotspotHunt, sliding: Sliding) -> HuntScore:
    """Compare what a hunt says with the truth.

    Parameters
    ----------
    case : HuntCase
        The truth.
    hunt : HotspotHunt
        As far as it is.
    sliding : Sliding
        Of the case's space.

    Returns
    -------
    HuntScore
        Regret is that of the middle response at the output of the session.
    """
    found = hunt.result()
    off_m, turned = away_from(found.best[None], case.best, case.space.period_rad)
    felt = 10 ** min(0.0, float(sliding.at(case.log_felt, found.best)))
    outputs = case.percent * np.array([[1.0, felt]])
    at_best, here = case.person.middle_v(outputs)[0]
    return HuntScore(
        pulses=found.pulses,
        off_m=float(off_m[0]),
        turned_rad=float(turned[0]),
        regret=float(1 - here / at_best),
        radius_m=found.radius_m,
        turn_rad=found.turn_rad,
        is_found=found.is_found,
    )
