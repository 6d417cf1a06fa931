"""Pulses, protocols, what they may do and what they excite."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cortistim.api import taking
from cortistim.coil import DEFAULT_COIL
from cortistim.plasticity import DEFAULT_MINUTES, Prediction
from cortistim.protocol import Course, Protocol, find_protocol
from cortistim.pulse import DEFAULT_STIMULATOR, Pulse, named_stimulator
from cortistim.records.protocol import CheckRecord
from cortistim.safety import DEFAULT_TABLE
from cortistim.study.neuron.recruitment import RecruitedCortex, RecruitRequest, run_recruit
from cortistim.study.protocol.check import CheckRequest, run_check
from cortistim.study.protocol.plasticity import PredictRequest
from cortistim.typing import Progress, silent


def pulse(
    stimulator: str = DEFAULT_STIMULATOR,
    coil: Any = DEFAULT_COIL,  # noqa: ANN401
    *,
    mso_percent: float = 100.0,
) -> Pulse:
    """Return the pulse of a stimulator with a coil.

    Parameters
    ----------
    stimulator : str
        A name of ``cortistim pulse list``.
    coil : str, Path or Coil
        Name, file or coil.
    mso_percent : float [%], optional
        Of the maximal output.

    Returns
    -------
    Pulse
        dI/dt over time; ``plot()`` draws it.

    Raises
    ------
    BadInputError
        When nothing of that name exists, or the pair was not measured.

    Examples
    --------
    >>> import cortistim as ct
    >>> round(ct.pulse(mso_percent=50).peak_a_per_s / 1e6)
    57
    """
    of = taking.coil_from(coil)
    return named_stimulator(stimulator).pulse(of.name, mso_percent, of.inductance_h)


def protocol(what: str | Path | Protocol | Course) -> Protocol | Course:
    """Return a protocol by name or from a file.

    Parameters
    ----------
    what : str, Path, Protocol or Course
        A name of ``cortistim protocol list`` or of the laboratory, such as ``iTBS600``.

    Returns
    -------
    Protocol or Course
        A course where a file or the library states one; ``plot()`` draws its pulses.

    Raises
    ------
    BadInputError
        When there is none of that name, or a number of it is unknown.

    Examples
    --------
    >>> import cortistim as ct
    >>> ct.protocol("iTBS600").n_pulses
    600
    """
    if isinstance(what, Protocol | Course):
        return what
    written = find_protocol(str(what))
    return written.course() if written.phases else written.recipe.protocol()


def check(
    protocol: str | Path,
    *,
    table: str = DEFAULT_TABLE,
    stimulator: str | None = None,
    rmt_percent: float | None = None,
    amt_percent: float | None = None,
) -> CheckRecord:
    """Check a protocol against a safety table and a device; the check is put on record.

    Parameters
    ----------
    protocol : str or Path
        A name or a file.
    table : str, optional
        ``rossi2009``, ``chen1997``, ``wassermann1998`` or ``rossi2021``.
    stimulator : str, optional
        A device that is to deliver it.
    rmt_percent, amt_percent : float [%], optional
        Motor thresholds in percent of the maximal output.

    Returns
    -------
    CheckRecord
        Verdict, reasons, cautions, and what the device can.

    Raises
    ------
    BadInputError
        When protocol, table or device do not exist.
    """
    return run_check(
        CheckRequest(
            protocol=str(protocol),
            table=table,
            stimulator=stimulator,
            rmt_percent=rmt_percent,
            amt_percent=amt_percent,
        )
    )


def predict(
    protocol: str | Path,
    *,
    minutes: Iterable[float] = DEFAULT_MINUTES,
    intensity: str = "",
    block: str = "",
    genotype: str = "",
    models: bool = True,
) -> Prediction:
    """Predict the change of excitability after a protocol.

    Parameters
    ----------
    protocol : str or Path
        A name or a file.
    minutes : iterable of float [min], optional
        After the last pulse.
    intensity : str, optional
        Such as ``90%aMT``, instead of the protocol's own.
    block, genotype : str, optional
        Experiments with the model.
    models : bool, optional
        Ask the published models, too.

    Returns
    -------
    Prediction
        Percent by time and person; ``summary()``, ``plot()``.

    Raises
    ------
    BadInputError
        When there is no such protocol, or it cannot be simulated.

    Examples
    --------
    >>> import cortistim as ct
    >>> ct.predict("iTBS600", minutes=[15], models=False).summary()[0].minutes
    15
    """
    request = PredictRequest(
        protocol=str(protocol),
        minutes=tuple(minutes),
        intensity=intensity,
        block=block,
        genotype=genotype,
    )
    return request.predict(models=models)


def recruit(
    target: Any = "m1_hand_l",  # noqa: ANN401
    *,
    head: Any = "colin27",  # noqa: ANN401
    coil: Any = DEFAULT_COIL,  # noqa: ANN401
    pose: Any = None,  # noqa: ANN401
    progress: Progress = silent,
    **further: Any,  # noqa: ANN401
) -> RecruitedCortex:
    """Say which neurons of the cortex a pulse recruits, layer by layer.

    Parameters
    ----------
    target : str or (3,) array in metres
        As in `aim`.
    head, coil : name, file or noun
        Which.
    pose : Pose, (4, 4) array in metres, str or Path, optional
        Else the coil stands over the target.
    progress : callable, optional
        Told what is being done.
    **further
        Other choices of `cortistim.study.neuron.recruitment.RecruitRequest`, such as
        ``mso_percent`` or ``rmt_percent``.

    Returns
    -------
    RecruitedCortex
        ``maps`` holds the share of cells by layer.

    Raises
    ------
    BadInputError
        When something does not exist or cannot be.
    """
    request = RecruitRequest(
        head=taking.head_from(head),
        coil=taking.coil_from(coil),
        target=taking.target_text(target),
        pose=None if pose is None else taking.pose_from(pose),
        **further,
    )
    return run_recruit(request, progress=progress)
