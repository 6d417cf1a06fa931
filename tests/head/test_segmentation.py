import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.geometry import transform
from cortistim.head.quality.labels import assess
from cortistim.head.segmentation import DeformedFrame, Volume, Work, grid_points_m
from cortistim.head.segmentation.evenness import gain_of
from cortistim.head.segmentation.likeness import (
    require_brain_in,
    require_picture,
    require_whole_head,
)
from cortistim.head.segmentation.mixture import classify
from cortistim.head.segmentation.outline import closed, largest, opened
from cortistim.head.segmentation.segment import register
from cortistim.head.segmentation.template import CLASSES, load_template
from cortistim.head.segmentation.working import noise_of, quieted
from cortistim.head.space.affine import laid_over
from cortistim.head.space.deformable import inverse
from cortistim.head.space.rigid import aligned


@pytest.fixture(scope="module")
def template():
    return load_template()


def moved(volume, matrix):
    """The same head after its coordinates went through the matrix."""
    return Volume(volume.values, matrix @ volume.affine_m)


def test_a_turned_and_scaled_head_is_found_again(template):
    angle = np.radians(14)
    matrix = np.eye(4)
    matrix[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, :3] *= 0.92
    matrix[:3, 3] = (0.011, -0.035, 0.02)
    found, correlation = laid_over(template.t1, moved(template.t1, matrix))
    corners_m = np.array([[0.05, 0.06, 0.03], [-0.06, -0.08, 0.05], [0, 0, -0.04]])
    gap_m = transform(found, corners_m) - transform(matrix, corners_m)
    assert correlation > 0.99
    assert np.abs(gap_m).max() < 5e-4


def test_voxel_order_does_not_matter(template):
    t1 = template.t1
    turned = np.ascontiguousarray(t1.values[::-1].transpose(2, 0, 1))
    order = np.array([[0, -1, 0, 90], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]], float)
    other = Volume(turned, t1.affine_m @ order)
    points_m = np.array([[0.02, 0.03, 0.04], [-0.05, -0.02, 0.01]])
    assert other.at(points_m) == pytest.approx(t1.at(points_m))


def test_noise_is_no_head(template):
    rng = np.random.default_rng(0)
    noise = Volume(rng.random(template.t1.shape).astype(np.float32), template.t1.affine_m)
    with pytest.raises(BadInputError, match="resemble"):
        laid_over(template.t1, noise)


def test_noise_around_the_head_is_named(template):
    t1 = template.t1
    rng = np.random.default_rng(0)
    noise = rng.uniform(0, t1.values.max(), t1.shape)
    uniform = np.where(t1.values > 0.1 * t1.values.max(), t1.values, noise)
    with pytest.raises(BadInputError, match="MP2RAGE"):
        require_picture(Volume(uniform.astype(np.float32), t1.affine_m))


def test_an_extracted_brain_is_told_from_a_head(template):
    require_whole_head(template, template.t1)
    with pytest.raises(BadInputError, match="extracted brain"):
        require_whole_head(template, template.bare_brain)


def test_a_ball_is_neither_a_head_nor_an_extracted_brain():
    affine_m = np.diag([4e-3, 4e-3, 4e-3, 1.0])
    affine_m[:3, 3] = -0.1
    away_m = np.linalg.norm(grid_points_m((50, 50, 50), affine_m), axis=-1)
    noise = np.random.default_rng(0).normal(0, 4, away_m.shape)
    ball = Volume(np.abs(100.0 * (away_m < 0.075) + noise).astype(np.float32), affine_m)
    with pytest.raises(BadInputError, match="must show a brain"):
        register(ball)


def test_half_a_head_is_refused(template):
    t1 = template.t1
    cut = Volume(np.where(np.indices(t1.shape)[2] < 55, t1.values, 0), t1.affine_m)
    with pytest.raises(BadInputError, match="whole brain"):
        require_brain_in(template, cut, np.eye(4))


def test_labels_are_no_grey_values(template):
    with pytest.raises(BadInputError, match="label image"):
        require_picture(template.labels)


def test_an_empty_image_is_refused(template):
    empty = Volume(np.zeros(template.t1.shape, np.float32), template.t1.affine_m)
    with pytest.raises(BadInputError, match="show a head"):
        register(empty)


def test_an_image_of_a_thumb_is_refused_by_its_size(template):
    small = moved(template.t1, np.diag([0.2, 0.2, 0.2, 1.0]))
    with pytest.raises(BadInputError, match="mm across"):
        register(small)


def test_a_deformation_and_its_inverse_cancel():
    shape, affine_m = (30, 32, 28), np.diag([4e-3, 4e-3, 4e-3, 1.0])
    x, y, z = np.moveaxis(grid_points_m(shape, affine_m), -1, 0)
    there_m = 5e-3 * np.stack([np.sin(40 * y), np.sin(35 * z), np.cos(38 * x)], axis=-1)
    back_m = inverse(there_m, affine_m)
    matrix = np.diag([1.1, 0.9, 1.0, 1.0])
    frame = DeformedFrame(matrix, there_m, back_m, affine_m, "a test")
    points_m = np.random.default_rng(1).uniform(0.03, 0.08, (200, 3))
    again_m = frame.to_mni_m(frame.to_subject_m(points_m))
    assert np.linalg.norm(again_m - points_m, axis=1).max() < 5e-4


def test_priors_sum_to_one_and_know_the_middle_of_the_brain(template):
    points_m = np.array([[0.02, -0.02, 0.03], [0.0, 0.0, -0.2]])
    priors = template.priors_at(points_m)
    assert priors.sum(axis=-1) == pytest.approx(1, abs=1e-5)
    assert priors[0, :3].sum() > 0.99
    assert priors[1, CLASSES.index(5)] > 0.99


def test_a_smooth_gain_is_found_from_the_histogram(template):
    t1 = template.t1
    points_m = grid_points_m(t1.shape, t1.affine_m)
    case = template.intracranial.at(points_m)
    gain = np.exp(0.3 * np.sin(20 * points_m[..., 1]) + 3 * points_m[..., 2])
    found = gain_of(Volume(t1.values * gain, t1.affine_m), case)
    flat = gain_of(t1, case)
    sure = case > 0.95
    before, after = (np.log(g[sure]).std() for g in (gain, gain / found * flat))
    assert after < 0.25 * before
    assert np.log(flat[sure]).std() < 0.08


def test_noise_is_measured_and_taken_out():
    rng = np.random.default_rng(3)
    clean = np.where(np.indices((40, 40, 40))[0] // 10 % 2, 100.0, 70.0)
    noisy = Volume((clean + rng.normal(0, 6, clean.shape)).astype(np.float32), np.eye(4) * 1e-3)
    assert noise_of(noisy) == pytest.approx(0.06, abs=0.012)
    calm = quieted(noisy).values
    assert np.abs(calm - clean).mean() < 0.6 * np.abs(noisy.values - clean).mean()
    still = Volume(clean.astype(np.float32), noisy.affine_m)
    assert quieted(still) is still


def test_a_second_image_is_laid_over_the_first_whatever_its_contrast(template):
    t1 = template.t1
    other = Volume((140 - t1.values) * (t1.values > 15), t1.affine_m)
    angle = np.radians(4)
    motion = np.eye(4)
    motion[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    motion[:3, 3] = (0.004, -0.006, 0.003)
    found = aligned([t1], moved(other, motion))
    corners_m = np.array([[0.06, 0.05, 0.03], [-0.06, -0.06, 0.05], [0, 0.05, -0.03]])
    gap_m = transform(found.matrix, corners_m) - transform(motion, corners_m)
    assert np.linalg.norm(gap_m, axis=1).max() < 1e-3
    assert found.turned_deg == pytest.approx(4, abs=0.6)


def test_a_second_image_of_something_else_is_refused(template):
    t1 = template.t1
    stranger = Volume(np.ascontiguousarray(t1.values[:, :, ::-1]), t1.affine_m)
    with pytest.raises(BadInputError, match="same head"):
        aligned([t1], stranger)


def test_a_second_image_far_away_is_moved_by_its_middle(template):
    away = np.eye(4)
    away[:3, 3] = (0.1, 0.2, -0.15)
    found = aligned([template.t1], moved(template.t1, away))
    assert found.told > 0.5
    assert found.matrix[:3, 3] == pytest.approx(away[:3, 3], abs=1e-3)


def test_two_tissues_are_told_apart_under_noise_and_uneven_gain():
    rng = np.random.default_rng(2)
    affine_m = np.diag([4e-3, 4e-3, 4e-3, 1.0])
    x, y, z = np.indices((40, 40, 40))
    white = (x // 8 + y // 8) % 2 == 0
    gain = (0.7 + 0.6 * z / 40).astype(np.float32)
    values = (np.where(white, 1.0, 0.7) + rng.normal(0, 0.06, white.shape)) * gain
    priors = np.full((*white.shape, 7), 1e-4, np.float32)
    priors[..., :2] = 0.5
    priors[white, 0] += 0.1
    priors /= priors.sum(axis=-1, keepdims=True)
    image = Volume(values.astype(np.float32), affine_m)
    inside = np.ones(white.shape, bool)
    posteriors, even = classify(image.values[..., None], inside, priors, affine_m)
    bias = image.values / even[..., 0]
    right = (posteriors.argmax(axis=-1) == 0) == white
    assert right.mean() > 0.97
    ratio = bias / gain
    assert ratio[8:-8, 8:-8, 8:-8].std() / ratio.mean() < 0.06


def test_opening_drops_a_thread_and_closing_fills_a_crack():
    mask = np.zeros((40, 40, 40), bool)
    mask[5:25, 5:25, 5:25] = True
    mask[25:38, 15, 15] = True
    assert not opened(mask, 3)[30, 15, 15]
    assert opened(mask, 3)[15, 15, 15]
    cracked = mask.copy()
    cracked[15, :, :] = False
    assert closed(cracked, 2)[15, 15, 15]
    assert not largest(cracked)[7, 7, 7] or not largest(cracked)[20, 7, 7]


def test_coarse_images_are_segmented_on_finer_voxels_and_labels_come_back():
    place = np.indices((30, 40, 30)) - np.array([14, 19, 12])[:, None, None, None]
    head = (np.linalg.norm(place, axis=0) < 11).astype(np.float32)
    image = Volume(100 * head, np.diag([6e-3, 5e-3, 2e-3, 1.0]))
    work = Work.of(image)
    assert work.volume.spacing_m.max() <= 1.25e-3
    assert work.volume.shape[0] < 5 * 30
    labels = (work.volume.values > 50).astype(np.uint8)
    assert np.array_equal(work.back(labels, image), head)


def test_fine_images_are_segmented_on_coarser_voxels_and_labels_come_back():
    place = np.indices((90, 80, 90)) - 40
    head = (np.linalg.norm(place, axis=0) < 30).astype(np.float32)
    image = Volume(100 * head, np.diag([0.4e-3, 0.4e-3, 0.4e-3, 1.0]))
    work = Work.of(image)
    assert work.volume.spacing_m == pytest.approx(0.8e-3)
    back = work.back((work.volume.values > 50).astype(np.uint8), image)
    assert (back != head).sum() < 0.06 * head.sum()


def ball_labels(*, eyes=True, skull=True):
    place = np.indices((90, 90, 90)) - 45
    away = 2.2 * np.linalg.norm(place, axis=0)
    labels = np.select([away < 66, away < 76, away < 80, away < 86, away < 93], [1, 2, 3, 7, 5])
    if not skull:
        labels[labels == 7] = 5
    if eyes:
        eye = np.linalg.norm(place - np.array([12, 34, -12])[:, None, None, None], axis=0) < 5
        labels[eye] = 6
    affine_m = np.diag([2.2e-3, 2.2e-3, 2.2e-3, 1.0])
    return labels, affine_m, 2.2e-3 * place[2]


def test_missing_eyes_and_a_missing_skull_are_told():
    words = " ".join(assess(*ball_labels(eyes=False, skull=False)).warnings)
    assert "no eyes" in words
    assert "skull" in words


def test_a_whole_ball_has_the_thickness_it_was_made_with():
    found = assess(*ball_labels())
    skull = next(one for one in found.findings if one.name == "skull of the vault")
    assert skull.value == pytest.approx(6, abs=2.2)
    assert skull.usual.source == "moreiragonzalez2006"
    eyes = next(one for one in found.findings if one.name == "eyes")
    assert eyes.usual is None
    assert eyes.is_usual is None
    assert not any("eyes were" in text for text in found.warnings)
    assert np.nanmedian(found.scalp_cortex_mm) == pytest.approx(17, abs=2.5)
