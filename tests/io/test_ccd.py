import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.coil.named import named_coil
from cortistim.errors import BadInputError, CortistimError, FileFormatError
from cortistim.io.coil.ccd import read_ccd, write_ccd
from cortistim.io.coil.file import read_coil
from cortistim.io.mesh.stl import read_stl, write_stl

TWO = """# two.ccd version 1.0;dIdtmax=100;x=300;stimulator=none;brand=Nobody;
2
# centers and weighted directions of the elements (magnetic dipoles)
-2e-2 0 -5e-3 0 0 -1e-3
 2e-2 0 -5e-3 0 0  1e-3
"""


@pytest.fixture
def saved(tmp_path):
    def save(text, name="two.ccd"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return save


@pytest.mark.parametrize(
    ("name", "a_y_t_m", "didt_max"),
    [
        ("MagStim_D70", -1.8037e-6, 114.73e6),
        ("MagVenture_Cool-B65", 1.3445e-6, 149.77e6),
        ("MagStim_DCC", 2.5046e-6, 84.37e6),
        ("Deymed_120BFV", 2.1148e-6, 102.93e6),
        ("MagVenture_MCF-B65", 1.2307e-6, 147.86e6),
    ],
)
def test_measured_coils_give_their_known_vector_potential(shared_file, name, a_y_t_m, didt_max):
    coil = read_ccd(shared_file(f"data/simnibs/coils/{name}.ccd"))
    assert coil.a_at_20mm_t_m[1] == pytest.approx(a_y_t_m, rel=0.01)
    assert np.abs(coil.a_at_20mm_t_m[[0, 2]]).max() < 1.2e-7
    assert coil.didt_max_a_per_s == pytest.approx(didt_max)
    assert coil.name == name


def test_two_dipoles_give_the_vector_potential_of_the_formula(saved):
    """A = 1e-7 m × r / |r|³, by hand, 20 mm in front of the face: r = (±20, 0, 25) mm."""
    coil = read_ccd(saved(TWO))
    a_y_t_m = -1e-7 * 2 * 1e-3 * 0.02 / (0.02**2 + 0.025**2) ** 1.5
    np.testing.assert_allclose(coil.a_at_20mm_t_m, [0, a_y_t_m, 0], rtol=1e-12, atol=1e-20)
    assert coil.name == "two"


def test_a_surface_beside_the_dipoles_becomes_the_casing_and_is_in_millimetres(saved):
    path = saved(TWO)
    corners_mm = 30 * np.array([[-1, -1, -1], [1, -1, -1], [0, 1, -1], [0, 0, 0]])
    sides = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    write_stl(path.with_suffix(".stl"), 1e-3 * corners_mm, sides)
    casing = read_ccd(path).casing
    assert casing.source == "file two.stl"
    np.testing.assert_allclose(np.ptp(casing.vertices_m, axis=0), [0.06, 0.06, 0.03])


def test_a_casing_beside_a_file_of_others_is_taken_and_is_in_millimetres(shared_file):
    casing = read_ccd(shared_file("data/simnibs/coils/MagVenture_Cool-B65.ccd")).casing
    assert casing.source == "file MagVenture_Cool-B65.stl"
    assert 0.1 < np.ptp(casing.vertices_m[:, 0]) < 0.4


def test_a_flat_coil_without_casing_is_filled_to_its_face_and_not_beyond(shared_file):
    coil = read_ccd(shared_file("data/simnibs/coils/MagStim_D70.ccd"))
    assert coil.casing.source.startswith("assumed")
    assert coil.casing.vertices_m[:, 2].max() == 0
    bent = read_ccd(shared_file("data/simnibs/coils/MagStim_DCC.ccd")).casing
    assert bent.vertices_m[:, 2].max() > 0.078
    centre_m = np.array([0, 0, 0.085 + 0.004])  # a round head, 4 mm in front of the face
    assert np.linalg.norm(bent.vertices_m - centre_m, axis=1).min() > 0.085 - 0.002


def test_the_header_is_read_and_kept(saved):
    coil = read_ccd(saved(TWO))
    assert coil.didt_max_a_per_s == pytest.approx(100e6)
    assert coil.header["brand"] == "Nobody"
    np.testing.assert_array_equal(coil.dipoles_m[:, 0], [-0.02, 0.02])


def test_a_legacy_file_has_no_header(saved):
    coil = read_ccd(saved("# number of elements\n" + TWO.split("\n", 1)[1]))
    assert np.isnan(coil.didt_max_a_per_s)
    assert coil.header == {}


def test_a_written_coil_is_read_back_with_its_casing(saved, tmp_path):
    before = named_coil("magstim_d25")
    write_ccd(tmp_path / "d25.ccd", before)
    after = read_ccd(tmp_path / "d25.ccd")
    np.testing.assert_allclose(after.dipoles_m, before.dipoles_m, rtol=2e-15)
    np.testing.assert_allclose(after.moments_m2, before.moments_m2, rtol=2e-15)
    assert len(after.casing.triangles) == len(before.casing.triangles)
    write_ccd(tmp_path / "again.ccd", read_ccd(saved(TWO)))
    assert "x=-300,300;" in (tmp_path / "again.ccd").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "number of dipoles"),
        (TWO.replace("\n2\n", "\ntwo\n"), "line 2: the number"),
        (TWO.replace("\n2\n", "\n3\n"), "states 3 dipoles; got 2"),
        (TWO.replace("-2e-2 0", "nan 0"), "line 4: .* six finite"),
        (TWO.replace("0 0 -1e-3", "0 0"), "line 4: .* six finite"),
        (TWO.replace("-2e-2", "-20"), "line 4: .* metres"),
        (TWO.replace("dIdtmax=100", "dIdtmax=much"), "line 1: dIdtmax"),
        ("\x00\x01", "number of dipoles"),
    ],
)
def test_a_broken_coil_file_is_named_with_its_line(saved, text, words):
    with pytest.raises(FileFormatError, match=words):
        read_ccd(saved(text))


def test_other_coil_files_are_refused_in_words(saved, tmp_path):
    for name in ("a.stl", "a.h5", "a"):
        with pytest.raises(FileFormatError, match=r"must end in \.ccd, \.tcd, \.nii"):
            read_coil(saved("x", name))
    with pytest.raises(BadInputError, match="file not found"):
        read_coil(tmp_path / "nowhere.ccd")
    with pytest.raises(BadInputError, match="one of magstim_d70"):
        read_coil("nothing")
    assert read_coil("magstim_d70").name == "magstim_d70"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_gives_anything_but_our_own_errors(tmp_path_factory, data):
    sample = bytearray(TWO.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        sample[data.draw(st.integers(0, len(sample) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.ccd"
    path.write_bytes(sample[: data.draw(st.integers(0, len(sample)))])
    try:
        coil = read_ccd(path)
    except CortistimError:
        return
    assert np.isfinite(coil.dipoles_m).all()


ASCII_STL = """solid one
facet normal 0 0 1
outer loop
vertex 0 0 0
vertex 10 0 0
vertex 0 10 0
endloop
endfacet
endsolid one
"""


def test_ascii_and_binary_stl_hold_the_same_surface(saved, tmp_path):
    vertices, triangles = read_stl(saved(ASCII_STL, "a.stl"))
    write_stl(tmp_path / "b.stl", vertices, triangles)
    again, _ = read_stl(tmp_path / "b.stl")
    np.testing.assert_allclose(again, vertices, atol=1e-9)
    assert vertices.max() == pytest.approx(0.01)


def test_a_broken_stl_is_refused(saved, tmp_path):
    for text in ("", "x", ASCII_STL[:60], ASCII_STL.replace("10 0 0", "10 0 q")):
        with pytest.raises(FileFormatError):
            read_stl(saved(text, "a.stl"))
    write_stl(tmp_path / "b.stl", np.eye(3), np.array([[0, 1, 2]]))
    (tmp_path / "b.stl").write_bytes((tmp_path / "b.stl").read_bytes()[:-3])
    with pytest.raises(FileFormatError, match="truncated"):
        read_stl(tmp_path / "b.stl")


@pytest.mark.parametrize("size", [0, 34, 83, 84])
def test_a_stump_of_a_surface_is_refused_in_words(tmp_path, size):
    (tmp_path / "stump.stl").write_bytes(b"\0" * size)
    with pytest.raises(FileFormatError, match="Export it again"):
        read_stl(tmp_path / "stump.stl")
