"""A head together with the images that it was built from."""

from dataclasses import dataclass, field

from cortistim.head import Head
from cortistim.head.segmentation import Volume
from cortistim.typing import IntArray


@dataclass(frozen=True, eq=False)
class Built:
    """A head with the images it came from.

    Parameters
    ----------
    head : Head
        Ready to solve on.
    labels : (nx, ny, nz) array
        What was meshed, on the grid of the T1.
    image : Volume
        The T1; for a head from labels alone, the labels.
    notes : tuple of str
        What was decided on the way.
    """

    head: Head
    labels: IntArray
    image: Volume
    notes: tuple[str, ...] = field(default=())
