"""The report in Chromium: nothing breaks inside a cell, and every number is told once."""

import os
import re
import shutil

import pytest

from cortistim.viz.report.numbers import shown
from cortistim.viz.report.page import report_html

sync_api = pytest.importorskip("playwright.sync_api", reason="pages are tested by Playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing")
WIDTHS = (1400, 390)
BROKEN = """() => {
  document.querySelectorAll("details").forEach((part) => { part.open = true; });
  const found = [];
  for (const cell of document.querySelectorAll("td, th, dt, dd, .tile .value")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      for (const word of node.data.matchAll(/[^ \\n\\t]+/g)) {
        if (cell.matches("dd") && word[0].length > 30) continue;  // a name longer than a phone
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const tops = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
        if (tops.size > 1) found.push(word[0]);
      }
    }
  }
  return found;
}"""
CUT = """() => [...document.querySelectorAll("pre, td, th, dd, .tile")]
  .filter((part) => part.getBoundingClientRect().right > window.innerWidth + 1)
  .map((part) => part.textContent.slice(0, 60))"""


@pytest.fixture(scope="module")
def page_file(content, tmp_path_factory):
    from unittest.mock import patch

    from plotly.graph_objects import Figure

    with patch("cortistim.viz.report.page.scene", lambda _: Figure()):
        text = report_html(content, {})
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield found
        found.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_number_or_word_breaks_inside_a_cell_and_nothing_is_cut(browser, page_file, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(page_file.as_uri())
    assert page.evaluate(BROKEN) == []
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_a_cell_that_breaks_would_be_noticed(browser, page_file):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(page_file.as_uri())
    page.add_style_tag(content="td, dd { width: 1.2em; word-break: break-all; }")
    assert page.evaluate(BROKEN) != []
    page.close()


def test_headline_tiles_tables_and_json_agree_on_every_shared_number(
    browser, page_file, content
):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(page_file.as_uri())
    headline = page.inner_text(".answer").replace("\u00a0", " ")
    tiles = page.inner_text(".tiles").replace("\u00a0", " ").replace("\n", " ")
    chapters = page.inner_text("main").replace("\u00a0", " ").replace("\n", " ")
    field, dose = content.plan.field, content.plan.dose
    found = content.plan.uncertainty.e_target_v_per_m
    shared = {
        "dI/dt": (field.didt_a_per_us, "A/µs"),
        "|E|": (field.target_e_v_per_m, "V/m"),
        "its upper end": (found.high, "V/m"),
        "output": (dose.percent_mso, "%"),
        "its upper end in %": (dose.percent_mso_high, "% MSO"),
    }
    for name, (value, unit) in shared.items():
        told = f"{shown(value)} {unit}"
        for place in (headline, tiles, chapters):
            assert told in re.sub(r"\s+", " ", place), (name, told)
    peak = f"{shown(field.local_peak_e_v_per_m)} V/m"
    assert peak in tiles
    assert peak in chapters
    assert content.plan.safety.verdict in chapters.lower()
    assert content.plan.safety.verdict in tiles.lower()
    page.close()


def test_the_scene_is_unpacked_when_it_comes_in_sight(browser, page_file):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(page_file.as_uri())
    assert page.query_selector("#unpack") is not None
    page.evaluate("document.getElementById('scene').scrollIntoView()")
    page.wait_for_selector("#scene .main-svg", timeout=60_000)
    assert complaints == []
    page.close()


def test_on_paper_the_contents_and_the_scene_are_left_out(browser, page_file):
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.emulate_media(media="print")
    page.goto(page_file.as_uri())
    assert not page.is_visible("nav")
    assert not page.is_visible(".scene")
    assert page.is_visible(".tiles")
    page.close()
