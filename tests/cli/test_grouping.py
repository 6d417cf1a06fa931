"""Every command has its place in --help, options mean one thing, and ends are said."""

import re
from pathlib import Path

import click
import pytest

from cortistim import cli
from cortistim.cli import COMMANDS, GROUPS, SECTIONS, _command, run
from cortistim.cli.ending import NEXT

FOLDER = Path(cli.__file__).parent


def leaves(command, path):
    if isinstance(command, click.Group):
        if command.invoke_without_command:
            yield path, command
        for name, inner in command.commands.items():
            yield from leaves(inner, f"{path} {name}")
    else:
        yield path, command


LEAVES = dict(leaf for name in COMMANDS for leaf in leaves(_command(name), name))
SEVERAL_MEANINGS = {
    "--shape": "of a coil to design, and of a cell from a file",
    "--block": "a receptor: one for a prediction, several for paired pulses",
    "--pulses": "how many pulses are given, and a table of the pulses of a recording",
    "--unit": "of a response, one of a few, and of an EMG channel as a file has it",
    "--cell": "a neuron, and the size of a cell of a map's grid",
    "--by": "how far a pose is turned, and columns that part a table",
    "--start": "an intensity, and a place",
    "--operator": "one file, and in a cohort whether each person gets one",
    "--paired": "pulses in pairs, and a table of people measured twice",
    "--baseline": "before a response, in each recording's own words",
    "--safety-table": "of a plan, and of a command beside it",
    "--smooth": "how far in mm a map of the cortex or an image is smoothed",
    "--count": "of items in a design, and in a simulated study",
    "--session": "spread between sessions in percent, and the folder of a live session",
}
"""Options that may differ between commands, and why."""
ANOTHER_NAME = {
    "mso": "mso_percent", "operator": "operator_file", "blocked": "block",
    "coils": "coil_name", "coil": "coil_name", "masks": "mask", "targets": "target",
    "array_name": "array", "points_file": "points",
}  # fmt: skip
"""Parameters that differ in name alone, because there are several of a kind."""


def test_every_command_of_the_source_has_a_place_in_the_help():
    modules = {path.name.removesuffix("_command.py") for path in FOLDER.glob("*_command.py")}
    assert modules | set(GROUPS) == set(COMMANDS)
    assert len(COMMANDS) == len(set(COMMANDS))
    assert list(SECTIONS) == [
        "Heads", "Coils and pulses", "Fields and aims", "Neurons and protocols",
        "Experiments", "People", "Live", "Upkeep",
    ]  # fmt: skip


def test_every_command_says_what_comes_next_and_no_other_does():
    assert set(LEAVES) == set(NEXT)


@pytest.mark.parametrize("path", sorted(NEXT))
def test_what_comes_next_exists(path):
    for typed in re.findall(r"'cortistim ([^']*)'", NEXT[path]):
        words = typed.split()
        named = next(
            (" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in LEAVES), None
        )
        assert named, f"{path}: 'cortistim {typed}' is no command"
        known = {opt for part in LEAVES[named].params for opt in part.opts}
        assert {word for word in words if word.startswith("--")} <= known


def test_an_option_means_the_same_in_every_command():
    meanings = {}
    for path, command in LEAVES.items():
        for part in command.params:
            for option in part.opts if isinstance(part, click.Option) else ():
                name = ANOTHER_NAME.get(part.name, part.name)
                meanings.setdefault(option, {}).setdefault((name, part.is_flag), []).append(
                    path
                )
    several = {option for option, found in meanings.items() if len(found) > 1}
    assert several <= set(SEVERAL_MEANINGS), {o: meanings[o] for o in several}


def test_all_commands_can_be_quiet_and_files_go_to_out():
    for path, command in LEAVES.items():
        options = {opt for part in command.params for opt in part.opts}
        assert "--quiet" in options, path
        assert not {"--output", "--outdir", "-o", "--verbose", "--silent"} & options, path


def test_a_command_ends_with_what_it_wrote_and_what_comes_next(tmp_path, capsys):
    out = tmp_path / "itbs.png"
    assert run(["protocol", "draw", "iTBS600", "--out", str(out)]) == 0
    err = capsys.readouterr().err
    assert f"wrote    {out}\n" in err
    assert "next     'cortistim protocol check NAME' rates it" in err


@pytest.mark.parametrize("more", [["--quiet"], ["--json"]])
def test_the_ending_is_left_out_where_it_would_disturb(more, capsys):
    assert run(["pulse", "list", *more]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(shell, capsys):
    assert run(["completion", shell]) == 0
    assert "_CORTISTIM_COMPLETE" in capsys.readouterr().out


def test_completion_knows_commands_and_options(capsys, monkeypatch):
    for typed, said in (
        ("cortistim oper", "operator"),
        ("cortistim plan --unc", "--uncertainty"),
    ):
        monkeypatch.setenv("_CORTISTIM_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
        assert run([]) == 0
        assert said in capsys.readouterr().out
