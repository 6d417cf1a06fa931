"""Cohorts: who is in them, what is done again, and what a failure ends."""

import json
from pathlib import Path

import numpy as np
import pytest

from cortistim.cli import run as cli
from cortistim.errors import BadInputError
from cortistim.records.cohort import CohortRecord, FileStamp, StepState
from cortistim.records.form import read_record
from cortistim.study.cohort import run as cohort_run
from cortistim.study.cohort.local import LocalRunner, usual_jobs
from cortistim.study.cohort.run import CohortRequest, in_words, run_cohort
from cortistim.study.cohort.schedule import Schedule
from cortistim.study.cohort.sheet import chosen, read_cohort
from cortistim.study.cohort.steps import InputHashes, read_task, tasks_of, write_state
from cortistim.study.cohort.worker import done_alone, ended, perform


class Fake:
    """Does steps without doing anything: writes a file and a state for each."""

    words, jobs = "nobody", 2

    def __init__(self, failing=(), cause="input"):
        self.failing, self.cause, self.done, self._running = failing, cause, [], []

    def room(self):
        return len(self._running) < self.jobs

    def start(self, task):
        self._running.append(task)

    def wait(self):
        task = self._running.pop(0)
        self.done.append(task.name)
        about = {"person": task.person.id, "step": task.step, "key": task.key, "seconds": 2.0}
        if task.name in self.failing:
            state = StepState(
                **about, state="failed", cause=self.cause, sentence="it is broken."
            )
        else:
            path = Path(task.root) / f"{task.name.replace(' ', '-')}.txt"
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text("done", encoding="utf-8")
            stamp = FileStamp(path=path.name, bytes=4)
            state = StepState(**about, state="done", digest="d" + task.key, files=(stamp,))
        task.state_path.parent.mkdir(parents=True, exist_ok=True)
        write_state(task, state)
        return [(task, state)]

    def close(self):
        pass


@pytest.fixture
def sheet(tmp_path):
    """Write a sheet; images are one byte each, for nobody reads them here."""

    def write(text, images=("a", "b")):
        for name in images:
            (tmp_path / f"{name}.nii.gz").write_bytes(name.encode())
        path = tmp_path / "study.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


TWO = "people: [{id: a, t1: a.nii.gz, rmt: 50}, {id: b, t1: b.nii.gz}]\nsetting: coarse\n"


@pytest.fixture
def runner(monkeypatch):
    """Put a fake in the place of processes."""
    fake = Fake()
    monkeypatch.setattr(cohort_run, "LocalRunner", lambda _jobs: fake)
    return fake


def test_every_step_is_done_once_and_nothing_the_second_time(sheet, runner, tmp_path):
    request = CohortRequest(sheet=sheet(TWO), out=tmp_path / "out")
    first = run_cohort(request)
    steps = ["head", "operator", "plan:dlpfc_l:magstim_d70", "map:dlpfc_l:magstim_d70"]
    assert [step.step for step in first.people[0].steps] == steps
    assert {one.state for one in first.people} == {"done"}
    assert len(runner.done) == 8
    second = run_cohort(request)
    assert len(runner.done) == 8
    assert second.counts.steps_kept == 8
    assert [s.digest for p in second.people for s in p.steps] == [
        s.digest for p in first.people for s in p.steps
    ]
    written = read_record(CohortRecord, (tmp_path / "out" / "cohort.json").read_bytes())
    assert written.counts == second.counts


def test_steps_of_a_person_come_in_order(sheet, runner, tmp_path):
    run_cohort(CohortRequest(sheet=sheet(TWO), out=tmp_path / "out"))
    for person in ("a", "b"):
        own = [name.split()[1].split(":")[0] for name in runner.done if f"-{person} " in name]
        assert own == ["head", "operator", "plan", "map"]


def test_a_failure_ends_its_own_person_only(sheet, runner, tmp_path):
    runner.failing = ("sub-a operator",)
    request = CohortRequest(sheet=sheet(TWO), out=tmp_path / "out")
    record = run_cohort(request)
    assert [one.state for one in record.people] == ["failed", "done"]
    assert [s.state for s in record.people[0].steps] == ["done", "failed", "skipped", "skipped"]
    assert record.failures[0].sentence == "it is broken."
    assert "sub-a\toperator\tit is broken." in (tmp_path / "out/failed.tsv").read_text("utf-8")
    count = len(runner.done)
    run_cohort(request)  # what is wrong with the input stays wrong
    assert len(runner.done) == count
    runner.failing = ()
    again = run_cohort(CohortRequest(sheet=sheet(TWO), out=tmp_path / "out", retry=True))
    assert not again.failures


def test_what_was_lost_is_done_again(sheet, runner, tmp_path):
    runner.failing, runner.cause = ("sub-b head",), "lost"
    request = CohortRequest(sheet=sheet(TWO), out=tmp_path / "out")
    assert run_cohort(request).counts.steps_failed == 1
    runner.failing = ()
    assert run_cohort(request).counts.steps_done == 8


def test_only_what_depends_on_a_change_is_done_again(sheet, runner, tmp_path):
    request = CohortRequest(sheet=sheet(TWO), out=tmp_path / "out")
    run_cohort(request)
    runner.done.clear()
    sheet(TWO.replace("rmt: 50", "rmt: 55"))
    run_cohort(request)
    assert [name.split(":")[0] for name in runner.done] == ["sub-a plan", "sub-a map"]
    runner.done.clear()
    (tmp_path / "b.nii.gz").write_bytes(b"another image")
    run_cohort(request)
    assert len(runner.done) == 4
    assert all(name.startswith("sub-b") for name in runner.done)


def test_a_file_that_is_gone_is_made_again(sheet, runner, tmp_path):
    request = CohortRequest(sheet=sheet(TWO), out=tmp_path / "out")
    run_cohort(request)
    runner.done.clear()
    (tmp_path / "out" / "sub-a-operator.txt").unlink()
    run_cohort(request)
    assert runner.done[0] == "sub-a operator"


def test_some_people_and_parts_of_an_array(sheet, runner, tmp_path):
    path = sheet(TWO)
    run_cohort(CohortRequest(sheet=path, out=tmp_path / "o1", participant_label=("sub-b",)))
    assert all(name.startswith("sub-b") for name in runner.done)
    runner.done.clear()
    run_cohort(CohortRequest(sheet=path, out=tmp_path / "o2", array="1/2"))
    assert all(name.startswith("sub-a") for name in runner.done)
    with pytest.raises(BadInputError, match="Did you mean"):
        chosen(read_cohort(path), ("sub-bb",), "")
    with pytest.raises(BadInputError, match="K/N"):
        chosen(read_cohort(path), (), "3/2")
    with pytest.raises(BadInputError, match="fewer people than parts"):
        run_cohort(CohortRequest(sheet=path, out=tmp_path / "o2", array="5/5"))


def test_a_dry_run_states_time_and_disk_and_writes_nothing(sheet, capsys, tmp_path):
    code = cli(["cohort", "run", str(sheet(TWO)), "--out", str(tmp_path / "o"), "--dry-run",
                "--json", "--quiet"])  # fmt: skip
    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert told["estimate"]["steps"] == 8
    assert told["estimate"]["cpu_hours"] > 0
    assert told["estimate"]["disk_gb"] > 0
    assert not (tmp_path / "o").exists()


ROWS = """people:
  - {id: good, t1: a.nii.gz}
  - {id: gone, t1: nothing.nii.gz}
  - {id: two, name: names, t1: b.nii.gz}
  - {id: "bad id!", t1: b.nii.gz}
  - {id: same, t1: b.nii.gz}
  - {id: Same, t1: b.nii.gz}
  - {id: bare}
  - {id: high, t1: b.nii.gz, rmt: 140}
  - {t1: b.nii.gz}
"""


@pytest.mark.usefixtures("runner")
def test_each_bad_row_is_told_in_a_sentence_and_the_rest_goes_on(sheet, tmp_path):
    record = run_cohort(CohortRequest(sheet=sheet(ROWS), out=tmp_path / "out"))
    states = {one.id: (one.state, one.sentence) for one in record.people}
    assert states.pop("good")[0] == "done"
    assert len(states) == 8
    wanted = {
        "gone": "file not found", "two": "must have one name", "bad id!": "letters and digits",
        "same": "a name of their own", "Same": "a name of their own", "bare": "must have a T1",
        "high": "between 0 and 100", "row9": "must have an id",
    }  # fmt: skip
    for name, (state, sentence) in states.items():
        assert state == "failed"
        assert wanted[name] in sentence
    assert len(record.failures) == 8


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("people: []", "1 to"),
        ("people: [{id: a, t1: gone.nii}]", "nothing can be started"),
        ("peoples: []", "Did you mean people"),
        ("[1, 2]", "must be a mapping"),
        ("people: 3", "must be a list"),
        (TWO + "targets: [C3, C3]", "name each once"),
        (TWO.replace("coarse", "rough"), "no setting is named"),
        (TWO + "space: talairach", "mni or subject"),
        (TWO + "operator: 5", "cannot be"),
    ],
)
def test_a_sheet_that_cannot_be_used_ends_with_status_2(sheet, capsys, tmp_path, text, told):
    code = cli(["cohort", "run", str(sheet(text)), "--out", str(tmp_path / "o"), "--quiet"])
    assert code == 2
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("runner")
def test_failures_end_with_status_3(sheet, capsys, tmp_path):
    code = cli(["cohort", "run", str(sheet(ROWS)), "--out", str(tmp_path / "o"), "--quiet"])
    assert code == 3
    assert "sub-gone sheet: file not found" in capsys.readouterr().out


def test_one_image_under_two_names_is_noted(sheet):
    same = "people: [{id: a, t1: a.nii.gz}, {id: b, t1: a.nii.gz}]"
    assert "two names?" in read_cohort(sheet(same)).people[0].notes[0]


def test_a_bids_dataset_is_read(tmp_path):
    for label in ("01", "02"):
        folder = tmp_path / f"sub-{label}" / "ses-1" / "anat"
        folder.mkdir(parents=True)
        (folder / f"sub-{label}_ses-1_T1w.nii.gz").write_bytes(b"x")
    (tmp_path / "sub-03").mkdir()
    table = "participant_id\tage\tgroup\trmt\nsub-01\t31\tsham\t55\nsub-02\tn/a\tactive\tn/a\n"
    (tmp_path / "participants.tsv").write_text(table, encoding="utf-8")
    people = {one.id: one for one in read_cohort(tmp_path).people}
    assert people["01"].rmt_percent == 55
    assert people["01"].values == {"age": 31}
    assert people["02"].group == "active"
    assert people["02"].rmt_percent is None
    assert "there is none" in people["03"].problem


def test_a_table_and_patterns_name_people_and_images(tmp_path):
    (tmp_path / "t1").mkdir()
    (tmp_path / "t1/007.nii.gz").write_bytes(b"x")
    (tmp_path / "people.tsv").write_text("participant_id\n007\n", encoding="utf-8")
    path = tmp_path / "c.yaml"
    path.write_text('participants: people.tsv\nt1: "t1/{id}.nii*"\n', encoding="utf-8")
    person = read_cohort(path).people[0]
    assert person.id == "007"
    assert person.t1.endswith("007.nii.gz")


def test_a_freesurfer_subject_gives_image_and_surfaces(tmp_path):
    (tmp_path / "s/mri").mkdir(parents=True)
    (tmp_path / "s/mri/orig.mgz").write_bytes(b"x")
    path = tmp_path / "c.yaml"
    path.write_text("people: [{id: s, freesurfer: s}]", encoding="utf-8")
    person = read_cohort(path).people[0]
    assert person.t1.endswith("orig.mgz")
    assert person.surfaces == str(tmp_path / "s")


def tasks(path, root):
    return next(iter(tasks_of(read_cohort(path), root, InputHashes(root))))


def test_a_task_survives_the_way_to_another_process(sheet, tmp_path):
    for task in tasks(sheet(TWO), tmp_path / "out"):
        assert read_task(task.text()) == task


def test_a_step_in_a_process_of_its_own_is_written_and_found_again(ball_file, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(f"people: [{{id: ball, head: {ball_file}}}]", encoding="utf-8")
    head = tasks(path, tmp_path / "out")[0]
    state = read_record(StepState, done_alone(head.text()))
    assert state.state == "done", state.sentence
    assert state.seconds > 0
    assert head.kept() == state
    assert perform(head) == state  # nothing is done twice


def test_a_broken_head_is_the_input_s_fault(tmp_path):
    (tmp_path / "broken.msh").write_bytes(b"$MeshFormat\n9")
    path = tmp_path / "c.yaml"
    path.write_text("people: [{id: x, head: broken.msh}]", encoding="utf-8")
    state = perform(tasks(path, tmp_path / "out")[0])
    assert (state.state, state.cause) == ("failed", "input")
    assert "broken.msh" in state.sentence


def test_a_program_s_fault_is_told_with_its_log(sheet, tmp_path, monkeypatch):
    from cortistim.study.cohort import work

    def fail(_task):
        msg = "deep inside"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr(work, "work_on", fail)
    state = perform(tasks(sheet(TWO), tmp_path / "out")[0])
    assert state.cause == "program"
    assert "ZeroDivisionError (deep inside)" in state.sentence
    assert state.sentence.endswith("head.log says where.")


def test_a_process_that_is_gone_leaves_a_sentence(sheet, tmp_path):
    task = tasks(sheet(TWO), tmp_path / "out")[0]
    state = ended(task, -9)
    assert state.cause == "lost"
    assert "signal 9" in state.sentence


def test_processes_of_this_machine(sheet, tmp_path, monkeypatch):
    from cortistim.study.cohort import worker

    monkeypatch.setattr(worker, "MODULE", "this")  # says something else, and writes no state
    runner = LocalRunner(1)
    task = tasks(sheet(TWO), tmp_path / "out")[0]
    assert runner.room()
    runner.start(task)
    assert not runner.room()
    ((_, state),) = runner.wait()
    assert state.cause == "lost"
    assert runner.wait() == []
    runner.start(task)
    runner.close()
    with pytest.raises(BadInputError, match="1 or more"):
        LocalRunner(0)
    assert usual_jobs(1e9) == 1


def test_time_left_follows_what_steps_took(sheet, tmp_path):
    steps = list(tasks_of(read_cohort(sheet(TWO)), tmp_path / "o", InputHashes(tmp_path)))
    schedule = Schedule(steps)
    before = schedule.left_s(2)
    schedule.run(Fake(), lambda _node: None)
    assert before > 0
    assert schedule.left_s(2) == 0
    assert schedule.expected_s(steps[0][0]) == pytest.approx(2.0)  # as the fake says


def test_lengths_of_time_are_said_plainly():
    assert [in_words(s) for s in (40, 720, 12_600, 259_200)] == [
        "40 s", "12 min", "3.5 h", "3.0 days",
    ]  # fmt: skip


def test_a_request_that_contradicts_itself_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="not both"):
        CohortRequest(sheet=tmp_path, out=tmp_path, jobs=2, scheduler="tcp://x:1")
    with pytest.raises(BadInputError, match="1 or more"):
        CohortRequest(sheet=tmp_path, out=tmp_path, jobs=0)


@pytest.mark.usefixtures("runner")
def test_derivatives_are_a_bids_dataset(sheet, tmp_path):
    folder = tmp_path / "out" / "derivatives" / "cortistim"
    (folder / "sub-a").mkdir(parents=True)
    run_cohort(CohortRequest(sheet=sheet(TWO), out=tmp_path / "out"))
    about = json.loads((folder / "dataset_description.json").read_text("utf-8"))
    assert about["DatasetType"] == "derivative"
    assert "sub-a\tn/a\t50" in (folder / "participants.tsv").read_text("utf-8")
    assert "efield" in (folder / ".bidsignore").read_text("utf-8")


def test_fsaverage_is_tied_by_mni_space_where_no_spheres_are():
    from types import SimpleNamespace

    from cortistim.head.fsaverage import BY_MNI, fsaverage5, tie_to_fsaverage5

    template = fsaverage5()
    assert template.area_m2.sum() == pytest.approx(0.142, rel=0.05)
    cortex = SimpleNamespace(vertices_m=template.mid_m)
    frame = SimpleNamespace(to_subject_m=np.array, to_mni_m=np.array)
    head = SimpleNamespace(cortex=cortex, frame=frame, given_cortex=None)
    tie = tie_to_fsaverage5(head)
    assert tie.by == BY_MNI
    values = np.random.default_rng(0).normal(size=len(template.mid_m))
    off = np.abs(tie.values(values) - values) > 0
    assert off.mean() < 0.05  # the middle wall, where sides are close, and equal places
    far = SimpleNamespace(cortex=SimpleNamespace(vertices_m=template.mid_m + 0.05), frame=frame,
                          given_cortex=None)  # fmt: skip
    with pytest.raises(BadInputError, match="tie to MNI space"):
        tie_to_fsaverage5(far)
