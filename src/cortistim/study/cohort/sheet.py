"""Who is in a cohort: a YAML sheet, or a BIDS dataset.

What is wrong with one person's row becomes that person's `problem`; what is wrong with the
whole is refused.
"""

import csv
import glob
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.io.text import text_of
from cortistim.naming import did_you_mean
from cortistim.plain import plain_value, read_plain
from cortistim.study.cohort.design import Cohort, CohortDesign, Person, named_setting

LABEL = re.compile(r"[0-9A-Za-z]+")
DESIGN = (
    "name", "setting", "targets", "coils", "space", "protocol", "stimulator", "operator",
    "handle_deg", "distance_mm",
)  # fmt: skip
SHEET = (*DESIGN, "target", "coil", "people", "participants", "t1", "t2", "head", "surfaces")
PATHS = ("t1", "t2", "head", "surfaces")
NAMES = ("id", "participant_id", "participant", "subject", "name", "label")
THRESHOLDS = {
    "rmt": "rmt_percent", "rmt_percent": "rmt_percent", "rmt_percent_mso": "rmt_percent",
    "amt": "amt_percent", "amt_percent": "amt_percent", "amt_percent_mso": "amt_percent",
}  # fmt: skip
ABSENT = ("", "n/a", "NA", "nan", "NaN")
FREESURFER_T1 = ("mri/orig.mgz", "mri/rawavg.mgz", "mri/T1.mgz")
MOST_PEOPLE = 100_000
EXAMPLE = (
    "people: [{id: anna, t1: anna.nii.gz, rmt: 52}], targets: [dlpfc_l], coils: [magstim_d70], "
    "setting: fine"
)
Row = Mapping[str, Any]
Cell = str | float | bool | None
Changes = Iterable[tuple[str, str | float | bool | tuple[str, ...]]]


def read_cohort(path: Path | str) -> Cohort:
    """Read who is in a cohort and what is done for them.

    Parameters
    ----------
    path : Path or str
        A sheet (.yaml, .yml, .json), or the folder of a BIDS dataset, whose ``sub-*`` folders
        and ``participants.tsv`` are read.

    Returns
    -------
    Cohort
        People whose row cannot be used have a `problem`.

    Raises
    ------
    BadInputError
        When there is no such file, nobody is in it, or what is to be done is unclear.
    """
    path = Path(path)
    if path.is_dir():
        return _of_bids(path)
    content = read_plain(path)
    if not isinstance(content, dict):
        msg = f"{path}: the sheet must be a mapping, such as {EXAMPLE}."
        raise FileFormatError(msg)
    unknown = [key for key in content if key not in SHEET]
    if unknown:
        guess = did_you_mean(unknown[0], SHEET)
        msg = f"{path}: {quoted(unknown[0])} is no key of a sheet. {guess}Known: "
        msg += f"{', '.join(SHEET)}."
        raise FileFormatError(msg)
    design = _design(path, content)
    people = _people(path, content)
    return _checked(Cohort(design=design, people=tuple(people), source=path.name))


def _design(path: Path, content: Row) -> CohortDesign:
    given = {key: content[key] for key in DESIGN if content.get(key) is not None}
    for one, many in (("target", "targets"), ("coil", "coils")):
        found = content.get(many, content.get(one))
        if found is not None:
            texts = found if isinstance(found, list) else [found]
            given[many] = tuple(_point(text) for text in texts)
    given.setdefault("name", path.stem)
    return _design_of(given)


def _point(text: Any) -> str:  # noqa: ANN401
    """Return a target's name; a list of three numbers is a point."""
    if isinstance(text, list):
        return ",".join(f"{number:g}" for number in text if isinstance(number, int | float))
    return str(text)


def changed(design: CohortDesign, changes: Changes) -> CohortDesign:
    """Return a design with some of what it says replaced.

    Parameters
    ----------
    design : CohortDesign
        Of a sheet.
    changes : iterable of (str, value)
        Names of its fields, and what is to stand there.

    Returns
    -------
    CohortDesign
        Checked.

    Raises
    ------
    BadInputError
        When something is of the wrong kind or unknown.
    """
    given = {name: getattr(design, name) for name in DESIGN}
    given = {name: value for name, value in given.items() if value is not None}
    return _design_of(given | dict(changes))


def _design_of(given: Row) -> CohortDesign:
    """Check what is to be done for everybody."""
    kinds: dict[str, tuple[type, ...]] = {
        "handle_deg": (int, float), "distance_mm": (int, float), "operator": (bool,),
        "targets": (tuple,), "coils": (tuple,),
    }  # fmt: skip
    for key, value in given.items():
        if not isinstance(value, kinds.get(key, (str,))):
            msg = f"{key} of a cohort cannot be {quoted(value)}. Write it as in {EXAMPLE}."
            raise BadInputError(msg)
    design = CohortDesign(**given)
    named_setting(design.setting)
    if design.space not in ("mni", "subject"):
        msg = f"`space` must be mni or subject; got {quoted(design.space)}."
        raise BadInputError(msg)
    for what in ("targets", "coils"):
        names = getattr(design, what)
        twice = [name for name, count in Counter(names).items() if count > 1]
        if not names or twice:
            msg = f"`{what}` must name each once; got {quoted(list(names))}."
            raise BadInputError(msg)
    return design


def _people(path: Path, content: Row) -> list[Person]:
    folder = path.parent
    table = content.get("participants")
    people = content.get("people")
    if isinstance(people, str):
        people, table = None, people
    rows: list[Row] = [] if table is None else [*rows_of(folder / str(table))]
    if isinstance(people, dict):
        rows += [{**(row or {}), "id": name} for name, row in people.items()]
    elif isinstance(people, list):
        rows += [row if isinstance(row, dict) else {"id": row} for row in people]
    elif people is not None:
        msg = f"{path}: people must be a list, such as {EXAMPLE}; got {quoted(people)}."
        raise FileFormatError(msg)
    patterns = {key: content[key] for key in PATHS if content.get(key)}
    return [_person(row, number, patterns, folder) for number, row in enumerate(rows, 1)]


def rows_of(path: Path) -> list[dict[str, Cell]]:
    """Read a table of people.

    Parameters
    ----------
    path : Path
        Tab- or comma-separated, with a heading; ``n/a`` and empty cells are left out.

    Returns
    -------
    list of dict
        One for each row, by column.

    Raises
    ------
    FileFormatError
        When it is no such table.
    """
    lines = text_of(path).splitlines()
    delimiter = "\t" if lines and "\t" in lines[0] else ","
    try:
        table = [row for row in csv.reader(lines, delimiter=delimiter) if any(row)]
    except csv.Error as error:
        msg = f"{path}: this is no table of people ({error}). Save it with tabs between cells."
        raise FileFormatError(msg) from error
    if not table:
        msg = f"{path}: the table must have a heading and a row for each person; it is empty."
        raise FileFormatError(msg)
    heading = [name.strip() for name in table[0]]
    if len(set(heading)) < len(heading):
        msg = f"{path}: the columns must have different names; got {quoted(heading)}."
        raise FileFormatError(msg)
    found = []
    for row in table[1:]:
        cells = {k: v.strip() for k, v in zip(heading, row, strict=False)}
        # identifiers keep their leading zeros: they are text whatever they look like
        found.append(
            {
                key: text if key in (*NAMES, "group", *PATHS) else plain_value(text)
                for key, text in cells.items()
                if text not in ABSENT
            }
        )
    return found


def _person(row: Row, number: int, patterns: Row, folder: Path) -> Person:
    """Understand one row; what is wrong with it stays with the person."""
    names = {str(row[key]).strip() for key in NAMES if row.get(key) not in (None, "")}
    label = next((str(row[k]).strip() for k in NAMES if row.get(k) not in (None, "")), "")
    label = label.removeprefix("sub-")
    person = Person(id=label or f"row{number}", values=_values(row), group=_group(row))
    problem = _naming(label, names, number)
    if problem:
        return replace(person, problem=problem)
    try:
        return _placed(person, row, patterns, folder)
    except BadInputError as error:
        return replace(person, problem=str(error))


def _naming(label: str, names: set[str], number: int) -> str:
    """Say what is wrong with a person's name."""
    if not label:
        return f"row {number} must have an id; it has none."
    if len({name.removeprefix("sub-") for name in names}) > 1:
        return f"a person must have one name; this one has {' and '.join(sorted(names))}."
    if not LABEL.fullmatch(label):
        return f"an id must consist of letters and digits, as in BIDS; got {quoted(label)}."
    return ""


def _placed(person: Person, row: Row, patterns: Row, folder: Path) -> Person:
    given = {key: row.get(key, patterns.get(key)) for key in PATHS}
    given |= _of_freesurfer(row, given, folder)
    found = {key: _place(key, text, person.id, folder) for key, text in given.items() if text}
    if not ({"t1", "head"} & set(found)):
        msg = f"sub-{person.id} must have a T1 image (t1), a head or a freesurfer folder."
        raise BadInputError(msg)
    return replace(person, **found, **_thresholds(row, person.id))


def _of_freesurfer(row: Row, given: Row, folder: Path) -> Row:
    """Take image and surfaces of a FreeSurfer subject, where they are not given otherwise."""
    if not row.get("freesurfer"):
        return {}
    place = _under(folder, str(row["freesurfer"]))
    image = next((name for name in FREESURFER_T1 if (place / name).is_file()), FREESURFER_T1[0])
    given_head = given.get("t1") or given.get("head")
    found = {} if given_head else {"t1": str(place / image)}
    return found | ({} if given.get("surfaces") else {"surfaces": str(place)})


def _place(key: str, text: Any, label: str, folder: Path) -> str:  # noqa: ANN401
    """Return the path of what a row or a pattern names; a pattern must fit one file."""
    if not isinstance(text, str):
        msg = f"{key} of sub-{label} must be a path; got {quoted(text)}."
        raise BadInputError(msg)
    told = text.replace("{id}", label)
    place = _under(folder, told)
    if key == "head" and not place.exists() and "/" not in told and "." not in told:
        return told  # a head that is built in
    if any(sign in told for sign in "*?["):
        hits = sorted(glob.glob(str(place)))  # noqa: PTH207 - the pattern may be absolute
        if len(hits) != 1:
            msg = f"{key} of sub-{label} must fit one file; {told} fits {len(hits)}."
            raise BadInputError(msg)
        return hits[0]
    if not place.exists():
        msg = f"file not found: {place} ({key} of sub-{label}). Check the path."
        raise BadInputError(msg)
    return str(place)


def _under(folder: Path, text: str) -> Path:
    place = Path(text).expanduser()
    return place if place.is_absolute() else folder / place


def _thresholds(row: Row, label: str) -> dict[str, float]:
    found = {}
    for key, field in THRESHOLDS.items():
        value = row.get(key)
        if value is None:
            continue
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not 0 < value <= 100
        ):
            msg = f"{key} of sub-{label} must lie between 0 and 100 %; got {quoted(value)}."
            raise BadInputError(msg)
        found[field] = float(value)
    return found


def _values(row: Row) -> dict[str, float]:
    own = {*NAMES, *PATHS, *THRESHOLDS, "group", "freesurfer"}
    return {
        str(key): float(value)
        for key, value in row.items()
        if key not in own and isinstance(value, int | float)
    }


def _group(row: Row) -> str:
    return str(row.get("group", "")).strip()


def _of_bids(folder: Path) -> Cohort:
    """Take everybody who has a folder ``sub-*``, and what ``participants.tsv`` says of them."""
    table = folder / "participants.tsv"
    rows = rows_of(table) if table.is_file() else []
    known = {str(row.get("participant_id", "")).removeprefix("sub-"): row for row in rows}
    labels = sorted(p.name.removeprefix("sub-") for p in folder.glob("sub-*") if p.is_dir())
    labels += sorted(set(known) - set(labels) - {""})
    people = [_bids_person(folder, label, known.get(label, {})) for label in labels]
    if not people:
        msg = f"{folder}: a BIDS dataset must have folders sub-*; there is none. Give a sheet "
        msg += f"(.yaml) otherwise, such as {EXAMPLE}."
        raise BadInputError(msg)
    design = CohortDesign(name=folder.resolve().name or "cohort")
    return _checked(Cohort(design=design, people=tuple(people), source=folder.name))


def _bids_person(folder: Path, label: str, row: Row) -> Person:
    places = ("anat", "ses-*/anat")
    images = [
        sorted(
            path for place in places for path in (folder / f"sub-{label}").glob(f"{place}/{n}")
        )
        for n in ("*_T1w.nii.gz", "*_T1w.nii", "*_T2w.nii.gz", "*_T2w.nii")
    ]
    t1s, t2s = [*images[0], *images[1]], [*images[2], *images[3]]
    if not t1s:
        problem = f"sub-{label} must have an image anat/*_T1w.nii.gz; there is none."
        return Person(id=label, values=_values(row), group=_group(row), problem=problem)
    person = _person(
        {**row, "participant_id": label, "t1": str(t1s[0].resolve())}, 0, {}, folder
    )
    notes = ()
    if len(t1s) > 1:
        notes = (f"of {len(t1s)} T1 images {t1s[0].name} was taken.",)
    t2 = str(t2s[0].resolve()) if t2s and not person.problem else None
    return replace(person, t2=t2, notes=notes)


def _checked(cohort: Cohort) -> Cohort:
    """Refuse an empty cohort; mark people of the same name or image."""
    if not cohort.people or len(cohort.people) > MOST_PEOPLE:
        msg = (
            f"a cohort must have 1 to {MOST_PEOPLE} people; {cohort.source} has "
            f"{len(cohort.people)}. List them as in {EXAMPLE}."
        )
        raise BadInputError(msg)
    ids = Counter(person.id.lower() for person in cohort.people)
    images = _by_image(cohort.people)
    return replace(
        cohort, people=tuple(_marked(person, ids, images) for person in cohort.people)
    )


def _by_image(people: Iterable[Person]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for person in people:
        place = person.t1 or person.head
        if place is not None and Path(place).exists():
            out.setdefault(str(Path(place).resolve()), []).append(person.id)
    return out


def _marked(person: Person, ids: Counter[str], images: dict[str, list[str]]) -> Person:
    if ids[person.id.lower()] > 1:
        problem = (
            f"each person must have a name of their own; {ids[person.id.lower()]} are called "
            f"sub-{person.id}. Rename them in the sheet."
        )
        return replace(person, problem=problem)
    place = person.t1 or person.head
    same = images.get(str(Path(place).resolve()), []) if place else []
    others = [one for one in same if one != person.id]
    if not others:
        return person
    names = ", ".join(f"sub-{one}" for one in others[:3])
    note = f"{Path(str(place)).name} is given for {names}, too: one person under two names?"
    return replace(person, notes=(*person.notes, note))


def chosen(cohort: Cohort, labels: Iterable[str], part: str) -> Cohort:
    """Keep some of the people.

    Parameters
    ----------
    cohort : Cohort
        Everybody.
    labels : iterable of str
        With or without ``sub-``, also several divided by commas; everybody when empty.
    part : str
        ``K/N``: every N-th of them, beginning with the K-th; all when empty.

    Returns
    -------
    Cohort
        Those.

    Raises
    ------
    BadInputError
        When a label is not in the cohort, or the part is none.
    """
    wanted = [one.strip().removeprefix("sub-") for text in labels for one in text.split(",")]
    wanted = [one for one in wanted if one]
    ids = [person.id for person in cohort.people]
    strangers = [one for one in wanted if one not in ids]
    if strangers:
        msg = (
            f"`participant_label` must be one of the cohort's people; {quoted(strangers[0])} "
            f"is none. {did_you_mean(strangers[0], ids)}There are {len(ids)}, such as {ids[0]}."
        )
        raise BadInputError(msg)
    people = [one for one in cohort.people if not wanted or one.id in wanted]
    if part:
        number, count = _part(part)
        people = people[number - 1 :: count]
    return replace(cohort, people=tuple(people))


def _part(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    number, count = (int(one) for one in found.groups()) if found else (0, 0)
    if not 1 <= number <= count:
        msg = f"`array` must be K/N with K from 1 to N, such as 2/5; got {quoted(text)}."
        raise BadInputError(msg)
    return number, count
