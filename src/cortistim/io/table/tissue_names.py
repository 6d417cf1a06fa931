"""Which tissue a name in somebody's file means."""

import re

from cortistim.head.tissues import (
    BLOOD,
    BONE,
    BONES,
    CARTILAGE,
    COMPACT_BONE,
    CSF,
    EYES,
    FAT,
    GREY,
    MUSCLE,
    SCALP,
    SPONGY_BONE,
    WHITE,
)

AIR = 0
FOREIGN = -1  # what belongs to no head: electrodes, gel, implants
# The first that is found in a name counts; lower case, with - for blanks and underscores.
# Parcels of the ribbon come first: ctx-lh-corpuscallosum is cortex, wm-lh-insula is not.
WORDS: tuple[tuple[str, int], ...] = (
    (r"^wm-[lr]h-", WHITE),
    (r"^ctx-?[lr]h-|^[lr]h-.*(?:gyrus|sulcus)", GREY),
    (r"blood|artery|arteries|\bveins?\b|venous|sagittal-sinus|transverse-sinus", BLOOD),
    (r"electrode|\bgel\b|\belec\b|rubber|\bsponges?\b|saline|implant|titanium|metal", FOREIGN),
    (r"\bair\b|airway|sinus|background|unknown|clear-label|^\W*$", AIR),
    (r"non-wm-hypo", GREY),
    (r"white|\bwm\b|brain-?stem|callos|\bcc-|ventral-?dc|optic-(?:chiasm|nerve|tract)", WHITE),
    (r"chiasm|fornix|internal-capsule", WHITE),
    (r"gr[ae]y|\bgm\b|cortex|gyrus|insula|opercul|substan[ct]ia-nigra", GREY),
    (r"thalam|caudate|putamen|pallid|hippocamp|amygdal|accumb", GREY),
    (r"csf|ventricle|-vent$|cerebrospinal|choroid|vessel", CSF),
    (r"spong|cancellous|diplo|trabecul", SPONGY_BONE),
    (r"compact|cortical-?bone", COMPACT_BONE),
    (r"\bbone(?!-?or)|bone$|skull|\bcrani", BONE),
    (r"\beye", EYES),
    (r"scalp|\bskin|soft|head-extra", SCALP),
    (r"muscle", MUSCLE),
    (r"cartilage", CARTILAGE),
    (r"\bfat\b|adipose", FAT),
)


def tissue_called(name: str) -> int | None:
    """Return the tissue that a name means.

    Parameters
    ----------
    name : str
        Such as ``Left-Cerebral-White-Matter``, ``skin`` or ``GM``.

    Returns
    -------
    int or None
        Tag of the tissue, ``AIR``, or ``FOREIGN``; None when the name tells none.
    """
    plain = re.sub(r"[\s_]+", "-", name.strip().lower())
    return next((tag for pattern, tag in WORDS if re.search(pattern, plain)), None)


def agree(tag: int, other: int) -> bool:
    """Tell whether two tags mean the same tissue, if less closely: bone is any kind of bone.

    Parameters
    ----------
    tag, other : int
        Of tissues.

    Returns
    -------
    bool
        Whether they do.
    """
    return tag == other or ({tag, other} <= set(BONES) and BONE in (tag, other))
