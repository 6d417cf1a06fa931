"""The parts of the report that say what follows from a plan: dose, safety, neurons, trust."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from cortistim.viz.content import ReportContent
from cortistim.viz.report.tables import cell, grid, number, rows, source_list
from cortistim.viz.report.words import is_single

LIMITS = (
    "The electric field is computed, not measured. Conductivities of living tissue differ "
    "between people and publications, and the field follows them.",
    "The anatomy is the head model's. If that is not this person's, position and strength "
    "in this person are not known.",
    "A field is not a response. Which neurons fire also depends on their direction, on the "
    "waveform and on the state of the brain.",
)
SINGLE_PULSE = (
    "A single pulse: models of lasting change speak of many pulses, and none is asked here."
)
RULES = {
    "plain_motor_threshold_percent_mso": "the motor threshold as it was measured",
    "equal_field": "equal field: as much |E| at the target as over the motor cortex",
    "equal_recruitment_of_layer_5_percent_mso": "equal recruitment: as many layer 5 cells",
    "by_depth_percent_mso": "by depth: more output where the cortex is further from the scalp",
}
"""Ways to carry a motor threshold to another place, by their key in the plan."""


def sentences(values: object) -> list[str]:
    """Return a text, or the texts of a list, as a list; nothing else is a sentence."""
    if isinstance(values, str):
        return [values]
    return [str(value) for value in values] if isinstance(values, list | tuple) else []


def bullets(texts: Sequence[str]) -> str:
    """Write texts as an HTML list, each once; nothing for none."""
    items = "".join(f"<li>{escape(text)}</li>" for text in dict.fromkeys(texts))
    return f"<ul>{items}</ul>" if items else ""


def headed(words: str) -> str:
    """Write a verdict in bold, its first letter large."""
    return f"<b>{escape(words[:1].upper() + words[1:])}</b>"


def dose_section(content: ReportContent) -> str:
    """Write the stated output, and beside it what other rules would give."""
    dose = content.plan["dose"]
    given = {
        key: value
        for key, value in dose.items()
        if key == "percent_mso" or value is not None  # one reason answers for all
    }
    stated = rows(given, leave_out=("rests_on", "reason"))
    if dose["percent_mso"] is None:
        stated = f'<p class="missing">{escape(str(dose["reason"]))}</p>'
    return f"<p>Rests on: {escape(str(dose['rests_on']))}</p>{stated}{_other_rules(content)}"


def _other_rules(content: ReportContent) -> str:
    """Write the rules that carry a threshold from the motor cortex to the target.

    Each gives a threshold; what the protocol takes is its share of that, so both stand side
    by side and compare with the output that was stated.
    """
    said = content.part("neuron").get("dose", {})
    values = dict(said.get("alternatives", {}))
    if not values:
        return ""
    values["equal_field"] = said["percent_mso"]
    protocol = content.plan["protocol"]
    share = protocol["intensity_percent"] if protocol["threshold"] == "rMT" else None
    table = []
    for key, words in RULES.items():
        row: dict[str, Any] = {"rule": words, "threshold here (% MSO)": values.get(key)}
        if share is not None and values.get(key) is not None:
            row[f"for this protocol, {share:g} % of it (% MSO)"] = values[key] * share / 100
        table.append(row)
    depth = said["scalp_to_cortex_mm"]
    return (
        "<h3>What other rules would give</h3>"
        "<p>The output above takes the motor threshold as it is. These rules carry it from "
        "the motor cortex to the target, each on assumptions of its own.</p>"
        f"{grid(table)}<p>From the scalp to the nearest mid-grey cortex it is "
        f"{depth['target']:.1f} mm over the target and {depth['motor_cortex']:.1f} mm over the "
        f"motor cortex ({escape(str(said['motor_cortex']))}).</p>"
    )


def safety_section(content: ReportContent) -> str:
    """Write the safety table's verdict, its reasons, and what speaks beside it."""
    safety = content.part("safety")
    if not safety:
        return "<p>Not checked.</p>"
    notes = [*sentences(safety["reasons"]), *sentences(safety["cautions"])]
    said = (
        f"<p>{headed(str(safety['verdict']))}, by the table "
        f"{escape(str(safety['table']))}.</p>{bullets(notes)}"
    )
    if is_single(content):  # without a train, its length, rate and rest say nothing
        return said
    facts = {key: safety[key] for key in ("cell", "limits") if safety[key]}
    limits = rows(facts) if facts else ""
    return f"{said}{limits}{_labels(safety['labelled_use'])}{_amount(safety['dose'])}"


def _labels(labels: Sequence[Mapping[str, Any]]) -> str:
    if not labels:
        return ""
    said = [
        f"{label['library_id']}: {label['indication']}; {label['target']}; coil "
        f"{label['coil']}; {_cleared(label['clearances'])} (confidence {label['confidence']}; "
        f"device at hand {label['device_at_hand']}). {label['note']}"
        for label in labels
    ]
    return f"<h3>Cleared uses with these pulses</h3>{bullets(said)}"


def _cleared(clearances: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        f"{one['agency']} {one['number']} for {one['device']}, {one['date']}"
        + (" (from memory)" if one["basis"] == "memory" else "")
        for one in clearances
    )


def _amount(dose: Mapping[str, Any]) -> str:
    """Say how many pulses come, against the largest published numbers."""
    most = {
        what: dose[f"largest_published_per_{what}"]
        for what in ("day", "course")
        if dose.get(f"largest_published_per_{what}")
    }
    counts = {"day": dose["most_pulses_per_day"], "course": dose["pulses_per_course"]}
    said = [
        f"{counts[what]} in a {what}; the largest published number is {largest['pulses']} "
        f"({largest['library_id']})"
        for what, largest in most.items()
    ]
    return (
        f"<h3>Number of pulses</h3><p>{headed(str(dose['verdict']))}.</p>"
        f"{bullets([*said, str(dose['note'])])}"
    )


def neuron_section(content: ReportContent) -> str:
    """Write which cells the pulse recruits, and what the model was calibrated by."""
    said = content.part("neuron")
    if not said:
        return "<p>Not computed.</p>"
    recruited = [
        {"current": _direction(name), **found["recruited_percent"],
         **{f"{k} alone": x for k, x in found["baselines_percent"].items()}}
        for name, found in said["polarity"].items()
    ]  # fmt: skip
    expected = [
        {"current": _direction(name), **found["motor_threshold"]}
        for name, found in said["polarity"].items()
        if "motor_threshold" in found
    ]
    threshold = f"<h3>Expected motor threshold</h3>{grid(expected)}" if expected else ""
    fitted = said["calibration"]
    return (
        f"<p>Share of the cells recruited in the {escape(str(said['patch']))}, in percent, "
        f"for a {escape(str(said['pulse']))} pulse of {said['didt_a_per_us']:.4g} A/µs in "
        f"both directions of the current.</p>{grid(recruited)}{threshold}"
        f"<p>Thresholds: {escape(str(said['table']['table']))}. Field: "
        f"{escape(str(said['layers']['words']))}.</p>"
        f"<p>Calibration: the model's thresholds are divided by {number(fitted['factor'])} "
        f"({number(fitted['low'])} to {number(fitted['high'])}); "
        f"{escape(str(fitted['words']))}.</p>"
        f"{bullets(sentences(said['limits']))}{source_list(said['sources'])}"
    )


def _direction(name: str) -> str:
    return {"as_told": "as stated", "reversed": "reversed"}.get(name, name)


def plasticity_section(content: ReportContent) -> str:
    """Write what models expect of the protocol; of a single pulse, that none is asked."""
    said = content.part("plasticity")
    if not said:
        return "<p>Not predicted.</p>"
    if is_single(content):
        return f"<p>{SINGLE_PULSE}</p>"
    shown = {
        "minutes": "minutes after the last pulse", "mean_percent": "mean change (%)",
        "sd_percent": "standard deviation (%)", "p_up": "P(up)", "p_down": "P(down)",
        "verdict": "verdict",
    }  # fmt: skip
    table = [{words: row[key] for key, words in shown.items()} for row in said["ensemble"]]
    return (
        f"<p>{headed(str(said['verdict']))}, 15 minutes after the last pulse.</p>"
        f"{bullets(sentences(said['reasons']))}{grid(table) if table else ''}"
        f"<p>{escape(str(said['honest']))}</p>{source_list(said['sources'])}"
    )


def trust_section(content: ReportContent) -> str:
    """Write what limits the plan, and how pose and field were found."""
    field, aim = content.plan["field"], content.plan["aim"]
    notes = [*sentences(content.plan["limits"]), *LIMITS]
    found = {
        key: value for key, value in aim.items() if key not in ("tolerance", "straight_above")
    }
    found["if the coil is off"] = aim["tolerance"]["words"]
    above = aim["straight_above"]
    found[f"|E| with the {above['words']} (V/m, linear elements)"] = above["e_v_per_m"]
    shares = {f"above {100 * float(s):.0f} %": x for s, x in field["focality_mm2"].items()}
    shown = field | {
        "percentiles_v_per_m": {f"{p} %": x for p, x in field["percentiles_v_per_m"].items()},
        "focality_mm2": shares,
    }
    hidden = ("solver", "peak_e_v_per_m", "peak_e_is")  # the percentiles say it by its name
    return (
        f'{bullets(notes)}<div class="columns">'
        f"<div><h3>How the pose was found</h3>{rows(found)}</div>"
        f"<div><h3>Solver</h3>{cell(field['solver'])}</div>"
        f"<div><h3>Field</h3>{rows(shown, leave_out=hidden)}</div></div>"
    )
