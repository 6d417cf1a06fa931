"""Write the JSON schemas that the package ships, from the types that read and write the files.

    python tools/schemas.py

A test compares what is shipped with what this would write.
"""

import json
from pathlib import Path

from cortistim.protocol.written import ProtocolFile
from cortistim.records import schema

SOURCE = Path(__file__).parents[1] / "src" / "cortistim"
SHIPPED = {"protocol/data/protocol.schema.json": ProtocolFile}
"""Where a schema lies, below the package, and the type that it is of."""


def text_of(kind: type) -> str:
    """Return a type's schema as it is shipped."""
    return json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for place, kind in SHIPPED.items():
        (SOURCE / place).write_text(text_of(kind), encoding="utf-8")
