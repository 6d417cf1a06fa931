"""The record of a set of channels that was steered: ``array.json``."""

from dataclasses import dataclass

from cortistim.records.coil import CoilRecord
from cortistim.records.head import HeadRecord
from cortistim.records.pose import PoseRecord
from cortistim.records.provenance import ConvergenceRecord, SourceRecord


@dataclass(frozen=True, kw_only=True)
class ChannelRecord:
    """One channel's share in a locus.

    Parameters
    ----------
    name : str
        Of the channel.
    didt_a_per_us : float
        Rate of its current; the sign is that of its positive direction.
    current_a : float
        At the end of the rise.
    at_bound : bool
        It can give no more.
    """

    name: str
    didt_a_per_us: float
    current_a: float
    at_bound: bool


@dataclass(frozen=True, kw_only=True)
class PeakRecord:
    """The hot spot: the 5 mm patch of cortex with the largest mean |E|, by a direct solve.

    Parameters
    ----------
    e_v_per_m : float
        Mean |E| in it.
    subject_mm : list of float
        Its middle.
    in_plane_mm : list of float
        The same along the set's x and y.
    angle_deg : float
        Of its mean E in the set's plane, from +y towards -x.
    off_mm : float
        From the target, straight through space.
    off_in_plane_mm : float
        From where it was asked for, along the set's face.
    off_deg : float
        From the wished angle.
    """

    e_v_per_m: float
    subject_mm: tuple[float, ...]
    in_plane_mm: tuple[float, ...]
    angle_deg: float
    off_mm: float
    off_in_plane_mm: float
    off_deg: float


@dataclass(frozen=True, kw_only=True)
class LocusRecord:
    """One place and direction that the set was steered to.

    Parameters
    ----------
    asked_mm, asked_deg : list of float, float
        Along the set's x and y from under its centre; angle of E from +y towards -x.
    target_mm : list of float
        The cortex there, in subject space: a crown up to 3 mm aside before a sulcus.
    target_in_plane_mm : list of float
        The same along the set's x and y.
    channels : list of ChannelRecord
        What each gives.
    energy_j : float
        Magnetic energy of all channels at the end of the rise.
    predicted_elsewhere : float
        Mean |E| of the strongest other patch over the wished field; 1 or less puts the hot
        spot at the target.
    target_e_v_per_m : float
        Mean E along the wished direction in the target, by the direct solve.
    peak : PeakRecord
        By the direct solve.
    """

    asked_mm: tuple[float, ...]
    asked_deg: float
    target_mm: tuple[float, ...]
    target_in_plane_mm: tuple[float, ...]
    channels: list[ChannelRecord]
    energy_j: float
    predicted_elsewhere: float
    target_e_v_per_m: float
    peak: PeakRecord


@dataclass(frozen=True, kw_only=True)
class ArrayRecord:
    """The content of ``array.json``.

    Parameters
    ----------
    notice : str
        What this may be used for.
    head, coil : records
        As in ``aim.json``.
    set : str
        What the set of channels is.
    pose : PoseRecord
        Of the set, the same for all loci.
    target : str
        What the set stands above.
    inductances_uh : list of lists
        Of the channels.
    rise_us : float
        Time in which the currents rise evenly.
    bound_a_per_us : float or None
        On every channel's dI/dt.
    wished_e_v_per_m : float
        In every target.
    solver : ConvergenceRecord
        Of the channels' block.
    loci : list of LocusRecord
        As asked for.
    warnings : list of str
        What to know.
    versions, sources : mapping, tuple of SourceRecord
        As in ``aim.json``.
    """

    notice: str
    head: HeadRecord
    coil: CoilRecord
    set: str
    pose: PoseRecord
    target: str
    inductances_uh: tuple[tuple[float, ...], ...]
    rise_us: float
    bound_a_per_us: float | None
    wished_e_v_per_m: float
    solver: ConvergenceRecord
    loci: list[LocusRecord]
    warnings: list[str]
    versions: dict[str, str]
    sources: tuple[SourceRecord, ...]
