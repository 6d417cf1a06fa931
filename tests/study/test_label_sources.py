import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.io import write_volume_nifti
from cortistim.study.head.labels import LabelSource

MGHImage = pytest.importorskip("nibabel").freesurfer.MGHImage
TO_AXES = np.array([[-2.0, 0, 0, 20], [0, 0, 2.0, -20], [0, -2.0, 0, 20], [0, 0, 0, 1]])


def radius_mm(shape, affine_mm):
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return np.linalg.norm(index @ affine_mm[:3, :3].T + affine_mm[:3, 3], axis=-1)


@pytest.fixture
def subject(tmp_path):
    """Return a FreeSurfer subject whose brain is a ball, and a skull and scalp around it."""
    radius = radius_mm((20, 20, 20), TO_AXES)
    aseg = np.where(radius < 8, 2, np.where(radius < 11, 1035, 0)).astype(np.int32)
    (tmp_path / "subject/mri").mkdir(parents=True)
    MGHImage(aseg, TO_AXES).to_filename(tmp_path / "subject/mri/aseg.mgz")
    affine_m = np.diag([1e-3, 1e-3, 1e-3, 1])
    affine_m[:3, 3] = -0.020
    radius = radius_mm((41, 41, 41), 1e3 * affine_m)
    around = np.where(radius < 12, 3, np.where(radius < 15, 7, np.where(radius < 18, 5, 0)))
    write_volume_nifti(tmp_path / "around.nii.gz", around, affine_m)
    return tmp_path / "subject"


def test_the_second_image_is_used_where_the_first_has_nothing(subject):
    source = LabelSource(subject, around=subject.parent / "around.nii.gz")
    tags, affine_m, notes = source.read()
    radius = radius_mm(tags.shape, 1e3 * affine_m)
    for low, high, tag in ((0, 8, 1), (8.5, 11, 2), (12.6, 14, 7), (15.6, 17, 5)):
        assert set(np.unique(tags[(radius > low) & (radius < high)])) == {tag}
    assert len(notes) == 1
    assert "are those of around.nii.gz" in notes[0]


def test_a_brain_alone_says_what_is_missing_and_how_to_add_it(subject):
    (note,) = LabelSource(subject).read()[2]
    assert "no bone, no scalp" in note
    assert "second label image" in note


def test_a_second_image_that_adds_nothing_is_refused(subject):
    affine_m = np.diag([1e-3, 1e-3, 1e-3, 1])
    affine_m[:3, 3] = 1.0
    write_volume_nifti(subject.parent / "far.nii.gz", np.full((5, 5, 5), 5), affine_m)
    with pytest.raises(BadInputError, match="adds nothing"):
        LabelSource(subject, around=subject.parent / "far.nii.gz").read()


def test_folders_name_their_own_label_image(subject, tmp_path):
    charm = tmp_path / "m2m_anna"
    charm.mkdir()
    with pytest.raises(BadInputError, match="has neither"):
        LabelSource(charm).read()
    affine_m = np.diag([1e-3, 1e-3, 1e-3, 1])
    write_volume_nifti(charm / "final_tissues.nii.gz", np.full((4, 4, 4), 5), affine_m)
    assert LabelSource(charm).image.name == "final_tissues.nii.gz"
    assert LabelSource(subject).image.name == "aseg.mgz"
