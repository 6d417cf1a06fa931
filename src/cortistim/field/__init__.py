"""The electric field: takes head, coil and pose; gives E per unit dI/dt."""

from cortistim.field.averages import cube_mean_v_per_m, cube_spots
from cortistim.field.fem import TOLERANCE, FemSystem
from cortistim.field.field import Field, SurfaceField, solve_field, solve_fields
from cortistim.field.multigrid import Convergence
from cortistim.field.operator import MISSED_LIMIT, FieldOperator, MissedShareWarning
from cortistim.field.operator_build import (
    OperatorBuild,
    OperatorSettings,
    build_operator,
    plan_operator,
)
from cortistim.field.operator_check import OperatorCheck, check_operator
from cortistim.field.operator_file import load_operator, save_operator
from cortistim.field.sampling import Recovery, Sampler, head_sampler, sampler
from cortistim.field.sphere import sphere_field_v_per_m

__all__ = [
    "MISSED_LIMIT",
    "TOLERANCE",
    "Convergence",
    "FemSystem",
    "Field",
    "FieldOperator",
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
    "sphere_field_v_per_m",
]
