"""What a user asks of a pose, and the objective that it becomes on the points of a head."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.spatial import KDTree

from cortistim.errors import BadInputError, quoted
from cortistim.head.head import Head
from cortistim.targeting.objectives import (
    Avoidance,
    Component,
    Focality,
    MeanStrength,
    Objective,
    Percentile,
)
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m

Name = Literal["mean", "component", "percentile", "focality", "avoid"]
NAMES: tuple[str, ...] = get_args(Name)
NEEDS_OPERATOR = ("focality", "avoid")
STANDS_FOR_M = 0.005  # a vertex of the cortex counts for a point no farther away than this
LEAST_CORTEX = 0.5


@dataclass(frozen=True, slots=True)
class Region:
    """A ball.

    Parameters
    ----------
    centre_m : tuple of three floats [m]
        In subject space.
    radius_m : float [m]
        Its radius.
    """

    centre_m: tuple[float, float, float]
    radius_m: float

    def points(self, points_m: FloatArray) -> IntArray:
        """Return the indices of the points inside.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In subject space.

        Returns
        -------
        (n,) int array
            At least one.

        Raises
        ------
        BadInputError
            When there is none.
        """
        distance = np.linalg.norm(points_m - np.array(self.centre_m), axis=1)
        found = np.flatnonzero(distance <= self.radius_m)
        if len(found):
            return found
        place = ", ".join(f"{mm_from_m(v):.1f}" for v in self.centre_m)
        nearest_mm = mm_from_m(float(distance.min()))
        msg = (
            "a region must hold a point of the cortex; that of "
            f"{mm_from_m(self.radius_m):g} mm around ({place}) mm in subject space holds none, "
            f"the nearest is {nearest_mm:.1f} mm away. Move it or enlarge it."
        )
        raise BadInputError(msg)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a pose is chosen for.

    Parameters
    ----------
    name : {"mean", "component", "percentile", "focality", "avoid"}, optional
        The objective.
    direction : tuple of three floats, "normal" or None, optional
        For ``component``: in subject space, or into the cortex at each point.
    percent : float, optional
        For ``percentile``.
    fraction : float, optional
        For ``focality``: cortex counts as stimulated above this share of the target's mean.
    avoid : tuple of Region, optional
        For ``avoid`` and for the trade-off.
    least : float, optional
        For ``focality`` and ``avoid``: share of the strongest possible mean |E| that the
        target must keep, because both objectives ask for ratios alone.
    """

    name: Name = "mean"
    direction: tuple[float, float, float] | Literal["normal"] | None = None
    percent: float = 90.0
    fraction: float = 0.7
    avoid: tuple[Region, ...] = ()
    least: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        if self.name not in NAMES:
            msg = f"an objective must be one of {', '.join(NAMES)}; got {quoted(self.name)}."
            raise BadInputError(msg)
        if self.name == "component" and self.direction is None:
            msg = "objective component needs a direction (`direction`): x,y,z or normal."
            raise BadInputError(msg)
        if self.name != "component" and self.direction is not None:
            msg = f"a direction belongs to objective component; got {self.name}."
            raise BadInputError(msg)
        if not isinstance(self.direction, str | None):
            _require_direction(self.direction)
        if self.name == "avoid" and not self.avoid:
            msg = "objective avoid needs a region (`avoid`): x,y,z[,radius] in mm."
            raise BadInputError(msg)

    @property
    def words(self) -> str:
        """What is maximised or minimised."""
        along = "the cortex's normal, inward" if self.direction == "normal" else self.direction
        return {
            "mean": "mean |E| in the target, as large as possible",
            "component": f"mean component of E in the target along {along}, as large as "
            "possible",
            "percentile": f"{self.percent:g}th percentile of |E| in the target, as large as "
            "possible",
            "focality": f"cortical area with |E| above {100 * self.fraction:g} % of the "
            "target's mean, as small as possible",
            "avoid": "mean |E| in the target over that in the region to be avoided, as large "
            "as possible",
        }[self.name]

    def require_no_operator(self) -> None:
        """Refuse objectives that ask for more than the target's field.

        Raises
        ------
        BadInputError
            For ``focality`` and ``avoid``.
        """
        if self.name in NEEDS_OPERATOR:
            msg = (
                f"objective {self.name} asks for the field outside the target, which takes an "
                "operator (`operator`); build one with 'cortistim operator build'."
            )
            raise BadInputError(msg)

    def objective(self, head: Head, points_m: FloatArray, target: IntArray) -> Objective:
        """Make the objective.

        Parameters
        ----------
        head : Head
            With a cortex, for ``focality`` and for normals.
        points_m : (n_point, 3) array [m]
            Where E will be given.
        target : (n,) int array
            Which of them are the target.

        Returns
        -------
        Objective
            To be maximised.

        Raises
        ------
        BadInputError
            When a region holds no point, or the points leave out most of the cortex.
        """
        match self.name:
            case "component":
                return Component(target, self._directions(head, points_m[target]))
            case "percentile":
                return Percentile(target, self.percent)
            case "focality":
                return Focality(target, areas_m2(head, points_m), self.fraction)
            case "avoid":
                return Avoidance(target, self.avoided(points_m))
            case _:
                return MeanStrength(target)

    def avoided(self, points_m: FloatArray) -> tuple[IntArray, ...]:
        """Return the points of each region to be avoided."""
        return tuple(region.points(points_m) for region in self.avoid)

    def _directions(self, head: Head, points_m: FloatArray) -> FloatArray:
        if self.direction == "normal":
            _, nearest = KDTree(head.cortex.vertices_m).query(points_m)
            return -head.cortex.normals[nearest]
        return np.tile(np.array(self.direction, float), (len(points_m), 1))


def _require_direction(direction: tuple[float, float, float]) -> None:
    values = np.asarray(direction, float)
    if values.shape != (3,) or not np.isfinite(values).all() or not values.any():
        msg = f"a direction must be three finite numbers, not all zero; got {direction}."
        raise BadInputError(msg)


def areas_m2(head: Head, points_m: FloatArray) -> FloatArray:
    """Share the cortex's area out to points that stand for it.

    Parameters
    ----------
    head : Head
        With a cortex.
    points_m : (n_point, 3) array [m]
        On the cortex.

    Returns
    -------
    (n_point,) array
        Area of the vertices that are nearest to each point and within 5 mm of it.

    Raises
    ------
    BadInputError
        When less than half of the cortex is near a point.
    """
    cortex = head.cortex
    distance, nearest = map(np.asarray, KDTree(points_m).query(cortex.vertices_m))
    near = distance <= STANDS_FOR_M
    areas = cortex.vertex_areas_m2
    covered = areas[near].sum() / areas.sum()
    if covered < LEAST_CORTEX:
        msg = (
            "objective focality needs an operator whose points cover the cortex; these cover "
            f"{100 * covered:.0f} % of it. Build one without points of its own."
        )
        raise BadInputError(msg)
    # weighted, so that the counts are floating: NumPy's stubs say indices
    return np.asarray(np.bincount(nearest[near], areas[near], len(points_m)), float)
