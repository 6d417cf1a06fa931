"""From a file of EMG to the table and the page, and what is said when that cannot be done."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cortistim.cli import cortistim, run
from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.emg import write_edf
from cortistim.io.table.session import read_session
from cortistim.mapping.emg import EmgChannel, EmgRecording
from cortistim.records import read_record
from cortistim.records.emg import EmgRecord
from cortistim.study.emg.decide import decide, read_decisions
from cortistim.study.emg.measure import EmgRequest, measure_emg, write_emg
from cortistim.study.emg.pulses import find_pulses

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("the benchmarks are not part of this copy", allow_module_level=True)
sys.path.insert(0, str(BENCHMARKS))
from emg_session import recording  # noqa: E402


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    folder = tmp_path_factory.mktemp("emg")
    made, percent = recording(2.0, 5000.0, 2)
    write_edf(folder / "a.bdf", made)
    rows = "".join(f"{k + 1},{p}\n" for k, p in enumerate(percent))
    (folder / "stimuli.csv").write_text("pulse,percent_mso\n" + rows)
    return folder


def test_a_recording_becomes_a_table_a_record_and_a_page(session, tmp_path):
    request = EmgRequest(session / "a.bdf", stimuli=session / "stimuli.csv")
    measured = measure_emg(request)
    write_emg(measured, tmp_path)
    table = read_session(tmp_path / "session.csv")
    assert table == measured.session
    assert len(table.pulses) == 2 * 24
    assert {row.channel for row in table.pulses} == {"FDI", "ADM"}
    assert all(row.percent_mso is not None for row in table.pulses)
    text = (tmp_path / "emg.json").read_text(encoding="utf-8")
    assert read_record(EmgRecord, text) == measured.record
    assert measured.record.pulses_from == "marker 'TMS'"
    latency = measured.record.channels[0].latency_ms
    assert latency == pytest.approx(21.0, abs=1)
    page = (tmp_path / "review.html").read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)\s*=\s*[\"']https?:", page)
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert len(data["rows"]) == 48
    assert len(data["clean"]) == 2


def test_a_name_ends_no_script(tmp_path):
    made, _ = recording(0.2, 2500.0, 1)
    name = "</script><b>"
    channels = (EmgChannel(name, made.channels[0].samples, 2500.0, 1e-7, 0, "uV"),)
    write_edf(tmp_path / "a.bdf", EmgRecording("own", channels, made.markers))
    write_emg(measure_emg(EmgRequest(tmp_path / "a.bdf")), tmp_path / "out")
    page = (tmp_path / "out" / "review.html").read_text(encoding="utf-8")
    assert page.count("</script>") == 2
    assert "</script><b>" not in page


def test_a_burst_before_the_pulse_does_not_raise_the_noise_floor(session):
    measured = measure_emg(EmgRequest(session / "a.bdf"))
    assert measured.found.floor_v.max() < 40e-6
    assert "tense" in measured.record.channels[0].reasons | measured.record.channels[1].reasons


def marked(**markers):
    times = {name: np.array(t, dtype=float) for name, t in markers.items()}
    emg = EmgChannel("FDI", np.zeros(20_000), 1000.0, 1.0, 0.0, "V")
    return EmgRecording("own", (emg,), times)


def test_pulses_are_found_where_only_one_thing_can_be_meant(tmp_path):
    assert find_pulses(marked(x=[1, 2]), None)[0].tolist() == [1, 2]
    assert find_pulses(marked(x=[1], TMS=[2, 3]), None)[1] == "marker 'TMS'"
    with pytest.raises(BadInputError, match=r"several kinds of marker.*'x' \(1\), 'y' \(2\)"):
        find_pulses(marked(x=[1], y=[2, 3]), None)
    with pytest.raises(BadInputError, match="no trigger: say when the pulses came"):
        find_pulses(marked(), None)
    with pytest.raises(BadInputError, match="there is no 'z'"):
        find_pulses(marked(x=[1]), "z")
    table = tmp_path / "times.csv"
    table.write_text("pulse,time_s\n1,2.5\n2,4\n")
    assert find_pulses(marked(), str(table))[0].tolist() == [2.5, 4]
    table.write_text("pulse,time_s\n1,4\n2,2.5\n")
    with pytest.raises(BadInputError, match=r"pulse 2 is at 2\.5 s, pulse 1 before it at 4 s"):
        find_pulses(marked(), str(table))
    table.write_text("pulse,time_s\n1,x\n")
    with pytest.raises(FileFormatError, match="row 1, column time_s: must be seconds; got 'x'"):
        find_pulses(marked(), str(table))
    ttl = np.zeros(20_000)
    ttl[5000:5010] = 5
    channel = EmgChannel("Trigger", ttl, 1000.0, 1.0, 0.0, "V")
    found = find_pulses(EmgRecording("own", (*marked().channels, channel)), None)
    assert found[0].tolist() == [5.0]


def table_of(folder, heading, factor=1.0):
    rng = np.random.default_rng(0)
    rows = 1e6 * factor * 3e-6 * rng.normal(size=8000)
    text = "".join(f"{k / 2000:g},{v:.6g}\n" for k, v in enumerate(rows))
    path = folder / "a.csv"
    path.write_text(f"time_s,{heading}\n{text}")
    (folder / "t.csv").write_text("time_s\n1\n2\n3\n")
    return EmgRequest(path, pulses=str(folder / "t.csv"))


def test_a_unit_is_asked_for_and_not_guessed(tmp_path):
    request = table_of(tmp_path, "FDI")
    with pytest.raises(BadInputError, match=r"'FDI' does not tell its unit, and none is gues"):
        measure_emg(request)
    told = measure_emg(EmgRequest(request.path, request.pulses, unit="uV"))
    assert told.found.baseline_rms_v.max() < 4e-6
    off = measure_emg(table_of(tmp_path, "FDI_mV"))
    assert "more than any muscle gives; the unit may be mistaken" in off.record.warnings[0]
    request = table_of(tmp_path, "FDI")
    with pytest.raises(BadInputError, match="must be one of V, mV, uV and nV; got 'kg'"):
        measure_emg(EmgRequest(request.path, request.pulses, ("FDI",), "kg"))


def test_two_muscles_of_one_name_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "time_s,FDI_uV,fdi_uV\n" + "".join(f"{k / 2000:g},1,2\n" for k in range(8000))
    )
    (tmp_path / "t.csv").write_text("time_s\n1\n2\n")
    with pytest.raises(BadInputError, match="'fdi' occurs twice"):
        measure_emg(EmgRequest(path, str(tmp_path / "t.csv")))


def test_missing_samples_are_flagged_and_the_trial_stays(tmp_path):
    request = table_of(tmp_path, "FDI_uV")
    lines = request.path.read_text().splitlines()
    lines[4020] = lines[4020].split(",")[0] + ",nan"
    request.path.write_text("\n".join(lines) + "\n")
    rows = measure_emg(request).session.pulses
    assert [row.qc for row in rows] == ["ok", "reject", "ok"]
    assert rows[1].qc_reason == "1 of 280 samples were not recorded"


def test_stimuli_must_be_those_of_the_recording(session, tmp_path):
    path = tmp_path / "stimuli.csv"
    path.write_text("pulse,percent_mso\n1,50\n2,50\n")
    with pytest.raises(BadInputError, match="as many pulses as the recording, 24; it has 2"):
        measure_emg(EmgRequest(session / "a.bdf", stimuli=path))
    rows = "".join(f"{k},{5 * k + (3 if k > 9 else 0)}\n" for k in range(1, 25))
    path.write_text("pulse,time_s\n" + rows)
    with pytest.raises(BadInputError, match=r"pulse 10 comes 3\.0 s too early"):
        measure_emg(EmgRequest(session / "a.bdf", stimuli=path))


def test_decisions_change_the_quality_and_keep_the_old_reason(session, tmp_path):
    table = measure_emg(EmgRequest(session / "a.bdf")).session
    path = tmp_path / "decisions.csv"
    path.write_text("pulse,channel,decision,reason\n1,FDI,reject,coil slipped\n2,ADM,ok,\n")
    made = decide(table, read_decisions(path))
    first = made.pulses[0]
    assert (first.qc, first.mep_uv) == ("reject", table.pulses[0].mep_uv)
    assert first.qc_reason.startswith("decided by eye: coil slipped")
    path.write_text("pulse,channel,decision,reason\n99,FDI,ok,\n")
    with pytest.raises(FileFormatError, match="it has no pulse 99 of 'FDI'"):
        decide(table, read_decisions(path))
    path.write_text("pulse,channel,decision,reason\n1,FDI,maybe,\n")
    with pytest.raises(FileFormatError, match="line 2: must be a pulse, a channel, one of ok"):
        read_decisions(path)


def test_the_commands_do_it_all(session, tmp_path):
    runner = CliRunner()
    out = tmp_path / "out"
    done = runner.invoke(cortistim, ["emg", "show", str(session / "a.bdf")])
    assert "marker    'TMS', 24 times" in done.output
    done = runner.invoke(
        cortistim, ["emg", "measure", str(session / "a.bdf"), "--out", str(out), "--quiet"]
    )
    assert done.exit_code == 0, done.output
    assert "pulses    24 (marker 'TMS')" in done.output
    (tmp_path / "d.csv").write_text("pulse,channel,decision,reason\n1,FDI,reject,\n")
    done = runner.invoke(cortistim, [
        "emg", "review", str(out / "session.csv"), str(tmp_path / "d.csv"),
        "--out", str(tmp_path / "new.csv"),
    ])  # fmt: skip
    assert done.exit_code == 0, done.output
    assert read_session(tmp_path / "new.csv").pulses[0].qc == "reject"


def test_library_words_become_options(session, tmp_path, capsys):
    path = session / "a.bdf"
    out = str(tmp_path / "out")
    assert run(["emg", "measure", str(path), "--window", "1,40", "--out", out]) == 2
    assert "--window must begin after the blanked artefact ends" in capsys.readouterr().err
    assert run(["emg", "measure", str(path), "--channels", "APB", "--out", out]) == 2
    assert "--channels must name channels" in capsys.readouterr().err


@pytest.mark.slow
def test_half_an_hour_at_5_khz_takes_seconds_and_less_than_a_gigabyte(tmp_path):
    script = str(BENCHMARKS / "emg_session.py")
    made = [sys.executable, script, "--minutes", "30", "--keep", str(tmp_path)]
    subprocess.run(made, check=True, capture_output=True)
    again = [sys.executable, script, "--file", str(tmp_path / "session.bdf")]
    told = subprocess.run(again, check=True, capture_output=True, text=True).stdout
    assert "360 pulses, 4 channels" in told
    assert float(re.search(r"measured in ([\d.]+) s", told)[1]) < 10
    assert int(re.search(r"largest memory (\d+) MB", told)[1]) < 1000
