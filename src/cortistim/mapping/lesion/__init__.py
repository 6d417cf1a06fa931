"""Virtual lesions: designs with matched controls, their power, and the map that results.

============ ========================================================================
module       what it holds
============ ========================================================================
schedule     controls matched for discomfort and click; orders; items that meet each site
power        simulated studies with crossed random effects and a discomfort confound
sites        error rates of sites against a person's baseline, smoothed by overlap of fields
============ ========================================================================
"""

from cortistim.mapping.lesion.power import Study, StudyPower, crossed_test, study_power
from cortistim.mapping.lesion.schedule import Site, Trial, matched_control, schedule
from cortistim.mapping.lesion.sites import SiteRate, overlap_weights, site_rates

__all__ = [
    "Site",
    "SiteRate",
    "Study",
    "StudyPower",
    "Trial",
    "crossed_test",
    "matched_control",
    "overlap_weights",
    "schedule",
    "site_rates",
    "study_power",
]
