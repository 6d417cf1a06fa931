"""Requests for what a caller already holds, beside those that name a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cortistim.coil import Coil, CoilAssembly
from cortistim.errors import BadInputError
from cortistim.head import Head
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import HeadRequest
from cortistim.typing import Progress, silent


@dataclass(frozen=True, slots=True)
class HeldHead(HeadRequest):
    """A head that is at hand.

    Parameters
    ----------
    name, sigma, repair, mapping, dti, surfaces : see `HeadRequest`
        Of the record; the head stays as it is.
    head : Head
        The one.
    """

    head: Head | None = None

    def load(self, *, progress: Progress = silent) -> Head:  # noqa: ARG002
        """Return the head.

        Parameters
        ----------
        progress : callable, optional
            Nothing is to be told.

        Returns
        -------
        Head
            As it was given.
        """
        if self.head is None:
            msg = "`head` must be a head; got None."
            raise BadInputError(msg)
        return self.head


@dataclass(frozen=True, slots=True)
class HeldCoil(CoilRequest):
    """A coil that is at hand.

    Parameters
    ----------
    name, reverse_current, deformation, channels : see `CoilRequest`
        Of the record.
    coil : Coil or CoilAssembly
        The one.
    """

    coil: Coil | CoilAssembly | None = None

    def stored(self) -> Coil | CoilAssembly:
        """Return the coil.

        Returns
        -------
        Coil or CoilAssembly
            As it was given.
        """
        if self.coil is None:
            msg = "`coil` must be a coil; got None."
            raise BadInputError(msg)
        return self.coil


def head_request(head: Any, **choices: Any) -> HeadRequest:  # noqa: ANN401
    """Ask for a head that is named, lies in a file or folder, or is at hand.

    Parameters
    ----------
    head : str, Path or Head
        Which.
    **choices
        Of `HeadRequest`; a head at hand takes none.

    Returns
    -------
    HeadRequest
        To be loaded.

    Raises
    ------
    BadInputError
        When it is something else.
    """
    if isinstance(head, Head):
        if choices:
            msg = f"`{next(iter(choices))}` is for heads that are read; this one is at hand."
            raise BadInputError(msg)
        return HeldHead(head.name, head=head)
    if isinstance(head, str | Path):
        return HeadRequest(str(head), **choices)
    msg = (
        "`head` must be a name, a file, a folder or a head; got "
        f"{type(head).__name__}. Names: colin27, sphere."
    )
    raise BadInputError(msg)


def coil_request(coil: Any, **choices: Any) -> CoilRequest:  # noqa: ANN401
    """Ask for a coil that is named, lies in a file, or is at hand.

    Parameters
    ----------
    coil : str, Path, Coil or CoilAssembly
        Which.
    **choices
        Of `CoilRequest`.

    Returns
    -------
    CoilRequest
        To be loaded.

    Raises
    ------
    BadInputError
        When it is something else.
    """
    if isinstance(coil, Coil | CoilAssembly):
        return HeldCoil(coil.name, **choices, coil=coil)
    if isinstance(coil, str | Path):
        return CoilRequest(str(coil), **choices)
    msg = (
        f"`coil` must be a name, a file or a coil; got {type(coil).__name__}. "
        "'cortistim coil list' lists names."
    )
    raise BadInputError(msg)
