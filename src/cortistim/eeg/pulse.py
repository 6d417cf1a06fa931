"""The pulse itself: cut out and bridged before anything else touches the data.

A filter before this step rings, and a change of the rate smears the pulse.
"""

import numpy as np

from cortistim.eeg.epochs import Epochs
from cortistim.errors import BadInputError

CUT_S = (-0.002, 0.010)
SIDE_S = 0.004  # on both sides, to which the cubic is fitted


def without_pulse(
    epochs: Epochs, cut_s: tuple[float, float] = CUT_S, side_s: float = SIDE_S
) -> Epochs:
    """Cut the pulse out and bridge the gap with a cubic.

    Parameters
    ----------
    epochs : Epochs
        As recorded.
    cut_s : (float, float), optional [s]
        What is cut out, half-open.
    side_s : float, optional [s]
        How much of both sides the cubic is fitted to.

    Returns
    -------
    Epochs
        Smooth across the gap.

    Raises
    ------
    BadInputError
        When the gap reaches the ends of the epochs, or has no side.
    """
    start_s, end_s = cut_s
    inside = epochs.between(start_s, end_s)
    sides = epochs.between(start_s - side_s, end_s + side_s) & ~inside
    before, after = sides & (epochs.times_s < start_s), sides & (epochs.times_s >= end_s)
    if not start_s < end_s or min(before.sum(), after.sum()) < 2:
        msg = (
            "`cut` must be two times in ms around the pulse, with samples on both sides; got "
            f"{1e3 * start_s:g},{1e3 * end_s:g}."
        )
        raise BadInputError(msg)
    middle_s = (start_s + end_s) / 2
    scale_s = (end_s - start_s) / 2 + side_s
    x = (epochs.times_s - middle_s) / scale_s
    known = np.vander(x[sides], 4)
    weights = np.vander(x[inside], 4) @ np.linalg.pinv(known)
    values = epochs.values_v.copy()
    values[..., inside] = values[..., sides] @ weights.T
    return epochs.with_values(values)
