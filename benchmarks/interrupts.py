"""Interrupt plans and builds of heads at random moments: nothing may be lost or mixed.

    python benchmarks/interrupts.py [--plans 200] [--head HEAD] [--seed 0]
    python benchmarks/interrupts.py --plans 0 --builds 50 --t1 T1.nii.gz

Each trial starts a run over the whole output of an earlier one and ends it at a random moment:
by SIGKILL, SIGTERM or SIGINT, or by a disk that is full (a limit on the size of files, or as
root a small file system in memory). Half of the signals are sent while files are written. A
trial passes when

- the output is then that of the earlier run, that of the new one, or says that it was cut off;
  for a head's folder, whose steps are kept as they come, when every file is whole, that is
  equal to the earlier or the new one;
- the same command run again ends with 0 and with files equal, to the bit and apart from the
  time taken, to those of a run that nobody interrupted;
- no ``.writing-`` or ``.settling-`` is left by then, in the output, beside it or in the cache.

Plans are of a coarse ball unless --head is given. Exit status 1 when a trial failed.
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cortistim.cache.folders import NOTICE_NAME
from cortistim.head.mesher import layered_sphere
from cortistim.io import write_head_mesh

WAYS = ("KILL", "TERM", "INT", "limit", "full")
RADII_M, TAGS, EDGE_M = (0.066, 0.074, 0.078, 0.084, 0.092), (1, 2, 3, 4, 5), 0.009
TIME_TAKEN = re.compile(rb"<h3>Time taken</h3><table.*?</table>", re.DOTALL)
HIDDEN = (".writing-", ".settling-")
POLL_S = 0.002


@dataclass(frozen=True)
class Work:
    """A command, what it writes when nobody interrupts it, and how long that takes."""

    arguments: tuple[str, ...]
    folder: Path
    earlier: Path
    wanted: dict[str, str]
    seconds: float
    by_file: bool

    @property
    def out(self):
        """Where the interrupted runs write to."""
        return self.folder / "out"


def digests(folder):
    """Hash every file of a run, without the time that it took."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or any(part.startswith(HIDDEN) for part in path.parts):
            continue
        data = path.read_bytes()
        if path.name == "plan.json":
            with contextlib.suppress(ValueError):  # torn: then its bytes are compared
                data = json.dumps(json.loads(data) | {"timing_s": None}).encode()
        elif path.suffix == ".html":
            data = TIME_TAKEN.sub(b"", data)
        found[name] = hashlib.blake2b(data, digest_size=8).hexdigest()
    return found


def command(work_arguments, out):
    return [sys.executable, "-m", "cortistim", *work_arguments, "--out", str(out), "--quiet"]


def start(arguments, out, environment, limit=None):
    """Start a run; a limit on the size of its files is set in the child."""

    def limited():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        command(arguments, out), env=environment, preexec_fn=limited,  # noqa: PLW1509
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def finished(arguments, out, environment):
    began = time.perf_counter()
    done = start(arguments, out, environment).wait()
    if done != 0:
        sys.exit(f"cortistim {' '.join(arguments)} ended with {done} though nobody stopped it")
    return time.perf_counter() - began


def prepared(folder, arguments, earlier_arguments, environment, *, by_file):
    """Make the earlier output and the wanted one; the cache is filled on the way."""
    earlier, wanted = folder / "earlier" / "out", folder / "wanted" / "out"
    for place, words in ((earlier, earlier_arguments), (wanted, arguments)):
        place.parent.mkdir(parents=True)
        seconds = finished(words, place, environment)
    again = folder / "again" / "out"
    again.parent.mkdir()
    seconds = min(seconds, finished(arguments, again, environment))
    if digests(again) != digests(wanted):
        sys.exit("two runs that nobody interrupted differ; nothing can be compared with them")
    print(f"cortistim {arguments[0]}: {seconds:.0f} s a run", flush=True)
    return Work(tuple(arguments), folder, earlier, digests(wanted), seconds, by_file)


def is_writing(work):
    places = (work.out, work.out.parent, work.out / "steps")
    return any(True for p in places for _ in p.glob(".writing-*"))


def interrupted(work, way, rng, environment):
    """Run and interrupt; returns how it ended."""
    running = start(work.arguments, work.out, environment)
    if rng.random() < 0.5:
        while running.poll() is None and not is_writing(work):
            time.sleep(POLL_S)
        time.sleep(rng.random() * 0.2 * work.seconds)
    else:
        time.sleep(rng.random() * work.seconds)
    if running.poll() is None:
        running.send_signal(getattr(signal, f"SIG{way}"))
    return running.wait()


def on_small_disk(work, rng, environment):
    """Run with the output on a file system that is too small for it."""
    size = sum(path.stat().st_size for path in work.out.rglob("*") if path.is_file())
    megabytes = max(1, round(size * (1 + rng.random()) / 1e6))
    disk = work.folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        disk.rmdir()
        return None
    try:
        shutil.copytree(work.earlier, disk / "out")
        ended = start(work.arguments, disk / "out", environment).wait()
        shutil.rmtree(work.out)
        shutil.copytree(disk / "out", work.out)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
        disk.rmdir()
    return ended


def trial(work, way, rng, environment):
    """Interrupt once and run again; returns what the folder was, and complaints."""
    shutil.rmtree(work.out, ignore_errors=True)
    shutil.copytree(work.earlier, work.out)
    if way == "limit":
        largest = max(path.stat().st_size for path in work.out.rglob("*") if path.is_file())
        ended = start(
            work.arguments, work.out, environment, int(largest * rng.random() ** 2)
        ).wait()
    elif way == "full":
        ended = on_small_disk(work, rng, environment)
        if ended is None:
            return "not possible here", []
    else:
        ended = interrupted(work, way, rng, environment)
    found, complaints = state(work)
    if way in ("limit", "full") and (ended == 0) != (found == "new"):
        complaints.append(f"exit status {ended}, but the output is {found}")
    finished(work.arguments, work.out, environment)
    if digests(work.out) != work.wanted:
        complaints.append("the next run gave other files")
    places = (work.out, work.out.parent, Path(environment["CORTISTIM_CACHE"]))
    left = [str(p) for place in places for word in HIDDEN for p in place.rglob(f"{word}*")]
    if left:
        complaints.append(f"left behind: {left}")
    return found, complaints


def state(work):
    """Say whose files the output holds after an interrupt."""
    now, before = digests(work.out), digests(work.earlier)
    if NOTICE_NAME in now:
        return "told as cut off", []
    if now == work.wanted:
        return "new", []
    if now == before:
        return "old", []
    odd = [n for n, hashed in now.items() if hashed not in (before.get(n), work.wanted.get(n))]
    if work.by_file and not odd:
        return "every file whole", []
    return "mixed", [f"files of two runs, or torn: {odd or 'mixed'}"]


def report(name, work, count, rng, environment):
    """Do trials, print a table, and return the number that failed."""
    table, bad = Counter(), 0
    for number in range(count):
        way = WAYS[number % len(WAYS)]
        found, complaints = trial(work, way, rng, environment)
        table[way, found] += 1
        print(f"{name} {number + 1}, {way}: {found}", *complaints, sep="; ", flush=True)
        bad += bool(complaints)
    print(f"{name}: {count} interrupts, {bad} failed")
    for (way, found), times in sorted(table.items()):
        print(f"  {way:<6} {found:<18} {times}")
    return bad


def plan_work(folder, head, environment):
    if head is None:
        head = str(folder / "ball.msh")
        write_head_mesh(head, layered_sphere(RADII_M, TAGS, edge_m=EDGE_M))
    words = ["plan", "--head", head, "--radius", "12", "--target"]
    new, old = [*words, "-35,30,52"], [*words, "35,30,52"]
    return prepared(folder / "plan", new, old, environment, by_file=False)


def build_work(folder, t1, environment):
    """Prepare a head's folder with an earlier build, whose steps are taken away."""
    words = ["head", "build", str(t1)]
    work = prepared(folder / "build", words, words, environment, by_file=True)
    shutil.rmtree(work.earlier / "steps")
    return work


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--plans", type=int, default=200)
    parser.add_argument("--builds", type=int, default=50)
    parser.add_argument("--head", help="of the plans")
    parser.add_argument("--t1", type=Path, help="for the builds; none are done without it")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng, bad = random.Random(asked.seed), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = dict(os.environ, CORTISTIM_CACHE=str(folder / "cache"))
        if asked.plans:
            work = plan_work(folder, asked.head, environment)
            bad += report("plan", work, asked.plans, rng, environment)
        if asked.builds and asked.t1 is not None:
            work = build_work(folder, asked.t1, environment)
            bad += report("head build", work, asked.builds, rng, environment)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
