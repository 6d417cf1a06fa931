"""The later chapters of the report: cells, effect, what went in, sources, the run."""

from collections.abc import Mapping

from msgspec import UNSET

from cortistim.records.neuron import TargetRecruitment
from cortistim.viz.content import ReportContent
from cortistim.viz.report.blocks import (
    Blocks,
    Bullets,
    Facts,
    Figure,
    Folded,
    Heading,
    Paragraph,
    Sources,
    Table,
)
from cortistim.viz.report.numbers import quantity, shown, span
from cortistim.viz.report.words import headed

ELSEWHERE = (
    "The model behind this was fitted to motor responses of the hand. Over {target} nothing of "
    "the kind was measured: what it says is carried over from the motor cortex."
)
BASELINES = {
    "magnitude": "by |E| alone",
    "normal": "by its part into the cortex",
    "cosine": "by the cosine of its angle",
}
CELLS = {"L1": "layer 1", "L23": "layer 2/3", "L4": "layer 4", "L5": "layer 5", "L6": "layer 6"}
ASSUMED = "assumed"


def neuron_section(content: ReportContent) -> Blocks:
    """Say which cells the pulse recruits, and what the model was calibrated by.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
    neuron, target = content.plan.neuron, content.plan.target
    directions = neuron.polarity
    kinds = list(next(iter(directions.values())).recruited_percent) if directions else []
    simple = list(next(iter(directions.values())).baselines_percent) if directions else []
    lines = [(CELLS.get(kind, kind), *_each(directions, kind)) for kind in kinds]
    lines += [
        (f"layer 5, {BASELINES.get(kind, kind)}", *_each(directions, kind)) for kind in simple
    ]
    said = () if neuron.target_is_motor else (Paragraph(_elsewhere(content), style="hint"),)
    fitted = neuron.calibration
    names = [f"current {_direction(name)} (% of cells)" for name in directions]
    return (
        Paragraph(
            f"Share of the cells that one {neuron.pulse} pulse of "
            f"{quantity(neuron.didt_a_per_us, 'A/µs')} fires in the {neuron.patch}: "
            f"{target.words}."
        ),
        *said,
        Table(("cells", *names), lines),
        *_expected(directions),
        Figure("recruitment"),
        Folded(
            "How the shares were found",
            (
                Paragraph(f"Thresholds: {neuron.table.table}. Field: {neuron.layers.words}."),
                Paragraph(
                    f"Calibration: the model's thresholds are divided by "
                    f"{shown(fitted.factor)} ({span(fitted.low, fitted.high, '').strip()}); "
                    f"{fitted.words}."
                ),
                Bullets(neuron.limits),
                Sources(neuron.sources),
            ),
        ),
    )


def _each(directions: Mapping[str, TargetRecruitment], kind: str) -> tuple[str, ...]:
    values = [
        {**f.recruited_percent, **f.baselines_percent}.get(kind) for f in directions.values()
    ]
    return tuple("not known" if value is None else shown(value) for value in values)


def _elsewhere(content: ReportContent) -> str:
    return ELSEWHERE.format(target=content.plan.target.words)


def _direction(name: str) -> str:
    return {"as_told": "as stated", "reversed": "reversed"}.get(name, name)


def _expected(directions: Mapping[str, TargetRecruitment]) -> Blocks:
    """Say which motor threshold the model expects, where the target is the motor cortex."""
    lines = []
    for name, found in directions.items():
        threshold = found.motor_threshold
        if threshold is UNSET:
            continue
        value = quantity(threshold.percent_mso, "% MSO", missing=threshold.reason)
        low, high = threshold.percent_mso_range
        lines.append(
            (
                _direction(name), value, span(low, high, "% MSO") or "-",
                quantity(threshold.e_v_per_m, "V/m"), threshold.criterion,
            )
        )  # fmt: skip
    if not lines:
        return ()
    headings = ("current", "threshold", "range", "|E| there", "a response is")
    return Heading("Expected motor threshold"), Table(headings, lines)


def plasticity_section(content: ReportContent) -> Blocks:
    """Say what models expect of the protocol, and of whom they know anything.

    Parameters
    ----------
    content : ReportContent
        Of a plan with more than one pulse.

    Returns
    -------
    Blocks
        For the page.
    """
    said = content.plan.plasticity
    lines = [
        (
            shown(row.minutes),
            f"{row.mean_percent:+.0f}",
            f"{row.sd_percent:.0f}",
            f"{100 * row.p_up:.0f} %",
            f"{100 * row.p_down:.0f} %",
            row.verdict,
        )
        for row in said.ensemble
    ]
    headings = (
        "minutes after the last pulse", "mean change (%)", "standard deviation (%)",
        "chance that it goes up", "that it goes down", "verdict",
    )  # fmt: skip
    motor = content.plan.neuron.target_is_motor
    where = "" if motor else " for motor responses of the hand, were it given there"
    lead = () if motor else (Paragraph(_elsewhere(content), style="alarm"),)
    return (
        *lead,
        Paragraph(f"{where}, 15 minutes after the last pulse.", lead=headed(said.verdict)),
        Bullets(said.reasons),
        *((Table(headings, lines),) if lines else ()),
        Figure("plasticity_course"),
        Paragraph(said.honest),
        Folded("Sources of the models", (Sources(said.sources),)),
    )


def inputs_section(content: ReportContent) -> Blocks:
    """Say what went in, in words.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
    return (
        *_head(content),
        *_coil(content),
        *_stimulator(content),
        *_protocol(content),
        *_target(content),
    )


def _head(content: ReportContent) -> Blocks:
    head = content.plan.head
    cortex, tensors = head.cortex, head.anisotropy
    facts = (
        ("Head", f"{head.name} ({head.origin})"),
        ("Mesh", f"{head.nodes} nodes, {head.tetrahedra} tetrahedra"),
        ("Tie to MNI space", head.mni),
        ("Missing tissues", ", ".join(head.missing_tissues)),
        ("Conductivity", "" if tensors is None else f"{tensors.mapping}, {tensors.tensors}"),
        ("Cortex", "" if cortex is None else f"{cortex.origin}: {'; '.join(cortex.notes)}"),
    )
    lines = [
        (t.name, f"{t.tag}", shown(t.sigma_siemens_per_m), _sourced(t.source, t.note))
        for t in head.tissues
    ]
    headings = ("tissue", "tag", "conductivity (S/m)", "source")
    return (
        Heading("Head"),
        Facts(facts),
        Folded("Tissues and conductivities", (Table(headings, lines),)),
    )


def _sourced(source: str, note: str) -> str:
    return f"{source}; {note}" if note else source


def _coil(content: ReportContent) -> Blocks:
    coil = content.plan.coil
    bent = ", ".join(f"{name} {shown(value)}" for name, value in coil.deformation.items())
    parts = (
        (coil.dipoles, "dipoles"), (coil.segments, "pieces of wire"), (coil.grids, "grids"),
    )  # fmt: skip
    shares = ", ".join(
        f"{one.name or 'a stimulator'} {shown(one.share)}" for one in coil.stimulators
    )
    inductance = "" if coil.inductance_uh is None else quantity(coil.inductance_uh, "µH")
    return (
        Heading("Coil"),
        Facts(
            (
                ("Coil", f"{coil.name}: {coil.geometry}"),
                ("Casing", coil.casing),
                ("Known by", ", ".join(f"{n} {what}" for n, what in parts if n)),
                ("Bent", bent),
                ("Stimulators", shares if len(coil.stimulators) > 1 else ""),
                ("Inductance", inductance),
                ("Field induced under it", coil.polarity.induced_e),
                ("First phase", coil.polarity.stimulator_first_phase),
                ("Source", "; ".join(coil.sources)),
            )
        ),
    )


def _stimulator(content: ReportContent) -> Blocks:
    one = content.plan.stimulator
    full = quantity(one.didt_max_a_per_us, "A/µs", missing=one.didt_max_reason)
    if one.didt_max_source is not UNSET:
        full += f" ({one.didt_max_source})"
    rows = [("Stimulator", one.words), ("dI/dt at full output", full)]
    rows += [("Pulse", f"{one.waveform}, {quantity(one.pulse_us, 'µs')} long")]
    for name, part in (("Capacitor", one.capacitance), ("Voltage", one.voltage)):
        said = f"{shown(part.value)} {part.unit} ({_sourced(part.source, part.note)})"
        rows.append((name, said))
    return Heading("Stimulator"), Facts(rows)


def _protocol(content: ReportContent) -> Blocks:
    one = content.plan.protocol
    count = (
        "a single pulse"
        if one.pulses == 1
        else f"{one.pulses} in {quantity(one.length_s, 's')}"
    )
    sessions = f"{one.sessions}" if one.sessions > 1 else ""
    return (
        Heading("Protocol"),
        Facts(
            (
                ("Protocol", f"{one.name}: {one.words}"),
                ("Pulses", count),
                ("Sessions", sessions),
                ("Intensity", one.intensity),
                ("Published with", one.waveform),
                ("Source", f"{'; '.join(one.sources)} (confidence {one.confidence})"),
            )
        ),
    )


def _target(content: ReportContent) -> Blocks:
    one = content.plan.target
    moved = "" if one.moved_mm == 0 else f"{quantity(one.moved_mm, 'mm')}, onto the cortex"
    mni = _point(one.mni_mm) if one.mni_mm else one.mni_reason
    certain = f" (confidence {one.confidence})" if one.confidence else ""
    return (
        Heading("Target"),
        Facts(
            (
                ("Target", f"{one.name}: {one.words}"),
                ("In subject space", _point(one.subject_mm)),
                ("In MNI space", mni),
                ("Moved by", moved),
                ("Patch", f"{one.points} points of the mid-grey surface within "
                 f"{quantity(one.radius_mm, 'mm')}"),
                ("Source", f"{one.source}{certain}"),
                ("To know", one.note),
            )
        ),
    )  # fmt: skip


def _point(point_mm: tuple[float, float, float]) -> str:
    return f"({', '.join(f'{value:.1f}' for value in point_mm)}) mm"


def sources_section(content: ReportContent) -> Blocks:
    """Give what the plan rests on.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
    return (Folded("Publications that the plan rests on", (Sources(content.plan.sources),)),)


def run_section(content: ReportContent) -> Blocks:
    """Say how long it took, how the solver ended, and what computed.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
    plan = content.plan
    solver = plan.field.solver
    times = [
        (name.removesuffix("_s"), quantity(value, "s")) for name, value in plan.timing_s.items()
    ]
    solved = (
        ("Unknowns", f"{solver.unknowns}"),
        ("Iterations", f"{solver.iterations}"),
        ("Residual", f"{solver.residual:.2g}; {solver.tolerance:.2g} was asked for"),
        ("Elements", f"order {plan.field.order}; {plan.field.recovery}"),
    )
    return (
        Folded(
            "Time taken, solver and versions",
            (
                Heading("Time taken"),
                Facts(times),
                Heading("Solver"),
                Facts(solved),
                Heading("Versions"),
                Facts(list(plan.versions.items())),
            ),
        ),
    )
