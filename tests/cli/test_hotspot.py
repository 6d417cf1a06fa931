"""``cortistim hotspot``: a line for a line, every pulse on the disk, whatever happens."""

import csv
import json
import random
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.cli.hotspot_command import GENERATORS, METHODS
from cortistim.field.operator.file import save_operator
from cortistim.io.pose import write_pose
from cortistim.mapping.hotspot import METHODS as KNOWN
from cortistim.mapping.muscle import GENERATORS as PEOPLE
from cortistim.placement import place_over
from cortistim.study.mapping import hotspot_cases, virtual
from cortistim.study.mapping.hotspot import HOTSPOT
from cortistim.study.mapping.pose_grid import GridSettings
from cortistim.study.mapping.trial_log import read_trial_log

HAND = "-37,-25,56"
pytestmark = pytest.mark.filterwarnings("ignore::cortistim.field.MissedShareWarning")


@pytest.fixture
def given(ball_head, light_operator, light_coil, tmp_path, monkeypatch):
    """Head and coil as the command would load them, an operator's file, a start."""
    from cortistim.study.request.coil import CoilRequest
    from cortistim.study.request.inputs import HeadRequest

    monkeypatch.setattr(HeadRequest, "load", lambda *_, **__: ball_head)
    monkeypatch.setattr(CoilRequest, "load", lambda *_: light_coil)
    operator, start = tmp_path / "op.npz", tmp_path / "start.json"
    save_operator(light_operator, operator)
    point_m = np.array([-0.045, -0.018, 0.056])
    write_pose(start, place_over(ball_head, point_m, handle_rad=0.6))
    return SimpleNamespace(
        start=start,
        operator=operator,
        options=["--operator", str(operator), "--target", HAND, "--radius", "14"],
    )


@pytest.fixture
def talk(given, monkeypatch, capsys):
    """Run the command on lines of standard input."""

    def talked(lines, *options, begin=True):
        import io

        text = io.BytesIO("".join(line + "\n" for line in lines).encode())
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=text, readline=None))
        asked = [*given.options, *(["--start", str(given.start)] if begin else [])]
        code = run(["hotspot", "run", "--jsonl", *asked, *options])
        told = capsys.readouterr()
        return code, [json.loads(line) for line in told.out.splitlines()], told.err

    return talked


def test_the_command_line_offers_every_method_and_generator():
    assert tuple(KNOWN) == METHODS
    assert tuple(PEOPLE) == GENERATORS


def test_poses_are_proposed_and_the_end_tells_pose_region_and_gain(talk):
    code, told, _ = talk(['{"mep_uv": 31.0}', '{"mep_uv": 420}', '{"mep_uv": 0}'])
    assert code == 0
    assert [line["pulse"] for line in told[:3]] == [1, 2, 3]
    assert set(told[0]) == {"matsimnibs", "pulse", "along_mm", "turn_deg"}
    assert (told[0]["along_mm"], told[0]["turn_deg"]) == ([0, 0], 0)
    for line in told:
        matrix = np.array(line["matsimnibs"])
        assert matrix.shape == (4, 4)
        np.testing.assert_allclose(matrix[:3, :3].T @ matrix[:3, :3], np.eye(3), atol=1e-5)
    end = told[-1]
    assert end["pulses"] == 3
    assert set(end["region"]) == {"radius_mm", "turn_deg", "level"}
    assert end["gain"]["low"] <= end["gain"]["mean"] <= end["gain"]["high"]


def test_the_pose_really_held_counts(talk):
    _, plain, _ = talk(['{"mep_uv": 300}', '{"mep_uv": 900}'])
    held = plain[1]["matsimnibs"]
    held[0][3] += 2.0
    line = json.dumps({"mep_uv": 900, "matsimnibs": held})
    code, moved, _ = talk(['{"mep_uv": 300}', line])
    assert code == 0
    assert moved[-1]["pulses"] == 2
    assert moved[-1]["along_mm"] != plain[-1]["along_mm"]


@pytest.mark.parametrize(
    "line",
    [
        "", "foo", "[]", "{}", '{"mep_uv": -1}', '{"mep_uv": NaN}', '{"mep_uv": "31"}',
        '{"mep_uv": true}', '{"mep_uv": 1e9}', '{"response": true}', '{"undo": true}',
        '{"undo": false}', '{"mep_uv": 3, "undo": true}', '{"mep_uv": 1, "mep_uv": 2}',
        '{"matsimnibs": [[1]]}', '{"mep_uv": 3, "matsimnibs": [[1, 0], [0, 1]]}',
        '{"mep_uv": 3, "matsimnibs": "x"}',
        '{"mep_uv": 3, "matsimnibs": [[1,0,0,0],[0,1,0,0],[0,0,1,900],[0,0,0,1]]}',
        '{"mep_uv": 3, "matsimnibs": [[2,0,0,0],[0,1,0,0],[0,0,1,90],[0,0,0,1]]}',
    ],
)  # fmt: skip
def test_a_bad_line_gets_one_sentence_and_the_same_pulse(talk, line):
    code, told, _ = talk([line, '{"mep_uv": 9}'])
    assert code == 0
    assert len(told) == 4
    assert set(told[1]) == {"error", "matsimnibs", "pulse"}
    assert (told[1]["matsimnibs"], told[1]["pulse"]) == (told[0]["matsimnibs"], 1)
    assert told[2]["pulse"] == 2


def test_undo_goes_back_and_a_number_of_pulses_ends_it(talk):
    _, told, _ = talk(['{"mep_uv": 80}', '{"mep_uv": 4}', '{"undo": true}'])
    assert told[3] == told[1]
    _, told, _ = talk(['{"mep_uv": 80}'] * 5, "--pulses", "2")
    assert len(told) == 3
    assert told[-1]["pulses"] == 2


def test_a_hunt_goes_on_where_it_was_and_only_as_it_was(talk, tmp_path):
    record = tmp_path / "r.jsonl"
    lines = [f'{{"mep_uv": {x}}}' for x in (30, 200, 700, 90)]
    _, whole, _ = talk(lines)
    talk(lines[:2], "--record", str(record))
    with record.open("a") as file:
        file.write('{"pulse": 3, "mep')  # a power cut
    code, told, err = talk(lines[2:], "--record", str(record), "--resume", begin=False)
    assert code == 0
    assert told == whole[2:]
    assert "2 pulses" in err
    assert "unfinished" in err
    assert len(read_trial_log(record, HOTSPOT).trials) == 4
    for options, words in (
        ((), "this record exists"),
        (("--resume", "--seed", "7"), "--seed is 7, but"),
        (("--resume", "--method", "gp-kg"), "--method is 'gp-kg', but"),
        (("--resume", "--radius", "20"), "--radius is 20.0, but"),
    ):
        code, told, err = talk([], "--record", str(record), *options)
        assert (code, told) == (2, [])
        assert words in err


def test_without_an_operator_nothing_is_known_and_a_note_says_so(given, monkeypatch, capsys):
    monkeypatch.setattr(
        sys, "stdin", SimpleNamespace(buffer=SimpleNamespace(readline=lambda: b""))
    )
    asked = ["hotspot", "run", "--jsonl", "--start", str(given.start), "--radius", "14"]
    assert run(asked) == 0
    told = capsys.readouterr()
    assert "nothing is known of the field" in told.err
    assert json.loads(told.out.splitlines()[-1])["method"] == "gp-thompson"
    assert run([*asked, "--method", "physics"]) == 2
    assert "(--operator)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "--start"),
        (("--start", "nowhere.json"), "nowhere.json"),
        (("--resume",), "--record"),
    ],
)
def test_what_is_missing_is_named(given, capsys, options, words):
    assert run(["hotspot", "run", "--jsonl", *given.options, *options]) == 2
    assert words in capsys.readouterr().err


def test_a_start_far_from_the_target_is_refused(given, ball_head, capsys):
    write_pose(given.start, place_over(ball_head, np.array([0.06, 0.02, 0.05]), handle_rad=0))
    asked = ["hotspot", "run", "--jsonl", *given.options, "--start", str(given.start)]
    assert run(asked) == 2
    told = capsys.readouterr().err
    assert "the start must lie over the target" in told
    assert "(--target)" in told


def test_by_hand_sizes_are_typed(given, monkeypatch, capsys):
    typed = iter(["120\n", "x\n", "0,4 mV\n", "u\n", "q\n"])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(readline=lambda: next(typed)))
    assert run(["hotspot", "run", "--quiet", *given.options, "--start", str(given.start)]) == 0
    told = capsys.readouterr().out
    assert "Type the size" in told
    assert "pulse   3" in told
    assert "hot spot   at" in told
    assert "after 1 pulses" in told


def test_a_replay_tells_it_pulse_by_pulse(talk, given, tmp_path, capsys):
    record, out, figure = (tmp_path / name for name in ("r.jsonl", "r.json", "r.png"))
    _, told, _ = talk(['{"mep_uv": 30}', '{"mep_uv": 500}'], "--record", str(record))
    asked = ["hotspot", "replay", str(record), "--operator", str(given.operator), "--quiet"]
    assert run([*asked, "--out", str(out), "--figure", str(figure)]) == 0
    assert "by gp-thompson" in capsys.readouterr().out
    found = json.loads(out.read_text())
    assert found["hotspot"] == told[-1]
    assert [step["pulse"] for step in found["steps"]] == [1, 2]
    assert figure.read_bytes()[:4] == b"\x89PNG"
    assert run([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == found
    empty = tmp_path / "empty.jsonl"
    empty.write_text(record.read_text().splitlines()[0] + "\n")
    assert run(["hotspot", "replay", str(empty), "--operator", str(given.operator)]) == 2
    assert "it holds none" in capsys.readouterr().err
    assert run(["hotspot", "replay", str(record)]) == 2
    assert "another operator" in capsys.readouterr().err


@pytest.mark.parametrize("physics", ["right", "shifted", "uncharged"])
def test_a_simulation_writes_a_row_for_every_score(
    given, tmp_path, capsys, monkeypatch, physics
):
    small = GridSettings(radius_m=0.02, spacing_m=0.006, turn_rad=np.pi, step_rad=np.pi / 6)
    monkeypatch.setattr(virtual, "SEARCH", small)
    monkeypatch.setattr(hotspot_cases, "WHOLE", small)
    out, figure = tmp_path / "t.csv", tmp_path / "t.png"
    asked = ["hotspot", "simulate", "--operator", str(given.operator), "--target", HAND]
    asked += ["--subjects", "2", "--pulses", "12", "--physics", physics, "--quiet"]
    assert run([*asked, "--out", str(out), "--figure", str(figure), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["subjects"], told["physics"]) == (2, physics)
    assert [row["pulses"] for row in told["scores"]] == [5, 10, 12]
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [(r["subject"], r["pulse"]) for r in rows] == [
        (s, p) for s in "12" for p in ("5", "10", "12")
    ]
    assert 10 < float(rows[0]["error_mm"]) + float(rows[0]["radius_mm"]) < 90
    assert figure.read_bytes()[:4] == b"\x89PNG"


def test_methods_are_listed(capsys):
    assert run(["hotspot", "methods"]) == 0
    assert "knowledge gradient" in capsys.readouterr().out
    assert run(["hotspot", "methods", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == list(METHODS)


@pytest.mark.slow
def test_no_kill_loses_an_answered_pulse(given, ball_file, tmp_path):
    """Kill the process at random moments; what was answered is on the disk."""
    chance = random.Random(4)
    command = [
        sys.executable, "-m", "cortistim", "hotspot", "run", "--jsonl", "--head",
        str(ball_file), "--start", str(given.start), "--radius", "14",
    ]  # fmt: skip
    record, answered = tmp_path / "k.jsonl", 0
    for turn in range(10):
        asked = [*command, "--record", str(record), *(["--resume"] if turn else [])]
        process = subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        first = json.loads(process.stdout.readline())
        assert first["pulse"] in (answered + 1, answered + 2)
        answered = first["pulse"] - 1
        until = time.monotonic() + chance.uniform(0.01, 0.4)
        while time.monotonic() < until:
            process.stdin.write(b'{"mep_uv": 100}\n')
            process.stdin.flush()
            if not process.stdout.readline():
                break
            answered += 1
        process.kill()
        process.wait()
    assert len(read_trial_log(record, HOTSPOT).trials) >= answered
