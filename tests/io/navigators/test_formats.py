import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from cortistim.errors import BadInputError, FileFormatError, PoseError
from cortistim.io.navigators import read_all_poses, read_one_pose, read_pose_file
from cortistim.io.navigators.matfile import variables
from cortistim.io.navigators.source import xml_in
from cortistim.units import matrix_mm_from_m

NAVIGATION = "data/simnibs/navigation"
HEADER = "# Version: 12\n# Coordinate system: NIfTI:Aligned\n# Units: millimetres, degrees\n"
AXES = (f"m{axis}n{part}" for axis in range(3) for part in range(3))
PLACE = "\t".join(["Loc. X", "Loc. Y", "Loc. Z", *AXES])
# on the vertex, handle to the back: Brainsight's y to the front and z up
UPRIGHT = "1\t2\t90\t1\t0\t0\t0\t1\t0\t0\t0\t1"


def saved(tmp_path, text, name="file.txt"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def matrix_mm(entry):
    return matrix_mm_from_m(entry.pose.matrix_m)


def localite(matrix, space="RAS"):
    cells = np.ndenumerate(np.array(matrix, float))
    told = " ".join(f'data{row}{column}="{x}"' for (row, column), x in cells)
    return (
        f'<InstrumentMarkerList coordinateSpace="{space}"><InstrumentMarker>'
        '<Marker description="m" set="true">'
        f"<Matrix4D {told}/></Marker></InstrumentMarker></InstrumentMarkerList>"
    )


def test_every_exported_file_is_read(shared_file):
    files = [p for p in shared_file(NAVIGATION).rglob("*") if p.is_file()]
    assert len(files) > 25
    for path in files:
        found = read_pose_file(path)
        assert found.refused == ()


@pytest.mark.parametrize(
    ("name", "poses", "dropped"),
    [
        ("brainsight/niiImage_niftialignedcoord_empty.txt", 0, 0),
        ("brainsight/niiImage_nifticoord_largefile.txt", 1394, 0),
        ("TMSTrigger/TriggerMarkers_Coil0_20210409170557579.xml", 0, 1052),
        ("TMSTrigger/TriggerMarkers_Coil1_20210409170557579.xml", 1052, 0),
        ("TMSTrigger/no_pos_data_TriggerMarkers_Coil0_20200220155529299.xml", 1, 959),
        ("softaxic/neuronav_coil_test.stmpx", 4, 0),
    ],
)
def test_untracked_pulses_are_counted(shared_file, name, poses, dropped):
    found = read_pose_file(shared_file(f"{NAVIGATION}/{name}"))
    assert (len(found.poses), sum(found.dropped.values())) == (poses, dropped)


def test_every_exported_coil_looks_into_the_head(shared_file):
    for path in shared_file(NAVIGATION).rglob("*"):
        if path.suffix not in (".mrk", ".stmpx", ".xml"):
            continue
        for entry in read_pose_file(path).poses:
            assert entry.pose.rotation[:, 2] @ entry.pose.origin_m < 0


def test_brainsight_axes_are_turned_round(tmp_path):
    path = saved(tmp_path, f"{HEADER}# Target Name\t{PLACE}\nT\t{UPRIGHT}\n")
    expected = np.diag([-1.0, 1, -1, 1])  # z down into the head, y to the front, off the handle
    expected[:3, 3] = 1, 2, 90
    np.testing.assert_allclose(matrix_mm(read_pose_file(path).poses[0]), expected)


@pytest.mark.parametrize("power", ["Stim. Power", "Stim. Power A"])
def test_brainsight_columns_are_found_by_name(tmp_path, power):
    table = f"# Sample Name\tEMG Peak-to-peak 1\t{power}\tTime\tDate\t{PLACE}\tAssoc. Target\n"
    rows = (
        f"S1\t812.5\t55\t10:00:01.5\t2024-02-22\t{UPRIGHT}\tGrid 1\n"
        f"S2\t(null)\t(null)\t10:00:03\t2024-02-22\t{UPRIGHT}\t(null)\n"
        "S3" + "\t(null)" * 17 + "\n"
    )
    found = read_pose_file(saved(tmp_path, HEADER + table + rows))
    first, second = found.poses
    assert (first.percent_mso, first.target, first.time_s) == (55, "Grid 1", 0)
    assert first.mep_v == pytest.approx((812.5e-6,))
    assert (second.time_s, second.target, second.mep_v) == (1.5, "", ())
    assert dict(found.dropped) == {"without a pose": 1}


def test_rotations_printed_with_three_decimals_are_made_exact(shared_file):
    found = read_pose_file(
        shared_file(f"{NAVIGATION}/brainsight/niiImage_niftialignedcoord.txt")
    )
    for entry in found.poses:
        r = entry.pose.rotation
        np.testing.assert_allclose(r.T @ r, np.eye(3), atol=1e-12)


@pytest.mark.parametrize("space", ["RAS", "LPS"])
def test_localite_axes_and_space_are_understood(tmp_path, space):
    flip = np.diag([-1.0, -1, 1, 1]) if space == "LPS" else np.eye(4)
    # on the vertex, handle to the back: x into the head, y along the handle, z to the right
    axes = np.array([[0, 0, -1, 10], [0, -1, 0, 20], [-1, 0, 0, 90], [0, 0, 0, 1.0]])
    found = read_pose_file(saved(tmp_path, localite(flip @ axes, space), "m.xml"))
    expected = np.array([[-1, 0, 0, 10], [0, 1, 0, 20], [0, 0, -1, 90], [0, 0, 0, 1.0]])
    np.testing.assert_allclose(matrix_mm(found.poses[0]), expected)
    assert found.frame.name == space


@pytest.mark.parametrize("matrix", [np.eye(4), np.zeros((4, 4)), np.full((4, 4), np.nan)])
def test_placeholders_stand_for_an_untracked_coil(tmp_path, matrix):
    for space in ("RAS", "LPS"):
        found = read_pose_file(saved(tmp_path, localite(matrix, space), "m.xml"))
        assert (found.poses, dict(found.dropped)) == ((), {"untracked": 1})


def test_softaxic_turns_about_the_axis_into_the_head(shared_file):
    found = read_pose_file(shared_file(f"{NAVIGATION}/softaxic/neuronav_coil_test.stmpx"))
    first = matrix_mm(found.poses[0])
    np.testing.assert_allclose(first[:3, 1], [-0.171625, 0.967445, -0.186001], atol=1e-5)
    np.testing.assert_allclose(first[:3, 0], [-0.335503, -0.234913, -0.912279], atol=1e-5)


def test_navinibs_points_away_from_the_head(tmp_path):
    matrix = np.diag([1.0, 1, 1, 1])
    matrix[:3, 3] = 0, 0, 90
    entries = [
        {"key": "T", "coilToMRITransf": matrix.tolist()},
        {"key": "by angle", "targetCoord": [0, 0, 60], "entryCoord": [0, 0, 90], "angle": 45},
    ]
    found = read_pose_file(saved(tmp_path, json.dumps(entries), "targets.json"))
    np.testing.assert_allclose(found.poses[0].pose.rotation, np.diag([-1, 1, -1]))
    assert dict(found.dropped) == {"without a pose": 1}


def test_a_navinibs_session_folder_is_read(tmp_path):
    matrix = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 90], [0, 0, 0, 1]]
    stamps = ("2024-01-01T10:00:00.000000", "2024-01-01T10:00:02.500000")
    samples = [
        {"key": f"S{n}", "timestamp": s, "coilToMRITransf": matrix, "targetKey": "T"}
        for n, s in enumerate(stamps)
    ]
    saved(tmp_path, json.dumps(samples), "SessionConfig_Samples.json")
    config = {"samples": "SessionConfig_Samples.json"}
    saved(tmp_path, json.dumps(config), "SessionConfig.json")
    found = read_pose_file(tmp_path)
    assert [(p.kind, p.time_s, p.target) for p in found.poses] == [
        ("sample", 0, "T"), ("sample", 2.5, "T"),
    ]  # fmt: skip
    saved(tmp_path, json.dumps({"samples": "../secret.json"}), "SessionConfig.json")
    with pytest.raises(FileFormatError, match="name a file of the session"):
        read_pose_file(tmp_path)


def test_invesalius_markers_without_orientation_are_no_poses(tmp_path):
    names = ("label", "alpha", "marker_type", "x_world", "y_world", "z_world",
             "alpha_world", "beta_world", "gamma_world", "mep_value")  # fmt: skip
    head = "##INVESALIUS3_MARKER_FILE_3\n" + "\t".join(f'"{n}"' for n in names) + "\n"
    rows = (
        '"coil"\t12.0\t4\t0\t0\t90\t0\t0\t90\t700.0\n'
        '"no angles"\tNone\t3\t0\t0\t90\t0\t0\t0\tNone\n'
        '"fiducial"\t0.0\t0\t0\t0\t90\t0\t0\t0\tNone\n'
    )
    found = read_pose_file(saved(tmp_path, head + rows, "m.mkss"))
    only = found.poses[0]
    assert (len(found.poses), found.dropped["without a pose"]) == (1, 2)
    assert only.mep_v == pytest.approx((7e-4,))
    # turned by 90 degrees about z: the coil's first axis points to the front, off the handle
    np.testing.assert_allclose(only.pose.rotation[:, 1], [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(only.pose.rotation[:, 2], [0, 0, -1], atol=1e-12)


def test_invesalius_files_without_world_columns_say_so(tmp_path):
    text = (
        '##INVESALIUS3_MARKER_FILE_0\n"x"\t"y"\t"z"\t"alpha"\t"beta"\t"gamma"\t"label"\n'
        '100.0\t-80.0\t190.0\t-20.0\t10.0\t5.0\t"M1"\n'
    )
    found = read_pose_file(saved(tmp_path, text, "m.mkss"))
    assert found.poses == ()
    assert "columns x_world to gamma_world are missing" in found.notes[0]


def test_invesalius_time_stamps_count_from_the_first(tmp_path):
    names = ("label", "alpha", "marker_type", "timestamp", "x_world", "y_world", "z_world",
             "alpha_world", "beta_world", "gamma_world")  # fmt: skip
    head = "##INVESALIUS3_MARKER_FILE_5\n" + "\t".join(f'"{n}"' for n in names) + "\n"
    rows = "".join(
        f'"P"\t12.0\t4\t"2026-08-06T14:33:0{second}"\t0\t0\t90\t0\t0\t90\n' for second in (1, 4)
    )
    found = read_pose_file(saved(tmp_path, head + rows, "m.mkss"))
    assert [entry.time_s for entry in found.poses] == [0.0, 3.0]
    assert found.notes == ()


@pytest.mark.parametrize("compressed", [False, True])
def test_simnibs_sessions_lists_and_stacks_are_read(tmp_path, compressed):
    matrix = np.diag([-1.0, 1, -1, 1])
    matrix[2, 3] = 90
    position = {"name": "C3", "matsimnibs": matrix, "didt": 2e6}
    by_centre = {"name": "C4", "matsimnibs": [], "centre": [1, 2, 3], "pos_ydir": [1, 2, 4]}
    session = {"poslist": {"type": "TMSLIST", "pos": position}}
    path = tmp_path / "s.mat"
    savemat(path, session | {"later": {"pos": by_centre}}, do_compression=compressed)
    found = read_pose_file(path)
    assert (found.poses[0].name, found.poses[0].didt_a_per_s) == ("C3", 2e6)
    assert dict(found.dropped) == {"without a pose": 1}
    savemat(path, {"matsimnibs": np.dstack([matrix] * 3)}, do_compression=compressed)
    assert len(read_pose_file(path).poses) == 3


def test_our_mat_reader_agrees_with_scipy(tmp_path):
    rng = np.random.default_rng(0)
    content = {
        "a": rng.normal(size=(3, 4, 2)),
        "b": rng.integers(-5, 5, (2, 7)).astype(np.int16),
        "words": "some words",
        "tree": {"x": np.float32(2.5), "inner": {"y": np.eye(3)}},
    }
    path = tmp_path / "x.mat"
    savemat(path, content)
    found = variables(path, path.read_bytes())
    np.testing.assert_array_equal(found["a"], content["a"])
    np.testing.assert_array_equal(found["b"], content["b"])
    assert found["words"] == "some words"
    np.testing.assert_array_equal(found["tree"][0]["inner"][0]["y"], np.eye(3))


def element(kind, body):
    return struct.pack("<II", kind, len(body)) + body + b"\0" * (-len(body) % 8)


def array(kind, shape, *parts):
    head = element(6, struct.pack("<II", kind, 0)) + element(5, struct.pack("<ii", *shape))
    return element(14, head + element(1, b"x") + b"".join(parts))


def nested(depth):
    """Return cells in cells; scipy's reader ends the interpreter when there are many."""
    inner = array(6, (1, 1), element(9, bytes(8)))
    for _ in range(depth):
        inner = array(1, (1, 1), inner)
    return inner


def packed(megabytes):
    size = megabytes * 2**20
    body = zlib.compress(array(6, (1, size // 8), element(9, bytes(size))), 9)
    return struct.pack("<II", 15, len(body)) + body


def announced(count):
    head = array(6, (1, count), b"")
    return head[:4] + struct.pack("<I", 8 * count) + head[8:]


@pytest.mark.parametrize(
    ("body", "words"),
    [(nested(40), "nested more than"), (packed(40), "packed into it"),
     (announced(2**28), "truncated or broken")],
    ids=["nested", "packed", "announced"],
)  # fmt: skip
def test_a_hostile_mat_file_is_refused_before_it_takes_memory(tmp_path, body, words):
    data = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<HH", 0x0100, 0x4D49) + body
    with pytest.raises(FileFormatError, match=words):
        variables(tmp_path / "x.mat", data)


def test_a_row_of_the_csv_gives_the_axis_into_the_head_first(tmp_path):
    path = saved(tmp_path, "CoilPos,0,0,95,0,0,-1,0,1,0,4,C\nGeneric,1,2,3,g\n", "p.csv")
    found = read_pose_file(path)
    np.testing.assert_allclose(found.poses[0].pose.rotation, np.diag([-1, 1, -1]))
    assert dict(found.dropped) == {"without a pose": 1}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("0.8\t0\t0\t0\t1\t0\t0\t0\t1", "must be rigid"),
        ("1\t0\t0\t0.1\t0.995\t0\t0\t0\t1", "must be rigid"),
        ("-1\t0\t0\t0\t1\t0\t0\t0\t1", "must not mirror"),
    ],
)
def test_sheared_and_mirrored_poses_are_refused(tmp_path, change, words):
    path = saved(tmp_path, f"{HEADER}# Target Name\t{PLACE}\nT\t1\t2\t90\t{change}\n")
    assert words in read_pose_file(path).refused[0]
    with pytest.raises(PoseError, match=words):
        read_one_pose(path)


def test_metres_are_not_taken_for_millimetres(tmp_path):
    row = UPRIGHT.replace("1\t2\t90", "0.001\t0.002\t0.09")
    path = saved(tmp_path, f"{HEADER}# Target Name\t{PLACE}\nT\t{row}\n")
    with pytest.raises(PoseError, match="in millimetres"):
        read_one_pose(path)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.txt", "nothing known", "no file of poses"),
        ("a.txt", "# Version: 12\n# Units: mm\n", "Coordinate system"),
        ("a.txt", HEADER.replace("millimetres", "inches"), "must be millimetres"),
        ("a.xml", "<svg/>", "InstrumentMarkerList or TriggerMarkerList"),
        ("a.xml", localite(np.eye(4), "LAS"), "RAS or LPS"),
        ("a.xml", "<a>" * 200, "nested"),
        ("a.xml", "<a", "not well-formed XML"),
        ("a.json", '{"poses": []}', "key matsimnibs"),
        ("a.json", '{"matsimnibs": [], "units": "m"}', "units must be mm"),
        ("a.json", "{", "not JSON"),
        ("a.mkss", "##INVESALIUS3_MARKER_FILE_3\nx\ty\n", "name the columns"),
        ("a.csv", "CoilPos,1,2,3,name\n", "nine numbers"),
        ("a.mat", "MATLAB 7.3 MAT-file", "version 5 to 7"),
        ("a.mat", "MATLAB 5.0 MAT-file".ljust(126) + "IM\x0e\0\0\0\0\xff", "truncated"),
    ],
)
def test_what_is_no_pose_file_is_refused(tmp_path, name, text, words):
    path = tmp_path / name
    path.write_bytes(text.encode("latin-1") + (b"\0" * 3 if "\x0e" in text else b""))
    with pytest.raises(BadInputError, match=words):
        read_pose_file(path)


def test_a_namespace_changes_no_names():
    root = xml_in("a.xml", b'<a xmlns="urn:x" xmlns:n="urn:y"><n:b c="1"/></a>')
    assert [(found.tag, found.attrib) for found in root.iter()] == [
        ("a", {}),
        ("b", {"c": "1"}),
    ]


def test_entities_are_never_expanded(tmp_path):
    bomb = '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><stmp>&y;</stmp>'
    outside = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><stmp>&x;</stmp>'
    for text in (bomb, outside):
        with pytest.raises(FileFormatError, match="entities"):
            read_pose_file(saved(tmp_path, text, "b.xml"))


def test_a_mat_file_cannot_grow_without_bound(tmp_path):
    path = tmp_path / "bomb.mat"
    savemat(path, {"a": np.zeros(6_000_000)}, do_compression=True)
    with pytest.raises(FileFormatError, match="MB are packed"):
        read_pose_file(path)


def test_one_pose_means_one(tmp_path):
    two = f"{HEADER}# Target Name\t{PLACE}\nT\t{UPRIGHT}\nU\t{UPRIGHT}\n"
    with pytest.raises(BadInputError, match="holds 2"):
        read_one_pose(saved(tmp_path, two))
    assert len(read_all_poses(saved(tmp_path, two))) == 2
    with pytest.raises(BadInputError, match="no pose"):
        read_all_poses(saved(tmp_path, HEADER))


def test_visor2_with_other_axes_is_refused(tmp_path):
    content = json.loads((Path(__file__).parent / "files" / "markers.mrk").read_text())
    content["TargetMarkers"][0]["CoilTarget"]["CoilAxesConvention"] = "other"
    with pytest.raises(FileFormatError, match="CoilAxesConvention must be simnibs"):
        read_pose_file(saved(tmp_path, json.dumps(content), "a.mrk"))
