"""The electric field of one coil at one pose, and what is read from it."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.coil.named import as_coil
from cortistim.deprecation import renamed
from cortistim.field import _kernels
from cortistim.field.recovery.patches import Patches
from cortistim.field.recovery.sampling import Recovery, Sampler, head_sampler
from cortistim.field.solver.fem import TOLERANCE, FemSystem
from cortistim.field.solver.multigrid import Convergence
from cortistim.field.surface_field import SurfaceField
from cortistim.geometry import freeze
from cortistim.head.head import Head
from cortistim.placement.pose import Pose, as_pose
from cortistim.shown import Facts, Shown
from cortistim.typing import FloatArray, IntArray
from cortistim.units import a_per_us_from_a_per_s

# Of the spread of the gradient around a point: the error of linear elements was below it at
# 91 % or more of the points of ``benchmarks/head_accuracy.py``, and at 75 % with the element's
# constant without its own factor.
ERROR_FACTORS: dict[Recovery, float] = {"harmonic": 1.0, "tissue": 1.0, "element": 1.6}

__getattr__ = renamed(__name__, {"solve_field": "solve_linear"}, until="0.3.0")

# In blocks of poses a lattice carries dA/dt to the nodes further than this from the coil; loads
# are then off by less than 1e-4. The dA/dt of a reported field is always exact.
LATTICE_FROM, EXACT_WITHIN_M = 8, 0.02


@dataclass(frozen=True, eq=False, repr=False)
class Field(Shown):
    """The field E = -dA/dt - grad phi of a coil in a head.

    Parameters
    ----------
    head : Head
        What it was solved on.
    coil : Coil
        What drives it.
    pose : Pose
        Where the coil is.
    didt_a_per_s : float [A/s]
        Rate of the coil's current; its sign turns the field around.
    potential_v : (n_node,) array [V]
        phi at the mesh's nodes.
    convergence : Convergence
        How the solve ended.
    """

    head: Head
    coil: Coil
    pose: Pose
    didt_a_per_s: float
    potential_v: FloatArray
    convergence: Convergence

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        rate = a_per_us_from_a_per_s(self.didt_a_per_s)
        return (
            ("coil", self.coil.name),
            ("head", self.head.name),
            ("dI/dt", f"{rate:.4g} A/µs"),
            ("elements", f"of order {self.highest_order} where it is read"),
            ("nodes", f"{len(self.potential_v):,}"),
            ("residual", f"{self.convergence.residual:.1e}"),
        )

    def __post_init__(self) -> None:
        """Freeze the potential."""
        freeze(self, "potential_v")

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib``."""
        own = ("saturnino2019", "vanek1996", "bell2022")
        return tuple(dict.fromkeys((*own, *self.head.sources, *self.coil.sources)))

    @property
    def highest_order(self) -> int:
        """Of the elements."""
        return 1

    def scaled_to(self, didt_a_per_s: float) -> Self:
        """Return the field at another dI/dt; the problem is linear.

        Parameters
        ----------
        didt_a_per_s : float [A/s]
            The other rate.

        Returns
        -------
        Field
            The same solve, scaled.
        """
        factor = didt_a_per_s / self.didt_a_per_s
        return replace(self, didt_a_per_s=didt_a_per_s, potential_v=self.potential_v * factor)

    def dadt_v_per_m(self, points_m: FloatArray) -> FloatArray:
        """Compute the coil's dA/dt at points, exactly.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In the subject's frame.

        Returns
        -------
        (n_point, 3) array [V/m]
            In the subject's frame.
        """
        return primary_field_v_per_m(self.coil, self.pose, points_m, self.didt_a_per_s)

    def in_tets_v_per_m(self) -> FloatArray:
        """Compute E at the centre of every tetrahedron, (n_tet, 3), in V/m.

        Returns
        -------
        (n_tet, 3) array [V/m]
            Constant within each.
        """
        mesh = self.head.mesh
        slope = _kernels.gradients(mesh.nodes_m, mesh.tets, self.potential_v)
        return -self.dadt_v_per_m(mesh.centroids_m) - slope

    def gradient_in_tets(self, tets: IntArray) -> FloatArray:
        """Compute the gradient of the nodal potential in tetrahedra.

        Parameters
        ----------
        tets : (n,) int array
            Which.

        Returns
        -------
        (n, 3) array [V/m]
            Constant in each.
        """
        mesh = self.head.mesh
        corners = np.ascontiguousarray(mesh.tets[tets])
        return _kernels.gradients(mesh.nodes_m, corners, self.potential_v)

    def error_v_per_m(self, points: Sampler) -> FloatArray:
        """Estimate the numerical error of E at prepared points.

        The mesh and the conductivities are taken as they are: this is what a finer
        discretisation of the same head would change, and nothing else.

        Parameters
        ----------
        points : Sampler
            Made for this head's mesh.

        Returns
        -------
        (n_point,) array [V/m]
            A bar that the length of the error vector stays below at about nine points of
            ten; NaN outside the head. Here from how much the gradient varies between the
            tetrahedra of one tissue around the point.
        """
        mesh = self.head.mesh
        error = np.full(len(points.tets), np.nan)
        holders = points.tets[points.inside]
        if not len(holders):
            return error
        near = np.zeros(len(mesh.nodes_m), bool)
        near[mesh.tets[holders]] = True
        region = np.flatnonzero(near[mesh.tets].any(axis=1))
        slope = self.gradient_in_tets(region)
        spread = Patches(mesh, region).spread_around(slope, holders)
        error[points.inside] = ERROR_FACTORS[points.recovery] * spread
        return error

    def at_v_per_m(self, points: Sampler) -> FloatArray:
        """Read E at prepared points.

        Parameters
        ----------
        points : Sampler
            Made for this head's mesh.

        Returns
        -------
        (n_point, 3) array [V/m]
            NaN outside the head.
        """
        return -self.dadt_v_per_m(points.points_m) - points.gradient(self.potential_v)

    def at_points(
        self, points_m: FloatArray, *, recovery: Recovery = "harmonic"
    ) -> tuple[FloatArray, IntArray]:
        """Read E and the tissue at points.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In the subject's frame.
        recovery : {"harmonic", "tissue", "element"}, optional
            How the gradient of the potential is read.

        Returns
        -------
        e_v_per_m : (n_point, 3) array [V/m]
            NaN outside the head.
        tags : (n_point,) int array
            Tissue tag, 0 outside the head.
        """
        places = head_sampler(self.head, points_m, recovery=recovery)
        return self.at_v_per_m(places), places.tags

    def on_cortex(
        self, *, recovery: Recovery = "harmonic", places: Sampler | None = None
    ) -> SurfaceField:
        """Read E on the mid-grey-matter surface.

        Parameters
        ----------
        recovery : {"harmonic", "tissue", "element"}, optional
            How the gradient of the potential is read.
        places : Sampler, optional
            The vertices of the head's cortex, when they were prepared before.

        Returns
        -------
        SurfaceField
            E at the surface's vertices.

        Raises
        ------
        MissingAnatomyError
            When the head has no grey matter.
        """
        surface = self.head.cortex
        places = places or head_sampler(self.head, surface.vertices_m, recovery=recovery)
        return SurfaceField(
            surface, self.at_v_per_m(places), self.error_v_per_m(places), self.highest_order
        )


def primary_field_v_per_m(
    coil: Coil, pose: Pose, points_m: FloatArray, didt_a_per_s: float
) -> FloatArray:
    """Compute dA/dt of a coil at points of the subject's frame.

    Parameters
    ----------
    coil : Coil
        In its own frame.
    pose : Pose
        Where it is.
    points_m : (n_point, 3) array [m]
        Never on a dipole.
    didt_a_per_s : float [A/s]
        Rate of the coil's current.

    Returns
    -------
    (n_point, 3) array [V/m]
        In the subject's frame.
    """
    per_ampere = coil.vector_potential_t_m(pose.to_coil_m(points_m))
    return (didt_a_per_s * per_ampere) @ pose.rotation.T


def solve_linear(
    head: Head,
    coil: Coil,
    pose: Pose,
    *,
    didt_a_per_s: float = 1e6,
    system: FemSystem | None = None,
    tolerance: float = TOLERANCE,
) -> Field:
    """Solve for the field of a coil in a head, with linear elements.

    Parameters
    ----------
    head : Head
        Any mesh of one piece; it needs no cortex.
    coil : Coil
        Outside the head.
    pose : Pose
        Where the coil is.
    didt_a_per_s : float [A/s], optional
        Rate of the coil's current, by default 1 A/µs.
    system : FemSystem, optional
        The head's, when it was built before.
    tolerance : float, optional
        On the relative residual.

    Returns
    -------
    Field
        Potential and convergence.

    Raises
    ------
    ConvergenceError
        When the tolerance is not reached.
    """
    return solve_fields(
        head, coil, [pose], didt_a_per_s=didt_a_per_s, system=system, tolerance=tolerance
    )[0]


def solve_fields(
    head: Head,
    coil: Coil,
    poses: list[Pose],
    *,
    didt_a_per_s: float = 1e6,
    system: FemSystem | None = None,
    tolerance: float = TOLERANCE,
) -> list[Field]:
    """Solve for several poses of a coil in one block, which costs less than one by one.

    Parameters
    ----------
    head, coil : Head, Coil
        As in `solve_linear`.
    poses : list of Pose
        Where the coil is, one after the other.
    didt_a_per_s : float [A/s], optional
        Rate of the coil's current, by default 1 A/µs.
    system : FemSystem, optional
        The head's, when it was built before.
    tolerance : float, optional
        On the relative residual.

    Returns
    -------
    list of Field
        One for each pose.

    Raises
    ------
    ConvergenceError
        When the tolerance is not reached.
    """
    coil, poses = as_coil(coil), [as_pose(pose) for pose in poses]
    system = system or FemSystem.of(head)
    primary = _primary_at_nodes(system, coil, poses, didt_a_per_s)
    potential, convergence = system.solve(system.load(primary), tolerance=tolerance)
    return [
        Field(head, coil, pose, didt_a_per_s, np.ascontiguousarray(column), convergence)
        for pose, column in zip(poses, potential.T, strict=True)
    ]


def _primary_at_nodes(
    system: FemSystem, coil: Coil, poses: list[Pose], didt_a_per_s: float
) -> FloatArray:
    """Compute dA/dt of all poses at the nodes, (n_node, 3, n_pose)."""
    nodes_m, copper_m = system.mesh.nodes_m, coil.copper_m
    exact = len(poses) < LATTICE_FROM or not len(copper_m)
    primary = np.empty((len(nodes_m), 3, len(poses)))
    for number, pose in enumerate(poses):
        if exact:
            primary[:, :, number] = primary_field_v_per_m(coil, pose, nodes_m, didt_a_per_s)
            continue
        cells_m = system.lattice.cells_m
        at_cells = primary_field_v_per_m(coil, pose, cells_m, didt_a_per_s)
        field = system.lattice.at_points(at_cells)
        near = _box_distance_m(copper_m, pose.to_coil_m(nodes_m)) < EXACT_WITHIN_M
        field[near] = primary_field_v_per_m(coil, pose, nodes_m[near], didt_a_per_s)
        primary[:, :, number] = field
    return primary


def _box_distance_m(places_m: FloatArray, points_m: FloatArray) -> FloatArray:
    """Distance of points from the box around places, zero inside."""
    aside = points_m - np.clip(points_m, places_m.min(axis=0), places_m.max(axis=0))
    return np.sqrt((aside**2).sum(axis=1))
