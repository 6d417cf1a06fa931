"""How well labels of a head agree with another's: what the head benchmarks share."""

import numpy as np

from cortistim.geometry import transform
from cortistim.head.segmentation import grid_points_m
from cortistim.head.segmentation.outline import filled
from cortistim.head.space.eeg import TEMPLATE_FIDUCIALS_MNI_M
from cortistim.head.tissues import BONES, CSF, EYES, GREY, SCALP, WHITE
from cortistim.io.image.head_image import read_head_image, read_label_image
from cortistim.io.table.label_table import tissue_table, translated

TISSUES = {
    "white matter": (WHITE,),
    "grey matter": (GREY,),
    "brain (grey and white)": (WHITE, GREY),
    "intracranial": (WHITE, GREY, CSF),
    "cerebrospinal fluid": (CSF,),
    "skull": BONES,
    "eyes": (EYES,),
}
HEAD = (WHITE, GREY, CSF, *BONES, EYES, SCALP)
FLAT_MM, FLAT_SHARE = 2.5, 0.6
SURFACES = {"inner skull": (WHITE, GREY, CSF), "outer skull": (WHITE, GREY, CSF, *BONES)}


def read_reference(path, table):
    """Read reference labels as our tissues, and where they lie."""
    if table == "mask":
        volume, _ = read_head_image(path)
        return np.where(volume.values > 0, GREY, 0), volume.affine_m
    stored, affine_m = read_label_image(path)
    return translated(stored, tissue_table(table)), affine_m


def on_grid(reference, grid):
    """Read a reference (tissues, affine) at the nearest voxels of a grid (shape, affine)."""
    (tissues, affine_m), (shape, ours_m) = reference, grid
    voxel = transform(np.linalg.inv(affine_m), grid_points_m(shape, ours_m).reshape(-1, 3))
    voxel = np.rint(voxel).astype(int)
    held = ((voxel >= 0) & (voxel < tissues.shape)).all(axis=1)
    out = np.zeros(len(voxel), np.uint8)
    out[held] = tissues[tuple(voxel[held].T)]
    return out.reshape(shape)


def upper_head(frame, grid):
    """Mark what lies above the plane through nasion, inion and the ears' mean height."""
    front, back = (TEMPLATE_FIDUCIALS_MNI_M[name] for name in ("Nz", "Iz"))
    side = np.array([0.05, 0.0, 0.0])
    a, b, c = frame.to_subject_m(np.array([front, back, (front + back) / 2 + side]))
    normal = np.cross(a - b, c - b)
    normal *= np.sign(normal[2])
    return (grid_points_m(*grid) - b) @ normal > 0


def dice(one, other):
    both = one.sum() + other.sum()
    return 2 * (one & other).sum() / both if both else np.nan


def surface_gap_mm(ours, theirs, spacing_mm, where):
    """Median distance between two masks' surfaces, both ways, in a region."""
    from scipy.ndimage import binary_erosion, distance_transform_edt

    rims = [np.asarray(m & ~binary_erosion(m), bool) for m in (ours, theirs)]
    away = [np.asarray(distance_transform_edt(~rim, sampling=spacing_mm)) for rim in rims]
    gaps = (away[1][rims[0] & where], away[0][rims[1] & where])
    return np.median(np.concatenate(gaps)) if all(g.size for g in gaps) else np.nan


def with_air(tissues, tags):
    """Mark tissues and the air that the head encloses."""
    head = filled(np.asarray(tissues > 0))
    return np.isin(tissues, tags) | (head & (tissues == 0))


def above_reference_end(labels, reference, grid):
    """Mark what lies above a plane at which the reference stops within the head, if any."""
    shape, affine_m = grid
    axis = int(np.abs(affine_m[2, :3]).argmax())
    flip = affine_m[2, axis] < 0
    ours, theirs = (
        np.moveaxis(np.flip(m > 0, axis) if flip else m > 0, axis, 2)
        for m in (labels, reference)
    )
    low = [np.where(m.any(axis=2), m.argmax(axis=2), -1) for m in (ours, theirs)]
    column = (low[0] >= 0) & (low[1] > low[0] + 3)
    if column.sum() < 200:
        return np.ones(shape, bool), "the reference ends where ours does"
    rows = np.column_stack([np.argwhere(column), np.ones(column.sum())])
    heights, kept = low[1][column], np.ones(len(rows), bool)
    kept = heights <= np.median(heights) + 1
    for _ in range(8):
        plane = np.linalg.lstsq(rows[kept], heights[kept], rcond=None)[0]
        gap = np.abs(rows @ plane - heights)
        kept = gap < max(FLAT_MM / (1e3 * np.linalg.norm(affine_m[:3, axis])), np.median(gap))
    if kept.mean() < FLAT_SHARE:
        return np.ones(shape, bool), "the reference does not end at a plane"
    i, j, k = np.ogrid[: ours.shape[0], : ours.shape[1], : ours.shape[2]]
    keep = np.moveaxis(k > plane[0] * i + plane[1] * j + plane[2] + 1, 2, axis)
    keep = np.flip(keep, axis) if flip else keep
    lost_ml = float(((labels > 0) & ~keep).sum()) * abs(np.linalg.det(affine_m[:3, :3])) * 1e6
    return keep, f"the reference ends at a plane; {lost_ml:.0f} ml of ours below are left out"


def print_agreement(labels, reference, above, spacing_mm):
    print(f"{'Dice':<24} {'whole':>8} {'upper':>8}")
    masks = {n: [np.isin(x, t) for x in (labels, reference)] for n, t in TISSUES.items()}
    masks["skull with its air"] = [with_air(x, BONES) for x in (labels, reference)]
    masks["head"] = [with_air(x, HEAD) for x in (labels, reference)]
    for name, (ours, theirs) in masks.items():
        if theirs.any():
            upper = dice(ours & above, theirs & above)
            print(f"{name:<24} {dice(ours, theirs):8.3f} {upper:8.3f}")
    print(f"{'median distance, upper':<24} {'mm':>8}")
    for name, tags in SURFACES.items():
        pair = [np.isin(image, tags) for image in (labels, reference)]
        print(f"{name:<24} {surface_gap_mm(*pair, spacing_mm, above):8.2f}")
