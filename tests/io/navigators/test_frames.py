import numpy as np
import pytest

from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.navigators import (
    read_pose_file,
    read_subject_poses,
    write_pose_file,
)
from cortistim.io.navigators.brainsight import declared_frame
from cortistim.io.navigators.frames import read_image_forms, subject_from
from cortistim.placement import deviation

BRAINSIGHT = "data/simnibs/navigation/brainsight"
RAS = np.array([[-2.0, 0, 0, 30], [0, 1.5, 0, -40], [0, 0, 1, -20], [0, 0, 0, 1]])  # runs to L


def tilted(degrees):
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    matrix[:3, 3] = 3, -4, 5
    return matrix


@pytest.mark.parametrize(
    ("name", "needs_image"),
    [
        ("NIfTI:Aligned", False),
        ("NIfTI:Q:Aligned", False),
        ("NIfTI:Q:MNI-152", False),
        ("NIfTI:Scanner", True),
        ("NIfTI:Q:Scanner", True),
        ("NIfTI:S:Aligned", True),
        ("NIfTI:S:Scanner", True),
        ("Brainsight", True),
        ("World", True),
        ("Somewhere", True),
    ],
)
def test_a_frame_says_whether_it_needs_the_image(name, needs_image):
    assert declared_frame(name).needs_image is needs_image


@pytest.mark.parametrize(
    "name", ["dcmimage_worldcoord", "niiImage_brainsightcoord", "niiImage_nifticoord"]
)
def test_other_frames_are_refused_without_the_image(shared_file, name):
    path = shared_file(f"{BRAINSIGHT}/{name}.txt")
    with pytest.raises(BadInputError, match="`image`"):
        read_subject_poses(path)


def test_brainsight_counts_from_the_right_anterior_inferior_voxel(image_file):
    frame = declared_frame("Brainsight")
    carry = subject_from(frame, read_image_forms(image_file(RAS)))
    x, y, z = RAS[:3, 3]
    corner = np.array([x, y + 1.5 * 23, z])  # columns run from right to left already
    np.testing.assert_allclose(carry[:3, 3], corner)
    np.testing.assert_allclose(carry[:3, :3], np.diag([-1, -1, 1]), atol=1e-12)


def test_the_order_of_the_voxels_does_not_matter_to_brainsights_frame(image_file):
    from nibabel.orientations import inv_ornt_aff

    frame = declared_frame("Brainsight")
    one = subject_from(frame, read_image_forms(image_file(RAS)))
    turn = np.array([[2, -1], [0, 1], [1, 1]])  # reads the image in another order
    other_shape = tuple(np.array((20, 24, 28))[np.argsort(turn[:, 0])])
    other = RAS @ inv_ornt_aff(turn, (20, 24, 28))
    image = read_image_forms(image_file(other, other_shape))
    np.testing.assert_allclose(subject_from(frame, image), one, atol=1e-4)


def test_one_session_in_two_frames_is_the_same_session(shared_file, image_file):
    """The image lies as the two exports of one session say that it does."""
    own = read_pose_file(shared_file(f"{BRAINSIGHT}/niiImage_brainsightcoord.txt"))
    aligned = read_pose_file(shared_file(f"{BRAINSIGHT}/niiImage_niftialignedcoord.txt"))
    corner = np.eye(4)
    first, last = own.poses[1].pose, aligned.poses[1].pose
    corner[:3, :3] = last.rotation @ first.rotation.T
    corner[:3, 3] = 1e3 * (last.origin_m - corner[:3, :3] @ first.origin_m)
    flipped = corner @ np.diag([-1, 1, 1, 1])  # runs to the right instead
    flipped[:3, 3] += corner[:3, 0] * 99
    image = image_file(flipped, (100, 120, 140), codes=(2, 2))
    carried = read_subject_poses(
        shared_file(f"{BRAINSIGHT}/niiImage_brainsightcoord.txt"), image
    )[0]
    for one, other in zip(carried.poses, aligned.poses, strict=True):
        distance_m, angle_rad = deviation(one.pose, other.pose)
        assert distance_m < 3e-4  # the file has three decimals, 0.15 m from the corner
        assert angle_rad < 3e-3


def test_the_world_of_dicom_is_turned_about_z(shared_file, image_file):
    path = shared_file(f"{BRAINSIGHT}/dcmimage_worldcoord.txt")
    before, after = read_pose_file(path), read_subject_poses(path, image_file(RAS))[0]
    turn = np.diag([-1.0, -1, 1])
    for one, other in zip(before.poses, after.poses, strict=True):
        np.testing.assert_allclose(turn @ one.pose.origin_m, other.pose.origin_m, atol=1e-9)
        np.testing.assert_allclose(turn @ one.pose.rotation, other.pose.rotation, atol=1e-9)


def test_scanner_coordinates_are_carried_from_form_to_form(shared_file, image_file):
    path = shared_file(f"{BRAINSIGHT}/niiImage_nifticoord.txt")
    move = tilted((3, -2, 5))
    image = image_file(RAS, sform=move @ RAS, codes=(1, 2))  # subject space is the sform
    before, after = read_pose_file(path), read_subject_poses(path, image)[0]
    expected = move[:3, :3] @ before.poses[0].pose.origin_m + move[:3, 3] / 1e3
    np.testing.assert_allclose(after.poses[0].pose.origin_m, expected, atol=1e-6)


def test_an_image_whose_forms_differ_and_lack_the_scanner_is_refused(shared_file, image_file):
    path = shared_file(f"{BRAINSIGHT}/niiImage_nifticoord.txt")
    image = image_file(RAS, sform=tilted((3, -2, 5)) @ RAS, codes=(2, 4))
    with pytest.raises(BadInputError, match="qform and sform differ"):
        read_subject_poses(path, image)


def test_an_image_must_say_where_it_lies(image_file, tmp_path):
    with pytest.raises(FileFormatError, match="qform or sform"):
        read_image_forms(image_file(RAS, codes=(0, 0)))
    (tmp_path / "no.nii").write_bytes(b"no image" * 100)
    with pytest.raises(FileFormatError, match="not a complete NIfTI"):
        read_image_forms(tmp_path / "no.nii")


def test_visor2_refuses_another_image(recorded, image_file, tmp_path):
    path, image = tmp_path / "m.mrk", image_file(RAS)
    write_pose_file(path, recorded, "visor2", read_image_forms(image))
    assert len(read_subject_poses(path, image)[0].poses) == len(recorded)
    moved = RAS.copy()
    moved[0, 3] += 0.01
    with pytest.raises(BadInputError, match="not the image"):
        read_subject_poses(path, image_file(moved))


def test_invesalius_keeps_positions_on_its_own_grid(recorded, image_file, tmp_path):
    path = tmp_path / "m.mkss"
    write_pose_file(path, recorded, "invesalius", read_image_forms(image_file(RAS)))
    names, first = (line.split("\t") for line in path.read_text().splitlines()[1:3])
    cells = dict(zip((n.strip('"') for n in names), first, strict=True))
    world = np.array([float(cells[f"{axis}_world"]) for axis in "xyz"])
    # the grid runs to the right from x = 30 - 2 * 19 and counts y from its anterior end
    expected = [world[0] - (30 - 38), 1.5 * 23 - (world[1] + 40), world[2] + 20]
    np.testing.assert_allclose([float(cells[a]) for a in "xyz"], expected, atol=1e-5)
