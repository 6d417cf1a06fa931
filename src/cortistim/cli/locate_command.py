"""``cortistim locate``: from poses and responses to the piece of cortex behind them."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.options import Positive
from cortistim.cli.progress import shown
from cortistim.records.locate import LocateRecord

FILE = click.Path(path_type=Path, dir_okay=False)
MEASURES = ("magnitude", "normal", "tangential", "recruited")


@click.command()
@options.head_option
@click.option(
    "--operator",
    "operator_file",
    type=options.GIVEN,
    help="The head's, from 'cortistim operator build', with points where the site may be.",
)
@options.coil_option
@click.option(
    "--poses",
    "poses_file",
    type=options.GIVEN,
    help='JSON with {"matsimnibs": [4x4, ...]} in mm, or a navigator\'s file.',
)
@click.option(
    "--responses",
    type=options.GIVEN,
    help="CSV with mep_uv (0: none), and perhaps didt_a_per_us, muscle and pose: one row for "
    "each pose in its order, or a column pose that counts from 0.",
)
@click.option("--muscle", metavar="NAME", help="Which one, where the table has several.")
@click.option(
    "--measure",
    type=click.Choice(["compared", *MEASURES]),
    default="compared",
    show_default=True,
    help="Of the field. 'compared' takes |E| unless another one foretells held-out responses "
    "clearly better.",
)
@click.option(
    "--floor",
    "floor_uv",
    type=Positive(),
    default=50.0,
    show_default=True,
    help="Responses at or below this size in µV are censored.",
)
@click.option(
    "--shuffles",
    type=click.IntRange(0, 2000),
    default=99,
    show_default=True,
    help="Permutations that say what chance explains.",
)
@click.option("--aim", is_flag=True, help="Find the pose that drives the site best, too.")
@click.option(
    "--dose-at",
    multiple=True,
    type=options.Target(),
    help="Target whose dose for the site's field at threshold is asked for; may be given "
    "several times. The operator must have points there.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True,
              help="Of what is drawn.")  # fmt: skip
@click.option("--out", type=FILE, required=True, help="JSON file; GIFTI files lie beside it.")
@click.option("--figure", type=FILE, help="Draw the posterior on the cortex as PNG.")
@options.json_option
@options.quiet_option
def command(
    *,
    operator_file: Path | None,
    poses_file: Path | None,
    out: Path,
    figure: Path | None,
    as_json: bool,
    quiet: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Find which piece of cortex responses come from, and how sure that is.

    For every piece of cortex a curve of log amplitudes over its field is fitted, small
    responses censored. peak_mm has the smallest expected distance to the site, in the head's
    frame; radius90_mm is the ball about it that holds the site with 90 %. Where nothing can be
    named, identifiable is false and reasons says why.
    """
    from cortistim.io.navigators import read_all_poses
    from cortistim.study.mapping.locate import LocateRequest, run_locate, write_locate

    wanted = (
        "responses",
        "muscle",
        "measure",
        "floor_uv",
        "shuffles",
        "seed",
        "aim",
        "dose_at",
    )
    request = LocateRequest(
        head=options.head_request(**asked),
        operator=operator_file,
        coil=options.coil_request(**asked),
        poses=() if poses_file is None else tuple(read_all_poses(poses_file)),
        **{name: asked[name] for name in wanted},
    )
    with shown(quiet=quiet) as progress:
        result = run_locate(request, progress=progress)
        records = write_locate(result, out, progress=progress)
    if as_json:
        click.echo(out.read_text(encoding="utf-8").rstrip())
    else:
        click.echo("\n".join(line for r in records.items() for line in _words(*r)))
        click.echo(f"file: {out}")
    if figure is not None:
        from cortistim.errors import BadInputError
        from cortistim.viz.figures.site import SiteContent, write_site_figure

        content = [SiteContent(s.name, s.found.posterior, result.fields.points_m,
                               records[s.name]) for s in result.sites]  # fmt: skip
        if missing := write_site_figure(figure, result.head.cortex, content):
            raise BadInputError(missing)


def _words(name: str, record: LocateRecord) -> list[str]:
    lines = [] if not name else [f"{name}:"]
    if record.peak_mm is not None:
        at = ", ".join(f"{v:.1f}" for v in record.peak_mm)
        lines.append(
            f"site       {at} mm, within {record.radius50_mm:.1f} mm with 50 % and "
            f"{record.radius90_mm:.1f} mm with 90 %"
        )
        lines.append(f"explained  {100 * (record.explained or 0):.0f} % by {record.measure}")
    said = "yes" if record.identifiable else "no: " + "; ".join(record.reasons)
    lines.append(f"identified {said}")
    for measure, told in record.held_out.items():
        if measure != "magnitude":
            lines.append(
                f"held out   {measure} {told.than_magnitude:+.1f} ± {told.standard_error:.1f} "
                "against |E|"
            )
    for other, share in record.overlap.items():
        lines.append(f"overlap    {100 * share:.0f} % with {other}")
    for method, place in record.congruence_mm.items():
        if place is not None:
            lines.append(f"by {method}: {', '.join(f'{v:.1f}' for v in place)} mm")
    for dose in record.doses:
        rate = "" if dose.didt_a_per_us is None else f", {dose.didt_a_per_us:.1f} A/µs"
        lines.append(f"dose at {dose.target}: {dose.percent_of_site:.0f} % of the site's{rate}")
    return lines + [f"note: {text}" for text in record.notes]
