"""Thirty plausible mistakes, in the terminal and in Python: one sentence each, no work."""

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.coil import named_coil
from cortistim.errors import CortistimError
from cortistim.io import read_coil, read_head, read_pose
from cortistim.placement import Pose, place_over
from cortistim.protocol import find_protocol, named_protocol, require_thresholds
from cortistim.safety import check_protocol
from cortistim.study import AimSettings, PlanRequest
from cortistim.study.coil.sphere import SphereFieldRequest
from cortistim.study.request.coil import CoilRequest
from cortistim.study.session.moved import MoveRequest

PLAN = ("plan", "--head", "sphere")
COMMANDS = (
    ((*PLAN, "--rmt", "0.48"), "Did you mean 48 %"),
    ((*PLAN, "--rmt", "480"), "at most 100 %"),
    ((*PLAN, "--rmt", "40", "--amt", "50"), "active threshold cannot exceed"),
    ((*PLAN, "--coil", "magstim_d71"), "no coil is named"),
    ((*PLAN, "--stimulator", "magpro"), "magpro_x100"),
    ((*PLAN, "--protocol", "itbs_depresion"), "itbs_depression"),
    ((*PLAN, "--safety-table", "rossi2010"), "rossi2009"),
    ((*PLAN, "--target", "1,2"), "three finite numbers"),
    ((*PLAN, "--target", "dlpfc_left"), "dlpfc_l"),
    (("aim", "--head", "colin27", "--target", "m1_hnd_l"), "m1_hand_l"),
    ((*PLAN, "--handle", "400"), "-180"),
    ((*PLAN, "--distance", "-4"), "--distance"),
    ((*PLAN, "--didt-a-per-us", "1e8"), "divide it by a million"),
    (("plan", "--head", "colin28"), "colin27"),
    (("plan", "--head", "nowhere/ernie.msh"), "file not found"),
    (("field", "--pose", "nowhere.json", "--out", "x"), "file not found"),
    (("pose", "turn", "nowhere.json", "new.json", "--by", "15"), "file not found"),
    (("coil", "field", "magstim_d70", "--didt-a-per-us", "0"), "above 0"),
    (("coil", "design", "--inner-mm", "90", "--outer-mm", "50"), "outer"),
    (("protocol", "check", "iTBS601x", "--rmt", "50"), "no protocol is named"),
    (("safety", "screen", "--answer", "pregnant=no"), "pregnancy"),
    (("safety", "screen", "--answer", "pregnancy"), "TOPIC=VALUE"),
    (("plam",), "plan"),
)


@pytest.mark.parametrize(("arguments", "told"), COMMANDS, ids=lambda _: "")
def test_a_mistake_in_the_terminal_is_answered_in_one_sentence(
    arguments, told, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert run(list(arguments)) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


POINT_M = np.array([-0.03, 0.03, 0.08])
CALLS = (
    (lambda head: place_over(head, POINT_M, handle_rad=45), "radians"),
    (lambda head: place_over(head, POINT_M, handle_rad=0.5, distance_m=4), "millimetres"),
    (lambda head: place_over(head, 1e3 * POINT_M, handle_rad=0.5), "millimetres"),
    (lambda _: require_thresholds(0.5), "50 %"),
    (lambda _: AimSettings(handle_rad=45.0), "radians"),
    (lambda _: AimSettings(distance_m=4.0), "millimetres"),
    (lambda _: PlanRequest(didt_a_per_s=-1.0), "positive"),
    (lambda _: named_coil("magstim_d71"), "no coil"),
    (lambda _: read_coil("nowhere.ccd"), "not found"),
    (lambda _: read_head("nowhere.msh"), "not found"),
    (lambda _: read_pose("nowhere.json"), "not found"),
    (lambda _: find_protocol("itbs_depresion"), "itbs_depression"),
    (lambda _: check_protocol(named_protocol("iTBS600"), "rossi"), "rossi2009"),
    (lambda _: Pose(np.diag([2.0, 2, 2, 1])), "rigid"),
    (lambda _: MoveRequest(source=None, shift_m=(5.0, 0, 0)), "100 mm"),
    (lambda _: SphereFieldRequest(coil=CoilRequest("x"), didt_a_per_s=1e14), "by a million"),
)  # fmt: skip


@pytest.mark.parametrize(("call", "told"), CALLS, ids=lambda _: "")
def test_a_mistake_in_python_is_answered_in_one_sentence(call, told, ball_head):
    with pytest.raises(CortistimError) as refused:
        call(ball_head)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_there_are_thirty_of_them():
    assert len(COMMANDS) + len(CALLS) >= 30
