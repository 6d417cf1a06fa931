"""A hunt that was recorded, looked at again pulse by pulse."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.mapping.hotspot import METHODS, HotspotHunt
from cortistim.records.form import numbers
from cortistim.records.hotspot import (
    HotspotRecord,
    HotspotReplayRecord,
    HotspotStep,
    HotspotTrial,
)
from cortistim.study.mapping.ground import HuntGround
from cortistim.study.mapping.hotspot import (
    HOTSPOT,
    HotspotRequest,
    ground_of,
    settings_of,
)
from cortistim.study.mapping.hotspot_run import hotspot_record, matrix_m, put_trial
from cortistim.study.mapping.trial_log import read_trial_log
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import mm_from_m

MODELS = ("physics", "gp-thompson")
"""One method of each model: what a model says does not depend on who chose the poses."""


def replay_hotspot(
    file: Path, request: HotspotRequest, *, progress: Progress = silent
) -> HotspotReplayRecord:
    """Follow a recorded hunt.

    Parameters
    ----------
    file : Path
        Log of `cortistim.study.mapping.hotspot.start_hotspot`.
    request : HotspotRequest
        Head, operator and coil of the record.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    HotspotReplayRecord
        By the record's method, pulse by pulse; and what other models make of the pulses.

    Raises
    ------
    BadInputError
        When the file holds no pulse, or head, operator or coil are others.
    """
    found = read_trial_log(file, HOTSPOT)
    if found.header is None or not found.trials:
        msg = f"{file}: there must be pulses to replay; it holds none."
        raise BadInputError(msg)
    ground = ground_of(request, found.header, progress)
    hunt = HotspotHunt(ground.space, settings_of(found.header))
    steps = []
    for k, trial in enumerate(found.trials):
        progress("replaying", k / len(found.trials))
        put_trial(ground, hunt, trial)
        steps.append(step_of(ground, hunt, trial))
    return HotspotReplayRecord(
        hotspot=hotspot_record(ground, hunt),
        others=_others(ground, found.header.method, hunt, found.trials),
        steps=steps,
    )


def _others(
    ground: HuntGround, method: str, hunt: HotspotHunt, trials: tuple[HotspotTrial, ...]
) -> list[HotspotRecord]:
    told = []
    for name in MODELS:
        kind = METHODS[name]
        if name == method or (kind.physics and ground.views is None):
            continue
        other = HotspotHunt(ground.space, replace(hunt.settings, method=name))
        for trial in trials:
            put_trial(ground, other, trial)
        told.append(hotspot_record(ground, other))
    return told


def step_of(ground: HuntGround, hunt: HotspotHunt, trial: HotspotTrial) -> HotspotStep:
    """Sum up what is known after a pulse.

    Parameters
    ----------
    ground : HuntGround
        Candidates.
    hunt : HotspotHunt
        Has taken the pulse.
    trial : HotspotTrial
        The pulse.

    Returns
    -------
    HotspotStep
        For records and figures.
    """
    held = trial.proposed if trial.matsimnibs is None else trial.matsimnibs
    at = ground.grid.coordinates(matrix_m(held)[None])[0]
    best = hunt.result()
    return HotspotStep(
        pulse=trial.pulse,
        along_mm=_mm(at),
        turn_deg=_deg(at[2]),
        mep_uv=trial.mep_uv,
        best_mm=_mm(best.best),
        best_deg=_deg(best.best[2]),
        radius_mm=round(mm_from_m(best.radius_m), 1),
        region_deg=_deg(best.turn_rad),
    )


def _mm(coordinates: FloatArray) -> tuple[float, ...]:
    return numbers(mm_from_m(coordinates[:2]), 1)


def _deg(angle_rad: float) -> float:
    return round(float(np.degrees(angle_rad)), 1) + 0.0
