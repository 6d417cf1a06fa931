import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.head.cortex.ribbon import Ribbon, cortical_ribbon, surface_on
from cortistim.head.mesher import layered_sphere


@pytest.fixture(scope="module")
def ribbon():
    return cortical_ribbon(layered_sphere((0.030, 0.033, 0.038), (1, 2, 3), edge_m=0.004))


def test_a_shell_of_three_millimetres_is_three_millimetres_thick(ribbon):
    assert np.median(ribbon.thickness_m) == pytest.approx(3e-3, rel=0.08)


def test_the_sides_lie_on_the_borders(ribbon):
    for places_m, radius_m in ((ribbon.white_m, 0.030), (ribbon.pial_m, 0.033)):
        assert np.median(np.linalg.norm(places_m, axis=1)) == pytest.approx(radius_m, rel=0.02)


def test_half_of_the_volume_lies_above_half_depth():
    sphere = layered_sphere((0.020,), (1,), edge_m=0.003)
    from cortistim.head.scalp import outer_boundary

    unit_m, triangles = outer_boundary(sphere)
    unit_m = unit_m / np.linalg.norm(unit_m, axis=1, keepdims=True)
    mid = surface_on(triangles, 0.015 * unit_m)
    shell = Ribbon(mid, 0.010 * unit_m, 0.020 * unit_m, np.full(len(unit_m), 0.010))
    radius_m = np.linalg.norm(shell.at_depth(0.5).vertices_m, axis=1)
    # areas are taken as linear along the way: (10² + 20²) / 2 = 15.8² for lines, less exact
    # than the cube root for spheres
    assert radius_m.mean() == pytest.approx(np.cbrt((0.010**3 + 0.020**3) / 2), rel=0.03)
    assert np.linalg.norm(shell.at_depth(0).vertices_m, axis=1) == pytest.approx(0.020)


def test_a_depth_beyond_the_cortex_is_refused(ribbon):
    with pytest.raises(BadInputError, match="from 0"):
        ribbon.at_depth(1.2)
