"""Potentials on a layered sphere from a current dipole, in closed form.

By reciprocity (Helmholtz): a dipole q at x gives the electrode at e, against the mean over the
sphere, the potential q · grad psi(x), where psi is the potential of one ampere that flows in at
e and out evenly over the surface. In layers of conductivity sigma_k

    psi(r, t) = sum over n >= 1 of (2n+1) / (4 pi R²) * f_n(r) / (sigma_N f_n'(R)) * P_n(cos t),

with f_n(r) = a_k r^n + b_k r^-(n+1), regular in the middle, and f_n and sigma f_n' continuous.
The dipole may lie in any layer. For one layer this is the sphere of Frank; for several it is
the series of zhang1995.
"""

from collections.abc import Sequence

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import unit
from cortistim.typing import FloatArray

TERMS = 120
LARGEST = 700.0  # exponent
SMALLEST = 1e-9  # of the radius: a dipole in the very middle has no direction to it


def sphere_lead_field(
    points_m: FloatArray,
    electrodes_m: FloatArray,
    radii_m: Sequence[float],
    sigma_siemens_per_m: Sequence[float],
    *,
    terms: int = TERMS,
) -> FloatArray:
    """Compute the potentials of unit dipoles on the outermost sphere.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Dipoles, inside, from the centre of the sphere.
    electrodes_m : (n_electrode, 3) array
        Directions of the electrodes from the centre.
    radii_m : sequence of float [m]
        Outer radii of the layers, rising.
    sigma_siemens_per_m : sequence of float [S/m]
        Their conductivities.
    terms : int, optional
        Of the series.

    Returns
    -------
    (n_electrode, n_point, 3) array [V/(A m)]
        Against the mean over the sphere's surface.

    Raises
    ------
    BadInputError
        When radii do not rise, numbers do not match, or a dipole lies outside.
    """
    radii, sigma = np.asarray(radii_m, float), np.asarray(sigma_siemens_per_m, float)
    if len(radii) != len(sigma) or (np.diff(radii) <= 0).any() or min(*radii, *sigma) <= 0:
        msg = (
            "a layered sphere needs rising radii and a positive conductivity for each; got "
            f"{radii.tolist()} m and {sigma.tolist()} S/m."
        )
        raise BadInputError(msg)
    outer = radii[-1]
    r = np.linalg.norm(points_m, axis=1) / outer
    if (r >= 1).any():
        msg = (
            f"dipoles must lie inside the sphere of {outer:g} m; the farthest lies at "
            f"{r.max() * outer:g} m."
        )
        raise BadInputError(msg)
    value, slope = _radial(np.maximum(r, SMALLEST), radii / outer, sigma, terms)
    degree = np.arange(1, terms + 1)
    weight = (2 * degree + 1) / (4 * np.pi * outer**2)
    away, electrode = unit(points_m), unit(electrodes_m)
    away = np.where(away.any(axis=1, keepdims=True), away, [0.0, 0.0, 1.0])
    out = np.empty((len(electrode), len(points_m), 3))
    for row, direction in enumerate(electrode):
        cosine = away @ direction
        p, dp = _legendre(cosine, terms)
        radial = np.einsum("n,np,np->p", weight, slope, p)
        across = np.einsum("n,np,np->p", weight, value / np.maximum(r, SMALLEST), dp)
        tangent = direction - cosine[:, None] * away
        out[row] = radial[:, None] * away + across[:, None] * tangent
    return out


def _radial(
    r: FloatArray, radii: FloatArray, sigma: FloatArray, terms: int
) -> tuple[FloatArray, FloatArray]:
    """f_n and f_n' over sigma_N f_n' at the surface, (terms, n_point), for an outer radius 1.

    In each layer the function is written as a (r/R_k)^n + b (r/R_k)^-(n+1), so that powers
    stay near one. The coefficients follow from the middle outwards.
    """
    n = np.arange(1, terms + 1, dtype=float)
    a, b = np.ones(terms), np.zeros(terms)
    found = [(a, b)]
    scale = [np.zeros(terms)]  # logarithm of what the coefficients are multiplied by
    log = np.zeros(terms)
    for k in range(1, len(radii)):
        inner = radii[k - 1]
        f, df = a + b, (n * a - (n + 1) * b) * sigma[k - 1] / sigma[k]
        a, b = ((n + 1) * f + df) / (2 * n + 1), (n * f - df) / (2 * n + 1)
        ratio = np.log(inner / radii[k])
        # to the radius of this layer: a grows, b falls; keep a of order one
        log = log - n * ratio
        b = b * np.exp((2 * n + 1) * ratio)
        found.append((a, b))
        scale.append(log)
    surface = sigma[-1] * (n * a - (n + 1) * b)
    layer = np.searchsorted(radii, r, side="left")
    value, slope = np.empty((terms, len(r))), np.empty((terms, len(r)))
    for k, (first, second) in enumerate(found):
        inside = layer == k
        x = np.log(r[inside] / radii[k])
        up = np.exp(n[:, None] * x + (scale[k] - log)[:, None])
        # the innermost layer has no falling part, and none may overflow in its middle
        power = -(n[:, None] + 1) * x + (scale[k] - log)[:, None]
        down = np.exp(np.minimum(power, LARGEST))
        first_part, second_part = first[:, None] * up, second[:, None] * down
        value[:, inside] = first_part + second_part
        slope[:, inside] = (n[:, None] * first_part - (n[:, None] + 1) * second_part) / r[
            inside
        ]
    return value / surface[:, None], slope / surface[:, None]


def _slope(n: FloatArray, rising: FloatArray, falling: FloatArray) -> FloatArray:
    return n[:, None] * rising - (n[:, None] + 1) * falling


def _legendre(cosine: FloatArray, terms: int) -> tuple[FloatArray, FloatArray]:
    """P_n and P_n' for n = 1 ..., (terms, n_point), by their recurrences."""
    p, dp = np.empty((terms + 1, len(cosine))), np.empty((terms + 1, len(cosine)))
    p[0], dp[0] = 1.0, 0.0
    p[1], dp[1] = cosine, 1.0
    for n in range(1, terms):
        p[n + 1] = ((2 * n + 1) * cosine * p[n] - n * p[n - 1]) / (n + 1)
        dp[n + 1] = dp[n - 1] + (2 * n + 1) * p[n]
    return p[1:], dp[1:]
