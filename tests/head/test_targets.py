import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.head.space.targets import TARGETS, named_target, target_names


def test_the_default_target_is_left_dlpfc_of_fox_2012():
    target = named_target()
    np.testing.assert_allclose(target.mni_m, [-0.038, 0.044, 0.026])
    assert (target.name, target.source) == ("dlpfc_l", "fox2012")


@pytest.mark.parametrize("name", target_names())
def test_every_target_lies_within_a_head_and_states_its_confidence(name):
    target = named_target(name)
    assert 0.03 < np.linalg.norm(target.mni_m) < 0.12
    assert target.confidence in ("high", "medium", "low")
    assert target.source != "assumed" or target.note


@pytest.mark.parametrize("pair", [("dlpfc_l", "dlpfc_r"), ("m1_hand_l", "m1_hand_r")])
def test_left_and_right_are_mirror_images(pair):
    left, right = (TARGETS[name].mni_m for name in pair)
    np.testing.assert_allclose(left * [-1, 1, 1], right)


def test_an_unknown_target_is_answered_with_the_nearest():
    with pytest.raises(BadInputError, match="Did you mean dlpfc_l"):
        named_target("DLPFC left")
    assert named_target("M1 hand-L").name == "m1_hand_l"
