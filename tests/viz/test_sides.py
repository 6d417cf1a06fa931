"""Left, right and midline: one source, and mirrored plans say mirrored words."""

import re
from dataclasses import replace

import numpy as np
import pytest

from cortistim.placement import Pose, describe_handle, handle_angle_rad, place_over
from cortistim.study.record import pose_record
from cortistim.viz import FIGURES
from cortistim.viz.report.page import report_html
from cortistim.viz.report.words import answer, handle_in_words, offset_in_words
from cortistim.viz.scene.scene import scene

SIDES = ("left", "right", "midline")
MIRROR = np.diag([-1.0, 1, 1, 1])


def swapped(text):
    """Return words as they would be in a mirror."""
    other = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
    return re.sub(r"\b(left|right|Left|Right)\b", lambda hit: other[hit[0]], text)


def in_mirror(pose):
    return Pose(MIRROR @ pose.matrix_m @ MIRROR)


@pytest.mark.usefixtures("without_scene")
@pytest.mark.parametrize("side", SIDES)
def test_plan_and_report_name_the_same_side(mirrored_plans, side):
    record, content = mirrored_plans[side].record, mirrored_plans[side].content
    assert record.target.side == record.pose.side == side
    place = "on the midline" if side == "midline" else f"on the {side} side"
    assert f", {place}, with the handle" in answer(content)
    page = report_html(content, {})
    assert f'<div class="value">{side.capitalize()} ' in page
    headline = re.search(r'class="answer">([^<]*)<', page)[1]
    assert not {"left side", "right side", "midline"} & {
        words for words in ("left side", "right side", "midline")
        if words in headline and words not in place
    }  # fmt: skip


@pytest.mark.parametrize(
    ("side", "seen"), [("left", "left"), ("right", "right"), ("midline", "front")]
)
def test_pictures_are_seen_from_the_targets_side(mirrored_plans, side, seen):
    content = mirrored_plans[side].content
    for name, panel in (("cortex_field", 1), ("placement_view", 0)):
        axes = FIGURES[name](content).axes[panel]
        assert axes.get_title(loc="left") == f"Seen from the {seen}"
    eye = scene(content).layout.scene.camera.eye
    assert np.sign(round(eye.x, 6)) == {"left": -1, "right": 1, "midline": 0}[side]


def test_a_midline_target_behind_is_seen_from_the_back(mirrored_plans):
    content = mirrored_plans["midline"].content
    behind = replace(content, target_m=content.target_m * [1, -1, 1])
    axes = FIGURES["placement_view"](behind).axes[0]
    assert axes.get_title(loc="left") == "Seen from the back"


def test_letters_at_a_pictures_edges_follow_the_view(mirrored_plans):
    for side, behind in (("left", "P"), ("right", "A")):
        figure = FIGURES["placement_view"](mirrored_plans[side].content)
        words = {text.get_text() for text in figure.axes[0].texts}
        assert {"A", "P", "S", "I"} <= words
        at_right = [t for t in figure.axes[0].texts if t.get_position() == (0.98, 0.5)]
        assert at_right[0].get_text() == behind


def test_mirrored_plans_say_mirrored_words(mirrored_plans):
    left, right = (mirrored_plans[side] for side in ("left", "right"))
    # the coarse ball's own cortex is not symmetric, so the strength of the field may differ
    one, other = (answer(whole.content).split(". At ")[0] for whole in (left, right))
    assert swapped(one) == other
    assert swapped(left.record.pose.handle) == right.record.pose.handle
    assert offset_in_words(left.content) == offset_in_words(right.content)
    assert left.record.pose.handle_deg == right.record.pose.handle_deg


@pytest.mark.parametrize("handle_deg", [0, 20, 45, 90, 135, 180, -45, -120])
@pytest.mark.parametrize("at_mm", [(-35, 30, 70), (-60, -20, 40), (-5, -30, 90), (-80, 0, 30)])
def test_handles_of_mirrored_poses_are_described_alike(ball_head, handle_deg, at_mm):
    point_m = np.array(at_mm) / 1e3
    pose = place_over(ball_head, point_m, handle_rad=np.deg2rad(handle_deg))
    one, other = (describe_handle(ball_head, p) for p in (pose, in_mirror(pose)))
    assert swapped(one) == other
    angles = [handle_angle_rad(ball_head, p) for p in (pose, in_mirror(pose))]
    assert angles[0] == pytest.approx(angles[1])


def test_on_the_midline_the_handle_turns_either_way_in_the_same_words(ball_head):
    for turn_deg in (30, 45, 90):
        poses = [
            place_over(ball_head, np.array([0.0, 0.02, 0.09]), handle_rad=sign * turn)
            for turn in [np.deg2rad(turn_deg)]
            for sign in (1, -1)
        ]
        words = [describe_handle(ball_head, pose) for pose in poses]
        assert "to the right" in words[0]
        assert swapped(words[0]) == words[1]


def shifted(content, right_mm):
    matrix_m = content.pose.matrix_m.copy()
    matrix_m[0, 3] += right_mm / 1e3
    return replace(content, pose=Pose(matrix_m))


@pytest.mark.parametrize(
    ("side", "right_mm", "said"),
    [
        ("left", -12, "lateral"),
        ("left", 12, "medial"),
        ("right", 12, "lateral"),
        ("right", -12, "medial"),
        ("midline", 12, "to the right"),
        ("midline", -12, "to the left"),
    ],
)
def test_an_offset_sideways_is_named_from_the_targets_side(
    mirrored_plans, side, right_mm, said
):
    words = offset_in_words(shifted(mirrored_plans[side].content, right_mm))
    assert f"mm {said}" in words
    assert words.endswith("of the target, as seen along the coil's axis")


def test_a_coil_across_the_midline_says_both_sides(mirrored_plans, make):
    whole = mirrored_plans["left"]
    record = make.changed(whole.record, pose={"side": "right"})
    content = shifted(replace(whole.content, plan=record), 40)
    said = answer(content)
    assert "(target on the left side, coil's centre on the right side)" in said
    assert "to the right" in offset_in_words(content)
    assert "medial" not in said


def test_a_millimetre_beside_the_midline_is_no_other_side(mirrored_plans, make):
    whole = mirrored_plans["midline"]
    record = make.changed(whole.record, pose={"side": "right"})
    said = answer(shifted(replace(whole.content, plan=record), 1.1))
    assert said.startswith("Put the coil's centre straight over the target, on the midline,")


def test_where_no_angle_exists_the_handle_is_still_told(ball_head, small_plan):
    forward = np.eye(4)
    forward[:3, 0], forward[:3, 1], forward[:3, 2] = (1, 0, 0), (0, 0, 1), (0, -1, 0)
    forward[:3, 3] = (0, 0.1, 0)
    record = pose_record(ball_head, small_plan.plan.coil, Pose(forward))
    assert record.handle_deg is None
    assert record.handle.startswith("handle points downward;")
    assert "undefined" in record.handle


def test_the_handles_words_are_the_plans(content):
    told = content.plan.pose.handle
    assert told == f"handle points {handle_in_words(content)}"
    assert f"with the handle pointing {handle_in_words(content)}" in answer(content)


def test_the_motor_cortex_is_that_of_the_targets_side(mirrored_plans):
    taken = {s: mirrored_plans[s].record.neuron.dose.motor_cortex for s in SIDES}
    assert taken == {"left": "m1_hand_l", "right": "m1_hand_r", "midline": "m1_hand_l"}
