"""Protocols by name, as published."""

import difflib
from collections.abc import Mapping
from dataclasses import replace

from cortistim.errors import BadInputError
from cortistim.protocol.protocol import Protocol, theta_burst, trains
from cortistim.sources import ASSUMED

DEFAULT_PROTOCOL = "itbs_depression"

_TABLE: Mapping[str, tuple[Protocol, tuple[str, ...], str]] = {
    row[0].name: row
    for row in (
        (
            theta_burst(
                "itbs_depression", 10, n_trains=20, rest_s=8.0,
                intensity_fraction=1.2, threshold="rMT",
            ),
            ("blumberger2018",),
            "high",
        ),
        (
            trains(
                "rtms10hz_depression", 10.0, 40, n_trains=75, rest_s=26.0,
                intensity_fraction=1.2, threshold="rMT",
            ),
            ("oreardon2007",),
            "high",
        ),
        (
            trains("rtms1hz", 1.0, 1800, intensity_fraction=1.2, threshold="rMT"),
            ("lefaucheur2020",),
            "medium",
        ),
        (
            theta_burst("itbs600", 10, n_trains=20, rest_s=8.0),
            ("huang2005",),
            "high",
        ),
        (
            theta_burst("ctbs600", 200),
            ("huang2005",),
            "high",
        ),
        (
            trains("single_pulse", 1.0, 1, intensity_fraction=1.2, threshold="rMT"),
            (ASSUMED,),
            "high",
        ),
    )
}  # fmt: skip


def protocol_names() -> tuple[str, ...]:
    """Return the names that `named_protocol` knows, the default first."""
    return tuple(_TABLE)


def named_protocol(name: str = DEFAULT_PROTOCOL) -> Protocol:
    """Return a protocol of the table.

    Parameters
    ----------
    name : str
        One of `protocol_names`.

    Returns
    -------
    Protocol
        Every pulse of one session, with its source.

    Raises
    ------
    BadInputError
        When no protocol has this name.
    """
    key = name.lower().replace("-", "_").replace(" ", "_")
    if key not in _TABLE:
        near = difflib.get_close_matches(key, _TABLE, n=2, cutoff=0.4)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        msg = f"no protocol is named {name!r}. {hint}Known: {', '.join(protocol_names())}."
        raise BadInputError(msg)
    protocol, sources, confidence = _TABLE[key]
    return replace(protocol, sources=sources, confidence=confidence)
