"""Distances of landmarks of a head from where its tie to MNI space puts them.

    python benchmarks/head_landmarks.py [HEAD] [--landmarks FILE.csv] [--cap CAP.csv]

HEAD is built in, a mesh or a folder of a head; colin27 by default. Three questions:

- Landmarks: places seen on the head's T1 image, against those of the same landmarks on Colin27,
  which lies in MNI space, carried by the tie. The anterior commissure is the middle of its
  bright band on the midline; the hand knob the hindmost point of the precentral gyrus's bulge
  in an axial slice. Both were read off slices of Colin27's T1 image by eye, to a millimetre or
  two. ``--landmarks`` gives rows ``name,x,y,z`` in mm of the head, of the same names. For the
  individual T1 image of niivue's demo images they are ``anterior commissure,0,1.6,-1.4`` and
  ``"hand knob, left",-31.5,-28,48``. Without the file, usual MNI coordinates take their place.
- Electrodes: 10-10 positions on this scalp against a cap in MNI space (``--cap``, rows as
  SimNIBS writes them), carried by the tie and moved to the scalp.
- Round trip: points of the brain to MNI space and back.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

from cortistim.head.space.eeg import onto
from cortistim.head.space.targets import named_target
from cortistim.head.tissues import GREY, WHITE
from cortistim.io import read_positions_csv
from cortistim.study.request.inputs import HeadRequest
from cortistim.units import m_from_mm, mm_from_m

SEEN_ON_COLIN27_MM = {
    "anterior commissure": (0.0, 4.5, -4.2),
    "hand knob, left": (-34.0, -31.0, 58.0),
}
POINTS = 100_000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("head", nargs="?", default="colin27", help="built in, mesh or folder")
    parser.add_argument("--landmarks", type=Path, help="rows name,x,y,z in mm of the head")
    parser.add_argument("--cap", type=Path, help="electrodes in MNI space (CSV of SimNIBS)")
    return parser.parse_args()


def distance_mm(a_m, b_m):
    return mm_from_m(np.linalg.norm(np.asarray(a_m) - np.asarray(b_m), axis=-1))


def seen_mm(path):
    """Landmarks seen on the head; those published where none are given."""
    if path is None:
        knob = mm_from_m(named_target("m1_hand_l").mni_m)
        return {"hand knob, left": knob, "anterior commissure": (0.0, 3.0, -4.0)}
    rows = [row for row in csv.reader(path.open()) if len(row) == 4]
    return {name.strip(): np.array(place, float) for name, *place in rows}


def show_landmarks(head, path):
    what = "seen on the T1" if path else "usual MNI coordinate"
    for name, place_mm in seen_mm(path).items():
        if name not in SEEN_ON_COLIN27_MM:
            print(f"{name}: unknown; known are {', '.join(SEEN_ON_COLIN27_MM)}")
            continue
        template_m = m_from_mm(np.array([SEEN_ON_COLIN27_MM[name]]))
        carried_m = head.frame.to_subject_m(template_m)[0]
        apart = distance_mm(carried_m, m_from_mm(np.array(place_mm)))
        shown = ", ".join(f"{x:.1f}" for x in mm_from_m(carried_m))
        print(f"{name:<20} Colin27's carried to ({shown}); {what}: {apart:.1f} mm away")


def show_electrodes(head, path):
    if path is None or not path.is_file():
        print("electrodes: skipped, no --cap")
        return
    published = {
        name: place
        for name, place in read_positions_csv(path).items()
        if name in head.electrodes_m
    }
    carried_m = onto(head.scalp, head.frame.to_subject_m(np.array(list(published.values()))))
    ours_m = np.array([head.electrodes_m[name] for name in published])
    apart = distance_mm(carried_m, ours_m)
    low, high = np.percentile(apart, [50, 95])
    far = apart.max()
    print(f"electrodes: {len(apart)}, median {low:.1f}, 95 % {high:.1f}, max {far:.1f} mm")
    for name in ("F3", "C3", "Cz"):
        if name in published:
            print(f"  {name}: {apart[list(published).index(name)]:.1f} mm")


def show_round_trip(head):
    mesh = head.mesh
    nodes = np.unique(mesh.tets[np.isin(mesh.tags, (GREY, WHITE))])
    chosen = np.random.default_rng(0).permutation(nodes)[:POINTS]
    points_m = mesh.nodes_m[chosen]
    back_m = head.frame.to_subject_m(head.frame.to_mni_m(points_m))
    apart = distance_mm(points_m, back_m)
    middle, high = np.percentile(apart, [50, 99])
    print(
        f"round trip of {len(points_m)} brain nodes: median {middle:.3f}, 99 % {high:.3f}, "
        f"max {apart.max():.3f} mm"
    )


def main():
    asked = arguments()
    for path in (asked.landmarks, asked.cap):
        if path is not None and not path.is_file():
            print(f"skipped: no file {path}")
            sys.exit(0)
    head = HeadRequest(asked.head).load()
    print(f"{head.name}: {head.frame.description}")
    show_landmarks(head, asked.landmarks)
    show_electrodes(head, asked.cap)
    show_round_trip(head)


if __name__ == "__main__":
    main()
