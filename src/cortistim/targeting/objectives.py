"""What a pose is rated by: functions of E at points, with their derivatives.

Every objective is to be made as large as possible; ``sign`` is -1 where people quote the
number that should be small. ``value`` takes E of many poses at once, ``slope`` of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import assign, freeze, frozen, unit
from cortistim.typing import FloatArray, IntArray

SHARPNESS = 0.1  # relative width of the step from "not stimulated" to "stimulated"
STIFFNESS = 10.0
TINY = 1e-12  # V/m; keeps the ratios of a coil without a field finite


class Objective(Protocol):
    """What a search maximises."""

    name: ClassVar[str]
    unit: ClassVar[str]
    sign: ClassVar[int]

    def value(self, e_v_per_m: FloatArray) -> FloatArray:
        """Rate E of many poses, (n_pose, n_point, 3), as (n_pose,)."""
        ...

    def slope(self, e_v_per_m: FloatArray) -> FloatArray:
        """Differentiate the value of one pose by its E, (n_point, 3)."""
        ...


def strength(e_v_per_m: FloatArray) -> FloatArray:
    """Return |E|."""
    return np.linalg.norm(e_v_per_m, axis=-1)


@dataclass(frozen=True, eq=False)
class MeanStrength:
    """Mean |E| over some points.

    Parameters
    ----------
    points : (n,) int array or slice
        Which of the points that E is given at.
    """

    points: IntArray | slice = field(default_factory=lambda: slice(None))
    name: ClassVar[str] = "mean"
    unit: ClassVar[str] = "V/m"
    sign: ClassVar[int] = 1

    def value(self, e_v_per_m: FloatArray) -> FloatArray:
        """Rate E of many poses."""
        return strength(e_v_per_m[..., self.points, :]).mean(axis=-1)

    def slope(self, e_v_per_m: FloatArray) -> FloatArray:
        """Differentiate by E."""
        out = np.zeros_like(e_v_per_m)
        chosen = e_v_per_m[self.points]
        out[self.points] = unit(chosen) / len(chosen)
        return out


@dataclass(frozen=True, eq=False)
class Component:
    """Mean component of E along directions.

    Parameters
    ----------
    points : (n,) int array
        Which of the points that E is given at.
    directions : (n, 3) array
        Unit vectors; the opposite field rates negative.
    """

    points: IntArray
    directions: FloatArray
    name: ClassVar[str] = "component"
    unit: ClassVar[str] = "V/m"
    sign: ClassVar[int] = 1

    def __post_init__(self) -> None:
        """Freeze the directions."""
        assign(self, directions=frozen(unit(self.directions)))

    def value(self, e_v_per_m: FloatArray) -> FloatArray:
        """Rate E of many poses."""
        chosen = e_v_per_m[..., self.points, :]
        return np.einsum("...ni,ni->...", chosen, self.directions) / len(self.points)

    def slope(self, e_v_per_m: FloatArray) -> FloatArray:
        """Differentiate by E."""
        out = np.zeros_like(e_v_per_m)
        out[self.points] = self.directions / len(self.points)
        return out


@dataclass(frozen=True, eq=False)
class Percentile:
    """A percentile of |E| over some points, linear between the two nearest of them.

    Parameters
    ----------
    points : (n,) int array
        Which of the points that E is given at.
    percent : float
        0 to 100.
    """

    points: IntArray
    percent: float = 90.0
    name: ClassVar[str] = "percentile"
    unit: ClassVar[str] = "V/m"
    sign: ClassVar[int] = 1

    def __post_init__(self) -> None:
        """Refuse what is no percentile."""
        if not 0 <= self.percent <= 100:
            msg = f"a percentile must be from 0 to 100; got {self.percent}."
            raise BadInputError(msg)

    def value(self, e_v_per_m: FloatArray) -> FloatArray:
        """Rate E of many poses."""
        return np.percentile(strength(e_v_per_m[..., self.points, :]), self.percent, axis=-1)

    def slope(self, e_v_per_m: FloatArray) -> FloatArray:
        """Differentiate by E."""
        out = np.zeros_like(e_v_per_m)
        order = self.points[np.argsort(strength(e_v_per_m[self.points]), kind="stable")]
        place = self.percent / 100 * (len(order) - 1)
        low = int(place)
        high = min(low + 1, len(order) - 1)
        out[order[low]] += (1 - (place - low)) * unit(e_v_per_m[order[low]])
        out[order[high]] += (place - low) * unit(e_v_per_m[order[high]])
        return out


@dataclass(frozen=True, eq=False)
class Focality:
    """Minus the area in which |E| exceeds a share of its mean in the target.

    The step at the threshold is a logistic function, so that the area changes smoothly with
    the pose. Multiplying the current changes nothing.

    Parameters
    ----------
    target : (n,) int array
        Points of the target.
    areas_m2 : (n_point,) array
        Area that each point stands for, zero where it does not count.
    fraction : float
        Of the mean |E| in the target.
    """

    target: IntArray
    areas_m2: FloatArray
    fraction: float = 0.7
    name: ClassVar[str] = "focality"
    unit: ClassVar[str] = "m2"
    sign: ClassVar[int] = -1

    def __post_init__(self) -> None:
        """Freeze the areas."""
        freeze(self, "areas_m2")

    def value(self, e_v_per_m: FloatArray) -> FloatArray:
        """Rate E of many poses."""
        return -(self._exceeded(e_v_per_m) @ self.areas_m2)

    def slope(self, e_v_per_m: FloatArray) -> FloatArray:
        """Differentiate by E."""
        share = self._exceeded(e_v_per_m)
        size, mean = strength(e_v_per_m), self._mean(e_v_per_m)
        steep = self.areas_m2 * share * (1 - share) / (SHARPNESS * self.fraction * mean)
        by_mean = -(steep @ size) / mean
        own = -steep[:, None] * unit(e_v_per_m)
        return own - by_mean * MeanStrength(self.target).slope(e_v_per_m)

    def _mean(self, e_v_per_m: FloatArray) -> FloatArray:
        return MeanStrength(self.target).value(e_v_per_m) + TINY

    def _exceeded(self, e_v_per_m: FloatArray) -> FloatArray:
        """How far each point is stimulated, 0 to 1."""
        relative = strength(e_v_per_m) / (self.fraction * self._mean(e_v_per_m)[..., None])
        return 1 / (1 + np.exp(-np.clip((relative - 1) / SHARPNESS, -50, 50)))


@dataclass(frozen=True, eq=False)
class Avoidance:
    """Mean |E| in the target over that in the region to be avoided that gets most.

    Parameters
    ----------
    target : (n,) int array
        Points of the target.
    regions : sequence of (n,) int arrays
        Points of the regions to be avoided.
    """

    target: IntArray
    regions: Sequence[IntArray]
    name: ClassVar[str] = "avoid"
    unit: ClassVar[str] = "1"
    sign: ClassVar[int] = 1

    def value(self, e_v_per_m: FloatArray) -> FloatArray:
        """Rate E of many poses."""
        return MeanStrength(self.target).value(e_v_per_m) / self.avoided(e_v_per_m)

    def avoided(self, e_v_per_m: FloatArray) -> FloatArray:
        """Return the mean |E| of the region that gets most, in V/m."""
        means = [MeanStrength(region).value(e_v_per_m) for region in self.regions]
        return np.max(means, axis=0) + TINY

    def slope(self, e_v_per_m: FloatArray) -> FloatArray:
        """Differentiate by E."""
        means = [float(MeanStrength(region).value(e_v_per_m)) for region in self.regions]
        worst = int(np.argmax(means))
        below = means[worst] + TINY
        above = float(MeanStrength(self.target).value(e_v_per_m))
        gain = MeanStrength(self.target).slope(e_v_per_m)
        cost = MeanStrength(self.regions[worst]).slope(e_v_per_m)
        return gain / below - above / below**2 * cost


@dataclass(frozen=True, eq=False)
class Guarded:
    """An objective with a price on poses that give the target too little.

    Parameters
    ----------
    objective : Objective
        What is maximised.
    target : (n,) int array
        Points of the target.
    least_v_per_m : float [V/m]
        Mean |E| that the target should get; below it the price grows with the square of
        what is missing.
    scale : float
        Typical size of the objective.
    """

    objective: Objective
    target: IntArray
    least_v_per_m: float
    scale: float
    name: ClassVar[str] = "guarded"
    unit: ClassVar[str] = ""
    sign: ClassVar[int] = 1

    def value(self, e_v_per_m: FloatArray) -> FloatArray:
        """Rate E of many poses."""
        price = STIFFNESS * self.scale * self._missing(e_v_per_m) ** 2
        return self.objective.value(e_v_per_m) - price

    def slope(self, e_v_per_m: FloatArray) -> FloatArray:
        """Differentiate by E."""
        missing = float(self._missing(e_v_per_m))
        by_mean = 2 * STIFFNESS * self.scale * missing / self.least_v_per_m
        gain = MeanStrength(self.target).slope(e_v_per_m)
        return self.objective.slope(e_v_per_m) + by_mean * gain

    def _missing(self, e_v_per_m: FloatArray) -> FloatArray:
        given = MeanStrength(self.target).value(e_v_per_m)
        return np.maximum(0, 1 - given / self.least_v_per_m)
