"""From intensity to direct and indirect waves in the corticospinal tract.

Phenomenological: each wave grows as a logistic function of the intensity over the resting
motor threshold, 1.4 ms apart. The numbers are those of the published table that pynibs uses;
no network is simulated.
"""

import numpy as np

from cortistim.typing import FloatArray

SOURCES = ("dilazzaro2012", "pynibs2026")
WAVES = ("D", "I1", "I2", "I3", "I4")
MIDDLE = np.array([1.695, 1.314, 1.442, 1.316, 1.747])  # of the resting motor threshold
SLOPE = np.array([13.95, 8.71, 7.02, 16.75, 17.86])
SIZE = np.array([0.362, 1.0, 0.737, 0.437, 0.295])  # of I1
PERIOD_S = 1.4e-3
TIME_S = PERIOD_S * np.arange(len(WAVES))


def waves(relative: FloatArray) -> FloatArray:
    """Return the size of each descending wave.

    Parameters
    ----------
    relative : (...) array
        Intensity over the resting motor threshold.

    Returns
    -------
    (..., 5) array
        In units of the largest I1, in the order of `WAVES`.
    """
    x = np.asarray(relative, float)[..., None]
    return SIZE / (1 + np.exp(-SLOPE * (x - MIDDLE)))
