"""``cortistim head build``: from a T1 image to a head."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.places import Folder
from cortistim.cli.progress import shown
from cortistim.records import json_line
from cortistim.records.head_quality import HeadQualityRecord
from cortistim.study.head.build import (
    BuildRequest,
    LabelsBuildRequest,
    run_head_build,
    run_labels_build,
    write_head,
)
from cortistim.study.head.labels import LabelSource
from cortistim.study.head.masks import ExtraMask


class Mask(click.ParamType):
    """``FILE=SIGMA``."""

    name = "FILE=SIGMA"

    def convert(self, value: Any, param: Any, ctx: Any) -> ExtraMask:  # noqa: ANN401
        """Read the pair."""
        if isinstance(value, ExtraMask):
            return value
        path, number = options.NamedNumber().convert(value, param, ctx)
        if number <= 0:
            self.fail(f"the conductivity must be above 0 S/m; got {number:g}.", param, ctx)
        return ExtraMask(options.GIVEN.convert(path, param, ctx), number)


@click.command()
@click.argument("t1", type=options.GIVEN)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for labels.nii.gz, head.msh, quality.html and the steps in between.",
)
@click.option(
    "--t2",
    type=options.GIVEN,
    help="T2 image of the same head, on any grid.",
)
@click.option(
    "--labels",
    type=options.GIVEN,
    help="Labels on the grid of the T1 that are meshed in place of our own, such as "
    "DIR/labels.nii.gz after editing.",
)
@click.option(
    "--mask",
    "masks",
    type=Mask(),
    multiple=True,
    help="A lesion, implant or plate on the grid of the T1 with its conductivity in S/m, such "
    "as lesion.nii.gz=1.6; may be given several times.",
)
@click.option(
    "--coarse",
    is_flag=True,
    help="Voxels of 2 mm and a coarse mesh: a fifth of the time, for trying a study out. "
    "Fields may be off by tens of percent.",
)
@options.json_option
@options.quiet_option
def build(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Build a head from a whole-head T1 image (NIfTI): tissues, mesh and a report.

    Takes about ten minutes. A build that was stopped goes on where it was. Afterwards
    'cortistim plan --head DIR' and the other commands take it.
    """
    request = BuildRequest(work_folder=out, **asked)
    with shown(quiet=quiet) as progress:
        built = run_head_build(request, progress=progress)
        record = write_head(built, out, progress=progress)
    _tell(record, out, as_json=as_json)


@click.command()
@click.argument("labels", type=options.GIVEN)
@click.option(
    "--table",
    default="simnibs",
    show_default=True,
    help="What the numbers mean: simnibs (tissue tags), freesurfer (aseg and SAMSEG), or a "
    "file that gives each label a name or a tissue tag (FreeSurfer's, charm's, ITK-SNAP's "
    "and BIDS tables).",
)
@click.option(
    "--skull",
    type=options.GIVEN,
    help="A second label image in the same space for where the first has nothing, such as bone "
    "and scalp around FreeSurfer's aseg.",
)
@click.option(
    "--skull-table",
    default="simnibs",
    show_default=True,
    help="What the numbers of --skull mean, as for --table.",
)
@click.option(
    "--out",
    type=Folder("labels.nii.gz"),
    required=True,
    help="Folder for the head.",
)
@options.json_option
@options.quiet_option
def mesh(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Build a head from labels: an image (NIfTI, .mgz), or a FreeSurfer subject's aseg."""
    source = LabelSource(asked["labels"], asked["table"], asked["skull"], asked["skull_table"])
    request = LabelsBuildRequest(source=source, work_folder=out)
    with shown(quiet=quiet) as progress:
        built = run_labels_build(request, progress=progress)
        record = write_head(built, out, progress=progress)
    _tell(record, out, as_json=as_json)


def _tell(record: HeadQualityRecord, out: Path, *, as_json: bool) -> None:
    if as_json:
        click.echo(json_line(record))
        return
    for row in record.tissues:
        click.echo(f"{row.tag:>4}  {row.name:<22} {row.volume_ml:8.1f} ml")
    click.echo(f"{record.nodes} nodes, {record.tetrahedra} tetrahedra")
    for text in (*record.notes, *record.warnings):
        click.echo(f"note: {text}")
    click.echo(str(out))
