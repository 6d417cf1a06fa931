"""``cortistim coil field``: a coil's field in the sphere."""

from pathlib import Path

import click

from cortistim.cli import options
from cortistim.cli.lines import fitted
from cortistim.cli.places import NewFile
from cortistim.cli.progress import shown
from cortistim.records import json_line
from cortistim.records.coil_sphere import SphereFieldRecord
from cortistim.study import CoilRequest
from cortistim.study.coil.sphere import SphereFieldRequest, run_sphere_field, write_sphere_field
from cortistim.units import a_per_s_from_a_per_us

SHOWN_MM = (0, 5, 10, 15, 20, 30, 40, 50)


@click.command("field")
@click.argument("coil_name", metavar="COIL")
@options.deformation_option
@options.channel_option
@click.option(
    "--didt-a-per-us",
    type=options.Positive(),
    default=100.0,
    show_default=True,
    help="dI/dt in A/µs of all fields.",
)
@click.option(
    "--figure",
    type=NewFile(path_type=Path),
    help="Draw the field on the brain and by depth (.png, .pdf, .svg).",
)
@options.json_option
@options.quiet_option
def field_command(
    *,
    coil_name: str,
    deformation: tuple,
    channels: tuple,
    didt_a_per_us: float,
    figure: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show a coil's field in the sphere: a map on the brain and a profile in depth.

    The sphere is that of Deng et al. (2013): head 85 mm, brain 70 mm, the coil's face on the
    head. A coil that can be bent is bent to it unless --deformation says how.
    """
    request = SphereFieldRequest(
        coil=CoilRequest(coil_name, deformation=deformation, channels=channels),
        didt_a_per_s=a_per_s_from_a_per_us(didt_a_per_us),
    )
    with shown(quiet=quiet or as_json) as progress:
        record = write_sphere_field(run_sphere_field(request, progress=progress), figure)
    click.echo(json_line(record) if as_json else _words(record))


def _words(record: SphereFieldRecord) -> str:
    sphere = record.sphere
    by_depth = dict(zip(record.depth_mm, record.e_v_per_m, strict=True))
    profile = ", ".join(f"{mm:g} mm {by_depth[mm]:.3g}" for mm in SHOWN_MM if mm in by_depth)
    bent = ", ".join(f"{name} {value:g}" for name, value in record.deformation.items())
    lines = [
        f"{record.coil} at {record.didt_a_per_us:g} A/µs",
        f"strongest  {record.e_v_per_m[0]:.4g} V/m on the brain, "
        f"{record.strongest_at_deg:.0f}° from the coil's axis",
        f"by depth   {profile} (V/m)",
        f"half       d1/2 {sphere.depth_half_cm:.3g} cm, S1/2 {sphere.spread_half_cm2:.4g} cm²",
        f"sphere     {sphere.model}; lifted {sphere.lift_mm:g} mm",
    ]
    lines += [f"bent       {bent}"] if bent else []
    return fitted([*lines, *([f"file       {record.file}"] if record.file else [])])
