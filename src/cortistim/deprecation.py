"""Old names go on working for two minor releases, with a warning that says the new one."""

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from cortistim.errors import quoted


def renamed(module: str, names: Mapping[str, str], *, until: str) -> Callable[[str], Any]:
    """Make a module's ``__getattr__`` that still answers to old names.

    Parameters
    ----------
    module : str
        ``__name__`` of the module that had the old names.
    names : mapping of str to str
        Old name to the new one: a name of the same module, or ``package.module:name``.
    until : str
        The release that no longer knows the old names.

    Returns
    -------
    callable
        To be called ``__getattr__`` in the module.
    """

    def look_up(name: str) -> Any:  # noqa: ANN401
        if name not in names:
            msg = f"module {quoted(module)} has no attribute {quoted(name)}"
            raise AttributeError(msg)
        home, _, new = names[name].rpartition(":")
        warnings.warn(
            f"{module}.{name} is now {home or module}.{new}; the old name goes in {until}.",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(import_module(home or module), new)

    return look_up
