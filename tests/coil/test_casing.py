import numpy as np
import pytest
from scipy.spatial import ConvexHull, KDTree

from cortistim.coil import Model, named_coil
from cortistim.coil.casing import BENT_MARGIN_M, FLAT_MARGIN_M, casing_around
from cortistim.coil.collision import solid
from cortistim.placement.clearance import casing_samples_m


def volume_m3(casing):
    a, b, c = (casing.vertices_m[casing.triangles[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def is_closed(casing):
    t = casing.triangles
    edges = np.sort(np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]]), axis=1)
    return not (np.unique(edges, axis=0, return_counts=True)[1] % 2).any()


def ring(radius_m, z_m, x_m=0.0, count=60):
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    flat = radius_m * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.column_stack([flat + np.array([x_m, 0]), np.full(count, z_m)])


WINDINGS = {
    "figure of eight": np.vstack([ring(0.035, -0.01, -0.036), ring(0.035, -0.01, 0.036)]),
    "ring": ring(0.05, -0.012),
    "bent": named_coil("magstim_dcc").copper_m,
    "sparse": np.array([(0.06 * k, 0.03 * j, -0.01) for k in (-1, 0, 1) for j in (-1, 1)]),
}


@pytest.mark.parametrize("name", WINDINGS)
def test_the_assumed_casing_is_closed_and_seen_from_outside(name):
    casing = casing_around(WINDINGS[name])
    assert is_closed(casing)
    assert volume_m3(casing) > 0


@pytest.mark.parametrize("name", WINDINGS)
def test_the_assumed_casing_keeps_its_margin_around_the_winding(name):
    winding_m = WINDINGS[name]
    casing = casing_around(winding_m)
    margin_m = BENT_MARGIN_M if name == "bent" else FLAT_MARGIN_M
    gap_m = KDTree(winding_m).query(casing_samples_m(casing))[0].min()
    assert gap_m == pytest.approx(margin_m, abs=1.3e-3)
    model = Model(casing.vertices_m, casing.triangles)
    inside = [solid(model).deepest_m(point[None]) for point in winding_m[::40]]
    assert min(inside) > 0


def test_a_figure_of_eight_keeps_its_waist_and_its_face():
    winding_m = WINDINGS["figure of eight"]
    casing = casing_around(winding_m)
    middle = np.abs(casing.vertices_m[:, 0]) < 2e-3
    assert np.abs(casing.vertices_m[middle, 1]).max() < 0.031  # 0.040 at the wings
    assert volume_m3(casing) < 0.96 * ConvexHull(casing.vertices_m).volume
    assert casing.vertices_m[:, 2].max() == 0
    assert casing.vertices_m[:, 2].min() == pytest.approx(-0.01 - FLAT_MARGIN_M)
    assert "5 mm" in casing.source
    assert "-15.0 mm" in casing.source


def test_a_ring_gets_a_plate_without_a_hole():
    casing = casing_around(WINDINGS["ring"])
    full_m3 = np.pi * (0.05 + FLAT_MARGIN_M) ** 2 * (0.012 + FLAT_MARGIN_M)
    assert volume_m3(casing) == pytest.approx(full_m3, rel=0.02)


def test_a_sparse_winding_gets_one_plate_and_a_distant_part_its_own():
    def parts(points_m):
        casing = casing_around(points_m)
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        i, j = casing.triangles[:, [0, 1, 2]].ravel(), casing.triangles[:, [1, 2, 0]].ravel()
        n = len(casing.vertices_m)
        return connected_components(coo_array((np.ones(len(i)), (i, j)), shape=(n, n)))[0]

    sparse_m = WINDINGS["sparse"]
    assert parts(sparse_m) == 1
    assert parts(np.vstack([sparse_m, sparse_m + np.array([0.3, 0, 0])])) > 1


def test_a_single_dipole_gets_a_casing():
    assert is_closed(casing_around(np.array([[0.0, 0.0, -0.01]])))
    assert is_closed(casing_around(np.array([[0.0, 0.0, 0.01]])))
