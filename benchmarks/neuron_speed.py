"""How long recruitment over a cortex, and the thresholds of a new pulse, take.

python benchmarks/neuron_speed.py [--directions 100] [--points 20000] [--no-table]

Wall and CPU seconds, after compilation. The full table is 5 types of cells, 5 clones each, in
so many directions over the sphere; those that are kept for recruitment have 90 directions and
three gradients.
"""

import argparse
import time

import numpy as np

from cortistim.geometry import unit
from cortistim.neuron import TYPES, default_calibration, fit_for, named_shape, recruit
from cortistim.neuron.cells import clones
from cortistim.neuron.directions import even_directions
from cortistim.neuron.engine import Engine
from cortistim.neuron.tables import TOLERANCE


def clock(words, asked, job, repeats=1):
    best = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        job()
        best.append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = min(best)
    print(f"{words:<52} {wall:9.3f} s, CPU {cpu:9.3f} s   asked {asked}", flush=True)


def cortex(count):
    rng = np.random.default_rng(1)
    return 100 * rng.normal(size=(count, 3)), unit(rng.normal(size=(count, 3)))


def table(directions):
    shape = named_shape("monophasic").stretched(1.1)
    for name in TYPES:
        for cable in clones(name):
            Engine(cable).thresholds(
                even_directions(directions, cable.up), shape, tolerance=TOLERANCE
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--directions", type=int, default=100)
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--no-table", action="store_true")
    given = parser.parse_args()
    e, normals = cortex(given.points)
    layers, gradient = np.repeat(e[None], len(TYPES), axis=0), np.linspace(-20, 20, len(e))
    fit, calibration = fit_for(named_shape("biphasic")), default_calibration()
    count = f"{given.points:,} points, 5 types, 3 baselines"
    clock(count, "0.05 s", lambda: recruit(e, normals, fit, calibration), 7)
    clock(
        "the same with a field for each type, and gradients", "0.05 s",
        lambda: recruit(layers, normals, fit, calibration, gradient), 7,
    )  # fmt: skip
    if given.no_table:
        return
    Engine(clones("L4")[0]).thresholds(np.eye(3), named_shape("biphasic"), tolerance=0.1)
    words = f"thresholds of a new pulse, 5 x 5 cells, {given.directions} directions"
    clock(words, "300 s on 2 cores", lambda: table(given.directions))


if __name__ == "__main__":
    main()
