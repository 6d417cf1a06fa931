"""The one reader of YAML and JSON, and the quotes of its messages."""

import json
import time

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.errors import LONGEST_QUOTE, FileFormatError, MissingFileError, quoted
from cortistim.plain import (
    DEEPEST,
    LARGEST_YAML_BYTES,
    MOST_YAML_VALUES,
    plain_json,
    plain_yaml,
    read_plain,
)

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Cn", "Co")), max_size=9)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**25), 10**25) | WORDS
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def _bomb(width, levels):
    rows = [f"- &a0 [{', '.join(['x'] * width)}]"]
    rows += [f"- &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(rows)


@settings(max_examples=60, deadline=None)
@given(PLAIN)
def test_what_json_writes_is_read_back(value):
    assert plain_json(json.dumps(value), "x.json") == value


@settings(max_examples=60, deadline=None)
@given(PLAIN)
def test_both_formats_give_the_same(value):
    assert plain_yaml(json.dumps(value, ensure_ascii=False), "x.yaml") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("1e3", 1000.0), ("1.5e-3", 0.0015), ("1_000", 1000), ("yes", True),
        ("off", False), ("~", None), ("", None), ("010", "010"), ("1:30", "1:30"),
        ("2026-01-31", "2026-01-31"), ("'12'", "12"), ("[]", []), ("{2: 0.3}", {"2": 0.3}),
        ("[&a 1, *a]", [1, 1]), ("{a: &b {c: 1}, d: *b}", {"a": {"c": 1}, "d": {"c": 1}}),
        ("{&k x: 1, y: *k}", {"x": 1, "y": "x"}), ("0x1f", "0x1f"), (".5", 0.5),
    ],
)  # fmt: skip
def test_a_plain_word_of_yaml_means_one_thing(text, value):
    read = plain_yaml(text, "x.yaml")
    assert read == value
    assert type(read) is type(value)


REFUSED = {
    "tag": ('pregnancy: !!bool "maybe"', "tags are not read; got '!!bool'"),
    "timestamp": ('pregnancy: !!timestamp "x"', "tags are not read"),
    "empty int": ('pregnancy: !!int ""', "tags are not read"),
    "python": ("!!python/object/apply:os.system [ls]", "tags are not read"),
    "nan": ("medications: [.nan]", "must be finite"),
    "infinity": ("a: -.inf", "must be finite"),
    "overflow": ("a: 1e999", "must be finite"),
    "digits": (f"a: {'9' * 400}", "at most 30 digits"),
    "more digits": (f"a: {'9' * 5000}", "at most 30 digits"),
    "twice": ("{intensity: 1, intensity: 2}", "'intensity' occurs twice"),
    "merge": ("{a: &a {x: 1}, b: {<<: *a}}", "merge keys"),
    "list as key": ("? [1]\n: 2", "a key must be text"),
    "alias as key": ("{a: &a [1], *a : 2}", "a key must be text"),
    "unknown alias": ("[*a]", "has no anchor before it"),
    "own alias": ("&a [*a]", "has no anchor before it"),
    "documents": ("a: 1\n---\nb: 2", "one document"),
    "surrogate": (r'a: "\ud800"', "Unicode|beyond what can be read|not YAML"),
    "beyond unicode": (r'a: "\Uffffffff"', "beyond what can be read|not YAML"),
    "control": ("a: \x01", "not YAML"),
    "bracket": ("a: [1", r"line \d, column \d"),
    "deep": ("[" * 500, f"more than {DEEPEST} deep"),
    "deep blocks": ("".join(" " * n + "-\n" for n in range(100)), "deep"),
    "bomb": (_bomb(9, 9), f"{MOST_YAML_VALUES} values"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_yaml_that_means_nothing_or_too_much_is_refused_at_once(name):
    text, words = REFUSED[name]
    started = time.process_time()
    with pytest.raises(FileFormatError, match=words) as refused:
        plain_yaml(text, "answers.yaml")
    assert time.process_time() - started < 1
    assert str(refused.value).startswith("answers.yaml: ")
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "'a' occurs twice"), ("[NaN]", "must be finite"),
        ("[1e999]", "must be finite"), (f"[{'9' * 400}]", "some 400 digits"),
        (f"[{'9' * 5000}]", "beyond what can be read"), (r'["\ud800"]', "half of a pair"),
        (r'{"\udfff": 1}', "half of a pair"), ("[" * 100_000, "deep"),
        ("[" * 80 + "]" * 80, "deep"), ("[1,", "line 1, column 4"),
    ],
)  # fmt: skip
def test_json_that_means_nothing_or_too_much_is_refused(text, words):
    with pytest.raises(FileFormatError, match=words) as refused:
        plain_json(text, "pose.json")
    assert len(str(refused.value)) < 300


def test_a_navigator_may_write_nan():
    (value,) = plain_json("[NaN]", "session.json", finite=False)
    assert np.isnan(value)


def test_aliases_count_as_often_as_they_are_used():
    hundred = f"[{', '.join(['1'] * 100)}]"
    few = f"- &a {hundred}\n" + "- *a\n" * 100
    assert len(plain_yaml(few, "x.yaml")) == 101
    with pytest.raises(FileFormatError, match="values"):
        plain_yaml(f"- &a {hundred}\n" + "- *a\n" * (MOST_YAML_VALUES // 100), "x.yaml")


def test_a_chain_of_aliases_cannot_hide_its_depth():
    rows = ["- &a0 [1]", *(f"- &a{n} [*a{n - 1}]" for n in range(1, DEEPEST + 10))]
    with pytest.raises(FileFormatError, match="deep"):
        plain_yaml("\n".join(rows), "x.yaml")


def test_a_hundred_thousand_pulses_take_seconds():
    text = "times_s: [" + ", ".join(f"{n / 7:.6f}" for n in range(100_000)) + "]"
    started = time.process_time()
    assert len(plain_yaml(text, "x.yaml")["times_s"]) == 100_000
    assert time.process_time() - started < 10


def test_the_ending_chooses_the_format(tmp_path):
    for name, text in (("a.json", '{"a": 1}'), ("b.yaml", "a: 1"), ("c", "a: 1")):
        (tmp_path / name).write_text(text)
        assert read_plain(tmp_path / name) == {"a": 1}


def test_a_byte_order_mark_is_no_content(tmp_path):
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_plain(tmp_path / "a.json") == {"a": 1}


def test_files_that_cannot_be_such_are_refused_before_they_are_read(tmp_path):
    with pytest.raises(MissingFileError, match=r"^file not found: .*none\.yaml"):
        read_plain(tmp_path / "none.yaml")
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(LARGEST_YAML_BYTES + 1)
    with pytest.raises(FileFormatError, match="at most 4 MB"):
        read_plain(large)
    (tmp_path / "utf16.yaml").write_bytes("a: 1".encode("utf-16"))
    with pytest.raises(FileFormatError, match="UTF-8"):
        read_plain(tmp_path / "utf16.yaml")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_no_text_ends_in_a_foreign_error(text):
    for parse in (plain_yaml, plain_json):
        try:
            parse(text, "x")
        except FileFormatError as error:
            assert len(str(error)) < 400  # noqa: PT017


def test_the_quicker_parser_is_not_needed(monkeypatch):
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert plain_yaml("{a: [1, 'x', ~], b: &c 2, d: *c}", "x") == {
        "a": [1, "x", None], "b": 2, "d": 2,
    }  # fmt: skip
    for name, (text, _) in REFUSED.items():
        with pytest.raises(FileFormatError):
            plain_yaml(text, name)


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**6, list(range(10**6)), {"a" * 500: "b" * 500}, 10**5000, [["a" * 50] * 9] * 9,
        b"x" * 1000, object(), "\n" * 200, "é" * 90, [[[[[[[[1]]]]]]]], np.zeros(10**4),
    ],
    ids=range(11),
)  # fmt: skip
def test_a_quote_has_at_most_80_characters(value):
    started = time.process_time()
    assert 0 < len(quoted(value)) <= LONGEST_QUOTE == 80
    assert time.process_time() - started < 0.5


def test_a_short_quote_is_whole():
    for value in ("it's", 12, 1.5, None, [1, "a"], {"a": 1}, True):
        assert quoted(value) == repr(value)
