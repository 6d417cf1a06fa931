"""Builds the threshold tables that come with the package; what is there and fits is kept.

python benchmarks/neuron_tables.py --out src/cortistim/neuron/data/thresholds.npz
"""

import argparse
import time
from pathlib import Path

from cortistim.cache import load, store
from cortistim.neuron.cells import TYPES
from cortistim.neuron.shape import named_shape
from cortistim.neuron.tables import SHIPPED, build, table_key


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    start, before, arrays = time.perf_counter(), load(out) if out.exists() else {}, {}
    for pulse in SHIPPED:
        for name in TYPES:
            shape = named_shape(pulse)
            key = table_key(shape, name)
            arrays[key] = before[key] if key in before else build(name, shape)
            print(pulse, name, f"{time.perf_counter() - start:.0f} s", flush=True)
    store(out, arrays)


if __name__ == "__main__":
    main()
