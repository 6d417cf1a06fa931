"""Fields, operators, aims, plans and their uncertainty."""

from pathlib import Path
from typing import Any

import numpy as np

from cortistim.api import taking
from cortistim.coil import DEFAULT_COIL, Coil
from cortistim.field import (
    Field,
    FieldOperator,
    build_operator,
    load_operator,
    plan_operator,
    solve_field,
)
from cortistim.field.hierarchic import DEFAULT_ORDER
from cortistim.head import Head
from cortistim.placement import DISTANCE_M, Pose, require_clear
from cortistim.study import (
    AimRequest,
    AimSettings,
    PlanRequest,
    make_plan,
    run_aim,
)
from cortistim.study.field.aim import AimResult
from cortistim.study.field.uncertainty import (
    UncertaintyRequest,
    UncertaintyResult,
    run_uncertainty,
)
from cortistim.study.plan.plan import Plan
from cortistim.study.request.held import coil_request, head_request
from cortistim.study.request.inputs import TargetPoint, require_didt
from cortistim.typing import FloatArray, Progress, silent

HeadLike = str | Path | Head
CoilLike = str | Path | Coil
PoseLike = str | Path | Pose | FloatArray
TargetLike = str | TargetPoint | FloatArray
RADIUS_M = 0.03


def field(
    head: HeadLike,
    coil: CoilLike,
    pose: PoseLike,
    *,
    didt_a_per_s: float = 1e6,
    order: int = DEFAULT_ORDER,
) -> Field:
    """Solve the field of a coil at a pose, as accurately as ``cortistim field``.

    Parameters
    ----------
    head : str, Path or Head
        Name, file, folder or head.
    coil : str, Path or Coil
        Name, file or coil.
    pose : Pose, (4, 4) array in metres, str or Path
        Pose, matrix or file.
    didt_a_per_s : float [A/s], optional
        Rate of the coil's current; 1e6 is 1 A/µs.
    order : int, optional
        Highest order of the elements around what is read.

    Returns
    -------
    Field
        ``at_points(points_m)``, ``on_cortex()`` and ``plot()`` read it; its error bar is
        ``error_v_per_m``.

    Raises
    ------
    BadInputError
        When something does not exist or cannot be.
    PoseError
        When the coil is inside the head.

    Examples
    --------
    >>> import cortistim as ct
    >>> head = ct.head("sphere")
    >>> field = ct.field(head, "magstim_d70", ct.pose(over="C3", head=head), order=1)
    >>> field.highest_order
    1
    """
    require_didt(didt_a_per_s)
    on, of, at = taking.head_from(head), taking.coil_from(coil), taking.pose_from(pose)
    require_clear(on, of, at)
    return solve_field(on, of, at, didt_a_per_s=didt_a_per_s, order=order)


def operator(
    what: str | Path | Head, head: HeadLike | None = None, *, coils: str | tuple[str, ...] = ()
) -> FieldOperator:
    """Load an operator from its file, or build the one of a head.

    Parameters
    ----------
    what : str, Path or Head
        A file of ``cortistim operator build`` (``.npz``), or a head to build it for, which
        takes minutes.
    head : str, Path or Head, optional
        Checked to be the one that a file was built for.
    coils : str or tuple of str, optional
        Whose poses a new one is to span; common coils by default.

    Returns
    -------
    FieldOperator
        ``evaluate(coil, pose)`` gives a field in milliseconds; ``save(path)`` keeps it.

    Raises
    ------
    BadInputError
        When there is no such file, or it belongs to another head.
    """
    if isinstance(what, str | Path) and str(what).endswith(".npz"):
        return load_operator(Path(what), None if head is None else taking.head_from(head))
    chosen = [taking.coil_from(name) for name in taking.listed(coils)]
    build = plan_operator(taking.head_from(what), coils=chosen or None)
    return build_operator(build)


def aim(
    target: TargetLike = "dlpfc_l",
    *,
    head: HeadLike = "colin27",
    coil: CoilLike = DEFAULT_COIL,
    operator: str | Path | None = None,
    objective: str = "mean",
    avoid: str | tuple[str, ...] = (),
    space: str = "subject",
    handle_rad: float | None = None,
    radius_m: float = RADIUS_M,
    distance_m: float = DISTANCE_M,
    progress: Progress = silent,
    **further: Any,  # noqa: ANN401
) -> AimResult:
    """Find the pose that serves a target best.

    Parameters
    ----------
    target : str or (3,) array in metres
        Name, electrode, ``x,y,z`` in millimetres as text, or a point in metres.
    head, coil : name, file or noun
        Which.
    operator : str or Path, optional
        Its file; needed for ``focality`` and ``avoid``.
    objective : str, optional
        ``mean``, ``component``, ``percentile``, ``focality`` or ``avoid``.
    avoid : str or tuple of str, optional
        Regions to spare, as on the command line.
    space : {"subject", "mni"}, optional
        Of coordinates.
    handle_rad : float [rad], optional
        Keeps the handle's angle instead of searching it.
    radius_m, distance_m : float [m], optional
        How far to search, and the distance from the scalp.
    progress : callable, optional
        Told what is being done.
    **further
        Other choices of `cortistim.study.AimRequest`.

    Returns
    -------
    AimResult
        ``pose``, ``alternatives``; ``plot()``, ``save(folder)``.

    Raises
    ------
    BadInputError
        When something does not exist or cannot be.
    """
    request = AimRequest(
        head=head_request(head),
        coil=coil_request(coil),
        target=taking.target_text(target),
        space=space,
        settings=AimSettings(distance_m=distance_m, handle_rad=handle_rad, radius_m=radius_m),
        objective=objective,
        avoid=taking.listed(avoid),
        operator=None if operator is None else Path(operator),
        **further,
    )
    return run_aim(request, progress=progress)


def plan(
    target: TargetLike = "dlpfc_l",
    *,
    head: HeadLike = "colin27",
    coil: CoilLike = DEFAULT_COIL,
    protocol: str | Path = "",
    rmt_percent: float | None = None,
    amt_percent: float | None = None,
    stimulator: str | None = None,
    handle_rad: float | None = None,
    radius_m: float = RADIUS_M,
    distance_m: float = DISTANCE_M,
    operator: str | Path | None = None,
    progress: Progress = silent,
    **further: Any,  # noqa: ANN401
) -> Plan:
    """Plan a stimulation: pose, field, dose, safety, neurons.

    Parameters
    ----------
    target : str or (3,) array in metres
        As in `aim`.
    head, coil : name, file or noun
        Which.
    protocol : str or Path, optional
        A name of ``cortistim protocol list``, or a file; by default chosen by the target.
    rmt_percent, amt_percent : float [%], optional
        Resting and active motor threshold in percent of the maximal output.
    stimulator : str, optional
        A name of ``cortistim pulse list``; else the one that the coil belongs to.
    handle_rad : float [rad], optional
        Keeps the handle's angle instead of searching it.
    radius_m, distance_m : float [m], optional
        How far to search, and the distance from the scalp.
    operator : str or Path, optional
        Its file; the pose is then searched with it.
    progress : callable, optional
        Told what is being done.
    **further
        Other choices of `cortistim.study.PlanRequest`.

    Returns
    -------
    Plan
        ``dose``, ``field``, ``verdict``; ``plot()``, ``save(folder)`` as ``cortistim plan``.

    Raises
    ------
    BadInputError
        When something does not exist or cannot be.
    """
    request = PlanRequest(
        head=head_request(head),
        coil=coil_request(coil),
        stimulator=stimulator,
        target=taking.target_text(target),
        protocol=str(protocol),
        settings=AimSettings(distance_m=distance_m, handle_rad=handle_rad, radius_m=radius_m),
        rmt_percent=rmt_percent,
        amt_percent=amt_percent,
        operator=None if operator is None else Path(operator),
        **further,
    )
    return make_plan(request, progress=progress)


def uncertainty(
    pose: PoseLike,
    *,
    target: TargetLike | None = None,
    points_m: FloatArray | None = None,
    head: HeadLike = "colin27",
    coil: CoilLike = DEFAULT_COIL,
    progress: Progress = silent,
) -> UncertaintyResult:
    """Say how uncertain |E| is, from conductivities and navigation.

    Parameters
    ----------
    pose : Pose, (4, 4) array in metres, str or Path
        Of the coil.
    target : str or (3,) array in metres, optional
        Mean |E| there is judged.
    points_m : (n, 3) array [m], optional
        Or |E| at each of these points.
    head, coil : name, file or noun
        Which.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    UncertaintyResult
        ``found`` holds mean, spread, percentiles and shares of the variance.

    Raises
    ------
    BadInputError
        When neither target nor points are given, or something does not exist.
    """
    request = UncertaintyRequest(
        head=head_request(head),
        coil=coil_request(coil),
        pose=taking.pose_from(pose),
        target=None if target is None else taking.target_text(target),
        points_m=None if points_m is None else np.asarray(taking.points_from(points_m)),
    )
    return run_uncertainty(request, progress=progress)
