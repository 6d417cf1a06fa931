import numpy as np
import pytest

from cortistim.errors import FileFormatError
from cortistim.io.coil.paths import read_paths


def read(tmp_path, text):
    file = tmp_path / "wire.txt"
    file.write_text(text, encoding="utf-8")
    return read_paths(file)


def test_blank_lines_part_paths_and_millimetres_become_metres(tmp_path):
    text = "x y z\n# a loop\n0,0,0\n10 0 0\n10\t10, 0\n\n\n0,0,-5\n1,2,3\n"
    one, other = read(tmp_path, text)
    np.testing.assert_allclose(one, [[0, 0, 0], [0.01, 0, 0], [0.01, 0.01, 0]])
    np.testing.assert_allclose(other, [[0, 0, -0.005], [0.001, 0.002, 0.003]])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("0,0\n", 1),
        ("0,0,0\n0,0,0,1\n", 2),
        ("0,0,0\n1,2,three\n", 2),
        ("0,0,0\n1,2,nan\n", 2),
        ("0,0,0\n1,2,inf\n", 2),
        ("0,0,0\n1,2,1000.1\n", 2),
        ("10,2O,3\n0,0,0\n", 1),  # a letter O in the first corner makes no header
    ],
)
def test_a_line_that_is_no_corner_is_refused_with_its_number(tmp_path, text, line):
    with pytest.raises(FileFormatError, match=f"line {line}: a corner must be x,y,z"):
        read(tmp_path, text)


@pytest.mark.parametrize("text", ["", "x,y,z\n", "# nothing\n\n"])
def test_a_file_without_corners_is_refused(tmp_path, text):
    with pytest.raises(FileFormatError, match="holds none"):
        read(tmp_path, text)


def test_a_path_in_another_unit_is_refused(tmp_path):
    (path,) = read(tmp_path, "-300,300,0\n0,0,0\n")
    np.testing.assert_allclose(path[0], [-0.3, 0.3, 0])
    with pytest.raises(FileFormatError, match="another unit"):
        read(tmp_path, "-1000,1000,0\n0,0,0\n")
