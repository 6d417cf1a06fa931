"""Tests over a whole surface by permutation [winkler2014]_."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import freeze
from cortistim.group.design import GroupDesign
from cortistim.group.enhance import Mesh, clusters, tfce
from cortistim.typing import FloatArray, IntArray, Progress, silent

FORMING_P = 0.01
"""Two-sided p of a single vertex from which clusters are formed."""
LEAST = 99
TINY = 1e-12  # of the variance: nothing varies there


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupTest:
    """A test at every vertex, with errors controlled over all of them.

    Parameters
    ----------
    design : GroupDesign
        What was asked.
    t : (n_vertex,) array
        Student's t; 0 where nothing varies.
    p_point : (n_vertex,) array
        Of each vertex alone, by permutation.
    p_tfce, p_cluster : (n_vertex,) array
        Corrected for all vertices (family-wise): by TFCE, and by the mass of clusters; 1
        outside of clusters.
    labels : (n_vertex,) int array
        Clusters.
    forming_t : float
        That formed them.
    t_95 : float
        The largest |t| of a surface without effect stays below it 19 times of 20.
    n_permutation : int
        Including the data as they are.
    exact : bool
        All flips or permutations that there are.
    method : str
        In words.
    """

    design: GroupDesign
    t: FloatArray
    p_point: FloatArray
    p_tfce: FloatArray
    p_cluster: FloatArray
    labels: IntArray
    forming_t: float
    t_95: float
    n_permutation: int
    exact: bool
    method: str

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "t", "p_point", "p_tfce", "p_cluster", "labels")


class _Model:
    """Student's t of the column of interest for many permuted surfaces, quickly."""

    def __init__(self, design: GroupDesign) -> None:
        held, interest = design.held, design.interest
        self._basis = np.linalg.qr(held)[0] if held.shape[1] else np.zeros((len(held), 0))
        own = interest - self._basis @ (self._basis.T @ interest)
        self._own, self._norm = own / np.linalg.norm(own), np.linalg.norm(own)
        self.free = design.free

    def residuals(self, values: FloatArray) -> FloatArray:
        """Take out what is held constant."""
        return values - self._basis @ (self._basis.T @ values)

    def t(self, values: FloatArray) -> FloatArray:
        """Return t for rows that may have been permuted since."""
        along = self._own @ values
        whole = np.einsum("ij,ij->j", values, values)
        if self._basis.shape[1]:
            held = self._basis.T @ values
            whole = whole - np.einsum("ij,ij->j", held, held)
        error = np.maximum(whole - along**2, TINY * np.maximum(whole, 1e-300))
        t = along / np.sqrt(error / self.free)
        return np.where(whole > 0, t, 0.0)


def t_values(values: FloatArray, design: GroupDesign) -> FloatArray:
    """Return Student's t of the column of interest at each vertex.

    Parameters
    ----------
    values : (n_people, n_vertex) array
        Finite.
    design : GroupDesign
        Of the same people.

    Returns
    -------
    (n_vertex,) array
        0 where nothing varies.
    """
    model = _Model(design)
    return np.where(_varies(values, design), model.t(model.residuals(values)), 0.0)


def _varies(values: FloatArray, design: GroupDesign) -> FloatArray:
    if design.by_signs:
        return np.abs(values).max(axis=0) > 0
    return np.ptp(values, axis=0) > TINY * np.abs(values).max(axis=0)


def permutation_test(
    values: FloatArray,
    design: GroupDesign,
    mesh: Mesh,
    *,
    n_permutation: int = 1000,
    seed: int = 0,
    forming_p: float = FORMING_P,
    progress: Progress = silent,
) -> GroupTest:
    """Test every vertex, two-sided, and correct for all of them.

    A mean is tested by flipping the signs of people; whatever has columns that are held
    constant by permuting the residuals of the model without the column of interest
    (Freedman and Lane), as [winkler2014]_ lays out. The largest statistic over the surface of
    each permutation makes the distribution. Where there are no more flips than asked for, all
    are taken.

    Parameters
    ----------
    values : (n_people, n_vertex) array
        Finite; vertices that hold nothing are left out before.
    design : GroupDesign
        Of the same people.
    mesh : Mesh
        Of the same vertices.
    n_permutation : int, optional
        Including the data as they are.
    seed : int, optional
        Of the permutations.
    forming_p : float, optional
        From which clusters are formed.
    progress : callable, optional
        Told the fraction done.

    Returns
    -------
    GroupTest
        At every vertex.

    Raises
    ------
    BadInputError
        When arrays do not fit together or there are too few permutations.
    """
    from scipy.stats import t as student

    values = np.asarray(values, float)
    _require_fitting(values, design, mesh, n_permutation)
    model, varies = _Model(design), _varies(values, design)
    calm = model.residuals(values)
    forming_t = float(student.isf(forming_p / 2, design.free))

    def statistics(rows: FloatArray) -> tuple[FloatArray, FloatArray, IntArray, FloatArray]:
        t = np.where(varies, model.t(rows), 0.0)
        labels, masses = clusters(mesh, t, forming_t)
        return t, tfce(mesh, t), labels, np.abs(masses)

    t, support, labels, masses = statistics(calm)
    beaten = np.ones(values.shape[1])
    tops_t, tops_support, tops_mass = [np.abs(t).max()], [np.abs(support).max()], []
    tops_mass.append(masses.max(initial=0.0))
    changes, exact = _changes(design, n_permutation, seed)
    count = 1
    for change in changes:
        progress("permuting", count / n_permutation)
        rows = calm * change[:, None] if design.by_signs else calm[change.astype(int)]
        other, enhanced, _, other_masses = statistics(rows)
        beaten += np.abs(other) >= np.abs(t) * (1 - 1e-9)
        tops_t.append(np.abs(other).max())
        tops_support.append(np.abs(enhanced).max())
        tops_mass.append(other_masses.max(initial=0.0))
        count += 1
    p_mass = np.concatenate([[1.0], _shares(np.array(tops_mass), masses)])
    return GroupTest(
        design=design,
        t=t,
        p_point=np.where(varies, beaten / count, 1.0),
        p_tfce=np.where(varies, _shares(np.array(tops_support), np.abs(support)), 1.0),
        p_cluster=p_mass[labels],
        labels=labels,
        forming_t=forming_t,
        t_95=float(np.quantile(tops_t, 0.95, method="higher")),
        n_permutation=count,
        exact=exact,
        method="sign flips" if design.by_signs else "permuted residuals (Freedman-Lane)",
    )


def _require_fitting(
    values: FloatArray, design: GroupDesign, mesh: Mesh, n_permutation: int
) -> None:
    wanted = (len(design.interest), mesh.n_vertex)
    if values.shape != wanted or not np.isfinite(values).all():
        msg = (
            f"values must be finite, one row for each of {wanted[0]} people and one column for "
            f"each of {wanted[1]} vertices; got {values.shape}. Leave out people or vertices "
            "without values."
        )
        raise BadInputError(msg)
    if n_permutation < LEAST:
        msg = f"`permutations` must be {LEAST} or more; got {n_permutation}."
        raise BadInputError(msg)


def _shares(tops: FloatArray, found: FloatArray) -> FloatArray:
    """Share of the distribution of largest values that reaches what was found."""
    tops = np.sort(tops)
    below = np.searchsorted(tops, found * (1 - 1e-9), side="left")
    return (len(tops) - below) / len(tops)


def _changes(
    design: GroupDesign, n_permutation: int, seed: int
) -> tuple[Iterator[FloatArray], bool]:
    n_people = len(design.interest)
    if design.by_signs and n_people < 30 and 2**n_people <= n_permutation:
        return _all_flips(n_people), True
    return _drawn(design, n_permutation, np.random.default_rng(seed)), False


def _all_flips(n_people: int) -> Iterator[FloatArray]:
    for number in range(1, 2**n_people):
        yield np.where((number >> np.arange(n_people)) & 1, -1.0, 1.0)


def _drawn(
    design: GroupDesign, n_permutation: int, rng: np.random.Generator
) -> Iterator[FloatArray]:
    n_people = len(design.interest)
    for _ in range(n_permutation - 1):
        if design.by_signs:
            yield rng.choice([-1.0, 1.0], size=n_people)
        else:
            yield rng.permutation(n_people).astype(float)
