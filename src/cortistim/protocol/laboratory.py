"""Protocols of the laboratory by their usual names, such as iTBS600 or QPS5.

Intensities are those of the papers named; where only a layout's outline was at hand, the
note says what is assumed and the confidence is low.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from cortistim.errors import BadInputError, quoted
from cortistim.protocol.blocks import Associative, Block, Bursts, Pause, Repeat, Train
from cortistim.protocol.protocol import Confidence, Contraction, Reference
from cortistim.protocol.recipe import Recipe
from cortistim.sources import ASSUMED

HAND = Reference(muscle="hand", method="EMG")
TBS_PULSES, TBS_BURSTS = 3, 5  # pulses in a burst, bursts in a second
QPS_EVERY_S, QPS_BURSTS = 5.0, 360

_NAMES = (
    "iTBS600", "iTBS1200", "iTBS1800", "cTBS300", "cTBS600", "cTBS1200", "cTBS1800",
    "imTBS600", "QPS1.5", "QPS5", "QPS10", "QPS30", "QPS50", "QPS100", "QPS1250",
    "PAS25", "PAS10", "cTBS300_contraction_after", "6Hz_prime_then_1Hz",
)  # fmt: skip


def _train(
    name: str,
    percent: float,
    source: str,
    block: Train,
    confidence: Confidence = "low",
    note: str = "",
) -> Recipe:
    return Recipe(
        name, (block,), percent / 100, "rMT", reference=HAND,
        sources=(source,), confidence=confidence, note=note,
    )  # fmt: skip


IN_ONE_TRAIN = "one train at 90 % of rMT, assumed"
TRAINS_PULSES, TRAIN_EVERY_S = 1000, 60.0
PRIMED_PULSES, PRIME_TRAIN_S, PRIME_REST_S = 600, 5.0, 25.0
PRIME_PERCENT, PRIMED_PERCENT = 90, 115
PRIMED = "600 pulses each, the first in trains of 5 s at 90 % of rMT; layout from memory"
ASSUMED_LAYOUT = "count and rate as published, layout of the trains assumed"
CONTRARY_AT_10_HZ = (
    f"{ASSUMED_LAYOUT}; other trains of 10 Hz left 20 people unchanged (Maeda et al. 2000)"
)
_TRAINS = {
    recipe.name.lower(): recipe
    for recipe in (
        _train("0.1Hz", 115, "chen1997neurology", Train(0.1, 360), "medium"),
        _train("0.9Hz_810", 115, "chen1997neurology", Train(0.9, 810), "medium"),
        _train("1Hz_900", 115, "muellbacher2000", Train(1, 900), "high"),
        _train("1Hz_240", 90, "maeda2000", Train(1, 240)),
        _train("5Hz_150", 90, "peinemann2004", Train(5, 150)),
        _train("5Hz_600", 90, "quartarone2005", Train(5, 150, 4, 60), note=ASSUMED_LAYOUT),
        _train("5Hz_900", 90, "quartarone2005", Train(5, 150, 6, 60), note=ASSUMED_LAYOUT),
        _train("5Hz_1800", 90, "peinemann2004", Train(5, 150, 12, 60), note=ASSUMED_LAYOUT),
        _train("5Hz_continuous_1200", 90, ASSUMED, Train(5, 1200)),
        _train("5Hz_with_breaks_1200", 90, ASSUMED, Train(5, 200, 6, 60), note=ASSUMED_LAYOUT),
        _train("10Hz_1000", 80, ASSUMED, Train(10, 50, 20, 55), note=CONTRARY_AT_10_HZ),
        _train("10Hz_1.5s_trains", 90, ASSUMED, Train(10, 15, 67, 58.5), note=ASSUMED_LAYOUT),
        _train("10Hz_5s_trains", 90, ASSUMED, Train(10, 50, 20, 55), note=ASSUMED_LAYOUT),
        _train("20Hz_240", 90, "maeda2000", Train(20, 40, 6, 60), note=ASSUMED_LAYOUT),
        _train("20Hz_1000", 90, ASSUMED, Train(20, 40, 25, 28), note=ASSUMED_LAYOUT),
    )
}
_OTHERWISE = {
    "0.9hz": "0.9Hz_810", "1hz": "1Hz_900", "5hz": "5Hz_1800", "10hz": "10Hz_1000",
    "20hz": "20Hz_240", "ctbs": "cTBS600",
    "5hz_continuous": "5Hz_continuous_1200", "5hz_with_breaks": "5Hz_with_breaks_1200",
    "10hz_1.5s": "10Hz_1.5s_trains", "10hz_5s": "10Hz_5s_trains",
}  # fmt: skip
"""Names without a number of pulses, as papers use them."""
_CONTRACTED = re.compile(r"(?P<name>.+?)_(?P<when>contraction_after|no_contraction)", re.I)
_UNBROKEN = re.compile(r"(?P<name>i?m?TBS\d+)_continuous", re.I)
_REPEATED = re.compile(r"(?P<name>.+?)x(?P<times>\d{1,2})_(?P<gap>\d+(?:\.\d+)?)min", re.I)
LARGEST_GAP_MIN = 24 * 60.0


def laboratory_names() -> tuple[str, ...]:
    """Return the usual names; patterns such as ``iTBS600x2_15min`` are known besides.

    Returns
    -------
    tuple of str
        In the order of the list.
    """
    return (*_NAMES, *(recipe.name for recipe in _TRAINS.values()))


def laboratory_recipe(name: str) -> Recipe:
    """Return the recipe behind a laboratory name.

    Parameters
    ----------
    name : str
        One of `laboratory_names`, ``iTBSn``, ``cTBSn``, ``imTBSn``, ``QPSms``, ``PASms``, or
        any of them with ``xN_GAPmin`` for N blocks with GAP minutes between the end of one
        and the start of the next; ``fHz_n`` for n pulses in one train,
        ``fHz_Ds_trains_n`` in trains of D seconds, ``fHz_prime_then_gHz`` for 600 pulses
        each. ``_contraction_after`` and ``_no_contraction`` behind any of them say what the
        muscle did. Case does not matter.

    Returns
    -------
    Recipe
        With its source.

    Raises
    ------
    BadInputError
        When a name of this form asks for something impossible.
    KeyError
        When the name has none of these forms.
    """
    text = name.strip()
    text = _OTHERWISE.get(text.lower(), text)
    contracted = _CONTRACTED.fullmatch(text)
    if contracted:
        return _contracted(contracted["name"], contracted["when"].lower())
    unbroken = _UNBROKEN.fullmatch(text)
    if unbroken:  # all trains at once, as laboratories that also space them say it
        return laboratory_recipe(unbroken["name"])
    repeated = _REPEATED.fullmatch(text)
    if repeated:
        return _repeat(text, repeated)
    if text.lower() in _TRAINS:
        return _TRAINS[text.lower()]
    for pattern, build in _FORMS:
        hit = pattern.fullmatch(text)
        if hit:
            return build(*hit.groups())
    raise KeyError(name)


def _repeat(name: str, hit: re.Match[str]) -> Recipe:
    once = laboratory_recipe(hit["name"])
    times, gap_min = int(hit["times"]), float(hit["gap"])
    if times < 1 or gap_min > LARGEST_GAP_MIN:
        msg = (
            f"{quoted(name)} must repeat at least once with a gap of at most a day; for "
            "longer "
            "ones write a course into a file."
        )
        raise BadInputError(msg)
    block = Repeat(once.blocks, times, 60 * gap_min)
    return replace(once, name=f"{once.name}x{times}_{gap_min:g}min", blocks=(block,))


def _contracted(name: str, when: str) -> Recipe:
    once = laboratory_recipe(name)
    state: Contraction = "after" if when == "contraction_after" else "none"
    return replace(once, name=f"{once.name}_{when}", contraction=state)


def _theta(kind: str, count: str, per_train: int, rest_s: float) -> Recipe:
    pulses = int(count)
    in_train = per_train or pulses
    if pulses < TBS_PULSES or pulses % in_train or in_train % TBS_PULSES:
        msg = (
            f"{kind} is given in trains of {in_train if per_train else 'bursts of 3'} pulses; "
            f"{pulses} pulses are not a whole number of them."
        )
        raise BadInputError(msg)
    bursts = in_train // TBS_PULSES
    block = Bursts(TBS_PULSES, 50, TBS_BURSTS, bursts, pulses // in_train, rest_s)
    return _published(f"{kind}{pulses}", block, 0.8, "huang2005", standard=pulses <= 600)


def _published(
    name: str, block: Block, fraction: float, source: str, *, standard: bool
) -> Recipe:
    return Recipe(
        name, (block,), fraction, "aMT", reference=HAND, sources=(source,),
        confidence="high" if standard else "medium",
    )  # fmt: skip


def _quadripulse(interval_ms: str) -> Recipe:
    if not float(interval_ms) > 0:
        msg = f"quadripulses need an interval above 0 ms; got {interval_ms} ms."
        raise BadInputError(msg)
    rate_hz = 1e3 / float(interval_ms)
    block = Bursts(4, rate_hz, 1 / QPS_EVERY_S, QPS_BURSTS)
    recipe = _published(f"QPS{float(interval_ms):g}", block, 0.9, "hamada2008", standard=True)
    return replace(recipe, waveform="monophasic")


def _associative(lead_ms: str) -> Recipe:
    recipe = Recipe(
        f"PAS{float(lead_ms):g}",
        (Associative(90, 20.0, float(lead_ms) / 1e3),),
        1.3,
        "rMT",
        waveform="monophasic",
        reference=HAND,
        sources=("stefan2000",),
        confidence="medium",
        note="given at the intensity of a 1 mV response, here taken as 130 % of rMT",
    )
    if float(lead_ms) == 10:
        return replace(recipe, sources=("wolters2003",))
    return recipe


def _trains(rate_hz: str, pulses: str) -> Recipe:
    if not (float(rate_hz) > 0 and int(pulses)):
        msg = f"{rate_hz}Hz_{pulses} must have a rate above 0 Hz and a pulse."
        raise BadInputError(msg)
    name = f"{float(rate_hz):g}Hz_{int(pulses)}"
    return _train(name, 90, ASSUMED, Train(float(rate_hz), int(pulses)), note=IN_ONE_TRAIN)


def _trains_of(rate_hz: str, train_s: str, pulses: str | None) -> Recipe:
    rate, length_s, count = float(rate_hz), float(train_s), int(pulses or TRAINS_PULSES)
    in_train = round(rate * length_s)
    if not (in_train and count >= in_train and length_s < TRAIN_EVERY_S):
        msg = (
            f"{rate_hz}Hz_{train_s}s_trains must hold a pulse in each train, and its trains "
            f"come every {TRAIN_EVERY_S:g} s; got {count} pulses in all."
        )
        raise BadInputError(msg)
    block = Train(rate, in_train, round(count / in_train), TRAIN_EVERY_S - length_s)
    name = f"{rate:g}Hz_{length_s:g}s_trains_{count}"
    return _train(name, 90, ASSUMED, block, note=ASSUMED_LAYOUT)


def _primed(first_hz: str, then_hz: str) -> Recipe:
    first, then = float(first_hz), float(then_hz)
    if not min(first, then) > 0:
        msg = f"priming needs rates above 0 Hz; got {first_hz} and {then_hz} Hz."
        raise BadInputError(msg)
    in_train = max(round(PRIME_TRAIN_S * first), 1)
    trains = max(round(PRIMED_PULSES / in_train), 1)
    level = PRIME_PERCENT / PRIMED_PERCENT
    prime = Train(first, in_train, trains, PRIME_REST_S, relative=level)
    recipe = _train(
        f"{first:g}Hz_prime_then_{then:g}Hz", PRIMED_PERCENT, "iyer2003", prime, note=PRIMED
    )
    return replace(recipe, blocks=(prime, Pause(PRIME_REST_S), Train(then, PRIMED_PULSES)))


_FORMS: tuple[tuple[re.Pattern[str], Callable[..., Recipe]], ...] = (
    (re.compile(r"iTBS(\d+)", re.I), lambda n: _theta("iTBS", n, 30, 8.0)),
    (re.compile(r"cTBS(\d+)", re.I), lambda n: _theta("cTBS", n, 0, 0.0)),
    (re.compile(r"imTBS(\d+)", re.I), lambda n: _theta("imTBS", n, 75, 10.0)),
    (re.compile(r"QPS_?(\d+(?:\.\d+)?)", re.I), _quadripulse),
    (re.compile(r"PAS_?(\d+(?:\.\d+)?)", re.I), _associative),
    (re.compile(r"(\d+(?:\.\d+)?)Hz_(?:continuous_)?(\d+)", re.I), _trains),
    (
        re.compile(r"(\d+(?:\.\d+)?)Hz_(\d+(?:\.\d+)?)s_trains(?:_(\d+))?", re.I),
        _trains_of,
    ),
    (
        re.compile(r"(\d+(?:\.\d+)?)Hz_prime_then_(\d+(?:\.\d+)?)Hz", re.I),
        _primed,
    ),
)
