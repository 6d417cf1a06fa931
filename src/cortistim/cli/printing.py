"""What commands print of a record: one line of JSON for programs."""

import json

from cortistim.records import plain


def json_line(record: object) -> str:
    """Write a record as JSON on one line.

    Parameters
    ----------
    record : dataclass
        One of `cortistim.records`, or a tuple or mapping of them.

    Returns
    -------
    str
        Without a line break at its end; no NaN and no infinity.
    """
    return json.dumps(plain(record), ensure_ascii=False, allow_nan=False)
