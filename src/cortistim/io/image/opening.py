"""Images of others, opened in one guarded way: NIfTI-1 and -2, Analyze, FreeSurfer volumes.

The content decides what a file is, not its name. Its header is checked before any voxel is
read, and memory is set aside only for what the file can hold. Header and voxels come from the
path that was given; of a pair (.hdr and .img), from the two files of that very name.
"""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import DTypeLike

from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.gzipped import size_of
from cortistim.io.image.foreign import FIRST_BYTES, kind_of, require_no_folder
from cortistim.io.image.stream import beginning, between, most_held
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm

Kind = Literal["NIfTI", "Analyze", "FreeSurfer"]

NIFTI1_BYTES, NIFTI2_BYTES, MGH_BYTES = 348, 540, 284
MGH_ENDINGS = (".mgz", ".mgh", ".mgh.gz")
ENOUGH = NIFTI2_BYTES + FIRST_BYTES
HEADERS, VOXELS = (".hdr", ".HDR"), (".img", ".IMG")
SPACE_UNITS = {0: "unknown", 1: "meter", 2: "mm", 3: "micron"}
NUMBERS = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4",
           1024: "i8", 1280: "u8"}  # fmt: skip
COMPLEX, COLOURS = (32, 1792, 2048), (128, 2304)
MGH_NUMBERS = {0: "u1", 1: "i4", 3: "f4", 4: "i2", 10: "u2"}
MOST_AXES = 7
LONGEST_MM, SHORTEST_MM, LEAST_SHARE = 1e7, 1e-6, 1e-6
ROOM_BYTES = 7 * 2**27
"""Memory that any image may take: a gzipped 512^3 image of 16-bit numbers, read as float32."""
ROOM_PER_BYTE = 64
"""Beyond that, memory per stored byte; real images unfold to ten times their size."""


@dataclass(frozen=True, eq=False)
class ImageFile:
    """An image whose header was found sound; its voxels are still in the file.

    Parameters
    ----------
    path : Path
        As given; named in complaints.
    kind : {"NIfTI", "Analyze", "FreeSurfer"}
        By content.
    header : object
        As nibabel parses it; its fields are read, none of its checks are relied on.
    shape : tuple of int
        Three axes at least, each at least 1.
    dtype : dtype
        Of the stored numbers, with their byte order.
    offset : int
        Byte at which they begin.
    voxels : Path
        The file that holds them.
    scaling : tuple of float
        Slope and intercept that turn stored numbers into values; (1, 0) for none.
    placed : bool
        Whether the header tells where the image lies.
    """

    path: Path
    kind: Kind
    header: Any
    shape: tuple[int, ...]
    dtype: np.dtype
    offset: int
    voxels: Path
    scaling: tuple[float, float] = (1.0, 0.0)
    placed: bool = True

    @property
    def scaled(self) -> bool:
        """Whether values are other numbers than the stored ones."""
        return self.scaling != (1.0, 0.0)

    def affine_mm(self) -> FloatArray:
        """Return the matrix from voxel indices to world space.

        Returns
        -------
        (4, 4) array
            By the sform, the qform or neither, as nibabel chooses.

        Raises
        ------
        FileFormatError
            When it is not finite or not invertible.
        """
        affine_mm = self._matrix_mm("get_best_affine")
        if not leads_somewhere(affine_mm):
            _fail(self.path, "the affine must be finite and invertible; it is not")
        return affine_mm

    def affine_m(self) -> FloatArray:
        """Return the matrix from voxel indices to world space in metres, as `affine_mm`.

        Returns
        -------
        (4, 4) array [m]
            Voxel index to world space.
        """
        affine_m = self.affine_mm()
        affine_m[:3] = m_from_mm(affine_m[:3])
        return affine_m

    def forms_mm(self) -> tuple[FloatArray, FloatArray]:
        """Return what a NIfTI header says of the image's place, whatever the codes are.

        Returns
        -------
        sform, qform : (4, 4) arrays
            From voxel indices to world space; NaN for a quaternion or sizes that make none.
        """
        return self._matrix_mm("get_sform"), self._matrix_mm("get_qform")

    def _matrix_mm(self, getter: str) -> FloatArray:
        from nibabel.spatialimages import HeaderDataError

        with np.errstate(all="ignore"), suppress(ValueError, HeaderDataError):
            return np.array(getattr(self.header, getter)(), dtype=np.float64)
        return np.full((4, 4), np.nan)

    def stored(self) -> np.ndarray:
        """Read the numbers as they are stored.

        Returns
        -------
        array
            Of the image's shape and type; its own memory.

        Raises
        ------
        FileFormatError
            When the file holds fewer than its header states, or unfolds to more than any
            real one does.
        """
        self._require_room(self.dtype.itemsize)
        n_byte = math.prod(self.shape) * self.dtype.itemsize
        try:
            content = between(self.voxels, self.offset, n_byte)
        except MemoryError as error:
            raise self._too_large(n_byte) from error
        if len(content) < n_byte:
            self._fail_short(n_byte, len(content))
        return np.frombuffer(content, self.dtype).reshape(self.shape, order="F")

    def values(self, dtype: DTypeLike = np.float32) -> np.ndarray:
        """Read the values, scaled as the header says.

        Parameters
        ----------
        dtype : dtype
            Of floating point.

        Returns
        -------
        array
            Of the image's shape; infinite where the type cannot hold a number.

        Raises
        ------
        FileFormatError
            As `stored`.
        """
        wanted = np.dtype(dtype)
        self._require_room(self.dtype.itemsize + wanted.itemsize)
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                values: np.ndarray = self.stored().astype(wanted)
                if self.scaled:
                    values *= self.scaling[0]
                    values += self.scaling[1]
        except MemoryError as error:
            raise self._too_large(math.prod(self.shape) * wanted.itemsize) from error
        return values

    def _require_room(self, bytes_each: int) -> None:
        """Refuse what the file cannot hold, and what no real file of its size unfolds to."""
        count = math.prod(self.shape)
        held = most_held(self.voxels) - self.offset
        if count * self.dtype.itemsize > held:
            self._fail_short(count * self.dtype.itemsize, max(held, 0))
        most = max(ROOM_BYTES, ROOM_PER_BYTE * size_of(self.voxels)[0])
        if count * bytes_each > most:
            msg = (
                f"{self.path}: an image of {size_of(self.voxels)[0]} gzipped bytes must need "
                f"at most {most >> 20} MB of memory; the shape {self.shape} needs "
                f"{count * bytes_each >> 20} MB. Unpack it with gunzip if it is real."
            )
            raise FileFormatError(msg)

    def _too_large(self, n_byte: int) -> BadInputError:
        msg = (
            f"{self.path}: the shape {self.shape} needs {n_byte >> 20} MB of memory, more than "
            "there is. Resample the image, or use a larger machine."
        )
        return BadInputError(msg)

    def _fail_short(self, wanted: int, held: int) -> NoReturn:
        msg = (
            f"{self.path}: this is not a complete {self.kind} volume: its header states the "
            f"shape {self.shape}, {wanted} bytes; the file holds at most {held}. Copy or "
            "download it again."
        )
        raise FileFormatError(msg)


def leads_somewhere(affine_mm: FloatArray) -> bool:
    """Tell whether a matrix from voxel indices to millimetres is one that an image can have.

    Parameters
    ----------
    affine_mm : (4, 4) array
        From a header.

    Returns
    -------
    bool
        False when it is not finite, leads kilometres away, is flat, or stretches one axis a
        million times more than another.
    """
    if not np.isfinite(affine_mm).all() or np.abs(affine_mm).max() > LONGEST_MM:
        return False
    lengths_mm = np.linalg.svd(affine_mm[:3, :3], compute_uv=False)
    return bool(lengths_mm[2] > max(LEAST_SHARE * lengths_mm[0], SHORTEST_MM))


def open_image(path: Path | str) -> ImageFile:
    """Open an image: recognise it by its content and check its header.

    Parameters
    ----------
    path : Path or str
        NIfTI (.nii, or either file of a pair .hdr and .img), Analyze (such a pair) or a volume
        of FreeSurfer (.mgz, .mgh), gzipped or not, by any name.

    Returns
    -------
    ImageFile
        Its voxels are read when asked for.

    Raises
    ------
    BadInputError
        When there is no such file, or it is a folder.
    FileFormatError
        When it is something else (the message says what, and how to convert it), or its
        header is impossible.
    """
    path = Path(path)
    require_no_folder(path)
    source, first = path, beginning(path, ENOUGH)
    if _is_voxels(path, first):
        source = _partner(path, HEADERS, "its header")
        first = beginning(source, ENOUGH)
    opener = _opener(source, first)
    if opener is None:
        raise _stranger(path, first)
    if opener is _freesurfer or _is_single(first):
        return opener(path, first, source)
    if source != path:
        return opener(path, first, path)
    if _ending(path) not in HEADERS:
        _fail(path, "the header says that the voxels are in a file of their own (.img); then "
                    "its name must end in .hdr")  # fmt: skip
    return opener(path, first, _partner(path, VOXELS, "its voxels"))


def _is_voxels(path: Path, first: bytes) -> bool:
    return _ending(path) in VOXELS and not _is_single(first) and kind_of(first) is None


def _opener(path: Path, first: bytes) -> Callable[[Path, bytes, Path], ImageFile] | None:
    """Choose by content; Analyze and FreeSurfer have no mark of their own but their numbers."""
    size = {int.from_bytes(first[:4], order) for order in ("little", "big")}
    if NIFTI1_BYTES in size and len(first) >= NIFTI1_BYTES:
        if first[344:348] in (b"n+1\0", b"ni1\0"):
            return _nifti1
        return _analyze if _ending(path) in HEADERS else None
    if NIFTI2_BYTES in size and first[4:8] in (b"n+2\0", b"ni2\0"):
        return _nifti2 if len(first) >= NIFTI2_BYTES else None
    named = path.name.lower().endswith(MGH_ENDINGS)
    version, kind = first[:4], int.from_bytes(first[20:24], "big")
    alike = version == b"\0\0\0\1" and kind in MGH_NUMBERS and len(first) >= MGH_BYTES
    alike = alike and all(any(first[at : at + 4]) for at in (4, 8, 12, 16))
    return _freesurfer if alike or (named and kind_of(first) is None) else None


def _is_single(first: bytes) -> bool:
    return first[344:348] == b"n+1\0" or first[4:8] == b"n+2\0"


def _stranger(path: Path, first: bytes) -> FileFormatError:
    known = kind_of(first)
    if known:
        msg = (
            f"{path}: an image must be NIfTI, Analyze or FreeSurfer's (.mgz); this is "
            f"{known[0]}. Convert it with {known[1]}."
        )
        return FileFormatError(msg)
    short = f"it ends after {len(first)} bytes" if len(first) < ENOUGH else ""
    msg = (
        f"{path}: this is not a complete NIfTI, Analyze or FreeSurfer volume; "
        f"{short or f'it begins with {first[:8]!r}'}. Copy or download it again, or convert "
        "it, for "
        "instance with mri_convert."
    )
    return FileFormatError(msg)


def _ending(path: Path) -> str:
    """Return the ending before .gz, as it is spelled."""
    bare = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return bare.suffix


def _partner(path: Path, endings: tuple[str, ...], what: str) -> Path:
    bare = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    names = [bare.with_suffix(end + gz) for end in endings for gz in ("", ".gz", ".GZ")]
    found = next((name for name in names if name.is_file()), None)
    if found is None:
        msg = (
            f"{path}: an image in two files needs both; {bare.with_suffix(endings[0]).name} "
            f"with {what} is missing beside it. Copy it there."
        )
        raise FileFormatError(msg)
    return found


def _nifti1(path: Path, first: bytes, voxels: Path) -> ImageFile:
    from nibabel.nifti1 import Nifti1Header

    header = Nifti1Header(first[:NIFTI1_BYTES], _order(first, NIFTI1_BYTES), check=False)
    return _nifti(path, header, NIFTI1_BYTES + 4 if _is_single(first) else 0, voxels)


def _nifti2(path: Path, first: bytes, voxels: Path) -> ImageFile:
    from nibabel.nifti2 import Nifti2Header

    header = Nifti2Header(first[:NIFTI2_BYTES], _order(first, NIFTI2_BYTES), check=False)
    return _nifti(path, header, NIFTI2_BYTES + 4 if _is_single(first) else 0, voxels)


def _nifti(path: Path, header: Any, earliest: int, voxels: Path) -> ImageFile:  # noqa: ANN401
    unit = int(header["xyzt_units"]) & 7
    if SPACE_UNITS.get(unit) not in ("unknown", "mm"):
        said = SPACE_UNITS.get(unit, f"{unit}, a code that does not exist")
        spacing = " x ".join(f"{float(x):.4g}" for x in header["pixdim"][1:4])
        msg = (
            f"{path}: the header's unit must be mm; it says {said}, with voxels of {spacing}. "
            "Correct the unit (xyzt_units) in the header."
        )
        raise FileFormatError(msg)
    if abs(float(header["pixdim"][0])) != 1:
        header["pixdim"][0] = 1  # qfac: the standard reads a 0 there as 1
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    slope, inter = (slope, inter) if slope and math.isfinite(slope) else (1.0, 0.0)
    return _checked(path, "NIfTI", header, (slope, inter), earliest, voxels)


def _analyze(path: Path, first: bytes, voxels: Path) -> ImageFile:
    from nibabel.spm2analyze import Spm2AnalyzeHeader

    order = _order(first, NIFTI1_BYTES)
    header = Spm2AnalyzeHeader(first[:NIFTI1_BYTES], order, check=False)
    with np.errstate(all="ignore"):
        slope, inter = header.get_slope_inter()
    scaling = (1.0 if slope is None else float(slope), float(inter or 0.0))
    return _checked(path, "Analyze", header, scaling, 0, voxels)


def _checked(
    path: Path,
    kind: Kind,
    header: Any,  # noqa: ANN401
    scaling: tuple[float, float],
    earliest: int,
    voxels: Path,
) -> ImageFile:
    shape = _axes(path, [int(n) for n in header["dim"]])
    code = int(header["datatype"])
    if code not in NUMBERS:
        _fail(path, _no_number(code))
    offset = float(header["vox_offset"])
    if not (earliest <= offset < 2**63 and offset.is_integer()):
        _fail(path, f"voxels must begin at byte {earliest} or later; vox_offset is {offset:g}")
    if not all(map(math.isfinite, scaling)):
        _fail(path, f"slope and intercept must be finite; they are {scaling}")
    dtype = np.dtype(NUMBERS[code]).newbyteorder(header.endianness)
    placed = kind == "NIfTI" and bool(header["sform_code"] or header["qform_code"])
    return ImageFile(path, kind, header, shape, dtype, int(offset), voxels, scaling, placed)


def _axes(path: Path, dim: list[int]) -> tuple[int, ...]:
    count = dim[0]
    if not 3 <= count <= MOST_AXES:
        _fail(path, f"an image must have 3 to {MOST_AXES} axes; its header says {count}")
    if min(dim[1 : count + 1]) < 1:
        _fail(path, f"every axis must have a voxel; the header's shape is {dim[1 : count + 1]}")
    return tuple(dim[1 : count + 1])


def _no_number(code: int) -> str:
    if code in COMPLEX:
        return (
            f"values must be real numbers; these are complex (data type {code}). Save the "
            "magnitude as an image of its own"
        )
    if code in COLOURS:
        return f"values must be numbers; these are colours (data type {code}). Save it in grey"
    return f"the data type must be one of {sorted(NUMBERS)}; the header says {code}"


def _freesurfer(path: Path, first: bytes, voxels: Path) -> ImageFile:
    from nibabel.freesurfer.mghformat import MGHHeader

    if len(first) < MGH_BYTES:
        _fail(path, "this is not a complete FreeSurfer volume; it is too short")
    header = MGHHeader(first[:MGH_BYTES], check=False)
    version, kind = int(header["version"]), int(header["type"])
    shape = tuple(int(n) for n in header["dims"])
    if version != 1 or min(shape) < 1:
        _fail(path, f"this is not a FreeSurfer volume of version 1; it says version {version} "
                    f"and the shape {shape}")  # fmt: skip
    if kind not in MGH_NUMBERS:
        kinds = sorted(MGH_NUMBERS)
        _fail(path, f"a FreeSurfer volume's type must be one of {kinds}; it says {kind}")
    dtype = np.dtype(MGH_NUMBERS[kind]).newbyteorder(">")
    shape = shape[:3] if shape[3] == 1 else shape
    placed = any(first[28:30])  # goodRASFlag, before nibabel puts its own default there
    return ImageFile(path, "FreeSurfer", header, shape, dtype, MGH_BYTES, voxels, placed=placed)


def _order(first: bytes, size: int) -> str:
    return "<" if int.from_bytes(first[:4], "little") == size else ">"


def _fail(path: Path, why: str) -> NoReturn:
    msg = f"{path}: {why}. Save the image again."
    raise FileFormatError(msg)
