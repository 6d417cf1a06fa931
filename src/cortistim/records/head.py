"""A head as records describe it."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, kw_only=True)
class TissueRecord:
    """A tissue with its conductivity.

    Parameters
    ----------
    tag : int
        Its number in the mesh.
    name : str
        Such as ``grey matter``.
    sigma_siemens_per_m : float
        Isotropic conductivity.
    source : str
        A key of ``references.bib``, or ``given by the user``.
    note : str
        What else it rests on; may be empty.
    """

    tag: int
    name: str
    sigma_siemens_per_m: Annotated[float, Meta(gt=0)]
    source: Annotated[str, Meta(min_length=1)]
    note: str


@dataclass(frozen=True, kw_only=True)
class AnisotropyRecord:
    """How conductivity follows diffusion.

    Parameters
    ----------
    mapping : str
        ``vn``, ``dir`` or ``mc``.
    tags : tuple of int
        The tissues that have tensors.
    tensors : str
        Where they are from.
    """

    mapping: str
    tags: tuple[int, ...]
    tensors: str


@dataclass(frozen=True, kw_only=True)
class GivenCortexRecord:
    """Surfaces of the cortex that were given with the head.

    Parameters
    ----------
    origin : str
        Where they are from.
    notes : tuple of str
        What a reader should know of them, and how they fit the mesh.
    vertices : int
        Of both hemispheres.
    moved_into_grey : int
        Vertices that lay outside the mesh's grey matter and were moved.
    left_out : int
        Vertices that could not be.
    """

    origin: str
    notes: tuple[str, ...]
    vertices: int
    moved_into_grey: int
    left_out: int


@dataclass(frozen=True, kw_only=True)
class HeadRecord:
    """A head.

    Parameters
    ----------
    name, origin : str
        What it is called and where it is from.
    mesh_digest : str
        Tells two meshes apart.
    nodes, tetrahedra : int
        Of the mesh.
    tissues : tuple of TissueRecord
        From the inside out.
    missing_tissues : tuple of str
        Layers of a whole head that it lacks.
    anisotropy : AnisotropyRecord or None
        None where conductivity is isotropic.
    mni : str
        How it is tied to MNI space, or that it is not.
    cortex : GivenCortexRecord or None
        None where the mesh's own surface is taken.
    """

    name: str
    origin: str
    mesh_digest: str
    nodes: Annotated[int, Meta(ge=4)]
    tetrahedra: Annotated[int, Meta(ge=1)]
    tissues: tuple[TissueRecord, ...]
    missing_tissues: tuple[str, ...]
    anisotropy: AnisotropyRecord | None
    mni: str
    cortex: GivenCortexRecord | None
