"""Paired pulses: what a conditioning pulse does to the response to a test pulse.

Phenomenological. Three populations of synapses, each with the time course of its receptor and
a recruitment curve over the conditioning intensity, scale the indirect waves; the direct wave
arises below the synapses and is spared. Sizes were set so that effects lie in the published
ranges.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.neuron import descending
from cortistim.neuron.muscle import respond
from cortistim.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Synapses:
    """One population of synapses.

    Parameters
    ----------
    receptor : str
        What drugs act on.
    effect : str
        The name in paired-pulse studies.
    rise_s, decay_s : float [s]
        Of the conductance, a difference of exponentials.
    delay_s : float [s]
        From the conditioning pulse.
    size : float
        ln of the gain on the late waves at the peak and with all synapses active.
    middle, slope : float
        Of the recruitment curve over the conditioning intensity, relative to the resting
        motor threshold.
    source, confidence : str
        Key of ``references.bib``, and how sure the effect is.
    """

    receptor: str
    effect: str
    rise_s: float
    decay_s: float
    delay_s: float
    size: float
    middle: float
    slope: float
    source: str
    confidence: str

    def course(self, interval_s: FloatArray) -> FloatArray:
        """Return the conductance over time, 1 at its peak."""
        t = np.maximum(np.asarray(interval_s, float) - self.delay_s, 0.0)
        peak = self.rise_s * self.decay_s / (self.decay_s - self.rise_s)
        peak *= np.log(self.decay_s / self.rise_s)
        top = np.exp(-peak / self.decay_s) - np.exp(-peak / self.rise_s)
        return (np.exp(-t / self.decay_s) - np.exp(-t / self.rise_s)) / top

    def active(self, relative: float) -> float:
        """Return the share of synapses that a conditioning pulse activates."""
        return float(1 / (1 + np.exp(-self.slope * (relative - self.middle))))


POPULATIONS = (
    Synapses("GABA-A", "SICI", 0.6e-3, 2.6e-3, 0.2e-3, -1.3, 0.62, 25.0, "kujirai1993", "high"),
    Synapses("NMDA", "ICF", 5e-3, 9e-3, 4e-3, 0.55, 0.66, 25.0, "ziemann1996", "medium"),
    Synapses(
        "GABA-B", "LICI", 45e-3, 75e-3, 15e-3, -1.5, 1.05, 25.0, "vallssole1992", "medium"
    ),
)
BY_WAVE = np.array([0.0, 0.5, 1.0, 1.0, 1.0])  # the direct wave is spared
RANGES: Mapping[str, tuple[float, float, float, float]] = {
    "SICI": (2e-3, 3e-3, 0.2, 0.6),
    "ICF": (10e-3, 15e-3, 1.2, 2.0),
    "LICI": (100e-3, 100e-3, 0.1, 0.5),
}
"""Intervals from and to, and the published size of the response over the test response."""
LONGEST_S = 1.0


def wave_gain(
    interval_s: float, conditioning: float, blocked: tuple[str, ...] = ()
) -> FloatArray:
    """Return the gain on each descending wave after a conditioning pulse.

    Parameters
    ----------
    interval_s : float [s]
        Between the pulses.
    conditioning : float
        Its intensity over the resting motor threshold.
    blocked : tuple of str
        Receptors that are left out.

    Returns
    -------
    (5,) array
        In the order of `descending.WAVES`.

    Raises
    ------
    BadInputError
        When the interval or a receptor's name cannot be.
    """
    if not 0 < interval_s <= LONGEST_S:
        msg = f"the interval must be above 0 and at most 1000 ms; got {interval_s * 1e3:g} ms."
        raise BadInputError(msg)
    if not 0 <= conditioning <= 3:
        msg = (
            "the conditioning pulse must have 0 to 300 % of the motor threshold; got "
            f"{100 * conditioning:g} %."
        )
        raise BadInputError(msg)
    known = {p.receptor for p in POPULATIONS}
    odd = next((name for name in blocked if name not in known), None)
    if odd is not None:
        msg = f"a receptor is one of {', '.join(sorted(known))}; got {odd!r}."
        raise BadInputError(msg)
    log = sum(
        p.size * p.active(conditioning) * float(p.course(np.array(interval_s)))
        for p in POPULATIONS
        if p.receptor not in blocked
    )
    return np.exp(BY_WAVE * log)


def paired(
    interval_s: float,
    conditioning: float,
    test: float,
    trials: int,
    rng: np.random.Generator,
    *,
    blocked: tuple[str, ...] = (),
) -> float:
    """Return the mean conditioned response over the mean test response.

    Parameters
    ----------
    interval_s : float [s]
        Between the pulses.
    conditioning, test : float
        Intensities over the resting motor threshold.
    trials : int
        Of each kind.
    rng : Generator
        Of the variability.
    blocked : tuple of str
        Receptors that are left out.

    Returns
    -------
    float
        Below 1 for inhibition.
    """
    gain = wave_gain(interval_s, conditioning, blocked)
    both = respond(np.array([test]), trials, rng, gain=gain).size_v.mean()
    alone = respond(np.array([test]), trials, rng).size_v.mean()
    return float(both / alone)


__all__ = ["POPULATIONS", "RANGES", "Synapses", "descending", "paired", "wave_gain"]
