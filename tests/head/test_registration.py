import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from cortistim.errors import MeshError, MissingAnatomyError
from cortistim.geometry import transform
from cortistim.head.mesh import TetMesh
from cortistim.head.space.registration import (
    BrainMap,
    RegisteredFrame,
    brain_template,
    register,
)

DLPFC_M = np.array([[-0.038, 0.044, 0.026]])
ELSEWHERE_M = np.array([[-0.038, -0.020, 0.060], [0.040, -0.060, 0.040], [0.0, -0.09, 0.01]])


def affine(turn_deg, scale, shift_m):
    matrix = np.eye(4)
    turned = Rotation.from_euler("xyz", turn_deg, degrees=True).as_matrix()
    matrix[:3, :3] = turned @ np.diag(scale)
    matrix[:3, 3] = shift_m
    return matrix


@pytest.mark.parametrize(
    ("turn_deg", "scale", "shift_m"),
    [
        ((0, 0, 0), (1, 1, 1), (0, 0, 0)),
        ((20, 0, 0), (0.85, 0.85, 0.85), (0.05, 0.05, -0.05)),
        ((0, 10, 20), (1.15, 1.15, 1.0), (-0.05, 0.02, 0.05)),
    ],
)
def test_the_template_is_found_again_after_turning_and_stretching(turn_deg, scale, shift_m):
    template = brain_template()
    subject_from_mni = affine(turn_deg, scale, shift_m)
    moved = BrainMap(template.brain, template.white, subject_from_mni @ template.affine_m)
    found = register(moved, template)
    points_m = np.vstack([DLPFC_M, ELSEWHERE_M])
    back_m = transform(found, transform(subject_from_mni, points_m))
    assert np.linalg.norm(back_m - points_m, axis=1).max() < 1e-3


def test_a_bare_mesh_of_a_known_head_recovers_a_target(shared_file):
    from cortistim.io.mesh.msh import read_mesh

    mesh = read_mesh(shared_file("data/heads/colin27_240k.msh.gz"))
    subject_from_mni = affine((15, -10, 10), (1.1, 0.9, 1.0), (0.04, -0.05, 0.03))
    moved = TetMesh(transform(subject_from_mni, mesh.nodes_m), mesh.tets, mesh.tags)
    frame = RegisteredFrame(moved)
    target_m = transform(subject_from_mni, DLPFC_M)
    assert np.linalg.norm(frame.to_subject_m(DLPFC_M) - target_m) < 3e-3
    assert np.linalg.norm(frame.to_mni_m(target_m) - DLPFC_M) < 3e-3
    assert "mm" in frame.description
    assert "pproximate" in frame.description


def test_a_mesh_without_a_brain_cannot_be_registered(smooth_ball):
    with pytest.raises(MissingAnatomyError, match="grey and white"):
        _ = RegisteredFrame(smooth_ball).description


def test_a_brain_in_metres_instead_of_millimetres_is_refused(layered_ball):
    giant = TetMesh(layered_ball.nodes_m * 1e3, layered_ball.tets, layered_ball.tags)
    with pytest.raises(MeshError, match="RAS orientation"):
        RegisteredFrame(giant).to_mni_m(DLPFC_M)


def test_a_brain_on_its_side_is_refused(layered_ball):
    wide = TetMesh(layered_ball.nodes_m * [1.3, 1, 1], layered_ball.tets, layered_ball.tags)
    with pytest.raises(MeshError, match="no wider"):
        RegisteredFrame(wide).to_mni_m(DLPFC_M)
