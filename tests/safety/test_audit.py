"""Is the record of answers whole, or is it said that it is not; and who may read it?"""

import json
import os
import resource
import signal
import subprocess
import sys

import pytest

from cortistim.cli import run
from cortistim.errors import BadInputError
from cortistim.safety.audit import append_record


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def append(path, **record):
    return append_record(record, version="1", path=path)


def test_a_write_in_pieces_is_gone_on_with(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:7]))
    append(tmp_path / "audit.jsonl", answer="no" * 40)
    (line,) = lines(tmp_path / "audit.jsonl")
    assert json.loads(line)["answer"] == "no" * 40


@pytest.fixture
def short_file():
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("short_file")
def test_a_record_that_does_not_fit_fails_and_leaves_nothing(tmp_path):
    path = tmp_path / "audit.jsonl"
    for _ in range(20):
        before = path.read_bytes() if path.exists() else b""
        if len(before) > 800:
            break
        append(path, answer="no" * 40)
    with pytest.raises(BadInputError, match=str(path)):
        append(path, answer="no" * 100)
    assert path.read_bytes() == before
    assert all(json.loads(line)["answer"] for line in lines(path))


@pytest.mark.usefixtures("short_file")
def test_a_screening_whose_record_is_lost_fails(tmp_path, capsys):
    path = tmp_path / "audit.jsonl"
    arguments = ["safety", "screen", "--answer", "pregnancy=no", "--audit", str(path)]
    codes = [run(arguments) for _ in range(12)]
    assert codes[-1] == 2
    assert "must be written whole" in capsys.readouterr().err
    for line in lines(path):
        json.loads(line)


def test_a_cut_line_is_named_and_not_gone_on_with(tmp_path):
    path = tmp_path / "audit.jsonl"
    append(path, answer="first")
    path.write_bytes(path.read_bytes()[:-9])
    append(path, answer="second")
    append(path, answer="third")
    cut, told, *rest = lines(path)
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut)
    assert json.loads(told)["kind"] == "cut"
    assert [json.loads(line)["answer"] for line in rest] == ["second", "third"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_only_the_owner_may_read_the_answers_also_in_a_file_that_was_open(tmp_path):
    old = os.umask(0)
    try:
        path = append(tmp_path / "audit.jsonl", answer="no")
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o644)
        append(path, answer="no")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_a_file_that_others_could_read_is_refused(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    path = append(tmp_path / "audit.jsonl", answer="no")
    monkeypatch.setattr(os, "fchmod", refused)  # the file is another user's
    with pytest.raises(BadInputError, match="readable by its owner only"):
        append(path, answer="no")
    assert len(lines(path)) == 1


def test_records_of_processes_at_once_do_not_mix(tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from cortistim.safety.audit import append_record\n"
        "for k in range(20): append_record({'n': k}, version='1', path=Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "audit.jsonl")]
    running = [subprocess.Popen(command) for _ in range(2)]
    assert [one.wait() for one in running] == [0, 0]
    assert len([json.loads(line) for line in lines(tmp_path / "audit.jsonl")]) == 40
