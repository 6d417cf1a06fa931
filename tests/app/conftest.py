"""A ball with an operator of few members: small enough for every test."""

from dataclasses import replace

import numpy as np
import pytest

from cortistim.app.scene import Scene
from cortistim.coil import named_coil
from cortistim.field import OperatorSettings, build_operator, plan_operator
from cortistim.field.operator.basis import evenly_spread
from cortistim.field.solver import fem
from cortistim.field.target import RADIUS_M
from cortistim.placement import place_over
from cortistim.study import find_target


@pytest.fixture(scope="session")
def live_coil():
    """A round coil of few dipoles."""
    n = np.arange(24)
    angle, radius_m = 2.4 * n, 0.035 * np.sqrt((n + 0.5) / 24)
    dipoles_m = np.column_stack(
        [radius_m * np.cos(angle), radius_m * np.sin(angle), np.full(24, -0.008)]
    )
    moments_m2 = np.tile([0, 0, 0.002], (24, 1))
    return replace(named_coil("round_90mm"), dipoles_m=dipoles_m, moments_m2=moments_m2)


@pytest.fixture(scope="session")
def live_operator(ball_head, live_coil, session_cache):
    """An operator of 300 points, those of the target's patch, and 48 members."""
    points_m = ball_head.cortex.vertices_m
    off_m = np.linalg.norm(points_m - find_target(ball_head, "C3").point_m, axis=1)
    kept = np.union1d(evenly_spread(points_m, 300), np.flatnonzero(off_m <= RADIUS_M))
    chosen = points_m[kept]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORTISTIM_CACHE", str(session_cache))
        patch.setattr(fem, "LATTICE_SPACING_M", 0.008)
        settings = OperatorSettings(rank=48, order=1)
        return build_operator(
            plan_operator(ball_head, chosen, coils=[live_coil], settings=settings)
        )


@pytest.fixture(scope="session")
def scene(ball_head, live_coil, live_operator):
    """A session over C3 of the ball, with a plan."""
    target = find_target(ball_head, "C3")
    plan = place_over(ball_head, target.point_m, handle_rad=0.8)
    return Scene.of(ball_head, live_coil, live_operator, target, plan)
