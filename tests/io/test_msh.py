import gzip
import struct
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.errors import BadInputError, CortistimError, FileFormatError
from cortistim.io.mesh.msh import MshFile, read_mesh, read_msh, write_msh

NODES_MM = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10], [10.5, 10, 10]], float)
ASCII = b"""$MeshFormat
2.2 0 8
$EndMeshFormat
$PhysicalNames
1
3 2 "GM"
$EndPhysicalNames
$Nodes
4
10 0 0 0
20 10 0 0
35 0 10 0
7 0 0 10
$EndNodes
$Elements
4
1 15 2 0 1 10
2 2 2 1002 1 10 20 35
3 4 2 2 1 10 20 35 7
4 4 3 1 1 0 10 20 35 7
$EndElements
$NodeData
1
"v"
1
0
3
0
1
2
7 1.5
10 -2
$EndNodeData
"""


def _content():
    return MshFile(
        NODES_MM / 1e3,
        np.array([[0, 1, 2, 3], [1, 2, 3, 4]]),
        np.array([1, 2]),
        np.array([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 4]]),
        np.array([1001, 1001, 1001, 1002]),
        {"v": np.linspace(0, 1, 5)},
        {"E": np.arange(6.0).reshape(2, 3), "magnE": np.array([1.0, 2.0])},
        {"E": np.arange(12.0).reshape(4, 3), "magnE": np.arange(4.0)},
    )


def _gmsh_like(order="<"):
    """One block per element, a line before $EndNodes, a point and a line in between."""
    nodes = b"".join(struct.pack(order + "i3d", i + 1, *xyz) for i, xyz in enumerate(NODES_MM))
    blocks = [
        (15, 1, 1, 0, 1), (1, 2, 1, 0, 1, 2), (2, 3, 1002, 7, 1, 2, 3),
        *((4, i, tag, 9, 1, 2, 3, 4) for i, tag in zip(range(4, 60), [1, 2] * 28, strict=True)),
        (4, 60, 5, 9, 2, 3, 4, 5),
    ]  # fmt: skip
    elements = b"".join(
        struct.pack(f"{order}{2 + len(b)}i", b[0], 1, 2, *b[1:]) for b in blocks
    )
    return (
        b"$MeshFormat\n2.2 1 8\n" + struct.pack(order + "i", 1) + b"\n$EndMeshFormat\n"
        b"$Nodes\n5\n" + nodes + b"\n$EndNodes\n"
        b"$Elements\n%d\n" % len(blocks) + elements + b"\n$EndElements\n"
    )


# One tetrahedron and a second-order one, in volumes 7 (group 2) and 8 (group 20).
NODES_4 = [(3, 7, [(10, 0, 0, 0), (20, 10, 0, 0), (35, 0, 10, 0), (7, 0, 0, 10)]),
           (3, 8, [(40 + k, k, k * k, 20) for k in range(10)])]  # fmt: skip
ELEMENTS_4 = [(2, 3, 2, [(1, 10, 20, 35)]), (3, 7, 4, [(2, 10, 20, 35, 7)]),
              (3, 8, 11, [(3, *range(40, 50))])]  # fmt: skip
BLOCK_4 = struct.pack("<3iQ", 3, 7, 4, 1)
NAMES_4 = '$PhysicalNames\n3\n2 2 "pial"\n3 2 "grey matter"\n3 20 "skull"\n$EndPhysicalNames\n'


def _text_4():
    """Version 4.1 as text; entities are a point, a curve, a surface and two volumes."""
    box = "0 0 0 1 1 1"
    entities = (
        f"1 1 1 2\n1 0 0 0 0\n1 {box} 0 2 1 -1\n3 {box} 1 2 1 1\n"
        f"7 {box} 1 -2 1 3\n8 {box} 1 20 0\n"
    )
    nodes = "".join(
        f"{dim} {entity} 0 {len(rows)}\n"
        + "".join(f"{row[0]}\n" for row in rows)
        + "".join(f"{x} {y} {z}\n" for _, x, y, z in rows)
        for dim, entity, rows in NODES_4
    )
    elements = "".join(
        f"{dim} {entity} {kind} {len(rows)}\n"
        + "".join(" ".join(map(str, row)) + "\n" for row in rows)
        for dim, entity, kind, rows in ELEMENTS_4
    )
    return (
        f"$MeshFormat\n4.1 0 8\n$EndMeshFormat\n{NAMES_4}$Entities\n{entities}$EndEntities\n"
        f"$Nodes\n2 14 7 49\n{nodes}$EndNodes\n$Elements\n3 3 1 3\n{elements}$EndElements\n"
    ).encode()


def _binary_4(order="<"):
    """Return the same in binary, with parameters of a curve's nodes to be stepped over."""
    box = struct.pack(order + "6d", 0, 0, 0, 1, 1, 1)

    def pack(form, *values):
        return struct.pack(order + form, *values)

    entities = (
        pack("4Q", 1, 1, 1, 2)
        + pack("i3dQ", 1, 0, 0, 0, 0)
        + pack("i", 1) + box + pack("QQ2i", 0, 2, 1, -1)
        + pack("i", 3) + box + pack("QiQi", 1, 2, 1, 1)
        + pack("i", 7) + box + pack("QiQi", 1, -2, 1, 3)
        + pack("i", 8) + box + pack("QiQ", 1, 20, 0)
    )  # fmt: skip
    nodes = pack("4Q", 3, 15, 1, 49) + pack("3iQQ4d", 1, 1, 1, 1, 1, 0, 0, 0, 0.5)
    for dim, entity, rows in NODES_4:
        nodes += pack("3iQ", dim, entity, 0, len(rows))
        nodes += b"".join(pack("Q", row[0]) for row in rows)
        nodes += b"".join(pack("3d", *row[1:]) for row in rows)
    elements = pack("4Q", 3, 3, 1, 3)
    for dim, entity, kind, rows in ELEMENTS_4:
        elements += pack("3iQ", dim, entity, kind, len(rows))
        elements += b"".join(pack(f"{len(row)}Q", *row) for row in rows)
    return (
        b"$MeshFormat\n4.1 1 8\n" + pack("i", 1) + b"\n$EndMeshFormat\n" + NAMES_4.encode()
        + b"$Entities\n" + entities + b"\n$EndEntities\n"
        + b"$Nodes\n" + nodes + b"\n$EndNodes\n"
        + b"$Elements\n" + elements + b"\n$EndElements\n"
    )  # fmt: skip


@cache
def _samples():
    return ASCII, _gmsh_like("<"), _gmsh_like(">"), _text_4(), _binary_4("<"), _binary_4(">")


@pytest.fixture
def saved(tmp_path):
    def save(data, name="x.msh"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return save


def test_what_is_written_is_read_back(tmp_path):
    before = _content()
    write_msh(tmp_path / "a.msh", before)
    after = read_msh(tmp_path / "a.msh")
    np.testing.assert_allclose(after.nodes_m, before.nodes_m, atol=1e-16)
    for name in ("tets", "tet_tags", "triangles", "triangle_tags"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    for name in ("node_data", "tet_data", "triangle_data"):
        assert getattr(after, name).keys() == getattr(before, name).keys()
        for key, values in getattr(before, name).items():
            np.testing.assert_array_equal(getattr(after, name)[key], values)


def test_a_second_writing_gives_the_same_bytes(tmp_path):
    write_msh(tmp_path / "a.msh", _content())
    write_msh(tmp_path / "b.msh", read_msh(tmp_path / "a.msh"))
    assert (tmp_path / "a.msh").read_bytes() == (tmp_path / "b.msh").read_bytes()


def test_element_data_of_one_half_only_is_refused_and_leaves_no_file(tmp_path):
    half = MshFile(
        NODES_MM / 1e3, _content().tets, [1, 2], [[0, 1, 2]], [1001],
        tet_data={"magnE": np.ones(2)},
    )  # fmt: skip
    with pytest.raises(BadInputError, match="triangles and tetrahedra alike"):
        write_msh(tmp_path / "a.msh", half)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("order", ["<", ">"])
def test_blocks_of_one_element_and_other_types_are_read_in_both_byte_orders(saved, order):
    content = read_msh(saved(_gmsh_like(order)))
    np.testing.assert_allclose(content.nodes_m, NODES_MM / 1e3)
    assert content.tets.shape == (57, 4)
    np.testing.assert_array_equal(content.tet_tags[-3:], [1, 2, 5])
    np.testing.assert_array_equal(content.tets[-1], [1, 2, 3, 4])
    np.testing.assert_array_equal(content.triangles, [[0, 1, 2]])


def test_ascii_with_gaps_in_the_numbering_is_renumbered(saved):
    content = read_msh(saved(ASCII))
    np.testing.assert_array_equal(content.tets, [[0, 1, 2, 3]] * 2)
    np.testing.assert_array_equal(content.tet_tags, [2, 1])
    np.testing.assert_array_equal(content.node_data["v"], [-2, np.nan, np.nan, 1.5])


@pytest.mark.parametrize("data", [_text_4(), _binary_4("<"), _binary_4(">")])
def test_version_4_is_read_with_groups_names_and_corners(saved, data):
    content = read_msh(saved(data))
    np.testing.assert_array_equal(content.tet_tags, [2, 20])
    np.testing.assert_array_equal(content.tet_entities, [7, 8])
    np.testing.assert_array_equal(content.triangle_tags, [2])
    assert content.volume_names == {2: "grey matter", 20: "skull"}
    corners_mm = 1e3 * content.nodes_m[content.tets]
    np.testing.assert_allclose(corners_mm[0], NODES_MM[:4])
    np.testing.assert_allclose(corners_mm[1], [(k, k * k, 20) for k in range(4)])
    (note,) = content.notes
    assert "1 tetrahedra of the file are of second or higher order" in note
    assert len(content.mesh.nodes_m) == 8  # nodes on edges are of no use


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_text_4().replace(b" 1 -2 1 3", b" 2 2 5 1 3"), r"volume 7 is in \[2, 5\]"),
        (_text_4().replace(b"3 7 4 1\n", b"3 7 77 1\n"), "gmsh lists"),
        (_text_4().replace(b"$EndElements", b"8 9\n$EndElements"), "2 numbers too many"),
        (_text_4().replace(b"$Nodes\n2 14", b"$Nodes\n3 14"), "truncated"),
        (_text_4().replace(b"3 7 4 1\n2", b"3 7 4 1\n2.5"), "must be whole"),
        (_text_4().replace(b"$Entities", b"$PartitionedEntities").replace(
            b"$EndEntities", b"$EndPartitionedEntities"), "partitioned"),
        (_text_4().replace(b'3 2 "grey matter"', b"3 2 grey"), "PhysicalNames must have"),
        (_binary_4()[:-60], "truncated"),
        (_binary_4().replace(BLOCK_4, BLOCK_4[:12] + struct.pack("<Q", 2**40)), "truncated"),
        (_binary_4().replace(BLOCK_4, BLOCK_4[:12] + struct.pack("<Q", 2**60)), "beyond"),
    ],
)  # fmt: skip
def test_a_broken_file_of_version_4_is_named_with_its_fault(saved, data, words):
    assert data not in _samples()
    with pytest.raises(FileFormatError, match=words):
        read_msh(saved(data))


def test_tetrahedra_of_higher_order_are_read_at_their_corners(saved):
    middle = " ".join(["10"] * 6)
    data = ASCII.replace(b"3 4 2 2 1 10 20 35 7", f"3 11 2 2 1 10 20 35 7 {middle}".encode())
    content = read_msh(saved(data))
    assert content.mesh.digest == read_mesh(saved(ASCII)).digest
    assert "second or higher order" in content.notes[0]
    assert read_msh(saved(ASCII)).notes == ()


def test_hexahedra_would_leave_holes_and_are_refused(saved):
    data = ASCII.replace(b"3 4 2 2 1 10 20 35 7", b"3 5 2 2 1 10 20 35 7 10 20 35 7")
    with pytest.raises(FileFormatError, match="must be tetrahedra; got 1 hexahedra"):
        read_msh(saved(data))


def test_names_and_elementary_tags_of_volumes_are_kept(saved):
    content = read_msh(saved(ASCII))
    assert content.volume_names == {2: "GM"}
    np.testing.assert_array_equal(content.tet_entities, [1, 1])


def test_nodes_of_no_tetrahedron_are_left_out_of_the_mesh(saved):
    data = ASCII.replace(b"$Nodes\n4\n", b"$Nodes\n5\n99 1e7 0 0\n")
    assert len(read_msh(saved(data)).nodes_m) == 5
    assert read_mesh(saved(data)).digest == read_mesh(saved(ASCII)).digest


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("T1.nii.gz", gzip.compress(b"\0" * 400, mtime=0), "an image, not a mesh.*head build"),
        ("scan", b"\0" * 344 + b"n+1\0" + b"\0" * 9, "an image, not a mesh"),
        ("slice", b"\0" * 128 + b"DICM", "an image, not a mesh"),
        ("a.stl", b"solid a\n", "STL triangles, not a gmsh"),
        ("a.vtk", b"# vtk DataFile Version 3.0\n", "a VTK file, not a gmsh"),
        ("a.mat", b"MATLAB 5.0 MAT-file", "a MATLAB file, not a gmsh"),
    ],
)
def test_a_file_of_another_kind_is_called_by_it(saved, name, data, words):
    with pytest.raises(FileFormatError, match=words):
        read_mesh(saved(data, name))


def test_a_gzipped_mesh_is_the_same_mesh(saved):
    plain = read_mesh(saved(_gmsh_like()))
    packed = read_mesh(saved(gzip.compress(_gmsh_like(), mtime=0), "x.msh.gz"))
    assert plain.digest == packed.digest


def test_a_sphere_written_by_simnibs_has_its_volume(shared_file):
    mesh = read_mesh(shared_file("data/simnibs/sphere3.msh"))
    assert mesh.present_tags() == (3, 4, 5)
    ball_m3 = 4 / 3 * np.pi * 0.095**3
    assert mesh.volumes_m3.sum() == pytest.approx(ball_m3, rel=0.02)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a gmsh"),
        (b"solid nothing\n", "not a gmsh"),
        (b"$MeshFormat\n4 0 8\n", "msh22"),
        (b"$MeshFormat\n4.1 1 4\n", "8 bytes"),
        (b"$MeshFormat\n4.1 1 8\n", "truncated"),
        (b"$MeshFormat\nhello\n", "2.2 1 8"),
        (_gmsh_like()[:-400], "truncated"),
        (_gmsh_like()[:90], "truncated"),
        (ASCII[:200], "truncated"),
        (ASCII.replace(b"10 0 0\n35", b"10 nan 0\n35"), "finite"),
        (ASCII.replace(b"35 7\n4", b"35 8\n4"), "node 8"),
        (ASCII.replace(b"7 0 0 10", b"10 0 0 10"), "twice"),
        (ASCII.replace(b"20 10 0 0", b"20 ten 0 0"), "something else"),
        (ASCII.replace(b"$Nodes\n4", b"$Nodes\n5"), "states 5"),
        (ASCII.replace(b"$Nodes\n4", b"$Nodes\n999999999999999"), "truncated"),
        (ASCII.replace(b" 4 2 2 1", b" 4 2 -2 1"), "tags must be"),
        (gzip.compress(ASCII, mtime=0)[:-20], "gzipped"),
    ],
)
def test_a_broken_file_is_named_with_its_fault(saved, data, words):
    path = saved(data)
    with pytest.raises(FileFormatError, match=words) as caught:
        read_mesh(path)
    assert str(path) in str(caught.value)


def test_a_mesh_of_triangles_alone_is_no_head(saved):
    surface = ASCII.replace(b"$Elements\n4", b"$Elements\n2")
    surface = surface.replace(b"3 4 2 2 1 10 20 35 7\n4 4 3 1 1 0 10 20 35 7\n", b"")
    assert len(read_msh(saved(surface)).triangles) == 1
    with pytest.raises(FileFormatError, match="must have tetrahedra; got none"):
        read_mesh(saved(surface))


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(BadInputError, match=r"^file not found: .*nowhere\.msh"):
        read_mesh(tmp_path / "nowhere.msh")
    with pytest.raises(BadInputError, match=r"must be a file; .* is a folder"):
        read_mesh(tmp_path)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_damage_gives_anything_but_our_own_errors(tmp_path_factory, data):
    sample = bytearray(data.draw(st.sampled_from(_samples())))
    for _ in range(data.draw(st.integers(0, 4))):
        sample[data.draw(st.integers(0, len(sample) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(sample)) | st.just(len(sample)))
    path = tmp_path_factory.getbasetemp() / "damaged.msh"
    path.write_bytes(sample[:cut])
    try:
        mesh = read_mesh(path)
    except CortistimError:
        return
    assert np.isfinite(mesh.nodes_m).all()
    assert mesh.tets.max() < len(mesh.nodes_m)
