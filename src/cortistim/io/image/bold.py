"""Series of volumes, read one volume at a time: only the places that are asked for are kept."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError
from cortistim.geometry import freeze, transform
from cortistim.image import Volume
from cortistim.io.gzipped import opened
from cortistim.io.image.opening import ImageFile, open_image
from cortistim.io.image.stream import PIECE, most_held
from cortistim.typing import BoolArray, FloatArray, IntArray, Progress, silent
from cortistim.units import mm_from_m

MOST_FRAMES = 100_000
SAME_M = 1e-4
SECONDS = {8: 1.0, 16: 1e-3, 24: 1e-6, 0: 1.0}
SIGMAS = 3.0  # of the smoothing that a crop leaves around what is read
FWHM = 2 * math.sqrt(2 * math.log(2))


@dataclass(frozen=True, eq=False)
class BoldSeries:
    """Series at chosen voxels, and what was seen on the way.

    Parameters
    ----------
    values : (n_kept, n_place) array
        Single precision, smoothed within the mask.
    global_signal : (n_kept,) array
        Mean over the mask, not smoothed.
    mean, deviation : (n_place,) arrays
        Over the kept frames, not smoothed.
    """

    values: FloatArray
    global_signal: FloatArray
    mean: FloatArray
    deviation: FloatArray


@dataclass(frozen=True, eq=False)
class BoldFile:
    """A 4-D image with the mask of its brain.

    Parameters
    ----------
    image : ImageFile
        Its header was checked.
    mask : (nx, ny, nz) bool array
        The brain.
    affine_m : (4, 4) array [m]
        Voxel index to world space (RAS).
    """

    image: ImageFile
    mask: BoolArray
    affine_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "mask", "affine_m")

    @cached_property
    def index(self) -> IntArray:
        """Voxels of the mask, (n_voxel, 3), in the order of their numbers."""
        return np.argwhere(self.mask)

    @property
    def n_frame(self) -> int:
        """Number of volumes."""
        return self.image.shape[3]

    @property
    def points_m(self) -> FloatArray:
        """Centres of the mask's voxels in world space, (n_voxel, 3)."""
        return transform(self.affine_m, self.index.astype(float))

    @property
    def voxel_m3(self) -> float:
        """Volume of a voxel."""
        return float(abs(np.linalg.det(self.affine_m[:3, :3])))

    @property
    def header_tr_s(self) -> float:
        """Time between volumes that the header states, in seconds; 0 where it states none."""
        header = self.image.header
        if self.image.kind != "NIfTI":
            return 0.0
        scale = SECONDS.get(int(header["xyzt_units"]) & 56)
        value = float(header["pixdim"][4])
        return value * scale if scale is not None and 0 < value < 1e6 else 0.0

    def mean_volume(self, values: FloatArray, places: IntArray) -> Volume:
        """Put values of some voxels back where they belong.

        Parameters
        ----------
        values : (n_place,) array
            At the voxels.
        places : (n_place,) int array
            Numbers of voxels of the mask.

        Returns
        -------
        Volume
            NaN elsewhere.
        """
        grid = np.full(self.mask.shape, np.nan, np.float32)
        grid[tuple(self.index[places].T)] = values
        return Volume(grid, self.affine_m)

    def read(
        self,
        places: IntArray,
        kept: BoolArray,
        *,
        fwhm_m: float = 0.0,
        progress: Progress = silent,
    ) -> BoldSeries:
        """Read the series of some voxels.

        Parameters
        ----------
        places : (n_place,) int array
            Numbers of voxels of the mask.
        kept : (n_frame,) bool array
            Frames that count.
        fwhm_m : float, optional [m]
            Full width at half maximum of a Gaussian; only the mask's voxels are averaged.
        progress : callable, optional
            Told how far it is.

        Returns
        -------
        BoldSeries
            In the order of ``places``.

        Raises
        ------
        BadInputError
            When a value is not finite, or memory does not suffice.
        FileFormatError
            When the file ends early.
        """
        smoother = _Smoother(self, places, fwhm_m)
        inside = np.flatnonzero(self.mask.ravel(order="F"))
        own = np.ravel_multi_index(tuple(self.index[places].T), self.mask.shape, order="F")
        frames = np.flatnonzero(kept)
        try:
            values = np.empty((len(frames), len(places)), np.float32)
        except MemoryError as error:
            raise self._too_large(len(frames), len(places)) from error
        whole, sums, squares = np.empty(len(frames)), *np.zeros((2, len(places)))
        row = 0
        for number, volume in enumerate(self._volumes()):
            if not kept[number]:
                continue
            brain = volume[inside]
            whole[row] = brain.mean(dtype=np.float64)
            if not np.isfinite(whole[row]):
                self._fail_values(number)
            raw = volume[own].astype(np.float64)
            sums += raw
            squares += raw**2
            values[row] = smoother.read(volume)
            row += 1
            if row % 20 == 0:
                progress("read the series", row / len(frames))
        mean = sums / len(frames)
        variance = np.maximum(squares / len(frames) - mean**2, 0)
        return BoldSeries(values, whole, mean, np.sqrt(variance))

    def _volumes(self) -> Iterator[FloatArray]:
        """Give each volume flat, in Fortran's order, scaled."""
        image = self.image
        count = math.prod(image.shape[:3])
        n_byte = count * image.dtype.itemsize
        buffer = bytearray(n_byte)
        with opened(image.voxels) as stream:
            left = image.offset
            while left > 0 and (got := len(stream.read(min(left, PIECE)))):
                left -= got
            for number in range(self.n_frame):
                view, place = memoryview(buffer), 0
                while place < n_byte and (got := stream.readinto(view[place:])):
                    place += got
                if place < n_byte:
                    self._fail_short(number)
                stored = np.frombuffer(buffer, image.dtype)
                values = stored.astype(np.float32)
                if image.scaled:
                    values *= np.float32(image.scaling[0])
                    values += np.float32(image.scaling[1])
                yield values

    def _fail_short(self, number: int) -> None:
        msg = (
            f"{self.image.path}: the file ends within volume {number + 1} of {self.n_frame} "
            "that its header states. Copy or download it again."
        )
        raise FileFormatError(msg)

    def _fail_values(self, number: int) -> None:
        msg = (
            f"{self.image.path}: all values within the mask must be finite; volume "
            f"{number + 1} has others. Replace them, or shrink the mask."
        )
        raise BadInputError(msg)

    def _too_large(self, rows: int, columns: int) -> BadInputError:
        msg = (
            f"{self.image.path}: {rows} frames of {columns} voxels need "
            f"{4 * rows * columns >> 20} MB of memory, more than there is. Use a smaller mask."
        )
        return BadInputError(msg)


class _Smoother:
    """Reads voxels of a volume, smoothed within the mask, from as small a box as suffices."""

    def __init__(self, bold: BoldFile, places: IntArray, fwhm_m: float) -> None:
        spacing_m = np.linalg.norm(bold.affine_m[:3, :3], axis=0)
        self.sigma = fwhm_m / FWHM / spacing_m
        self.shape = bold.mask.shape
        index = bold.index[places]
        self.flat = np.ravel_multi_index(tuple(index.T), self.shape, order="F")
        margin = np.ceil(SIGMAS * self.sigma).astype(int) + 1
        low = np.maximum(index.min(axis=0) - margin, 0)
        high = np.minimum(index.max(axis=0) + margin + 1, self.shape)
        self.box = tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))
        self.inside = bold.mask[self.box].astype(np.float32)
        self.at = tuple((index - low).T)
        if fwhm_m > 0:
            self.weight = self._blurred(self.inside)[self.at]

    def _blurred(self, values: FloatArray) -> FloatArray:
        from scipy.ndimage import gaussian_filter

        out = gaussian_filter(values, self.sigma, mode="constant", truncate=SIGMAS)
        return np.asarray(out)

    def read(self, volume: FloatArray) -> FloatArray:
        """Values at the places."""
        if not self.sigma.any():
            return volume[self.flat]
        part = volume.reshape(self.shape, order="F")[self.box]
        clean = np.where(self.inside > 0, part, np.float32(0))
        return self._blurred(clean)[self.at] / self.weight


def open_bold(path: Path | str, mask: Path | str) -> BoldFile:
    """Open a 4-D image and the mask of its brain.

    Parameters
    ----------
    path : Path or str
        An image of any kind that `cortistim.io.image.opening.open_image` knows.
    mask : Path or str
        Above 0.5 is the brain; on the grid of the series.

    Returns
    -------
    BoldFile
        Its volumes are read when asked for.

    Raises
    ------
    BadInputError
        When the two do not belong together, or the mask is empty.
    FileFormatError
        When a file is no whole image.
    """
    image, brain = open_image(path), open_image(mask)
    if len(image.shape) < 4 or math.prod(image.shape[4:]) != 1 or image.shape[3] < 2:
        msg = (
            f"{path}: `bold` must be a series of volumes; its shape is {image.shape}. Give the "
            "4-D image, not one volume of it."
        )
        raise BadInputError(msg)
    if image.shape[3] > MOST_FRAMES:
        msg = f"{path}: a series must have at most {MOST_FRAMES} volumes; it has more."
        raise BadInputError(msg)
    _require_same_place(mask, image, brain)
    held = most_held(image.voxels) - image.offset
    wanted = math.prod(image.shape) * image.dtype.itemsize
    if wanted > held:
        msg = (
            f"{path}: the header states {wanted} bytes of voxels; the file holds at most "
            f"{max(held, 0)}. Copy or download it again."
        )
        raise FileFormatError(msg)
    inside = brain.values().reshape(brain.shape[:3], order="F") > 0.5
    if not inside.any():
        msg = f"{mask}: `mask` must have voxels above 0.5; it has none."
        raise BadInputError(msg)
    return BoldFile(image, inside, image.affine_m())


def _require_same_place(mask: Path | str, image: ImageFile, brain: ImageFile) -> None:
    if math.prod(brain.shape[3:]) != 1:
        msg = f"{mask}: `mask` must be one volume; its shape is {brain.shape}."
        raise BadInputError(msg)
    told = [" x ".join(str(n) for n in one.shape[:3]) for one in (image, brain)]
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(image.shape[:3]) - 1.0)
    places = [transform(one.affine_m(), corners) for one in (image, brain)]
    apart_m = float(np.linalg.norm(places[0] - places[1], axis=1).max())
    if told[0] != told[1] or apart_m > SAME_M:
        msg = (
            f"{mask}: `mask` must lie on the grid of `bold`; it has {told[1]} voxels, the "
            f"series {told[0]}, and their corners are up to {mm_from_m(apart_m):.1f} mm apart. "
            "Take the mask of the same space and resolution, or resample it."
        )
        raise BadInputError(msg)


def values_at(path: Path | str, points_m: FloatArray, *, nearest: bool = False) -> FloatArray:
    """Read a volume at points, 0 beyond its grid.

    Parameters
    ----------
    path : Path or str
        One volume.
    points_m : (n_point, 3) array [m]
        In its world space.
    nearest : bool, optional
        Take the nearest voxel, as masks and labels need it, and do not interpolate.

    Returns
    -------
    (n_point,) array
        Values; what is not finite counts as 0.

    Raises
    ------
    BadInputError
        When it is no single volume.
    FileFormatError
        When it is no whole image.
    """
    image = open_image(path)
    if math.prod(image.shape[3:]) != 1:
        msg = f"{path}: it must be one volume; its shape is {image.shape}."
        raise BadInputError(msg)
    values = np.nan_to_num(image.values().reshape(image.shape[:3], order="F"), nan=0, posinf=0,
                           neginf=0)  # fmt: skip
    volume = Volume(values, image.affine_m())
    held = volume.holds(points_m, 0.5)
    out = np.zeros(len(points_m), np.float32)
    if nearest:
        index = np.rint(transform(np.linalg.inv(volume.affine_m), points_m[held])).astype(int)
        index = np.clip(index, 0, np.array(volume.shape) - 1)
        out[held] = values[tuple(index.T)]
    else:
        out[held] = volume.at(points_m[held])
    return out
