"""What passes a package's border has a type: no mapping of keys to anything is a result."""

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Mapping, MutableMapping

import pytest

PACKAGES = (
    "coil", "field", "head", "neuron", "placement", "plasticity", "protocol", "pulse",
    "records", "safety", "sources", "study", "targeting", "viz",
)  # fmt: skip
MAPPINGS = (dict, Mapping, MutableMapping)
ANYTHING = (typing.Any, object)
ALLOWED = {
    "neuron.arbor.grow": "statistics of a cell type, as cells.json has them",
    "protocol.written.content_of": "a protocol file's own content, to be written as YAML",
    "records.form.schema": "a JSON schema is JSON",
    "safety.audit.append_record": "an audit line holds whatever was checked",
    "safety.screening.screen": "answers as a file has them, which it reads",
}
"""What may pass as a mapping of keys to anything, and why."""


def modules():
    """Give every public module of the packages."""
    for package in PACKAGES:
        found = importlib.import_module(f"cortistim.{package}")
        yield found
        for entry in pkgutil.walk_packages(
            getattr(found, "__path__", ()), f"{found.__name__}."
        ):
            if not any(part.startswith("_") for part in entry.name.split(".")):
                yield importlib.import_module(entry.name)


def callables(module):
    """Give public functions and methods that a module defines, by their place."""
    for name, found in vars(module).items():
        if name.startswith("_") or getattr(found, "__module__", None) != module.__name__:
            continue
        place = f"{module.__name__}.{name}".removeprefix("cortistim.")
        if inspect.isfunction(found):
            yield place, found
        elif inspect.isclass(found):
            yield place, found
            for inner, part in vars(found).items():
                function = plain_function(part)
                if function and not inner.startswith("_"):
                    yield f"{place}.{inner}", function


def plain_function(part):
    """Unwrap a method, a property or a cached one; None for anything else."""
    for wrapped in ("fget", "func", "__func__"):
        part = getattr(part, wrapped, part)
    return part if inspect.isfunction(part) else None


def hints(found):
    """Resolve annotations; what is imported for type checkers alone stands for itself."""
    known = {}
    while True:
        try:
            return typing.get_type_hints(found, localns=known)
        except NameError as error:
            known[error.name] = type(error.name, (), {})


def is_untyped(hint):
    """Whether a hint holds a mapping of which nobody knows what it holds."""
    origin, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in MAPPINGS and (not arguments or arguments[-1] in ANYTHING):
        return True
    if typing.is_typeddict(hint):
        return True
    return any(is_untyped(part) for part in arguments if not isinstance(part, list))


def offenders():
    """Give the places where such a mapping comes in or goes out."""
    found = set()
    for module in modules():
        for place, part in callables(module):
            untyped = [name for name, hint in hints(part).items() if is_untyped(hint)]
            if untyped:
                found.add(place)
    return found


@pytest.fixture(scope="module")
def untyped():
    return offenders()


def test_no_mapping_stands_for_a_result(untyped):
    assert untyped - set(ALLOWED) == set()


def test_every_exception_is_needed(untyped):
    assert set(ALLOWED) - untyped == set()


@pytest.mark.parametrize(
    ("hint", "untyped"),
    [
        (dict, True),
        (dict[str, typing.Any], True),
        (list[Mapping[str, object]], True),
        (tuple[str, dict[str, typing.Any]] | None, True),
        (dict[str, float], False),
        (Mapping[int, tuple[float, float]], False),
    ],
)
def test_the_search_tells_a_mapping_with_a_type_from_one_without(hint, untyped):
    assert is_untyped(hint) == untyped
