"""From the tags and names of a mesh file to SimNIBS's tags.

Names in ``$PhysicalNames`` decide: a tag that SimNIBS does not know becomes the tissue that it
is called. A name that contradicts SimNIBS's meaning of its tag is refused, since either may be
wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError, MeshError, quoted
from cortistim.head.mesh import TetMesh
from cortistim.head.tissues import DEFAULTS, LAYERS, LEAST_SIGMA
from cortistim.io.mesh.msh import MshFile
from cortistim.io.table.tissue_names import AIR, FOREIGN, agree, tissue_called

NO_GROUP = 0  # physical tag of what is in no physical group
OF_LAYERS = {tag for tags in LAYERS.values() for tag in tags}
SHOWN = 8


@dataclass(frozen=True, eq=False)
class TaggedMesh:
    """A mesh whose tags are SimNIBS's where they mean one of its tissues.

    Parameters
    ----------
    mesh : TetMesh
        With tissue tags.
    sigma_siemens_per_m : mapping of int to float [S/m]
        Conductivities given by the user, by tissue tag.
    names : mapping of int to str
        What the file calls tissues of the user's own.
    warnings : tuple of str
        What was decided about the file's tags.
    """

    mesh: TetMesh
    sigma_siemens_per_m: Mapping[int, float]
    names: Mapping[int, str]
    warnings: tuple[str, ...]


def tagged_mesh(
    path: Path, content: MshFile, sigma_siemens_per_m: Mapping[int, float]
) -> TaggedMesh:
    """Understand the tags of a mesh file.

    Parameters
    ----------
    path : Path
        Named in complaints.
    content : MshFile
        With tetrahedra.
    sigma_siemens_per_m : mapping of int to float [S/m]
        Conductivities given by the user, by the file's tags.

    Returns
    -------
    TaggedMesh
        Ready for tissues.

    Raises
    ------
    MeshError
        When tetrahedra are in no physical group.
    FileFormatError
        When a name contradicts what SimNIBS means by the tag.
    """
    mesh = content.mesh
    present = mesh.present_tags()
    _require_groups(path, content, sigma_siemens_per_m)
    names = {tag: name for tag, name in content.volume_names.items() if tag in present}
    meant = {tag: tissue_called(name) for tag, name in names.items()}
    own: dict[int, str] = {}
    warnings = list(content.notes)
    become = {tag: tag for tag in present}
    for tag, name in names.items():
        if tag in DEFAULTS:
            if meant[tag] is None:
                warnings.append(_unknown(tag, name))
            elif not agree(tag, int(meant[tag] or 0)):
                _require_consent(path, tag, name, meant[tag], sigma_siemens_per_m)
                own[tag] = name
        elif meant[tag] in DEFAULTS:
            become[tag] = int(meant[tag] or 0)
        elif tag in sigma_siemens_per_m:
            own[tag] = name
        else:
            raise FileFormatError(_nameless(path, tag, name, meant[tag]))
    warnings += _renamed(names, become)
    sigma = _carried(path, become, names, sigma_siemens_per_m)
    if all(old == new for old, new in become.items()):
        return TaggedMesh(mesh, sigma, own, tuple(warnings))
    table = np.arange(max(present) + 1)
    table[list(become)] = list(become.values())
    mesh = TetMesh(mesh.nodes_m, mesh.tets, table[mesh.tags])
    return TaggedMesh(mesh, sigma, own, tuple(warnings))


def _require_groups(path: Path, content: MshFile, sigma: Mapping[int, float]) -> None:
    """Refuse tetrahedra without a physical group that are not one tissue by the user's word."""
    without = content.tet_tags == NO_GROUP
    if not without.any():
        return
    known = len(content.tet_entities) == len(without)
    volumes = np.unique(content.tet_entities[without]).tolist() if known else []
    if len(volumes) <= 1 and NO_GROUP in sigma:
        return
    whose = "the mesh has" if without.all() else f"{int(without.sum())} tetrahedra have"
    tissues = zip(volumes, (("grey matter", 2), ("scalp", 5)), strict=False)
    groups = " ".join(
        f'Physical Volume("{words}", {tag}) = {{{volume}}};' for volume, (words, tag) in tissues
    )
    msg = (
        f"{path}: {whose} no physical groups, which tell the tissues (physical tag 0). The "
        f"elementary tags there, volumes of the geometry, are {volumes[:SHOWN]}. Write what "
        f'tissue each is into tissues.geo, such as: Merge "{path.name}"; {groups} Then save it '
        "again: gmsh tissues.geo -save -format msh22 -o new.msh"
    )
    raise MeshError(msg)


def _unknown(tag: int, name: str) -> str:
    return (
        f"tag {tag} is called {quoted(name)} in the file, which is no tissue known here; it is "
        "taken "
        f"as {DEFAULTS[tag].name}, SimNIBS's meaning of the tag. Check that."
    )


def _require_consent(
    path: Path, tag: int, name: str, meant: int | None, sigma: Mapping[int, float]
) -> None:
    """Refuse a name that contradicts its tag, unless the user tells what the tag conducts.

    Where a layer of the head is concerned a conductivity is not enough: cortex, scalp and
    registration go by the tag.
    """
    touches_layer = bool({tag, meant} & OF_LAYERS)
    if tag in sigma and not touches_layer:
        return
    if touches_layer or meant in DEFAULTS:
        place = f"tag {meant}" if meant in DEFAULTS else f"a tag above {max(DEFAULTS)}"
        remedy = f"Renumber the physical groups, {quoted(name)} to {place}"
    else:
        value = LEAST_SIGMA if meant == AIR else 0.33
        remedy = f"Give `sigma`, such as {tag}={value:g} S/m, or leave it out of the mesh"
    msg = (
        f"{path}: tag {tag} is called {quoted(name)} in the file, but means "
        f"{DEFAULTS[tag].name} in "
        f"SimNIBS's numbers, which hold here. {remedy}; or remove $PhysicalNames if the name "
        "is wrong."
    )
    raise FileFormatError(msg)


def _nameless(path: Path, tag: int, name: str, meant: int | None) -> str:
    what = "is no tissue" if meant in (AIR, FOREIGN) else "is no tissue known here"
    return (
        f"{path}: every tag needs a conductivity; tag {tag}, called {quoted(name)}, {what}. "
        "Give "
        f"`sigma`, such as {tag}={LEAST_SIGMA if meant == AIR else 0.33:g} S/m, or leave it "
        "out of the mesh."
    )


def _renamed(names: Mapping[int, str], become: Mapping[int, int]) -> list[str]:
    moved = [tag for tag in names if become[tag] != tag]
    if not moved:
        return []
    words = ", ".join(
        f"{tag} ({quoted(names[tag])}) became {become[tag]} ({DEFAULTS[become[tag]].name})"
        for tag in moved[:SHOWN]
    )
    return [f"tags follow the names in the file: {words}."]


def _carried(
    path: Path, become: Mapping[int, int], names: Mapping[int, str], sigma: Mapping[int, float]
) -> dict[int, float]:
    """Carry conductivities from the file's tags to the tissues' tags."""
    out: dict[int, float] = {}
    for tag, value in sigma.items():
        new = become.get(tag, tag)
        twins = [old for old in become if become[old] == new]
        if tag in become and {sigma.get(twin) for twin in twins} != {value}:
            msg = (
                f"{path}: tags {twins} are all {DEFAULTS[new].name} by their names, and must "
                f"have one conductivity; `sigma` gives {value:g} to {tag} alone. Give each the "
                f"same, or rename {quoted(names.get(tag, 'one'))}."
            )
            raise FileFormatError(msg)
        out[new] = value
    return out
