"""An operator of the built-in sphere from its closed form: for rehearsals without a build."""

import numpy as np
from scipy.spatial import KDTree

from cortistim import cache
from cortistim.coil import Coil
from cortistim.field import FieldOperator
from cortistim.field.analytic.sphere import sphere_field_v_per_m
from cortistim.field.bars import ErrorShares
from cortistim.field.operator.basis import potentials_t_m
from cortistim.field.operator.operator import VERSION, OperatorOrigin, sigma_digest
from cortistim.head import Head
from cortistim.placement import Pose, place_over, raise_until_clear
from cortistim.typing import FloatArray, IntArray
from cortistim.units import m_from_mm

POSES, RANK, SEED = 260, 150, 1
OVER_M, POINTS_M, SAMPLES_M = 0.065, 0.034, 0.07
POINT_SPACING_M, SAMPLE_SPACING_M = 0.0017, 0.007
HIGHEST_MM = 12.0
CODE = 1  # raise it when what is kept changes


def sphere_operator(head: Head, coil: Coil, place_m: FloatArray) -> FieldOperator:
    """Make the operator of a spherical head around a place; kept between runs.

    Parameters
    ----------
    head : Head
        Built-in ``sphere``: the closed form (sarvas1987, heller1992) holds in it exactly.
    coil : Coil
        Of dipoles or wire.
    place_m : (3,) array [m]
        In the cortex; fields are given within 34 mm of it.

    Returns
    -------
    FieldOperator
        As one that was solved for, with error bars of 0.
    """
    poses = _poses(head, coil, place_m)
    cortex_m = head.cortex.vertices_m
    points_m = cortex_m[_thinned(cortex_m, place_m, POINTS_M, POINT_SPACING_M)]
    samples_m = cortex_m[_thinned(cortex_m, place_m, SAMPLES_M, SAMPLE_SPACING_M)]
    matrices = np.array([pose.matrix_m for pose in poses])
    first = potentials_t_m(coil, poses[:1], samples_m)

    def work() -> dict[str, np.ndarray]:
        sampled = potentials_t_m(coil, poses, samples_m).reshape(len(poses), -1).T
        fields = np.array(
            [sphere_field_v_per_m(points_m, coil, pose, didt_a_per_s=1.0) for pose in poses]
        )
        members, size, turn = np.linalg.svd(sampled, full_matrices=False)
        there = fields.reshape(len(poses), -1).T @ turn[:RANK].T / size[:RANK]
        return {"members": members[:, :RANK], "fields": there}

    key = cache.digest(CODE, head.mesh.digest, points_m, samples_m, matrices, first)
    kept = cache.remembered("sphere-operator", key, work)
    origin = OperatorOrigin(
        head.name, head.mesh.digest, sigma_digest(head), (coil.name,), RANK, SEED, 0.0,
        "harmonic", 1, VERSION,
    )  # fmt: skip
    count = len(points_m)
    return FieldOperator(
        points_m,
        kept["fields"],
        samples_m,
        kept["members"],
        head.outside,
        origin,
        ErrorShares(np.zeros((count, 3, 3)), np.zeros(count)),
    )


def _poses(head: Head, coil: Coil, place_m: FloatArray) -> list[Pose]:
    """Spread poses over the scalp around a place, with any handle and some height."""
    rng = np.random.default_rng(SEED)
    found = []
    for _ in range(POSES):
        spread = rng.standard_normal(3)
        over_m = place_m + OVER_M * rng.random() * spread / np.linalg.norm(spread)
        pose = place_over(
            head,
            over_m,
            handle_rad=float(rng.uniform(-np.pi, np.pi)),
            distance_m=m_from_mm(float(rng.uniform(0.0, HIGHEST_MM))),
        )
        found.append(raise_until_clear(head, coil, pose)[0])
    return found


def _thinned(
    points_m: FloatArray, place_m: FloatArray, reach_m: float, spacing_m: float
) -> IntArray:
    """Choose points within reach, no two nearer to each other than the spacing."""
    away_m = np.linalg.norm(points_m - place_m, axis=1)
    near = np.flatnonzero(away_m <= reach_m)
    near = near[np.argsort(away_m[near], kind="stable")]
    tree, free, kept = KDTree(points_m[near]), np.ones(len(near), bool), []
    for k in range(len(near)):
        if free[k]:
            kept.append(k)
            free[tree.query_ball_point(points_m[near[k]], spacing_m)] = False
    return near[kept]
