"""One recommended output, what else there is, and whether the device can."""

from dataclasses import replace

import pytest

from cortistim.coil import named_coil
from cortistim.protocol import named_protocol
from cortistim.records.neuron import EqualFieldDose, RuleOutputs
from cortistim.study import dose_for, output_of
from cortistim.study.plan.output import REPEATS, for_protocol, output_choices

NEURON = EqualFieldDose(
    percent_mso=56.3,
    reason="",
    alternatives=RuleOutputs(
        equal_recruitment_of_layer_5_percent_mso=50.3,
        plain_motor_threshold_percent_mso=52.0,
        by_depth_percent_mso=None,
    ),
)


def choices(protocol, device="magstim_rapid", neuron=NEURON, **measured):
    output = output_of(device, named_coil("magstim_d70"))
    dose = dose_for(protocol, output, measured.get("rmt"), measured.get("amt"))
    return output_choices(protocol, dose, neuron, device)


def test_the_protocols_share_is_in_every_output_and_a_rule_without_a_number_is_left_out():
    found = choices(named_protocol("itbs_depression"), rmt=52.0)
    assert [one.rule for one in found] == ["threshold", "equal_field", "equal_recruitment"]
    assert [one.percent_mso for one in found] == pytest.approx([62.4, 67.56, 60.36])
    assert found[0].percent_mso_low == pytest.approx(62.4 * (1 - REPEATS), abs=0.01)
    assert [one.deliverable for one in found] == [False] * 3


def test_a_slow_device_gives_single_pulses_but_no_bursts():
    assert choices(named_protocol("single_pulse"), "magstim_200", rmt=50.0)[0].deliverable
    assert not choices(named_protocol("itbs_depression"), "magstim_200", rmt=50.0)[
        0
    ].deliverable


def test_a_protocol_in_percent_of_the_active_threshold_has_no_other_rules():
    protocol = replace(named_protocol("itbs_depression"), threshold="aMT")
    assert [one.rule for one in choices(protocol, amt=40.0)] == ["threshold"]
    assert for_protocol(NEURON, protocol) is NEURON


def test_a_stated_output_rests_on_no_threshold():
    protocol = replace(named_protocol("single_pulse"), threshold="MSO", intensity_fraction=0.5)
    (one,) = choices(protocol)
    assert one.rule == "output"
    assert one.percent_mso == 50
    assert one.percent_mso_low is None


def test_without_a_threshold_nothing_is_recommended():
    assert choices(named_protocol("itbs_depression")) == ()


def test_equal_field_is_multiplied_by_the_protocols_share():
    found = for_protocol(NEURON, named_protocol("itbs_depression"))
    assert found.protocol_percent_mso == pytest.approx(67.56)
    assert "120 %" in found.words
