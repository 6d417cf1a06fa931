"""``cortistim cohort``: many people, one command."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.places import Folder
from cortistim.cli.progress import shown
from cortistim.records.cohort import CohortRecord
from cortistim.records.cohort_group import GroupRecord
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


@command.command()
@click.argument("folder", metavar="DIR", type=options.GIVEN)
@click.option("--out", type=Folder(), required=True, help="Folder for maps, tables and page.")
@click.option(
    "--map",
    "column",
    default="magn",
    show_default=True,
    metavar="magn|normal|recruitment",
    help="|E|, its part into the cortex, or the share of layer-5 cells that fire.",
)
@click.option("--target", help="Of the cohort's plans; its first one by default.")
@click.option("--coil", help="Of the cohort's plans; its first one by default.")
@click.option(
    "--level",
    type=float,
    help="People above it are counted; 50 V/m or 50 % by default, 25 V/m of the normal part.",
)
@click.option(
    "--smooth",
    "smoothing_mm",
    type=click.FloatRange(0, 40),
    default=0.0,
    show_default=True,
    help="Full width at half maximum along the surface in mm.",
)
@click.option(
    "--mso",
    "mso_percent",
    type=click.FloatRange(0, 100, min_open=True),
    help="Compare fields at this output for everybody, in % of the maximal one; by default at "
    "100 A/µs. Also the output of the dose rule that is the same for all.",
)
@click.option(
    "--percent-rmt",
    type=click.FloatRange(0, 300, min_open=True),
    default=100.0,
    show_default=True,
    help="Of the dose rule by motor thresholds.",
)
@click.option("--groups", metavar="A-B", default="", help="Test whether two groups differ.")
@click.option("--outcome", default="", help="Test whether values follow a column of the sheet.")
@click.option("--paired", default="", help="Test the difference from another target or coil.")
@click.option("--covariate", "covariates", multiple=True, help="Column that is held constant.")
@click.option("--table", type=options.GIVEN, help="More columns, by participant_id.")
@click.option(
    "--atlas",
    type=options.GIVEN,
    multiple=True,
    help="Regions on fsaverage5, .annot or .gii: the left file, then the right one.",
)
@click.option(
    "--permutations",
    type=click.IntRange(99, 1_000_000),
    default=1000,
    show_default=True,
    help="Of the test, the data as they are included.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the permutations."
)
@options.json_option
@options.quiet_option
def group(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Put the people of a cohort together: maps, regions, a test, doses, one page.

    Mean and spread of the field on fsaverage5, people above a level, regions with intervals;
    who is under- and overdosed by which dose rule; motor thresholds foretold from the field,
    each person's from the others. A test permutes people or flips signs, and corrects for the
    whole surface by TFCE and by the mass of clusters.
    """
    from cortistim.study.cohort.group import GroupRequest, run_group
    from cortistim.study.cohort.group_files import write_group

    request = GroupRequest(**asked)
    with shown(quiet=quiet) as progress:
        found = run_group(request, progress=progress)
        record = write_group(found, out, progress=progress)
    if as_json:
        click.echo(json_line(record))
        return
    for line in _group_words(record):
        click.echo(line)
    click.echo(str(out / "group.html"))


def _group_words(record: GroupRecord) -> list[str]:
    lines = [f"people   {len(record.people)}: {record.map_is}"]
    lines += [
        f"region   {one.region}: {one.mean:.1f} {record.unit} ({one.mean_low:.1f} to "
        f"{one.mean_high:.1f}), SD {one.sd:.1f}, {one.above_percent:.0f} % of people above "
        f"{record.level:g}"
        for one in record.regions
    ]
    if record.test is not None:
        test = record.test
        lines.append(
            f"test     {test.question}: p {test.least_p_tfce:.4f} (TFCE), "
            f"{test.least_p_cluster:.4f} (cluster mass); {test.detectable.words}"
        )
    lines += [
        f"dose     {rule.words}: {rule.under} under, {rule.within} within, {rule.over} over"
        for rule in record.rules
    ]
    if record.rules_reason:
        lines.append(f"dose     {record.rules_reason}")
    if record.foretold is not None:
        lines.append(
            f"rMT      foretold from the others to {record.foretold.rmse_percent:.1f} %MSO "
            f"(their mean: {record.foretold.rmse_of_mean_percent:.1f})"
        )
    return lines


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
