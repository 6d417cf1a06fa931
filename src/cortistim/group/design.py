"""What is asked of a group: one column of interest beside columns that are held constant."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.geometry import freeze
from cortistim.typing import BoolArray, FloatArray

Question = Literal["mean", "difference", "correlation"]
LEAST_FREE = 3  # degrees of freedom below which no test is made


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupDesign:
    """A linear model of people, ``values = interest·b + held·g + error``.

    Parameters
    ----------
    question : {"mean", "difference", "correlation"}
        What the column of interest means.
    words : str
        The same in a sentence.
    interest : (n_people,) array
        Ones for a mean, 1 and 0 for two groups, the outcome for a correlation.
    held : (n_people, n_held) array
        Held constant: the intercept where there is one, and covariates.

    Raises
    ------
    BadInputError
        When people are too few, a number is not finite, or columns depend on one another.
    """

    question: Question
    words: str
    interest: FloatArray
    held: FloatArray

    def __post_init__(self) -> None:
        """Freeze the columns; refuse what cannot be told apart."""
        freeze(self, "interest", "held", dtype=np.float64)
        if not (np.isfinite(self.interest).all() and np.isfinite(self.held).all()):
            msg = "every number of a design must be finite; some are missing. Leave them out."
            raise BadInputError(msg)
        n_people, free = len(self.interest), self.free
        if free < LEAST_FREE:
            msg = (
                f"a test needs at least {LEAST_FREE} people more than columns; {n_people} "
                f"people and {1 + self.held.shape[1]} columns leave {free}. Add people, or "
                "leave out covariates."
            )
            raise BadInputError(msg)
        whole = np.column_stack([self.interest, self.held])
        scale = np.linalg.norm(whole, axis=0)
        if (scale == 0).any() or np.linalg.matrix_rank(whole / scale) < whole.shape[1]:
            msg = (
                "the columns of a design must not follow from one another: the design is rank "
                f"deficient ({quoted(self.words)}). Leave out a covariate that repeats another "
                "or does not vary."
            )
            raise BadInputError(msg)

    @property
    def free(self) -> int:
        """Degrees of freedom that are left."""
        return len(self.interest) - 1 - self.held.shape[1]

    @property
    def by_signs(self) -> bool:
        """Whether signs are flipped; else people are permuted."""
        return self.question == "mean" and self.held.shape[1] == 0

    def kept(self, people: BoolArray) -> "GroupDesign":
        """Return the design of some of the people.

        Parameters
        ----------
        people : (n_people,) bool array
            Who stays.

        Returns
        -------
        GroupDesign
            Checked again.
        """
        return GroupDesign(
            question=self.question, words=self.words, interest=self.interest[people],
            held=self.held[people],
        )  # fmt: skip


def mean_design(n_people: int, words: str = "mean differs from 0") -> GroupDesign:
    """Ask whether a mean differs from zero, as for differences within people.

    Parameters
    ----------
    n_people : int
        How many.
    words : str, optional
        What the values are.

    Returns
    -------
    GroupDesign
        Tested by sign flips.
    """
    return GroupDesign(
        question="mean", words=words, interest=np.ones(n_people), held=np.zeros((n_people, 0))
    )


def difference_design(
    first: BoolArray, covariates: FloatArray, words: str = "groups differ"
) -> GroupDesign:
    """Ask whether two groups differ.

    Parameters
    ----------
    first : (n_people,) bool array
        Who is of the first group; the others are of the second.
    covariates : (n_people, n_covariate) array
        Held constant.
    words : str, optional
        Which groups.

    Returns
    -------
    GroupDesign
        Above 0 where the first group has more.
    """
    first = np.asarray(first, bool)
    if min(first.sum(), (~first).sum()) < 2:
        msg = (
            f"each group must have two people or more; there are {int(first.sum())} and "
            f"{int((~first).sum())}. Compare larger groups."
        )
        raise BadInputError(msg)
    return GroupDesign(
        question="difference", words=words, interest=first.astype(float),
        held=_held(covariates, len(first)),
    )  # fmt: skip


def correlation_design(
    outcome: FloatArray, covariates: FloatArray, words: str = "values follow the outcome"
) -> GroupDesign:
    """Ask whether values follow an outcome.

    Parameters
    ----------
    outcome : (n_people,) array
        Any unit.
    covariates : (n_people, n_covariate) array
        Held constant.
    words : str, optional
        Which outcome.

    Returns
    -------
    GroupDesign
        Above 0 where people with a larger outcome have more.
    """
    outcome = np.asarray(outcome, float)
    return GroupDesign(
        question="correlation", words=words, interest=outcome - outcome.mean(),
        held=_held(covariates, len(outcome)),
    )  # fmt: skip


def _held(covariates: FloatArray, n_people: int) -> FloatArray:
    covariates = np.asarray(covariates, float).reshape(n_people, -1)
    return np.column_stack([np.ones(n_people), covariates - covariates.mean(axis=0)])
