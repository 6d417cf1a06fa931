"""Thresholds, recruitment curves and rehearsals; and the installation."""

from pathlib import Path

from cortistim.errors import BadInputError, quoted
from cortistim.mapping.threshold import HuntSettings, ThresholdHunt
from cortistim.records.curve import CurvesRecord
from cortistim.records.doctor import DoctorRecord
from cortistim.records.rehearsal import RehearsalRecord
from cortistim.study.mapping.curve import CurveRequest, fit_curves
from cortistim.study.mapping.rehearsal import (
    RehearsalRequest,
    rehearse_curve,
    rehearse_threshold,
)
from cortistim.study.upkeep import run_doctor
from cortistim.typing import Progress, silent

DEFAULTS = HuntSettings()


def threshold(
    *,
    start_percent: float = DEFAULTS.start_percent,
    method: str = DEFAULTS.method,
    pulses: int | None = None,
    criterion_v: float = DEFAULTS.criterion_v,
) -> ThresholdHunt:
    """Look for a motor threshold, pulse by pulse.

    Parameters
    ----------
    start_percent : float [%], optional
        First intensity, in percent of the maximal output.
    method : str, optional
        As in ``cortistim threshold run``.
    pulses : int, optional
        Exactly so many; else as the method demands.
    criterion_v : float [V], optional
        A response of this size counts: 50 µV at rest.

    Returns
    -------
    ThresholdHunt
        ``propose()``, ``respond(hit=...)`` or ``respond(mep_v=...)``, ``result()``.

    Raises
    ------
    BadInputError
        When there is no such method or a number cannot be.

    Examples
    --------
    >>> import cortistim as ct
    >>> hunt = ct.threshold(start_percent=45)
    >>> for _ in range(15):
    ...     percent = hunt.propose()
    ...     hunt.respond(hit=percent > 52)
    >>> bool(48 < hunt.result().estimate_percent < 56)
    True
    """
    return ThresholdHunt(
        HuntSettings(
            method=method, start_percent=start_percent, pulses=pulses, criterion_v=criterion_v
        )
    )


def curves(
    table: str | Path,
    *,
    intensity: str = "percent_mso",
    response: str = "mep_uv",
    by: str | tuple[str, ...] = (),
    seed: int = 1,
) -> CurvesRecord:
    """Fit recruitment curves to a table with a row for each pulse.

    Parameters
    ----------
    table : str or Path
        CSV with a header.
    intensity, response : str, optional
        Columns.
    by : str or tuple of str, optional
        Columns whose values make a curve of their own.
    seed : int, optional
        Of the sampler.

    Returns
    -------
    CurvesRecord
        Threshold, midpoint, slope and plateau of each, with intervals; ``ct.plot`` draws it.

    Raises
    ------
    BadInputError
        When the table cannot be used.
    """
    columns = (by,) if isinstance(by, str) else tuple(by)
    request = CurveRequest(Path(table), intensity, response, by=columns, seed=seed)
    return fit_curves(request)


def rehearse(what: str = "threshold", *, seed: int = 1, method: str = "") -> RehearsalRecord:
    """Rehearse a session against a virtual subject.

    Parameters
    ----------
    what : {"threshold", "curve"}
        Which session.
    seed : int, optional
        Of the person.
    method : str, optional
        Of finding the threshold.

    Returns
    -------
    RehearsalRecord
        What was found beside what is true; ``ct.plot`` draws it.

    Raises
    ------
    BadInputError
        When there is no such session or method.

    Examples
    --------
    >>> import cortistim as ct
    >>> ct.rehearse(seed=3).seed
    3
    """
    runs = {"threshold": rehearse_threshold, "curve": rehearse_curve}
    if what not in runs:
        msg = f"the session must be one of {', '.join(runs)}; got {quoted(what)}."
        raise BadInputError(msg)
    request = RehearsalRequest(seed, method) if method else RehearsalRequest(seed)
    return runs[what](request)


def doctor(progress: Progress = silent) -> DoctorRecord:
    """Check the installation, as ``cortistim doctor``.

    Parameters
    ----------
    progress : callable, optional
        Told which check runs.

    Returns
    -------
    DoctorRecord
        ``ok``, checks with their known answers, and what is missing.
    """
    return run_doctor(progress)
