import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.errors import BadInputError
from cortistim.head.mesher import layered_sphere
from cortistim.head.quality.mesh import require_sound

RADII_M = (0.074, 0.077, 0.080, 0.085, 0.092)
TAGS = (1, 2, 3, 4, 5)


@pytest.mark.parametrize("edge_m", [0.012, 0.008, 0.0045])
def test_layered_spheres_are_sound_and_well_shaped(edge_m):
    report = require_sound(layered_sphere(RADII_M, TAGS, edge_m=edge_m))
    assert report.shape_min > 0.25
    assert report.shape_median > 0.7


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.003, 0.03), min_size=1, max_size=5), st.floats(0.08, 0.45))
def test_no_tetrahedron_crosses_an_interface(thicknesses_m, coarseness):
    radii_m = 0.02 + np.cumsum(thicknesses_m)
    edge_m = coarseness * radii_m[-1]
    mesh = layered_sphere(radii_m, range(1, len(radii_m) + 1), edge_m=edge_m)
    require_sound(mesh)
    r_m = np.linalg.norm(mesh.nodes_m, axis=1)[mesh.tets]
    inner_m = np.concatenate([[0.0], radii_m])[mesh.tags - 1]
    outer_m = radii_m[mesh.tags - 1]
    assert (r_m.max(axis=1) <= outer_m + 1e-12).all()
    assert (r_m.min(axis=1) >= inner_m - 1e-12).all()


def test_volumes_come_near_the_balls_with_the_square_of_the_edge():
    truth_m3 = 4 / 3 * np.pi * RADII_M[-1] ** 3
    lacking = [
        1 - layered_sphere(RADII_M, TAGS, edge_m=edge_m).volumes_m3.sum() / truth_m3
        for edge_m in (0.0138, 0.0069)
    ]
    assert lacking[0] / lacking[1] == pytest.approx(4, rel=0.1)


def test_edges_are_about_as_long_as_asked_for():
    mesh = layered_sphere(RADII_M, TAGS, edge_m=0.005)
    on = np.isclose(np.linalg.norm(mesh.nodes_m, axis=1), RADII_M[-1])
    share_m2 = 4 * np.pi * RADII_M[-1] ** 2 / on.sum()
    assert np.sqrt(share_m2 * 2 / np.sqrt(3)) == pytest.approx(0.005, rel=0.2)


@pytest.mark.parametrize(
    ("radii_m", "tags", "edge_m", "rule"),
    [
        ((0.08, 0.07), (1, 2), 0.01, "ascend"),
        ((0.08,), (1, 2), 0.01, "one tag"),
        ((0.08,), (1,), 0.05, "edge_m"),
    ],
)
def test_spheres_that_cannot_be_are_refused(radii_m, tags, edge_m, rule):
    with pytest.raises(BadInputError, match=rule):
        layered_sphere(radii_m, tags, edge_m=edge_m)
