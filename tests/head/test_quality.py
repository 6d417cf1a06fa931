import numpy as np
import pytest

from cortistim.errors import MeshError
from cortistim.head.mesh import TetMesh
from cortistim.head.mesher import layered_sphere, topology
from cortistim.head.quality.mesh import (
    check_mesh,
    place_in_words,
    repair_mesh,
    require_head_size,
    require_sound,
)

NODES = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]])


@pytest.fixture(scope="module")
def ball():
    return layered_sphere((0.07, 0.08, 0.09), (2, 3, 4), edge_m=0.02)


def torn(mesh, *, above_m=0.02):
    """The same mesh with its nodes doubled along a cut through z."""
    upper = mesh.centroids_m[:, 2] > above_m
    shared = np.intersect1d(mesh.tets[upper], mesh.tets[~upper])
    copy = np.arange(len(mesh.nodes_m))
    copy[shared] = len(mesh.nodes_m) + np.arange(len(shared))
    tets = np.where(upper[:, None], copy[mesh.tets], mesh.tets)
    return TetMesh(np.concatenate([mesh.nodes_m, mesh.nodes_m[shared]]), tets, mesh.tags)


def test_a_good_mesh_passes_with_its_numbers(ball):
    report = require_sound(ball)
    assert report.is_sound
    assert report.n_node == len(ball.nodes_m)
    assert sum(report.volume_m3.values()) == pytest.approx(ball.volumes_m3.sum())
    assert not report.warnings


def test_a_regular_tetrahedron_has_shape_one():
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1.0]])
    tets = np.array([[0, 1, 2, 3], [0, 1, 3, 2]], dtype=np.int32)
    np.testing.assert_allclose(np.abs(topology.shapes(corners, tets)), 1.0)
    assert topology.shapes(corners, tets).sum() == pytest.approx(0)


def test_a_crack_is_refused_with_its_place(ball):
    with pytest.raises(MeshError, match=r"in the place of another.*cracks.*upper"):
        require_sound(torn(ball))


def test_merging_the_nodes_of_a_crack_gives_the_mesh_back(ball):
    mended, done = repair_mesh(torn(ball))
    assert "merged" in done[0]
    assert len(done) == 1
    assert len(mended.nodes_m) == len(ball.nodes_m)
    assert require_sound(mended).is_sound


def test_a_face_of_three_tetrahedra_is_refused(ball):
    tets = np.concatenate([ball.tets, ball.tets[:1]])
    tets[-1, 0] = len(ball.nodes_m)
    nodes_m = np.concatenate([ball.nodes_m, ball.nodes_m[tets[:1, 0]] * 1.01])
    mesh = TetMesh(nodes_m, tets, np.append(ball.tags, 2))
    with pytest.raises(MeshError, match="one or two tetrahedra"):
        require_sound(mesh)


def test_a_tetrahedron_inside_out_is_refused_and_flipped(ball):
    tets = ball.tets.copy()
    tets[7] = tets[7, [1, 0, 2, 3]]
    mesh = TetMesh(ball.nodes_m, tets, ball.tags)
    with pytest.raises(MeshError, match=rf"1 of {len(tets)} tetrahedra are flat or inside out"):
        require_sound(mesh)
    mended, done = repair_mesh(mesh)
    assert done == ["flipped 1 tetrahedra of negative volume"]
    np.testing.assert_allclose(mended.volumes_m3, ball.volumes_m3)


def test_a_flat_tetrahedron_is_refused_and_dropped(ball):
    nodes_m = np.concatenate([ball.nodes_m, ball.nodes_m[ball.tets[0, :3]].mean(axis=0)[None]])
    tets = np.concatenate([ball.tets, [[*ball.tets[0, :3], len(ball.nodes_m)]]])
    mesh = TetMesh(nodes_m, tets, np.append(ball.tags, 2))
    assert any("positive" in defect for defect in check_mesh(mesh).defects)
    mended, done = repair_mesh(mesh)
    assert len(mended.tets) == len(ball.tets)
    assert done[0] == "dropped 1 tetrahedra without volume"


def test_a_loose_part_is_refused_and_dropped(ball):
    nodes_m = np.concatenate([ball.nodes_m, ball.nodes_m[ball.tets[0]] + [0.5, 0, 0]])
    tets = np.concatenate([ball.tets, [len(ball.nodes_m) + np.arange(4)]])
    mesh = TetMesh(nodes_m, tets, np.append(ball.tags, 4))
    with pytest.raises(MeshError, match="1 other parts with 4 nodes are loose"):
        require_sound(mesh)
    mended, done = repair_mesh(mesh)
    assert done[0] == "dropped 1 tetrahedra apart from the largest part"
    assert mended.digest == ball.digest


def test_unused_nodes_are_counted_but_not_refused(ball):
    nodes_m = np.concatenate([ball.nodes_m, ball.nodes_m[:5], np.full((1, 3), 9.0)])
    mesh = TetMesh(nodes_m, ball.tets, ball.tags)
    assert require_sound(mesh).n_unused_node == 6
    mended, done = repair_mesh(mesh)
    assert done == ["dropped 6 nodes of no tetrahedron"]
    assert mended.digest == ball.digest


def test_tetrahedra_that_meet_in_a_node_only_are_one_part():
    nodes_m = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1],
                        [-1, 0, 0], [0, -1, 0], [0, 0, -1.0]]) / 100  # fmt: skip
    tets = [[0, 1, 2, 3], [0, 5, 4, 6]]
    assert require_sound(TetMesh(nodes_m, np.array(tets), np.array([5, 5]))).is_sound


def test_a_sound_mesh_is_left_alone(ball):
    mended, done = repair_mesh(ball)
    assert done == []
    assert mended.digest == ball.digest


def test_bare_grey_matter_is_warned_of_with_area_and_place(ball):
    hole = (ball.tags == 3) & (ball.centroids_m[:, 0] < -0.04)
    mesh = TetMesh(ball.nodes_m, ball.tets, np.where(hole, 4, ball.tags))
    report = check_mesh(mesh)
    assert report.is_sound
    assert len(report.warnings) == 1
    assert "bone (average)" in report.warnings[0]
    assert "left" in report.warnings[0]


def test_flat_faces_between_grey_matter_and_bone_are_no_place_to_name(ball):
    grey = np.flatnonzero(ball.tags == 2)[0]
    nodes_m = ball.nodes_m.copy()
    nodes_m[ball.tets[grey]] = nodes_m[ball.tets[grey][0]]  # its faces have no area
    tags = np.full(len(ball.tets), 4)
    tags[grey] = 2
    report = check_mesh(TetMesh(nodes_m, ball.tets, tags))
    assert any("flat" in defect for defect in report.defects)
    assert not any("grey matter touches" in warning for warning in report.warnings)


def without(mesh, chosen):
    return TetMesh(mesh.nodes_m, mesh.tets[~chosen], mesh.tags[~chosen])


@pytest.mark.parametrize("low_m", [0.05, 0.07, 0.0745])
def test_a_void_in_the_brain_is_told_with_its_place(small_ball, low_m):
    away_m = np.linalg.norm(small_ball.centroids_m, axis=1)
    x_m = small_ball.centroids_m[:, 0]
    void = (away_m > low_m) & (away_m < 0.078) & (x_m < -0.85 * away_m)
    (warning,) = check_mesh(without(small_ball, void)).warnings
    assert "brain or fluid borders on nothing" in warning
    assert "left" in warning
    assert not check_mesh(small_ball).warnings


def test_a_void_within_a_head_of_brain_alone_is_told(small_ball):
    brain = without(small_ball, small_ball.tags > 3)
    assert not check_mesh(brain).warnings
    void = np.linalg.norm(brain.centroids_m - [0, 0, 0.03], axis=1) < 0.02
    (warning,) = check_mesh(without(brain, void)).warnings
    assert "upper" in warning


def test_a_scalp_with_a_hole_at_the_crown_is_told_and_a_cut_neck_is_not(small_ball):
    z_m = small_ball.centroids_m[:, 2] / np.linalg.norm(small_ball.centroids_m, axis=1)
    crown = (small_ball.tags == 5) & (z_m > 0.9)
    (warning,) = check_mesh(without(small_ball, crown)).warnings
    assert warning.startswith("bone borders on nothing")
    slope = small_ball.centroids_m @ [0.2, 0, 1]  # an image may be tilted
    assert not check_mesh(without(small_ball, slope < -0.06)).warnings


def test_the_size_of_a_head_is_asked_of_its_used_nodes():
    far = TetMesh([*(NODES / 10), [9e9, 0, 0]], [[0, 1, 2, 3]], [5])
    require_head_size(far)
    with pytest.raises(MeshError, match=r"measures 10 mm\. It seems to be in inches or"):
        require_head_size(TetMesh(NODES / 100, [[0, 1, 2, 3]], [5]))
    with pytest.raises(MeshError, match=r"measures 1e\+03|measures 3e\+03"):
        require_head_size(TetMesh(NODES * 3, [[0, 1, 2, 3]], [5]))


def test_places_are_said_in_words():
    words = place_in_words(np.array([-0.031, 0.052, 0.04]), np.zeros(3))
    assert words == "left anterior upper, at (-31, 52, 40) mm"
    assert place_in_words(np.zeros(3), np.zeros(3)).startswith("central")
