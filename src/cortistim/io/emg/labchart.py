"""LabChart's text export: a header of ``Key=`` lines, then time and channels, by tabs.

A comment stands at the end of the row at which it was made, after ``#*``, sometimes with the
number of its channel.
"""

import re
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.io.emg.units import seconds_of, volts_of
from cortistim.io.emg.words import bytes_of, decoded, numbers_in
from cortistim.mapping.emg import EmgChannel, EmgRecording

KEYS = ("interval", "channeltitle", "range", "unitname", "exceldatetime", "timeformat",
        "dateformat", "toplevel", "bottomvalue", "topvalue")  # fmt: skip
COMMENT = re.compile(r"#\d*\*?\s*(?P<words>.*)$")


def looks_like(data: bytes) -> bool:
    """Say whether a file is LabChart's text by its first line."""
    return decoded(data[:64]).lstrip().lower().startswith("interval=")


def read_labchart_text(path: Path | str) -> EmgRecording:
    """Read a text export of LabChart.

    Parameters
    ----------
    path : Path or str
        With its header and the column of time; one block.

    Returns
    -------
    EmgRecording
        Comments are markers under their own words.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When the header is missing, the file holds several blocks, or a cell is no number.
    """
    lines = decoded(bytes_of(path)).splitlines()
    header: dict[str, list[str]] = {}
    first = 0
    for first, line in enumerate(lines):  # noqa: B007 - the line after the header is needed
        key, sign, value = line.partition("=")
        if not sign or key.strip().lower() not in KEYS:
            break
        header[key.strip().lower()] = [
            cell.strip() for cell in value.split("\t") if cell.strip()
        ]
    interval_s = _interval_s(path, header.get("interval", []))
    rows, comments = _rows(path, lines[first:], first + 1)
    table = numbers_in(path, first + 1, rows)
    titles = header.get("channeltitle") or [
        f"Channel {k + 1}" for k in range(table.shape[1] - 1)
    ]
    if table.shape[1] != len(titles) + 1:
        msg = (
            f"{path}: line {first + 1}: there must be the time and {len(titles)} channels, as "
            f"ChannelTitle= says; got {table.shape[1]} cells. Export with the time column."
        )
        raise FileFormatError(msg)
    units = _units(header, len(titles))
    channels = tuple(
        EmgChannel(title, table[:, k + 1], 1 / interval_s, volts_of(unit) or 1.0, 0.0, unit)
        for k, (title, unit) in enumerate(zip(titles, units, strict=True))
    )
    markers: dict[str, list[float]] = {}
    for at, words in comments:
        markers.setdefault(words, []).append(at * interval_s)
    return EmgRecording(
        "LabChart text", channels, {name: np.array(t) for name, t in markers.items()}
    )


def _interval_s(path: Path | str, cells: list[str]) -> float:
    words = cells[0].replace(",", ".").split() if cells else []
    factor = seconds_of(words[1]) if len(words) == 2 else None
    try:
        value = float(words[0]) if words else np.nan
    except ValueError:
        value = np.nan
    if factor is None or not (np.isfinite(value) and value > 0):
        msg = (
            f"{path}: Interval= must give the time between samples with its unit, such as "
            f"0.2 ms; got {quoted(cells[:1])}. Export with the header."
        )
        raise FileFormatError(msg)
    return value * factor


def _units(header: dict[str, list[str]], count: int) -> list[str]:
    """Units by ``UnitName=``, else as the ranges show them, such as ``10.000 mV``."""
    named = header.get("unitname") or [
        cell.split()[-1] if len(cell.split()) > 1 else "" for cell in header.get("range", [])
    ]
    return named if len(named) == count else [""] * count


def _rows(
    path: Path | str, lines: list[str], first_line: int
) -> tuple[list[list[str]], list[tuple[int, str]]]:
    """Return cells and comments; a second header begins a second block."""
    rows: list[list[str]] = []
    comments: list[tuple[int, str]] = []
    decimal_comma = not any("." in line for line in lines[:20]) and any(
        "," in line for line in lines[:20]
    )
    for at, line in enumerate(lines):
        if not line.strip():
            continue
        if line.lower().startswith("interval="):
            msg = (
                f"{path}: line {first_line + at}: a second block begins here. Export one block "
                "at a time."
            )
            raise FileFormatError(msg)
        hit = COMMENT.search(line)
        if hit is not None:
            line = line[: hit.start()]  # noqa: PLW2901 - what is left is the row
            comments.append((len(rows), hit["words"].strip() or "comment"))
        if decimal_comma:
            line = line.replace(",", ".")  # noqa: PLW2901
        rows.append(line.rstrip("\t ").split("\t"))
    return rows, comments
