"""Tissues, their tags in a mesh and their conductivities.

Tags are those of SimNIBS meshes; the defaults are the values SimNIBS uses, each from the
literature that SimNIBS names, so that fields can be compared.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cortistim.errors import BadInputError

WHITE, GREY, CSF, BONE, SCALP, EYES, COMPACT_BONE, SPONGY_BONE = 1, 2, 3, 4, 5, 6, 7, 8
BONES = (BONE, COMPACT_BONE, SPONGY_BONE)
USER = "given by the user"


@dataclass(frozen=True, slots=True)
class Tissue:
    """One tissue of a head.

    Parameters
    ----------
    tag : int
        Its number in the mesh.
    name : str
        Such as ``grey matter``.
    sigma_siemens_per_m : float [S/m]
        Isotropic conductivity.
    source : str
        A key of ``references.bib``, or ``given by the user``.
    """

    tag: int
    name: str
    sigma_siemens_per_m: float
    source: str


DEFAULTS: Mapping[int, Tissue] = {
    tissue.tag: tissue
    for tissue in (
        Tissue(WHITE, "white matter", 0.126, "wagner2004"),
        Tissue(GREY, "grey matter", 0.275, "wagner2004"),
        Tissue(CSF, "cerebrospinal fluid", 1.654, "wagner2004"),
        Tissue(BONE, "bone (average)", 0.010, "wagner2004"),
        Tissue(SCALP, "scalp", 0.465, "wagner2004"),
        Tissue(EYES, "eyes", 0.5, "opitz2015"),
        Tissue(COMPACT_BONE, "compact bone", 0.008, "opitz2015"),
        Tissue(SPONGY_BONE, "spongy bone", 0.025, "opitz2015"),
        Tissue(9, "blood", 0.6, "gabriel2009"),
        Tissue(10, "muscle", 0.16, "gabriel2009"),
        Tissue(11, "cartilage", 0.88, "thielscher2015"),
        Tissue(12, "fat", 0.078, "thielscher2015"),
    )
}


def tissues_for(
    tags: Iterable[int], overrides: Mapping[int, float] | None = None
) -> tuple[Tissue, ...]:
    """Give every tag of a mesh its tissue and conductivity.

    Parameters
    ----------
    tags : iterable of int
        The tags that occur in the mesh.
    overrides : mapping of int to float, optional
        Conductivities in S/m that replace the defaults.

    Returns
    -------
    tuple of Tissue
        In the order of the tags.

    Raises
    ------
    BadInputError
        When a tag has no conductivity, when a conductivity is not positive and finite,
        or when an override names a tag that the mesh does not have.
    """
    present = sorted({int(tag) for tag in tags})
    given = dict(overrides or {})
    strangers = sorted(set(given) - set(present))
    if strangers:
        msg = f"`sigma` must name tags of the mesh; got {strangers}, the mesh has {present}."
        raise BadInputError(msg)
    return tuple(_tissue(tag, given) for tag in present)


def _tissue(tag: int, given: Mapping[int, float]) -> Tissue:
    known = DEFAULTS.get(tag)
    if tag not in given:
        if known is None:
            msg = (
                f"every tag of the mesh needs a conductivity; tag {tag} has no default. "
                f"Give one in `sigma`, such as {tag}=0.33."
            )
            raise BadInputError(msg)
        return known
    sigma = float(given[tag])
    if not 0 < sigma < float("inf"):
        msg = f"conductivity of tag {tag} must be positive and finite; got {sigma} S/m."
        raise BadInputError(msg)
    base = known or Tissue(tag, f"tissue {tag}", sigma, USER)
    return replace(base, sigma_siemens_per_m=sigma, source=USER)
