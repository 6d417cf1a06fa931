import json
import re
from dataclasses import fields, replace
from html.parser import HTMLParser

import numpy as np
import pytest

from cortistim.records.neuron import EqualFieldDose
from cortistim.records.provenance import SourcedNumber, SourceRecord
from cortistim.viz import write_report
from cortistim.viz.figures.cortex_field import top_of_scale
from cortistim.viz.report.page import NOTICE, report_html
from cortistim.viz.report.tables import cell, grid, label, rows, source_list
from cortistim.viz.report.words import answer, offset_in_words
from cortistim.viz.scene.scene import scene, thinned

pytestmark = pytest.mark.oldest

HOSTILE = '</script><img src=x onerror="alert(1)">$name ${title} & "quoted"'
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words, self.unbalanced = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    from PIL import Image

    file = tmp_path_factory.mktemp("report") / "slices.png"
    Image.new("RGB", (4, 4), "white").save(file)
    return {"slices": file}


@pytest.fixture(scope="module")
def page(content, picture):
    return Page(report_html(content, picture))


def test_the_page_is_well_formed(page):
    assert page.unbalanced == []
    assert page.open == []


def test_nothing_is_loaded_from_a_network_or_another_file(page):
    loading = {"src", "href", "data", "action", "poster", "srcset"}
    for tag, attributes in page.tags:
        for name in loading & set(attributes):
            assert attributes[name].startswith(("data:image/png;base64,", "#")), (tag, name)


def test_the_page_says_that_it_is_no_medical_device(page):
    assert page.text.count(NOTICE) == 2


def test_the_scene_and_the_figures_are_inside(page, content, picture):
    text = report_html(content, picture)
    assert "Plotly.newPlot" in text
    assert len(text) > 4_000_000
    assert sum(tag == "img" for tag, _ in page.tags) == 1


@pytest.mark.usefixtures("without_scene")
def test_a_missing_output_shows_its_reason_and_never_none_or_nan(content, make, picture):
    withheld = {"percent_mso": None, "didt_a_per_us": None, "target_e_v_per_m": None,
                "rmt_percent": None, "reason": "no threshold was stated"}  # fmt: skip
    work = make.changed(content.plan, dose=withheld)
    page = Page(report_html(replace(content, plan=work), picture))
    assert "Stimulator output Not given no threshold was stated" in page.text
    assert not re.search(r"\b(None|nan|NaN|null|inf)\b", page.text)


def test_a_known_output_is_a_number(page):
    assert "Stimulator output 60 % MSO" in page.text


def test_no_value_of_a_real_plan_is_shown_raw(page):
    assert not re.search(r"\b(None|nan|NaN|null|inf|True|False)\b", page.text)
    assert not re.search(r"\w+_(v_per|a_per|mm|percent|mso)\b", page.text)
    for odd in ("per a per us", "A y sign", "Listed", "Words", 'Sch\\"urmann', "Induced |E|"):
        assert odd not in page.text
    assert "Schürmann" in page.text


@pytest.mark.usefixtures("without_scene")
def test_no_table_says_one_thing_twice(content, picture):
    page = report_html(content, picture)
    for table in re.findall(r'<table class="pairs">(?:(?!<table).)*?</table>', page):
        names = re.findall(r"<th>(.*?)</th>", table)
        assert len(names) == len(set(names)), names
    assert page.count("120 % rMT<") == 1


def test_what_the_answer_rests_on_is_there(page, content):
    field, dose = content.plan.field, content.plan.dose
    told = (dose.rests_on, *content.plan.limits, str(field.solver.iterations))
    for words in (*told, content.plan.aim.tolerance.words):
        assert words in page.text


@pytest.mark.usefixtures("without_scene")
def test_every_part_of_a_plan_has_its_place_in_the_report(content, make, picture):
    """A part that is added to plan.json must be added to the page, or here."""
    nowhere = {"schema", "notice"}  # the page has a notice of its own
    for part in {entry.name for entry in fields(content.plan)} - nowhere - {"warnings"}:
        worded = make.worded(getattr(content.plan, part), "XYZZY")
        work = replace(content.plan, **{part: worded if part != "timing_s" else {"XYZZY": 1.0}})
        text = report_html(replace(content, plan=work), picture)
        assert "XYZZY" in text, part


def test_the_peak_is_never_below_the_target_and_has_a_place(page, content):
    at, peak = (
        int(re.search(rf"{name} (\d+) V/m", page.text)[1])
        for name in (r"\|E\| at the target", r"Peak \|E\| on the cortex")
    )
    assert peak >= at
    assert re.search(r"strongest 5 mm patch[:,] .* at \(-?\d+, -?\d+, -?\d+\) mm", page.text)
    assert "99.9th percentile of |E| over the cortex" not in page.text  # it is in the list
    assert content.plan.field.peak_e_is.startswith("99.9th percentile")


@pytest.mark.usefixtures("without_scene")
def test_the_caption_says_where_the_colours_end(content, tmp_path):
    files = {"cortex_field": tmp_path / "cortex_field.png"}
    files["cortex_field"].write_bytes(b"")
    page = Page(report_html(content, files))
    assert f"stands for {top_of_scale(content):g} V/m and more" in page.text


def test_outputs_by_other_rules_stand_beside_their_share(page, content):
    percent = content.plan.neuron.dose.percent_mso
    row = f"over the motor cortex {percent:.4g} {1.2 * percent:.4g}"
    assert row in page.text
    assert "the motor threshold as it was measured 50 60" in page.text


@pytest.mark.usefixtures("without_scene")
def test_a_single_pulse_is_spoken_of_as_such(content, make, picture):
    from cortistim.protocol import find_protocol
    from cortistim.safety import check_protocol
    from cortistim.study.protocol.check import safety_record

    course = find_protocol("single_pulse").course()
    safety = safety_record(course, check_protocol(course.protocol))
    protocol = {"name": "single_pulse", "pulses": 1, "words": course.protocol.words}
    work = replace(make.changed(content.plan, protocol=protocol), safety=safety)
    text = Page(report_html(replace(content, plan=work, pulse_times_s=[0.0]), picture)).text
    assert "a pulse takes 60 % of maximum" in text
    assert "a pulse by itself at 120 % of the hand's rMT" in text
    assert "a single pulse" in text
    assert not re.search(r"\b0 Hz|1 pulses|train of 0", text)
    assert "P(down)" not in text


def test_the_pose_can_be_copied_in_mm(page, content):
    numbers = re.search(r"coil goes (.*?) One click", page.text)[1].split()
    shown = np.array(numbers, dtype=float).reshape(4, 4)
    np.testing.assert_allclose(shown[:3, 3], content.pose.origin_m * 1e3, atol=1e-5)
    np.testing.assert_allclose(shown[:3, :3], content.pose.rotation, atol=1e-5)


def test_hostile_words_stay_words(content, make, picture):
    work = make.worded(content.plan, HOSTILE)
    numbers = {"percentiles_v_per_m": {HOSTILE: 1.0}, "solver": {HOSTILE: {HOSTILE: HOSTILE}}}
    work = make.changed(work, field=numbers)
    page = Page(report_html(replace(content, plan=work), picture))
    assert page.unbalanced == []
    assert not any("onerror" in attributes for _, attributes in page.tags)
    assert page.text.count(re.sub(r"\s+", " ", HOSTILE)) > 30


def test_the_file_is_written_whole_or_not_at_all(content, picture, tmp_path):
    target = write_report(content, tmp_path / "report.html", figures=picture)
    before = target.read_bytes()
    assert before.startswith(b"<!DOCTYPE html>")
    with pytest.raises(FileNotFoundError):
        write_report(content, target, figures={"slices": tmp_path / "missing.png"})
    assert target.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_the_answer_says_where_and_how(content):
    said, field = answer(content), content.plan.field
    where = offset_in_words(content)
    assert said.startswith(f"Put the coil's centre {where}, on the left side")
    assert "handle pointing backward" in said
    at, of = field.didt_a_per_us, field.target_e_v_per_m
    assert f"At {at:.0f} A/µs this gives {of:.0f} V/m at the target;" in said
    assert said.endswith("the protocol takes 60 % of maximum stimulator output.")


@pytest.mark.parametrize(
    ("didt_a_per_us", "said"),
    [
        (None, "output, but which dI/dt that is with this coil was not measured."),
        (30.0, "output, which is 30 A/µs and 12 V/m at the target."),
    ],
)
def test_an_output_that_does_not_give_the_stated_field_says_so(
    content, make, didt_a_per_us, said
):
    dose = {"didt_a_per_us": didt_a_per_us, "target_e_v_per_m": 12.0}
    work = make.changed(content.plan, dose=dose)
    assert answer(replace(content, plan=work)).endswith(said)


def test_the_offset_counts_across_the_coils_axis(content):
    axis = content.pose.rotation[:, 2]
    across = np.array([0.0, 1.0, 0.0]) - axis[1] * axis
    back_m = content.pose.origin_m + 0.02 * axis - 0.01 * across / np.linalg.norm(across)
    words = offset_in_words(replace(content, target_m=back_m))
    assert words.startswith(f"{10 * np.linalg.norm(across):.0f} mm anterior")


def test_suffixes_become_units():
    assert label("distance_m") == ("Distance", "mm", 1e3)
    assert label("didt_a_per_s") == ("dI/dt", "A/µs", 1e-6)
    assert label("mean_e_v_per_m") == ("Mean |E|", "V/m", 1.0)
    assert label("target_e_v_per_m") == ("|E| at the target", "V/m", 1.0)
    assert label("pulse_us") == ("Pulse width", "µs", 1.0)
    assert label("n_tet") == ("Number of tetrahedra", "", 1.0)
    assert "6.2 mm" in rows({"distance_m": 0.0062})
    assert "280 µs" in rows({"period_s": 280e-6})
    assert "1e-8 T m per A" in rows({"a_at_20mm_t_m": [1e-8]})
    assert "by area (V/m)" in rows({"percentiles_v_per_m": {"50": 1.5}})


def test_reasons_are_found_beside_their_value():
    assert "because" in rows({"percent_mso": None, "percent_mso_reason": "because"})
    assert "because" in rows({"didt_max_a_per_us": None, "didt_max_reason": "because"})
    assert "reason" not in rows({"didt_max_a_per_us": 7, "didt_max_reason": ""})
    assert "not available" in rows({"inductance_h": float("nan")})
    assert "because" in grid([{"a": None, "a_reason": "because"}, {"b": 2}])


def test_an_assumed_value_stands_out():
    assert '<span class="assumed">' in cell(
        SourcedNumber(value=1.0, unit="F", source="assumed", note="")
    )


def test_each_source_is_listed_once():
    source = SourceRecord(key="someone2000", text="A text & more.")
    shown = source_list([source, source])
    assert shown.count("A text &amp; more.") == 1


def test_what_a_record_leaves_unsaid_has_no_row():
    said = EqualFieldDose(percent_mso=None, reason="nobody measured it")
    shown = rows(said)
    assert "nobody measured it" in shown
    assert "M1" not in shown


def test_the_scene_holds_every_part_in_mm(content):
    figure = scene(content)
    names = [trace.name for trace in figure.data]
    for part in ("Cortex", "Scalp", "Casing", "Handle", "Coil's centre to target"):
        assert part in names
    aim = figure.data[names.index("Coil's centre to target")]
    end_mm = [aim.x[1], aim.y[1], aim.z[1]]
    np.testing.assert_allclose(end_mm, content.target_m * 1e3, rtol=1e-5)
    assert figure.data[0].x.dtype == np.float32
    json.loads(figure.to_json())


def test_the_scene_starts_at_the_targets_side(content):
    assert scene(content).layout.scene.camera.eye.x < 0


def test_what_explains_a_value_stands_beside_it():
    shown = rows({"peak_e_v_per_m": 3.0, "peak_e_is": "a percentile", "didt_max_source": "x"})
    assert 'V/m <span class="note">a percentile</span>' in shown
    assert shown.count("<tr>") == 2


def test_hovering_tells_mni_only_when_it_is_known(content):
    unknown = replace(content, display_mni_m=np.zeros((0, 3)))
    assert "MNI" not in scene(unknown).data[0].hovertemplate
    known = replace(content, display_mni_m=content.cortex_display.vertices_m)
    assert "MNI" in scene(known).data[0].hovertemplate


def test_thinning_keeps_the_shape(content):
    thin = thinned(content.scalp, 14e-3)
    assert len(thin.triangles) < len(content.scalp.triangles) / 2
    area_m2 = content.scalp.vertex_areas_m2.sum()
    assert thin.vertex_areas_m2.sum() == pytest.approx(area_m2, rel=0.03)
    assert (np.einsum("ij,ij->i", thin.normals, thin.vertices_m) > 0).all()
