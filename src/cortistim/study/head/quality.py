"""What a head's folder tells about its own quality."""

from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import MissingAnatomyError
from cortistim.head import check_mesh
from cortistim.head.quality.labels import Assessment, assess, cortical_share
from cortistim.head.segmentation import Volume, grid_points_m
from cortistim.head.tissues import GREY, missing_warning
from cortistim.io.text import write_text
from cortistim.study.head.built import Built
from cortistim.typing import FloatArray
from cortistim.viz.figures.head_quality import HeadPictures, quality_page


def assessed(built: Built) -> Assessment:
    """Measure the labels of a head.

    Parameters
    ----------
    built : Built
        A head with its images.

    Returns
    -------
    Assessment
        Volumes, thicknesses, warnings.
    """
    grid = Volume(built.labels, built.image.affine_m)
    points_m = grid_points_m(grid.shape, grid.affine_m).reshape(-1, 3)
    heights_m = built.head.frame.to_mni_m(points_m)[:, 2].reshape(grid.shape)
    return assess(built.labels, grid.affine_m, heights_m)


def write_quality(path: Path, built: Built) -> dict[str, Any]:
    """Write the page that judges a head, and return its numbers.

    Parameters
    ----------
    path : Path
        An .html file.
    built : Built
        A head with its images.

    Returns
    -------
    dict
        What `summary` returns.
    """
    found = assessed(built)
    record = summary(built, found)
    image = built.image
    pictures = HeadPictures(image.values, built.labels, image.affine_m, found)
    write_text(path, quality_page(pictures, record))
    return record


def summary(built: Built, found: Assessment) -> dict[str, Any]:
    """Return what ``cortistim head build`` tells.

    Parameters
    ----------
    built : Built
        A head with its images.
    found : Assessment
        Of its labels.

    Returns
    -------
    dict
        Plain values.
    """
    head = built.head
    report = check_mesh(head.mesh)
    share, lacking = _border_share(built)
    tissues = [
        {
            "tag": tissue.tag,
            "name": tissue.name,
            "sigma_siemens_per_m": tissue.sigma_siemens_per_m,
            "volume_ml": round(report.volume_m3[tissue.tag] * 1e6, 2),
        }
        for tissue in head.tissues
    ]
    findings = [
        {
            "name": one.name,
            "value": round(one.value, 2),
            "unit": one.unit,
            "usual": [one.usual.low, one.usual.high] if one.usual else None,
            "source": one.usual.source if one.usual else None,
            "is_usual": one.is_usual,
        }
        for one in found.findings
    ]
    return {
        "name": head.name,
        "origin": head.origin,
        "mni": head.frame.description,
        "nodes": report.n_node,
        "tetrahedra": report.n_tet,
        "radius_ratio": {
            "min": round(report.shape_min, 4),
            "p1": round(report.shape_p1, 4),
            "median": round(report.shape_median, 4),
        },
        "cortex_in_border_tetrahedra": share,
        "tissues": tissues,
        "findings": findings,
        "notes": list(built.notes),
        "warnings": [
            *found.warnings,
            *missing_warning(head.mesh.present_tags()),
            *lacking,
            *report.warnings,
        ],
    }


def _border_share(built: Built) -> tuple[float | None, tuple[str, ...]]:
    """Share of the cortex in border tetrahedra; None, and why, where there is no cortex."""
    head = built.head

    def heights_m(points_m: FloatArray) -> np.ndarray:
        return head.frame.to_mni_m(points_m)[:, 2]

    if GREY not in head.mesh.present_tags():
        return None, ()
    try:
        return round(cortical_share(head.mesh, heights_m), 4), ()
    except MissingAnatomyError as error:
        return None, (f"this head has no cortex to plan on: {error}",)
