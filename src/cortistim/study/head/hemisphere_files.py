"""The files of a hemisphere, or of both as one: surfaces, values, regions, and a record."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from cortistim.head.cortex.folding import fold_class, sulcal_depth_m
from cortistim.head.cortex.hemispheres import (
    Hemisphere,
    Parcels,
    Side,
    euler_number,
    is_sphere,
)
from cortistim.head.cortex.ribbon import Ribbon, surface_on
from cortistim.io import write_overlay_gifti, write_surface_gifti
from cortistim.io.surface.gifti import write_labels_gifti
from cortistim.records.surfaces import (
    HemisphereRecord,
    RegionRecord,
    RibbonRecord,
    ThicknessRecord,
)
from cortistim.typing import BoolArray, FloatArray
from cortistim.units import mm_from_m

STRUCTURES: dict[Side, str] = {"left": "CortexLeft", "right": "CortexRight"}
LETTERS: dict[Side, str] = {"left": "lh", "right": "rh"}
LAYERS = {"white": "GrayWhite", "mid": "MidThickness", "pial": "Pial"}


@dataclass(frozen=True, kw_only=True, eq=False)
class HemisphereMaps:
    """A hemisphere with the values at its vertices.

    Parameters
    ----------
    half : Hemisphere
        Left or right.
    columns : mapping of str to (n_vertex,) array
        Thickness and sulcal depth in mm, curvature per mm (positive on gyri), gyrus (1 where
        convex), fold (1 crown, 0 wall, -1 floor), and the maps that came with it.
    """

    half: Hemisphere
    columns: Mapping[str, FloatArray]

    @classmethod
    def of(cls, half: Hemisphere) -> Self:
        """Measure a hemisphere.

        Parameters
        ----------
        half : Hemisphere
            Left or right.

        Returns
        -------
        HemisphereMaps
            With all values that are written.
        """
        ribbon = half.ribbon
        depth_m = sulcal_depth_m(ribbon.pial_m, ribbon.mid.triangles, ribbon.mid.vertices_m)
        columns = ribbon_columns(ribbon)
        columns["sulcal_depth_mm"] = mm_from_m(depth_m)
        columns["fold"] = fold_class(ribbon.mid, depth_m).astype(float)
        given = {
            f"given_{name}" if name == "curv" else name: values
            for name, values in half.maps.items()
        }
        return cls(half=half, columns=columns | given)

    def record(self) -> HemisphereRecord:
        """Return sizes, topology and regions.

        Returns
        -------
        HemisphereRecord
            For ``surfaces.json``.
        """
        half, fold = self.half, self.columns["fold"]
        triangles, sizes = half.ribbon.mid.triangles, ribbon_record(half.ribbon)
        return HemisphereRecord(
            vertices=sizes.vertices,
            area_cm2=sizes.area_cm2,
            thickness_mm=sizes.thickness_mm,
            euler_number=euler_number(triangles),
            topological_sphere=is_sphere(triangles),
            registered_sphere=half.registered,
            gyral_crowns_percent=_percent(fold > 0),
            sulcal_floors_percent=_percent(fold < 0),
            regions={parcels.name: _regions(half, parcels) for parcels in half.parcels},
        )


def ribbon_columns(ribbon: Ribbon) -> dict[str, FloatArray]:
    """Return what is known at every vertex: thickness in mm, curvature per mm, gyrus or not.

    Parameters
    ----------
    ribbon : Ribbon
        Of one hemisphere or of both.

    Returns
    -------
    dict of str to (n_vertex,) array
        By name.
    """
    curvature = ribbon.mid.curvature_per_m
    return {
        "thickness_mm": mm_from_m(ribbon.thickness_m),
        "curvature_per_mm": curvature / 1e3,
        "gyrus": (curvature > 0).astype(float),
    }


def write_ribbon(
    folder: Path, prefix: str, ribbon: Ribbon, structure: str, depths: tuple[float, ...]
) -> None:
    """Write the surfaces of a ribbon.

    Parameters
    ----------
    folder : Path
        Where to.
    prefix : str
        Before every name, such as ``lh.``.
    ribbon : Ribbon
        White, mid and pial.
    structure : str
        GIFTI's AnatomicalStructurePrimary.
    depths : tuple of float
        Further layers, see `Ribbon.at_depth`.
    """
    triangles = ribbon.mid.triangles
    sides = {"white": ribbon.white_m, "pial": ribbon.pial_m}
    layers = {name: surface_on(triangles, places_m) for name, places_m in sides.items()}
    layers |= {"mid": ribbon.mid}
    layers |= {f"depth{depth:.2f}": ribbon.at_depth(depth) for depth in depths}
    for name, surface in layers.items():
        path = folder / f"{prefix}{name}.surf.gii"
        write_surface_gifti(path, surface, structure, LAYERS.get(name, "MidLayer"))


def write_hemisphere(folder: Path, found: HemisphereMaps, depths: tuple[float, ...]) -> None:
    """Write surfaces, values and regions of a hemisphere.

    Parameters
    ----------
    folder : Path
        Where to.
    found : HemisphereMaps
        Left or right.
    depths : tuple of float
        Further layers, see `Ribbon.at_depth`.
    """
    half = found.half
    letters, structure = LETTERS[half.side], STRUCTURES[half.side]
    write_ribbon(folder, f"{letters}.", half.ribbon, structure, depths)
    write_overlay_gifti(folder / f"{letters}.cortex.shape.gii", found.columns, structure)
    for parcels in half.parcels:
        write_labels_gifti(folder / f"{letters}.{parcels.name}.label.gii", parcels, structure)


def _percent(chosen: BoolArray) -> float:
    return round(100 * float(chosen.mean()), 1)


def _regions(half: Hemisphere, parcels: Parcels) -> tuple[RegionRecord, ...]:
    area_m2, thickness_m = half.ribbon.mid.vertex_areas_m2, half.ribbon.thickness_m
    members = ((n, name, parcels.numbers == n) for n, name in parcels.names.items())
    return tuple(
        RegionRecord(
            number=int(number),
            name=name,
            vertices=int(inside.sum()),
            area_cm2=round(float(area_m2[inside].sum()) * 1e4, 2),
            thickness_mm=round(float(mm_from_m(np.median(thickness_m[inside]))), 2),
        )
        for number, name, inside in members
        if inside.any()
    )


def ribbon_record(ribbon: Ribbon) -> RibbonRecord:
    """Count vertices, and measure area and thickness.

    Parameters
    ----------
    ribbon : Ribbon
        Of one hemisphere or of both.

    Returns
    -------
    RibbonRecord
        Its sizes.
    """
    measured = ribbon.thickness_m[ribbon.thickness_m > 0]  # the medial wall has none
    low, median, high = mm_from_m(np.percentile(measured, [5, 50, 95])).round(2).tolist()
    return RibbonRecord(
        vertices=len(ribbon.mid.vertices_m),
        area_cm2=round(float(ribbon.mid.vertex_areas_m2.sum()) * 1e4, 1),
        thickness_mm=ThicknessRecord(p5=low, median=median, p95=high),
    )
