"""The self-test of an installation: right when all is well, wrong when a constant is."""

import json

import msgspec
import pytest

from cortistim.cli import run
from cortistim.neuron import teaching
from cortistim.records.doctor import DoctorRecord
from cortistim.safety import tables
from cortistim.study.upkeep import doctor, installed


@pytest.fixture
def asked(capsys):
    def ask(*arguments):
        code = run(["doctor", "--quiet", *arguments])
        return code, capsys.readouterr().out

    return ask


def test_a_sound_installation_is_green_and_missing_extras_are_told(asked, monkeypatch):
    monkeypatch.setattr(
        installed,
        "requires",
        lambda _: ["numpy>=2.0", 'nosuchlibrary>=1; extra == "night"', 'ruff; extra == "dev"'],
    )
    code, out = asked("--json")
    record = msgspec.json.decode(out, type=DoctorRecord)
    assert code == 0
    assert record.ok
    assert {"sphere_field", "straight_axon", "verdict"} <= {
        check.name for check in record.checks
    }
    (part,) = record.missing
    assert (part.name, part.get) == ("nosuchlibrary", "pip install 'cortistim[night]'")
    assert set(json.loads(out)["checks"][0]) >= {"name", "ok", "value", "expected", "seconds"}


def failed(record):
    return [check.name for check in record.checks if not check.ok]


def test_a_wrong_constant_of_the_axon_is_found(monkeypatch, asked):
    monkeypatch.setattr(teaching, "AXIAL_OHM_M", 1.1 * teaching.AXIAL_OHM_M)
    monkeypatch.setattr(doctor, "CHECKS", {"straight_axon": doctor.straight_axon})
    code, out = asked()
    assert code == 1
    assert "NOT OK" in out
    assert "not well: axon_threshold" in out


def test_a_wrong_current_is_found_by_the_ball(monkeypatch):
    monkeypatch.setattr(doctor, "HENRY_PER_M", 1.03e-7)
    monkeypatch.setattr(doctor, "CHECKS", {"sphere_field": doctor.sphere_field})
    assert failed(doctor.run_doctor()) == ["sphere_field"]


def test_a_field_of_the_right_size_that_points_elsewhere_is_found(monkeypatch):
    whole = doctor.closed_form_v_per_m
    monkeypatch.setattr(doctor, "closed_form_v_per_m", lambda points_m: -whole(points_m))
    monkeypatch.setattr(doctor, "CHECKS", {"sphere_field": doctor.sphere_field})
    assert failed(doctor.run_doctor()) == ["sphere_field"]


def test_a_wrong_entry_of_a_table_is_found(monkeypatch):
    from cortistim.safety import check

    narrower = tables.named_table("chen1997")
    monkeypatch.setattr(check, "named_table", lambda _: narrower)
    monkeypatch.setattr(doctor, "CHECKS", {"verdict": doctor.verdict})
    assert failed(doctor.run_doctor()) == ["verdict"]


def test_what_breaks_is_an_answer_and_not_the_end(monkeypatch):
    def broken():
        msg = "no module named numba"
        raise ImportError(msg)
        yield

    monkeypatch.setattr(doctor, "CHECKS", {"field": broken, "cache": doctor.cache_folder})
    record = doctor.run_doctor()
    assert failed(record) == ["field"]
    assert "no module named numba" in record.checks[0].words


def test_a_cache_that_takes_no_files_is_found(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CORTISTIM_CACHE", str(tmp_path / "file" / "below"))
    monkeypatch.setattr(doctor, "CHECKS", {"cache": doctor.cache_folder})
    assert failed(doctor.run_doctor()) == ["cache"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("numpy>=999.1", "below 999.1"),
        ("nosuchlibrary>=1", "nosuchlibrary is not installed"),
        ('nosuchlibrary>=1 ; extra == "x"', ""),
        ("numpy>=2.0", ""),
    ],
)
def test_required_libraries_are_compared_with_their_least_version(monkeypatch, line, said):
    monkeypatch.setattr(installed, "requires", lambda _: [line])
    assert said in "; ".join(installed.unmet())
    assert bool(said) == bool(installed.unmet())
