import numpy as np
import pytest

from cortistim.errors import MissingAnatomyError
from cortistim.head.cortex.sulcus import sulcus_course
from cortistim.head.mesh import Surface
from cortistim.head.mesher import MeshSizes, mesh_labels
from cortistim.head.rasterise import rasterise_onto
from cortistim.head.segmentation.sulci import sulcal_sheets
from cortistim.head.surfaces import vertex_normals

WHITE, GREY, CSF = 1, 2, 3
BRIGHT = {WHITE: 127.0, GREY: 99.0, CSF: 50.0}


@pytest.fixture
def fused():
    """Two banks of three voxels each, with fluid above them and white matter around."""
    labels = np.full((40, 40, 40), WHITE, np.uint8)
    labels[17:24, :, 10:34] = GREY
    labels[..., 34:] = CSF
    values = np.vectorize(BRIGHT.get)(labels).astype(np.float32)
    return labels, values


def test_a_dark_line_between_fused_banks_is_csf(fused):
    labels, values = fused
    values[20, :, 12:34] = 0.6 * BRIGHT[GREY] + 0.4 * BRIGHT[CSF]
    sheets = sulcal_sheets(values, labels, 1e-3)
    assert sheets[20, 5:-5, 15:30].mean() > 0.95
    assert not sheets[:19].any()
    assert not sheets[22:].any()


def test_even_grey_matter_stays_whole_under_noise(fused):
    labels, values = fused
    noisy = values + np.random.default_rng(2).normal(0, 4, values.shape)
    assert sulcal_sheets(noisy, labels, 1e-3).sum() < 0.002 * (labels == GREY).sum()


def test_without_fluid_or_contrast_nothing_is_opened(fused):
    labels, values = fused
    assert not sulcal_sheets(values, np.where(labels == CSF, GREY, labels), 1e-3).any()
    assert not sulcal_sheets(np.ones_like(values), labels, 1e-3).any()


def test_a_sheet_of_csf_one_voxel_thin_survives_meshing():
    labels = np.zeros((44, 44, 44), np.uint8)
    labels[4:40, 4:40, 4:40] = WHITE
    labels[14:30, 6:38, 6:38] = GREY
    labels[22, 6:38, 6:38] = CSF
    mesh = mesh_labels(labels, np.diag([1e-3, 1e-3, 1e-3, 1]), sizes=MeshSizes(cortex_m=2.2e-3))
    back = rasterise_onto(mesh, labels.shape, np.diag([1e-3, 1e-3, 1e-3, 1]))
    assert (back[22, 10:34, 10:34] == CSF).mean() > 0.9


def grooves(degrees):
    """Crests and troughs 10 mm apart whose troughs are turned from the x axis."""
    x, y = np.meshgrid(*[np.arange(-40e-3, 40.5e-3, 1e-3)] * 2, indexing="ij")
    turn = np.radians(degrees)
    phase = 2 * np.pi * (-np.sin(turn) * x + np.cos(turn) * y) / 10e-3
    points = np.stack([x, y, 60e-3 + 6e-3 * np.cos(phase)], axis=-1).reshape(-1, 3)
    index = np.arange(x.size).reshape(x.shape)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    triangles = np.concatenate(
        [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
    )
    points = np.vstack([points, [0, 0, -200e-3]])  # pulls the middle of the head far below
    normals = vertex_normals(points, triangles)
    normals[-1] = [0, 0, -1]
    return Surface(points, triangles, normals, np.zeros(len(points)))


@pytest.mark.parametrize("degrees", [-40, 0, 25])
def test_the_course_of_a_groove_is_found(degrees):
    found = sulcus_course(grooves(degrees), np.array([0, 0, 62e-3]))
    turn = np.radians(degrees)
    assert abs(found.along @ [np.cos(turn), np.sin(turn), 0]) > np.cos(np.radians(6))
    assert found.across[1] > 0
    assert found.straightness > 0.8


def test_where_no_banks_face_each_other_there_is_no_sulcus():
    flat = grooves(0)
    level = flat.vertices_m.copy()
    level[:, 2] = 60e-3
    up = np.tile([0, 0, 1.0], (len(level), 1))
    surface = Surface(level, flat.triangles, up, flat.curvature_per_m)
    with pytest.raises(MissingAnatomyError, match="open sulcus"):
        sulcus_course(surface, np.array([0, 0, 60e-3]))
