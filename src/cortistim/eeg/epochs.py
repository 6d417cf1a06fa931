"""Pieces of EEG around pulses."""

from dataclasses import dataclass, replace

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import freeze
from cortistim.typing import BoolArray, FloatArray

LEAST_BASELINE_S = 0.02


@dataclass(frozen=True, eq=False)
class Epochs:
    """Trials of EEG, with the pulse at time zero.

    Parameters
    ----------
    values_v : (n_trial, n_channel, n_sample) array [V]
        Potentials.
    times_s : (n_sample,) array [s]
        Even steps; zero is the pulse.
    names : tuple of str
        Of the channels.
    """

    values_v: FloatArray
    times_s: FloatArray
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse what does not fit together."""
        freeze(self, "values_v", "times_s", dtype=np.float64)
        shape = self.values_v.shape
        if len(shape) != 3 or shape[1:] != (len(self.names), len(self.times_s)):
            msg = (
                "epochs must be trials x channels x samples, with a name for each channel and "
                f"a time for each sample; got {shape}, {len(self.names)} names and "
                f"{len(self.times_s)} times."
            )
            raise BadInputError(msg)
        if not np.isfinite(self.values_v).all():
            msg = "potentials must be finite; some are not. Leave these trials out."
            raise BadInputError(msg)
        steps = np.diff(self.times_s)
        if len(steps) < 2 or steps.min() <= 0 or np.ptp(steps) > 0.01 * steps.mean():
            msg = "times must rise in even steps; they do not."
            raise BadInputError(msg)
        if not self.times_s[0] < 0 < self.times_s[-1]:
            msg = (
                "epochs must hold time before and after the pulse at zero; they run from "
                f"{1e3 * self.times_s[0]:g} to {1e3 * self.times_s[-1]:g} ms."
            )
            raise BadInputError(msg)

    @property
    def rate_hz(self) -> float:
        """Samples per second."""
        return float((len(self.times_s) - 1) / (self.times_s[-1] - self.times_s[0]))

    @property
    def mean_v(self) -> FloatArray:
        """Mean over trials, (n_channel, n_sample)."""
        return self.values_v.mean(axis=0)

    def between(self, start_s: float, end_s: float) -> BoolArray:
        """Tell which samples lie in a half-open window.

        Parameters
        ----------
        start_s, end_s : float [s]
            Its ends.

        Returns
        -------
        (n_sample,) bool array
            True from the first to before the second.
        """
        tiny = 1e-6 / self.rate_hz
        return (self.times_s >= start_s - tiny) & (self.times_s < end_s - tiny)

    def with_values(self, values_v: FloatArray) -> "Epochs":
        """Return the same trials with other potentials.

        Parameters
        ----------
        values_v : (n_trial, n_channel, n_sample) array [V]
            Potentials.

        Returns
        -------
        Epochs
            With the same times and names.
        """
        return replace(self, values_v=values_v)

    def picked(self, names: tuple[str, ...]) -> "Epochs":
        """Return some channels, in the order asked for.

        Parameters
        ----------
        names : tuple of str
            All known.

        Returns
        -------
        Epochs
            With these channels.
        """
        rows = [self.names.index(name) for name in names]
        return Epochs(self.values_v[:, rows], self.times_s, names)

    def less_baseline(self, start_s: float, end_s: float) -> "Epochs":
        """Take the mean of a window out of each channel of each trial.

        Parameters
        ----------
        start_s, end_s : float [s]
            The window, half-open.

        Returns
        -------
        Epochs
            With a mean of zero there.

        Raises
        ------
        BadInputError
            When fewer than 20 ms of the window are there.
        """
        inside = self.between(start_s, end_s)
        if inside.sum() < LEAST_BASELINE_S * self.rate_hz:
            msg = (
                f"`baseline` must hold at least {1e3 * LEAST_BASELINE_S:g} ms of the epochs; "
                f"{1e3 * start_s:g} to {1e3 * end_s:g} ms holds "
                f"{1e3 * inside.sum() / self.rate_hz:g} ms."
            )
            raise BadInputError(msg)
        level = self.values_v[..., inside].mean(axis=-1, keepdims=True)
        return self.with_values(self.values_v - level)
