"""The rows that the plasticity model is calibrated on, and how far a parameter set is off.

Read from a table with the columns of ``plasticity_reference.csv``: protocol, intensity,
post_min, mep_percent, sem, n, direction, confidence, note, ... The points of one curve are one
row, because they are of the same people. Rows without a size enter by their direction, as 25 %
give or take 15 %.

Errors are hierarchical: people within a study (0.4 in the logarithm, by n), what a laboratory
does to all its protocols (`LABORATORY`), and what the model misses of a protocol and of those
like it in every laboratory (`cortistim.plasticity.likeness`).

Where the rows stand on less than their column ``citation`` says:

- The digitised curves come from a repository whose authors name three papers, Huang 2005,
  Gentner 2008 and Huang 2011: a row that names the first need not be of it. That ten percent
  are one of their units is what the authors' own figure shows.
- The rise after 10 Hz is one laboratory's direction with an assumed size; maeda2000 saw no
  significant change at 10 Hz in 20 people, which `BESIDES` adds with the layout of its 20 Hz.
- Sizes of Muellbacher 2000, Peinemann 2004, Stefan 2000 and Gamboa 2010 are from memory.
- wankerl2010 saw continuous theta burst potentiate a muscle that never contracted: `BESIDES`.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from cortistim.plasticity.calcium import COLUMN, from_unit
from cortistim.plasticity.drive import Drive, drive_of
from cortistim.plasticity.likeness import MISSED_SD, Neighbours, alike, described
from cortistim.plasticity.predict import course_of
from cortistim.protocol import named_protocol

BETWEEN_PEOPLE = 0.4  # SD of the log response
LABORATORY = 0.08  # SD, log; studies of one protocol scatter by 0.10 to 0.12
META_PEOPLE = 60
"""What a meta-analysis counts as: its studies share methods."""
MEMORY_SD, ASSUMED_SD = 0.12, 0.10  # log; sizes from memory, and assumed ones
DIRECTION_LOG, DIRECTION_SD = np.log(1.25), 0.15
NAMES = {
    "0.9Hz": "0.9Hz_810", "cTBS": "cTBS600", "5Hz_continuous": "5Hz_continuous_1200",
    "10Hz": "10Hz_1000", "20Hz": "20Hz_240", "iTBS1800_continuous": "iTBS1800",
}  # fmt: skip
FAMILIES = (
    ("0.9Hz_810", "1Hz_900 115%rMT", "1Hz_900 90%rMT", "1Hz_240 90%rMT"),
    ("10Hz_1000", "10Hz_5s_trains", "10Hz_240"),
    ("20Hz_240", "20Hz_1000"),
)
"""Protocols so alike that they are left out together."""


@dataclass(frozen=True)
class Row:
    """One study's log response to a protocol, over some minutes."""

    protocol: str
    study: str
    minutes: tuple[float, ...]
    log_change: float
    sd: float
    direction: int


BESIDES = (
    Row("10Hz_240", "Maeda 2000", (1.0, 5.0), 0.0, BETWEEN_PEOPLE / np.sqrt(20), 0),
    Row("cTBS300_no_contraction", "Wankerl 2010", (5.0, 15.0, 30.0), DIRECTION_LOG, 0.2, 1),
    Row("20Hz_1000", "Consensus", (5.0,), DIRECTION_LOG, DIRECTION_SD, 1),
)
"""The first two were read in abstracts, the third is known to raise responses, its size not.
They are fitted, left out with their families, and never scored."""


def read_rows(path: Path) -> list[Row]:
    """Read one row for each protocol and study."""
    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for line in lines:
        study = " ".join(line["citation"].split()[:2]).strip(",")
        groups.setdefault((_name(line), study), []).append(line)
    return [_row(name, study, found) for (name, study), found in groups.items()]


def _name(line: dict[str, str]) -> str:
    protocol, pulses = line["protocol"], line["pulses"]
    if protocol == "1Hz":
        return f"1Hz_{pulses} {line['intensity'].removesuffix('%RMT')}%rMT"
    return f"5Hz_{pulses}" if protocol == "5Hz" else NAMES.get(protocol, protocol)


def _row(name: str, study: str, lines: list[dict[str, str]]) -> Row:
    first = lines[0]
    sized = [float(line["mep_percent"]) / 100 for line in lines if line["mep_percent"]]
    directions = [int(line["direction"]) for line in lines]
    direction = int(np.sign(round(float(np.mean(directions)))))
    people = int(first["n"]) if first["n"].isdigit() else META_PEOPLE * ("meta" in first["n"])
    spread = BETWEEN_PEOPLE / np.sqrt(people or 10)
    if sized:
        change = float(np.mean(np.log(sized)))
        vague = MEMORY_SD * (first["confidence"] == "low")
        vague = max(vague, ASSUMED_SD * ("SIZE NOT" in first["note"]))
    else:
        change, vague = direction * DIRECTION_LOG, DIRECTION_SD
    minutes = tuple(m for line in lines for m in _minutes(line["post_min"]))
    return Row(name, study, minutes, change, float(np.hypot(spread, vague)), direction)


def _minutes(text: str) -> tuple[float, ...]:
    if not text:
        return (5.0, 10.0, 15.0)  # a mean maximum
    if "-" not in text:
        return (float(text),)
    first, last = (float(part) for part in text.split("-"))
    return tuple(np.linspace(max(first, 1.0), last, 4))


@cache
def drive_named(name: str) -> Drive:
    """Return the drive of a row: a laboratory name, with an intensity after a blank."""
    protocol, _, intensity = name.partition(" ")
    if protocol == "10Hz_240":  # laid out as the 20 Hz of the same study
        protocol, intensity = "10Hz_2s_trains_240", "90%rMT"
    return drive_of(named_protocol(protocol), intensity)


def said(theta, rows: list[Row]) -> np.ndarray:
    """Return what members say of rows, (n_member, n_row), log."""
    found = np.empty((len(theta), len(rows)))
    for name in dict.fromkeys(row.protocol for row in rows):
        mine = [k for k, row in enumerate(rows) if row.protocol == name]
        minutes = np.unique(np.concatenate([rows[k].minutes for k in mine]))
        course = course_of(theta, drive_named(name), np.zeros(1), 60 * minutes)
        for k in mine:
            at = np.searchsorted(minutes, rows[k].minutes)
            found[:, k] = course[:, at].mean(axis=1)
    return found


def descriptors(rows: list[Row]) -> np.ndarray:
    """Return the descriptors of the rows' protocols."""
    return np.array([described(drive_named(row.protocol)) for row in rows])


def precision(rows: list[Row]) -> np.ndarray:
    """Return the inverse covariance of the rows' errors."""
    studies = np.array([row.study for row in rows])
    places = descriptors(rows)
    spread = np.diag([row.sd**2 for row in rows])
    spread = spread + LABORATORY**2 * (studies[:, None] == studies)
    return np.linalg.inv(spread + MISSED_SD**2 * alike(places, places))


def neighbours(theta, rows: list[Row]) -> Neighbours:
    """Return what members miss of the rows they were fitted to."""
    off = np.array([row.log_change for row in rows]) - said(theta, rows)
    published = np.array([float(row.direction) for row in rows])
    return Neighbours(descriptors(rows), off @ precision(rows), published)


def with_fixed(unit, course: np.ndarray, fixed: dict[str, float]) -> np.ndarray:
    """Turn numbers of the prior into parameters; some held, the time course given."""
    theta = from_unit(np.pad(np.clip(unit, 0, 1), ((0, 0), (0, np.shape(course)[-1]))))
    theta[:, COLUMN["t_up"] :] = course
    for name, value in fixed.items():
        theta[:, COLUMN[name]] = value
    return theta


def families(rows: list[Row]) -> list[tuple[str, ...]]:
    """Return the protocols in groups that are left out together."""
    names = list(dict.fromkeys(row.protocol for row in rows))
    together = {name: family for family in FAMILIES for name in family}
    return list(dict.fromkeys(together.get(name, (name,)) for name in names))


def halved(drive: Drive) -> Drive:
    """Put an event without drive into the middle of every interval."""
    times_s = drive.pulse_times_s
    middle_s = times_s[:-1] + np.diff(times_s) / 2
    joined_s = np.concatenate([times_s, middle_s])
    order = np.argsort(joined_s)
    level = np.concatenate([drive.drive, np.zeros(len(middle_s))])[order]
    return Drive(drive.name, joined_s[order], level, np.full(len(order), np.nan))
