"""What figures and report are drawn from: plans that the code made, on a coarse ball."""

from dataclasses import fields, is_dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from cortistim.geometry import unit


def icosphere(levels):
    golden = (1 + 5**0.5) / 2
    corners = [(-1, golden, 0), (1, golden, 0), (-1, -golden, 0), (1, -golden, 0)]
    corners += [(0, -1, golden), (0, 1, golden), (0, -1, -golden), (0, 1, -golden)]
    corners += [(golden, 0, -1), (golden, 0, 1), (-golden, 0, -1), (-golden, 0, 1)]
    faces = [(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4)]
    faces += [(11, 10, 2), (10, 7, 6), (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8)]
    faces += [(3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10), (8, 6, 7), (9, 8, 1)]
    vertices, triangles = unit(np.array(corners, dtype=float)), np.array(faces)
    for _ in range(levels):
        edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        unique, inverse = np.unique(edges, axis=0, return_inverse=True)
        ab, bc, ca = (inverse.ravel() + len(vertices)).reshape(-1, 3).T
        a, b, c = triangles.T
        vertices = np.vstack([vertices, unit(vertices[unique].mean(axis=1))])
        parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        triangles = np.concatenate([np.stack(part, axis=1) for part in parts])
    return vertices, triangles


def changed(record, **parts):
    """Return a plan's record with some entries of some parts changed."""
    return replace(
        record, **{k: replace(getattr(record, k), **new) for k, new in parts.items()}
    )


def worded(value, word, key=""):
    """Return a record with every free text in it replaced."""
    if is_dataclass(value):
        named = {entry.name: getattr(value, entry.name) for entry in fields(value)}
        return replace(value, **{k: worded(v, word, k) for k, v in named.items()})
    if isinstance(value, dict):
        return {k: worded(v, word, k) for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(worded(v, word, key) for v in value)
    return word if isinstance(value, str) and key != "side" else value


@pytest.fixture(scope="session")
def content(mirrored_plans):
    return mirrored_plans["left"].content


@pytest.fixture(scope="session")
def make():
    return SimpleNamespace(icosphere=icosphere, changed=changed, worded=worded)


@pytest.fixture
def without_scene(monkeypatch):
    """Leave the 3-D scene empty: it takes most of the time that a page takes."""
    from plotly.graph_objects import Figure

    monkeypatch.setattr("cortistim.viz.report.page.scene", lambda _: Figure())
