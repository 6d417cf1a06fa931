"""Files written by hand in each navigator's form, all with the same three coil poses."""

from pathlib import Path

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.io.navigators import (
    read_pose_file,
    read_subject_poses,
    write_pose_file,
)
from cortistim.placement import deviation

FILES = Path(__file__).parent / "files"
POSED = (
    "aligned.txt", "brainsight.txt", "instruments_lps.xml", "instruments_ras.xml",
    "markers.mrk", "points.stmpx", "scanner.txt", "triggers_coil1.xml", "world.txt",
)  # fmt: skip

IN_SUBJECT_SPACE = tuple(n for n in POSED if n not in ("brainsight.txt", "world.txt"))
# what the image was that the two files in other frames were exported with
IMAGE = np.array([[-2.0, 0, 0, 30], [0, 1.5, 0, -40], [0, 0, 1, -20], [0, 0, 0, 1]])
THREE_DECIMALS_M = np.sqrt(3) * 0.5e-6  # of a millimetre, along three axes
THREE_DECIMALS_RAD = np.sqrt(3) * 0.5e-3 * np.sqrt(3)  # three axes, three cells each


def posed(towards, handle, distance_mm=94.0):
    """A coil on a ball: z into the head, y away from the handle, x = y × z."""
    outward = np.array(towards) / np.linalg.norm(towards)
    along = np.array(handle) - (np.array(handle) @ outward) * outward
    along /= np.linalg.norm(along)
    matrix = np.eye(4)
    matrix[:3, :3] = np.column_stack([np.cross(along, -outward), along, -outward])
    matrix[:3, 3] = distance_mm * outward
    return matrix


POSES_MM = (
    posed([-0.6, 0, 0.8], [0.8, 0, 0.6]),
    posed([-0.48, 0.6, 0.64], [0.6, 0.8, -0.3]),
    posed([0, 0, 1], [0, 1, 0]),
)


def require_the_poses(found):
    """Compare the last three, since Brainsight's files hold them as targets and samples."""
    assert len(found) in (3, 6)
    for entry, wanted_mm in zip(found[-3:], POSES_MM, strict=True):
        gap_m = np.linalg.norm(entry.pose.origin_m - 1e-3 * wanted_mm[:3, 3])
        turned = entry.pose.rotation.T @ wanted_mm[:3, :3]
        angle_rad = np.arccos(np.clip((np.trace(turned) - 1) / 2, -1, 1))
        assert gap_m <= THREE_DECIMALS_M
        assert angle_rad <= THREE_DECIMALS_RAD


@pytest.mark.parametrize("name", IN_SUBJECT_SPACE)
def test_every_navigator_s_axes_are_turned_into_ours(name):
    found = read_pose_file(FILES / name)
    assert found.refused == ()
    require_the_poses(found.poses)


@pytest.mark.parametrize("name", ["brainsight", "world"])
def test_other_frames_lead_to_the_same_session_through_their_image(name, image_file):
    require_the_poses(read_subject_poses(FILES / f"{name}.txt", image_file(IMAGE))[0].poses)


@pytest.mark.parametrize("name", ["brainsight", "scanner", "world"])
def test_other_frames_are_refused_without_the_image(name):
    with pytest.raises(BadInputError, match="`image`"):
        read_subject_poses(FILES / f"{name}.txt")


@pytest.mark.parametrize("name", POSED)
def test_every_coil_looks_at_the_middle_of_the_head(name, image_file):
    for entry in read_subject_poses(FILES / name, image_file(IMAGE))[0].poses:
        inward = -entry.pose.origin_m / np.linalg.norm(entry.pose.origin_m)
        assert entry.pose.rotation[:, 2] @ inward > np.cos(2 * THREE_DECIMALS_RAD)


@pytest.mark.parametrize("name", POSED)
def test_printed_rotations_are_made_exact(name):
    for entry in read_pose_file(FILES / name).poses:
        turn = entry.pose.rotation
        np.testing.assert_allclose(turn.T @ turn, np.eye(3), atol=1e-12)


@pytest.mark.parametrize(
    ("name", "poses", "dropped"),
    [
        ("aligned_empty.txt", 0, 0),
        ("triggers.xml", 0, 0),
        ("triggers_coil0.xml", 0, 2),
        ("triggers_coil1.xml", 3, 0),
        ("points.stmpx", 3, 0),
    ],
)
def test_untracked_pulses_are_counted(name, poses, dropped):
    found = read_pose_file(FILES / name)
    assert (len(found.poses), sum(found.dropped.values())) == (poses, dropped)


def test_what_was_recorded_beside_the_pose_is_read():
    triggers = read_pose_file(FILES / "triggers_coil1.xml").poses
    assert [entry.percent_mso for entry in triggers] == [45, 50, 55]
    assert [entry.didt_a_per_s for entry in triggers] == pytest.approx([62e6, 63e6, 64e6])
    assert [entry.time_s for entry in triggers] == pytest.approx([1.0, 3.5, 6.0])
    samples = [e for e in read_pose_file(FILES / "aligned.txt").poses if e.kind == "sample"]
    assert [entry.percent_mso for entry in samples] == [45, 50, 55]
    assert [entry.target for entry in samples] == ["vertex left", "front left", "vertex"]
    points = read_pose_file(FILES / "points.stmpx").poses
    assert [entry.time_s for entry in points] == pytest.approx([0, 1.5, 3.0])


def test_scanner_coordinates_are_carried_from_form_to_form(image_file):
    move = np.eye(4)
    move[:3, :3] = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
    move[:3, 3] = 3, -4, 5
    image = image_file(IMAGE, sform=move @ IMAGE, codes=(1, 2))  # subject space is the sform
    before = read_pose_file(FILES / "scanner.txt").poses
    after = read_subject_poses(FILES / "scanner.txt", image)[0].poses
    for one, other in zip(before, after, strict=True):
        wanted_m = move[:3, :3] @ one.pose.origin_m + 1e-3 * move[:3, 3]
        # NIfTI keeps its forms in single precision: 1e-7 of 0.1 m, and a quaternion's parts
        np.testing.assert_allclose(other.pose.origin_m, wanted_m, atol=1e-6)


def test_the_chain_of_navigators_moves_no_pose(tmp_path):
    source = FILES / "instruments_lps.xml"
    for path in (tmp_path / "a.xml", tmp_path / "b.json", tmp_path / "c.txt"):
        before = read_pose_file(source).poses
        write_pose_file(path, read_subject_poses(source)[0].poses)
        source = path
        for one, other in zip(before, read_pose_file(path).poses, strict=True):
            distance_m, angle_rad = deviation(one.pose, other.pose)
            assert distance_m <= THREE_DECIMALS_M
            assert angle_rad <= THREE_DECIMALS_RAD
