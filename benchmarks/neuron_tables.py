"""Builds the threshold tables that come with the package.

    python benchmarks/neuron_tables.py --out src/cortistim/neuron/data/thresholds.npz
"""

import argparse
import time
from pathlib import Path

from cortistim.cache import store
from cortistim.neuron.tables import shipped_arrays


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    start = time.perf_counter()
    arrays = shipped_arrays(lambda what, _: print(what, flush=True))
    store(out, arrays)
    print(f"{len(arrays) // 2} pulses in {time.perf_counter() - start:.0f} s, written to {out}")


if __name__ == "__main__":
    main()
