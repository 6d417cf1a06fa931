"""Numbers of an evoked potential: global mean field amplitude and peaks."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cortistim.typing import FloatArray

NEIGHBOURS = 5  # samples on both sides that a peak must exceed
WINDOWS_S: Mapping[str, Mapping[str, tuple[int, float, float]]] = {
    "m1": {
        "N15": (-1, 0.010, 0.020), "P30": (1, 0.022, 0.038), "N45": (-1, 0.038, 0.055),
        "P60": (1, 0.055, 0.080), "N100": (-1, 0.085, 0.140), "P180": (1, 0.150, 0.250),
    },
    "dlpfc": {
        "P25": (1, 0.017, 0.034), "N45": (-1, 0.035, 0.055), "P60": (1, 0.055, 0.080),
        "N100": (-1, 0.085, 0.140), "P185": (1, 0.150, 0.250),
    },
}  # fmt: skip
"""Sign and window of each peak, by site: after farzan2016; the ends are assumed."""


@dataclass(frozen=True, slots=True)
class Peak:
    """An extremum of an evoked potential in its window.

    Parameters
    ----------
    name : str
        Such as N45.
    latency_s : float [s]
        NaN where there is no extremum.
    amplitude_v : float [V]
        There, or in the middle of the window.
    """

    name: str
    latency_s: float
    amplitude_v: float


def gmfa(mean_v: FloatArray) -> FloatArray:
    """Compute the global mean field amplitude.

    Parameters
    ----------
    mean_v : (n_channel, n_sample) array [V]
        Mean over trials.

    Returns
    -------
    (n_sample,) array [V]
        Standard deviation over channels (lehmann1980).
    """
    return np.sqrt(((mean_v - mean_v.mean(axis=0)) ** 2).mean(axis=0))


def peaks(
    course_v: FloatArray, times_s: FloatArray, windows: Mapping[str, tuple[int, float, float]]
) -> tuple[Peak, ...]:
    """Find peaks in their windows.

    Parameters
    ----------
    course_v : (n_sample,) array [V]
        Mean over the channels of interest.
    times_s : (n_sample,) array [s]
        Their times.
    windows : mapping of str to (int, float, float)
        Sign, start and end in seconds, by name.

    Returns
    -------
    tuple of Peak
        The largest extremum that exceeds the five samples on both sides.
    """
    found = []
    for name, (sign, start_s, end_s) in windows.items():
        inside = np.flatnonzero((times_s >= start_s) & (times_s <= end_s))
        tops = [k for k in inside.tolist() if _is_top(sign * course_v, k)]
        if tops:
            best = max(tops, key=lambda k: sign * course_v[k])
            found.append(Peak(name, float(times_s[best]), float(course_v[best])))
        elif len(inside):
            middle = inside[len(inside) // 2]
            found.append(Peak(name, float("nan"), float(course_v[middle])))
    return tuple(found)


def _is_top(course: FloatArray, at: int) -> bool:
    around = course[max(at - NEIGHBOURS, 0) : at + NEIGHBOURS + 1]
    whole = NEIGHBOURS <= at < len(course) - NEIGHBOURS
    return bool(
        whole and course[at] >= around.max() and (around < course[at]).sum() > NEIGHBOURS
    )
