"""Feed every reader with broken files: only errors of cortistim may come out.

    python benchmarks/fuzz_readers.py --seed 0 --count 10000 [--reader NAME ...] [--kind KIND]

Whole files are broken in two ways. At random (``--kind random``): bytes flipped, dropped,
doubled, inserted, cut off; numbers replaced by ones that hurt; values of JSON replaced, removed
or nested; gzipped content broken inside its wrapping. And with skill (``--kind hostile``): the
container stays whole and its fields are made hostile, see `fuzz_hostile`. A reader passes when
each mutant is read, or refused with an error of `cortistim.errors`, within 2 s of processor
time and 1 GB, and when nothing was executed: no pickle was opened, no process started, no
connection made, no code run that is not part of an installed module.

Each failure is kept in ``--keep FOLDER``. Exit status 1 when there was one.
"""

import argparse
import faulthandler
import gzip
import json
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

from fuzz_hostile import hostile
from fuzz_registry import READERS

from cortistim.errors import CortistimError

LIMIT_S, LIMIT_BYTES, STUCK_S = 2.0, 2**30, 60
FORBIDDEN = (
    "pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork",
    "subprocess.Popen", "socket.connect", "ctypes.dlopen", "webbrowser.open",
)  # fmt: skip
NUMBER = re.compile(rb"-?\d+\.?\d*(?:[eE][-+]?\d+)?")
HURTFUL = (
    b"", b"0", b"-1", b"1", b"nan", b"inf", b"-inf", b"1e999", b"1e308", b"-1e308", b"1e-320",
    b"4294967296", b"2147483647", b"-2147483649", b"9" * 40, b"9" * 5000, b"0x10", b"1_000",
    b"1,5", b"true", b"null", b"[]", b"{}", b"\xff\xfe", "½".encode(), b"'", b'"',
)  # fmt: skip
VALUES = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**40, 1.5, float("nan"), float("inf"),
    "", "x", "eJwDAAAAAAE=", "gASVAAAA", [], [[]], [1, [2]], ["1"], [None], {}, {"a": 1},
)  # fmt: skip


class TooSlowError(Exception):
    """A reader took longer than it may."""


def flip(data, rng):
    """Change some bytes."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def cut(data, rng):
    """Cut the file off."""
    return data[: rng.randrange(len(data))]


def drop(data, rng):
    """Drop a piece."""
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[min(end, start + rng.choice((1, 4, 40, 4000))) :]


def double(data, rng):
    """Repeat a piece."""
    start = rng.randrange(len(data))
    piece = data[start : start + rng.choice((1, 8, 80, 800))]
    return data[:start] + piece * rng.choice((2, 3, 20)) + data[start:]


def insert(data, rng):
    """Insert bytes or words that hurt."""
    start = rng.randrange(len(data) + 1)
    piece = rng.choice((*HURTFUL, rng.randbytes(16), b"\n", b"\t", b"\0" * 8, b"$", b"<", b";"))
    return data[:start] + piece + data[start:]


def number(data, rng):
    """Replace a number."""
    found = list(NUMBER.finditer(data[:200_000]))
    if not found:
        return flip(data, rng)
    hit = rng.choice(found)
    return data[: hit.start()] + rng.choice(HURTFUL) + data[hit.end() :]


def line(data, rng):
    """Drop, double or swap lines."""
    lines = data.split(b"\n")
    one, other = (rng.randrange(len(lines)) for _ in range(2))
    lines[one], lines[other] = rng.choice(
        ((lines[other], lines[one]), (b"", lines[other]), (lines[other], lines[other]))
    )
    return b"\n".join(lines)


def tree(data, rng):
    """Replace, remove or nest a value of JSON."""
    try:
        content = json.loads(data)
    except ValueError:
        return number(data, rng)
    places = list(_places(content)) if isinstance(content, dict | list) else []
    if not places:
        return flip(data, rng)
    parent, key = rng.choice(places)
    action = rng.randrange(4)
    if action == 0:
        del parent[key]
    elif action == 1:
        parent[key] = [parent[key]]
    else:
        parent[key] = rng.choice(VALUES)
    return json.dumps(content).encode()


def _places(content):
    stack = [content]
    while stack:
        parent = stack.pop()
        keys = parent if isinstance(parent, dict) else range(min(len(parent), 50))
        for key in list(keys):
            yield parent, key
            if isinstance(parent[key], dict | list):
                stack.append(parent[key])


MUTATIONS = (flip, cut, drop, double, insert, number, number, line, tree, tree)


def mutant(data, rng, kind="both"):
    """Break a file at random or with skill, or in either of the two ways."""
    skilled = kind == "hostile" or (kind == "both" and rng.random() < 0.5)
    return (hostile(data, rng) if skilled else None) or broken(data, rng)


def broken(data, rng):
    """Break a file in one to four ways; a gzipped one inside its wrapping, mostly."""
    wrapped = data[:2] == b"\x1f\x8b" and rng.random() < 0.8
    data = gzip.decompress(data) if wrapped else data
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if data:
            data = rng.choice(MUTATIONS)(data, rng)
    return gzip.compress(data, 1) if wrapped else data


def watch(executed):
    """Note every forbidden deed in a list."""
    installed = (sys.prefix, sys.base_prefix, "<frozen", "<string>", "<__array_function__")
    own = str(Path(__file__).parents[1])

    def hook(event, arguments):
        compiled = event == "pickle.find_class" and arguments[0].startswith("numba.")
        if event in FORBIDDEN and not compiled:  # numba unpacks its own compiled kernels
            executed.append(f"{event} {arguments!r:.200}")
        elif event == "exec":
            place = getattr(arguments[0], "co_filename", "<unknown>")
            if not place.startswith((*installed, own)):
                executed.append(f"exec of {place}")

    sys.addaudithook(hook)


def attempt(read, path, executed):
    """Read one file; return what went wrong, or an empty string, and whether it was read."""
    executed.clear()
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
    faulthandler.dump_traceback_later(STUCK_S, exit=True)
    done = False
    try:
        read(path)
        done = True
        failure = ""
    except CortistimError as error:
        failure = "" if str(error) else "an error without words"
    except TooSlowError:
        failure = f"takes longer than {LIMIT_S} s"
    except BaseException as error:  # noqa: BLE001
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        failure = f"{type(error).__name__}: {error!s:.100} ({where})"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()
    took_s = time.process_time() - start
    if not failure and took_s > LIMIT_S:
        failure = f"takes {took_s:.1f} s"
    return (f"executes {executed[0]}" if executed else failure), done


def fuzz(name, asked, executed):
    """Try one reader with many mutants; print a row; return the number of failures."""
    count, seed, keep = asked.count, asked.seed, asked.keep
    reader, rng = READERS[name], random.Random(f"{seed} {name}")
    failures, n_read = {}, 0
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "whole").mkdir()
        paths = reader.seeds(folder / "whole")
        for path in paths:  # also loads and compiles what is loaded and compiled once
            reader.read(path)
        whole = [(path.name, path.read_bytes()) for path in paths]
        signal.setitimer(signal.ITIMER_PROF, 0)
        for turn in range(count):
            file_name, data = rng.choice(whole)
            target = folder / file_name
            target.write_bytes(mutant(data, rng, asked.kind))
            failure, done = attempt(reader.read, target, executed)
            n_read += done
            if failure and failure not in failures and keep:
                keep.mkdir(parents=True, exist_ok=True)
                shutil.copy(target, keep / f"{name}-{seed}-{turn}-{file_name}")
            if failure:
                failures[failure] = failures.get(failure, 0) + 1
            target.unlink()
    total, took_s = sum(failures.values()), time.perf_counter() - start
    refused = count - n_read - total
    print(f"{name:<22} {count:>7} {n_read:>7} {refused:>8} {total:>7} {took_s:>7.1f}")
    for failure, times in failures.items():
        print(f"    {times} x {failure}")
    sys.stdout.flush()
    return total


def bounded():
    """Let memory grow by at most the limit, and time by at most the other one."""

    def stop(*_):
        raise TooSlowError

    signal.signal(signal.SIGPROF, stop)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + LIMIT_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=10_000, help="mutants per reader")
    parser.add_argument("--kind", choices=("random", "hostile", "both"), default="both")
    parser.add_argument("--reader", action="append", choices=sorted(READERS), help="only these")
    parser.add_argument("--keep", type=Path, help="folder for files that failed")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    executed = []
    watch(executed)
    names = asked.reader or list(READERS)
    with tempfile.TemporaryDirectory() as place:
        for name in names:  # first load what is loaded once: it counts for no reader
            folder = Path(place) / name
            folder.mkdir()
            for path in READERS[name].seeds(folder):
                READERS[name].read(path)
    bounded()
    print(f"{'reader':<22} {'mutants':>7} {'read':>7} {'refused':>8} {'failed':>7} {'s':>7}")
    total = sum(fuzz(name, asked, executed) for name in names)
    sys.exit(1 if total else 0)


if __name__ == "__main__":
    main()
