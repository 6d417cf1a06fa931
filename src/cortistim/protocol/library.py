"""The library: cleared, recommended, emerging and laboratory protocols with their evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from cortistim.errors import BadInputError
from cortistim.naming import listed
from cortistim.plain import plain_yaml
from cortistim.protocol.recipe import Recipe
from cortistim.protocol.written import Written, written_from

STATUSES = ("cleared", "guideline", "emerging", "laboratory")


@dataclass(frozen=True, eq=False)
class LibraryEntry:
    """One protocol of the library.

    Parameters
    ----------
    content : mapping
        As in ``data/library.yaml``: use, target, coil, evidence, regulator, stated numbers,
        outcomes with sham beside active, contrary trials, sources, confidence.
    """

    content: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Its name in the library, such as ``FDA-MDD-ITBS``."""
        return self.content["id"]

    @property
    def missing(self) -> tuple[str, ...]:
        """What nobody stated and a simulation would need."""
        return tuple(self.content.get("missing", ()))

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib`` and words."""
        return tuple(self.content["sources"])

    @property
    def why_incomplete(self) -> str:
        """One sentence that names what is missing; empty for a complete entry."""
        if not self.missing:
            return ""
        see = self.content.get("see")
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
        if self.missing:
            raise BadInputError(self.why_incomplete)
        entry = self.content
        return written_from(
            {
                "name": self.id,
                "intensity": entry["intensity"],
                "blocks": entry["blocks"],
                "course": entry.get("phases", []),
                "sources": list(self.sources),
                "confidence": entry["confidence"],
                "note": entry.get("note", ""),
            }
        )

    def recipe(self) -> Recipe:
        """Return one session; refuse as `written` does."""
        return self.written().recipe


@cache
def library() -> Mapping[str, LibraryEntry]:
    """Return the entries by id."""
    text = files("cortistim").joinpath("protocol/data/library.yaml").read_text("utf-8")
    entries = plain_yaml(text, "the shipped library")
    return {content["id"]: LibraryEntry(content) for content in entries}


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
