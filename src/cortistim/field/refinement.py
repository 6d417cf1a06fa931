"""Higher order where a field is read: from local problems, or from one on the whole head."""

from collections.abc import Sequence
from typing import Literal, get_args

from cortistim.errors import BadInputError, quoted
from cortistim.field.field import Field
from cortistim.field.hierarchic import DEFAULT_ORDER, MAP_FRACTION, refine_field
from cortistim.field.local import refine_locally
from cortistim.field.recovery.sampling import Sampler
from cortistim.field.solver.fem import TOLERANCE, FemSystem

Refinement = Literal["local", "global"]


def refined(
    field: Field,
    *places: Sampler,
    refinement: Refinement = "local",
    order: int = DEFAULT_ORDER,
    fractions: float | Sequence[float] = MAP_FRACTION,
    system: FemSystem | None = None,
    tolerance: float = TOLERANCE,
) -> Field:
    """Raise the order around the points where a field is strong.

    Parameters
    ----------
    field : Field
        Solved with linear elements.
    *places : Sampler
        Where it will be read.
    refinement : {"local", "global"}, optional
        By `local.refine_locally`, in a fraction of the time of a linear solve, or by
        `hierarchic.refine_field`, in a multiple of it. Both are as accurate at the points;
        the second is also of higher order between them.
    order : int, optional
        Highest order, 1 to 6; 1 returns the field as it is.
    fractions : float or sequence of float, optional
        Share of the strongest field from which on points count.
    system : FemSystem, optional
        The head's, when it was built before.
    tolerance : float, optional
        On the relative residual of a global solve.

    Returns
    -------
    Field
        Linear where no point counts.

    Raises
    ------
    BadInputError
        When the order or the refinement is none of those.
    ConvergenceError
        When a problem cannot be solved.
    """
    if refinement not in get_args(Refinement):
        known = get_args(Refinement)
        msg = f"`refinement` must be one of {known}; got {quoted(refinement)}."
        raise BadInputError(msg)
    if refinement == "local":
        return refine_locally(field, *places, order=order, fractions=fractions, system=system)
    return refine_field(
        field, *places, order=order, fractions=fractions, system=system, tolerance=tolerance
    )
