"""The lead field of EEG electrodes on a head, by reciprocity: one solve for each electrode.

One ampere flows in at an electrode and out evenly through all of them; psi is its potential.
A dipole q at x then gives that electrode, against the average of all, the potential
q · grad psi(x) (Helmholtz; weinstein2000). With linear elements this equals the direct solve of
the dipole to the solver's tolerance where the gradient is that of x's element.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.field.recovery.sampling import Recovery, head_sampler
from cortistim.field.solver.fem import FemSystem
from cortistim.field.solver.multigrid import Convergence
from cortistim.geometry import freeze
from cortistim.head.head import Head
from cortistim.typing import FloatArray, Progress, silent

BLOCK = 16
TOLERANCE = 1e-6
PATCH_M = 0.005  # radius of an electrode's contact
LEAST_ELECTRODES = 2
FARTHEST_M = 0.02  # from an electrode to the scalp


@dataclass(frozen=True, eq=False)
class EegLead:
    """Potentials of unit dipoles at electrodes.

    Parameters
    ----------
    gain : (n_electrode, n_point, 3) array [V/(A m)]
        Against the average of the electrodes; single precision.
    points_m : (n_point, 3) array [m]
        Where the dipoles are.
    electrodes_m : (n_electrode, 3) array [m]
        Where the electrodes are, on the scalp.
    convergence : tuple of Convergence
        Of each block of solves.
    """

    gain: FloatArray
    points_m: FloatArray
    electrodes_m: FloatArray
    convergence: tuple[Convergence, ...]

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "gain", "points_m", "electrodes_m")

    def along(self, normals: FloatArray) -> FloatArray:
        """Return the potentials of dipoles along given directions.

        Parameters
        ----------
        normals : (n_point, 3) array
            Unit vectors.

        Returns
        -------
        (n_electrode, n_point) array [V/(A m)]
            Against the average of the electrodes.
        """
        return np.einsum("epc,pc->ep", self.gain, normals)


def electrode_weights(
    head: Head, electrodes_m: FloatArray, patch_m: float = PATCH_M
) -> tuple[FloatArray, FloatArray]:
    """Share each electrode's current out to the scalp around it.

    Parameters
    ----------
    head : Head
        With a scalp.
    electrodes_m : (n_electrode, 3) array [m]
        Near the scalp.
    patch_m : float, optional [m]
        Radius of the contact.

    Returns
    -------
    weights : (n_node, n_electrode) array
        Non-negative; each column sums to one.
    nearest_m : (n_electrode, 3) array [m]
        The nearest node of the scalp to each.

    Raises
    ------
    BadInputError
        When an electrode is far from the scalp.
    """
    from scipy.spatial import KDTree

    scalp = head.scalp
    nodes = np.asarray(KDTree(head.mesh.nodes_m).query(scalp.vertices_m)[1])
    areas = scalp.vertex_areas_m2
    tree = KDTree(scalp.vertices_m)
    away, nearest = (np.asarray(one) for one in tree.query(electrodes_m))
    if (away > FARTHEST_M).any():
        msg = (
            f"electrodes must lie within {1e3 * FARTHEST_M:g} mm of the scalp; number "
            f"{int(away.argmax()) + 1} is {1e3 * away.max():.0f} mm away. Check unit and space."
        )
        raise BadInputError(msg)
    weights = np.zeros((len(head.mesh.nodes_m), len(electrodes_m)))
    for column, vertex in enumerate(nearest.tolist()):
        near = np.asarray(tree.query_ball_point(scalp.vertices_m[vertex], patch_m), int)
        share = areas[near] / areas[near].sum()
        np.add.at(weights[:, column], nodes[near], share)
    return weights, scalp.vertices_m[nearest]


def eeg_lead(
    head: Head,
    electrodes_m: FloatArray,
    points_m: FloatArray,
    *,
    recovery: Recovery = "harmonic",
    patch_m: float = PATCH_M,
    progress: Progress = silent,
) -> EegLead:
    """Compute a head's lead field.

    Parameters
    ----------
    head : Head
        With conductivities.
    electrodes_m : (n_electrode, 3) array [m]
        At least two, near the scalp.
    points_m : (n_point, 3) array [m]
        Dipoles, inside the head.
    recovery : {"harmonic", "tissue", "element"}, optional
        How gradients are read.
    patch_m : float, optional [m]
        Radius of an electrode's contact.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    EegLead
        Against the average of the electrodes.

    Raises
    ------
    BadInputError
        When there are too few electrodes, or one is far from the scalp.
    ConvergenceError
        When a solve stops short.
    """
    count = len(electrodes_m)
    if count < LEAST_ELECTRODES:
        msg = f"a lead field needs at least {LEAST_ELECTRODES} electrodes; got {count}."
        raise BadInputError(msg)
    system = FemSystem.of(head)
    weights, on_scalp_m = electrode_weights(head, electrodes_m, patch_m)
    places = head_sampler(head, points_m, recovery=recovery)
    places.prepare()
    loads = weights - weights.mean(axis=1, keepdims=True)
    gain = np.empty((count, len(points_m), 3), np.float32)
    convergences = []
    for start in range(0, count, BLOCK):
        progress("solve for the electrodes", start / count)
        potential, convergence = system.solve(
            loads[:, start : start + BLOCK], tolerance=TOLERANCE
        )
        convergences.append(convergence)
        for row, column in enumerate(potential.T, start):
            gain[row] = places.gradient(np.ascontiguousarray(column))
    return EegLead(gain, np.asarray(points_m, float), on_scalp_m, tuple(convergences))


def dipole_potentials(
    head: Head, point_m: FloatArray, moment_a_m: FloatArray, electrodes: FloatArray
) -> FloatArray:
    """Solve for a dipole directly: the slow twin of `eeg_lead`.

    Parameters
    ----------
    head : Head
        With conductivities.
    point_m : (3,) array [m]
        Inside the head.
    moment_a_m : (3,) array
        The dipole, in ampere metres.
    electrodes : (n_node, n_electrode) array
        From `electrode_weights`.

    Returns
    -------
    (n_electrode,) array [V]
        Against the average of the electrodes.
    """
    from cortistim.head.rasterise import locate

    mesh, system = head.mesh, FemSystem.of(head)
    tet = int(locate(mesh, np.asarray(point_m, float)[None])[0])
    corners = mesh.tets[tet]
    edges = (mesh.nodes_m[corners[1:]] - mesh.nodes_m[corners[0]]).T
    slopes = np.linalg.inv(edges)  # gradients of the shape functions of the last three corners
    load = np.zeros((len(mesh.nodes_m), 1))
    load[corners[1:], 0] = slopes @ moment_a_m
    load[corners[0], 0] = -load[corners[1:], 0].sum()
    potential, _ = system.solve(load, tolerance=1e-9)
    values = electrodes.T @ potential[:, 0]
    return values - values.mean()
