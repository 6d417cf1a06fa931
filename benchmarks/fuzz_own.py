"""Our own files for the fuzzer to break: operators, caches, head folders, protocols, answers.

Some of them are read only as part of a folder. `in_folder` makes such a folder once and puts
each mutant in the place of one of its files; + in a mutant's name stands for /.
"""

import json
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.spatial import ConvexHull

from cortistim import cache, io
from cortistim.coil import named_coil
from cortistim.errors import BadInputError
from cortistim.field.bars import ErrorShares
from cortistim.field.operator.file import load_operator, save_operator
from cortistim.field.operator.operator import FieldOperator, OperatorOrigin
from cortistim.head.distance import SignedDistance
from cortistim.head.mesher import layered_sphere
from cortistim.io.image.head_image import read_head_image
from cortistim.io.live.session_log import chained, line_of, read_session_log
from cortistim.io.navigators import read_pose_file, read_subject_poses
from cortistim.io.subject.m2m import read_landmarks, warp_frame
from cortistim.io.surface.cortex_folder import read_cortical_surfaces, registered_sphere
from cortistim.io.table.atlas import read_atlas
from cortistim.io.table.label_table import tissue_table
from cortistim.placement import Pose
from cortistim.protocol.file import read_protocol
from cortistim.records.live import LiveEntry
from cortistim.study.cohort.sheet import read_cohort, rows_of
from cortistim.study.head.steps import Steps
from cortistim.study.protocol.screening import ScreeningRequest, run_screening
from cortistim.study.pulse.dose import gain_of_plan

POSE = Pose(np.array([[1, 0, 0, 0.01], [0, -1, 0, 0], [0, 0, -1, 0.12], [0, 0, 0, 1.0]]))
_KEPT = tempfile.TemporaryDirectory()  # removed when the process ends
ROOT = Path(_KEPT.name)
GRID_M = np.diag([0.004, 0.004, 0.004, 1.0])
RECORD = {
    "kind": "cortistim-head-1", "name": "anna", "mni": "told", "notes": [],
    "tissues": [
        {"tag": 1, "name": "white matter", "sigma_siemens_per_m": 0.126, "source": "x"},
        {"tag": 5, "name": "lesion", "sigma_siemens_per_m": 1.6, "source": "given by the user"},
    ],
}  # fmt: skip
CAP = "Electrode,10.5,20,80,Cz\nFiducial,0,90,-10,Nz\nReferenceElectrode,1,2,3,M1\n"
PROTOCOL = """name: my rTMS
intensity: {percent: 80, of: aMT}
blocks:
- train: {rate_hz: 10, pulses: 40, trains: 75, rest_s: 26}
note: from the paper
sources: [huang2005]
"""
ANSWERS = "pregnancy: no\nfainting: yes\nmedications: [lithium, bupropion]\n"
COHORT = "people: [{id: anna, head: sphere, rmt: 52}]\ntargets: [C3]\nsetting: coarse\n"
PEOPLE = "participant_id\trmt\tage\n01\t52\t31\n02\tn/a\t40\n"
TABLE = "#No Name R G B A\n0 Background 0 0 0 0\n1 White-Matter 1 2 3 0\n2 Gray 1 2 3 0\n40,7\n"
PLAN = {"field": {"target_e_v_per_m": 80.5, "didt_a_per_us": 66.0, "peak_e_v_per_m": 99.0}}
SESSION = {"targets": "targets.json", "samples": "samples.json"}


def texts(contents, read):
    """Return a row for files of text by name."""

    def seeds(folder):
        for name, content in contents.items():
            (folder / name).write_text(content)
        return [folder / name for name in contents]

    return "", read, seeds


def in_folder(name, build, read, mutated):
    """Return a row whose mutants take a file's place in a folder that is read whole."""
    folder = ROOT / name

    def made():
        if not folder.exists():
            folder.mkdir()
            build(folder)
        return folder

    def seeds(target):
        flat = []
        for relative in mutated:
            flat.append(target / relative.replace("/", "+"))
            shutil.copy(made() / relative, flat[-1])
        return flat

    def read_replaced(path):
        place = made() / path.name.replace("+", "/")
        whole = place.read_bytes()
        try:
            place.write_bytes(path.read_bytes())
            return read(folder)
        finally:
            place.write_bytes(whole)

    return "", read_replaced, seeds


def operator_seeds(folder):
    """Write an operator of five points and two members."""
    rng = np.random.default_rng(0)
    corners = np.array([[0, 0, 0], [0.05, 0, 0], [0, 0.05, 0], [0, 0, 0.05]])
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    grid = np.ones((2, 2, 2), np.float32)
    outside = SignedDistance(corners, faces, grid, grid.astype(np.int32) * 0, np.eye(4))
    members, _ = np.linalg.qr(rng.normal(size=(12, 2)))
    origin = OperatorOrigin("ball", "0" * 16, "0" * 16, ("d70",), 2, 0, 1e-6, "harmonic", 3)
    shares = ErrorShares(np.zeros((5, 3, 3)), np.full(5, 0.05))
    operator = FieldOperator(
        rng.normal(size=(5, 3)) * 0.03, rng.normal(size=(15, 2)).astype(np.float32),
        rng.normal(size=(4, 3)) * 0.03, members, outside, origin, shares,
    )  # fmt: skip
    save_operator(operator, folder / "operator.npz")
    return [folder / "operator.npz"]


def evaluated(path):
    """Load an operator and evaluate it, as a command does."""
    coil = named_coil("magstim_round_70mm")
    return load_operator(path).evaluate(coil, POSE)


KEPT = {"numbers": np.arange(12.0).reshape(3, 4), "word": np.array("x")}


@contextmanager
def own_cache():
    """Point the cache to a folder of the fuzzer: no broken entry gets into the user's."""
    before = os.environ.get("CORTISTIM_CACHE")
    os.environ["CORTISTIM_CACHE"] = str(ROOT / "cache")
    try:
        yield
    finally:
        del os.environ["CORTISTIM_CACHE"]
        os.environ |= {} if before is None else {"CORTISTIM_CACHE": before}


def cache_entry(folder):
    """Write an entry of the cache."""
    with own_cache():
        cache.remembered("fuzz", "key", lambda: KEPT)
        entry = next(cache.folder().glob("fuzz-key*.npz"))
    shutil.copy(entry, folder / entry.name)
    return [folder / entry.name]


def remembered(path):
    """Take a broken entry from the cache: it is built again, never silently another."""
    with own_cache():
        shutil.copy(path, cache.folder() / path.name)
        _require_same(cache.remembered("fuzz", "key", lambda: KEPT))


def step_entry(folder):
    """Write a step of a head's folder."""
    Steps(folder).done("step", "key", lambda: KEPT)
    return [folder / "step.npz"]


def step(path):
    """Take a broken step of a head's folder."""
    _require_same(Steps(path.parent).done("step", "key", lambda: KEPT))


def _require_same(found):
    for name, array in KEPT.items():
        if not np.array_equal(found[name], array):
            msg = f"{name} silently has other values"
            raise AssertionError(msg)


def head_folder(folder):
    """Write a head of our own."""
    io.write_head_mesh(folder / "ball.msh", layered_sphere((0.05, 0.09), (1, 5), edge_m=0.04))
    (folder / "head.json").write_text(json.dumps(RECORD))


def head_of(folder):
    """Read a head of our own with its record."""
    return io.read_head(folder / "ball.msh", surfaces="none")


def m2m(folder):
    """Write landmarks and warps as charm does, and the matrix of older folders."""
    voxel = np.stack(np.meshgrid(*map(np.arange, (6, 6, 6)), indexing="ij"), axis=-1)
    there_mm = 1e3 * (voxel @ GRID_M[:3, :3].T)
    for name in ("eeg_positions", "toMNI"):
        (folder / name).mkdir()
    for name in ("Conform2MNI", "MNI2Conform"):
        io.write_volume_nifti(folder / f"toMNI/{name}_nonl.nii.gz", there_mm + 1e-3, GRID_M)
    (folder / "eeg_positions/EEG10-10_UI_Jurak_2007.csv").write_text(CAP)


def warped(folder):
    """Read landmarks, and carry a point through both warps."""
    frame = warp_frame(folder)
    point_m = np.array([[0.008, 0.009, 0.01]])
    return read_landmarks(folder), frame.to_mni_m(point_m), frame.to_subject_m(point_m)


def affine_m2m(folder):
    """Write the matrix that SimNIBS 3 kept."""
    (folder / "toMNI").mkdir()
    np.savetxt(folder / "toMNI/MNI2conform_12DOF.txt", np.eye(4))


def ball(side, radius_mm, count=60):
    """Return half a brain as a ball beside the middle."""
    turn = np.arange(count) + 0.5
    z, angle = 1 - 2 * turn / count, np.pi * (1 + 5**0.5) * turn
    flat = np.sqrt(1 - z**2)
    unit = np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=1)
    triangles = ConvexHull(unit).simplices
    inward = np.linalg.det(unit[triangles]) < 0
    triangles[inward] = triangles[inward][:, [0, 2, 1]]
    middle = np.array([-35.0 if side == "left" else 35.0, 0, 0])
    return radius_mm * unit + middle, triangles, unit


def subject(folder):
    """Write a FreeSurfer subject whose surfaces have no footer."""
    from nibabel import MGHImage, freesurfer

    for name in ("surf", "label", "mri/transforms"):
        (folder / name).mkdir(parents=True)
    axes = np.array([[-1.0, 0, 0, 4], [0, 0, 1, -4], [0, -1, 0, 4], [0, 0, 0, 1]])
    MGHImage(np.zeros((8, 8, 8), np.uint8), axes).to_filename(folder / "mri/orig.mgz")
    for side, letters in (("left", "lh"), ("right", "rh")):
        for name, radius_mm in (("white", 30.0), ("pial", 33.0)):
            points_mm, triangles, unit = ball(side, radius_mm)
            freesurfer.write_geometry(folder / f"surf/{letters}.{name}", points_mm, triangles)
        path = folder / f"surf/{letters}.sphere.reg"
        freesurfer.write_geometry(path, 100 * unit, triangles)
        freesurfer.write_morph_data(folder / f"surf/{letters}.thickness", np.full(60, 3.0))
        freesurfer.write_morph_data(folder / f"surf/{letters}.curv", unit[:, 2])
        colours = np.array([[10, 20, 30, 0], [200, 40, 0, 0]])
        freesurfer.write_annot(
            folder / f"label/{letters}.lobes.annot", (unit[:, 1] > 0).astype(int), colours,
            ["back", "front"], fill_ctab=True,
        )  # fmt: skip
    (folder / "mri/transforms/talairach.xfm").write_text(
        "Transform_Type = Linear;\nLinear_Transform =\n1 0 0 2\n0 1 0 0\n0 0 1 0;\n"
    )


def gifti_subject(folder):
    """Write surfaces under fMRIPrep's names."""
    from nibabel.gifti.gifti import GiftiDataArray, GiftiImage

    for side in ("left", "right"):
        for name, radius_mm in (("white", 30.0), ("pial", 33.0)):
            points_mm, triangles, _ = ball(side, radius_mm)
            arrays = [
                GiftiDataArray(points_mm.astype(np.float32), "NIFTI_INTENT_POINTSET"),
                GiftiDataArray(triangles.astype(np.int32), "NIFTI_INTENT_TRIANGLE"),
            ]
            path = folder / f"sub-01_hemi-{side[0].upper()}_{name}.surf.gii"
            path.write_bytes(GiftiImage(darrays=arrays).to_bytes())


def cortex(folder):
    """Read both hemispheres of a subject."""
    return read_cortical_surfaces(folder)


def sphere_of(folder):
    """Read a template's sphere."""
    return registered_sphere(folder, "left")


def session(folder):
    """Write a session's folder as NaviNIBS keeps one."""
    matrix = np.eye(4)
    matrix[2, 3] = 80
    entry = {"ID": "a", "coilToMRITransf": matrix.tolist()}
    told = [{"key": "b", **entry, "timestamp": "2024-01-02 03:04:05.6"}]
    (folder / "SessionConfig.json").write_text(json.dumps(SESSION))
    (folder / "targets.json").write_text(json.dumps([entry]))
    (folder / "samples.json").write_text(json.dumps(told))


BRAINSIGHT = """# Version: 13
# Coordinate system: Brainsight
# Units: millimetres, degrees, milliseconds, and microvolts
# Encoding: UTF-8
# Notes: Each column is delimited by a tab.
# Target Name\tLoc. X\tLoc. Y\tLoc. Z\tm0n0\tm0n1\tm0n2\tm1n0\tm1n1\tm1n2\tm2n0\tm2n1\tm2n2
M1\t3\t2\t1\t1\t0\t0\t0\t1\t0\t0\t0\t1
"""


def image_and_poses(folder):
    """Write a T1 and poses in the frame that needs it."""
    io.write_volume_nifti(folder / "T1.nii.gz", np.arange(64).reshape(4, 4, 4), GRID_M)
    (folder / "poses.txt").write_text(BRAINSIGHT)


def carried(folder):
    """Carry the poses into the frame of the image."""
    return read_subject_poses(folder / "poses.txt", folder / "T1.nii.gz")


def atlas_and_names(folder):
    """Write an atlas with a table of its names."""
    labels = np.arange(64).reshape(4, 4, 4) % 3
    io.write_volume_nifti(folder / "atlas.nii.gz", labels, GRID_M)
    (folder / "names.txt").write_text("1 Precentral_L 2001\n2\tInsula\n")


def scan_folder(folder):
    """Write a folder of scans."""
    (folder / "IM0001").write_bytes(bytes(128) + b"DICM" + bytes(99))


def refused_folder(folder):
    """Give a folder in place of an image: its files are looked at to say what it is."""
    with suppress(BadInputError):
        read_head_image(folder)


def screened(path):
    """Screen by a file of answers; the record goes to a place of its own."""
    return run_screening(ScreeningRequest(file=path, audit=ROOT / "audit.jsonl"))


def session_log():
    """Return a log of two entries."""
    begun = LiveEntry(entry=1, kind="begin", time_utc="2026", monotonic_s=1.0, said_by="x")
    first = chained(begun, "")
    undo = chained(replace(begun, entry=2, kind="undo", refers_to=1), first.chain)
    return (line_of(first) + line_of(undo)).decode()


OWN = {
    "operator": (".npz", evaluated, operator_seeds),
    "cache_entry": (".npz", remembered, cache_entry),
    "head_step": (".npz", step, step_entry),
    "head_record": in_folder("own", head_folder, head_of, ("head.json", "ball.msh")),
    "m2m_folder": in_folder(
        "m2m", m2m, warped,
        ("toMNI/Conform2MNI_nonl.nii.gz", "toMNI/MNI2Conform_nonl.nii.gz",
         "eeg_positions/EEG10-10_UI_Jurak_2007.csv"),
    ),
    "m2m_affine": in_folder("old", affine_m2m, warp_frame, ("toMNI/MNI2conform_12DOF.txt",)),
    "cortex_freesurfer": in_folder(
        "subject", subject, cortex,
        ("surf/lh.white", "surf/rh.pial", "surf/lh.thickness", "surf/rh.curv",
         "surf/lh.sphere.reg", "label/rh.lobes.annot", "mri/orig.mgz",
         "mri/transforms/talairach.xfm"),
    ),
    "template_sphere": in_folder("fsaverage", subject, sphere_of, ("surf/lh.sphere.reg",)),
    "cortex_gifti": in_folder(
        "fmriprep", gifti_subject, cortex,
        ("sub-01_hemi-L_white.surf.gii", "sub-01_hemi-R_pial.surf.gii"),
    ),
    "navinibs_session": in_folder(
        "session", session, read_pose_file,
        ("SessionConfig.json", "targets.json", "samples.json"),
    ),
    "poses_with_image": in_folder(
        "brainsight", image_and_poses, carried, ("poses.txt", "T1.nii.gz")
    ),
    "scan_folder": in_folder("scan", scan_folder, refused_folder, ("IM0001",)),
    "atlas_with_names": in_folder(
        "atlas", atlas_and_names,
        lambda folder: read_atlas(folder / "atlas.nii.gz", folder / "names.txt"),
        ("atlas.nii.gz", "names.txt"),
    ),
    "label_table": texts({"lut.txt": TABLE}, lambda path: tissue_table(str(path))),
    "deformation": texts(
        {"pose.json": json.dumps({"matsimnibs": [], "deformation": {"bend": 5.0}})},
        io.read_deformation,
    ),
    "plan": texts({"plan.json": json.dumps(PLAN)}, gain_of_plan),
    "protocol": texts(
        {
            "own.yaml": PROTOCOL,
            "own.json": json.dumps({
                "name": "x", "intensity": {"percent": 120, "of": "rMT"},
                "blocks": [{"train": {"rate_hz": 10, "pulses": 40, "trains": 75,
                                      "rest_s": 26}}],
            }),
        },
        read_protocol,
    ),
    "cohort": texts({"study.yaml": COHORT}, read_cohort),
    "people": texts({"people.tsv": PEOPLE}, rows_of),
    "session_log": texts({"log.jsonl": session_log()}, read_session_log),
    "screening": texts(
        {"a.yaml": ANSWERS, "a.json": json.dumps({"pregnancy": "no", "fainting": "yes"})},
        screened,
    ),
}  # fmt: skip
