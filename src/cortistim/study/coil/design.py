"""Coils of one's own: from what is asked for to copper, circuit, depth and spread."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal

import numpy as np

from cortistim.coil import Winding
from cortistim.coil.design import CoilDesign, design_array, design_paths, design_windings
from cortistim.coil.windings import figure_eight_wings, round_wings
from cortistim.coil.wire import Wire, closed_path, skin_depth_m
from cortistim.errors import BadInputError
from cortistim.io import read_paths, write_coil
from cortistim.pulse import Circuit
from cortistim.records.coil import CircuitRecord, CoilRecord, DesignedCoilRecord
from cortistim.sources import ASSUMED, Sourced
from cortistim.study.coil.measures import FIGURES, performance_record
from cortistim.study.record import coil_record
from cortistim.typing import FloatArray
from cortistim.units import a_per_us_from_a_per_s, mm_from_m, us_from_s

Shape = Literal["circular", "figure8", "overlapping-figure8", "double-cone", "array", "path"]
"""How the wire of a coil can run."""
USER = "given by the user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What a designed coil is connected to.

    Parameters
    ----------
    capacitance_f : float [F]
        Of the stimulator's capacitor.
    voltage_v : float [V]
        To which it is charged.
    lead_h : float [H]
        Inductance of cable and stimulator.
    lead_ohm : float [ohm]
        Resistance of cable, switch and capacitor.
    """

    capacitance_f: float = 185e-6
    voltage_v: float = 1650.0
    lead_h: float = 1.5e-6
    lead_ohm: float = 20e-3

    def circuit(self, inductance_h: float, coil_ohm: float) -> Circuit:
        """Close the circuit with a coil.

        Parameters
        ----------
        inductance_h : float [H]
            Of the coil alone.
        coil_ohm : float [ohm]
            Of the coil alone.

        Returns
        -------
        Circuit
            Of everything.

        Raises
        ------
        BadInputError
            When it does not ring, or a lead is negative.
        """
        if not (self.lead_h >= 0 and self.lead_ohm >= 0):
            msg = (
                "the leads must have an inductance and a resistance of 0 or more; got "
                f"{self.lead_h:g} H and {self.lead_ohm:g} ohm."
            )
            raise BadInputError(msg)
        return Circuit(
            Sourced(self.capacitance_f, "F", USER),
            Sourced(inductance_h + self.lead_h, "H", USER),
            Sourced(coil_ohm + self.lead_ohm, "ohm", ASSUMED, "copper and leads"),
            Sourced(self.voltage_v, "V", USER),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class CoilDesignRequest:
    """A coil to design.

    Parameters
    ----------
    shape : str
        How the wire runs; ``path`` takes it from `path_file`.
    name : str
        Of the coil.
    wire : Wire
        Its section.
    inner_m, outer_m : float or None [m]
        Diameters of the copper of each wing; or give `spacing_m` for the outer one.
    spacing_m : float or None [m]
        Between neighbouring turns.
    turns, layers : int
        Of each wing.
    layer_gap_m : float [m]
        Between neighbouring layers.
    gap_m : float [m]
        Between the wings' copper.
    overlap_m : float or None [m]
        Of the wings of an overlapping figure-8.
    bend_rad : float [rad]
        Turn of each wing towards the head.
    columns, rows : int
        Coils of an array along x and y.
    pitch_m : float or None [m]
        Between neighbouring centres of an array; by default the outer diameter.
    path_file : Path or None
        Corners of closed paths of wire.
    separate : bool
        Give every path its own stimulator.
    plastic_m : float [m]
        Between copper and the casing's face.
    supply : Supply
        What drives it.
    """

    shape: Shape = "figure8"
    name: str
    wire: Wire
    inner_m: float | None = None
    outer_m: float | None = None
    spacing_m: float | None = None
    turns: int = 9
    layers: int = 1
    layer_gap_m: float = 0.0
    gap_m: float = 0.0
    overlap_m: float | None = None
    bend_rad: float = 0.0
    columns: int = 2
    rows: int = 2
    pitch_m: float | None = None
    path_file: Path | None = None
    separate: bool = False
    plastic_m: float = 0.005
    supply: Supply

    def winding(self) -> Winding:
        """Return the winding of each wing.

        Returns
        -------
        Winding
            With the outer diameter that the turns need.

        Raises
        ------
        BadInputError
            When the diameters are not stated, or twice.
        """
        if self.inner_m is None or (self.outer_m is None) == (self.spacing_m is None):
            msg = "a winding needs `inner_m` and either `outer_m` or `spacing_m`."
            raise BadInputError(msg)
        outer_m = self.outer_m or 0.0
        if self.spacing_m is not None:
            copper_m = self.turns * self.wire.width_m
            outer_m = self.inner_m + 2 * (copper_m + (self.turns - 1) * self.spacing_m)
        return Winding(
            self.inner_m,
            outer_m,
            self.turns,
            self.wire.width_m,
            self.wire.height_m,
            self.layers,
            self.layer_gap_m,
            self.wire.round_section,
        )

    def wings_gap_m(self) -> float:
        """Return the gap between the wings, in metres; negative where they overlap.

        Returns
        -------
        float
            Of the copper.
        """
        if self.shape != "overlapping-figure8":
            return self.gap_m if self.overlap_m is None else -self.overlap_m
        if self.overlap_m is None:
            msg = "an overlapping figure-8 needs `overlap_m`, how far its wings overlap."
            raise BadInputError(msg)
        return -self.overlap_m

    def wings_bend_rad(self) -> float:
        """Return the turn of each wing towards the head, in radians.

        Returns
        -------
        float
            0 for flat coils.
        """
        if self.shape == "double-cone" and self.bend_rad == 0:
            msg = "a double cone needs `bend_rad` above 0, the turn of each wing to the head."
            raise BadInputError(msg)
        return self.bend_rad


@dataclass(frozen=True, eq=False, kw_only=True)
class DesignedCoil:
    """A designed coil with its numbers.

    Parameters
    ----------
    design : CoilDesign
        The coil and its parts.
    record : DesignedCoilRecord
        What a circuit and a sphere make of it.
    """

    design: CoilDesign
    record: DesignedCoilRecord


def run_coil_design(request: CoilDesignRequest) -> DesignedCoil:
    """Design a coil and measure it.

    Parameters
    ----------
    request : CoilDesignRequest
        What is asked for.

    Returns
    -------
    DesignedCoil
        With its dipoles or wire.

    Raises
    ------
    BadInputError
        When something is missing, or cannot be wound.
    """
    design = build(request)
    return DesignedCoil(design=design, record=_record(design, request))


def write_coil_design(found: DesignedCoil, path: Path) -> DesignedCoil:
    """Write a designed coil.

    Parameters
    ----------
    found : DesignedCoil
        From `run_coil_design`.
    path : Path
        Ends in .ccd, .tcd or .nii(.gz).

    Returns
    -------
    DesignedCoil
        The record says where it is.
    """
    design = found.design
    is_one = design.in_series and len(design.parts.elements) == 1
    write_coil(path, design.coil if is_one else design.parts)
    return replace(found, record=replace(found.record, file=str(path)))


def build(request: CoilDesignRequest) -> CoilDesign:
    """Wind a coil.

    Parameters
    ----------
    request : CoilDesignRequest
        What is asked for.

    Returns
    -------
    CoilDesign
        With its inductances.

    Raises
    ------
    BadInputError
        When something is missing, or cannot be wound.
    """
    name, plastic_m = request.name, request.plastic_m
    if request.shape == "path":
        if request.path_file is None:
            msg = "a coil of paths needs `path_file` with their corners."
            raise BadInputError(msg)
        paths = [closed_path(corners_m) for corners_m in read_paths(request.path_file)]
        return design_paths(name, paths, request.wire, in_series=not request.separate)
    winding = request.winding()
    if request.shape == "array":
        pitch_m = request.pitch_m or winding.outer_diameter_m
        layout = (request.columns, request.rows)
        return design_array(name, winding, layout, pitch_m, plastic_m=plastic_m)
    if request.shape == "circular":
        wings = round_wings(plastic_m)
    else:
        bend_rad, gap_m = request.wings_bend_rad(), request.wings_gap_m()
        wings = figure_eight_wings(winding, plastic_m, bend_rad=bend_rad, gap_m=gap_m)
    words = f"{request.shape}, designed."
    return design_windings(name, winding, wings, plastic_m=plastic_m, words=words)


def _record(design: CoilDesign, request: CoilDesignRequest) -> DesignedCoilRecord:
    supply = request.supply
    direct_ohm = design.wire.resistance_ohm(design.driven_length_m)
    # the frequency of the ringing hardly depends on the resistance
    frequency_hz = 1 / supply.circuit(design.inductance_h, direct_ohm).period_s
    skin_ohm = design.wire.resistance_ohm(design.driven_length_m, frequency_hz)
    circuit = supply.circuit(design.inductance_h, skin_ohm)
    performance = performance_record(design.coil, circuit)
    coil = coil_record(design.coil)
    facts = {field.name: getattr(coil, field.name) for field in fields(CoilRecord)}
    facts["a_at_20mm_t_m"] = tuple(map(float, design.coil.a_at_20mm_t_m))
    facts["inductance_uh"] = _figures(design.inductance_h, 1e6)
    return DesignedCoilRecord(
        **facts,
        shape=request.shape,
        self_inductances_uh=_all_figures(np.diag(design.inductances_h), 1e6),
        mutual_inductances_uh=_all_figures(design.mutual_h, 1e6),
        driven="all parts in series" if design.in_series else "one part alone",
        wire_length_m=_figures(design.wire_length_m),
        resistance_dc_mohm=_figures(direct_ohm, 1e3),
        resistance_skin_mohm=_figures(skin_ohm, 1e3),
        resistance_words=(
            f"copper at 20 °C; with skin effect at {frequency_hz:.0f} Hz (a rim of "
            f"{mm_from_m(skin_depth_m(frequency_hz)):.2f} mm), without that of neighbouring "
            "turns, which can multiply it severalfold"
        ),
        circuit=_circuit_record(circuit, supply),
        b_peak_10mm_mt_per_ka=performance.b_peak_10mm_mt_per_ka,
        b_peak_10mm_t=performance.b_peak_10mm_t or 0.0,
        sphere=performance.sphere,
    )


def _circuit_record(circuit: Circuit, supply: Supply) -> CircuitRecord:
    time_s = np.linspace(0, circuit.period_s / 2, 2001)
    current_a, _ = circuit.ringing(time_s)
    return CircuitRecord(
        capacitance_uf=_figures(supply.capacitance_f, 1e6),
        voltage_v=_figures(supply.voltage_v),
        total_inductance_uh=_figures(circuit.inductance.value, 1e6),
        total_resistance_mohm=_figures(circuit.resistance.value, 1e3),
        didt_a_per_us=_figures(a_per_us_from_a_per_s(circuit.didt_max_a_per_s)),
        period_us=_figures(us_from_s(circuit.period_s)),
        peak_current_ka=_figures(float(current_a.max()), 1e-3),
        energy_j=_figures(circuit.energy_j),
    )


def _figures(value: float, scale: float = 1.0) -> float:
    return float(f"{value * scale:.{FIGURES}g}")


def _all_figures(values: Sequence[float] | FloatArray, scale: float) -> tuple[float, ...]:
    return tuple(_figures(value, scale) for value in values)
