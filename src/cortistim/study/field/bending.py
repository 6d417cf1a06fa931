"""A coil that is bent and placed in one search: what ``cortistim aim`` does with such coils."""

from dataclasses import dataclass

from cortistim.coil import CoilAssembly
from cortistim.coil.reduced_assembly import ReducedAssembly
from cortistim.field import FemSystem
from cortistim.records.bending import ShapeRecord
from cortistim.study.request.coil import CoilRequest
from cortistim.targeting import Aim
from cortistim.targeting.shape_search import Reshaped, reshape
from cortistim.typing import Progress

PERCENT = 100.0


@dataclass(frozen=True, eq=False)
class Bending:
    """A coil whose shape nobody fixed.

    Parameters
    ----------
    request : CoilRequest
        As the user asked for it.
    parts : CoilAssembly
        With its joints.
    """

    request: CoilRequest
    parts: CoilAssembly

    def searched(
        self, first: Aim, system: FemSystem, tolerance: float, progress: Progress
    ) -> Reshaped:
        """Search shape and pose together, from the coil bent first and then aimed.

        Parameters
        ----------
        first : Aim
            Of the coil bent to the head.
        system : FemSystem
            The head's.
        tolerance : float
            Of the direct solve.
        progress : callable
            Told what is being done.

        Returns
        -------
        Reshaped
            Never worse than the first.
        """
        sign = -1.0 if self.request.reverse_current else 1.0
        named = {name: sign * share for name, share in first.search.coil.shape.stimulators}
        return reshape(
            first,
            ReducedAssembly.of(self.parts, named),
            lambda shape: self.request.load(deformation=shape),
            system=system,
            tolerance=tolerance,
            progress=progress,
        )


def bending_of(request: CoilRequest) -> Bending | None:
    """Return what there is to bend.

    Parameters
    ----------
    request : CoilRequest
        As the user asked for it.

    Returns
    -------
    Bending or None
        None for a rigid coil, and for one whose deformation was given.
    """
    stored = request.stored()
    if not isinstance(stored, CoilAssembly) or request.deformation:
        return None
    if all(parameter.low == parameter.high for parameter in stored.parameters):
        return None
    return Bending(request, stored)


def shape_record(found: Reshaped) -> ShapeRecord:
    """Describe what searching shape and pose together gave.

    Parameters
    ----------
    found : Reshaped
        From `Bending.searched`.

    Returns
    -------
    ShapeRecord
        For ``aim.json``.
    """
    sign = found.aim.objective.sign
    gain = round(PERCENT * found.gain, 2)
    deformation = dict(found.aim.search.coil.shape.deformation)
    words = (
        f"shape and pose searched together: {gain:g} % better than bending first"
        if gain > 0
        else "shape and pose searched together gave nothing better than bending first"
    )
    return ShapeRecord(
        words=words,
        deformation={name: round(value, 4) for name, value in deformation.items()},
        bent_first_value=sign * found.first_value,
        together_value=sign * found.together_value,
        gain_percent=gain,
        pairs_tried=found.trials,
    )
