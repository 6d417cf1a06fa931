"""Poses and images that the tests of navigators share."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from cortistim.io.navigators import NavigatedPose
from cortistim.placement import Pose


def random_pose(rng):
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.random(rng=rng).as_matrix()
    matrix[:3, 3] = rng.uniform(-0.1, 0.1, 3)
    return Pose(matrix)


@pytest.fixture
def recorded():
    """Return two targets and three samples, one with everything told and one with nothing."""
    rng = np.random.default_rng(3)
    poses = [random_pose(rng) for _ in range(5)]
    told = {"percent_mso": 45.0, "didt_a_per_s": 6.2e7, "mep_v": (5e-4,), "target": "hot spot"}
    return (
        NavigatedPose("hot spot", "target", poses[0]),
        NavigatedPose("Grid 2", "target", poses[1]),
        NavigatedPose("Sample 1", "sample", poses[2], time_s=0.0, **told),
        NavigatedPose("Sample 2", "sample", poses[3], time_s=5.25, **told),
        NavigatedPose("Sample 3", "sample", poses[4], time_s=3605.5),
    )


@pytest.fixture
def image_file(tmp_path):
    """Return a function that writes an image with any forms and codes."""
    from nibabel.nifti1 import Nifti1Image

    def make(affine, shape=(20, 24, 28), *, sform=None, codes=(1, 1)):
        image = Nifti1Image(np.zeros(shape, np.int16), np.eye(4))
        image.set_qform(affine, code=codes[0])
        image.set_sform(affine if sform is None else sform, code=codes[1])
        path = tmp_path / f"image{len(list(tmp_path.iterdir()))}.nii.gz"
        image.to_filename(path)
        return path

    return make
