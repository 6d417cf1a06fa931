"""Values of a head's cortex on the vertices of fsaverage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.head import Head
from cortistim.head.cortex.hemispheres import SIDES, Hemisphere, Parcels, SettledCortex, Side
from cortistim.head.cortex.sphere_map import SphereMap, sphere_map
from cortistim.head.fsaverage import BY_MNI, BY_SPHERE, FARTHEST_M, fsaverage5
from cortistim.head.space.frames import Frame
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
    by : str
        How the tie was made.
    """

    template: Path
    halves: tuple[TemplateHalf, ...]
    overlays: tuple[str, ...]
    by: str

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
            by=self.by,
        )


def require_template(template: Path, overlays: tuple[Path, ...], *, given: bool) -> None:
    """Refuse a folder without spheres, and overlays that have no vertices to belong to.

    Parameters
    ----------
    template : Path
        Folder with the template's spheres.
    overlays : tuple of Path
        GIFTI values at the vertices of surfaces that were given.
    given : bool
        Whether surfaces were given with the head.

    Raises
    ------
    BadInputError
        When a sphere is missing, or overlays come without surfaces.
    """
    for side in SIDES:
        registered_sphere(template, side)
    if overlays and not given:
        msg = (
            "`overlays` are values at the vertices of given surfaces; this head has only its "
            "mesh's own cortex. Give the `surfaces` that they were made with."
        )
        raise BadInputError(msg)


def tied_by_mni(half: Hemisphere, frame: Frame, sphere: FloatArray) -> SphereMap:
    """Tie a hemisphere that was not registered to a template by MNI space.

    Each vertex of the template is placed on the mid-grey surface of fsaverage5 by its sphere,
    carried into the head, and takes the value of the nearest vertex of the same side within
    10 mm ("registration fusion", [wu2018]_, without its averaging). That may be the other bank
    of a sulcus.

    Parameters
    ----------
    half : Hemisphere
        The person's.
    frame : Frame
        Ties the head to MNI space.
    sphere : (n_vertex, 3) array
        Unit vectors: the template's sphere of this side.

    Returns
    -------
    SphereMap
        Each vertex takes one value, or none.
    """
    from scipy.spatial import KDTree

    template = fsaverage5()
    part = template.side(half.side)
    on = sphere_map(template.sphere[part], template.side_triangles, sphere)
    mni_m = np.column_stack([on.values(column) for column in template.mid_m[part].T])
    tree = KDTree(half.ribbon.mid.vertices_m)
    far_m, near = (np.asarray(one) for one in tree.query(frame.to_subject_m(mni_m)))
    weights = np.zeros((len(sphere), 3))
    weights[:, 0] = far_m <= FARTHEST_M
    return SphereMap(np.repeat(near[:, None], 3, axis=1), weights)


def template_maps(
    found: Iterable[HemisphereMaps],
    head: Head,
    template: Path,
    overlay_paths: tuple[Path, ...] = (),
) -> TemplateMaps:
    """Carry thickness, folds, regions and overlays to a template's vertices.

    Values are interpolated in the triangle of the subject's registered sphere that lies under
    a template's vertex; regions are those of the nearest vertex. Hemispheres that were not
    registered are tied by MNI space, see `tied_by_mni`.

    Parameters
    ----------
    found : iterable of HemisphereMaps
        The subject's hemispheres, left first.
    head : Head
        Whose they are: its frame, and which vertices overlays of its cortex have.
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
    settled = head.given_cortex
    overlays: dict[str, Columns] = {}
    if settled is not None:
        overlays = {one.name.split(".")[0]: _overlay(settled, one) for one in overlay_paths}
    halves, registered = [], True
    for place, one in enumerate(found):
        half = one.half
        sphere, triangles = registered_sphere(template, half.side)
        registered = registered and half.registered
        if half.registered:
            carried = sphere_map(half.sphere, half.ribbon.mid.triangles, sphere)
        else:
            carried = tied_by_mni(half, head.frame, sphere)
        groups: dict[str, Columns] = {"cortex": one.columns}
        if settled is not None:
            split = settled.surfaces.split
            for name, given in overlays.items():
                groups[name] = {key: split(values)[place] for key, values in given.items()}
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
    return TemplateMaps(
        template=template,
        halves=tuple(halves),
        overlays=tuple(overlays),
        by=BY_SPHERE if registered else BY_MNI,
    )


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
