import gzip

import numpy as np
import pytest

from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.surface.cortex_folder import read_cortical_surfaces
from cortistim.io.surface.freesurfer import (
    read_annotation,
    read_surface,
    read_talairach_m,
    read_values,
    tk_of_volume_mm,
    write_values,
)

pytestmark = pytest.mark.oldest

freesurfer = pytest.importorskip("nibabel.freesurfer")
MGHImage = freesurfer.MGHImage
FOOTER = "the surface files' footer (shift 3, -17, 11 mm)"
SPHERE = "left surface is a topological sphere (Euler number 2)"


def test_a_footer_carries_a_surface_to_scanner_coordinates(freesurfer_folder, half_brain):
    surfaces = read_cortical_surfaces(freesurfer_folder)
    for half in surfaces.both:
        white_m, _, _ = half_brain(half.side, 0.0685)
        pial_m, _, _ = half_brain(half.side, 0.0715)
        assert half.ribbon.white_m == pytest.approx(white_m, abs=1e-6)
        assert half.ribbon.mid.vertices_m == pytest.approx((white_m + pial_m) / 2, abs=1e-6)
        outward = np.einsum("ij,ij->i", half.ribbon.mid.normals, half.ribbon.mid.vertices_m)
        assert np.median(outward) > 0.9 * 0.07
    assert any(FOOTER in note for note in surfaces.notes)
    assert any(SPHERE in note for note in surfaces.notes)


def test_maps_regions_and_spheres_come_along(freesurfer_folder):
    left = read_cortical_surfaces(freesurfer_folder).left
    assert left.ribbon.thickness_m == pytest.approx(3e-3)
    assert left.registered
    assert np.linalg.norm(left.sphere, axis=1) == pytest.approx(1)
    assert list(left.maps) == ["curv"]
    (lobes,) = left.parcels
    front = lobes.numbers == next(n for n, name in lobes.names.items() if name == "front")
    assert np.array_equal(front, left.sphere[:, 1] > 0)


def without_footer(folder):
    for path in (folder / "surf").iterdir():
        if path.name.endswith((".white", ".pial")):
            coordinates, triangles = freesurfer.read_geometry(path)
            freesurfer.write_geometry(path, coordinates, triangles)


def test_without_a_footer_the_volume_tells_the_shift(freesurfer_folder, half_brain):
    without_footer(freesurfer_folder)
    affine = np.array([[-1.0, 0, 0, 7], [0, 0, 1, -21], [0, -1, 0, 15], [0, 0, 0, 1]])
    volume = MGHImage(np.zeros((8, 8, 8), np.uint8), affine)
    volume.to_filename(freesurfer_folder / "mri" / "orig.mgz")
    surfaces = read_cortical_surfaces(freesurfer_folder)
    white_m = half_brain("left", 0.0685)[0]
    assert surfaces.left.ribbon.white_m == pytest.approx(white_m, abs=1e-6)
    assert any("mri/orig.mgz (shift 3, -17, 11 mm)" in note for note in surfaces.notes)


def test_without_footer_and_volume_the_surfaces_are_refused(freesurfer_folder):
    without_footer(freesurfer_folder)
    with pytest.raises(BadInputError, match=r"no volume info .* no mri/orig.mgz"):
        read_cortical_surfaces(freesurfer_folder)


def test_a_tilted_volume_turns_the_surface(tmp_path):
    cos, sin = np.cos(np.radians(10)), np.sin(np.radians(10))
    tilt = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    axes = tilt @ np.array([[-1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    affine = np.eye(4)
    affine[:3, :3] = axes
    affine[:3, 3] = [5, 6, 7] - axes @ [4, 4, 4]
    MGHImage(np.zeros((8, 8, 8), np.uint8), affine).to_filename(tmp_path / "orig.mgz")
    matrix = tk_of_volume_mm(tmp_path / "orig.mgz")
    assert matrix[:3, :3] == pytest.approx(tilt, abs=1e-6)
    assert matrix[:3, 3] == pytest.approx([5, 6, 7], abs=1e-5)


def test_surfaces_that_say_they_are_in_scanner_space_are_not_shifted(freesurfer_folder):
    path = freesurfer_folder / "surf" / "lh.white"
    content = path.read_bytes()
    tags = np.array([2, 0, 20], ">i4").tobytes()
    assert tags in content
    path.write_bytes(content.replace(tags, np.array([2, 1, 20], ">i4").tobytes()))
    assert np.array_equal(read_surface(path).scanner_from_file_mm, np.eye(4))


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("surf/lh.white", read_surface),
        ("surf/lh.thickness", read_values),
        ("label/lh.lobes.annot", read_annotation),
    ],
)
def test_a_file_cut_short_is_refused(freesurfer_folder, name, reader):
    path = freesurfer_folder / name
    content = path.read_bytes()
    whole = len(content) if name != "surf/lh.white" else content.index(b"valid") - 12
    for length in (0, 2, 3, 10, 15, 40, whole // 2, whole - 1):
        path.write_bytes(content[:length])
        with pytest.raises(FileFormatError, match="Copy or download it again"):
            reader(path)


def test_values_are_read_back_by_others(tmp_path):
    values = np.linspace(-1, 1, 20).astype(np.float32)
    write_values(tmp_path / "lh.field", values, 36)
    assert freesurfer.read_morph_data(tmp_path / "lh.field") == pytest.approx(values)
    assert read_values(tmp_path / "lh.field") == pytest.approx(values)


def test_the_talairach_matrix_leads_to_mni152(freesurfer_folder):
    matrix_m = read_talairach_m(freesurfer_folder / "mri/transforms/talairach.xfm")
    # the origin: 2 mm to the right by the file, then MNI305 to MNI152
    wanted_mm = np.array([0.9975 * 2 - 0.0429, 0.0146 * 2 + 1.5496, -0.0130 * 2 + 1.1840])
    assert 1e3 * matrix_m[:3, 3] == pytest.approx(wanted_mm, abs=1e-9)
    (freesurfer_folder / "bad.xfm").write_text("Linear_Transform = 1 2 3;")
    with pytest.raises(FileFormatError, match="three rows"):
        read_talairach_m(freesurfer_folder / "bad.xfm")


def test_hemispheres_that_changed_places_are_refused(freesurfer_folder):
    surf = freesurfer_folder / "surf"
    for left in list(surf.glob("lh.*")):
        right = surf / left.name.replace("lh.", "rh.")
        other = left.read_bytes()
        left.write_bytes(right.read_bytes())
        right.write_bytes(other)
    with pytest.raises(BadInputError, match="lh and rh are not exchanged"):
        read_cortical_surfaces(freesurfer_folder)


def test_surfaces_of_two_runs_are_refused(freesurfer_folder, half_brain):
    points_m, triangles, _ = half_brain("left", 0.0715, count=900)
    freesurfer.write_geometry(freesurfer_folder / "surf/lh.pial", 1e3 * points_m, triangles)
    MGHImage(np.zeros((8, 8, 8), np.uint8), np.eye(4)).to_filename(
        freesurfer_folder / "mri" / "orig.mgz"
    )
    with pytest.raises(BadInputError, match="the same run"):
        read_cortical_surfaces(freesurfer_folder)


def test_thickness_of_another_run_is_refused(freesurfer_folder):
    freesurfer.write_morph_data(freesurfer_folder / "surf/rh.thickness", np.ones(7))
    with pytest.raises(BadInputError, match="each of the 1500 vertices; it has 7"):
        read_cortical_surfaces(freesurfer_folder)


def test_a_missing_surface_is_named(freesurfer_folder):
    (freesurfer_folder / "surf/rh.pial").unlink()
    with pytest.raises(BadInputError, match=r"rh.white and rh.pial.* has white"):
        read_cortical_surfaces(freesurfer_folder)


def test_our_readers_agree_with_nibabels_on_whole_files(freesurfer_folder):
    """Nibabel's take paths only and believe the counts; on sound files they are the twins."""
    surf, label = freesurfer_folder / "surf", freesurfer_folder / "label"
    vertices_mm, triangles = freesurfer.read_geometry(surf / "lh.white")
    stored = read_surface(surf / "lh.white")
    assert np.array_equal(stored.vertices_mm, vertices_mm)
    assert np.array_equal(stored.triangles, triangles)
    theirs = freesurfer.read_morph_data(surf / "lh.curv")
    assert np.array_equal(read_values(surf / "lh.curv"), theirs)
    numbers, names = read_annotation(label / "lh.lobes.annot")
    labels, _, their_names = freesurfer.read_annot(label / "lh.lobes.annot")
    assert np.array_equal(numbers - 1, labels)
    assert [names[number].encode() for number in sorted(names)] == their_names


def test_a_colour_that_the_table_lacks_is_no_region(tmp_path):
    """Nibabel gives such a vertex the next region of the table, or fails."""
    path = tmp_path / "lh.x.annot"
    labels, colours = np.array([0, 1, 1, 0]), np.array([[10, 20, 30, 0], [200, 40, 0, 0]])
    freesurfer.write_annot(path, labels, colours, ["a", "b"], fill_ctab=True)
    content = bytearray(path.read_bytes())
    content[8:12] = (5).to_bytes(4, "big")  # vertex 0 gets a colour that is nobody's
    path.write_bytes(content)
    assert read_annotation(path)[0].tolist() == [0, 2, 2, 1]


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("surf/lh.white", read_surface),
        ("surf/lh.thickness", read_values),
        ("label/lh.lobes.annot", read_annotation),
    ],
)
def test_gzipped_files_are_read_and_bombs_refused(freesurfer_folder, name, reader):
    path = freesurfer_folder / name
    content = path.read_bytes()
    plain = reader(path)
    path.write_bytes(gzip.compress(content))
    packed = reader(path)
    if reader is read_surface:
        assert np.array_equal(packed.vertices_mm, plain.vertices_mm)
    path.write_bytes(gzip.compress(content + bytes(2**27), 1))
    with pytest.raises(FileFormatError, match="unfold to more than"):
        reader(path)


@pytest.mark.parametrize("count", [2**31 - 1, -1, -(2**31)])
def test_counts_beyond_the_file_are_refused_before_memory_is_taken(tmp_path, count):
    wide = np.array([count, count, 1, 0], ">i4").tobytes()
    heads = {
        "lh.white": (b"\xff\xff\xfecreated\n\n" + wide, read_surface),
        "lh.curv": (b"\xff\xff\xff" + wide, read_values),
        "lh.x.annot": (wide, read_annotation),
    }
    for name, (content, reader) in heads.items():
        (tmp_path / name).write_bytes(content + bytes(64))
        with pytest.raises(FileFormatError, match="Copy or download it again"):
            reader(tmp_path / name)
