"""A design from request to files: predictions, search, table, figure, protocol file."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from cortistim.cache import digest, whole_folder
from cortistim.plasticity import SMALL_PERCENT, predict
from cortistim.plasticity.ensemble import model_hash, shipped
from cortistim.protocol import Protocol, Written, write_protocol
from cortistim.records.protocol import SearchRecord
from cortistim.safety import check_protocol
from cortistim.study.folder import write_json
from cortistim.study.protocol.check import record_check, verdict_record
from cortistim.study.protocol.search import (
    DesignRequest,
    Forecast,
    design,
    forecasts,
    recipe_called,
)
from cortistim.typing import FloatArray, Progress, silent
from cortistim.viz.figures.protocol_choice import protocol_choice
from cortistim.viz.render.canvas import write_png


def forecast(protocol: Protocol, minutes: FloatArray) -> Forecast:
    """Predict one protocol with the default model's ensemble.

    Parameters
    ----------
    protocol : Protocol
        One session.
    minutes : (n_time,) array
        After the last pulse.

    Returns
    -------
    Forecast
        At these times.
    """
    prediction = predict(protocol, minutes, models=False)
    percent = prediction.percent
    return Forecast(
        percent.mean(axis=0),
        percent.std(axis=0),
        np.median(percent, axis=0),
        (percent > 0).mean(axis=0),
        (percent < 0).mean(axis=0),
        (np.abs(percent) > SMALL_PERCENT).mean(axis=0),
        outside=bool(prediction.outside),
    )


def run_design(request: DesignRequest, *, progress: Progress = silent) -> SearchRecord:
    """Search, predict the proposal once more by itself, check it and record the check.

    Parameters
    ----------
    request : DesignRequest
        What is wanted.
    progress : callable, optional
        Told how far it is.

    Returns
    -------
    SearchRecord
        Proposal with its prediction and safety verdict, alternatives, trade-off.
    """
    fitted = digest(model_hash(), shipped().theta)
    found = design(request, forecasts(forecast, fitted, progress=progress))
    if found.proposal is None:
        return found
    protocol = recipe_called(found.proposal.name).protocol()
    safety = verdict_record(check_protocol(protocol, request.table))
    predicted = predict(protocol, [request.minutes], seed=request.seed, models=False)
    record_check({"design": request.goal, "protocol": protocol.name}, safety)
    proposal = replace(found.proposal, safety=safety, prediction=predicted.summary()[0])
    return replace(found, proposal=proposal)


def write_design(found: SearchRecord, folder: Path) -> SearchRecord:
    """Write the files of a search.

    Parameters
    ----------
    found : SearchRecord
        From `run_design`.
    folder : Path
        Gets ``design.json``, ``trade_off.png`` and, with a proposal, ``protocol.yaml``.

    Returns
    -------
    SearchRecord
        As written, with what a reader must know of the files.
    """
    with whole_folder(folder) as place:
        missing = write_png(place / "trade_off.png", partial(protocol_choice, found))
        found = replace(found, warnings=(missing,) if missing else ())
        write_json(place / "design.json", found)
        if found.proposal is not None:
            recipe = recipe_called(found.proposal.name)
            write_protocol(place / "protocol.yaml", Written(recipe))
    return found
