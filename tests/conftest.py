"""What every test has at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

SHARED = Path(os.environ.get("CORTISTIM_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture
def shared_file():
    """Return a file of others that is not part of the project, or skip."""

    def find(relative):
        path = SHARED / relative
        if not path.exists():
            pytest.skip(f"needs {relative}, which is not part of the project")
        return path

    return find


@pytest.fixture(scope="session")
def session_cache(tmp_path_factory):
    """Keep what is built once per session, away from the user's cache."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(session_cache, monkeypatch):
    """Point the cache at the session's folder."""
    monkeypatch.setenv("CORTISTIM_CACHE", str(session_cache))


@pytest.fixture(scope="session")
def small_ball():
    """Return a coarse ball with white and grey matter, CSF, bone and scalp."""
    from cortistim.head.mesher import layered_sphere

    radii_m = (0.066, 0.074, 0.078, 0.084, 0.092)
    return layered_sphere(radii_m, (1, 2, 3, 4, 5), edge_m=0.009)


@pytest.fixture(scope="session")
def ball_file(small_ball, tmp_path_factory):
    """Return the coarse ball as a mesh file."""
    from cortistim.io import write_head_mesh

    path = tmp_path_factory.mktemp("head") / "ball.msh"
    write_head_mesh(path, small_ball)
    return path


@pytest.fixture(scope="session")
def ball_head(small_ball):
    """Return the coarse ball as a head in MNI space."""
    from cortistim.head import AffineFrame, Head, tissues_for

    axes = {"Nz": (0, 1, 0), "Iz": (0, -1, 0), "LPA": (-1, 0, 0), "RPA": (1, 0, 0)}
    return Head(
        "ball",
        small_ball,
        tissues_for(small_ball.present_tags()),
        AffineFrame(np.eye(4), "a ball around the origin of MNI space"),
        "test",
        landmarks_m={name: 0.092 * np.array(place) for name, place in axes.items()},
    )
