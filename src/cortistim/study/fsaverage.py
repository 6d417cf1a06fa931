"""Values of a head's cortex on the vertices of fsaverage."""

from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import BadInputError
from cortistim.head.hemispheres import CorticalSurfaces, SettledCortex
from cortistim.head.sphere_map import sphere_map
from cortistim.io import write_overlay_gifti
from cortistim.io.cortex_folder import registered_sphere
from cortistim.io.freesurfer import write_values
from cortistim.io.gifti import write_labels_gifti
from cortistim.io.gifti_read import read_columns_gifti
from cortistim.study.hemisphere_files import LETTERS, STRUCTURES, hemisphere_columns
from cortistim.typing import FloatArray

FOLDER = "fsaverage"
Columns = dict[str, FloatArray]


def write_fsaverage(
    folder: Path,
    halves: CorticalSurfaces | None,
    settled: SettledCortex | None,
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
    halves : CorticalSurfaces or None
        The subject's hemispheres.
    settled : SettledCortex or None
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
        When the subject has no registered spheres, the template none, or an overlay another
        number of values.
    """
    if halves is None or not all(half.registered for half in halves.both):
        msg = (
            "--fsaverage needs the subject's registered spheres (sphere.reg of FreeSurfer or "
            "charm); this head has none. Give them with --surfaces."
        )
        raise BadInputError(msg)
    overlays = {path.name.split(".")[0]: _overlay(settled, path) for path in overlay_paths}
    vertices = {}
    for place, half in enumerate(halves.both):
        sphere, triangles = registered_sphere(template, half.side)
        carried = sphere_map(half.sphere, half.ribbon.mid.triangles, sphere)
        groups = {"cortex": hemisphere_columns(half)} | {
            name: {key: halves.split(v)[place] for key, v in columns.items()}
            for name, columns in overlays.items()
        }
        start = folder / FOLDER / LETTERS[half.side]
        for name, columns in groups.items():
            moved = {key: carried.values(values) for key, values in columns.items()}
            path = start.with_name(f"{start.name}.{name}.func.gii")
            write_overlay_gifti(path, moved, STRUCTURES[half.side])
            for key, values in moved.items():
                known = np.nan_to_num(values)  # FreeSurfer reads no NaN in these files
                write_values(f"{start}.{name}.{key}", known, len(triangles))
        for parcels in half.parcels:
            path = f"{start}.{parcels.name}.label.gii"
            write_labels_gifti(path, carried.parcels(parcels), STRUCTURES[half.side])
        vertices[half.side] = len(sphere)
    return {"template": str(template), "vertices": vertices, "overlays": list(overlays)}


def _overlay(settled: SettledCortex | None, path: Path) -> Columns:
    """Values at all given vertices, left first; NaN where the overlay has none."""
    columns = read_columns_gifti(path)
    count = len(next(iter(columns.values())))
    if settled is None or count not in (len(settled.kept), settled.surfaces.n_vertex):
        kept, whole = (len(settled.kept), settled.surfaces.n_vertex) if settled else (0, 0)
        msg = (
            f"{path}: an overlay must have a value for each vertex of the head's cortex, "
            f"{kept} or {whole}; it has {count}. Give one made with the same --surfaces."
        )
        raise BadInputError(msg)
    if count == settled.surfaces.n_vertex:
        return columns
    return {name: settled.spread(values) for name, values in columns.items()}
