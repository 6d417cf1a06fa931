"""How alike protocols are, and what the model missed of those that are like one.

The calcium model leaves a part of each measured change over. Protocols that are alike leave
alike parts over, so a part of what it missed of its neighbours is added to a prediction: a
Gaussian process over a few descriptors of the pulses (kriging), with `MISSED_SD` where nothing
is near. Of a protocol that nothing is like the model alone speaks.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.plasticity.drive import Drive
from cortistim.typing import FloatArray

MISSED_SD = 0.15
"""Of the log change; assumed, near what the model misses of protocols left out."""
RUN_GAP_S, BLOCK_GAP_S = 2.0, 90.0
APART = 4.0
"""Between a paired and an unpaired session, and between states of the muscle."""
SAME, DISSENT = 0.8, 0.25
"""From which likeness sessions count as the same, and the share of contrary studies from which
none of them is believed; assumed."""
SCALES = {"interval": 1.0, "run": 1.2, "pulses": 0.8, "rate": 1.2, "level": 0.5, "pause": 1.0}
"""Of natural logarithms, over which protocols stop being alike; assumed."""


def described(drive: Drive) -> FloatArray:
    """Return the descriptors of a session, each over its scale.

    Parameters
    ----------
    drive : Drive
        With pulses.

    Returns
    -------
    (9,) array
        Short interval, length of uninterrupted runs, pulses, mean rate, intensity, longest
        pause between blocks, whether the intervals change, pairing, state of the muscle.
    """
    times_s = drive.pulse_times_s
    waits_s = np.diff(times_s)
    if not len(waits_s):  # a single pulse: as if the next came after a quarter of an hour
        times_s, waits_s = np.array([0.0, 900.0]), np.array([900.0])
    short_s = float(np.quantile(waits_s, 0.1))
    cuts = np.flatnonzero(waits_s > RUN_GAP_S)
    edges = np.concatenate([[-1], cuts, [len(times_s) - 1]])
    runs_s = times_s[edges[1:]] - times_s[edges[:-1] + 1]
    pause_s = float(waits_s.max()) * (waits_s.max() > BLOCK_GAP_S)
    quarter = max(len(waits_s) // 4, 1)
    begins, ends = np.median(waits_s[:quarter]), np.median(waits_s[-quarter:])
    logs = {
        "interval": short_s,
        "run": float(np.median(runs_s)) + short_s,
        "pulses": drive.n_pulses,
        "rate": len(times_s) / (float(np.ptp(times_s)) + short_s),
        "level": float(drive.drive.mean()),
        "pause": 1 + pause_s / 60,
    }
    scaled = [float(np.log(value)) / SCALES[name] for name, value in logs.items()]
    changes = 2.0 * (abs(np.log(begins / ends)) > 0.4)
    lag = APART + 200 * float(np.nanmean(drive.lag_s)) if drive.paired else 0.0
    muscle = {"": 0.0, "after": APART, "none": -APART}[drive.contraction]
    return np.array([*scaled, changes, lag, muscle])


def alike(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return how alike sessions are, 1 for the same and 0 for those that nothing joins.

    Parameters
    ----------
    one : (n, k) array
        Descriptors.
    other : (m, k) array
        Descriptors.

    Returns
    -------
    (n, m) array
        Between 0 and 1.
    """
    off = ((one[:, None] - other[None]) ** 2).sum(axis=2)
    return np.exp(-off / 2)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The rows that were fitted, and what every parameter set missed of them.

    Parameters
    ----------
    descriptors : (n_row, k) array
        From `described`.
    weighted : (n_set, n_row) array
        The rows' precision times what each set missed.
    directions : (n_row,) array
        As published: 1, 0 or -1.
    """

    descriptors: FloatArray
    weighted: FloatArray
    directions: FloatArray

    def disputed(self, drive: Drive) -> tuple[str, ...]:
        """Say that studies of the same session found opposite directions.

        Parameters
        ----------
        drive : Drive
            One session.

        Returns
        -------
        tuple of str
            A sentence; empty where they agree or there are fewer than two.
        """
        near = alike(described(drive)[None], self.descriptors)[0] > SAME
        up, down = (int((near & (self.directions == sign)).sum()) for sign in (1, -1))
        if min(up, down) <= DISSENT * (up + down):
            return ()
        words = "studies disagree: of those of nearly this protocol"
        return (f"{words} {up} saw a rise and {down} a fall",)

    def missed(self, drive: Drive) -> FloatArray:
        """Return what the model is expected to miss of a session.

        Parameters
        ----------
        drive : Drive
            One session.

        Returns
        -------
        (n_set,) array
            Log change to be added.
        """
        near = alike(described(drive)[None], self.descriptors)[0]
        return MISSED_SD**2 * self.weighted @ near
