"""What does not change while a session runs: head, coil, operator, target, plan, scale."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from scipy.spatial import KDTree

from cortistim.coil import Coil
from cortistim.errors import BadInputError, quoted
from cortistim.field import FieldOperator
from cortistim.field.bars import ErrorShares
from cortistim.field.target import FARTHEST_M, RADIUS_M
from cortistim.head import Head
from cortistim.placement import Pose, place_over, raise_until_clear
from cortistim.study.request.inputs import TargetPoint
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m

UNIT_DIDT_A_PER_S = 1e6
FEWEST_POINTS = 3
HANDLE_RAD = np.pi / 4  # the usual angle over motor cortex, where nothing else is asked for
ROOM = 1.1  # the scale's top over the strongest point under the first pose; assumed


@dataclass(frozen=True, eq=False)
class Scene:
    """A session's fixed parts.

    Parameters
    ----------
    head, coil : Head, Coil
        What is computed with.
    operator : FieldOperator
        Of this head.
    target : TargetPoint
        As asked for.
    plan : Pose or None
        Where the coil should be.
    first : Pose
        Where it is until a source says otherwise.
    avoid : tuple of TargetPoint
        What should get little.
    """

    head: Head
    coil: Coil
    operator: FieldOperator
    target: TargetPoint
    plan: Pose | None
    first: Pose
    avoid: tuple[TargetPoint, ...] = ()

    @classmethod
    def of(
        cls,
        head: Head,
        coil: Coil,
        operator: FieldOperator,
        target: TargetPoint,
        plan: Pose | None = None,
        avoid: tuple[TargetPoint, ...] = (),
    ) -> Self:
        """Check that the parts fit together and place the coil for a beginning.

        Parameters
        ----------
        head, coil : Head, Coil
            What is computed with.
        operator : FieldOperator
            Of this head.
        target : TargetPoint
            From `find_target`.
        plan : Pose, optional
            Where the coil should be.
        avoid : tuple of TargetPoint, optional
            What should get little.

        Returns
        -------
        Scene
            Ready.

        Raises
        ------
        BadInputError
            When the operator is of another head or has too few points at the target.
        PoseError
            When the coil fits nowhere over the target.
        """
        operator.origin.require(head)
        first = plan
        if first is None:
            first = place_over(head, target.point_m, handle_rad=HANDLE_RAD)
        clear, _ = raise_until_clear(head, coil, first)
        found = cls(head, coil, operator, target, plan, clear, avoid)
        for place in (target, *avoid):
            found._require_points(place)
        return found

    def _require_points(self, place: TargetPoint) -> None:
        radius_m = self.radius_at(place)
        if radius_m > FARTHEST_M:
            msg = (
                f"an operator needs {FEWEST_POINTS} points within "
                f"{mm_from_m(FARTHEST_M):.0f} mm of {quoted(place.name)}; the third is "
                f"{mm_from_m(radius_m):.0f} mm away. Build one with points there."
            )
            raise BadInputError(msg)

    def radius_at(self, place: TargetPoint) -> float:
        """Return the radius of a place's patch: as in a plan, wider where points are few.

        Parameters
        ----------
        place : TargetPoint
            The target, or what is to be avoided.

        Returns
        -------
        float [m]
            That holds three points at least.
        """
        off_m = np.linalg.norm(self.operator.points_m - place.point_m, axis=1)
        return max(RADIUS_M, float(np.sort(off_m)[:FEWEST_POINTS][-1]))

    def points_at(self, place: TargetPoint) -> IntArray:
        """Return the points of the operator within a place's patch."""
        off_m = np.linalg.norm(self.operator.points_m - place.point_m, axis=1)
        return np.flatnonzero(off_m <= self.radius_at(place))

    @cached_property
    def radius_m(self) -> float:
        """Radius of the target's patch: as in a plan, wider where the operator is coarse."""
        return self.radius_at(self.target)

    @cached_property
    def near(self) -> IntArray:
        """Points of the operator within the target's patch."""
        return self.points_at(self.target)

    @cached_property
    def near_avoided(self) -> tuple[IntArray, ...]:
        """Points of the operator within the patch of each place to avoid."""
        return tuple(self.points_at(place) for place in self.avoid)

    @cached_property
    def patch(self) -> FieldOperator:
        """The operator at the target's points alone, for many poses at little cost."""
        whole, near = self.operator, self.near
        fields = whole.fields_v_per_m.reshape(len(whole.points_m), 3, -1)[near]
        return replace(
            whole,
            points_m=whole.points_m[near],
            fields_v_per_m=fields.reshape(3 * len(near), -1),
            shares=ErrorShares(whole.shares.maps[near], whole.shares.around[near]),
        )

    @cached_property
    def areas_m2(self) -> FloatArray:
        """Cortex area that each point of the operator stands for, (n_point,)."""
        cortex = self.head.cortex
        nearest = KDTree(self.operator.points_m).query(cortex.vertices_m)[1]
        count = len(self.operator.points_m)
        areas_m2 = np.bincount(nearest, weights=cortex.vertex_areas_m2, minlength=count)
        return areas_m2.astype(float)

    def scale_v_per_m(self, didt_a_per_s: float) -> float:
        """Choose the top of the scale for a session.

        Parameters
        ----------
        didt_a_per_s : float [A/s]
            Rate of the coil's current.

        Returns
        -------
        float
            V/m, of two digits: what the first pose does at its strongest point, and a tenth.
        """
        e_v_per_m, _ = self.operator.evaluate_with_missed(
            self.coil, [self.first], didt_a_per_s=didt_a_per_s
        )
        strongest = ROOM * float(np.linalg.norm(e_v_per_m[0], axis=1).max())
        step = 10.0 ** (np.floor(np.log10(max(strongest, 1e-12))) - 1)
        return float(np.ceil(strongest / step) * step)
