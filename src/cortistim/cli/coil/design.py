"""``cortistim coil design``, ``compare`` and ``deng``: coils of one's own, coils measured."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import click
import numpy as np

from cortistim.cli import options
from cortistim.coil import CoilAssembly
from cortistim.coil.wire import Wire
from cortistim.errors import quoted
from cortistim.records import json_line
from cortistim.records.coil import ComparedCoil, DesignedCoilRecord, PublishedCoil
from cortistim.study import CoilRequest
from cortistim.study.coil.design import (
    CoilDesignRequest,
    Shape,
    Supply,
    run_coil_design,
    write_coil_design,
)
from cortistim.study.coil.measures import compare_coils, compare_with_deng
from cortistim.units import m_from_mm

SHAPES = get_args(Shape)
MM = click.FloatRange(0, 1000)


class Section(click.ParamType):
    """``WIDTHxHEIGHT`` of rectangular wire, or ``DIAMETER`` of round wire, in mm."""

    name = "WxH|D"

    def convert(self, value: Any, param: Any, ctx: Any) -> Wire:  # noqa: ANN401
        """Read one or two numbers."""
        if isinstance(value, Wire):
            return value
        try:
            width_m, *height_m = (m_from_mm(float(part)) for part in value.lower().split("x"))
            (height_m,) = height_m or [width_m]
            return Wire(width_m, height_m, round_section="x" not in value.lower())
        except ValueError:
            message = f"must be WIDTHxHEIGHT or DIAMETER in mm; got {quoted(value)}."
            self.fail(message, param, ctx)


def _mm(name: str, default: float | None, words: str) -> Any:  # noqa: ANN401
    return click.option(
        f"--{name}-mm", type=MM, default=default, show_default=default is not None, help=words
    )


@click.command("design")
@click.option(
    "--shape",
    type=click.Choice(SHAPES),
    default="figure8",
    show_default=True,
    help="How the wire runs; 'path' takes it from --path.",
)
@_mm("inner", None, "Inner diameter of the copper of each wing.")
@_mm("outer", None, "Outer diameter; or give --spacing-mm.")
@click.option(
    "--turns",
    type=click.IntRange(1, 200),
    default=9,
    show_default=True,
    help="Of each wing, in each layer.",
)
@click.option(
    "--layers",
    type=click.IntRange(1, 20),
    default=1,
    show_default=True,
    help="Of turns, one above the other.",
)
@_mm("layer-gap", 0.0, "Between neighbouring layers.")
@_mm("spacing", None, "Between neighbouring turns; sets the outer diameter.")
@click.option(
    "--wire-mm",
    "wire",
    type=Section(),
    default="1.75x6",
    show_default=True,
    help="Section of the wire: width (along the radius) x height, or a round wire's diameter.",
)
@click.option(
    "--gap-mm",
    type=click.FloatRange(-500, 500),
    default=0.0,
    show_default=True,
    help="Between the wings' copper.",
)
@_mm("overlap", None, "Of the wings of an overlapping figure-8.")
@click.option(
    "--bend-deg",
    type=click.FloatRange(0, 80),
    default=0.0,
    show_default=True,
    help="Turn of each wing towards the head; the wings of a double cone enclose 180 - 2 x.",
)
@click.option(
    "--columns",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Coils of an array along x.",
)
@click.option(
    "--rows",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Coils of an array along y.",
)
@_mm("pitch", None, "Between neighbouring centres of an array.")
@click.option(
    "--path",
    "path_file",
    type=options.GIVEN,
    help="Corners of closed paths of wire: lines x,y,z in mm, a blank line between paths.",
)
@click.option("--separate", is_flag=True, help="Give every path its own stimulator.")
@_mm("plastic", 5.0, "Between copper and the casing's face.")
@click.option(
    "--capacitance-uf",
    type=float,
    default=185.0,
    show_default=True,
    help="Of the stimulator, in µF.",
)
@click.option(
    "--voltage",
    "voltage_v",
    type=float,
    default=1650.0,
    show_default=True,
    help="Of the stimulator at full output, in V.",
)
@click.option(
    "--lead-uh",
    type=float,
    default=1.5,
    show_default=True,
    help="Inductance of cable and stimulator, in µH.",
)
@click.option(
    "--lead-mohm",
    type=float,
    default=20.0,
    show_default=True,
    help="Resistance of all but the coil, in mΩ.",
)
@click.option("--name", help="Of the coil; by default that of the file.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write the coil to a .ccd, .tcd or .nii(.gz) file.",
)
@options.json_option
def design_command(*, out: Path | None, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Design a coil: its dipoles or wire, inductance, resistance, output, depth and spread.

    A figure-8's positive current runs so that a rising one induces E along +y, away from the
    handle, under its centre; a round coil's runs counter-clockwise seen from the head. Peak B
    is that in the plane 10 mm in front of the face. Depth and spread are those of Deng et al.
    (2013) in a sphere.
    """
    request = CoilDesignRequest(
        shape=asked["shape"],
        name=asked["name"] or (out.name.split(".")[0] if out else asked["shape"]),
        wire=asked["wire"],
        **{f"{length}_m": _m(asked[f"{length}_mm"]) for length in LENGTHS},
        turns=asked["turns"],
        layers=asked["layers"],
        bend_rad=float(np.deg2rad(asked["bend_deg"])),
        columns=asked["columns"],
        rows=asked["rows"],
        path_file=asked["path_file"],
        separate=asked["separate"],
        supply=Supply(
            capacitance_f=asked["capacitance_uf"] * 1e-6,
            voltage_v=asked["voltage_v"],
            lead_h=asked["lead_uh"] * 1e-6,
            lead_ohm=asked["lead_mohm"] * 1e-3,
        ),
    )
    found = run_coil_design(request)
    if out is not None:
        found = write_coil_design(found, out)
    click.echo(json_line(found.record) if as_json else _design_words(found.record))


LENGTHS = ("inner", "outer", "spacing", "layer_gap", "gap", "overlap", "pitch", "plastic")


def _m(length_mm: float | None) -> Any:  # noqa: ANN401
    return None if length_mm is None else m_from_mm(length_mm)


def _design_words(record: DesignedCoilRecord) -> str:
    circuit, sphere = record.circuit, record.sphere
    mutual = ", ".join(f"{value:.3g}" for value in record.mutual_inductances_uh[:6])
    own = ", ".join(f"{value:.4g}" for value in record.self_inductances_uh[:6])
    lines = [
        f"{record.name}: {record.geometry}",
        f"inductance   {record.inductance_uh:.4g} uH ({record.driven}); self {own} uH"
        + (f"; mutual {mutual} uH" if mutual else ""),
        f"resistance   {record.resistance_dc_mohm:.3g} mohm direct, "
        f"{record.resistance_skin_mohm:.3g} mohm with skin effect; "
        f"{record.wire_length_m:.3g} m of wire",
        f"             {record.resistance_words}",
        f"circuit      {circuit.capacitance_uf:g} uF at {circuit.voltage_v:g} V: "
        f"{circuit.didt_a_per_us:.4g} A/us, period {circuit.period_us:.4g} us, peak "
        f"{circuit.peak_current_ka:.3g} kA, {circuit.energy_j:.3g} J",
        f"peak B       {record.b_peak_10mm_t:.3g} T, 10 mm in front of the face",
        f"peak E       {sphere.e_peak_cortex_v_per_m:.4g} V/m on the cortex, "
        f"{sphere.e_peak_head_v_per_m:.4g} V/m on the head",
        f"depth        d1/2 {sphere.depth_half_cm:.3g} cm",
        f"spread       S1/2 {sphere.spread_half_cm2:.4g} cm², "
        f"V1/2 {sphere.focality_volume_half_cm3:.4g} cm³",
        f"sphere       {sphere.model}; lifted {sphere.lift_mm:g} mm to stay outside",
        f"current      {record.current}",
    ]
    lines += [f"file         {record.file}"] if record.file else []
    return "\n".join(lines)


@click.command("compare")
@click.argument("coil_names", metavar="COIL...", nargs=-1, required=True)
@click.option(
    "--figure",
    type=click.Path(path_type=Path),
    help="Write depth against spread, with published coils (.png, .pdf, .svg).",
)
@options.deformation_option
@options.json_option
def compare_command(
    *, coil_names: tuple[str, ...], figure: Path | None, deformation: tuple, as_json: bool
) -> None:
    """Compare coils: field per A/µs, depth and spread, in a table and a figure.

    A coil that can be bent is bent to the sphere unless --deformation says how.
    """
    bent = [_bent(name, deformation) for name in coil_names]
    found = compare_coils(bent)
    if as_json:
        click.echo(json_line(found))
    else:
        click.echo(_table(found.coils, COMPARED))
        click.echo(
            "".join(f"note  {row.coil} {row.note}\n" for row in found.coils if row.note),
            nl=False,
        )
    if figure is None:
        return
    from cortistim.viz.figures.coil_comparison import write_comparison

    # last, so that a figure that fails costs no numbers
    points = {row.coil: (row.depth_half_cm, row.spread_half_cm2) for row in found.coils}
    write_comparison(figure, points)
    if not as_json:
        click.echo(f"file {figure}")


def _bent(name: str, deformation: tuple) -> CoilRequest:
    """Bend those of the coils that can be bent; a rigid one beside them stays as it is."""
    request = CoilRequest(name)
    can_be = isinstance(request.stored(), CoilAssembly)
    return CoilRequest(name, deformation=deformation) if can_be else request


COMPARED = {
    "coil": "coil",
    "inductance_uh": "L uH",
    "b_peak_10mm_mt_per_ka": "B mT/kA",
    "e_cortex_v_per_m_per_a_per_us": "E cortex",
    "e_head_v_per_m_per_a_per_us": "E head",
    "depth_half_cm": "d1/2 cm",
    "spread_half_cm2": "S1/2 cm²",
    "focality_volume_half_cm3": "V1/2 cm³",
    "lift_mm": "lift mm",
}
DENG = {
    "number": "no.",
    "coil": "coil",
    "depth_half_cm": "d1/2 cm",
    "published_depth_half_cm": "publ.",
    "depth_off_percent": "off %",
    "spread_half_cm2": "S1/2 cm²",
    "published_spread_half_cm2": "publ.",
    "spread_off_percent": "off %",
    "within": "within",
    "note": "",
}


def _table(rows: Sequence[ComparedCoil | PublishedCoil], columns: dict[str, str]) -> str:
    cells = [list(columns.values())]
    cells += [[_cell(getattr(row, key)) for key in columns] for row in rows]
    widths = [max(len(line[k]) for line in cells) for k in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@click.command("deng")
@options.json_option
def deng_command(*, as_json: bool) -> None:
    """Compare named coils with depth and spread published by Deng et al. (2013)."""
    found = compare_with_deng()
    if as_json:
        click.echo(json_line(found))
        return
    click.echo(_table(found.coils, DENG))
    click.echo("tolerances: 6 % of d1/2, 12 % of S1/2")
