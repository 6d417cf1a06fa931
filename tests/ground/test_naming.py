"""Names that people type are found by one rule, and one guess is made at what was meant."""

import re

import pytest

from cortistim.coil import coil_names, named_coil
from cortistim.errors import BadInputError
from cortistim.head.space.targets import named_target, target_names
from cortistim.naming import did_you_mean, find, spelt
from cortistim.neuron.cells import TYPES, cell_type
from cortistim.neuron.shape import SHAPES, named_shape
from cortistim.plasticity.blockade import BLOCKADES, blockade
from cortistim.protocol import named_protocol
from cortistim.protocol.named import known_names
from cortistim.pulse import device_names, named_device, named_stimulator, stimulator_names
from cortistim.safety import named_table, table_names

TABLES = {
    "coil": (named_coil, coil_names()),
    "target": (named_target, target_names()),
    "stimulator": (named_stimulator, stimulator_names()),
    "device": (named_device, device_names()),
    "safety table": (named_table, table_names()),
    "protocol": (named_protocol, ("itbs_depression", "FDA-MDD-ITBS", "iTBS600", "5Hz_150")),
    "receptor or channel": (blockade, tuple(BLOCKADES)),
    "pulse": (named_shape, tuple(SHAPES)),
    "cell": (cell_type, TYPES),
}


def _name(found):
    return getattr(found, "name", found)


@pytest.mark.parametrize("kind", TABLES)
def test_case_and_punctuation_of_a_name_do_not_matter(kind):
    find_it, names = TABLES[kind]
    for name in names:
        plain = find_it(name)
        for typed in (name.upper(), name.lower(), name.replace("_", "-"), f" {name} "):
            found = find_it(typed)
            assert _name(found) == _name(plain) if hasattr(plain, "name") else found is plain


@pytest.mark.parametrize("kind", TABLES)
def test_a_slip_of_the_hand_is_guessed_in_every_table(kind):
    find_it, names = TABLES[kind]
    slip = names[0] + "x"
    with pytest.raises(BadInputError, match=f"no {kind} is named '{re.escape(slip)}'") as info:
        find_it(slip)
    assert names[0] in re.search(r"Did you mean (.*?)\? ", str(info.value))[1]


def test_names_of_one_table_are_spelt_apart():
    for _, names in (*TABLES.values(), (None, known_names())):
        assert len({spelt(name) for name in names}) == len(names)


def test_what_is_like_nothing_gets_no_guess():
    with pytest.raises(BadInputError, match=r"^no dish is named 'xyz'\. Known: soup, tart\.$"):
        find("xyz", ("soup", "tart"), kind="dish")


def test_a_long_name_is_compared_in_no_time():
    assert did_you_mean("x" * 10**6, coil_names()) == ""
