"""Where to put the coil: takes head, coil and target; gives the best pose and its field."""

from cortistim.targeting.aim import Aim, AimSettings, aim
from cortistim.targeting.reciprocity import Adjoint, CurrentElements, solve_adjoint
from cortistim.targeting.response import TargetResponse
from cortistim.targeting.scalp_poses import SearchRegion
from cortistim.targeting.search import Search, SearchMap
from cortistim.targeting.target import Target, target_at

__all__ = [
    "Adjoint",
    "Aim",
    "AimSettings",
    "CurrentElements",
    "Search",
    "SearchMap",
    "SearchRegion",
    "Target",
    "TargetResponse",
    "aim",
    "solve_adjoint",
    "target_at",
]
