import numpy as np
import pytest

from cortistim.cli.plan_command import summary
from cortistim.field.peak import peak_near, strongest_patch
from cortistim.neuron.motor import PERCENT_PER_MM, scalp_to_cortex_m


@pytest.fixture(scope="module")
def places_m():
    axis = np.arange(-0.03, 0.0301, 0.002)
    return np.array([(x, y, 0.0) for x in axis for y in axis])


def bump(places_m, centre_m, width_m=0.008):
    return 100 * np.exp(-(np.linalg.norm(places_m - centre_m, axis=1) ** 2) / width_m**2)


def patch_at(places_m, centre_m):
    return np.flatnonzero(np.linalg.norm(places_m - centre_m, axis=1) <= 0.005)


@pytest.mark.parametrize("seed", range(20))
def test_a_peak_is_never_below_the_target(places_m, seed):
    rng = np.random.default_rng(seed)
    size = rng.gamma(2.0, 20.0, len(places_m))
    centre_m = np.array([*rng.uniform(-0.02, 0.02, 2), 0.0])  # between vertices
    target = patch_at(places_m, centre_m)
    peak = peak_near(places_m, size, target, centre_m)
    assert peak.e_v_per_m >= size[target].mean()


def test_the_peak_lies_where_the_field_is_strongest(places_m):
    hot_m, centre_m = np.array([0.012, -0.008, 0.0]), np.array([-0.01, 0.0, 0.0])
    peak = peak_near(places_m, bump(places_m, hot_m), patch_at(places_m, centre_m), centre_m)
    np.testing.assert_allclose(peak.centre_m, hot_m, atol=1e-9)
    assert peak.from_target_m == pytest.approx(np.linalg.norm(hot_m - centre_m))


def test_a_target_in_the_strongest_place_is_the_peak_itself(places_m):
    centre_m = np.array([0.001, 0.001, 0.0])  # no vertex lies there
    target = patch_at(places_m, centre_m)
    size = np.zeros(len(places_m))
    size[target] = 50.0
    peak = peak_near(places_m, size, target, centre_m)
    assert (peak.e_v_per_m, peak.from_target_m) == (50.0, 0.0)
    np.testing.assert_array_equal(peak.centre_m, centre_m)


def test_one_bad_vertex_on_a_crumb_is_no_peak(places_m):
    crumb_m = np.array([[0.0, 0.0, 0.05], [0.001, 0.0, 0.05]])
    size = np.append(bump(places_m, np.zeros(3)), [1e4, 1e4])
    centre, patch = strongest_patch(np.vstack([places_m, crumb_m]), size, np.arange(len(size)))
    assert centre < len(places_m)
    assert patch.max() < len(places_m)


def test_the_plan_states_both_peaks_and_the_terminal_the_comparable_one(small_plan):
    plan, field = small_plan.plan, small_plan.record.field
    assert field.peak_e_v_per_m == pytest.approx(
        plan.on_cortex.percentile_v_per_m(99.9), abs=1e-3
    )
    assert field.local_peak_e_v_per_m >= field.target_e_v_per_m
    assert field.local_peak_e_v_per_m <= plan.on_cortex.magnitude_v_per_m.max()
    away_mm = np.subtract(field.local_peak_mm, small_plan.record.target.subject_mm)
    told_mm = field.local_peak_from_target_mm
    assert told_mm == pytest.approx(np.linalg.norm(away_mm), abs=0.02)
    lines = summary(small_plan.record, small_plan.folder).splitlines()
    line = next(text for text in lines if text.startswith("peak "))
    assert f"{field.local_peak_e_v_per_m:.1f} V/m" in line
    assert not any(f"{field.peak_e_v_per_m:.1f} V/m peak" in text for text in lines)


@pytest.mark.parametrize("deep_m", [0.074, 0.068, 0.055])
def test_scalp_to_cortex_is_the_same_over_a_crown_and_a_sulcus(ball_head, deep_m):
    out = np.array([-0.6, 0.3, 0.74])
    out /= np.linalg.norm(out)
    crown, bank = (scalp_to_cortex_m(ball_head, radius_m * out) for radius_m in (0.070, deep_m))
    assert bank == pytest.approx(crown, abs=1e-4)
    assert 0.092 - 0.074 < crown < 0.092 - 0.066  # between the ball's pia and white matter


def test_the_rule_by_depth_agrees_with_the_field_on_a_ball(small_plan):
    """Everywhere on a ball the cortex is as deep: no rule may say anything but the rMT."""
    dose = small_plan.record.neuron.dose
    depth = dose.scalp_to_cortex_mm
    by_depth = dose.alternatives.by_depth_percent_mso
    told = 50 + PERCENT_PER_MM * (depth.target - depth.motor_cortex)
    assert by_depth == pytest.approx(told, abs=0.01)
    assert by_depth == pytest.approx(50, abs=PERCENT_PER_MM)
