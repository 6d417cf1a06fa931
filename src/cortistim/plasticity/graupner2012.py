"""Graupner & Brunel (2012): a bistable synapse with two calcium thresholds.

A model of one synapse in a slice. Each pulse is taken to make both sides fire within 3 ms, an
assumption; the result has no time course, because its synapses do not forget. Linear in the
time above thresholds, it cannot tell continuous from intermittent theta burst.
"""

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from cortistim.plasticity._kernels import graupner_moments
from cortistim.plasticity.drive import Drive
from cortistim.plasticity.opinion import Opinion, declined
from cortistim.typing import FloatArray

NAME, SOURCES = "graupner2012", ("graupner2012",)
LAG_S = 0.003  # from the presynaptic to the postsynaptic spike of a pulse; assumed
FULL_DRIVE = 0.8  # of the active threshold, where spikes have the slice's size; assumed


@dataclass(frozen=True, slots=True)
class Synapse:
    """A set of parameters of the paper's table.

    Parameters
    ----------
    tau_c_s : float [s]
        Decay of calcium.
    pre, post : float
        Calcium of a spike.
    th_d, th_p : float
        Thresholds.
    g_d, g_p : float
        Rates above them.
    sigma : float
        Noise.
    tau_s : float [s]
        Of the efficacy.
    delay_s : float [s]
        Of presynaptic calcium.
    low : float
        Share of synapses that start low.
    ratio : float
        Strength of a high over a low synapse.
    """

    tau_c_s: float
    pre: float
    post: float
    th_d: float
    th_p: float
    g_d: float
    g_p: float
    sigma: float
    tau_s: float
    delay_s: float
    low: float
    ratio: float


CORTICAL_SLICE = Synapse(
    0.0226936, 0.5617539, 1.23964, 1.0, 1.3, 331.909, 725.085, 3.3501, 346.3615, 0.0046098,
    0.5, 5.40988,
)  # fmt: skip
DP = Synapse(0.020, 1.0, 2.0, 1.0, 1.3, 200.0, 321.808, 2.8284, 150.0, 0.0137, 0.5, 5.0)


def change(
    synapse: Synapse, pre_s: FloatArray, post_s: FloatArray, scale: FloatArray | float = 1.0
) -> float:
    """Return the strength after a pairing protocol over that before.

    Parameters
    ----------
    synapse : Synapse
        Parameters.
    pre_s, post_s : (n_spike,) arrays [s]
        Spike times.
    scale : float or (n_spike,) array
        Calcium of each pair over that of the table.

    Returns
    -------
    float
        1 is unchanged.
    """
    event_s = np.concatenate([pre_s + synapse.delay_s, post_s])
    ones = np.broadcast_to(scale, np.shape(pre_s))
    jump = np.concatenate([synapse.pre * ones, synapse.post * ones])
    order = np.argsort(event_s, kind="stable")
    thresholds = np.array([synapse.th_d, synapse.th_p, synapse.tau_c_s])
    rates = np.array([synapse.g_p, synapse.g_d, synapse.sigma, synapse.tau_s])
    low, high, variance = graupner_moments(event_s[order], jump[order], thresholds, rates)
    if variance <= 0:
        return 1.0
    up = (1 + erf((low - 0.5) / sqrt(2 * variance))) / 2
    down = (1 - erf((high - 0.5) / sqrt(2 * variance))) / 2
    b, beta = synapse.ratio, synapse.low
    after = (1 - up) * beta + down * (1 - beta) + b * (up * beta + (1 - down) * (1 - beta))
    return after / (beta + (1 - beta) * b)


def opinion(drive: Drive, minutes: FloatArray) -> Opinion:
    """Return the model's answer for one session.

    Parameters
    ----------
    drive : Drive
        One session.
    minutes : (n_minute,) array
        After the last pulse.

    Returns
    -------
    Opinion
        Percent, the same at every time, or why there is none.
    """
    if drive.paired:
        reason = "outside the model: it has no afferent volley beside the pulse"
        return declined(NAME, minutes, reason, SOURCES)
    times_s = drive.pulse_times_s
    if len(times_s) > 1 and np.diff(times_s).min() < LAG_S:
        reason = "outside the model: pulses closer than its pre-to-post delay of 3 ms"
        return declined(NAME, minutes, reason, SOURCES)
    ratio = change(CORTICAL_SLICE, times_s, times_s + LAG_S, drive.drive / FULL_DRIVE)
    note = "a synapse in a slice; no time course, and no size that compares with a response"
    return Opinion(NAME, np.full(len(minutes), 100 * (ratio - 1)), note, SOURCES)
