"""Hot spots: pulses as they are logged, what is proposed, what was found."""

from dataclasses import dataclass, field

Matrix = tuple[tuple[float, ...], ...]
"""A pose as ``matsimnibs``: four rows of four numbers, translation in mm."""


@dataclass(frozen=True, kw_only=True)
class HotspotLogHeader:
    """First line of a log: how the hot spot is looked for.

    Parameters
    ----------
    schema : str
        Name and version of the log.
    method : str
        By name.
    head, mesh, coil : str
        Name of the head, digest of its mesh, name of the coil.
    operator : str
        Digest of what the field comes from; empty without one.
    target : str
        Around which the muscle is expected.
    start : Matrix
        The first pose.
    waveform : str
        Biphasic or monophasic.
    radius_mm, tight_mm, tight_deg : float
        How far poses may lie from the start, and the region at which to stop.
    floor_uv : float
        Responses below it are censored.
    pulses : int or None
        Exactly so many; else as the region demands.
    seed : int
        Of the draws.
    time, version : str
        When it began, and with which version.
    """

    schema: str = "cortistim-hotspot-log-1"
    method: str
    head: str
    mesh: str
    coil: str
    operator: str
    target: str
    start: Matrix
    waveform: str
    radius_mm: float
    tight_mm: float
    tight_deg: float
    floor_uv: float
    pulses: int | None
    seed: int
    time: str
    version: str


@dataclass(frozen=True, kw_only=True)
class HotspotTrial:
    """One line of a log: a pulse, or that the last one is taken back.

    Parameters
    ----------
    pulse : int
        Its number, from 1; of the one that is taken back.
    proposed : Matrix
        The pose that was proposed.
    matsimnibs : Matrix or None
        The pose that was held, where it was told.
    mep_uv : float
        Peak to peak.
    undo : bool
        The pulse of this number does not count.
    time : str
        When the response was given.
    """

    pulse: int
    proposed: Matrix
    matsimnibs: Matrix | None = None
    mep_uv: float
    undo: bool = False
    time: str = ""


@dataclass(frozen=True, kw_only=True)
class HotspotProposal:
    """Where to hold the coil next.

    Parameters
    ----------
    matsimnibs : Matrix
        The pose.
    pulse : int
        Its number, from 1.
    along_mm : tuple of float
        Along the scalp from the start, to the coil's x and y there.
    turn_deg : float
        From the start, about the coil's axis that points into the head.
    """

    matsimnibs: Matrix
    pulse: int
    along_mm: tuple[float, ...]
    turn_deg: float


@dataclass(frozen=True, kw_only=True)
class HotspotComplaint:
    """Why a line was not taken; the same pulse is proposed again.

    Parameters
    ----------
    error : str
        One sentence.
    matsimnibs : Matrix
        As before.
    pulse : int
        As before.
    """

    error: str
    matsimnibs: Matrix
    pulse: int


@dataclass(frozen=True, kw_only=True)
class HotspotRegion:
    """How well the best pose is known.

    Parameters
    ----------
    radius_mm : float
        Around the pose's place, along the scalp.
    turn_deg : float
        To either side of its turn; of a biphasic pulse half a turn does not count.
    level : float
        Probability of each.
    """

    radius_mm: float
    turn_deg: float
    level: float


@dataclass(frozen=True, kw_only=True)
class HotspotGain:
    """Response at the best pose over that at the start.

    Parameters
    ----------
    mean, low, high : float
        Median ratio and its interval.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class HotspotRecord:
    """A hot spot.

    Parameters
    ----------
    matsimnibs : Matrix
        The best pose.
    region : HotspotRegion
        How well it is known.
    gain : HotspotGain
        Over the start.
    along_mm : tuple of float
        Along the scalp from the start, to the coil's x and y there.
    turn_deg : float
        From the start.
    pulses : int
        How many.
    method : str
        By name.
    found : bool
        Whether the region is as small as was asked for.
    alarms : list of str
        What speaks against it.
    """

    matsimnibs: Matrix
    region: HotspotRegion
    gain: HotspotGain
    along_mm: tuple[float, ...]
    turn_deg: float
    pulses: int
    method: str
    found: bool
    alarms: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class HotspotScore:
    """How far hunts on virtual subjects were off after some pulses.

    Parameters
    ----------
    pulses : int
        How many.
    median_mm, p90_mm : float
        Distance along the scalp from the best pose.
    median_deg : float
        Turn from it.
    median_regret_percent : float
        Response lost against that at the best pose.
    held_mm_percent, held_deg_percent : float
        Share of regions that hold the truth.
    """

    pulses: int
    median_mm: float
    p90_mm: float
    median_deg: float
    median_regret_percent: float
    held_mm_percent: float
    held_deg_percent: float


@dataclass(frozen=True, kw_only=True)
class HotspotSimulationRecord:
    """A method tried out on virtual subjects.

    Parameters
    ----------
    method, generator : str
        By name.
    physics : str
        What the hunter believed of the field: right, shifted or uncharged.
    subjects : int
        How many.
    level : float
        Of the regions.
    scores : list of HotspotScore
        After ever more pulses.
    out : str
        The table.
    """

    method: str
    generator: str
    physics: str
    subjects: int
    level: float
    scores: list[HotspotScore]
    out: str


@dataclass(frozen=True, kw_only=True)
class HotspotStep:
    """What was known after a pulse.

    Parameters
    ----------
    pulse : int
        Its number, from 1.
    along_mm : tuple of float
        Where the coil was, along the scalp from the start.
    turn_deg : float
        How it was turned.
    mep_uv : float
        Response.
    best_mm : tuple of float
        The best place so far.
    best_deg : float
        The best turn so far.
    radius_mm, region_deg : float
        Of the region.
    """

    pulse: int
    along_mm: tuple[float, ...]
    turn_deg: float
    mep_uv: float
    best_mm: tuple[float, ...]
    best_deg: float
    radius_mm: float
    region_deg: float


@dataclass(frozen=True, kw_only=True)
class HotspotReplayRecord:
    """A hunt, looked at again.

    Parameters
    ----------
    schema : str
        Name and version.
    hotspot : HotspotRecord
        By the method of the record.
    others : list of HotspotRecord
        What other models say of the same pulses.
    steps : list of HotspotStep
        Pulse by pulse.
    """

    schema: str = "cortistim-hotspot-replay-1"
    hotspot: HotspotRecord
    others: list[HotspotRecord]
    steps: list[HotspotStep]


@dataclass(frozen=True, kw_only=True)
class RehearsedHunt:
    """A hunt on a virtual subject, and how it went.

    Parameters
    ----------
    schema : str
        Name and version.
    seed : int
        Of the person and all that happened.
    by : str
        The method's name.
    head, coil : str
        On which head, with which coil.
    output_percent : float
        Of every pulse.
    steps : list of HotspotStep
        The pulses that counted.
    causes : list of str
        What disturbed each of them; sealed until the end.
    given_again : int
        Pulses on a tense muscle, which did not count.
    hotspot : HotspotRecord
        What was found.
    truth : Matrix
        The best pose.
    truth_mm : tuple of float
        Along the scalp from the start.
    truth_deg : float
        From the start.
    error_mm, error_deg : float
        Of what was found; half a turn does not count.
    lost_percent : float
        Response that is lost at the pose found, against that at the best.
    held_mm, held_deg : bool
        Whether the region holds the truth.
    minutes : float
        At ten seconds between pulses.
    words : list of str
        How it went.
    """

    schema: str = "cortistim-hotspot-rehearsal-1"
    seed: int
    by: str
    head: str
    coil: str
    output_percent: float
    steps: list[HotspotStep]
    causes: list[str]
    given_again: int
    hotspot: HotspotRecord
    truth: Matrix
    truth_mm: tuple[float, ...]
    truth_deg: float
    error_mm: float
    error_deg: float
    lost_percent: float
    held_mm: bool
    held_deg: bool
    minutes: float
    words: list[str]
