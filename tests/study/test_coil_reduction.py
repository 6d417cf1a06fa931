import json

from cortistim.cli import run
from cortistim.coil import named_coil
from cortistim.io import write_coil
from cortistim.study import CoilRequest
from cortistim.study.coil.reduction import reduction_record


def test_coil_show_states_how_good_the_reduced_coil_is(capsys):
    assert run(["coil", "show", "magstim_d70", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["reduced"]
    assert told["elements"] < told["full_elements"] == 624
    assert 0 < told["brain_a_error_percent"] <= 0.5
    assert told["poses_checked"] == 20
    assert run(["coil", "show", "magstim_d70"]) == 0
    assert "Only searches use them" in capsys.readouterr().out


def test_a_coil_of_few_elements_is_said_to_stay_as_it_is():
    record = reduction_record(named_coil("magstim_d25"))
    assert record.words == "not reduced: not more than 400 elements"
    assert record.elements == record.full_elements == 160


def test_a_tcd_file_is_read_again_only_when_it_changed(tmp_path):
    path = tmp_path / "two.tcd"
    small, large = named_coil("magstim_d25"), named_coil("round_90mm")
    write_coil(path, small)
    first = CoilRequest(str(path)).stored()
    assert CoilRequest(str(path)).stored() is first
    write_coil(path, large)
    again = CoilRequest(str(path)).load()
    assert len(again.dipoles_m) == len(large.dipoles_m)
