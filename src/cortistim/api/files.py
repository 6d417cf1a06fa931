"""Files of nouns: what ``save`` writes and ``load`` reads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from cortistim import cache
from cortistim.api import taking
from cortistim.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field import Field, FieldOperator, SurfaceField, load_operator, save_operator
from cortistim.head import Head
from cortistim.io import write_coil, write_head_mesh, write_mesh_field, write_pose
from cortistim.placement import Pose
from cortistim.protocol import Protocol, Written, find_protocol, recipe_of, write_protocol
from cortistim.study.field.aim import AimResult, write_aim
from cortistim.study.neuron.recruitment import RecruitedCortex, write_recruit
from cortistim.study.plan.files import write_plan
from cortistim.study.plan.plan import Plan
from cortistim.study.volumes import write_cortex

Noun = TypeVar("Noun")


def save(noun: object, path: Path | str) -> Path:
    """Write a noun.

    Parameters
    ----------
    noun : object
        One of `WRITERS`.
    path : Path or str
        A file, or a folder for plans, aims, recruitment and fields on the cortex.

    Returns
    -------
    Path
        The same.

    Raises
    ------
    BadInputError
        When there is no file of such a noun, or nothing can be written there.
    """
    place = Path(path)
    for kind, write in WRITERS.items():
        if isinstance(noun, kind):
            cache.require_writable(place)
            write(noun, place)
            return place
    known = ", ".join(kind.__name__ for kind in WRITERS)
    msg = f"a {type(noun).__name__} has no file of its own; these have: {known}."
    raise BadInputError(msg)


def load(kind: type[Noun], path: Path | str, **needed: Any) -> Noun:  # noqa: ANN401
    """Read a noun.

    Parameters
    ----------
    kind : type
        One of `READERS`.
    path : Path or str
        What `save` wrote.
    **needed
        What the file does not hold.

    Returns
    -------
    object of that kind
        As it was written.

    Raises
    ------
    BadInputError
        When there is no such file, it holds something else, or such a noun is only written.
    """
    for known, read in READERS.items():
        if issubclass(kind, known):
            found = read(Path(path), **needed)
            if isinstance(found, kind):
                return found
    names = ", ".join(known.__name__ for known in READERS)
    msg = f"a {kind.__name__} cannot be read back; these can: {names}."
    raise BadInputError(msg)


def _surface(noun: SurfaceField, folder: Path) -> None:
    with cache.whole_folder(folder) as place:
        write_cortex(noun, place)


def _read_protocol(path: Path) -> Protocol:
    return find_protocol(str(path)).recipe.protocol()


WRITERS: dict[type, Callable[[Any, Path], Any]] = {
    Plan: write_plan,
    AimResult: write_aim,
    RecruitedCortex: write_recruit,
    Head: lambda head, path: write_head_mesh(path, head.mesh),
    Coil: lambda coil, path: write_coil(path, coil),
    Pose: lambda pose, path: write_pose(path, pose),
    Field: lambda field, path: write_mesh_field(path, field),
    SurfaceField: _surface,
    FieldOperator: save_operator,
    Protocol: lambda given, path: write_protocol(path, Written(recipe_of(given))),
}
"""What can be written, and by whom."""

READERS: dict[type, Callable[..., Any]] = {
    Head: taking.head_from,
    Coil: taking.coil_from,
    Pose: taking.pose_from,
    FieldOperator: load_operator,
    Protocol: _read_protocol,
}
"""What can be read back."""
