import numpy as np
import pytest

from cortistim.errors import BadInputError, FileFormatError
from cortistim.head.anisotropy import (
    Anisotropy,
    TensorImage,
    anisotropy_from,
    require_conducting,
)
from cortistim.io.image.tensors import read_tensor_nifti

FIBRE = np.diag([1.7e-3, 0.3e-3, 0.3e-3])


def save(path, data, affine):
    from nibabel import Nifti1Image

    Nifti1Image(data, affine).to_filename(path)


def ones(count):
    return np.tile(np.eye(3), (count, 1, 1))


def turn(angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])


def uniform(tensor, spacing_m=0.02, half=6):
    affine_m = np.diag([spacing_m] * 3 + [1.0])
    affine_m[:3, 3] = -half * spacing_m
    return TensorImage(np.tile(tensor, (2 * half + 1,) * 3 + (1, 1)), affine_m, "uniform")


@pytest.fixture(scope="module")
def sigma(ball_head):
    return ball_head.sigma_siemens_per_m


def test_volume_normalised_tensors_keep_the_geometric_mean_and_the_direction(ball_head, sigma):
    found = anisotropy_from(uniform(turn(0.5) @ FIBRE @ turn(0.5).T), ball_head.mesh, sigma)
    brain = np.isin(ball_head.mesh.tags, (1, 2))
    values, axes = np.linalg.eigh(found.relative[brain])
    np.testing.assert_allclose(values.prod(axis=1), 1, rtol=1e-9)
    np.testing.assert_allclose(values[:, 2] / values[:, 0], 17 / 3, rtol=1e-5)
    np.testing.assert_allclose(np.abs(axes[:, :, 2] @ turn(0.5)[:, 0]), 1, rtol=1e-6)
    np.testing.assert_array_equal(found.relative[~brain], ones((~brain).sum()))


def test_direct_mapping_meets_the_isotropic_conductivities_on_average(ball_head, sigma):
    found = anisotropy_from(uniform(FIBRE), ball_head.mesh, sigma, mapping="dir")
    brain = np.isin(ball_head.mesh.tags, (1, 2))
    conducted = found.relative[brain] * sigma[brain, None, None]
    assert np.ptp(conducted, axis=0).max() < 1e-9  # one image, one conductivity in both tissues
    geometric = np.linalg.eigvalsh(conducted[0]).prod() ** (1 / 3)
    white, grey = (sigma[ball_head.mesh.tags == tag][0] for tag in (1, 2))
    assert geometric == pytest.approx((white + grey) / 2, rel=1e-6)
    mean = anisotropy_from(uniform(FIBRE), ball_head.mesh, sigma, mapping="mc")
    of_mean = mean.relative[brain] * sigma[brain, None, None]
    expected = np.trace(conducted[0]) / 3 * ones(brain.sum())
    np.testing.assert_allclose(of_mean, expected, rtol=1e-6, atol=1e-12)


def test_ratios_and_conductivities_are_limited(ball_head, sigma):
    needle = uniform(np.diag([1.0, 1e-4, 1e-4]))
    values = np.linalg.eigvalsh(anisotropy_from(needle, ball_head.mesh, sigma).relative)
    assert values[:, 2].max() / values[:, 0].min() == pytest.approx(10, rel=1e-6)
    direct = anisotropy_from(needle, ball_head.mesh, 5 * sigma, mapping="dir")
    brain = np.isin(ball_head.mesh.tags, (1, 2))
    conducted = np.linalg.eigvalsh(direct.relative[brain]) * 5 * sigma[brain, None]
    assert conducted.max() == pytest.approx(2.0)


def test_gaps_are_isotropic_and_said(ball_head, sigma):
    image = uniform(FIBRE)
    image.tensors[9:] = 0
    found = anisotropy_from(image, ball_head.mesh, sigma)
    assert any("no diffusion tensor" in text for text in found.warnings)
    right = ball_head.mesh.centroids_m[:, 0] > 0.062
    np.testing.assert_array_equal(found.relative[right], ones(right.sum()))


@pytest.mark.parametrize(
    ("tensor", "words"),
    [(np.zeros((3, 3)), "cover the brain; 0 %"), (np.diag([1.0, 0.5, -0.2]), "100 %")],
)
def test_images_of_no_diffusion_are_refused(ball_head, sigma, tensor, words):
    with pytest.raises(BadInputError, match=words):
        anisotropy_from(uniform(tensor), ball_head.mesh, sigma)


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 1.0]]), "must be symmetric; 1 of 3"),
        (np.diag([1.0, 1.0, 0.0]), "must be positive; 1 of 3 are not, the first is number 1"),
        (np.full((3, 3), np.nan), "must be finite"),
    ],
)
def test_tensors_that_conduct_no_current_are_refused(tensor, words):
    tensors = np.stack([np.eye(3), tensor, np.eye(3)])
    with pytest.raises(BadInputError, match=words):
        require_conducting(tensors)
    with pytest.raises(BadInputError, match=words):
        Anisotropy(tensors, (1,), "vn", "test")


def test_unknown_mappings_and_shapes_are_refused(ball_head, sigma):
    with pytest.raises(BadInputError, match=r"vn, dir, mc.*'xx'"):
        anisotropy_from(uniform(FIBRE), ball_head.mesh, sigma, mapping="xx")
    with pytest.raises(BadInputError, match=r"\(n, 3, 3\)"):
        require_conducting(np.eye(3))


@pytest.mark.parametrize("mirrored", [False, True])
def test_tensors_of_voxel_axes_are_turned_into_the_frame(tmp_path, mirrored):
    """A fibre along world x + y, written as FSL would for either handedness."""
    along = np.array([1.0, 1.0, 0]) / np.sqrt(2)
    affine = np.eye(4)
    affine[:3, :3] = turn(0.3) @ np.diag([-2.0 if mirrored else 2.0, 2.0, 2.0])
    # FSL's axes: those of the voxels, the first one turned so that the frame is left-handed
    frame = turn(0.3) @ np.diag([-1.0, 1.0, 1.0])
    inside = frame.T @ along
    tensor = 1e-3 * (0.2 * np.eye(3) + np.outer(inside, inside))
    six = tensor[np.triu_indices(3)]
    path = tmp_path / "tensor.nii.gz"
    data = np.tile(six, (3, 3, 3, 1)).astype(np.float32)
    save(path, data, affine)
    image = read_tensor_nifti(path)
    wanted = 1e-3 * (0.2 * np.eye(3) + np.outer(along, along))
    np.testing.assert_allclose(image.tensors[1, 1, 1], wanted, atol=1e-9)
    np.testing.assert_allclose(image.affine_m[:3, :3], 1e-3 * affine[:3, :3])


def test_images_of_other_shape_are_refused(tmp_path):
    path = tmp_path / "t.nii.gz"
    save(path, np.zeros((3, 3, 3), np.float32), np.eye(4))
    with pytest.raises(FileFormatError, match="six volumes"):
        read_tensor_nifti(path)
    nan = np.full((3, 3, 3, 6), np.nan, np.float32)
    save(path, nan, np.eye(4))
    with pytest.raises(FileFormatError, match="must be finite"):
        read_tensor_nifti(path)
