"""Check the docstrings of public names by numpydoc, with the checks that pyproject.toml lists.

    python tools/docstrings.py [package ...]

Prints what it finds, one finding a line, and ends with 1 if there is any. A name is public when
nothing on the way to it begins with an underscore; overridden methods, which say in their class
what they are, and properties without parameters count too. Commands are spoken to users, whose
manual is ``--help``, and are left to the tests of that.
"""

import importlib
import inspect
import pkgutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from numpydoc.validate import validate

import cortistim

ROOT = Path(__file__).parents[1]
CHECKS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
    "numpydoc_validation"
]["checks"]
SPOKEN = "cortistim.cli"
UNFINISHED = (
    "cortistim.app", "cortistim.mapping", "cortistim.study.mapping", "cortistim.study.emg",
    "cortistim.study.session", "cortistim.study.field.uncertainty", "cortistim.study.plan.plan",
    "cortistim.viz.report.sections", "cortistim.io.live", "cortistim.io.emg",
    "cortistim.io.bids", "cortistim.io.table", "cortistim.records.live",
    "cortistim.records.emg",
)  # fmt: skip
"""Rooms whose docstrings have not been gone through yet; checked when they are asked for."""


def modules() -> Iterator[ModuleType]:
    """Import every public module of the package."""
    yield cortistim
    for found in pkgutil.walk_packages(cortistim.__path__, "cortistim."):
        name = found.name
        if "._" not in name and name != SPOKEN and not name.startswith(f"{SPOKEN}."):
            yield importlib.import_module(name)


def public_names(module: ModuleType) -> Iterator[str]:
    """Name the module's own public functions, classes and their own methods."""
    for name, value in vars(module).items():
        own = getattr(value, "__module__", "") == module.__name__
        if name.startswith("_") or not own or not callable(value):
            continue
        if inspect.isclass(value) and getattr(value, "_is_protocol", False):
            continue  # what it is called with is for those that follow it
        if inspect.isclass(value):
            yield f"{module.__name__}.{name}"
            yield from (f"{module.__name__}.{name}.{part}" for part in _members(value))
        elif inspect.isfunction(inspect.unwrap(value)):
            yield f"{module.__name__}.{name}"


def _members(kind: type) -> Iterator[str]:
    for name, value in vars(kind).items():
        described = isinstance(value, property | classmethod | staticmethod)
        own = inspect.isfunction(value) and value.__module__ == kind.__module__
        if not name.startswith("_") and (described or own):
            yield name


def findings(packages: list[str]) -> Iterator[str]:
    """Yield what numpydoc says of each name, in the packages that were asked for."""
    for module in modules():
        asked = any(f"{module.__name__}.".startswith(f"{p}.") for p in packages)
        left = any(f"{module.__name__}.".startswith(f"{p}.") for p in UNFINISHED)
        if not asked and (packages or left):
            continue
        for name in public_names(module):
            for code, said in validate(name)["errors"]:
                if code in CHECKS:
                    yield f"{name}: {code} {said}"


def main() -> int:
    """Print all findings."""
    found = list(findings(sys.argv[1:]))
    print("\n".join([*found, f"{len(found)} findings"]))  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
