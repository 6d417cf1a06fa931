"""The readers that `fuzz_readers.py` feeds with broken files, and whole files to break.

A reader is a name, the ending of its files, the function that reads one, and a function that
writes a few small whole files to a folder and returns their paths. To add one, write such a
function and put a row into `READERS`. `tests/io/test_fuzz_registry.py` finds every function of
the package that opens a file and fails when no row here runs it.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fuzz_eeg import EEG_ROWS
from fuzz_emg import EMG
from fuzz_images import IMAGES
from fuzz_navigators import NAVIGATORS
from fuzz_own import OWN
from fuzz_series import SERIES_ROWS
from fuzz_surfaces import SURFACES

from cortistim import io
from cortistim.coil import (
    Channel,
    CoilAssembly,
    Dipoles,
    Element,
    Model,
    Parameter,
    SampledPotential,
    Segments,
    Shift,
    Turn,
    Waveform,
    named_coil,
)
from cortistim.head.mesher import layered_sphere
from cortistim.io.cell.morphology import read_morphology
from cortistim.io.image.head_image import read_label_image
from cortistim.io.image.tensors import read_tensor_nifti
from cortistim.io.mesh.stl import read_casing_stl
from cortistim.io.table.matrix import read_matrix
from cortistim.io.table.positions import read_positions_csv
from cortistim.placement import Pose
from cortistim.study.mapping.fitted import read_curves
from cortistim.study.mapping.replay import ReplayRequest, replay_threshold


@dataclass(frozen=True)
class Reader:
    """A function that takes a path, and the whole files from which mutants are made."""

    ending: str
    read: Callable[[Path], object]
    seeds: Callable[[Path], list[Path]]


def written(name, write, *contents):
    """Return a function that writes each content to a numbered file."""

    def seeds(folder):
        paths = []
        for number, content in enumerate(contents):
            paths.append(folder / f"{number}{name}")
            write(paths[-1], content)
        return paths

    return seeds


def small_assembly():
    """Return a coil with an element of every kind, every joint, and two channels."""
    tetrahedron = np.array([[0, 0, 0], [0.01, 0, 0], [0, 0.01, 0], [0, 0, -0.01]])
    faces = np.array([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]])
    grid = SampledPotential(
        np.random.default_rng(0).normal(size=(3, 3, 2, 3)) * 1e-6,
        np.array([[0.1, 0, 0, -0.1], [0, 0.1, 0, -0.1], [0, 0, 0.1, 0.0], [0, 0, 0, 1]]),
        np.eye(4),
    )
    corners = np.array([[0.02, 0, -0.01], [0, 0.02, -0.01], [-0.02, 0, -0.01]])
    time = np.linspace(0, 3e-4, 7)
    wave = Waveform(time, np.cos(2e4 * time), np.cos(2e4 * time), "wave")
    return CoilAssembly(
        "small",
        (
            Element(Dipoles(corners, np.eye(3) * 1e-3), 0, "left", 0, (0, 1)),
            Element(Segments(corners, np.roll(corners, -1, axis=0) - corners), 1, "right", 1),
            Element(grid, 1, "grid", None, (1,)),
        ),
        (Channel("one", "maker", 1e8, (wave,)), Channel("two")),
        (Shift("x", 0), Turn(np.zeros(3), np.array([0, 0, 0.01]), 1)),
        (Parameter(0, -5, 5), Parameter(1, 0, 20)),
        (Model(tetrahedron, faces, tetrahedron), Model(tetrahedron - 0.02, faces)),
        casing=0,
        exclusive=((1, 2),),
        brand="maker",
        version="1",
        limits_m=np.array([[-0.1, 0.1]] * 3),
        resolution_m=np.full(3, 0.05),
    )


def tcd_seeds(folder):
    """Write the small coil with packed arrays and with lists."""
    for name, packed in (("packed", True), ("listed", False)):
        io.write_tcd(folder / f"{name}.tcd", small_assembly(), packed=packed)
    return [folder / "packed.tcd", folder / "listed.tcd"]


def coil_nifti_seeds(folder):
    """Write one and two stimulators' potentials, gzipped and not."""
    box = {"limits_m": np.array([[-0.02, 0.02]] * 2 + [[0.01, 0.03]]), "resolution_m": 0.01}
    paths = [folder / "four.nii", folder / "five.nii.gz"]
    coil = small_assembly()
    one = CoilAssembly("one", (Element(coil.elements[0].current, 0),), (Channel("one"),))
    pair = (*one.elements, Element(coil.elements[1].current, 1))
    two = CoilAssembly("two", pair, coil.channels)
    for path, content in zip(paths, (one, two), strict=True):
        io.write_coil_nifti(path, content, **box)
    return paths


def coil_seeds(folder):
    """Write coils of every format."""
    return [*sidecar_seeds(folder), *tcd_seeds(folder), *coil_nifti_seeds(folder)]


def msh_seeds(folder):
    """Write a coarse ball as a mesh, binary and gzipped; and files of gmsh in text."""
    path = folder / "ball.msh"
    io.write_head_mesh(path, layered_sphere((0.05, 0.09), (2, 5), edge_m=0.04))
    packed = folder / "ball.msh.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    ascii_file = folder / "ascii.msh"
    ascii_file.write_text(
        "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n4\n1 0 0 0\n2 9 0 0\n3 0 9 0\n4 0 0 9\n"
        "$EndNodes\n$Elements\n1\n1 4 2 5 5 1 2 3 4\n$EndElements\n"
    )
    version_4 = folder / "version_4.msh"
    version_4.write_text(
        '$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$PhysicalNames\n1\n3 5 "scalp"\n'
        "$EndPhysicalNames\n$Entities\n0 0 0 1\n7 0 0 0 9 9 9 1 5 0\n$EndEntities\n"
        "$Nodes\n1 4 1 4\n3 7 0 4\n1\n2\n3\n4\n0 0 0\n9 0 0\n0 9 0\n0 0 9\n$EndNodes\n"
        "$Elements\n1 1 1 1\n3 7 4 1\n1 1 2 3 4\n$EndElements\n"
        '$NodeData\n1\n"v"\n1\n0\n3\n0\n1\n2\n1 1.5\n2 -2\n$EndNodeData\n'
    )
    return [path, packed, ascii_file, version_4]


def stl_seeds(folder):
    """Write a casing in binary and in words."""
    casing = small_assembly().models[0]
    io.write_stl(folder / "binary.stl", casing.vertices_m, casing.triangles)
    facets = "".join(
        "facet normal 0 0 1\nouter loop\n"
        + "".join(f"vertex {x} {y} {z}\n" for x, y, z in 1e3 * casing.vertices_m[corners])
        + "endloop\nendfacet\n"
        for corners in casing.triangles
    )
    (folder / "words.stl").write_text(f"solid s\n{facets}endsolid s\n")
    return [folder / "binary.stl", folder / "words.stl"]


def sidecar_seeds(folder):
    """Write dipoles, a casing and a recorded pulse side by side."""
    path = folder / "coil.ccd"
    io.write_ccd(path, named_coil("magstim_round_70mm"), casing=False)
    return [path]


def text(path, content):
    """Write text."""
    path.write_text(content)


POSE = Pose(np.array([[1, 0, 0, 0.01], [0, -1, 0, 0], [0, 0, -1, 0.1], [0, 0, 0, 1.0]]))
POSES = json.dumps({"matsimnibs": [np.eye(4).tolist()] * 2})
CAP = "Fiducial,0,90,-10,Nz\nElectrode,10.5,20,80,1,0,0,Cz\nReferenceElectrode,1,2,3,M1\n"
POINTS = "x_mm,y_mm,z_mm\n1,2,3\n-4,5.5,6e1\n"
PATHS = "x_mm,y_mm,z_mm\n0,0,-5\n9,0,-5\n9,9,-5\n\n0 0 -9\n9 0 -9\n0 9 -9\n"
VOLUME = np.random.default_rng(1).normal(size=(3, 4, 5))
WAVE = small_assembly().channels[0].waveforms[0]

SWC = """# a soma, a dendrite and an axon
1 1 0 0 0 8 -1
2 3 0 10 0 1 1
3 3 0 40 0 0.8 2
4 2 0 -10 0 0.6 1
5 2 0 -60 0 0.5 4
6 2 20 -90 0 0.4 5
"""
ASC = """; exported
("Cell Body" (CellBody) (5 0 0 1) (0 5 0 1) (-5 0 0 1) (0 -5 0 1))
((Dendrite) (0 5 0 2) (0 40 0 1.5) ((0 60 5 1) (0 80 8 1) | (5 60 0 1) (9 80 0 1)))
((Axon) (0 -5 0 1) (0 -60 0 0.8) (20 -90 0 0.6))
"""
TENSORS = np.tile(np.float32([1.5e-3, 0, 0, 4e-4, 0, 4e-4]), (4, 4, 4, 1))
LABELS = np.arange(64, dtype=np.uint8).reshape(4, 4, 4) % 4

READERS = {
    "ccd": Reader(".ccd", io.read_ccd, sidecar_seeds),
    "tcd": Reader(".tcd", lambda path: io.read_tcd(path).rigid(), tcd_seeds),
    "coil_nifti": Reader(
        ".nii.gz", lambda path: io.read_coil_nifti(path).rigid(), coil_nifti_seeds
    ),
    "stl": Reader(".stl", io.read_stl, stl_seeds),
    "casing": Reader(".stl", lambda path: read_casing_stl(path, np.zeros((0, 3))), stl_seeds),
    "waveform_tsv": Reader(
        ".tsv", io.read_waveform_tsv, written(".tsv", io.write_waveform_tsv, WAVE)
    ),
    "paths": Reader(".csv", io.read_paths, written(".csv", text, PATHS)),
    "mesh": Reader(".msh", io.read_mesh, msh_seeds),
    "volume_nifti": Reader(
        ".nii.gz",
        io.read_volume_nifti,
        written(".nii.gz", lambda p, v: io.write_volume_nifti(p, v, np.eye(4)), VOLUME),
    ),
    "pose": Reader(".json", io.read_pose, written(".json", io.write_pose, POSE)),
    "poses": Reader(".json", io.read_poses, written(".json", text, POSES)),
    "points_csv": Reader(".csv", io.read_points_csv, written(".csv", text, POINTS)),
    "matrix": Reader(".csv", read_matrix, written(".csv", text, "0,2.5\n2.5,0\n")),
    "positions_csv": Reader(".csv", read_positions_csv, written(".csv", text, CAP)),
    "sigma_json": Reader(
        ".json",
        lambda path: io.parse_sigma(str(path)),
        written(".json", text, '{"1": 0.126, "2": 0.275}'),
    ),
    "sigma_csv": Reader(
        ".csv",
        lambda path: io.parse_sigma(str(path)),
        written(".csv", text, "tag,sigma\n1,0.126\n2,0.275\n"),
    ),
}
READERS |= {
    "swc": Reader(".swc", read_morphology, written(".swc", text, SWC)),
    "asc": Reader(".asc", read_morphology, written(".asc", text, ASC)),
    "tensor_nifti": Reader(
        ".nii.gz",
        read_tensor_nifti,
        written(".nii.gz", lambda p, v: io.write_volume_nifti(p, v, np.eye(4)), TENSORS),
    ),
    "label_nifti": Reader(
        ".nii.gz",
        read_label_image,
        written(".nii.gz", lambda p, v: io.write_volume_nifti(p, v, np.eye(4)), LABELS),
    ),
}
TRIALS = """{"schema": "cortistim-threshold-log-1", "method": "posterior", "start_percent": 60,
 "criterion_uv": 50.0, "pulses": null, "half_width_percent": 4.0, "seed": null, "time": "",
 "version": "0"}
{"pulse": 1, "percent": 60.0, "response": true, "mep_uv": 80.5}
{"pulse": 2, "percent": 50.0, "response": false, "mep_uv": null}
{"pulse": 2, "percent": 50.0, "response": false, "undo": true}
{"pulse": 2, "percent": 52.0, "response": false, "mep_uv": 3}
""".replace(",\n ", ", ")
RESPONSES = "percent,mep_uv\n60,80.5\n52,3\n55,1e2\n"
SPAN = '{"mean": 60.0, "low": 50.0, "high": 70.0}'
CURVES = f"""{{"schema": "cortistim-curves-1", "intensity": "x", "response": "y", "unit": "uv",
 "criterion_uv": 50.0, "floor_uv": 50.0, "together": false, "curves": [{{"by": {{"who": "A"}},
 "threshold": {SPAN}, "s50": {SPAN}, "slope": {SPAN}, "plateau": {SPAN}, "pulses": 1,
 "censored": 0, "pareto_k": 0.1, "notes": [], "points": [[50, 80]], "band": [[50, 1, 2, 3]]}}],
 "groups": [], "contrasts": [], "between_people_percent": null,
 "within_person_percent": null, "notes": []}}"""
READERS |= {
    "curves": Reader(".json", read_curves, written(".json", text, CURVES)),
    "threshold_log": Reader(
        ".jsonl",
        lambda path: replay_threshold(ReplayRequest(path)),
        written(".jsonl", text, TRIALS),
    ),
    "responses": Reader(
        ".csv",
        lambda path: replay_threshold(ReplayRequest(path)),
        written(".csv", text, RESPONSES),
    ),
}
READERS |= {name: Reader(*row) for name, row in NAVIGATORS.items()}
READERS |= {name: Reader(*row) for name, row in SURFACES.items()}
READERS |= {name: Reader(*row) for name, row in IMAGES.items()}
READERS |= {name: Reader(*row) for name, row in OWN.items()}
READERS |= {name: Reader(*row) for name, row in EMG.items()}
READERS |= {name: Reader(*row) for name, row in EEG_ROWS.items()}
READERS |= {name: Reader(*row) for name, row in SERIES_ROWS.items()}
READERS |= {
    "coil": Reader(".ccd", io.read_coil, coil_seeds),
}
