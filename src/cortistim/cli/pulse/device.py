"""``cortistim pulse device`` and ``dose``: limits of devices; %MSO, dI/dt and E."""

import json
from typing import Any

import click
import numpy as np

from cortistim.cli import options
from cortistim.protocol import Protocol, find_protocol
from cortistim.pulse import Device, deliverable, device_names, named_device, pulse_energy
from cortistim.study.coil.dose_conversion import Asked, convert_dose, gain_of_plan
from cortistim.units import a_per_s_from_a_per_us, a_per_us_from_a_per_s

OUTPUTS = (0.25, 0.5, 0.75, 1.0)


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
    records = [_record(named_device(one)) for one in ([name] if name else device_names())]
    if protocol is not None and mso is not None:
        session = find_protocol(protocol).recipe.protocol()
        for record in records:
            judged = _judged(record["name"], session, mso)
            record["protocol"] = {"name": protocol, **judged}
    if as_json:
        click.echo(json.dumps(records[0] if name else records, ensure_ascii=False))
        return
    click.echo("\n\n".join(map(_words, records)))


def _record(unit: Device) -> dict[str, Any]:
    return {
        "name": unit.name,
        "words": unit.words,
        "circuit": unit.stimulator.name,
        "waveform": unit.stimulator.waveform,
        "didt_max_a_per_us": {
            coil: round(a_per_us_from_a_per_s(value.value), 3)
            for coil, value in unit.stimulator.measured.items()
        },
        "linear": "dI/dt is taken to be proportional to %MSO",
        "by_output": [_at(unit, share) for share in OUTPUTS],
        "theta_burst_50hz_up_to_percent_mso": round(100 * unit.max_mso_fraction(50.0), 1)
        if unit.rate.known
        else None,
        "rate": _limit(unit.rate.key, unit.rate.confidence, unit.rate.note),
        "mean_power_w": unit.mean_power_w.value if unit.mean_power_w.known else None,
        "mean_power": _limit(
            unit.mean_power_w.key, unit.mean_power_w.confidence, unit.mean_power_w.note
        ),
        "mains": unit.mains_note,
        "shortest_pause_s": unit.shortest_pause_s,
        "longest_pause_s": _known(unit.longest_pause_s),
        "train_s": _known(unit.train_s),
        "train_pulses": _known(unit.train_pulses),
        "train_note": unit.train_note,
        "session_pulses": _known(unit.session_pulses),
        "coil_temperature": "not computed: the coil's mass and cooling are not known",
    }


def _judged(name: str, session: Protocol, mso: float) -> dict[str, Any]:
    outputs = mso / 100 * session.relative_intensity
    found = deliverable(session.pulse_times_s, outputs, name)
    return {
        "percent_mso": mso,
        "verdict": found.verdict,
        "reason": found.reason,
        "notes": list(found.notes),
        "peak_rate_hz": round(found.peak_rate_hz, 6),
        "mean_power_w": round(found.mean_power_w, 3),
        "heat_j": round(found.heat_j, 3),
        "sources": list(found.sources),
    }


def _at(unit: Device, share: float) -> dict[str, Any]:
    energy = pulse_energy(unit.stimulator, share)
    return {
        "percent_mso": 100 * share,
        "max_rate_hz": _known(float(unit.max_rate_hz(np.array(share)))),
        "energy_j": round(energy.taken_j, 3),
        "heat_j": round(energy.heat_j, 3),
    }


def _limit(key: str, confidence: str, note: str) -> dict[str, str]:
    return {"source": key, "confidence": confidence or "none", "note": note}


def _known(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None


def _words(record: dict[str, Any]) -> str:
    lines = [f"{record['name']}: {record['words']}, {record['waveform']}"]
    for row in record["by_output"]:
        rate = row["max_rate_hz"]
        told = "rate not known" if rate is None else f"up to {rate:g} Hz"
        lines.append(
            f"  {row['percent_mso']:3.0f} % MSO   {told:<16} {row['energy_j']:6.1f} J a pulse, "
            f"{row['heat_j']:.1f} J of it heat"
        )
    rate = record["rate"]
    lines.append(
        f"  rate        {rate['source']}, confidence {rate['confidence']}: {rate['note']}"
    )
    if record["mains"]:
        lines.append(f"  mains       {record['mains']}")
    if record["mean_power_w"] is not None:
        told = record["mean_power"]
        lines.append(
            f"  mean power  {record['mean_power_w']:g} W over a train and its pause; "
            f"{told['source']}, confidence {told['confidence']}: {told['note']}"
        )
    if record["train_s"] is not None:
        lines.append(
            f"  train       {record['train_s']:g} s, {record['train_pulses']:g} pulses: "
            f"{record['train_note']}"
        )
    lines.append(f"  output      {record['linear']}")
    judged = record.get("protocol")
    if judged is not None:
        lines.append(f"  {judged['name']} at {judged['percent_mso']:g} %: {judged['verdict']}")
        lines += [f"    {text}" for text in (judged["reason"], *judged["notes"])]
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
    ways = ("mso", "didt", "displayed_didt", "e_v_per_m")
    given = [way for way in ways if asked[way] is not None]
    if len(given) != 1:
        names = ", ".join("--" + way.replace("_", "-") for way in ways)
        message = f"one of {names} must be given; got {len(given)}."
        raise click.UsageError(message)
    if asked["plan"] is not None and asked["gain"] is not None:
        message = "--plan and --e-per-a-per-us both tell the field; give one of them."
        raise click.UsageError(message)
    coil = options.coil_request(**asked).load()
    gain = gain_of_plan(asked["plan"]) if asked["plan"] is not None else None
    if asked["gain"] is not None:
        gain = asked["gain"] / a_per_s_from_a_per_us(1.0)
    record = convert_dose(stimulator, coil, Asked(given[0], asked[given[0]]), gain)
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    click.echo("\n".join(f"{name:<24} {value}" for name, value in record.items()))
