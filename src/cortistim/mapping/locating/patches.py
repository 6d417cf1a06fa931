"""Fields averaged over a piece of cortex, as a muscle's representation would feel them."""

import numpy as np
from scipy.sparse import csr_matrix, diags
from scipy.spatial import KDTree

from cortistim.typing import FloatArray

PATCH_M = 0.003  # assumed: half width of a representation, between 1 and 6 mm
REACH = 2.5  # widths


def patches(
    points_m: FloatArray, normals: FloatArray | None = None, width_m: float = PATCH_M
) -> csr_matrix:
    """Return weights that average values over the neighbourhood of each point.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Of the cortex.
    normals : (n_point, 3) array, optional
        Of the cortex there: what looks the other way, such as the opposite bank of a sulcus, is
        no neighbour.
    width_m : float [m]
        Standard deviation of the weight over distance.

    Returns
    -------
    (n_point, n_point) sparse array
        Rows that sum to one.
    """
    tree = KDTree(points_m)
    pairs = tree.sparse_distance_matrix(tree, REACH * width_m, output_type="coo_matrix")
    weight = np.exp(-0.5 * (pairs.data / width_m) ** 2)
    if normals is not None:
        along = np.einsum("ij,ij->i", normals[pairs.row], normals[pairs.col])
        weight = weight * (along > 0)
    found = csr_matrix((weight, (pairs.row, pairs.col)), shape=(len(points_m),) * 2)
    own = diags(1e-9 * np.ones(len(points_m)))
    found = (found + own).tocsr()
    return csr_matrix(diags(1 / np.asarray(found.sum(axis=1)).ravel()) @ found)
