"""Which record each file holds."""

from collections.abc import Mapping

from cortistim.records.plan import PlanRecord

FILES: Mapping[str, type] = {"plan": PlanRecord}
"""Records of whole files, by the name without its suffix."""
