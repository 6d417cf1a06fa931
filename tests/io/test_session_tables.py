"""A session is read back equal from every format; what is wrong is named by row and column."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.bids import drafts as rules
from cortistim.io.bids import json_schema, read_bids, write_bids
from cortistim.io.table.mep_map import read_mep_map
from cortistim.io.table.session import read_session, write_session
from cortistim.records.session import PulseRow, SessionRecord

AXES = {"xdir_x": -1.0, "xdir_y": 0.0, "xdir_z": 0.0, "ydir_x": 0.0, "ydir_y": 0.8,
        "ydir_z": 0.6, "zdir_x": 0.0, "zdir_y": 0.6, "zdir_z": -0.8}  # fmt: skip


def made(**more):
    rows = []
    for pulse in range(1, 6):
        pose = {"x_mm": 1 / pulse, "y_mm": 2.5, "z_mm": 60.0, **AXES} if pulse > 1 else {}
        paired = (
            {"conditioning_percent_mso": 40.0, "interval_ms": 2.5, "condition": "SICI"}
            if pulse > 3
            else {}
        )
        rows += [PulseRow(
            subject="01", session="pre", pulse=pulse, time_s=5.1 * pulse, channel=channel,
            percent_mso=50.0 + (pulse > 3), didt_a_per_us=61.25, e_target_v_per_m=88.125,
            target="M1 hand" if pose else "",
            mep_uv=None if pulse == 2 else 100.125 * pulse, area_uv_ms=-0.5,
            latency_ms=21.5, latency_crossing_ms=21.25, latency_ramp_ms=21.75,
            baseline_rms_uv=3.125, noise_uv=12.5, noise_floor_uv=20.0,
            censored=pulse == 2, qc="review" if pulse == 2 else "ok",
            qc_reason="onset at 20.1 or 23 ms" if pulse == 2 else "",
            **pose, **paired, **more,
        ) for channel in ("FDI", "ADM")]  # fmt: skip
    facts = {"stimulator": "Magstim 200²", "coil_type": "D70", "age": "31"}
    return SessionRecord(facts=facts, notes=("one note",), pulses=tuple(rows))


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".json", ".parquet"])
def test_a_table_round_trips(tmp_path, ending):
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    write_session(tmp_path / f"a{ending}", made())
    assert read_session(tmp_path / f"a{ending}") == made()


def test_without_pyarrow_parquet_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(BadInputError, match=r"pip install 'cortistim\[parquet\]'"):
        write_session(tmp_path / "a.parquet", made())


@pytest.mark.parametrize("draft", ["nibs-bids", "tms-bep"])
def test_bids_round_trips_in_both_drafts(tmp_path, draft):
    other = tuple(replace(row, subject="2", session="") for row in made().pulses)
    record = replace(made(), pulses=other + made().pulses)
    written = write_bids(tmp_path / "b", record, draft)
    assert read_bids(tmp_path / "b") == record
    for path in written:
        if path.suffix == ".json":
            told = json.loads(path.read_text())
            assert "StimulationDraft" in told or path.name.endswith("coordsystem.json")


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize(("draft", "tables"), [
    ("nibs-bids", {"nibs": "NIBS_TABLE", "markers": "NIBS_MARKERS", "events": "EVENTS"}),
    ("tms-bep", {"tms": "TMS_TABLE", "markers": "TMS_MARKERS"}),
])  # fmt: skip
def test_what_is_written_passes_the_schema_of_the_draft(tmp_path, draft, tables):
    write_bids(tmp_path, made(), draft)
    for name, rule in {**tables, "desc-mep_events": "DERIVED_EVENTS"}.items():
        schema = json_schema(getattr(rules, rule), name)
        Draft202012Validator.check_schema(schema)
        (path,) = [
            p for p in tmp_path.rglob(f"*_{name}.tsv") if "desc" not in p.stem or "desc" in name
        ]
        for row in rows_of(path):
            Draft202012Validator(schema).validate(row)
        assert set(rows_of(path)[0]) <= {column.name for column in getattr(rules, rule)}


@pytest.mark.parametrize("draft", ["nibs-bids", "tms-bep"])
def test_a_dataset_of_others_is_read_without_our_derivatives(tmp_path, draft):
    write_bids(tmp_path, made(), draft)
    for path in tmp_path.rglob("*desc-mep*"):
        path.unlink()
    found = read_bids(tmp_path).pulses
    assert len(found) == (5 if draft == "nibs-bids" else 10)
    assert {row.percent_mso for row in found} == {50.0, 51.0}
    assert found[-1].interval_ms == 2.5
    assert found[-1].conditioning_percent_mso == 40.0
    assert found[-1].ydir_y == 0.8
    assert found[-1].target == "M1 hand"
    assert (found[0].mep_uv == 100.125) == (draft == "tms-bep")


@pytest.mark.parametrize(("name", "old", "new", "said"), [
    ("events", "5.1\t", "x\t", r"row 2, column onset: must be a number in s; got 'x'"),
    ("events", "\ts1\t", "\ts9\t", r"row 2, column nibs_event_id: no stimulus is called 's9'"),
    ("nibs", "50.0", "150.0", r"row 2, column stimulus_intensity: must be from 0 to 100"),
    ("nibs", "TMS", "MST", r"row 2, column nibs_type: must be one of TMS, tES, TUS, PNS"),
    ("nibs", "50.0", "49.0", r"row 2, column intensity_mso: this pulse has 50.0 % here and 49"),
    ("nibs", "nibs_type", "kind", r"row 1: the column nibs_type must be there"),
    ("desc-mep_events", "\t5\tFDI", "\t6\tFDI", r"column pulse: there must be as many pul"),
    ("markers", "0.5\t", "nan\t", r"row 2, column element_centre_x: must be a number in mm"),
])  # fmt: skip
def test_a_wrong_cell_of_bids_is_named_by_row_and_column(tmp_path, name, old, new, said):
    write_bids(tmp_path, made())
    (path,) = [
        p for p in tmp_path.rglob(f"*_{name}.tsv") if "desc" not in p.stem or "desc" in name
    ]
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(FileFormatError, match=said):
        read_bids(tmp_path)


@pytest.mark.parametrize(("text", "said"), [
    ("pulse,mep_mv\n1,2\n", r"column 2: 'mep_mv' is no column .* have to be mep_uv"),
    ("pulse,mep_uv,mep_uv\n1,2,3\n", r"column 3|column 2: each column must have its own"),
    ("pulse,percent_mso\n1,50\n2,112\n", r"row 2, column percent_mso: .* at most 100 %"),
    ("pulse,mep_uv\n1,-3\n", r"row 1, column mep_uv: this must be 0 or more; got -3"),
    ("pulse,time_s\n1,5\n2,4\n", r"row 2, column time_s: times must rise .* got 4 after 5"),
    ("pulse,channel\n1,FDI\n1,fdi\n", r"row 2, column channel: pulse 1 has 'fdi' already in"),
    ("pulse,mep_uv\n1,inf\n", r"row 1, column mep_uv: must be a number; got 'inf'"),
    ("pulse,mep_uv\n1\n", r"row 1: there must be 2 cells"),
    ("pulse,qc\n1,bad\n", r"row 1, column qc: must be ok, review or reject"),
    ("pulse,censored\n1,maybe\n", r"row 1, column censored: must be true or false"),
])  # fmt: skip
def test_a_wrong_cell_of_a_table_is_named(tmp_path, text, said):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=said):
        read_session(path)


def test_millivolt_in_the_place_of_microvolt_is_told_and_not_changed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("pulse,mep_uv\n" + "".join(f"{k},{k / 10}\n" for k in range(1, 9)))
    found = read_session(path)
    assert "such as mV for µV" in found.notes[0]
    assert found.pulses[-1].mep_uv == 0.8
    path.write_text("pulse,mep_uv\n1,nan\n2,30\n")
    assert [row.mep_uv for row in read_session(path).pulses] == [None, 30]


@pytest.mark.parametrize(("name", "old", "new", "said"), [
    ("desc-mep_events", "µV", "mV", "column mep_p2p_uv: must be in µV; the sidecar says 'mV'"),
    ("coordsystem", '"mm"', '"m"', "NIBSCoordinateUnits: coordinates must be in mm; got 'm'"),
    ("events", '"s"', '"ms"', "column onset: must be in s; the sidecar says 'ms'"),
])  # fmt: skip
def test_a_wrong_unit_of_bids_is_named(tmp_path, name, old, new, said):
    write_bids(tmp_path, made())
    (path,) = [
        p for p in tmp_path.rglob(f"*_{name}.json") if "desc" not in p.stem or "desc" in name
    ]
    text = path.read_text(encoding="utf-8")
    at = text.index('"mep_p2p_uv"') if "mep_p2p_uv" in text else 0
    path.write_text(text[:at] + text[at:].replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FileFormatError, match=said):
        read_bids(tmp_path)


def test_pulses_of_a_replay_are_a_session(tmp_path):
    path = tmp_path / "pulses.csv"
    path.write_text(
        "pulse,name,time_s,x_mm,y_mm,z_mm,percent_mso,didt_a_per_us,e_v_per_m_per_a_per_us,"
        "e_target_v_per_m,deviation_mm,deviation_deg,lifted_mm,missed_share,mep_uv\n"
        "1,S 1,0,1,2,3,50,61,0.8,48.8,nan,nan,0,0.01,120\n"
    )
    (row,) = read_session(path).pulses
    assert (row.e_target_v_per_m, row.mep_uv, row.percent_mso) == (48.8, 120, 50)


def test_values_of_a_pair_may_stand_in_one_cell(tmp_path):
    (tmp_path / "dataset_description.json").write_text("{}")
    folder = tmp_path / "sub-1" / "nibs"
    folder.mkdir(parents=True)
    (folder / "sub-1_task-x_nibs.tsv").write_text(
        "nibs_event_id\tnibs_type\tstimulus_intensity\tintensity_reference\tpattern1_interval\n"
        "a\tTMS\t35|58\trMT|1mV\t2.5\nb\tTMS\t58\t1mV\tn/a\n"
    )
    (folder / "sub-1_task-x_events.tsv").write_text(
        "onset\tduration\tnibs_event_id\n1.5\t0\ta\n7.25\t0\tb\n"
    )
    rows = read_bids(tmp_path).pulses
    assert [(r.conditioning_percent_mso, r.percent_mso) for r in rows] == [(35, 58), (None, 58)]
    assert [(r.time_s, r.interval_ms) for r in rows] == [(1.5, 2.5), (7.25, None)]


def test_stimulator_and_coil_are_in_the_sidecar(tmp_path):
    facts = {"stimulator": "Rapid2", "coil_type": "D70", "pulse_shape": "biphasic"}
    write_bids(tmp_path, replace(made(), facts=facts))
    (path,) = tmp_path.rglob("*_nibs.tsv")
    row = rows_of(path)[0]
    told = json.loads(path.with_suffix(".json").read_text())
    assert told["StimulatorSet"] == [
        {"StimulatorID": row["stimulator_id"], "ManufacturersModelName": "Rapid2"}
    ]
    assert told["ElementSet"][0]["ElementID"] == row["nibs_element_id"]
    assert row["stimulus_shape"] == "Biphasic"


def test_a_table_beside_its_own_json_harms_it_not(tmp_path):
    write_session(tmp_path / "a.json", made())
    write_session(tmp_path / "a.csv", made())
    assert read_session(tmp_path / "a.json") == made()
    write_session(tmp_path / "a.csv", replace(made(), facts={}, notes=()))
    assert read_session(tmp_path / "a.csv").facts == {}


def test_bids_needs_times(tmp_path):
    rows = tuple(replace(row, time_s=None) for row in made().pulses)
    with pytest.raises(BadInputError, match="row 1, column time_s: BIDS needs the time"):
        write_bids(tmp_path / "b", replace(made(), pulses=rows))


def test_a_list_of_points_is_read(tmp_path):
    path = tmp_path / "map.csv"
    path.write_text("1;2;10;20;30;0\n1;2;10;20;31;250.5\n1;3;10;20;31;7\n")
    found = read_mep_map(path).pulses
    assert [(r.subject, r.session, r.pulse, r.mep_uv) for r in found] == [
        ("1", "2", 1, 0.0), ("1", "2", 2, 250.5), ("1", "3", 1, 7.0),
    ]  # fmt: skip
    path.write_text("1;10;20;30;5\n1;10;20;x;5\n")
    with pytest.raises(FileFormatError, match="row 2: a map must have 5 numbers"):
        read_mep_map(path)
    assert np.isfinite(found[0].efield_max_x_mm)
