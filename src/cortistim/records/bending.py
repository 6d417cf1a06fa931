"""Shape and pose of a coil that can be bent, as ``aim.json`` tells of them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ShapeRecord:
    """What searching shape and pose together gave.

    Parameters
    ----------
    words : str
        The rest in a sentence.
    deformation : dict of str to float
        The shape that was chosen, in degrees or millimetres.
    bent_first_value, together_value : float
        Of the objective by direct solves: bent to the head and then aimed; searched together.
    gain_percent : float
        Of the chosen pair over bending first; 0 where bending first stayed the best.
    pairs_tried : int
        Shapes with poses that were rated.
    """

    words: str
    deformation: dict[str, float]
    bent_first_value: float
    together_value: float
    gain_percent: float
    pairs_tried: int
