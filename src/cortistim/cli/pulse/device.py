"""``cortistim pulse device`` and ``dose``: limits of devices; %MSO, dI/dt and E."""

from typing import Any, get_args

import click

from cortistim.cli import options
from cortistim.records import json_line, plain
from cortistim.records.pulse import DeviceRecord
from cortistim.study.pulse.device import DeviceRequest, show_devices
from cortistim.study.pulse.dose import DoseRequest, Way, convert_dose, gain_of_plan
from cortistim.units import a_per_s_from_a_per_us


@click.command()
@click.argument("name", required=False)
@click.option(
    "--protocol",
    help="Also judge a protocol at --mso: a name (see 'cortistim protocol list') or a protocol "
    "file.",
)
@click.option(
    "--mso", type=options.Positive(), help="Output of the protocol in percent of the maximum."
)
@options.json_option
def device(*, name: str | None, protocol: str | None, mso: float | None, as_json: bool) -> None:
    """Show what a device can deliver: rate against output, energy, heat; without NAME, all."""
    if (protocol is None) != (mso is None):
        message = "--protocol and --mso go together: the pulses, and how strong they are."
        raise click.UsageError(message)
    request = DeviceRequest(name=name, protocol=protocol, percent_mso=mso)
    records = show_devices(request)
    if as_json:
        click.echo(json_line(records[0] if name else records))
        return
    click.echo("\n\n".join(map(_words, records)))


def _words(record: DeviceRecord) -> str:
    lines = [f"{record.name}: {record.words}, {record.waveform}"]
    for row in record.by_output:
        rate = row.max_rate_hz
        told = "rate not known" if rate is None else f"up to {rate:g} Hz"
        lines.append(
            f"  {row.percent_mso:3.0f} % MSO   {told:<16} {row.energy_j:6.1f} J a pulse, "
            f"{row.heat_j:.1f} J of it heat"
        )
    rate = record.rate
    lines.append(f"  rate        {rate.source}, confidence {rate.confidence}: {rate.note}")
    if record.mains:
        lines.append(f"  mains       {record.mains}")
    if record.mean_power_w is not None:
        told = record.mean_power
        lines.append(
            f"  mean power  {record.mean_power_w:g} W over a train and its pause; "
            f"{told.source}, confidence {told.confidence}: {told.note}"
        )
    if record.train_s is not None:
        lines.append(
            f"  train       {record.train_s:g} s, {record.train_pulses:g} pulses: "
            f"{record.train_note}"
        )
    lines.append(f"  output      {record.linear}")
    judged = record.protocol
    if judged:
        lines.append(f"  {judged.name} at {judged.percent_mso:g} %: {judged.verdict}")
        lines += [f"    {text}" for text in (judged.reason, *judged.notes)]
    return "\n".join(lines)


@click.command()
@click.option("--stimulator", help="Named stimulator or device; see 'cortistim pulse device'.")
@options.coil_option
@click.option("--mso", type=float, help="From the output in percent of the maximum.")
@click.option("--didt", type=float, help="From dI/dt in A/µs.")
@click.option(
    "--displayed-didt", type=float, help="From dI/dt in A/µs as the stimulator displays it."
)
@click.option("--e-v-per-m", type=float, help="From E at the target in V/m.")
@click.option(
    "--e-per-a-per-us",
    "gain",
    type=click.FloatRange(0, min_open=True),
    help="E at the target in V/m for each A/µs: from a field.",
)
@click.option(
    "--plan",
    type=options.GIVEN,
    help="plan.json of 'cortistim plan': takes E at the target from there.",
)
@options.json_option
def dose(*, stimulator: str | None, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Convert between %MSO, dI/dt and E at the target, and say what a pulse costs.

    E needs the field of a head: a plan, or the V/m that 1 A/µs gives.
    """
    ways: tuple[Way, ...] = get_args(Way)
    given: list[Way] = [way for way in ways if asked[way] is not None]
    if len(given) != 1:
        names = ", ".join("--" + way.replace("_", "-") for way in ways)
        message = f"one of {names} must be given; got {len(given)}."
        raise click.UsageError(message)
    if asked["plan"] is not None and asked["gain"] is not None:
        message = "--plan and --e-per-a-per-us both tell the field; give one of them."
        raise click.UsageError(message)
    gain = gain_of_plan(asked["plan"]) if asked["plan"] is not None else None
    if asked["gain"] is not None:
        gain = asked["gain"] / a_per_s_from_a_per_us(1.0)
    (way,) = given
    in_a_per_us = way in ("didt", "displayed_didt")
    request = DoseRequest(
        way=way,
        value=a_per_s_from_a_per_us(asked[way]) if in_a_per_us else asked[way],
        coil=options.coil_request(**asked),
        stimulator=stimulator,
        gain=gain,
    )
    found = convert_dose(request)
    if as_json:
        click.echo(json_line(found))
        return
    click.echo("\n".join(f"{name:<24} {value}" for name, value in plain(found).items()))
