import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.head.mesh import TetMesh
from cortistim.head.mesher import MeshSizes, fitting, mesh_labels, topology
from cortistim.head.mesher.bridges import GUARD, split_bridges
from cortistim.head.mesher.lattice import graded_lattice
from cortistim.head.quality.labels import cortical_share
from cortistim.head.quality.mesh import require_sound
from cortistim.head.tissues import CSF, GREY, WHITE

SIZES = MeshSizes(cortex_m=0.004, deep_m=0.004, surface_m=0.004, bulk_m=0.008)


def thin_cortex():
    """A ball of white matter under two millimetres of grey matter, in CSF."""
    axis = np.arange(-26, 27)
    r = np.sqrt(sum(x**2 for x in np.meshgrid(axis, axis, axis, indexing="ij")))
    labels = np.select([r <= 18, r <= 20, r <= 23], [WHITE, GREY, CSF]).astype(np.uint8)
    affine_m = np.diag([1e-3, 1e-3, 1e-3, 1])
    affine_m[:3, 3] = -26e-3
    return labels, affine_m


@pytest.fixture(scope="module")
def before():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "split_bridges", lambda *mesh_and_tissue: mesh_and_tissue[:3])
        return mesh_labels(*thin_cortex(), sizes=SIZES)


@pytest.fixture(scope="module")
def after():
    return mesh_labels(*thin_cortex(), sizes=SIZES)


def share(mesh):
    return cortical_share(mesh, lambda points_m: points_m[:, 2])


def border_faces(mesh):
    """Corners of the faces between two tissues, and of the outside."""
    partner, _ = topology.pair_faces(mesh.tets, len(mesh.nodes_m))
    tet, face = np.nonzero(partner >= 0)
    differs = mesh.tags[tet] > mesh.tags[partner[tet, face]]
    tet = np.concatenate([tet[differs], np.nonzero(partner < 0)[0]])
    face = np.concatenate([face[differs], np.nonzero(partner < 0)[1]])
    corners = [np.sort(np.delete(mesh.tets[t], f)) for t, f in zip(tet, face, strict=True)]
    return np.unique(mesh.nodes_m[np.array(corners)].reshape(-1, 9), axis=0)


def test_thin_cortex_gets_nodes_inside(before, after):
    assert share(before) > 0.5
    assert share(after) < 0.2 * share(before)
    assert len(after.nodes_m) < 1.5 * len(before.nodes_m)


def test_the_mesh_stays_sound_and_as_well_shaped(before, after):
    worst = require_sound(before).shape_min
    assert require_sound(after).shape_min >= min(worst, GUARD)


def test_tissues_keep_their_volumes_and_borders(before, after):
    for tag in (WHITE, GREY, CSF):
        assert after.volumes_m3[after.tags == tag].sum() == pytest.approx(
            before.volumes_m3[before.tags == tag].sum(), rel=1e-12
        )
    np.testing.assert_array_equal(border_faces(after), border_faces(before))


def test_only_the_asked_tissue_gets_nodes(before, after):
    new = after.tets >= len(before.nodes_m)
    touched = new.any(axis=1)
    assert touched.any()
    assert set(after.tags[touched]) == {GREY}


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31))
def test_any_labels_inside_a_block_leave_it_conforming(seed):
    rng = np.random.default_rng(seed)
    points, tets = graded_lattice(np.full((9, 9, 9), 2.0), np.ones(3), 2.0)
    low, high = points.min(axis=0), points.max(axis=0)
    outer = np.isclose(points, low).any(axis=1) | np.isclose(points, high).any(axis=1)
    points[~outer] += rng.uniform(-0.2, 0.2, (np.count_nonzero(~outer), 3))
    labels = rng.choice([1, 2], len(tets), p=[0.9, 0.1]).astype(np.int32)
    labels[outer[tets].any(axis=1)] = 0
    nodes, cut, cut_labels = split_bridges(points, tets, labels, 1)
    old, new = TetMesh(points, tets, labels), TetMesh(nodes, cut, cut_labels)
    assert len(nodes) > len(points)
    assert new.volumes_m3.min() > 0
    assert new.volumes_m3.sum() == pytest.approx(old.volumes_m3.sum())
    np.testing.assert_array_equal(border_faces(new), border_faces(old))


def test_a_tissue_that_is_not_there_gets_nothing(before):
    tets = before.tets.astype(np.int32)
    nodes_m, same, _ = split_bridges(before.nodes_m, tets, before.tags, 9)
    assert len(nodes_m) == len(before.nodes_m)
    np.testing.assert_array_equal(same, tets)
