"""Whatever an image is called and whatever its header says: it is read, or refused in words."""

import bz2
import gzip
import re
import struct
import time
from pathlib import Path

import numpy as np
import pytest

from cortistim.errors import BadInputError, CortistimError, FileFormatError
from cortistim.io import read_coil_nifti, read_volume_nifti
from cortistim.io.image.head_image import (
    orientation_notes,
    read_head_image,
    read_label_image,
)
from cortistim.io.image.opening import open_image
from cortistim.io.image.tensors import read_tensor_nifti
from cortistim.io.navigators.frames import read_image_forms
from cortistim.io.subject.m2m import warp_frame
from cortistim.io.surface.freesurfer import tk_of_volume_mm
from cortistim.io.table.atlas import read_atlas
from cortistim.study.head.labels import LabelSource

nibabel = pytest.importorskip("nibabel")
VALUES = np.arange(120, dtype=np.int16).reshape(4, 5, 6) % 7
AFFINE = np.array([[-1.0, 0, 0, 9], [0, 0, 1, -7], [0, -1, 0, 5], [0, 0, 0, 1]])
READERS = (
    read_head_image,
    read_label_image,
    read_volume_nifti,
    read_tensor_nifti,
    read_coil_nifti,
    read_image_forms,
    read_atlas,
)
FIELDS = {  # of the NIfTI-1 header: place and form
    "dim": (40, "8h"), "datatype": (70, "h"), "pixdim": (76, "8f"), "vox_offset": (108, "f"),
    "slope": (112, "f"), "inter": (116, "f"), "xyzt_units": (123, "B"), "qform": (252, "h"),
    "sform": (254, "h"), "quatern": (256, "3f"), "srow": (280, "12f"), "magic": (344, "4s"),
}  # fmt: skip


def nifti(values=VALUES, affine=AFFINE, kind=nibabel.Nifti1Image, codes=(1, 1)):
    image = kind(values, affine, dtype=values.dtype)
    image.set_qform(affine, code=codes[0])
    image.set_sform(affine, code=codes[1])
    image.header.set_xyzt_units("mm")
    return image.to_bytes()


def spoiled(**fields):
    content = bytearray(nifti())
    for name, value in fields.items():
        place, form = FIELDS[name]
        struct.pack_into(f"<{form}", content, place, *np.ravel(value).tolist())
    return bytes(content)


def written(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "name", ["T1.nii", "T1.nii.gz", "T1.NII", "T1.Nii.Gz", "noext", "T1.mgz", "a b.img"]
)
def test_the_content_decides_and_not_the_name(tmp_path, name, packed, kind):
    content = nifti(kind=kind)
    path = written(tmp_path / name, gzip.compress(content) if packed else content)
    labels, affine_m = read_label_image(path)
    assert np.array_equal(labels, VALUES)
    assert affine_m[:3] == pytest.approx(1e-3 * AFFINE[:3])
    image, notes = read_head_image(path)
    assert np.array_equal(image.values, VALUES)
    assert notes == ()
    assert np.array_equal(read_volume_nifti(path)[0], VALUES)
    assert read_image_forms(path).affine == pytest.approx(AFFINE)


@pytest.mark.parametrize(
    ("name", "neighbour"), [("scan", "scan.nii"), ("T.Nii.gz", "T.nii.gz")]
)
def test_the_header_is_that_of_the_same_bytes(tmp_path, name, neighbour):
    """A library that guesses names takes the header of the neighbour."""
    own = written(tmp_path / name, gzip.compress(nifti()) if "gz" in name else nifti())
    other = nifti(affine=np.diag([-2.0, 2, 2, 1]))
    written(tmp_path / neighbour, gzip.compress(other) if "gz" in name else other)
    for affine_m in (
        read_label_image(own)[1],
        read_head_image(own)[0].affine_m,
        read_volume_nifti(own)[1],
        1e-3 * read_image_forms(own).affine,
    ):
        assert affine_m[:3] == pytest.approx(1e-3 * AFFINE[:3])


def test_a_renamed_image_is_read(shared_file):
    for name in ("gz_named_nii.nii", "nii_named_gz.nii.gz"):
        image, _ = read_head_image(shared_file(f"data/cases/t1_gz_named_nii/{name}"))
        assert image.shape == (40, 44, 36)


def pair(folder, kind, gz=""):
    image = kind(VALUES, AFFINE)
    if kind is nibabel.Nifti1Pair:
        image.set_sform(AFFINE, code=1)
    image.to_filename(folder / f"T1.img{gz}")


@pytest.mark.parametrize("gz", ["", ".gz"])
@pytest.mark.parametrize("given", ["T1.hdr", "T1.img"])
def test_a_pair_is_read_by_either_name(tmp_path, given, gz):
    pair(tmp_path, nibabel.Nifti1Pair, gz)
    labels, affine_m = read_label_image(tmp_path / f"{given}{gz}")
    assert np.array_equal(labels, VALUES)
    assert affine_m[:3] == pytest.approx(1e-3 * AFFINE[:3])


def test_half_a_pair_names_the_other_half(tmp_path):
    pair(tmp_path, nibabel.Nifti1Pair)
    (tmp_path / "T1.hdr").rename(tmp_path / "away.hdr")
    with pytest.raises(FileFormatError, match=r"T1\.hdr with its header"):
        read_label_image(tmp_path / "T1.img")
    with pytest.raises(FileFormatError, match=r"away\.img with its voxels"):
        read_label_image(tmp_path / "away.hdr")
    renamed = written(tmp_path / "half.nii", (tmp_path / "away.hdr").read_bytes())
    with pytest.raises(FileFormatError, match=r"its name must end in \.hdr"):
        read_label_image(renamed)


def test_voxels_that_look_like_a_freesurfer_volume_stay_voxels(tmp_path):
    values = np.zeros((8, 8, 8), np.uint8)
    values[3, 0, 0] = 1
    image = nibabel.Nifti1Pair(values, AFFINE)
    image.to_filename(tmp_path / "mask.img")
    assert (tmp_path / "mask.img").read_bytes()[:4] == b"\0\0\0\1"
    assert np.array_equal(read_label_image(tmp_path / "mask.img")[0], values)


def test_analyze_is_read_and_told_to_have_no_sides(tmp_path):
    pair(tmp_path, nibabel.Spm2AnalyzeImage)
    (tmp_path / "T1.mat").unlink(missing_ok=True)
    image, notes = read_head_image(tmp_path / "T1.hdr")
    assert np.array_equal(image.values, VALUES)
    assert "Analyze files tell no orientation" in notes[0]
    side = "left" if image.affine_m[0, 0] < 0 else "right"
    assert f"run to the {side}, front, top" in notes[0]


def test_a_header_without_codes_is_told_as_the_affine_has_it(tmp_path):
    path = written(tmp_path / "T1.nii", nifti(affine=np.eye(4), codes=(0, 0)))
    image, notes = read_head_image(path)
    side = "left" if image.affine_m[0, 0] < 0 else "right"
    assert f"codes are 0); the voxel axes are taken to run to the {side}, front" in notes[0]
    assert orientation_notes(path) == notes
    assert orientation_notes(written(tmp_path / "a.nii", nifti())) == ()


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (b"\0" * 128 + b"DICM", "a DICOM file. Convert it with 'dcm2niix"),
        (b"NRRD0004\n# a comment\n", "an NRRD file"),
        (b"\x89HDF\r\n\x1a\n", "HDF5 file .MINC 2"),
        (b"CDF\x01", "a MINC 1 file"),
        (b"ObjectType = Image\nNDims = 3\n", "a MetaImage header"),
        (b"# === DATA DESCRIPTION FILE ===", "a Philips PAR file"),
        (b"\ntype  = string-attribute\nname  = ", "a header of AFNI"),
        (b"PK\x03\x04", "a zip archive"),
        (bz2.compress(b"T1"), "compressed with bzip2"),
        (b"nothing of the kind", "not a complete NIfTI"),
        (b"", "not a complete NIfTI.*it ends after 0 bytes"),
    ],
)
def test_what_is_no_image_is_named_and_the_way_out_told(tmp_path, first, words):
    path = written(tmp_path / "T1.nii.gz", first.ljust(400, b" ") if first else b"")
    for read in READERS:
        with pytest.raises(FileFormatError, match=words):
            read(path)


def test_a_folder_of_dicom_is_named(tmp_path):
    (tmp_path / "scan/series 1").mkdir(parents=True)
    written(tmp_path / "scan/series 1/IM0001", b"\0" * 128 + b"DICM" + b"\0" * 99)
    for read in READERS:
        with pytest.raises(BadInputError, match="a folder of DICOM files"):
            read(tmp_path / "scan")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match=r"this is a folder\. Name the file"):
        read_head_image(tmp_path / "empty")
    with pytest.raises(BadInputError, match="file not found"):
        read_head_image(tmp_path / "missing.nii.gz")
    with pytest.raises(BadInputError, match=r"cannot be read|no such file"):
        read_head_image(tmp_path / ("x" * 5000))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dim": [2, 4, 5, 1, 1, 1, 1, 1]}, "3 to 7 axes; its header says 2"),
        ({"dim": [9, 4, 5, 6, 1, 1, 1, 1]}, "3 to 7 axes"),
        ({"dim": [3, 4, -5, 6, 1, 1, 1, 1]}, r"every axis must have a voxel"),
        ({"dim": [3, 4, 0, 6, 1, 1, 1, 1]}, r"every axis must have a voxel"),
        ({"dim": [3, 4000, 5000, 6000, 1, 1, 1, 1]}, "states the shape"),
        ({"vox_offset": np.inf}, "vox_offset is inf"),
        ({"vox_offset": np.nan}, "vox_offset is nan"),
        ({"vox_offset": -352}, "vox_offset is -352"),
        ({"vox_offset": 0}, "vox_offset is 0"),
        ({"vox_offset": 1e30}, "vox_offset is 1e"),
        ({"vox_offset": 1e9}, "states the shape"),
        ({"xyzt_units": 5}, "says 5, a code that does not exist"),
        ({"xyzt_units": 1}, "says meter"),
        ({"xyzt_units": 3}, "says micron"),
        ({"datatype": 32}, "these are complex"),
        ({"datatype": 1792}, "these are complex"),
        ({"datatype": 128}, "these are colours"),
        ({"datatype": 1}, "data type must be one of"),
        ({"datatype": -3}, "data type must be one of"),
        ({"slope": 2, "inter": np.inf}, "slope and intercept must be finite"),
        ({"magic": b"abc"}, "not a complete NIfTI"),
    ],
)
def test_impossible_headers_are_refused_in_words(tmp_path, fields, words):
    content = spoiled(**fields)
    plain, packed = tmp_path / "a.nii", tmp_path / "b.nii.gz"
    written(plain, content)
    written(packed, gzip.compress(content))
    for path in (plain, packed):
        with pytest.raises(FileFormatError, match=words):
            read_volume_nifti(path)
        for read in (read_head_image, read_label_image, read_atlas):
            with pytest.raises(FileFormatError, match=words):
                read(path)
        for read in (read_tensor_nifti, read_coil_nifti):
            with pytest.raises(FileFormatError):
                read(path)
    if "states" not in words:  # the frame is read without the voxels
        with pytest.raises(FileFormatError, match=words):
            read_image_forms(plain)


@pytest.mark.parametrize(
    "fields",
    [
        {"dim": [7, *[32767] * 7]},
        {"quatern": [9, 9, 9], "sform": 0},
        {"srow": np.zeros(12), "qform": 0},
        {"srow": np.full(12, np.nan), "qform": 0},
        {"srow": np.full(12, 3e38), "qform": 0},
        {"sform": 0, "qform": 0, "pixdim": [1, np.nan, 1, 1, 0, 0, 0, 0]},
    ],
)
def test_an_image_that_is_or_lies_nowhere_is_refused_by_every_reader(tmp_path, fields):
    path = written(tmp_path / "a.nii", spoiled(**fields))
    for read in READERS if "dim" not in fields else READERS[:5]:
        with pytest.raises(CortistimError):
            read(path)


def test_a_sform_that_leads_nowhere_does_not_hide_the_qform(tmp_path):
    path = written(tmp_path / "a.nii", spoiled(srow=np.zeros(12)))
    assert read_image_forms(path).affine == pytest.approx(AFFINE)
    assert read_head_image(path)[0].affine_m[:3] == pytest.approx(1e-3 * AFFINE[:3])


def test_labels_are_exact_and_refused_beyond_what_an_array_holds(tmp_path):
    """A float in single precision has no odd numbers above 2^24."""
    for value in (2**24 + 1, 2**31 - 1):
        labels = np.full((4, 5, 6), value, np.int64)
        path = written(tmp_path / "a.nii", nifti(labels))
        assert int(read_label_image(path)[0].max()) == value
    for value, dtype in ((2**31, np.uint32), (2**63, np.uint64), (-1, np.int16)):
        path = written(tmp_path / "a.nii", nifti(np.full((4, 5, 6), value, dtype)))
        with pytest.raises(BadInputError, match=f"it holds {value}"):
            read_label_image(path)


def test_scaled_labels_are_scaled_and_halves_refused(tmp_path):
    path = written(tmp_path / "a.nii", spoiled(slope=2, inter=1))
    assert np.array_equal(read_label_image(path)[0], 2 * VALUES + 1)
    with pytest.raises(BadInputError, match="whole numbers"):
        read_label_image(written(path, spoiled(slope=0.5, inter=0)))


def test_values_agree_with_nibabel_in_either_byte_order(tmp_path):
    rng = np.random.default_rng(4)
    for dtype in ("<i2", ">i2", "<u2", ">f4", "<f8", ">f8", "i1", "u1", "<i8"):
        values = (100 * rng.normal(size=(4, 5, 6))).astype(dtype)
        image = nibabel.Nifti1Image(values, AFFINE, dtype=values.dtype)
        image.header.set_slope_inter(0.25, -3)
        path = tmp_path / "a.nii"
        content = image.to_bytes()
        if dtype.startswith(">"):
            header = image.header.as_byteswapped(">")
            header["vox_offset"] = 352
            content = header.binaryblock + bytes(4) + values.tobytes("F")
        path.write_bytes(content)
        theirs = np.asarray(nibabel.load(path).dataobj)
        assert read_volume_nifti(path, keep_double=True)[0] == pytest.approx(theirs, rel=1e-6)
        assert read_volume_nifti(path)[0] == pytest.approx(theirs, rel=1e-6)


def mgh(**fields):
    content = bytearray(nibabel.MGHImage(VALUES.astype(np.int32), AFFINE).to_bytes())
    places = {"version": (0, "i"), "dims": (4, "4i"), "type": (20, "i"), "good": (28, "h")}
    for name, value in fields.items():
        place, form = places[name]
        struct.pack_into(f">{form}", content, place, *np.ravel(value).tolist())
    return bytes(content)


@pytest.mark.parametrize("name", ["aseg.mgz", "aseg.mgh", "aseg.MGZ", "aseg"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_freesurfer_volume_is_read_by_any_name(tmp_path, name, packed):
    content = gzip.compress(mgh()) if packed else mgh()
    labels, affine_m = read_label_image(written(tmp_path / name, content))
    assert np.array_equal(labels, VALUES)
    assert affine_m[:3] == pytest.approx(1e-3 * AFFINE[:3], abs=1e-6)
    assert orientation_notes(tmp_path / name) == ()
    written(tmp_path / name, mgh(good=0))
    assert "tells no orientation" in orientation_notes(tmp_path / name)[0]


def test_what_a_label_image_leaves_open_is_told_with_its_tissues(tmp_path):
    labels = 1 + np.arange(120, dtype=np.int16).reshape(4, 5, 6) % 5
    path = written(tmp_path / "labels.nii", nifti(labels, codes=(0, 0)))
    notes = LabelSource(path).read()[2]
    assert any("codes are 0); the voxel axes are taken to run to" in note for note in notes)
    clear = written(tmp_path / "clear.nii", nifti(labels))
    assert not any("voxel axes" in note for note in LabelSource(clear).read()[2])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"version": 2}, "says version 2"),
        ({"version": -1}, "says version -1"),
        ({"type": 8}, "type must be one of .* it says 8"),
        ({"dims": [4, 0, 6, 1]}, "the shape"),
        ({"dims": [4, -5, 6, 1]}, "the shape"),
        ({"dims": [2**31 - 1] * 3 + [1]}, "states the shape|affine must be finite"),
        ({"dims": [4000, 5000, 6000, 1]}, "states the shape"),
    ],
)
def test_impossible_freesurfer_volumes_are_refused_in_words(tmp_path, fields, words):
    for content in (mgh(**fields), gzip.compress(mgh(**fields))):
        path = written(tmp_path / "aseg.mgz", content)
        for read in (read_head_image, read_label_image, read_atlas, read_volume_nifti):
            with pytest.raises(FileFormatError, match=words):
                read(path)
        if "states" not in words:
            with pytest.raises(FileFormatError):
                tk_of_volume_mm(path)
    nii = written(tmp_path / "orig.mgz", nifti())
    with pytest.raises(FileFormatError, match="must be a FreeSurfer volume"):
        tk_of_volume_mm(nii)


def zeros(n_byte):
    return b"\0" * n_byte


def test_bombs_are_refused_quickly_and_without_their_memory(tmp_path):
    """A header that states what the file cannot hold, and a file that goes on and on."""
    import tracemalloc

    announcing = spoiled(dim=[3, 2000, 2000, 2000, 1, 1, 1, 1])[:352]
    unfolding = spoiled(dim=[4, 700, 700, 700, 1, 1, 1, 1])[:352]
    bombs = {
        "states.nii.gz": announcing + zeros(2**20),
        "goes on.nii.gz": nifti() + zeros(40 * 2**20),
        "unfolds.nii.gz": unfolding + zeros(2 * 700**3),
    }
    for name, content in bombs.items():
        path = written(tmp_path / name, gzip.compress(content, 1))
        del content
        tracemalloc.start()
        start_s = time.process_time()
        with pytest.raises(FileFormatError):
            read_volume_nifti(path)
        took_s = time.process_time() - start_s
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert took_s < 1
        assert most < 2**26


def test_a_flipped_bit_in_a_gzipped_image_is_noticed(tmp_path):
    """The checksum comes last, after what the header states."""
    content = bytearray(gzip.compress(nifti(), mtime=0))
    content[-8] ^= 1
    for read in (read_head_image, read_label_image, read_volume_nifti):
        with pytest.raises(FileFormatError, match="truncated or damaged"):
            read(written(tmp_path / "a.nii.gz", bytes(content)))


def test_an_image_cut_short_is_refused(tmp_path):
    voxels = len(nifti()) - 352
    whole = (nifti(), mgh()[: 284 + 2 * voxels], gzip.compress(nifti()), gzip.compress(mgh()))
    for content in whole:
        for length in (1, len(content) // 3, len(content) // 2, len(content) - 1):
            path = written(tmp_path / "a.nii.gz", content[:length])
            with pytest.raises(FileFormatError):
                read_label_image(path)


def test_headers_are_checked_before_voxels_are_read(tmp_path, monkeypatch):
    path = written(tmp_path / "a.nii", nifti())
    between = "cortistim.io.image.opening.between"
    monkeypatch.setattr(between, lambda *_: pytest.fail("voxels read"))
    assert open_image(path).shape == (4, 5, 6)
    assert read_image_forms(path).shape == (4, 5, 6)
    for read in (read_tensor_nifti, read_coil_nifti):
        with pytest.raises(FileFormatError):
            read(path)
    (tmp_path / "toMNI").mkdir()
    for name in ("Conform2MNI", "MNI2Conform"):
        written(tmp_path / f"toMNI/{name}_nonl.nii.gz", nifti())
    with pytest.raises(FileFormatError, match=r"a warp must have the axes .* got \(4, 5, 6\)"):
        warp_frame(tmp_path).to_mni_m(np.zeros((1, 3)))


def test_a_sheared_affine_ties_no_frame(tmp_path):
    """Brainsight's frame is tied to the voxel axes: a flat image has none."""
    flat = AFFINE[:3].copy()
    flat[0, 1] = 1e9
    path = written(tmp_path / "a.nii", spoiled(srow=flat, qform=0))
    for read in READERS:
        with pytest.raises(CortistimError):
            read(path)
    both = written(tmp_path / "b.nii", spoiled(srow=flat))
    assert read_image_forms(both).affine == pytest.approx(AFFINE)


def test_nobody_else_lets_a_library_open_an_image():
    """A library goes by the name, reads without bounds, and raises what it likes."""
    source = Path(__file__).parents[2] / "src" / "cortistim"
    loads = re.compile(r"from_filename|from_bytes\(content|from_file_map|nibabel.*\bload\b")
    places = {p.name for p in source.rglob("*.py") if loads.search(p.read_text("utf-8"))}
    assert places == {"gifti_read.py"}  # behind a guard of its own
