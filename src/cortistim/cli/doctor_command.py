"""``cortistim doctor``: whether the installation computes what it should."""

import click

from cortistim.cli import options
from cortistim.cli.progress import shown
from cortistim.records import json_line
from cortistim.records.doctor import DoctorRecord, HealthCheck

FAILED = 1


@click.command()
@options.json_option
@options.quiet_option
def command(*, as_json: bool, quiet: bool) -> None:
    """Check the installation: versions, threads, cache, and a short self-test.

    The self-test compares a field in a ball, a straight axon's threshold and a safety verdict
    with answers that are known without this program. Exit code 0 when all agree, also when
    optional libraries are missing; 1 when something does not. The first run compiles.
    """
    from cortistim.study.upkeep import run_doctor

    with shown(quiet=quiet) as progress:
        record = run_doctor(progress=progress)
    click.echo(json_line(record) if as_json else summary(record))
    if not record.ok:
        raise click.exceptions.Exit(FAILED)


def summary(record: DoctorRecord) -> str:
    """Say what was found, a line each.

    Parameters
    ----------
    record : DoctorRecord
        What was found.

    Returns
    -------
    str
        For the terminal.
    """
    versions = record.versions
    threads = record.threads
    lines = [
        f"cortistim {versions.get('cortistim', '?')}, Python {versions['python']}, "
        f"{versions['platform']}",
        f"threads   {threads.processors} processors, {threads.compiled or 'no'} for compiled "
        "loops",
        f"cache     {record.cache_bytes / 1e6:.1f} MB in {record.cache}",
    ]
    lines += [f"setting   {name}={value}" for name, value in threads.settings.items()]
    lines += [_line(check) for check in record.checks]
    lines += [f"optional  {part.name} is missing: {part.get}" for part in record.missing]
    failed = [check.name for check in record.checks if not check.ok]
    lines.append(
        "all is well: 'cortistim plan' makes a first plan"
        if record.ok
        else f"not well: {', '.join(failed)}. Install cortistim anew into a fresh environment; "
        "if that does not help, report the output of 'cortistim doctor --json'."
    )
    return "\n".join(lines)


def _line(check: HealthCheck) -> str:
    mark = "ok" if check.ok else "NOT OK"
    said = f"{check.value} (expected {check.expected})" if check.value != check.expected else ""
    return (
        f"{mark:<9} {check.name}: {said or check.value}, {check.seconds:.1f} s; {check.words}"
    )
