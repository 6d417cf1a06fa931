"""What a report of a motor study must tell (chipchase2012), as far as the record knows it.

The items are those of the published checklist, in our own words: 27 for single pulses, three
more for paired ones. Each is answered by the record, by a fact that a person gave, or listed as
missing. "Reported" is not "controlled": whether an item was held constant only people know.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.records.session import PulseRow, SessionRecord
from cortistim.sources import describe

SOURCE = "chipchase2012"
MISSING = "not recorded"
MOST_NAMES = 8
Rows = Sequence[PulseRow]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the checklist.

    Parameters
    ----------
    key : str
        Under which a person gives it.
    section : {"Participants", "Methods", "Paired pulses", "Analysis"}
        Of the checklist.
    words : str
        What is asked.
    known : callable, optional
        Answers from the pulses; an empty text when they do not tell.
    """

    key: str
    section: str
    words: str
    known: Callable[[Rows], str] | None = None


@dataclass(frozen=True, kw_only=True)
class ChecklistItem:
    """One answered item: whose word it is, or that nobody knows."""

    key: str
    section: str
    item: str
    answer: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Checklist:
    """The checklist of a session.

    Parameters
    ----------
    schema : str
        Name and version of this record.
    answered, asked : int
        How many of how many items.
    items : tuple of ChecklistItem
        In the checklist's order.
    sources : tuple of str
        Keys of the bibliography.
    """

    schema: str = "cortistim-checklist-1"
    answered: int
    asked: int
    items: tuple[ChecklistItem, ...]
    sources: tuple[str, ...] = (SOURCE,)


def _spread(values: Sequence[float], unit: str, digits: str = ".3g") -> str:
    if not values:
        return ""
    low, middle, high = min(values), float(np.median(values)), max(values)
    if low == high:
        return f"{low:{digits}} {unit}"
    return f"median {middle:{digits}} {unit} ({low:{digits}} to {high:{digits}})"


def _told(rows: Rows, name: str) -> list[float]:
    return [value for row in rows if (value := getattr(row, name)) is not None]


def _once(rows: Rows) -> list[PulseRow]:
    """One row for each pulse."""
    return list({(r.subject, r.session, r.pulse): r for r in rows}.values())


def _intensity(rows: Rows) -> str:
    once = _once(rows)
    parts = [
        _spread(_told(once, "percent_mso"), "% of maximum stimulator output"),
        _spread(_told(once, "didt_a_per_us"), "A/µs"),
        _spread(_told(once, "e_target_v_per_m"), "V/m at the target"),
    ]
    return "; ".join(part for part in parts if part)


def _location(rows: Rows) -> str:
    once = [row for row in _once(rows) if row.has_pose]
    if not once:
        return ""
    places = np.array([[row.x_mm, row.y_mm, row.z_mm] for row in once], dtype=float)
    middle = np.median(places, axis=0)
    away = np.linalg.norm(places - middle, axis=1)
    targets = sorted({row.target for row in once if row.target})
    aimed = f"; aimed at {', '.join(targets[:5])}" if targets else ""
    return (
        f"navigated; coil's centre recorded at {len(once)} of {len(_once(rows))} pulses, "
        f"median distance from its middle {np.median(away):.1f} mm (90 % within "
        f"{np.quantile(away, 0.9):.1f} mm){aimed}"
    )


def _orientation(rows: Rows) -> str:
    once = [row for row in _once(rows) if row.has_pose]
    if not once:
        return ""
    handles = -np.array([[row.ydir_x, row.ydir_y, row.ydir_z] for row in once], dtype=float)
    mean = handles.mean(axis=0)
    mean /= max(float(np.linalg.norm(mean)), 1e-12)
    off = np.degrees(np.arccos(np.clip(handles @ mean, -1, 1)))
    x, y, z = mean
    return (
        f"recorded at {len(once)} pulses: handle along ({x:.2f}, {y:.2f}, {z:.2f}) in subject "
        f"space, median {np.median(off):.0f}° from that"
    )


def _intervals(rows: Rows) -> str:
    gaps: list[float] = []
    by_session: dict[tuple[str, str], list[float]] = {}
    for row in _once(rows):
        if row.time_s is not None:
            by_session.setdefault((row.subject, row.session), []).append(row.time_s)
    for times in by_session.values():
        gaps += np.diff(times).tolist()
    return _spread(gaps, "s between pulses", ".2f") if gaps else ""


def _count(rows: Rows) -> str:
    sized = [row for row in rows if row.mep_uv is not None]
    if not sized:
        return ""
    groups: dict[tuple[str, str, str, str], int] = {}
    for row in sized:
        key = (row.subject, row.session, row.channel, row.condition)
        groups[key] = groups.get(key, 0) + 1
    most, least = max(groups.values()), min(groups.values())
    each = f"{least}" if least == most else f"{least} to {most}"
    rejected = sum(row.qc == "reject" for row in sized)
    names = ", ".join(sorted({row.channel for row in sized if row.channel})[:MOST_NAMES])
    return (
        f"{each} for each person, session, muscle and condition ({len(groups)} of them"
        f"{f': {names}' if names else ''}); "
        f"{rejected} of {len(sized)} marked as rejected, none deleted"
    )


def _relaxation(rows: Rows) -> str:
    found = _told(rows, "baseline_rms_uv")
    return f"baseline EMG RMS {_spread(found, 'µV')}" if found else ""


def _size_method(rows: Rows) -> str:
    sized = [row for row in rows if row.mep_uv is not None]
    if not sized:
        return ""
    floor = _told(rows, "noise_floor_uv")
    below = sum(bool(row.censored) for row in sized)
    lost = (
        f"; noise floor {_spread(floor, 'µV')}, {below} of {len(sized)} responses below it"
        if floor
        else ""
    )
    return f"peak to peak in microvolt{lost}"


def _unconditioned(rows: Rows) -> str:
    alone = [r.mep_uv for r in rows
             if r.mep_uv is not None and r.interval_ms is None
             and r.conditioning_percent_mso is None]  # fmt: skip
    return _spread(alone, "µV")


def _paired(rows: Rows) -> bool:
    return any(
        r.interval_ms is not None or r.conditioning_percent_mso is not None for r in rows
    )


def _pair(name: str, unit: str) -> Callable[[Rows], str]:
    def answer(rows: Rows) -> str:
        return _spread([v for r in rows if (v := getattr(r, name)) is not None], unit)

    return answer


def _test_intensity(rows: Rows) -> str:
    both = [
        r for r in rows if r.interval_ms is not None or r.conditioning_percent_mso is not None
    ]
    return _spread(_told(both, "percent_mso"), "% of maximum stimulator output")


P, M, Q, A = "Participants", "Methods", "Paired pulses", "Analysis"
ITEMS = (
    Item("age", P, "Age"),
    Item("gender", P, "Gender"),
    Item("handedness", P, "Handedness"),
    Item("medication", P, "Prescribed medication"),
    Item("cns_drugs", P, "Drugs that act on the nervous system"),
    Item("disorders", P, "Neurological or psychiatric disorders"),
    Item("conditions", P, "Other medical conditions"),
    Item("repetitive_activity", P, "History of repetitive motor activity"),
    Item("electrodes", M, "Position and contact of EMG electrodes"),
    Item("contraction", M, "Contraction of the target muscle", _relaxation),
    Item("prior_activity", M, "Activity of the target muscle before"),
    Item("other_muscles", M, "Relaxation of other muscles"),
    Item("coil_type", M, "Type of the coil: size and geometry"),
    Item("orientation", M, "Orientation of the coil", _orientation),
    Item("current_direction", M, "Direction of the induced current"),
    Item("location", M, "Location of the coil and its stability", _location),
    Item("stimulator", M, "Type of the stimulator"),
    Item("intensity", M, "Intensity of the pulses", _intensity),
    Item("pulse_shape", M, "Shape of the pulse"),
    Item("hotspot", M, "How the hotspot was found"),
    Item("interval", M, "Time between trials", _intervals),
    Item("between_days", M, "Time between days of testing"),
    Item("attention", M, "Attention and arousal"),
    Item("threshold_method", M, "How the motor threshold was found"),
    Item("number", M, "Number of responses", _count),
    Item("test_intensity", Q, "Intensity of the test pulse", _test_intensity),
    Item("conditioning_intensity", Q, "Intensity of the conditioning pulse",
         _pair("conditioning_percent_mso", "% of maximum stimulator output")),
    Item("pair_interval", Q, "Interval between both pulses", _pair("interval_ms", "ms")),
    Item("size_method", A, "How the size of responses was measured", _size_method),
    Item("unconditioned", A, "Size of the unconditioned response", _unconditioned),
)  # fmt: skip
KEYS = tuple(item.key for item in ITEMS)


def checklist(record: SessionRecord) -> Checklist:
    """Answer the checklist for a session.

    Parameters
    ----------
    record : SessionRecord
        Pulses and facts.

    Returns
    -------
    Checklist
        Facts of a person go before what the pulses tell, and stand beside it. Items of paired
        pulses are asked only where there are pairs.
    """
    rows = record.pulses
    asked = [item for item in ITEMS if item.section != Q or _paired(rows)]
    answers = tuple(_answer(item, record) for item in asked)
    return Checklist(
        answered=sum(answer.origin != MISSING for answer in answers),
        asked=len(answers),
        items=answers,
    )


def _answer(item: Item, record: SessionRecord) -> ChecklistItem:
    known = item.known(record.pulses) if item.known is not None and record.pulses else ""
    said = record.facts.get(item.key, "").strip()
    if said and known:
        answer, origin = f"{said}; {known}", "told and recorded"
    elif said or known:
        answer, origin = said or known, "told" if said else "recorded"
    else:
        answer, origin = "", MISSING
    return ChecklistItem(
        key=item.key, section=item.section, item=item.words, answer=answer, origin=origin
    )


def checklist_text(found: Checklist) -> str:
    """Write the checklist as text for a paper's methods or its supplement.

    Parameters
    ----------
    found : Checklist
        Answered.

    Returns
    -------
    str
        Markdown; what is missing stands at the end, by the key under which it is told.
    """
    lines = [
        "# What a report of motor responses must tell",
        "",
        f"{found.answered} of {found.asked} items are known. {describe(SOURCE)}",
    ]
    for section in dict.fromkeys(item.section for item in found.items):
        known = [i for i in found.items if i.section == section and i.origin != MISSING]
        if known:
            lines += ["", f"## {section}", ""]
            lines += [f"- {i.item}: {i.answer} ({i.origin})." for i in known]
    missing = [item for item in found.items if item.origin == MISSING]
    if missing:
        lines += ["", "## Missing", ""]
        lines += [f"- {item.item} (`{item.key}`)" for item in missing]
    return "\n".join(lines) + "\n"
