"""What the program says, as far as a machine can read it: names, options, quotes."""

import ast
import re
from functools import cache
from pathlib import Path

import click
import pytest

from cortistim.cli import cortistim as root
from cortistim.cli.flags import ELSEWHERE, OPTIONS

SOURCE = Path(__file__).parents[2] / "src" / "cortistim"
LIBRARY = [p for p in sorted(SOURCE.rglob("*.py")) if p.relative_to(SOURCE).parts[0] != "cli"]
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
COMMAND = re.compile(r"'cortistim ([a-z][a-z0-9 -]*?)(?: (?:--|[A-Z]).*)?'")
OTHERS_FLAGS = {"--help", "--json"}


def _docstrings(tree):
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, kinds)]
    bodies += [node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    first = [body[0] for body in bodies if body and isinstance(body[0], ast.Expr)]
    told = {id(node.value) for node in first}
    for node in ast.walk(tree):  # the sentence after a constant
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            told.add(id(node.value))
    return told


@cache
def _strings(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = _docstrings(tree)
    return [
        node.value for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        and id(node) not in skipped
    ]  # fmt: skip


@cache
def _commands():
    found = {}

    def walk(command, name):
        found[name] = command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for key in command.list_commands(context):
                walk(command.get_command(context, key), f"{name} {key}".strip())

    walk(root, "")
    return found


def _options(command):
    return {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)}


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(SOURCE)))
def test_only_the_command_line_names_options(path):
    assert [text for text in _strings(path) if FLAG.search(text)] == []


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_message_quotes_what_is_bounded(path):
    if path.name in ("errors.py", "plain.py"):
        return
    shown = [
        node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FormattedValue) and node.conversion == ord("r")
    ]  # fmt: skip
    cut = [s for s in shown if isinstance(s, ast.Subscript) and isinstance(s.slice, ast.Slice)]
    assert [ast.unparse(s) for s in shown if s not in cut] == [], "use errors.quoted"


def test_every_parameter_in_a_message_is_an_option_of_some_command():
    known = {param.name for command in _commands().values() for param in command.params}
    named = {
        name for path in LIBRARY for text in _strings(path)
        for name in re.findall(r"`([a-z_][a-z0-9_]*)`", text)
    }  # fmt: skip
    assert len(named) > 20
    known |= set(ELSEWHERE)
    assert {name for name in named if OPTIONS.get(name, name) not in known} == set()


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: p.stem)
def test_every_command_that_is_named_exists(path):
    named = {name for text in _strings(path) for name in COMMAND.findall(text)}
    assert {name for name in named if name not in _commands()} == set()


@pytest.mark.parametrize("name", _commands())
def test_help_names_options_of_the_very_command(name):
    command = _commands()[name]
    texts = [command.help, *(getattr(param, "help", None) for param in command.params)]
    for text in filter(None, texts):
        elsewhere = {
            flag for other in COMMAND.findall(text) for flag in _options(_commands()[other])
        }  # fmt: skip
        allowed = _options(command) | elsewhere | OTHERS_FLAGS
        assert {flag for flag in FLAG.findall(text) if flag not in allowed} == set()


@pytest.mark.parametrize("name", _commands())
def test_every_option_is_explained(name):
    for param in _commands()[name].params:
        if isinstance(param, click.Option):
            assert param.help, f"{name} {param.opts}"
