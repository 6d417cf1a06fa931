"""How |E| in a few points answers to the conductivities, without a new matrix.

K and b are sums over tissues, K(sigma) = sum sigma_t K_t and b(sigma) = sum sigma_t b_t. They
are projected on few vectors: the solution itself, its derivatives by the conductivities that
matter most, and the adjoint solutions of the points' mean field. The residual of the projected
problem is then orthogonal to the adjoint solutions, so that the error of the mean field is a
product of two small errors. The derivatives are one block of solves with the matrix that is
there.

Strengths are ratios to the nominal one, read with harmonic fits of linear elements: what higher
order adds to a field is a few percent of it, and what it adds to a change is about as small a
part of that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from cortistim.errors import BadInputError
from cortistim.field import _kernels
from cortistim.field.field import Field
from cortistim.field.recovery.sampling import Sampler
from cortistim.field.solver.fem import FemSystem
from cortistim.geometry import freeze
from cortistim.head.head import Head
from cortistim.head.tissues import (
    BONE,
    COMPACT_BONE,
    CSF,
    GREY,
    SCALP,
    SPONGY_BONE,
    USER,
    WHITE,
    Tissue,
)
from cortistim.typing import FloatArray, IntArray

PUBLISHED: Mapping[int, tuple[float, float]] = {
    WHITE: (0.1, 0.4),
    GREY: (0.1, 0.6),
    CSF: (1.2, 1.8),
    COMPACT_BONE: (0.003, 0.012),
}
# Scalp: from memory of the same paper, found in none of its examples. Averaged bone takes the
# range of compact bone, the only one given there.
ASSUMED: Mapping[int, tuple[float, float]] = {
    SCALP: (0.2, 0.5),
    BONE: (0.003, 0.012),
    SPONGY_BONE: (0.012, 0.05),
}
SPREAD = 0.5  # of the default either way, for tissues without a published range: assumed
SHAPE = 3.0  # of the beta distribution between the ends, as saturnino2019a
DERIVATIVES = 3  # tissues whose derivatives are solved for: those that matter most
# The derivatives are second-order terms, so a tenth of a percent of them is plenty.
LOOSE = 1e-3
CHUNK = 1 << 17  # tetrahedra at once
SMALLEST = 1e-10  # of the largest eigenvalue; below it a vector adds only rounding


@dataclass(frozen=True, slots=True)
class Range:
    """Where a tissue's conductivity lies, by a symmetric beta distribution.

    Parameters
    ----------
    low_siemens_per_m, high_siemens_per_m : float [S/m]
        Its ends.
    source : str
        A key of ``references.bib``, ``given by the user`` or ``assumed``.
    """

    low_siemens_per_m: float
    high_siemens_per_m: float
    source: str

    def __post_init__(self) -> None:
        """Refuse what is no range of conductivities."""
        if not 0 < self.low_siemens_per_m < self.high_siemens_per_m < np.inf:
            msg = (
                "a range must be two rising positive conductivities; got "
                f"{self.low_siemens_per_m:g} to {self.high_siemens_per_m:g} S/m."
            )
            raise BadInputError(msg)

    def quantiles(self, share: FloatArray) -> FloatArray:
        """Return the conductivities below which shares of the distribution lie, in S/m.

        Parameters
        ----------
        share : (...) array
            0 to 1.

        Returns
        -------
        (...) array
            In S/m.
        """
        low, high = self.low_siemens_per_m, self.high_siemens_per_m
        return low + (high - low) * beta.ppf(share, SHAPE, SHAPE)


def range_of(tissue: Tissue, given: Mapping[int, tuple[float, float]] | None = None) -> Range:
    """Return where the conductivity of a tissue lies.

    Parameters
    ----------
    tissue : Tissue
        Any.
    given : mapping of int to (float, float), optional
        Ends in S/m by tag that replace the published ones.

    Returns
    -------
    Range
        With its source.

    Raises
    ------
    BadInputError
        When what is given is no range.
    """
    if given is not None and tissue.tag in given:
        return Range(*given[tissue.tag], USER)
    if tissue.tag in PUBLISHED:
        return Range(*PUBLISHED[tissue.tag], "saturnino2019a")
    if tissue.tag in ASSUMED:
        return Range(*ASSUMED[tissue.tag], "assumed")
    value = tissue.sigma_siemens_per_m
    return Range((1 - SPREAD) * value, (1 + SPREAD) * value, "assumed")


@dataclass(frozen=True, eq=False)
class SigmaResponse:
    """Mean |E| over points as a function of the conductivities, at one pose.

    Parameters
    ----------
    forms : (n_tissue, 1 + m, 1 + m) array
        Integrals over each tissue of the products of dA/dt and of the m vectors' gradients.
    slopes : (n_point, 3, m) array
        Gradients of the vectors at the points.
    primary_v_per_m : (n_point, 3) array [V/m]
        dA/dt at the points.
    nominal_siemens_per_m : (n_tissue,) array [S/m]
        The head's own conductivities.
    """

    forms: FloatArray
    slopes: FloatArray
    primary_v_per_m: FloatArray
    nominal_siemens_per_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "forms", "slopes", "primary_v_per_m", "nominal_siemens_per_m")

    def strengths_v_per_m(self, sigma_siemens_per_m: FloatArray) -> FloatArray:
        """Compute mean |E| of linear elements.

        Parameters
        ----------
        sigma_siemens_per_m : (n, n_tissue) array [S/m]
            Conductivities.

        Returns
        -------
        (n,) array [V/m]
            At the field's dI/dt.
        """
        forms = np.tensordot(sigma_siemens_per_m, self.forms, axes=1)
        share = np.linalg.solve(forms[:, 1:, 1:], -forms[:, 1:, :1])[..., 0]
        gradient = np.einsum("pcm,nm->npc", self.slopes, share)
        return np.linalg.norm(self.primary_v_per_m + gradient, axis=2).mean(axis=1)

    def ratios(self, sigma_siemens_per_m: FloatArray) -> FloatArray:
        """Compute mean |E| relative to that of the head's own conductivities, (n,).

        Parameters
        ----------
        sigma_siemens_per_m : (n, n_tissue) array [S/m]
            Samples.

        Returns
        -------
        (n, ...) array
            1 at the nominal conductivities.
        """
        (nominal,) = self.strengths_v_per_m(self.nominal_siemens_per_m[None])
        return self.strengths_v_per_m(sigma_siemens_per_m) / nominal


def sigma_response(
    field: Field, places: Sampler, adjoint_potentials: FloatArray, system: FemSystem
) -> SigmaResponse:
    """Find out how the strength at points answers to the conductivities.

    Parameters
    ----------
    field : Field
        Solved with linear elements.
    places : Sampler
        Points inside the head.
    adjoint_potentials : (n_node, 3) array
        Solutions for the loads that read the points' mean gradient.
    system : FemSystem
        The head's: its hierarchy is used again.

    Returns
    -------
    SigmaResponse
        Good for conductivities within their published ranges; see
        ``benchmarks/uncertainty_coverage.py``.

    Raises
    ------
    ConvergenceError
        When a solve stops short.
    """
    head, nominal = field.head, _nominal(field.head)
    primary = field.dadt_v_per_m(head.mesh.nodes_m)
    parts = _Parts.of(head, system, primary)
    known = np.column_stack([field.potential_v, adjoint_potentials])
    leading = _leading(parts.forms(known), nominal, head)
    loads = parts.residuals(leading, field.potential_v)
    loads -= loads.mean(axis=0)
    first, _ = system.solve(loads, tolerance=LOOSE)
    vectors = np.column_stack([known, first])
    forms = parts.forms(vectors)
    kept = _orthonormal(np.tensordot(nominal, forms[:, 1:, 1:], axes=1))
    turn = np.zeros((len(kept) + 1, kept.shape[1] + 1))
    turn[0, 0], turn[1:, 1:] = 1.0, kept
    slopes = np.stack([places.gradient(np.ascontiguousarray(v)) for v in vectors.T], axis=2)
    return SigmaResponse(
        turn.T @ forms @ turn, slopes @ kept, field.dadt_v_per_m(places.points_m), nominal
    )


def _nominal(head: Head) -> FloatArray:
    return np.array([tissue.sigma_siemens_per_m for tissue in head.tissues])


def _leading(forms: FloatArray, nominal: FloatArray, head: Head) -> IntArray:
    """Pick the tissues whose ranges change the mean field most, to first order.

    The derivative of the mean field's component c by sigma_t is minus the integral over the
    tissue of grad lambda_c · (dA/dt + grad phi).
    """
    current = forms[:, 0] + forms[:, 1]
    spans = [range_of(tissue) for tissue in head.tissues]
    width = np.array([s.high_siemens_per_m - s.low_siemens_per_m for s in spans])
    weight = np.linalg.norm(current[:, 2:], axis=1) * np.minimum(width, 2 * nominal)
    return np.argsort(-weight)[:DERIVATIVES]


@dataclass(frozen=True, eq=False)
class _Parts:
    """The tetrahedra of each tissue, and dA/dt at the nodes."""

    head: Head
    system: FemSystem
    primary_v_per_m: FloatArray
    by_tissue: tuple[IntArray, ...]

    @classmethod
    def of(cls, head: Head, system: FemSystem, primary_v_per_m: FloatArray) -> "_Parts":
        tags = head.mesh.tags
        return cls(
            head,
            system,
            primary_v_per_m,
            tuple(np.flatnonzero(tags == tissue.tag) for tissue in head.tissues),
        )

    def forms(self, vectors: FloatArray) -> FloatArray:
        """Integrate products of dA/dt and of gradients, (n_tissue, 1 + m, 1 + m)."""
        mesh, numbers = self.head.mesh, np.full(len(self.head.mesh.tets), -1)
        for number, tets in enumerate(self.by_tissue):
            numbers[tets] = number
        return _kernels.forms(
            mesh.nodes_m, mesh.tets, numbers, len(self.by_tissue), self.system.tensors,
            self.primary_v_per_m, np.ascontiguousarray(vectors),
        )  # fmt: skip

    def _fields(self, tets: IntArray, vectors: FloatArray) -> FloatArray:
        """Mean dA/dt and gradients in tetrahedra, (1 + m, n, 3)."""
        mesh = self.head.mesh
        corners = np.ascontiguousarray(mesh.tets[tets])
        slopes = [
            _kernels.gradients(mesh.nodes_m, corners, np.ascontiguousarray(v))
            for v in vectors.T
        ]
        return np.stack([self.primary_v_per_m[corners].mean(axis=1), *slopes])

    def _conducted(self, tets: IntArray, vectors: FloatArray) -> FloatArray:
        if self.system.relative is None:
            return vectors
        return np.einsum("tij,tj->ti", self.system.relative[tets], vectors)

    def residuals(self, tissues: IntArray, potential_v: FloatArray) -> FloatArray:
        """Compute the loads of the derivatives by sigma, b_t - K_t phi, (n_node, n)."""
        mesh = self.head.mesh
        out = np.zeros((len(mesh.nodes_m), len(tissues)))
        for number, tissue in enumerate(tissues):
            tets = self.by_tissue[tissue]
            for first in range(0, len(tets), CHUNK):
                some = tets[first : first + CHUNK]
                total = self._fields(some, potential_v[:, None]).sum(axis=0)
                volume = np.abs(mesh.volumes_m3[some])[:, None]
                flow = self._conducted(some, total) * volume
                corners = np.ascontiguousarray(mesh.tets[some])
                slopes = _kernels.shape_gradients(mesh.nodes_m, corners)
                load = np.einsum("tic,tc->ti", slopes, flow)
                out[:, number] -= np.bincount(corners.ravel(), load.ravel(), len(out))
        return out


def _orthonormal(gram: FloatArray) -> FloatArray:
    """Return combinations of vectors with a Gram matrix that are orthonormal."""
    size = np.sqrt(np.diag(gram))
    value, turn = np.linalg.eigh(gram / np.outer(size, size))
    kept = value > SMALLEST * value[-1]
    return turn[:, kept] / np.sqrt(value[kept]) / size[:, None]
