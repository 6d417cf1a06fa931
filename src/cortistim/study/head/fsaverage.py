"""Values of a head's cortex on the vertices of fsaverage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.head.cortex.hemispheres import (
    CorticalSurfaces,
    Parcels,
    SettledCortex,
    Side,
)
from cortistim.head.cortex.sphere_map import sphere_map
from cortistim.io import write_overlay_gifti
from cortistim.io.surface.cortex_folder import registered_sphere
from cortistim.io.surface.freesurfer import write_values
from cortistim.io.surface.gifti import write_labels_gifti
from cortistim.io.surface.gifti_read import read_columns_gifti
from cortistim.records.surfaces import FsaverageRecord
from cortistim.study.head.hemisphere_files import LETTERS, STRUCTURES, HemisphereMaps
from cortistim.typing import FloatArray

FOLDER = "fsaverage"
Columns = Mapping[str, FloatArray]


@dataclass(frozen=True, kw_only=True, eq=False)
class TemplateHalf:
    """Values on one hemisphere of the template.

    Parameters
    ----------
    side : {"left", "right"}
        Which.
    n_vertex, n_triangle : int
        Of the template.
    groups : mapping of str to mapping of str to (n_vertex,) array
        Columns of the cortex itself, and of each overlay.
    parcels : tuple of Parcels
        Regions.
    """

    side: Side
    n_vertex: int
    n_triangle: int
    groups: Mapping[str, Columns]
    parcels: tuple[Parcels, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class TemplateMaps:
    """What a head's cortex has on the vertices of a template.

    Parameters
    ----------
    template : Path
        Its folder.
    halves : tuple of TemplateHalf
        Left and right.
    overlays : tuple of str
        Names of the maps that were carried, besides those of the cortex itself.
    """

    template: Path
    halves: tuple[TemplateHalf, ...]
    overlays: tuple[str, ...]

    def record(self) -> FsaverageRecord:
        """Return the template and what was carried to it.

        Returns
        -------
        FsaverageRecord
            For ``surfaces.json``.
        """
        return FsaverageRecord(
            template=str(self.template),
            vertices={half.side: half.n_vertex for half in self.halves},
            overlays=self.overlays,
        )


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


def template_maps(
    found: Iterable[HemisphereMaps],
    settled: SettledCortex,
    template: Path,
    overlay_paths: tuple[Path, ...],
) -> TemplateMaps:
    """Carry thickness, folds, regions and overlays to a template's vertices.

    Values are interpolated in the triangle of the subject's registered sphere that lies under
    a template's vertex; regions are those of the nearest vertex.

    Parameters
    ----------
    found : iterable of HemisphereMaps
        The subject's hemispheres, left first.
    settled : SettledCortex
        Which of their vertices overlays of the head's cortex have.
    template : Path
        Folder with the template's spheres.
    overlay_paths : tuple of Path
        GIFTI values at the vertices of the head's cortex.

    Returns
    -------
    TemplateMaps
        Of both hemispheres.

    Raises
    ------
    BadInputError
        When the template has no sphere, or an overlay another number of values.
    """
    overlays = {path.name.split(".")[0]: _overlay(settled, path) for path in overlay_paths}
    halves = []
    for place, one in enumerate(found):
        half = one.half
        sphere, triangles = registered_sphere(template, half.side)
        carried = sphere_map(half.sphere, half.ribbon.mid.triangles, sphere)
        groups = {"cortex": one.columns} | {
            name: {key: settled.surfaces.split(values)[place] for key, values in given.items()}
            for name, given in overlays.items()
        }
        halves.append(
            TemplateHalf(
                side=half.side,
                n_vertex=len(sphere),
                n_triangle=len(triangles),
                groups={
                    name: {key: carried.values(values) for key, values in columns.items()}
                    for name, columns in groups.items()
                },
                parcels=tuple(carried.parcels(parcels) for parcels in half.parcels),
            )
        )
    return TemplateMaps(template=template, halves=tuple(halves), overlays=tuple(overlays))


def write_fsaverage(maps: TemplateMaps, folder: Path) -> None:
    """Write each column as a GIFTI file and as a FreeSurfer "curv" file.

    Parameters
    ----------
    maps : TemplateMaps
        What was carried.
    folder : Path
        Where to; files go to ``fsaverage`` in it.
    """
    place = folder / FOLDER
    for half in maps.halves:
        letters, structure = LETTERS[half.side], STRUCTURES[half.side]
        for name, columns in half.groups.items():
            write_overlay_gifti(place / f"{letters}.{name}.func.gii", columns, structure)
            for key, values in columns.items():
                known = np.nan_to_num(values)  # FreeSurfer reads no NaN in these files
                write_values(place / f"{letters}.{name}.{key}", known, half.n_triangle)
        for parcels in half.parcels:
            path = place / f"{letters}.{parcels.name}.label.gii"
            write_labels_gifti(path, parcels, structure)


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
