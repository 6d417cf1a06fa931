"""People together: made maps of a cohort, read, averaged, tested, dosed and drawn."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from cortistim.cli import run as cli
from cortistim.errors import BadInputError
from cortistim.head.cortex.hemispheres import SIDES
from cortistim.head.fsaverage import fsaverage5
from cortistim.io import write_overlay_gifti
from cortistim.records.cohort import CohortRecord
from cortistim.records.cohort_group import GroupRecord
from cortistim.records.form import json_text, read_record
from cortistim.study.cohort import group, group_people
from cortistim.study.cohort.group_people import GroupRequest, smoothed_values
from cortistim.study.cohort.work import map_name

PLACE_M = np.array([-0.040, 0.038, 0.036])
PEOPLE = 8
BUMP_M = 0.015
RMT = np.array([40.0, 44, 48, 52, 56, 60, 64, 68])


def plan_of(_folder, person, target, _coil):
    """Return what a group reads of a plan: the same coil, weaker fields for higher rMTs."""
    strength = 60 / RMT[int(person.id)]
    dose = SimpleNamespace(m1_e_per_a_per_us_v_per_m=1.2 * strength)
    return SimpleNamespace(
        field=SimpleNamespace(target_e_v_per_m=100 * strength, didt_a_per_us=100.0),
        stimulator=SimpleNamespace(didt_max_a_per_us=150.0, didt_max_reason=""),
        neuron=SimpleNamespace(dose=dose),
        target=SimpleNamespace(mni_mm=tuple(1e3 * PLACE_M)),
        name=target,
    )


def step(kind, target, coil):
    return {
        "step": ":".join(p for p in (kind, target, coil) if p), "kind": kind, "target": target,
        "coil": coil, "state": "done", "sentence": "", "kept": False, "key": "k", "digest": "d",
        "folder": "f", "seconds": 1.0, "memory_gb": 1.0, "needs_gb": 1.0, "expected_s": 1.0,
    }  # fmt: skip


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Make a cohort of eight whose field at a target grows with their score."""
    folder = tmp_path_factory.mktemp("cohort")
    template, rng = fsaverage5(), np.random.default_rng(0)
    bump = np.exp(-((np.linalg.norm(template.mid_m - PLACE_M, axis=1) / BUMP_M) ** 2))
    people = []
    for number in range(PEOPLE):
        steps = [
            step(kind, "dlpfc_l", coil) for coil in ("one", "two") for kind in ("plan", "map")
        ]
        people.append({
            "id": str(number), "state": "done", "sentence": "", "source": "T1 x",
            "rmt_percent": RMT[number], "group": "ab"[number % 2], "notes": [],
            "values": {"score": float(number), "age": float((number * 3) % 7)},
            "steps": steps,
        })  # fmt: skip
        for coil, more in (("one", 0.0), ("two", 0.2)):
            own = 0.3 + (0.5 + 0.1 * number + more) * bump
            own += 0.02 * rng.normal() + 0.002 * rng.normal(size=len(bump))
            for side in SIDES:
                name = map_name(str(number), "dlpfc_l", coil, side, "magn")
                path = folder / "derivatives/cortistim" / f"sub-{number}" / name
                write_overlay_gifti(path, {"magn": own[template.side(side)]})
                sidecar = path.with_name(path.name.replace(".gii", ".json"))
                sidecar.write_text('{"TiedBy": "a made tie"}', encoding="utf-8")
    people.append({**people[0], "id": "bad", "state": "failed", "sentence": "no head.",
                   "steps": []})  # fmt: skip
    record = {
        "schema": "cortistim-cohort-1", "notice": "not a medical device", "name": "made",
        "setting": "coarse", "setting_is": "coarse", "targets": ["dlpfc_l"],
        "coils": ["one", "two"], "protocol": "p", "finished": True, "dry_run": False,
        "part": "", "runner": "", "jobs": 1, "failures": [], "notes": [], "seconds": 1.0,
        "versions": {}, "people": people,
        "counts": dict.fromkeys(("people", "people_done", "people_failed", "steps",
                                 "steps_done", "steps_kept", "steps_failed",
                                 "steps_skipped"), 1),
        "estimate": {"steps": 0, "cpu_hours": 0.0, "hours": 0.0, "jobs": 1, "disk_gb": 0.0,
                     "free_gb": 1.0, "memory_gb": 0.0, "words": ""},
    }  # fmt: skip
    text = json.dumps(record)
    (folder / "cohort.json").write_text(
        json_text(read_record(CohortRecord, text)), encoding="utf-8"
    )
    return folder


@pytest.fixture(autouse=True)
def plans(monkeypatch):
    monkeypatch.setattr(group, "plan_of", plan_of)
    monkeypatch.setattr(group_people, "plan_of", plan_of)


def test_means_spread_and_regions_are_those_of_the_people(cohort):
    found = group.run_group(GroupRequest(folder=cohort, level=100.0))
    assert found.left_out == {"bad": "no head."}
    top = int(np.nanargmax(found.mean))
    assert np.linalg.norm(found.template.mid_m[top] - PLACE_M) < 0.006
    values = found.values[:, top]
    assert found.mean[top] == pytest.approx(values.mean())
    assert found.sd[top] == pytest.approx(values.std(ddof=1))
    assert found.above_percent[top] == pytest.approx(100 * (values > 100).mean())
    assert np.isnan(found.mean[found.template.wall]).all()


def test_the_whole_way_by_the_command(cohort, capsys, tmp_path):
    code = cli(["cohort", "group", str(cohort), "--out", str(tmp_path / "g"), "--outcome",
                "score", "--covariate", "age", "--permutations", "120", "--json",
                "--quiet"])  # fmt: skip
    record = json.loads(capsys.readouterr().out)
    assert code == 0
    read = read_record(GroupRecord, (tmp_path / "g" / "group.json").read_bytes())
    assert record["people"] == list(read.people)
    assert read.test.least_p_tfce <= 0.05
    peak = np.array(read.test.clusters[0].peak_mni_mm) / 1e3
    assert np.linalg.norm(peak - PLACE_M) < 2 * BUMP_M
    assert "8 people find a correlation" in read.test.detectable.words
    for row in read.regions:
        assert row.mean_low <= row.mean <= row.mean_high
    assert read.foretold.rmse_percent == pytest.approx(0, abs=1e-6)
    assert {rule.rule for rule in read.rules} == {"same_mso", "percent_rmt", "equal_field"}
    assert read.rules[2].within == PEOPLE
    names = {path.name for path in (tmp_path / "g").iterdir()}
    assert {"group.html", "maps.png", "test.png", "dose.png", "foretold.png", "regions.csv",
            "dose.csv", "lh.group.fsaverage5.func.gii"} <= names  # fmt: skip
    page = (tmp_path / "g" / "group.html").read_text("utf-8")
    assert "<script" not in page
    assert "not a medical device" in page
    assert "bad: no head." in page


def test_a_coil_that_gives_more_is_found_by_flipping_signs(cohort):
    request = GroupRequest(folder=cohort, paired="two", permutations=300)
    found = group.run_group(request)
    assert found.test.exact
    assert found.test.t[np.nanargmax(found.mean)] < -3  # the second gives more
    assert found.test.n_permutation == 256
    assert found.test.p_tfce.min() <= 0.05


def test_groups_are_compared(cohort):
    found = group.run_group(GroupRequest(folder=cohort, groups="a-b", permutations=99))
    assert len(found.tested) == PEOPLE
    assert found.test.p_tfce.min() > 0.05  # a and b take turns


def test_smoothing_keeps_constants_and_spreads_a_point():
    template = fsaverage5()
    flat = smoothed_values(template, np.full((1, len(template.mid_m)), 3.0), 6.0)
    assert flat == pytest.approx(3.0)
    point = np.zeros((1, len(template.mid_m)))
    at = int(np.argmin(np.linalg.norm(template.mid_m - PLACE_M, axis=1)))
    point[0, at] = 1.0
    wide = smoothed_values(template, point, 12.0)[0]
    far = np.linalg.norm(template.mid_m - template.mid_m[at], axis=1)
    spread = np.sqrt((wide * far**2).sum() / wide.sum() / 2)
    assert spread == pytest.approx(0.012 / 2.3548, rel=0.35)  # folds shorten straight lines


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"outcome": "score", "groups": "a-b"}, "one question at a time"),
        ({"covariates": ("age",)}, "belong to a question"),
        ({"outcome": "scores"}, "no person has a number"),
        ({"groups": "ab"}, "two names of groups"),
        ({"groups": "c-d"}, "nobody has what"),
        ({"outcome": "score", "covariates": ("score",)}, "rank deficient"),
        ({"target": "m1"}, "no target of the cohort"),
        ({"coil": "three"}, "no coil of the cohort"),
        ({"column": "size"}, "no map is named"),
        ({"paired": "one"}, "another coil or target"),
        ({"smoothing_mm": 90.0}, "0 and 40"),
        ({"mso_percent": 0.0}, "0 and 100"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused(cohort, asked, told):
    with pytest.raises(BadInputError, match=told):
        group.run_group(GroupRequest(folder=cohort, **asked))


def test_a_folder_without_a_cohort_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="folder of a cohort"):
        group.run_group(GroupRequest(folder=tmp_path))


def test_an_atlas_gives_regions_and_another_template_is_refused(cohort, tmp_path):
    from cortistim.study.cohort.group_files import group_record

    half = fsaverage5().n_side
    numbers = (np.arange(half) % 3).astype(float)
    paths = [tmp_path / "l.gii", tmp_path / "r.gii"]
    for path in paths:
        write_overlay_gifti(path, {"regions": numbers})
    found = group.run_group(GroupRequest(folder=cohort, atlas=tuple(paths)))
    assert [row.region for row in group_record(found).regions] == [
        "lh 1",
        "lh 2",
        "rh 1",
        "rh 2",
    ]
    write_overlay_gifti(paths[1], {"regions": numbers[:100]})
    with pytest.raises(BadInputError, match="must be on fsaverage5"):
        group_record(found)
    one = group.run_group(GroupRequest(folder=cohort, atlas=(paths[0],)))
    with pytest.raises(BadInputError, match="left and right"):
        group_record(one)


def test_more_columns_come_from_a_table(cohort, tmp_path):
    path = tmp_path / "more.tsv"
    rows = [f"sub-{number}\t{number * 2}" for number in range(PEOPLE)]
    path.write_text("participant_id\tchange\n" + "\n".join(rows) + "\n", encoding="utf-8")
    request = GroupRequest(folder=cohort, outcome="change", table=path, permutations=99)
    assert len(group.run_group(request).tested) == PEOPLE
    path.write_text("name\tchange\nx\t1\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="participant_id"):
        group.run_group(request)
