import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "neuron_oracle.py"


@pytest.mark.slow
def test_thresholds_are_those_of_neuron_on_the_same_compartments():
    pytest.importorskip("neuron", reason="needs the extra 'neuron'")
    command = [sys.executable, str(BENCHMARK), "--directions", "20", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout.strip().splitlines()[-1])
    assert len(rows) == 2
    assert max(row["largest_difference"] for row in rows) < 0.005
