"""From what a person would give to the nouns: names, files, folders, lists, matrices."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.coil import Coil
from cortistim.errors import BadInputError
from cortistim.head import Head
from cortistim.io.navigators import read_one_pose
from cortistim.placement import Pose, as_pose
from cortistim.study.request.held import coil_request, head_request
from cortistim.study.request.inputs import TargetPoint, find_target
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

FARTHEST_M = 3.0
"""No point of a head lies further from the frame's origin."""


def head_from(what: Any, **choices: Any) -> Head:  # noqa: ANN401
    """Return a head from a name, file, folder or head.

    Parameters
    ----------
    what : str, Path or Head
        Which.
    **choices
        Of `HeadRequest`.

    Returns
    -------
    Head
        Checked.
    """
    return head_request(what, **choices).load()


def coil_from(what: Any, **choices: Any) -> Coil:  # noqa: ANN401
    """Return a coil from a name, file or coil.

    Parameters
    ----------
    what : str, Path or Coil
        Which.
    **choices
        Of `CoilRequest`.

    Returns
    -------
    Coil
        Bent and fed as asked.
    """
    return coil_request(what, **choices).load()


def pose_from(what: Any) -> Pose:  # noqa: ANN401
    """Return a pose from a pose, a 4x4 matrix in metres, or a file.

    Parameters
    ----------
    what : Pose, (4, 4) array or nested list in metres, str or Path
        A file is ``pose.json`` or any navigator's with one pose.

    Returns
    -------
    Pose
        Rigid.

    Raises
    ------
    BadInputError
        When it is none of these.
    PoseError
        When the matrix is not rigid or can only be in millimetres.
    """
    if isinstance(what, str | Path):
        return read_one_pose(Path(what))
    return as_pose(what)


def points_from(what: Any) -> FloatArray:  # noqa: ANN401
    """Return points in metres, (n, 3).

    Parameters
    ----------
    what : (n, 3) or (3,) array or list in metres
        In the subject's frame.

    Returns
    -------
    (n, 3) array [m]
        The same.

    Raises
    ------
    BadInputError
        When these are no points, or can only be in millimetres.
    """
    try:
        points = np.atleast_2d(np.asarray(what, dtype=float))
    except (TypeError, ValueError) as error:
        msg = f"`points_m` must be numbers, three for each point; got {type(what).__name__}."
        raise BadInputError(msg) from error
    if points.ndim != 2 or points.shape[1] != 3:
        msg = f"`points_m` must be three numbers for each point; got shape {points.shape}."
        raise BadInputError(msg)
    farthest = float(np.abs(points).max(initial=0.0))
    if not farthest <= FARTHEST_M:
        msg = (
            f"`points_m` must be in metres; the farthest lies {farthest:g} m away. Did you "
            "mean millimetres? Divide them by 1000."
        )
        raise BadInputError(msg)
    return points


def target_text(what: Any) -> str:  # noqa: ANN401
    """Return a target as the command line writes it.

    Parameters
    ----------
    what : str, TargetPoint or (3,) array in metres
        A name, an electrode, ``x,y,z`` in millimetres, or a point in metres.

    Returns
    -------
    str
        A name or ``x,y,z`` in millimetres of the subject's frame.

    Raises
    ------
    BadInputError
        When it is no single point.
    """
    if isinstance(what, str):
        return what
    point = what.point_m if isinstance(what, TargetPoint) else what
    points = points_from(point)
    if len(points) != 1:
        msg = f"`target` must be one point; got {len(points)}."
        raise BadInputError(msg)
    return ",".join(f"{value:.6g}" for value in mm_from_m(points[0]))


def target_from(what: Any, head: Head, *, space: str = "subject") -> TargetPoint:  # noqa: ANN401
    """Return a target on a head.

    Parameters
    ----------
    what : str, TargetPoint or (3,) array in metres
        As in `target_text`.
    head : Head
        Ties MNI space and electrodes to the subject.
    space : str, optional
        ``subject`` or ``mni``: of coordinates.

    Returns
    -------
    TargetPoint
        In subject space.
    """
    if isinstance(what, TargetPoint):
        return what
    return find_target(head, target_text(what), space=space)


def listed(what: str | Iterable[str]) -> tuple[str, ...]:
    """Return one or many texts as a tuple.

    Parameters
    ----------
    what : str or iterable of str
        One text stands for itself.

    Returns
    -------
    tuple of str
        All.
    """
    return (what,) if isinstance(what, str) else tuple(what)
