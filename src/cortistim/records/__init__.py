"""What cortistim writes as JSON, typed: one frozen dataclass for each record.

Studies fill them; figures, reports and commands read them; nothing passes a bare mapping on.
`form` turns any of them into JSON text, a JSON schema and back: a record that is read equals
the one that was written. Numbers have the units of the clinic, with the unit in the name, and
are rounded when the record is filled (`number`, `numbers`): what is written is what is shown.
"""

from cortistim.records.form import (
    json_line,
    json_text,
    known,
    number,
    numbers,
    plain,
    read_record,
    schema,
    significant,
)

__all__ = [
    "json_line",
    "json_text",
    "known",
    "number",
    "numbers",
    "plain",
    "read_record",
    "schema",
    "significant",
]
