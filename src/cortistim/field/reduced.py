"""The field as a cheap function of conductivities and small errors of the pose.

K and b are sums over tissues, K(sigma) = sum sigma_t K_t and b(sigma) = sum sigma_t b_t, and
K V, b are projected on few vectors V: solutions for some poses near the one that is meant, and
their first and second derivatives by the conductivities. All of them are solves with one and
the same K. The projected problem has under a hundred unknowns and is solved for thousands of
samples. It converges much faster than the Taylor series that V is made of, because Galerkin's
projection chooses the best combination for every sample. A's dependence on the pose is fitted
by a polynomial of second order in the six coordinates of the error.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from cortistim.coil.coil import Coil
from cortistim.field.operator.basis import potentials_t_m
from cortistim.field.recovery.sampling import Sampler
from cortistim.field.solver.fem import TOLERANCE, FemSystem
from cortistim.geometry import freeze
from cortistim.head.head import Head
from cortistim.placement.pose import Pose
from cortistim.typing import FloatArray, IntArray, Progress, silent

BLOCK = 16
SOLVED_POSES = 16
POSE_MODES = 7
SMALLEST = 1e-9  # of the largest eigenvalue; below it a vector adds only rounding
CHUNK = 128
THINNED = 20_000  # nodes are enough to tell the modes of the solutions apart


@dataclass(frozen=True, eq=False)
class ReducedField:
    """E at points for any conductivities of the tissues and any small error of the pose.

    Parameters
    ----------
    stiffness : (n_tissue, m, m) array
        V' K_t V, by tissue in the order of the head's.
    loads : (n_tissue, m, n_term) array
        V' b_t by term of the pose's polynomial, for 1 A/s.
    slopes : (n_point, 3, m) array
        Gradients of the vectors V at the points.
    primary : (n_point, 3, n_term) array
        dA/dt at the points by term, for 1 A/s.
    scale : (6,) array
        What the pose's error is divided by: metres along x, y and z, radians about them.
    """

    stiffness: FloatArray
    loads: FloatArray
    slopes: FloatArray
    primary: FloatArray
    scale: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "stiffness", "loads", "slopes", "primary", "scale")

    @property
    def rank(self) -> int:
        """Number of unknowns."""
        return self.stiffness.shape[1]

    def evaluate(
        self, sigma_siemens_per_m: FloatArray, errors: FloatArray, *, didt_a_per_s: float = 1e6
    ) -> FloatArray:
        """Compute E for samples.

        Parameters
        ----------
        sigma_siemens_per_m : (n, n_tissue) array [S/m]
            Conductivities.
        errors : (n, 6) array
            Metres along, and radians about, the coil's own axes.
        didt_a_per_s : float [A/s], optional
            Rate of the coil's current.

        Returns
        -------
        (n, n_point, 3) array [V/m]
            In subject space.
        """
        out = np.empty((len(errors), *self.slopes.shape[:2]))
        for first in range(0, len(errors), CHUNK):
            some = slice(first, first + CHUNK)
            sigma, terms = sigma_siemens_per_m[some], self._terms(errors[some])
            matrix = np.tensordot(sigma, self.stiffness, axes=1)
            load = np.einsum("st,tmk,sk->sm", sigma, self.loads, terms, optimize=True)
            share = np.linalg.solve(matrix, load[..., None])[..., 0]
            primary = np.einsum("pxk,sk->spx", self.primary, terms)
            out[some] = -primary - np.einsum("pxm,sm->spx", self.slopes, share)
        return didt_a_per_s * out

    def _terms(self, errors: FloatArray) -> FloatArray:
        return polynomial(errors / self.scale)[:, : self.loads.shape[2]]


def polynomial(x: FloatArray) -> FloatArray:
    """Return 1, all x_i, and all x_i x_j of samples, (n, 28) from (n, 6)."""
    i, j = np.triu_indices(x.shape[1])
    return np.column_stack([np.ones(len(x)), x, x[:, i] * x[:, j]])


@dataclass(frozen=True, eq=False)
class Reduction:
    """What a field is reduced for.

    Parameters
    ----------
    head, coil : Head, Coil
        Who and what.
    poses : sequence of Pose
        The one that is meant first; then those that the pose's polynomial is fitted to.
    errors : (n_pose, 6) array
        How each differs from the first, along and about its axes.
    scale : (6,) array
        Typical sizes of the errors.
    places : Sampler
        Where E is wanted.
    tolerance : float
        On the relative residual of the solves.
    progress : callable
        Told what is being done.
    """

    head: Head
    coil: Coil
    poses: Sequence[Pose]
    errors: FloatArray
    scale: FloatArray
    places: Sampler
    tolerance: float = TOLERANCE
    progress: Progress = silent

    def reduce(self) -> ReducedField:
        """Solve and project.

        Returns
        -------
        ReducedField
            Cheap to evaluate.

        Raises
        ------
        ConvergenceError
            When a solve stops short.
        """
        vectors = self._vectors()
        count = vectors.shape[1]
        stiffness = np.array([vectors.T @ (k @ vectors) for k in self._stiffness])
        kept = _orthonormal(np.tensordot(self._sigma, stiffness, axes=1))
        loads = np.zeros((len(self._tissues), count, len(self.poses)))
        for number in range(len(self.poses)):
            self.progress("projecting poses", number / len(self.poses))
            loads[:, :, number] = self._loads_of(number) @ vectors
        potentials = potentials_t_m(self.coil, self.poses, self.places.points_m)
        to_terms = np.linalg.pinv(self._terms).T  # (n_pose, n_term)
        slopes = np.stack(
            [self.places.gradient(self._everywhere(v)) for v in vectors.T], axis=2
        )
        return ReducedField(
            kept.T @ stiffness @ kept,
            kept.T @ loads @ to_terms,
            slopes @ kept,
            np.moveaxis(potentials, 0, 2) @ to_terms,
            self.scale,
        )

    @cached_property
    def _terms(self) -> FloatArray:
        terms = polynomial(self.errors / self.scale)
        return terms if len(self.poses) > 1 else terms[:, :1]

    @cached_property
    def _tissues(self) -> list[FemSystem]:
        mesh, relative = self.head.mesh, self._system.relative
        return [
            FemSystem(mesh, (mesh.tags == tissue.tag).astype(float), relative)
            for tissue in self.head.tissues
        ]

    @cached_property
    def _sigma(self) -> FloatArray:
        return np.array([tissue.sigma_siemens_per_m for tissue in self.head.tissues])

    @cached_property
    def _used(self) -> IntArray:
        return np.unique(self.head.mesh.tets)

    @cached_property
    def _system(self) -> FemSystem:
        return FemSystem.of(self.head)

    @cached_property
    def _stiffness(self) -> list[sp.csr_matrix]:
        parts = []
        for number, system in enumerate(self._tissues):
            self.progress("assembling by tissue", number / len(self._tissues))
            matrix = system.stiffness
            matrix.eliminate_zeros()
            parts.append(matrix)
        return parts

    def _loads_of(self, number: int) -> FloatArray:
        """Compute the loads of one pose by tissue, (n_tissue, n_used)."""
        pose = self.poses[number]
        cells = potentials_t_m(self.coil, [pose], self._system.lattice.cells_m)[0]
        at_nodes = self._system.lattice.at_points(cells)
        return np.array([system.load(at_nodes)[self._used] for system in self._tissues])

    def _everywhere(self, values: FloatArray) -> FloatArray:
        out = np.zeros((len(self.head.mesh.nodes_m), *values.shape[1:]))
        out[self._used] = values
        return out

    def _solve(self, loads: FloatArray) -> FloatArray:
        parts = []
        for first in range(0, loads.shape[1], BLOCK):
            self.progress("solving", first / loads.shape[1])
            some = self._everywhere(loads[:, first : first + BLOCK])
            parts.append(self._system.solve(some, tolerance=self.tolerance)[0][self._used])
        return np.concatenate(parts, axis=1)

    def _vectors(self) -> FloatArray:
        """Solutions, and their first and second derivatives by the conductivities."""
        some = range(min(SOLVED_POSES, len(self.poses)))
        by_tissue = np.stack([self._loads_of(number) for number in some], axis=2)
        solved = self._solve(np.tensordot(self._sigma, by_tissue, axes=1))
        thinned = solved[:: max(1, len(solved) // THINNED)]
        modes = np.linalg.svd(thinned, full_matrices=False)[2][:POSE_MODES].T
        loads, states = by_tissue @ modes, solved @ modes
        first = self._solve(_columns(b - k @ states for b, k in self._with(loads)))
        leading = first[:, :: modes.shape[1]]  # of the strongest mode, by tissue
        second = self._solve(_columns(k @ leading for k in self._stiffness))
        return np.concatenate([solved, first, second], axis=1)

    def _with(self, loads: FloatArray) -> Iterator[tuple[FloatArray, sp.csr_matrix]]:
        return zip(loads, self._stiffness, strict=True)


def _orthonormal(gram: FloatArray) -> FloatArray:
    """Return combinations of vectors with a Gram matrix that are orthonormal."""
    size = np.sqrt(np.diag(gram))
    value, turn = np.linalg.eigh(gram / np.outer(size, size))
    kept = value > SMALLEST * value[-1]
    return turn[:, kept] / np.sqrt(value[kept]) / size[:, None]


def _columns(parts: Iterator[FloatArray]) -> FloatArray:
    """Put blocks side by side, each column balanced: what flows in flows out."""
    blocks = np.concatenate(list(parts), axis=1)
    return blocks - blocks.mean(axis=0)
