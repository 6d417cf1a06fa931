"""Stand-in heads under a coil: where brain and scalp can be, without any head.

Ellipsoids of the size of a head, touched by the coil at any place above the ears, turned any
way. They serve to ask where a coil's field has to be right; nothing is aimed on them.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.coil.casing import surface_samples_m
from cortistim.coil.coil import Coil
from cortistim.errors import BadInputError
from cortistim.typing import FloatArray

# Half the width, length and height of an adult's scalp above the ears, assumed; scaled by up
# to 15 % down and 10 % up, axis by axis, to cover a child's and a large man's.
AXES_M = np.array([0.080, 0.100, 0.090])
SMALLEST, LARGEST = 0.85, 1.10
BRAIN_DEPTH_M = 0.008  # below the scalp: less than scalp, skull and CSF of any adult, assumed
LOWEST = -0.3  # of the unit sphere: coils go down to the ears, not to the neck
FARTHEST_M = 0.008  # from casing to scalp where it touches nothing
HIGHEST_LIFT_M = 0.08  # a coil farther off is not used there
DRAWN = 3  # times as many poses as wanted: those that fit the head best are kept
MOST_DRAWN = 50
POINTS = 300  # on each surface, some 16 mm apart
SOLID_M = 4e-3
SAMPLES_M = 6e-3


class FitsNoHeadError(BadInputError):
    """A coil that cannot be put on any stand-in head."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A stand-in head under a coil, in the coil's frame.

    Parameters
    ----------
    brain_m, scalp_m : (n_point, 3) arrays [m]
        Their surfaces.
    lift_m : float [m]
        How far the coil had to be lifted to be clear.
    """

    brain_m: FloatArray
    scalp_m: FloatArray
    lift_m: float


def scenes(coil: Coil, count: int, *, seed: int) -> list[Scene]:
    """Put a coil on stand-in heads.

    Parameters
    ----------
    coil : Coil
        With a casing.
    count : int
        How many.
    seed : int
        Other scenes for other seeds.

    Returns
    -------
    list of Scene
        The coil touches each, or stands up to 8 mm off.

    Raises
    ------
    FitsNoHeadError
        When the coil fits on no head.
    """
    rng = np.random.default_rng(seed)
    solid_m = _solid_m(coil)
    drawn = (_scene(solid_m, rng) for _ in range(MOST_DRAWN * count))
    found: list[Scene] = []
    for scene in drawn:
        if scene is not None:
            found.append(scene)
        if len(found) == DRAWN * count:
            break
    if len(found) < count:
        msg = (
            f"a coil must fit on a head; {coil.name} touches one even "
            f"{1e3 * HIGHEST_LIFT_M:.0f} mm above it. Is its z axis pointing into the head?"
        )
        raise FitsNoHeadError(msg)
    return sorted(found, key=lambda scene: scene.lift_m)[:count]


def _scene(solid_m: FloatArray, rng: np.random.Generator) -> Scene | None:
    axes_m = AXES_M * rng.uniform(SMALLEST, LARGEST, 3)
    place = _direction(rng)
    while place[2] < LOWEST:
        place = _direction(rng)
    normal = place / axes_m
    normal /= np.linalg.norm(normal)
    y = np.cross(normal, _direction(rng))
    y /= np.linalg.norm(y)
    subject_from_coil = np.column_stack([np.cross(y, -normal), y, -normal])
    origin_m = axes_m * place + rng.uniform(0, FARTHEST_M) * normal
    lift_m = _lift_m((solid_m @ subject_from_coil.T + origin_m) / axes_m, normal / axes_m)
    if lift_m > HIGHEST_LIFT_M:
        return None
    origin_m = origin_m + lift_m * normal
    sphere = _fibonacci()
    brain_m, scalp_m = (
        (sphere * (axes_m - depth_m) - origin_m) @ subject_from_coil
        for depth_m in (BRAIN_DEPTH_M, 0.0)
    )
    return Scene(brain_m, scalp_m, lift_m)


def _lift_m(places: FloatArray, along: FloatArray) -> float:
    """Where the last of the points leaves the unit sphere when all move along a line."""
    a, b = float(along @ along), places @ along
    inside = b**2 - a * ((places**2).sum(axis=1) - 1)
    meets = inside > 0
    return float(((-b[meets] + np.sqrt(inside[meets])) / a).max(initial=0.0))


def _direction(rng: np.random.Generator) -> FloatArray:
    vector = rng.normal(size=3)
    return vector / np.linalg.norm(vector)


def _fibonacci() -> FloatArray:
    """Points spread evenly on the unit sphere, (n, 3)."""
    k = np.arange(POINTS) + 0.5
    z, angle = 1 - 2 * k / POINTS, np.pi * (1 + np.sqrt(5)) * k
    rho = np.sqrt(1 - z**2)
    return np.column_stack([rho * np.cos(angle), rho * np.sin(angle), z])


def _solid_m(coil: Coil) -> FloatArray:
    """Points of casing and copper that can touch, one per cell."""
    casing = coil.casing
    shell_m = surface_samples_m(casing.vertices_m, casing.triangles, SAMPLES_M)
    points_m = np.vstack([shell_m, coil.copper_m])
    cells = np.floor(points_m / SOLID_M).astype(np.int64)
    return points_m[np.unique(cells, axis=0, return_index=True)[1]]
