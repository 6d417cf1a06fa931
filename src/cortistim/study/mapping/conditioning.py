"""Conditioned responses of a table as ratios."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.io.table.responses import read_responses
from cortistim.mapping.conditioning import Ratio, conditioned_ratio, pooled_ratio
from cortistim.records.curve import IntervalRecord, RatioRecord, RatiosRecord

WORDS = (
    "mean of the conditioned over mean of the test responses; the mean of single ratios would "
    "be too large, because a small test response makes any ratio"
)


@dataclass(frozen=True, slots=True)
class PairedRequest:
    """Conditioned responses to be summarised.

    Parameters
    ----------
    table : Path
        A CSV with a row for each trial.
    response, condition : str
        Columns of sizes and of what came before the test pulse.
    test : str
        The cell that marks a test pulse alone.
    by : tuple of str
        Columns that tell people, muscles or sessions apart.
    """

    table: Path
    response: str
    condition: str
    test: str
    by: tuple[str, ...] = ()


def paired_ratios(request: PairedRequest) -> RatiosRecord:
    """Summarise conditioned responses.

    Parameters
    ----------
    request : PairedRequest
        What is asked.

    Returns
    -------
    RatiosRecord
        By person and condition, and by condition over people.

    Raises
    ------
    BadInputError
        When the table cannot be used, or somebody has no test responses.
    """
    table = read_responses(request.table)
    size = table.numbers(request.response, low=0)
    cells = np.array(table.texts(request.condition))
    if request.test not in cells:
        known = ", ".join(dict.fromkeys(cells.tolist()))
        msg = (
            f"{table.path}: some trial must be a test pulse alone, {quoted(request.test)} in "
            f"column {quoted(request.condition)} (`test`); there are {quoted(known)}."
        )
        raise BadInputError(msg)
    who = [tuple(group.values()) for group in table.groups(request.by)]
    conditions = [c for c in dict.fromkeys(cells.tolist()) if c != request.test]
    found: dict[str, list[RatioRecord]] = {c: [] for c in conditions}
    kept: dict[str, list[Ratio]] = {c: [] for c in conditions}
    for key in dict.fromkeys(who):
        own = np.array([name == key for name in who])
        label = dict(zip(request.by, key, strict=True))
        for condition in conditions:
            chosen = own & (cells == condition)
            if not chosen.any():
                continue
            ratio = conditioned_ratio(size[chosen], size[own & (cells == request.test)])
            kept[condition].append(ratio)
            found[condition].append(_record(label, condition, ratio))
    return RatiosRecord(
        response=request.response,
        test=request.test,
        ratios=[row for rows in found.values() for row in rows],
        together=[
            _record({}, c, pooled_ratio(ratios))
            for c, ratios in kept.items()
            if len(ratios) > 1
        ],
        words=WORDS,
    )


def _record(label: dict[str, str], condition: str, ratio: Ratio) -> RatioRecord:
    ends = IntervalRecord(
        mean=round(ratio.mean, 4), low=round(ratio.low, 4), high=round(ratio.high, 4)
    )
    return RatioRecord(
        by=label,
        condition=condition,
        ratio=ends,
        conditioned=ratio.conditioned,
        test=ratio.test,
        words=ratio.words,
    )
