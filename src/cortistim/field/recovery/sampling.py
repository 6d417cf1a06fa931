"""The gradient of the potential at points, from first-order elements.

``harmonic`` fits a harmonic polynomial to the potential at the nodes of the same tissue around
the point: where the conductivity is uniform and div A = 0, the potential of a coil outside is
harmonic. ``tissue`` averages, at each corner of the tetrahedron that holds the point, the
gradients of the surrounding tetrahedra of the same tissue by volume, and interpolates linearly.
``element`` takes the constant gradient of that tetrahedron. None looks across an interface,
where the normal component jumps; all are linear in the potential.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import scipy.sparse as sp

from cortistim.errors import BadInputError, quoted
from cortistim.field import _kernels
from cortistim.field.recovery.harmonic import HarmonicFits, harmonic_fits
from cortistim.geometry import freeze
from cortistim.head.head import Head
from cortistim.head.mesh import TetMesh
from cortistim.head.rasterise import barycentric, locate
from cortistim.typing import BoolArray, FloatArray, IntArray

Recovery = Literal["harmonic", "tissue", "element"]
FARTHEST_M = 1.0  # points further away from the head are in other units


@dataclass(frozen=True, eq=False)
class Sampler:
    """Points of a head, ready to have a field read at them.

    Parameters
    ----------
    mesh : TetMesh
        What the field was solved on.
    points_m : (n_point, 3) array [m]
        Anywhere; outside the mesh the field is NaN.
    tets : (n_point,) int array
        The tetrahedron that holds each point, -1 for none.
    recovery : {"harmonic", "tissue", "element"}, optional
        How the gradient is read. Where a patch of nodes carries no harmonic fit, as in a
        tissue of a few flat tetrahedra, the tissue's average is read.
    uneven_tags : tuple of int, optional
        Tissues whose conductivity varies: the potential is not harmonic there, and the
        tissue's average is read.
    """

    mesh: TetMesh
    points_m: FloatArray
    tets: IntArray
    recovery: Recovery = "harmonic"
    uneven_tags: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the points; refuse an unknown recovery."""
        freeze(self, "points_m", dtype=np.float64)
        if self.recovery not in get_args(Recovery):
            msg = f"recovery must be one of {get_args(Recovery)}; got {quoted(self.recovery)}."
            raise BadInputError(msg)

    @property
    def inside(self) -> BoolArray:
        """Which points lie in the mesh, (n_point,) bool."""
        return self.tets >= 0

    @property
    def tags(self) -> IntArray:
        """Tissue tag at each point, 0 outside."""
        return np.where(self.inside, self.mesh.tags[self.tets], 0)

    def prepare(self) -> None:
        """Fit the polynomials now, for all fields that will be read at these points."""
        if self.recovery == "harmonic":
            self._fits  # noqa: B018

    @property
    def prepared(self) -> bool:
        """Whether the polynomials are fitted: reading costs next to nothing then."""
        return "_fits" in self.__dict__

    @cached_property
    def _fits(self) -> HarmonicFits:
        return harmonic_fits(self.mesh, self.points_m, self.tets)

    @cached_property
    def _unfitted(self) -> "Sampler":
        """The points whose patches carry no fit, read by the tissue's average."""
        alone = (self._fits.degrees == 0) | np.isin(self.tags, self.uneven_tags)
        points = np.where(alone, self.tets, -1)
        return Sampler(self.mesh, self.points_m, points, "tissue")

    @cached_property
    def _factors(self) -> tuple[sp.csr_matrix, ...]:
        """Matrices whose product takes gradients by tetrahedron to gradients by point."""
        if self.recovery == "element":
            return (self._from_tets(),)
        return self._from_tissue_nodes()

    def _from_tets(self) -> sp.csr_matrix:
        row = np.flatnonzero(self.inside)
        shape = (len(self.tets), len(self.mesh.tets))
        return sp.csr_matrix((np.ones(len(row)), (row, self.tets[row])), shape=shape)

    def _from_tissue_nodes(self) -> tuple[sp.csr_matrix, sp.csr_matrix]:
        row = np.flatnonzero(self.inside)
        tets = self.mesh.tets[self.tets[row]]
        tags = np.repeat(self.mesh.tags[self.tets[row]], 4)
        key = tets.ravel().astype(np.int64) * (self.mesh.tags.max() + 1) + tags
        slots, slot = np.unique(key, return_inverse=True)
        weight = barycentric(self.mesh, self.tets[row], self.points_m[row])
        shape = (len(self.tets), len(slots))
        interpolate = sp.csr_matrix((weight.ravel(), (np.repeat(row, 4), slot)), shape=shape)
        return interpolate, self._averages(slots)

    def _averages(self, slots: IntArray) -> sp.csr_matrix:
        """Average over the tetrahedra of one tissue around one node, by volume."""
        n_tag = self.mesh.tags.max() + 1
        corner_key = self.mesh.tets.astype(np.int64) * n_tag + self.mesh.tags[:, None]
        place = np.searchsorted(slots, corner_key.ravel())
        place[place == len(slots)] = 0
        hit = slots[place] == corner_key.ravel()
        tet = np.repeat(np.arange(len(self.mesh.tets)), 4)[hit]
        volume = np.abs(self.mesh.volumes_m3[tet])
        total = np.bincount(place[hit], volume, minlength=len(slots))
        shape = (len(slots), len(self.mesh.tets))
        return sp.csr_matrix((volume / total[place[hit]], (place[hit], tet)), shape=shape)

    def gradient(self, potential: FloatArray) -> FloatArray:
        """Read the gradient of a nodal function.

        Parameters
        ----------
        potential : (n_node,) array
            Values at the mesh's nodes.

        Returns
        -------
        (n_point, 3) array
            Per metre; NaN at points outside the mesh.
        """
        if self.recovery == "harmonic":
            values = self._fits.gradient(potential)
            alone = self._unfitted.inside
            if alone.any():
                values[alone] = self._unfitted.gradient(potential)[alone]
        else:
            values = _kernels.gradients(
                self.mesh.nodes_m, self.mesh.tets, np.ascontiguousarray(potential)
            )
            for factor in reversed(self._factors):
                values = factor @ values
        values[~self.inside] = np.nan
        return values

    def adjoint_loads(self, weight: FloatArray) -> FloatArray:
        """Apply the transpose: the loads whose potentials read a weighted mean gradient.

        Parameters
        ----------
        weight : (n_point,) array
            Weights of the points in the mean; points outside the mesh must have none.

        Returns
        -------
        (n_node, 3) array
            Column c dotted with a potential is the weighted sum of its gradient's
            component c.
        """
        if self.recovery == "harmonic":
            alone = self._unfitted.inside
            loads = self._fits.adjoint_loads(np.where(alone, 0.0, weight))
            if alone.any():
                loads += self._unfitted.adjoint_loads(np.where(alone, weight, 0.0))
            return loads
        by_tet = weight
        for factor in self._factors:
            by_tet = factor.T @ by_tet
        chosen = np.flatnonzero(by_tet)
        tets = self.mesh.tets[chosen]
        slopes = _kernels.shape_gradients(self.mesh.nodes_m, np.ascontiguousarray(tets))
        loads = np.zeros((len(self.mesh.nodes_m), 3))
        np.add.at(loads, tets.ravel(), (slopes * by_tet[chosen, None, None]).reshape(-1, 3))
        return loads


def sampler(
    mesh: TetMesh,
    points_m: FloatArray,
    *,
    recovery: Recovery = "harmonic",
    uneven_tags: tuple[int, ...] = (),
) -> Sampler:
    """Find the tetrahedra that hold points.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.
    points_m : (n_point, 3) array [m]
        Anywhere.
    recovery : {"harmonic", "tissue", "element"}, optional
        How gradients will be read.
    uneven_tags : tuple of int, optional
        Tissues whose conductivity varies, see `Sampler`.

    Returns
    -------
    Sampler
        Use it for every field on the same mesh.

    Raises
    ------
    BadInputError
        When most points are metres away, as those given in millimetres are.
    """
    points = np.asarray(points_m, dtype=np.float64).reshape(-1, 3)
    _require_metres(mesh, points)
    return Sampler(mesh, points, locate(mesh, points), recovery, uneven_tags)


def _require_metres(mesh: TetMesh, points_m: FloatArray) -> None:
    low_m, high_m = mesh.nodes_m.min(axis=0), mesh.nodes_m.max(axis=0)
    gap_m = np.maximum(low_m - points_m, points_m - high_m).max(axis=1, initial=0.0)
    if len(gap_m) and np.median(gap_m) > FARTHEST_M:
        msg = (
            "points_m must be metres of the head's frame; most of these points are "
            f"{np.median(gap_m):.3g} m away from the head. Did you mean millimetres? "
            "cortistim.units.m_from_mm converts them."
        )
        raise BadInputError(msg)


def head_sampler(
    head: Head, points_m: FloatArray, *, recovery: Recovery = "harmonic"
) -> Sampler:
    """Prepare to read fields at points of a head, as `sampler` does on its mesh.

    Parameters
    ----------
    head : Head
        Tells which tissues conduct unevenly.
    points_m : (n_point, 3) array [m]
        Anywhere.
    recovery : {"harmonic", "tissue", "element"}, optional
        How gradients will be read.

    Returns
    -------
    Sampler
        Use it for every field on the same head.
    """
    return sampler(head.mesh, points_m, recovery=recovery, uneven_tags=head.uneven_tags)
