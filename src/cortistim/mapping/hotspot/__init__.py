"""Hunting for the hot spot: the pose at which a muscle responds most.

======== ==========================================================================
module   what it holds
======== ==========================================================================
space    candidate poses, kernels of place and turn, the process of what is left over
model    the posterior: views of the site, censored responses, draws
methods  ways of choosing the next pose, by name
hunt     one hunt, the object that any program can drive
simulate many hunts on virtual subjects
======== ==========================================================================
"""

from cortistim.mapping.hotspot.hunt import HotspotEstimate, HotspotHunt, HotspotSettings
from cortistim.mapping.hotspot.methods import DEFAULT, METHODS
from cortistim.mapping.hotspot.space import HuntSpace, Residual

__all__ = [
    "DEFAULT",
    "METHODS",
    "HotspotEstimate",
    "HotspotHunt",
    "HotspotSettings",
    "HuntSpace",
    "Residual",
]
