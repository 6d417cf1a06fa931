"""``cortistim plan``: the main job."""

from pathlib import Path
from typing import Any

import click
import numpy as np
from msgspec import UNSET

from cortistim.cli import options
from cortistim.cli.course import PLAN
from cortistim.cli.flags import spoken
from cortistim.cli.lines import fitted
from cortistim.cli.progress import shown
from cortistim.records import json_line
from cortistim.records.plan import DoseRecord, PlanRecord
from cortistim.records.pose import Point
from cortistim.records.uncertainty import UncertaintyRecord
from cortistim.safety import DEFAULT_TABLE
from cortistim.study import AimSettings, PlanRequest, make_plan, write_plan
from cortistim.units import a_per_s_from_a_per_us, m_from_mm


@click.group(invoke_without_command=True, subcommand_metavar="[compare A B]")
@options.head_option
@options.coil_option
@options.stimulator_option
@options.target_option
@options.aim_option
@click.option(
    "--protocol",
    default="",
    help="Named protocol (see 'cortistim protocol list') or protocol file; by default "
    "itbs_depression for a prefrontal target, else single_pulse.",
)
@click.option(
    "--safety-table",
    default=DEFAULT_TABLE,
    show_default=True,
    help="Table that rates the protocol: rossi2009, chen1997, wassermann1998 or rossi2021.",
)
@options.thresholds_option
@click.option(
    "--didt-a-per-us",
    type=options.Positive(),
    help="dI/dt in A/µs at which the field is reported; by default that of the dose, else 100.",
)
@click.option(
    "--pulse",
    default="",
    help="Whose threshold table neurons take: a built-in shape or a .tsv file, see 'cortistim "
    f"neuron threshold'. {options.OWN_PULSE_HELP}",
)
@click.option(
    "--accept-incomplete-head",
    is_flag=True,
    help="Plan on a head that lacks bone, scalp or another tissue, such as a phantom; its pose "
    "and field do not hold on a person.",
)
@click.option(
    "--operator",
    "operator_file",
    type=options.GIVEN,
    help="File of 'cortistim operator build' for this head: the pose is searched with it, "
    "which is quicker; the field is solved all the same.",
)
@click.option(
    "--patient-code",
    default="",
    help="A pseudonym to print on summary.pdf; no other file holds it.",
)
@options.refinement_option
@options.uncertainty_option
@options.tolerance_option
@options.out_option("cortistim-plan")
@options.json_option
@options.quiet_option
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    out: Path,
    as_json: bool,
    quiet: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Plan a stimulation: where the coil goes, which field results, which output it takes.

    Writes plan.json, report.html, summary.pdf (one page to print), figures, the field on the
    cortex (GIFTI) and in the head (NIfTI) and the pose to the output folder. 'plan compare A B'
    sets two plans side by side.
    """
    if context.invoked_subcommand is not None:
        return
    request = plan_request(**asked)
    with shown(quiet=quiet, stages=PLAN) as progress:
        plan = make_plan(request, progress=progress)
        record = write_plan(plan, out, progress=progress)
    click.echo(json_line(record) if as_json else summary(record, out))


@command.command("compare")
@click.argument("a", type=options.GIVEN)
@click.argument("b", type=options.GIVEN)
@options.out_option("cortistim-comparison")
@options.json_option
def compare(*, a: Path, b: Path, out: Path, as_json: bool) -> None:
    """Set two plans side by side: A and B are folders of 'cortistim plan'.

    Writes comparison.json, comparison.html and, for plans on one head, a map of where the
    fields differ (difference.png, difference.func.gii).
    """
    from cortistim.study.plan.comparison import (
        ComparisonRequest,
        run_comparison,
        write_comparison,
    )
    from cortistim.viz.report.comparison import answer

    record = write_comparison(run_comparison(ComparisonRequest(a=a, b=b)), out)
    if as_json:
        click.echo(json_line(record))
        return
    lines = [f"A {record.a}, B {record.b}", answer(record)]
    lines += [
        f"{one.name:<44}  {_stated(one.a)} -> {_stated(one.b)} {one.unit}"
        for one in record.numbers
    ]
    lines += [
        f"{one.name:<44}  {one.a}" if one.a == one.b else f"{one.name:<44}  {one.a} -> {one.b}"
        for one in record.words
    ]
    lines += [f"no map    {record.map_reason}"] if record.map_reason else []
    click.echo(fitted([*lines, f"files     {out / 'comparison.html'} and beside it"]))


def _stated(value: float | None) -> str:
    return "not stated" if value is None else f"{value:.4g}"


def plan_request(**asked: Any) -> PlanRequest:  # noqa: ANN401
    """Turn options in millimetres and degrees into a request in SI.

    Parameters
    ----------
    **asked : options
        As click names them.

    Returns
    -------
    PlanRequest
        For `make_plan`.
    """
    didt = asked["didt_a_per_us"]
    return PlanRequest(
        head=options.head_request(**asked),
        coil=options.coil_request(**asked),
        stimulator=asked["stimulator"],
        target=asked["target"],
        space=asked["space"],
        protocol=asked["protocol"],
        safety_table=asked["safety_table"],
        settings=aim_settings(**asked),
        didt_a_per_s=None if didt is None else a_per_s_from_a_per_us(didt),
        rmt_percent=asked["rmt_percent"],
        amt_percent=asked["amt_percent"],
        pulse=asked["pulse"],
        accept_incomplete_head=asked["accept_incomplete_head"],
        refinement=asked["refinement"],
        uncertainty=asked["uncertainty"],
        operator=asked["operator_file"],
        patient_code=asked["patient_code"],
    )


def aim_settings(**asked: Any) -> AimSettings:  # noqa: ANN401
    """Turn the aiming options into settings in SI.

    Parameters
    ----------
    **asked : options
        As click names them.

    Returns
    -------
    AimSettings
        For `aim`.
    """
    handle = asked["handle_deg"]
    return AimSettings(
        distance_m=m_from_mm(asked["distance_mm"]),
        handle_rad=None if handle is None else float(np.deg2rad(handle)),
        radius_m=m_from_mm(asked["radius_mm"]),
        tolerance=asked["tolerance"],
    )


def summary(record: PlanRecord, out: Path) -> str:
    """Say a plan in a few lines.

    Parameters
    ----------
    record : PlanRecord
        The content of ``plan.json``.
    out : Path
        Where the files are.

    Returns
    -------
    str
        For the terminal.
    """
    target, pose, field, dose = record.target, record.pose, record.field, record.dose
    x, y, z = (row[3] for row in pose.matsimnibs[:3])
    straight_above = record.aim.straight_above.e_v_per_m or np.nan
    gain = record.aim.direct_e_v_per_m / straight_above
    lines = [
        f"target   {target.words} ({target.side}), {_mm(target.subject_mm)} mm",
        f"coil     {record.coil.name}, centre at ({x:.1f}, {y:.1f}, {z:.1f}) mm "
        f"({pose.side}), {pose.distance_mm:.1f} mm from the scalp",
        f"handle   {pose.handle}",
        f"current  {pose.current}",
        f"field    {field.target_e_v_per_m:.1f} V/m in the target (numerical error up to "
        f"{field.target_error_v_per_m:.1f}) at {field.didt_a_per_us:.4g} A/µs",
        *(f"interval {text}" for text in interval_lines(record.uncertainty)),
        f"peak     {field.local_peak_e_v_per_m:.1f} V/m, mean over the strongest 5 mm "
        f"patch, {field.local_peak_from_target_mm:.0f} mm from the target at "
        f"{_mm(field.local_peak_mm)} mm",
        *output_lines(dose),
        f"safety   {record.safety.verdict} ({record.safety.table}): {record.safety.reasons[0]}",
        *(f"warning  {text}" for text in record.warnings),
        f"files    {out / 'report.html'} and beside it",
        record.notice,
    ]
    if np.isfinite(gain):
        gained = f"gain     {100 * (gain - 1):+.0f} % over the coil straight above the target"
        lines.insert(6, gained)
    return fitted(lines)


def output_lines(dose: DoseRecord) -> list[str]:
    """Say the recommended output, whether the device gives it, and what else there is.

    Parameters
    ----------
    dose : DoseRecord
        Of a plan.

    Returns
    -------
    list of str
        One for each.
    """
    device = dose.delivery
    up_to = UNSET if device is None else device.deliverable_up_to_percent_mso
    if dose.percent_mso is None:
        lines = [f"output   withheld: {dose.reason}" + _remedy(dose.missing)]
    else:
        low, high = dose.percent_mso_low, dose.percent_mso_high
        between = "" if low is None else f", {low:.0f} to {high:.0f} % as a threshold repeats"
        lines = [f"output   {dose.percent_mso:.0f} % of maximum{between} ({dose.rests_on})"]
    if up_to is not UNSET:
        lines.append(f"device   can deliver these pulses up to {up_to:.0f} % of its output")
    elif device is not None:
        lines.append(f"device   {device.verdict}: {device.reason}")
    others = ", ".join(
        f"{one.rule.replace('_', ' ')} {one.percent_mso:.0f} %" for one in dose.choices[1:]
    )
    return [*lines, *([f"or else  {others}; report.html says when"] if others else [])]


def interval_lines(found: UncertaintyRecord | None) -> list[str]:
    """Say the interval of the field at the target, in one line or none.

    Parameters
    ----------
    found : UncertaintyRecord or None
        Of the field at the target.

    Returns
    -------
    list of str
        Empty without.
    """
    return [] if found is None else [found.words.split(". ")[0]]


def _remedy(missing: str) -> str:
    if not missing:
        return ""
    return spoken(f" and state it with `{missing}`", click.get_current_context().command)


def _mm(point: Point) -> str:
    return "(" + ", ".join(f"{value:.1f}" for value in point) + ")"
