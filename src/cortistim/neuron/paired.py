"""Paired pulses: what a conditioning pulse does to the response to a test pulse.

Phenomenological. Three populations of synapses, each with the time course of its receptor and
a recruitment curve over the conditioning intensity, scale the indirect waves; the direct wave
arises below the synapses and is spared. Sizes were set so that effects lie in the published
ranges.

A weaker pulse shortly after a strong one facilitates instead (SICF): it meets interneurons
that the first has just brought near their threshold, and does so once per period of the
indirect waves. `facilitated` has three peaks of published times; heights and widths are
assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError, quoted
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
        """Return the conductance over time, 1 at its peak.

        Parameters
        ----------
        interval_s : array [s]
            Since the conditioning pulse.

        Returns
        -------
        array
            0 until the delay has passed; of the interval's shape.
        """
        t = np.maximum(np.asarray(interval_s, float) - self.delay_s, 0.0)
        peak = self.rise_s * self.decay_s / (self.decay_s - self.rise_s)
        peak *= np.log(self.decay_s / self.rise_s)
        top = np.exp(-peak / self.decay_s) - np.exp(-peak / self.rise_s)
        return (np.exp(-t / self.decay_s) - np.exp(-t / self.rise_s)) / top

    def active(self, relative: float) -> float:
        """Return the share of synapses that a conditioning pulse activates.

        Parameters
        ----------
        relative : float
            The pulse over the resting motor threshold.

        Returns
        -------
        float
            0 to 1.
        """
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

PEAKS_S = np.array([1.3e-3, 2.6e-3, 4.3e-3])
"""From memory of ziemann1998; another paper (PubMed 10638423) says 1.3, 2.5, 4.3 ms."""
PEAK_HEIGHTS = np.array([1.0, 0.6, 0.35])
PEAK_SD_S = 0.3e-3
FACILITATION = Synapses(
    "no synapse: excitable interneurons", "SICF", 0, 0, 0, 1.0, 0.8, 25.0, "ziemann1998",
    "medium",
)  # fmt: skip
FACILITATED = np.array([0.0, 0.0, 1.0, 1.0, 1.0])  # waves that are yet to come
FACILITATED_RANGE = (1.2e-3, 1.6e-3, 1.2, 3.0)
"""As in `RANGES`, for a second pulse of 90 % of the threshold. hanajima2002
(fig. 2) saw facilitation at 1.2 to 1.8 ms ("S1 posterior") and at 1.4 to 1.6 ms ("S1
anterior"); the sizes are from memory of ziemann1998."""


def _checked(interval_s: float, words: str, relative: float) -> None:
    """Refuse an interval or an intensity that cannot be."""
    if not 0 < interval_s <= LONGEST_S:
        msg = f"the interval must be above 0 and at most 1000 ms; got {interval_s * 1e3:g} ms."
        raise BadInputError(msg)
    if not 0 <= relative <= 3:
        msg = (
            f"the {words} pulse must have 0 to 300 % of the motor threshold; got "
            f"{100 * relative:g} %."
        )
        raise BadInputError(msg)


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
    _checked(interval_s, "conditioning", conditioning)
    known = {p.receptor for p in POPULATIONS}
    odd = next((name for name in blocked if name not in known), None)
    if odd is not None:
        msg = f"a receptor is one of {', '.join(sorted(known))}; got {quoted(odd)}."
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


def facilitation_gain(interval_s: float, second: float) -> FloatArray:
    """Return the gain of a second, weaker pulse on the waves of the first.

    Parameters
    ----------
    interval_s : float [s]
        Between the pulses.
    second : float
        Its intensity over the resting motor threshold.

    Returns
    -------
    (5,) array
        In the order of `descending.WAVES`; 1 for waves that are already on their way.

    Raises
    ------
    BadInputError
        When the interval or the intensity cannot be.
    """
    _checked(interval_s, "second", second)
    peaks = PEAK_HEIGHTS * np.exp(-(((interval_s - PEAKS_S) / PEAK_SD_S) ** 2) / 2)
    return np.exp(FACILITATED * FACILITATION.size * FACILITATION.active(second) * peaks.sum())


def facilitated(
    interval_s: float, first: float, second: float, trials: int, rng: np.random.Generator
) -> float:
    """Return the mean response to both pulses over that to the first alone.

    Parameters
    ----------
    interval_s : float [s]
        Between the pulses.
    first, second : float
        Intensities over the resting motor threshold.
    trials : int
        Of each kind.
    rng : Generator
        Of the variability.

    Returns
    -------
    float
        Above 1 for facilitation.
    """
    gain = facilitation_gain(interval_s, second)
    both = respond(np.array([first]), trials, rng, gain=gain).size_v.mean()
    alone = respond(np.array([first]), trials, rng).size_v.mean()
    return float(both / alone)


__all__ = [
    "FACILITATED_RANGE", "FACILITATION", "POPULATIONS", "RANGES", "Synapses", "descending",
    "facilitated", "facilitation_gain", "paired", "wave_gain",
]  # fmt: skip
