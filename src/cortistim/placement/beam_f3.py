"""The Beam F3 and F4 points of a head, measured by tape on its scalp."""

from cortistim.head.head import Head
from cortistim.head.space.beam_f3 import Side, beam_f3, beam_point, measured_lengths
from cortistim.typing import FloatArray

ELECTRODES: dict[Side, str] = {"left": "F3", "right": "F4"}
TARGETS: dict[str, Side] = {"beam_f3": "left", "beam_f4": "right"}


def beam_scalp_m(head: Head, side: Side) -> FloatArray:
    """Find the Beam F3 or F4 point of a head.

    Parameters
    ----------
    head : Head
        With fiducials or a tie to MNI space.
    side : {"left", "right"}
        F3 or F4.

    Returns
    -------
    (3,) array [m]
        On the scalp.
    """
    lengths = measured_lengths(head.scalp, head.electrodes_m)
    return beam_point(head.scalp, head.electrodes_m, beam_f3(lengths), side)
