"""What a user reads who makes a mistake: one sentence with the options of the command typed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from cortistim.cli import cortistim, run
from cortistim.cli.flags import spoken, typed_command
from cortistim.errors import BadInputError

CTBS = """name: cTBS for 5 s
intensity: {percent: 80, of: aMT}
blocks:
  - bursts: {pulses: 3, pulse_rate_hz: 50, burst_rate_hz: 5, bursts: 25}
"""


@pytest.fixture
def ctbs(tmp_path):
    path = tmp_path / "ctbs5s.yaml"
    path.write_text(CTBS)
    return str(path)


def last_line(capsys):
    return capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "text", "told"),
    [
        (["plan"], "`rmt_percent` must be above 0", "--rmt must be above 0"),
        (["plan"], "Give it as `didt_a_per_s`.", "Give it as --didt-a-per-us."),
        (["field"], "known (`didt_a_per_s`).", "known (--didt-a-per-us)."),
        (["pulse", "show"], "known (`didt_a_per_s`).", "known."),
        (["plan"], "`surfaces` must be a folder", "--surfaces must be a folder"),
        (["pulse", "show"], "`wire` must", "wire must"),
        (["head", "build", "T1.nii"], "give `masks`, `t1`", "give --mask, T1"),
        (["field"], "frame (`image`)", "frame (--image of 'cortistim pose convert')"),
        (["plan", "--rmt", "x"], "a file called `x y`", "a file called `x y`"),
    ],
)
def test_a_parameter_becomes_the_option_of_the_command_that_was_typed(arguments, text, told):
    assert spoken(text, typed_command(cortistim, arguments)) == told


def test_an_error_tells_its_parameters():
    error = BadInputError("`dti` goes with `mapping`; give `dti`.")
    assert error.parameters == ("dti", "mapping")


def test_the_command_is_found_among_options():
    assert typed_command(cortistim, ["pulse", "dose", "--mso", "5"]).name == "dose"
    assert isinstance(typed_command(cortistim, ["nothing"]), click.Group)


def test_a_protocol_file_is_judged_by_a_device(ctbs, capsys):
    asked = ["pulse", "device", "magstim_super_rapid2", "--protocol", ctbs, "--mso", "45"]
    assert run([*asked, "--json"]) == 0
    judged = json.loads(capsys.readouterr().out)["protocol"]
    assert judged["verdict"] == "deliverable"
    assert judged["peak_rate_hz"] == pytest.approx(50)


def test_an_active_threshold_is_asked_for_by_its_name(ctbs, capsys, tmp_path):
    audit = ["--audit", str(tmp_path / "audit.jsonl")]
    asked = ["protocol", "check", ctbs, "--stimulator", "magstim_super_rapid2", *audit]
    assert run([*asked, "--rmt", "45"]) == 0
    said = capsys.readouterr().out
    assert "no active motor threshold was stated" in said
    assert "State it with --amt." in said
    assert run([*asked, "--amt", "45", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stimulator"]["percent_mso"] == 36


@pytest.mark.parametrize("option", ["--rmt", "--amt"])
def test_a_threshold_that_nobody_has_is_refused_by_its_option(option, ctbs, capsys):
    assert run(["protocol", "check", ctbs, option, "120"]) == 2
    assert f"{option} must be above 0 and at most 100 %" in last_line(capsys)


def test_an_active_threshold_above_the_resting_one_is_refused(ctbs, capsys):
    assert run(["protocol", "check", ctbs, "--rmt", "40", "--amt", "50"]) == 2
    assert "--amt is 50 % and --rmt 40 %" in last_line(capsys)


POSE = '{"matsimnibs": [[1,0,0,0],[0,-1,0,0],[0,0,-1,100],[0,0,0,1]]}'


def _too_late(*_asked, **_more):
    pytest.fail("the head is read before a missing file is noticed")


NOWHERE = [
    ["plan", "--head", "nowhere.msh"], ["plan", "--coil", "nowhere.ccd"],
    ["plan", "--protocol", "nowhere.yaml"], ["plan", "--protocol", "my/protocol"],
    ["plan", "--coil", "coils/mine"], ["plan", "--coil", "nowhere.tcd"],
    ["plan", "--coil", "nowhere.nii.gz"], ["field", "--pose", "nowhere.json"],
    ["field", "--pose", "nowhere.xml", "--points", "p.csv"],
    ["field", "--sigma", "nowhere.csv", "--pose", "p"],
    ["field", "--sigma", "nowhere.json", "--pose", "p"],
    ["operator", "evaluate", "nowhere.npz", "--poses", "nowhere.json"],
    ["coil", "show", "nowhere.ccd"], ["pose", "show", "nowhere.txt"],
    ["pose", "convert", "nowhere.txt", "o.xml"], ["head", "info", "--head", "nowhere.msh.gz"],
    ["head", "mesh", "nowhere.nii.gz"], ["head", "build", "nowhere.nii"],
    ["safety", "screen", "nowhere.yaml"], ["protocol", "show", "nowhere.json"],
    ["protocol", "check", "nowhere.yml"], ["plasticity", "predict", "nowhere.yaml"],
    ["neuron", "threshold", "--cell", "nowhere.swc", "--pulse", "biphasic"],
    ["neuron", "threshold", "--cell", "L5", "--pulse", "nowhere.tsv"],
    ["pulse", "device", "--protocol", "nowhere.yaml", "--mso", "50"],
    ["pulse", "dose", "--e-v-per-m", "80", "--plan", "nowhere.json"],
    ["study", "replay", "nowhere.xml"], ["study", "replay", "there.json", "--plan", "nowhere"],
    ["study", "replay", "there.json", "--operator", "nowhere.npz"],
    ["field", "--pose", "there.json", "--points", "nowhere.csv"],
    ["aim", "--operator", "nowhere.npz"], ["uncertainty", "--pose", "nowhere.json"],
    ["uncertainty", "--pose", "there.json", "--points", "nowhere.csv"],
    ["operator", "build", "--points", "nowhere.csv"],
    ["operator", "build", "--coils", "nowhere.ccd"],
    ["operator", "extend", "nowhere.npz", "--poses", "there.json"],
    ["neuron", "recruit", "--pose", "nowhere.json"],
    ["neuron", "recruit", "--pulse", "nowhere.tsv"],
    ["plan", "--pulse", "nowhere.tsv"], ["plan", "--dti", "nowhere.nii.gz"],
    ["head", "surfaces", "colin27", "--atlas", "nowhere.nii"],
    ["head", "surfaces", "colin27", "--overlay", "nowhere.gii", "--fsaverage", "."],
]  # fmt: skip


@pytest.mark.parametrize("arguments", NOWHERE, ids=" ".join)
def test_a_missing_file_is_not_found_in_every_command(arguments, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cortistim.study.request.inputs.load_builtin", _too_late)
    (tmp_path / "there.json").write_text(POSE)
    command = typed_command(cortistim, arguments)
    if any("--out" in option.opts and option.required for option in command.params):
        arguments = [*arguments, "--out", "out"]
    assert run(arguments) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert said[-1].startswith("cortistim: file not found: "), said
    assert not (tmp_path / "out").exists()


def test_a_progress_bar_needs_no_semaphore():
    program = (
        "import sys\n"
        "from cortistim.cli.progress import shown\n"
        "sys.stderr.isatty = lambda: True\n"
        "with shown(quiet=False) as progress:\n"
        "    progress('working', 0.5)\n"
        "sys.exit('multiprocessing.synchronize' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without telling it")
def test_a_terminated_command_ends_as_after_an_interrupt(tmp_path):
    program = (
        "import sys, time, click\n"
        "from cortistim import cli\n"
        "@cli.cortistim.command('wait')\n"
        "def wait():\n"
        "    click.echo('started'); sys.stdout.flush(); time.sleep(60)\n"
        "cli.cortistim.get_command = lambda context, name: wait\n"
        "cli.main(['wait'])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=tmp_path,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "started"
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert said.strip() == "cortistim: cancelled"


def test_hostile_files_end_in_one_short_sentence(tmp_path, capsys):
    bomb = "a: &a [" + ", ".join(["x"] * 9) + "]\n"
    bomb += "".join(f"b{n}: &b{n} [{', '.join(['*a' if n == 0 else f'*b{n - 1}'] * 9)}]\n"
                    for n in range(9))  # fmt: skip
    files = {
        "bomb.yaml": bomb, "tag.yaml": 'pregnancy: !!bool "maybe"',
        "nan.yaml": "medications: [.nan]", "surrogate.json": r'{"pregnancy": "\ud800"}',
        "twice.yaml": "pregnancy: no\npregnancy: yes", "list.yaml": "pregnancy: [[[no]]]",
        "map.yaml": "medications: {a: b}", "long.yaml": f"pregnancy: {'x' * 100_000}",
        "key.yaml": f"{'k' * 100_000}: no",
    }  # fmt: skip
    audit = tmp_path / "audit.jsonl"
    for name, text in files.items():
        path = tmp_path / name
        path.write_text(text)
        started = time.process_time()
        assert run(["safety", "screen", str(path), "--audit", str(audit)]) == 2, name
        assert time.process_time() - started < 2, name
        said = capsys.readouterr().err.strip()
        assert said.startswith("cortistim: "), name
        assert len(said.splitlines()) == 1, said[:300]
        assert len(said) < 900 + len(str(tmp_path)), said[:300]
    assert not Path(audit).exists()


def test_a_drug_free_person_may_say_no(tmp_path, capsys):
    path = tmp_path / "answers.yaml"
    path.write_text("medications: no")
    asked = ["safety", "screen", str(path), "--audit", str(tmp_path / "a"), "--json"]
    assert run(asked) == 0
    flags = {f["topic"]: f for f in json.loads(capsys.readouterr().out)["flags"]}
    assert flags["medications"]["decision"] == "clear"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("plna", "No such command 'plna'. Did you mean 'plan'?"),
        ("plan --head colin", "Did you mean colin27?"),
        ("plan --target 1,2", "coordinates must be three finite numbers"),
        ("plan --target 1,2,x", "coordinates must be three finite numbers"),
        ("plan --didt-a-per-us -3", "'--didt-a-per-us': must be a finite number above 0"),
        ("field --pose there.json --didt-a-per-us nan --out o", "must be finite and not zero"),
        ("aim --trade-off --out o", "Name one (--avoid)"),
        ("aim --objective focality --out o", "takes an operator (--operator)"),
        ("protocol show QPS0", "interval above 0 ms"),
        ("protocol design --goal raise --most-pulses 0", "--most-pulses must be above 0"),
        ("protocol design --goal raise --most-percent nan", "--most-percent must be above 0"),
        ("neuron io-curve --intensities 80:200", "such as 80:180:10"),
        ("neuron io-curve --block GABA-A", "give their --intervals"),
        ("safety tables rossi", "rossi2021 or rossi2009"),
        ("safety screen --answer pregnant=no", "Did you mean pregnancy?"),
        ("coil design --inner-mm 56 --outer-mm 50", "got 50 mm outside, 56 mm inside"),
        ("pulse device magstim_rapid2 --protocol iTBS600 --mso nan", "finite number above 0"),
    ],
)
def test_a_mistake_is_answered_at_once_in_one_sentence(
    typed, told, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cortistim.study.request.inputs.load_builtin", _too_late)
    (tmp_path / "there.json").write_text(POSE)
    assert run(typed.split()) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert told in said
    assert "`" not in said
    assert said.endswith((".", "?", "'"))
