"""Every error this package raises on purpose.

::

    CortistimError
    ├── BadInputError      (ValueError)    a value or file given by the caller cannot be used
    │   ├── FileFormatError                a file breaks the rule of its format
    │   ├── MeshError                      a head mesh that no field can be trusted on
    │   ├── PoseError                      a pose that is not rigid or cuts the head
    │   └── MissingAnatomyError            the head lacks the tissue or landmark asked for
    └── ConvergenceError   (RuntimeError)  a solver stopped short of its tolerance

A message names the rule, the value and the remedy.
"""


class CortistimError(Exception):
    """Root of all errors raised by this package."""


class BadInputError(CortistimError, ValueError):
    """A value or file given by the caller cannot be used."""


class FileFormatError(BadInputError):
    """A file breaks the rule of its format."""


class MeshError(BadInputError):
    """A head mesh on which no field can be trusted."""


class PoseError(BadInputError):
    """A pose that is not rigid, or that puts the coil into the head."""


class MissingAnatomyError(BadInputError):
    """The head lacks the tissue, surface or landmark that was asked for."""


class ConvergenceError(CortistimError, RuntimeError):
    """A solver stopped short of its tolerance."""
