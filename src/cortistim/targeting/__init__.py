"""Where to put the coil: takes head, coil and target; gives the best pose and its field."""

from cortistim.field.target import Target, target_at
from cortistim.targeting.aim import Aim, AimSettings, aim, aim_of_pose
from cortistim.targeting.lead import LeadField
from cortistim.targeting.operator_aim import OperatorAim, aim_with_operator
from cortistim.targeting.reciprocity import Adjoint, CurrentElements, solve_adjoint
from cortistim.targeting.response import TargetResponse
from cortistim.targeting.scalp_poses import SearchRegion
from cortistim.targeting.search import Search, SearchMap
from cortistim.targeting.tolerance import Tolerance, pose_tolerance
from cortistim.targeting.uncertainty import TargetUncertainty, target_uncertainty
from cortistim.targeting.wishes import Region, Wish

__all__ = [
    "Adjoint",
    "Aim",
    "AimSettings",
    "CurrentElements",
    "LeadField",
    "OperatorAim",
    "Region",
    "Search",
    "SearchMap",
    "SearchRegion",
    "Target",
    "TargetResponse",
    "TargetUncertainty",
    "Tolerance",
    "Wish",
    "aim",
    "aim_of_pose",
    "aim_with_operator",
    "pose_tolerance",
    "solve_adjoint",
    "target_at",
    "target_uncertainty",
]
