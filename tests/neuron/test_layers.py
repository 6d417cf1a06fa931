from dataclasses import replace

import numpy as np
import pytest

from cortistim.coil import named_coil
from cortistim.field import solve_linear
from cortistim.head import Head, TetMesh, tissues_for
from cortistim.neuron import default_calibration, fit_for, named_shape, recruit
from cortistim.neuron.cells import TYPES
from cortistim.neuron.layers import DEEP_WORDS, FLAT_WORDS, SOMA_DEPTH, growth, layered
from cortistim.neuron.patch import Patch
from cortistim.placement import place_over


@pytest.fixture(scope="module")
def solved(ball_head):
    pose = place_over(ball_head, np.array([0, 0, 0.07]), handle_rad=0.0, distance_m=0.004)
    return solve_linear(ball_head, named_coil("magstim_d70"), pose)


def test_growth_finds_the_slope_of_an_exponential_field():
    height_m = np.array([[1.0], [0.4], [0.0], [-0.9]]) * 1e-3
    size = 80 * np.exp(0.15 * height_m * 1e3)
    assert growth(height_m, size) == pytest.approx([15.0])
    assert growth(0 * height_m, size) == pytest.approx([0.0])


def test_the_field_grows_toward_the_pia_and_so_do_the_layers(solved):
    found = layered(solved.on_cortex(), solved)
    top = found.magnitude_v_per_m > 0.6 * found.magnitude_v_per_m.max()
    size = np.linalg.norm(found.layers_v_per_m[:, top], axis=2).mean(axis=1)
    by_depth = [size[TYPES.index(name)] for name in sorted(SOMA_DEPTH, key=SOMA_DEPTH.get)]
    assert (np.diff(by_depth) < 0).all()
    assert 0.5 < np.median(found.gradient[top]) < 6
    assert found.words == DEEP_WORDS


def test_weak_places_keep_the_field_of_the_middle(solved):
    found = layered(solved.on_cortex(), solved)
    weak = found.magnitude_v_per_m < 0.1 * found.magnitude_v_per_m.max()
    assert weak.any()
    assert np.array_equal(found.layers_v_per_m[3, weak], found.e_v_per_m[weak])
    assert not found.gradient[weak].any()


def test_scaling_scales_every_layer(solved):
    found = layered(solved.on_cortex(), solved)
    twice = found.scaled_by(2.0)
    assert np.allclose(twice.layers_v_per_m, 2 * found.layers_v_per_m)
    assert np.allclose(twice.gradient, found.gradient)


def test_what_higher_orders_add_in_the_middle_is_added_to_all_layers(solved):
    plain = solved.on_cortex()
    raised = replace(plain, e_v_per_m=1.1 * plain.e_v_per_m, highest_order=3)
    found, base = layered(raised, solved), layered(plain, solved)
    strong = base.gradient != 0
    added = found.layers_v_per_m[:, strong] - base.layers_v_per_m[:, strong]
    assert np.allclose(added, 0.1 * plain.e_v_per_m[strong], atol=1e-6)


def test_a_head_without_white_matter_says_that_layers_are_alike(ball_head, solved):
    mesh = ball_head.mesh
    grey = TetMesh(mesh.nodes_m, mesh.tets, np.where(mesh.tags == 1, 2, mesh.tags))
    head = Head("grey", grey, tissues_for(grey.present_tags()), ball_head.frame, "test")
    found = layered(solved.on_cortex(), replace(solved, head=head))
    assert found.words == FLAT_WORDS
    assert not found.gradient.any()
    assert np.array_equal(found.layers_v_per_m[0], found.e_v_per_m)


def test_a_patch_recruits_by_each_layers_own_field(solved):
    fit, calibration = fit_for(named_shape("biphasic")), default_calibration()
    cortex = layered(solved.on_cortex(), solved).scaled_by(50.0)
    vertices = np.flatnonzero(cortex.magnitude_v_per_m > 0.7 * cortex.magnitude_v_per_m.max())
    patch = Patch(cortex, vertices, 5e7)
    found = patch.recruited(fit, calibration).layers
    for k, name in enumerate(TYPES):
        alone = recruit(
            cortex.layers_v_per_m[k, vertices],
            patch.normals,
            fit,
            calibration,
            cortex.gradient[vertices],
        )
        assert np.allclose(found[name], alone.layers[name])
    whole = patch.everywhere.recruited(fit, calibration)
    assert len(whole.layers["L5"]) == len(cortex.gradient)
