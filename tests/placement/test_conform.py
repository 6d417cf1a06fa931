import numpy as np
import pytest

from cortistim.coil import (
    Channel,
    CoilAssembly,
    Dipoles,
    Element,
    Model,
    Parameter,
    Shift,
    Turn,
    assembly_of,
    named_coil,
)
from cortistim.coil.casing import disc_shell
from cortistim.coil.collision import collisions
from cortistim.errors import BadInputError
from cortistim.placement import place_over
from cortistim.placement.clearance import clearance_m
from cortistim.placement.conform import conform


def _wings(low=-30.0):
    """Two discs hinged on the line x = 0, as a coil that folds round a head."""
    vertices, triangles = disc_shell(0.03, 0.008)
    parts, models = [], []
    for side in (-1, 1):
        centre = np.array([side * 0.035, 0, 0])
        models.append(Model(vertices + centre, triangles))
        copper = np.array([[side * 0.035, 0, -0.004]])
        dipole = Dipoles(copper, np.array([[0, 0, 1e-3 * side]]))
        parts.append(Element(dipole, 0, f"wing{side:+d}", len(models) - 1, (len(models) - 1,)))
    up = np.array([0, 0.01, 0])
    joints = (Turn(np.zeros(3), up, 0), Turn(np.zeros(3), -up, 0))
    fold = (Parameter(0.0, low, 30.0),)
    channels = (Channel("one"),)
    return CoilAssembly(
        "folding", tuple(parts), channels, joints, fold, tuple(models), exclusive=((1, 2),)
    )


def test_a_folding_coil_folds_round_the_head_within_its_range_and_stays_outside(ball_head):
    coil = _wings()
    pose = place_over(ball_head, np.array([0.0, 0.0, 0.092]), handle_rad=0.0)
    found = conform(ball_head, coil, pose)
    assert -30 <= found.deformation["deformation"] <= 30
    assert found.gap_m < 0.7 * found.rest_gap_m
    assert collisions(coil, coil.values(found.deformation)) == ()
    folded = coil.rigid(found.deformation)
    assert folded.copper_m[:, 2].max() > 0  # the wings bend towards the head
    at_rest = clearance_m(ball_head, coil.rigid(), pose)
    assert at_rest > clearance_m(ball_head, folded, pose) - 0.03


def test_a_coil_that_is_best_at_rest_stays_there(ball_head):
    coil = _wings()
    rest = CoilAssembly(
        "still", coil.elements, coil.channels, (Shift("y", 0),) * 2,
        (Parameter(0.0, 0.0, 0.0),), coil.models,
    )  # fmt: skip
    pose = place_over(ball_head, np.array([0.0, 0.0, 0.092]), handle_rad=0.0)
    found = conform(ball_head, rest, pose)
    assert found.gap_m == found.rest_gap_m


def test_a_rigid_coil_cannot_be_bent(ball_head):
    pose = place_over(ball_head, np.array([0.0, 0.0, 0.092]), handle_rad=0.0)
    with pytest.raises(BadInputError, match="is rigid"):
        conform(ball_head, assembly_of(named_coil("magstim_d25")), pose)
