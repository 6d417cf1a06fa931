"""Tables of names: whole names in every form, complaints only where a label occurs."""

import numpy as np
import pytest

from cortistim.errors import FileFormatError
from cortistim.io.table.atlas import read_names
from cortistim.io.table.label_table import tissue_table

ITK_SNAP = """# ITK-SnAP Label Description File
# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL
    0     0    0    0        0  0  0    "Clear Label"
    1   255    0    0        1  1  1    "Left Precentral Gyrus"
    2     0  255    0      0.5  1  1    "Area 44"
"""
FREESURFER = """#No. Label Name:    R   G   B   A
0  Unknown                    0   0   0   0
1  Left-Cerebral-Exterior    70 130 180   0
2  Left-Cerebral-White-Matter 245 245 245   0
3  Left-Cerebral-Cortex      205  62  78   0
85 Optic-Chiasm              234 169  30   0
251 CC_Posterior               0   0  64   0
1001 ctx-lh-bankssts           25 100  40   0
"""


@pytest.fixture
def saved(tmp_path):
    def save(text, name="table.txt"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return save


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1 Left Frontal Pole\n2 Area 44\n", {1: "Left Frontal Pole", 2: "Area 44"}),
        (ITK_SNAP, {0: "Clear Label", 1: "Left Precentral Gyrus", 2: "Area 44"}),
        ("1 Precentral_L 2001\n", {1: "Precentral_L"}),
        ("12 Left Insula 10 20 30 0\n13 Right Insula 1 2 3\n",
         {12: "Left Insula", 13: "Right Insula"}),
        ("12\tInsula 7 8 9 10\t#ff0000\n", {12: "Insula 7 8 9 10"}),
        ("12, Left Insula, whatever\n", {12: "Left Insula"}),
        ("index\tname\tcolor\n1\tFrontal Pole L\t#ff0000\n2\tInsula L\t#0f0\n",
         {1: "Frontal Pole L", 2: "Insula L"}),
        ("name,index\nInsula,4\n\n", {4: "Insula"}),
        ('id,label,hemisphere,structure\n1,bankssts,L,cortex\n35,bankssts,R,cortex\n'
         '83,"brainstem, all",B,other\n', {1: "bankssts L", 35: "bankssts R",
                                           83: "brainstem, all"}),
        ("heading of no kind\n7 Insula # my own\n", {7: "Insula"}),
    ],
)  # fmt: skip
def test_names_are_read_whole(saved, text, names):
    assert read_names(saved(text)) == names


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing\n", "it has none"),
        ("1 A\n1 B\n", "1 has 'A' in line 1 and 'B' in line 2"),
        ("9" * 5000 + " Insula\n", "line 1: a label has at most 9 digits; this one has 5000"),
        ("index,name\n1," + "x" * 200_000 + "\n", "line 2 is not a row"),
    ],
)
def test_a_table_that_is_none_is_refused(saved, text, words):
    with pytest.raises(FileFormatError, match=words) as caught:
        read_names(saved(text))
    assert len(str(caught.value)) < 400


def test_only_labels_that_occur_must_tell_a_tissue(saved):
    path = str(saved(FREESURFER))
    wanted = {0: 0, 2: 1, 3: 2, 85: 1, 251: 1, 1001: 2}
    assert tissue_table(path, np.array([0, 2, 3])) == wanted
    with pytest.raises(FileFormatError, match=r"line 3 .* label 1 .* 'Left-Cerebral-Exterior'"):
        tissue_table(path, [0, 1])


def test_the_forms_of_names_serve_as_tables_of_tissues_too(saved):
    path = str(saved("index\tname\n0\tbackground\n4\tGray Matter\n5\tCSF fluid\n"))
    assert tissue_table(path) == {0: 0, 4: 2, 5: 3}
    assert tissue_table(str(saved(ITK_SNAP)), [0, 1]) == {0: 0, 1: 2}
    assert tissue_table(str(saved("40 7\n41,2\n"))) == {40: 7, 41: 2}


@pytest.mark.parametrize("word", ["²", "٣", "99", "13"])
def test_what_is_no_tag_is_refused(saved, word):
    with pytest.raises(FileFormatError, match="line 1 must tell the tissue of label 1"):
        tissue_table(str(saved(f"1 {word}\n")))


def test_the_tables_of_the_cases_are_read(shared_file):
    folder = shared_file("data/cases/atlas_names")
    assert read_names(folder / "blanks.txt")[1] == "Left Frontal Pole"
    assert read_names(folder / "dseg.tsv") == {1: "Frontal Pole L", 2: "Insula L"}
    assert read_names(folder / "itksnap.txt")[2] == "Right Precentral Gyrus"
    assert read_names(folder / "two_sides.csv") == {1: "bankssts L", 35: "bankssts R"}
    lut = shared_file("data/cases/freesurfer_lut/lut.txt")
    assert tissue_table(str(lut), [0, 2, 3])[3] == 2
