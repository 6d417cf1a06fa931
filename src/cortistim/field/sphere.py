"""The field of any coil in a sphere, in closed form.

In a conductor whose conductivity depends on the radius only, the field inside does not
depend on that conductivity at all and has no radial component.
"""

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.errors import BadInputError
from cortistim.placement.pose import Pose
from cortistim.typing import FloatArray

MU0_OVER_4PI = 1e-7


def sphere_field_v_per_m(
    points_m: FloatArray,
    coil: Coil,
    pose: Pose,
    *,
    didt_a_per_s: float,
    centre_m: FloatArray | None = None,
) -> FloatArray:
    """Compute E inside a spherically symmetric conductor.

    For a magnetic dipole at p whose moment changes at the rate m', with a = p - x,

        E(x) = -(mu0/4pi) x × (m' F - p (gradF · m')) / F²,
        F = |a| (|p| |a| + |p|² - x·p),

    which is Sarvas's magnetic field of a current dipole read backwards by reciprocity.
    Source: Sarvas 1987, Eq. 25; Heller and van Hulsteyn 1992.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Inside the sphere, in the subject's frame.
    coil : Coil
        All its dipoles must lie outside the sphere that holds the points.
    pose : Pose
        Where it is.
    didt_a_per_s : float [A/s]
        Rate of the coil's current.
    centre_m : (3,) array [m], optional
        Centre of the sphere; the origin by default.

    Returns
    -------
    (n_point, 3) array [V/m]
        The electric field.

    Raises
    ------
    BadInputError
        When a point lies as far out as a dipole.
    """
    centre = np.zeros(3) if centre_m is None else np.asarray(centre_m, dtype=float)
    x = np.asarray(points_m, dtype=float) - centre
    dipoles = pose.to_subject_m(coil.dipoles_m) - centre
    rates = didt_a_per_s * coil.moments_m2 @ pose.rotation.T
    farthest, nearest = np.linalg.norm(x, axis=1).max(), np.linalg.norm(dipoles, axis=1).min()
    if farthest >= nearest:
        msg = (
            f"points must lie nearer to the centre than every dipole ({nearest:.4f} m); "
            f"the farthest lies at {farthest:.4f} m."
        )
        raise BadInputError(msg)
    total = np.zeros_like(x)
    for p, rate in zip(dipoles, rates, strict=True):
        total += _dipole_field(x, p, rate)
    return total


def _dipole_field(x: FloatArray, p: FloatArray, rate: FloatArray) -> FloatArray:
    a = p - x
    length, radius = np.linalg.norm(a, axis=1), np.linalg.norm(p)
    along = a @ p
    f = length * (radius * length + radius**2 - x @ p)
    c1 = length**2 / radius + along / length + 2 * length + 2 * radius
    c2 = length + 2 * radius + along / length
    slope = c1 * (p @ rate) - c2 * (x @ rate)
    inner = rate / f[:, None] - p * (slope / f**2)[:, None]
    return -MU0_OVER_4PI * np.cross(x, inner)
