"""Localite TMS Navigator's network interface: JSON objects, one key each, without separator.

Values are asked for by ``{"get": KEY}`` and also arrive unasked. Only questions are written
here, never anything that would change the navigator or a stimulator. Coil axes are those of its
files: see `cortistim.io.navigators.localite`. The frame of positions and the units of responses
are not published: taken as mm of the loaded MR, and as microvolt.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.io.live.events import (
    LONGEST_NAME,
    Heard,
    PulseHeard,
    ResponseHeard,
    StateHeard,
    hidden,
    matrix_from_quaternion,
    seen,
)
from cortistim.io.live.objects import ObjectSplitter
from cortistim.io.navigators.localite import SWAP
from cortistim.io.navigators.source import number
from cortistim.units import a_per_s_from_a_per_us, v_from_uv

PORT = 6666
COILS = ("coil_0", "coil_1")
QUESTIONS = (
    "amplitude", "didt", "position", "position_control", "response", "status",
    "stimulator_connected", "stimulator_mode", "stimulator_model", "stimulator_status",
    "target_index", "temperature", "type", "waveform",
)  # fmt: skip
KEYS = (
    *(f"{coil}_{what}" for coil in COILS for what in QUESTIONS),
    "pointer_position", "pointer_position_control", "pointer_status", "pointer_target_index",
    "current_instrument", "navigation_mode", "patient_registration_status",
    "reference_status",
)  # fmt: skip
QUATERNION, PLACE = ("q0", "qx", "qy", "qz"), ("x", "y", "z")


class LocaliteDecoder:
    """Turns a stream into events; remembers what a pulse is reported without.

    A coil whose status is not ``OK`` stays invisible, whatever positions follow.
    """

    def __init__(self) -> None:
        self._objects = ObjectSplitter("Localite")
        self._blocked: set[str] = set()
        self._percent: dict[str, float] = {}

    def feed(self, data: bytes) -> Iterator[Heard]:
        """Take bytes and go through what they complete.

        Parameters
        ----------
        data : bytes
            As they came, cut anywhere.

        Yields
        ------
        event
            In order. A new ``coil_n_didt`` is a pulse.

        Raises
        ------
        FileFormatError
            When this is no stream of JSON objects.
        """
        for content in self._objects.feed(data):
            for key, value in content.items():
                yield self._event(key, value)

    def _event(self, key: str, value: object) -> Heard:
        coil = next((name for name in COILS if key.startswith(f"{name}_")), "")
        what = key[len(coil) + 1 :] if coil else ""
        if what == "position":
            return self._position(coil, value)
        if what == "status":
            (self._blocked.discard if value == "OK" else self._blocked.add)(coil)
            return StateHeard(key, said(value)) if value == "OK" else hidden(coil)
        if what == "didt":
            didt = a_per_s_from_a_per_us(number(value))
            return PulseHeard(coil, np.nan, didt, self._percent.get(coil, np.nan))
        if what == "response" and isinstance(value, dict):
            high, low = number(value.get("mepmax")), number(value.get("mepmin"))
            return ResponseHeard(coil, np.nan, v_from_uv(high - low))
        if what == "amplitude":
            self._percent[coil] = number(value)
        return StateHeard(key[:LONGEST_NAME], said(value))

    def _position(self, coil: str, value: object) -> Heard:
        if coil in self._blocked or not isinstance(value, dict):
            return hidden(coil)
        w, x, y, z = (number(value.get(name)) for name in QUATERNION)
        px, py, pz = (number(value.get(name)) for name in PLACE)
        if not all(map(math.isfinite, (w, x, y, z, px, py, pz))):
            return hidden(coil)
        matrix = matrix_from_quaternion(w, (x, y, z), (px, py, pz))
        return seen(coil, matrix, SWAP, frame="Localite")


def said(value: object) -> str:
    """Return a value of a message as bounded text."""
    if isinstance(value, dict) and "name" in value:
        value = value["name"]
    return value[:LONGEST_NAME] if isinstance(value, str) else quoted(value)


def question(key: str) -> bytes:
    """Write the question for a value.

    Parameters
    ----------
    key : str
        One of `KEYS`.

    Returns
    -------
    bytes
        A JSON object.

    Raises
    ------
    BadInputError
        When it is another key: only questions that are known to be answered are asked.
    """
    if key not in KEYS:
        msg = (
            f"a question to Localite must be one of {len(KEYS)} known keys; got {quoted(key)}."
        )
        raise BadInputError(msg)
    return json.dumps({"get": key}).encode("ascii")


def told(key: str, value: Any) -> bytes:  # noqa: ANN401
    """Write what the navigator would say; for stand-ins in tests and demonstrations."""
    return json.dumps({key: value}).encode("ascii")
