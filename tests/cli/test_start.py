"""How the command starts where it cannot work, and how it says what it noticed."""

import os
import subprocess
import sys
import warnings

import pytest

from cortistim import cache
from cortistim.cli import _note


def ran(*arguments, **environment):
    return subprocess.run(
        [sys.executable, *arguments], env=os.environ | environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("way", ["option", "variable"])
def test_python_without_docstrings_is_refused_in_one_sentence(way):
    if way == "option":
        done = ran("-OO", "-m", "cortistim", "cache", "info")
    else:
        done = ran("-m", "cortistim", "cache", "info", PYTHONOPTIMIZE="2")
    assert done.returncode == 2
    assert done.stderr.startswith("cortistim: Python must keep docstrings")
    assert done.stderr.count("\n") == 1


def test_python_without_assertions_works():
    assert ran("-O", "-m", "cortistim", "cache", "info").returncode == 0


def test_a_library_caller_without_docstrings_is_told_by_the_solver():
    code = (
        "import numpy as np, scipy.sparse as sp\n"
        "from cortistim.field.solver.multigrid import Multigrid\n"
        "Multigrid.of(sp.eye_array(4, format='csr'))"
    )
    assert "BadInputError: pyamg needs docstrings" in ran("-OO", "-c", code).stderr


def test_own_warnings_are_notes_and_others_keep_their_place():
    said = _note("it is so", cache.RebuiltWarning, "file.py", 3)
    assert said == "cortistim: note: it is so\n"
    said = _note("it is so", RuntimeWarning, "file.py", 3)
    assert said == "file.py:3: RuntimeWarning: it is so\n"
    assert issubclass(cache.RebuiltWarning, UserWarning)
    assert warnings.formatwarning is not _note  # only the command changes how they are shown


def test_help_lists_the_commands_without_importing_any():
    code = (
        "import sys\nfrom cortistim.cli import run\nrun(['--help'])\n"
        "print([name for name in sys.modules if name.startswith('cortistim.cli.')])\n"
        "print({'numba', 'scipy', 'matplotlib'} & set(sys.modules))"
    )
    *_, imported, heavy = ran("-c", code).stdout.splitlines()
    assert imported == "['cortistim.cli.flags']"
    assert heavy == "set()"
