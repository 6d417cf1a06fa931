"""A head from its mesh file."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cortistim.head.frames import Frame
from cortistim.head.head import Head
from cortistim.head.mesh import TetMesh
from cortistim.head.quality import repair_mesh, require_sound
from cortistim.head.registration import RegisteredFrame
from cortistim.head.tissues import GREY, USER, Tissue, tissues_for
from cortistim.io.cortex_folder import (
    ALL_SURFACES,
    missing_surfaces,
    read_cortical_surfaces,
)
from cortistim.io.m2m import (
    folder_warnings,
    m2m_folder,
    own_record,
    read_landmarks,
    warp_frame,
)
from cortistim.io.msh import read_mesh
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
        A .msh or .msh.gz file of version 2.2.
    sigma : mapping of int to float, optional
        Conductivities in S/m that replace the defaults, by tag.
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
        When no field can be trusted on the mesh.
    """
    path = Path(path)
    progress("reading the head mesh", 0.0)
    mesh, done = read_mesh(path), []
    if repair:
        progress("repairing the head mesh", 0.4)
        mesh, done = repair_mesh(mesh)
    progress("checking the head mesh", 0.6)
    report = require_sound(mesh)
    folder = m2m_folder(path)
    origin = path.absolute().name + (f"; repaired: {'; '.join(done)}" if done else "")
    head = _with_folder(mesh, path, folder, sigma)
    head = replace(head, origin=origin, warnings=(*report.warnings, *head.warnings))
    progress("checking the head mesh", 1.0)
    return _with_cortex(head, folder, surfaces, progress)


def _with_folder(
    mesh: TetMesh, path: Path, folder: Path | None, sigma: Mapping[int, float] | None
) -> Head:
    """Make a head of a mesh and what lies in its folder."""
    record = own_record(folder) if folder else {}
    plain = path.name.removesuffix(".gz").removesuffix(".msh")
    return Head(
        name=str(record.get("name", plain)),
        mesh=mesh,
        tissues=_tissues(mesh, sigma, record),
        frame=_frame(mesh, folder),
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
        See `cortistim.io.cortex_folder.read_cortical_surfaces`.

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


def _tissues(
    mesh: TetMesh, sigma: Mapping[int, float] | None, record: Mapping[str, Any]
) -> tuple[Tissue, ...]:
    """Defaults, but for tissues that the folder's record or the user gives a value."""
    named = {
        int(row["tag"]): Tissue(
            int(row["tag"]), str(row["name"]), float(row["sigma_siemens_per_m"]), USER
        )
        for row in record.get("tissues", ())
        if row["source"] == USER and int(row["tag"]) not in (sigma or {})
    }
    given = {tag: tissue.sigma_siemens_per_m for tag, tissue in named.items()}
    present = mesh.present_tags()
    given = {tag: value for tag, value in given.items() if tag in present}
    tissues = tissues_for(present, {**given, **(sigma or {})})
    return tuple(named.get(tissue.tag, tissue) for tissue in tissues)


def _frame(mesh: TetMesh, folder: Path | None) -> Frame:
    warp = warp_frame(folder) if folder else None
    return warp or RegisteredFrame(mesh)
