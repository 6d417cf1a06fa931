"""A coil's field in the sphere: the map, the profile and the figures agree with each other."""

import json

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.coil import named_coil
from cortistim.errors import BadInputError
from cortistim.io import read_coil, write_coil
from cortistim.study.coil.measures import load_for_sphere
from cortistim.study.coil.sphere import SphereFieldRequest, run_sphere_field, write_sphere_field
from cortistim.study.request.coil import CoilRequest


@pytest.fixture(scope="module")
def found():
    return run_sphere_field(SphereFieldRequest(coil=CoilRequest("magstim_d25")))


def test_the_profile_begins_at_the_strongest_place_and_halves_where_depth_says(found):
    record = write_sphere_field(found)
    assert record.e_v_per_m[0] == pytest.approx(found.e_v_per_m.max(), rel=1e-3)
    assert all(np.diff(record.e_v_per_m) < 0)
    strongest = record.sphere.e_cortex_v_per_m_per_a_per_us * record.didt_a_per_us
    assert record.e_v_per_m[0] == pytest.approx(strongest, rel=0.01)
    half_mm = 10 * record.sphere.depth_half_cm
    at_half = np.interp(half_mm, record.depth_mm, record.e_v_per_m)
    assert at_half == pytest.approx(strongest / 2, rel=0.03)


def test_the_field_of_a_figure_eight_is_symmetric_in_its_plane(found):
    turned = np.interp(
        (np.pi - found.turn_rad) % (2 * np.pi), found.turn_rad, found.e_v_per_m[20]
    )
    np.testing.assert_allclose(turned, found.e_v_per_m[20], rtol=0.03)


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_figures_are_drawn_in_three_formats(found, tmp_path, kind):
    record = write_sphere_field(found, tmp_path / f"a.{kind}")
    begins = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}
    assert (tmp_path / f"a.{kind}").read_bytes().startswith(begins[kind])
    assert record.file.endswith(kind)


def test_another_format_is_refused_and_leaves_nothing(found, tmp_path):
    with pytest.raises(BadInputError, match=r"\.pdf"):
        write_sphere_field(found, tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_the_profile_as_json_and_in_short_lines(capsys):
    assert run(["coil", "field", "magstim_d25", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert len(record["depth_mm"]) == len(record["e_v_per_m"]) == 51
    assert run(["coil", "field", "magstim_d25", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "by depth" in said
    assert max(map(len, said.splitlines())) <= 100


def test_a_rigid_coil_is_taken_as_it_is():
    assert load_for_sphere(CoilRequest("magstim_d25")).name == "magstim_d25"


def test_inductance_is_kept_in_the_file(tmp_path):
    coil = named_coil("magstim_d70")
    write_coil(tmp_path / "mine.ccd", coil)
    kept = read_coil(tmp_path / "mine.ccd").inductance_h
    assert kept == pytest.approx(coil.inductance_h, rel=1e-9)
    text = (tmp_path / "mine.ccd").read_text("utf-8")
    broken = text.replace("inductance_uh=", "inductance_uh=-")
    (tmp_path / "mine.ccd").write_text(broken, encoding="utf-8")
    with pytest.raises(BadInputError, match="inductance_uh must be a number"):
        read_coil(tmp_path / "mine.ccd")
