"""Enhancement and clusters against slow twins on small meshes."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cortistim.group import Mesh, clusters, tfce


@pytest.fixture
def ball():
    """Return an octahedron, split twice: 66 vertices with uneven areas."""
    return sphere_mesh(2)


def sphere_mesh(rounds):
    vertices = np.array(
        [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float
    )
    triangles = np.array(
        [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]]
    )
    for _ in range(rounds):
        places = {}
        points = vertices.tolist()

        def half(a, b, places=places, points=points):
            key = (min(a, b), max(a, b))
            if key not in places:
                middle = np.array(points[a]) + np.array(points[b])
                places[key] = len(points)
                points.append((middle / np.linalg.norm(middle)).tolist())
            return places[key]

        split = []
        for a, b, c in triangles.tolist():
            d, e, f = half(a, b), half(b, c), half(c, a)
            split += [[a, d, f], [d, b, e], [f, e, c], [d, e, f]]
        vertices, triangles = np.array(points), np.array(split)
    areas = np.random.default_rng(1).uniform(0.5, 2.0, len(vertices))
    return Mesh(len(vertices), triangles, areas)


def components(mesh, chosen):
    t = mesh.triangles
    pairs = np.vstack([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]])
    pairs = pairs[chosen[pairs].all(axis=1)]
    shape = (mesh.n_vertex, mesh.n_vertex)
    graph = coo_array((np.ones(len(pairs)), pairs.T), shape=shape)
    return connected_components(graph, directed=False)[1]


def slow_tfce(mesh, values):
    """Step through the levels at which components change, and integrate between them."""
    out = np.zeros(mesh.n_vertex)
    levels = np.unique(np.concatenate([[0.0], values[values > 0]]))
    for low, high in pairwise(levels):
        chosen = values >= high
        parts = components(mesh, chosen)
        extent = np.bincount(parts, weights=mesh.areas * chosen)
        out[chosen] += extent[parts[chosen]] * (high**3 - low**3) / 3
    return out


@pytest.mark.parametrize("seed", range(5))
def test_enhancement_equals_its_slow_twin(ball, seed):
    values = np.random.default_rng(seed).normal(size=ball.n_vertex)
    expected = slow_tfce(ball, values) - slow_tfce(ball, -values)
    assert tfce(ball, values) == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_enhancement_takes_equal_values_as_one_plateau(ball):
    values = np.where(np.arange(ball.n_vertex) < 30, 2.0, 0.0)
    assert tfce(ball, values) == pytest.approx(slow_tfce(ball, values), rel=1e-10)


def test_a_lone_vertex_is_enhanced_by_its_own_area(ball):
    values = np.zeros(ball.n_vertex)
    values[7] = 3.0
    assert tfce(ball, values)[7] == pytest.approx(ball.areas[7] * 9.0)


def test_clusters_are_the_components_beyond_the_level_of_each_sign(ball):
    values = np.random.default_rng(3).normal(size=ball.n_vertex)
    labels, masses = clusters(ball, values, 0.4)
    for sign in (1, -1):
        chosen = sign * values > 0.4
        parts = components(ball, chosen)
        for part in np.unique(parts[chosen]):
            own = chosen & (parts == part)
            number = np.unique(labels[own])
            assert len(number) == 1
            assert (labels == number[0]).sum() == own.sum()
            assert masses[number[0] - 1] == pytest.approx((values * ball.areas)[own].sum())
    assert (labels[np.abs(values) <= 0.4] == 0).all()
