"""Values of a head's cortex on the vertices of fsaverage."""

from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import BadInputError
from cortistim.head.cortex.hemispheres import CorticalSurfaces, SettledCortex, Side
from cortistim.head.cortex.sphere_map import sphere_map
from cortistim.io import write_overlay_gifti
from cortistim.io.surface.cortex_folder import registered_sphere
from cortistim.io.surface.freesurfer import write_values
from cortistim.io.surface.gifti import write_labels_gifti
from cortistim.io.surface.gifti_read import read_columns_gifti
from cortistim.study.head.hemisphere_files import LETTERS, STRUCTURES, hemisphere_columns
from cortistim.typing import FloatArray

FOLDER = "fsaverage"
Columns = dict[str, FloatArray]


def require_registered(halves: CorticalSurfaces | None) -> None:
    """Refuse hemispheres that were not registered to the common sphere.

    Parameters
    ----------
    halves : CorticalSurfaces or None
        Those given with a head.

    Raises
    ------
    BadInputError
        When one has no sphere, or none were given.
    """
    if halves is None or not all(half.registered for half in halves.both):
        msg = (
            "`fsaverage` needs the subject's registered spheres (sphere.reg of FreeSurfer or "
            "charm); this head has none. Give them as `surfaces`."
        )
        raise BadInputError(msg)


def write_fsaverage(
    folder: Path,
    halves: CorticalSurfaces,
    settled: SettledCortex,
    template: Path,
    overlay_paths: tuple[Path, ...],
) -> dict[str, Any]:
    """Write thickness, folds, regions and overlays on a template's vertices.

    Values are interpolated in the triangle of the subject's registered sphere that lies under
    a template's vertex; regions are those of the nearest vertex. Each column becomes a GIFTI
    file and a FreeSurfer "curv" file.

    Parameters
    ----------
    folder : Path
        Where to; files go to ``fsaverage`` in it.
    halves : CorticalSurfaces
        The subject's hemispheres.
    settled : SettledCortex
        Which of their vertices overlays of the head's cortex have.
    template : Path
        Folder with the template's spheres.
    overlay_paths : tuple of Path
        GIFTI values at the vertices of the head's cortex.

    Returns
    -------
    dict
        Vertices of the template and what was carried.

    Raises
    ------
    BadInputError
        When the template has no sphere, or an overlay another number of values.
    """
    overlays = {path.name.split(".")[0]: _overlay(settled, path) for path in overlay_paths}
    vertices = {}
    for place, half in enumerate(halves.both):
        sphere, triangles = registered_sphere(template, half.side)
        carried = sphere_map(half.sphere, half.ribbon.mid.triangles, sphere)
        groups = {"cortex": hemisphere_columns(half)} | {
            name: {key: halves.split(values)[place] for key, values in columns.items()}
            for name, columns in overlays.items()
        }
        for name, columns in groups.items():
            moved = {key: carried.values(values) for key, values in columns.items()}
            _write_columns(folder / FOLDER, half.side, name, moved, len(triangles))
        for parcels in half.parcels:
            path = folder / FOLDER / f"{LETTERS[half.side]}.{parcels.name}.label.gii"
            write_labels_gifti(path, carried.parcels(parcels), STRUCTURES[half.side])
        vertices[half.side] = len(sphere)
    return {"template": str(template), "vertices": vertices, "overlays": list(overlays)}


def _write_columns(
    folder: Path, side: Side, name: str, columns: Columns, n_triangle: int
) -> None:
    stem = f"{LETTERS[side]}.{name}"
    write_overlay_gifti(folder / f"{stem}.func.gii", columns, STRUCTURES[side])
    for key, values in columns.items():
        known = np.nan_to_num(values)  # FreeSurfer reads no NaN in these files
        write_values(folder / f"{stem}.{key}", known, n_triangle)


def _overlay(settled: SettledCortex, path: Path) -> Columns:
    """Values at all given vertices, left first; NaN where the overlay has none."""
    columns = read_columns_gifti(path)
    count = len(next(iter(columns.values())))
    kept, whole = len(settled.kept), settled.surfaces.n_vertex
    if count not in (kept, whole):
        msg = (
            f"{path}: an overlay must have a value for each vertex of the head's cortex, "
            f"{kept} or {whole}; it has {count}. Give one made with the same `surfaces`."
        )
        raise BadInputError(msg)
    if count == whole:
        return columns
    return {name: settled.spread(values) for name, values in columns.items()}
