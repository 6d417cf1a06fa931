"""Print the JSON schema of a file: ``python -m cortistim.records plan``."""

import json
import sys

from cortistim.records.files import FILES
from cortistim.records.form import schema


def main(names: list[str]) -> str:
    """Return the schema of a file, or what there is.

    Parameters
    ----------
    names : list of str
        The file without its suffix, such as ``plan`` for ``plan.json``.

    Returns
    -------
    str
        JSON, or the names that are known.
    """
    if len(names) != 1 or names[0] not in FILES:
        return "one of: " + " ".join(sorted(FILES))
    return json.dumps(schema(FILES[names[0]]), indent=2, ensure_ascii=False)


if __name__ == "__main__":
    print(main(sys.argv[1:]))  # noqa: T201
