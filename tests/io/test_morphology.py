import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.errors import BadInputError, CortistimError
from cortistim.io.morphology import read_morphology
from cortistim.neuron.morphology import APICAL, AXON, BASAL

GOOD = """# a cell
1 1 0 0 0 8 -1
2 3 0 -10 0 1 1
3 3 0 -60 0 0.5 2
4 2 5 -10 0 0.4 1
5 2 5 -200 0 0.4 4
6 2 60 -260 0 0.3 5
7 2 -60 -260 0 0.3 5
8 4 0 20 0 1.5 1
9 4 0 300 0 0.8 8
"""
ASC = """; exported
("CellBody" (Color Red) (CellBody)
  (5 0 0 0) (0 5 0 0) (-5 0 0 0) (0 -5 0 0)
)
((Color Blue) (Axon)
  (0 -5 0 1)
  (0 -50 0 0.8)
  (
    (10 -90 0 0.6)
    (40 -150 0 0.6)
  |
    (-10 -90 0 0.6)
    (
      (-30 -150 0 0.5)
    |
      (-5 -160 0 0.5)
    )
  )
)
( (Color Green) (Dendrite)
  (0 5 0 2)
  (0 60 0 1)
  Normal
)
"""


def written(folder, text, name="cell.swc"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_an_swc_file_is_read(tmp_path):
    cell = read_morphology(written(tmp_path, GOOD))
    assert cell.name == "cell"
    assert np.bincount(cell.kind).tolist() == [0, 1, 4, 2, 2]
    assert cell.length_m[cell.kind == AXON].max() == pytest.approx(190e-6)
    assert len(cell.sections()) == 5
    assert cell.up.tolist() == [0, 1, 0]


def test_an_asc_file_is_read_with_its_splits(tmp_path):
    cell = read_morphology(written(tmp_path, ASC, "cell.asc"))
    axon = cell.kind == AXON
    ends = axon & (np.bincount(cell.parent[1:], minlength=len(cell.parent)) == 0)
    assert ends.sum() == 3
    assert axon.sum() == 7
    assert (cell.kind == BASAL).sum() == 2
    assert cell.radius_m[0] == pytest.approx(np.sqrt(50 / np.pi) * 1e-6)
    assert any("sphere" in note for note in cell.notes)


def test_both_formats_give_the_same_cell(tmp_path):
    asc = read_morphology(written(tmp_path, ASC, "cell.asc"))
    lines = [
        f"{i + 1} {k} {x} {y} {z} {r} {p + 1 if p >= 0 else -1}"
        for i, (k, (x, y, z), r, p) in enumerate(
            zip(asc.kind, asc.points_m * 1e6, asc.radius_m * 1e6, asc.parent, strict=True)
        )
    ]
    swc = read_morphology(written(tmp_path, "\n".join(lines), "again.swc"))
    assert np.allclose(swc.points_m, asc.points_m)
    assert np.array_equal(swc.parent, asc.parent)


def test_points_out_of_order_are_sorted_and_said(tmp_path):
    lines = GOOD.strip().splitlines()
    cell = read_morphology(written(tmp_path, "\n".join(reversed(lines))))
    assert (cell.parent < np.arange(len(cell.parent))).all()
    assert any("in order" in note for note in cell.notes)


def test_repeated_points_are_left_out_and_said(tmp_path):
    text = GOOD.replace("5 2 5 -200 0 0.4 4", "5 2 5 -200 0 0.4 10\n10 2 5 -10 0 0.4 4")
    cell = read_morphology(written(tmp_path, text))
    assert any("1 points that repeat" in note for note in cell.notes)


def test_points_without_a_radius_get_one_and_it_is_said(tmp_path):
    cell = read_morphology(written(tmp_path, GOOD.replace("60 -260 0 0.3", "60 -260 0 0")))
    assert cell.radius_m.min() > 1e-8
    assert any("thinner" in note for note in cell.notes)


def test_a_three_point_soma_becomes_a_sphere_of_its_area(tmp_path):
    text = "1 1 0 0 0 8 -1\n2 1 0 -8 0 8 1\n3 1 0 8 0 8 1\n4 2 0 -20 0 0.5 1\n5 2 0 -90 0 0.5 4"
    cell = read_morphology(written(tmp_path, text))
    assert cell.radius_m[0] == pytest.approx(8e-6)


def test_the_pia_is_where_a_lying_cells_apical_dendrite_points(tmp_path):
    rows = [line.split() for line in GOOD.strip().splitlines()[1:]]
    lying = "\n".join(" ".join((r[0], r[1], r[3], r[2], *r[4:])) for r in rows)
    cell = read_morphology(written(tmp_path, lying))
    assert (cell.kind == APICAL).any()
    assert cell.up @ [1, 0, 0] > 0.9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("4 2 5 -10 0 0.4 1", "4 2 5 -10 0 0.4 6"), "cycle"),
        (GOOD.replace("2 3 0 -10 0 1 1", "2 3 0 -10 0 1 2"), "cycle"),
        ("1 1 0 0 0 8 3\n2 2 0 -20 0 0.5 1\n3 2 0 -300 0 0.5 2\n", "cycle"),
        (GOOD.replace("1 1 0 0 0 8 -1", "1 3 0 0 0 8 -1"), "no soma"),
        (GOOD.replace("7 2 -60 -260 0 0.3 5", "7 2 5 -200 0 0.3 5"), "no length"),
        (GOOD.replace("7 2", "6 2"), "more than once"),
        (GOOD.replace("0.3 5", "0.3 55"), "not in the file"),
        (GOOD.replace("60 -260 0 0.3 5", "60 -260 zero 0.3 5"), "line 7"),
        (GOOD.replace("60 -260", "nan -260"), "line 7"),
        (GOOD.replace("8 4 0 20 0 1.5 1", "8 4 0 900 0 1.5 -1"), "joined to nothing"),
        ("1 1 0 0 0 8 -1\n", "nothing else"),
        ("# nothing\n", "no points"),
        ("1 1 0 0 0 8 -1\n2 2 0 0 900000 1 1\n", "micrometres"),
    ],
)
def test_broken_swc_files_are_refused_in_a_sentence(tmp_path, text, words):
    with pytest.raises(BadInputError, match=words):
        read_morphology(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ASC.rsplit(")", 1)[0], "never closed"),
        (ASC.split("((Color Blue)")[1].join(("((Color Blue)", "")), "no soma"),
        (ASC.replace("(0 -50 0 0.8)", "(0 x 0 0.8)"), "point must be"),
        ("; nothing", "no cell body"),
    ],
)
def test_broken_asc_files_are_refused_in_a_sentence(tmp_path, text, words):
    with pytest.raises(BadInputError, match=words):
        read_morphology(written(tmp_path, text, "cell.asc"))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_files_never_fail_in_another_way(tmp_path_factory, data):
    text = data.draw(st.sampled_from([GOOD, ASC]))
    at = data.draw(st.integers(0, len(text) - 1))
    piece = data.draw(st.sampled_from(["", "(", ")", "|", "-1", "\n", "1e400", "nan", " 7 "]))
    folder = tmp_path_factory.mktemp("damaged")
    name = "cell.swc" if text is GOOD else "cell.asc"
    path = written(folder, text[:at] + piece + text[at + data.draw(st.integers(0, 9)) :], name)
    with contextlib.suppress(CortistimError):
        assert len(read_morphology(path).sections())


@pytest.mark.parametrize(
    "name", ["C060110A2", "rat_20140925_RH1_Exp1_cell2", "rp110616_C1_idB"]
)
def test_reconstructed_cells_are_read(shared_file, name):
    cell = read_morphology(shared_file(f"data/cells/{name}.asc"))
    assert 10e-3 < cell.length_m[cell.kind == AXON].sum() < 20e-3
    assert cell.up @ [0, 1, 0] > 0.9
