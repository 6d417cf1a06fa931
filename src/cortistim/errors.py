"""Every error this package raises on purpose.

::

    CortistimError
    ├── BadInputError      (ValueError)    a value or file given by the caller cannot be used
    │   ├── FileFormatError                a file breaks the rule of its format
    │   ├── MissingFileError               a file that was named is not there
    │   ├── MeshError                      a head mesh that no field can be trusted on
    │   ├── PoseError                      a pose that is not rigid or cuts the head
    │   └── MissingAnatomyError            the head lacks the tissue or landmark asked for
    └── ConvergenceError   (RuntimeError)  a solver stopped short of its tolerance

A message names the rule, the value and the remedy. A parameter of a function or a request
stands in backquotes, such as `rmt_percent`; the command line puts its own option there. What a
message quotes of the input goes through `quoted`, so that no file can fill the screen.
"""

import re
import reprlib
from os import PathLike

LONGEST_QUOTE = 80
_PARAMETER = re.compile(r"`([a-z_][a-z0-9_]*)`")


class CortistimError(Exception):
    """Root of all errors raised by this package."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters that the message names, in its order."""
        return tuple(dict.fromkeys(_PARAMETER.findall(str(self))))


class BadInputError(CortistimError, ValueError):
    """A value or file given by the caller cannot be used."""


class FileFormatError(BadInputError):
    """A file breaks the rule of its format."""


class MissingFileError(BadInputError):
    """A file that was named is not there.

    Parameters
    ----------
    path : str or path
        As it was given.
    remedy : str, optional
        What to do, when checking the path is not all.
    """

    def __init__(self, path: str | PathLike[str], remedy: str = "Check the path.") -> None:
        super().__init__(f"file not found: {path}. {remedy}")


class MeshError(BadInputError):
    """A head mesh on which no field can be trusted."""


class PoseError(BadInputError):
    """A pose that is not rigid, or that puts the coil into the head."""


class MissingAnatomyError(BadInputError):
    """The head lacks the tissue, surface or landmark that was asked for."""


class ConvergenceError(CortistimError, RuntimeError):
    """A solver stopped short of its tolerance."""


class _Quote(reprlib.Repr):
    """Looks at a few entries of anything, however large it is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxdict, self.maxlist, self.maxtuple = 3, 4, 6, 6
        self.maxstring = self.maxlong = self.maxother = LONGEST_QUOTE

    def repr_str(self, x: str, level: int) -> str:  # noqa: ARG002
        """Keep the beginning, which tells a reader where to look."""
        return _cut(repr(x[:LONGEST_QUOTE]), more=len(x) > LONGEST_QUOTE)

    def repr_int(self, x: int, level: int) -> str:
        """Python refuses to write out integers of thousands of digits."""
        if abs(x) >= 10**LONGEST_QUOTE:
            return f"a whole number of some {round(x.bit_length() * 0.30103)} digits"
        return super().repr_int(x, level)


_QUOTE = _Quote()


def quoted(value: object) -> str:
    """Quote a value of the input in a message.

    Parameters
    ----------
    value : any
        From a user or a file.

    Returns
    -------
    str
        As ``repr``, but of at most 80 characters, whatever the value is.
    """
    return _cut(_QUOTE.repr(value))


def _cut(text: str, *, more: bool = False) -> str:
    """Keep to the length of a quote; say where something was left out."""
    if len(text) <= LONGEST_QUOTE and not more:
        return text
    return text[: LONGEST_QUOTE - 3].rstrip() + "..."
