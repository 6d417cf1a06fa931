"""``cortistim neuron``: who fires, at which field, and what the muscle shows of it."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cortistim.cli import options
from cortistim.cli.progress import shown
from cortistim.errors import quoted
from cortistim.records import json_line

if TYPE_CHECKING:
    from cortistim.records.motor_response import ResponseCurveRecord
    from cortistim.records.recruitment import RecruitmentRecord
    from cortistim.records.thresholds import WrittenThresholdsRecord
    from cortistim.study.neuron.recruitment import RecruitRequest

CELL_HELP = "L1, L23, L4, L5, L6, or an .swc or .asc file in micrometres."
PULSE_HELP = (
    "monophasic, biphasic, half_sine, ctms30, ctms60, ctms120, or a .tsv file: a header, then "
    "time in seconds and the signal."
)


@click.group()
def command() -> None:
    """Neurons: thresholds, recruitment over the cortex, and motor responses.

    Model thresholds lie 2 to 3.5 times above the field at which people respond; recruitment
    and motor responses state the calibration factor they use.
    """


@command.command()
@click.option("--cell", required=True, help=CELL_HELP)
@click.option("--pulse", required=True, help=PULSE_HELP)
@click.option(
    "--directions",
    type=click.IntRange(2, 20000),
    default=100,
    show_default=True,
    help="Directions of the field, evenly over the sphere, poles included.",
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="CSV file."
)
@click.option(
    "--gradient",
    type=float,
    default=0.0,
    show_default=True,
    help="Growth of the field toward the pia, in %/mm of its size at the soma.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(1e-5, 0.1),
    default=0.0025,
    show_default=True,
    help="Relative tolerance of the bisection.",
)
@click.option("--reverse", is_flag=True, help="Turn the pulse round.")
@click.option(
    "--adult-human",
    "scaled",
    is_flag=True,
    help="Scale a rat's cell from a file to the size of an adult human's (Aberra 2020).",
)
@options.json_option
@options.quiet_option
def threshold(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Compute the field at which cells fire, for directions over the whole sphere.

    The field is uniform, E(t) = threshold · w(t) · direction, w with a peak of 1 and positive
    at the start. theta is the angle to the soma-to-pia axis: 180° points into the cortex.
    """
    from cortistim.study.neuron.thresholds import (
        ThresholdRequest,
        run_thresholds,
        write_thresholds,
    )

    with shown(quiet=quiet or as_json) as progress:
        table = run_thresholds(ThresholdRequest(**asked), progress=progress)
    record = write_thresholds(table, out)
    click.echo(json_line(record) if as_json else _said(record))


def _said(record: "WrittenThresholdsRecord") -> str:
    found = record.threshold_v_per_m
    lines = [
        f"{record.cell}, {record.pulse}: {record.clones} cells x "
        f"{record.directions} directions, {max(record.compartments)} compartments",
        f"threshold  median {found.median} V/m, 5 to 95 % {found.p05} to {found.p95}",
        f"spread     sigma of ln threshold {record.sigma_ln}",
        f"begins     near an axon terminal in {100 * (record.terminal_share or 0):.0f} %",
        f"factor     {record.calibration}",
        *(f"note       {text}" for text in record.notes),
        f"file       {record.out}",
    ]
    if record.without_spike:
        silent = record.without_spike
        lines.insert(4, f"silent     {silent} directions fire at no strength of the field")
    return "\n".join(lines)


@command.command()
@options.head_option
@options.coil_option
@options.stimulator_option
@click.option(
    "--target",
    type=options.Target(),
    default="m1_hand_l",
    show_default=True,
    help="Where recruitment is reported, and where the coil goes when no pose is given.",
)
@click.option(
    "--space",
    type=click.Choice(["subject", "mni"]),
    default="subject",
    show_default=True,
    help="Space of coordinates; names know their own.",
)
@click.option(
    "--pose",
    "pose_file",
    type=options.GIVEN,
    help="JSON or a navigator's file with one pose; by default straight above the target.",
)
@click.option(
    "--handle",
    "handle_deg",
    type=click.FloatRange(-180, 180),
    default=45.0,
    show_default=True,
    help="Handle angle in degrees when no pose is given, as in 'cortistim aim'.",
)
@click.option(
    "--pulse",
    default="",
    help=f"{PULSE_HELP} {options.OWN_PULSE_HELP}",
)
@click.option("--didt-a-per-us", type=options.Positive(), help="Intensity as dI/dt in A/µs.")
@click.option(
    "--mso",
    "mso_percent",
    type=float,
    help="Intensity in % of the maximal output; by default 120 % of the expected threshold.",
)
@click.option("--calibration", "factor", type=float, help="Calibration factor, default 2.5.")
@click.option(
    "--rmt",
    "rmt_percent",
    type=float,
    help="Fit the factor to this motor threshold, in % of the maximal output, measured with "
    "this stimulator, coil and pose over the motor cortex.",
)
@click.option(
    "--angles",
    type=click.IntRange(0, 72),
    default=0,
    show_default=True,
    help="Handle angles to scan over 180°; one solve each.",
)
@options.out_option()
@options.json_option
@options.quiet_option
def recruit(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Map which share of each layer's cells fires over the cortex, with three baselines.

    Writes recruit.json, the maps as GIFTI and a figure. Both directions of the current are
    reported, because coil files do not tell which one is the stimulator's.
    """
    from cortistim.study.neuron.recruitment import run_recruit, write_recruit

    request = _recruit_request(**asked)
    with shown(quiet=quiet or as_json) as progress:
        found = run_recruit(request, progress=progress)
        record = write_recruit(found, out, progress=progress)
    if as_json:
        click.echo(json_line(record))
    else:
        click.echo("\n".join([*_recruited(record), f"files      {out}"]))


def _recruit_request(**asked: Any) -> "RecruitRequest":  # noqa: ANN401
    from cortistim.io.navigators import read_one_pose
    from cortistim.study.neuron.recruitment import RecruitRequest
    from cortistim.units import a_per_s_from_a_per_us

    didt, pose = asked["didt_a_per_us"], asked["pose_file"]
    return RecruitRequest(
        head=options.head_request(**asked),
        coil=options.coil_request(**asked),
        stimulator=asked["stimulator"],
        target=asked["target"],
        space=asked["space"],
        pose=None if pose is None else read_one_pose(pose),
        handle_rad=math.radians(asked["handle_deg"]),
        pulse=asked["pulse"],
        didt_a_per_s=None if didt is None else a_per_s_from_a_per_us(didt),
        mso_percent=asked["mso_percent"],
        factor=asked["factor"],
        rmt_percent=asked["rmt_percent"],
        angles=asked["angles"],
    )


def _recruited(record: "RecruitmentRecord") -> list[str]:
    from msgspec import UnsetType

    output, calibration = record.percent_mso, record.calibration
    lines = [
        f"pulse      {record.pulse.name}, {record.didt_a_per_us:g} A/µs"
        + ("" if output is None else f" ({output:g} % of the maximal output)"),
        f"field      {record.target_e_v_per_m:.1f} V/m in {record.target.name}",
        f"factor     {calibration.factor:g} ({calibration.low:g} to {calibration.high:g}): "
        f"{calibration.words}",
    ]
    for name, found in record.polarity.items():
        shares = ", ".join(f"{k} {x:.1f} %" for k, x in found.recruited_percent.items())
        beside = ", ".join(f"{k} {x:.1f} %" for k, x in found.baselines_percent.items())
        lines += [f"{name:<10} {shares}", f"{'':<10} baselines for layer 5: {beside}"]
        expected = found.motor_threshold
        if not isinstance(expected, UnsetType):
            percent = expected.percent_mso
            told = "" if percent is None else f"{percent:g} % of the maximal output, "
            lines.append(f"{'':<10} motor threshold {told}{expected.didt_a_per_us:g} A/µs")
    return lines + [f"warning    {text}" for text in record.warnings]


class Numbers(click.ParamType):
    """``FIRST:LAST:STEP`` or comma-separated numbers."""

    name = "A:B:STEP|N,N,..."

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, ...]:  # noqa: ANN401
        """Read the numbers."""
        if isinstance(value, tuple):
            return value
        try:
            numbers = [float(part) for part in value.replace(":", ",").split(",")]
        except ValueError:
            numbers = []
        if ":" in value and len(numbers) != 3:
            numbers = []
        if ":" in value and len(numbers) == 3:
            first, last, step = numbers
            count = (last - first) / step if step > 0 else -1
            numbers = (
                [first + k * step for k in range(int(count + 1e-9) + 1)]
                if (0 <= count < 10000)
                else []
            )
        if not numbers or not all(map(math.isfinite, numbers)):
            self.fail(
                f"give numbers such as 80:180:10 or 80,100,120; got {quoted(value)}.",
                param,
                ctx,
            )
        return tuple(numbers)


@command.command("io-curve")
@click.option(
    "--intensities",
    "percent_rmt",
    type=Numbers(),
    default="80:200:10",
    show_default=True,
    help="In % of the resting motor threshold.",
)
@click.option(
    "--trials",
    type=click.IntRange(1, 100000),
    default=30,
    show_default=True,
    help="Of each intensity.",
)
@click.option(
    "--rmt",
    "rmt_percent",
    type=float,
    help="The resting motor threshold in % of the maximal output, for a second scale.",
)
@click.option("--paired", is_flag=True, help="Add paired pulses: SICI, ICF, LICI, SICF.")
@click.option(
    "--intervals",
    type=Numbers(),
    help="Of paired pulses in ms; implies --paired.",
)
@click.option(
    "--block",
    "blocked",
    multiple=True,
    metavar="GABA-A|NMDA|GABA-B",
    help="Experiment: leave out a receptor; may be given several times.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Random seed of the variability.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Every trial as CSV."
)
@click.option(
    "--figure", type=click.Path(path_type=Path, dir_okay=False), help="Draw it as PNG."
)
@options.json_option
def io_curve(
    *,
    out: Path | None,
    figure: Path | None,
    as_json: bool,
    paired: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Draw motor responses over intensity, trial by trial, with people's variability.

    The motor threshold is where half of the trials exceed 50 µV. Phenomenological from the
    cortex on; paired pulses have a conditioning pulse of 80 % of the threshold up to 35 ms,
    of 120 % above, and a test pulse of 120 %. For SICF, a pulse of 120 % is followed by one
    of 90 % within 6 ms.
    """
    from cortistim.study.neuron import io_curve as mep

    intervals = asked.pop("intervals") or (mep.INTERVALS_MS if paired else ())
    found = mep.run_io_curve(mep.CurveRequest(**asked, intervals_ms=intervals))
    record = mep.curve_record(found)
    if out is not None:
        mep.write_trials(found, out)
    click.echo(json_line(record) if as_json else _curve_words(record))
    if figure is not None:  # last, so that a figure that fails costs no numbers
        mep.write_curve_figure(found, figure)


def _curve_words(record: "ResponseCurveRecord") -> str:
    lines = ["% RMT    mean µV  median µV    CV %  above 50 µV"]
    lines += [
        f"{row.percent_rmt:>5g} {row.mean_uv:>10.0f} {row.median_uv:>10.0f} "
        f"{row.cv_percent:>7.0f} {100 * (row.p_above_50uv or 0):>10.0f} %"
        for row in record.curve
    ]
    lines += [
        f"{row.interval_ms:>5g} ms {row.percent_of_test:>6.0f} % of the test response: "
        f"{row.effect}"
        for row in record.paired
    ]
    lines += [
        f"{row.interval_ms:>5g} ms {row.percent_of_first_alone:>6.0f} % of the first "
        f"pulse's response, a weaker one after it (SICF): {row.effect}"
        for row in record.sicf
    ]
    return "\n".join([*lines, record.honest])


@command.command("cells")
@click.option(
    "--shape",
    "shape",
    metavar="CELL",
    help=f"Describe one cell instead: {CELL_HELP}",
)
@options.json_option
def list_cells(*, shape: str | None, as_json: bool) -> None:
    """List the built-in cells with their sizes and sources, or describe one cell."""
    from cortistim.study.neuron.thresholds import cells_record

    record = cells_record(shape)
    if as_json:
        click.echo(json_line(record))
        return
    for row in record.cells:
        click.echo(
            f"{row.name:<14} {row.compartments:>5} compartments, axon "
            f"{row.axon_mm:.1f} mm with {row.endings} endings, dendrites "
            f"{row.dendrites_mm:.1f} mm, rest {row.rest_mv:.1f} mV"
        )
        for note in row.notes:
            click.echo(f"    {note}")
    click.echo(record.about)
