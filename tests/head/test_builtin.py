import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.geometry import transform
from cortistim.head import builtin
from cortistim.head.builtin import builtin_names, load_builtin
from cortistim.head.mesh import TetMesh
from cortistim.head.mesher import MeshSizes
from cortistim.head.quality.mesh import check_mesh, require_sound
from cortistim.head.space.registration import RegisteredFrame

COARSE = MeshSizes(cortex_m=0.012, deep_m=0.012, surface_m=0.012, bulk_m=0.02)


@pytest.fixture(scope="module")
def coarse_colin27(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORTISTIM_CACHE", str(tmp_path_factory.mktemp("cache")))
        first = builtin.colin27(sizes=COARSE)
        patch.setattr(builtin, "mesh_labels", None)  # the second time comes from the cache
        assert builtin.colin27(sizes=COARSE).mesh.digest == first.mesh.digest
        return first


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(BadInputError, match="colin27, sphere"):
        load_builtin("ernie")
    assert builtin_names() == ("colin27", "sphere")


def test_colin27_is_sound_with_all_tissues_even_when_coarse(coarse_colin27):
    report = require_sound(coarse_colin27.mesh)
    assert tuple(report.volume_m3) == (1, 2, 3, 4, 5, 6)
    assert not report.warnings
    assert 0.0041 < sum(report.volume_m3.values()) < 0.0046


def test_colin27_lies_in_mni_space(coarse_colin27):
    points_m = np.array([[0.01, -0.02, 0.03]])
    np.testing.assert_allclose(coarse_colin27.frame.to_mni_m(points_m), points_m)
    brain = coarse_colin27.mesh.tags <= 2
    low_m, high_m = np.percentile(coarse_colin27.mesh.centroids_m[brain], [0, 100], axis=0)
    assert np.abs(low_m + high_m)[0] < 0.01
    np.testing.assert_allclose(high_m[2], 0.08, atol=0.01)


def test_registration_finds_a_turned_and_stretched_head_again(coarse_colin27):
    """Its borders lie within half an edge of the mesh, so the target does too."""
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    turned = Rotation.from_euler("xyz", (15, -10, 10), degrees=True).as_matrix()
    matrix[:3, :3] = turned @ np.diag([1.1, 0.9, 1.0])
    matrix[:3, 3] = 0.04, -0.05, 0.03
    mesh, target_m = coarse_colin27.mesh, np.array([[-0.038, 0.044, 0.026]])
    moved = TetMesh(transform(matrix, mesh.nodes_m), mesh.tets, mesh.tags)
    frame, there_m = RegisteredFrame(moved), transform(matrix, target_m)
    assert np.linalg.norm(frame.to_subject_m(target_m) - there_m) < COARSE.cortex_m / 2
    assert np.linalg.norm(frame.to_mni_m(there_m) - target_m) < COARSE.cortex_m / 2


def test_fiducials_lie_on_the_scalp_where_faces_have_them(coarse_colin27):
    at = coarse_colin27.landmarks_m
    assert set(at) == {"Nz", "Iz", "LPA", "RPA"}
    for name, usual_m in builtin.COLIN27_FIDUCIALS_M.items():
        assert np.linalg.norm(at[name] - usual_m) < 0.012
    assert at["LPA"][0] < -0.07
    assert at["RPA"][0] > 0.07
    assert at["Nz"][1] > 0.07
    assert at["Iz"][1] < -0.1


def test_the_ball_has_grey_matter_between_white_matter_and_csf():
    head = load_builtin("sphere")
    report = check_mesh(head.mesh)
    assert report.is_sound
    assert not report.warnings
    assert 60_000 < report.n_node < 120_000
    assert report.shape_min > 0.3
    r_m = np.linalg.norm(head.mesh.centroids_m, axis=1)
    grey = head.mesh.tags == 2
    assert r_m[grey].min() > 0.073
    assert r_m[grey].max() < 0.077


def test_the_balls_interfaces_are_exactly_on_their_spheres():
    mesh = load_builtin("sphere").mesh
    r_m = np.linalg.norm(mesh.nodes_m, axis=1)
    for tag, radius_m in enumerate(builtin.SPHERE_RADII_M[:-1], start=1):
        shared = np.intersect1d(mesh.tets[mesh.tags == tag], mesh.tets[mesh.tags == tag + 1])
        np.testing.assert_allclose(r_m[shared], radius_m, rtol=1e-12)
