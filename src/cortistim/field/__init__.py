"""The electric field: takes head, coil and pose; gives E per unit dI/dt."""

from cortistim.field.fem import TOLERANCE, FemSystem
from cortistim.field.field import Field, SurfaceField, solve_field, solve_fields
from cortistim.field.multigrid import Convergence
from cortistim.field.sampling import Recovery, Sampler, sampler
from cortistim.field.sphere import sphere_field_v_per_m

__all__ = [
    "TOLERANCE",
    "Convergence",
    "FemSystem",
    "Field",
    "Recovery",
    "Sampler",
    "SurfaceField",
    "sampler",
    "solve_field",
    "solve_fields",
    "sphere_field_v_per_m",
]
