"""The field operator: solved once per head, it gives E of any coil at any pose at once.

E at the points is linear in the coil's vector potential A. The operator holds the fields of
some hundred members, combinations of coil poses (`basis`), each solved by finite elements.
The samples of A at points of the brain say how much of each member a pose holds:

    c = D' A(samples),    E = dI/dt F c,

with the orthonormal samples D and the fields F of the members. What the members cannot
represent is lost; `FieldOperator.missed_share` measures it on A, before any field.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from cortistim import cache
from cortistim.coil.coil import Coil
from cortistim.coil.named import as_coil
from cortistim.errors import BadInputError, quoted
from cortistim.field import _kernels
from cortistim.field.bars import ErrorShares
from cortistim.field.field import solve_fields
from cortistim.field.operator.basis import BATCH, potentials_t_m
from cortistim.field.reader import PointReader
from cortistim.field.recovery.sampling import Recovery
from cortistim.field.solver.fem import FemSystem
from cortistim.geometry import freeze
from cortistim.head.distance import SignedDistance
from cortistim.head.head import Head
from cortistim.placement.clearance import require_clear
from cortistim.placement.pose import Pose, as_pose
from cortistim.shown import Facts, Shown
from cortistim.typing import FloatArray

VERSION = 2  # raise it when the content or the meaning of a file changes
# Beyond this residual of A the field may be off by more than some percent; see `missed_share`.
MISSED_LIMIT = 0.02
NEGLIGIBLE = 1e-6  # residual below which a pose adds nothing to the members

Drive = tuple[Coil, Pose, float]


class MissedShareWarning(UserWarning):
    """A pose that an operator represents poorly."""


@dataclass(frozen=True, slots=True)
class OperatorOrigin:
    """What an operator was built from.

    Parameters
    ----------
    head : str
        The head's name.
    mesh : str
        Digest of its mesh.
    sigma : str
        Digest of its conductivities.
    coils : tuple of str
        Coils whose poses span the members.
    rank : int
        Number of members, without those added later.
    seed : int
        Of the poses.
    tolerance : float
        On the relative residual of the solves.
    recovery : str
        How the gradient of the potential was read where the order is 1.
    order : int
        Highest order of the elements that the field was read from.
    version : int
        Of the file.
    """

    head: str
    mesh: str
    sigma: str
    coils: tuple[str, ...]
    rank: int
    seed: int
    tolerance: float
    recovery: Recovery
    order: int
    version: int = VERSION

    def require(self, head: Head) -> None:
        """Refuse a head that the operator was not built on.

        Parameters
        ----------
        head : Head
            To be used with the operator.

        Raises
        ------
        BadInputError
            When the mesh or the conductivities differ.
        """
        differing = {
            "mesh": self.mesh != head.mesh.digest,
            "conductivities": self.sigma != sigma_digest(head),
        }
        if any(differing.values()):
            what = " and ".join(name for name, differs in differing.items() if differs)
            msg = (
                f"an operator belongs to one mesh and its conductivities; this one was "
                f"built on {quoted(self.head)}, whose {what} differ from those of "
                f"{quoted(head.name)}. "
                "Build it again."
            )
            raise BadInputError(msg)


def sigma_digest(head: Head) -> str:
    """Return the digest of a head's conductivities.

    Parameters
    ----------
    head : Head
        With its conductivities.

    Returns
    -------
    str
        Tells two of them apart.
    """
    if head.anisotropy is None:
        return cache.digest(head.sigma_siemens_per_m)
    return cache.digest(head.sigma_siemens_per_m, head.anisotropy.relative)


@dataclass(frozen=True, eq=False, repr=False)
class FieldOperator(Shown):
    """E at fixed points of one head, for any coil at any pose.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Where the field is given.
    fields_v_per_m : (3 n_point, n_member) array [V/m]
        Field of each member, for its combination of coils driven at 1 A/s.
    samples_m : (n_sample, 3) array [m]
        Where vector potentials are compared.
    members : (3 n_sample, n_member) array
        Vector potential of each member there; orthonormal.
    outside : SignedDistance
        Distance to the scalp.
    origin : OperatorOrigin
        What it was built from.
    shares : ErrorShares
        Bars of the numerical error.
    """

    points_m: FloatArray
    fields_v_per_m: FloatArray
    samples_m: FloatArray
    members: FloatArray
    outside: SignedDistance
    origin: OperatorOrigin
    shares: ErrorShares

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        return (
            ("head", self.origin.head),
            ("points", f"{len(self.points_m):,}"),
            ("members", f"{self.rank}"),
            ("built for", ", ".join(self.origin.coils)),
            ("elements", f"of order {self.origin.order}"),
        )

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "points_m", "samples_m", "members", dtype=np.float64)
        freeze(self, "fields_v_per_m", dtype=np.float32)

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib``."""
        return ("saturnino2019", "vanek1996", "bell2022")

    @property
    def rank(self) -> int:
        """Number of members."""
        return self.members.shape[1]

    def evaluate(self, coil: Coil, pose: Pose, *, didt_a_per_s: float = 1e6) -> FloatArray:
        """Compute E at the points.

        Parameters
        ----------
        coil : Coil
            Any, also one that the operator was not built with; see `missed_share`.
        pose : Pose
            Outside the head, which is not checked here; see `require_clear`.
        didt_a_per_s : float [A/s], optional
            Rate of the coil's current, by default 1 A/µs.

        Returns
        -------
        (n_point, 3) array [V/m]
            In single precision.

        Warns
        -----
        MissedShareWarning
            When the missed share exceeds `MISSED_LIMIT`.
        """
        return self.evaluate_many(coil, [pose], didt_a_per_s=didt_a_per_s)[0]

    def evaluate_many(
        self, coil: Coil, poses: Sequence[Pose], *, didt_a_per_s: float = 1e6
    ) -> FloatArray:
        """Compute E at the points for several poses, which costs less than one by one.

        Parameters
        ----------
        coil : Coil
            Any.
        poses : sequence of Pose
            Where it is.
        didt_a_per_s : float [A/s], optional
            Rate of the coil's current, by default 1 A/µs.

        Returns
        -------
        (n_pose, n_point, 3) array [V/m]
            In single precision.

        Warns
        -----
        MissedShareWarning
            When the missed share of a pose exceeds `MISSED_LIMIT`.
        """
        e_v_per_m, missed = self.evaluate_with_missed(coil, poses, didt_a_per_s=didt_a_per_s)
        _warn(missed)
        return e_v_per_m

    def evaluate_with_missed(
        self, coil: Coil, poses: Sequence[Pose], *, didt_a_per_s: float = 1e6
    ) -> tuple[FloatArray, FloatArray]:
        """Compute E as `evaluate_many` and the missed share with it, without a warning.

        Parameters
        ----------
        coil : Coil
            Any.
        poses : sequence of Pose
            Where it is; E takes twelve bytes per point for each.
        didt_a_per_s : float [A/s], optional
            Rate of the coil's current, by default 1 A/µs.

        Returns
        -------
        e_v_per_m : (n_pose, n_point, 3) array [V/m]
            In single precision.
        missed_share : (n_pose,) array
            As `missed_share`.
        """
        poses = [poses] if isinstance(poses, Pose) else [as_pose(pose) for pose in poses]
        shares, missed_share = self._shares(as_coil(coil), poses)
        return self._fields(didt_a_per_s * shares), missed_share

    def error_v_per_m(self, e_v_per_m: FloatArray) -> FloatArray:
        """Compute the bars of the numerical error of evaluated fields.

        Parameters
        ----------
        e_v_per_m : (n_point, 3) or (n_pose, n_point, 3) array [V/m]
            From this operator.

        Returns
        -------
        (n_point,) or (n_pose, n_point) array [V/m]
            As `Field.error_v_per_m`: of the discretisation, not of what the members miss.
        """
        fields = e_v_per_m.reshape(-1, *e_v_per_m.shape[-2:])
        return self.shares.bars_v_per_m(fields).reshape(e_v_per_m.shape[:-1])

    def evaluate_sum(self, drives: Sequence[Drive]) -> FloatArray:
        """Compute E of several coils, or of one coil's channels, driven together.

        Parameters
        ----------
        drives : sequence of (Coil, Pose, float)
            The float is dI/dt in A/s.

        Returns
        -------
        (n_point, 3) array [V/m]
            Sum of their fields, at the price of one.

        Warns
        -----
        MissedShareWarning
            When the missed share of a coil exceeds `MISSED_LIMIT`.
        """
        total = np.zeros((1, self.rank))
        for coil, pose, didt_a_per_s in drives:
            shares, missed_share = self._shares(coil, [pose])
            _warn(missed_share)
            total += didt_a_per_s * shares
        return self._fields(total)[0]

    def missed_share(self, coil: Coil, pose: Pose) -> float:
        """Measure what the members miss of a coil's vector potential in the brain.

        Parameters
        ----------
        coil : Coil
            Any.
        pose : Pose
            Where it is.

        Returns
        -------
        float
            |A - fit| / |A| over the samples: 0 where nothing is missed. It indicates, but does
            not bound, the error of E: on one head that was up to 3.5 times as much where the
            missed share is 1 to 4 %, and up to eight times where it is below 0.5 %.
        """
        return float(self.missed_shares(coil, [pose])[0])

    def missed_shares(self, coil: Coil, poses: Sequence[Pose]) -> FloatArray:
        """Measure the missed share of several poses, (n_pose,); see `missed_share`.

        Parameters
        ----------
        coil : Coil
            At the poses.
        poses : sequence of Pose
            Any.

        Returns
        -------
        (n_pose,) array
            0 misses nothing.
        """
        return self._shares(coil, poses)[1]

    def require_clear(self, coil: Coil, pose: Pose) -> None:
        """Refuse a pose that puts the coil into the head.

        Parameters
        ----------
        coil : Coil
            With a casing.
        pose : Pose
            Touching, down to 0.5 mm, is allowed.

        Raises
        ------
        PoseError
            With the depth; also when the coil is nowhere near the head.
        """
        require_clear(self.outside, coil, pose)

    def extended(
        self, head: Head, coil: Coil, poses: Sequence[Pose], *, system: FemSystem | None = None
    ) -> Self:
        """Add poses to the members, by direct solves.

        Parameters
        ----------
        head : Head
            The one that the operator was built on.
        coil : Coil
            Any.
        poses : sequence of Pose
            Their fields, and those of poses close by, become exact up to rounding.
        system : FemSystem, optional
            The head's, when it was built before.

        Returns
        -------
        FieldOperator
            With up to one more member for each pose.

        Raises
        ------
        BadInputError
            When the head is another.
        ConvergenceError
            When a solve stops short.
        """
        reader = self.reader(head, system=system)
        solved = solve_fields(
            head,
            coil,
            list(poses),
            didt_a_per_s=1.0,
            system=system,
            tolerance=self.origin.tolerance,
        )
        grown = self
        for field in solved:
            grown = grown._with_member(coil, field.pose, reader.at_v_per_m(field))
        return grown

    def _with_member(self, coil: Coil, pose: Pose, e_v_per_m: FloatArray) -> Self:
        sampled = potentials_t_m(coil, [pose], self.samples_m).ravel()
        share = self.members.T @ sampled
        left = sampled - self.members @ share
        again = self.members.T @ left  # a second pass keeps the members orthonormal
        left -= self.members @ again
        size = float(np.linalg.norm(left))
        if size <= NEGLIGIBLE * np.linalg.norm(sampled):
            return self
        rest = e_v_per_m.ravel() - self.fields_v_per_m @ (share + again)
        return replace(
            self,
            members=np.column_stack([self.members, left / size]),
            fields_v_per_m=np.column_stack([self.fields_v_per_m, rest / size]),
        )

    def reader(self, head: Head, *, system: FemSystem | None = None) -> PointReader:
        """Prepare the operator's points for direct solves.

        Parameters
        ----------
        head : Head
            The one that the operator was built on.
        system : FemSystem, optional
            The head's, when it was built before.

        Returns
        -------
        PointReader
            With the operator's order and way of reading gradients.

        Raises
        ------
        BadInputError
            When the head is another.
        """
        self.origin.require(head)
        origin = self.origin
        return PointReader.of(
            head, self.points_m, order=origin.order, recovery=origin.recovery, system=system
        )

    def _shares(self, coil: Coil, poses: Sequence[Pose]) -> tuple[FloatArray, FloatArray]:
        """Fit the members to poses: shares (n_pose, n_member) per A/s, and what they miss."""
        shares, missed = np.empty((len(poses), self.rank)), np.empty(len(poses))
        for first in range(0, len(poses), BATCH):
            batch = slice(first, first + BATCH)
            sampled = potentials_t_m(coil, poses[batch], self.samples_m)
            rows = sampled.reshape(len(sampled), -1)
            if len(rows) == 1:  # without BLAS, for the reason in `_kernels.products`
                shares[batch] = np.einsum("ps,sm->pm", rows, self.members)
                left = rows - np.einsum("pm,sm->ps", shares[batch], self.members)
            else:
                shares[batch] = rows @ self.members
                left = rows - shares[batch] @ self.members.T
            missed[batch] = np.linalg.norm(left, axis=1) / np.linalg.norm(rows, axis=1)
        return shares, missed

    def _fields(self, shares: FloatArray) -> FloatArray:
        weights = shares.astype(np.float32)
        if len(weights) == 1:
            values = _kernels.products(self.fields_v_per_m, weights[0])
        else:
            values = weights @ self.fields_v_per_m.T
        return values.reshape(len(shares), -1, 3)


def _warn(missed_share: FloatArray) -> None:
    poor = int((missed_share > MISSED_LIMIT).sum())
    if poor:
        msg = (
            f"an operator should miss at most {100 * MISSED_LIMIT:g} % of a coil's vector "
            f"potential; of {len(missed_share)} poses {poor} miss up to "
            f"{100 * missed_share.max():.1f} %. Add them with FieldOperator.extended, or build "
            "with this coil or a larger rank."
        )
        warnings.warn(msg, MissedShareWarning, stacklevel=3)
