"""Navigators' files for the fuzzer to break, one small whole set for each format.

Each row of `NAVIGATORS` is the ending of the files, the function that reads one, and a
function that writes whole files to a folder and returns their paths.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from cortistim.io.navigators import (
    WRITERS,
    NavigatedPose,
    read_all_poses,
    read_one_pose,
    read_pose_file,
    write_pose_file,
)
from cortistim.placement import Pose

ABOVE = np.array([[-1, 0, 0, 0.01], [0, 0.8, 0.6, -0.02], [0, 0.6, -0.8, 0.1], [0, 0, 0, 1]])
TARGET = NavigatedPose("hotspot", "target", Pose(ABOVE))
SAMPLE = NavigatedPose("S 1", "sample", Pose(ABOVE), 1.5, 45.0, 6e7, (5e-4,), "hotspot")
POSES = (TARGET, SAMPLE, replace(SAMPLE, name="S 2", time_s=6.25, mep_v=(2e-4, 1e-4)))
SUFFIX = {
    "cortistim": ".json", "brainsight": ".txt", "localite": ".xml", "localite-lps": ".xml",
    "visor2": ".mrk", "navinibs": ".json", "invesalius": ".mkss", "simnibs": ".mat",
    "csv": ".csv",
}  # fmt: skip
SOFTAXIC = """<!DOCTYPE stmp>
<stmp><fmpm dataset="1"><fmp global="0" id="P001"><fp m00="-0.171625" m01="0.335503"
m02="0.926273" m10="0.967445" m11="0.234913" m12="0.0941655" m20="-0.186001" m21="0.912279"
m22="-0.364897" x="-51.3255" y="2.26082" z="68.1565" id="8" ts="1629993666766"><f x="1" y="2"
z="3"/></fp></fmp></fmpm></stmp>
"""


def written(form):
    """Return a function that writes targets, samples, both and none."""

    def seeds(folder):
        parts = (POSES, POSES[:1], POSES[1:], ())
        paths = [folder / f"{n}{SUFFIX[form]}" for n in range(len(parts))]
        for path, poses in zip(paths, parts, strict=True):
            write_pose_file(path, poses, form)
        return paths

    return seeds


def packed_mat(folder):
    """Write MATLAB files with compressed parts, nested structs and stacks of matrices."""
    from scipy.io import savemat

    stack = np.repeat(np.diag([1.0, 1, 1, 1])[:, :, None], 3, axis=2)
    stack[:3, 3] = 50
    path = folder / "packed.mat"
    content = {"TMSLIST": {"pos": {"matsimnibs": stack}}, "poses": stack, "words": "text"}
    savemat(path, content, do_compression=True)
    return [path]


def softaxic(folder):
    """Write one stimulation point."""
    path = folder / "point.stmpx"
    path.write_text(SOFTAXIC)
    return [path]


def one_matrix(folder):
    """Write our oldest form, a bare matrix."""
    path = folder / "pose.json"
    matrix = np.where(np.eye(4)[3] * np.array([[1], [1], [1], [0]]) > 0, ABOVE * 1e3, ABOVE)
    path.write_text(json.dumps({"matsimnibs": matrix.tolist()}))
    return [path]


NAVIGATORS = {
    **{name: (SUFFIX[name], read_pose_file, written(name)) for name in WRITERS},
    "simnibs_packed": (".mat", read_pose_file, packed_mat),
    "softaxic": (".stmpx", read_pose_file, softaxic),
    "one_pose": (".json", lambda path: read_one_pose(Path(path)), one_matrix),
    "pose_argument": (".json", lambda path: read_all_poses(Path(path)), one_matrix),
}
