"""One coarse T1 image from end to end: nothing is patched, and the truth is known."""

import numpy as np
import pytest

from cortistim.field import sphere_field_v_per_m
from cortistim.geometry import transform
from cortistim.head.segmentation import Volume, grid_points_m
from cortistim.head.segmentation.template import DEEP, load_template
from cortistim.head.space.targets import named_target
from cortistim.head.tissues import BONE, BONES, CSF, EYES, GREY, SCALP, WHITE
from cortistim.io import write_volume_nifti
from cortistim.io.image.head_image import read_label_image
from cortistim.placement import clearance_m
from cortistim.study import AimSettings, HeadRequest, PlanRequest, make_plan
from cortistim.study.head.build import BuildRequest, run_head_build, write_head

pytestmark = pytest.mark.slow

VOXEL_M = 2e-3
# as T1 images show them: white matter brightest but for fat, liquid and bone dark
GREYS = {0: 3, WHITE: 110, GREY: 80, CSF: 28, BONE: 22, SCALP: 95, EYES: 35, DEEP: 96}
NOISE, SHADING = 3.0, 0.15
PARTS = (-0.25, 0.25)  # of a voxel: eight samples make its partial volumes


def bent_m(mni_m):
    """Move MNI points by up to 3 mm, as people differ from a template."""
    x, y, z = np.moveaxis(mni_m, -1, 0)
    bend_m = np.stack([np.sin(35 * y), np.sin(30 * z), np.cos(32 * x)], axis=-1)
    return mni_m + 3e-3 * bend_m


def subject_from_mni():
    """A smaller head, turned and moved in the scanner."""
    angle = np.radians(9)
    matrix = np.eye(4)
    matrix[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, :3] *= 0.95
    matrix[:3, 3] = (0.006, -0.012, 0.015)
    return matrix


def true_subject_m(mni_m):
    return transform(subject_from_mni(), bent_m(np.asarray(mni_m, float)))


def true_mni_m(subject_m):
    """Invert the bend by repetition; its slope is 0.1, so that twelve rounds are plenty."""
    wanted_m = transform(np.linalg.inv(subject_from_mni()), subject_m.reshape(-1, 3))
    found_m = wanted_m
    for _ in range(12):
        found_m = found_m + wanted_m - bent_m(found_m)
    return found_m.reshape(subject_m.shape)


class Person:
    """The shipped labels in another head, and what a scanner makes of them."""

    def __init__(self, folder):
        template = load_template()
        self.atlas = Volume(template.finer_labels, template.labels.affine_m)
        inside = np.argwhere(self.atlas.values)
        low, high = inside.min(axis=0), inside.max(axis=0)
        box = np.array(list(np.ndindex(2, 2, 2))) * (high - low) + low
        corners_m = true_subject_m(transform(self.atlas.affine_m, box))
        first_m = corners_m.min(0) - 0.012
        shape = np.ceil((corners_m.max(0) + 0.012 - first_m) / VOXEL_M).astype(int)
        self.affine_m = np.diag([VOXEL_M] * 3 + [1.0])
        self.affine_m[:3, 3] = first_m
        self.shape = tuple(int(n) for n in shape)
        self.labels = self.tags_at((0, 0, 0))
        self.labels[self.labels == DEEP] = GREY
        self.t1 = folder / "t1.nii.gz"
        write_volume_nifti(self.t1, self.scanned(), self.affine_m)

    def tags_at(self, shift):
        """Nearest label of the atlas, read a part of a voxel away from the voxels' centres."""
        affine_m = self.affine_m.copy()
        affine_m[:3, 3] += VOXEL_M * np.array(shift)
        mni_m = true_mni_m(grid_points_m(self.shape, affine_m))
        index = np.rint(transform(np.linalg.inv(self.atlas.affine_m), mni_m.reshape(-1, 3)))
        index = np.clip(index.astype(int), 0, np.array(self.atlas.shape) - 1)
        return self.atlas.values[tuple(index.T)].reshape(self.shape).astype(np.int32)

    def scanned(self):
        table = np.zeros(max(GREYS) + 1, np.float32)
        table[list(GREYS)] = list(GREYS.values())
        shifts = [(a, b, c) for a in PARTS for b in PARTS for c in PARTS]
        grey = sum(table[self.tags_at(shift)] for shift in shifts) / len(shifts)
        place_m = grid_points_m(self.shape, self.affine_m)
        gain = 1 + SHADING * np.sin(18 * place_m[..., 1] + 12 * place_m[..., 0])
        rng = np.random.default_rng(0)
        real, imaginary = rng.normal(0, NOISE, (2, *self.shape))
        return np.hypot(grey * gain + real, imaginary).astype(np.float32)

    def cortex_mni_m(self, count=4000):
        """Places in the grey matter of the template."""
        index = np.argwhere(self.atlas.values == GREY)
        chosen = np.random.default_rng(1).choice(len(index), count, replace=False)
        return transform(self.atlas.affine_m, index[chosen])


@pytest.fixture(scope="module")
def person(tmp_path_factory):
    return Person(tmp_path_factory.mktemp("person"))


@pytest.fixture(scope="module")
def folder(person):
    return person.t1.parent / "head"


@pytest.fixture(scope="module")
def built(person, folder):
    built = run_head_build(BuildRequest(t1=person.t1, work_folder=folder))
    write_head(built, folder)
    return built


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def dice_when_moved(mask, voxels):
    """Dice of a tissue with itself, moved along each axis: what being that far off costs."""
    return np.mean([dice(mask, np.roll(mask, voxels, axis)) for axis in range(3)])


@pytest.mark.parametrize(
    ("tags", "voxels"),
    [
        *(((tag,), 1) for tag in (WHITE, GREY, CSF, SCALP, EYES)),
        ((WHITE, GREY), 1),
        (BONES, 2),  # in a T1 image as dark as the liquid and the air beside it
    ],
    ids=str,
)
def test_the_tissues_are_found_to_within_a_voxel(person, built, folder, tags, voxels):
    written, affine_m = read_label_image(folder / "labels.nii.gz")
    np.testing.assert_allclose(affine_m, person.affine_m, atol=1e-8)  # a float32 header
    np.testing.assert_array_equal(written, built.labels)
    true = np.isin(person.labels, tags)
    assert dice(np.isin(written, tags), true) > dice_when_moved(true, voxels)


def test_the_cortex_is_tied_to_mni_space_as_well_as_the_frame_says(person, built):
    """It says 2 to 4 mm; what is left of the bend after an affine fit is 2 to 4 mm as well."""
    frame, mni_m = built.head.frame, person.cortex_mni_m()
    assert "about 2 to 4 mm" in frame.description
    gap_m = np.linalg.norm(frame.to_subject_m(mni_m) - true_subject_m(mni_m), axis=1)
    assert np.median(gap_m) < 2e-3
    assert np.quantile(gap_m, 0.95) < 4e-3
    straight_m = transform(frame.subject_from_mni, mni_m)
    left_m = np.linalg.norm(straight_m - true_subject_m(mni_m), axis=1)
    assert np.median(gap_m) < 0.5 * np.median(left_m)
    # two displacement fields on 2 mm, each the other's inverse: a fraction of a voxel
    again_m = frame.to_mni_m(frame.to_subject_m(mni_m))
    assert np.linalg.norm(again_m - mni_m, axis=1).max() < 0.5e-3


def test_the_mesh_holds_what_the_labels_hold(built):
    """Borders lie within half a voxel of the labels', so volumes within that of their area."""
    for tags in ((WHITE,), (WHITE, GREY), (WHITE, GREY, CSF)):
        mask = np.isin(built.labels, tags)
        faces = sum((mask != np.roll(mask, 1, axis)).sum() for axis in range(3))
        meshed_m3 = built.head.mesh.volumes_m3[np.isin(built.head.mesh.tags, tags)].sum()
        # a staircase has 1.5 times the area of the smooth border it stands for
        off_m3 = faces * VOXEL_M**2 / 1.5 * VOXEL_M / 2
        assert meshed_m3 == pytest.approx(mask.sum() * VOXEL_M**3, abs=off_m3)


def test_a_plan_aims_at_the_true_place(built, folder):
    assert built.head.name == "head"
    request = PlanRequest(
        head=HeadRequest(str(folder)),
        target="m1_hand_l",
        settings=AimSettings(radius_m=0.012),
    )
    plan = make_plan(request)
    aimed = plan.aimed
    true_m = true_subject_m(named_target("m1_hand_l").mni_m[None])[0]
    # 4 mm of the registration, and the way from there to the cortex
    away_m = np.linalg.norm(aimed.target.centre_m - true_m)
    assert away_m < 4e-3 + aimed.target.moved_m
    assert clearance_m(plan.head, plan.coil, aimed.pose) > -0.5e-3
    assert aimed.reciprocity_error < 1e-4
    # folds change the field of a sphere of the same curvature, but not out of recognition
    centre_m = aimed.pose.origin_m + 0.085 * aimed.pose.rotation[:, 2]
    sphere_v_per_m = sphere_field_v_per_m(
        aimed.target.centre_m[None], plan.coil, aimed.pose, didt_a_per_s=1e6, centre_m=centre_m
    )
    assert 0.5 < aimed.e_v_per_m / np.linalg.norm(sphere_v_per_m) < 2
