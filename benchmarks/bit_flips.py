"""Flip single bits of cache entries and of an operator: no number may change unseen.

    python benchmarks/bit_flips.py [--count 10000] [--seed 0] [--operator FILE]

Entries are made of a coarse ball: the distance to its scalp and its cortex; so is an operator
unless one is given. Each flip must be refused, or leave every array equal to the bit. Half of
the flips fall into the first 300 bytes of a member or the last 2000 of the file, where headers
and the zip's tables are; the others anywhere. A refused entry must be built again equal. Also
prints how long reading takes, with and without the check. Exit status 1 after a silent change.
"""

import argparse
import os
import random
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np

from cortistim import cache
from cortistim.errors import FileFormatError
from cortistim.field import OperatorSettings, build_operator, load_operator, save_operator
from cortistim.field.operator.build import plan_operator
from cortistim.head import AffineFrame, Head, tissues_for
from cortistim.head.mesher import layered_sphere

RADII_M, TAGS, EDGE_M = (0.066, 0.074, 0.078, 0.084, 0.092), (1, 2, 3, 4, 5), 0.009
NEAR_HEADER, NEAR_END = 300, 2000
REPEATS = 5


def ball():
    mesh = layered_sphere(RADII_M, TAGS, edge_m=EDGE_M)
    frame = AffineFrame(np.eye(4), "a ball around the origin of MNI space")
    return Head("ball", mesh, tissues_for(TAGS), frame, "made here")


def files_to_break(folder, operator):
    """Entries of the cache and an operator's file."""
    head = ball()
    _ = head.cortex, head.outside
    if operator is None:
        operator = folder / "operator.npz"
        points_m = head.cortex.vertices_m[::4]
        settings = OperatorSettings(rank=16)
        plan = plan_operator(head, points_m, settings=settings)
        save_operator(build_operator(plan), operator)
    return [*sorted(cache.folder().glob("*.npz")), operator]


def place(data, starts, rng):
    """Choose a byte: half of the time near a header or the end."""
    if rng.random() < 0.5:
        return rng.randrange(len(data))
    end = max(0, len(data) - NEAR_END)
    start = rng.choice((*starts, end))
    return min(len(data) - 1, start + rng.randrange(NEAR_END if start == end else NEAR_HEADER))


def same(one, other):
    return one.keys() == other.keys() and all(
        one[k].dtype == other[k].dtype and one[k].tobytes() == other[k].tobytes() for k in one
    )


def broken(path, count, rng, table):
    """Flip bits of a file, one at a time; returns how many changed a number unseen."""
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        starts = [info.header_offset for info in archive.infolist()]
    whole, silent = cache.load_own(path), 0
    with path.open("r+b") as stream:
        for _ in range(count):
            at, bit = place(data, starts, rng), rng.randrange(8)
            stream.seek(at)
            stream.write(bytes([data[at] ^ 1 << bit]))
            stream.flush()
            try:
                equal = same(cache.load_own(path), whole)
                table["harmless" if equal else "SILENT"] += 1
                silent += not equal
            except FileFormatError:
                table["refused"] += 1
            stream.seek(at)
            stream.write(data[at : at + 1])
            stream.flush()
    return silent


def rebuilt(path):
    """Tell whether a damaged entry is built again, and kept."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    name, key = path.name.removesuffix(".kept.npz").rsplit("-", 1)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        cache.remembered(name, key, lambda: {"a": np.zeros(3)})
    return bool(told) and cache.load_own(path).keys() == {"a"}


def seconds(read, path):
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        read(path)
        took.append(time.perf_counter() - began)
    return min(took)


def plainly(path):
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def timed(folder):
    """Print the time that reading 100 MB takes."""
    path = folder / "large.npz"
    values = np.random.default_rng(0).random((12_500, 1000))
    cache.store(path, {"fields": values})
    plain, checked = seconds(plainly, path), seconds(cache.load_own, path)
    print(f"reading 100 MB: numpy {1e3 * plain:.0f} ms, checked {1e3 * checked:.0f} ms")
    path.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--operator", type=Path, help="a copy of it is broken")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng, silent = random.Random(asked.seed), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["CORTISTIM_CACHE"] = str(folder / "cache")
        operator = None
        if asked.operator:
            operator = folder / "operator.npz"
            operator.write_bytes(asked.operator.read_bytes())
        files = files_to_break(folder, operator)
        for path in files:
            table = Counter()
            count = -(-asked.count // len(files))
            silent += broken(path, count, rng, table)
            size = f"{path.stat().st_size / 1e6:.1f} MB"
            print(f"{path.name}, {size}: {count} flips, {dict(table)}")
        load_operator(files[-1])
        for path in files[:-1]:
            if not rebuilt(path):
                print(f"{path.name}: not built again")
                silent += 1
        timed(folder)
    print(f"{silent} silent differences")
    sys.exit(silent > 0)


if __name__ == "__main__":
    main()
