"""What is no signal leaves the series in one projection.

Trend, frequencies outside the pass band and nuisance regressors are taken out together, so
that no step brings back what another removed (Lindquist et al. 2019). The sinusoids are the
cosines of the discrete cosine transform over the whole run, read at the frames that are
kept, so that censored frames need no interpolation.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import assign, freeze
from cortistim.typing import BoolArray, FloatArray

LEAST_FREEDOM = 20  # degrees; below, no correlation near 0.3 differs from noise
LEAST_FRAMES = 50
INDEPENDENT = 1e-6  # of a column's length that earlier ones must leave of it
BLOCK = 4096  # series that are cleaned at a time


@dataclass(frozen=True, eq=False)
class Nuisance:
    """What is known of a run besides its signal.

    Parameters
    ----------
    regressors : (n_frame, k) array
        Motion, tissue signals and so on; finite.
    kept : (n_frame,) bool array
        Frames that count.
    names : tuple of str
        Of the regressors.
    """

    regressors: FloatArray
    kept: BoolArray
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "regressors", "kept")


@dataclass(frozen=True, eq=False)
class Cleaning:
    """An orthonormal basis of what is left of a run.

    Parameters
    ----------
    basis : (n_kept, freedom) array
        Orthonormal columns; none has a mean.
    kept : (n_frame,) bool array
        Frames that count.
    redundant : int
        Regressors that followed from the others or had no part in the pass band.
    """

    basis: FloatArray
    kept: BoolArray
    redundant: int = 0
    _single: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Freeze the basis; keep it in single precision, too."""
        freeze(self, "basis", "kept")
        assign(self, _single=np.ascontiguousarray(self.basis, np.float32))

    @property
    def freedom(self) -> int:
        """Degrees of freedom that are left."""
        return self.basis.shape[1]

    @cached_property
    def n_kept(self) -> int:
        """Frames that count."""
        return int(self.kept.sum())

    def coefficients(self, series: FloatArray) -> FloatArray:
        """Return series in the basis; products and lengths are those of the clean series.

        Parameters
        ----------
        series : (n_kept, n_place) array
            At the frames that count.

        Returns
        -------
        (freedom, n_place) array
            Single precision.
        """
        series = np.asarray(series, np.float32)
        return self._single.T @ (series - series.mean(axis=0, dtype=np.float64).astype("f4"))

    def clean(self, series: FloatArray) -> FloatArray:
        """Return clean series of unit variance; a constant one becomes zero.

        Parameters
        ----------
        series : (n_kept, n_place) array
            At the frames that count.

        Returns
        -------
        (n_kept, n_place) array
            Single precision.
        """
        out = np.empty(series.shape, np.float32)
        for part in blocks(series.shape[1]):
            out[:, part] = self._single @ scaled(self.coefficients(series[:, part]))
        out *= np.sqrt(np.float32(len(out)))
        return out

    def without(self, signal: FloatArray) -> "Cleaning":
        """Return the cleaning that takes one more signal out.

        Parameters
        ----------
        signal : (n_kept,) array
            Such as the mean over the brain.

        Returns
        -------
        Cleaning
            With one degree of freedom less; the same where nothing of the signal is left.
        """
        part = self.basis.T @ (signal - signal.mean())
        size = np.linalg.norm(part)
        if size <= INDEPENDENT * max(np.linalg.norm(signal - signal.mean()), 1e-300):
            return self
        from scipy.linalg import qr

        rotation = np.asarray(qr((part / size)[:, None], mode="full")[0])
        return Cleaning(self.basis @ rotation[:, 1:], self.kept, self.redundant)


def blocks(count: int, size: int = BLOCK) -> Iterator[slice]:
    """Cut a number of places into pieces.

    Parameters
    ----------
    count : int
        Of places.
    size : int, optional
        Of a piece.

    Yields
    ------
    slice
        One piece.
    """
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def scaled(coefficients: FloatArray) -> FloatArray:
    """Give each column unit length; one of no length stays zero.

    Parameters
    ----------
    coefficients : (n, n_place) array
        Any.

    Returns
    -------
    (n, n_place) array
        Of the same type.
    """
    length = np.sqrt(np.einsum("ij,ij->j", coefficients, coefficients, dtype=np.float64))
    weight = np.divide(1.0, length, out=np.zeros_like(length), where=length > 1e-12)
    return coefficients * weight.astype(coefficients.dtype)


def cleaning_for(
    nuisance: Nuisance, tr_s: float, band_hz: tuple[float, float] = (0.01, 0.1)
) -> Cleaning:
    """Work out what is left of a run without trend, other frequencies and nuisance.

    Parameters
    ----------
    nuisance : Nuisance
        Regressors and the frames that count.
    tr_s : float [s]
        From frame to frame.
    band_hz : (float, float) [Hz]
        Frequencies that are kept.

    Returns
    -------
    Cleaning
        A projection; regressors that follow from others cost nothing.

    Raises
    ------
    BadInputError
        When too few frames or degrees of freedom are left.
    """
    n_frame, n_kept = len(nuisance.kept), int(nuisance.kept.sum())
    if n_kept < LEAST_FRAMES:
        msg = (
            f"a correlation needs at least {LEAST_FRAMES} frames that count; there are "
            f"{n_kept} of {n_frame}. Use a longer run, or censor less (`fd_mm`)."
        )
        raise BadInputError(msg)
    low, high = band_hz
    order = np.arange(n_frame)
    frequency = order / (2 * n_frame * tr_s)
    passed = (frequency >= low) & (frequency <= high) & (order > 0)
    if not passed.any():
        msg = (
            f"`band_hz` must hold frequencies of the run; {low:g} to {high:g} Hz holds none of "
            f"{n_frame} frames that are {tr_s:g} s apart. Check `tr`."
        )
        raise BadInputError(msg)
    extra = np.column_stack([order - order.mean(), nuisance.regressors])[nuisance.kept]
    extra = _unit_columns(extra - extra.mean(axis=0))
    if n_kept == n_frame:
        basis, rank = _within(_cosines(n_frame, order[passed]), extra)
    else:
        stopped = _cosines(n_frame, order[~passed])[nuisance.kept]
        basis, rank = _beside(stopped, extra)
    if basis.shape[1] < LEAST_FREEDOM:
        msg = (
            f"at least {LEAST_FREEDOM} degrees of freedom must be left; {n_kept} frames less "
            f"filter and {extra.shape[1] - 1} regressors leave {basis.shape[1]}. Use a longer "
            "run, a wider band (`band_hz`) or fewer regressors."
        )
        raise BadInputError(msg)
    return Cleaning(basis, nuisance.kept, extra.shape[1] - rank)


def _cosines(n_frame: int, orders: np.ndarray) -> FloatArray:
    """Orthonormal cosines, (n_frame, n_order)."""
    middle = (np.arange(n_frame) + 0.5)[:, None]
    columns = np.cos(np.pi * orders * middle / n_frame) * np.sqrt(2 / n_frame)
    columns[:, orders == 0] /= np.sqrt(2)
    return columns


def _unit_columns(columns: FloatArray) -> FloatArray:
    length = np.linalg.norm(columns, axis=0)
    return columns / np.where(length > 0, length, 1.0)


def _pivoted(columns: FloatArray) -> tuple[FloatArray, int]:
    """Orthonormal basis whose first columns span those given, and how many do."""
    from scipy.linalg import qr

    parts: Any = qr(columns, mode="full", pivoting=True)
    return parts[0], int((np.abs(np.diag(parts[1])) > INDEPENDENT).sum())


def _within(passing: FloatArray, extra: FloatArray) -> tuple[FloatArray, int]:
    """Complement of regressors within the pass band."""
    rotation, rank = _pivoted(passing.T @ extra)
    return passing @ rotation[:, rank:], rank


def _beside(stopped: FloatArray, extra: FloatArray) -> tuple[FloatArray, int]:
    """Complement of stop band and regressors at the frames that are kept."""
    first, rank = _pivoted(_unit_columns(stopped))
    free = first[:, rank:]
    return _within(free, extra) if free.shape[1] else (free, 0)
