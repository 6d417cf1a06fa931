"""The lead field: E at some points as a linear map from the coil's vector potential.

Both the field operator and the adjoint solves of one target have this form. With A at the
samples, c = I' A are a few shares, and E = dI/dt O c. Moving the coil changes A only, so
dE/dpose follows from dA/dpose, in closed form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.field import FieldOperator
from cortistim.field.operator.basis import BATCH, potentials_t_m
from cortistim.geometry import freeze
from cortistim.placement.pose import Pose
from cortistim.targeting.reciprocity import CurrentElements
from cortistim.targeting.response import TargetResponse
from cortistim.typing import FloatArray, IntArray

PER_A_PER_US = 1e6


@dataclass(frozen=True, eq=False)
class LeadField:
    """E at points for any coil and pose, for 1 A/µs.

    Parameters
    ----------
    samples_m : (n_sample, 3) array [m]
        Where the vector potential is taken.
    inner : (3 n_sample, k) array
        From the vector potential there to the shares.
    outer : (3 n_point, k) array
        From the shares per A/s to E.
    """

    samples_m: FloatArray
    inner: FloatArray
    outer: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "samples_m", "inner", "outer")

    @classmethod
    def of_operator(cls, operator: FieldOperator, points: IntArray) -> Self:
        """Take some points of an operator.

        Parameters
        ----------
        operator : FieldOperator
            Of the head.
        points : (n_point,) int array
            Indices into its points.

        Returns
        -------
        LeadField
            Equal to `FieldOperator.evaluate` at these points.
        """
        rows = operator.fields_v_per_m.reshape(-1, 3, operator.rank)[points]
        return cls(operator.samples_m, operator.members, rows.reshape(-1, operator.rank))

    @classmethod
    def of_adjoint(cls, elements: CurrentElements, response: TargetResponse) -> Self:
        """Take the points of a target from its adjoint solves.

        Parameters
        ----------
        elements : CurrentElements
            Exact or compressed.
        response : TargetResponse
            From the mean field to the field at each point.

        Returns
        -------
        LeadField
            At the points of the response.
        """
        inner = elements.currents.reshape(-1, 3)
        return cls(elements.positions_m, inner, response.maps.reshape(-1, 3))

    def shares(self, coil: Coil, poses: Sequence[Pose]) -> FloatArray:
        """Compute the shares of poses.

        Parameters
        ----------
        coil : Coil
            Any.
        poses : sequence of Pose
            Where it is.

        Returns
        -------
        (n_pose, k) array
            Per A/s.
        """
        if len(poses) == 1:  # BLAS would wait for its threads longer than this takes
            sampled = potentials_t_m(coil, poses, self.samples_m)
            return np.einsum("ps,sk->pk", sampled.reshape(1, -1), self.inner)
        parts = [
            potentials_t_m(coil, poses[first : first + BATCH], self.samples_m)
            for first in range(0, len(poses), BATCH)
        ]
        return np.concatenate([p.reshape(len(p), -1) @ self.inner for p in parts])

    def fields_v_per_m(self, shares: FloatArray) -> FloatArray:
        """Compute E at the points, (n_pose, n_point, 3), in V/m for 1 A/µs."""
        weights = (PER_A_PER_US * shares).astype(self.outer.dtype)
        return (weights @ self.outer.T).reshape(len(shares), -1, 3)

    def pulled_back(self, coil: Coil, pose: Pose, by_e: FloatArray) -> FloatArray:
        """Carry the derivative of a number by E to its derivative by the pose.

        Parameters
        ----------
        coil : Coil
            Any.
        pose : Pose
            Where it is.
        by_e : (n_point, 3) array
            Derivative by E at the points, per V/m.

        Returns
        -------
        (6,) array
            Derivative per metre along, and per radian about, the coil's own axes.
        """
        by_share = PER_A_PER_US * (by_e.ravel().astype(self.outer.dtype) @ self.outer)
        by_potential = np.einsum("sk,k->s", self.inner, by_share)
        slopes = potential_slopes(coil, pose, self.samples_m)
        return np.einsum("as,s->a", slopes.reshape(6, -1), by_potential)


def potential_slopes(coil: Coil, pose: Pose, points_m: FloatArray) -> FloatArray:
    """Differentiate the vector potential at fixed points by the coil's pose.

    With u the point in the coil's frame, moving by d and turning by w about the coil's own
    axes changes A there by -(dA/du) d and by w x A - (dA/du) (w x u).

    Parameters
    ----------
    coil : Coil
        Any.
    pose : Pose
        Where it is.
    points_m : (n_point, 3) array [m]
        In the subject's frame.

    Returns
    -------
    (6, n_point, 3) array
        T per ampere along x, y and z of the coil; T m per ampere and radian about them; in
        the subject's frame.
    """
    own_m = pose.to_coil_m(points_m)
    potential = coil.vector_potential_t_m(own_m)
    slope = coil.vector_potential_slope_t(own_m)
    moved = -slope.transpose(2, 0, 1)
    axes = np.eye(3)[:, None]
    turned = np.cross(axes, potential) - np.einsum("nij,anj->ani", slope, np.cross(axes, own_m))
    return np.concatenate([moved, turned]) @ pose.rotation.T
