"""``cortistim cohort``: many people, one command."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.places import Folder
from cortistim.cli.progress import shown
from cortistim.records.cohort import CohortRecord
from cortistim.records.form import json_line

SOME_FAILED = 3


@click.group()
def command() -> None:
    """Studies of many people: from images to plans, and groups on fsaverage."""


@command.command()
@click.argument("sheet", metavar="COHORT.yaml|BIDS_DIR", type=options.GIVEN)
@click.option(
    "--out",
    type=Folder(),
    required=True,
    help="Folder for cohort.json, everybody's files, and the maps as BIDS derivatives.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Steps at once on this machine, one thread each; by default as many as cores and "
    "memory allow.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Dask scheduler whose workers do the steps, such as tcp://10.0.0.1:8786; they must "
    "see the same files.",
)
@click.option(
    "--participant-label",
    multiple=True,
    metavar="LABEL",
    help="Only these people, with or without sub-; may be given several times.",
)
@click.option(
    "--array",
    metavar="K/N",
    help="Every N-th person, beginning with the K-th: for array jobs of clusters.",
)
@click.option("--dry-run", is_flag=True, help="Say what is left, how long and how large.")
@click.option("--retry", is_flag=True, help="Try what has failed once more, too.")
@click.option("--setting", help="fine (default) or coarse, to try a study out.")
@click.option("--target", "targets", multiple=True, help="In place of those of the sheet.")
@click.option("--coil", "coils", multiple=True, help="In place of those of the sheet.")
@click.option("--protocol", help="That doses are for, in place of that of the sheet.")
@click.option(
    "--operator/--no-operator",
    default=None,
    help="Build each head's field operator, and search poses with it.",
)
@options.json_option
@options.quiet_option
def run(*, as_json: bool, quiet: bool, **asked: Any) -> int:  # noqa: ANN401
    """Build heads and operators, make plans, and carry fields to fsaverage, for everybody.

    Whatever is done stays done: a run that was stopped goes on where it was, and one person's
    failure does not stop the others. The sheet lists people with a T1 image, a head or a
    FreeSurfer subject:

    \b
      people:
        - {id: anna, t1: anna.nii.gz, rmt: 52}
        - {id: bert, head: m2m_bert}
        - {id: carl, freesurfer: subjects/carl}
      targets: [dlpfc_l]
      coils: [magstim_d70]

    Exit status: 0 all done, 3 some failed, 2 nothing could be started.
    """  # noqa: D301 - click's sign for text that is not wrapped
    from cortistim.study.cohort.run import CohortRequest, run_cohort

    changes = {
        key: asked.pop(key) for key in ("setting", "targets", "coils", "protocol", "operator")
    }
    given = tuple((key, value) for key, value in changes.items() if value not in (None, ()))
    request = CohortRequest(**{**asked, "array": asked["array"] or ""}, changes=given)
    with shown(quiet=quiet) as progress:
        record = run_cohort(request, progress=progress)
    if as_json:
        click.echo(json_line(record))
    else:
        _tell(record, request.out)
    return SOME_FAILED if record.failures else 0


def _tell(record: CohortRecord, out: Path) -> None:
    counts = record.counts
    click.echo(
        f"people   {counts.people}: {counts.people_done} done, {counts.people_failed} failed"
    )
    click.echo(
        f"steps    {counts.steps}: {counts.steps_done} done ({counts.steps_kept} before), "
        f"{counts.steps_failed} failed, {counts.steps_skipped} skipped for that"
    )
    click.echo(f"setting  {record.setting_is}")
    if record.dry_run:
        click.echo(f"left     {record.estimate.words}")
    for failure in record.failures:
        click.echo(f"failed   sub-{failure.person} {failure.step}: {failure.sentence}")
    if not record.dry_run:
        click.echo(str(out / "cohort.json"))
