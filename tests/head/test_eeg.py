import csv

import numpy as np
import pytest

from cortistim.errors import MissingAnatomyError
from cortistim.head.scalp import scalp_surface
from cortistim.head.space.eeg import TEMPLATE_FIDUCIALS_MNI_M, eeg_positions, onto
from cortistim.head.space.frames import AffineFrame

RADIUS_M = 0.090
MNI = AffineFrame(np.eye(4), "MNI space itself")
EQUATOR = {
    "Nz": np.array([0, RADIUS_M, 0]),
    "Iz": np.array([0, -RADIUS_M, 0]),
    "LPA": np.array([-RADIUS_M, 0, 0]),
    "RPA": np.array([RADIUS_M, 0, 0]),
}


@pytest.fixture(scope="module")
def scalp(smooth_ball):
    return scalp_surface(smooth_ball)


@pytest.fixture(scope="module")
def electrodes(scalp):
    return eeg_positions(scalp, MNI, EQUATOR)


def on_sphere(polar_deg, azimuth_deg):
    """Angle from the vertex, angle from the right ear towards the nose."""
    polar, azimuth = np.radians([polar_deg, azimuth_deg])
    flat = np.sin(polar)
    return RADIUS_M * np.array([flat * np.cos(azimuth), flat * np.sin(azimuth), np.cos(polar)])


@pytest.mark.parametrize(
    ("name", "polar_deg", "azimuth_deg"),
    [
        ("Cz", 0, 0),
        ("Fz", 36, 90),
        ("Fpz", 72, 90),
        ("Oz", 72, 270),
        ("C3", 36, 180),
        ("C4", 36, 0),
        ("T7", 72, 180),
        ("F7", 72, 144),
        ("Fp2", 72, 72),
        ("P8", 72, 324),
        ("F9", 90, 144),
    ],
)
def test_electrodes_of_a_sphere_are_at_their_angles(electrodes, name, polar_deg, azimuth_deg):
    gap_m = np.linalg.norm(electrodes[name] - on_sphere(polar_deg, azimuth_deg))
    assert gap_m < 1e-3


def test_electrodes_lie_on_the_scalp_and_mirror_left_to_right(scalp, electrodes):
    points_m = np.array([point for name, point in electrodes.items() if name not in EQUATOR])
    assert np.allclose(onto(scalp, points_m), points_m, atol=1e-9)
    for left, right in (("C3", "C4"), ("FT7", "FT8"), ("PO9", "PO10"), ("AF3", "AF4")):
        assert np.allclose(electrodes[left] * [-1, 1, 1], electrodes[right], atol=1e-3)


def test_the_set_is_complete_and_knows_the_old_names(electrodes):
    assert len(electrodes) >= 80
    for old, new in (("T3", "T7"), ("T4", "T8"), ("T5", "P7"), ("T6", "P8")):
        assert np.array_equal(electrodes[old], electrodes[new])


def test_a_known_electrode_stays_where_it_was_measured(scalp):
    measured = np.array([-0.05, 0.01, 0.07])
    assert np.array_equal(eeg_positions(scalp, MNI, EQUATOR | {"C3": measured})["C3"], measured)


def test_fiducials_in_another_unit_are_refused(scalp):
    in_mm = {name: 1e3 * point for name, point in EQUATOR.items()}
    with pytest.raises(MissingAnatomyError, match="fiducials must lie within 30 mm"):
        eeg_positions(scalp, MNI, in_mm)


def test_without_fiducials_the_frame_carries_those_of_the_template(scalp):
    template_m = np.array(list(TEMPLATE_FIDUCIALS_MNI_M.values()))
    matrix = np.eye(4)
    matrix[:3, 3] = template_m.mean(axis=0)
    matrix[1, 1] = np.ptp(template_m[:, 1]) / (2 * RADIUS_M)
    found = eeg_positions(scalp, AffineFrame(matrix, "template to sphere"), {})
    assert np.linalg.norm(found["Cz"] - [0, 0, RADIUS_M]) < 0.02
    matrix[:3, 3] = 0.1
    with pytest.raises(MissingAnatomyError, match="lies"):
        eeg_positions(scalp, AffineFrame(matrix, "far off"), {})


@pytest.fixture
def colin27(shared_file):
    from cortistim.io.mesh.msh import read_mesh

    found = read_mesh(shared_file("data/heads/colin27_240k.msh.gz"))
    return getattr(found, "mesh", found)


def test_a_real_head_agrees_with_positions_in_mni_space(colin27, shared_file):
    scalp = scalp_surface(colin27)
    path = shared_file("data/simnibs/caps/EEG10-10_UI_Jurak_2007.csv")
    rows = [row for row in csv.reader(path.open()) if "lectrode" in row[0]]
    published_m = {row[4]: np.array(row[1:4], float) / 1e3 for row in rows}
    found_m = eeg_positions(scalp, MNI, {})
    gaps_m = [np.linalg.norm(found_m[name] - point) for name, point in published_m.items()]
    assert np.mean(gaps_m) < 8e-3
    assert np.max(gaps_m) < 15e-3


def test_template_fiducials_lie_on_the_head_they_were_read_from(colin27):
    points_m = np.array(list(TEMPLATE_FIDUCIALS_MNI_M.values()))
    gaps_m = np.linalg.norm(onto(scalp_surface(colin27), points_m) - points_m, axis=1)
    assert gaps_m.max() < 2e-3
