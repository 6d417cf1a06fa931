"""The command that people script: one line when it is ready, an end in order."""

import json
import signal
import subprocess
import sys

import pytest

pytest.importorskip("tornado")
from cortistim.field import save_operator


@pytest.fixture(scope="module")
def asked(ball_file, tmp_path_factory):
    """Options for the ball, with an operator of few members."""
    from cortistim.coil import named_coil
    from cortistim.field import OperatorSettings, build_operator, plan_operator
    from cortistim.field.operator.basis import evenly_spread
    from cortistim.study import HeadRequest

    head = HeadRequest(str(ball_file)).load()
    points_m = head.cortex.vertices_m
    chosen = points_m[evenly_spread(points_m, 200)]
    settings = OperatorSettings(rank=8, order=1)
    coils = [named_coil("magstim_d70")]
    path = tmp_path_factory.mktemp("live") / "operator.npz"
    save_operator(
        build_operator(plan_operator(head, chosen, coils=coils, settings=settings)), path
    )
    return ["--head", str(ball_file), "--operator", str(path), "--target", "-35,30,52"]


def started(asked, *more):
    command = [sys.executable, "-m", "cortistim", "live", "--no-browser", "--port", "0"]
    running = subprocess.Popen(
        [*command, "--json", *asked, *more],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    return running, json.loads(running.stdout.readline())


@pytest.mark.parametrize("end", ["input", "SIGTERM"])
def test_one_line_when_ready_and_an_end_in_order(asked, tmp_path, end):
    running, ready = started(asked, "--session", str(tmp_path / "s"))
    assert list(ready) == ["url", "port", "view_token", "control_token"]
    assert ready["url"] == f"http://127.0.0.1:{ready['port']}/"
    assert len({ready["view_token"], ready["control_token"]}) == 2
    if end == "input":
        running.stdin.close()
    else:
        running.send_signal(signal.SIGTERM)
    assert running.stdout.read() == ""
    assert running.wait(20) == 0
    assert ready["control_token"] not in running.stderr.read()
    last = (tmp_path / "s" / "log.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["kind"] == "end"


def test_what_cannot_be_is_refused_before_anything_is_served(asked):
    command = [sys.executable, "-m", "cortistim", "live", "--no-browser", *asked]
    told = subprocess.run(
        [*command, "--source", "nobody://x"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert "source must be" in told.stderr
