import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.io.navigators import (
    WRITERS,
    NavigatedPose,
    read_one_pose,
    read_pose_file,
    read_subject_poses,
    write_pose_file,
)
from cortistim.placement import Pose, deviation

SUFFIX = {
    "cortistim": ".json", "brainsight": ".txt", "localite": ".xml", "localite-lps": ".xml",
    "visor2": ".mrk", "navinibs": ".json", "invesalius": ".mkss", "simnibs": ".mat",
    "csv": ".csv",
}  # fmt: skip
WITHOUT_SAMPLES = {"visor2", "simnibs", "csv"}


def far_apart(one, other):
    distance_m, angle_rad = deviation(one, other)
    return distance_m * 1e3, np.rad2deg(angle_rad)


def same_place(one, other, mm=1e-5, degrees=1e-4):
    apart_mm, turned_deg = far_apart(one, other)
    return apart_mm < mm and turned_deg < degrees


@pytest.mark.parametrize("form", WRITERS)
def test_what_is_written_reads_back_equal(form, recorded, tmp_path):
    path = tmp_path / f"poses{SUFFIX[form]}"
    write_pose_file(path, recorded, form)
    found = read_pose_file(path)
    assert not found.frame.needs_image
    assert (found.refused, dict(found.dropped)) == ((), {})
    assert [p.name for p in found.poses] == [p.name for p in recorded]
    assert all(same_place(a.pose, b.pose) for a, b in zip(found.poses, recorded, strict=True))
    if form not in WITHOUT_SAMPLES:
        assert [p.kind for p in found.poses] == [p.kind for p in recorded]


@pytest.mark.parametrize("form", WRITERS)
def test_writing_twice_gives_the_same_bytes(form, recorded, tmp_path):
    one, two = tmp_path / f"a{SUFFIX[form]}", tmp_path / f"b{SUFFIX[form]}"
    for path in (one, two):
        write_pose_file(path, recorded, form)
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("form", WRITERS)
def test_a_file_without_poses_is_read_as_such(form, tmp_path):
    path = tmp_path / f"none{SUFFIX[form]}"
    write_pose_file(path, (), form)
    assert read_pose_file(path).poses == ()


@pytest.mark.parametrize("form", ["cortistim", "brainsight", "localite", "navinibs"])
def test_output_and_responses_survive(form, recorded, tmp_path):
    path = tmp_path / f"samples{SUFFIX[form]}"
    write_pose_file(path, recorded[2:], form)
    first, second, third = read_pose_file(path).poses
    assert (first.percent_mso, second.time_s) == (45.0, 5.25)
    assert first.mep_v == pytest.approx((5e-4,))
    assert third.mep_v == ()
    assert np.isnan(third.percent_mso)
    assert third.time_s == pytest.approx(3605.5)
    if form != "brainsight":
        assert first.didt_a_per_s == pytest.approx(6.2e7)


def test_the_chain_of_navigators_moves_no_pose(shared_file, tmp_path):
    source = shared_file(
        "data/simnibs/navigation/brainsight/niiImage_niftialigned_q_coord_v14.txt"
    )
    chain = ((tmp_path / "a.xml"), (tmp_path / "b.json"), (tmp_path / "c.txt"))
    for path in chain:
        write_pose_file(path, read_subject_poses(source)[0].poses)
        source, before = path, read_pose_file(source)
        after = read_pose_file(path)
        assert len(after.poses) == len(before.poses) > 0
        for one, other in zip(before.poses, after.poses, strict=True):
            assert same_place(one.pose, other.pose, mm=0.01, degrees=0.01)


@settings(max_examples=30, deadline=None)
@given(
    axis=st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1),
    angle=st.floats(-np.pi, np.pi),
    place=st.tuples(*[st.floats(-120, 120)] * 3).filter(lambda v: np.linalg.norm(v) > 2),
)
@pytest.mark.parametrize("form", ["invesalius", "brainsight", "localite-lps"])
def test_any_rotation_survives(form, axis, angle, place, tmp_path_factory):
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    unit = np.array(axis) / np.linalg.norm(axis)
    matrix[:3, :3] = Rotation.from_rotvec(angle * unit).as_matrix()
    matrix[:3, 3] = np.array(place) * 1e-3
    path = tmp_path_factory.getbasetemp() / f"any{SUFFIX[form]}"
    write_pose_file(path, [NavigatedPose("p", "target", Pose(matrix))], form)
    assert same_place(read_one_pose(path), Pose(matrix), mm=1e-3, degrees=1e-3)


def test_the_deviation_is_a_distance_and_the_angle_of_one_turn():
    turned = np.array([[0, -1, 0, 0.003], [1, 0, 0, 0.004], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    assert far_apart(Pose(turned), Pose(np.eye(4))) == pytest.approx((5.0, 90.0))
    half = Pose(np.diag([-1.0, -1, 1, 1]))
    assert far_apart(half, Pose(np.eye(4))) == pytest.approx((0.0, 180.0))
    assert far_apart(half, half) == (0.0, 0.0)
