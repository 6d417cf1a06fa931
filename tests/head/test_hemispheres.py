import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.head import AffineFrame, locate
from cortistim.head.cortex.atlas import Atlas
from cortistim.head.cortex.folding import fold_class, sulcal_depth_m
from cortistim.head.cortex.hemispheres import (
    CorticalSurfaces,
    Hemisphere,
    Parcels,
    euler_number,
    is_sphere,
    ribbon_between,
    settle,
)
from cortistim.head.cortex.ribbon import surface_on
from cortistim.head.cortex.sphere_map import sphere_map

MNI = AffineFrame(np.eye(4), "MNI space itself")


@pytest.fixture(scope="module")
def surfaces(half_brain):
    return halves(half_brain, 0.0685, 0.0715)


def halves(half_brain, white_m, pial_m):
    both = []
    for side in ("left", "right"):
        white, triangles, unit = half_brain(side, white_m)
        pial = half_brain(side, pial_m)[0]
        ribbon = ribbon_between(triangles, white, pial, (white + pial) / 2)
        both.append(Hemisphere(side, ribbon, unit))
    return CorticalSurfaces(*both, "test")


def test_a_ring_is_no_sphere():
    around, along = np.meshgrid(np.arange(12), np.arange(8), indexing="ij")
    a = (around * 8 + along).ravel()
    b, c = (((around + 1) % 12) * 8 + along).ravel(), (around * 8 + (along + 1) % 8).ravel()
    d = (((around + 1) % 12) * 8 + (along + 1) % 8).ravel()
    ring = np.vstack([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    assert euler_number(ring) == 0
    assert not is_sphere(ring)


def test_a_closed_half_is_a_sphere_until_a_triangle_is_missing(surfaces):
    triangles = surfaces.left.ribbon.mid.triangles
    assert is_sphere(triangles)
    assert not is_sphere(triangles[1:])


def test_settled_vertices_lie_in_grey_matter(surfaces, small_ball):
    settled = settle(surfaces, small_ball)
    assert (locate(small_ball, settled.surface.vertices_m, tags=(2,)) >= 0).all()
    assert 0.05 < settled.dropped / surfaces.n_vertex < 0.3
    left_out = np.setdiff1d(np.arange(surfaces.n_vertex), settled.kept)
    assert (np.abs(surfaces.mid().vertices_m[left_out, 0]) < 2e-3).mean() > 0.95
    spread = settled.spread(np.ones(len(settled.kept)))
    assert np.isnan(spread).sum() == settled.dropped


def shifted(surfaces, shift_m):
    both = []
    for half in surfaces.both:
        ribbon = half.ribbon
        sides = (ribbon.white_m, ribbon.pial_m, ribbon.mid.vertices_m)
        moved = (side_m + np.array([0, 0, shift_m]) for side_m in sides)
        both.append(Hemisphere(half.side, ribbon_between(ribbon.mid.triangles, *moved)))
    return CorticalSurfaces(*both, "test")


def test_vertices_just_outside_are_moved_and_a_shift_is_told(surfaces, small_ball):
    settled = settle(shifted(surfaces, 6e-3), small_ball)
    assert len(settled.moved_m) > 500
    assert 0.2e-3 < np.median(settled.moved_m) < 2.5e-3
    assert "millimetres off" in settled.in_words()
    assert "millimetres off" not in settle(surfaces, small_ball).in_words()


def test_surfaces_of_another_frame_are_refused(half_brain, small_ball):
    with pytest.raises(BadInputError, match="must lie in the grey matter"):
        settle(halves(half_brain, 0.050, 0.053), small_ball)


def test_a_head_reads_its_fields_on_the_surfaces_given(ball_head, surfaces):
    head = ball_head.with_surfaces(surfaces)
    assert len(head.cortex.vertices_m) == len(head.given_cortex.kept)
    assert head.cortex.vertices_m.shape != ball_head.cortex.vertices_m.shape
    assert any("left out" in text for text in head.warnings)
    assert head.with_sigma({2: 0.3}).given_cortex is head.given_cortex


def test_columns_of_another_length_are_refused(surfaces):
    with pytest.raises(BadInputError, match="must have 1500 vertices"):
        Hemisphere("left", surfaces.left.ribbon, np.ones((3, 3)))


def test_values_move_exactly_between_equal_spheres(surfaces):
    left = surfaces.left
    same = sphere_map(left.sphere, left.ribbon.mid.triangles, left.sphere)
    assert same.values(left.sphere[:, 0]) == pytest.approx(left.sphere[:, 0], abs=1e-9)
    assert np.array_equal(same.nearest(), np.arange(len(left.sphere)))


def test_smooth_values_move_smoothly_to_another_sphere(surfaces, half_brain):
    left, onto = surfaces.left, half_brain("left", 0.07, count=700)[2]
    carried = sphere_map(left.sphere, left.ribbon.mid.triangles, onto)
    assert carried.weights.sum(axis=1) == pytest.approx(1)
    assert carried.values(left.sphere[:, 1]) == pytest.approx(onto[:, 1], abs=3e-3)
    holes = np.where(left.sphere[:, 2] > 0, np.nan, 1.0)
    moved = carried.values(holes)
    assert np.isnan(moved[onto[:, 2] > 0.1]).all()
    assert moved[onto[:, 2] < -0.1] == pytest.approx(1)
    regions = Parcels("halves", (left.sphere[:, 2] > 0) + 1, {1: "low", 2: "high"}, "test")
    high = carried.parcels(regions).numbers == 2
    assert (high == (onto[:, 2] > 0)).mean() > 0.97


def test_without_a_sphere_there_is_no_map(surfaces):
    with pytest.raises(BadInputError, match=r"sphere\.reg"):
        sphere_map(np.zeros((0, 3)), surfaces.left.ribbon.mid.triangles, np.eye(3))


def test_depth_is_measured_from_the_hull(half_brain):
    unit = half_brain("left", 1.0, count=6000)[2]
    triangles = half_brain("left", 1.0, count=6000)[1]
    groove = 0.010 * np.exp(-((unit[:, 2] / 0.06) ** 2))  # a furrow of 10 mm on a ball of 60 mm
    points_m = (0.060 - groove)[:, None] * unit
    depth_m = sulcal_depth_m(points_m, triangles, points_m)
    # the ball of 20 mm that lies on the furrow dips into it a little
    assert depth_m[np.abs(unit[:, 2]) < 0.01].mean() == pytest.approx(8e-3, abs=1.5e-3)
    assert depth_m[np.abs(unit[:, 2]) > 0.3].mean() < 1e-3
    folds = fold_class(surface_on(triangles, points_m), depth_m)
    assert (folds[np.abs(unit[:, 2]) < 0.01] == -1).mean() > 0.5
    assert not (folds[np.abs(unit[:, 2]) < 0.01] == 1).any()
    assert (folds[np.abs(unit[:, 2]) > 0.3] == 1).mean() > 0.9


def test_an_atlas_names_the_region_of_each_vertex(surfaces):
    labels = np.zeros((40, 40, 40), int)
    labels[:, 20:], labels[:, :20] = 1, 2
    affine_m = np.diag([5e-3, 5e-3, 5e-3, 1])
    affine_m[:3, 3] = -0.1
    atlas = Atlas("lobes", labels, affine_m, {1: "front", 2: "back"})
    vertices_m = surfaces.left.ribbon.mid.vertices_m
    found = atlas.at(vertices_m, MNI)
    clear = np.abs(vertices_m[:, 1] + 2.5e-3) > 1e-3
    assert np.array_equal(found.numbers[clear] == 1, vertices_m[clear, 1] > -2.5e-3)
    away = affine_m.copy()
    away[:3, 3] += 1.0
    with pytest.raises(BadInputError, match="covers 0 %"):
        Atlas("lobes", labels, away, {}).at(vertices_m, MNI)
