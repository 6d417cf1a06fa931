import numpy as np
import pytest

from cortistim.coil import Channel, CoilAssembly, Dipoles, Element, Model, Parameter, Turn
from cortistim.coil.casing import disc_shell
from cortistim.coil.reduced_assembly import ReducedAssembly
from cortistim.coil.windings import Winding, wing_dipoles
from cortistim.field import FemSystem
from cortistim.placement import clearance_m, place_over
from cortistim.placement.conform import conform
from cortistim.targeting import AimSettings, aim
from cortistim.targeting.shape_search import reshape

PLACE_M = np.array([-0.035, 0.03, 0.052])
WIRE = Winding(0.03, 0.06, 6, 2e-3, 4e-3)


@pytest.fixture(scope="module")
def folding():
    """Two wings that fold apart from each other about the line x = 0, by an angle each."""
    vertices, triangles = disc_shell(0.034, 0.012)
    points_m, areas_m2 = wing_dipoles(WIRE)
    parts, models = [], []
    for number, side in enumerate((-1, 1)):
        centre = np.array([side * 0.036, 0, 0])
        models.append(Model(vertices + centre, triangles))
        moments = side * np.outer(areas_m2, [0, 0, 1.0])
        wing = Dipoles(points_m + centre - np.array([0, 0, 5e-3]), moments)
        parts.append(Element(wing, 0, f"wing{side:+d}", number, (number,)))
    up = np.array([0, 0.01, 0])
    joints = (Turn(np.zeros(3), up, 0), Turn(np.zeros(3), -up, 1))
    angles = (Parameter(0.0, -30.0, 30.0), Parameter(0.0, -30.0, 30.0))
    return CoilAssembly(
        "folding", tuple(parts), (Channel("one"),), joints, angles, tuple(models)
    )


@pytest.fixture(scope="module")
def system(ball_head):
    return FemSystem.of(ball_head)


@pytest.fixture(scope="module")
def found(ball_head, folding, system):
    start = place_over(ball_head, PLACE_M, handle_rad=np.pi / 4)
    bent = folding.rigid(conform(ball_head, folding, start).deformation)
    settings = AimSettings(radius_m=0.008)
    first = aim(ball_head, bent, PLACE_M, settings=settings, system=system)
    few = ReducedAssembly.of(folding, {})
    return first, reshape(first, few, folding.rigid, system=system)


def test_shape_and_pose_together_are_never_worse_than_one_after_the_other(found):
    first, together = found
    assert together.first_value == first.value
    assert together.aim.value >= first.value
    assert together.gain == pytest.approx(together.aim.value / first.value - 1, abs=1e-12)
    assert together.trials > 50


def test_the_chosen_pair_is_within_its_ranges_and_clear_of_the_head(ball_head, found):
    _, together = found
    coil = together.aim.search.coil
    assert all(-30 <= value <= 30 for _, value in coil.shape.deformation)
    assert clearance_m(ball_head, coil, together.aim.pose) >= -5e-4
    assert together.aim.field.coil is coil  # the full one, as it is bent


def test_bent_parts_in_few_elements_hold_the_potential_of_the_bent_coil(folding):
    few = ReducedAssembly.of(folding, {"one": -0.5})
    values = np.array([20.0, -10.0])
    shape = dict(zip(folding.parameter_names, values, strict=True))
    full = folding.rigid(shape, {"one": -0.5})
    rng = np.random.default_rng(1)
    points_m = rng.uniform([-0.06, -0.05, 0.03], [0.06, 0.05, 0.1], (200, 3))
    less, more = (
        coil.vector_potential_t_m(points_m) for coil in (few.coil(values, full.casing), full)
    )
    assert np.linalg.norm(less - more) <= 0.01 * np.linalg.norm(more)
    solid_m = few.solid_m(values)
    assert solid_m[:, 2].max() == pytest.approx(full.casing.vertices_m[:, 2].max(), abs=4e-3)
