"""Are steps of a build made again only when they must be?"""

import numpy as np
import pytest

from cortistim import cache
from cortistim.study.head.steps import Steps


def test_a_step_is_kept_until_its_key_changes(tmp_path):
    steps = Steps(tmp_path)
    assert steps.done("one", "a", lambda: {"x": np.ones(2)})["x"][0] == 1
    assert steps.done("one", "a", lambda: {"x": np.zeros(2)})["x"][0] == 1
    assert steps.done("one", "b", lambda: {"x": np.zeros(2)})["x"][0] == 0


@pytest.mark.parametrize("at", [70, 150, -20])
def test_a_damaged_step_is_made_again_with_a_note(tmp_path, at):
    steps = Steps(tmp_path)
    steps.done("one", "a", lambda: {"x": np.ones(20)})
    data = bytearray((tmp_path / "one.npz").read_bytes())
    data[at] ^= 16
    (tmp_path / "one.npz").write_bytes(data)
    with pytest.warns(cache.RebuiltWarning, match="made again"):
        assert (steps.done("one", "a", lambda: {"x": np.zeros(20)})["x"] == 0).all()
    assert (steps.done("one", "a", lambda: {"x": np.ones(20)})["x"] == 0).all()
