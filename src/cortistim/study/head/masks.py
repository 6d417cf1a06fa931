"""What no T1 image tells of a head, given as masks: a lesion, an implant, a plate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.head.segmentation import Volume
from cortistim.head.tissues import USER, Tissue
from cortistim.io.image.head_image import read_head_image, require_same_grid
from cortistim.typing import IntArray

FIRST_MASK_TAG = 20  # above the tissues that have defaults, below electrodes
MASK_LEVEL = 0.5


@dataclass(frozen=True, slots=True)
class ExtraMask:
    """Something that no T1 image tells: a lesion, an implant, a plate.

    Parameters
    ----------
    path : Path
        Image on the grid of the T1; above 0.5 is inside.
    sigma_siemens_per_m : float [S/m]
        Its conductivity.
    """

    path: Path
    sigma_siemens_per_m: float

    @property
    def name(self) -> str:
        """Name of the file without its ending."""
        return self.path.name.removesuffix(".gz").removesuffix(".nii")


Masks = tuple[tuple[ExtraMask, np.ndarray], ...]


def read_masks(masks: Sequence[ExtraMask], image: Volume) -> Masks:
    """Read where masks are, before anything long begins.

    Parameters
    ----------
    masks : sequence of ExtraMask
        Their files.
    image : Volume
        On whose grid they must be.

    Returns
    -------
    tuple of (ExtraMask, (nx, ny, nz) bool array)
        Each with the voxels inside.

    Raises
    ------
    BadInputError
        When two have the same name, or one is empty or on another grid.
    """
    names = [mask.name for mask in masks]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = (
            f"masks must have different file names, since they name tissues; {twice[0]} is "
            "there twice. Rename one."
        )
        raise BadInputError(msg)
    return tuple((mask, _inside(mask, image)) for mask in masks)


def _inside(mask: ExtraMask, image: Volume) -> np.ndarray:
    volume, _ = read_head_image(mask.path)
    found, wanted = (volume.shape, volume.affine_m), (image.shape, image.affine_m)
    require_same_grid(mask.path, found, wanted)
    inside = volume.values > MASK_LEVEL
    _require_any(mask, inside, "image")
    return inside


def painted(labels: IntArray, masks: Masks, earlier: Sequence[Tissue]) -> tuple[Tissue, ...]:
    """Write masks into labels; one that was painted before keeps its tag.

    Parameters
    ----------
    labels : (nx, ny, nz) int array
        Tissue tags; changed in place, within the head only.
    masks : tuple of (ExtraMask, (nx, ny, nz) bool array)
        From `read_masks`; the last one comes out on top.
    earlier : sequence of Tissue
        Masks whose tags the labels may hold already.

    Returns
    -------
    tuple of Tissue
        All that the labels hold now.

    Raises
    ------
    BadInputError
        When a mask lies outside the head.
    """
    extra = {tissue.name: tissue for tissue in earlier}
    for mask, inside in masks:
        tags = [tissue.tag for tissue in extra.values()]
        known = extra.get(mask.name)
        tag = known.tag if known else max((FIRST_MASK_TAG - 1, *tags)) + 1
        in_head = inside & (labels > 0)
        _require_any(mask, in_head, "head")
        labels[in_head] = tag
        extra[mask.name] = Tissue(tag, mask.name, mask.sigma_siemens_per_m, USER)
    return tuple(one for one in extra.values() if (labels == one.tag).any())


def _require_any(mask: ExtraMask, inside: np.ndarray, where: str) -> None:
    if not inside.any():
        msg = (
            f"{mask.path}: a mask must have voxels above {MASK_LEVEL} in the {where}; "
            "it has none."
        )
        raise BadInputError(msg)
