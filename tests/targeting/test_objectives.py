import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.targeting.objectives import (
    Avoidance,
    Component,
    Focality,
    Guarded,
    MeanStrength,
    Percentile,
)
from cortistim.targeting.wishes import Region, Wish

TARGET, REST = np.arange(5), np.arange(5, 20)
NORMALS = np.random.default_rng(1).standard_normal((5, 3))
OBJECTIVES = (
    MeanStrength(TARGET),
    Component(TARGET, NORMALS),
    Percentile(TARGET, 63.0),
    Percentile(TARGET, 100.0),
    Focality(TARGET, np.linspace(1e-5, 3e-5, 20), 0.8),
    Avoidance(TARGET, (REST[:4], REST[4:])),
    Guarded(Avoidance(TARGET, (REST,)), TARGET, 5.0, 2.0),
)


@pytest.fixture
def e_v_per_m():
    return np.random.default_rng(0).standard_normal((20, 3))


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_slopes_are_those_of_finite_differences(objective, e_v_per_m):
    along = np.random.default_rng(2).standard_normal((20, 3))
    step = 1e-5
    ends = objective.value(np.stack([e_v_per_m + step * along, e_v_per_m - step * along]))
    found = (objective.slope(e_v_per_m) * along).sum()
    assert found == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_many_poses_are_rated_as_each_alone(objective, e_v_per_m):
    many = np.stack([e_v_per_m, 2 * e_v_per_m[::-1], -e_v_per_m])
    alone = [objective.value(one[None])[0] for one in many]
    np.testing.assert_allclose(objective.value(many), alone)


def test_ratios_do_not_depend_on_the_current(e_v_per_m):
    for objective in (OBJECTIVES[4], OBJECTIVES[5]):
        one, more = objective.value(np.stack([e_v_per_m, 40 * e_v_per_m]))
        assert more == pytest.approx(one)


def test_a_component_changes_its_sign_with_the_current_and_strength_does_not(e_v_per_m):
    both = np.stack([e_v_per_m, -e_v_per_m])
    one, other = OBJECTIVES[1].value(both)
    assert other == pytest.approx(-one)
    one, other = OBJECTIVES[0].value(both)
    assert other == pytest.approx(one)


def test_the_area_of_a_sharp_spot_is_its_own():
    e_v_per_m = np.zeros((20, 3))
    e_v_per_m[TARGET, 0] = 1.0
    area = -Focality(TARGET, np.full(20, 2e-6), 0.5).value(e_v_per_m[None])[0]
    assert area == pytest.approx(5 * 2e-6, rel=1e-3)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"name": "best"}, "one of mean"),
        ({"name": "component"}, "`direction`"),
        ({"name": "component", "direction": (0.0, 0.0, 0.0)}, "not all zero"),
        ({"name": "mean", "direction": "normal"}, "belongs to objective component"),
        ({"name": "avoid"}, "`avoid`"),
    ],
)
def test_wishes_that_do_not_fit_together_are_refused(wish, words):
    with pytest.raises(BadInputError, match=words):
        Wish(**wish)


def test_objectives_beyond_the_target_ask_for_an_operator():
    with pytest.raises(BadInputError, match=r"operator \(`operator`\)"):
        Wish("focality").require_no_operator()
    Wish("percentile").require_no_operator()


def test_a_region_without_cortex_is_refused_with_the_way_to_it():
    with pytest.raises(BadInputError, match=r"nearest is 90.0 mm away"):
        Region((0.0, 0.0, 0.0), 0.01).points(np.array([[0, 0, 0.09]]))
