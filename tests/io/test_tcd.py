import base64
import json
import pickle
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortistim.coil import (
    Channel,
    CoilAssembly,
    Dipoles,
    Element,
    Model,
    Parameter,
    SampledPotential,
    Segments,
    Shift,
    Turn,
    Waveform,
    assembly_of,
    named_coil,
)
from cortistim.errors import BadInputError, FileFormatError
from cortistim.io import (
    read_coil,
    read_coil_nifti,
    read_tcd,
    read_waveform_tsv,
    write_ccd,
    write_coil,
    write_coil_nifti,
    write_stl,
    write_tcd,
    write_waveform_tsv,
)
from cortistim.io.coil.ccd import read_ccd
from cortistim.io.coil.tcd_write import exact_mm
from cortistim.units import m_from_mm

RNG = np.random.default_rng(5)
AFFINE_M = np.array([[0.1, 0, 0, -0.1], [0, 0.1, 0, -0.1], [0, 0, 0.07, 0.01], [0, 0, 0, 1]])


def _every_kind():
    points = m_from_mm(RNG.normal(size=(4, 3)) * 30)
    faces = np.array([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]])
    grid = SampledPotential(RNG.normal(size=(3, 2, 2, 3)) * 1e-6, AFFINE_M, np.eye(4))
    time = np.sort(RNG.uniform(0, 3e-4, 6))
    waves = (Waveform(time, RNG.normal(size=6), RNG.normal(size=6), "wave"),)
    return CoilAssembly(
        "every",
        (
            Element(Dipoles(points, 0.01 * RNG.normal(size=(4, 3))), 0, "left", 0, (1, 0)),
            Element(Segments(points, points[::-1]), 1, "right", 1),
            Element(grid, 1, "grid", None, (1,)),
        ),
        (Channel("one", "maker", 1.2345e8, waves), Channel("two")),
        (Shift("x", 0), Turn(points[0], points[1], 1)),
        (Parameter(0.0, -5.0, 5.0), Parameter(1.0, 0.0, 20.0)),
        (Model(points, faces, points[:2], points[2:]), Model(points[::-1], faces)),
        casing=0,
        exclusive=((0, 1, 2), (2, 3)),
        brand="maker",
        version="1",
        limits_m=m_from_mm(100 * RNG.normal(size=(3, 2))),
        resolution_m=np.full(3, 0.003),
    )


def _numbers(value):
    """Take a coil apart into comparable pieces."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return [_numbers(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        names = set(value.__dataclass_fields__) - {"sources"}
        return {name: _numbers(getattr(value, name)) for name in sorted(names)}
    return "nan" if isinstance(value, float) and np.isnan(value) else value


@pytest.mark.parametrize("packed", [True, False])
def test_a_written_coil_of_elements_is_read_back_equal_to_the_last_bit(tmp_path, packed):
    before = _every_kind()
    write_tcd(tmp_path / "a.tcd", before, packed=packed)
    after = read_tcd(tmp_path / "a.tcd")
    assert _numbers(after) == _numbers(before)
    write_tcd(tmp_path / "b.tcd", after, packed=packed)
    assert (tmp_path / "a.tcd").read_bytes() == (tmp_path / "b.tcd").read_bytes()


@pytest.mark.parametrize("name", ["Brainsway_H1", "MagVenture_MST-Twin"])
def test_coils_of_others_survive_reading_and_writing(shared_file, tmp_path, name):
    path = shared_file(f"data/simnibs/coils/{name}.tcd")
    coil = read_tcd(path)
    write_tcd(tmp_path / "again.tcd", coil)
    assert _numbers(read_tcd(tmp_path / "again.tcd")) == _numbers(coil)
    theirs, ours = (json.loads(p.read_text()) for p in (path, tmp_path / "again.tcd"))
    assert set(theirs) == set(ours)
    for one, other in zip(theirs["coilElementList"], ours["coilElementList"], strict=True):
        assert set(one) == set(other)
        unpacked = (zlib.decompress(base64.b64decode(e["points"])) for e in (one, other))
        first, second = (np.frombuffer(data) for data in unpacked)
        np.testing.assert_allclose(second, first, rtol=3e-16)


def test_the_wire_of_h1_has_the_field_of_its_pieces(shared_file):
    coil = read_coil(shared_file("data/simnibs/coils/Brainsway_H1.tcd"))
    at = np.array([[0.0, 0.0, 0.15]])
    slow = sum(
        1e-7 * (part.vectors_m.T / np.linalg.norm(at - part.centres_m, axis=1)).sum(axis=1)
        for part in coil.further
    )
    np.testing.assert_allclose(coil.vector_potential_t_m(at)[0], slow, rtol=1e-3)
    assert coil.shape.elements == 18


@given(st.floats(-1000, 1000))
def test_millimetres_that_are_written_give_the_same_metres(value):
    value_m = m_from_mm(value)
    assert m_from_mm(exact_mm(np.array(value_m))) == value_m


class _Trap:
    def __reduce__(self):
        return (print, ("the file was executed",))


def _edited(tmp_path, change):
    write_tcd(tmp_path / "a.tcd", _every_kind(), packed=False)
    content = json.loads((tmp_path / "a.tcd").read_text())
    change(content)
    (tmp_path / "a.tcd").write_text(json.dumps(content))
    return tmp_path / "a.tcd"


def test_pickled_data_is_refused_and_not_executed(tmp_path, capsys):
    trap = base64.b64encode(zlib.compress(pickle.dumps(_Trap()))).decode()
    path = _edited(tmp_path, lambda c: c["coilElementList"][2].update(data=trap))
    with pytest.raises(FileFormatError, match=r"pickle.*never opened"):
        read_tcd(path)
    assert capsys.readouterr().out == ""


def _element(content, **changes):
    content["coilElementList"][0].update(changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(colour="red"), r"the format knows.*got \['colour'\]"),
        (lambda c: _element(c, colour="red"), r"coilElementList\[0\]: the format knows"),
        (lambda c: _element(c, type=4), "type must be 1"),
        (lambda c: _element(c, stimulator=2), "stimulators up to 1; got 2"),
        (lambda c: _element(c, stimulator=-1), "whole number from 0"),
        (lambda c: _element(c, deformations=[9]), "deformations up to 1; got 9"),
        (lambda c: _element(c, elementCasing=9), "models up to 1; got 9"),
        (lambda c: _element(c, points=[[1, 2]]), "shape"),
        (lambda c: _element(c, points=[[1, 2], [3]]), "must be numbers"),
        (lambda c: _element(c, points="eJw"), "base64"),
        (lambda c: _element(c, values=[[1, 2, float("nan")]] * 4), "finite"),
        (lambda c: _element(c, data=[], affine=[]), "and not"),
        (lambda c: c["deformList"][0].update(type="q"), "x, y, z or rot2p"),
        (lambda c: c["deformList"][1].update(point1=[0, 0]), "point1"),
        (lambda c: c["deformRangeList"][0].update(initial=50), "start within its range"),
        (lambda c: c["coilModels"][0].update(faces=[[0, 1, 99]]), "triangles must name"),
        (lambda c: c["stimulatorList"][0].update(maxdIdt=-1), "positive"),
        (lambda c: c.update(selfIntersectionTest=[[1]]), "two or more"),
        (lambda c: c.update(selfIntersectionTest=[[1, 9]]), "groups up to 3; got 9"),
        (lambda c: c.update(coilElementList=[]), "needs a coilElementList"),
        (lambda c: c.update(coilElementList={}), "must be a list"),
        (lambda c: c.update(resolution=[1, 1, 0]), "positive"),
    ],
)
def test_what_breaks_the_format_is_refused_with_its_place(tmp_path, change, words):
    with pytest.raises(FileFormatError, match=words):
        read_tcd(_edited(tmp_path, change))


def test_a_closed_path_of_corners_runs_through_them(tmp_path):
    def corners(content):
        element = content["coilElementList"][1]
        element.update(points=[[0, 0, 0], [10, 0, 0], [10, 10, 0]])
        del element["values"]

    wire = read_tcd(_edited(tmp_path, corners)).elements[1].current
    np.testing.assert_allclose(wire.centres_m[0], [0.005, 0, 0])
    np.testing.assert_allclose(wire.vectors_m.sum(axis=0), 0, atol=1e-18)


def test_a_bomb_of_zeros_is_refused(tmp_path):
    bomb = base64.b64encode(zlib.compress(b"\0" * 2**28 + b"\0" * 24)).decode()
    with pytest.raises(FileFormatError, match="truncated, or longer"):
        read_tcd(_edited(tmp_path, lambda c: _element(c, points=bomb)))


BOX = {
    "limits_m": np.array([[-0.06, 0.06], [-0.06, 0.06], [0.01, 0.06]]),
    "resolution_m": np.full(3, 0.005),
}


def test_a_coil_written_as_a_grid_has_its_potential_at_the_nodes(tmp_path):
    coil = named_coil("magstim_d70")
    write_coil_nifti(tmp_path / "a.nii.gz", assembly_of(coil), **BOX)
    again = read_coil(tmp_path / "a.nii.gz")
    node = np.array([[0.02, -0.01, 0.03]])
    np.testing.assert_allclose(
        again.vector_potential_t_m(node), coil.vector_potential_t_m(node), rtol=1e-6, atol=1e-12
    )
    assert again.casing.vertices_m[:, 2].max() <= 0


def test_several_stimulators_have_a_grid_each_and_survive_writing(tmp_path):
    up = np.array([[0, 0, 1e-3]])
    parts = [Dipoles(np.array([[x, 0, -0.005]]), up) for x in (-0.02, 0.02)]
    coil = CoilAssembly(
        "two", tuple(Element(d, k) for k, d in enumerate(parts)), (Channel("a"), Channel("b"))
    )
    write_coil_nifti(tmp_path / "two.nii", coil, **BOX)
    again = read_coil_nifti(tmp_path / "two.nii")
    assert len(again.channels) == 2
    node = np.array([[0.0, 0.0, 0.02]])
    for one, other in (("a", "stimulator 1"), ("b", "stimulator 2")):
        want = coil.rigid(currents={"a": 0, "b": 0, one: 1}).vector_potential_t_m(node)
        shares = {"stimulator 1": 0, "stimulator 2": 0, other: 1}
        found = again.rigid(currents=shares).vector_potential_t_m(node)
        np.testing.assert_allclose(found, want, rtol=1e-12)
    write_coil_nifti(tmp_path / "again.nii", again)
    assert (tmp_path / "again.nii").read_bytes() == (tmp_path / "two.nii").read_bytes()


def test_the_grid_of_others_survives_writing(shared_file, tmp_path):
    path = shared_file("data/simnibs/coils/Magstim_70mm_Fig8.nii.gz")
    coil = read_coil_nifti(path)
    write_coil_nifti(tmp_path / "again.nii.gz", coil)
    again = read_coil_nifti(tmp_path / "again.nii.gz")
    assert _numbers(again.elements[0].current) == _numbers(coil.elements[0].current)


def test_the_grid_and_the_dipoles_of_a_d70_differ_as_two_units_do(shared_file):
    grid = read_coil(shared_file("data/simnibs/coils/Magstim_70mm_Fig8.nii.gz"))
    dipoles = read_coil(shared_file("data/simnibs/coils/MagStim_D70.ccd"))
    ratio = grid.a_at_20mm_t_m[1] / dipoles.a_at_20mm_t_m[1]
    assert ratio == pytest.approx(1.12, abs=0.01)


def test_an_image_is_not_taken_for_a_coil(tmp_path):
    from cortistim.io import write_volume_nifti

    image = np.full((4, 4, 4, 3), 100.0)
    write_volume_nifti(tmp_path / "t1.nii", image, np.diag([1e-3, 1e-3, 1e-3, 1]))
    with pytest.raises(FileFormatError, match="Is this an image"):
        read_coil_nifti(tmp_path / "t1.nii")


def test_a_casing_beside_a_grid_is_found_under_both_names(tmp_path):
    coil = named_coil("magstim_d25")
    for name in ("a.stl", "b.nii.stl"):
        write_coil_nifti(tmp_path / f"{name[0]}.nii.gz", assembly_of(coil), **BOX)
        write_stl(tmp_path / name, coil.casing.vertices_m, coil.casing.triangles)
        assert read_coil(tmp_path / f"{name[0]}.nii.gz").casing.source.startswith("file")


def test_a_recorded_pulse_is_read_and_survives_writing(shared_file, tmp_path):
    path = shared_file("data/simnibs/coils/MagVenture_Cool-B65.tsv")
    pulse = read_waveform_tsv(path)
    assert pulse.name == "MagPro_X100"
    write_waveform_tsv(tmp_path / "a.tsv", pulse)
    assert _numbers(read_waveform_tsv(tmp_path / "a.tsv")) == _numbers(pulse)
    (tmp_path / "b.tsv").write_text("time\tsignal\n0\t1\n1e-6\tx\n")
    with pytest.raises(FileFormatError, match="line 3"):
        read_waveform_tsv(tmp_path / "b.tsv")


@pytest.mark.parametrize(
    ("head", "first_s"),
    [
        ("time\tw\n", 1.0),
        ("t (ms)\tw\n", 1e-3),
        ("# time_us\tw\n", 1e-6),
        ("", 1.0),
        ("Time (msec)\tw\n", 1e-3),
        ("Time milliseconds\tw\n", 1e-3),
        ("usec\tw\n", 1e-6),
        ("Time (Seconds)\tw\n", 1.0),
        ("Times\tw\n", 1.0),
    ],
)
def test_no_row_of_a_pulse_is_lost_and_its_unit_is_read(tmp_path, head, first_s):
    (tmp_path / "p.tsv").write_text(f"{head}1\t4\n2\t5\n3\t6\n")
    pulse = read_waveform_tsv(tmp_path / "p.tsv")
    np.testing.assert_allclose(pulse.time_s, first_s * np.array([1.0, 2, 3]))
    np.testing.assert_array_equal(pulse.signal, [4, 5, 6])


def test_a_dipole_file_with_its_pulse_and_casing_survives_writing(shared_file, tmp_path):
    before = read_ccd(shared_file("data/simnibs/coils/MagVenture_Cool-B65.ccd"))
    write_ccd(tmp_path / "MagVenture_Cool-B65.ccd", before)
    after = read_ccd(tmp_path / "MagVenture_Cool-B65.ccd")
    assert _numbers(after) == _numbers(before)


def test_a_coil_is_written_as_its_file_is_named(tmp_path):
    coil = named_coil("magstim_d25")
    for name in ("a.ccd", "a.tcd"):
        write_coil(tmp_path / name, coil)
        again = read_coil(tmp_path / name)
        np.testing.assert_allclose(again.dipoles_m, coil.dipoles_m, rtol=3e-16)
    with pytest.raises(BadInputError, match="must end in"):
        write_coil(tmp_path / "a.txt", coil)
    wire = CoilAssembly("wire", (Element(Segments(np.eye(3), np.eye(3)), 0),), (Channel("s"),))
    with pytest.raises(BadInputError, match="holds dipoles only"):
        write_coil(tmp_path / "b.ccd", wire)


def test_what_a_rigid_coil_cannot_do_is_refused():
    with pytest.raises(BadInputError, match="in one piece"):
        read_coil("magstim_d70", deformation={"x": 1.0})
