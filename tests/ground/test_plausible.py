"""Numbers that people type: what is refused, what is told of, and what passes."""

import numpy as np
import pytest

from cortistim.errors import BadInputError, PoseError
from cortistim.placement import place_over
from cortistim.plausible import QUANTITIES, doubt, point_doubt, require_plausible
from cortistim.protocol import require_thresholds
from cortistim.study.request.suitability import protocol_doubt, protocol_for, region_of
from cortistim.targeting import AimSettings


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("rmt_percent", 0.48, "48 %"),
        ("amt_percent", 1.0, "100 %"),
        ("handle_rad", 45.0, "numpy.radians(45)"),
        ("distance_m", 4.0, "Give 0.004"),
        ("radius_m", 30.0, "Give 0.03"),
        ("point_m", -38.0, "Give -0.038"),
    ],
)
def test_a_number_that_can_only_be_a_mistake_is_refused_with_what_was_meant(name, value, meant):
    with pytest.raises(BadInputError, match=f"`{name}`") as refused:
        require_plausible(name, value)
    assert meant in str(refused.value)
    assert str(refused.value).count("\n") == 0


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("rmt_percent", 12.0, "below 15 %"),
        ("handle_deg", 0.785, "44.98 degrees"),
        ("distance_mm", 0.004, "4 mm"),
        ("didt_a_per_us", 1e8, "divided by a million"),
    ],
)
def test_a_rare_number_is_taken_and_told_of(name, value, told):
    require_plausible(name, value)
    assert told in doubt(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rmt_percent", 48.0), ("rmt_percent", None), ("rmt_percent", 0), ("handle_deg", 45.0),
        ("handle_deg", 2), ("handle_rad", np.pi), ("distance_mm", 4.0), ("distance_mm", 0),
        ("didt_a_per_us", 100.0), ("distance_m", float("nan")), ("unheard_of", 1e9),
        ("rmt_percent", "48"), ("rmt_percent", True),
    ],
)  # fmt: skip
def test_what_people_mean_passes(name, value):
    if not isinstance(value, str | bool):
        require_plausible(name, value)
    assert doubt(name, value) == ""


def test_every_rule_says_the_unit():
    assert all(" is in " in quantity.rule for quantity in QUANTITIES.values())


def test_coordinates_in_metres_are_noticed():
    assert "-38,44,26" in point_doubt("target", (-0.038, 0.044, 0.026))
    for fine in (None, (0, 0, 0), (-38, 44, 26), (0, 0, 60)):
        assert point_doubt("target", fine) == ""


def test_functions_in_si_refuse_degrees_and_millimetres(ball_head):
    over_m = np.array([-0.03, 0.03, 0.08])
    with pytest.raises(PoseError, match="radians"):
        place_over(ball_head, over_m, handle_rad=45)
    with pytest.raises(PoseError, match="metres"):
        place_over(ball_head, over_m, handle_rad=0.5, distance_m=4)
    with pytest.raises(BadInputError, match="radians"):
        AimSettings(handle_rad=45)
    with pytest.raises(BadInputError, match="metres"):
        AimSettings(radius_m=30)
    with pytest.raises(BadInputError, match="48 %"):
        require_thresholds(0.48)


@pytest.mark.parametrize(
    ("target", "region"),
    [
        ("dlpfc_l", "prefrontal"), ("F3", "prefrontal"), ("AF4", "prefrontal"), ("C3", "motor"),
        ("m1_hand_l", "motor"), ("okamoto_p3", "parietal"), ("FC1", "premotor"),
        ("Oz", "occipital"),
        ("T7", "temporal"), ("vertex", ""), ("-38,44,26", ""),
        ("v5_l", "occipital"),
        ("beam_f3", "prefrontal"),
    ],
)  # fmt: skip
def test_names_of_targets_tell_their_region(target, region):
    assert region_of(target) == region


def test_without_a_protocol_depression_is_treated_over_prefrontal_cortex_only():
    assert protocol_for("dlpfc_l") == protocol_for("F3") == "itbs_depression"
    assert protocol_for("-38,44,26") == "itbs_depression"
    for target in ("C3", "m1_hand_l", "vertex", "Oz"):
        assert protocol_for(target) == "single_pulse"


def test_a_protocol_over_another_part_of_the_cortex_is_told_of():
    assert "motor cortex" in protocol_doubt("itbs_depression", "C3")
    assert "left DLPFC" in protocol_doubt("FDA-MDD-ITBS", "m1_hand_l")
    for fine in (
        protocol_doubt("itbs_depression", "F3"),
        protocol_doubt("single_pulse", "C3"),
        protocol_doubt("iTBS600", "C3"),
        protocol_doubt("itbs_depression", "-38,44,26"),
    ):
        assert fine == ""
    at_m1 = np.array([-0.037, -0.025, 0.062])
    assert "motor cortex" in protocol_doubt("itbs_depression", "-37,-25,62", at_m1)
