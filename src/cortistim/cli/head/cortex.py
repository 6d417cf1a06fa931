"""``cortistim head surfaces`` and ``head beam-f3``: the cortex as files, F3 by tape."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.progress import shown
from cortistim.errors import BadInputError
from cortistim.head.space.beam_f3 import HeadLengths, Side
from cortistim.records import json_line
from cortistim.records.beam_f3 import BeamF3OnHeadRecord, BeamF3Record
from cortistim.records.surfaces import HemisphereRecord, SurfacesRecord
from cortistim.study.head.beam_f3 import beam_on_head, beam_record
from cortistim.study.head.surfaces import SurfacesRequest, run_surfaces, write_surfaces
from cortistim.units import m_from_mm


@click.command()
@click.argument("name", metavar="[HEAD]", required=False)
@options.head_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for GIFTI files.",
)
@click.option(
    "--atlas",
    type=options.GIVEN,
    help="Label image in MNI space, sampled on the cortex through the head's tie to MNI.",
)
@click.option(
    "--atlas-table",
    type=options.GIVEN,
    help="Names for --atlas: number and name of each region (tables of FreeSurfer, MRIcron, "
    "ITK-SNAP and BIDS).",
)
@click.option(
    "--fsaverage",
    type=options.GIVEN,
    help="Folder with the template's lh.sphere.reg or lh.sphere (FreeSurfer's fsaverage, "
    "SimNIBS' or nilearn's copy): writes all values on its vertices, too. Without the "
    "subject's sphere.reg they are tied by MNI space.",
)
@click.option(
    "--overlay",
    "overlays",
    type=options.GIVEN,
    multiple=True,
    help="GIFTI values on the head's cortex, such as a plan's cortex_field.func.gii, to carry "
    "to fsaverage; may be given several times.",
)
@click.option(
    "--depth",
    "depths",
    type=click.FloatRange(0, 1),
    multiple=True,
    help="A further layer: the share of the cortex, by volume, that lies above it (0 pia, "
    "1 white matter); may be given several times.",
)
@options.json_option
@options.quiet_option
def surfaces(
    *,
    name: str | None,
    out: Path,
    as_json: bool,
    quiet: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Write the cortex as GIFTI: white, mid and pial sides, thickness, folds and regions.

    The surfaces of a hemisphere share their vertices, in mm of subject space. Hemispheres are
    those given (m2m_ folder, --surfaces), else separated from the mesh; they are topological
    spheres.
    """
    if name is not None:
        asked["head_name"] = name
    names = ("atlas", "atlas_table", "fsaverage", "overlays", "depths")
    request = SurfacesRequest(
        head=options.head_request(**asked), **{key: asked[key] for key in names}
    )
    with shown(quiet=quiet) as progress:
        found = run_surfaces(request, progress=progress)
        record = write_surfaces(found, out, progress=progress)
    if as_json:
        click.echo(json_line(record))
        return
    _tell_sizes("whole", record)
    for side, row in record.hemispheres.items():
        _tell_sizes(side, row)
    for note in record.notes:
        click.echo(f"note: {note}")
    click.echo(str(out))


def _tell_sizes(words: str, row: SurfacesRecord | HemisphereRecord) -> None:
    click.echo(
        f"{words:<6} {row.vertices:>7} vertices, {row.area_cm2:7.1f} cm², thickness "
        f"{row.thickness_mm.median:.2f} mm (median), Euler number {row.euler_number}"
    )


def _length(flag: str, words: str) -> Any:  # noqa: ANN401 - click has no public type for it
    return click.option(flag, type=float, metavar="MM", help=f"{words}, in mm.")


@click.command("beam-f3")
@_length("--nasion-inion", "From nasion to inion over the vertex")
@_length("--tragus", "From tragus to tragus over the vertex")
@_length("--circumference", "Around the head at the height of FPz and Oz")
@click.option(
    "--side",
    type=click.Choice(("left", "right")),
    default="left",
    show_default=True,
    help="Left for F3, right (mirrored) for F4.",
)
@options.head_option
@options.json_option
@options.quiet_option
@click.pass_context
def beam_f3(
    context: click.Context,
    *,
    side: Side,
    as_json: bool,
    quiet: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Find F3 from three tape measures, by the formula of the Beam F3 calculator.

    X goes along the circumference from the midline, Y from the vertex towards that point. With
    --head the lengths are measured on its scalp, and the point is shown on it.
    """
    given = tuple(asked.pop(key) for key in ("nasion_inion", "tragus", "circumference"))
    named = context.get_parameter_source("head_name") != click.core.ParameterSource.DEFAULT
    if named == any(length is not None for length in given):
        msg = "beam-f3 needs either three lengths in mm or a --head to measure them on."
        raise BadInputError(msg)
    if named:
        with shown(quiet=quiet) as progress:
            record = beam_on_head(options.head_request(**asked).load(progress=progress), side)
    else:
        record = beam_record(_lengths(given), side)
    click.echo(json_line(record) if as_json else _in_words(record))


def _lengths(given: tuple[float | None, ...]) -> HeadLengths:
    missing = [
        flag
        for flag, length in zip(
            ("--nasion-inion", "--tragus", "--circumference"), given, strict=True
        )
        if length is None
    ]
    if missing:
        msg = f"beam-f3 needs all three lengths; {', '.join(missing)} is missing."
        raise BadInputError(msg)
    return HeadLengths(*(m_from_mm(length) for length in given if length is not None))


def _in_words(record: BeamF3Record) -> str:
    lines = [
        f"X {record.x_cm:.2f} cm along the circumference from the midline to the {record.side}",
        f"Y {record.y_cm:.2f} cm from the vertex towards that point",
    ]
    if isinstance(record, BeamF3OnHeadRecord):
        place = ", ".join(f"{x:.1f}" for x in record.scalp_mm)
        apart = f"{record.from_electrode_mm:.1f} mm from {record.electrode}"
        lines.append(f"on the scalp at ({place}) mm, {apart}")
    return "\n".join(lines)
