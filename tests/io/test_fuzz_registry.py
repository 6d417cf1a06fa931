"""No reader is left out of the fuzzer's registry; a first handful of mutants does no harm."""

import ast
import random
import sys
from pathlib import Path

import pytest

import cortistim
from cortistim.errors import CortistimError

ROOT = Path(__file__).parents[2]
SOURCE = Path(cortistim.__file__).parent  # what runs, which may be an installed copy
BENCHMARKS = ROOT / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("the benchmarks are not part of this copy", allow_module_level=True)
sys.path.insert(0, str(BENCHMARKS))
from fuzz_readers import mutant  # noqa: E402
from fuzz_registry import READERS  # noqa: E402

OPENERS = {  # the functions of `io` and `cache` that read the bytes of a file
    "cortistim.io.cursor": {"content_of"},
    "cortistim.io.text": {"text_of", "json_of"},
    "cortistim.io.image.opening": {"open_image"},
    "cortistim.io.gzipped": {"bounded"},
    "cortistim.io.image.stream": {"beginning", "between"},
    "cortistim.io.navigators.source": {"bytes_of"},
    "cortistim.cache": {"load"},
}
METHODS = {"read_text", "read_bytes"}
NOT_OF_USERS = {  # modules that read only what came with the package or was just written
    "cortistim.plasticity.ensemble": "the ensemble comes with the package",
    "cortistim.cli.locate_command": "what was just written",
    "cortistim.study.cohort.group_people": "what a cohort's own steps wrote, as records",
    "cortistim.study.cohort.steps": "how our own steps ended",
    "cortistim.study.cohort.work": "a plan of the cohort's own",
    "cortistim.study.plan.comparison": "plans of our own, as records",
    "cortistim.study.head.build": "the mark beside our own labels",
    "cortistim.viz.report.page": "figures that were just drawn",
}


def functions(tree, inside=""):
    """Go through the functions of a module and of its classes."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from functions(node, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield inside + node.name, node


def module_of(path):
    return ".".join(("cortistim", *path.relative_to(SOURCE).with_suffix("").parts))


def imported(tree, module):
    """Return the dotted name of each name that a module imports or defines."""
    names = {name: f"{module}.{name}" for name, _ in functions(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def opens_a_file(function, names):
    """Whether a function calls an opener, or a method that reads a file."""
    known = {f"{module}.{name}" for module, group in OPENERS.items() for name in group}
    shipped = any(
        isinstance(node, ast.Name) and node.id in ("files", "as_file")
        for node in ast.walk(function)
    )
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and names.get(called.id) in known:
            return True
        if isinstance(called, ast.Attribute):
            owner = called.value.id if isinstance(called.value, ast.Name) else ""
            if f"{names.get(owner, owner)}.{called.attr}" in known:
                return not shipped
            if called.attr in METHODS:
                return not shipped
    return False


def readers_of_the_package():
    """Find every function that opens a file, and every public one of `io` called read_."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        tree, module = ast.parse(path.read_text(encoding="utf-8")), module_of(path)
        names = imported(tree, module)
        for name, node in functions(tree):
            public = module.startswith("cortistim.io") and name.startswith("read_")
            if public or opens_a_file(node, names):
                found[f"{module}.{name}"] = (str(path), node.lineno, name.split(".")[-1])
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the whole files of each reader."""
    files = {}
    for name, reader in READERS.items():
        folder = tmp_path_factory.mktemp(name) / "whole"
        folder.mkdir()
        files[name] = reader.seeds(folder)
    return files


@pytest.mark.filterwarnings("ignore")
def test_every_function_that_opens_a_file_is_run_by_a_reader_of_the_registry(whole):
    run = set()

    def note(frame, event, _):
        if event == "call" and "cortistim" in frame.f_code.co_filename:
            run.add((frame.f_code.co_filename, frame.f_code.co_name))

    sys.setprofile(note)
    try:
        for name, paths in whole.items():
            for path in paths:
                READERS[name].read(path)
    finally:
        sys.setprofile(None)
    missing = [
        dotted
        for dotted, (file, _, name) in readers_of_the_package().items()
        if (file, name) not in run and not dotted.startswith(tuple(NOT_OF_USERS))
    ]
    assert not missing, f"put rows into benchmarks/fuzz_registry.py for {missing}"


def test_what_the_registry_leaves_out_is_still_there():
    found = readers_of_the_package()
    gone = [module for module in NOT_OF_USERS if not any(f.startswith(module) for f in found)]
    assert not gone, f"take these out of NOT_OF_USERS: {gone}"


@pytest.mark.parametrize("kind", ["random", "hostile"])
@pytest.mark.parametrize("name", sorted(READERS))
@pytest.mark.filterwarnings("ignore")
def test_mutants_are_read_or_refused_in_words(whole, tmp_path, name, kind):
    """A first handful; `benchmarks/fuzz_readers.py` makes ten thousand of each."""
    rng = random.Random(f"first {name} {kind}")
    for _ in range(5):
        path = rng.choice(whole[name])
        target = tmp_path / path.name
        target.write_bytes(mutant(path.read_bytes(), rng, kind))
        try:
            READERS[name].read(target)
        except CortistimError:
            continue  # refused in words
