"""How every command ends: what it wrote, and what people do next.

Said on standard error, so that standard output stays what it is; not with ``--json`` or
``--quiet``.
"""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from cortistim.cli.places import outputs_of

NEXT: Mapping[str, str] = {
    "plan": "open {out}/report.html; 'cortistim safety screen' asks the person's questions",
    "aim": "'cortistim field --pose {out}/pose.json' gives the field, 'cortistim pose "
    "convert' the navigator's file",
    "field": "'cortistim uncertainty' says how sure the field is",
    "operator build": "'cortistim operator evaluate {out}' or 'cortistim aim --operator {out}'",
    "operator evaluate": "numpy.load reads the fields; 'cortistim operator extend' adds poses "
    "that are missed",
    "operator extend": "'cortistim operator evaluate {out}' with the poses that were missed",
    "uncertainty": "the shares of the variance say which conductivity to learn more about",
    "head build": "look at {out}/quality.html, then 'cortistim plan --head {out}'",
    "head mesh": "look at {out}/quality.html, then 'cortistim plan --head {out}'",
    "head surfaces": "any viewer of GIFTI files opens the surfaces; 'cortistim plan "
    "--surfaces' takes those of others",
    "head beam-f3": "'cortistim plan --target beam_f3' plans for the cortex below",
    "head list": "'cortistim head info NAME' says what a head holds",
    "head info": "'cortistim head show NAME' draws it, 'cortistim plan --head NAME' plans on "
    "it",
    "head electrodes": "'cortistim plan --target C3' plans for the cortex under one",
    "head show": "open {out} in a browser",
    "head targets": "'cortistim plan --target NAME' plans for one",
    "head export": "'cortistim plan --head {out}' reads it, and so does SimNIBS",
    "coil list": "'cortistim coil show NAME' says what a coil is made of",
    "coil show": "'cortistim coil compare NAME ...' compares depth and spread",
    "coil convert": "'cortistim coil show' on the new file checks it",
    "coil design": "'cortistim coil compare {out} magstim_d70' compares it, 'cortistim plan "
    "--coil {out}' plans with it",
    "coil compare": "'cortistim plan --coil NAME' plans with one",
    "coil deng": "'cortistim coil compare NAME ...' places other coils among these",
    "pose show": "'cortistim pose convert' writes them for another navigator",
    "pose convert": "'cortistim pose show' on the new file checks it before the session",
    "pulse list": "'cortistim pulse show' draws a waveform, 'cortistim pulse device' says "
    "what a device can",
    "pulse show": "'cortistim neuron threshold --pulse FILE' takes a waveform",
    "pulse protocols": "'cortistim protocol show NAME' says all of one",
    "pulse device": "'cortistim protocol check NAME --stimulator DEVICE' checks a protocol on "
    "it",
    "pulse dose": "'cortistim plan --rmt' states the output of a whole plan",
    "neuron threshold": "'cortistim neuron recruit' applies thresholds to a field",
    "neuron recruit": "open the figure in {out}; 'cortistim neuron io-curve' goes on to the "
    "muscle",
    "neuron io-curve": "'cortistim curve fit' fits such trials",
    "neuron cells": "'cortistim neuron threshold --cell NAME' finds its thresholds",
    "protocol list": "'cortistim protocol show NAME' says all of one, 'cortistim protocol "
    "check NAME' rates it",
    "protocol show": "'cortistim protocol draw NAME' draws its pulses, 'cortistim protocol "
    "check NAME' rates it",
    "protocol draw": "'cortistim protocol check NAME' rates it",
    "protocol check": "'cortistim safety screen' asks the person's questions",
    "protocol design": "'cortistim protocol check' rates the protocol in {out}",
    "plasticity predict": "'cortistim plasticity evidence' tells what is known apart from "
    "models",
    "plasticity evidence": "'cortistim plasticity predict NAME' asks the models",
    "safety screen": "'cortistim protocol check NAME' rates the protocol",
    "safety tables": "'cortistim protocol check NAME --table TABLE' applies one",
    "threshold methods": "'cortistim threshold simulate' compares them",
    "threshold run": "'cortistim plan --rmt PERCENT' states the output",
    "threshold simulate": "'cortistim threshold run --method NAME' uses one",
    "threshold replay": "'cortistim plan --rmt PERCENT' states the output",
    "curve fit": "'cortistim curve plot {out}' draws them",
    "curve plot": "'cortistim curve design' says how many pulses another study needs",
    "curve design": "'cortistim rehearse curve' tries it on a virtual person",
    "locate": "'cortistim aim' finds the pose for the site; any viewer of GIFTI files shows "
    "the posterior",
    "lesion design": "'cortistim protocol check NAME' rates the protocol; keep the trials' "
    "order",
    "lesion simulate": "'cortistim lesion design' lays such a study out",
    "lesion analyse": "read the sites that changed nothing first",
    "map measure": "'cortistim curve fit' fits how responses grow with the output",
    "target connectivity": "'cortistim plan --target' takes the point that was found",
    "rehearse hotspot": "another --seed is another person",
    "plan compare": "the difference map says where the two differ",
    "cohort group": "read the table beside its map, and how many people are in it",
    "network reach": "'cortistim plan' plans for a target that reaches far",
    "eeg clean": "'cortistim eeg tep' averages what is left",
    "eeg tep": "look at the average beside its noise",
    "eeg leadfield": "MNE-Python reads the forward solution",
    "hotspot run": "'cortistim threshold run' measures the threshold at the hot spot",
    "hotspot simulate": "'cortistim hotspot run --method NAME' uses one",
    "hotspot methods": "'cortistim hotspot simulate' compares them",
    "hotspot replay": "'cortistim threshold run' measures the threshold at the hot spot",
    "pose turn": "'cortistim field --pose {out}' gives the field there",
    "pose shift": "'cortistim field --pose {out}' gives the field there",
    "cohort run": "look at the tables in {out}, and at whoever was left out",
    "coil field": "'cortistim coil compare NAME ...' compares depth and spread",
    "curve paired": "'cortistim neuron io-curve --paired' shows what models expect",
    "rehearse threshold": "another --seed is another person",
    "rehearse curve": "another --seed is another person",
    "live": "'cortistim study replay' evaluates a recorded session",
    "study replay": "'cortistim curve fit {out}/pulses.csv' fits responses against the field",
    "emg show": "'cortistim emg measure' measures the responses",
    "emg measure": "open the review page in {out}, then 'cortistim curve fit'",
    "emg review": "'cortistim curve fit' takes the decided table",
    "record import": "'cortistim record validate {out}', then 'cortistim record export'",
    "record export": "'cortistim record validate' checks the folder",
    "record validate": "'cortistim record report' writes the methods",
    "record show": "'cortistim record export' writes BIDS",
    "record report": "read it: no text of a study should go unread",
    "cache info": "'cortistim cache clear' deletes it; it is built again when needed",
    "cache clear": "the next run builds what it needs again",
    "doctor": "'cortistim plan' makes a first plan",
    "completion": "put that line into your shell's start-up file",
}
"""By command; {out} stands for what was written."""
QUIET = "Show no progress and nothing of what to do next."


def ending(command: click.Command, path: str) -> click.Command:
    """Make a command, and those below it, end with what was written and what comes next.

    Parameters
    ----------
    command : click.Command
        Any; changed. One without ``--quiet`` gets it.
    path : str
        What is typed, such as ``coil list``.

    Returns
    -------
    click.Command
        The same.
    """
    for name, inner in getattr(command, "commands", {}).items():
        ending(inner, f"{path} {name}")
    if command.callback is None:
        return command
    if isinstance(command, click.Group) and not command.invoke_without_command:
        return command
    own = any(parameter.name == "quiet" for parameter in command.params)
    if not own:
        command.params.append(click.Option(["--quiet"], is_flag=True, help=QUIET))
    work = command.callback

    @functools.wraps(work)
    def ended(**asked: Any) -> Any:  # noqa: ANN401
        quiet = asked["quiet"] if own else asked.pop("quiet")
        done = work(**asked)
        quiet = quiet or click.get_current_context().invoked_subcommand is not None
        if not quiet and not asked.get("as_json"):
            for line in lines(command, path, asked):
                click.echo(line, err=True)
        return done

    command.callback = ended
    return command


def lines(command: click.Command, path: str, asked: Mapping[str, Any]) -> Iterator[str]:
    """Give the last lines of a command.

    Parameters
    ----------
    command : click.Command
        That was run.
    path : str
        As it is typed.
    asked : mapping of str to anything
        Its parameters.

    Yields
    ------
    str
        What was written, a line each, and what comes next.
    """
    written = [asked[part.name] for part in outputs_of(command) if asked.get(part.name or "")]
    places = [Path(place) for place in written]
    for place in places:
        if place.is_dir():
            count = sum(1 for part in place.rglob("*") if part.is_file())
            yield f"wrote    {place}: {count} files"
        elif place.is_file():
            yield f"wrote    {place}"
    if path in NEXT:
        out = places[0] if places else "OUT"
        yield f"next     {NEXT[path].replace('{out}', str(out))}"
