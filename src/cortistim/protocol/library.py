"""The library: cleared, recommended, emerging and laboratory protocols with their evidence."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from cortistim.errors import BadInputError
from cortistim.naming import listed
from cortistim.plain import plain_yaml
from cortistim.protocol.course import Phase
from cortistim.protocol.protocol import Confidence
from cortistim.protocol.recipe import Recipe
from cortistim.protocol.written import Blocks, Intensity, ProtocolFile, Written, written_of
from cortistim.records.protocol import (
    BasisRecord,
    EvidenceGrade,
    OutcomeRecord,
    StatedDose,
)
from cortistim.records.reading import read_as
from cortistim.records.safety import ClearanceRecord

STATUSES = ("cleared", "guideline", "emerging", "laboratory")


class LibraryEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One protocol of the library; its fields are the keys of ``data/library.yaml``.

    Parameters
    ----------
    id : str
        Its name, such as ``FDA-MDD-ITBS``.
    status : {"cleared", "guideline", "emerging", "laboratory"}
        Who stands behind it.
    use, target, coil : str
        What it is for, where and with what.
    pattern : str
        ``rTMS``, ``TBS`` and others.
    evidence : EvidenceGrade
        How well it is supported.
    regulator : tuple of ClearanceRecord, optional
        Clearances.
    intensity : Intensity, optional
        Where a share of a threshold is stated.
    stated : StatedDose
        Numbers of its sources.
    blocks : tuple of AnyBlock, optional
        The session, where it is complete.
    sessions, course : str
        How many, and how they are spread.
    phases : tuple of Phase, optional
        The course, where it is stated.
    outcomes, contrary : tuple of OutcomeRecord, optional
        Trials with sham beside active, and those that found otherwise.
    sources : tuple of str
        Keys of ``references.bib`` and words.
    confidence : {"high", "medium", "low"}
        How sure the entry is.
    basis : BasisRecord
        What was read, and what is quoted from memory.
    note : str, optional
        What to know besides.
    missing : tuple of str, optional
        What nobody stated and a simulation would need.
    see : str, optional
        A named protocol that is what the note describes.
    """

    id: str
    status: Literal["cleared", "guideline", "emerging", "laboratory"]
    use: str
    target: str
    coil: str
    pattern: str
    evidence: EvidenceGrade
    regulator: tuple[ClearanceRecord, ...] | UnsetType = UNSET
    intensity: Intensity | UnsetType = UNSET
    stated: StatedDose
    blocks: Blocks | UnsetType = UNSET
    sessions: str
    course: str
    phases: tuple[Phase, ...] | UnsetType = UNSET
    outcomes: tuple[OutcomeRecord, ...] | UnsetType = UNSET
    contrary: tuple[OutcomeRecord, ...] | UnsetType = UNSET
    sources: tuple[str, ...]
    confidence: Confidence
    basis: BasisRecord
    note: str | UnsetType = UNSET
    missing: tuple[str, ...] | UnsetType = UNSET
    see: str | UnsetType = UNSET

    @property
    def why_incomplete(self) -> str:
        """One sentence that names what is missing; empty for a complete entry."""
        if not self.missing:
            return ""
        see = self.see
        hint = f" The named protocol {see} is what its note describes." if see else ""
        return (
            f"{self.id} can be neither simulated nor checked: its sources do not state "
            f"{', '.join(self.missing)}; write a protocol file with these numbers.{hint}"
        )

    def written(self) -> Written:
        """Return session and course.

        Returns
        -------
        Written
            Ready to expand.

        Raises
        ------
        BadInputError
            When something needed is missing.
        """
        if self.missing or not self.intensity or not self.blocks:
            raise BadInputError(self.why_incomplete)
        return written_of(
            ProtocolFile(
                name=self.id,
                intensity=self.intensity,
                blocks=self.blocks,
                course=self.phases,
                sources=self.sources,
                confidence=self.confidence,
                note=self.note,
            )
        )

    def recipe(self) -> Recipe:
        """Return one session; refuse as `written` does.

        Returns
        -------
        Recipe
            Ready to expand.
        """
        return self.written().recipe


@cache
def library() -> Mapping[str, LibraryEntry]:
    """Return the entries by id.

    Returns
    -------
    mapping of str to LibraryEntry
        As shipped.
    """
    text = files("cortistim").joinpath("protocol/data/library.yaml").read_text("utf-8")
    entries = plain_yaml(text, "the shipped library")
    read = read_as(tuple[LibraryEntry, ...], entries, whole="the shipped library")
    return {entry.id: entry for entry in read}


def library_entry(name: str) -> LibraryEntry | None:
    """Return the entry of this id, or None.

    Parameters
    ----------
    name : str
        Case and punctuation do not matter.

    Returns
    -------
    LibraryEntry or None
        With its evidence.
    """
    found = listed(name, library())
    return None if found is None else library()[found]


def same_session(first: Recipe, second: Recipe) -> bool:
    """Say whether two recipes give the same pulses at the same intensity.

    Parameters
    ----------
    first, second : Recipe
        Any.

    Returns
    -------
    bool
        Sources, names and notes do not matter.
    """

    def pattern(recipe: Recipe) -> tuple:
        reference = recipe.reference
        return (
            recipe.blocks, recipe.intensity_fraction, recipe.threshold, recipe.jitter,
            reference.muscle == "leg", reference.corrected,
        )  # fmt: skip

    return pattern(first) == pattern(second)
