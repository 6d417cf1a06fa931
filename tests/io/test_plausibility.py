"""Files in another unit than their format's, and numbers that no head or coil has."""

import json

import numpy as np
import pytest

from cortistim.cache import atomic_path
from cortistim.coil import Channel, CoilAssembly, Element, SampledPotential, named_coil
from cortistim.errors import BadInputError, FileFormatError, PoseError
from cortistim.io import (
    parse_sigma,
    read_assembly,
    read_coil,
    read_paths,
    read_points_csv,
    read_pose,
    read_poses,
    read_positions_csv,
    write_ccd,
    write_coil,
    write_coil_nifti,
    write_stl,
    write_tcd,
)
from cortistim.io.navigators import read_pose_file

HEAD_MM = np.array([[-40.0, -20, 60], [63, 1, 40], [0, 80, 30]])


def ccd_of(folder, dipoles_m, moments_m2, name="coil.ccd"):
    rows = np.hstack([dipoles_m, moments_m2])
    body = "\n".join(" ".join(map(repr, row)) for row in rows.tolist())
    (folder / name).write_text(f"# x\n{len(rows)}\n{body}\n")
    return folder / name


@pytest.fixture
def coil():
    return named_coil("magstim_d70")


@pytest.mark.parametrize(
    ("place", "moment", "words"),
    [
        (10.0, 1.0, "within 500 mm of the coil's origin.*ten times too large"),
        (1e-3, 1.0, "a thousand times too small"),
        (1.0, 1e3, "A m² per ampere.*more than one ampere"),
        (1.0, 0.0, "must not all be zero"),
        (1.0, 1e306, "A m² per ampere"),
    ],
)
def test_dipoles_that_no_coil_has_are_refused(tmp_path, coil, place, moment, words):
    path = ccd_of(tmp_path, place * coil.dipoles_m, moment * coil.moments_m2)
    with pytest.raises(FileFormatError, match=words):
        read_coil(path)


def test_the_same_bounds_hold_for_coils_of_elements(tmp_path, coil):
    write_coil(tmp_path / "a.tcd", coil)
    content = json.loads((tmp_path / "a.tcd").read_text())
    for key, value, words in (
        ("values", [[0, 0, 0]] * 2, "must not all be zero"),
        ("values", [[1e308, 0, 0]] * 2, "A m² per ampere"),
        ("points", [[-700, 0, -5], [700, 0, -5]], "within 500 mm"),
    ):
        changed = {"points": [[-30, 0, -5], [30, 0, -5]], "values": [[0, 0, 1e-2]] * 2}
        content["coilElementList"][0].update(changed | {key: value})
        (tmp_path / "b.tcd").write_text(json.dumps(content))
        with pytest.raises(FileFormatError, match=words):
            read_coil(tmp_path / "b.tcd")


@pytest.mark.parametrize(
    ("values", "step_m", "words"),
    [
        (1e-6, 2e-5, "did you mean metres"),
        (1e-6, 20.0, "did you mean micrometres"),
        (1e-2, 0.02, "never above|Is it for one ampere"),
        (0.0, 0.02, "never"),
    ],
)
def test_potentials_that_no_coil_gives_are_refused(tmp_path, values, step_m, words):
    affine_m = np.diag([step_m, step_m, step_m, 1.0])
    grid = SampledPotential(np.full((11, 11, 11, 3), values), affine_m, np.eye(4))
    coil = CoilAssembly("grid", (Element(grid, 0),), (Channel("one"),))
    for name, write in (("g.nii.gz", write_coil_nifti), ("g.tcd", write_tcd)):
        write(tmp_path / name, coil)
        with pytest.raises(FileFormatError, match=words):
            read_assembly(tmp_path / name)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v, t: (v * 1e-3, t), "did you mean metres"),
        (lambda v, t: (v * 10, t), "did you mean tenths of a millimetre"),
        (lambda v, t: (v / 25.4, t), "did you mean inches"),
        (lambda v, t: (v + np.array([1.0, 0, 0]), t), "must enclose its winding"),
        (lambda v, t: (v, t[: len(t) // 3]), "% of the edges"),
        (lambda v, t: (v, t[:1]), "millimetres|% of the edges"),
        (lambda v, t: (v * [1, 1, 1e-9], t), "encloses"),
    ],
)
def test_surfaces_that_are_no_casing_of_the_coil_are_refused(tmp_path, coil, change, words):
    path = ccd_of(tmp_path, coil.dipoles_m, coil.moments_m2)
    write_stl(tmp_path / "coil.stl", coil.casing.vertices_m, coil.casing.triangles)
    assert read_coil(path).casing.source == "file coil.stl"
    vertices_m, triangles = change(coil.casing.vertices_m, coil.casing.triangles)
    write_stl(tmp_path / "coil.stl", vertices_m, triangles)
    with pytest.raises(FileFormatError, match=words):
        read_coil(path)


def test_paths_of_wire_in_metres_are_refused(tmp_path):
    (tmp_path / "p.csv").write_text("x,y,z\n0.03,0,0\n0,0.03,0\n-0.03,0,0\n")
    with pytest.raises(FileFormatError, match="metres read as millimetres"):
        read_paths(tmp_path / "p.csv")


def test_points_and_electrodes_in_metres_are_refused(tmp_path):
    for factor, words in ((1.0, ""), (1e-3, "in metres"), (1e3, "in micrometres")):
        rows = [",".join(map(str, row)) for row in (factor * HEAD_MM).tolist()]
        (tmp_path / "p.csv").write_text("\n".join(["x_mm,y_mm,z_mm", *rows]))
        (tmp_path / "e.csv").write_text(
            "\n".join(f"Electrode,{row},E{k}" for k, row in enumerate(rows))
        )
        for read, name in ((read_points_csv, "p.csv"), (read_positions_csv, "e.csv")):
            if not words:
                assert read(tmp_path / name)
                continue
            with pytest.raises(FileFormatError, match=words):
                read(tmp_path / name)


def test_the_origin_alone_is_a_point_in_any_unit(tmp_path):
    (tmp_path / "p.csv").write_text("x_mm,y_mm,z_mm\n0,0,0\n")
    assert len(read_points_csv(tmp_path / "p.csv").points_m) == 1


def test_a_pose_in_metres_is_refused(tmp_path):
    matrix = np.eye(4)
    matrix[:3, 3] = 1e-3 * HEAD_MM[0]
    (tmp_path / "p.json").write_text(json.dumps({"matsimnibs": matrix.tolist()}))
    with pytest.raises(PoseError, match="Is it in metres"):
        read_pose(tmp_path / "p.json")
    assert "Is it in metres" in read_pose_file(tmp_path / "p.json").refused[0]


def test_numbers_and_cells_beyond_all_bounds_are_our_own_errors(tmp_path):
    digits = "9" * 400
    matrix = f"[[1,0,0,{digits}],[0,1,0,0],[0,0,1,0],[0,0,0,1]]"
    (tmp_path / "p.json").write_text(f'{{"matsimnibs": {matrix}}}')
    for read in (read_pose, read_poses):
        with pytest.raises(FileFormatError, match="at most 30 digits"):
            read(tmp_path / "p.json")
    (tmp_path / "s.csv").write_text("tag,sigma\n2," + "9" * 200_000)
    (tmp_path / "e.csv").write_text("Electrode,1,2,3," + "x" * 200_000)
    with pytest.raises(FileFormatError, match="comma-separated"):
        parse_sigma(str(tmp_path / "s.csv"))
    with pytest.raises(FileFormatError, match="comma-separated"):
        read_positions_csv(tmp_path / "e.csv")
    (tmp_path / "c.ccd").write_text("# x\n" + "9" * 5000 + "\n")
    with pytest.raises(FileFormatError, match="number of dipoles"):
        read_coil(tmp_path / "c.ccd")


def test_an_empty_packed_array_is_refused(tmp_path, coil):
    write_coil(tmp_path / "a.tcd", coil)
    content = json.loads((tmp_path / "a.tcd").read_text())
    grid = {"type": 3, "stimulator": 0, "data": [[[[0, 0, 0]]]], "affine": "eJwDAAAAAAE="}
    content["coilElementList"] = [grid]
    (tmp_path / "b.tcd").write_text(json.dumps(content))
    with pytest.raises(FileFormatError, match="affine must be"):
        read_coil(tmp_path / "b.tcd")


def test_a_coil_that_lost_its_casing_is_not_read_with_another(tmp_path, coil):
    path = tmp_path / "c.ccd"
    write_ccd(path, coil)
    assert "c.stl" in read_coil(path).casing.source
    other = named_coil("round_90mm")
    write_stl(tmp_path / "c.stl", other.casing.vertices_m, other.casing.triangles)
    with pytest.raises(FileFormatError, match=r"not the casing that c[.]ccd was written"):
        read_coil(path)
    (tmp_path / "c.stl").unlink()
    with pytest.raises(FileFormatError, match=r"its casing in c[.]stl, which is lost"):
        read_coil(path)
    write_ccd(tmp_path / "d.ccd", coil, casing=False)
    assert read_coil(tmp_path / "d.ccd").casing.source.startswith("assumed")


def test_an_assumed_casing_stays_assumed_when_it_is_written(tmp_path, coil):
    bare = read_coil(ccd_of(tmp_path, coil.dipoles_m, coil.moments_m2))
    write_ccd(tmp_path / "again.ccd", bare)
    again = read_coil(tmp_path / "again.ccd")
    assert again.casing.source.startswith("assumed before it was written to again.stl")
    write_ccd(tmp_path / "third.ccd", again)
    assert read_coil(tmp_path / "third.ccd").casing.source.startswith("assumed")


def test_a_coil_and_its_casing_appear_together_or_not_at_all(tmp_path, coil, monkeypatch):
    write_ccd(tmp_path / "c.ccd", named_coil("round_90mm"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    order = []

    def failing(target):
        order.append(target.suffix)
        if len(order) > 1:
            raise OSError(28, "No space left on device")
        return atomic_path(target)

    monkeypatch.setattr("cortistim.io.text.atomic_path", failing)
    with pytest.raises(BadInputError, match="No space left"):
        write_ccd(tmp_path / "c.ccd", coil)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert order == [".ccd", ".stl"]
