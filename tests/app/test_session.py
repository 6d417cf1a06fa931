"""What was acknowledged is on the disk, whatever happens next."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from cortistim.app.engine import Drive, Engine
from cortistim.app.evaluate import moved
from cortistim.app.session import Session, changed_bits, facts_of, pulse_of
from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.live.session_log import chained, read_session_log
from cortistim.records.live import LiveEntry

WRITER = """
import sys
from pathlib import Path
from cortistim.app.session import Session
session = Session(Path(sys.argv[1]), {"head": "x"})
print("ready", flush=True)
for line in sys.stdin:
    entry = session.add("pulse", "test", note=line.strip())
    print(entry.entry, flush=True)
"""


def entry_of(**told):
    values = {
        "entry": 1, "kind": "pulse", "time_utc": "2026", "monotonic_s": 1.0, "said_by": "me"
    }  # fmt: skip
    return LiveEntry(**{**values, **told})


def test_a_log_is_read_back_as_it_was_written(tmp_path):
    session = Session(tmp_path, {"head": "anna"})
    session.add("pulse", "page", note="€ \u2028 \\n")
    session.add("undo", "page", refers_to=2)
    session.close()
    found = read_session_log(tmp_path / "log.jsonl")
    assert list(found.entries) == session.entries
    assert [e.kind for e in found.entries] == ["begin", "pulse", "undo", "end"]
    assert oct(tmp_path.stat().st_mode)[-3:] == "700"


def test_what_is_taken_back_stays_and_does_not_count(tmp_path):
    session = Session(tmp_path, {})
    first, second = (session.add("pulse", "page") for _ in range(2))
    session.add("undo", "page", refers_to=second.entry)
    assert session.last(("pulse",)) == first
    assert len(session.entries) == 4
    session.close()


def test_a_torn_line_is_dropped_and_the_session_goes_on(tmp_path):
    session = Session(tmp_path, {})
    session.add("pulse", "page", note="kept")
    session.close()
    path = tmp_path / "log.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"entry": 4, "kind": "pul')
    again = Session(tmp_path, {})
    again.close()
    assert path.read_bytes().startswith(whole)
    kinds = [e.kind for e in read_session_log(path).entries]
    assert kinds == ["begin", "pulse", "end", "resume", "end"]


@pytest.mark.parametrize("change", [b"kept", b"2026", b'"chain"'])
def test_a_changed_log_is_refused(tmp_path, change):
    session = Session(tmp_path, {})
    session.add("pulse", "page", note="kept")
    session.close()
    path = tmp_path / "log.jsonl"
    path.write_bytes(path.read_bytes().replace(change, change[:-1] + b"X", 1))
    with pytest.raises(FileFormatError, match="line"):
        read_session_log(path)


def test_lines_cannot_change_places(tmp_path):
    session = Session(tmp_path, {})
    session.add("pulse", "page")
    session.close()
    path = tmp_path / "log.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[2], lines[1]]))
    with pytest.raises(FileFormatError, match="follow"):
        read_session_log(path)


def test_the_digest_is_of_the_entry_and_of_the_one_before():
    one = chained(entry_of(), "")
    assert one.chain != chained(entry_of(), "x").chain
    assert one.chain != chained(replace(entry_of(), note="x"), "").chain
    assert one == chained(one, "")


def test_two_programs_do_not_write_to_one_folder(tmp_path):
    session = Session(tmp_path, {})
    with pytest.raises(BadInputError, match="one program"):
        Session(tmp_path, {})
    session.close()


def test_a_replay_of_the_log_gives_the_same_bits(scene, tmp_path):
    engine = Engine(scene, kind="held")
    session = Session(tmp_path, facts_of(scene))
    rng = np.random.default_rng(3)
    for _ in range(8):
        pose = moved(
            scene.first, rng.normal(scale=2e-3, size=3), rng.normal(scale=0.05, size=3)
        )
        drive = Drive(rng.uniform(5e7, 9e7), None, typed=True)
        session.add("pulse", "test", pulse=pulse_of(engine, pose, drive))
    session.close()
    entries = read_session_log(tmp_path / "log.jsonl").entries
    assert sum(e.pulse is not None for e in entries) == 8
    assert changed_bits(scene, entries) == []
    spoilt = replace(entries[1].pulse, peak_e_v_per_m=entries[1].pulse.peak_e_v_per_m + 1e-12)
    assert changed_bits(scene, [replace(entries[1], pulse=spoilt)]) == [entries[1].entry]


def killed_once(folder, rng, env):
    """Let a writer write, kill it at a random moment; return what it had acknowledged."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], env=env, text=True, bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert writer.stdout.readline() == "ready\n"
    writer.stdin.write("".join(f"p{n}\n" for n in range(400)))
    writer.stdin.flush()
    time.sleep(rng.uniform(0, 0.05))
    writer.send_signal(signal.SIGKILL)
    told = writer.stdout.read().split("\n")[:-1]
    writer.wait()
    writer.stdin.close()
    return int(told[-1]) if told else 0


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_killed_session_loses_nothing_that_was_acknowledged(tmp_path):
    """Two kills here; `benchmarks/kill_live.py` makes two hundred."""
    rng, env = random.Random(5), dict(os.environ)
    for _ in range(2):
        acknowledged = killed_once(tmp_path, rng, env)
        found = read_session_log(tmp_path / "log.jsonl")
        assert len(found.entries) >= acknowledged
        assert [e.entry for e in found.entries] == list(range(1, len(found.entries) + 1))
    assert json.loads((tmp_path / "log.jsonl").read_bytes().splitlines()[0])["kind"] == "begin"
