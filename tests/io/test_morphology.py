import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.errors import BadInputError, CortistimError
from cortistim.io.cell.morphology import read_morphology
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
    assert any("repeat the one before left out: 1" in note for note in cell.notes)


def test_an_end_that_repeats_its_parent_is_left_out_and_said(tmp_path):
    text = GOOD.replace("7 2 -60 -260 0 0.3 5", "7 2 5 -200 0 0.3 5")
    cell = read_morphology(written(tmp_path, text))
    assert len(cell.kind) == 8
    assert any("ends: 1" in note for note in cell.notes)


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
        ("1 1 0 0 0 8 -1\n2 2 0 0 0 1 1\n", "in one place"),
        (GOOD.replace("9 4 0", "1e300 4 0"), "line 10"),
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


AXON_PARTS = """1 1 0 0 0 8 -1
2 3 0 60 0 1 1
3 3 0 200 0 0.8 2
4 2 0 -20 0 0.8 1
5 5 0 -100 0 0.6 4
6 7 0 -101 0 0.5 5
7 6 30 -200 0 0.4 6
8 6 -30 -260 0 0.4 6
"""


def test_points_of_unknown_type_are_what_they_hang_on(tmp_path):
    cell = read_morphology(written(tmp_path, AXON_PARTS))
    told = read_morphology(written(tmp_path, AXON_PARTS.replace("5 5", "5 2").replace(
        "6 7", "6 2").replace("7 6", "7 2").replace("8 6", "8 2"), "told.swc"))  # fmt: skip
    assert cell.kind.tolist() == told.kind.tolist()
    assert (cell.kind == AXON).sum() == 5
    assert any("4 axon" in note and "(5, 6, 7)" in note for note in cell.notes)


def test_an_unknown_type_at_the_soma_is_what_hangs_on_it(tmp_path):
    cell = read_morphology(written(tmp_path, AXON_PARTS.replace("4 2", "4 0")))
    assert (cell.kind == AXON).sum() == 0  # nothing there says axon
    assert any("unknown type only" in note for note in cell.notes)
    stub = AXON_PARTS.replace("4 2", "4 0").replace("7 6", "7 2")
    assert (read_morphology(written(tmp_path, stub)).kind == AXON).sum() == 5


def test_a_cell_without_an_axon_is_said_to_be_unable_to_fire(tmp_path):
    cell = read_morphology(written(tmp_path, AXON_PARTS.replace("4 2", "4 3")))
    assert any("no axon" in note and "fire" in note for note in cell.notes)
    assert not any("no axon" in note for note in read_morphology(written(tmp_path, GOOD)).notes)


def test_a_split_that_repeats_the_one_before_becomes_one_with_it(tmp_path):
    text = (
        "1 1 0 0 0 6 -1\n2 2 0 -20 0 0.5 1\n3 2 0 -120 0 0.5 2\n4 3 10 0 0 0.8 1\n"
        "5 3 40 0 0 0.8 4\n6 3 40.0001 0 0 0.8 5\n7 3 90 40 0 0.5 6\n8 3 90 -40 0 0.5 6\n"
        "9 3 100 0 0 0.5 5\n"
    )
    cell = read_morphology(written(tmp_path, text))
    split = int(np.argmax(np.bincount(cell.parent[1:])))
    assert cell.points_m[split, 0] == pytest.approx(40e-6)
    assert (cell.parent == split).sum() == 3
    assert any("hang on it: 1" in note for note in cell.notes)
    assert any("318.1 µm in the file, 318.1 µm used" in note for note in cell.notes)


CONTOUR = '("Cell Body" (CellBody) (5 0 0 .2) (0 5 0 .2) (-5 0 0 .2) (0 -5 0 .2))\n'
DENDRITE = "((Dendrite) (5 0 0 1) (60 0 0 1))\n"


def test_properties_of_any_depth_lose_nothing_that_follows(tmp_path):
    axon = (
        '((Color RGB (64, 128, 255)) (Name "a|b") (Axon) (MBFObjectType (5 (6)))\n'
        "  (0 -5 0 1) (0 -100 0 .8) (Dot (Color RGB (1, 2, 3)) (9 9 9 1))\n"
        "  ( (Color Red) (0 -200 0 .6) Normal | (Set (1 2)) (50 -150 0 .6) (90 -150 0 .5) ))\n"
    )
    cell = read_morphology(written(tmp_path, CONTOUR + DENDRITE + axon, "cell.asc"))
    length_um = 1e6 * cell.length_m[(cell.kind == AXON) & (cell.parent > 0)].sum()
    assert length_um == pytest.approx(95 + 100 + np.hypot(50, 50) + 40)


def test_spines_are_passed_over_and_counted(tmp_path):
    spiny = "((Dendrite) (5 0 0 1) <(5 2 0 .3)> (20 0 0 1) <(20 2 0 .3)> (60 0 0 1))\n"
    cell = read_morphology(written(tmp_path, CONTOUR + spiny, "cell.asc"))
    assert 2e6 * cell.radius_m[cell.kind == BASAL] == pytest.approx([1, 1, 1])
    assert any(note == "spines passed over: 2" for note in cell.notes)
    with pytest.raises(BadInputError, match="spine is never closed"):
        read_morphology(written(tmp_path, CONTOUR + "((Axon) <(0 -9 0 1)", "cell.asc"))


def test_every_drawing_left_out_is_named(tmp_path):
    pia = '("Pia" (Closed) (0 500 0 1) (100 500 0 1) (100 510 0 1))\n(ImageCoords 1 2)\n'
    cell = read_morphology(written(tmp_path, CONTOUR + DENDRITE + pia, "cell.asc"))
    assert any("Pia, Closed (3 points, 110.0 µm)" in note for note in cell.notes)


def test_a_tree_far_from_the_soma_is_refused_in_either_format(tmp_path):
    far = "((Axon) (800 0 0 1) (900 0 0 .8))\n"
    with pytest.raises(BadInputError, match="800 µm away from the soma"):
        read_morphology(written(tmp_path, CONTOUR + DENDRITE + far, "cell.asc"))


def test_an_axon_that_repeats_a_point_of_a_dendrite_sprouts_there(tmp_path):
    axon = "((Axon) (400 0 0 1) (400 -90 0 .8))\n"
    dendrite = "((Dendrite) (5 0 0 1) (200 0 0 1) (400 0 0 1) (500 0 0 1))\n"
    cell = read_morphology(written(tmp_path, CONTOUR + axon + dendrite, "cell.asc"))
    first = int(np.flatnonzero(cell.kind == AXON)[0])
    assert cell.points_m[cell.parent[first], 0] == pytest.approx(400e-6)
    assert any("they repeat: 1" in note for note in cell.notes)
