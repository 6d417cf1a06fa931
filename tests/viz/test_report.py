import json
import re
from base64 import b64decode
from dataclasses import fields, replace
from gzip import decompress
from html.parser import HTMLParser
from typing import get_args

import numpy as np
import pytest
from jinja2 import UndefinedError

from cortistim.records.provenance import SourceRecord
from cortistim.records.safety import VerdictName
from cortistim.viz import write_report
from cortistim.viz.figures.cortex_field import top_of_scale
from cortistim.viz.report import blocks
from cortistim.viz.report.markup import fragment, is_number
from cortistim.viz.report.numbers import quantity, shown, span, tied
from cortistim.viz.report.page import FINE, NOTICE, report_html
from cortistim.viz.report.words import answer, headed, offset_in_words
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
            assert attributes[name].startswith(("data:image/", "#")), (tag, name)


def test_the_page_says_that_it_is_no_medical_device(page):
    assert page.text.count(NOTICE) == 2


def test_the_scene_and_the_figures_are_inside(page, content, picture):
    text = report_html(content, picture)
    packed = re.search(r'id="packed">([^<]*)<', text)[1]
    assert "Plotly.newPlot" in decompress(b64decode(packed)).decode("utf-8")
    assert 1_000_000 < len(text) < 5_000_000
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
    assert "Stimulator output 60 % MSO 55.1 to 64.9 % MSO in 90 % of cases" in page.text


def test_no_value_of_a_real_plan_is_shown_raw(page):
    assert not re.search(r"\b(None|nan|NaN|null|inf|True|False)\b", page.text)
    assert not re.search(r"\w+_(v_per|a_per|mm|percent|mso)\b", page.text)
    for odd in ("per a per us", "A y sign", "Listed", "Words", 'Sch\\"urmann', "Induced |E|"):
        assert odd not in page.text
    assert "Schürmann" in page.text


def test_what_the_answer_rests_on_is_there(page, content):
    field, dose = content.plan.field, content.plan.dose
    told = (dose.rests_on, *content.plan.limits, f"Iterations {field.solver.iterations}")
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
        float(re.search(rf"{name} ([\d.]+) V/m", page.text)[1])
        for name in (r"\|E\| at the target", r"Peak \|E\| on the cortex")
    )
    assert peak >= at
    assert re.search(r"strongest 5 mm patch[:,] .* at \(-?\d+, -?\d+, -?\d+\) mm", page.text)
    assert content.plan.field.peak_e_is.startswith("99.9th percentile")


@pytest.mark.usefixtures("without_scene")
def test_the_caption_says_where_the_colours_end(content, tmp_path):
    files = {"cortex_field": tmp_path / "cortex_field.png"}
    files["cortex_field"].write_bytes(b"")
    page = Page(report_html(content, files))
    assert f"stands for {top_of_scale(content):g} V/m and more" in page.text


def test_one_output_is_recommended_and_the_others_are_ranked_with_when_to_use_each(
    page, content
):
    choices = content.plan.dose.choices
    assert [one.rank for one in choices] == list(range(1, len(choices) + 1))
    assert choices[0].percent_mso == content.plan.dose.percent_mso == 60
    equal = next(one for one in choices if one.rule == "equal_field")
    assert equal.percent_mso == pytest.approx(
        1.2 * content.plan.neuron.dose.percent_mso, rel=1e-3
    )
    assert f"{equal.rank}. As much |E| at the target" in page.text
    assert f"{shown(equal.percent_mso)} {shown(equal.percent_mso_low)} to" in page.text
    assert all(one.when in page.text or headed(one.when) in page.text for one in choices)


def test_what_cannot_be_delivered_is_said_in_headline_tile_chapter_and_warnings(content, page):
    delivery = content.plan.dose.delivery
    assert delivery.verdict == "not deliverable"  # theta burst at 60 % of this device
    assert f"It cannot be delivered so: {delivery.reason}" in answer(content)
    assert delivery.reason in content.plan.warnings
    assert page.text.count(delivery.reason) >= 4


def test_what_is_within_its_table_raises_no_alarm():
    assert "within" in FINE
    assert set(FINE) <= set(get_args(VerdictName))  # the verdicts' own names


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
    assert "What it may do" not in text


def test_the_pose_can_be_copied_in_mm(page, content):
    numbers = re.search(r"to copy (.*?) One click", page.text)[1].split()
    shown = np.array(numbers, dtype=float).reshape(4, 4)
    np.testing.assert_allclose(shown[:3, 3], content.pose.origin_m * 1e3, atol=1e-5)
    np.testing.assert_allclose(shown[:3, :3], content.pose.rotation, atol=1e-5)


def test_hostile_words_stay_words(content, make, picture):
    work = make.worded(content.plan, HOSTILE)
    numbers = {"percentiles_v_per_m": {HOSTILE: 1.0}}
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
    assert f"At {shown(at)} A/µs this gives {shown(of)} V/m at the target (" in said
    assert "the protocol takes 60 % of maximum stimulator output (55.1 to 64.9 % MSO)." in said


@pytest.mark.parametrize(
    ("didt_a_per_us", "said"),
    [
        (None, "MSO), but which dI/dt that is with this coil was not measured."),
        (30.0, "MSO), which is 30 A/µs and 12 V/m at the target."),
    ],
)
def test_an_output_that_does_not_give_the_stated_field_says_so(
    content, make, didt_a_per_us, said
):
    dose = {"didt_a_per_us": didt_a_per_us, "target_e_v_per_m": 12.0}
    work = make.changed(content.plan, dose=dose)
    assert said in answer(replace(content, plan=work))


def test_the_offset_counts_across_the_coils_axis(content):
    axis = content.pose.rotation[:, 2]
    across = np.array([0.0, 1.0, 0.0]) - axis[1] * axis
    back_m = content.pose.origin_m + 0.02 * axis - 0.01 * across / np.linalg.norm(across)
    words = offset_in_words(replace(content, target_m=back_m))
    assert words.startswith(f"{10 * np.linalg.norm(across):.0f} mm anterior")


def test_numbers_are_written_in_one_way():
    assert [shown(x) for x in (98.349, 0.03456, 1234.5, 12, -3.0, 2e-5)] == [
        "98.3", "0.0346", "1234", "12", "-3", "2e-5",
    ]  # fmt: skip
    assert quantity(None, "V/m") == quantity(float("nan"), "V/m") == "not known"
    assert span(1.0, None, "V/m") == ""
    assert tied("98 V/m at 3 mm, 5 patches") == "98\u00a0V/m at 3\u00a0mm, 5 patches"


@pytest.mark.parametrize(
    ("cell", "number"),
    [("98.3", True), ("80.1 to 118 V/m", True), ("56.2 to 68.6 % MSO", True), ("-12 %", True),
     ("layer 5", False), ("1. As much |E| at the target", False), ("not known", False)],
)  # fmt: skip
def test_a_cell_of_a_number_is_known(cell, number):
    assert is_number(cell) is number


def test_each_source_is_listed_once():
    source = SourceRecord(key="someone2000", text="A text & more.")
    shown = fragment("source_list", [source, source])
    assert shown.count("A text &amp; more.") == 1


WORDS = "<b>a & b</b>"
BLOCKS = {
    "Heading": blocks.Heading(WORDS),
    "Paragraph": blocks.Paragraph(WORDS, lead=WORDS, style="hint"),
    "Bullets": blocks.Bullets([WORDS]),
    "Facts": blocks.Facts([(WORDS, WORDS)]),
    "Table": blocks.Table((WORDS,), [(WORDS,)]),
    "Sources": blocks.Sources([SourceRecord(key=WORDS, text=WORDS)]),
    "Matrix": blocks.Matrix((WORDS,)),
    "Figure": blocks.Figure("a"),
    "Scene": blocks.Scene(),
    "Folded": blocks.Folded(WORDS, (blocks.Heading(WORDS),)),
}


@pytest.mark.parametrize("kind", [kind.__name__ for kind in get_args(blocks.Block)])
def test_every_kind_of_block_is_written_and_escaped(kind):
    pictures = {"a": blocks.Picture(WORDS, "data:,", WORDS, WORDS)}
    text = fragment("block", BLOCKS[kind], pictures, "", WORDS)
    page = Page(text)
    assert page.unbalanced == []
    assert WORDS in page.text
    assert "a &amp; b" in text


def test_a_block_without_a_template_is_noticed():
    with pytest.raises(UndefinedError):
        fragment("block", WORDS)


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
