"""A plan's folder: JSON, report, figures, surfaces, volumes and the pose."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from cortistim.cache import whole_folder
from cortistim.errors import MissingAnatomyError
from cortistim.head.surfaces import coarser
from cortistim.io import (
    write_overlay_gifti,
    write_pose,
)
from cortistim.neuron.motor import percent_maps
from cortistim.records.plan import PlanRecord
from cortistim.study.folder import write_json
from cortistim.study.plan.plan import Plan
from cortistim.study.plan.record import plan_record
from cortistim.study.protocol.check import record_check
from cortistim.study.volumes import Volumes, write_cortex
from cortistim.typing import FloatArray, Progress, silent
from cortistim.viz import ReportContent, VolumeGrid, write_figures, write_report
from cortistim.viz.figures.figures import Drawn
from cortistim.viz.figures.plasticity_course import plasticity_course
from cortistim.viz.figures.recruitment import recruitment_maps
from cortistim.viz.render.canvas import LONGEST_REASON
from cortistim.viz.report.page import CAPTIONS
from cortistim.viz.report.print_page import write_print_page

PRINTED = "summary.pdf"
PICTURES = ("report.html", PRINTED, *(f"figures/{name}.png" for name in CAPTIONS))


def write_plan(plan: Plan, folder: Path, *, progress: Progress = silent) -> PlanRecord:
    """Write everything that a plan has to show.

    Parameters
    ----------
    plan : Plan
        From `make_plan`.
    folder : Path
        Made when missing.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    PlanRecord
        The content of ``plan.json``, with a warning for each picture that is missing.
    """
    with whole_folder(folder) as place:
        with plan.watch.lap("volumes"):
            progress("writing surfaces and volumes", 0.0)
            volumes = Volumes.of(plan.field)
            percent = percent_maps(plan.recruitment)
        # compressing leaves the interpreter to the figures
        with ThreadPoolExecutor(1) as aside:
            writing = aside.submit(_write_fields, plan, volumes, percent, place)
            record = plan_record(plan)
            with plan.watch.lap("report"):
                progress("drawing the report", 0.0)
                missing = _draw(plan, record, volumes.grid, percent, place)
            with plan.watch.lap("volumes"):
                writing.result()
        record = _with_warnings(record, missing)
        record = replace(record, timing_s=plan.watch.rounded())
        write_json(place / "plan.json", record)
        lost = [name for name in PICTURES if not (place / name).exists()]
    for name in lost:  # an older plan's picture must not stand beside these numbers
        (folder / name).unlink(missing_ok=True)
    record_check(plan.request.protocol, record.safety)
    return record


def _write_fields(
    plan: Plan, volumes: Volumes, percent: Mapping[str, FloatArray], place: Path
) -> None:
    """Write the field and who fires as surfaces and volumes, and the pose."""
    write_cortex(plan.on_cortex, place)
    volumes.write(place)
    bent = dict(plan.coil.shape.deformation)
    write_pose(place / "pose.json", plan.aimed.pose, deformation=bent)
    overlay = {f"{name} [%]": share for name, share in percent.items()}
    write_overlay_gifti(place / "recruitment.func.gii", overlay)


def _with_warnings(record: PlanRecord, texts: Sequence[str]) -> PlanRecord:
    return replace(record, warnings=(*record.warnings, *texts))


def _draw(
    plan: Plan,
    record: PlanRecord,
    grid: VolumeGrid,
    percent: Mapping[str, FloatArray],
    place: Path,
) -> list[str]:
    """Write figures and report; say what is missing, because the numbers must not be lost."""
    drawn = Drawn()
    try:
        content = report_content(plan, record, grid)
        drawn = write_figures(content, place / "figures")
        _draw_responses(plan, percent, drawn, place / "figures")
        told = _with_warnings(record, drawn.missing)
        write_report(replace(content, plan=told), place / "report.html", figures=drawn.files)
        code = plan.request.patient_code
        write_print_page(place / PRINTED, replace(content, plan=told), patient_code=code)
    except OSError:  # a full disk would cut the numbers short, too
        raise
    except Exception as error:  # noqa: BLE001 - whatever a drawing library may raise
        said = " ".join(str(error).split())[:LONGEST_REASON]
        drawn.missing.append(
            f"report.html is missing: making it failed with {type(error).__name__}: {said}"
        )
    return drawn.missing


def _draw_responses(
    plan: Plan, percent: Mapping[str, FloatArray], drawn: Drawn, folder: Path
) -> None:
    """Draw who fires where, and the course of excitability where many pulses come."""
    cortex, target_m = plan.on_cortex.surface, plan.aimed.target.centre_m
    toward = -plan.aimed.pose.rotation[:, 2]
    drawn.add(
        folder / "recruitment.png",
        partial(recruitment_maps, cortex, percent, toward, target_m),
    )
    if plan.excitability is not None:
        drawn.add(
            folder / "plasticity_course.png",
            partial(plasticity_course, plan.excitability, plan.protocol.pulse_times_s),
        )


def report_content(plan: Plan, record: PlanRecord, grid: VolumeGrid) -> ReportContent:
    """Gather what the report draws.

    Parameters
    ----------
    plan : Plan
        From `make_plan`.
    record : PlanRecord
        The content of ``plan.json``.
    grid : VolumeGrid
        For the slices.

    Returns
    -------
    ReportContent
        For `cortistim.viz`.
    """
    display, index = coarser(plan.on_cortex.surface)
    try:
        mni_m = plan.cortex_mni_m(display.vertices_m)
    except MissingAnatomyError:
        mni_m = np.zeros((0, 3))
    return ReportContent(
        plan=record,
        scalp=plan.head.scalp,
        cortex=plan.on_cortex.surface,
        cortex_display=display,
        display_index=index,
        e_v_per_m=plan.on_cortex.e_v_per_m,
        coil=plan.coil,
        pose=plan.aimed.pose,
        target_m=plan.aimed.target.centre_m,
        search=plan.aimed.search_map,
        pulse_time_s=plan.pulse.time_s,
        pulse_didt_a_per_s=plan.pulse.didt_a_per_s,
        pulse_times_s=plan.protocol.pulse_times_s,
        slices=grid,
        display_mni_m=mni_m,
    )
