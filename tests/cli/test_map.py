"""``cortistim map``: from a table of pulses to measures, overlaps and repeatability."""

import json

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.records.form import json_text, read_record
from cortistim.records.motor_map import MapsRecord

WHERE = ["--x", "x", "--y", "y", "--z", "z"]


def rows(seed, centre_mm, count=80):
    rng = np.random.default_rng(seed)
    places = 60 * (rng.random((count, 2)) - 0.5)
    square = ((places - centre_mm) ** 2).sum(axis=1)
    size = 50 * 10 ** (1 - square / 250 + 0.3 * rng.standard_normal(count))
    return [(100 + a, 50 + b, 80 + 0.3 * rng.standard_normal(), v if v > 20 else 0.0)
            for (a, b), v in zip(places, size, strict=True)]  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    lines = []
    for person in range(2):
        for session in range(2):
            found = rows(10 * person + session, (10 * person, 2 * session))
            lines += [
                f"{person};{session};{x:.2f};{y:.2f};{z:.2f};{v:.1f}" for x, y, z, v in found
            ]
    path = tmp_path_factory.mktemp("map") / "t.csv"
    path.write_text("\n".join(lines))
    return path


def measured(table, out, *options):
    given = ["--columns", "who,when,x,y,z,uv", "--delimiter", ";", "--response", "uv"]
    asked = ["map", "measure", str(table), *WHERE, *given, "--draws", "40", "--out", str(out)]
    return run([*asked, *options])


def test_every_map_has_every_measure_with_an_interval(table, tmp_path, capsys):
    out, figure = tmp_path / "m.json", tmp_path / "m.png"
    asked = ["--by", "who", "--by", "when", "--figure", str(figure), "--surface", "cortex"]
    assert measured(table, out, *asked, "--percent-rmt", "110", "--interval", "3") == 0
    told = capsys.readouterr().out
    assert "repeatability, 2 people, 4 maps" in told
    assert "overlap of 0, 0 and 0, 1" in told
    record = read_record(MapsRecord, out.read_text())
    assert json_text(record) == out.read_text()
    assert (record.surface, record.percent_rmt, record.interval_s) == ("cortex", 110, 3)
    assert len(record.maps) == 4
    for found in record.maps:
        for value in (*found.areas.values(), *found.volumes.values()):
            assert value.low < value.value < value.high
            assert value.smallest_change > 0
        true = np.array([100 + 10 * int(found.by["who"]), 50 + 2 * int(found.by["when"])])
        for place in found.places.values():
            assert np.linalg.norm(np.array(place.mm[:2]) - true) < 8
            assert place.radius95_mm > 0
    assert len(record.overlaps) == 2  # of sessions of one person, never of two people
    assert all(0 < pair.weighted_low < pair.weighted < 1 for pair in record.overlaps)
    assert {row.measure for row in record.repeatability} >= {"cog_amplitude", "area_voronoi"}
    assert figure.stat().st_size > 20_000


def test_a_table_with_a_header_is_one_map_and_says_what_it_does_not_know(tmp_path, capsys):
    path, out = tmp_path / "t.csv", tmp_path / "m.json"
    lines = [f"{x:.2f},{y:.2f},{z:.2f},{v / 1000:.4f}" for x, y, z, v in rows(1, (0, 0))]
    path.write_text("\n".join(["x,y,z,mep_mv", *lines]))
    asked = ["map", "measure", str(path), *WHERE, "--response", "mep_mv", "--out", str(out)]
    assert run([*asked, "--draws", "30", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["unit"] == "mv"
    assert 300 < max(p[2] for p in record["maps"][0]["points"]) < 3000
    assert "not stated" in record["notes"][0]
    assert record["overlaps"] == record["repeatability"] == []


def test_a_map_without_responses_is_told_beside_others(table, tmp_path):
    lines = table.read_text().splitlines()
    quiet = [
        line.rsplit(";", 1)[0] + ";0" if line.startswith("0;1") else line for line in lines
    ]
    path, out = tmp_path / "t.csv", tmp_path / "m.json"
    path.write_text("\n".join(quiet))
    assert measured(path, out, "--by", "who", "--by", "when", "--figure",
                    str(tmp_path / "m.png")) == 0  # fmt: skip
    record = json.loads(out.read_text())
    assert record["maps"][1]["areas"] == {}
    assert "1 of 4 maps" in record["notes"][-1]
    assert len(record["overlaps"]) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--delimiter", ","], "--columns names; got 1. If something else than a comma"),
        (["--delimiter", ";;"], "--delimiter must be one character"),
        (["--columns", "a,a"], "--columns must be different names"),
        (["--columns", "who,when,x,y,z,mep"], "there must be one column 'uv'"),
        (["--columns", "who,when,x,y,z,w,uv"], "a row must have 7 cells"),
        (["--response", "x"], "must be different columns"),
        (["--response", "who", "--by", "when"], "some response must exceed 50 µV"),
        (["--criterion", "1e6"], "some response must exceed 1e+06 µV"),
        (["--by", "x", "--by", "y"], "a map takes 8 pulses or more"),
        (["--unit", "mv", "--criterion", "1"], "says uv, but --unit is mv"),
    ],
)
def test_what_cannot_be_measured_is_refused(table, tmp_path, capsys, change, words):
    assert measured(table, tmp_path / "m.json", *change) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "m.json").exists()


def test_cells_that_are_no_numbers_are_named_by_line(table, tmp_path, capsys):
    path = tmp_path / "t.csv"
    path.write_text(table.read_text().replace(";0.0\n", ";none\n", 1))
    assert measured(path, tmp_path / "m.json") == 2
    assert "line" in capsys.readouterr().err


def test_repeats_of_the_public_grid_maps(shared_file, tmp_path, capsys):
    path = shared_file("data/mep/grid_mappings.csv")
    asked = ["map", "measure", str(path), *WHERE, "--columns", "subject,session,x,y,z,uv"]
    asked += ["--delimiter", ";", "--response", "uv", "--by", "subject", "--by", "session"]
    assert run([*asked, "--draws", "20", "--out", str(tmp_path / "m.json")]) == 0
    assert "repeatability, 5 people, 15 maps" in capsys.readouterr().out
    record = json.loads((tmp_path / "m.json").read_text())
    areas = {row["measure"]: row for row in record["repeatability"]}
    assert 0.3 < areas["area_voronoi"]["icc"] < 1
    assert len(record["overlaps"]) == 15
