"""Fields of many poses over a piece of cortex, by several measures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from cortistim.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field import MISSED_LIMIT, FieldOperator
from cortistim.head import Head
from cortistim.mapping.locating import patches
from cortistim.neuron.cells import TYPES
from cortistim.neuron.shape import named_shape
from cortistim.neuron.tables import fit_for
from cortistim.placement import Pose
from cortistim.typing import FloatArray

MEASURES = ("magnitude", "normal", "tangential", "recruited")
SHAPE = "biphasic"
REACHED = 0.3  # of the strongest field: an element that no pose drives so far is left out
FEWEST = 2
BATCH = 64


@dataclass(frozen=True, eq=False)
class SiteFields:
    """Fields for 1 A/µs at the elements that are compared.

    Parameters
    ----------
    points_m : (n_element, 3) array [m]
        Where they are.
    values : mapping of str to (n_pose, n_element) array
        By measure, averaged over a patch: |E|, its part along the cortex's normal without
        sign, its part along the cortex, and |E| over that at which half of layer 5 fires at its
        angle.
    spacing_m : float [m]
        Median distance between neighbours.
    notes : tuple of str
        What to know.
    """

    points_m: FloatArray
    values: Mapping[str, FloatArray]
    spacing_m: float
    notes: tuple[str, ...]


def fields_of(
    operator: FieldOperator,
    head: Head,
    coil: Coil,
    poses: Sequence[Pose],
    *,
    compared: Sequence[str] = MEASURES,
) -> SiteFields:
    """Evaluate an operator at poses and measure its fields.

    Parameters
    ----------
    operator : FieldOperator
        Of the head.
    head, coil : Head, Coil
        Whose cortex, and what stimulates it.
    poses : sequence of Pose
        All clear of the head.
    compared : sequence of str
        Of `MEASURES`.

    Returns
    -------
    SiteFields
        At the operator's points that some pose drives to a third of the strongest field.

    Raises
    ------
    BadInputError
        When the operator has no points to compare.
    """
    points_m = operator.points_m
    if len(points_m) < FEWEST:
        msg = (
            f"a site is found among places; the operator has {len(points_m)}. Build one with "
            "more points ('cortistim operator build')."
        )
        raise BadInputError(msg)
    nearest = KDTree(head.cortex.vertices_m).query(points_m)[1]
    normals = head.cortex.normals[nearest]
    found = {name: np.empty((len(poses), len(points_m)), np.float32) for name in compared}
    strongest, missed = np.zeros(len(points_m)), np.empty(len(poses))
    for first in range(0, len(poses), BATCH):
        rows = slice(first, first + BATCH)
        e, missed[rows] = operator.evaluate_with_missed(coil, poses[rows])
        size = np.linalg.norm(e, axis=2)
        strongest = np.maximum(strongest, size.max(axis=0))
        for name in compared:
            found[name][rows] = _measure(name, e, size, normals)
    kept = strongest >= REACHED * strongest.max()
    weights = patches(points_m[kept], normals[kept])
    values = {
        name: np.ascontiguousarray((weights @ found[name][:, kept].T.astype(float)).T)
        for name in compared
    }
    spacing = float(np.median(KDTree(points_m).query(points_m, k=2)[0][:, 1]))
    told = ()
    if missed.max() > MISSED_LIMIT:
        told = (
            f"{(missed > MISSED_LIMIT).sum()} poses are poorly represented by the operator, up "
            f"to {100 * missed.max():.1f} % of the vector potential is missed; add them with "
            "'cortistim operator extend'",
        )
    return SiteFields(points_m[kept], values, spacing, told)


def _measure(
    name: str, e_v_per_m: FloatArray, size: FloatArray, normals: FloatArray
) -> FloatArray:
    if name == "magnitude":
        return size
    along = np.einsum("kpi,pi->kp", e_v_per_m, normals)
    if name == "normal":
        return np.abs(along)
    if name == "tangential":
        return np.sqrt(np.maximum(size**2 - along**2, 0))
    cosine = along / np.maximum(size, 1e-12)
    log_mean, _ = fit_for(named_shape(SHAPE)).at(cosine.ravel())
    five = [k for k, kind in enumerate(TYPES) if str(kind) == "L5"]
    return size / np.exp(log_mean[five].mean(axis=0)).reshape(size.shape)
