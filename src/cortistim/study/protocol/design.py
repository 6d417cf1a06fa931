"""A design from request to files: predictions, search, table, figure, protocol file."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cortistim import __version__
from cortistim.cache import digest, whole_folder
from cortistim.plasticity import predict
from cortistim.plasticity.ensemble import model_hash, shipped
from cortistim.protocol import Protocol, Written, write_protocol
from cortistim.safety import check_protocol
from cortistim.study.folder import write_json
from cortistim.study.protocol.check import record_check, verdict_record
from cortistim.study.protocol.search import (
    SMALL_PERCENT,
    DesignRequest,
    Forecast,
    design,
    forecasts,
    recipe_called,
)
from cortistim.typing import FloatArray, Progress, silent
from cortistim.viz.figures.protocol_choice import protocol_choice
from cortistim.viz.render.canvas import write_png

NOTICE = (
    "Research software, not a medical device. The models were calibrated on motor responses of "
    "the hand in healthy groups; single people differ, and half respond otherwise."
)


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


def run_design(
    request: DesignRequest, out: Path | None = None, *, progress: Progress = silent
) -> dict[str, Any]:
    """Search, predict the proposal once more by itself, check it, and write the files.

    Parameters
    ----------
    request : DesignRequest
        What is wanted.
    out : Path, optional
        Folder for ``design.json``, ``trade_off.png`` and ``protocol.yaml``.
    progress : callable, optional
        Told how far it is.

    Returns
    -------
    dict
        Proposal with its prediction and safety verdict, alternatives, trade-off.
    """
    fitted = digest(model_hash(), shipped()["theta"])
    table = forecasts(forecast, fitted, progress=progress)
    record: dict[str, Any] = design(request, table)
    record |= {"version": __version__, "notice": NOTICE}
    proposal = record["proposal"]
    if proposal:
        recipe = recipe_called(proposal["name"])
        protocol = recipe.protocol()
        verdict = check_protocol(protocol, request.table)
        proposal["safety"] = verdict_record(verdict)
        predicted = predict(protocol, [request.minutes], seed=request.seed, models=False)
        proposal["prediction"] = predicted.summary()[0]
        record_check({"design": request.goal, "protocol": recipe.name}, proposal["safety"])
    if out is not None:
        with whole_folder(out) as place:
            missing = write_png(place / "trade_off.png", partial(protocol_choice, record))
            record["warnings"] = [missing] if missing else []
            write_json(place / "design.json", record)
            if proposal:
                recipe = recipe_called(proposal["name"])
                write_protocol(place / "protocol.yaml", Written(recipe))
    return record
