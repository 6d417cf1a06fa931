"""Whole runs: takes what a user asks for; reads, computes and writes."""

from cortistim.study.aiming import AimRequest, run_aim, wish_for
from cortistim.study.coils import CoilRequest, load_coil
from cortistim.study.dose import Dose, dose_for
from cortistim.study.inputs import HeadRequest, find_target, output_of
from cortistim.study.operator_runs import (
    run_operator_build,
    run_operator_evaluate,
    run_operator_extend,
)
from cortistim.study.outputs import write_plan
from cortistim.study.plan import Plan, PlanRequest, make_plan
from cortistim.study.pulse_tables import waveform
from cortistim.study.solve import FieldRequest, run_field
from cortistim.targeting import AimSettings

__all__ = [
    "AimRequest",
    "AimSettings",
    "CoilRequest",
    "Dose",
    "FieldRequest",
    "HeadRequest",
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
    "write_plan",
]
