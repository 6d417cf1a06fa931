"""Whole runs: takes what a user asks for; reads, computes and writes."""

from cortistim.study.field.aim import AimRequest, AimResult, run_aim, write_aim
from cortistim.study.field.field import FieldRequest, FieldResult, run_field, write_field
from cortistim.study.field.operator import (
    OperatorBuildRequest,
    OperatorEvaluateRequest,
    OperatorExtendRequest,
    run_operator_build,
    run_operator_evaluate,
    run_operator_extend,
    write_extended_operator,
    write_operator,
)
from cortistim.study.plan.dose import Dose, dose_for
from cortistim.study.plan.files import write_plan
from cortistim.study.plan.plan import Plan, PlanRequest, make_plan
from cortistim.study.request.coil import CoilRequest, load_coil
from cortistim.study.request.inputs import HeadRequest, find_target, output_of
from cortistim.study.request.pulse import waveform
from cortistim.study.request.wish import wish_for
from cortistim.targeting import AimSettings

__all__ = [
    "AimRequest",
    "AimResult",
    "AimSettings",
    "CoilRequest",
    "Dose",
    "FieldRequest",
    "FieldResult",
    "HeadRequest",
    "OperatorBuildRequest",
    "OperatorEvaluateRequest",
    "OperatorExtendRequest",
    "Plan",
    "PlanRequest",
    "dose_for",
    "find_target",
    "load_coil",
    "make_plan",
    "output_of",
    "run_aim",
    "run_field",
    "run_operator_build",
    "run_operator_evaluate",
    "run_operator_extend",
    "waveform",
    "wish_for",
    "write_aim",
    "write_extended_operator",
    "write_field",
    "write_operator",
    "write_plan",
]
