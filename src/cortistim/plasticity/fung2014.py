"""Fung & Robinson (2014): a neural field with calcium-dependent plasticity and a BCM gain.

One node of excitatory neurons, as in the single-node configurations published with NFTsim.
Its signs are the best of the published models, but a few percent of drive turn intermittent
theta burst around, and its effects are several times too small: read the sign, not the size.
"""

import numpy as np

from cortistim.plasticity._kernels import neural_field
from cortistim.plasticity.drive import Drive
from cortistim.plasticity.opinion import Opinion, declined
from cortistim.typing import FloatArray

NAME, SOURCES = "fung2014", ("fung2014",)
STEP_S = 1e-4
ONSET_S = 1.0
AMPLITUDE = 5.8  # of the stimulus, taken to be that of 80 % of the active motor threshold
FULL_DRIVE = 0.8
LONGEST_S = 7200.0
VALUES = {
    "alpha": 83.0, "beta": 769.0, "gamma": 116.0, "q_max": 340.0, "theta": 13e-3,
    "sigma": 3.8e-3, "lambda": 150e-6, "t_glu": 30e-3, "b_slope": 30e3, "b_half": 200e-6,
    "t_ca": 50e-3, "g0": 2e-3, "th_d": 0.25e-6, "th_p": 0.45e-6, "x_rest": 1e-4,
    "x_gain": 2.3e-2, "y_gain": 2e-2, "nu0": 13e-6, "nu_max": 80e-6, "z": 0.01,
    "t_bcm": 7.0, "t_rec": 1000.0, "nu_s": 47e-3, "width": 0.5e-3, "bcm": 1.0,
    "phi0": 8.87145,
}  # fmt: skip


def coupling(
    pulse_times_s: FloatArray,
    amplitude: FloatArray,
    sample_s: FloatArray,
    *,
    metaplastic: bool = True,
    dt_s: float = STEP_S,
) -> FloatArray:
    """Return the coupling over its value at the start.

    Parameters
    ----------
    pulse_times_s : (n_pulse,) array [s]
        Ascending from zero.
    amplitude : (n_pulse,) array
        Of each pulse.
    sample_s : (n_sample,) array [s]
        Ascending, on the clock of the pulses.
    metaplastic : bool
        With the BCM gain; without it theta burst only potentiates.
    dt_s : float [s]
        Step of the fast states.

    Returns
    -------
    (n_sample,) array
        1 is unchanged.
    """
    values = np.array(list((VALUES | {"bcm": float(metaplastic)}).values()))
    return neural_field(pulse_times_s + ONSET_S, amplitude, sample_s + ONSET_S, dt_s, values)


def opinion(drive: Drive, minutes: FloatArray) -> Opinion:
    """Return the model's answer for one session.

    Parameters
    ----------
    drive : Drive
        One session.
    minutes : (n_minute,) array
        After the last pulse, ascending.

    Returns
    -------
    Opinion
        Percent, or why there is none.
    """
    if drive.paired:
        reason = "outside the model: it has no afferent volley beside the pulse"
        return declined(NAME, minutes, reason, SOURCES)
    if drive.duration_s > LONGEST_S:
        reason = f"outside the model: sessions above {LONGEST_S / 3600:g} h are not integrated"
        return declined(NAME, minutes, reason, SOURCES)
    times_s = drive.pulse_times_s - drive.pulse_times_s[0]
    ratio = coupling(
        times_s, AMPLITUDE * drive.drive / FULL_DRIVE, times_s[-1] + 60.0 * minutes
    )
    note = "its sizes are several times too small: read the sign"
    return Opinion(NAME, 100 * (ratio - 1), note, SOURCES)
