"""Brainsight's text export, versions 7 to 14.

A header of ``# Key: value`` lines, then tables, each begun by a ``#`` line that names its
columns, tab-separated. Columns are found by name: their number and order change between
versions. ``mXnY`` is component Y of the coil's axis X. Seen on the side that faces the head,
handle down, Brainsight's x points left, y up and z away from the head: x and z are turned
round on the way in and out.

A project made from DICOM files writes the scanner's DICOM axes (``World``, and under some
versions also as ``NIfTI:Aligned``): left and posterior are then positive.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError
from cortistim.io.navigators.frames import CODES, DeclaredFrame
from cortistim.io.navigators.record import WITHOUT_POSE, Collector, NavigatedPose, PoseFile
from cortistim.io.navigators.source import number, text_in, volts
from cortistim.typing import FloatArray
from cortistim.units import matrix_mm_from_m, uv_from_v

FLIP = np.diag([-1.0, 1.0, -1.0, 1.0])
NULL = "(null)"
VERSIONS = range(7, 15)
PLACE = ("Loc. X", "Loc. Y", "Loc. Z")
AXES = tuple(f"m{axis}n{part}" for axis in range(3) for part in range(3))
SAMPLE_COLUMNS = (
    "Session Name", "Index", "Assoc. Target", *PLACE, *AXES, "Dist. to Target",
    "Target Error", "Angular Error", "Twist Error", "Stim. Power A", "Stim. Pulse Interval",
    "Stim. Power B", "Date", "Time", "Creation Cause", "Crosshairs Driver", "Offset",
    "Comment", "EMG Channels", "EMG Window Start", "EMG Window End",
)  # fmt: skip

Row = dict[str, str]


def looks_like(data: bytes) -> bool:
    """Say whether a file is Brainsight's by its first bytes.

    Parameters
    ----------
    data : bytes
        The file's content, or its beginning.

    Returns
    -------
    bool
        True when it does.
    """
    return data.removeprefix(b"\xef\xbb\xbf")[:64].lstrip().lower().startswith(b"# version:")


def read(path: Path | str, data: bytes) -> PoseFile:
    """Read targets and samples.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    data : bytes
        The file's content.

    Returns
    -------
    PoseFile
        Times count from the first sample; power is channel A's.

    Raises
    ------
    FileFormatError
        When the version or the frame is missing, or units are not millimetres.
    """
    header, rows = _parsed(text_in(path, data))
    version = header.get("version", "")
    if not (version.isdecimal() and len(version) < 5) or "coordinate system" not in header:
        msg = (
            f"{path}: a Brainsight file must begin with '# Version: ...' and say its "
            "'# Coordinate system: ...'. Export it again."
        )
        raise FileFormatError(msg)
    if "millimet" not in header.get("units", "millimetres").lower():
        msg = f"{path}: units must be millimetres; got {header['units'][:60]!r}."
        raise FileFormatError(msg)
    gathered = Collector(_rounding(rows))
    starts = [t for kind, row in rows if kind == "Sample Name" and (t := _clock_s(row)) == t]
    for kind, row in rows:
        _take(gathered, kind, row, min(starts, default=0.0))
    notes = () if int(version) in VERSIONS else (f"version {version} is not one that is known",)
    frame = declared_frame(header["coordinate system"])
    return gathered.file("brainsight", version, frame, notes)


def declared_frame(name: str) -> DeclaredFrame:
    """Understand the name of a coordinate system.

    Up to version 13 a name such as ``NIfTI:Aligned`` means the form of that intent code;
    from version 14 on ``NIfTI:Q:Aligned`` names the qform, ``NIfTI:S:...`` the sform.

    Parameters
    ----------
    name : str
        As in the file.

    Returns
    -------
    DeclaredFrame
        ``NIfTI:Aligned`` and the qform are the world of the T1.
    """
    parts = [part.strip().lower() for part in name.split(":")]
    if parts == ["brainsight"]:
        return DeclaredFrame(name, "brainsight")
    if parts == ["world"]:
        return DeclaredFrame(name, "world")
    form = parts[1] if len(parts) == 3 and parts[1] in ("q", "s") else ""
    known = parts[0] == "nifti" and len(parts) == 2 + bool(form) and parts[-1] in CODES
    if not known:
        return DeclaredFrame(name, "unknown")
    code = CODES[parts[-1]]
    direct = form == "q" or (form == "" and code == CODES["aligned"])
    if direct and code != CODES["scanner"]:
        return DeclaredFrame(name)
    return DeclaredFrame(name, "form", form, code)


def _parsed(text: str) -> tuple[dict[str, str], list[tuple[str, Row]]]:
    """Split into the header and the rows, each with the kind of its table."""
    header: dict[str, str] = {}
    rows: list[tuple[str, Row]] = []
    columns: list[str] = []
    for line in text.splitlines():
        cells = line.split("\t")
        if line.startswith("#") and len(cells) > 1:
            columns = [cell.strip() for cell in line.lstrip("# ").split("\t")]
        elif line.startswith("#"):
            key, _, value = line.lstrip("# ").partition(":")
            header.setdefault(key.strip().lower(), value.strip())
        elif line.strip() and columns:
            rows.append((columns[0], dict(zip(columns, cells, strict=False))))
    return header, rows


def rows_of(text: str) -> list[tuple[str, Row]]:
    """Return the rows of all tables, each with the heading of its first column.

    Parameters
    ----------
    text : str
        The file's content.

    Returns
    -------
    list of (str, dict)
        Such as ``("Sample Name", {...})``; cells by the names of their columns.
    """
    return _parsed(text)[1]


def sample_times_s(rows: list[Row]) -> FloatArray:
    """Return the times of samples, counted from the first one; nan where none is told.

    Parameters
    ----------
    rows : list of dict
        Of the samples' table.

    Returns
    -------
    (n_row,) array
        In seconds.
    """
    times_s = np.array([_clock_s(row) for row in rows])
    known = times_s[np.isfinite(times_s)]
    return times_s - (known.min() if len(known) else 0.0)


def _take(gathered: Collector, kind: str, row: Row, start_s: float) -> None:
    if kind not in ("Target Name", "Sample Name"):
        return
    matrix = _matrix(row)
    if not np.isfinite(matrix).all():
        gathered.drop(WITHOUT_POSE)
        return
    told = {} if kind == "Target Name" else _told(row, start_s)
    name = row[kind].strip()
    gathered.take(name, "sample" if told else "target", matrix, FLIP, **told)


def _matrix(row: Row) -> FloatArray:
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape([number(row.get(name)) for name in AXES], (3, 3)).T
    matrix[:3, 3] = [number(row.get(name)) for name in PLACE]
    return matrix


def _told(row: Row, start_s: float) -> dict[str, object]:
    power = row.get("Stim. Power A", row.get("Stim. Power", ""))
    peaks = [row[name] for name in row if name.startswith("EMG Peak-to-peak")]
    target = row.get("Assoc. Target", "").strip()
    return {
        "time_s": _clock_s(row) - start_s,
        "percent_mso": number(power.split(";")[0]),
        "mep_v": volts([part for cell in peaks for part in cell.split(";")]),
        "target": "" if target == NULL else target,
    }


def _clock_s(row: Row) -> float:
    """Return the time of day, with the date when there is one, in seconds."""
    parts = [number(part) for part in row.get("Time", "").split(":")]
    if len(parts) != 3:
        return np.nan
    day = np.datetime64("1970-01-01")
    try:
        date = np.datetime64(row.get("Date", ""), "D")
    except ValueError:
        date = day
    days = 0 if np.isnat(date) else int((date - day).astype(int))
    return 86400.0 * days + 3600 * parts[0] + 60 * parts[1] + parts[2]


def _rounding(rows: list[tuple[str, Row]]) -> float:
    """Return half a unit of the last decimal that axes are printed with."""
    shown = (row[AXES[0]] for _, row in rows if AXES[0] in row and row[AXES[0]] != NULL)
    decimals = min((len(text.partition(".")[2]) for text in shown), default=0)
    return 0.5 * 10.0 ** -min(decimals, 15) if decimals >= 3 else 0.0


def write(poses: tuple[NavigatedPose, ...]) -> bytes:
    """Write targets and samples, poses in subject space, as version 12 in ``NIfTI:Aligned``.

    Parameters
    ----------
    poses : tuple of NavigatedPose
        In subject space.

    Returns
    -------
    bytes
        The file's content.
    """
    lines = [
        "# Version: 12",
        "# Coordinate system: NIfTI:Aligned",
        "# Created by: cortistim",
        "# Units: millimetres, degrees, milliseconds, and microvolts",
        "# Encoding: UTF-8",
        "# Notes: Each column is delimited by a tab. Each value within a column is delimited "
        "by a semicolon.",
    ]
    targets = [p for p in poses if p.kind == "target"]
    samples = [p for p in poses if p.kind == "sample"]
    lines.append("\t".join(("# Target Name", *PLACE, *AXES)))
    lines += ["\t".join((_word(p.name), *_numbers(p))) for p in targets]
    if samples:
        lines += _sample_table(samples)
    return ("\n".join(lines) + "\n").encode()


def _sample_table(samples: list[NavigatedPose]) -> Iterator[str]:
    channels = max(len(p.mep_v) for p in samples)
    peaks = [f"EMG Peak-to-peak {n + 1}" for n in range(channels)]
    columns = (*SAMPLE_COLUMNS, *peaks)
    yield "\t".join(("# Sample Name", *columns))
    for index, sample in enumerate(samples, start=1):
        cells = dict.fromkeys(columns, NULL)
        cells |= dict(zip((*PLACE, *AXES), _numbers(sample), strict=True))
        cells |= {name: f"{uv_from_v(v):.4f}" for name, v in zip(peaks, sample.mep_v)}  # noqa: B905
        cells |= {"Session Name": "Session 1", "Index": str(index)}
        cells["Assoc. Target"] = _word(sample.target) if sample.target else NULL
        if np.isfinite(sample.percent_mso):
            cells["Stim. Power A"] = f"{sample.percent_mso:.10g}"
        if np.isfinite(sample.time_s):
            cells["Time"] = _time_of_day(sample.time_s)
        yield "\t".join((_word(sample.name), *cells.values()))


def _numbers(entry: NavigatedPose) -> list[str]:
    matrix = matrix_mm_from_m(entry.pose.matrix_m) @ FLIP
    values = (*matrix[:3, 3], *matrix[:3, :3].T.ravel())
    return [f"{value + 0.0:.6f}" for value in values]


def _word(text: str) -> str:
    """Return a name that fits a cell."""
    return " ".join(text.split()).lstrip("# ") or NULL


def _time_of_day(time_s: float) -> str:
    minutes, seconds = divmod(round(time_s, 6), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:09.6f}"
