"""Which protocols are alike, what is added for neighbours, and when studies disagree."""

from dataclasses import replace

import numpy as np
import pytest

from cortistim.plasticity.drive import drive_of
from cortistim.plasticity.likeness import MISSED_SD, Neighbours, alike, described
from cortistim.protocol import named_protocol


def place(name, intensity=""):
    return described(drive_of(named_protocol(name), intensity))


def near(one, other):
    return float(alike(place(one)[None], place(other)[None])[0, 0])


def test_a_protocol_is_most_like_itself():
    assert near("iTBS600", "iTBS600") == 1
    assert near("iTBS600", "cTBS600") == near("cTBS600", "iTBS600") < 0.3


@pytest.mark.parametrize(
    ("one", "nearer", "farther"),
    [
        ("1Hz_900", "0.9Hz_810", "5Hz_1800"),
        ("QPS50", "QPS30", "QPS5"),
        ("5Hz_900", "5Hz_1800", "5Hz_continuous_1200"),
        ("iTBS600x2_15min", "iTBS600x2_30min", "iTBS1200"),
    ],
)
def test_likeness_follows_the_pattern(one, nearer, farther):
    assert near(one, nearer) > near(one, farther)


def test_pairing_and_contraction_part_protocols():
    assert near("PAS25", "PAS10") < 0.05
    assert near("cTBS300", "cTBS300_contraction_after") < 0.01


def test_a_single_pulse_has_a_place():
    assert np.isfinite(place("single_pulse")).all()


def neighbours(directions, miss):
    descriptors = np.array([place("1Hz_900"), place("0.9Hz_810"), place("QPS5")])
    spread = MISSED_SD**2 * alike(descriptors, descriptors) + 1e-6 * np.eye(3)
    weighted = np.atleast_2d(miss) @ np.linalg.inv(spread)
    return Neighbours(descriptors, weighted, np.asarray(directions, float))


def test_what_was_missed_of_a_row_is_given_back_there_and_nowhere_far():
    found = neighbours([-1, -1, 1], [0.2, 0.2, -0.1])
    assert found.missed(drive_of(named_protocol("1Hz_900")))[0] == pytest.approx(0.2, abs=0.01)
    assert abs(found.missed(drive_of(named_protocol("PAS25")))[0]) < 0.01


def test_contrary_studies_of_one_protocol_are_named_and_agreeing_ones_are_not():
    drive = drive_of(named_protocol("1Hz_900"))
    assert "1 saw a rise and 1 a fall" in neighbours([-1, 1, 1], [0, 0, 0]).disputed(drive)[0]
    agreed = neighbours([-1, -1, 1], [0, 0, 0])
    assert not agreed.disputed(drive)
    assert not replace(agreed, directions=np.array([-1.0, 0, 1])).disputed(drive)
