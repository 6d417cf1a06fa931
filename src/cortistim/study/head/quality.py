"""What a head's folder tells about its own quality."""

import numpy as np

from cortistim.errors import MissingAnatomyError
from cortistim.head import Head, check_mesh
from cortistim.head.quality.labels import Assessment, Finding, assess, cortical_share
from cortistim.head.quality.mesh import MeshReport
from cortistim.head.segmentation import Volume, grid_points_m
from cortistim.head.space.frames import Frame
from cortistim.head.tissues import GREY, missing_warning
from cortistim.records.head_quality import (
    FindingRecord,
    HeadQualityRecord,
    MeshQualityRecord,
    ShapeRecord,
    TissueVolume,
)
from cortistim.study.head.built import BuiltHead
from cortistim.typing import FloatArray, IntArray


def assessed(labels: IntArray, affine_m: FloatArray, frame: Frame) -> Assessment:
    """Measure the labels of a head.

    Parameters
    ----------
    labels : (nx, ny, nz) array
        Tissue tags.
    affine_m : (4, 4) array [m]
        Voxel index to subject space.
    frame : Frame
        The head's, to MNI space.

    Returns
    -------
    Assessment
        Volumes, thicknesses, warnings.
    """
    grid = Volume(labels, affine_m)
    points_m = grid_points_m(grid.shape, grid.affine_m).reshape(-1, 3)
    heights_m = frame.to_mni_m(points_m)[:, 2].reshape(grid.shape)
    return assess(labels, grid.affine_m, heights_m)


def quality_record(built: BuiltHead) -> HeadQualityRecord:
    """Return what ``cortistim head build`` tells.

    Parameters
    ----------
    built : BuiltHead
        A head with its images.

    Returns
    -------
    HeadQualityRecord
        Mesh, volumes, thicknesses, notes and warnings.
    """
    head = built.head
    report = check_mesh(head.mesh)
    share, lacking = _border_share(head)
    return HeadQualityRecord(
        name=head.name,
        origin=head.origin,
        mni=head.frame.description,
        nodes=report.n_node,
        tetrahedra=report.n_tet,
        radius_ratio=ShapeRecord(
            min=round(report.shape_min, 4),
            p1=round(report.shape_p1, 4),
            median=round(report.shape_median, 4),
        ),
        cortex_in_border_tetrahedra=share,
        tissues=tuple(
            TissueVolume(
                tag=tissue.tag,
                name=tissue.name,
                sigma_siemens_per_m=float(tissue.sigma_siemens_per_m),
                volume_ml=round(report.volume_m3[tissue.tag] * 1e6, 2),
            )
            for tissue in head.tissues
        ),
        findings=tuple(_finding(one) for one in built.found.findings),
        notes=built.notes,
        warnings=(
            *built.found.warnings,
            *missing_warning(head.mesh.present_tags()),
            *lacking,
            *report.warnings,
        ),
    )


def _finding(one: Finding) -> FindingRecord:
    return FindingRecord(
        name=one.name,
        value=round(one.value, 2),
        unit=one.unit,
        usual=(one.usual.low, one.usual.high) if one.usual else None,
        source=one.usual.source if one.usual else None,
        is_usual=one.is_usual,
    )


def mesh_quality_record(report: MeshReport) -> MeshQualityRecord:
    """Return shape and volumes of a mesh that was checked.

    Parameters
    ----------
    report : MeshReport
        From `check_mesh`.

    Returns
    -------
    MeshQualityRecord
        Unrounded shape, volumes in ml.
    """
    return MeshQualityRecord(
        radius_ratio=ShapeRecord(
            min=report.shape_min, p1=report.shape_p1, median=report.shape_median
        ),
        volume_ml={
            str(tag): round(volume * 1e6, 2) for tag, volume in report.volume_m3.items()
        },
    )


def _border_share(head: Head) -> tuple[float | None, tuple[str, ...]]:
    """Share of the cortex in border tetrahedra; None, and why, where there is no cortex."""

    def heights_m(points_m: FloatArray) -> np.ndarray:
        return head.frame.to_mni_m(points_m)[:, 2]

    if GREY not in head.mesh.present_tags():
        return None, ()
    try:
        return round(cortical_share(head.mesh, heights_m), 4), ()
    except MissingAnatomyError as error:
        return None, (f"this head has no cortex to plan on: {error}",)
