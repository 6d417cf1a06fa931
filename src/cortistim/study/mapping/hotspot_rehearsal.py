"""A hunt on a virtual subject with a head: the whole session, and its score."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.field import FieldOperator, load_operator
from cortistim.head import Head
from cortistim.mapping.hotspot import DEFAULT, HotspotHunt, HotspotSettings
from cortistim.mapping.hotspot.model import away_from
from cortistim.mapping.hotspot.space import wrapped
from cortistim.mapping.person import VirtualSession
from cortistim.mapping.subject import BASELINE_LIMIT_V
from cortistim.placement import Pose, raise_until_clear
from cortistim.records.form import numbers
from cortistim.records.hotspot import HotspotStep, HotspotTrial, RehearsedHunt
from cortistim.study.mapping.ground import HuntGround, hunt_ground
from cortistim.study.mapping.hotspot_replay import step_of
from cortistim.study.mapping.hotspot_run import hotspot_record, matrix_of, put_trial
from cortistim.study.mapping.sphere_operator import sphere_operator
from cortistim.study.mapping.virtual import (
    TARGET,
    HeadedSubject,
    SubjectMaker,
    SubjectRequest,
    slid,
)
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import HeadRequest, find_target
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import mm_from_m, uv_from_v

SPHERE = "sphere"
OUTPUT = 1.2
OFF_M, OFF_RAD = 0.015, float(np.radians(30.0))
SECONDS_APART = 10.0
MOST_PULSES, MOST_PERCENT = 200, 100.0
GOOD_MM, FAIR_MM = 4.0, 8.0  # people find their own place again to 8 mm


@dataclass(frozen=True, kw_only=True)
class HuntRehearsal:
    """A hunt to be rehearsed.

    Parameters
    ----------
    seed : int
        Of the person and all that happens.
    method : str
        That chooses the poses.
    pulses : int, optional
        Exactly so many; else until the region is small.
    head, coil : HeadRequest, CoilRequest
        On which head, with which coil.
    operator : Path, optional
        The head's; without it the head must be the built-in sphere, whose field is known.
    target : str
        Around which the muscle lies.
    """

    seed: int = 1
    method: str = DEFAULT
    pulses: int | None = None
    head: HeadRequest = field(default_factory=lambda: HeadRequest(SPHERE))
    coil: CoilRequest = field(default_factory=CoilRequest)
    operator: Path | None = None
    target: str = TARGET

    def __post_init__(self) -> None:
        """Refuse what cannot be rehearsed."""
        if self.seed < 0:
            msg = f"`seed` must be 0 or more; got {self.seed}."
            raise BadInputError(msg)
        if self.operator is None and self.head != HeadRequest(SPHERE):
            msg = (
                "a rehearsal on another head than the built-in sphere needs its operator "
                "(`operator`), from 'cortistim operator build'."
            )
            raise BadInputError(msg)
        self.settings()

    def settings(self) -> HotspotSettings:
        """Return how the hunt is done."""
        return HotspotSettings(method=self.method, pulses=self.pulses, seed=self.seed)


def rehearse_hotspot(request: HuntRehearsal, *, progress: Progress = silent) -> RehearsedHunt:
    """Let a method hunt for the hot spot of a virtual subject.

    Parameters
    ----------
    request : HuntRehearsal
        Which subject, which method.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    RehearsedHunt
        The session with its score; equal for equal requests.

    Raises
    ------
    BadInputError
        When head, operator, coil and target do not fit.
    """
    head = request.head.load(progress=progress)
    coil = request.coil.load()
    target_m = find_target(head, request.target).point_m
    operator = _operator(request, head, target_m, progress)
    maker = SubjectMaker(head, operator, coil, target=request.target)
    subject = maker.make(SubjectRequest(seed=request.seed))
    start = _start(maker, subject, request.seed)
    ground = hunt_ground(head, coil, start, operator, target_m)
    muscle = subject.person.muscles[0]
    percent = min(MOST_PERCENT, float(round(OUTPUT * muscle.threshold_percent())))
    session = VirtualSession(subject.person, subject.field_at, seed=request.seed)
    hunt = HotspotHunt(ground.space, request.settings())
    progress("hunting", 0.0)
    steps, counted = _played(session, ground, hunt, percent)
    return _scored(request, ground, hunt, subject, session, (steps, counted, percent))


def _operator(
    request: HuntRehearsal, head: Head, target_m: FloatArray, progress: Progress
) -> FieldOperator:
    progress("the head's operator", 0.0)
    if request.operator is not None:
        return load_operator(request.operator, head)
    return sphere_operator(head, request.coil.load(), target_m)


def _start(maker: SubjectMaker, subject: HeadedSubject, seed: int) -> Pose:
    """Begin 15 mm and 30° off, in a direction of chance."""
    rng = np.random.default_rng([seed, 13])
    way, side = rng.uniform(0, 2 * np.pi), rng.choice([-1.0, 1.0])
    shift_m = OFF_M * np.array([np.cos(way), np.sin(way)])
    there = Pose(slid(maker.head, subject.best_m[0], shift_m, float(side * OFF_RAD)))
    return raise_until_clear(maker.head, maker.coil, there)[0]


def _played(
    session: VirtualSession, ground: HuntGround, hunt: HotspotHunt, percent: float
) -> tuple[list[HotspotStep], list[int]]:
    """Hunt; pulses on a tense muscle are given again, as at an amplifier."""
    steps, counted = [], []
    while (at := hunt.propose()) is not None and session.pulses < MOST_PULSES:
        pose_m = ground.grid.poses_m[at]
        seen = session.pulse(pose_m, percent)
        if seen.baseline_v[0] > BASELINE_LIMIT_V:
            continue
        held = None if seen.held_m is None else matrix_of(seen.held_m)
        trial = HotspotTrial(
            pulse=len(steps) + 1,
            proposed=matrix_of(pose_m),
            matsimnibs=held,
            mep_uv=round(uv_from_v(float(seen.mep_v[0])), 2),
        )
        put_trial(ground, hunt, trial)
        steps.append(step_of(ground, hunt, trial))
        counted.append(session.pulses - 1)
    return steps, counted


def _scored(
    request: HuntRehearsal,
    ground: HuntGround,
    hunt: HotspotHunt,
    subject: HeadedSubject,
    session: VirtualSession,
    played: tuple[list[HotspotStep], list[int], float],
) -> RehearsedHunt:
    steps, counted, percent = played
    found, record = hunt.result(), hotspot_record(ground, hunt)
    truth = ground.grid.coordinates(subject.best_m[[0]])[0]
    off_m, turned_rad = (float(x[0]) for x in away_from(
        found.best[None], truth, ground.space.period_rad))  # fmt: skip
    muscle = subject.person.muscles[0]
    e = subject.field_at(ground.pose_at(found.best)[None])
    here = subject.person.felt_percent(e, np.array([percent]))[0, 0]
    at_best, at_found = muscle.median_v(np.array([percent, min(here, percent)]))
    happened = session.truth().happenings
    off_mm, off_deg = mm_from_m(off_m), float(np.degrees(turned_rad))
    lost = 100 * float(1 - at_found / at_best)
    return RehearsedHunt(
        seed=request.seed,
        by=request.method,
        head=ground.head.name,
        coil=ground.coil.name,
        output_percent=percent,
        steps=steps,
        causes=[happened[k].cause for k in counted],
        given_again=len(happened) - len(counted),
        hotspot=record,
        truth=matrix_of(subject.best_m[0]),
        truth_mm=numbers(mm_from_m(truth[:2]), 1),
        truth_deg=round(float(np.degrees(wrapped(truth[2], 2 * np.pi))), 1) + 0.0,
        error_mm=round(off_mm, 1),
        error_deg=round(off_deg, 1),
        lost_percent=round(lost, 1),
        held_mm=bool(off_m <= found.radius_m),
        held_deg=bool(turned_rad <= found.turn_rad),
        minutes=round(len(happened) * SECONDS_APART / 60, 1),
        words=_words(off_mm, off_deg, lost, found.radius_m < off_m),
    )


def _words(off_mm: float, off_deg: float, lost: float, outside: bool) -> list[str]:  # noqa: FBT001 - private
    """Say how it went, as a teacher would."""
    if off_mm <= GOOD_MM:
        told = [f"The place is within {GOOD_MM:g} mm: better than people find theirs again."]
    elif off_mm <= FAIR_MM:
        told = [f"The place is {off_mm:.1f} mm off: as people find their own again by hand."]
    else:
        told = [f"The place is {off_mm:.1f} mm off: more than people's own repeats."]
    told.append(f"Turned by {off_deg:.0f}°; {lost:.0f} % of the response is lost there.")
    if outside:
        told.append("The region in mm does not hold the truth.")
    return told
