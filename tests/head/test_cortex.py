import numpy as np
import pytest

from cortistim.errors import MissingAnatomyError
from cortistim.head.cortex.mid_grey import mid_grey_surface
from cortistim.head.mesh import TetMesh
from cortistim.head.rasterise import locate
from cortistim.head.surfaces import coarser

pytestmark = pytest.mark.oldest

MIDDLE_M = 0.0685


def retagged(mesh, change):
    tags = mesh.tags.copy()
    for old, new in change.items():
        tags[mesh.tags == old] = new
    return TetMesh(mesh.nodes_m, mesh.tets, tags)


def test_the_surface_runs_through_the_middle_of_a_grey_shell(layered_ball):
    cortex = mid_grey_surface(layered_ball)
    radius_m = np.linalg.norm(cortex.vertices_m, axis=1)
    assert np.median(radius_m) == pytest.approx(MIDDLE_M, abs=0.3e-3)
    assert np.quantile(np.abs(radius_m - MIDDLE_M), 0.99) < 1e-3
    assert cortex.vertex_areas_m2.sum() == pytest.approx(4 * np.pi * MIDDLE_M**2, rel=0.03)


def test_every_vertex_lies_in_grey_matter(layered_ball):
    cortex = mid_grey_surface(layered_ball)
    assert (locate(layered_ball, cortex.vertices_m, tags=(2,)) >= 0).all()


def test_normals_point_outwards_and_a_sphere_is_convex(layered_ball):
    cortex = mid_grey_surface(layered_ball)
    radial = cortex.vertices_m / np.linalg.norm(cortex.vertices_m, axis=1, keepdims=True)
    assert ((cortex.normals * radial).sum(axis=1) > 0.8).all()
    assert np.median(cortex.curvature_per_m) == pytest.approx(1 / MIDDLE_M, rel=0.1)


def test_grey_around_something_other_than_white_works(layered_ball):
    cortex = mid_grey_surface(retagged(layered_ball, {1: 4}))
    radius_m = np.linalg.norm(cortex.vertices_m, axis=1)
    assert np.median(radius_m) == pytest.approx(MIDDLE_M, abs=0.3e-3)


def test_a_head_without_grey_matter_is_told_so(smooth_ball):
    with pytest.raises(MissingAnatomyError, match="grey matter"):
        mid_grey_surface(smooth_ball)


def test_grey_that_encloses_nothing_is_refused(layered_ball):
    with pytest.raises(MissingAnatomyError, match="enclose"):
        mid_grey_surface(retagged(layered_ball, {1: 2}))


def test_grey_matter_too_thick_for_a_cortex_is_refused_in_words():
    from cortistim.head.mesher import layered_sphere

    thick = layered_sphere((0.05, 0.07, 0.08), (1, 2, 5), edge_m=0.02)
    with pytest.raises(MissingAnatomyError, match="at most 9 mm thick"):
        mid_grey_surface(thick)


def test_the_coarser_twin_keeps_the_shape_with_a_quarter_of_the_vertices(layered_ball):
    cortex = mid_grey_surface(layered_ball)
    twin, kept = coarser(cortex)
    assert 0.15 < len(twin.vertices_m) / len(cortex.vertices_m) < 0.35
    assert np.array_equal(twin.vertices_m, cortex.vertices_m[kept])
    assert twin.vertex_areas_m2.sum() == pytest.approx(cortex.vertex_areas_m2.sum(), rel=0.03)
