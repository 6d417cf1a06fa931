"""Plain values are read as types, and whatever is wrong is said with its place."""

from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct

from cortistim.errors import FileFormatError
from cortistim.records.reading import read_as

pytestmark = pytest.mark.oldest


class Cup(Struct, frozen=True, forbid_unknown_fields=True):
    volume_ml: Annotated[float, Meta(gt=0)]
    colour: Literal["red", "blue"] = "red"


class Shelf(Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(description="such as kitchen")]
    cups: Annotated[tuple[Cup, ...], Meta(min_length=1)]
    best: Cup | None = None


GOOD = {"name": "a", "cups": [{"volume_ml": 3}]}


def test_good_values_are_read():
    assert read_as(Shelf, GOOD) == Shelf("a", (Cup(3.0),))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nmae": 1}, "^the file has no key 'nmae'. Did you mean name. It may have name, cups"),
        ({"cups": [{"volume_ml": 1}, {}]}, r"^cups.1. needs volume_ml; it has no key"),
        ({"cups": [{"volume_ml": "x"}]}, r"^cups.0..volume_ml must be a number; got 'x'"),
        ({"cups": [{"volume_ml": 0}]}, r"^cups.0..volume_ml must be a number, above 0; got 0"),
        (
            {"cups": [{"volume_ml": 1, "colour": "green"}]},
            "must be one of red, blue",
        ),
        ({"cups": []}, "^cups must be a list of 1 or more"),
        ({"best": 3}, r"^best must map keys to values .volume_ml, colour.; got 3"),
        ({"name": 3}, "^name must be text, such as kitchen; got 3"),
    ],
)
def test_a_fault_is_said_with_its_place_the_rule_and_the_value(change, said):
    with pytest.raises(FileFormatError, match=said):
        read_as(Shelf, {**GOOD, **change})


def test_what_is_no_mapping_is_refused_as_a_whole():
    with pytest.raises(FileFormatError, match=r"^the shelf must map keys"):
        read_as(Shelf, [1], whole="the shelf")
