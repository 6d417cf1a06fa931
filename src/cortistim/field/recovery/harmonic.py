"""Harmonic polynomials fitted to the potential around points."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from cortistim.field import _kernels
from cortistim.field.recovery import _kernels as _harmonic_kernels
from cortistim.head.mesh import TetMesh
from cortistim.typing import FloatArray, IntArray

BOUND = 20.0  # of the summed lengths of a fit's weights, times the patch's radius


@dataclass(frozen=True, eq=False)
class HarmonicFits:
    """The linear maps from nodal potentials to gradients at points.

    Parameters
    ----------
    degrees : (n_point,) int array
        Of the polynomial at each point, 1 to 3; 0 without a fit, -1 outside the mesh.
    components : tuple of three sparse (n_point, n_node) matrices [1/m]
        One for each component of the gradient; rows without a fit are empty or zero.
    """

    degrees: IntArray
    components: tuple[sp.csr_matrix, ...]

    def gradient(self, potential: FloatArray) -> FloatArray:
        """Compute the gradient of a nodal function, (n_point, 3), per metre.

        Parameters
        ----------
        potential : (n_node,) array
            Any nodal function.

        Returns
        -------
        (n_point, 3) array
            Per metre.
        """
        return np.column_stack([part @ potential for part in self.components])

    def adjoint_loads(self, weight: FloatArray) -> FloatArray:
        """Apply the transpose to weights of the points, (n_node, 3).

        Parameters
        ----------
        weight : (n_point,) array
            Of the points.

        Returns
        -------
        (n_node, 3) array
            For the weighted sum's three components.
        """
        return np.column_stack([part.T @ weight for part in self.components])


def harmonic_fits(mesh: TetMesh, points_m: FloatArray, tets: IntArray) -> HarmonicFits:
    """Fit harmonic polynomials of the highest degree that the nodes around points carry.

    A patch holds the nodes of the tissue that share one of its tetrahedra with a corner of
    that around the point, and further rings while those are fewer than 16. From 26 nodes
    on the fit is cubic, from 12 on quadratic, else linear; one that would amplify errors of
    the potential too much gives way to the next lower degree. With d the distance from the
    point in units of the patch's root mean square distance, a node's misfit counts by
    (0.3 + d²)⁻², squared. The numbers are assumed: they were the best found for the cases
    of ``benchmarks/sphere_accuracy.py`` and ``benchmarks/head_accuracy.py`` together. Wider
    weights suit spheres better, narrower ones a folded cortex.

    Harmonic, because with div A = 0 and a uniform conductivity div(sigma E) = 0 leaves the
    Laplace equation for the potential. Exact for harmonic cubics on patches of 26 nodes;
    not valid where the conductivity varies within a tissue or depends on the direction. It
    cannot mend a potential that is itself in error, as in layers one tetrahedron thick.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.
    points_m : (n_point, 3) array [m]
        Anywhere.
    tets : (n_point,) int array
        The tetrahedron that holds each point, -1 for none.

    Returns
    -------
    HarmonicFits
        The maps.
    """
    inside = np.flatnonzero(tets >= 0)
    holders = tets[inside]
    graph = _kernels.tets_around_nodes(mesh.tets, len(mesh.nodes_m))
    around = (mesh.tets, mesh.tags, *graph)
    pointer = _harmonic_kernels.patch_pointers(around, holders)
    node, weights, found = _harmonic_kernels.harmonic_weights(
        mesh.nodes_m, around, points_m[inside], holders, pointer, BOUND
    )
    degrees = np.full(len(tets), -1)
    degrees[inside] = found
    sizes = np.zeros(len(tets) + 1, np.int32)
    sizes[1 + inside] = np.diff(pointer)
    row, shape = np.cumsum(sizes, dtype=np.int32), (len(tets), len(mesh.nodes_m))
    parts = tuple(sp.csr_matrix((part, node, row), shape=shape) for part in weights)
    return HarmonicFits(degrees, parts)
