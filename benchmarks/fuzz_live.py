"""Feed every live decoder with broken streams: only errors of cortistim may come out.

    python benchmarks/fuzz_live.py --seed 0 --count 100000 [--peer NAME ...]

Bytes are flipped, dropped, doubled, inserted, cut off; numbers are replaced by ones that hurt.
Each mutant goes through a decoder whole and byte by byte: what comes out must be the same. The
count is of mutants over all peers. Exit status 1 when one failed.
"""

import argparse
import random
import sys
import time
import traceback
import warnings

from fuzz_readers import mutant
from live_streams import PEERS, outcome

LIMIT_S = 1.0  # processor time for one mutant of at most some kilobytes


def trial(peer, rng):
    """Break one stream and feed it; return what went wrong, if anything."""
    data = mutant(rng.choice(peer.streams), rng, "random")
    begun = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            whole = outcome(peer, data, ())
            pieces = outcome(peer, data, () if peer.whole else range(1, len(data)))
    except Exception:  # noqa: BLE001
        return data, traceback.format_exc()
    if whole != pieces:
        return data, f"whole: {whole}\nin pieces: {pieces}"
    if time.process_time() - begun > LIMIT_S:
        return data, "too slow"
    return None


def main():
    """Run the trials and say how many failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--peer", action="append", choices=sorted(PEERS))
    asked = parser.parse_args()
    names = asked.peer or sorted(PEERS)
    failed = 0
    for name in names:
        rng, count = random.Random(f"{asked.seed} {name}"), asked.count // len(names)
        begun = time.monotonic()
        for _ in range(count):
            fault = trial(PEERS[name], rng)
            if fault is not None:
                failed += 1
                print(f"{name}: {fault[0]!r}\n{fault[1]}")
        print(f"{name}: {count} mutants, {time.monotonic() - begun:.0f} s")
    print(f"{failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
