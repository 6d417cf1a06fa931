"""How well built heads agree with reference labels: Dice and distances of surfaces.

    python benchmarks/head_build.py HEAD_FOLDER REFERENCE [--table freesurfer]

HEAD_FOLDER was written by ``cortistim head build``. REFERENCE is a label image by someone
else on any grid in the same world space, and ``--table`` says what its numbers mean (simnibs,
freesurfer which holds for SAMSEG too, a file, or ``mask``: above zero is brain with sulci and
ventricles; ours are closed by 3 mm and filled for that, and shown as they are, too). The
upper head is what lies above the plane through nasion and inion, carried over from the
template. The reference is another program's labels (or a hand's), not the truth.

Two rows need words. A reference may end at a plane through the neck although the image goes on
(SAMSEG's does, where its atlas ends): what lies below that plane is left out everywhere, and
the plane is printed. "Skull with its air" and "head" count the air within the head (sinuses,
mastoid) on both sides, since some programs call it air and others bone.

Below follow what holds for labels and mesh alone: whether CSF lies between brain and bone, how
far interfaces lie from the labels' borders, and the share of cortex in tetrahedra whose nodes
all lie on the border of grey matter.
"""

import argparse
from pathlib import Path

import numpy as np
from agreement import (
    HEAD,
    SURFACES,
    above_reference_end,
    dice,
    on_grid,
    print_agreement,
    read_reference,
    upper_head,
)

from cortistim.geometry import transform
from cortistim.head import check_mesh
from cortistim.head._kernels import boundary_faces
from cortistim.head.quality.labels import cortical_share
from cortistim.head.segmentation.outline import closed, filled, voxels_from
from cortistim.head.tissues import BONES, CSF, GREY, WHITE
from cortistim.io.image.head_image import read_label_image
from cortistim.io.subject.head import read_head
from cortistim.io.subject.m2m import warp_frame

FILL_MM = 3.0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="written by cortistim head build")
    parser.add_argument("reference", type=Path, help="label image, .nii or .nii.gz")
    parser.add_argument("--table", default="simnibs", help="what its numbers mean, or mask")
    return parser.parse_args()


def print_mask_agreement(labels, reference, above, spacing_mm):
    bare = np.isin(labels, (WHITE, GREY))
    print(f"{'Dice':<24} {'whole':>8} {'upper':>8}")
    rows = {
        "brain, sulci filled": filled(closed(bare, FILL_MM / spacing_mm.mean())),
        "brain as labelled": bare,
        "intracranial": np.isin(labels, (WHITE, GREY, CSF)),
    }
    for name, ours in rows.items():
        upper = dice(ours & above, (reference > 0) & above)
        print(f"{name:<24} {dice(ours, reference > 0):8.3f} {upper:8.3f}")


def print_layers(labels):
    """Count grey matter that touches bone."""
    from scipy.ndimage import binary_dilation

    grey = labels == GREY
    beside = np.asarray(binary_dilation(np.isin(labels, BONES))) & grey
    print(f"grey voxels with a face on bone: {beside.sum()} of {grey.sum()}")


def print_mesh(folder, labels, affine_m):
    """Say how the mesh fits the labels."""
    head = read_head(folder / "head.msh")
    mesh, report = head.mesh, check_mesh(head.mesh)
    print(f"{report.n_node} nodes, 3 r/R at least {report.shape_min:.3f}")
    voxel = transform(np.linalg.inv(affine_m), mesh.nodes_m)
    borders = {"white matter": (WHITE,), "brain": (WHITE, GREY), **SURFACES, "head": HEAD}
    for name, tags in borders.items():
        inside = np.isin(mesh.tags, tags)
        sides = np.zeros((2, len(voxel)), bool)
        sides[0, mesh.tets[inside].ravel()] = True
        sides[1, mesh.tets[~inside].ravel()] = True
        nodes = voxel[sides[0] & (sides[1] | outer_nodes(mesh))]
        away = border_distance_voxels(np.isin(labels, tags), nodes)
        print(
            f"{name:<24} {(away <= 0.5).mean():8.1%} of nodes within half a voxel, median "
            f"{np.median(away):.2f}, 99 % {np.quantile(away, 0.99):.2f} voxels"
        )
    bone, grey = (np.zeros(len(voxel), bool) for _ in range(2))
    bone[mesh.tets[np.isin(mesh.tags, BONES)].ravel()] = True
    grey[mesh.tets[mesh.tags == GREY].ravel()] = True
    print(f"nodes that grey matter shares with bone: {(bone & grey).sum()}")
    share = cortical_share(mesh, lambda p: head.frame.to_mni_m(p)[:, 2])
    print(f"upper cortex in border tetrahedra: {share:.1%}")


def outer_nodes(mesh):
    """Mark the nodes of the mesh's outside."""
    out = np.zeros(len(mesh.nodes_m), bool)
    out[boundary_faces(mesh.tets, len(mesh.nodes_m)).ravel()] = True
    return out


def border_distance_voxels(mask, index):
    """Distance of places, in voxel indices, to the border between a mask and the rest."""
    from scipy.ndimage import map_coordinates

    padded = np.pad(mask, 3)  # what the image's edge cuts has a border there
    outside, inside = voxels_from(padded), voxels_from(~padded)
    signed = np.where(padded, 0.5 - inside, outside - 0.5)
    return np.abs(map_coordinates(signed, index.T + 3, order=1, mode="nearest"))


def main():
    asked = arguments()
    missing = [p for p in (asked.folder / "labels.nii.gz", asked.reference) if not p.is_file()]
    if missing:
        print(f"skipped: no file {missing[0]}")
        return
    labels, affine_m = read_label_image(asked.folder / "labels.nii.gz")
    grid = (labels.shape, affine_m)
    reference = on_grid(read_reference(asked.reference, asked.table), grid)
    above = upper_head(warp_frame(asked.folder), grid)
    spacing_mm = 1e3 * np.linalg.norm(affine_m[:3, :3], axis=0)
    print(f"{asked.folder} against {asked.reference} ({asked.table})")
    if asked.table == "mask":
        print_mask_agreement(labels, reference, above, spacing_mm)
    else:
        seen, sentence = above_reference_end(labels, reference, grid)
        print(sentence)
        cut = [np.where(seen, image, 0) for image in (labels, reference)]
        print_agreement(*cut, above, spacing_mm)
    print_layers(labels)
    if (asked.folder / "head.msh").is_file():
        print_mesh(asked.folder, labels, affine_m)


if __name__ == "__main__":
    main()
