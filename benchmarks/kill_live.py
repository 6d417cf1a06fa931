"""Kill a session 200 times at random moments: nothing that was acknowledged may be lost.

    python benchmarks/kill_live.py --count 200 --seed 0

Each writer is a fork, which resumes the log of the one before, writes pulses and is killed with
SIGKILL. Exit status 1 when an entry that it had acknowledged is missing.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from cortistim.app.session import Session
from cortistim.io.live.session_log import read_session_log


def write(folder, channel):
    """Write pulses and acknowledge each, until somebody ends this process."""
    session = Session(folder, {"head": "x"})
    while True:
        entry = session.add("pulse", "test", note="x" * 200)
        os.write(channel, f"{entry.entry}\n".encode())


def killed_once(folder, wait_s):
    """Return the last entry that a writer acknowledged before it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        write(folder, writing)
    os.close(writing)
    time.sleep(wait_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        lines = told.read().split("\n")[:-1]
    return int(lines[-1]) if lines else 0


def main():
    """Kill, read, resume."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng, lost, acknowledged = random.Random(asked.seed), 0, 0
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log.jsonl"
        for _ in range(asked.count):
            last = killed_once(Path(name), rng.uniform(0.0, 0.08))
            acknowledged = max(acknowledged, last)
            found = len(read_session_log(log).entries) if log.exists() else 0
            lost += found < last
        resumed = sum(e.kind == "resume" for e in read_session_log(log).entries)
    words = f"{asked.count} kills, {found} entries, {acknowledged} acknowledged"
    print(f"{words}, {resumed} resumed, {lost} losses")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
