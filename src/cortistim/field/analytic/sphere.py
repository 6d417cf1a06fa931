"""The field of any coil in a sphere, in closed form.

In a conductor whose conductivity depends on the radius only, the field inside does not
depend on that conductivity at all and has no radial component.
"""

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.coil.current import Segments
from cortistim.errors import BadInputError
from cortistim.field import _kernels
from cortistim.placement.pose import Pose
from cortistim.typing import FloatArray

RADIAL_ORDER = 8


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
    Sources: sarvas1987, Eq. 25; heller1992.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Inside the sphere, in the subject's frame.
    coil : Coil
        All its dipoles and wire must lie outside the sphere that holds the points.
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
        When a point lies as far out as a dipole, or the coil is known on a grid only.
    """
    centre = np.zeros(3) if centre_m is None else np.asarray(centre_m, dtype=float)
    x = np.ascontiguousarray(np.asarray(points_m, dtype=float) - centre)
    dipoles, moments = _outside(coil, pose, centre)
    farthest, nearest = np.linalg.norm(x, axis=1).max(), np.linalg.norm(dipoles, axis=1).min()
    if farthest >= nearest:
        msg = (
            f"points must lie nearer to the centre than every dipole ({nearest:.4f} m); "
            f"the farthest lies at {farthest:.4f} m."
        )
        raise BadInputError(msg)
    return _kernels.dipoles_around_sphere(x, dipoles, didt_a_per_s * moments)


def _outside(coil: Coil, pose: Pose, centre_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return dipoles that stand for all of a coil, around the centre."""
    points: list[FloatArray] = [pose.to_subject_m(coil.dipoles_m) - centre_m]
    moments: list[FloatArray] = [coil.moments_m2 @ pose.rotation.T]
    for part in coil.further:
        if not isinstance(part, Segments):
            msg = (
                f"the closed form of the sphere needs a coil of dipoles or wire; {coil.name} "
                "is known on a grid only. Solve the field on a mesh."
            )
            raise BadInputError(msg)
        wire_m = pose.to_subject_m(part.centres_m) - centre_m
        found = radial_dipoles(wire_m, part.weight * part.vectors_m @ pose.rotation.T)
        points.append(found[0])
        moments.append(found[1])
    return np.concatenate(points), np.concatenate(moments)


def radial_dipoles(
    centres_m: FloatArray, vectors_m: FloatArray, order: int = RADIAL_ORDER
) -> tuple[FloatArray, FloatArray]:
    """Replace pieces of a closed path of wire by dipoles on the rays behind them.

    The path bounds the surface that its rays from the centre sweep on their way outwards, and
    that surface, filled with dipoles of moment dl x p s ds, has the field of the path
    (Ampère), all of it outside the sphere. With u = 1/s the integral over a ray is smooth,
    and Gauss's rule does it.

    Parameters
    ----------
    centres_m : (n_segment, 3) array [m]
        Middles of the pieces, from the sphere's centre.
    vectors_m : (n_segment, 3) array [m]
        From start to end. Where a path does not close, its ends are taken to lead straight
        away from the centre.
    order : int, optional
        Dipoles per piece.

    Returns
    -------
    dipoles_m : (n_segment * order, 3) array [m]
        From the sphere's centre.
    moments_m2 : (n_segment * order, 3) array
        Per ampere.
    """
    node, weight = np.polynomial.legendre.leggauss(order)
    u, share = (node + 1) / 2, weight / 2
    strip = np.cross(vectors_m, centres_m)
    dipoles_m = centres_m[:, None] / u[:, None]
    moments_m2 = strip[:, None] * (share / u**3)[:, None]
    return dipoles_m.reshape(-1, 3), moments_m2.reshape(-1, 3)
