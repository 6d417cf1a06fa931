"""Depth and spread of a coil's field in the sphere of Deng, Lisanby & Peterchev (2013).

A homogeneous head of 85 mm radius holds a brain of 70 mm. The field there does not depend on
the conductivity. The region where |E| is at least half of its largest value in the brain has
the volume V1/2 and reaches d1/2 below the brain's surface; S1/2 = V1/2 / d1/2 is its spread.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cortistim.coil.casing import surface_samples_m
from cortistim.coil.coil import Coil
from cortistim.coil.current import SampledPotential, Segments
from cortistim.coil.point_currents import PointCurrents
from cortistim.errors import BadInputError
from cortistim.field.analytic.sphere import sphere_field_v_per_m
from cortistim.placement.pose import Pose
from cortistim.typing import FloatArray
from cortistim.units import a_per_s_from_a_per_us, m_from_mm

Size = Callable[[FloatArray, FloatArray | float], FloatArray]

HEAD_M, BRAIN_M = 0.085, 0.070
FINE, COARSE = 90, 60  # directions between the poles, on the surface and below it
N_LEVEL = 25
DEEPEST_M = 0.065
JOINED_M, LONGEST_M = 1e-5, 5e-3
LIFT_STEP_M = 0.5e-3
HIGHEST_LIFT_M = 0.15


@dataclass(frozen=True, slots=True)
class PublishedCoil:
    """One of the fifty coils, as published.

    Parameters
    ----------
    number : int
        In the paper.
    name : str
        What it is.
    depth_m : float [m]
        d1/2.
    spread_m2 : float
        S1/2 in m².
    e_max_v_per_m : float [V/m]
        Largest field for 1 A/µs, on the head's surface by all appearance.
    """

    number: int
    name: str
    depth_m: float
    spread_m2: float
    e_max_v_per_m: float


def _row(
    number: int, name: str, e_max: float, depth_cm: float, spread_cm2: float
) -> PublishedCoil:
    return PublishedCoil(number, name, m_from_mm(10 * depth_cm), spread_cm2 * 1e-4, e_max)


PUBLISHED = (
    _row(4, "Magstim 70 mm circular", 2.72, 1.44, 66.0),
    _row(5, "90 mm circular", 2.74, 1.74, 87.4),
    _row(6, "Magstim MST animal circular", 2.89, 1.53, 72.7),
    _row(9, "Brainsway H1", 2.54, 2.14, 113),
    _row(20, "MRI z-gradient, Helmholtz", 0.043, 3.49, 273),
    _row(25, "Magstim 25 mm figure-8", 2.88, 0.96, 6.46),
    _row(29, "MagVenture C-B60", 2.13, 1.33, 12.9),
    _row(30, "MagVenture MC-B70", 2.82, 1.35, 13.9),
    _row(31, "Magstim 70 mm figure-8", 3.02, 1.41, 14.8),
    _row(34, "Neuronetics iron core figure-8", 4.91, 1.49, 17.3),
    _row(49, "MRI z-gradient, Maxwell", 0.008, 2.07, 240),
    _row(50, "MRI x/y-gradient, Golay", 0.015, 2.02, 158),
)


@dataclass(frozen=True, slots=True)
class DepthAndSpread:
    """A coil's field in the sphere, for 1 A/µs.

    Parameters
    ----------
    e_cortex_v_per_m : float [V/m]
        Largest field in the brain, which is on its surface.
    e_head_v_per_m : float [V/m]
        Largest field on the head's surface.
    depth_m : float [m]
        d1/2.
    volume_m3 : float
        V1/2 in m³.
    lift_m : float [m]
        How far the coil had to be lifted to stay outside the head.
    """

    e_cortex_v_per_m: float
    e_head_v_per_m: float
    depth_m: float
    volume_m3: float
    lift_m: float

    @property
    def spread_m2(self) -> float:
        """S1/2 = V1/2 / d1/2, in m²."""
        return self.volume_m3 / self.depth_m


def depth_and_spread(coil: Coil) -> DepthAndSpread:
    """Measure a coil's field in the sphere.

    The coil's face touches the head, its axis points to the centre; one that is bent round
    the head is lifted until it is outside. Directions are sampled every 2° on the brain's
    surface and 3° elsewhere, depths every 2.7 mm with interpolation between: d1/2 to about
    1 %, V1/2 to about 2 %.

    Parameters
    ----------
    coil : Coil
        Of dipoles or wire.

    Returns
    -------
    DepthAndSpread
        At 1 A/µs.

    Raises
    ------
    BadInputError
        When the coil is known on a grid only, or stays inside the head however it is lifted.
    """
    lift_m = lift_outside_m(coil)
    coil = for_far_away(coil)
    pose = pose_over_sphere(lift_m)
    didt = float(a_per_s_from_a_per_us(1.0))

    def size(directions: FloatArray, radius_m: FloatArray | float) -> FloatArray:
        points_m = directions * np.expand_dims(radius_m, -1)
        return np.linalg.norm(
            sphere_field_v_per_m(points_m, coil, pose, didt_a_per_s=didt), axis=1
        )

    fine, _ = _directions(FINE)
    on_cortex = size(fine, BRAIN_M)
    strongest = float(on_cortex.max())
    directions, solid_angle = _directions(COARSE)
    wide = size(directions, BRAIN_M) >= strongest / 2
    chosen = np.vstack([directions[wide], fine[[int(on_cortex.argmax())]]])
    half_m = _half_value_radii_m(chosen, strongest, size)
    volume_m3 = float((solid_angle[wide] * (BRAIN_M**3 - half_m[:-1] ** 3)).sum() / 3)
    return DepthAndSpread(
        strongest,
        float(size(directions, HEAD_M).max()),
        float(BRAIN_M - half_m.min()),
        volume_m3,
        lift_m,
    )


def for_far_away(coil: Coil) -> Coil:
    """Return a coil whose wire is in pieces as long as nobody can tell from the brain.

    Parameters
    ----------
    coil : Coil
        Any.

    Returns
    -------
    Coil
        The same where it has no wire.
    """
    return replace(coil, further=tuple(_coarser(part) for part in coil.further))


def pose_over_sphere(lift_m: float) -> Pose:
    """Put a coil on top of the head, its axis to the centre.

    Parameters
    ----------
    lift_m : float [m]
        From the head to the coil's face.

    Returns
    -------
    Pose
        x as the head's x, z downward.
    """
    matrix_m = np.diag([1.0, -1.0, -1.0, 1.0])
    matrix_m[2, 3] = HEAD_M + lift_m
    return Pose(matrix_m)


def _directions(count: int) -> tuple[FloatArray, FloatArray]:
    """Return unit vectors on rings around +z and the solid angle that each stands for."""
    edges = np.cos(np.linspace(0, np.pi, count + 1))
    theta = (np.arange(count) + 0.5) * np.pi / count
    phi = np.arange(2 * count) * np.pi / count
    t, p = (grid.ravel() for grid in np.meshgrid(theta, phi, indexing="ij"))
    vectors = np.column_stack([np.sin(t) * np.cos(p), np.sin(t) * np.sin(p), np.cos(t)])
    ring = (edges[:-1] - edges[1:]) * np.pi / count
    return vectors, np.repeat(ring, len(phi))


def _half_value_radii_m(directions: FloatArray, strongest: float, size: Size) -> FloatArray:
    """Find where |E| falls to half of the strongest along each direction."""
    radii_m = np.linspace(BRAIN_M, BRAIN_M - DEEPEST_M, N_LEVEL)
    table = np.stack([size(directions, radius_m) for radius_m in radii_m], axis=1)
    below = table < strongest / 2
    first = np.where(below.any(axis=1), below.argmax(axis=1), N_LEVEL - 1)
    row = np.arange(len(table))
    before = np.maximum(first - 1, 0)
    high, low = (np.log(np.maximum(table[row, k], 1e-12)) for k in (before, first))
    share = (high - np.log(strongest / 2)) / np.where(high > low, high - low, 1.0)
    step_m = radii_m[0] - radii_m[1]
    return radii_m[before] - np.clip(share, 0, 1) * step_m


def _coarser(
    part: Segments | SampledPotential | PointCurrents,
) -> Segments | SampledPotential | PointCurrents:
    """Join neighbouring pieces of wire up to 5 mm: far enough away nobody can tell."""
    if not isinstance(part, Segments):
        return part
    start_m, end_m = (part.centres_m + sign / 2 * part.vectors_m for sign in (-1, 1))
    breaks = np.linalg.norm(start_m[1:] - end_m[:-1], axis=1) > JOINED_M
    length_m = np.maximum(np.linalg.norm(part.vectors_m, axis=1), 1e-12)
    bins = np.floor(np.cumsum(length_m) / LONGEST_M).astype(int)
    first = np.concatenate([[True], breaks | (np.diff(bins) > 0)])
    at = np.flatnonzero(first)
    weight = np.add.reduceat(length_m, at)[:, None]
    centres_m = np.add.reduceat(part.centres_m * length_m[:, None], at) / weight
    return replace(part, centres_m=centres_m, vectors_m=np.add.reduceat(part.vectors_m, at))


def lift_outside_m(coil: Coil) -> float:
    """Find the least lift, in steps of 0.5 mm, that keeps coil and casing outside the head.

    Parameters
    ----------
    coil : Coil
        Its axis points to the centre.

    Returns
    -------
    float
        In metres; 0 where the face touches the head.

    Raises
    ------
    BadInputError
        When it stays inside however it is lifted.
    """
    casing = coil.casing
    samples_m = surface_samples_m(casing.vertices_m, casing.triangles, 3e-3)
    solid_m = np.vstack([samples_m, coil.copper_m])
    for step in range(int(HIGHEST_LIFT_M / LIFT_STEP_M)):
        lift_m = step * LIFT_STEP_M
        depth_m = HEAD_M + lift_m - solid_m[:, 2]
        nearest_m = np.sqrt(solid_m[:, 0] ** 2 + solid_m[:, 1] ** 2 + depth_m**2).min()
        if nearest_m >= HEAD_M - 1e-6:
            return lift_m
    msg = (
        f"a coil must fit outside a head of {HEAD_M * 1e3:.0f} mm radius; {coil.name} does not "
        f"when lifted by {HIGHEST_LIFT_M * 1e3:.0f} mm. Check its z axis and units."
    )
    raise BadInputError(msg)
