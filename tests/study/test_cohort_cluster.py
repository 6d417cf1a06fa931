"""Steps as futures: the same state as in a process of this machine."""

import pytest

from cortistim.errors import BadInputError
from cortistim.study.cohort.cluster import ClusterRunner
from cortistim.study.cohort.sheet import read_cohort
from cortistim.study.cohort.steps import InputHashes, tasks_of
from cortistim.study.cohort.worker import perform

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")  # of Dask's own sockets and ports


def head_step(root, ball_file):
    sheet = root / "c.yaml"
    sheet.write_text(f"people: [{{id: ball, head: {ball_file}}}]", encoding="utf-8")
    return next(iter(tasks_of(read_cohort(sheet), root / "out", InputHashes(root))))[0]


def test_a_cluster_s_step_ends_as_one_of_this_machine(ball_file, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    expected = perform(head_step(here, ball_file))
    assert expected.state == "done", expected.sentence
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        runner = ClusterRunner(cluster.scheduler_address)
        assert runner.jobs == 1
        assert runner.room()
        assert runner.wait() == []
        task = head_step(there, ball_file)
        runner.start(task)
        ((found, state),) = runner.wait()
        runner.close()
    assert found is task
    assert state.state == "done", state.sentence
    assert state.digest == expected.digest
    assert task.kept() == state


def test_a_scheduler_that_does_not_answer_is_told(monkeypatch):
    from cortistim.study.cohort import cluster

    monkeypatch.setattr(cluster, "TIMEOUT_S", 0.5)
    with pytest.raises(BadInputError, match="is not reached"):
        ClusterRunner("tcp://127.0.0.1:9")
