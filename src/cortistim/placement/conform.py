"""Bending a coil to the head: the shape that lies closest and runs into nothing."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from cortistim.coil import CoilAssembly
from cortistim.coil.collision import collisions, thinned_m
from cortistim.errors import BadInputError, PoseError
from cortistim.geometry import transform
from cortistim.head.head import Head
from cortistim.placement.clearance import lift_of_points_m
from cortistim.placement.pose import Pose
from cortistim.typing import FloatArray, Progress, silent

SPACING_M = 4e-3
MOST_CONTACTS = 3000
REFUSED_M = 1.0  # stands for a gap that no shape can have
SETTLED = 0.02  # of a parameter's range
MOST_TRIALS = 300


@dataclass(frozen=True, eq=False)
class Conformed:
    """A coil's shape on a head.

    Parameters
    ----------
    deformation : dict of str to float
        Values by parameter, in degrees or millimetres.
    gap_m : float [m]
        Mean distance of the coil's contact points from the scalp, lifted clear of it.
    rest_gap_m : float [m]
        The same as the coil is at rest.
    trials : int
        How many shapes were tried.
    """

    deformation: dict[str, float]
    gap_m: float
    rest_gap_m: float
    trials: int


def conform(
    head: Head, coil: CoilAssembly, pose: Pose, *, progress: Progress = silent
) -> Conformed:
    """Bend a coil within its ranges so that it lies as close to the scalp as it can.

    Every shape tried is lifted along the coil's axis until it is clear of the head, as it
    will be when it is used; then the mean distance of its contact points from the scalp
    counts. Shapes whose parts run into each other do not count. Powell's method searches;
    it finds a shape that no change of one parameter betters, not always the best there is.

    Parameters
    ----------
    head : Head
        Under the coil.
    coil : CoilAssembly
        Its file's contact points count, or its casings where it gives none.
    pose : Pose
        Where it is bent.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Conformed
        Never farther from the scalp than the coil at rest.

    Raises
    ------
    BadInputError
        When the coil cannot be bent, or has no casing.
    PoseError
        When the coil cannot be lifted clear of the head even at rest.
    """
    if not coil.parameters:
        msg = f"{coil.name} is rigid; it cannot be bent to a head. Leave its shape out."
        raise BadInputError(msg)
    fit = _Fit(head, coil, pose)
    start = coil.values({})
    rest_gap_m = fit.gap_m(start)
    progress("bending the coil to the head", 0.0)
    low = np.array([parameter.low for parameter in coil.parameters])
    high = np.array([parameter.high for parameter in coil.parameters])
    free = high > low
    best = [(rest_gap_m, start)]

    def cost(share: FloatArray) -> float:
        values = start.copy()
        values[free] = np.clip(low[free] + share * (high - low)[free], low[free], high[free])
        gap_m = fit.safe_gap_m(values)
        best.append((gap_m, values))
        progress("bending the coil to the head", min(1.0, len(best) / MOST_TRIALS))
        return gap_m / max(rest_gap_m, 1e-3)

    if free.any():
        minimize(
            cost,
            ((start - low) / np.where(free, high - low, 1.0))[free],
            method="Powell",
            bounds=[(0.0, 1.0)] * int(free.sum()),
            options={"xtol": SETTLED, "ftol": 1e-3, "maxfev": MOST_TRIALS},
        )
    gap_m, values = min(best, key=lambda trial: trial[0])
    shape = dict(zip(coil.parameter_names, values.tolist(), strict=True))
    return Conformed(shape, gap_m, rest_gap_m, len(best))


class _Fit:
    """Measures how close a shape of the coil lies to the head."""

    def __init__(self, head: Head, coil: CoilAssembly, pose: Pose) -> None:
        self._head, self._coil, self._pose = head, coil, pose
        models, motions = coil.models, [element.casing for element in coil.elements]
        self._parts = [(k, models[m]) for k, m in enumerate(motions) if m is not None]
        if coil.casing is not None:
            self._parts.append((-1, models[coil.casing]))
        if not self._parts:
            msg = f"{coil.name} has no casing to be bent to a head. Give its deformation."
            raise BadInputError(msg)
        self._solid_m = [thinned_m(model, SPACING_M) for _, model in self._parts]
        given = [model.contact_m for _, model in self._parts]
        known = any(len(points) for points in given)
        contacts = given if known else self._solid_m
        step = -(-sum(map(len, contacts)) // MOST_CONTACTS)
        self._contact_m = [points[::step] for points in contacts]

    def gap_m(self, values: FloatArray) -> float:
        """Return the mean distance of the contact points from the scalp, once clear."""
        motions = (*self._coil.motions_m(values), np.eye(4))  # -1 moves with nothing
        solid_m = self._placed_m(self._solid_m, motions)
        lift_m = lift_of_points_m(self._head, solid_m, self._pose, self._coil.name)
        contact_m = self._placed_m(self._contact_m, motions)
        contact_m = contact_m - lift_m * self._pose.rotation[:, 2]
        return float(np.abs(self._head.outside.at(contact_m)).mean())

    def safe_gap_m(self, values: FloatArray) -> float:
        """Return the same, or what no shape can have for one that cannot be used."""
        if collisions(self._coil, values):
            return REFUSED_M
        try:
            return self.gap_m(values)
        except PoseError:
            return REFUSED_M

    def _placed_m(
        self, points_m: list[FloatArray], motions: tuple[FloatArray, ...]
    ) -> FloatArray:
        moved = [
            transform(motions[k], points)
            for (k, _), points in zip(self._parts, points_m, strict=True)
        ]
        return self._pose.to_subject_m(np.vstack(moved))
