"""The electric field: takes head, coil and pose; gives E per unit dI/dt."""

from cortistim.field.analytic.sphere import sphere_field_v_per_m
from cortistim.field.averages import cube_mean_v_per_m, cube_spots
from cortistim.field.field import Field, SurfaceField, solve_fields, solve_linear
from cortistim.field.fine import FineField, solve_field
from cortistim.field.operator.build import (
    OperatorBuild,
    OperatorSettings,
    build_operator,
    plan_operator,
)
from cortistim.field.operator.check import OperatorCheck, check_operator
from cortistim.field.operator.file import load_operator, save_operator
from cortistim.field.operator.operator import MISSED_LIMIT, FieldOperator, MissedShareWarning
from cortistim.field.recovery.sampling import Recovery, Sampler, head_sampler, sampler
from cortistim.field.solver.fem import TOLERANCE, FemSystem
from cortistim.field.solver.multigrid import Convergence

__all__ = [
    "MISSED_LIMIT",
    "TOLERANCE",
    "Convergence",
    "FemSystem",
    "Field",
    "FieldOperator",
    "FineField",
    "MissedShareWarning",
    "OperatorBuild",
    "OperatorCheck",
    "OperatorSettings",
    "Recovery",
    "Sampler",
    "SurfaceField",
    "build_operator",
    "check_operator",
    "cube_mean_v_per_m",
    "cube_spots",
    "head_sampler",
    "load_operator",
    "plan_operator",
    "sampler",
    "save_operator",
    "solve_field",
    "solve_fields",
    "solve_linear",
    "sphere_field_v_per_m",
]
