"""Records go to JSON and back, and say what they are."""

import json
from dataclasses import dataclass
from typing import Literal

import jsonschema
import numpy as np
import pytest

from cortistim.errors import FileFormatError
from cortistim.records import json_text, number, numbers, read_record, schema, significant

pytestmark = pytest.mark.oldest


@dataclass(frozen=True, kw_only=True)
class Leaf:
    name: str
    depth_mm: float | None


@dataclass(frozen=True, kw_only=True)
class Tree:
    schema: Literal["test-tree-2"] = "test-tree-2"
    leaves: tuple[Leaf, ...]
    share: dict[str, float]


LEAVES = Leaf(name="ß", depth_mm=None), Leaf(name="b", depth_mm=1.5)
TREE = Tree(leaves=LEAVES, share={"50": 2})


def test_a_record_that_is_read_equals_the_one_that_was_written():
    assert read_record(Tree, json_text(TREE)) == TREE


def test_the_schema_accepts_what_is_written_and_nothing_less():
    written = json.loads(json_text(TREE))
    jsonschema.validate(written, schema(Tree))
    del written["leaves"][0]["name"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, schema(Tree))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"schema": "test-tree-1"}', "the file has 'test-tree-1'"),
        ("{}", "the file has no schema"),
        ("[" * 100_000, "the file has no schema"),
        ('{"schema": "test-tree-2", "share": {}}', "leaves"),
        ('{"schema": "test-tree-2", "leaves": [], "share": {"a": "b"}}', "share"),
    ],
)
def test_another_record_is_refused_by_its_name(text, said):
    with pytest.raises(FileFormatError, match=said):
        read_record(Tree, text)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_there_is_no_value_where_none_is_known(value):
    assert number(value, 2) is None
    assert significant(value, 2) is None


def test_numbers_are_rounded_without_a_negative_zero():
    assert str(number(-0.001, 2)) == "0.0"
    assert significant(123456, 3) == 123000
    assert str(numbers([[-0.0001, 1.23456]], 2)) == "((0.0, 1.23),)"


def test_a_number_of_numpy_is_written_as_a_number():
    leaf = Leaf(name="c", depth_mm=np.float64(1.25))
    assert json.loads(json_text(leaf)) == {"name": "c", "depth_mm": 1.25}


def test_a_record_cannot_hold_an_array():
    with pytest.raises(NotImplementedError, match="cannot hold a ndarray"):
        json_text(Leaf(name="c", depth_mm=np.zeros(3)))
