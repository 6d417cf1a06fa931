"""What ``import cortistim as ct`` offers: listed in one place, lazy, typed, documented."""

import ast
import doctest
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import cortistim as ct
from cortistim.offered import BENEATH, FUNCTIONS, NOUNS, PACKAGES

SOURCE = Path(ct.__file__).parent


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, cortistim; dir(cortistim)\n"
        "print({'numpy', 'scipy', 'numba', 'matplotlib', 'cortistim.api'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_the_list_shows_all_that_is_offered_and_nothing_else():
    shown = {name for name in dir(ct) if not name.startswith("__")}
    assert shown == {*FUNCTIONS, *NOUNS}


@pytest.mark.parametrize("name", [*FUNCTIONS, *NOUNS, *BENEATH])
def test_every_name_is_at_home_where_the_list_says(name):
    assert getattr(ct, name) is not None
    if name in FUNCTIONS:
        assert callable(getattr(ct, name))


def test_type_checkers_see_the_same_names():
    tree = ast.parse((SOURCE / "__init__.pyi").read_text("utf-8"))
    told = {
        part.asname: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for part in node.names
    }
    assert told == {**FUNCTIONS, **NOUNS}


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_that_bear_the_name_of_a_function_are_called_like_it(name):
    package = import_module(f"cortistim.{name}")
    assert getattr(ct, name) is package
    with pytest.raises(TypeError, match=rf"{name}\(\)"):
        package(no_such_choice=1)


def test_an_unknown_name_is_refused_with_the_way_to_the_list():
    with pytest.raises(AttributeError, match=r"dir\(cortistim\) lists"):
        ct.nothing  # noqa: B018


@pytest.mark.parametrize("module", ["heads", "nervous", "people"])
def test_examples_in_docstrings_run(module):
    found = doctest.testmod(import_module(f"cortistim.api.{module}"))
    assert found.attempted > 2
    assert found.failed == 0
