"""Make the brain that meshes are registered to, from the Colin27 label volume.

Usage: python tools/make_brain_template.py colin27_labels.nii.gz
"""

import argparse
from pathlib import Path

import numpy as np

from cortistim.cache import atomic_path
from cortistim.units import MM_PER_M

BRAIN = (1, 2)
BLOCK = 3  # 1 mm voxels along an edge of one of ours
TARGET = Path(__file__).parents[1] / "src/cortistim/head/data/brain_template.npz"


def coarse_labels(labels: np.ndarray) -> np.ndarray:
    """Give each block the tag most of its voxels have."""
    shape = np.array(labels.shape) // BLOCK
    cut = labels[tuple(slice(0, n * BLOCK) for n in shape)]
    blocks = cut.reshape(shape[0], BLOCK, shape[1], BLOCK, shape[2], BLOCK)
    shares = [(blocks == tag).mean(axis=(1, 3, 5)) for tag in BRAIN]
    winner = np.array(BRAIN, np.uint8)[np.argmax(shares, axis=0)]
    return np.where(np.sum(shares, axis=0) >= 0.5, winner, 0).astype(np.uint8)


def main() -> None:
    """Read the labels, write the template."""
    import nibabel

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", type=Path)
    image = nibabel.load(parser.parse_args().labels)
    labels = coarse_labels(np.asarray(image.dataobj))
    block = np.diag([BLOCK, BLOCK, BLOCK, 1.0])
    block[:3, 3] = (BLOCK - 1) / 2
    affine_m = image.affine @ block
    affine_m[:3] /= MM_PER_M
    first = np.maximum(np.argwhere(labels).min(axis=0) - 6, 0)
    last = np.argwhere(labels).max(axis=0) + 7
    affine_m[:3, 3] += affine_m[:3, :3] @ first
    with atomic_path(TARGET) as temporary, temporary.open("wb") as stream:
        kept = labels[tuple(slice(a, b) for a, b in zip(first, last, strict=True))]
        np.savez_compressed(stream, labels=kept, affine_m=affine_m)


if __name__ == "__main__":
    main()
