"""``cortistim eeg``: lead fields of heads, epochs cleaned with them, evoked potentials."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.options import Positive
from cortistim.cli.progress import shown
from cortistim.errors import BadInputError, quoted
from cortistim.records import json_line


class Pair(click.ParamType):
    """Two numbers, the lower one first."""

    name = "LOW,HIGH"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, float]:  # noqa: ANN401, ARG002
        """Read the pair."""
        if isinstance(value, tuple):
            return value
        try:
            low, high = (float(part) for part in value.split(","))
        except ValueError:
            low, high = 1.0, 0.0
        if not low < high:
            name = param.opts[0] if param else "a pair"
            msg = f"{name} must be two numbers LOW,HIGH; got {quoted(value)}."
            raise BadInputError(msg)
        return low, high


event_option = click.option(
    "--event", help="Which events are pulses, in a recording with several kinds."
)
epochs_argument = click.argument("epochs", type=options.GIVEN)


@click.group()
def command() -> None:
    """EEG with pulses: the head's lead field, cleaning, evoked potentials."""


@command.command()
@options.head_option
@click.option(
    "--montage",
    default="64",
    show_default=True,
    help="64, 32, names of the 10-10 system such as Fz,Cz,Pz, or a file of positions (CSV as "
    "'cortistim head electrodes --out' writes).",
)
@click.option(
    "--points", type=click.IntRange(10, 1_000_000), default=5000, show_default=True,
    help="Dipoles, spread evenly over the mid-grey surface.",
)  # fmt: skip
@options.out_option(files=("leadfield.npz",))
@options.json_option
@options.quiet_option
def leadfield(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Compute the lead field of EEG electrodes on a head, one solve for each.

    Writes leadfield.npz and, where mne is installed, leadfield-fwd.fif for MNE.
    """
    from cortistim.study.eeg.leadfield import LeadFieldRequest, run_leadfield, write_leadfield

    request = LeadFieldRequest(
        head=options.head_request(**asked), montage=asked["montage"], points=asked["points"]
    )
    with shown(quiet=quiet) as progress:
        record = write_leadfield(run_leadfield(request, progress=progress), out)
    if as_json:
        click.echo(json_line(record))
        return
    lines = [
        f"lead field  {len(record.electrodes)} electrodes, {record.points} dipoles on "
        f"{record.head}, against the average",
        f"size        {record.median_uv_per_10_na_m:.3g} µV at the strongest electrode for "
        "10 nA m, median",
        *(f"warning     {text}" for text in record.warnings),
        f"files       {', '.join(str(out / name) for name in record.files)}",
    ]
    click.echo("\n".join(lines))


@command.command()
@epochs_argument
@click.option(
    "--leadfield", required=True, type=options.GIVEN,
    help="leadfield.npz of 'cortistim eeg leadfield'.",
)  # fmt: skip
@event_option
@click.option("--drop", multiple=True, help="A bad channel; restored from the others.")
@click.option(
    "--cut", "cut_ms", type=Pair(), default=(-2.0, 4.0), show_default="-2,4",
    help="What is cut out around the pulse and bridged, in ms.",
)  # fmt: skip
@click.option("--sound/--no-sound", default=True, help="Suppress the noise of channels.")
@click.option("--ssp-sir/--no-ssp-sir", default=True, help="Project muscle out.")
@click.option(
    "--lambda", "regularisation", type=Positive(), default=0.1, show_default=True,
    help="How much SOUND is damped.",
)  # fmt: skip
@click.option(
    "--components", type=click.IntRange(1),
    help="Muscle topographies; by default those that hold 90 % of the variance.",
)  # fmt: skip
@click.option(
    "--filter", "filter_hz", type=Pair(), default=(1.0, 100.0), show_default="1,100",
    help="Pass band of the last step in Hz, with 48 to 52 Hz taken out.",
)  # fmt: skip
@click.option("--no-filter", is_flag=True, help="Leave the last step out.")
@options.out_option(files=("clean.npz",))
@options.json_option
@options.quiet_option
def clean(
    *,
    out: Path,
    as_json: bool,
    quiet: bool,
    cut_ms: tuple[float, float],
    no_filter: bool,
    filter_hz: tuple[float, float],
    **asked: Any,  # noqa: ANN401
) -> None:
    """Clean EPOCHS around pulses with a head's own lead field (SOUND, SSP-SIR).

    EPOCHS are an .npz with values_v, times_s and names, or any file that mne reads.
    """
    from cortistim.study.eeg.clean import CleanRequest, run_clean, write_clean

    low_ms, high_ms = cut_ms
    request = CleanRequest(
        cut_s=(1e-3 * low_ms, 1e-3 * high_ms),
        filter_hz=None if no_filter else filter_hz,
        **asked,
    )
    with shown(quiet=quiet) as progress:
        record = write_clean(run_clean(request, progress=progress), out)
    if as_json:
        click.echo(json_line(record))
        return
    lines = [
        f"trials    {record.trials}, {record.trials_rejected} left out",
        f"channels  {len(record.channels)}, restored: {', '.join(record.restored) or 'none'}",
        f"removed   {record.removed_percent:g} % of the variance from 15 to 300 ms",
    ]
    for name, kept in (
        ("SOUND", record.sound_kept_percent),
        ("SSP-SIR", record.ssp_sir_kept_percent),
    ):
        if kept is not None:
            lines.append(f"{name:<9} leaves {kept.median:g} % of brain signals, median")
    lines += [f"warning   {text}" for text in record.warnings]
    click.echo("\n".join([*lines, f"files     {out / record.file}"]))


@command.command()
@epochs_argument
@event_option
@click.option(
    "--site", type=click.Choice(("m1", "dlpfc")), default="m1", show_default=True,
    help="Whose windows of peaks are used.",
)  # fmt: skip
@click.option(
    "--channel", "channels", multiple=True,
    help="Whose mean the peaks are measured on; by default those around the left site.",
)  # fmt: skip
@click.option("--leadfield", type=options.GIVEN, help="For a map of early sources.")
@click.option(
    "--baseline", "baseline_ms", type=Pair(), default=(-400.0, -50.0), show_default="-400,-50",
    help="Window that is set to zero, in ms.",
)  # fmt: skip
@options.out_option(files=("tep.csv",))
@options.json_option
def tep(
    *,
    out: Path,
    as_json: bool,
    baseline_ms: tuple[float, float],
    **asked: Any,  # noqa: ANN401
) -> None:
    """Measure the evoked potential of EPOCHS: global field, peaks, PCI-ST, early sources."""
    from cortistim.study.eeg.tep import TepRequest, run_tep, write_tep

    low_ms, high_ms = baseline_ms
    request = TepRequest(baseline_s=(1e-3 * low_ms, 1e-3 * high_ms), **asked)
    record = write_tep(run_tep(request), out)
    if as_json:
        click.echo(json_line(record))
        return
    lines = [f"trials   {record.trials}, {len(record.channels)} channels"]
    for one in record.peaks:
        when = "none" if one.latency_ms is None else f"{one.latency_ms:.1f} ms"
        lines.append(f"{one.name:<8} {when:<9} {one.amplitude_uv:.2f} µV")
    told = (
        "unknown: the epochs are too short" if record.pci_st is None else f"{record.pci_st:g}"
    )
    lines.append(f"PCI-ST   {told}")
    if record.sources_at is not None:
        place = ", ".join(f"{value:g}" for value in record.sources_at.peak_mm)
        lines.append(f"sources  strongest at ({place}) mm, 15 to 50 ms")
    lines += [f"warning  {text}" for text in record.warnings]
    click.echo("\n".join([*lines, f"files    {out}"]))
