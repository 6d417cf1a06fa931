"""From a rat's cell to an adult human's size, as Aberra 2020 scaled theirs."""

from dataclasses import replace

import numpy as np

from cortistim.neuron.morphology import APICAL, AXON, BASAL, Morphology

SOURCES = ("aberra2020",)
DIAMETER = {AXON: 2.453, APICAL: 1.876, BASAL: 1.946}
SOMA_AREA = 2.453
BASAL_LENGTH = 1.17


def adult_human(shape: Morphology) -> Morphology:
    """Scale diameters, the soma's area and the length of basal dendrites.

    Parameters
    ----------
    shape : Morphology
        Of a rat.

    Returns
    -------
    Morphology
        With the factors of Aberra 2020.
    """
    radius = shape.radius_m.copy()
    radius[0] *= np.sqrt(SOMA_AREA)
    for kind, factor in DIAMETER.items():
        radius[shape.kind == kind] *= factor
    points = shape.points_m.copy()
    for i in np.flatnonzero(shape.kind == BASAL):
        parent = shape.parent[i]
        step = shape.points_m[i] - shape.points_m[parent]
        points[i] = points[parent] + BASAL_LENGTH * step
    note = "scaled from rat to adult human (Aberra 2020)"
    return replace(shape, points_m=points, radius_m=radius, notes=(*shape.notes, note))
