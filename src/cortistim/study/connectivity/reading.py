"""From the voxels of a run to the clean series of seed and search region."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortistim.connectivity import (
    REGIONS,
    SEEDS,
    Cleaning,
    GridNeighbours,
    correlations,
    in_spheres,
    parse_sphere,
)
from cortistim.connectivity.cleaning import blocks, scaled
from cortistim.errors import BadInputError
from cortistim.head import Head
from cortistim.image import Volume
from cortistim.io.image.bold import BoldSeries, values_at
from cortistim.study.connectivity.request import ConnectivityRequest, Run
from cortistim.typing import BoolArray, FloatArray, IntArray, Progress, silent
from cortistim.units import m_from_mm

STRONGEST_R = 0.99  # for Fisher's z of a place in the seed itself
FEWEST_PLACES = 5


@dataclass(frozen=True, eq=False)
class Layout:
    """Which voxels of the mask are seed and search region.

    Parameters
    ----------
    points_m : (n_voxel, 3) array [m]
        Centres of the mask's voxels, in the space of the images.
    weights : (n_voxel,) array
        Of the seed: 1 in a sphere, the values of a map, 0 elsewhere.
    region : (n_voxel,) bool array
        The search region.
    """

    points_m: FloatArray
    weights: FloatArray
    region: BoolArray

    @property
    def seed(self) -> BoolArray:
        """Voxels of a sphere, or where a map is above 0; none of the region."""
        return (self.weights > 0) & ~self.region


def layout_of(request: ConnectivityRequest, run: Run, head: Head | None) -> Layout:
    """Find seed and search region among the voxels of a run.

    Parameters
    ----------
    request : ConnectivityRequest
        What is asked.
    run : Run
        Its files.
    head : Head or None
        Leads from subject to MNI space, where that is needed.

    Returns
    -------
    Layout
        Both hold voxels.

    Raises
    ------
    BadInputError
        When seed or region lie outside the mask.
    """
    points_m = run.bold.points_m
    mni_m = points_m
    if request.space == "subject" and request.needs_mni and head is not None:
        mni_m = head.frame.to_mni_m(points_m)
    sphere = None if request.seed in SEEDS else parse_sphere(request.seed)
    if request.seed in SEEDS:
        weights = in_spheres(mni_m, SEEDS[request.seed]).astype(np.float32)
    elif sphere is not None:
        weights = sphere.holds(points_m).astype(np.float32)
    else:
        weights = values_at(request.seed, points_m)
    if request.search_region in REGIONS:
        region = in_spheres(mni_m, REGIONS[request.search_region])
    else:
        region = values_at(request.search_region, points_m, nearest=True) > 0.5
    _require_some("search_region", request.search_region, int(region.sum()))
    layout = Layout(points_m, weights, region)
    _require_some("seed", request.seed, int((weights != 0)[~region].sum()))
    if request.method in ("mean", "hierarchical"):
        _require_some("seed", request.seed, int(layout.seed.sum()))
    return layout


def _require_some(name: str, text: str, count: int) -> None:
    if count < FEWEST_PLACES:
        told = f"holds {count}" if count else "holds none"
        msg = (
            f"`{name}` must hold at least {FEWEST_PLACES} voxels of the mask; {text} {told}. "
            "Check that images, mask and `space` belong together, and that the field of view "
            "reaches there."
        )
        raise BadInputError(msg)


@dataclass(frozen=True, eq=False)
class Series:
    """What was read of a run.

    Parameters
    ----------
    layout : Layout
        Seed and region.
    places : (n_place,) int array
        Voxels that were read.
    data : BoldSeries
        At these voxels.
    whole : (n_kept,) array
        The global signal.
    """

    layout: Layout
    places: IntArray
    data: BoldSeries
    whole: FloatArray

    @cached_property
    def region(self) -> IntArray:
        """Columns of the search region."""
        return np.flatnonzero(self.layout.region[self.places])

    @cached_property
    def seed(self) -> IntArray:
        """Columns of the seed's voxels."""
        return np.flatnonzero(self.layout.seed[self.places])

    @property
    def points_m(self) -> FloatArray:
        """Centres of the region's voxels."""
        return self.layout.points_m[self.places[self.region]]

    def seed_tsnr(self) -> float:
        """Average mean over standard deviation in time over the seed.

        Returns
        -------
        float
            NaN where the seed has no voxels of its own.
        """
        mean, deviation = self.data.mean[self.seed], self.data.deviation[self.seed]
        ratio = np.divide(mean, deviation, out=np.zeros_like(mean), where=deviation > 0)
        return float(ratio.mean()) if len(ratio) else float("nan")


def read_series(
    request: ConnectivityRequest, run: Run, layout: Layout, *, progress: Progress = silent
) -> Series:
    """Read the voxels that the method needs.

    Parameters
    ----------
    request : ConnectivityRequest
        What is asked.
    run : Run
        Its files.
    layout : Layout
        Seed and region.
    progress : callable, optional
        Told how far it is.

    Returns
    -------
    Series
        Smoothed, not yet clean.
    """
    needed = layout.region | layout.seed
    if weighted(request):
        needed = layout.region | (layout.weights != 0)
        if not request.seed_is_map:
            needed = np.ones(len(needed), bool)
    places = np.flatnonzero(needed)
    data = run.bold.read(
        places, run.cleaning.kept, fwhm_m=m_from_mm(request.fwhm_mm), progress=progress
    )
    whole = data.global_signal if run.whole is None else run.whole
    series = Series(layout, places, data, whole)
    if not data.deviation[series.region].any():
        msg = f"{request.bold}: no voxel of the search region varies in time. Check the series."
        raise BadInputError(msg)
    return series


def weighted(request: ConnectivityRequest) -> bool:
    """Tell whether the seed's signal is a weighted sum over a map.

    Parameters
    ----------
    request : ConnectivityRequest
        What is asked.

    Returns
    -------
    bool
        False for the plain mean over the seed.
    """
    return request.method == "seedmap" or (request.method == "cluster" and request.seed_is_map)


@dataclass(frozen=True, eq=False)
class Reading:
    """Clean series of region and seed, with one treatment of the global signal.

    Parameters
    ----------
    region : (n_kept, n_place) array
        Zero mean, unit variance.
    signal : (n_kept,) array
        The seed's.
    r : (n_place,) array
        Their correlation.
    seed : (n_kept, n_seed) array
        Series of the seed's voxels, where the method needs them.
    """

    region: FloatArray
    signal: FloatArray
    r: FloatArray
    seed: FloatArray


def reading_of(
    request: ConnectivityRequest, series: Series, cleaning: Cleaning, *, gsr: bool
) -> Reading:
    """Clean what was read, and correlate it with the seed.

    Parameters
    ----------
    request : ConnectivityRequest
        What is asked.
    series : Series
        From `read_series`.
    cleaning : Cleaning
        Of the run.
    gsr : bool
        Take the global signal out, too.

    Returns
    -------
    Reading
        For the search of a target.

    Raises
    ------
    BadInputError
        When nothing of the seed's signal is left.
    """
    values = series.data.values
    used = cleaning.without(series.whole) if gsr else cleaning
    region = used.clean(values[:, series.region])
    if weighted(request):
        signal, seed = used.basis @ _weighted(request, series, used), values[:, :0]
    else:
        seed = used.clean(values[:, series.seed])
        signal = seed.mean(axis=1, dtype=np.float64)
    if not np.linalg.norm(signal) > 1e-9:
        msg = f"`seed`: nothing varies in {request.seed} after cleaning. Check the series."
        raise BadInputError(msg)
    return Reading(region, signal, correlations(region, signal), seed)


def _weighted(request: ConnectivityRequest, series: Series, cleaning: Cleaning) -> FloatArray:
    """Sum over a map, outside the region, in the cleaning's basis.

    A plain sum: division by the sum of the weights, which may be below zero, would turn every
    correlation around.
    """
    values, places, layout = series.data.values, series.places, series.layout
    outside = ~layout.region[places]
    own = None
    if not request.seed_is_map:
        own = scaled(cleaning.coefficients(values[:, series.seed])).mean(axis=1)
        own /= max(float(np.linalg.norm(own)), 1e-12)
    total = np.zeros(cleaning.freedom)
    for part in blocks(len(places)):
        clean = scaled(cleaning.coefficients(values[:, part]))
        if own is None:
            weight = layout.weights[places[part]].astype(np.float64)
        else:
            weight = np.arctanh(np.clip(own @ clean, -STRONGEST_R, STRONGEST_R))
        total += clean @ (weight * outside[part])
    return total


def neighbours_of(run: Run, series: Series) -> GridNeighbours:
    """Return which voxels of the region touch.

    Parameters
    ----------
    run : Run
        With its grid.
    series : Series
        With the region.

    Returns
    -------
    GridNeighbours
        In the order of the region.
    """
    return GridNeighbours(run.bold.index[series.places[series.region]], run.bold.voxel_m3)


def region_volume(run: Run, series: Series, values: FloatArray) -> Volume:
    """Put values of the region back on the grid.

    Parameters
    ----------
    run : Run
        With its grid.
    series : Series
        With the region.
    values : (n_place,) array
        In the order of the region.

    Returns
    -------
    Volume
        NaN elsewhere.
    """
    return run.bold.mean_volume(values, series.places[series.region])
