"""Seeds and search regions as spheres in MNI space.

Published masks are unions of spheres; coordinates are facts, and no map is shipped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.typing import BoolArray, FloatArray
from cortistim.units import m_from_mm

LARGEST_RADIUS_MM = 60.0


@dataclass(frozen=True, slots=True)
class Sphere:
    """A ball.

    Parameters
    ----------
    centre_m : tuple of float [m]
        Its centre.
    radius_m : float [m]
        Its radius.
    """

    centre_m: tuple[float, float, float]
    radius_m: float

    def holds(self, points_m: FloatArray) -> BoolArray:
        """Tell which points lie inside.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In the frame of the sphere.

        Returns
        -------
        (n_point,) bool array
            True inside and on the surface.
        """
        away = points_m - np.array(self.centre_m)
        return np.einsum("ij,ij->i", away, away) <= self.radius_m**2 * (1 + 1e-9)


def _ball(x: float, y: float, z: float, radius: float) -> Sphere:
    at = m_from_mm(np.array([x, y, z, radius])).tolist()
    return Sphere((at[0], at[1], at[2]), at[3])


SEEDS: Mapping[str, tuple[Sphere, ...]] = {"sgacc": (_ball(6, 16, -10, 10),)}
"""Subgenual cingulate, right of the midline; source: fox2012."""

_LEFT_DLPFC = ((-36, 39, 43), (-44, 40, 29), (-41, 16, 54), (-37, 26, 49))
REGIONS: Mapping[str, tuple[Sphere, ...]] = {
    "left_dlpfc": tuple(_ball(x, y, z, 20) for x, y, z in _LEFT_DLPFC),
    "right_dlpfc": tuple(_ball(-x, y, z, 20) for x, y, z in _LEFT_DLPFC),
}
"""Around BA 9, BA 46, the 5 cm rule's place and F3, 20 mm each; source: cash2021. The right
one is its mirror image."""


def in_spheres(points_m: FloatArray, spheres: Sequence[Sphere]) -> BoolArray:
    """Tell which points lie in any of some spheres.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        In the frame of the spheres.
    spheres : sequence of Sphere
        Their union counts.

    Returns
    -------
    (n_point,) bool array
        True inside.
    """
    inside = np.zeros(len(points_m), bool)
    for sphere in spheres:
        inside |= sphere.holds(points_m)
    return inside


def parse_sphere(text: str) -> Sphere | None:
    """Read ``x,y,z,radius`` in millimetres.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    Sphere or None
        None when the text is no list of numbers.

    Raises
    ------
    BadInputError
        When it is one, but not of three finite coordinates and a radius above zero.
    """
    parts = text.replace(",", " ").split()
    try:
        values = np.array([float(part) for part in parts])
    except ValueError:
        return None
    fits = values.shape == (4,) and bool(np.isfinite(values).all())
    if not fits or not 0 < values[3] <= LARGEST_RADIUS_MM:
        msg = (
            "`seed` must be sgacc, a map (.nii.gz) or x,y,z,radius: four finite numbers in mm, "
            f"the radius above 0 and at most {LARGEST_RADIUS_MM:g}; got {quoted(text)}."
        )
        raise BadInputError(msg)
    x, y, z, radius = values.tolist()
    return _ball(x, y, z, radius)
