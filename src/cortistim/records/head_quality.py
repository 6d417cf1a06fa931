"""A head as it was built or read, and what speaks for and against it."""

from dataclasses import dataclass

from cortistim.records.head import HeadRecord, TissueRecord
from cortistim.records.pose import Point


@dataclass(frozen=True, kw_only=True)
class ShapeRecord:
    """Shape 3 r/R of a mesh's tetrahedra: 1 where regular, 0 where flat.

    Parameters
    ----------
    min, p1, median : float
        The worst, the first percentile and the middle.
    """

    min: float
    p1: float
    median: float


@dataclass(frozen=True, kw_only=True)
class TissueVolume:
    """A tissue of a head that was built.

    Parameters
    ----------
    tag : int
        Its number in the mesh.
    name : str
        Such as ``grey matter``.
    sigma_siemens_per_m : float
        Isotropic conductivity.
    volume_ml : float
        Of its tetrahedra.
    """

    tag: int
    name: str
    sigma_siemens_per_m: float
    volume_ml: float


@dataclass(frozen=True, kw_only=True)
class FindingRecord:
    """A volume or thickness beside what is usual in healthy adults.

    Parameters
    ----------
    name : str
        What was measured.
    value : float
        In `unit`.
    unit : str
        ``ml`` or ``mm``.
    usual : (2,) tuple of float or None
        Lowest and highest; None where no range was published.
    source : str or None
        Of the range.
    is_usual : bool or None
        Whether the value lies in it; None without a range.
    """

    name: str
    value: float
    unit: str
    usual: tuple[float, float] | None
    source: str | None
    is_usual: bool | None


@dataclass(frozen=True, kw_only=True)
class HeadQualityRecord:
    """What ``cortistim head build`` and ``head mesh`` tell.

    Parameters
    ----------
    name, origin : str
        What the head is called and what it was built from.
    mni : str
        How it is tied to MNI space.
    nodes, tetrahedra : int
        Of the mesh.
    radius_ratio : ShapeRecord
        Of the tetrahedra.
    cortex_in_border_tetrahedra : float or None
        Share of the upper cortex where the field is least exact; None without a cortex.
    tissues : tuple of TissueVolume
        From the inside out.
    findings : tuple of FindingRecord
        Volumes and thicknesses.
    notes : tuple of str
        What was decided on the way.
    warnings : tuple of str
        What is unusual.
    """

    name: str
    origin: str
    mni: str
    nodes: int
    tetrahedra: int
    radius_ratio: ShapeRecord
    cortex_in_border_tetrahedra: float | None
    tissues: tuple[TissueVolume, ...]
    findings: tuple[FindingRecord, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class HeadFolderRecord:
    """What ``head.json`` in a head's folder tells besides mesh and images.

    Parameters
    ----------
    kind : str
        By which the file is known.
    name, origin : str
        What the head is called and what it was built from.
    mni : str
        How it is tied to MNI space.
    tissues : tuple of TissueRecord
        From the inside out.
    notes : tuple of str
        What was decided on the way.
    """

    kind: str
    name: str
    origin: str
    mni: str
    tissues: tuple[TissueRecord, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MeshQualityRecord:
    """Shape and volumes of a mesh.

    Parameters
    ----------
    radius_ratio : ShapeRecord
        Of the tetrahedra.
    volume_ml : mapping of str to float
        By the tissue's tag.
    """

    radius_ratio: ShapeRecord
    volume_ml: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class HeadInfoRecord(HeadRecord):
    """What ``cortistim head info`` tells.

    Parameters
    ----------
    name, origin, mesh_digest, nodes, tetrahedra
        As in `HeadRecord`.
    tissues, missing_tissues, anisotropy, mni, cortex
        As in `HeadRecord`.
    quality : MeshQualityRecord
        Of the mesh.
    warnings : tuple of str
        What a user of the head should know.
    """

    quality: MeshQualityRecord
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NamedTargetRecord:
    """A target that has a name.

    Parameters
    ----------
    name : str
        As commands take it.
    words : str
        What it is.
    mni_mm : (3,) tuple of float
        Where it is.
    source : str
        A key of ``references.bib``.
    confidence : str
        ``high``, ``medium`` or ``low``.
    note : str
        What to know before using it.
    """

    name: str
    words: str
    mni_mm: Point
    source: str
    confidence: str
    note: str
