import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cortistim.errors import BadInputError, FileFormatError, PoseError
from cortistim.io.pose import read_pose, write_pose
from cortistim.io.table.points import (
    PointField,
    point_table,
    read_points_csv,
    write_points_csv,
)
from cortistim.io.table.positions import read_positions_csv
from cortistim.io.table.sigma import parse_sigma
from cortistim.placement.pose import Pose

DOWN_MM = [[-1, 0, 0, 1.5], [0, 1, 0, -20], [0, 0, -1, 90.25], [0, 0, 0, 1]]


@pytest.fixture
def saved(tmp_path):
    def save(text, name="a.csv"):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        return path

    return save


def test_a_pose_is_in_millimetres_in_the_file_and_metres_inside(saved, tmp_path):
    pose = read_pose(saved({"matsimnibs": DOWN_MM, "note": "other keys do not matter"}))
    np.testing.assert_allclose(pose.origin_m, [0.0015, -0.020, 0.09025])
    write_pose(tmp_path / "b.json", pose)
    np.testing.assert_allclose(read_pose(tmp_path / "b.json").matrix_m, pose.matrix_m)


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        ({"pose": DOWN_MM}, FileFormatError, "key matsimnibs"),
        ({"matsimnibs": DOWN_MM[:3]}, FileFormatError, r"got shape \(3, 4\)"),
        ({"matsimnibs": [[1, 2], [3]]}, FileFormatError, "4x4 matrix"),
        ({"matsimnibs": [["a"] * 4] * 4}, FileFormatError, "4x4 matrix of numbers"),
        ({"matsimnibs": {"a": 1}}, FileFormatError, "4x4 matrix of numbers"),
        ([1, 2], FileFormatError, "must be an object"),
        ("{", FileFormatError, "not JSON"),
        ({"matsimnibs": [[1, 0.1, 0, 0], *np.eye(4)[1:].tolist()]}, PoseError, "rigid"),
        ({"matsimnibs": np.diag([-1, 1, 1, 1]).tolist()}, PoseError, "mirror"),
        ({"matsimnibs": np.diag([1, 1, 1, 2]).tolist()}, PoseError, "last row"),
    ],
)
def test_a_pose_file_that_holds_no_pose_is_refused(saved, content, error, words):
    with pytest.raises(error, match=words) as caught:
        read_pose(saved(content, "p.json"))
    assert "p.json" in str(caught.value)


def field_of(e_v_per_m, tags):
    e_v_per_m = np.array(e_v_per_m, float)
    return PointField(e_v_per_m, np.array(tags), np.full(len(tags), 0.5), 2 * e_v_per_m)


def test_points_come_back_with_their_coordinates_as_they_were_given(saved, tmp_path):
    table = read_points_csv(saved("name, z_mm,x_mm,y_mm\na,3,1.50,-2e0\n\nb,0.1,0,7\n"))
    np.testing.assert_allclose(table.points_m, [[1.5e-3, -2e-3, 3e-3], [0, 7e-3, 1e-4]])
    write_points_csv(tmp_path / "out.csv", table, field_of([[1, 2, 3], [0, 0, 0.0]], [2, 0]))
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        "x_mm,y_mm,z_mm,ex_v_per_m,ey_v_per_m,ez_v_per_m,tissue,error_v_per_m,"
        "ex_mean_2mm_v_per_m,ey_mean_2mm_v_per_m,ez_mean_2mm_v_per_m",
        "1.50,-2e0,3,1,2,3,2,0.5,2,4,6",
        "0,7,0.1,nan,nan,nan,0,nan,nan,nan,nan",
    ]


def test_points_of_no_file_are_written_to_a_micrometre(tmp_path):
    table = point_table(np.array([[0.0123456, 0, -0.05]]))
    write_points_csv(tmp_path / "out.csv", table, field_of(np.ones((1, 3)), [1]))
    assert read_points_csv(tmp_path / "out.csv").texts == (("12.346", "0.000", "-50.000"),)
    with pytest.raises(BadInputError, match="a field, a tag"):
        write_points_csv(tmp_path / "out.csv", table, field_of(np.ones((2, 3)), [1, 1]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "x_mm, y_mm, z_mm missing"),
        ("1,2,3\n", "header"),
        ("x_mm,y_mm\n1,2\n", "z_mm missing"),
        ("x_mm,y_mm,z_mm\n", "there is none"),
        ("x_mm,y_mm,z_mm\n1,2,3\n1,nan,3\n", "line 3: y_mm"),
        ("x_mm,y_mm,z_mm\n1,2\n", "line 2: z_mm"),
        ("x_mm,y_mm,z_mm\n1,two,3\n", "line 2: y_mm .* 'two'"),
        ('x_mm,y_mm,z_mm\n1,"2,3\n', "line 2"),
    ],
)
def test_a_broken_table_of_points_is_named_with_its_line(saved, text, words):
    with pytest.raises(FileFormatError, match=words):
        read_points_csv(saved(text))


def test_conductivities_are_read_from_text_json_and_csv(saved):
    expected = {2: 0.3, 3: 1.6}
    assert parse_sigma("2=0.3,3=1.6") == expected
    assert parse_sigma(" 2 = 0.3 ; 3=1.6 ") == expected
    assert parse_sigma(str(saved({"2": 0.3, "3": 1.6}, "s.json"))) == expected
    assert parse_sigma(str(saved("tag,s_per_m\n2,0.3\n3,1.6\n", "s.csv"))) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "at least one"),
        ("2", "positive number"),
        ("2=", "positive number"),
        ("2=-1", "positive number"),
        ("2=inf", "positive number"),
        ("2=nan", "positive number"),
        ("gm=0.3", "whole number"),
        ("2=0.3,2=0.4", "tag 2 has two"),
        ("nowhere.json", "file not found"),
    ],
)
def test_conductivities_that_are_none_are_refused(text, words):
    with pytest.raises(BadInputError, match=words):
        parse_sigma(text)


def test_a_cell_as_long_as_a_file_is_no_conductivity(saved):
    path = saved("tag,sigma\n2," + "9" * 200_000 + "\n")
    with pytest.raises(FileFormatError, match="comma-separated") as caught:
        parse_sigma(str(path))
    assert len(str(caught.value)) < 400
    with pytest.raises(FileFormatError, match="comma-separated"):
        read_positions_csv(saved("Electrode," + "9" * 200_000 + ",1,2,Cz\n"))


@given(st.text(max_size=30))
def test_any_text_gives_conductivities_or_our_own_error(text):
    try:
        table = parse_sigma(text)
    except BadInputError:
        return
    assert all(0 < value < np.inf for value in table.values())


@given(st.lists(st.floats(-1, 1), min_size=6, max_size=6))
def test_any_rigid_pose_survives_its_file(tmp_path_factory, numbers):
    from scipy.spatial.transform import Rotation

    assume(np.linalg.norm(numbers[3:]) > 1e-3)  # nearer, metres are suspected
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(numbers[:3]).as_matrix()
    matrix[:3, 3] = numbers[3:]
    path = tmp_path_factory.getbasetemp() / "pose.json"
    write_pose(path, Pose(matrix))
    np.testing.assert_allclose(read_pose(path).matrix_m, matrix, atol=2e-9)
