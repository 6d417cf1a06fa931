"""Figures, a 3-D scene and the report of a plan.

Takes a `ReportContent`: the plan with the surfaces, fields, coil and pose it was made from.
Gives matplotlib figures (`FIGURES`, `write_figures`), a plotly figure (`scene`) and one HTML
file that works without a network (`write_report`). Nothing here needs a graphics card or a
display. Millimetres, microseconds and A/µs begin here.
"""

from cortistim.viz.content import ReportContent, VolumeGrid
from cortistim.viz.figures.figures import FIGURES, write_figures
from cortistim.viz.report.page import write_report
from cortistim.viz.scene.scene import scene

__all__ = [
    "FIGURES",
    "ReportContent",
    "VolumeGrid",
    "scene",
    "write_figures",
    "write_report",
]
