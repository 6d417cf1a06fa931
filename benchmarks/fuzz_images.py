"""Readers of images for `fuzz_readers.py`, with small whole images of every kind to break.

Each row of `IMAGES` is the ending of the files, the function that reads one, and a function
that writes whole files to a folder and returns their paths.
"""

import gzip

import numpy as np

from cortistim import io
from cortistim.head.segmentation import Volume
from cortistim.io.image.head_image import (
    orientation_notes,
    read_head_image,
    read_label_image,
)
from cortistim.io.image.tensors import read_tensor_nifti
from cortistim.io.navigators import read_image_forms
from cortistim.io.surface.freesurfer import tk_of_volume_mm
from cortistim.io.table.atlas import read_atlas
from cortistim.study.head.labels import LabelSource
from cortistim.study.head.masks import ExtraMask, read_masks

AFFINE = np.array([[-1.0, 0, 0, 9], [0, 0, 1, -7], [0, -1, 0, 5], [0, 0, 0, 1]])
LABELS = np.arange(64, dtype=np.uint8).reshape(4, 4, 4) % 4
GREY = np.arange(64, dtype=np.int16).reshape(4, 4, 4) * 16
TENSORS = np.tile(np.float32([1.5e-3, 0, 0, 4e-4, 0, 4e-4]), (4, 4, 4, 1))
KINDS = {".nii": "Nifti1Image", "2.nii": "Nifti2Image", ".mgh": "MGHImage"}
FRAME_M = np.diag([1e-3, 1e-3, 1e-3, 1.0])


def images(values, endings=tuple(KINDS)):
    """Return a function that writes one image in several formats, packed and not."""

    def seeds(folder):
        import nibabel

        paths = []
        for ending in endings:
            path = folder / f"image{ending}"
            array = values.astype(np.int32) if ending == ".mgh" else values
            image = getattr(nibabel, KINDS[ending])(array, AFFINE)
            if ending != ".mgh":
                image.set_qform(AFFINE, code=1)
                image.set_sform(AFFINE, code=1)
                image.header.set_xyzt_units("mm")
            path.write_bytes(image.to_bytes())
            packed = folder / f"packed{ending}.gz"
            packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
            paths += [path, packed]
        return paths

    return seeds


def pairs(folder):
    """Write header and voxels as two files; what is mutated is the header."""
    from nibabel import Nifti1Pair, Spm2AnalyzeImage

    for name, kind in (("nifti", Nifti1Pair), ("analyze", Spm2AnalyzeImage)):
        kind(LABELS, AFFINE).to_filename(folder / f"{name}.img")
        (folder.parent / f"{name}.img").write_bytes((folder / f"{name}.img").read_bytes())
    return [folder / "nifti.hdr", folder / "analyze.hdr"]


def mask(path):
    """Read an image as a mask on a grid of its own shape."""
    return read_masks([ExtraMask(path, 1.0)], Volume(np.ones((4, 4, 4), np.float32), FRAME_M))


IMAGES = {
    "head_image": (".nii", read_head_image, images(GREY)),
    "label_image": (".nii", read_label_image, images(LABELS)),
    "image_pair": (".hdr", read_label_image, pairs),
    "orientation_notes": (".nii", orientation_notes, images(LABELS)),
    "label_source": (".nii", lambda path: LabelSource(path).read(), images(LABELS)),
    "mask": (
        ".nii.gz",
        mask,
        lambda folder: _own(folder, (LABELS > 1).astype(np.uint8)),
    ),
    "atlas": (".nii", read_atlas, images(LABELS)),
    "image_forms": (".nii", read_image_forms, images(GREY, (".nii", "2.nii"))),
    "volume_any": (".nii", io.read_volume_nifti, images(GREY)),
    "tensor_any": (".nii", read_tensor_nifti, images(TENSORS, (".nii", "2.nii"))),
    "freesurfer_orig": (".mgz", tk_of_volume_mm, images(LABELS, (".mgh",))),
}


def _own(folder, values):
    path = folder / "lesion.nii.gz"
    io.write_volume_nifti(path, values, FRAME_M)
    return [path]
