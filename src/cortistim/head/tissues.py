"""Tissues, their tags in a mesh and their conductivities.

Tags are those of SimNIBS meshes (thielscher2015); the defaults are the values SimNIBS uses,
each from the literature that SimNIBS names, so that fields can be compared.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cortistim.errors import BadInputError

WHITE, GREY, CSF, BONE, SCALP, EYES, COMPACT_BONE, SPONGY_BONE = 1, 2, 3, 4, 5, 6, 7, 8
BLOOD, MUSCLE, CARTILAGE, FAT = 9, 10, 11, 12
BONES = (BONE, COMPACT_BONE, SPONGY_BONE)
USER = "given by the user"
# What a field of a head depends on, from the inside out.
LAYERS: Mapping[str, tuple[int, ...]] = {
    "white matter": (WHITE,),
    "grey matter": (GREY,),
    "cerebrospinal fluid": (CSF,),
    "bone": BONES,
    "scalp": (SCALP,),
}
# Beyond these, an insulator and a metal change the field of a head no more (assumed).
LEAST_SIGMA, MOST_SIGMA = 1e-6, 1e4  # S/m
# A tissue's conductivity is known within a factor of ten or so; 1000 is another unit.
LEAST_UNIT, MOST_UNIT = 300.0, 3000.0


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
    note : str
        What else it rests on.
    """

    tag: int
    name: str
    sigma_siemens_per_m: float
    source: str
    note: str = ""


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
        Tissue(
            11, "cartilage", 0.88, "binette2004",
            "averaged with Morita et al. 2012, as SimNIBS says",
        ),
        Tissue(12, "fat", 0.078, "gabriel2009"),
    )
}  # fmt: skip


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


def missing_layers(tags: Iterable[int]) -> tuple[str, ...]:
    """Name the tissues around and in a brain that a head lacks.

    Parameters
    ----------
    tags : iterable of int
        The tags that occur in the mesh.

    Returns
    -------
    tuple of str
        Such as ``("bone", "scalp")``; empty for a whole head.
    """
    present = {int(tag) for tag in tags}
    return tuple(name for name, known in LAYERS.items() if not present & set(known))


def missing_warning(tags: Iterable[int]) -> tuple[str, ...]:
    """Say which tissues a head lacks and what that does to a field.

    Parameters
    ----------
    tags : iterable of int
        The tags that occur in the mesh.

    Returns
    -------
    tuple of str
        One sentence or two; empty for a whole head.
    """
    present = sorted({int(tag) for tag in tags})
    missing = missing_layers(present)
    if not missing:
        return ()
    words = f"the head has no {', no '.join(missing)}: "
    words += (
        "a coil on its surface is nearer to the brain than on a person, and fields are too "
        "strong, easily by half. "
        if "scalp" in missing
        else "fields depend on it and are wrong, most of all near its place. "
    )
    own = [tag for tag in present if tag not in DEFAULTS]
    words += (
        f"This does not hold if tissue {', '.join(map(str, own))} stands for it."
        if own
        else "Use a mesh with all layers of the head."
    )
    return (words,)


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
    require_conductivity(tag, sigma)
    if known is not None:
        _require_unit(tag, sigma, known)
    base = known or Tissue(tag, f"tissue {tag}", sigma, USER)
    return replace(base, sigma_siemens_per_m=sigma, source=USER, note="")


def require_conductivity(tag: int, sigma_siemens_per_m: float) -> None:
    """Refuse a conductivity that no field of a head needs.

    Parameters
    ----------
    tag : int
        Of the tissue, named in the complaint.
    sigma_siemens_per_m : float [S/m]
        Its conductivity.

    Raises
    ------
    BadInputError
        When it is not a number from 1e-6 to 1e4 S/m.
    """
    if not LEAST_SIGMA <= sigma_siemens_per_m <= MOST_SIGMA:
        msg = (
            f"conductivity of tag {tag} must be positive, {LEAST_SIGMA:g} to {MOST_SIGMA:g} "
            f"S/m; got {sigma_siemens_per_m:g}. Insulators and metals may take these limits."
        )
        raise BadInputError(msg)


def _require_unit(tag: int, sigma: float, known: Tissue) -> None:
    """Refuse a conductivity that is a tissue's in another unit."""
    ratio = sigma / known.sigma_siemens_per_m
    unit = ""
    if ratio > LEAST_UNIT:
        unit = "mS/m" if ratio < MOST_UNIT else "another unit"
    elif 1 / MOST_UNIT < ratio < 1 / LEAST_UNIT:
        unit = "S/mm"
    if unit:
        msg = (
            f"conductivities must be in S/m; {sigma:g} for tag {tag} is {ratio:.3g} times the "
            f"usual {known.sigma_siemens_per_m:g} S/m of {known.name}. It seems to be in "
            f"{unit}; if it is another material, give it a tag above {max(DEFAULTS)}."
        )
        raise BadInputError(msg)
