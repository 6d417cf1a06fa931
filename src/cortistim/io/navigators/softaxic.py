"""SofTaxic's .stmpx: XML with one stimulation point after another; read only.

``m00`` to ``m22`` are a rotation by row and column, ``x``, ``y`` and ``z`` millimetres. Its z
points into the head as ours; its x is our y, its y our minus x. The file declares no frame;
its points are taken to lie in the world of the T1.
"""

from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from cortistim.errors import FileFormatError
from cortistim.io.navigators.frames import DeclaredFrame
from cortistim.io.navigators.record import Collector, PoseFile
from cortistim.io.navigators.source import number, xml_in
from cortistim.units import s_from_ms

TURN = np.array([[0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
NOTE = "the file declares no frame; its points are taken to lie in the world of the T1"


def read(path: Path | str, data: bytes) -> PoseFile:
    """Read stimulation points.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    data : bytes
        The file's content.

    Returns
    -------
    PoseFile
        Samples; times count from the first.

    Raises
    ------
    FileFormatError
        When it is not SofTaxic's XML.
    """
    root = xml_in(path, data)
    if root.tag != "stmp":
        msg = f"{path}: a SofTaxic file must be an XML tree of stmp; got {root.tag[:40]!r}."
        raise FileFormatError(msg)
    gathered = Collector(rounding=5e-6)
    points = [(group.get("id", ""), p) for group in root.iter("fmp") for p in group.iter("fp")]
    times_s = [s_from_ms(number(point.get("ts"))) for _, point in points]
    start_s = min((t for t in times_s if np.isfinite(t)), default=0.0)
    for (name, point), time_s in zip(points, times_s, strict=True):
        gathered.take(name, "sample", _matrix(point), TURN, time_s=time_s - start_s)
    return gathered.file("softaxic", "", DeclaredFrame("not declared"), (NOTE,))


def _matrix(point: Element) -> np.ndarray:
    matrix = np.eye(4)
    for row in range(3):
        matrix[row, :3] = [number(point.get(f"m{row}{column}")) for column in range(3)]
        matrix[row, 3] = number(point.get("xyz"[row]))
    return matrix
