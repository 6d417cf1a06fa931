"""Coils of magnetic dipoles: .ccd text files, in metres and A m² per ampere."""

import hashlib
import math
from pathlib import Path

import numpy as np

from cortistim.coil.bounds import require_moments, require_winding
from cortistim.coil.casing import casing_around
from cortistim.coil.coil import Casing, Coil
from cortistim.coil.elements import Waveform
from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.head.tissues import USER
from cortistim.io.cursor import content_of
from cortistim.io.mesh.stl import read_casing_stl, stl_bytes
from cortistim.io.table.waveform import read_waveform_tsv, waveform_text
from cortistim.io.text import text_of, write_together
from cortistim.typing import FloatArray
from cortistim.units import a_per_s_from_a_per_us, a_per_us_from_a_per_s

LARGEST_M = 1.0
INDUCTANCE_KEY = "inductance_uh"
LARGEST_UH = 1e4
CASING_KEY = "cortistim_casing"  # of the header: digest of the .stl written with the coil
ASSUMED = "assumed"


def read_ccd(path: Path | str) -> Coil:
    """Read a coil of magnetic dipoles.

    A casing is read from ``<same name>.stl`` beside the file (millimetres); without one, a
    casing is assumed around the dipoles and its ``source`` says so. A file that `write_ccd`
    wrote with a casing is read with that very casing or not at all. A recorded pulse is read
    from ``<same name>.tsv``.

    Parameters
    ----------
    path : Path or str
        A .ccd file.

    Returns
    -------
    Coil
        Its polarity is the file's: nothing in the format fixes the sign.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When a line breaks the format, which the message names; when dipoles or casing are
        none that a coil can have, or the casing is lost.
    """
    path = Path(path)
    lines = text_of(path).splitlines()
    header = _header(lines)
    rows = _dipole_rows(path, lines)
    dipoles_m, moments_m2 = rows[:, :3].copy(), rows[:, 3:].copy()
    _require_a_coil(path, dipoles_m, moments_m2)
    return Coil(
        path.stem,
        dipoles_m,
        moments_m2,
        _casing(path, dipoles_m, header.pop(CASING_KEY, "")),
        f"{len(rows)} dipoles of the file {path.name}",
        (USER,),
        didt_max_a_per_s=_didt_max(path, header),
        inductance_h=_inductance_h(path, header),
        stimulator=header.get("stimulator", ""),
        header=header,
        waveforms=_waveforms(path),
    )


def _header(lines: list[str]) -> dict[str, str]:
    """Return the key=value pairs of the first line."""
    first = lines[0] if lines and lines[0].startswith("#") else ""
    pairs = (part.partition("=") for part in first.split(";")[1:])
    return {key.strip(): value.strip() for key, equals, value in pairs if equals}


def _didt_max(path: Path, header: dict[str, str]) -> float:
    text = header.get("dIdtmax", "none")
    if text.lower() == "none":
        return math.nan
    value = _number(text)
    if not value > 0:
        msg = f"{path}: line 1: dIdtmax must be a positive number of A/us; got {quoted(text)}."
        raise FileFormatError(msg)
    return a_per_s_from_a_per_us(value)


def _inductance_h(path: Path, header: dict[str, str]) -> float:
    """Return the coil's inductance, which our own files keep; NaN where it is not told."""
    text = header.get(INDUCTANCE_KEY, "")
    if not text:
        return math.nan
    value = _number(text)
    if not 0 < value < LARGEST_UH:
        msg = (
            f"{path}: line 1: {INDUCTANCE_KEY} must be a number of µH above 0; got "
            f"{quoted(text)}."
        )
        raise FileFormatError(msg)
    return value * 1e-6


def _number(text: str) -> float:
    """Return a finite number, or NaN for what is none."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _dipole_rows(path: Path, lines: list[str]) -> FloatArray:
    """Return the six columns; complain with the line's number."""
    content = [
        (number, line.split())
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not content:
        msg = f"{path}: a .ccd file must state the number of dipoles; it holds none. Export it."
        raise FileFormatError(msg)
    number, words = content[0]
    if len(words) != 1 or not (words[0].isdecimal() and len(words[0]) < 10):
        msg = (
            f"{path}: line {number}: the number of dipoles must come first; got "
            f"{' '.join(words)[:40]!r}. Is this a .ccd file?"
        )
        raise FileFormatError(msg)
    rows = np.array([_dipole(path, number, words) for number, words in content[1:]])
    if len(rows) != int(words[0]) or len(rows) == 0:
        msg = (
            f"{path}: line {number} states {words[0][:20]} dipoles; got {len(rows)}. "
            "Copy or export the file again."
        )
        raise FileFormatError(msg)
    return rows


def _dipole(path: Path, number: int, words: list[str]) -> list[float]:
    values = [_number(word) for word in words]
    if len(values) != 6 or any(math.isnan(value) for value in values):
        msg = (
            f"{path}: line {number}: a dipole must be six finite numbers px py pz mx my mz; "
            f"got {' '.join(words)[:60]!r}."
        )
        raise FileFormatError(msg)
    if max(abs(value) for value in values[:3]) > LARGEST_M:
        msg = (
            f"{path}: line {number}: dipole positions are metres in .ccd files, within "
            f"{LARGEST_M:g} m; got {values[:3]}. Divide by 1000 if they are millimetres."
        )
        raise FileFormatError(msg)
    return values


def _require_a_coil(path: Path, dipoles_m: FloatArray, moments_m2: FloatArray) -> None:
    try:
        require_winding(dipoles_m)
        require_moments(moments_m2)
    except BadInputError as error:
        msg = f"{path}: {error} Positions are metres in .ccd files."
        raise FileFormatError(msg) from error


def _casing(path: Path, dipoles_m: FloatArray, written_with: str) -> Casing:
    beside = path.with_suffix(".stl")
    if not beside.exists():
        if written_with:
            msg = (
                f"{path}: this coil was written with its casing in {beside.name}, which is "
                f"lost. Put it back, or delete '{CASING_KEY}={written_with};' in the first "
                "line to have a casing assumed."
            )
            raise FileFormatError(msg)
        return casing_around(dipoles_m)
    data = content_of(beside)
    if written_with and written_with.removesuffix(ASSUMED).strip() != _digest(data):
        msg = (
            f"{beside}: this is not the casing that {path.name} was written with. Put that "
            f"back, or delete '{CASING_KEY}={written_with};' in the first line of {path.name} "
            "to use this one."
        )
        raise FileFormatError(msg)
    source = f"file {beside.name}"
    if written_with.endswith(ASSUMED):
        source = f"{ASSUMED} before it was written to {beside.name}"
    return Casing(*read_casing_stl(beside, dipoles_m), source)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _waveforms(path: Path) -> tuple[Waveform, ...]:
    beside = path.with_suffix(".tsv")
    return (read_waveform_tsv(beside),) if beside.exists() else ()


def write_ccd(path: Path | str, coil: Coil, *, casing: bool = True) -> None:
    """Write a coil's dipoles, and casing and recorded pulse beside it: all or nothing.

    Parameters
    ----------
    path : Path or str
        Ends in .ccd.
    coil : Coil
        Of dipoles only. They are read back equal, to the last bit.
    casing : bool
        Write ``<same name>.stl`` as well, in single precision.

    Raises
    ------
    BadInputError
        When the name does not end in .ccd, or the coil has wire or a grid.
    """
    path = Path(path)
    if path.suffix.lower() != ".ccd":
        msg = f"{path}: a dipole coil must be written to a file that ends in .ccd."
        raise BadInputError(msg)
    if coil.further:
        msg = f"{path}: a .ccd file holds dipoles only; {coil.name} has more. Write a .tcd."
        raise BadInputError(msg)
    header = _written_header(coil)
    stl = stl_bytes(coil.casing.vertices_m, coil.casing.triangles)
    if casing:
        assumed = f" {ASSUMED}" if coil.casing.source.startswith(ASSUMED) else ""
        header[CASING_KEY] = _digest(stl) + assumed
    pairs = "".join(f"{key}={_box(key, value)};" for key, value in header.items())
    lines = [
        f"# {path.name} version 1.0;{pairs}",
        f"{len(coil.dipoles_m)}",
        "# centers and weighted directions of the elements (magnetic dipoles)",
        *(
            " ".join(f"{value:.16e}" for value in row)
            for row in np.hstack([coil.dipoles_m, coil.moments_m2])
        ),
    ]
    contents = {path: ("\n".join(lines) + "\n").encode()}
    if casing:
        contents[path.with_suffix(".stl")] = stl
    for waveform in coil.waveforms[:1]:
        contents[path.with_suffix(".tsv")] = waveform_text(waveform).encode()
    write_together(contents)


def _written_header(coil: Coil) -> dict[str, str]:
    header = dict(coil.header)
    didt = a_per_us_from_a_per_s(coil.didt_max_a_per_s)
    if math.isfinite(didt) and _number(header.get("dIdtmax", "none")) != didt:
        header["dIdtmax"] = repr(float(didt))
    if coil.stimulator:
        header["stimulator"] = coil.stimulator
    inductance_uh = coil.inductance_h * 1e6
    if math.isfinite(inductance_uh):
        header[INDUCTANCE_KEY] = repr(float(f"{inductance_uh:.12g}"))
    if not coil.header:
        header["coilname"] = coil.name
    return {_clean(key): _clean(value) for key, value in header.items()}


def _clean(text: str) -> str:
    """Take out what would end a header's pair or line."""
    return " ".join(text.replace(";", " ").split())


def _box(key: str, value: str) -> str:
    """Spell a box as min,max: other readers stumble over a single number."""
    size = abs(_number(value))
    if key in ("x", "y", "z") and not math.isnan(size):
        return f"-{size:g},{size:g}"
    return value
