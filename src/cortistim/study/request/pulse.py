"""Which threshold table a stimulator's pulse takes: shipped, scaled to it, or built for it."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cortistim.coil import Coil, Waveform
from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.io.table.waveform import read_waveform_tsv
from cortistim.neuron.duration import ScaledFit, scaled_fit
from cortistim.neuron.shape import PulseShape, named_shape, shape_of
from cortistim.neuron.tables import ThresholdFit, fit_for, is_shipped
from cortistim.pulse import Output, Pulse
from cortistim.records import number
from cortistim.records.neuron import PulseTableRecord
from cortistim.typing import Progress, silent

OWN_WAVEFORM = "stimulator"


@dataclass(frozen=True, eq=False)
class PulseTable:
    """A pulse, its table, and how it was had.

    Parameters
    ----------
    shape : PulseShape
        The pulse.
    fit : ThresholdFit
        Its thresholds.
    words : str
        Where the table is from.
    """

    shape: PulseShape
    fit: ThresholdFit
    words: str

    def record(self) -> PulseTableRecord:
        """Say what is known of the table."""
        scaled = self.fit if isinstance(self.fit, ScaledFit) else None
        return PulseTableRecord(
            name=self.shape.name,
            shipped_table=scaled is not None or is_shipped(self.shape),
            table=self.words,
            scaled_from=scaled.base if scaled else None,
            scaling_error_percent=scaled.error_percent if scaled else 0.0,
            scaling_factor=number(scaled.factor, 4) if scaled else None,
        )


def pulse_table(
    name: str, output: Output, coil: Coil, *, progress: Progress = silent
) -> PulseTable:
    """Find the table for a stimulator and coil.

    Parameters
    ----------
    name : str
        A built-in shape, a .tsv file, ``stimulator`` for a table of its own waveform, or
        empty for the shipped table of its kind, scaled to that waveform.
    output : Output
        The stimulator.
    coil : Coil
        Its inductance shapes the waveform.
    progress : callable, optional
        Told while a table is built, which takes minutes.

    Returns
    -------
    PulseTable
        The empty name takes the kind's table as it is where the pair's waveform is unknown,
        and says so.
    """
    if name.lower() == OWN_WAVEFORM:
        shape = _own_shape(output, coil)
        return PulseTable(shape, fit_for(shape, progress=progress), "built for this waveform")
    if name:
        shape = find_shape(name)
        words = "shipped" if is_shipped(shape) else "built for this waveform"
        return PulseTable(shape, fit_for(shape, progress=progress), words)
    base = named_shape(SHAPE_OF_KIND[output.stimulator.waveform])
    fit = fit_for(base)
    try:
        shape = _own_shape(output, coil)
    except BadInputError as error:
        return PulseTable(base, fit, f"shipped for {base.name}, not scaled: {error}")
    scaled = scaled_fit(fit, base, shape)
    words = (
        f"shipped for {base.name}, thresholds times {scaled.factor:.3g} for the stimulator's "
        f"waveform by a first-order membrane: within {scaled.error_percent:g} % of a table of "
        "its own, which takes minutes to build, is kept, and is built when asked for"
    )
    return PulseTable(shape, scaled, words)


def _own_shape(output: Output, coil: Coil) -> PulseShape:
    """Return the shape of `waveform`, named after the pair."""
    shape = shape_of(waveform(output, coil, 1.0))
    return replace(shape, name=f"{output.stimulator.name} with {coil.name}")


def waveform(output: Output, coil: Coil, didt_a_per_s: float) -> Pulse:
    """Return a stimulator's waveform with a given peak.

    Where nobody measured the pair, the circuit is taken with the coil's inductance, or with
    that of the stimulator's first measured coil: the shape hardly depends on it.

    Parameters
    ----------
    output : Output
        Stimulator and pair.
    coil : Coil
        Its name and inductance are used.
    didt_a_per_s : float [A/s]
        The peak.

    Returns
    -------
    Pulse
        dI/dt over time.
    """
    stimulator = output.stimulator
    names = (coil.name, *sorted(stimulator.measured))
    for name in names:
        try:
            pulse = stimulator.pulse(name, 100.0, coil.inductance_h)
        except BadInputError:
            continue  # this pair was not measured; the next one gives the shape
        return pulse.scaled_to(didt_a_per_s)
    msg = (
        f"the waveform of {stimulator.name} needs the coil's inductance, which {coil.name} "
        "does not state. Choose another stimulator."
    )
    raise BadInputError(msg)


def find_shape(name: str) -> PulseShape:
    """Find a pulse's shape.

    Parameters
    ----------
    name : str
        A built-in shape, or a .tsv file, see `read_waveform_tsv`.

    Returns
    -------
    PulseShape
        Peak 1, positive at the start.
    """
    if not name.lower().endswith((".tsv", ".txt")):
        return named_shape(name)
    try:
        wave = read_waveform_tsv(name)
        _check_unit(wave)
        given = ("given by the user",)
        return shape_of(Pulse(Path(name).stem, wave.time_s, wave.signal, given))
    except FileFormatError:
        raise
    except BadInputError as error:
        msg = str(error) if name in str(error) else f"{name}: {error}"
        raise BadInputError(msg) from error


def _check_unit(wave: Waveform) -> None:
    """Refuse a field that no stimulator reaches; signals of another unit are not judged."""
    peak = float(np.abs(wave.signal).max())
    if re.search(r"V[ _]*(/|per)[ _]*m\b", wave.name, re.IGNORECASE) and not peak <= 1e4:
        msg = (
            f"the signal {quoted(wave.name)} peaks at {peak:.3g} V/m; stimulators reach some "
            "hundred. Check its unit."
        )
        raise BadInputError(msg)


SHAPE_OF_KIND = {
    "biphasic": "biphasic",
    "monophasic": "monophasic",
    "half-sine": "half_sine",
    "controllable": "ctms60",
}
