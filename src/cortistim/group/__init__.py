"""People together: takes arrays of people by vertices; gives maps, tests, intervals and doses.

=========== =========================================================================
module      what it holds
=========== =========================================================================
design      what is asked of a group: a mean, a difference, a correlation
permutation sign flips and Freedman-Lane; errors over the whole surface are controlled
enhance     clusters by mass, and enhancement without a threshold (TFCE)
interval    bootstrap over people; the effect that a group of that size can show
dose        one rule for all: who gets how much; motor thresholds foretold from fields
=========== =========================================================================

Nothing here knows of heads, files or units: rows are people, columns are places.
"""

from cortistim.group.design import (
    GroupDesign,
    correlation_design,
    difference_design,
    mean_design,
)
from cortistim.group.dose import DosedGroup, Foretold, RuleDose, doses_by_rule, foretell_rmt
from cortistim.group.enhance import Mesh, clusters, tfce
from cortistim.group.interval import Detectable, bootstrap_interval, detectable_effect
from cortistim.group.permutation import GroupTest, permutation_test, t_values

__all__ = [
    "Detectable",
    "DosedGroup",
    "Foretold",
    "GroupDesign",
    "GroupTest",
    "Mesh",
    "RuleDose",
    "bootstrap_interval",
    "clusters",
    "correlation_design",
    "detectable_effect",
    "difference_design",
    "doses_by_rule",
    "foretell_rmt",
    "mean_design",
    "permutation_test",
    "t_values",
    "tfce",
]
