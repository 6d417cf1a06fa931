"""Building a field operator: the members' fields, block by block."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cortistim import cache
from cortistim.coil.coil import Coil
from cortistim.coil.named import named_coil
from cortistim.errors import BadInputError
from cortistim.field.bars import ErrorShares
from cortistim.field.hierarchic.refine import DEFAULT_ORDER
from cortistim.field.operator.basis import (
    Basis,
    brain_samples_m,
    choose_basis,
    evenly_spread,
)
from cortistim.field.operator.operator import (
    VERSION,
    FieldOperator,
    OperatorOrigin,
    sigma_digest,
)
from cortistim.field.reader import PointReader
from cortistim.field.recovery.sampling import Recovery, Sampler
from cortistim.field.solver import fem
from cortistim.field.solver.fem import FemSystem
from cortistim.field.solver.lattice import Lattice
from cortistim.geometry import freeze
from cortistim.head.head import Head
from cortistim.typing import FloatArray, Progress, silent

BLOCK = 16
FITTED = 64  # poses that the bars are fitted to
POINTS = 20_000
COILS = ("magstim_d70", "magstim_d25", "round_90mm")


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """How an operator is built.

    Parameters
    ----------
    rank : int, optional
        Number of members, each of which costs a solve.
    seed : int, optional
        Of the poses that the members combine.
    tolerance : float, optional
        On the relative residual of the solves.
    recovery : str, optional
        How the gradient of the potential is read at the points with order 1.
    order : int, optional
        Highest order of the elements around the points, 1 to 6; by default 3, and 1 with a
        recovery other than harmonic.
    """

    rank: int = 300
    seed: int = 0
    tolerance: float = 1e-4
    recovery: Recovery = Sampler.recovery
    order: int | None = None

    @property
    def highest_order(self) -> int:
        """The order asked for, or what stands for it."""
        if self.order is not None:
            return self.order
        return DEFAULT_ORDER if self.recovery == Sampler.recovery else 1


@dataclass(frozen=True, eq=False)
class OperatorBuild:
    """An operator to be built: what it depends on, and the work in blocks.

    Parameters
    ----------
    head : Head
        What is solved on.
    points_m : (n_point, 3) array [m]
        Where the field will be given; all in the head.
    coils : tuple of Coil
        Whose poses the members combine.
    settings : OperatorSettings, optional
        Rank, seed, tolerance, recovery, order.
    progress : callable, optional
        Told what is being done.
    """

    head: Head
    points_m: FloatArray
    coils: tuple[Coil, ...]
    settings: OperatorSettings = field(default_factory=OperatorSettings)
    progress: Progress = silent

    def __post_init__(self) -> None:
        """Freeze the points; refuse what cannot be built."""
        freeze(self, "points_m", dtype=np.float64)
        if not self.coils:
            msg = "an operator needs the coils that it is built for; got none."
            raise BadInputError(msg)

    @property
    def origin(self) -> OperatorOrigin:
        """What the operator will say that it was built from."""
        asked = self.settings
        return OperatorOrigin(
            head=self.head.name,
            mesh=self.head.mesh.digest,
            sigma=sigma_digest(self.head),
            coils=tuple(coil.name for coil in self.coils),
            rank=asked.rank,
            seed=asked.seed,
            tolerance=asked.tolerance,
            recovery=asked.recovery,
            order=asked.highest_order,
        )

    @cached_property
    def key(self) -> str:
        """Digest of everything that the result depends on."""
        windings = [part for coil in self.coils for part in coil.arrays]
        casings = [coil.casing.vertices_m for coil in self.coils]
        return cache.digest(VERSION, self.origin, self.points_m, *windings, *casings)

    @property
    def n_block(self) -> int:
        """Number of blocks of at most sixteen solves."""
        return -(-self.settings.rank // BLOCK)

    @cached_property
    def system(self) -> FemSystem:
        """The head's."""
        return FemSystem.of(self.head)

    @cached_property
    def reader(self) -> PointReader:
        """The points, ready to have solutions read at them.

        Raises
        ------
        BadInputError
            When a point lies outside the head, or the order is out of range.
        """
        self.progress("solving local problems around the points", 0.0)
        return PointReader.of(
            self.head,
            self.points_m,
            order=self.settings.highest_order,
            recovery=self.settings.recovery,
            system=self.system,
        )

    def choose(self) -> Basis:
        """Choose the members; no field is solved.

        Returns
        -------
        Basis
            The same for the same seed.

        Raises
        ------
        BadInputError
            When the rank is larger than the samples can carry.
        PoseError
            When a coil fits nowhere on the head.
        """
        asked = self.settings
        samples_m = brain_samples_m(self.head, self.points_m, seed=asked.seed)
        return choose_basis(
            self.head,
            self.coils,
            samples_m,
            rank=asked.rank,
            seed=asked.seed,
            progress=self.progress,
        )

    def solver(self, basis: Basis) -> "MemberSolver":
        """Prepare the solves of a basis.

        Parameters
        ----------
        basis : Basis
            From `choose`.

        Returns
        -------
        MemberSolver
            Does nothing before it is asked for a block.
        """
        return MemberSolver(self, basis)

    def assemble(self, basis: Basis, blocks: Iterable[FloatArray]) -> FieldOperator:
        """Put the blocks together.

        Parameters
        ----------
        basis : Basis
            From `choose`.
        blocks : iterable of (2, 3 n_point, n) arrays
            All of `MemberSolver.block`, in order and in V/m.

        Returns
        -------
        FieldOperator
            Ready to evaluate.
        """
        members = basis.members_at(self.coils, basis.samples_m).reshape(-1, basis.rank)
        fields, last = np.concatenate(list(blocks), axis=2)
        driven = basis.shares(self.coils, members, FITTED).astype(np.float32)
        at_poses = [(driven @ part.T).reshape(len(driven), -1, 3) for part in (fields, last)]
        return FieldOperator(
            points_m=self.points_m,
            fields_v_per_m=fields,
            samples_m=basis.samples_m,
            members=members,
            outside=self.head.outside,
            origin=self.origin,
            shares=ErrorShares.fitted(self.points_m, *at_poses),
        )


@dataclass(frozen=True, eq=False)
class MemberSolver:
    """Solves for the fields of the members.

    Parameters
    ----------
    build : OperatorBuild
        What is built.
    basis : Basis
        Its members.
    """

    build: OperatorBuild
    basis: Basis

    @cached_property
    def _lattice(self) -> Lattice:
        """Carries vector potentials to the nodes and to the reader's samples."""
        places_m = np.vstack([self.build.head.mesh.nodes_m, self.build.reader.samples_m])
        return Lattice(places_m, fem.LATTICE_SPACING_M)

    @cached_property
    def _potentials(self) -> tuple[FloatArray, FloatArray]:
        """Vector potentials of all members at the lattice and at the points."""
        cells_m = self._lattice.cells_m
        everywhere = np.vstack([cells_m, self.build.points_m])
        potentials = self.basis.members_at(
            self.build.coils, everywhere, progress=self.build.progress
        )
        return potentials[: len(cells_m)], potentials[len(cells_m) :]

    def block(self, number: int) -> FloatArray:
        """Solve for some members.

        Parameters
        ----------
        number : int
            From 0 to `OperatorBuild.n_block` - 1.

        Returns
        -------
        (2, 3 n_point, n) array [V/m]
            Fields of at most sixteen members for 1 A/s, and what the last order adds to
            them, in single precision.

        Raises
        ------
        ConvergenceError
            When a solve stops short.
        """
        build, system = self.build, self.build.system
        chosen = slice(BLOCK * number, BLOCK * (number + 1))
        cells, points = self._potentials
        at_cells = cells[:, :, chosen]
        carried = self._lattice.at_points(at_cells.reshape(len(at_cells), -1))
        at_nodes, at_samples = np.split(
            carried.reshape(len(carried), 3, -1), [len(build.head.mesh.nodes_m)]
        )
        loads = system.load(at_nodes)
        potentials, _ = system.solve(loads, tolerance=build.settings.tolerance)
        both = build.reader.read(potentials, points[:, :, chosen], at_samples)
        return np.stack(both).reshape(2, 3 * len(points), -1).astype(np.float32)


def plan_operator(
    head: Head,
    points_m: FloatArray | None = None,
    *,
    coils: Sequence[Coil] | None = None,
    settings: OperatorSettings | None = None,
    progress: Progress = silent,
) -> OperatorBuild:
    """Say what operator is to be built; nothing is computed yet.

    Parameters
    ----------
    head : Head
        With a cortex, unless points are given.
    points_m : (n_point, 3) array [m], optional
        Where the field will be given; by default 20,000 points spread evenly over the
        cortex.
    coils : sequence of Coil, optional
        Whose poses the members combine; by default figure-8 coils of 70 and 25 mm and a
        round coil of 90 mm, which span most others.
    settings : OperatorSettings, optional
        Rank, seed, tolerance, recovery, order.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    OperatorBuild
        Build it with `build_operator`, or block by block.

    Raises
    ------
    MissingAnatomyError
        When no points are given and the head has no grey matter.
    """
    if points_m is None:
        cortex_m = head.cortex.vertices_m
        points_m = cortex_m[evenly_spread(cortex_m, POINTS)]
    chosen = tuple(coils) if coils is not None else tuple(map(named_coil, COILS))
    settings = settings or OperatorSettings()
    return OperatorBuild(head, points_m, chosen, settings, progress)


def build_operator(build: OperatorBuild) -> FieldOperator:
    """Build an operator in memory, in one go.

    Parameters
    ----------
    build : OperatorBuild
        From `plan_operator`.

    Returns
    -------
    FieldOperator
        Ready to evaluate.

    Raises
    ------
    BadInputError
        When points lie outside the head, or the rank is too large.
    ConvergenceError
        When a solve stops short.
    """
    basis = build.choose()
    solver = build.solver(basis)
    return build.assemble(basis, map(solver.block, range(build.n_block)))
