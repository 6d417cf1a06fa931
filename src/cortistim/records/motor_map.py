"""Motor maps as they are written."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MapValueRecord:
    """An area or a volume with its interval.

    Parameters
    ----------
    value, low, high : float or None
        In the unit; None where too few redraws have it.
    unit : str
        cm² or µV cm².
    smallest_change : float or None
        By which two maps with so many pulses must differ to be more than the chance of single
        responses, in 95 of 100. What differs between sessions comes on top.
    """

    value: float | None
    low: float | None
    high: float | None
    unit: str
    smallest_change: float | None


@dataclass(frozen=True, kw_only=True)
class MapPlaceRecord:
    """A place with the radius about it that holds 95 % of redraws.

    Parameters
    ----------
    mm : (3,) tuple of float or None
        In the table's frame.
    radius95_mm : float or None
        Within which the place lies.
    low, high : (3,) tuple of float or None
        Interval of each coordinate in mm.
    smallest_change_mm : float or None
        By which two maps with so many pulses must be apart to be more than chance.
    """

    mm: tuple[float, ...] | None
    radius95_mm: float | None
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    smallest_change_mm: float | None


@dataclass(frozen=True, kw_only=True)
class MapRecord:
    """One motor map.

    Parameters
    ----------
    by : dict of str to str
        Cells that its pulses share.
    pulses, responses : int
        How many, and how many above the criterion.
    places : dict of str to MapPlaceRecord
        Centres of gravity and peak, by method.
    areas, volumes : dict of str to MapValueRecord
        By method.
    alpha_mm : float or None
        Radius of the alpha shape.
    flatness_mm : float
        Root mean square distance of the pulses from their plane.
    notes : list of str
        What to know before using it.
    points : list of lists
        In the plane: two coordinates in mm and the size in µV of each pulse.
    outline : list of lists
        In the plane: pixels' two coordinates in mm and the chance of a response in %.
    """

    by: dict[str, str]
    pulses: int
    responses: int
    places: dict[str, MapPlaceRecord]
    areas: dict[str, MapValueRecord]
    volumes: dict[str, MapValueRecord]
    alpha_mm: float | None
    flatness_mm: float
    notes: list[str]
    points: list[list[float]]
    outline: list[list[float]]


@dataclass(frozen=True, kw_only=True)
class MapOverlapRecord:
    """Two maps against each other.

    Parameters
    ----------
    one, two : dict of str to str
        Which.
    dice, dice_low, dice_high : float or None
        Shared over mean area, by the spline.
    weighted, weighted_low, weighted_high : float or None
        Sum of the smaller over that of the larger chance of a response.
    of_one_map : float or None
        The weighted overlap of redraws of one map: what no difference looks like.
    apart_mm : float or None
        Distance of the centres of gravity.
    """

    one: dict[str, str]
    two: dict[str, str]
    dice: float | None
    dice_low: float | None
    dice_high: float | None
    weighted: float | None
    weighted_low: float | None
    weighted_high: float | None
    of_one_map: float | None
    apart_mm: float | None


@dataclass(frozen=True, kw_only=True)
class MapRepeatRecord:
    """How well a measure repeats from map to map of the same person.

    Parameters
    ----------
    measure, unit : str
        Which, and in what; places in mm.
    mean : float or None
        Of all maps; None for places.
    within_sd, within_sd_low, within_sd_high : float or None
        Standard deviation between maps of a person; along an axis for places.
    smallest_change, smallest_change_low, smallest_change_high : float or None
        What must change to be more than chance in 95 of 100; a distance for places.
    icc, icc_low, icc_high : float or None
        One-way intraclass correlation of single maps.
    people, maps : int
        How many.
    """

    measure: str
    unit: str
    mean: float | None
    within_sd: float | None
    within_sd_low: float | None
    within_sd_high: float | None
    smallest_change: float | None
    smallest_change_low: float | None
    smallest_change_high: float | None
    icc: float | None
    icc_low: float | None
    icc_high: float | None
    people: int
    maps: int


@dataclass(frozen=True, kw_only=True)
class MapsRecord:
    """Motor maps of a table.

    Parameters
    ----------
    schema : str
        Name and version of the file.
    coordinates : (3,) tuple of str
        Columns of the places.
    response, unit : str
        Column of the sizes, and their unit.
    surface : str
        What the places are: scalp, cortex or not stated. Maps of different kinds are never
        compared.
    criterion_uv : float
        What counts as a response is above it.
    cell_mm : float
        Edge of the cells that some measures count.
    percent_rmt, interval_s : float or None
        Intensity and time between pulses, as stated; areas depend on both.
    draws, seed : int
        Of the bootstrap.
    maps : list of MapRecord
        Each of them.
    overlaps : list of MapOverlapRecord
        Of maps that share all but the last of the columns that tell maps apart.
    repeatability : list of MapRepeatRecord
        Over the last of these columns, within those before it.
    notes : list of str
        On all of it.
    """

    schema: str = "cortistim-maps-1"
    coordinates: tuple[str, str, str]
    response: str
    unit: str
    surface: str
    criterion_uv: float
    cell_mm: float
    percent_rmt: float | None
    interval_s: float | None
    draws: int
    seed: int
    maps: list[MapRecord]
    overlaps: list[MapOverlapRecord]
    repeatability: list[MapRepeatRecord]
    notes: list[str]
