import numpy as np
import pytest

from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.image.head_image import (
    read_head_image,
    read_label_image,
    require_same_grid,
)
from cortistim.io.table.label_table import tissue_table, translated


def saved(path, values, affine=None, *, qform=None, unit="mm"):
    from nibabel.nifti1 import Nifti1Image, save

    affine = np.eye(4) if affine is None else affine
    image = Nifti1Image(values, affine)
    image.set_sform(affine, code=1)
    image.set_qform(affine if qform is None else qform, code=1)
    image.header.set_xyzt_units(unit)
    save(image, path)
    return path


GREY = np.arange(24, dtype=np.int16).reshape(2, 3, 4)


def test_a_volume_with_an_axis_of_length_one_is_one_volume(tmp_path):
    image, notes = read_head_image(saved(tmp_path / "a.nii.gz", GREY[..., None]))
    assert image.shape == (2, 3, 4)
    assert notes == ()


def test_the_sform_counts_and_the_note_says_so(tmp_path):
    away = np.eye(4)
    away[2, 3] = 7
    image, notes = read_head_image(saved(tmp_path / "a.nii.gz", GREY, qform=away))
    assert image.affine_m[2, 3] == 0
    assert "disagree by up to 7.0 mm; the sform is used" in notes[0]


@pytest.mark.parametrize(
    ("values", "affine", "unit", "words"),
    [
        (np.stack([GREY, GREY], -1), None, "mm", "one 3-D volume"),
        (np.full((2, 3, 4), np.nan, np.float32), None, "mm", "24 of 24 are NaN"),
        (GREY, np.diag([1.0, 1, 3, 1]), "mm", "1 x 1 x 3 mm"),
        (GREY, np.diag([1e-3, 1e-3, 1e-3, 1]), "mm", "wrong unit"),
        (GREY, None, "meter", "it says meter"),
    ],
)
def test_images_no_head_can_be_built_on_are_refused(tmp_path, values, affine, unit, words):
    path = saved(tmp_path / "a.nii.gz", values, affine, unit=unit)
    with pytest.raises(BadInputError, match=words):
        read_head_image(path)


def test_grey_values_are_no_labels(tmp_path):
    path = saved(tmp_path / "a.nii.gz", np.full((2, 3, 4), 0.5, np.float32))
    with pytest.raises(BadInputError, match="whole numbers"):
        read_label_image(path)


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(BadInputError, match=r"shape of the T1 image, \(4, 4, 4\)"):
        require_same_grid("m.nii", ((2, 2, 2), np.eye(4)), ((4, 4, 4), np.eye(4)))


def test_a_mask_that_lies_elsewhere_is_refused():
    away = np.eye(4)
    away[0, 3] = 0.01
    with pytest.raises(BadInputError, match=r"10\.0 mm away"):
        require_same_grid("m.nii", ((2, 2, 2), away), ((2, 2, 2), np.eye(4)))


def test_freesurfer_numbers_become_tissues():
    labels = np.array([[[0, 2, 3, 1035, 4, 165, 259, 258]]])
    assert translated(labels, tissue_table("freesurfer")).ravel().tolist() == [
        0, 1, 2, 2, 3, 4, 6, 5,
    ]  # fmt: skip


def test_a_table_of_names_is_understood(tmp_path):
    path = tmp_path / "lut.txt"
    path.write_text(
        "#No. Label R G B A\n0 Background 0 0 0 0\n1 White-Matter 1 2 3 255\n"
        "2 Gray-Matter 1 2 3 255\n3 CSF 1 2 3 255\n5 Scalp 1 2 3 255\n6 Eye_balls 1 2 3 255\n"
        "7 Compact_bone 1 2 3 255\n8 Spongy_bone 1 2 3 255\n40,7\n"
    )
    wanted = {0: 0, 1: 1, 2: 2, 3: 3, 5: 5, 6: 6, 7: 7, 8: 8, 40: 7}
    assert tissue_table(str(path)) == wanted


def test_a_name_that_is_no_tissue_is_refused_with_its_line(tmp_path):
    path = tmp_path / "lut.txt"
    path.write_text("1 White\n2 Flowerpot 1 2 3 4\n")
    with pytest.raises(FileFormatError, match="line 2"):
        tissue_table(str(path))


def test_a_label_missing_from_the_table_is_named():
    with pytest.raises(BadInputError, match="77"):
        translated(np.array([[[77]]]), {0: 0, 1: 1})


def test_freesurfer_volumes_lie_where_their_header_says(tmp_path):
    from nibabel.freesurfer.mghformat import MGHImage

    affine = np.array([[-1.0, 0, 0, 9], [0, 0, 1, -7], [0, -1, 0, 5], [0, 0, 0, 1]])
    MGHImage(np.asarray(GREY, np.int32), affine).to_filename(tmp_path / "aseg.mgz")
    labels, affine_m = read_label_image(tmp_path / "aseg.mgz")
    assert (labels == GREY).all()
    assert affine_m[:3] == pytest.approx(affine[:3] * 1e-3, abs=1e-6)


def test_a_broken_freesurfer_volume_is_refused(tmp_path):
    path = tmp_path / "aseg.mgz"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(FileFormatError, match="FreeSurfer volume"):
        read_label_image(path)
