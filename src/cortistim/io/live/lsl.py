"""Samples of Lab Streaming Layer: poses of NaviNIBS' output, markers as pulses.

A sample is a list of numbers or texts with a time on the clock of liblsl, to which the inlet's
correction has been added. A channel is found by its label, so that others may come between.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.io.live.events import (
    LONGEST_NAME,
    Heard,
    PulseHeard,
    StateHeard,
    hidden,
    matrix_from_quaternion,
    seen,
)
from cortistim.io.navigators.navinibs import FLIP
from cortistim.io.navigators.source import number

PREFIX = "activeCoilPose"
PARTS = ("Tx", "Ty", "Tz", "Qw", "Qx", "Qy", "Qz")
POSE_TYPE, MARKER_TYPES = "NaviNIBS_Float", ("Markers", "Marker")
MOST_CHANNELS = 1024


@dataclass(frozen=True)
class LslMapping:
    """What the samples of one stream mean.

    Parameters
    ----------
    kind : str
        The stream's type.
    labels : tuple of str
        Of its channels.
    """

    kind: str
    labels: tuple[str, ...] = ()

    def heard(self, sample: Sequence[object], time_s: float) -> list[Heard]:
        """Read one sample.

        Parameters
        ----------
        sample : sequence
            One value per channel.
        time_s : float [s]
            On the clock of liblsl.

        Returns
        -------
        list of events
            A sighting, or one pulse per marker that is not empty.

        Raises
        ------
        FileFormatError
            When the sample has other channels than the stream.
        """
        if len(sample) > MOST_CHANNELS or (self.labels and len(sample) != len(self.labels)):
            msg = (
                f"a sample of the stream {quoted(self.kind)} must have {len(self.labels)} "
                f"channels; got {len(sample)}."
            )
            raise FileFormatError(msg)
        if self.kind in MARKER_TYPES:
            texts = [str(value)[:LONGEST_NAME] for value in sample if str(value)]
            return [PulseHeard(f"marker {text}", time_s) for text in texts]
        if self.kind == POSE_TYPE:
            return [self._sighting(sample, time_s)]
        return [StateHeard(self.kind[:LONGEST_NAME], quoted(list(sample)))]

    def _sighting(self, sample: Sequence[object], time_s: float) -> Heard:
        by_label = dict(zip(self.labels, sample, strict=False))
        tx, ty, tz, w, x, y, z = (number(by_label.get(PREFIX + part)) for part in PARTS)
        if not np.isfinite([tx, ty, tz, w, x, y, z]).all():
            return hidden("coil", source_time_s=time_s)
        matrix = matrix_from_quaternion(w, (x, y, z), (tx, ty, tz))
        return seen("coil", matrix, FLIP, source_time_s=time_s, frame="MRI")
