"""Fields at a few cortical points for any pose of a coil, as hunts and subjects ask for."""

from dataclasses import dataclass

import numpy as np

from cortistim import cache
from cortistim.coil import Coil
from cortistim.field import FieldOperator
from cortistim.field.operator.basis import potentials_t_m
from cortistim.placement import Pose
from cortistim.targeting import LeadField
from cortistim.typing import FloatArray, IntArray

VERSION = 1


@dataclass(frozen=True, eq=False)
class PoseFields:
    """E of one coil at some of an operator's points.

    Parameters
    ----------
    operator : FieldOperator
        Of the head.
    coil : Coil
        The one that is held.
    points : (n,) int array
        Which of the operator's points.
    """

    operator: FieldOperator
    coil: Coil
    points: IntArray

    def __call__(self, poses_m: FloatArray) -> FloatArray:
        """Return E at the points.

        Parameters
        ----------
        poses_m : (k, 4, 4) array [m]
            Coil to subject.

        Returns
        -------
        (k, n, 3) array [V/m]
            For 1 A/µs, in single precision.
        """
        lead = LeadField.of_operator(self.operator, self.points)
        return lead.fields_v_per_m(lead.shares(self.coil, [Pose(m) for m in poses_m]))


def pose_shares(operator: FieldOperator, coil: Coil, poses_m: FloatArray) -> FloatArray:
    """Compute how much of each member of an operator poses hold; kept between runs.

    Parameters
    ----------
    operator : FieldOperator
        Any.
    coil : Coil
        Any.
    poses_m : (k, 4, 4) array [m]
        Coil to subject.

    Returns
    -------
    (k, n_member) array
        Per A/s; the field at any of the operator's points is a product with them.
    """
    first = potentials_t_m(coil, [Pose(poses_m[0])], operator.samples_m)  # tells coils apart
    key = cache.digest(VERSION, operator.samples_m, operator.members, first, poses_m)

    def work() -> dict[str, np.ndarray]:
        lead = LeadField.of_operator(operator, np.arange(1))
        return {"shares": lead.shares(coil, [Pose(m) for m in poses_m])}

    return cache.remembered("pose-shares", key, work)["shares"]


def fields_of(operator: FieldOperator, shares: FloatArray, points: IntArray) -> FloatArray:
    """Compute E at some points from shares.

    Parameters
    ----------
    operator : FieldOperator
        Any.
    shares : (k, n_member) array
        From `pose_shares`.
    points : (n,) int array
        Which of the operator's points.

    Returns
    -------
    (k, n, 3) array [V/m]
        For 1 A/µs.
    """
    return LeadField.of_operator(operator, points).fields_v_per_m(shares)
