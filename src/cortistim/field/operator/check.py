"""How far an operator is from direct solves."""

import warnings
from dataclasses import dataclass

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.field.field import solve_fields
from cortistim.field.operator.basis import candidate_poses
from cortistim.field.operator.operator import FieldOperator, MissedShareWarning
from cortistim.field.solver.fem import TOLERANCE, FemSystem
from cortistim.head.head import Head
from cortistim.typing import FloatArray


@dataclass(frozen=True, eq=False)
class OperatorCheck:
    """An operator against direct solves.

    Parameters
    ----------
    l2 : (n_pose,) array
        |E - direct| / |direct| over the points.
    peak : (n_pose,) array
        Largest |E - direct| at a point, over the largest |direct|.
    missed_share : (n_pose,) array
        See `FieldOperator.missed_share`.
    """

    l2: FloatArray
    peak: FloatArray
    missed_share: FloatArray


def check_operator(
    operator: FieldOperator,
    head: Head,
    coil: Coil,
    *,
    n_pose: int = 16,
    seed: int = 12345,
    system: FemSystem | None = None,
) -> OperatorCheck:
    """Compare an operator with direct solves at poses it was not built from.

    Parameters
    ----------
    operator : FieldOperator
        To be checked.
    head : Head
        The one that it was built on.
    coil : Coil
        Any.
    n_pose : int, optional
        Number of poses, spread over the scalp.
    seed : int, optional
        Of the poses; another one than the operator's.
    system : FemSystem, optional
        The head's, when it was built before.

    Returns
    -------
    OperatorCheck
        One value for each pose.

    Raises
    ------
    BadInputError
        When the head is another.
    """
    system = system or FemSystem.of(head)
    reader = operator.reader(head, system=system)
    poses = candidate_poses(head, coil, n_pose, seed=(seed, len(operator.origin.coils)))
    l2, peak = np.empty(n_pose), np.empty(n_pose)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissedShareWarning)  # the check says what it costs
        quick = operator.evaluate_many(coil, poses)
    for n, (pose, fast) in enumerate(zip(poses, quick, strict=True)):
        (field,) = solve_fields(head, coil, [pose], system=system, tolerance=TOLERANCE)
        direct = reader.at_v_per_m(field)
        off = fast - direct
        l2[n] = np.linalg.norm(off) / np.linalg.norm(direct)
        peak[n] = np.linalg.norm(off, axis=1).max() / np.linalg.norm(direct, axis=1).max()
    return OperatorCheck(l2, peak, operator.missed_shares(coil, poses))
