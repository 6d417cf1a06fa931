import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from cortistim.viz import scene, write_report
from cortistim.viz.report import NOTICE, report_html
from cortistim.viz.scene import thinned
from cortistim.viz.tables import cell, grid, label, rows, source_list
from cortistim.viz.words import answer, handle_in_words, offset_in_words

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


def test_a_missing_output_shows_its_reason_and_never_none_or_nan(page):
    assert "no resting motor threshold was given" in page.text
    assert not re.search(r"\b(None|nan|NaN|null|inf)\b", page.text)


def test_a_known_output_is_a_number(make, picture):
    work = make.plan()
    work["dose"] = {"percent_mso": 57.6, "rests_on": "resting motor threshold"}
    page = Page(report_html(make.content(work), picture))
    assert "Stimulator output 58 % MSO" in page.text


def test_what_the_answer_rests_on_is_there(page):
    for words in ("a field of 100 V/m", "A note.", "The casing is made up.", "3.2 s", "17"):
        assert words in page.text
    assert "assumed" in page.text


def test_the_pose_can_be_copied_in_mm(page, content):
    numbers = re.search(r"coil goes (.*?) One click", page.text)[1].split()
    shown = np.array(numbers, dtype=float).reshape(4, 4)
    np.testing.assert_allclose(shown[:3, 3], content.pose.origin_m * 1e3, atol=1e-5)
    np.testing.assert_allclose(shown[:3, :3], content.pose.rotation, atol=1e-5)


def test_hostile_words_stay_words(make, picture):
    listed = [HOSTILE, {"value": 1, "unit": HOSTILE}]
    work = {
        key: {"name": HOSTILE, HOSTILE: HOSTILE, "listed": listed}
        for key in ("head", "coil", "stimulator", "protocol", "target", "pose", "field", "dose")
    }
    work |= {"warnings": [HOSTILE], "sources": [HOSTILE], HOSTILE: [{HOSTILE: HOSTILE}]}
    work["dose"]["percent_mso_reason"] = HOSTILE
    work["pose"] |= {"handle": HOSTILE, "handle_deg": 3}
    page = Page(report_html(make.content(work), picture))
    assert page.unbalanced == []
    assert not any("onerror" in attributes for _, attributes in page.tags)
    assert HOSTILE in page.text


def test_an_empty_plan_still_gives_a_page(make, picture):
    page = Page(report_html(make.content({}), picture))
    assert page.unbalanced == []
    assert "Put the coil's centre" in page.text
    assert not re.search(r"\b(None|nan|NaN)\b", page.text)


def test_the_file_is_written_whole_or_not_at_all(content, picture, tmp_path):
    target = write_report(content, tmp_path / "report.html", figures=picture)
    before = target.read_bytes()
    assert before.startswith(b"<!DOCTYPE html>")
    with pytest.raises(FileNotFoundError):
        write_report(content, target, figures={"slices": tmp_path / "missing.png"})
    assert target.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_the_answer_says_where_and_how(content):
    said = answer(content)
    assert said.startswith("Put the coil's centre straight over the target, on the left side")
    assert "handle pointing backward" in said
    assert said.endswith("At 62 A/µs this gives 93 V/m at the target.")


def test_the_plans_own_words_for_the_handle_count(make):
    work = make.plan()
    work["pose"] |= {"handle": "handle points forward, 170° from posterior", "handle_deg": 170}
    assert "handle pointing forward, 170° from posterior." in answer(make.content(work))


def test_a_stated_output_is_part_of_the_answer(make):
    work = make.plan()
    work["dose"]["percent_mso"] = 57.6
    assert "takes 58 % of maximum stimulator output" in answer(make.content(work))


@pytest.mark.parametrize("handle_deg", [0, 45, 90])
def test_the_handles_angle_is_counted_from_posterior(make, handle_deg):
    turned = make.content(make.plan(), pose=make.pose(handle_deg))
    assert handle_in_words(turned).endswith(f", {handle_deg}° from posterior")


def test_the_offset_counts_along_the_scalp(content, make):
    forward = content.target_m - 0.01 * np.array([0.0, 1.0, 0.0])
    words = offset_in_words(make.content(make.plan(), target_m=forward))
    assert words.startswith("10 mm anterior")


def test_suffixes_become_units():
    assert label("distance_m") == ("Distance", "mm", 1e3)
    assert label("didt_a_per_s") == ("dI/dt", "A/µs", 1e-6)
    assert label("target_e_v_per_m") == ("Target |E|", "V/m", 1.0)
    assert label("n_tet") == ("Number of tetrahedra", "", 1.0)
    assert "6.2 mm" in rows({"distance_m": 0.0062})
    assert "280 µs" in rows({"period_s": 280e-6})
    assert "1e-8 T m per A" in rows({"a_at_20mm_t_m": [1e-8]})
    assert "Percentiles (V/m)" in rows({"percentiles_v_per_m": {"50": 1.5}})


def test_reasons_are_found_beside_their_value():
    assert "because" in rows({"percent_mso": None, "percent_mso_reason": "because"})
    assert "because" in rows({"didt_max_a_per_us": None, "didt_max_reason": "because"})
    assert "reason" not in rows({"didt_max_a_per_us": 7, "didt_max_reason": ""})
    assert "because" in cell({"value": None, "unit": "F", "reason": "because"})
    assert "not available" in rows({"inductance_h": float("nan")})
    assert "because" in grid([{"a": None, "a_reason": "because"}, {"b": 2}])


def test_an_assumed_value_stands_out():
    assert '<span class="assumed">' in cell({"value": 1.0, "unit": "F", "source": "assumed"})


def test_a_source_without_an_entry_says_so():
    assert "no entry in the bibliography" in source_list(["nobody1900"])
    assert "A text." in source_list([{"key": "someone2000", "text": "A text."}])


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


def test_hovering_tells_mni_only_when_it_is_known(content, make):
    assert "MNI" not in scene(content).data[0].hovertemplate
    known = make.content(make.plan(), display_mni_m=content.cortex_display.vertices_m)
    assert "MNI" in scene(known).data[0].hovertemplate


def test_thinning_keeps_the_shape(content):
    thin = thinned(content.scalp, 14e-3)
    assert len(thin.triangles) < len(content.scalp.triangles) / 2
    area_m2 = content.scalp.vertex_areas_m2.sum()
    assert thin.vertex_areas_m2.sum() == pytest.approx(area_m2, rel=0.03)
    assert (np.einsum("ij,ij->i", thin.normals, thin.vertices_m) > 0).all()
