"""Can a cell of a table that we write start a formula?"""

import csv
from io import StringIO

import numpy as np
import pytest

from cortistim.io.table.positions import read_positions_csv, write_electrodes_csv
from cortistim.io.text import csv_text, plain_cell


@pytest.mark.parametrize(
    "name",
    ["=LINK(1)", "+1+cmd", "-2+3", "@SUM(A1)", " =1+1", "\t=1", "-", '="a,b"\n'],
)
def test_a_name_that_a_spreadsheet_would_compute_is_marked_and_read_back(name):
    ((cell,),) = csv.reader(StringIO(csv_text((), [[name]]), newline=""))
    assert cell == "'" + name
    assert plain_cell(cell) == name


@pytest.mark.parametrize(
    "cell", [-1, -1.5, "-1.5", "+2", "-1e-7", "nan", "-inf", "C3", "'q'", ""]
)
def test_numbers_and_plain_names_stay(cell):
    ((read,),) = csv.reader(StringIO(csv_text((), [[cell]]), newline=""))
    assert read == str(cell)
    assert plain_cell(read) == read


def test_electrodes_with_names_of_all_kinds_are_read_back(tmp_path):
    names = ("C3", "=1+1", "a,b", "-x")
    places = {name: np.array([-0.01, 0.02, k * 1e-3]) for k, name in enumerate(names)}
    write_electrodes_csv(tmp_path / "e.csv", places)
    assert ",'=1+1\n" in (tmp_path / "e.csv").read_text()
    read = read_positions_csv(tmp_path / "e.csv")
    assert tuple(read) == names
    assert all(np.allclose(read[name], places[name]) for name in names)
