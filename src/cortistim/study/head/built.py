"""A head together with the images that it was built from."""

from dataclasses import dataclass

from cortistim.head import Head
from cortistim.head.quality.labels import Assessment
from cortistim.head.segmentation import DeformedFrame, Volume
from cortistim.typing import IntArray


@dataclass(frozen=True, eq=False, kw_only=True)
class BuiltHead:
    """A head with the images it came from.

    Parameters
    ----------
    head : Head
        Ready to solve on.
    labels : (nx, ny, nz) array
        What was meshed, on the grid of the T1.
    image : Volume
        The T1; for a head from labels alone, the labels.
    found : Assessment
        Volumes and thicknesses of the labels.
    warp : DeformedFrame or None
        The transform to MNI space that is written as coordinate maps; None for a head from
        labels alone.
    notes : tuple of str
        What was decided on the way.
    """

    head: Head
    labels: IntArray
    image: Volume
    found: Assessment
    warp: DeformedFrame | None
    notes: tuple[str, ...]
