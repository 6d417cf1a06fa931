"""Are the places that a command writes to looked at before any work?"""

import tempfile

import click
import numpy as np
import pytest

from cortistim import cache
from cortistim.cli import COMMANDS, _command, run
from cortistim.io import write_pose
from cortistim.placement import Pose


@pytest.fixture
def inputs(tmp_path):
    """Files of each kind, whose content no command gets to read."""
    files = {}
    for name in ("op.npz", "poses.json", "coil.ccd", "head.msh", "points.csv", "labels.nii.gz"):
        files[name] = tmp_path / name
        files[name].write_text("the only copy")
    return files


OVERWRITING = [
    "operator evaluate op.npz --poses poses.json --out op.npz",
    "operator evaluate op.npz --poses poses.json --out poses.json",
    "operator extend op.npz --poses poses.json --out poses.json",
    "operator build --head head.msh --out head.msh",
    "operator build --coils magstim_d70,coil.ccd --out coil.ccd",
    "pose convert poses.json poses.json",
    "coil convert coil.ccd coil.ccd",
    "head export --head head.msh --repair --out head.msh",
    "head show head.msh --out head.msh",
    "head electrodes --head head.msh --out head.msh",
    "field --head head.msh --pose poses.json --points points.csv --out .",
    "head mesh labels.nii.gz --out .",
    "uncertainty --head head.msh --pose poses.json --points points.csv --out points.csv",
    "coil compare coil.ccd --figure coil.ccd",
    "coil design --shape path --path points.csv --out points.csv",
]


@pytest.mark.parametrize("words", OVERWRITING)
def test_an_output_that_is_an_input_is_refused_before_any_work(
    words, inputs, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert run(words.split()) == 2
    said = capsys.readouterr()
    assert "must not be what is read" in said.err, said
    assert all(path.read_text() == "the only copy" for path in inputs.values())


def test_a_link_to_the_input_is_refused_too(inputs, tmp_path, capsys):
    (tmp_path / "link.json").symlink_to(inputs["poses.json"])
    arguments = ["pose", "convert", str(inputs["poses.json"]), str(tmp_path / "link.json")]
    assert run(arguments) == 2
    assert "must not be what is read" in capsys.readouterr().err


def test_a_conversion_to_another_place_goes_on_as_ever(tmp_path):
    write_pose(tmp_path / "a.json", Pose(np.diag([1.0, -1, -1, 1])))
    arguments = ["pose", "convert", str(tmp_path / "a.json"), str(tmp_path / "b.csv")]
    assert run(arguments) == 0
    assert (tmp_path / "b.csv").exists()


@pytest.mark.parametrize(
    "words",
    [
        "operator build --head head.msh --out {out}.npz",
        "plan --head head.msh --out {out}",
        "field --head head.msh --pose poses.json --out {out}",
        "head build head.msh --out {out}",
        "plasticity predict ctbs_600 --figure {out}.png",
    ],
)
@pytest.mark.usefixtures("inputs")
def test_an_output_that_cannot_be_written_to_is_refused_before_any_work(
    words, tmp_path, monkeypatch, capsys
):
    def refused(**_):
        raise OSError(30, "Read-only file system")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "mkstemp", refused)  # root may write everywhere
    assert run(words.format(out="deep/new").split()) == 2
    assert "Read-only file system" in capsys.readouterr().err
    assert not (tmp_path / "deep").exists()


def every_command(command, words=()):
    for name, inner in getattr(command, "commands", {}).items():
        yield from every_command(inner, (*words, name))
    if not hasattr(command, "commands"):
        yield words, command


def test_every_command_with_an_output_is_looked_at():
    found = 0
    for name in COMMANDS:
        for words, command in every_command(_command(name), (name,)):
            written = [p for p in command.params if p.name in ("out", "figure", "target")]
            places = [p for p in written if isinstance(p.type, click.Path)]
            if places:
                found += 1
                assert command.callback.__name__ != "checked"
                assert hasattr(command.callback, "__wrapped__"), words
    assert found > 20


def test_a_library_caller_is_refused_too(tmp_path):
    from cortistim.errors import BadInputError
    from cortistim.study import OperatorEvaluateRequest, run_operator_evaluate

    path = tmp_path / "op.npz"
    cache.store(path, {"a": np.zeros(1)})
    before = path.read_bytes()
    with pytest.raises(BadInputError, match="must not be what is read"):
        run_operator_evaluate(OperatorEvaluateRequest(operator=path, poses=()), path)
    assert path.read_bytes() == before
