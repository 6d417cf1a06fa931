import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from cortistim.coil import Casing, Coil, named_coil
from cortistim.errors import ConvergenceError, MeshError
from cortistim.field import FemSystem, solve_fields, solve_linear, sphere_field_v_per_m
from cortistim.field.solver.multigrid import Multigrid
from cortistim.head import Head, TetMesh, tissues_for
from cortistim.head.mesher import layered_sphere
from cortistim.head.space.frames import AffineFrame
from cortistim.placement import Pose

pytestmark = pytest.mark.oldest

RADII_M = (0.085, 0.090, 0.095)
TAGS = (3, 4, 5)
SIGMA = {3: 0.33, 4: 0.01, 5: 0.43}
ABOVE = np.array([[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 0.099], [0, 0, 0, 1.0]])


def head_of(mesh, sigma=SIGMA):
    frame = AffineFrame(np.eye(4), "a ball")
    return Head("ball", mesh, tissues_for(mesh.present_tags(), sigma), frame, "test")


def lone_dipole(moment):
    casing = Casing(np.zeros((3, 3)), np.array([[0, 1, 2]]), "none")
    moments = np.array([moment], float)
    return Coil("dipole", np.array([[0.0, 0.0, -0.006]]), moments, casing, "one dipole", ())


def brain_error(mesh, coil, pose):
    return brain_errors(mesh, coil, pose, ["element"])[0]


def brain_errors(mesh, coil, pose, recoveries, every=1):
    brain = np.flatnonzero(mesh.tags == 3)[::every]
    points, volume = mesh.centroids_m[brain], mesh.volumes_m3[brain, None]
    field = solve_linear(head_of(mesh), coil, pose)
    exact = sphere_field_v_per_m(points, coil, pose, didt_a_per_s=1e6)
    found = [field.at_points(points, recovery=recovery)[0] for recovery in recoveries]
    size = (volume * exact**2).sum()
    return [float(np.sqrt((volume * (e - exact) ** 2).sum() / size)) for e in found]


@pytest.fixture(scope="module")
def ball():
    return layered_sphere(RADII_M, TAGS, edge_m=0.012)


@pytest.fixture(scope="module")
def solved(ball):
    return solve_linear(head_of(ball), named_coil("magstim_d70"), Pose(ABOVE))


def test_the_stiffness_matrix_is_symmetric_and_blind_to_constants(ball):
    stiffness = FemSystem.of(head_of(ball)).stiffness
    assert abs(stiffness - stiffness.T).max() < 1e-12 * abs(stiffness).max()
    assert np.abs(stiffness @ np.ones(stiffness.shape[0])).max() < 1e-12 * abs(stiffness).max()


def test_a_linear_potential_has_its_gradient_and_energy(ball):
    system = FemSystem.of(head_of(ball))
    slope = np.array([1.0, -2.0, 0.5])
    potential = ball.nodes_m @ slope
    volume_by_tag = {tag: ball.volumes_m3[ball.tags == tag].sum() for tag in TAGS}
    energy = sum(SIGMA[tag] * volume for tag, volume in volume_by_tag.items()) * slope @ slope
    assert potential @ (system.stiffness @ potential) == pytest.approx(energy)


def test_a_constant_primary_field_is_cancelled_inside_a_closed_conductor(ball):
    system = FemSystem.of(head_of(ball))
    constant = np.tile([3.0, -1.0, 2.0], (len(ball.nodes_m), 1))
    potential, _ = system.solve(system.load(constant)[:, None], tolerance=1e-10)
    head = solve_linear(head_of(ball), lone_dipole([1, 0, 0]), Pose(ABOVE), system=system)
    field = type(head)(
        head.head, head.coil, head.pose, 1.0, potential[:, 0].copy(), head.convergence
    )
    from cortistim.field._kernels import gradients

    slopes = gradients(ball.nodes_m, ball.tets, np.ascontiguousarray(field.potential_v))
    np.testing.assert_allclose(slopes, -np.tile([3.0, -1.0, 2.0], (len(slopes), 1)), atol=1e-7)


def test_a_radial_dipole_drives_no_potential(ball):
    field = solve_linear(head_of(ball), lone_dipole([0, 0, 1.0]), Pose(ABOVE))
    points = np.random.default_rng(0).uniform(-0.04, 0.04, (50, 3))
    e, _ = field.at_points(points)
    primary = field.dadt_v_per_m(points)
    assert np.linalg.norm(e + primary) < 0.03 * np.linalg.norm(primary)


def test_the_field_is_linear_in_the_current(solved):
    points = np.random.default_rng(1).uniform(-0.05, 0.05, (20, 3))
    once, _ = solved.at_points(points)
    thrice, _ = solved.scaled_to(-3e6).at_points(points)
    np.testing.assert_allclose(thrice, -3 * once, rtol=1e-12)


def test_solving_in_a_block_changes_nothing(ball):
    turned = ABOVE.copy()
    turned[:2, :2] = [[0, 1], [1, 0]]
    pair = solve_fields(
        head_of(ball), named_coil("magstim_d70"), [Pose(turned), Pose(ABOVE)], tolerance=1e-9
    )
    alone = solve_linear(head_of(ball), named_coil("magstim_d70"), Pose(ABOVE), tolerance=1e-9)
    scale = np.abs(alone.potential_v).max()
    np.testing.assert_allclose(pair[1].potential_v, alone.potential_v, atol=1e-7 * scale)


def test_moving_head_and_coil_together_moves_the_field_along(ball, solved):
    angle = 0.7
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    shift = np.array([0.01, -0.03, 0.2])
    moved_mesh = TetMesh(ball.nodes_m @ turn.T + shift, ball.tets, ball.tags)
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, shift
    moved = solve_linear(
        head_of(moved_mesh), named_coil("magstim_d70"), Pose(matrix @ ABOVE), tolerance=1e-9
    )
    points = np.random.default_rng(2).uniform(-0.04, 0.04, (30, 3))
    here, _ = solved.at_points(points)
    there, _ = moved.at_points(points @ turn.T + shift)
    assert np.linalg.norm(there @ turn - here) < 1e-5 * np.linalg.norm(here)


def test_unused_nodes_change_nothing(ball, solved):
    extra = TetMesh(np.vstack([ball.nodes_m, [[9, 9, 9]]]), ball.tets, ball.tags)
    field = solve_linear(head_of(extra), named_coil("magstim_d70"), Pose(ABOVE))
    scale = np.abs(solved.potential_v).max()
    assert np.abs(field.potential_v[:-1] - solved.potential_v).max() < 1e-5 * scale


def test_multigrid_solves_what_a_direct_solver_solves(ball):
    stiffness = FemSystem.of(head_of(ball)).stiffness[1:][:, 1:].tocsr()
    load = np.random.default_rng(3).standard_normal((stiffness.shape[0], 2))
    found, convergence = Multigrid.of(stiffness).solve(load, tolerance=1e-10)
    exact = spsolve(sp.csc_matrix(stiffness), load)
    assert convergence.residual < 1e-9
    assert convergence.iterations < 60
    np.testing.assert_allclose(found, exact, rtol=1e-6, atol=1e-7 * np.abs(exact).max())


def test_the_solution_does_not_hang_on_the_state_of_chance_and_leaves_it_alone(ball):
    stiffness = FemSystem.of(head_of(ball)).stiffness[1:][:, 1:].tocsr()
    load = np.random.default_rng(1).standard_normal((stiffness.shape[0], 1))
    found = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        state = np.random.get_state()[1]  # noqa: NPY002
        found.append(Multigrid.of(stiffness).solve(load, tolerance=1e-6)[0])
        assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    assert (found[0] == found[1]).all()


def test_a_tolerance_out_of_reach_is_an_error_with_the_residual(ball):
    system = FemSystem.of(head_of(ball))
    load = system.load(np.cross(ball.nodes_m, [0, 1.0, 0]))
    with pytest.raises(ConvergenceError, match="stopped at"):
        system.solve(load[:, None], tolerance=1e-30)


def test_flat_tetrahedra_are_refused():
    nodes = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1.0]])
    mesh = TetMesh(nodes, np.array([[0, 1, 2, 3], [0, 1, 2, 4]]), np.array([3, 3]))
    with pytest.raises(MeshError, match="1 have none"):
        FemSystem(mesh, np.ones(2))


def test_the_error_in_a_sphere_falls_at_first_order():
    coil, pose = lone_dipole([1.0, 0, 0]), Pose(ABOVE)
    edges = (0.016, 0.008, 0.004)
    meshes = [layered_sphere(RADII_M, TAGS, edge_m=edge) for edge in edges]
    errors = [brain_error(mesh, coil, pose) for mesh in meshes]
    sizes = [(mesh.tags == 3).sum() ** (-1 / 3) for mesh in meshes]
    order = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert 0.85 < order < 1.5
    assert errors[0] > errors[1] > errors[2]


def test_a_fine_sphere_meets_the_closed_form():
    mesh = layered_sphere(RADII_M, TAGS, edge_m=0.0035)
    assert 50_000 < len(mesh.nodes_m) < 90_000
    coil, dipole = named_coil("magstim_d70"), lone_dipole([1.0, 0, 0])
    of_coil, of_dipole = (
        brain_errors(mesh, source, Pose(ABOVE), ["tissue", "harmonic"], every=7)
        for source in (coil, dipole)
    )
    assert of_coil[0] < 0.016
    assert of_coil[1] < 0.0065
    assert of_dipole[0] < 0.12
    assert of_dipole[1] < 0.05


def test_potential_and_field_agree_with_simnibs(shared_file):
    from cortistim.field import _kernels
    from cortistim.io import read_ccd, read_mesh
    from cortistim.units import matrix_m_from_mm

    folder = "data/simnibs"
    mesh = read_mesh(shared_file(f"{folder}/sphere3.msh"))
    coil = read_ccd(shared_file(f"{folder}/coils/MagStim_D70.ccd"))
    with np.load(shared_file(f"{folder}/sphere3_MagStim_D70.npz")) as result:
        theirs = {name: result[name] for name in result.files}
    pose = Pose(matrix_m_from_mm(theirs["matsimnibs"]))
    didt = float(theirs["didt"])
    field = solve_linear(head_of(mesh), coil, pose, didt_a_per_s=didt)
    v = theirs["v"] - theirs["v"].mean()
    ours = field.potential_v - field.potential_v.mean()
    assert np.linalg.norm(ours - v) < 1e-3 * np.linalg.norm(v)
    # the same rule: dA/dt at the nodes, averaged over each tetrahedron
    primary = field.dadt_v_per_m(mesh.nodes_m)[mesh.tets].mean(axis=1)
    e = -_kernels.gradients(mesh.nodes_m, mesh.tets, field.potential_v) - primary
    their_e = theirs["E"][theirs["elm_type"] == 4]
    assert np.linalg.norm(e - their_e) < 1e-3 * np.linalg.norm(their_e)


def test_a_block_of_poses_has_the_fields_of_single_ones(solved):
    head, coil = solved.head, solved.coil
    steps = [np.diag([1.0, 1, 1, 1]) + 1e-3 * k * np.eye(4, k=3) for k in range(9)]
    poses = [Pose(step @ ABOVE) for step in steps]
    block = solve_fields(head, coil, poses)
    single = solve_linear(head, coil, poses[4])
    places = 0.07 * np.eye(3)
    wanted = single.at_points(places)[0]
    np.testing.assert_allclose(
        block[4].at_points(places)[0], wanted, atol=1e-4 * np.abs(wanted).max()
    )
