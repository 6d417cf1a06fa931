"""Conjugate gradients with a smoothed-aggregation multigrid cycle, for blocks of loads.

The hierarchy is pyamg's (Vaněk 1996; Bell 2022). The cycle runs in single precision on all
cores with Chebyshev smoothing; residuals and the recurrence stay in double precision, so the
cycle's rounding costs iterations, never accuracy.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
import scipy.sparse as sp

from cortistim.errors import BadInputError, ConvergenceError
from cortistim.field.solver import _kernels
from cortistim.typing import FloatArray

COARSEST = 400
# Couplings below this share of the diagonal are left out of the aggregates: on head meshes 14
# iterations instead of 45 without the threshold, 37 or more at 0.12 and above.
STRENGTH = 0.03
# The smoother works on the upper part of the spectrum, [1/6, 1] of the largest eigenvalue.
SMOOTHER_RANGE = 6.0
EXHAUSTED = 1e-5  # of the last Rayleigh quotient: nothing is left but rounding
MAX_ITERATIONS = 400
RESTARTS = 3


@dataclass(frozen=True, slots=True)
class Convergence:
    """How a solve ended.

    Parameters
    ----------
    iterations : int
        Of the conjugate gradients.
    residual : float
        Largest |b - K x| / |b| over the loads.
    tolerance : float
        What was asked for.
    unknowns : int
        Free nodes.
    """

    iterations: int
    residual: float
    tolerance: float
    unknowns: int


class _Operator:
    """A sparse matrix in the precision it is used in, applied on all cores."""

    def __init__(self, matrix: sp.csr_matrix, dtype: type) -> None:
        self.row = matrix.indptr.astype(np.int64)
        self.column = matrix.indices.astype(np.int32)
        self.value = matrix.data.astype(dtype)
        self.n_row = len(matrix.indptr) - 1
        self.n_column = int(matrix.shape[1])  # pyright: ignore[reportOptionalSubscript]
        self.dtype = dtype

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return the matrix as arrays whose names begin with a name."""
        row, width = self.row.astype(np.int32), np.array(self.n_column)
        parts = {"row": row, "column": self.column, "value": self.value, "width": width}
        return {f"{name} {part}": array for part, array in parts.items()}

    def residual(self, x: FloatArray, b: FloatArray) -> FloatArray:
        """Return b - A x."""
        return self._combined(x, -1.0, b)

    def added(self, x: FloatArray, b: FloatArray) -> FloatArray:
        """Return b + A x."""
        return self._combined(x, 1.0, b)

    def apply(self, x: FloatArray) -> FloatArray:
        """Return A x."""
        return self._combined(x, 1.0, np.empty((0, x.shape[1]), self.dtype))

    def _combined(self, x: FloatArray, scale: float, b: FloatArray) -> FloatArray:
        out = np.empty((self.n_row, x.shape[1]), self.dtype)
        parts = self.row, self.column, self.value
        _kernels.combined(*parts, x, self.dtype(scale), b, out)
        return out


class _Level:
    """One level of the cycle: matrix, smoother and the way to the next level."""

    def __init__(
        self,
        matrix: sp.csr_matrix,
        prolong: sp.csr_matrix,
        restrict: sp.csr_matrix,
        largest: float | None = None,
    ) -> None:
        diagonal = matrix.diagonal()
        self.matrix = _Operator(matrix, np.float32)
        self.inverse_diagonal = (1 / diagonal).astype(np.float32)[:, None]
        if largest is None:
            largest = 1.1 * self._largest_eigenvalue()
        self.largest = np.float32(largest)
        self.prolong = _Operator(prolong, np.float32)
        self.restrict = _Operator(restrict, np.float32)

    def _largest_eigenvalue(self, steps: int = 12) -> float:
        """Estimate the largest eigenvalue of D⁻¹A by Lanczos steps from a fixed start.

        A few flat tetrahedra make it; as many steps of power iteration do not see them, and
        the smoother then feeds what it should damp.
        """
        scale = np.sqrt(self.inverse_diagonal)
        start = np.random.default_rng(0).standard_normal((self.matrix.n_row, 1))
        vector = (start / np.linalg.norm(start)).astype(np.float32)
        before, length = np.zeros_like(vector), np.float32(0)
        diagonal, beside = [], []
        for _ in range(steps):
            image = scale * self.matrix.apply(scale * vector) - length * before
            diagonal.append(float((vector * image).sum()))
            image -= np.float32(diagonal[-1]) * vector
            length = np.linalg.norm(image)
            beside.append(float(length))
            if length < EXHAUSTED * abs(diagonal[-1]):
                break
            before, vector = vector, image / length
        small = np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
        return float(np.linalg.eigvalsh(small)[-1])

    def smooth(self, x: FloatArray | None, b: FloatArray) -> FloatArray:
        """Apply the second-order Chebyshev polynomial of D⁻¹A to the error of x."""
        centre = self.largest * np.float32(0.5 + 0.5 / SMOOTHER_RANGE)
        half = self.largest * np.float32(0.5 - 0.5 / SMOOTHER_RANGE)
        first = half / centre
        second = 1 / (2 / first - first)
        if x is None:
            before, x = np.zeros_like(b), self.inverse_diagonal * b / centre
        else:
            before, x = x, self._relaxed(x, b, 1 / centre, x, np.float32(0))
        return self._relaxed(x, b, 2 * second / half, before, second * first)

    def _relaxed(
        self,
        x: FloatArray,
        b: FloatArray,
        weight: np.float32,
        before: FloatArray,
        momentum: np.float32,
    ) -> FloatArray:
        out, matrix = np.empty_like(b), self.matrix
        _kernels.relaxed(
            matrix.row, matrix.column, matrix.value, self.inverse_diagonal[:, 0],
            x, b, cast("float", weight), before, cast("float", momentum), out,
        )  # fmt: skip
        return out


@contextmanager
def _same_chance() -> Iterator[None]:
    """Make pyamg's estimates alike, though they draw from numpy's global state."""
    kept = np.random.get_state()  # noqa: NPY002 - pyamg takes no generator
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(kept)  # noqa: NPY002


class Multigrid:
    """A symmetric positive definite matrix, ready to be solved with; made by `of`.

    Parameters
    ----------
    matrix : csr matrix
        Symmetric positive definite.
    levels : tuple
        From the matrix itself down to the one above the coarsest.
    coarsest_inverse : array
        Of the coarsest level's matrix, in single precision.
    """

    def __init__(
        self, matrix: sp.csr_matrix, levels: tuple[_Level, ...], coarsest_inverse: FloatArray
    ) -> None:
        self.matrix = matrix
        self._fine = _Operator(matrix, np.float64)
        self._levels = levels
        self._coarsest_inverse = coarsest_inverse

    @classmethod
    def of(cls, matrix: sp.csr_matrix) -> "Multigrid":
        """Build the hierarchy of a symmetric positive definite matrix.

        Parameters
        ----------
        matrix : (n, n) sparse matrix
            Symmetric positive definite.
        """
        if sys.flags.optimize > 1:
            msg = "pyamg needs docstrings, but Python runs with -OO. Run it without."
            raise BadInputError(msg)
        import pyamg

        with _same_chance():
            hierarchy = pyamg.smoothed_aggregation_solver(
                matrix,
                symmetry="symmetric",
                strength=("symmetric", {"theta": STRENGTH}),  # pyright: ignore[reportArgumentType]
                max_coarse=COARSEST,
            )
        levels = tuple(
            _Level(_csr(level, "A"), _csr(level, "P"), _csr(level, "R"))
            for level in hierarchy.levels[:-1]
        )
        coarsest = hierarchy.levels[-1].A.toarray()
        inverse = np.linalg.pinv(coarsest, hermitian=True).astype(np.float32)
        return cls(matrix, levels, inverse)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything but the finest matrix as arrays, for `from_arrays`.

        Returns
        -------
        dict of arrays
            In single precision, as the cycle uses them.
        """
        kept = {"coarsest": self._coarsest_inverse}
        for depth, level in enumerate(self._levels):
            kept[f"largest {depth}"] = np.array(level.largest)
            kept |= level.prolong.arrays(f"prolong {depth}")
            if depth > 0:
                kept |= level.matrix.arrays(f"matrix {depth}")
        return kept

    @classmethod
    def from_arrays(cls, matrix: sp.csr_matrix, kept: Mapping[str, np.ndarray]) -> "Multigrid":
        """Put a hierarchy together again.

        Parameters
        ----------
        matrix : (n, n) sparse matrix
            That it was built for.
        kept : mapping of arrays
            From `arrays`.

        Returns
        -------
        Multigrid
            As it was.
        """
        levels, depth = [], 0
        while f"largest {depth}" in kept:
            here = _matrix_of(kept, f"matrix {depth}") if depth else matrix
            prolong = _matrix_of(kept, f"prolong {depth}")
            restrict = prolong.T.tocsr()
            levels.append(_Level(here, prolong, restrict, float(kept[f"largest {depth}"])))
            depth += 1
        return cls(matrix, tuple(levels), kept["coarsest"])

    def extended(self, matrix: sp.csr_matrix) -> "Multigrid":
        """Put a level on top.

        Parameters
        ----------
        matrix : csr matrix
            Symmetric positive definite; its first rows and columns are those of this one.

        Returns
        -------
        Multigrid
            Of the larger matrix, sharing the levels of this one.
        """
        injection = sp.csr_matrix(sp.eye(len(matrix.indptr) - 1, self.unknowns))
        top = _Level(matrix, injection, sp.csr_matrix(injection.T))
        return Multigrid(matrix, (top, *self._levels), self._coarsest_inverse)

    def with_matrix(self, matrix: sp.csr_matrix) -> "Multigrid":
        """Solve with another matrix, preconditioned as before.

        Parameters
        ----------
        matrix : csr matrix
            Symmetric positive definite, of the same size.

        Returns
        -------
        Multigrid
            That shares all levels.
        """
        return Multigrid(matrix, self._levels, self._coarsest_inverse)

    @cached_property
    def unknowns(self) -> int:
        """Number of unknowns."""
        return self._fine.n_row

    def _cycle(self, depth: int, b: FloatArray) -> FloatArray:
        if depth == len(self._levels):
            return self._coarsest_inverse @ b
        level = self._levels[depth]
        x = level.smooth(None, b)
        coarse = self._cycle(depth + 1, level.restrict.apply(level.matrix.residual(x, b)))
        return level.smooth(level.prolong.added(coarse, x), b)

    def solve(
        self, loads: FloatArray, *, tolerance: float, start: FloatArray | None = None
    ) -> tuple[FloatArray, Convergence]:
        """Solve for a block of loads.

        Parameters
        ----------
        loads : (n, k) array
            Right-hand sides.
        tolerance : float
            On |b - K x| / |b| of each load.
        start : (n, k) array, optional
            First guess.

        Returns
        -------
        (n, k) array
            Solutions.
        Convergence
            How it ended.

        Raises
        ------
        ConvergenceError
            When the tolerance is not reached.
        """
        x = np.zeros_like(loads) if start is None else start.copy()
        norm = np.maximum(np.linalg.norm(loads, axis=0), np.finfo(float).tiny)
        iterations, restarts = 0, 0
        residual = self._fine.residual(x, loads)
        # the recurrence drifts from the truth by rounding, so only a true residual ends a
        # solve; from it the iteration starts anew, which a reachable tolerance needs once
        while (worst := _worst(residual, norm)) > tolerance and restarts < RESTARTS:
            iterations += self._iterate(x, residual, tolerance * norm, MAX_ITERATIONS)
            residual = self._fine.residual(x, loads)
            restarts += 1
        if worst <= tolerance:
            return x, Convergence(iterations, worst, tolerance, self.unknowns)
        msg = (
            f"the solver must reach a residual of {tolerance:g}; it stopped at {worst:.3g} "
            f"after {iterations} iterations. Check the mesh for slivers and the "
            "conductivities for extreme contrasts, or ask for a larger tolerance."
        )
        raise ConvergenceError(msg)

    def _iterate(self, x: FloatArray, residual: FloatArray, goal: FloatArray, most: int) -> int:
        """Improve x in place until the recurrence reaches the goal; return the iterations."""
        direction = np.zeros_like(x)
        rho_before = np.ones(x.shape[1])
        square = _kernels.dots(residual, residual)
        for iteration in range(most):
            size = np.sqrt(square)
            if (size <= goal).all() or not np.isfinite(size).all():
                return iteration
            # scaled to one, so that a load of any size fits single precision
            scale = np.maximum(size, np.finfo(float).tiny)
            better = self._cycle(0, _kernels.narrowed(residual, scale))
            rho = _kernels.dots(residual, better) * scale
            share = _ratio(rho, rho_before) if iteration else np.zeros_like(rho)
            _kernels.turn(direction, better, scale, share)
            image = self._fine.apply(direction)
            step = _ratio(rho, _kernels.dots(direction, image))
            square = _kernels.advance(x, residual, direction, image, step)
            rho_before = rho
        return most


def _matrix_of(kept: Mapping[str, np.ndarray], name: str) -> sp.csr_matrix:
    row, column, value, width = (
        kept[f"{name} {part}"] for part in ("row", "column", "value", "width")
    )
    return sp.csr_matrix((value, column, row), shape=(len(row) - 1, int(width)))


def _csr(level: object, name: str) -> sp.csr_matrix:
    return sp.csr_matrix(getattr(level, name))


def _worst(residual: FloatArray, norm: FloatArray) -> float:
    return float((np.linalg.norm(residual, axis=0) / norm).max())


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Divide, giving zero where a load has already converged to nothing."""
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)
