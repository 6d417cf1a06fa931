"""What is said about a session: the engine's numbers as messages, flags as words."""

import numpy as np

from cortistim.app.engine import Computed, Engine
from cortistim.app.evaluate import SecondLook
from cortistim.app.guidance import Deviation
from cortistim.app.scene import Scene
from cortistim.app.watch import Verdict
from cortistim.io.live.wire import SUBPROTOCOL, VERBS, Flag
from cortistim.placement import Pose
from cortistim.records import number, significant
from cortistim.records.live import (
    LiveDeviation,
    LiveMoves,
    LiveScene,
    LiveState,
    LiveTarget,
)
from cortistim.study.request.inputs import TargetPoint
from cortistim.units import (
    a_per_us_from_a_per_s,
    m_from_mm,
    matrix_mm_from_m,
    mm_from_m,
    ms_from_s,
)

NOTICE = "Research software, not a medical device. It neither permits nor forbids a pulse."


def flags_of(computed: Computed, verdict: Verdict) -> Flag:
    """Return why a field must not be taken for what is under the coil now."""
    shown, flags = computed.shown, verdict.flags
    flags |= Flag.REFUSED if shown.refused else Flag(0)
    flags |= Flag.POOR if shown.poor else Flag(0)
    return flags | (Flag(0) if computed.drive.typed else Flag.UNIT)


def flag_names(flags: Flag) -> list[str]:
    """Return flags as words."""
    return [str(flag.name).lower() for flag in Flag if flag in flags]


def state_of(engine: Engine, computed: Computed, verdict: Verdict, seq: int) -> LiveState:
    """Gather the numbers of a field.

    Parameters
    ----------
    engine : Engine
        Its clock, rate and target.
    computed : Computed
        The field.
    verdict : Verdict
        Whether it may look live.
    seq : int
        The same as the frame's.

    Returns
    -------
    LiveState
        In the units of the clinic, rounded.
    """
    shown, drive, again = computed.shown, computed.drive, computed.again
    age_s = engine.age_s(computed)
    return LiveState(
        seq=seq,
        state=verdict.state,
        source=engine.watch.kind,
        words=verdict.words,
        age_ms=None if verdict.state in ("held", "waiting") else number(ms_from_s(age_s), 1),
        flags=flag_names(flags_of(computed, verdict)),
        matsimnibs=matrix_rows(shown.asked),
        shown_matsimnibs=matrix_rows(shown.pose),
        lift_mm=number(mm_from_m(shown.lift_m), 2) or 0.0,
        didt_a_per_us=round(a_per_us_from_a_per_s(drive.didt_a_per_s), 4),
        percent_mso=number(drive.percent_mso, 1),
        output_is_typed=drive.typed,
        target_e_v_per_m=_rounded(shown.target_v_per_m),
        target_error_v_per_m=_rounded(shown.target_error_v_per_m),
        band_v_per_m=None if again is None else _band(again),
        moves=None if again is None else moves_of(again),
        peak_e_v_per_m=_rounded(shown.peak_v_per_m),
        avoid_e_v_per_m=[_rounded(value) for value in shown.avoided_v_per_m],
        area_70_percent_mm2=round(1e6 * shown.focal_area_m2, 1),
        missed_share=significant(shown.missed_share, 3) or 0.0,
        on_target=engine.now_on_target(),
        deviation=deviation_of(shown.off),
        compute_ms=round(ms_from_s(computed.compute_s), 2),
        rate_hz=round(engine.rate_hz(), 1),
        dropped=engine.dropped,
    )


def _rounded(value: float) -> float:
    return significant(value, 5) or 0.0


def _band(again: SecondLook) -> list[float]:
    return [_rounded(again.low_v_per_m), _rounded(again.high_v_per_m)]


def matrix_rows(pose: Pose) -> list[list[float]]:
    """Return a pose in mm as four rows."""
    return (matrix_mm_from_m(pose.matrix_m).round(5) + 0.0).tolist()


def deviation_of(off: Deviation | None) -> LiveDeviation | None:
    """Return a deviation in mm and degrees."""
    if off is None:
        return None
    return LiveDeviation(
        lateral_mm=round(mm_from_m(off.lateral_m), 2),
        x_mm=round(mm_from_m(off.x_m), 2),
        y_mm=round(mm_from_m(off.y_m), 2),
        depth_mm=round(mm_from_m(off.depth_m), 2),
        tilt_deg=round(float(np.degrees(off.tilt_rad)), 2),
        twist_deg=round(float(np.degrees(off.twist_rad)), 2),
    )


def moves_of(again: SecondLook) -> LiveMoves:
    """Return derivatives in percent per mm and degree."""
    per_mm = [round(100 * m_from_mm(gain), 3) + 0.0 for gain in again.per_m]
    per_deg = [round(100 * float(np.radians(gain)), 3) + 0.0 for gain in again.per_rad]
    return LiveMoves(
        x_percent_per_mm=per_mm[0],
        y_percent_per_mm=per_mm[1],
        depth_percent_per_mm=per_mm[2],
        tilt_x_percent_per_deg=per_deg[0],
        tilt_y_percent_per_deg=per_deg[1],
        twist_percent_per_deg=per_deg[2],
    )


def scene_of(
    scene: Scene, engine: Engine, source_name: str, colours: list[list[int]]
) -> LiveScene:
    """Describe what does not change, for a client that begins.

    Parameters
    ----------
    scene : Scene
        The session's fixed parts.
    engine : Engine
        Its scale and output.
    source_name : str
        For people.
    colours : list of rows
        256 colours of the scale, 0 to 255.

    Returns
    -------
    LiveScene
        In the units of the clinic.
    """
    operator, plan = scene.operator, scene.plan
    return LiveScene(
        protocol=SUBPROTOCOL,
        notice=NOTICE,
        verbs=list(VERBS),
        head=scene.head.name,
        coil=scene.coil.name,
        points=len(operator.points_m),
        members=operator.rank,
        order=operator.origin.order,
        target=_patch_of(scene, scene.target),
        avoid=[_patch_of(scene, place) for place in scene.avoid],
        plan=None if plan is None else matrix_rows(plan),
        first=matrix_rows(scene.first),
        scale_v_per_m=engine.scale_v_per_m,
        source=engine.watch.kind,
        source_name=source_name,
        colours=colours,
    )


def _patch_of(scene: Scene, place: TargetPoint) -> LiveTarget:
    return LiveTarget(
        name=place.name,
        words=place.words,
        point_mm=mm_from_m(place.point_m).round(2).tolist(),
        radius_mm=round(mm_from_m(scene.radius_at(place)), 2),
        points=len(scene.points_at(place)),
    )
