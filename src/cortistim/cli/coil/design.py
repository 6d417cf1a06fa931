"""``cortistim coil design``, ``compare`` and ``deng``: coils of one's own, coils measured."""

import json
from pathlib import Path
from typing import Any

import click
import numpy as np

from cortistim.cli import options
from cortistim.coil import Winding
from cortistim.coil.design import CoilDesign, design_array, design_paths, design_windings
from cortistim.coil.windings import figure_eight_wings, round_wings
from cortistim.coil.wire import Wire, closed_path
from cortistim.errors import BadInputError, quoted
from cortistim.io import read_paths, write_coil
from cortistim.study import CoilRequest
from cortistim.study.coil.design import Supply, compared, deng_record, design_record
from cortistim.units import m_from_mm

SHAPES = ("circular", "figure8", "overlapping-figure8", "double-cone", "array", "path")
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
    asked["name"] = asked["name"] or (out.name.split(".")[0] if out else asked["shape"])
    design = build(**asked)
    supply = Supply(
        asked["capacitance_uf"] * 1e-6,
        asked["voltage_v"],
        asked["lead_uh"] * 1e-6,
        asked["lead_mohm"] * 1e-3,
    )
    record = {"shape": asked["shape"], **design_record(design, supply)}
    if out is not None:
        write_coil(out, design.coil if design.in_series and _is_one(design) else design.parts)
        record["file"] = str(out)
    click.echo(json.dumps(record, ensure_ascii=False) if as_json else _design_words(record))


def _is_one(design: CoilDesign) -> bool:
    return len(design.parts.elements) == 1


def build(**asked: Any) -> CoilDesign:  # noqa: ANN401
    """Turn options in millimetres into a coil.

    Parameters
    ----------
    **asked : options
        As click names them.

    Returns
    -------
    CoilDesign
        With its inductances.
    """
    shape, name, plastic_m = asked["shape"], asked["name"], m_from_mm(asked["plastic_mm"])
    if shape == "path":
        if asked["path_file"] is None:
            msg = "a coil of paths needs --path FILE with their corners."
            raise BadInputError(msg)
        paths = [closed_path(corners_m) for corners_m in read_paths(asked["path_file"])]
        return design_paths(name, paths, asked["wire"], in_series=not asked["separate"])
    winding = _winding(**asked)
    if shape == "array":
        pitch_mm = asked["pitch_mm"] or winding.outer_diameter_m * 1e3
        layout = (asked["columns"], asked["rows"])
        return design_array(name, winding, layout, m_from_mm(pitch_mm), plastic_m=plastic_m)
    if shape == "circular":
        wings = round_wings(plastic_m)
    else:
        wings = figure_eight_wings(
            winding,
            plastic_m,
            bend_rad=float(np.deg2rad(_bend_deg(**asked))),
            gap_m=m_from_mm(_gap_mm(**asked)),
        )
    words = f"{shape}, designed."
    return design_windings(name, winding, wings, plastic_m=plastic_m, words=words)


def _gap_mm(*, shape: str, gap_mm: float, overlap_mm: float | None, **_: Any) -> float:  # noqa: ANN401
    if shape != "overlapping-figure8":
        return gap_mm if overlap_mm is None else -overlap_mm
    if overlap_mm is None:
        msg = "an overlapping figure-8 needs --overlap-mm, how far its wings overlap."
        raise BadInputError(msg)
    return -overlap_mm


def _bend_deg(*, shape: str, bend_deg: float, **_: Any) -> float:  # noqa: ANN401
    if shape == "double-cone" and bend_deg == 0:
        msg = "a double cone needs --bend-deg above 0, the turn of each wing to the head."
        raise BadInputError(msg)
    return bend_deg


def _winding(
    *,
    inner_mm: float | None,
    outer_mm: float | None,
    spacing_mm: float | None,
    turns: int,
    layers: int,
    layer_gap_mm: float,
    wire: Wire,
    **_: Any,  # noqa: ANN401
) -> Winding:
    if inner_mm is None or (outer_mm is None) == (spacing_mm is None):
        msg = "a winding needs --inner-mm and either --outer-mm or --spacing-mm."
        raise BadInputError(msg)
    inner_m = m_from_mm(inner_mm)
    if spacing_mm is None:
        outer_m = m_from_mm(outer_mm or 0.0)
    else:
        outer_m = inner_m + 2 * (turns * wire.width_m + (turns - 1) * m_from_mm(spacing_mm))
    return Winding(
        inner_m, outer_m, turns, wire.width_m, wire.height_m, layers,
        m_from_mm(layer_gap_mm), wire.round_section,
    )  # fmt: skip


def _design_words(record: dict[str, Any]) -> str:
    circuit, sphere = record["circuit"], record["sphere"]
    mutual = ", ".join(f"{value:.3g}" for value in record["mutual_inductances_uh"][:6])
    own = ", ".join(f"{value:.4g}" for value in record["self_inductances_uh"][:6])
    lines = [
        f"{record['name']}: {record['geometry']}",
        f"inductance   {record['inductance_uh']:.4g} uH ({record['driven']}); self {own} uH"
        + (f"; mutual {mutual} uH" if mutual else ""),
        f"resistance   {record['resistance_dc_mohm']:.3g} mohm direct, "
        f"{record['resistance_skin_mohm']:.3g} mohm with skin effect; "
        f"{record['wire_length_m']:.3g} m of wire",
        f"             {record['resistance_words']}",
        f"circuit      {circuit['capacitance_uf']:g} uF at {circuit['voltage_v']:g} V: "
        f"{circuit['didt_a_per_us']:.4g} A/us, period {circuit['period_us']:.4g} us, peak "
        f"{circuit['peak_current_ka']:.3g} kA, {circuit['energy_j']:.3g} J",
        f"peak B       {record['b_peak_10mm_t']:.3g} T, 10 mm in front of the face",
        f"peak E       {sphere['e_peak_cortex_v_per_m']:.4g} V/m on the cortex, "
        f"{sphere['e_peak_head_v_per_m']:.4g} V/m on the head",
        f"depth        d1/2 {sphere['depth_half_cm']:.3g} cm",
        f"spread       S1/2 {sphere['spread_half_cm2']:.4g} cm², "
        f"V1/2 {sphere['focality_volume_half_cm3']:.4g} cm³",
        f"sphere       {sphere['model']}; lifted {sphere['lift_mm']:g} mm to stay outside",
        f"current      {record['current']}",
    ]
    lines += [f"file         {record['file']}"] if "file" in record else []
    return "\n".join(lines)


@click.command("compare")
@click.argument("coil_names", metavar="COIL...", nargs=-1, required=True)
@click.option(
    "--figure",
    type=click.Path(path_type=Path),
    help="Write depth against spread, with published coils, as PNG.",
)
@options.json_option
def compare_command(*, coil_names: tuple[str, ...], figure: Path | None, as_json: bool) -> None:
    """Compare coils: field per A/µs, depth and spread, in a table and a figure."""
    coils = {}
    for name in coil_names:
        coil = CoilRequest(name).load()
        label = coil.name if coil.name not in coils else name
        coils[label] = coil
    rows = compared(coils)
    if as_json:
        click.echo(json.dumps({"coils": rows}, ensure_ascii=False))
    else:
        click.echo(_table(rows, COMPARED))
    if figure is None:
        return
    from cortistim.viz.figures.coil_comparison import write_comparison

    # last, so that a figure that fails costs no numbers
    points = {row["coil"]: (row["depth_half_cm"], row["spread_half_cm2"]) for row in rows}
    write_comparison(figure, points)
    if not as_json:
        click.echo(f"file {figure}")


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


def _table(rows: list[dict[str, Any]], columns: dict[str, str]) -> str:
    cells = [list(columns.values())]
    cells += [[_cell(row[key]) for key in columns] for row in rows]
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
    rows = deng_record()
    if as_json:
        click.echo(json.dumps({"coils": rows}, ensure_ascii=False))
        return
    click.echo(_table(rows, DENG))
    click.echo("tolerances: 6 % of d1/2, 12 % of S1/2")
