"""Which piece of cortex it is: fields of many poses against the responses to them.

============ ========================================================================
module       what it holds
============ ========================================================================
fit          for every element a curve of censored log amplitudes over its field
patches      fields averaged over a piece of cortex as wide as a muscle's representation
posterior    where the site is, with regions; what makes it not identifiable
measures     magnitude, normal, tangential or recruited: compared on held-out responses
congruence   the congruence factor, its variants and three rivals
design       poses that tell most about the site; how many pulses a distance takes
============ ========================================================================
"""

from cortistim.mapping.locating.design import (
    DesignSettings,
    Expected,
    expected_errors,
    farthest_points,
    informative_poses,
)
from cortistim.mapping.locating.fit import (
    ElementFits,
    Pulses,
    best_start,
    fit_elements,
    grid_fits,
    pulses_of,
)
from cortistim.mapping.locating.measures import HeldOut, held_out
from cortistim.mapping.locating.patches import patches
from cortistim.mapping.locating.posterior import (
    Located,
    LocateSettings,
    located,
    overlap_of,
)

__all__ = [
    "DesignSettings",
    "ElementFits",
    "Expected",
    "HeldOut",
    "LocateSettings",
    "Located",
    "Pulses",
    "best_start",
    "expected_errors",
    "farthest_points",
    "fit_elements",
    "grid_fits",
    "held_out",
    "informative_poses",
    "located",
    "overlap_of",
    "patches",
    "pulses_of",
]
