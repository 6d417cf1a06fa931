"""Virtual subjects in front of hunts: many people on one head, each with its own start."""

from dataclasses import replace
from functools import cached_property
from typing import Literal

import numpy as np

from cortistim.coil import Coil
from cortistim.errors import BadInputError, quoted
from cortistim.field import FieldOperator
from cortistim.field.operator.basis import BATCH, potentials_t_m
from cortistim.head import Head
from cortistim.mapping.hotspot import HuntSpace
from cortistim.mapping.hotspot.simulate import HuntCase
from cortistim.mapping.hotspot.sliding import Sliding
from cortistim.mapping.hotspot.space import wrapped
from cortistim.placement import Pose
from cortistim.study.mapping.fields import fields_of
from cortistim.study.mapping.ground import HuntGround, SiteViews, hunt_ground
from cortistim.study.mapping.pose_grid import GridSettings
from cortistim.study.mapping.virtual import (
    TARGET,
    HeadedSubject,
    SubjectMaker,
    SubjectRequest,
)
from cortistim.typing import FloatArray, IntArray

Physics = Literal["right", "shifted", "uncharged"]
PHYSICS = {
    "right": "the field is that of the subject",
    "shifted": "the head is registered 10 mm off, in a direction of chance",
    "uncharged": "the field without the charges at the head's boundaries, as in free space",
}
"""What the hunter believes; the last two are wrong on purpose."""
OFF_M, OFF_RAD = 0.015, float(np.radians(30.0))
SHIFT_M = 0.01
RADIUS_M = 0.03
WHOLE = GridSettings(radius_m=0.048, turn_rad=float(np.pi))
OUTPUT = 1.2  # of the threshold at the best pose: what hunts are done at


class CaseMaker:
    """Makes cases of one head, operator and coil.

    Parameters
    ----------
    head, operator, coil : Head, FieldOperator, Coil
        What all subjects share; the operator is the head's.
    target : str, optional
        Around which the muscle lies.
    settings : GridSettings, optional
        Of all candidates; every subject's hunt takes a part of them.
    radius_m : float [m], optional
        Of that part.

    Raises
    ------
    BadInputError
        When operator and head do not fit, or the operator has no points at the target.
    """

    def __init__(
        self,
        head: Head,
        operator: FieldOperator,
        coil: Coil,
        *,
        target: str = TARGET,
        settings: GridSettings = WHOLE,
        radius_m: float = RADIUS_M,
    ) -> None:
        self.maker = SubjectMaker(head, operator, coil, target=target)
        self.operator, self.coil, self.radius_m = operator, coil, radius_m
        centre_m, start = self.maker.centre_m, self.maker.start
        self.ground: HuntGround = hunt_ground(
            head, coil, start, operator, centre_m, "biphasic", settings
        )

    @property
    def views(self) -> SiteViews:
        """Places where the muscle may lie, as the hunter sees them."""
        views = self.ground.views
        if views is None:
            msg = "hunts on virtual subjects need an operator."
            raise BadInputError(msg)
        return views

    @cached_property
    def _felt(self) -> FloatArray:
        """Views at all candidates, log10 of V/m."""
        space = self.ground.space
        if space.log_felt is None:
            return np.zeros((space.size, 0))
        return space.log_felt + self.views.top.astype(np.float32)

    @cached_property
    def _uncharged(self) -> FloatArray:
        """The same without the field of the charges: minus the vector potential."""
        views, poses_m = self.views, self.ground.grid.poses_m
        rows = []
        for first in range(0, len(poses_m), BATCH):
            poses = [Pose(m) for m in poses_m[first : first + BATCH]]
            e = -1e6 * potentials_t_m(self.coil, poses, views.places_m)
            size = np.maximum(np.linalg.norm(e, axis=2), 1e-9)
            cosine = np.einsum("pnx,dx->pnd", e, views.directions) / size[..., None]
            felt = size[..., None] * views.preference.factor(cosine)
            rows.append(np.log10(felt).reshape(len(e), -1).astype(np.float32))
        return np.concatenate(rows)

    def subject(self, seed: int, generator: str = "goetz2019") -> HeadedSubject:
        """Draw a person; see `SubjectMaker`."""
        return self.maker.make(SubjectRequest(seed=seed, generator=generator))

    def case(
        self, seed: int, generator: str = "goetz2019", physics: Physics = "right"
    ) -> HuntCase:
        """Put a person in front of a hunt that begins 15 mm and 30° off.

        Parameters
        ----------
        seed : int
            Of the person, of the start and of all that happens.
        generator : str, optional
            Of responses.
        physics : {"right", "shifted", "uncharged"}, optional
            What the hunter believes.

        Returns
        -------
        HuntCase
            Output 120 % of the threshold at the best pose.

        Raises
        ------
        BadInputError
            When there is no such generator or belief.
        """
        if physics not in PHYSICS:
            msg = f"`physics` must be one of {', '.join(PHYSICS)}; got {quoted(physics)}."
            raise BadInputError(msg)
        subject = self.subject(seed, generator)
        rng = np.random.default_rng([seed, 13])
        best = self.ground.grid.coordinates(subject.best_m)[0]
        way, side = rng.uniform(0, 2 * np.pi), rng.choice([-1.0, 1.0])
        off = np.array([OFF_M * np.cos(way), OFF_M * np.sin(way), side * OFF_RAD])
        begin = self.ground.space.coordinates[self.ground.space.nearest(best + off)]
        chosen, part = self._part(begin)
        believed = self._believed(chosen, part, physics, rng)
        muscle = subject.person.muscles[0]
        e = fields_of(self.operator, self._shares[chosen], subject.field_at.points)
        felt = muscle.site.felt_v_per_m(e) / muscle.reference_v_per_m
        return HuntCase(
            space=believed,
            log_felt=np.log10(felt),
            best=np.array([*(best - begin)[:2], wrapped(best[2] - begin[2], 2 * np.pi)]),
            person=muscle.responses,
            percent=OUTPUT * muscle.threshold_percent(),
            seed=seed,
        )

    @cached_property
    def _shares(self) -> FloatArray:
        from cortistim.study.mapping.fields import pose_shares

        return pose_shares(self.operator, self.coil, self.ground.grid.poses_m)

    def _part(self, begin: FloatArray) -> tuple[IntArray, HuntSpace]:
        """Take the candidates around a start, with coordinates from there."""
        whole = self.ground.space
        away_m = np.linalg.norm(whole.places_m - begin[:2], axis=1)
        places = np.flatnonzero(away_m <= self.radius_m)
        places = places[np.argsort(away_m[places], kind="stable")]
        turn = wrapped(whole.turns_rad - begin[2], 2 * np.pi)
        turns = np.flatnonzero((turn > -np.pi / 2 - 1e-6) & (turn < np.pi / 2 - 1e-6))
        turns = turns[np.argsort(turn[turns], kind="stable")]
        new_place = np.full(len(whole.places_m), -1)
        new_place[places] = np.arange(len(places))
        new_turn = np.full(len(whole.turns_rad), -1)
        new_turn[turns] = np.arange(len(turns))
        chosen = np.flatnonzero((new_place[whole.place] >= 0) & (new_turn[whole.turn] >= 0))
        part = HuntSpace(
            whole.places_m[places] - begin[:2],
            turn[turns],
            new_place[whole.place[chosen]],
            new_turn[whole.turn[chosen]],
        )
        return chosen, part

    def _believed(
        self, chosen: IntArray, part: HuntSpace, physics: str, rng: np.random.Generator
    ) -> HuntSpace:
        felt = self._uncharged if physics == "uncharged" else self._felt
        if physics == "shifted":
            way = rng.uniform(0, 2 * np.pi)
            felt = self._shifted(chosen, SHIFT_M * np.array([np.cos(way), np.sin(way)]))
        else:
            felt = felt[chosen]
        top = felt.max(axis=0)
        return replace(part, log_felt=felt - top, log_prior=self.views.log_prior)

    def _shifted(self, chosen: IntArray, shift_m: FloatArray) -> FloatArray:
        """Read the views where a head that is registered wrongly would put the coil."""
        space, sliding = self.ground.space, Sliding(self.ground.space)
        rows = []
        for at in chosen:
            there = space.coordinates[at] + [*shift_m, 0.0]
            rows.append(sliding.at(self._felt, there))
        return np.array(rows)
