"""Nouns show themselves, take what a person would give, and come back from files."""

import numpy as np
import pytest

import cortistim as ct
from cortistim.errors import BadInputError, CortistimError
from cortistim.field import head_sampler, solve_field
from cortistim.field.refinement import refined
from cortistim.placement import Pose

OVER_M = np.array([-0.04, 0.03, 0.06])


@pytest.fixture(scope="module")
def pose(ball_head):
    return ct.pose(over=OVER_M, head=ball_head, handle_rad=0.5, distance_m=0.006)


@pytest.fixture(scope="module")
def field(ball_head, pose):
    return ct.field(ball_head, "magstim_d70", pose, didt_a_per_s=1e8)


def test_a_field_is_as_accurate_as_the_command_and_carries_its_bar(field, ball_head):
    points = head_sampler(ball_head, np.array([[-0.03, 0.025, 0.055], [-0.035, 0.02, 0.05]]))
    linear = field.linear
    same = refined(linear, points, fractions=0.1)
    assert np.allclose(field.at_v_per_m(points), same.at_v_per_m(points))
    assert np.allclose(field.error_v_per_m(points), same.error_v_per_m(points))
    assert not np.allclose(field.at_v_per_m(points), linear.at_v_per_m(points), rtol=1e-4)
    assert field.highest_order == field.on_cortex().highest_order == 3
    assert {"szabo1991"} < set(field.sources)


def test_a_field_scales_with_its_current(field, ball_head):
    points = head_sampler(ball_head, np.array([[-0.03, 0.025, 0.055]]))
    half = field.scaled_to(field.didt_a_per_s / 2)
    assert np.allclose(2 * half.at_v_per_m(points), field.at_v_per_m(points))


def test_other_recoveries_read_linear_elements(field, ball_head):
    points = head_sampler(ball_head, np.array([[-0.03, 0.025, 0.055]]), recovery="tissue")
    assert np.allclose(field.at_v_per_m(points), field.linear.at_v_per_m(points))


@pytest.mark.parametrize("order", [0, 7, "three"])
def test_an_order_that_is_none_is_refused(ball_head, pose, order):
    with pytest.raises(BadInputError, match="`order` must be between 1 and 6"):
        ct.field(ball_head, "magstim_d70", pose, order=order)


def nouns(ball_head, pose, field):
    return {
        "head": ball_head,
        "coil": ct.coil("magstim_d70"),
        "pose": pose,
        "field": field,
        "cortex": field.on_cortex(),
        "pulse": ct.pulse(mso_percent=50),
        "protocol": ct.protocol("iTBS600"),
        "course": ct.protocol("FDA-MDD-10HZ-L"),
        "prediction": ct.predict("iTBS600", minutes=(5, 15), models=False),
    }


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("head", "nodes"), ("coil", "µH"), ("pose", "mm"), ("field", "A/µs"),
        ("cortex", "V/m"), ("pulse", "µs"), ("protocol", " s"), ("course", "sessions"),
        ("prediction", "%"),
    ],
)  # fmt: skip
def test_nouns_say_themselves_in_a_line_and_a_table_with_units(
    name, unit, ball_head, pose, field
):
    noun = nouns(ball_head, pose, field)[name]
    assert len(repr(noun)) < 400
    assert repr(noun).startswith(f"<{type(noun).__name__}: ")
    assert unit in repr(noun)
    assert noun._repr_html_().count("<tr>") == len(noun.facts())


@pytest.mark.parametrize(
    "name", ["head", "coil", "field", "cortex", "pulse", "protocol", "course", "prediction"]
)
def test_nouns_draw_themselves(name, ball_head, pose, field, tmp_path):
    figure = nouns(ball_head, pose, field)[name].plot()
    figure.savefig(tmp_path / "it.png", dpi=40)
    assert figure.axes


def test_a_pose_is_drawn_on_a_head(pose, ball_head):
    assert len(pose.plot(head=ball_head, coil=ct.coil("magstim_d25")).axes) == 2
    with pytest.raises(BadInputError, match=r"pose\.plot\(head=head, coil=coil\)"):
        pose.plot()


def test_markup_in_a_name_stays_text(ball_head):
    from dataclasses import replace

    assert "<script>" not in replace(ball_head, name="<script>")._repr_html_()


def test_a_hunt_and_records_are_drawn_by_the_one_function():
    hunt = ct.threshold(start_percent=45)
    with pytest.raises(BadInputError, match="before the first pulse"):
        ct.plot(hunt)
    for _ in range(5):
        hunt.respond(hit=hunt.propose() > 50)
    assert ct.plot(hunt).axes
    assert ct.plot(ct.rehearse(seed=2)).axes


@pytest.mark.parametrize(
    ("noun", "choices", "said"),
    [
        (3, {}, "there is no picture of a int"),
        (Pose(np.eye(4)), {"colour": 1}, "no choice `colour`; it has: coil, head"),
    ],
)
def test_what_cannot_be_drawn_is_said(noun, choices, said):
    with pytest.raises(BadInputError, match=said):
        ct.plot(noun, **choices)


def test_values_on_a_cortex_must_fit_it(field):
    with pytest.raises(BadInputError, match="values must have one number"):
        field.on_cortex().plot(values=[1.0, 2.0])


def test_nouns_come_back_from_their_files(ball_head, pose, field, tmp_path):
    again = ct.Pose.load(pose.save(tmp_path / "pose.json"))
    assert np.allclose(again.matrix_m, pose.matrix_m)
    coil = ct.coil("magstim_d25")
    read = ct.Coil.load(coil.save(tmp_path / "coil.ccd"))
    assert np.allclose(read.dipoles_m, coil.dipoles_m)
    head = ct.Head.load(ball_head.save(tmp_path / "ball.msh"))
    assert len(head.mesh.nodes_m) == len(ball_head.mesh.nodes_m)
    protocol = ct.Protocol.load(ct.protocol("iTBS600").save(tmp_path / "p.yaml"))
    assert protocol.n_pulses == 600
    assert field.save(tmp_path / "field.msh").is_file()
    assert (field.on_cortex().save(tmp_path / "cortex") / "cortex.surf.gii").is_file()


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (ct.Head.load, "must hold one .msh file"),
        (lambda at: ct.Head.load(at / "no.msh"), r"no\.msh"),
        (lambda _: ct.Coil.load("magstim_d71"), "magstim_d70"),
        (lambda at: ct.Pose.load(at / "no.json"), r"no\.json"),
        (lambda at: ct.Field.load(at / "field.msh"), "a Field cannot be read back"),
        (lambda at: ct.Pulse.load(at / "p.tsv"), "these can: Head"),
        (lambda at: ct.FieldOperator.load(at / "no.npz"), "operator build"),
        (lambda at: ct.pulse().save(at / "p.tsv"), "a Pulse has no file of its own"),
        (lambda _: ct.head(3), "`head` must be a name, a file, a folder or a head; got int"),
        (lambda _: ct.head("spher"), "sphere"),
        (lambda _: ct.coil(None), "`coil` must be a name, a file or a coil; got NoneType"),
        (lambda _: ct.pose(), "`pose` takes one of two"),
        (lambda _: solve_field(ct.head("sphere"), 3, np.eye(4)), "the name of one; got int"),
        (lambda _: solve_field(ct.head("sphere"), "magstim_d70", "here"), "a 4x4 matrix"),
        (lambda _: ct.pose(np.eye(3)), r"4x4 matrix; got shape \(3, 3\)"),
        (lambda _: ct.pose([["a"]]), "`pose` must be a pose"),
        (lambda _: ct.pose(np.diag([1, 1, 1, 1]) + 80 * np.eye(4, k=3)), "millimetres"),
        (lambda _: ct.target([-40, 20, 55], "sphere"), "`points_m` must be in metres"),
        (lambda _: ct.target("dlpfc_x", "sphere"), "dlpfc_l"),
        (lambda _: ct.protocol("iTBSX"), "iTBS"),
        (lambda _: ct.predict("nothing"), "nothing"),
        (lambda _: ct.check("iTBS600", table="rossi2008"), "rossi2009"),
        (lambda _: ct.rehearse("hotspot"), "must be one of threshold, curve"),
        (lambda _: ct.threshold(method="pest9"), "method"),
        (lambda at: ct.curves(at / "none.csv"), r"none\.csv"),
        (lambda _: ct.aim(np.zeros((2, 3))), "`target` must be one point; got 2"),
        (lambda _: ct.plan("C3", head="sphere", rmt_percent=-3), "rmt_percent"),
        (lambda _: ct.field("sphere", "magstim_d70", np.eye(4), didt_a_per_s=1e12), "A/µs"),
    ],
)
def test_what_cannot_be_is_refused_in_our_own_words(do, said, tmp_path, monkeypatch):
    monkeypatch.setenv("CORTISTIM_AUDIT", str(tmp_path / "audit.jsonl"))
    with pytest.raises(CortistimError, match=said):
        do(tmp_path)


def test_operators_of_another_version_or_kind_are_refused(tmp_path):
    np.savez(tmp_path / "op.npz", version=np.array(1))
    with pytest.raises(CortistimError, match=r"op\.npz: .*Build it again"):
        ct.operator(str(tmp_path / "op.npz"))


def test_what_a_person_would_give_is_taken(ball_head, pose, tmp_path):
    from cortistim.api import taking

    written = pose.save(tmp_path / "pose.json")
    for given in (pose, pose.matrix_m, pose.matrix_m.tolist(), written, str(written)):
        assert np.allclose(ct.pose(given).matrix_m, pose.matrix_m)
    assert ct.target(OVER_M, ball_head).point_m.tolist() == OVER_M.tolist()
    found = ct.target("C3", ball_head)
    assert ct.target(found, ball_head) is found
    assert taking.target_text(found).count(",") == 2


def test_a_coil_is_raised_until_it_is_clear(ball_head):
    near = ct.pose(over=OVER_M, head=ball_head, distance_m=0.0)
    clear = ct.pose(over=OVER_M, head=ball_head, distance_m=0.0, coil="magstim_d70")
    assert np.linalg.norm(clear.origin_m - near.origin_m) > 0
