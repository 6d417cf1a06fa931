"""Heads, coils, poses and targets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.api import taking
from cortistim.coil import DEFAULT_COIL, Coil
from cortistim.errors import BadInputError
from cortistim.head import Head
from cortistim.placement import DISTANCE_M, Pose, place_over, raise_until_clear
from cortistim.study.request.inputs import TargetPoint
from cortistim.typing import FloatArray

HANDLE_RAD = float(np.pi / 4)


def head(
    what: str | Path | Head = "colin27",
    *,
    sigma: Mapping[int, float] | None = None,
    surfaces: str | Path | None = None,
    repair: bool = False,
) -> Head:
    """Return a head: built in, from a mesh, or from a folder of a head.

    Parameters
    ----------
    what : str, Path or Head
        ``colin27``, ``sphere``, a gmsh file, or a folder of ``cortistim head build`` or charm.
    sigma : mapping of int to float, optional
        Conductivities in S/m, by tissue tag, that replace the defaults.
    surfaces : str or Path, optional
        Folder with surfaces of the cortex.
    repair : bool, optional
        Mend what the mesh check would refuse.

    Returns
    -------
    Head
        Checked; ``head.plot()`` draws it.

    Raises
    ------
    BadInputError
        When there is no such head, or it cannot be trusted.

    Examples
    --------
    >>> import cortistim as ct
    >>> ct.head("sphere").name
    'sphere'
    """
    choices: dict[str, Any] = {}
    if sigma:
        choices["sigma"] = tuple(sigma.items())
    if surfaces is not None:
        choices["surfaces"] = Path(surfaces)
    if repair:
        choices["repair"] = True
    return taking.head_from(what, **choices)


def coil(
    what: str | Path | Coil = DEFAULT_COIL,
    *,
    reverse_current: bool = False,
    deformation: Mapping[str, float] | None = None,
    channels: Mapping[str, float] | None = None,
) -> Coil:
    """Return a coil by name or from a file.

    Parameters
    ----------
    what : str, Path or Coil
        A name of ``cortistim coil list``, or a .ccd, .tcd or .nii file.
    reverse_current : bool, optional
        Let the current run the other way round.
    deformation : mapping of str to float, optional
        How a coil that can be bent is bent.
    channels : mapping of str to float, optional
        Share of dI/dt by stimulator, for coils with several.

    Returns
    -------
    Coil
        In its own frame; ``coil.plot()`` draws it.

    Raises
    ------
    BadInputError
        When there is no such coil.

    Examples
    --------
    >>> import cortistim as ct
    >>> round(ct.coil("magstim_d70").inductance_h * 1e6)
    16
    """
    return taking.coil_from(
        what,
        reverse_current=reverse_current,
        deformation=tuple((deformation or {}).items()),
        channels=tuple((channels or {}).items()),
    )


def target(
    what: str | TargetPoint | FloatArray, head: str | Path | Head, *, space: str = "subject"
) -> TargetPoint:
    """Find a target on a head.

    Parameters
    ----------
    what : str or (3,) array in metres
        A name of ``cortistim head targets``, an electrode such as ``C3``, ``x,y,z`` in
        millimetres as text, or a point in metres.
    head : str, Path or Head
        Which head.
    space : {"subject", "mni"}, optional
        Of coordinates.

    Returns
    -------
    TargetPoint
        ``point_m`` in subject space, with words and source.

    Raises
    ------
    BadInputError
        When there is no such target.

    Examples
    --------
    >>> import cortistim as ct
    >>> ct.target("-40,20,55", ct.head("sphere")).point_m.tolist()
    [-0.04, 0.02, 0.055]
    """
    return taking.target_from(what, taking.head_from(head), space=space)


def pose(
    what: str | Path | Pose | FloatArray | None = None,
    *,
    over: str | TargetPoint | FloatArray | None = None,
    head: str | Path | Head = "colin27",
    handle_rad: float = HANDLE_RAD,
    distance_m: float = DISTANCE_M,
    coil: str | Path | Coil | None = None,
) -> Pose:
    """Return a pose: from a file, from a matrix, or over a place of a head.

    Parameters
    ----------
    what : str, Path, Pose or (4, 4) array in metres, optional
        A file with one pose, or a matrix in metres; left out with `over`.
    over : str or (3,) array in metres, optional
        The coil stands on the scalp next to this target or electrode.
    head : str, Path or Head, optional
        Under the coil, with `over`.
    handle_rad : float [rad], optional
        Between the handle and posterior, positive away from the midline; 45° by default.
    distance_m : float [m], optional
        From the scalp to the coil's face.
    coil : str, Path or Coil, optional
        Raised along its axis until it is clear of the head.

    Returns
    -------
    Pose
        z into the head, y away from the handle.

    Raises
    ------
    BadInputError
        When neither or both ways are given, or nothing of that name exists.
    PoseError
        When the matrix is not rigid, or numbers are in other units.

    Examples
    --------
    >>> import cortistim as ct
    >>> pose = ct.pose(over="C3", head="sphere")
    >>> bool(abs(pose.origin_m).max() < 0.1)
    True
    """
    if (what is None) == (over is None):
        msg = "`pose` takes one of two: a file or matrix, or a place to stand over (over=)."
        raise BadInputError(msg)
    if over is None:
        return taking.pose_from(what)
    under = taking.head_from(head)
    place = taking.target_from(over, under)
    found = place_over(under, place.point_m, handle_rad=handle_rad, distance_m=distance_m)
    if coil is None:
        return found
    return raise_until_clear(under, taking.coil_from(coil), found)[0]
