"""Stimulators, devices, pulses and doses, as records."""

from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from cortistim.records.protocol import Deliverable
from cortistim.records.safety import Confidence


@dataclass(frozen=True, kw_only=True)
class StimulatorRecord:
    """A stimulator in the list.

    Parameters
    ----------
    words, waveform : str
        What it is.
    didt_max_a_per_us : mapping of str to float
        At full output, by coil.
    """

    words: str
    waveform: str
    didt_max_a_per_us: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class PulseRecord:
    """A stimulator's pulse with a coil.

    Parameters
    ----------
    stimulator, coil : str
        Which ones.
    percent_mso : float
        Of the maximal output.
    didt_a_per_us : float
        When the pulse starts.
    didt_source, didt_note : str
        Where that is from.
    duration_us : float
        Of the pulse.
    capacitance_uf : float
        Of the circuit.
    capacitance_source : str
        Where that is from.
    voltage_v : float
        At full output.
    voltage_source : str
        Where that is from.
    words : str
        The waveform.
    """

    stimulator: str
    coil: str
    percent_mso: float
    didt_a_per_us: float
    didt_source: str
    didt_note: str
    duration_us: float
    capacitance_uf: float
    capacitance_source: str
    voltage_v: float
    voltage_source: str
    words: str


@dataclass(frozen=True, kw_only=True)
class NamedProtocolRecord:
    """A short-named protocol in the list of pulses.

    Parameters
    ----------
    words : str
        Its pattern.
    pulses : int
        How many there are.
    duration_s : float
        From the first to the last.
    intensity_percent : float
        Of the threshold.
    threshold : str
        Which one.
    confidence : {"high", "medium", "low"}
        How sure it is.
    sources : tuple of str
        Keys of ``references.bib`` and words.
    """

    words: str
    pulses: int
    duration_s: float
    intensity_percent: float
    threshold: str
    confidence: Confidence
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OutputRecord:
    """What a device gives at one output.

    Parameters
    ----------
    percent_mso : float
        The output.
    max_rate_hz : float or None
        None where nobody tells it.
    energy_j, heat_j : float
        Of each pulse.
    """

    percent_mso: float
    max_rate_hz: float | None
    energy_j: float
    heat_j: float


@dataclass(frozen=True, kw_only=True)
class LimitSource:
    """Where a limit of a device is from.

    Parameters
    ----------
    source : str
        A key of ``references.bib``, or ``assumed``.
    confidence : str
        ``high``, ``medium``, ``low`` or ``none``.
    note : str
        What to know of it.
    """

    source: str
    confidence: str
    note: str


@dataclass(frozen=True, kw_only=True)
class SessionOnDevice:
    """What a device makes of a session at an output.

    Parameters
    ----------
    name : str
        The session, as it was asked for.
    percent_mso : float
        Of its pulses.
    verdict : {"deliverable", "not deliverable", "not known"}
        What is known of it.
    reason : str
        Why.
    notes : tuple of str
        What else to know.
    peak_rate_hz, mean_power_w, heat_j : float
        Of the session.
    sources : tuple of str
        Keys of the limits.
    """

    name: str
    percent_mso: float
    verdict: Deliverable
    reason: str
    notes: tuple[str, ...]
    peak_rate_hz: float
    mean_power_w: float
    heat_j: float
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DeviceRecord:
    """What a device can deliver.

    Parameters
    ----------
    name, words, circuit, waveform : str
        What it is.
    didt_max_a_per_us : mapping of str to float
        At full output, by coil.
    linear : str
        How output and dI/dt are related.
    by_output : tuple of OutputRecord
        Rate, energy and heat.
    theta_burst_50hz_up_to_percent_mso : float or None
        Highest output of pulses 20 ms apart; None where no rate is known.
    rate : LimitSource
        Of the rates.
    mean_power_w : float or None
        Over a train and its pause; None where nobody tells it.
    mean_power : LimitSource
        Of the mean power.
    mains : str
        At which voltage the rates hold; may be empty.
    shortest_pause_s : float
        Between trains.
    longest_pause_s, train_s, train_pulses : float or None
        Of the device's own programmes.
    train_note : str
        What happens beyond.
    session_pulses : float or None
        Most that were shown in one go.
    coil_temperature : str
        Why there is none.
    protocol : SessionOnDevice, optional
        What it makes of a session, where one was named.
    """

    name: str
    words: str
    circuit: str
    waveform: str
    didt_max_a_per_us: dict[str, float]
    linear: str
    by_output: tuple[OutputRecord, ...]
    theta_burst_50hz_up_to_percent_mso: float | None
    rate: LimitSource
    mean_power_w: float | None
    mean_power: LimitSource
    mains: str
    shortest_pause_s: float
    longest_pause_s: float | None
    train_s: float | None
    train_pulses: float | None
    train_note: str
    session_pulses: float | None
    coil_temperature: str
    protocol: SessionOnDevice | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class DoseConversionRecord:
    """One dose in all its forms.

    Parameters
    ----------
    stimulator, coil : str
        Which ones.
    percent_mso, didt_a_per_us : float
        Output and dI/dt.
    displayed_didt_a_per_us : float or None
        As the stimulator shows it; None where no measurement tells.
    e_v_per_m : float or None
        At the target; None without a field.
    energy_j, heat_j : float
        Of each pulse.
    max_rate_hz : float or None
        None where nobody tells it.
    didt_max_a_per_us : float
        At full output.
    didt_source, linearity : str
        What it rests on.
    """

    stimulator: str
    coil: str
    percent_mso: float
    didt_a_per_us: float
    displayed_didt_a_per_us: float | None
    e_v_per_m: float | None
    energy_j: float
    heat_j: float
    max_rate_hz: float | None
    didt_max_a_per_us: float
    didt_source: str
    linearity: str
