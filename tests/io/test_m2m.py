import json

import numpy as np
import pytest

from cortistim.errors import BadInputError, FileFormatError
from cortistim.io import read_head, write_head_mesh, write_volume_nifti
from cortistim.io.subject.m2m import M2mFrame, m2m_folder, mesh_of, warp_frame

SHIFT_MM = np.array([4.0, -6.0, 2.0])


@pytest.fixture
def m2m(tmp_path, small_ball):
    folder = tmp_path / "m2m_anna"
    (folder / "toMNI").mkdir(parents=True)
    write_head_mesh(folder / "anna.msh", small_ball)
    return folder


def record(folder, tissues, **more):
    content = {"kind": "cortistim-head-1", "name": "anna", "tissues": tissues, **more}
    (folder / "head.json").write_text(json.dumps(content))


def write_warp(path, shift_mm, *, displacement=False):
    spacing_mm = 10.0
    affine_m = np.diag([spacing_mm, spacing_mm, spacing_mm, 1e3]) * 1e-3
    affine_m[:3, 3] = -0.12
    index = np.stack(np.meshgrid(*3 * [np.arange(25)], indexing="ij"), axis=-1)
    places_mm = spacing_mm * index - 120.0
    values = np.zeros_like(places_mm) + shift_mm if displacement else places_mm + shift_mm
    write_volume_nifti(path, values, affine_m)


def write_warps(folder, there_mm=SHIFT_MM, back_mm=-SHIFT_MM, **options):
    write_warp(folder / "toMNI/Conform2MNI_nonl.nii.gz", there_mm, **options)
    write_warp(folder / "toMNI/MNI2Conform_nonl.nii.gz", back_mm, **options)


def test_warps_are_used_in_their_direction(m2m):
    write_warps(m2m)
    frame = warp_frame(m2m)
    assert isinstance(frame, M2mFrame)
    point_m = np.full((1, 3), 1e-3)
    assert 1e3 * frame.to_mni_m(point_m)[0] == pytest.approx(1 + SHIFT_MM, abs=1e-3)
    assert 1e3 * frame.to_subject_m(point_m)[0] == pytest.approx(1 - SHIFT_MM, abs=1e-3)


def test_warps_of_two_heads_are_refused(m2m):
    write_warps(m2m, SHIFT_MM, SHIFT_MM * 2)
    with pytest.raises(FileFormatError, match=r"must undo each other; .* 22 mm away"):
        warp_frame(m2m).to_mni_m(np.zeros((1, 3)))


def test_displacements_are_no_coordinates(m2m):
    write_warps(m2m, displacement=True)
    with pytest.raises(FileFormatError, match="hold displacements"):
        warp_frame(m2m).to_mni_m(np.full((1, 3), 0.001))


def test_a_missing_warp_is_told(m2m):
    write_warps(m2m)
    (m2m / "toMNI/MNI2Conform_nonl.nii.gz").unlink()
    head = read_head(m2m / "anna.msh")
    (warning,) = (text for text in head.warnings if "lacks" in text)
    assert "toMNI/MNI2Conform_nonl.nii.gz" in warning
    assert "affine registration" in warning


def test_the_affine_of_an_old_folder_leads_from_mni_to_the_subject(m2m):
    matrix = np.eye(4)
    matrix[:3, 3] = SHIFT_MM
    np.savetxt(m2m / "toMNI/MNI2conform_12DOF.txt", matrix)
    frame = read_head(m2m / "anna.msh").frame
    assert 1e3 * frame.to_subject_m(np.zeros((1, 3)))[0] == pytest.approx(SHIFT_MM)
    (m2m / "toMNI/MNI2conform_12DOF.txt").write_text("1 0 0\n0 1")
    with pytest.raises(FileFormatError, match="4 x 4"):
        read_head(m2m / "anna.msh")


def test_the_folder_finds_its_mesh_inside_or_beside(m2m, small_ball):
    assert mesh_of(m2m) == m2m / "anna.msh"
    write_head_mesh(m2m / "anna_TMS_1.msh", small_ball)
    assert mesh_of(m2m) == m2m / "anna.msh"  # a result beside it does not confuse
    for path in m2m.glob("*.msh"):
        path.unlink()
    write_head_mesh(m2m.parent / "anna.msh", small_ball)
    assert mesh_of(m2m) == m2m.parent / "anna.msh"
    assert m2m_folder(m2m.parent / "anna.msh") == m2m
    (m2m.parent / "anna.msh").unlink()
    with pytest.raises(BadInputError, match="holds 0"):
        mesh_of(m2m)


def test_surfaces_that_are_not_whole_are_told_and_not_used(m2m, freesurfer_folder):
    write_warps(m2m)
    (m2m / "surfaces").mkdir()
    source = freesurfer_folder / "surf"
    for name in ("lh.white", "lh.pial", "rh.white"):
        (m2m / "surfaces" / name).write_bytes((source / name).read_bytes())
    head = read_head(m2m / "anna.msh")
    assert head.given_cortex is None
    assert any("lacks rh.pial" in text for text in head.warnings)
    (m2m / "surfaces/rh.pial").write_bytes((source / "rh.pial").read_bytes())
    assert read_head(m2m / "anna.msh").given_cortex is not None
    assert read_head(m2m / "anna.msh", surfaces="none").given_cortex is None


def test_a_folder_is_read_by_its_name_as_text(m2m):
    assert read_head(str(m2m)).mesh.digest == read_head(m2m / "anna.msh").mesh.digest


MASK = {"tag": 2, "name": "tumour", "sigma_siemens_per_m": 0.5, "source": "given by the user"}


def test_tissues_of_the_users_own_come_back_from_the_record(m2m):
    record(m2m, [MASK, {**MASK, "tag": 3, "name": "csf", "source": "wagner2004"}])
    tissues = {tissue.tag: tissue for tissue in read_head(m2m).tissues}
    assert tissues[2].name == "tumour"
    assert tissues[2].sigma_siemens_per_m == 0.5
    assert tissues[3].sigma_siemens_per_m == 1.654
    assert read_head(m2m, sigma={2: 0.3}).tissues[1].name == "grey matter"


@pytest.mark.parametrize(
    "tissues",
    [
        [{"tag": 2, "name": "grey"}], [{**MASK, "tag": "2"}], [{**MASK, "tag": True}],
        [{**MASK, "name": None}], [{**MASK, "sigma_siemens_per_m": "a"}],
        [{**MASK, "sigma_siemens_per_m": 1e300}], [{**MASK, "sigma_siemens_per_m": -1}],
        [{**MASK, "sigma_siemens_per_m": 10**400}], [{**MASK, "source": []}],
        [{**MASK, "tag": 10**30}], ["tumour"], [[]], [None], 7, "text", {"tag": 2},
    ],
)  # fmt: skip
def test_a_record_that_breaks_its_form_is_refused_in_one_sentence(m2m, tissues):
    record(m2m, tissues)
    with pytest.raises(FileFormatError, match=r"head\.json") as caught:
        read_head(m2m)
    assert len(str(caught.value)) < 500
