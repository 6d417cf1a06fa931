"""``cortistim target``: targets from a person's own data."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.options import Positive
from cortistim.cli.progress import shown
from cortistim.errors import BadInputError, quoted
from cortistim.records import json_line
from cortistim.records.connectivity import ConnectivityTargetRecord


class Band(click.ParamType):
    """Two frequencies."""

    name = "LOW,HIGH"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, float]:  # noqa: ANN401, ARG002
        """Read the pair."""
        if isinstance(value, tuple):
            return value
        try:
            low, high = (float(part) for part in value.split(","))
        except ValueError:
            low, high = 1.0, 0.0
        if not 0 <= low < high < 1e3:
            msg = f"`band_hz` must be two frequencies LOW,HIGH in Hz; got {quoted(value)}."
            raise BadInputError(msg)
        return low, high


@click.group()
def command() -> None:
    """Targets from a person's own data."""


@command.command()
@click.option(
    "--bold",
    required=True,
    type=options.GIVEN,
    help="Resting series after preprocessing, 4-D; masks, confounds and sidecar that fMRIPrep "
    "put beside it are found by themselves.",
)
@click.option("--mask", type=options.GIVEN, help="The brain, on the grid of the series.")
@click.option(
    "--confounds",
    type=options.GIVEN,
    help="Table with tabs, a row for each volume: fMRIPrep's, or columns that are all used.",
)
@click.option(
    "--tr", "tr_s", type=float, help="Seconds from volume to volume; else as the files state."
)
@click.option(
    "--space",
    type=click.Choice(("mni", "subject")),
    required=True,
    help="Space of images, coordinates and answer.",
)
@click.option(
    "--seed",
    default="sgacc",
    show_default=True,
    help="sgacc (10 mm around 6,16,-10 in MNI space), x,y,z,radius in mm, or a map of weights.",
)
@click.option(
    "--method",
    type=click.Choice(("cluster", "mean", "seedmap", "hierarchical")),
    default="cluster",
    show_default=True,
    help="cluster: centre of the largest cluster of extreme correlation with the seed as it is "
    "given; mean: the same with the seed's plain mean; seedmap: with the sum over a map, the "
    "person's own where the seed is a sphere; hierarchical: parcels ranked by size, "
    "concentration and net correlation.",
)
@click.option(
    "--search-region",
    default="left_dlpfc",
    show_default=True,
    help="left_dlpfc, right_dlpfc (20 mm around BA 9, BA 46, the 5 cm place and "
    "F3), or a mask.",
)
@click.option(
    "--head",
    "head_name",
    help="The person's head: ties subject and MNI space together; the target is moved to its "
    "grey matter. A built-in head, .msh or folder.",
)
@click.option(
    "--operator",
    type=options.GIVEN,
    help="Operator of that head: |E| at the hand area over |E| at the target.",
)
@click.option(
    "--coil", default="magstim_d70", show_default=True, help="Of the fields by the operator."
)
@click.option(
    "--gsr/--no-gsr", default=True, show_default=True,
    help="Take the mean over the brain out; the target of the other way is reported, too.",
)  # fmt: skip
@click.option(
    "--sign", type=click.Choice(("negative", "positive")), default="negative",
    show_default=True, help="Of the correlation that is looked for.",
)  # fmt: skip
@click.option(
    "--percent", type=click.FloatRange(0, 100, min_open=True), default=10.0, show_default=True,
    help="Share of the correlations of that sign that may form clusters.",
)  # fmt: skip
@click.option(
    "--band", "band_hz", type=Band(), default=(0.01, 0.1), show_default="0.01,0.1",
    help="Frequencies that are kept, in Hz.",
)  # fmt: skip
@click.option(
    "--fd", "fd_mm", type=Positive(), default=0.5, show_default=True,
    help="Frames with a larger framewise displacement in mm do not count.",
)  # fmt: skip
@click.option(
    "--smooth", "fwhm_mm", type=click.FloatRange(0, 20), default=4.0, show_default=True,
    help="Full width at half maximum of the smoothing, in mm.",
)  # fmt: skip
@click.option(
    "--draws", type=click.IntRange(0, 10000), default=200, show_default=True,
    help="Of the bootstrap over minutes.",
)  # fmt: skip
@click.option(
    "--random-seed", type=click.IntRange(0), default=1, show_default=True,
    help="Of halvings and draws.",
)  # fmt: skip
@options.out_option(files=("r_map.nii.gz", "cluster.nii.gz", "target.json"))
@options.json_option
@options.quiet_option
def connectivity(
    *,
    out: Path,
    as_json: bool,
    quiet: bool,
    head_name: str | None,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Find a target by its correlation with a seed at rest.

    Writes target.json (place, correlation with its error, distances between targets of halves
    of the data, second-best cluster, advice), target.png, and the map of correlations.
    """
    from cortistim.study.connectivity.record import write_connectivity
    from cortistim.study.connectivity.request import ConnectivityRequest
    from cortistim.study.connectivity.target import run_connectivity
    from cortistim.study.request.inputs import HeadRequest

    head = None if head_name is None else HeadRequest(head_name)
    request = ConnectivityRequest(head=head, **asked)
    with shown(quiet=quiet) as progress:
        result = run_connectivity(request, progress=progress)
        record = write_connectivity(result, out)
    if as_json:
        click.echo(json_line(record))
        return
    click.echo("\n".join(summary(record, out)))


def summary(record: ConnectivityTargetRecord, out: Path) -> list[str]:
    """Say a target in a few lines.

    Parameters
    ----------
    record : ConnectivityTargetRecord
        The content of ``target.json``.
    out : Path
        Where the files are.

    Returns
    -------
    list of str
        For the terminal.
    """
    lines = ["target     none"]
    if record.target_mm is not None and record.r is not None:
        place = ", ".join(f"{value:.1f}" for value in record.target_mm)
        error = "unknown" if record.r_se is None else f"{record.r_se:.2f}"
        lines = [
            f"target     ({place}) mm in {record.space} space",
            f"r          {record.r:.3f}, standard error {error}",
        ]
    halves = record.split_half_mm
    if halves.p50 is not None:
        lines.append(
            f"halves     {halves.p50:.1f} mm apart in the median, 90 % {halves.p90:.1f}"
        )
    if record.runner_up is not None:
        rival = record.runner_up
        lines.append(
            f"runner-up  {100 * rival.size_ratio:.0f} % of the size, {rival.away_mm:.0f} mm "
            "away"
        )
    other = record.other_gsr
    if other.away_mm is not None:
        way = "with" if other.gsr else "without"
        lines.append(f"{way:<10} global signal removed: {other.away_mm:.1f} mm away")
    data = record.data
    tsnr = "" if data.seed_tsnr is None else f"; tSNR of the seed {data.seed_tsnr:.0f}"
    lines += [
        f"data       {data.minutes_kept:.1f} of {data.minutes_recorded:.1f} min{tsnr}",
        f"advice     {record.advice}",
    ]
    if record.on_head is not None:
        place = ", ".join(f"{value:.1f}" for value in record.on_head.subject_mm)
        lines.append(
            f"on head    ({place}) mm, {record.on_head.scalp_distance_mm:.0f} mm from the scalp"
        )
    lines += [f"warning    {text}" for text in record.warnings]
    lines += [f"note       {text}" for text in record.notes]
    return [*lines, f"evidence   {record.evidence}", f"files      {out}"]
