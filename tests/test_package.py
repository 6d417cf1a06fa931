"""The package as a whole: one version, old names."""

import re
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

import cortistim
from cortistim.deprecation import renamed

ROOT = Path(__file__).parents[1]


def test_there_is_one_version():
    assert version("cortistim") == cortistim.__version__
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)
    assert cited[1] == cortistim.__version__


@pytest.fixture
def moved_module(monkeypatch):
    module = ModuleType("once_upon_a_time")
    module.new = 42
    names = {"old": "new", "pi_of_old": "math:pi"}
    module.__getattr__ = renamed("once_upon_a_time", names, until="0.4")
    monkeypatch.setitem(sys.modules, "once_upon_a_time", module)
    return module


def test_an_old_name_works_and_says_the_new_one(moved_module):
    with pytest.warns(DeprecationWarning, match=r"is now once_upon_a_time\.new; .* 0\.4"):
        assert moved_module.old == 42
    with pytest.warns(DeprecationWarning, match=r"is now math\.pi"):
        assert moved_module.pi_of_old == pytest.approx(3.14159, abs=1e-5)


def test_a_name_that_never_was_is_not_found(moved_module):
    with pytest.raises(AttributeError, match="no attribute 'never'"):
        _ = moved_module.never
