import numpy as np
import pytest
from scipy.spatial import ConvexHull, Delaunay

from cortistim.head.mesh import TetMesh

WHITE_M, GREY_M, CSF_M, SCALP_M = 0.067, 0.070, 0.074, 0.090


def directions(count):
    turn = np.arange(count) + 0.5
    z = 1 - 2 * turn / count
    angle = np.pi * (1 + 5**0.5) * turn
    flat = np.sqrt(1 - z**2)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=1)


def cones(radius_m, count, roughness_m=0.0):
    """One tissue: tetrahedra from the centre to each triangle of a sphere, maybe rough."""
    outer = directions(count)
    hull = ConvexHull(outer)
    triangles = hull.simplices
    inward = np.linalg.det(outer[triangles]) < 0
    triangles[inward] = triangles[inward][:, [0, 2, 1]]
    bumps_m = roughness_m * np.random.default_rng(0).standard_normal((count, 1))
    nodes = np.vstack([np.zeros((1, 3)), outer * (radius_m + bumps_m)])
    tets = np.column_stack([np.zeros(len(triangles), int), triangles + 1])
    return TetMesh(nodes, tets, np.full(len(tets), 5))


def ball(radii_m, tags, counts, cavity_m=0.0):
    """Nested shells, with an optional central cavity."""
    shells = [r * directions(n) for r, n in zip(radii_m, counts, strict=True)]
    nodes = np.vstack([np.zeros((1, 3)), *shells])
    tets = Delaunay(nodes).simplices
    corners = nodes[tets]
    volume = np.linalg.det(corners[:, 1:] - corners[:, :1])
    tets[volume < 0] = tets[volume < 0][:, [0, 2, 1, 3]]
    depth = np.linalg.norm(corners.mean(axis=1), axis=1)
    layer = np.array(tags)[np.minimum(np.searchsorted(radii_m, depth), len(tags) - 1)]
    keep = depth > cavity_m
    return TetMesh(nodes, tets[keep], layer[keep])


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("CORTISTIM_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def hollow_ball():
    return ball((0.03, 0.06, SCALP_M), (5, 5, 5), (300, 800, 3000), cavity_m=0.025)


@pytest.fixture(scope="session")
def rough_ball():
    return cones(SCALP_M, 12000, roughness_m=0.3e-3)


@pytest.fixture(scope="session")
def layered_ball():
    """White matter, a grey shell of 3 mm, CSF and scalp."""
    return ball(
        (0.03, WHITE_M, GREY_M, CSF_M, SCALP_M), (1, 1, 2, 3, 5), (200, 4000, 4500, 4500, 2500)
    )


@pytest.fixture(scope="session")
def smooth_ball():
    return cones(SCALP_M, 3000)
