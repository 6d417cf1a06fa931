import numpy as np
import pytest
from scipy.spatial import Delaunay

from cortistim.coil.coil import Casing, Coil
from cortistim.head.head import Head
from cortistim.head.mesh import TetMesh
from cortistim.head.space.frames import AffineFrame
from cortistim.head.tissues import tissues_for

RADIUS_M = 0.090
GREY_M = (0.062, 0.066)


def directions(count):
    turn = np.arange(count) + 0.5
    z = 1 - 2 * turn / count
    angle = np.pi * (1 + 5**0.5) * turn
    flat = np.sqrt(1 - z**2)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=1)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("CORTISTIM_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def head():
    """A ball with a white core, a grey shell and a scalp; its centre is the origin."""
    shells = ((0.03, 200), (GREY_M[0], 3000), (GREY_M[1], 3000), (RADIUS_M, 3000))
    nodes_m = np.vstack([np.zeros((1, 3)), *(r * directions(n) for r, n in shells)])
    tets = Delaunay(nodes_m).simplices
    corners_m = nodes_m[tets]
    turned = np.linalg.det(corners_m[:, 1:] - corners_m[:, :1]) < 0
    tets[turned] = tets[turned][:, [0, 2, 1, 3]]
    depth_m = np.linalg.norm(corners_m.mean(axis=1), axis=1)
    tags = np.where(depth_m > GREY_M[1], 5, np.where(depth_m > GREY_M[0], 2, 1))
    return Head(
        name="ball",
        mesh=TetMesh(nodes_m, tets, tags),
        tissues=tissues_for([1, 2, 5]),
        frame=AffineFrame(np.eye(4), "the ball's own frame"),
        origin="made for a test",
        landmarks_m={
            "Nz": np.array([0, RADIUS_M, 0]),
            "Iz": np.array([0, -RADIUS_M, 0]),
            "LPA": np.array([-RADIUS_M, 0, 0]),
            "RPA": np.array([RADIUS_M, 0, 0]),
        },
    )


@pytest.fixture(scope="session")
def make_plate_coil():
    def make(half_m=0.05, bend_m=0.0):
        """A square plate whose rim is bent towards the head."""
        side = np.linspace(-half_m, half_m, 5)
        x, y = (grid.ravel() for grid in np.meshgrid(side, side, indexing="ij"))
        z = bend_m * (x / half_m) ** 2
        k = np.arange(25).reshape(5, 5)
        a, b, c, d = (s.ravel() for s in (k[:-1, :-1], k[1:, :-1], k[1:, 1:], k[:-1, 1:]))
        triangles = np.vstack([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
        casing = Casing(np.stack([x, y, z], axis=1), triangles, "made for a test")
        dipoles_m = np.array([[0.0, 0.0, -0.005]])
        return Coil("plate", dipoles_m, np.array([[0, 0, 1.0]]), casing, "one dipole", ())

    return make
