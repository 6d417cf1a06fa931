"""How well built heads agree with reference labels: Dice and distances of surfaces.

    python benchmarks/head_build.py HEAD_FOLDER REFERENCE [--table freesurfer]

HEAD_FOLDER was written by ``cortistim head build``. REFERENCE is a label image by someone
else on any grid in the same world space, and ``--table`` says what its numbers mean (simnibs,
freesurfer which holds for SAMSEG too, a file, or ``mask``: above zero is brain with sulci and
ventricles; ours are closed by 3 mm and filled for that). The upper
head is what lies above the plane through nasion and inion, carried over from the template.
The reference is another program's labels (or a hand's), not the truth.
"""

import argparse
from pathlib import Path

import numpy as np

from cortistim.geometry import transform
from cortistim.head.eeg import TEMPLATE_FIDUCIALS_MNI_M
from cortistim.head.segmentation import grid_points_m
from cortistim.head.segmentation.outline import closed, filled
from cortistim.head.tissues import BONES, CSF, EYES, GREY, SCALP, WHITE
from cortistim.io.head_image import read_head_image, read_label_image
from cortistim.io.label_table import tissue_table, translated
from cortistim.io.m2m import warp_frame

TISSUES = {
    "white matter": (WHITE,),
    "grey matter": (GREY,),
    "brain (grey and white)": (WHITE, GREY),
    "intracranial": (WHITE, GREY, CSF),
    "skull": BONES,
    "eyes": (EYES,),
    "head": (WHITE, GREY, CSF, *BONES, EYES, SCALP),
}
FILL_MM = 3.0
SURFACES = {"inner skull": (WHITE, GREY, CSF), "outer skull": (WHITE, GREY, CSF, *BONES)}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="written by cortistim head build")
    parser.add_argument("reference", type=Path, help="label image, .nii or .nii.gz")
    parser.add_argument("--table", default="simnibs", help="what its numbers mean, or mask")
    return parser.parse_args()


def reference_on(grid, asked):
    """Read the reference's tissues at the voxels of our labels."""
    if asked.table == "mask":
        volume, _ = read_head_image(asked.reference)
        tissues, affine_m = np.where(volume.values > 0, GREY, 0), volume.affine_m
    else:
        stored, affine_m = read_label_image(asked.reference)
        tissues = translated(stored, tissue_table(asked.table))
    shape, ours_m = grid
    voxel = transform(np.linalg.inv(affine_m), grid_points_m(shape, ours_m).reshape(-1, 3))
    voxel = np.rint(voxel).astype(int)
    held = ((voxel >= 0) & (voxel < tissues.shape)).all(axis=1)
    out = np.zeros(len(voxel), np.uint8)
    out[held] = tissues[tuple(voxel[held].T)]
    return out.reshape(shape)


def upper_head(folder, grid):
    """Mark what lies above the plane through nasion, inion and the ears' mean height."""
    frame = warp_frame(folder)
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


def main():
    asked = arguments()
    missing = [p for p in (asked.folder / "labels.nii.gz", asked.reference) if not p.is_file()]
    if missing:
        print(f"skipped: no file {missing[0]}")
        return
    labels, affine_m = read_label_image(asked.folder / "labels.nii.gz")
    grid = (labels.shape, affine_m)
    reference = reference_on(grid, asked)
    above = upper_head(asked.folder, grid)
    spacing_mm = 1e3 * np.linalg.norm(affine_m[:3, :3], axis=0)
    print(f"{asked.folder} against {asked.reference} ({asked.table})")
    print(f"{'Dice':<24} {'whole':>8} {'upper':>8}")
    if asked.table == "mask":
        brain = filled(closed(np.isin(labels, (WHITE, GREY)), FILL_MM / spacing_mm.mean()))
        pair = (brain, reference > 0)
        upper = dice(*(mask & above for mask in pair))
        print(f"{'brain, sulci filled':<24} {dice(*pair):8.3f} {upper:8.3f}")
        return
    for name, tags in TISSUES.items():
        ours, theirs = np.isin(labels, tags), np.isin(reference, tags)
        if theirs.any():
            upper = dice(ours & above, theirs & above)
            print(f"{name:<24} {dice(ours, theirs):8.3f} {upper:8.3f}")
    print(f"{'median distance, upper':<24} {'mm':>8}")
    for name, tags in SURFACES.items():
        pair = [np.isin(image, tags) for image in (labels, reference)]
        print(f"{name:<24} {surface_gap_mm(*pair, spacing_mm, above):8.2f}")


if __name__ == "__main__":
    main()
