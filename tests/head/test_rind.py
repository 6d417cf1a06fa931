import numpy as np
import pytest

from cortistim.head.segmentation.rind import bare_white
from cortistim.head.segmentation.template import load_template
from cortistim.head.tissues import CSF, GREY, WHITE
from cortistim.image import grid_points_m

VOXEL_M = 1e-3
CENTRE_M = np.array([0.035, -0.02, 0.05])


@pytest.fixture(scope="module")
def ball():
    """Return labels of a ball of white matter whose cortex covers the left half only."""
    affine_m = np.diag([VOXEL_M, VOXEL_M, VOXEL_M, 1.0])
    affine_m[:3, 3] = CENTRE_M - 0.024
    mni_m = grid_points_m((49, 49, 49), affine_m)
    radius_m = np.linalg.norm(mni_m - CENTRE_M, axis=-1)
    labels = np.where(radius_m < 0.022, CSF, 0)
    labels[radius_m < 0.018] = GREY
    labels[radius_m < 0.015] = WHITE
    bare = (mni_m[..., 0] > CENTRE_M[0]) & (labels == GREY)
    labels[bare] = WHITE
    return labels, mni_m, radius_m, bare


def test_bare_white_matter_gets_a_cortex_and_covered_keeps_its_own(ball):
    labels, mni_m, radius_m, bare = ball
    found = bare_white(labels, mni_m, VOXEL_M, load_template())
    assert found[bare & (radius_m > 0.017)].all()
    assert not found[radius_m < 0.0155].any()
    assert not found[~bare & (mni_m[..., 0] < CENTRE_M[0] - 0.003)].any()


def test_white_matter_of_the_stem_may_be_bare(ball):
    labels, mni_m, _, _ = ball
    in_stem_m = 0.3 * (mni_m - CENTRE_M) + np.array([0.0, -0.025, -0.035])
    assert not bare_white(labels, in_stem_m, VOXEL_M, load_template()).any()


def test_labels_without_a_brain_have_none(ball):
    _, mni_m, _, _ = ball
    none = bare_white(np.full(mni_m.shape[:3], CSF), mni_m, VOXEL_M, load_template())
    assert not none.any()
