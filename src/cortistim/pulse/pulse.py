"""The pulse: how the coil current's rate of change runs in time."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from scipy.integrate import cumulative_trapezoid

from cortistim.errors import BadInputError, quoted
from cortistim.geometry import freeze, frozen
from cortistim.shown import Facts, Shown
from cortistim.typing import FloatArray
from cortistim.units import a_per_us_from_a_per_s, us_from_s


@dataclass(frozen=True, eq=False, repr=False)
class Pulse(Shown):
    """One pulse as dI/dt over time; between samples it runs straight, outside it is zero.

    Parameters
    ----------
    name : str
        What a user calls it.
    time_s : (n_sample,) array [s]
        Rising.
    didt_a_per_s : (n_sample,) array [A/s]
        Positive values are those of the coil's positive current.
    sources : tuple of str
        Keys of ``references.bib``.
    words : str
        How it was made.
    """

    name: str
    time_s: FloatArray
    didt_a_per_s: FloatArray
    sources: tuple[str, ...]
    words: str = ""

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        return (
            ("name", self.name),
            ("peak dI/dt", f"{a_per_us_from_a_per_s(self.peak_a_per_s):.4g} A/µs"),
            ("duration", f"{us_from_s(self.duration_s):.4g} µs"),
        )

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse what is no function of time."""
        freeze(self, "time_s", "didt_a_per_s", dtype=np.float64)
        shape = self.time_s.shape
        if len(shape) != 1 or shape != self.didt_a_per_s.shape or shape[0] < 2:
            msg = (
                f"a pulse needs as many times as values, at least 2; got {shape} and "
                f"{self.didt_a_per_s.shape}."
            )
            raise BadInputError(msg)
        finite = np.isfinite(self.time_s).all() and np.isfinite(self.didt_a_per_s).all()
        if not finite or not (np.diff(self.time_s) > 0).all():
            msg = (
                f"the times and values of pulse {quoted(self.name)} must be finite, the times "
                "rise."
            )
            raise BadInputError(msg)
        if not self.didt_a_per_s.any():
            msg = f"pulse {quoted(self.name)} must differ from zero somewhere."
            raise BadInputError(msg)

    @cached_property
    def peak_a_per_s(self) -> float:
        """Largest magnitude of dI/dt, in A/s."""
        return float(np.abs(self.didt_a_per_s).max())

    @property
    def duration_s(self) -> float:
        """From the first sample to the last, in seconds."""
        return float(self.time_s[-1] - self.time_s[0])

    @cached_property
    def normalised(self) -> FloatArray:
        """dI/dt over its peak magnitude, (n_sample,); signs are kept."""
        return frozen(self.didt_a_per_s / self.peak_a_per_s)

    @cached_property
    def current_a(self) -> FloatArray:
        """Coil current, (n_sample,), in amperes; zero at the start."""
        return frozen(cumulative_trapezoid(self.didt_a_per_s, self.time_s, initial=0.0))

    def scaled_to(self, peak_a_per_s: float) -> Self:
        """Return the same waveform with another peak.

        Parameters
        ----------
        peak_a_per_s : float [A/s]
            Its sign turns the current round.

        Returns
        -------
        Pulse
            A new pulse.
        """
        return replace(self, didt_a_per_s=self.normalised * peak_a_per_s)
