import json
import sys

import numpy as np
import pytest

from cortistim.cli import COMMANDS, run
from cortistim.cli import field_command as _field_command

ABOVE = [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 96.5], [0, 0, 0, 1]]


@pytest.fixture
def pose_file(tmp_path):
    path = tmp_path / "pose.json"
    path.write_text(json.dumps({"matsimnibs": ABOVE}))
    return path


@pytest.fixture
def points_file(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("x_mm,y_mm,z_mm\n0,0,70\n10.50,-5,60\n0,0,300\n")
    return path


def field_arguments(ball_file, pose_file, out, *more):
    return [
        "field", "--head", str(ball_file), "--coil", "magstim_d70", "--pose", str(pose_file),
        "--didt-a-per-us", "100", "--out", str(out), *map(str, more),
    ]  # fmt: skip


def refused(capsys, arguments, *words):
    assert run([str(argument) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    last = captured.err.strip().splitlines()[-1]
    for word in words:
        assert word in last
    return last


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name, capsys):
    assert run([name, "--help"]) == 0
    assert "Usage:" in capsys.readouterr().out


def test_field_writes_the_points_with_field_and_tissue(
    ball_file, pose_file, points_file, tmp_path, capsys
):
    out = tmp_path / "out"
    arguments = field_arguments(ball_file, pose_file, out, "--points", points_file, "--json")
    assert run(arguments) == 0
    record = json.loads(capsys.readouterr().out)
    rows = (out / "points.csv").read_text().splitlines()
    assert rows[0] == (
        "x_mm,y_mm,z_mm,ex_v_per_m,ey_v_per_m,ez_v_per_m,tissue,error_v_per_m,"
        "ex_mean_2mm_v_per_m,ey_mean_2mm_v_per_m,ez_mean_2mm_v_per_m"
    )
    assert rows[2].startswith("10.50,-5,60,")
    first = rows[1].split(",")
    assert first[6] == "2"
    assert abs(float(first[4])) > 10 * abs(float(first[3]))
    assert 0 < float(first[7]) < 0.5 * abs(float(first[4]))
    assert float(first[9]) == pytest.approx(float(first[4]), rel=0.1)
    assert rows[3].endswith(",nan,nan,nan,0,nan,nan,nan,nan")
    assert record["order"] == 3
    assert record["points"] == {"count": 3, "outside_head": 1}
    assert json.loads((out / "field.json").read_text()) == record
    assert record["solver"]["residual"] <= 1e-6


def test_reversing_the_current_turns_the_field_around(
    ball_file, pose_file, points_file, tmp_path
):
    fields = []
    for more in ((), ("--reverse-current",)):
        out = tmp_path / f"out{len(more)}"
        asked = ("--points", points_file, *more, "--quiet")
        assert run(field_arguments(ball_file, pose_file, out, *asked)) == 0
        rows = (out / "points.csv").read_text().splitlines()[1:3]
        fields.append(np.array([[float(v) for v in row.split(",")[3:6]] for row in rows]))
    np.testing.assert_allclose(fields[1], -fields[0], rtol=1e-4, atol=1e-4)


def test_conductivities_are_taken_and_told(ball_file, pose_file, tmp_path, capsys):
    arguments = field_arguments(ball_file, pose_file, tmp_path / "o", "--sigma", "2=0.4,4=0.02")
    assert run([*arguments, "--json"]) == 0
    tissues = json.loads(capsys.readouterr().out)["head"]["tissues"]
    assert {t["tag"]: t["sigma_siemens_per_m"] for t in tissues}[2] == 0.4
    assert {t["tag"]: t["source"] for t in tissues}[4] == "given by the user"


def test_cortex_volume_and_mesh_are_written_on_request(ball_file, pose_file, tmp_path):
    import nibabel

    from cortistim.io import read_msh

    out = tmp_path / "out"
    flags = ("--cortex", "--volume", "--mesh", "--quiet")
    assert run(field_arguments(ball_file, pose_file, out, *flags)) == 0
    surface = nibabel.load(out / "cortex.surf.gii").agg_data("pointset")
    overlay = nibabel.load(out / "cortex_field.func.gii").agg_data()
    assert len(overlay[0]) == len(surface)
    vector = nibabel.load(out / "field_vector.nii.gz")
    assert vector.shape[3] == 3
    written = read_msh(out / "field.msh")
    np.testing.assert_allclose(
        np.linalg.norm(written.tet_data["E"], axis=1), written.tet_data["magnE"], rtol=1e-9
    )


def test_a_coil_inside_the_head_is_refused_with_the_depth(ball_file, tmp_path, capsys):
    pose = tmp_path / "inside.json"
    matrix = np.array(ABOVE, float)
    matrix[2, 3] = 80
    pose.write_text(json.dumps({"matsimnibs": matrix.tolist()}))
    refused(capsys, field_arguments(ball_file, pose, tmp_path / "out"), "mm")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("matrix", "word"),
    [
        ([[1, 0.2, 0, 0], [0, -1, 0, 0], [0, 0, -1, 96], [0, 0, 0, 1]], "rigid"),
        ([[-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 96], [0, 0, 0, 1]], "mirror"),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], "4x4"),
    ],
)
def test_bad_poses_are_refused(matrix, word, ball_file, tmp_path, capsys):
    pose = tmp_path / "bad.json"
    pose.write_text(json.dumps({"matsimnibs": matrix}))
    refused(capsys, field_arguments(ball_file, pose, tmp_path / "out"), word)


def damaged(kind, source, target):
    data = source.read_bytes()
    if kind == "truncated":
        data = data[: len(data) // 2]
    elif kind == "version 4.1":
        data = data.replace(b"2.2 1 8", b"4.1 1 8", 1)
    elif kind == "nan":
        start = data.index(b"\n", data.index(b"$Nodes\n") + 7) + 1
        data = data[: start + 4] + np.float64("nan").tobytes() + data[start + 12 :]
    elif kind == "no tetrahedra":
        data = (
            b"$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n3\n1 0 0 0\n2 1 0 0\n3 0 1 0\n"
            b"$EndNodes\n$Elements\n1\n1 2 2 5 5 1 2 3\n$EndElements\n"
        )
    else:
        data = b"hello"
    target.write_bytes(data)
    return target


@pytest.mark.parametrize("kind", ["truncated", "version 4.1", "nan", "no tetrahedra", "text"])
def test_a_damaged_mesh_is_refused_in_one_sentence(
    kind, ball_file, pose_file, tmp_path, capsys
):
    mesh = damaged(kind, ball_file, tmp_path / "bad.msh")
    refused(capsys, field_arguments(mesh, pose_file, tmp_path / "out"), "cortistim:")
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".writing-*"))


def test_a_broken_coil_line_is_refused_with_its_number(ball_file, pose_file, tmp_path, capsys):
    coil = tmp_path / "bad.ccd"
    coil.write_text("# x version 1.0\n2\n# m\n0 0 -0.01 0 0 1e-3\n0 0 -0.02 zero 0 1e-3\n")
    arguments = field_arguments(ball_file, pose_file, tmp_path / "out")
    arguments[arguments.index("magstim_d70")] = str(coil)
    refused(capsys, arguments, "5")


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("--target", "nowhere", "nowhere"),
        ("--target", "1,2", "three"),
        ("--target", "0,0,400", "cortex"),
        ("--coil", "magstim_d71", "magstim_d70"),
        ("--head", "no_such_head.msh", "no_such_head"),
        ("--sigma", "2=-1", "-1"),
        ("--sigma", "77=0.3", "77"),
        ("--rmt", "130", "130"),
        ("--protocol", "nothing", "nothing"),
        ("--stimulator", "nothing", "nothing"),
        ("--didt-a-per-us", "nan", "nan"),
        ("--space", "talairach", "talairach"),
    ],
)
def test_a_plan_refuses_what_does_not_exist(option, value, word, ball_file, tmp_path, capsys):
    arguments = ["plan", "--head", str(ball_file), "--out", str(tmp_path / "out")]
    if option == "--head":
        arguments = ["plan", "--out", str(tmp_path / "out")]
    refused(capsys, [*arguments, option, value], word)
    assert not (tmp_path / "out").exists()


def test_out_may_not_be_a_file(ball_file, pose_file, tmp_path, capsys):
    (tmp_path / "taken").write_text("mine")
    refused(capsys, field_arguments(ball_file, pose_file, tmp_path / "taken"), "folder")
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_solver_that_stops_short_ends_with_3(
    ball_file, pose_file, tmp_path, capsys, monkeypatch
):
    from cortistim.field.solver import multigrid

    monkeypatch.setattr(multigrid, "MAX_ITERATIONS", 1)
    assert run(field_arguments(ball_file, pose_file, tmp_path / "out")) == 3
    assert "stopped at" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_cancelled_run_ends_with_130_and_leaves_nothing(
    ball_file, pose_file, tmp_path, monkeypatch
):
    def cancel(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(_field_command, "run_field", cancel)
    assert run(field_arguments(ball_file, pose_file, tmp_path / "out")) == 130
    assert not (tmp_path / "out").exists()


def test_a_layered_sphere_is_a_head_for_field_but_not_for_plan(
    pose_file, points_file, tmp_path, capsys
):
    from cortistim.head.mesher import layered_sphere
    from cortistim.io import write_head_mesh

    mesh = tmp_path / "sphere.msh"
    write_head_mesh(mesh, layered_sphere((0.08, 0.09), (37, 5), edge_m=0.015))
    arguments = field_arguments(mesh, pose_file, tmp_path / "out", "--points", points_file)
    refused(capsys, arguments, "37")
    assert run([*arguments, "--sigma", "37=0.33"]) == 0
    plan = ["plan", "--head", mesh, "--sigma", "37=0.33", "--target", "0,0,70"]
    refused(capsys_cleared(capsys), [*plan, "--out", tmp_path / "plan"], "grey matter")


def capsys_cleared(capsys):
    capsys.readouterr()
    return capsys


def test_lists_are_json_on_request(capsys):
    for arguments in (
        ["coil", "list"], ["pulse", "list"], ["pulse", "protocols"],
        ["head", "list"], ["head", "targets"], ["cache", "info"],
        ["protocol", "list"], ["protocol", "show", "FDA-MDD-SAINT"], ["safety", "tables"],
        ["protocol", "check", "FDA-MDD-10HZ-L"], ["safety", "screen"],
    ):  # fmt: skip
        assert run([*arguments, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)
        assert run(arguments) == 0
        assert capsys.readouterr().out


def test_coil_show_tells_the_vector_potential(capsys):
    assert run(["coil", "show", "magstim_d70", "--json"]) == 0
    a = json.loads(capsys.readouterr().out)["a_at_20mm_t_m"]
    assert len(a) == 3
    assert -2.1e-6 < a[1] < -1.6e-6


def test_pulse_show_gives_the_measured_rate_and_says_what_is_assumed(capsys, tmp_path):
    out = tmp_path / "pulse.csv"
    assert run(["pulse", "show", "--mso", "50", "--out", str(out), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["didt_a_per_us"] == pytest.approx(114.73 / 2)
    assert record["didt_source"] == "drakaki2022"
    assert "assumed" in record["capacitance_source"]
    table = np.loadtxt(out, delimiter=",", skiprows=1)
    assert table[:, 1].max() == pytest.approx(114.73 / 2, rel=1e-3)


def test_the_cache_can_be_cleared(capsys, tmp_path, monkeypatch):
    from cortistim import cache

    monkeypatch.setenv("CORTISTIM_CACHE", str(tmp_path / "own"))
    cache.remembered("thing", cache.digest(1), lambda: {"a": np.ones(3)})
    assert run(["cache", "info", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["files"]) == 1
    assert run(["cache", "clear"]) == 0
    assert cache.contents() == []


def test_head_info_tells_tissues_and_quality(ball_file, capsys):
    assert run(["head", "info", "--head", str(ball_file), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [tissue["tag"] for tissue in record["tissues"]] == [1, 2, 3, 4, 5]
    assert record["quality"]["radius_ratio"]["min"] > 0


def test_importing_the_package_loads_nothing_heavy():
    import subprocess

    heavy = "{'matplotlib', 'plotly', 'nibabel', 'pyamg', 'numba', 'scipy', 'click'}"
    code = f"import sys, cortistim; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a child alone")
def test_ctrl_c_ends_a_running_plan_with_130_and_leaves_nothing(ball_file, tmp_path):
    import signal
    import subprocess

    arguments = ["plan", "--head", str(ball_file), "--target", "0,0,70"]
    command = [sys.executable, "-m", "cortistim", *arguments, "--out", str(tmp_path / "out")]
    running = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )  # fmt: skip
    said = running.stderr.readline()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert out == ""
    assert "cancelled" in said + err
    assert list(tmp_path.iterdir()) == []
