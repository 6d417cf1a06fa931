"""The field as a cheap function of conductivities and small errors of the pose.

K and b are sums over tissues, K(sigma) = sum sigma_t K_t and b(sigma) = sum sigma_t b_t, and
K V, b are projected on few vectors V: solutions for some poses near the one that is meant, and
their first and second derivatives by the conductivities. All of them are solves with one and
the same K. The projected problem has under a hundred unknowns and is solved for thousands of
samples. It converges much faster than the Taylor series that V is made of, because Galerkin's
projection chooses the best combination for every sample. A's dependence on the pose is fitted
by a polynomial of second order in the six coordinates of the error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.field.operator.basis import potentials_t_m
from cortistim.field.recovery.sampling import Sampler
from cortistim.field.solver.fem import TOLERANCE, FemSystem
from cortistim.geometry import freeze
from cortistim.head.head import Head
from cortistim.head.mesh import TetMesh
from cortistim.placement.pose import Pose
from cortistim.typing import FloatArray, Progress, silent

BLOCK = 16
SOLVED_POSES = 16
POSE_MODES = 4  # whose derivatives by the conductivities are solved for
SECOND_TISSUES = 4  # with second derivatives
# Derivatives only span the space that is projected on; a tenth of a percent of them is plenty.
LOOSE = 1e-3
NODES = 1 << 16  # at once
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
    """Return 1, all x_i, and all x_i x_j of samples, (n, 28) from (n, 6).

    Parameters
    ----------
    x : (n, 6) array
        Samples.

    Returns
    -------
    (n, 28) array
        All terms up to the second degree.
    """
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
    system : FemSystem
        The head's.
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
    system: FemSystem
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
        primary = self._primary(range(len(self.poses)))
        vectors = self._vectors(primary[:, :, :SOLVED_POSES].astype(float))
        self.progress("projecting", 0.0)
        stiffness = np.array([part.products(vectors) for part in self._tissues])
        kept = _orthonormal(np.tensordot(self._sigma, stiffness, axes=1))
        loads = np.array([_projected(part, vectors, primary) for part in self._tissues])
        potentials = potentials_t_m(self.coil, self.poses, self.places.points_m)
        to_terms = np.linalg.pinv(self._terms).T  # (n_pose, n_term)
        slopes = np.stack(
            [self.places.gradient(np.ascontiguousarray(v)) for v in vectors.T], axis=2
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
        """The system of each tissue by itself, with a conductivity of 1 S/m."""
        mesh, relative = self.head.mesh, self.system.relative
        parts = []
        for tissue in self.head.tissues:
            own = np.flatnonzero(mesh.tags == tissue.tag)
            part = TetMesh(mesh.nodes_m, mesh.tets[own], mesh.tags[own])
            tensors = None if relative is None else relative[own]
            parts.append(FemSystem(part, np.ones(len(own)), tensors))
        return parts

    @cached_property
    def _sigma(self) -> FloatArray:
        return np.array([tissue.sigma_siemens_per_m for tissue in self.head.tissues])

    def _primary(self, poses: range) -> FloatArray:
        """Compute A of poses at the nodes, (n_node, 3, n_pose), in single precision."""
        lattice = self.system.lattice
        out = np.empty((len(self.head.mesh.nodes_m), 3, len(poses)), np.float32)
        for number in poses:
            self.progress("placing the coil", number / len(poses))
            cells = potentials_t_m(self.coil, [self.poses[number]], lattice.cells_m)[0]
            out[:, :, number] = lattice.at_points(cells)
        return out

    def _solve(self, loads: FloatArray, tolerance: float) -> FloatArray:
        loads = loads - loads.mean(axis=0)  # what flows in flows out
        parts = []
        for first in range(0, loads.shape[1], BLOCK):
            self.progress("solving", first / loads.shape[1])
            some = loads[:, first : first + BLOCK]
            parts.append(self.system.solve(some, tolerance=tolerance)[0])
        return np.concatenate(parts, axis=1)

    def _vectors(self, primary: FloatArray) -> FloatArray:
        """Solutions, and their first and second derivatives by the conductivities."""
        solved = self._solve(self.system.load(primary), self.tolerance)
        thinned = solved[:: max(1, len(solved) // THINNED)]
        modes = np.linalg.svd(thinned, full_matrices=False)[2][:POSE_MODES].T
        primary, states = primary @ modes, solved @ modes
        left = [part.load(primary) - part.applied(states) for part in self._tissues]
        first = self._solve(np.concatenate(left, axis=1), LOOSE)
        # of the strongest mode, for the tissues whose relative changes count most
        leading = first[:, :: modes.shape[1]]
        weight = self._sigma * np.linalg.norm(leading, axis=0)
        strong = np.argsort(-weight)[:SECOND_TISSUES]
        leading = np.ascontiguousarray(leading[:, strong])
        mixed = [self._tissues[number].applied(leading) for number in strong]
        second = self._solve(np.concatenate(mixed, axis=1), LOOSE)
        return np.concatenate([solved, first, second], axis=1)


def _projected(part: FemSystem, vectors: FloatArray, primary: FloatArray) -> FloatArray:
    """Dot vectors with the loads of primary fields, (m, n_pose)."""
    used = np.unique(part.mesh.tets)
    out = np.zeros((vectors.shape[1], primary.shape[2]))
    for first in range(0, vectors.shape[1], BLOCK):
        some = slice(first, first + BLOCK)
        flow = part.node_currents(vectors[:, some])
        for start in range(0, len(used), NODES):
            here = used[start : start + NODES]
            there = primary[here].reshape(-1, primary.shape[2]).astype(float)
            out[some] -= flow[here].reshape(len(there), -1).T @ there
    return out


def _orthonormal(gram: FloatArray) -> FloatArray:
    """Return combinations of vectors with a Gram matrix that are orthonormal."""
    size = np.sqrt(np.diag(gram))
    value, turn = np.linalg.eigh(gram / np.outer(size, size))
    kept = value > SMALLEST * value[-1]
    return turn[:, kept] / np.sqrt(value[kept]) / size[:, None]
