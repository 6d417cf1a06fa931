"""The list of sentences holds what people are told, and not what programmers read."""

import runpy
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[1] / "tools" / "sentences.py"

SOURCE = '''
"""A module that says something here."""
WORDS = "a note that people are told"
r"^(?:a pattern is not a sentence)$"


def refuse(value):
    """Refuse what nobody should read here."""
    raise ValueError(f"a pulse needs a rate above 0 Hz; got {value} Hz.")


@group.command()
def show():
    """Show what is built in."""
'''


@pytest.fixture(scope="module")
def tool():
    return runpy.run_path(str(TOOL))


def test_errors_notes_and_help_are_listed_with_holes_and_docstrings_are_not(tool, tmp_path):
    (tmp_path / "a.py").write_text(SOURCE, encoding="utf-8")
    assert [sentence.text for sentence in tool["sentences"](tmp_path)] == [
        "a note that people are told",
        "a pulse needs a rate above 0 Hz; got {...} Hz.",
        "Show what is built in.",
    ]


def test_a_sample_of_the_program_is_the_same_every_time_and_from_many_files(tool):
    found = tool["sentences"]()
    chosen = tool["sample"](found, 200)
    assert len(set(chosen)) == 200
    assert chosen == tool["sample"](found, 200)
    assert len({sentence.path for sentence in chosen}) > 50
