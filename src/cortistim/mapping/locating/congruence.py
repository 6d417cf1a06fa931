"""The congruence factor and its rivals, from curves of several poses.

For K poses with a recruitment curve each, whose middle lies at x_k in A/s, E_k is an element's
field in V/m per A/s. Where the site is, every curve bends at the same field: E_k x_k is the
same for all poses. The congruence factor (weise2020) is large there; older measures multiply,
weigh or compare fields and thresholds otherwise.
"""

from collections.abc import Callable, Mapping

import numpy as np

from cortistim.errors import BadInputError
from cortistim.typing import FloatArray

FEWEST = 3
TINY = 1e-30


def _checked(field: FloatArray, *columns: FloatArray) -> tuple[FloatArray, ...]:
    field = np.asarray(field, dtype=float)
    if field.ndim != 2 or len(field) < 2:
        msg = f"a comparison of curves takes two poses or more; got {len(field)}."
        raise BadInputError(msg)
    told = [np.asarray(column, dtype=float) for column in columns]
    if any(column.shape != (len(field),) for column in told):
        msg = f"there must be one curve for each of the {len(field)} poses."
        raise BadInputError(msg)
    return field, *(column[:, None] for column in told)


def congruence_factor(
    field: FloatArray,
    middle_a_per_s: FloatArray,
    lowest_a_per_s: FloatArray,
    highest_a_per_s: FloatArray,
) -> FloatArray:
    """Compute [mean of E_k (I_min + I_max) / 2]² / variance of E_k x_k (weise2020).

    Parameters
    ----------
    field : (n_pose, n_element) array
        In V/m per A/s.
    middle_a_per_s : (n_pose,) array [A/s]
        Where each curve is steepest.
    lowest_a_per_s, highest_a_per_s : (n_pose,) arrays [A/s]
        Ends of each curve.

    Returns
    -------
    (n_element,) array
        Without a unit.

    Raises
    ------
    BadInputError
        When there is one pose only, or a curve is missing.
    """
    e, x, low, high = _checked(field, middle_a_per_s, lowest_a_per_s, highest_a_per_s)
    return (e * (low + high) / 2).mean(axis=0) ** 2 / np.maximum((e * x).var(axis=0), TINY)


def congruence_of_fields(field: FloatArray, middle_a_per_s: FloatArray) -> FloatArray:
    """Compute [mean of E_k]² / variance of E_k x_k, the variant without the curves' ends.

    Parameters
    ----------
    field : (n_pose, n_element) array
        In V/m per A/s.
    middle_a_per_s : (n_pose,) array [A/s]
        Where each curve is steepest.

    Returns
    -------
    (n_element,) array
        In s²/A².

    Raises
    ------
    BadInputError
        When there is one pose only, or a curve is missing.
    """
    e, x = _checked(field, middle_a_per_s)
    return e.mean(axis=0) ** 2 / np.maximum((e * x).var(axis=0), TINY)


def signed_congruence(field: FloatArray, middle_a_per_s: FloatArray) -> FloatArray:
    """Compute the variant for a component: positive and negative poses have a variance each.

    Parameters
    ----------
    field : (n_pose, n_element) array
        A component, of either sign.
    middle_a_per_s : (n_pose,) array [A/s]
        Where each curve is steepest.

    Returns
    -------
    (n_element,) array
        The squared mean of |E_k| over both variances, weighted by how many poses they are of.

    Raises
    ------
    BadInputError
        When there is one pose only, or a curve is missing.
    """
    e, x = _checked(field, middle_a_per_s)
    shifted, up = e * x, e > 0
    total = np.zeros(e.shape[1])
    for side in (up, ~up):
        count = side.sum(axis=0)
        mean = (shifted * side).sum(axis=0) / np.maximum(count, 1)
        var = (((shifted - mean) * side) ** 2).sum(axis=0) / np.maximum(count, 1)
        total += count / len(e) * var
    return np.abs(e).mean(axis=0) ** 2 / np.maximum(total, TINY)


def curve_shift_congruence(field: FloatArray, shift_v_per_m: FloatArray) -> FloatArray:
    """Compute mean(E)² / variance of the shifts that lay every curve onto the first.

    Parameters
    ----------
    field : (n_pose, n_element) array
        In V/m per A/s.
    shift_v_per_m : (n_pose, n_element) array [V/m]
        Along the field, of each pose's curve.

    Returns
    -------
    (n_element,) array
        Larger where curves lie on each other.

    Raises
    ------
    BadInputError
        When there is one pose only, or shifts are of other poses.
    """
    (e,) = _checked(field)
    if np.shape(shift_v_per_m) != e.shape:
        msg = f"there must be a shift for each of {e.shape[0]} poses and {e.shape[1]} elements."
        raise BadInputError(msg)
    return e.mean(axis=0) ** 2 / np.maximum(np.var(shift_v_per_m, axis=0), TINY)


def steadiest(field: FloatArray, threshold_a_per_s: FloatArray) -> FloatArray:
    """Compute 1 - SD / mean of E_k at the thresholds (bungert2017).

    Parameters
    ----------
    field : (n_pose, n_element) array
        In V/m per A/s.
    threshold_a_per_s : (n_pose,) array [A/s]
        Motor threshold of each pose.

    Returns
    -------
    (n_element,) array
        1 where every pose has the same field at threshold.

    Raises
    ------
    BadInputError
        When there is one pose only, or a threshold is missing.
    """
    e, x = _checked(field, threshold_a_per_s)
    at = e * x
    return 1 - at.std(axis=0, ddof=1) / np.maximum(np.abs(at.mean(axis=0)), TINY)


def product_of_fields(field: FloatArray) -> FloatArray:
    """Compute the product of E_k, each over its maximum (aonuma2018).

    Parameters
    ----------
    field : (n_pose, n_element) array
        Of poses that evoke responses.

    Returns
    -------
    (n_element,) array
        At most 1.

    Raises
    ------
    BadInputError
        When there is one pose only.
    """
    (e,) = _checked(field)
    return np.prod(np.abs(e) / np.maximum(np.abs(e).max(axis=1, keepdims=True), TINY), axis=0)


def weighted_sum(
    field: FloatArray, middle_a_per_s: FloatArray, response_v: FloatArray
) -> FloatArray:
    """Compute the sum of E_k x_k V_k: fields at half of the plateau by their size (opitz2013).

    Parameters
    ----------
    field : (n_pose, n_element) array
        In V/m per A/s.
    middle_a_per_s : (n_pose,) array [A/s]
        Where each curve reaches half of its plateau.
    response_v : (n_pose,) array [V]
        Size there.

    Returns
    -------
    (n_element,) array
        In V²/m.

    Raises
    ------
    BadInputError
        When there is one pose only, or a curve is missing.
    """
    e, x, v = _checked(field, middle_a_per_s, response_v)
    return (e * x * v).sum(axis=0)


RIVALS: Mapping[str, Callable[..., FloatArray]] = {
    "congruence": congruence_factor,
    "congruence_of_fields": congruence_of_fields,
    "signed_congruence": signed_congruence,
    "curve_shift": curve_shift_congruence,
    "bungert2017": steadiest,
    "aonuma2018": product_of_fields,
    "opitz2013": weighted_sum,
}
"""By name."""
