"""What a hunt stands on: candidate poses, and the field at places where the muscle may lie."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import KDTree

from cortistim.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field import FieldOperator
from cortistim.head import Head
from cortistim.mapping.hotspot import HuntSpace
from cortistim.mapping.hotspot.space import Waveform
from cortistim.mapping.site import REVERSED, SIDEWAYS, Preference
from cortistim.placement import Pose, raise_until_clear
from cortistim.study.mapping.fields import pose_shares
from cortistim.study.mapping.pose_grid import GridSettings, PoseGrid, pose_grid, require_inside
from cortistim.study.mapping.virtual import slid
from cortistim.targeting import LeadField
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

SITES_M = 0.022  # how far from the target the muscle may lie
SITES_SD_M = 0.010  # of its place around the target; assumed, people differ by some 7 mm
SITE_SPACING_M, PATCH_M = 0.004, 0.003
DIRECTIONS = 6  # of the field that suits the muscle, per half turn
REACH_M = 0.015
ABOVE_M = 0.05  # from a target to a coil over it at most; deep targets need no more
TINY_V_PER_M = 1e-9
EVEN = 0.01  # spread of log10 of the field below which it tells poses apart no more: 2 %


@dataclass(frozen=True, eq=False)
class SiteViews:
    """Places where the muscle may lie, and directions that may suit it.

    Parameters
    ----------
    lead : LeadField
        E at the places: means over 3 mm.
    coil : Coil
        The one that is held.
    places_m : (n_place, 3) array [m]
        On the cortex.
    directions : (n_direction, 3) array
        Unit vectors.
    preference : Preference
        What other directions lose.
    log_prior : (n_place * n_direction,) array
        Place by place.
    top : (n_place * n_direction,) array
        log10 of the effective field at each view's best candidate.
    """

    lead: LeadField
    coil: Coil
    places_m: FloatArray
    directions: FloatArray
    preference: Preference
    log_prior: FloatArray
    top: FloatArray

    def absolute(self, shares: FloatArray) -> FloatArray:
        """Return log10 of the effective field, (n_pose, n_view), of poses by their shares."""
        e = self.lead.fields_v_per_m(shares)
        size = np.maximum(np.linalg.norm(e, axis=2), TINY_V_PER_M)
        cosine = np.einsum("pnx,dx->pnd", e, self.directions) / size[..., None]
        felt = size[..., None] * self.preference.factor(cosine)
        return np.log10(np.maximum(felt, TINY_V_PER_M)).reshape(len(e), -1)

    def at(self, pose_m: FloatArray) -> FloatArray:
        """Return log10 of the effective field at a pose over that at the best, (n_view,)."""
        shares = self.lead.shares(self.coil, [Pose(pose_m)])
        return self.absolute(shares)[0] - self.top


@dataclass(frozen=True, eq=False)
class HuntGround:
    """Candidates of a hunt on a head.

    Parameters
    ----------
    head, coil : Head, Coil
        What is held where.
    grid : PoseGrid
        The candidates.
    space : HuntSpace
        What the hunt searches.
    views : SiteViews or None
        Where there is an operator.
    """

    head: Head
    coil: Coil
    grid: PoseGrid
    space: HuntSpace
    views: SiteViews | None

    def pose_at(self, coordinates: FloatArray) -> FloatArray:
        """Return the pose at coordinates, clear of the head.

        Parameters
        ----------
        coordinates : (3,) array
            Two in m along the scalp from the start, the turn in radians.

        Returns
        -------
        (4, 4) array [m]
            Coil to subject.
        """
        near = self.space.nearest(coordinates)
        du, dv, turn = coordinates - self.space.coordinates[near]
        angle = self.space.turns_rad[self.space.turn[near]]
        c, s = np.cos(angle), np.sin(angle)
        shift_m = np.array([c * du + s * dv, c * dv - s * du])
        turn = (turn + np.pi) % (2 * np.pi) - np.pi
        there = Pose(slid(self.head, self.grid.poses_m[near], shift_m, float(turn)))
        return raise_until_clear(self.head, self.coil, there)[0].matrix_m


def site_views(
    operator: FieldOperator,
    coil: Coil,
    grid: PoseGrid,
    target_m: FloatArray,
    waveform: Waveform = "biphasic",
) -> tuple[SiteViews, FloatArray]:
    """Lay out where the muscle may lie, and what the field does there at every candidate.

    Parameters
    ----------
    operator : FieldOperator
        Of the head.
    coil : Coil
        The one that is held.
    grid : PoseGrid
        Candidates.
    target_m : (3,) array [m]
        Where the muscle is expected.
    waveform : {"biphasic", "monophasic"}, optional
        With the latter the direction of the current counts, too.

    Returns
    -------
    views : SiteViews
        Places and directions.
    log_felt : (n_pose, n_view) array
        For `HuntSpace`.

    Raises
    ------
    BadInputError
        When the operator has no points there, or the field is the same at all candidates.
    """
    require_inside(operator.points_m, target_m, REACH_M)
    places_m, lead = _places(operator, target_m)
    is_biphasic = waveform == "biphasic"
    count = DIRECTIONS if is_biphasic else 2 * DIRECTIONS
    angle = np.arange(count) * np.pi / DIRECTIONS
    x, y = grid.start_m[:3, 0], grid.start_m[:3, 1]
    directions = np.cos(angle)[:, None] * y + np.sin(angle)[:, None] * x
    away_m = np.linalg.norm(places_m - target_m, axis=1)
    prior = np.repeat(-0.5 * (away_m / SITES_SD_M) ** 2, count)
    likes = Preference(SIDEWAYS, 0.0 if is_biphasic else REVERSED)
    views = SiteViews(lead, coil, places_m, directions, likes, prior, np.zeros(len(prior)))
    found = views.absolute(pose_shares(operator, coil, grid.poses_m))
    if float(found.std(axis=0).max()) < EVEN:
        msg = (
            "the field must differ between poses to tell where the muscle lies; here it is "
            "alike at all of them. Search a larger radius, or hunt without an operator."
        )
        raise BadInputError(msg)
    top = found.max(axis=0)
    return replace(views, top=top), found - top


def _places(operator: FieldOperator, target_m: FloatArray) -> tuple[FloatArray, LeadField]:
    """Thin the operator's points, and average the field around each of those that are left."""
    points_m = operator.points_m
    away_m = np.linalg.norm(points_m - target_m, axis=1)
    near = np.argsort(away_m, kind="stable")[: int((away_m <= SITES_M).sum()) or 1]
    tree, free, kept = KDTree(points_m[near]), np.ones(len(near), bool), []
    for k in range(len(near)):
        if free[k]:
            kept.append(k)
            free[tree.query_ball_point(points_m[near[k]], SITE_SPACING_M)] = False
    whole = KDTree(points_m)
    rows = operator.fields_v_per_m.reshape(-1, 3, operator.rank)
    around = [whole.query_ball_point(points_m[near[k]], PATCH_M) for k in kept]
    outer = np.concatenate([rows[some].mean(axis=0) for some in around])
    lead = LeadField(operator.samples_m, operator.members, outer)
    return points_m[near[kept]], lead


def _require_over(start: Pose, target_m: FloatArray, settings: GridSettings) -> None:
    """Refuse a start from which no pose drives the muscle."""
    far_m = float(np.linalg.norm(start.origin_m - target_m))
    if far_m > settings.radius_m + ABOVE_M:
        msg = (
            f"the start must lie over the target, {mm_from_m(settings.radius_m + ABOVE_M):.0f} "
            f"mm from it at most; it is {mm_from_m(far_m):.0f} mm away. Begin nearer, or name "
            "the target (`target`) that is meant."
        )
        raise BadInputError(msg)


def hunt_ground(
    head: Head,
    coil: Coil,
    start: Pose,
    operator: FieldOperator | None,
    target_m: FloatArray,
    waveform: Waveform = "biphasic",
    settings: GridSettings | None = None,
) -> HuntGround:
    """Prepare a hunt.

    Parameters
    ----------
    head, coil : Head, Coil
        What is held where.
    start : Pose
        In the middle of the candidates.
    operator : FieldOperator or None
        The head's; without it nothing is known of the field.
    target_m : (3,) array [m]
        Where the muscle is expected.
    waveform : {"biphasic", "monophasic"}, optional
        Of the pulses.
    settings : GridSettings, optional
        How far and how densely poses are tried.

    Returns
    -------
    HuntGround
        Ready to hunt on.

    Raises
    ------
    BadInputError
        When operator, target or start do not fit the head.
    """
    if operator is not None:
        operator.origin.require(head)
        _require_over(start, target_m, settings or GridSettings())
    grid = pose_grid(head, coil, start, settings)
    parts = grid.places_m, grid.turns_rad, grid.place, grid.turn
    if operator is None:
        return HuntGround(head, coil, grid, HuntSpace(*parts, waveform), None)
    views, felt = site_views(operator, coil, grid, target_m, waveform)
    space = HuntSpace(*parts, waveform, felt, views.log_prior)
    return HuntGround(head, coil, grid, space, views)
