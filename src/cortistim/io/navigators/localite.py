"""Localite TMS Navigator's XML: instrument markers and trigger markers.

``coordinateSpace`` is RAS or LPS, the world of the loaded MR either way. Seen on the side
that faces the head, handle down, Localite's x points out of the coil into the head, y down
along the handle, z to the right; `SWAP`, its own inverse, exchanges these for ours. A pulse
at which the coil was not seen has the identity, or zeros, for a matrix.
"""

from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np

from cortistim.errors import FileFormatError
from cortistim.io.navigators.frames import LPS, DeclaredFrame
from cortistim.io.navigators.record import (
    UNTRACKED,
    Collector,
    Kind,
    NavigatedPose,
    PoseFile,
    is_untracked,
)
from cortistim.io.navigators.source import number, volts, xml_in
from cortistim.typing import FloatArray
from cortistim.units import (
    a_per_s_from_a_per_us,
    a_per_us_from_a_per_s,
    matrix_mm_from_m,
    ms_from_s,
    s_from_ms,
    uv_from_v,
)

SWAP = np.array([[0, 0, 1, 0], [0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1.0]])
SPACES = {"RAS": np.eye(4), "LPS": LPS}
INSTRUMENTS, TRIGGERS = "InstrumentMarkerList", "TriggerMarkerList"
TRIGGER_DATA = "LocTMSTriggerData"
ROOTS = (INSTRUMENTS, TRIGGERS, TRIGGER_DATA)
RESPONSES = (("response", "uV"), ("valueA", "A/us"), ("amplitudeA", "%"))


def read(path: Path | str, data: bytes) -> PoseFile:
    """Read markers.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    data : bytes
        The file's content.

    Returns
    -------
    PoseFile
        In RAS. Trigger markers carry time, %MSO, dI/dt and response.

    Raises
    ------
    FileFormatError
        When it is not one of Localite's lists or names no known space.
    """
    root = xml_in(path, data)
    if root.tag == TRIGGER_DATA:
        listed = [e.text or "" for e in root.iter("fileReferencePath")]
        note = f"a table of contents without poses; they are in {', '.join(listed[:4])}"
        return Collector().file("localite", "", DeclaredFrame("none"), (note,))
    space = root.get("coordinateSpace", "")
    if root.tag not in ROOTS or space not in SPACES:
        msg = (
            f"{path}: a Localite file must be an {INSTRUMENTS} or {TRIGGERS} in the space RAS "
            f"or LPS; got {root.tag[:40]} in {space[:20]!r}."
        )
        raise FileFormatError(msg)
    gathered = Collector()
    for marker in root.iter("InstrumentMarker"):
        _take_instrument(gathered, marker, SPACES[space])
    for count, marker in enumerate(root.iter("TriggerMarker"), start=1):
        _take_trigger(gathered, marker, count, SPACES[space])
    return gathered.file("localite", "", DeclaredFrame(space))


def _take_instrument(gathered: Collector, entry: Element, flip: FloatArray) -> None:
    marker = entry.find("Marker")
    if marker is None or marker.get("set", "true").lower() == "false":
        gathered.drop(UNTRACKED)
        return
    kind: Kind = "sample" if marker.get("additionalInformation") == "sample" else "target"
    _take(gathered, marker.get("description", ""), kind, marker, flip)


def _take_trigger(gathered: Collector, entry: Element, count: int, flip: FloatArray) -> None:
    values = {v.get("key"): number(v.get("response")) for v in entry.iter("Value")}
    didt = values.get("valueA", np.nan)
    _take(
        gathered,
        entry.get("description") or f"Trigger {count}",
        "sample",
        entry,
        flip,
        time_s=s_from_ms(number(entry.get("recordingTime"))),
        percent_mso=values.get("amplitudeA", np.nan),
        didt_a_per_s=a_per_s_from_a_per_us(didt) if didt else np.nan,  # 0 stands for unknown
        mep_v=volts([values.get("response")]),
    )


def _take(
    gathered: Collector,
    name: str,
    kind: Kind,
    marker: Element,
    flip: FloatArray,
    **told: float | tuple[float, ...],
) -> None:
    stored = marker.find("Matrix4D")
    attributes = {} if stored is None else stored.attrib
    cells = [number(attributes.get(f"data{n // 4}{n % 4}")) for n in range(16)]
    matrix = np.reshape(cells, (4, 4))
    if is_untracked(matrix):
        gathered.drop(UNTRACKED)
        return
    gathered.take(name, kind, flip @ matrix, SWAP, **told)


def write(poses: tuple[NavigatedPose, ...], space: str = "RAS") -> bytes:
    """Write instrument markers, or trigger markers when all poses are samples.

    Parameters
    ----------
    poses : tuple of NavigatedPose
        In subject space.
    space : {"RAS", "LPS"}
        As the navigator's images: RAS for NIfTI, LPS for DICOM.

    Returns
    -------
    bytes
        The file's content. An instrument marker's ``additionalInformation`` says
        ``sample`` where the pose was recorded.
    """
    triggers = bool(poses) and all(p.kind == "sample" for p in poses)
    root = Element(TRIGGERS if triggers else INSTRUMENTS, coordinateSpace=space)
    if triggers:
        root.attrib |= {"isOnlineReading": "false", "startTime": "00:00:00.000"}
        _describe_responses(SubElement(root, "ResponseParameters", selectedResponseChannel="0"))
    for index, pose in enumerate(poses):
        marker = _trigger(root, pose) if triggers else _instrument(root, pose, index)
        ours = matrix_mm_from_m(pose.pose.matrix_m)
        matrix = SPACES[space] @ ours @ SWAP
        cells = np.ndenumerate(matrix)
        stored = {f"data{row}{column}": repr(float(x) + 0.0) for (row, column), x in cells}
        SubElement(marker, "Matrix4D", stored)
    indent(root, "    ")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, "utf-8") + b"\n"


def _instrument(root: Element, pose: NavigatedPose, index: int) -> Element:
    entry = SubElement(
        root, "InstrumentMarker", alwaysVisible="false", index=str(index), selected="false"
    )
    return SubElement(
        entry,
        "Marker",
        additionalInformation="sample" if pose.kind == "sample" else "",
        color="#0000ff",
        description=_plain(pose.name),
        set="true",
    )


def _trigger(root: Element, pose: NavigatedPose) -> Element:
    time_ms = repr(round(ms_from_s(pose.time_s), 6)) if np.isfinite(pose.time_s) else "NaN"
    entry = SubElement(
        root,
        "TriggerMarker",
        color="#ffafaf",
        description=_plain(pose.name),
        recordingTime=time_ms.removesuffix(".0"),
        selected="false",
        set="true",
        visibility="true",
    )
    mep_uv = uv_from_v(pose.mep_v[0]) if pose.mep_v else np.nan
    told = (mep_uv, a_per_us_from_a_per_s(pose.didt_a_per_s), pose.percent_mso)
    values = SubElement(entry, "ResponseValues")
    for (key, _), value in zip(RESPONSES, told, strict=True):
        text = f"{value:.10g}" if np.isfinite(value) else "NaN"
        SubElement(values, "Value", key=key, response=text)
    return entry


def _describe_responses(parent: Element) -> None:
    names = ("Response", "Value A (di/dt)", "Amplitude A")
    for (key, unit), name in zip(RESPONSES, names, strict=True):
        SubElement(parent, "responseDescription", id=key, name=name, unit=unit)


def _plain(text: str) -> str:
    """Return a name without the characters that XML cannot hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
