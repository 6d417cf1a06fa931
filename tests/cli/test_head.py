"""A head that lacks a layer: said by every command; and how ``head info`` is called."""

import json

import numpy as np
import pytest

from cortistim.cli import run

MISSING = "the head has no bone, no scalp"
QUICK = ("--radius", "6", "--handle", "0", "--quiet")


def in_mni_space(folder, mesh):
    """Write a mesh into a folder that ties it to MNI space, so that nothing is registered."""
    from cortistim.io import write_head_mesh

    (folder / "m2m_it/toMNI").mkdir(parents=True)
    np.savetxt(folder / "m2m_it/toMNI/MNI2conform_12DOF.txt", np.eye(4))
    write_head_mesh(folder / "m2m_it/it.msh", mesh)
    return folder / "m2m_it/it.msh"


@pytest.fixture(scope="module")
def brain_file(small_ball, tmp_path_factory):
    from cortistim.head import TetMesh

    chosen = small_ball.tags < 4
    brain = TetMesh(small_ball.nodes_m, small_ball.tets[chosen], small_ball.tags[chosen])
    return in_mni_space(tmp_path_factory.mktemp("brain"), brain)


def said(capsys, *arguments):
    """Run a command and return what it printed."""
    assert run([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def test_info_takes_a_file_or_the_option(brain_file, capsys):
    words = said(capsys, "head", "info", brain_file, "--quiet")
    assert words == said(capsys, "head", "info", "--head", brain_file, "--quiet")
    assert f"warning: {MISSING}" in words
    same = said(capsys, "head", "info", brain_file, "--head", brain_file, "--quiet")
    assert same == words
    assert run(["head", "info", str(brain_file), "--head", "sphere"]) == 2
    assert "name one head" in capsys.readouterr().err


def test_info_tells_missing_tissues_as_data(brain_file, small_ball, tmp_path, capsys):
    record = json.loads(said(capsys, "head", "info", brain_file, "--json"))
    assert record["missing_tissues"] == ["bone", "scalp"]
    assert any(MISSING in text for text in record["warnings"])
    whole = in_mni_space(tmp_path, small_ball)
    record = json.loads(said(capsys, "head", "info", whole, "--json"))
    assert record["missing_tissues"] == []
    assert not any("has no" in text for text in record["warnings"])


def test_field_warns_of_missing_tissues(brain_file, tmp_path, capsys):
    matrix = np.diag([1.0, -1, -1, 1])
    matrix[2, 3] = 86
    (tmp_path / "pose.json").write_text(json.dumps({"matsimnibs": matrix.tolist()}))
    words = said(
        capsys, "field", "--head", brain_file, "--pose", tmp_path / "pose.json", "--order", "1",
        "--out", tmp_path / "field", "--quiet",
    )  # fmt: skip
    assert f"warning  {MISSING}" in words
    record = json.loads((tmp_path / "field/field.json").read_text())
    assert any(MISSING in text for text in record["warnings"])


def test_aim_warns_of_missing_tissues(brain_file, tmp_path, capsys):
    words = said(
        capsys, "aim", "--head", brain_file, "--target", "0,0,70", "--out", tmp_path / "aim",
        *QUICK,
    )  # fmt: skip
    assert MISSING in words
    record = json.loads((tmp_path / "aim/aim.json").read_text())
    assert any(MISSING in text for text in record["warnings"])
    assert record["head"]["missing_tissues"] == ["bone", "scalp"]


def test_a_plan_on_half_a_head_wants_a_word_of_consent(brain_file, tmp_path, capsys):
    plan = ["plan", "--head", brain_file, "--target", "0,0,400", "--out", tmp_path / "p"]
    plan = [str(word) for word in plan]
    assert run(plan) == 2
    assert "it has no bone, no scalp" in capsys.readouterr().err
    assert run([*plan, "--accept-incomplete-head"]) == 2
    assert "of the cortex" in capsys.readouterr().err  # the head was taken
    assert not (tmp_path / "p").exists()


def test_a_t1_image_is_no_head_yet(tmp_path, capsys):
    path = tmp_path / "T1.nii.gz"
    path.write_bytes(b"\0" * 400)
    assert run(["plan", "--head", str(path), "--out", str(tmp_path / "p")]) == 2
    assert "Build a head from it first: 'cortistim head build'" in capsys.readouterr().err


@pytest.mark.parametrize("didt", ["1e300", "1e8", "20000"])
def test_a_rate_beyond_any_stimulator_is_refused(didt, ball_file, tmp_path, capsys):
    (tmp_path / "pose.json").write_text(json.dumps({"matsimnibs": np.eye(4).tolist()}))
    options = ["--head", str(ball_file), "--out", str(tmp_path / "p"), "--didt-a-per-us", didt]
    for command in (["plan"], ["field", "--pose", str(tmp_path / "pose.json")]):
        assert run([*command, *options]) == 2
        assert "may be in A/s" in capsys.readouterr().err


def test_a_mirrored_mesh_is_not_exported_without_a_word(small_ball, tmp_path, capsys):
    from cortistim.head import TetMesh
    from cortistim.io import write_head_mesh

    mirrored = TetMesh(small_ball.nodes_m * [-1, 1, 1], small_ball.tets, small_ball.tags)
    write_head_mesh(tmp_path / "a.msh", mirrored)
    export = ["head", "export", "--head", tmp_path / "a.msh", "--out", tmp_path / "b.msh"]
    assert run([str(word) for word in export]) == 2
    assert "may be mirrored" in capsys.readouterr().err
    assert run([str(word) for word in [*export, "--repair", "--quiet"]]) == 0
    assert "left and right are exchanged" in capsys.readouterr().err
