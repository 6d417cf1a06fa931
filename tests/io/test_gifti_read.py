import base64
import gzip
import time
import tracemalloc
import zlib

import numpy as np
import pytest

from cortistim.errors import FileFormatError
from cortistim.io.surface.cortex_folder import read_cortical_surfaces
from cortistim.io.surface.gifti_read import read_columns_gifti, read_surface_gifti

gifti = pytest.importorskip("nibabel.gifti.gifti")
COLUMNS = {"X": (-1, 0, 0), "Y": (0, 0, -1), "Z": (0, 1, 0), "C": (3, -17, 11)}
VOLUME = {
    f"VolGeom{column}_{axis}": str(value)
    for column, row in COLUMNS.items()
    for axis, value in zip("RAS", row, strict=True)
}
SHIFT = np.array([[1, 0, 0, 3.0], [0, 1, 0, -17], [0, 0, 1, 11], [0, 0, 0, 1]])


def write(path, points_mm, triangles, meta=(), system=None):
    arrays = [
        gifti.GiftiDataArray(
            np.asarray(points_mm, np.float32),
            intent="NIFTI_INTENT_POINTSET",
            datatype="NIFTI_TYPE_FLOAT32",
            coordsys=system or gifti.GiftiCoordSystem(0, 0, np.eye(4)),
            meta=gifti.GiftiMetaData(dict(meta)),
        ),
        gifti.GiftiDataArray(
            np.asarray(triangles, np.int32),
            intent="NIFTI_INTENT_TRIANGLE",
            datatype="NIFTI_TYPE_INT32",
        ),
    ]
    path.write_bytes(gifti.GiftiImage(darrays=arrays).to_bytes())


@pytest.fixture
def sphere(half_brain):
    points_m, triangles, _ = half_brain("left", 0.07, count=100)
    return 1e3 * points_m, triangles


def frame_of(tmp_path, sphere, meta=(), system=None):
    write(tmp_path / "lh.white.gii", *sphere, meta, system)
    stored = read_surface_gifti(tmp_path / "lh.white.gii")
    assert stored.vertices_mm == pytest.approx(sphere[0], abs=1e-4)
    return stored.scanner_from_file_mm


def test_a_file_that_says_nothing_is_taken_as_it_is(tmp_path, sphere):
    assert frame_of(tmp_path, sphere) is None


def test_freesurfers_own_gifti_is_shifted_by_its_volume(tmp_path, sphere):
    assert frame_of(tmp_path, sphere, VOLUME) == pytest.approx(SHIFT)


def test_data_in_scanner_space_is_not_shifted_again(tmp_path, sphere):
    system = gifti.GiftiCoordSystem(1, 1, np.eye(4))
    assert frame_of(tmp_path, sphere, VOLUME, system) == pytest.approx(np.eye(4))


def test_a_middle_put_to_the_origin_means_shifted_already(tmp_path, sphere):
    meta = VOLUME | {f"VolGeomC_{axis}": "0.0" for axis in "RAS"}
    assert frame_of(tmp_path, sphere, meta) == pytest.approx(np.eye(4))


def test_a_matrix_to_scanner_space_is_applied_one_to_talairach_is_not(tmp_path, sphere):
    to_scanner, to_talairach = (gifti.GiftiCoordSystem(2, to, SHIFT) for to in (1, 3))
    assert frame_of(tmp_path, sphere, (), to_scanner) == pytest.approx(SHIFT)
    assert frame_of(tmp_path, sphere, (), to_talairach) is None


def test_a_broken_gifti_is_refused(tmp_path, sphere):
    path = tmp_path / "lh.white.gii"
    write(path, *sphere)
    content = path.read_bytes()
    for length in (0, 10, len(content) // 2, len(content) - 20):
        path.write_bytes(content[:length])
        with pytest.raises(FileFormatError):
            read_surface_gifti(path)
    write(path, sphere[0], sphere[1] + 50)
    with pytest.raises(FileFormatError, match="triangles name"):
        read_surface_gifti(path)


def test_values_are_read_by_name_and_surfaces_are_no_values(tmp_path, sphere):
    from cortistim.io import write_overlay_gifti

    write_overlay_gifti(tmp_path / "a.func.gii", {"magnitude": np.arange(4.0)})
    columns = read_columns_gifti(tmp_path / "a.func.gii")
    assert columns["magnitude"] == pytest.approx(np.arange(4.0))
    write(tmp_path / "lh.white.gii", *sphere)
    with pytest.raises(FileFormatError, match="columns of one length"):
        read_columns_gifti(tmp_path / "lh.white.gii")


def test_charm_surfaces_without_a_white_one_mirror_the_pial_one(tmp_path, half_brain):
    (tmp_path / "surfaces").mkdir()
    for side, letters in (("left", "lh"), ("right", "rh")):
        for name, radius_m in (("central", 0.070), ("pial", 0.0715)):
            points_m, triangles, unit = half_brain(side, radius_m)
            write(tmp_path / "surfaces" / f"{letters}.{name}.gii", 1e3 * points_m, triangles)
        write(tmp_path / "surfaces" / f"{letters}.sphere.reg.gii", 100 * unit, triangles)
    surfaces = read_cortical_surfaces(tmp_path)
    white_m = half_brain("left", 0.0685)[0]
    assert surfaces.left.ribbon.white_m == pytest.approx(white_m, abs=1e-6)
    assert surfaces.left.registered
    assert any("left white surface is missing" in text for text in surfaces.warnings)


ARRAY = (
    '<DataArray Intent="NIFTI_INTENT_{intent}" DataType="{kind}" Dimensionality="{axes}" '
    'ArrayIndexingOrder="RowMajorOrder" Dim0="{rows}" Dim1="3" Encoding="{encoding}" '
    'Endian="LittleEndian" ExternalFileName="" ExternalFileOffset="">'
    "<Data>{data}</Data></DataArray>"
)
SOUND = {
    "intent": "POINTSET", "kind": "NIFTI_TYPE_FLOAT32", "axes": 2, "rows": 4,
    "encoding": "GZipBase64Binary",
}  # fmt: skip


def packed(n_byte):
    """Pack zeros without ever holding them all."""
    deflate = zlib.compressobj(9)
    parts = [deflate.compress(bytes(2**22)) for _ in range(n_byte // 2**22)]
    parts += [deflate.compress(bytes(n_byte % 2**22)), deflate.flush()]
    return base64.b64encode(b"".join(parts)).decode()


def spelled(path, head="", **changes):
    array = ARRAY.format(**SOUND | {"data": packed(48)} | changes)
    root = f'<GIFTI Version="1.0" NumberOfDataArrays="1">{array}</GIFTI>'
    path.write_text(f'<?xml version="1.0"?>{head}{root}')
    return path


@pytest.mark.parametrize(
    ("rows", "words"),
    [(2**30 // 12, "announce more than a file of this size holds"), (4, "holds 49 or more")],
)
def test_a_bomb_is_refused_before_it_unfolds(tmp_path, rows, words):
    """A gigabyte of zeros in one and a half megabytes, announced or not."""
    path = spelled(tmp_path / "lh.white.gii", data=packed(2**30), rows=rows)
    for read in (read_surface_gifti, read_columns_gifti):
        tracemalloc.start()
        start_s = time.process_time()
        with pytest.raises(FileFormatError, match=words):
            read(path)
        took_s, (_, most) = time.process_time() - start_s, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert took_s < 1
        assert most < 2**25


def test_gzipped_xml_that_unfolds_is_refused(tmp_path):
    path = tmp_path / "lh.white.gii.gz"
    content = spelled(tmp_path / "a.gii").read_bytes()
    path.write_bytes(gzip.compress(content.replace(b"<GIFTI", b" " * 2**26 + b"<GIFTI"), 1))
    with pytest.raises(FileFormatError, match="unfold to more than"):
        read_surface_gifti(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rows": 5}, "states 60 bytes and holds 48"),
        ({"rows": "9" * 5000}, "whole numbers"),
        ({"rows": -4}, "whole numbers"),
        ({"axes": 7}, "one or two dimensions"),
        ({"axes": "x"}, "one or two dimensions"),
        ({"kind": "NIFTI_TYPE_COMPLEX64"}, "must hold numbers"),
        ({"kind": "NIFTI_TYPE_RGB24"}, "must hold numbers"),
        ({"encoding": "ExternalFileBinary"}, "must be ASCII, Base64Binary"),
        ({"encoding": "x" * 5000}, "must be ASCII, Base64Binary"),
        ({"data": "!!"}, "holds 0 or more|damaged"),
        ({"data": "AAAA"}, "damaged"),
        ({"head": '<!DOCTYPE x [<!ENTITY a "b">]>'}, "must declare no entities"),
        ({"data": "<a>" * 50 + "</a>" * 50}, "nested more than"),
    ],
)
def test_hostile_arrays_are_refused_in_words(tmp_path, changes, words):
    head = changes.pop("head", "")
    path = spelled(tmp_path / "lh.white.gii", head, **changes)
    for content in (path.read_text(), path.read_text().encode("utf-16").decode("utf-16")):
        for encoding in ("utf-8", "utf-16"):
            path.write_bytes(content.encode(encoding))
            with pytest.raises(FileFormatError, match=words) as caught:
                read_surface_gifti(path)
            assert len(str(caught.value)) < 400
