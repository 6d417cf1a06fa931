import json

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.errors import BadInputError
from cortistim.study.coil.design import Supply
from cortistim.study.coil.measures import compared, performance_record
from cortistim.study.request.coil import load_coil

ROUND = (
    "coil", "design", "--shape", "circular", "--inner-mm", "50", "--outer-mm", "80",
    "--turns", "5", "--wire-mm", "2x6",
)  # fmt: skip


def designed(capsys, *more):
    assert run([*ROUND, "--json", *map(str, more)]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_design_obeys_the_laws_of_its_circuit(capsys):
    record = designed(
        capsys, "--capacitance-uf", 180, "--voltage", 1500, "--lead-uh", 2, "--lead-mohm", 15
    )
    circuit = record["circuit"]
    total_uh, coil_uh = circuit["total_inductance_uh"], record["inductance_uh"]
    total_h = total_uh * 1e-6
    assert total_uh == pytest.approx(coil_uh + 2, rel=1e-4)
    assert circuit["energy_j"] == pytest.approx(0.5 * 180e-6 * 1500**2, rel=1e-4)
    assert circuit["didt_a_per_us"] == pytest.approx(1500 / total_h * 1e-6, rel=1e-3)
    lossless_us = 2e6 * np.pi * np.sqrt(total_h * 180e-6)
    assert lossless_us <= circuit["period_us"] < 1.05 * lossless_us
    lossless_ka = 1500 * np.sqrt(180e-6 / total_h) * 1e-3
    assert 0.8 * lossless_ka < circuit["peak_current_ka"] < lossless_ka
    assert record["resistance_skin_mohm"] >= record["resistance_dc_mohm"]


def test_a_design_states_its_field_per_ampere_and_in_full(capsys):
    record = designed(capsys)
    full_ka = record["circuit"]["peak_current_ka"]
    per_ka = record["b_peak_10mm_mt_per_ka"]
    assert record["b_peak_10mm_t"] == pytest.approx(1e-3 * per_ka * full_ka, rel=1e-3)
    sphere = record["sphere"]
    for place in ("cortex", "head"):
        told = sphere[f"e_{place}_v_per_m_per_a_per_us"] * record["circuit"]["didt_a_per_us"]
        assert sphere[f"e_peak_{place}_v_per_m"] == pytest.approx(told, rel=1e-3)
    assert sphere["e_head_v_per_m_per_a_per_us"] > sphere["e_cortex_v_per_m_per_a_per_us"]


def test_twice_the_voltage_gives_twice_the_field(capsys):
    one, two = (designed(capsys, "--voltage", volt) for volt in (1000, 2000))
    for key in ("e_peak_cortex_v_per_m", "e_peak_head_v_per_m"):
        assert two["sphere"][key] == pytest.approx(2 * one["sphere"][key], rel=1e-3)
    assert two["sphere"]["depth_half_cm"] == one["sphere"]["depth_half_cm"]


def test_a_design_written_to_a_file_has_the_same_field(capsys, tmp_path):
    out = tmp_path / "own.ccd"
    record = designed(capsys, "--out", out)
    again = performance_record(load_coil(str(out)))
    assert record["file"] == str(out)
    for key in ("depth_half_cm", "spread_half_cm2", "e_cortex_v_per_m_per_a_per_us"):
        assert getattr(again.sphere, key) == pytest.approx(record["sphere"][key], rel=2e-3)


@pytest.mark.parametrize("lead", [{"lead_h": -1e-6}, {"lead_ohm": -1e-3}])
def test_negative_leads_are_refused(lead):
    with pytest.raises(BadInputError, match="leads"):
        Supply(**lead).circuit(16e-6, 0.02)


def test_compared_coils_stand_in_their_order_with_like_numbers():
    names = ("magstim_d70", "round_90mm")
    rows = compared({name: load_coil(name) for name in names}).coils
    assert tuple(row.coil for row in rows) == names
    eight, ring = rows
    assert eight.spread_half_cm2 < ring.spread_half_cm2  # a figure-8 is more focal
    for row in rows:
        assert row.e_head_v_per_m_per_a_per_us > row.e_cortex_v_per_m_per_a_per_us > 0
        assert 0.5 < row.depth_half_cm < 4
        assert row.inductance_uh > 5
    reversed_y = compared({"turned": load_coil("magstim_d70", reverse_current=True)}).coils[0]
    assert reversed_y.a_y_at_20mm_t_m == pytest.approx(-eight.a_y_at_20mm_t_m)


def test_compare_prints_the_table_and_draws_a_coil_with_a_dollar_in_its_name(capsys, tmp_path):
    odd = tmp_path / r"c$\foo$.ccd"
    assert run(["coil", "convert", "magstim_d70", str(odd)]) == 0
    capsys.readouterr()
    figure = tmp_path / "depth.png"
    assert run(["coil", "compare", str(odd), "round_90mm", "--figure", str(figure)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split()[0] == "coil"
    assert out[1].startswith(r"c$\foo$")
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_a_comparisons_figure_that_fails_costs_no_numbers(capsys, tmp_path):
    figure = tmp_path / "depth.gif"
    assert run(["coil", "compare", "round_90mm", "--figure", str(figure)]) == 2
    captured = capsys.readouterr()
    assert "round_90mm" in captured.out
    assert ".png" in captured.err


@pytest.mark.parametrize(
    ("asked", "lacking"),
    [
        (["--shape", "path"], "--path"),
        (["--inner-mm", "20"], "either --outer-mm or --spacing-mm"),
        (["--shape", "overlapping-figure8", *ROUND[4:]], "--overlap-mm"),
        (["--shape", "double-cone", *ROUND[4:]], "--bend-deg above 0"),
    ],
)
def test_what_a_design_lacks_is_named_as_the_option_it_is(capsys, asked, lacking):
    assert run(["coil", "design", *asked]) == 2
    assert lacking in capsys.readouterr().err
