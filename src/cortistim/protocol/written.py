"""Protocols and courses as protocol files state them.

The types below are the format: their fields are its keys, `records.reading` reads them, and
`protocol.schema.json` beside the package's data is made from them by `tools/schemas.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from msgspec import UNSET, Meta, Struct, UnsetType

from cortistim.errors import FileFormatError, quoted
from cortistim.protocol.blocks import (
    SMALLEST,
    Associative,
    Block,
    Bursts,
    Count,
    Number,
    Pairs,
    Pause,
    Pulses,
    Repeat,
    Train,
    Word,
)
from cortistim.protocol.course import Course, Phase, phased_starts_s
from cortistim.protocol.protocol import (
    GIVEN,
    UNSTATED,
    Confidence,
    Contraction,
    Protocol,
    Reference,
    Waveform,
)
from cortistim.protocol.recipe import STEADY, Jitter, Recipe
from cortistim.records import json_line
from cortistim.records.reading import read_as

SCHEMA = "cortistim-protocol-1"
EXAMPLE = "such as {percent: 120, of: rMT} or {v_per_m: 80}"
ONE_INTENSITY = {
    "oneOf": [
        {"required": ["percent", "of"]},
        {"required": ["fraction", "of"]},
        {"required": ["v_per_m"]},
    ]
}
ONE_BLOCK = {"minProperties": 1, "maxProperties": 1}
"""Of a schema: what `__post_init__` refuses below, for validators that know only the schema."""
ShareOf = Literal["rMT", "aMT", "MSO"]
Muscle = Literal["", "hand", "leg"]
Method = Literal["", "EMG", "twitch"]


class Intensity(Word, frozen=True, kw_only=True):
    """How strong a session is: a share of a threshold or of the output, or a field.

    Parameters
    ----------
    percent, fraction, v_per_m : float, optional
        One of them.
    of : str, optional
        ``rMT``, ``aMT`` or ``MSO``: what `percent` or `fraction` is a share of.
    muscle, method, corrected : str, optional
        As in `Reference`.
    """

    percent: Number | None = None
    fraction: Number | None = None
    v_per_m: Number | None = None
    of: ShareOf | None = None
    muscle: Muscle | None = None
    method: Method | None = None
    corrected: str = ""

    def __post_init__(self) -> None:
        """Refuse what states no intensity, or two."""
        stated = [x for x in (self.percent, self.fraction, self.v_per_m) if x is not None]
        if len(stated) != 1:
            msg = "must be stated once, as percent, fraction or v_per_m"
            raise ValueError(msg)
        if self.v_per_m is None and self.of is None:
            msg = "needs a reference"
            raise ValueError(msg)
        if self.v_per_m is not None and (self.of or self.muscle or self.method):
            msg = "is a field, which has no threshold: state v_per_m alone"
            raise ValueError(msg)

    @classmethod
    def of_recipe(cls, recipe: Recipe) -> "Intensity":
        """State the intensity of a recipe.

        Parameters
        ----------
        recipe : Recipe
            Any.

        Returns
        -------
        Intensity
            In percent where that gives the fraction back to the last bit.
        """
        if recipe.threshold == "V_per_m":
            return cls(v_per_m=recipe.intensity_fraction)
        reference: dict[str, Any] = {
            name: getattr(recipe.reference, name) or default
            for name, default in (("muscle", None), ("method", None), ("corrected", ""))
        }
        percent = _percent_of(recipe.intensity_fraction)
        if percent is None:
            return cls(fraction=recipe.intensity_fraction, of=recipe.threshold, **reference)
        return cls(percent=percent, of=recipe.threshold, **reference)


class RepeatedBlocks(Word, frozen=True, kw_only=True):
    """Blocks given several times.

    Parameters
    ----------
    blocks : tuple of AnyBlock
        Played in turn.
    times, gap_s : int and float
        As in `Repeat`.
    """

    blocks: "Blocks"
    times: Count
    gap_s: Number = 0.0


class AnyBlock(Word, frozen=True, kw_only=True):
    """One block under the name of its kind.

    Parameters
    ----------
    train, bursts, pairs, associative, pulses, pause, repeat : block, optional
        One of them.
    """

    train: Train | None = None
    bursts: Bursts | None = None
    pairs: Pairs | None = None
    associative: Associative | None = None
    pulses: Pulses | None = None
    pause: Pause | None = None
    repeat: RepeatedBlocks | None = None

    def __post_init__(self) -> None:
        """Refuse none and two."""
        if len(self._stated()) != 1:
            msg = f"must be one of {', '.join(self.__struct_fields__)} with its numbers"
            raise ValueError(msg)

    def _stated(self) -> list[Block | RepeatedBlocks]:
        values = (getattr(self, name) for name in self.__struct_fields__)
        return [value for value in values if value is not None]

    def block(self) -> Block:
        """Return the block.

        Returns
        -------
        Block
            That can be expanded.
        """
        (stated,) = self._stated()
        if isinstance(stated, RepeatedBlocks):
            inner = tuple(one.block() for one in stated.blocks)
            return Repeat(inner, stated.times, stated.gap_s)
        return stated

    @classmethod
    def of(cls, block: Block) -> "AnyBlock":
        """Name the kind of a block.

        Parameters
        ----------
        block : Block
            Any.

        Returns
        -------
        AnyBlock
            As a file states it.
        """
        if isinstance(block, Repeat):
            inner = tuple(map(cls.of, block.blocks))
            return cls(
                repeat=RepeatedBlocks(blocks=inner, times=block.times, gap_s=block.gap_s)
            )
        named: dict[str, Any] = {type(block).__name__.lower(): block}
        return cls(**named)


Blocks = Annotated[
    tuple[Annotated[AnyBlock, Meta(extra_json_schema=ONE_BLOCK)], ...], Meta(min_length=1)
]


class ProtocolFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A protocol file: a session, and the course it is given in.

    Parameters
    ----------
    schema : str
        Name and version of the format.
    name : str
        What a user calls the session.
    intensity : Intensity
        With its reference.
    waveform : str
        Of each pulse.
    blocks : tuple of AnyBlock
        Played in turn.
    jitter : Jitter, optional
        Pulses moved at random.
    course : tuple of Phase, optional
        One after the other; a single session without.
    sources : tuple of str
        Keys of ``references.bib`` and words.
    confidence : str
        ``high``, ``medium`` or ``low``.
    note : str, optional
        Anything else that a reader should know.
    contraction : str, optional
        Of the target muscle: ``none`` or ``after``, see `Protocol`.
    """

    schema: Literal["cortistim-protocol-1"] = SCHEMA
    name: str
    intensity: Annotated[Intensity, Meta(description=EXAMPLE, extra_json_schema=ONE_INTENSITY)]
    waveform: Waveform = "biphasic"
    blocks: Blocks
    jitter: Jitter | UnsetType | None = UNSET
    course: tuple[Phase, ...] | UnsetType = UNSET
    sources: tuple[str, ...] = ()
    confidence: Confidence = "high"
    note: str | UnsetType = UNSET
    contraction: Contraction | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Written:
    """What a protocol file says: a session, and the course it is given in.

    Parameters
    ----------
    recipe : Recipe
        One session.
    phases : tuple of Phase
        The course, one phase after the other; empty for a single session.
    """

    recipe: Recipe
    phases: tuple[Phase, ...] = ()

    def course(self) -> Course:
        """Return the sessions over days and weeks; a single one without phases.

        Returns
        -------
        Course
            Ready to simulate.
        """
        protocol = self.recipe.protocol()
        starts_s = phased_starts_s(self.phases, protocol.length_s)
        return Course(self.recipe.name, protocol, starts_s)


def written_from(content: object) -> Written:
    """Read the content of a protocol file.

    Parameters
    ----------
    content : object
        As a YAML or JSON parser gives it.

    Returns
    -------
    Written
        Session and course.

    Raises
    ------
    FileFormatError
        When a key is unknown or missing, or a value of the wrong kind.
    """
    _refuse_tiny(content)
    return written_of(read_as(ProtocolFile, _cased(content)))


def written_of(file: ProtocolFile) -> Written:
    """Return what a file says, ready to expand.

    Parameters
    ----------
    file : ProtocolFile
        As read.

    Returns
    -------
    Written
        Session and course.
    """
    fraction, threshold, reference = _strength(file.intensity)
    recipe = Recipe(
        file.name,
        tuple(one.block() for one in file.blocks),
        fraction,
        threshold,
        file.waveform,
        reference,
        file.jitter or STEADY,
        file.sources or (GIVEN,),
        file.confidence,
        file.note or "",
        file.contraction or "",
    )
    return Written(recipe, file.course or ())


def file_of(written: Written) -> ProtocolFile:
    """State a session and its course as a file does: the inverse of `written_of`.

    Parameters
    ----------
    written : Written
        Session and course.

    Returns
    -------
    ProtocolFile
        Without what is a default.
    """
    recipe = written.recipe
    return ProtocolFile(
        name=recipe.name,
        intensity=Intensity.of_recipe(recipe),
        waveform=recipe.waveform,
        blocks=tuple(map(AnyBlock.of, recipe.blocks)),
        jitter=UNSET if recipe.jitter == STEADY else recipe.jitter,
        course=written.phases or UNSET,
        sources=recipe.sources,
        confidence=recipe.confidence,
        note=recipe.note or UNSET,
        contraction=recipe.contraction or UNSET,
    )


def recipe_of(protocol: Protocol) -> Recipe:
    """Return a recipe that states every pulse of a protocol.

    Parameters
    ----------
    protocol : Protocol
        Any.

    Returns
    -------
    Recipe
        Its protocol has the same times to the last bit.
    """
    block = Pulses(
        tuple(protocol.pulse_times_s.tolist()),
        tuple(protocol.relative_intensity.tolist()),
        tuple(protocol.afferent_times_s.tolist()),
        protocol.length_s,
    )
    return Recipe(
        protocol.name,
        (block,),
        protocol.intensity_fraction,
        protocol.threshold,
        protocol.waveform,
        protocol.reference,
        sources=protocol.sources,
        confidence=protocol.confidence,
        note=protocol.words,
        contraction=protocol.contraction,
    )


def _strength(stated: Intensity) -> tuple[float, Any, Reference]:
    """Return fraction, threshold and how the threshold was measured."""
    if stated.v_per_m is not None:
        return stated.v_per_m, "V_per_m", UNSTATED
    reference = Reference(stated.muscle or "", stated.method or "", stated.corrected)
    if stated.percent is not None:
        return stated.percent / 100, stated.of, reference
    return stated.fraction or 0.0, stated.of, reference


def _percent_of(fraction: float) -> float | None:
    """Return the percent that give a fraction back to the last bit, None where none do."""
    for percent in (*(round(100 * fraction, digits) for digits in range(13)), 100 * fraction):
        if percent / 100 == fraction:
            return percent
    return None


_SPELT = {
    choice.lower(): choice
    for choices in (ShareOf, Muscle, Method, Confidence, Waveform, Contraction)
    for choice in get_args(choices)
}


def _cased(content: object) -> object:
    """Spell choices as the format does: their case does not matter."""
    if not isinstance(content, Mapping):
        return content
    keys = ("waveform", "confidence", "of", "muscle", "method")
    spelt = {
        key: _SPELT.get(value.lower(), value)
        if key in keys and isinstance(value, str)
        else value
        for key, value in content.items()
    }
    if isinstance(spelt.get("intensity"), Mapping):
        spelt["intensity"] = _cased(spelt["intensity"])
    return spelt


def _refuse_tiny(content: object, place: str = "") -> None:
    """Refuse numbers that no session has: nearer to zero than a nanosecond."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            _refuse_tiny(value, f"{place}.{key}" if place else f"{key}")
    elif isinstance(content, list):
        for index, value in enumerate(content):
            _refuse_tiny(value, f"{place}[{index}]")
    elif isinstance(content, float) and 0 < abs(content) < SMALLEST:
        msg = f"{place} must be 0 or at least {SMALLEST:g} in size; got {quoted(content)}."
        raise FileFormatError(msg)


def content_of(written: Written) -> dict[str, Any]:
    """Return the content of a protocol file as plain values, for a YAML or JSON writer.

    Parameters
    ----------
    written : Written
        Session and course.

    Returns
    -------
    dict
        Plain values; `written_from` reads them back.
    """
    return json.loads(json_line(file_of(written)))
