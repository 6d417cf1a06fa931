"""A plan's folder: JSON, report, figures, surfaces, volumes and the pose."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.cache import atomic_path, settling, unfinished
from cortistim.errors import BadInputError, MissingAnatomyError
from cortistim.field import Field, SurfaceField
from cortistim.head.mesh import TetMesh
from cortistim.head.rasterise import grid_around, tets_onto
from cortistim.head.surfaces import coarser
from cortistim.io import (
    write_overlay_gifti,
    write_pose,
    write_surface_gifti,
    write_volume_nifti,
)
from cortistim.plasticity import predict
from cortistim.study.motor import percent_maps
from cortistim.study.neuron_plan import plan_recruitment
from cortistim.study.plan import Plan
from cortistim.study.protocols import record_check
from cortistim.study.record import plan_record
from cortistim.typing import FloatArray, Progress, silent
from cortistim.viz import ReportContent, VolumeGrid, write_figures, write_report
from cortistim.viz.plasticity_course import COURSE_MIN, write_plasticity_figure
from cortistim.viz.recruitment import write_recruitment_figure

MAGNITUDE_SPACING_M = 0.001
VECTOR_SPACING_M = 0.002


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a temporary folder and move its files into place when all went well.

    Parameters
    ----------
    folder : Path
        Where the files go in the end; files of the same names are replaced, others kept.

    Yields
    ------
    Path
        Write here. After an exception nothing remains of it.

    Raises
    ------
    BadInputError
        When the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        msg = f"`out` must be a folder; {folder} is a file."
        raise BadInputError(msg)
    parent = folder.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    with unfinished(Path(tempfile.mkdtemp(prefix=".writing-", dir=parent))) as temporary:
        yield temporary
        with settling:
            for path in sorted(p for p in temporary.rglob("*") if p.is_file()):
                place = folder / path.relative_to(temporary)
                place.parent.mkdir(parents=True, exist_ok=True)
                path.replace(place)


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write JSON that any parser reads: no NaN, no infinity.

    Parameters
    ----------
    path : Path
        Where to.
    record : dict
        Plain values.
    """
    with atomic_path(path) as temporary:
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def write_plan(plan: Plan, folder: Path, *, progress: Progress = silent) -> dict[str, Any]:
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
    dict
        The content of ``plan.json``.
    """
    with whole_folder(folder) as place:
        with plan.watch.lap("volumes"):
            progress("writing surfaces and volumes", 0.0)
            write_cortex(plan.on_cortex, place)
            grid = write_volumes(plan.field, place)
            bent = dict(plan.coil.shape.deformation)
            write_pose(place / "pose.json", plan.aimed.pose, deformation=bent)
        with plan.watch.lap("report"):
            progress("drawing the report", 0.0)
            content = report_content(plan, plan_record(plan), grid)
            figures = write_figures(content, place / "figures")
            figures |= _recruitment_figure(plan, place)
            figures |= _plasticity_figure(plan, content.plan, place / "figures")
            write_report(content, place / "report.html", figures=figures)
        record = plan_record(plan)
        write_json(place / "plan.json", record)
    record_check(plan.request.protocol, record["safety"])
    return record


def _recruitment_figure(plan: Plan, folder: Path) -> dict[str, Path]:
    """Draw who fires where, and write it as GIFTI."""
    percent = percent_maps(plan_recruitment(plan))
    overlay = {f"{name} [%]": share for name, share in percent.items()}
    write_overlay_gifti(folder / "recruitment.func.gii", overlay)
    path = folder / "figures" / "recruitment.png"
    toward, target_m = -plan.aimed.pose.rotation[:, 2], plan.aimed.target.centre_m
    write_recruitment_figure(plan.on_cortex.surface, percent, toward, target_m, path)
    return {"recruitment": path}


def _plasticity_figure(
    plan: Plan, record: Mapping[str, Any], folder: Path
) -> dict[str, Path]:
    if not record["plasticity"]["ensemble"]:
        return {}
    path = folder / "plasticity_course.png"
    prediction = predict(plan.course, COURSE_MIN, models=False)
    write_plasticity_figure(prediction, plan.protocol.pulse_times_s, path)
    return {"plasticity_course": path}


def write_cortex(on_cortex: SurfaceField, folder: Path) -> None:
    """Write the mid-grey surface and the field on it as GIFTI.

    Parameters
    ----------
    on_cortex : SurfaceField
        Surface and field.
    folder : Path
        Gets ``cortex.surf.gii`` and ``cortex_field.func.gii``.
    """
    write_surface_gifti(folder / "cortex.surf.gii", on_cortex.surface)
    overlay = {
        "E magnitude [V/m]": on_cortex.magnitude_v_per_m,
        "E normal, positive into the cortex [V/m]": on_cortex.normal_v_per_m,
        "E tangential [V/m]": on_cortex.tangential_v_per_m,
        "bar of the numerical error of E [V/m]": on_cortex.error_v_per_m,
    }
    write_overlay_gifti(folder / "cortex_field.func.gii", overlay)


def write_volumes(field: Field, folder: Path) -> VolumeGrid:
    """Write |E| at 1 mm and the vector E at 2 mm as NIfTI.

    Parameters
    ----------
    field : Field
        Any.
    folder : Path
        Gets ``field_magnitude.nii.gz`` and ``field_vector.nii.gz``.

    Returns
    -------
    VolumeGrid
        Labels and |E| at 1 mm, for slices.
    """
    mesh, e_v_per_m = field.head.mesh, field.in_tets_v_per_m()
    tets, affine_m = tets_on_grid(mesh, VECTOR_SPACING_M)
    vector = np.where((tets >= 0)[..., None], e_v_per_m[tets], 0).astype(np.float32)
    write_volume_nifti(folder / "field_vector.nii.gz", vector, affine_m)
    tets, affine_m = tets_on_grid(mesh, MAGNITUDE_SPACING_M)
    size = np.linalg.norm(e_v_per_m, axis=1).astype(np.float32)
    magnitude = np.where(tets >= 0, size[tets], np.float32(0))
    write_volume_nifti(folder / "field_magnitude.nii.gz", magnitude, affine_m)
    labels = np.where(tets >= 0, mesh.tags[tets], 0)
    return VolumeGrid(labels, np.where(tets >= 0, magnitude, np.float32(np.nan)), affine_m)


def tets_on_grid(mesh: TetMesh, spacing_m: float) -> tuple[FloatArray, FloatArray]:
    """Find the tetrahedron at each voxel of a grid around a mesh.

    Parameters
    ----------
    mesh : TetMesh
        Any.
    spacing_m : float [m]
        Edge of a voxel.

    Returns
    -------
    tets : (nx, ny, nz) int array
        Index of a tetrahedron, -1 outside.
    affine_m : (4, 4) array
        Voxel index to metres.
    """
    shape, affine_m = grid_around(mesh.nodes_m, spacing_m, spacing_m)
    return tets_onto(mesh, shape, affine_m), affine_m


def report_content(plan: Plan, record: dict[str, Any], grid: VolumeGrid) -> ReportContent:
    """Gather what the report draws.

    Parameters
    ----------
    plan : Plan
        From `make_plan`.
    record : dict
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
