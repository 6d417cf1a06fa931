import numpy as np
import pytest

from cortistim.errors import MissingAnatomyError
from cortistim.head import AffineFrame
from cortistim.head.cortex.hemispheres import euler_number, is_sphere
from cortistim.head.cortex.separation import growth, separate
from cortistim.head.mesher import layered_sphere
from cortistim.head.surfaces import enclosed_volume_m3

pytestmark = pytest.mark.oldest

MNI = AffineFrame(np.eye(4), "MNI space itself")


def grid(n=48):
    return np.indices((n, n, n)) - (n - 1) / 2


def surface_of(level):
    level[[0, -1]] = level[:, [0, -1]] = level[:, :, [0, -1]] = -1.0
    ball = growth.ball_within(level, 4.0)
    return growth.sphere_around(ball, level, np.eye(4))


def test_a_ball_stays_a_ball():
    x, y, z = grid()
    vertices, triangles = surface_of(15 - np.sqrt(x**2 + y**2 + z**2))
    assert is_sphere(triangles)
    assert np.linalg.norm(vertices + 0.5 - 24, axis=1) == pytest.approx(15, abs=0.05)
    volume = enclosed_volume_m3(vertices, triangles)
    assert volume == pytest.approx(4 / 3 * np.pi * 15**3, rel=0.02)


def test_a_thin_handle_is_cut_and_a_tunnel_through_the_core_is_filled():
    x, y, z = grid()
    radius = np.sqrt(x**2 + y**2 + z**2)
    ball = 13 - radius
    ring = 2 - np.hypot(np.hypot(x - 14, y) - 6, z)  # a handle of 2 voxels' radius at the side
    tunnel = np.hypot(x, y) - 1.2
    level = np.minimum(np.maximum(ball, ring), np.where(radius < 15, tunnel * 3, 9))
    from skimage.measure import marching_cubes

    before = marching_cubes(level, 0.0)[1]
    vertices, triangles = surface_of(level)
    assert euler_number(before) < 0
    assert is_sphere(triangles)
    # cutting the tunnel's wall open would cost far more than a disc in it
    assert enclosed_volume_m3(vertices, triangles) == pytest.approx((level > 0).sum(), rel=0.06)


@pytest.mark.parametrize("seed", range(4))
def test_any_noise_becomes_a_sphere(seed):
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(np.random.default_rng(seed).standard_normal((48, 48, 48)), 1.5)
    radius = np.sqrt((grid() ** 2).sum(axis=0))
    _, triangles = surface_of(0.3 * (16 - radius) + 2 * noise / noise.std())
    assert is_sphere(triangles)


def test_simple_points_keep_the_euler_number_of_the_neighbourhood():
    from scipy.ndimage import label

    from cortistim.head.cortex.separation._kernels import is_simple

    masks, by_face, by_any = growth._neighbourhood()
    rng = np.random.default_rng(1)
    cross = np.abs(growth.STEPS).sum(axis=1) == 1
    for _ in range(300):
        held = rng.random(26) < rng.uniform(0.1, 0.9)
        cube = np.zeros((3, 3, 3), bool)
        cube[tuple((growth.STEPS + 1).T)] = held
        near = cube & (np.abs(np.indices((3, 3, 3)) - 1).sum(axis=0) < 3)
        inner, _ = label(near)
        touching = set(inner[tuple((growth.STEPS[cross] + 1).T)]) - {0}
        rest = ~cube
        rest[1, 1, 1] = False
        _, outer = label(rest, np.ones((3, 3, 3)))
        wanted = len(touching) == 1 and outer == 1
        bits = int((1 << np.flatnonzero(held)).sum())
        assert is_simple(bits, masks[0], masks[1], by_face, by_any) == wanted


@pytest.fixture(scope="module")
def brain():
    return layered_sphere((0.066, 0.0695, 0.074), (1, 2, 3), edge_m=0.009)


def test_a_brain_of_balls_falls_into_two_hemispheres(brain, monkeypatch):
    monkeypatch.setattr(separate, "SPACING_M", 3e-3)
    found = separate.separated_cortex(brain, MNI)
    for half, sign in zip(found.both, (-1, 1), strict=True):
        mid = half.ribbon.mid
        assert is_sphere(mid.triangles)
        assert np.median(sign * mid.vertices_m[:, 0]) > 0.02
        cortex = half.maps["cortex"] > 0
        assert 0.2 < cortex.mean() < 0.95
        top = cortex & (mid.vertices_m[:, 2] > 0.02)
        assert np.median(half.ribbon.thickness_m[top]) == pytest.approx(3.5e-3, abs=0.8e-3)
        assert not half.ribbon.thickness_m[~cortex].any()


def test_a_mesh_without_white_matter_has_no_hemispheres():
    with pytest.raises(MissingAnatomyError, match="white and grey"):
        separate.separated_cortex(layered_sphere((0.07, 0.08), (2, 5), edge_m=0.02), MNI)
