import numpy as np
import pytest

from cortistim.errors import BadInputError, FileFormatError, MeshError
from cortistim.head.mesh import Surface
from cortistim.head.space.warp import CoordinateMap
from cortistim.io.image.nifti import read_volume_nifti, write_volume_nifti
from cortistim.io.mesh.msh import MshFile, write_msh
from cortistim.io.subject.head import read_head
from cortistim.io.subject.m2m import read_landmarks, warp_frame
from cortistim.io.surface.gifti import write_overlay_gifti, write_surface_gifti
from cortistim.io.table.positions import read_positions_csv

pytestmark = pytest.mark.oldest

nibabel = pytest.importorskip("nibabel")
AFFINE_M = np.array(
    [[-0.002, 0, 0, 0.02], [0, 0.001, 0, -0.01], [0, 0, 0.0015, 0.03], [0, 0, 0, 1]]
)


def test_a_surface_is_in_millimetres_of_the_scanner(tmp_path):
    surface = Surface(np.eye(3) / 10, np.array([[0, 1, 2]]), np.eye(3), np.zeros(3))
    write_surface_gifti(tmp_path / "a.surf.gii", surface)
    points, triangles = nibabel.load(tmp_path / "a.surf.gii").agg_data()
    np.testing.assert_allclose(points, 100 * np.eye(3))
    np.testing.assert_array_equal(triangles, [[0, 1, 2]])
    assert nibabel.load(tmp_path / "a.surf.gii").darrays[0].coordsys.dataspace == 1


def test_an_overlay_keeps_names_and_values(tmp_path):
    columns = {"magnitude": np.array([1.0, 2, 3]), "normal": np.array([-1.0, 0, 1])}
    write_overlay_gifti(tmp_path / "a.func.gii", columns)
    image = nibabel.load(tmp_path / "a.func.gii")
    assert [array.meta["Name"] for array in image.darrays] == list(columns)
    np.testing.assert_allclose(image.darrays[1].data, columns["normal"])
    with pytest.raises(BadInputError, match="one value per vertex"):
        write_overlay_gifti(tmp_path / "a.func.gii", {"a": np.ones(2), "b": np.ones(3)})
    with pytest.raises(BadInputError, match=r"end in \.gii"):
        write_overlay_gifti(tmp_path / "a.csv", columns)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_volume_lies_where_its_affine_says_and_repeats_byte_for_byte(tmp_path, name):
    values = np.random.default_rng(1).normal(size=(4, 5, 6, 3))
    write_volume_nifti(tmp_path / name, values, AFFINE_M, "E")
    first = (tmp_path / name).read_bytes()
    write_volume_nifti(tmp_path / name, values, AFFINE_M, "E")
    assert (tmp_path / name).read_bytes() == first
    image = nibabel.load(tmp_path / name)
    assert image.header.get_xyzt_units()[0] == "mm"
    np.testing.assert_allclose(image.get_qform(), image.get_sform(), atol=1e-4)
    np.testing.assert_allclose(image.affine[:3], 1e3 * AFFINE_M[:3], atol=1e-6)
    again, affine_m = read_volume_nifti(tmp_path / name)
    np.testing.assert_allclose(again, values, rtol=1e-6)
    np.testing.assert_allclose(affine_m, AFFINE_M, atol=1e-9)


def test_labels_stay_whole_and_sheared_volumes_are_refused(tmp_path):
    write_volume_nifti(tmp_path / "l.nii", np.arange(8).reshape(2, 2, 2), AFFINE_M)
    assert nibabel.load(tmp_path / "l.nii").get_data_dtype() == np.int32
    sheared = AFFINE_M.copy()
    sheared[0, 1] = 0.001
    with pytest.raises(BadInputError, match="shears"):
        write_volume_nifti(tmp_path / "s.nii", np.ones((2, 2, 2)), sheared)


def test_what_is_no_volume_is_refused(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(b"nothing")
    (tmp_path / "b.nii").write_bytes(b"\0" * 400)
    write_volume_nifti(tmp_path / "c.nii", np.ones((9, 9, 9)), AFFINE_M)
    (tmp_path / "c.nii").write_bytes((tmp_path / "c.nii").read_bytes()[:900])
    for name in ("a.nii.gz", "b.nii", "c.nii"):
        with pytest.raises(FileFormatError, match="not a complete NIfTI"):
            read_volume_nifti(tmp_path / name)


def _affine_map(matrix, translation_m, shape=(12, 14, 16)):
    grid = np.eye(4)
    grid[:3, :3] *= 0.004
    grid[:3, 3] = -0.02
    voxel = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return (voxel @ grid[:3, :3].T + grid[:3, 3]) @ matrix.T + translation_m, grid


def test_a_warp_that_is_affine_carries_points_exactly_and_keeps_off_its_empty_border():
    matrix = np.array([[0.9, 0.1, 0], [-0.1, 1.05, 0], [0, 0.05, 1.1]])
    shift_m = np.array([0.5, 0.3, -0.4])
    targets, grid = _affine_map(matrix, shift_m)
    targets[0] = 0
    warp = CoordinateMap(targets, grid)
    inner = np.random.default_rng(0).uniform(-0.015, 0.02, (50, 3))
    np.testing.assert_allclose(warp.carry_m(inner), inner @ matrix.T + shift_m, atol=1e-12)
    edge = np.array([[-0.0181, 0.01, 0.01]])
    away_m = np.linalg.norm(warp.carry_m(edge) - edge @ matrix.T - shift_m)
    assert 0 < away_m < 1e-3
    with pytest.raises(BadInputError, match=r"within 5 mm .* \(-30\.0, 0\.0, 0\.0\) mm"):
        warp.carry_m(np.array([[-0.03, 0, 0]]))
    with pytest.raises(BadInputError, match="finite"):
        warp.carry_m(np.array([[np.nan, 0, 0]]))


def _tetrahedron(tag):
    nodes = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]]) / 10
    return MshFile(nodes, [[0, 1, 2, 3]], [tag], np.empty((0, 3)), np.empty(0))


def test_a_head_in_an_m2m_folder_has_its_landmarks_and_warps(tmp_path):
    folder = tmp_path / "m2m_anna"
    (folder / "eeg_positions").mkdir(parents=True)
    (folder / "eeg_positions/EEG10-10_UI_Jurak_2007.csv").write_text(
        "Electrode,1,2,3,Fp1\nReferenceElectrode,4,5,6,7,8,9,Cz\nFiducial,0,80,-40,Nz\n"
    )
    write_msh(folder / "anna.msh", _tetrahedron(2))
    grid = np.diag([0.004, 0.004, 0.004, 1])
    targets, _ = _affine_map(np.eye(3), np.array([1.0, 0, 0]))
    for name, shift in (("Conform2MNI", 1.0), ("MNI2Conform", -1.0)):
        path = folder / f"toMNI/{name}_nonl.nii.gz"
        write_volume_nifti(path, 1e3 * (targets + np.array([shift - 1, 0, 0])), grid)
    head = read_head(folder / "anna.msh")
    assert head.name == "anna"
    np.testing.assert_allclose(head.landmarks_m["Cz"], [0.004, 0.005, 0.006])
    np.testing.assert_allclose(head.landmarks_m["Nz"], [0, 0.08, -0.04])
    point = np.array([[0.011, 0.012, 0.013]])
    there = head.frame.to_mni_m(point)
    np.testing.assert_allclose(there, point + np.array([0.98, -0.02, -0.02]), atol=1e-6)
    assert "anna" in head.frame.description
    (folder / "toMNI/MNI2Conform_nonl.nii.gz").unlink()
    assert warp_frame(folder) is None


def test_a_head_needs_no_grey_matter_and_keeps_given_conductivities(tmp_path):
    write_msh(tmp_path / "a.msh", _tetrahedron(5))
    head = read_head(tmp_path / "a.msh", sigma={5: 0.2})
    assert head.sigma_siemens_per_m[0] == 0.2
    assert head.landmarks_m == {}
    with pytest.raises(BadInputError, match="tags of the mesh"):
        read_head(tmp_path / "a.msh", sigma={2: 0.2})


def test_an_unsound_mesh_is_refused_and_a_repaired_one_says_so(tmp_path):
    sound = _tetrahedron(2)
    write_msh(
        tmp_path / "a.msh",
        MshFile(sound.nodes_m, [[0, 1, 3, 2]], [2], sound.triangles, sound.triangle_tags),
    )
    with pytest.raises(MeshError):
        read_head(tmp_path / "a.msh")
    assert "flipped 1" in read_head(tmp_path / "a.msh", repair=True).origin


def test_caps_of_simnibs_are_read(shared_file):
    cap = read_positions_csv(shared_file("data/simnibs/caps/EEG10-10_UI_Jurak_2007.csv"))
    assert {"Fp1", "C3", "Cz", "O2"} <= set(cap)
    assert all(0.05 < np.linalg.norm(position) < 0.13 for position in cap.values())
    fiducials = read_positions_csv(shared_file("data/simnibs/caps/Fiducials.csv"))
    np.testing.assert_allclose(fiducials["Nz"], [0, 0.0829, -0.043])


def test_landmarks_are_none_without_their_files_and_refused_when_broken(tmp_path):
    assert read_landmarks(tmp_path) == {}
    (tmp_path / "eeg_positions").mkdir()
    (tmp_path / "eeg_positions/Fiducials.csv").write_text("Fiducial,1,nan,3,Nz\n")
    with pytest.raises(FileFormatError, match="line 1"):
        read_landmarks(tmp_path)
