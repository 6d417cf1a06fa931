"""SSP-SIR: muscle projected out by its topographies, the rest mended by the lead field.

Muscle activity is strong above 100 Hz, where the brain is weak. The topographies of the
filtered mean, weighted by when muscle is active, are projected out, and what the projection
does to brain signals is undone by a minimum-norm estimate; where no muscle is active the data
pass through the same estimate without projection. Source: mutanen2016.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.eeg.epochs import Epochs
from cortistim.errors import BadInputError
from cortistim.geometry import freeze
from cortistim.typing import FloatArray

HIGH_HZ = 100.0
WINDOW_S = 0.050
ORDER = 2


@dataclass(frozen=True, eq=False)
class SspSirResult:
    """What SSP-SIR found.

    Parameters
    ----------
    projected : (n_channel, n_channel) array
        What the data become where muscle is active.
    plain : (n_channel, n_channel) array
        What they become where it is not.
    kernel : (n_sample,) array
        How active muscle is, 0 to 1.
    components : int
        Topographies that were projected out.
    shares : (n,) array
        Variance of the filtered mean that 1, 2, ... topographies hold.
    kept : (n_dipole,) array
        Share of the size of each column of the lead field that is left.
    """

    projected: FloatArray
    plain: FloatArray
    kernel: FloatArray
    components: int
    shares: FloatArray
    kept: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "projected", "plain", "kernel", "shares", "kept")

    def applied(self, values_v: FloatArray) -> FloatArray:
        """Clean trials.

        Parameters
        ----------
        values_v : (..., n_channel, n_sample) array [V]
            Against the average of the channels.

        Returns
        -------
        (..., n_channel, n_sample) array [V]
            Clean.
        """
        muscle = np.einsum("ij,...jt->...it", self.projected, values_v)
        brain = np.einsum("ij,...jt->...it", self.plain, values_v)
        return self.kernel * muscle + (1 - self.kernel) * brain


def ssp_sir(
    epochs: Epochs,
    lead: FloatArray,
    *,
    components: int | None = None,
    share: float = 0.9,
    blank_s: float = 0.0,
) -> SspSirResult:
    """Find muscle topographies and how to mend the data without them.

    Parameters
    ----------
    epochs : Epochs
        Against the average of the channels, the pulse cut out.
    lead : (n_channel, n_dipole) array
        Of the same channels.
    components : int, optional
        How many topographies; by default as many as hold ``share`` of the variance.
    share : float, optional
        Of the variance of the filtered mean.
    blank_s : float, optional [s]
        Time after the pulse that is bridged and holds no muscle.

    Returns
    -------
    SspSirResult
        Matrices for all trials.

    Raises
    ------
    BadInputError
        When the rate is too low to see muscle, or too much would be taken out.
    """
    from scipy.signal import butter, sosfiltfilt

    if epochs.rate_hz <= 2.5 * HIGH_HZ:
        msg = (
            f"muscle is seen above {HIGH_HZ:g} Hz; a rate of {epochs.rate_hz:g} Hz shows none "
            "of it. Give epochs of at least 1000 Hz."
        )
        raise BadInputError(msg)
    lead = lead - lead.mean(axis=0)
    mean_v = epochs.mean_v - epochs.mean_v.mean(axis=0)
    filtering = butter(ORDER, HIGH_HZ, "highpass", fs=epochs.rate_hz, output="sos")
    high = sosfiltfilt(filtering, mean_v, axis=1)
    kernel = _kernel(high, epochs, blank_s)
    topographies, size, _ = np.linalg.svd(kernel * high, full_matrices=False)
    shares = np.cumsum(size**2) / max(float((size**2).sum()), 1e-300)
    count = components if components is not None else int(np.searchsorted(shares, share)) + 1
    if not 0 < count < len(mean_v) - 1:
        msg = (
            f"`components` must leave signal: with {len(mean_v)} channels 1 to "
            f"{len(mean_v) - 2}; got {count}."
        )
        raise BadInputError(msg)
    muscle = topographies[:, :count]
    projection = np.eye(len(mean_v)) - muscle @ muscle.T
    order = int(np.linalg.matrix_rank(mean_v)) - count
    projected = _mended(lead, projection, max(order, 1))
    plain = _mended(lead, np.eye(len(mean_v)), max(order, 1))
    kept = np.linalg.norm(projected @ lead, axis=0) / np.linalg.norm(lead, axis=0)
    return SspSirResult(projected, plain, kernel, count, shares, kept)


def _kernel(high: FloatArray, epochs: Epochs, blank_s: float) -> FloatArray:
    """Root of the mean power in sliding windows, at most 1; the baseline's level is 0."""
    from scipy.ndimage import uniform_filter1d

    power = uniform_filter1d(
        (high**2).mean(axis=0), max(3, round(WINDOW_S * epochs.rate_hz)), mode="nearest"
    )
    rest = np.sqrt(np.median(power[epochs.times_s < -WINDOW_S]))
    active = np.maximum(np.sqrt(power) - rest, 0.0)
    active[epochs.times_s < min(blank_s, 0.0) - WINDOW_S / 2] = 0.0
    top = float(active.max())
    return active / top if top > 0 else active


def _mended(lead: FloatArray, projection: FloatArray, order: int) -> FloatArray:
    """L (P L)^T [(P L) (P L)^T]^+ P, with a truncated inverse."""
    part = projection @ lead
    vectors, values, _ = np.linalg.svd(part @ part.T)
    used = min(order, int((values > 1e-10 * values[0]).sum()))
    inverse = (vectors[:, :used] / values[:used]) @ vectors[:, :used].T
    return lead @ part.T @ inverse @ projection
