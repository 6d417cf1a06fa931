"""Ma, Chung & Goetz (preprint of 2023): theta burst through two nonlinear calcium switches.

The after-effect is the gain at the last pulse times a published course. Two properties of the
source are kept and named. Its published numbers hold only with the stage weights (1, 2, 3, 1)/6
of its Runge-Kutta scheme, whose sum is not 1; `SOUND` gives those of a sound scheme. And the
gain is frozen at the last pulse: the same equations, continued, would turn depression into
facilitation within a minute.
"""

import numpy as np

from cortistim.plasticity._kernels import nonlinear_tbs
from cortistim.plasticity.drive import Drive
from cortistim.plasticity.opinion import Opinion, declined, theta_burst_of
from cortistim.typing import FloatArray

NAME, SOURCES = "ma2024", ("ma2024",)
PUBLISHED, SOUND = np.array([1.0, 2.0, 3.0, 1.0]), np.array([1.0, 2.0, 2.0, 1.0])
STEP_S = 0.01
LONGEST_S = 1200.0
VALUES = np.array(
    [0.01, 0.25179304, 20.0, 1.0001e-4, 0.1, 20.0, 0.99999975, 0.45384084, 0.00845464,
     19.99997912, 1.0, 0.13522446, 0.23093197, 19.99995481, 0.15358208]
)  # fmt: skip


def gain(
    pulse_times_s: FloatArray, weights: FloatArray = PUBLISHED, *, tail_s: float = 0.0
) -> FloatArray:
    """Return the gain of the motor response during a session.

    Parameters
    ----------
    pulse_times_s : (n_pulse,) array [s]
        Ascending from zero.
    weights : (4,) array
        Of the Runge-Kutta stages, times six.
    tail_s : float [s]
        How long to continue after the last pulse.

    Returns
    -------
    (n_step,) array
        Every 10 ms; 1 is unchanged.
    """
    steps = round((pulse_times_s[-1] + tail_s) / STEP_S) + 1
    pulse_at = np.zeros(steps)
    pulse_at[np.round(pulse_times_s / STEP_S).astype(int)] = 1.0
    return nonlinear_tbs(pulse_at, STEP_S, weights, VALUES)


def course(net: float, pulses: int, duration_s: float, after_s: FloatArray) -> FloatArray:
    """Return the after-effect over time.

    Parameters
    ----------
    net : float
        Gain at the last pulse, less 1.
    pulses : int
        In the session.
    duration_s : float [s]
        Of the session.
    after_s : (n_time,) array [s]
        Since the last pulse.

    Returns
    -------
    (n_time,) array
        Change of the response, 1 is 100 %.
    """
    span = 4320 * pulses**2.32 / (420**2.32 + pulses**2.32)
    rise = 0.37 * duration_s
    fall = span + rise
    rising = after_s**2 / (after_s**2 + rise**2)
    return net * rising * fall**4 / (after_s**4 + fall**4)


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
        Percent, or why there is none.
    """
    shape = theta_burst_of(drive)
    if isinstance(shape, str):
        return declined(NAME, minutes, f"outside the model: {shape}", SOURCES)
    if drive.duration_s > LONGEST_S:
        reason = "outside the model: it was fitted to sessions of minutes"
        return declined(NAME, minutes, reason, SOURCES)
    times_s = drive.pulse_times_s - drive.pulse_times_s[0]
    net = float(gain(times_s)[-2]) - 1  # the source stops before the step of the last pulse
    percent = 100 * course(net, drive.n_pulses, drive.duration_s, 60.0 * minutes)
    return Opinion(NAME, percent, "theta burst at 80 % aMT only", SOURCES)
