"""Safety: takes protocol and person; gives verdicts by named tables, and flags."""

from cortistim.safety.audit import append_record, audit_path
from cortistim.safety.check import Verdict, check_protocol
from cortistim.safety.dose import cumulative_dose
from cortistim.safety.screening import Screening, screen, topic_keys
from cortistim.safety.tables import (
    BEYOND,
    DEFAULT_TABLE,
    EXCEEDS,
    OUTSIDE,
    UNCHECKED,
    WITHIN,
    Cell,
    TrainTable,
    disagreement,
    named_table,
    table_names,
    table_record,
)
from cortistim.safety.whitelist import label_of, labelled_uses

__all__ = [
    "BEYOND",
    "DEFAULT_TABLE",
    "EXCEEDS",
    "OUTSIDE",
    "UNCHECKED",
    "WITHIN",
    "Cell",
    "Screening",
    "TrainTable",
    "Verdict",
    "append_record",
    "audit_path",
    "check_protocol",
    "cumulative_dose",
    "disagreement",
    "label_of",
    "labelled_uses",
    "named_table",
    "screen",
    "table_names",
    "table_record",
    "topic_keys",
]
