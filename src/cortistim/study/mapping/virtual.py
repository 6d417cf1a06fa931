"""Virtual subjects with a head: cortex, operator, coil and simulated muscles joined."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from cortistim.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field import FieldOperator
from cortistim.geometry import unit
from cortistim.head import Head
from cortistim.head.surfaces import adjacency
from cortistim.mapping.muscle import simulated_people
from cortistim.mapping.person import VirtualMuscle, VirtualPerson, moved
from cortistim.mapping.site import SPREAD_M, SPREADS, CorticalSite, Preference, site_around
from cortistim.neuron.motor import hand_area
from cortistim.placement import Pose, place_over, scalp_under
from cortistim.study.mapping.fields import PoseFields, fields_of, pose_shares
from cortistim.study.mapping.pose_grid import GridSettings, PoseGrid, pose_grid, require_inside
from cortistim.study.request.inputs import find_target
from cortistim.typing import FloatArray, IntArray

TARGET = "m1_hand_l"
HANDLE_RAD = float(np.pi / 4)
OFF_NORMAL_RAD = float(np.radians(20.0))  # scatter of the best direction; assumed
SIDEWAYS, SIDEWAYS_SD = 0.2, 0.05  # over people; see `Preference`
REACH_M = 0.015
FLAT = 0.5  # part of the normal along the scalp below which cortex counts as a crown
GAP_M = 4e-3  # an operator's points lie some 3 mm apart when they cover the whole cortex
SEARCH = GridSettings(radius_m=0.036)


@dataclass(frozen=True, slots=True)
class SubjectRequest:
    """Who is to be made.

    Parameters
    ----------
    seed : int
        Of the person.
    generator : str
        Of the responses; a key of `cortistim.mapping.muscle.GENERATORS`.
    target : str
        Around which the muscles lie, as `find_target` understands it.
    muscles : tuple of str
        Names; each gets a site of its own.
    spread_m : float [m]
        Of each muscle's patch.
    """

    seed: int = 1
    generator: str = "goetz2019"
    target: str = TARGET
    muscles: tuple[str, ...] = ("FDI",)
    spread_m: float = SPREAD_M


@dataclass(frozen=True, eq=False, repr=False)
class HeadedSubject:
    """A virtual subject with a head.

    Parameters
    ----------
    person : VirtualPerson
        Frozen: sites, responses, reference fields.
    field_at : PoseFields
        E at the person's points for any pose.
    best_m : (n_muscle, 4, 4) array [m]
        The pose that drives each muscle most.
    """

    person: VirtualPerson
    field_at: PoseFields
    best_m: FloatArray


class SubjectMaker:
    """Makes virtual subjects of one head, operator and coil, whatever their number.

    Parameters
    ----------
    head, operator, coil : Head, FieldOperator, Coil
        What they share; the operator is the head's.
    target : str, optional
        Around which muscles lie.

    Raises
    ------
    BadInputError
        When there is no such target, or the operator has no points there.
    """

    def __init__(
        self,
        head: Head,
        operator: FieldOperator,
        coil: Coil,
        *,
        target: str = TARGET,
    ) -> None:
        operator.origin.require(head)
        self.head, self.operator, self.coil = head, operator, coil
        self.centre_m = find_target(head, target).point_m
        require_inside(operator.points_m, self.centre_m, REACH_M)
        self.start = place_over(head, self.centre_m, handle_rad=HANDLE_RAD)
        self.grid: PoseGrid = pose_grid(head, coil, self.start, SEARCH)
        self.shares = pose_shares(operator, coil, self.grid.poses_m)
        self.area = _known(head, hand_area(head.cortex, self.centre_m), operator.points_m)

    def make(self, request: SubjectRequest) -> HeadedSubject:
        """Draw a person.

        Parameters
        ----------
        request : SubjectRequest
            Who.

        Returns
        -------
        HeadedSubject
            Equal for equal requests.

        Raises
        ------
        BadInputError
            When there is no such generator.
        """
        rng = np.random.default_rng([request.seed, 7])
        made = [self._muscle(name, request, rng) for name in request.muscles]
        person = VirtualPerson(tuple(muscle for muscle, _, _ in made))
        points = np.concatenate([points for _, points, _ in made])
        fields = PoseFields(self.operator, self.coil, points)
        return HeadedSubject(person, fields, np.array([best for _, _, best in made]))

    def _muscle(
        self, name: str, request: SubjectRequest, rng: np.random.Generator
    ) -> tuple[VirtualMuscle, IntArray, FloatArray]:
        site, points = self._site(request, rng)
        responses = simulated_people(request.generator, 1, rng)
        best_m, strongest = self.best_pose(site, points)
        return VirtualMuscle(name, site, responses, strongest), points, best_m

    def _site(
        self, request: SubjectRequest, rng: np.random.Generator
    ) -> tuple[CorticalSite, IntArray]:
        vertex = int(rng.choice(self.area))
        cortex, points_m = self.head.cortex, self.operator.points_m
        suits = self._suits(-unit(cortex.normals[vertex]))
        direction = unit(suits + np.tan(OFF_NORMAL_RAD) * rng.standard_normal(3) / 2**0.5)
        sideways = float(np.clip(SIDEWAYS + SIDEWAYS_SD * rng.standard_normal(), 0.05, 0.4))
        limit_m = max(SPREADS * request.spread_m, 2 * GAP_M)
        along_m = along_cortex_m(self.head, vertex, points_m, limit_m)
        return site_around(
            points_m,
            cortex.vertices_m[vertex],
            direction,
            spread_m=request.spread_m,
            distance_m=along_m,
            preference=Preference(sideways),
        )

    def _suits(self, inward: FloatArray) -> FloatArray:
        """Return the direction of the field that suits a piece of cortex.

        Into the cortex, where its wall lies across the scalp. On a crown, and on a head without
        folds, no coil makes such a field; there it is the direction across the central sulcus,
        which a handle at 45° gives.
        """
        down, across = self.start.rotation[:, 2], self.start.rotation[:, 1]
        along_scalp = inward - (inward @ down) * down
        return across if np.linalg.norm(along_scalp) < FLAT else inward

    def best_pose(self, site: CorticalSite, points: IntArray) -> tuple[FloatArray, float]:
        """Find the pose at which a site feels most.

        Parameters
        ----------
        site : CorticalSite
            Which.
        points : (n,) int array
            Its points among the operator's.

        Returns
        -------
        pose_m : (4, 4) array [m]
            Searched on the grid, then refined by sliding and turning.
        felt_v_per_m : float [V/m]
            There, for 1 A/µs.
        """
        felt = site.felt_v_per_m(fields_of(self.operator, self.shares, points))
        begin_m = self.grid.poses_m[int(felt.argmax())]
        fields = PoseFields(self.operator, self.coil, points)

        def loss(change: FloatArray) -> float:
            there_m = slid(self.head, begin_m, change[:2] * 1e-3, float(change[2]) * 0.1)
            return -float(site.felt_v_per_m(fields(there_m[None]))[0])

        simplex = np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 1.0]])
        options = {"initial_simplex": simplex, "xatol": 0.05, "fatol": 1e-6, "maxfev": 60}
        found = minimize(loss, np.zeros(3), method="Nelder-Mead", options=options)
        best_m = slid(self.head, begin_m, found.x[:2] * 1e-3, float(found.x[2]) * 0.1)
        return best_m, -float(found.fun)


def slid(head: Head, pose_m: FloatArray, shift_m: FloatArray, turn_rad: float) -> FloatArray:
    """Slide a coil over the scalp, keeping its distance, and turn it.

    Parameters
    ----------
    head : Head
        Under the coil.
    pose_m : (4, 4) array [m]
        Where it is.
    shift_m : (2,) array [m]
        Along its x and y.
    turn_rad : float [rad]
        About its axis.

    Returns
    -------
    (4, 4) array [m]
        Square to the scalp where the first pose was.
    """
    there_m = moved(pose_m, shift_m, turn_rad)
    old_m, old_normal = scalp_under(head, pose_m[:3, 3])
    new_m, new_normal = scalp_under(head, there_m[:3, 3])
    gap_m = float((pose_m[:3, 3] - old_m) @ old_normal)
    y = there_m[:3, 1] - (there_m[:3, 1] @ new_normal) * new_normal
    out = np.eye(4)
    out[:3, 1], out[:3, 2] = unit(y), -new_normal
    out[:3, 0] = np.cross(out[:3, 1], out[:3, 2])
    out[:3, 3] = new_m + gap_m * new_normal
    return Pose(out).matrix_m


def along_cortex_m(head: Head, vertex: int, points_m: FloatArray, limit_m: float) -> FloatArray:
    """Measure the way along the cortex from a vertex to points.

    Parameters
    ----------
    head : Head
        With a cortex.
    vertex : int
        Of it.
    points_m : (n, 3) array [m]
        On or near it; each is taken to the nearest vertex.
    limit_m : float [m]
        Beyond it nothing is measured.

    Returns
    -------
    (n,) array [m]
        Infinite beyond the limit.
    """
    vertices_m = head.cortex.vertices_m
    near = np.flatnonzero(
        np.linalg.norm(vertices_m - vertices_m[vertex], axis=1) <= 1.2 * limit_m + 2e-3
    )
    edges = adjacency(head.cortex.triangles, len(vertices_m))[near][:, near].tocoo()
    places_m = vertices_m[near]
    edges.data = np.linalg.norm(places_m[edges.row] - places_m[edges.col], axis=1)
    start = int(np.flatnonzero(near == vertex)[0])
    along_m = dijkstra(edges.tocsr(), directed=False, indices=start, limit=limit_m)
    gap_m, nearest = KDTree(places_m).query(points_m)
    return np.where(gap_m < GAP_M, along_m[nearest], np.inf)


def _known(head: Head, vertices: IntArray, points_m: FloatArray) -> IntArray:
    """Keep the vertices that the operator has a point at."""
    gap_m, _ = KDTree(points_m).query(head.cortex.vertices_m[vertices])
    kept = vertices[gap_m < GAP_M]
    if not len(kept):
        msg = "the operator needs points in the hand's area. Build it with points there."
        raise BadInputError(msg)
    return kept
