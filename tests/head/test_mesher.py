import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.errors import BadInputError, MeshError
from cortistim.geometry import transform
from cortistim.head.mesher import MeshSizes, mesh_labels, prepare_labels, topology
from cortistim.head.quality.mesh import check_mesh, require_sound

COARSE = MeshSizes(cortex_m=0.004, deep_m=0.004, surface_m=0.004, bulk_m=0.008, reach_m=0.03)


def millimetres(*, spacing=(1.0, 1.0, 1.0), offset=(0.0, 0.0, 0.0)):
    affine_m = np.eye(4)
    affine_m[:3, :3] = np.diag(spacing) * 1e-3
    affine_m[:3, 3] = np.array(offset) * 1e-3
    return affine_m


def balls(radii_mm, *, spacing=(1.0, 1.0, 1.0), margin_mm=4):
    """Concentric balls: tags 1.. from the inside out."""
    half = radii_mm[-1] + margin_mm
    axes = [np.arange(-half, half + step, step) for step in spacing]
    r = np.sqrt(sum(x**2 for x in np.meshgrid(*axes, indexing="ij")))
    labels = np.zeros(r.shape, np.uint8)
    for tag in range(len(radii_mm), 0, -1):
        labels[r <= radii_mm[tag - 1]] = tag
    return labels, millimetres(spacing=spacing, offset=(-half,) * 3)


HEAD_RADII_MM = (18, 22, 25, 29, 34)


@pytest.fixture(scope="module")
def small_head():
    labels, affine_m = balls(HEAD_RADII_MM)
    return labels, mesh_labels(labels, affine_m, sizes=COARSE)


def test_a_mesh_of_labels_is_sound_and_well_shaped(small_head):
    _, mesh = small_head
    report = require_sound(mesh)
    assert report.n_unused_node == 0
    assert report.shape_min > 0.12
    assert report.shape_median > 0.5


def test_every_inner_face_joins_two_tetrahedra_and_the_boundary_is_closed(small_head):
    _, mesh = small_head
    partner, crowded = topology.pair_faces(mesh.tets, len(mesh.nodes_m))
    assert not crowded.any()
    tet, face = np.nonzero(partner < 0)
    faces = np.array([np.delete(mesh.tets[t], f) for t, f in zip(tet, face, strict=True)])
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [0, 2]]]), 1)
    _, count = np.unique(edges, axis=0, return_counts=True)
    assert (count % 2 == 0).all()


def test_tags_out_are_labels_in_and_volumes_are_true(small_head):
    labels, mesh = small_head
    volume = check_mesh(mesh).volume_m3
    assert tuple(volume) == (1, 2, 3, 4, 5)
    for tag, volume_m3 in volume.items():
        assert volume_m3 * 1e9 == pytest.approx((labels == tag).sum(), rel=0.05)


def test_borders_lie_where_the_tissues_meet(small_head):
    _, mesh = small_head
    partner, _ = topology.pair_faces(mesh.tets, len(mesh.nodes_m))
    for tag, radius_mm in enumerate(HEAD_RADII_MM, start=1):
        tet, face = np.nonzero(mesh.tags[:, None] == tag)
        beyond = np.where(partner[tet, face] < 0, 9, mesh.tags[partner[tet, face]])
        outward = beyond == min(tag + 1, 6) if tag < 5 else beyond == 9
        corners = [np.delete(mesh.tets[t], f) for t, f in zip(tet[outward], face[outward],
                                                              strict=True)]  # fmt: skip
        r_mm = np.linalg.norm(mesh.nodes_m[np.unique(corners)], axis=1) * 1e3
        assert np.abs(r_mm - radius_mm).mean() < 0.5
        assert np.abs(r_mm - radius_mm).max() < 2.0


def test_grey_matter_never_touches_bone_even_where_the_labels_do():
    labels, affine_m = balls((18, 22, 23, 28, 33))
    labels[(labels == 3) & (np.arange(labels.shape[0])[:, None, None] > 40)] = 2
    bare = mesh_labels(labels, affine_m, sizes=COARSE)
    assert not check_mesh(bare).warnings


def test_a_mirrored_oblique_image_gives_the_same_volumes_the_right_way_out(small_head):
    labels, mesh = small_head
    angle = 0.4
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    turned = mesh_labels(
        labels, turn @ np.diag([-1.0, 1, 1, 1]) @ balls(HEAD_RADII_MM)[1], sizes=COARSE
    )
    assert (turned.volumes_m3 > 0).all()
    assert turned.volumes_m3.sum() == pytest.approx(mesh.volumes_m3.sum(), rel=1e-6)


def test_unequal_voxels_do_not_flatten_the_tetrahedra():
    labels, affine_m = balls(HEAD_RADII_MM, spacing=(1.0, 1.0, 2.0))
    report = require_sound(mesh_labels(labels, affine_m, sizes=COARSE))
    assert report.shape_min > 0.12
    assert sum(report.volume_m3.values()) == pytest.approx(4 / 3 * np.pi * 0.034**3, rel=0.02)


def test_loose_pieces_are_dropped():
    labels, affine_m = balls((15,))
    apart = np.zeros((*labels.shape[:2], labels.shape[2] + 12), np.uint8)
    apart[:, :, : labels.shape[2]] = labels
    apart[15:21, 15:21, -6:] = 1
    mesh = require_sound(mesh_labels(apart, affine_m, sizes=COARSE))
    assert mesh.volume_m3[1] * 1e9 == pytest.approx((labels > 0).sum(), rel=0.03)


def test_edges_are_short_at_the_cortex_and_long_far_from_it():
    labels, affine_m = balls((40, 44))
    sizes = MeshSizes(cortex_m=0.004, deep_m=0.004, surface_m=0.006, bulk_m=0.016)
    mesh = mesh_labels(labels, affine_m, sizes=sizes)
    edge_m = np.cbrt(mesh.volumes_m3)
    depth_m = 0.044 - np.linalg.norm(mesh.centroids_m, axis=1)
    assert edge_m[depth_m > 0.03].mean() > 2 * edge_m[depth_m < 0.008].mean()


def test_the_same_labels_give_the_same_mesh(small_head):
    _, mesh = small_head
    again = mesh_labels(*balls(HEAD_RADII_MM), sizes=COARSE)
    assert again.digest == mesh.digest


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31), st.floats(1.0, 2.5))
def test_any_labels_give_a_sound_mesh(seed, blur):
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    noise = gaussian_filter(rng.standard_normal((24, 22, 20)), blur)
    labels = np.digitize(noise, np.quantile(noise, [0.3, 0.6, 0.9])).astype(np.uint8)
    labels[10:14, 10:14, 8:14] = 5
    require_sound(mesh_labels(labels, millimetres(), sizes=COARSE))


@pytest.mark.parametrize(
    "labels", [np.zeros((4, 4, 4), int), np.ones((4, 4), int), np.ones((4, 4, 4))]
)
def test_what_is_not_a_label_image_is_refused(labels):
    with pytest.raises(BadInputError, match="labels must"):
        mesh_labels(labels, np.eye(4))


def test_labels_smaller_than_the_tetrahedra_are_refused():
    labels = np.zeros((9, 9, 9), int)
    labels[4, 4, 4] = 1
    with pytest.raises(MeshError, match="smaller"):
        mesh_labels(labels, millimetres(spacing=(0.1, 0.1, 0.1)))


def test_sizes_must_be_positive():
    with pytest.raises(BadInputError, match="positive"):
        MeshSizes(cortex_m=0.0)


def test_prepared_grey_matter_has_csf_and_the_skull_has_scalp_around():
    labels, _ = balls((10, 14, 14.1, 18, 21))
    half = np.arange(labels.shape[0])[:, None, None] > labels.shape[0] // 2
    labels[half & (labels == 5)] = 0
    prepared = prepare_labels(labels)
    for tag, far, faces in ((2, (4, 5, 0), 1), (4, (0,), 3)):
        near = np.zeros(prepared.shape, bool)
        for shift in np.ndindex(3, 3, 3):
            if sum(step != 1 for step in shift) <= faces:
                near |= np.roll(prepared == tag, np.array(shift) - 1, axis=(0, 1, 2))
        assert not np.isin(prepared[near], far).any()


def test_prepared_labels_have_no_islands_and_no_loose_parts():
    labels, _ = balls((12, 16))
    labels[20, 20, 20] = 3
    labels[19:21, 6, 20] = 1
    labels[0, 0, 0] = 2
    prepared = prepare_labels(labels)
    assert prepared[20, 20, 20] == 1
    assert prepared[19, 6, 20] == 2
    assert prepared[0, 0, 0] == 0


def test_bone_stays_bare_where_the_image_was_cut():
    labels, _ = balls((18, 21, 24, 28, 32))
    labels[:, :, : labels.shape[2] // 2] = 0
    first = np.flatnonzero(labels.any(axis=(0, 1)))[0]
    prepared = prepare_labels(labels)
    assert not prepared[:, :, :first].any()
    assert (prepared[:, :, first] == 4).any()


def test_world_and_grid_agree_on_where_a_voxel_is():
    labels, affine_m = balls((15,))
    shifted = np.pad(labels, ((5, 0), (0, 3), (2, 2)))
    affine_m[:3, 3] = [0.1, -0.2, 0.05]
    mesh = mesh_labels(shifted, affine_m, sizes=COARSE)
    centre_m = transform(affine_m, np.argwhere(shifted > 0).mean(axis=0))
    middle_m = np.average(mesh.centroids_m, axis=0, weights=mesh.volumes_m3)
    np.testing.assert_allclose(middle_m, centre_m, atol=2e-4)
