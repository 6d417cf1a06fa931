"""What the tags and names of a mesh file mean, and which files are refused for them."""

import numpy as np
import pytest

from cortistim.errors import BadInputError, FileFormatError, MeshError
from cortistim.head.mesh import TetMesh
from cortistim.head.mesher import layered_sphere
from cortistim.io import read_head
from cortistim.io.table.tissue_names import AIR, FOREIGN, tissue_called


@pytest.fixture(scope="module")
def ball():
    return layered_sphere((0.07, 0.08, 0.09), (2, 4, 5), edge_m=0.03)


@pytest.fixture
def written(ball, tmp_path):
    """Return a writer of the ball as gmsh 2.2 text, with tags and names of one's own."""

    def write(tags=None, names=None, *, elementary=None, scale=1e3, mirror=False, mesh=ball):
        change, volumes = tags or {}, elementary or {}
        nodes = np.round(mesh.nodes_m * scale, 9) * ([-1, 1, 1] if mirror else [1, 1, 1])
        rows = [
            f"{k} 4 2 {change.get(tag, tag)} {volumes.get(tag, tag)} {a} {b} {c} {d}"
            for k, (tag, (a, b, c, d)) in enumerate(
                zip(mesh.tags.tolist(), (mesh.tets + 1).tolist(), strict=True), start=1
            )
        ]
        lines = [f'3 {tag} "{name}"' for tag, name in (names or {}).items()]
        named = ["$PhysicalNames", str(len(lines)), *lines, "$EndPhysicalNames"]
        path = tmp_path / "ball.msh"
        places = [f"{k} {x} {y} {z}" for k, (x, y, z) in enumerate(nodes.tolist(), start=1)]
        path.write_text("\n".join([
            "$MeshFormat", "2.2 0 8", "$EndMeshFormat", *(named if lines else []),
            "$Nodes", str(len(places)), *places, "$EndNodes",
            "$Elements", str(len(rows)), *rows, "$EndElements", "",
        ]))  # fmt: skip
        return path

    return write


def named(head):
    return {tissue.tag: tissue.name for tissue in head.tissues}


def test_a_name_gives_a_strange_tag_its_tissue_and_says_so(written, ball):
    path = written({2: 102, 4: 30}, {102: "GM", 30: "Skull", 5: "skin"})
    head = read_head(path)
    assert named(head) == {2: "grey matter", 4: "bone (average)", 5: "scalp"}
    np.testing.assert_array_equal(np.bincount(head.mesh.tags), np.bincount(ball.tags))
    (told,) = (text for text in head.warnings if "names" in text)
    assert "102 ('GM') became 2 (grey matter)" in told
    assert "30 ('Skull') became 4" in told


def test_the_user_may_speak_of_the_tag_in_the_file_or_of_the_tissue(written):
    path = written({2: 102}, {102: "grey matter"})
    for tag in (2, 102):
        (grey, *_) = read_head(path, sigma={tag: 0.3}).tissues
        assert (grey.tag, grey.sigma_siemens_per_m) == (2, 0.3)


def test_two_tags_of_one_tissue_become_one(written):
    path = written({2: 20, 4: 21}, {20: "gray matter left", 21: "gray matter right"})
    assert named(read_head(path)) == {2: "grey matter", 5: "scalp"}
    assert read_head(path, sigma={20: 0.3, 21: 0.3}).tissues[0].sigma_siemens_per_m == 0.3
    with pytest.raises(FileFormatError, match=r"tags \[20, 21\] are all grey matter"):
        read_head(path, sigma={20: 0.3})


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({2: "csf"}, "tag 2 is called 'csf'.*means grey matter.*'csf' to tag 3"),
        ({4: "gel"}, "tag 4 is called 'gel'.*'gel' to a tag above 12"),
        ({4: "air"}, "tag 4 is called 'air'"),
    ],
)
def test_a_name_that_contradicts_its_tag_is_refused_with_a_remedy(written, names, words):
    with pytest.raises(FileFormatError, match=words):
        read_head(written(names=names))
    with pytest.raises(FileFormatError, match=words):  # a conductivity does not move a layer
        read_head(written(names=names), sigma={next(iter(names)): 0.3})


def test_air_under_the_tag_of_eyes_is_refused_until_it_is_told_what_it_conducts(written):
    path = written({4: 6}, {6: "air"})
    with pytest.raises(FileFormatError, match=r"called 'air'.*means eyes.*such as 6=1e-06 S/m"):
        read_head(path)
    head = read_head(path, sigma={6: 1e-6})
    air = next(tissue for tissue in head.tissues if tissue.tag == 6)
    assert (air.name, air.sigma_siemens_per_m) == ("air", 1e-6)


def test_bone_may_be_any_kind_of_bone(written):
    assert read_head(written({4: 7}, {7: "skull"})).mesh.present_tags() == (2, 5, 7)
    with pytest.raises(FileFormatError, match="'spongy_bone' to tag 8"):
        read_head(written({4: 7}, {7: "spongy_bone"}))


def test_a_name_that_tells_nothing_is_told(written):
    head = read_head(written(names={4: "volume_2"}))
    assert any("'volume_2'" in text and "bone (average)" in text for text in head.warnings)
    with pytest.raises(FileFormatError, match="tag 40, called 'volume_2'"):
        read_head(written({4: 40}, {40: "volume_2"}))
    head = read_head(written({4: 40}, {40: "titanium"}), sigma={40: 1e4})
    assert named(head)[40] == "titanium"
    with pytest.raises(BadInputError, match="tag 40 must be positive"):
        read_head(written({4: 40}, {40: "titanium"}), sigma={40: 1e300})


def test_names_of_surfaces_and_of_absent_tags_do_not_matter(written):
    head = read_head(written(names={9: "skull", 77: "something"}))
    assert not any("called" in text for text in head.warnings)


def test_a_mesh_without_groups_is_refused_with_its_volumes_and_what_to_do(written):
    path = written({2: 0, 4: 0, 5: 0}, elementary={2: 11, 4: 12, 5: 13})
    for sigma in (None, {0: 0.33}):
        with pytest.raises(MeshError, match=r"no physical groups.*\[11, 12, 13\]") as caught:
            read_head(path, sigma=sigma)
    words = str(caught.value)
    assert 'Merge "ball.msh"; Physical Volume("grey matter", 2) = {11};' in words
    assert "gmsh tissues.geo -save -format msh22" in words


def test_a_part_without_a_group_is_counted(written, ball):
    path = written({4: 0}, elementary={4: 12})
    count = int((ball.tags == 4).sum())
    with pytest.raises(MeshError, match=rf"{count} tetrahedra have no physical groups"):
        read_head(path)
    assert read_head(path, sigma={0: 0.01}).mesh.present_tags() == (0, 2, 5)


@pytest.mark.parametrize(
    ("scale", "guess"),
    [(1, "in metres"), (100, "in centimetres"), (1e3 / 25.4, "in inches"),
     (1e4, "in tenths of a millimetre"), (1e6, "in micrometres")],
)  # fmt: skip
def test_a_mesh_in_another_unit_is_refused_with_the_guess(written, scale, guess):
    with pytest.raises(MeshError, match=guess):
        read_head(written(scale=scale))


@pytest.mark.parametrize("scale", [500, 1000, 2000])
def test_small_and_large_heads_are_heads(written, scale):
    assert read_head(written(scale=scale)).mesh.present_tags() == (2, 4, 5)


def test_a_far_node_of_no_tetrahedron_does_not_count(written, ball):
    far = TetMesh(np.vstack([ball.nodes_m, [[1e3, 0, 0]]]), ball.tets, ball.tags)
    path = written(mesh=far)
    head = read_head(path)
    assert np.ptp(head.mesh.nodes_m, axis=0).max() < 0.2
    assert np.ptp(head.scalp.vertices_m, axis=0).max() < 0.2


def test_a_mirrored_mesh_is_not_repaired_without_a_word(written):
    path = written(mirror=True)
    with pytest.raises(MeshError, match="may be mirrored, left for right"):
        read_head(path)
    head = read_head(path, repair=True)
    assert any("left and right are exchanged" in text for text in head.warnings)
    assert not any("exchanged" in t for t in read_head(written(), repair=True).warnings)


def test_missing_layers_are_told_and_kept_as_data(written, ball):
    head = read_head(written())
    assert head.missing_tissues == ("white matter", "cerebrospinal fluid")
    assert any("no white matter, no cerebrospinal fluid" in text for text in head.warnings)
    brain = TetMesh(ball.nodes_m, ball.tets, np.where(ball.tags == 5, 3, 2))
    head = read_head(written(mesh=brain))
    assert head.missing_tissues == ("white matter", "bone", "scalp")
    assert any("too strong" in text for text in head.warnings)


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("Left-Cerebral-White-Matter", 1), ("CC_Posterior", 1), ("Optic-Chiasm", 1),
        ("wm-lh-bankssts", 1), ("WM-hypointensities", 1), ("Left-VentralDC", 1),
        ("ctx-lh-bankssts", 2), ("ctx_rh_G_and_S_frontomargin", 2), ("ctx-lh-unknown", 2),
        ("non-WM-hypointensities", 2), ("Left-Accumbens-area", 2), ("Left-Insula", 2),
        ("GM", 2),
        ("Left-Inf-Lat-Vent", 3), ("3rd-Ventricle", 3), ("CSF", 3), ("Left-vessel", 3),
        ("Skull", 4), ("Cortical bone", 7), ("Compact_bone", 7), ("diploe", 8),
        ("skin", 5), ("Soft tissue", 5), ("Eye_balls", 6), ("Superior sagittal sinus", 9),
        ("Internal air", AIR), ("Frontal sinus", AIR), ("Unknown", AIR), ("Clear Label", AIR),
        ("electrode gel", FOREIGN), ("Left-Cerebral-Exterior", None), ("BoneOrAir", None),
        ("intracranial", None), ("Volume 1", None),
    ],
)  # fmt: skip
def test_names_mean_tissues(name, tag):
    assert tissue_called(name) == tag


def test_files_of_gmsh_are_refused_or_told_in_words(shared_file):
    for name, words in (
        ("mesh_in_metres/metres.msh", "in metres"),
        ("mesh_physical_names_ignored/air_is_6.msh", "called 'air'"),
        ("mesh_without_physical_groups/no_physical.msh", r"\[2, 3\]"),
    ):
        with pytest.raises(BadInputError, match=words):
            read_head(shared_file(f"data/cases/{name}"))
    brain = read_head(shared_file("data/cases/head_without_skull/brain_only.msh.gz"))
    assert brain.missing_tissues == ("bone", "scalp")
    whole = read_head(shared_file("data/cases/head_without_skull/whole.msh.gz"))
    assert whole.missing_tissues == ()
    assert whole.warnings == ()
    for name in ("hole", "nocsf", "noscalp"):
        head = read_head(shared_file(f"data/cases/hostile/num/{name}.msh"))
        assert any("borders on nothing" in text for text in head.warnings)
    sound = read_head(shared_file("data/cases/hostile/min/two.msh"))
    assert not any("borders on nothing" in text for text in sound.warnings)
