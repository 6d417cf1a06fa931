"""Which record each file holds."""

from collections.abc import Mapping

from cortistim.records.aim import AimRecord
from cortistim.records.field import FieldRecord
from cortistim.records.field_spread import FieldSpreadRecord
from cortistim.records.plan import PlanRecord

FILES: Mapping[str, type] = {
    "plan": PlanRecord,
    "aim": AimRecord,
    "field": FieldRecord,
    "uncertainty": FieldSpreadRecord,
}
"""Records of whole files, by the name without its suffix."""
