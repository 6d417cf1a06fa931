"""One coarse T1 image from end to end: nothing is patched, and the truth is known."""

import numpy as np
import pytest

from cortistim.field import sphere_field_v_per_m
from cortistim.geometry import transform
from cortistim.head.targets import named_target
from cortistim.head.segmentation import Volume, grid_points_m
from cortistim.head.segmentation.template import DEEP, load_template
from cortistim.head.tissues import BONE, CSF, EYES, GREY, SCALP, WHITE
from cortistim.io import write_volume_nifti
from cortistim.io.head import read_head
from cortistim.io.head_image import read_label_image
from cortistim.study import AimSettings, HeadRequest, PlanRequest, make_plan
from cortistim.study.head_build import BuildRequest, run_head_build

pytestmark = pytest.mark.slow

VOXEL_M = 2e-3
# as T1 images show them: white matter brightest but for fat, liquid and bone dark
GREYS = {0: 3, WHITE: 110, GREY: 80, CSF: 28, BONE: 22, SCALP: 95, EYES: 35, DEEP: 96}
NOISE, SHADING = 3.0, 0.15
PARTS = (-0.25, 0.25)  # of a voxel: eight samples make its partial volumes


def bent_m(mni_m):
    """Move MNI points by up to 3 mm, as people differ from a template."""
    x, y, z = np.moveaxis(mni_m, -1, 0)
    bend_m = np.stack([np.sin(35 * y), np.sin(30 * z), np.cos(32 * x)], axis=-1)
    return mni_m + 3e-3 * bend_m


def subject_from_mni():
    """A smaller head, turned and moved in the scanner."""
    angle = np.radians(9)
    matrix = np.eye(4)
    matrix[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, :3] *= 0.95
    matrix[:3, 3] = (0.006, -0.012, 0.015)
    return matrix


def true_subject_m(mni_m):
    return transform(subject_from_mni(), bent_m(np.asarray(mni_m, float)))


def true_mni_m(subject_m):
    """Invert the bend by repetition; its slope is 0.1, so that twelve rounds are plenty."""
    wanted_m = transform(np.linalg.inv(subject_from_mni()), subject_m.reshape(-1, 3))
    found_m = wanted_m
    for _ in range(12):
        found_m = found_m + wanted_m - bent_m(found_m)
    return found_m.reshape(subject_m.shape)


class Person:
    """The shipped labels in another head, and what a scanner makes of them."""

    def __init__(self, folder):
        template = load_template()
        self.atlas = Volume(template.finer_labels, template.labels.affine_m)
        ends = np.argwhere(self.atlas.values)[[0, -1]]
        del ends
        low, high = (getattr(np.argwhere(self.atlas.values), end)(0) for end in ("min", "max"))
        box = np.array(list(np.ndindex(2, 2, 2))) * (high - low) + low
        corners_m = true_subject_m(transform(self.atlas.affine_m, box))
        first_m = corners_m.min(0) - 0.012
        shape = np.ceil((corners_m.max(0) + 0.012 - first_m) / VOXEL_M).astype(int)
        self.affine_m = np.diag([VOXEL_M] * 3 + [1.0])
        self.affine_m[:3, 3] = first_m
        self.shape = tuple(int(n) for n in shape)
        self.labels = self.tags_at((0, 0, 0))
        self.labels[self.labels == DEEP] = GREY
        self.t1 = folder / "t1.nii.gz"
        write_volume_nifti(self.t1, self.scanned(), self.affine_m)

    def tags_at(self, shift):
        """Nearest label of the atlas, read a part of a voxel away from the voxels' centres."""
        affine_m = self.affine_m.copy()
        affine_m[:3, 3] += VOXEL_M * np.array(shift)
        mni_m = true_mni_m(grid_points_m(self.shape, affine_m))
        index = np.rint(transform(np.linalg.inv(self.atlas.affine_m), mni_m.reshape(-1, 3)))
        index = np.clip(index.astype(int), 0, np.array(self.atlas.shape) - 1)
        return self.atlas.values[tuple(index.T)].reshape(self.shape).astype(np.int32)

    def scanned(self):
        table = np.zeros(max(GREYS) + 1, np.float32)
        table[list(GREYS)] = list(GREYS.values())
        shifts = [(a, b, c) for a in PARTS for b in PARTS for c in PARTS]
        grey = sum(table[self.tags_at(shift)] for shift in shifts) / len(shifts)
        place_m = grid_points_m(self.shape, self.affine_m)
        gain = 1 + SHADING * np.sin(18 * place_m[..., 1] + 12 * place_m[..., 0])
        rng = np.random.default_rng(0)
        real, imaginary = rng.normal(0, NOISE, (2, *self.shape))
        return np.hypot(grey * gain + real, imaginary).astype(np.float32)
