"""A first handful of broken streams; `benchmarks/fuzz_live.py` makes a hundred thousand."""

import random
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("the benchmarks are not part of this copy", allow_module_level=True)
sys.path.insert(0, str(BENCHMARKS))
from fuzz_live import trial  # noqa: E402
from live_streams import PEERS, outcome  # noqa: E402


@pytest.mark.parametrize("name", sorted(PEERS))
def test_whole_streams_are_read_to_their_end(name):
    for stream in PEERS[name].streams:
        assert "refused" not in outcome(PEERS[name], stream, ())


@pytest.mark.parametrize("name", sorted(PEERS))
def test_broken_streams_are_read_or_refused_alike_however_they_are_cut(name):
    rng = random.Random(f"first {name}")
    for _ in range(60):
        fault = trial(PEERS[name], rng)
        assert fault is None, fault
