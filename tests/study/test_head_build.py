from collections import Counter
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from cortistim.errors import BadInputError, MeshError
from cortistim.head.mesher import MeshSizes, mesh_labels
from cortistim.head.segmentation import DeformedFrame
from cortistim.head.tissues import BONE, GREY
from cortistim.io import write_volume_nifti
from cortistim.io.image.head_image import read_head_image, read_label_image
from cortistim.records import json_text, read_record
from cortistim.records.head_quality import HeadFolderRecord, HeadQualityRecord
from cortistim.study.head import build as head_build
from cortistim.study.head.build import BuildRequest, run_head_build, write_head
from cortistim.study.head.masks import ExtraMask
from cortistim.viz.render.palette import tissue_grey

COARSE = MeshSizes(cortex_m=0.008, deep_m=0.012, surface_m=0.012, bulk_m=0.024)
PLATE, SIGMA = 20, 1.5


@pytest.fixture(scope="module")
def shipped():
    with np.load(str(files("cortistim.head") / "data" / "colin27.npz")) as kept:
        labels, affine_m = kept["labels"][::4, ::4, ::4], kept["affine_m"].copy()
    affine_m[:3, :3] *= 4
    return labels, affine_m


@pytest.fixture
def counted():
    return Counter()


@pytest.fixture
def asked(tmp_path, shipped, counted, monkeypatch):
    """Return a request whose T1 lies in MNI space already, to be meshed coarsely."""
    labels, affine_m = shipped
    grey = tissue_grey(labels)
    # the reader takes voxels of at most 2 mm
    fine = np.kron(grey, np.ones((2, 2, 2), np.float32))
    half_m = affine_m.copy()
    half_m[:3, :3] /= 2
    half_m[:3, 3] -= half_m[:3, :3].sum(axis=1) / 2
    write_volume_nifti(tmp_path / "t1.nii.gz", fine, half_m)
    tags = np.kron(labels, np.ones((2, 2, 2), np.int32))
    write_volume_nifti(tmp_path / "labels.nii.gz", tags, half_m)
    plate = np.zeros(tags.shape, np.int32)
    plate[20:60, 40:80] = tags[20:60, 40:80] == BONE
    write_volume_nifti(tmp_path / "plate.nii.gz", plate, half_m)
    write_volume_nifti(tmp_path / "small.nii.gz", plate[1:], half_m)

    def in_place(*_, **__):
        counted["registered"] += 1
        still = np.zeros((4, 4, 4, 3))
        wide_m = np.diag([0.1, 0.1, 0.1, 1.0])
        wide_m[:3, 3] = -0.15
        return DeformedFrame(np.eye(4), still, still, wide_m, "in MNI space already")

    def meshed(*given, **options):
        counted["meshed"] += 1
        return mesh_labels(*given, **options)

    monkeypatch.setattr(head_build, "register", in_place)
    monkeypatch.setattr(head_build, "mesh_labels", meshed)
    monkeypatch.setattr(head_build, "SIZES", COARSE)
    monkeypatch.setattr(head_build, "WARP_M", 8e-3)
    out = tmp_path / "head"
    return BuildRequest(
        t1=tmp_path / "t1.nii.gz", work_folder=out, labels=tmp_path / "labels.nii.gz"
    )


def test_a_plate_gets_its_conductivity_and_a_second_build_what_was_kept(asked, counted):
    plate = ExtraMask(asked.t1.parent / "plate.nii.gz", SIGMA)
    built = run_head_build(replace(asked, masks=(plate,)))
    record = write_head(built, asked.work_folder)
    tissue = next(one for one in built.head.tissues if one.tag == PLATE)
    assert (tissue.name, tissue.sigma_siemens_per_m) == ("plate", SIGMA)
    assert (built.head.mesh.tags == PLATE).any()
    kept = {path.name for path in asked.work_folder.iterdir()}
    assert {"labels.nii.gz", "head.msh", "quality.html", "head.json", "toMNI"} <= kept
    assert record.nodes == len(built.head.mesh.nodes_m)
    again = run_head_build(replace(asked, masks=(plate,)))
    assert (again.head.mesh.tets == built.head.mesh.tets).all()
    assert counted == {"registered": 1, "meshed": 1}


def test_a_mask_on_another_grid_is_refused_before_anything_is_made(asked):
    small = ExtraMask(asked.t1.parent / "small.nii.gz", SIGMA)
    with pytest.raises(BadInputError, match="grid"):
        run_head_build(replace(asked, masks=(small,)))
    assert not asked.work_folder.exists()


def test_two_masks_of_one_name_are_refused(asked):
    plate = ExtraMask(asked.t1.parent / "plate.nii.gz", SIGMA)
    with pytest.raises(BadInputError, match="plate is there twice"):
        run_head_build(replace(asked, masks=(plate, plate)))


def test_labels_edited_by_hand_are_kept_and_meshed_on_request(asked, counted):
    write_head(run_head_build(asked), asked.work_folder)
    path = asked.work_folder / "labels.nii.gz"
    labels, affine_m = read_label_image(path)
    first = np.argwhere(labels == GREY)[0]
    labels[tuple(first)] = 1
    write_volume_nifti(path, labels.astype(np.int32), affine_m)
    with pytest.raises(BadInputError, match="was edited since"):
        run_head_build(replace(asked, labels=None))
    assert (read_label_image(path)[0] == labels).all()
    built = run_head_build(replace(asked, labels=path))
    assert any("not of the segmentation" in note for note in built.notes)
    assert counted == {"registered": 1, "meshed": 2}


def test_a_refused_mesh_leaves_nothing_but_steps(asked, monkeypatch):
    def refused(_):
        msg = "the brain is too small."
        raise MeshError(msg)

    monkeypatch.setattr(head_build, "require_sound", refused)
    with pytest.raises(MeshError):
        run_head_build(asked)
    assert [path.name for path in asked.work_folder.iterdir()] == ["steps"]


def test_a_build_cut_off_between_labels_and_their_mark_is_not_taken_for_edited(asked):
    write_head(run_head_build(asked), asked.work_folder)
    path, mark = asked.work_folder / "labels.nii.gz", asked.work_folder / head_build.MARK
    labels, affine_m = read_label_image(path)
    labels[tuple(np.argwhere(labels == GREY)[0])] = 1
    old = mark.read_bytes()
    settling = asked.work_folder / ".settling-abcdefgh"
    (settling / "steps").mkdir(parents=True)
    head_build._write_labels(settling, labels, affine_m)
    (settling / "labels.nii.gz").replace(path)  # the process was killed after this move
    image, _ = read_head_image(asked.t1)
    own = replace(asked, labels=None)
    with pytest.raises(BadInputError, match="was edited since"):
        head_build._given_labels(own, image, set())
    head_build._require_folder(asked.work_folder)
    assert head_build._given_labels(own, image, set()) == (None, ())
    assert mark.read_bytes() != old
    mark.write_bytes(old[:-5])  # a damaged mark cannot vouch for the labels
    with pytest.raises(BadInputError, match="was edited since"):
        head_build._given_labels(own, image, set())


def test_the_records_of_a_head_are_read_back_as_they_were_written(asked):
    built = run_head_build(asked)
    record = write_head(built, asked.work_folder)
    assert read_record(HeadQualityRecord, json_text(record)) == record
    text = (asked.work_folder / "head.json").read_text(encoding="utf-8")
    told = read_record(HeadFolderRecord, text)
    assert told == head_build.head_folder_record(built.head, built.notes)
    assert json_text(told) == text


def test_a_build_writes_where_it_is_told_to(asked, tmp_path):
    built = run_head_build(asked)
    assert [path.name for path in asked.work_folder.iterdir()] == ["steps"]
    write_head(built, tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "head.msh").is_file()
