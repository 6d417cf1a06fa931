"""Where recruited cortex sends, over somebody's own connectome, as a record."""

from dataclasses import dataclass

from cortistim.records.provenance import SourceRecord


@dataclass(frozen=True, kw_only=True)
class ParcelRecord:
    """What one parcel gives and gets.

    Parameters
    ----------
    number : int
        In the parcellation.
    name : str
        Of the parcel.
    recruited_percent : float
        Share of its cortex that fires.
    recruited_mm2 : float
        Cortex that fires.
    reach_percent : float
        Share of all that arrives over one connection.
    null_mean_percent, null_p95_percent : float
        The same with the recruited cortex turned to other places.
    p : float
        Share of the places, this one included, that reach it as strongly.
    arrival_ms : tuple of float or None
        At 10 and at 2 m/s; None without lengths of connections.
    """

    number: int
    name: str
    recruited_percent: float | None
    recruited_mm2: float | None
    reach_percent: float | None
    null_mean_percent: float | None
    null_p95_percent: float | None
    p: float | None
    arrival_ms: tuple[float | None, float | None] | None


@dataclass(frozen=True, kw_only=True)
class ReachRecord:
    """First-order reach of a stimulation.

    Parameters
    ----------
    schema : str
        Name and version.
    layer : str
        Whose cells count as recruited.
    connectome, parcels : str
        Names of the files.
    rotations, seed : int
        Of the places that it is compared with.
    outside_percent : float
        Recruited cortex that belongs to no parcel.
    found : tuple of ParcelRecord
        The strongest reach first.
    notes : tuple of str
        What a reader must know.
    honest : str
        What this is not.
    sources : tuple of SourceRecord
        What it rests on.
    """

    schema: str = "cortistim-reach-1"
    layer: str
    connectome: str
    parcels: str
    rotations: int
    seed: int
    outside_percent: float | None
    found: tuple[ParcelRecord, ...]
    notes: tuple[str, ...]
    honest: str
    sources: tuple[SourceRecord, ...]
