"""|E| at the target with its interval, for the records of plan, aim and field."""

from collections.abc import Sequence

import numpy as np

from cortistim.coil import Coil
from cortistim.field import FemSystem, Field, FieldOperator
from cortistim.field.bars import ErrorShares
from cortistim.field.uncertainty import sigma_response
from cortistim.head import Head
from cortistim.placement import Pose, scalp_under
from cortistim.records.form import significant
from cortistim.records.uncertainty import (
    IntervalRecord,
    UncertaintyPart,
    UncertaintyParts,
    UncertaintyRecord,
)
from cortistim.targeting import (
    Aim,
    LeadField,
    OperatorAim,
    Target,
    solve_adjoint,
    target_uncertainty,
)
from cortistim.targeting.objectives import MeanStrength
from cortistim.targeting.operator_aim import target_points
from cortistim.targeting.reciprocity import strength_near
from cortistim.targeting.tolerance import pose_tolerance
from cortistim.targeting.uncertainty import (
    COIL_MODEL,
    COIL_SHARE,
    CONDUCTIVITIES,
    LEVEL,
    NAVIGATION,
    NUMERICAL,
    SHIFT_M,
    TURN_RAD,
    TargetUncertainty,
)
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

DIGITS = 5
RESTS_ON = {
    NUMERICAL: "bar of the numerical error on this mesh, as if all points of the target erred "
    "alike",
    CONDUCTIVITIES: "published or assumed ranges of the tissues (saturnino2019a), through the "
    "derivatives of this field",
    NAVIGATION: f"standard deviations of {mm_from_m(SHIFT_M):g} mm and "
    f"{np.rad2deg(TURN_RAD):.0f}° about each axis: assumed (caulfield2022)",
    COIL_MODEL: f"{100 * COIL_SHARE:g} % for what a winding's published dimensions leave open: "
    "assumed",
}
SHORT = {
    NUMERICAL: "the numerical error",
    CONDUCTIVITIES: "the conductivities",
    NAVIGATION: "the coil's place",
    COIL_MODEL: "the coil's model",
}
NOT_COUNTED = (
    "Anatomy as segmented is not counted, and a dose for equal fields in two persons or with "
    "two coils rests on two such intervals"
)

NO_CONDUCTIVITIES = (
    "Nor are conductivities, of which an operator holds one set: 'cortistim plan' and "
    "'cortistim aim' without an operator count them"
)


def uncertainty_of_aim(aimed: Aim, system: FemSystem, bar_v_per_m: float) -> TargetUncertainty:
    """Find the interval of mean |E| at an aim's target, for 1 A/µs.

    Parameters
    ----------
    aimed : Aim
        Its adjoint solutions are used again.
    system : FemSystem
        The head's.
    bar_v_per_m : float [V/m]
        Mean bar of the numerical error in the target, for 1 A/µs.

    Returns
    -------
    TargetUncertainty
        Around the direct solve.

    Raises
    ------
    ConvergenceError
        When a solve stops short.
    """
    potentials = aimed.search.adjoint.potentials
    return target_uncertainty(
        aimed.field.head,
        aimed.e_v_per_m,
        bar_v_per_m=bar_v_per_m,
        tolerance=aimed.strength_tolerance,
        response=sigma_response(aimed.field, aimed.target.points, potentials, system),
    )


def uncertainty_of_field(
    linear: Field, target: Target, system: FemSystem, bar_v_per_m: float
) -> TargetUncertainty:
    """Find the interval of mean |E| at a target for a field that was not aimed.

    Parameters
    ----------
    linear : Field
        Of linear elements.
    target : Target
        Such as the strongest patch of cortex.
    system : FemSystem
        The head's: three adjoint solves are made.
    bar_v_per_m : float [V/m]
        Mean bar of the numerical error in the target, at the field's dI/dt.

    Returns
    -------
    TargetUncertainty
        At the field's dI/dt.

    Raises
    ------
    ConvergenceError
        When a solve stops short.
    """
    near_m, _ = scalp_under(linear.head, target.centre_m)
    adjoint = solve_adjoint(system, target, near_m=near_m)
    rate = strength_near(adjoint.fast, linear, target.at_v_per_m(linear))
    (nominal,) = rate([linear.pose]).tolist()
    return target_uncertainty(
        linear.head,
        nominal,
        bar_v_per_m=bar_v_per_m,
        tolerance=pose_tolerance(rate, linear.pose),
        response=sigma_response(linear, target.points, adjoint.potentials, system),
    )


def uncertainty_of_operator(
    head: Head, coil: Coil, found: OperatorAim, operator: FieldOperator
) -> TargetUncertainty:
    """Find the interval of mean |E| at the target of a search with an operator.

    An operator holds one set of conductivities, so theirs is not part of it.

    Parameters
    ----------
    head, coil : Head, Coil
        Who and what.
    found : OperatorAim
        Target and chosen pose.
    operator : FieldOperator
        Tells the bar of the numerical error.

    Returns
    -------
    TargetUncertainty
        For 1 A/µs.
    """
    points = target_points(operator.points_m, found.centre_m).points
    lead = LeadField.of_operator(operator, points)

    shares = ErrorShares(operator.shares.maps[points], operator.shares.around[points])

    def read(poses: Sequence[Pose]) -> FloatArray:
        return lead.fields_v_per_m(lead.shares(coil, poses))

    def rate(poses: Sequence[Pose]) -> FloatArray:
        return MeanStrength().value(read(poses))

    bars_v_per_m = shares.bars_v_per_m(read([found.best.pose]).astype(np.float32))
    return target_uncertainty(
        head,
        found.best.target_v_per_m,
        bar_v_per_m=float(bars_v_per_m.mean()),
        tolerance=pose_tolerance(rate, found.best.pose),
        response=None,
    )


def uncertainty_record(found: TargetUncertainty) -> UncertaintyRecord:
    """Describe an interval.

    Parameters
    ----------
    found : TargetUncertainty
        At the dI/dt of the record it goes into.

    Returns
    -------
    UncertaintyRecord
        In V/m.
    """
    low, high = found.interval_v_per_m
    parts = {name: _part(found, name) for name in found.factors}
    dominant = found.dominant
    words = (
        f"{low:.3g} to {high:.3g} V/m in {100 * LEVEL:.0f} % of cases, most of it from "
        f"{SHORT[dominant]} ({100 * found.shares[dominant]:.0f} % of the variance). "
        f"{NOT_COUNTED}"
    )
    if CONDUCTIVITIES not in found.factors:
        words += f". {NO_CONDUCTIVITIES}"
    return UncertaintyRecord(
        e_target_v_per_m=IntervalRecord(
            mean=_number(found.mean_v_per_m), low=_number(low), high=_number(high), level=LEVEL
        ),
        dominant=dominant,
        parts=UncertaintyParts(
            numerical=parts[NUMERICAL],
            conductivities=parts.get(CONDUCTIVITIES),
            navigation=parts[NAVIGATION],
            coil_model=parts[COIL_MODEL],
        ),
        words=words,
    )


def _part(found: TargetUncertainty, name: str) -> UncertaintyPart:
    low, high = found.alone_v_per_m(name)
    return UncertaintyPart(
        low=_number(low),
        high=_number(high),
        variance_share=round(found.shares[name], 4),
        rests_on=RESTS_ON[name],
    )


def _number(value: float) -> float:
    return significant(value, DIGITS) or 0.0
