"""A head from its mesh file."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cortistim.head.head import Head
from cortistim.head.mesh import TetMesh
from cortistim.head.quality.mesh import (
    mirror_warning,
    repair_mesh,
    require_head_size,
    require_sound,
)
from cortistim.head.space.frames import Frame
from cortistim.head.space.registration import RegisteredFrame
from cortistim.head.tissues import (
    GREY,
    USER,
    Tissue,
    missing_warning,
    require_conductivity,
    tissues_for,
)
from cortistim.io.mesh.msh import read_msh, require_tetrahedra
from cortistim.io.mesh.tags import TaggedMesh, tagged_mesh
from cortistim.io.subject.m2m import (
    folder_warnings,
    m2m_folder,
    mesh_of,
    own_record,
    read_landmarks,
    recorded_tissues,
    warp_frame,
)
from cortistim.io.surface.cortex_folder import (
    ALL_SURFACES,
    missing_surfaces,
    read_cortical_surfaces,
)
from cortistim.typing import Progress, silent

NO_SURFACES = "none"


def read_head(
    path: Path | str,
    *,
    sigma: Mapping[int, float] | None = None,
    repair: bool = False,
    surfaces: Path | str | None = None,
    progress: Progress = silent,
) -> Head:
    """Read a head mesh, check it, and give its tissues their conductivities.

    In an ``m2m_<subject>`` folder, electrodes and warps that lie beside the mesh are used;
    elsewhere the tie to MNI space is made from the mesh when it is first asked for.

    Parameters
    ----------
    path : Path or str
        A .msh or .msh.gz file of version 2.2 or 4.1, or the folder of a head. Names of
        physical groups tell tissues, see `cortistim.io.mesh.tags`.
    sigma : mapping of int to float, optional
        Conductivities in S/m that replace the defaults, by the file's tag.
    repair : bool
        Mend what can be mended before checking; what was done is told in the head's
        origin.
    surfaces : Path or str, optional
        A folder with the surfaces of the cortex; by default those of the m2m folder, where
        there are any. The word ``none`` asks for the mesh's own cortex.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Head
        A mesh without grey matter is a head too.

    Raises
    ------
    BadInputError
        When the file cannot be read, breaks its format, or a tag has no conductivity.
    MeshError
        When no field can be trusted on the mesh, or it cannot be the size of a head.
    """
    path = mesh_of(Path(path)) if Path(path).is_dir() else Path(path)
    progress("reading the head mesh", 0.0)
    content = read_msh(path)
    require_tetrahedra(path, content)
    tagged = tagged_mesh(path, content, sigma or {})
    mesh, done, warnings = tagged.mesh, [], tagged.warnings
    require_head_size(mesh)
    if repair:
        progress("repairing the head mesh", 0.4)
        warnings = (*warnings, *mirror_warning(mesh))
        mesh, done = repair_mesh(mesh)
    progress("checking the head mesh", 0.6)
    report = require_sound(mesh)
    folder = m2m_folder(path)
    origin = path.absolute().name + (f"; repaired: {'; '.join(done)}" if done else "")
    head = _with_folder(replace(tagged, mesh=mesh), path, folder)
    lacking = missing_warning(mesh.present_tags())
    warnings = (*warnings, *lacking, *report.warnings, *head.warnings)
    head = replace(head, origin=origin, warnings=warnings)
    progress("checking the head mesh", 1.0)
    return _with_cortex(head, folder, surfaces, progress)


def _with_folder(tagged: TaggedMesh, path: Path, folder: Path | None) -> Head:
    """Make a head of a mesh and what lies in its folder."""
    record = own_record(folder) if folder else {}
    plain = path.name.removesuffix(".gz").removesuffix(".msh")
    own = recorded_tissues(folder) if folder else {}
    return Head(
        name=str(record.get("name") or plain),
        mesh=tagged.mesh,
        tissues=_tissues(tagged, own),
        frame=_frame(tagged.mesh, folder),
        origin=path.absolute().name,  # no more: folders may name people
        landmarks_m=read_landmarks(folder) if folder else {},
        warnings=folder_warnings(folder) if folder else (),
    )


def _with_cortex(
    head: Head, folder: Path | None, asked: Path | str | None, progress: Progress
) -> Head:
    """Give the head the surfaces asked for, or those of its folder."""
    if str(asked) == NO_SURFACES:
        return head
    if asked is None:
        if folder is None or GREY not in head.mesh.present_tags():
            return head
        missing = missing_surfaces(folder)
        if len(missing) == ALL_SURFACES:
            return head
        if missing:
            warning = (
                f"{folder.name} lacks {', '.join(missing)}; the cortex is measured in the mesh."
            )
            return replace(head, warnings=(*head.warnings, warning))
    progress("reading the surfaces of the cortex", 0.0)
    return with_given_surfaces(head, Path(asked or folder or ""))


def with_given_surfaces(head: Head, folder: Path) -> Head:
    """Give a head the surfaces of a folder.

    Parameters
    ----------
    head : Head
        In scanner coordinates of the same image.
    folder : Path
        See `cortistim.io.surface.cortex_folder.read_cortical_surfaces`.

    Returns
    -------
    Head
        A new head.

    Raises
    ------
    BadInputError
        When the surfaces cannot be read or do not lie in the head's grey matter.
    """
    return head.with_surfaces(read_cortical_surfaces(folder))


def _tissues(tagged: TaggedMesh, recorded: Mapping[int, Tissue]) -> tuple[Tissue, ...]:
    """Defaults, but for tissues that the folder's record or the user gives a value."""
    present, sigma = tagged.mesh.present_tags(), tagged.sigma_siemens_per_m
    own = {
        tag: tissue for tag, tissue in recorded.items() if tag in present and tag not in sigma
    }
    for tag, name in tagged.names.items():
        require_conductivity(tag, sigma[tag])
        own[tag] = Tissue(tag, name, sigma[tag], USER)
    rest = {tag: value for tag, value in sigma.items() if tag not in own}
    known = {tissue.tag: tissue for tissue in tissues_for(set(present) - set(own), rest)}
    return tuple({**known, **own}[tag] for tag in present)


def _frame(mesh: TetMesh, folder: Path | None) -> Frame:
    warp = warp_frame(folder) if folder else None
    return warp or RegisteredFrame(mesh)
