"""The explorer: one file, offline, whose own code computes what the operator does."""

import os
import shutil

import numpy as np
import pytest

pytest.importorskip("tornado")
from cortistim.app.evaluate import evaluate
from cortistim.app.explorer import packed_operator, packing_error, page_script, write_explorer
from cortistim.app.live import colour_table
from cortistim.errors import BadInputError
from cortistim.field.operator.basis import candidate_poses

MOST_BYTES = 8_000_000
LIMIT = 0.03


@pytest.fixture(scope="module")
def explorer(scene, tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    record = write_explorer(scene, path, didt_a_per_s=1e6, colours=colour_table())
    return path, record


def test_the_file_holds_everything_and_connects_to_nothing(explorer):
    path, record = explorer
    text = path.read_text("utf-8")
    assert record.bytes == path.stat().st_size < MOST_BYTES
    assert "default-src 'none'" in text
    assert "unsafe" not in text.split("</head>")[0]
    for word in ("http://", "https://", "fetch(", "WebSocket", "import "):
        assert word not in page_script()
    assert "Research software, not a medical device" in text


def test_the_error_is_measured_and_stated(explorer, scene):
    path, record = explorer
    share = packing_error(scene, packed_operator(scene))
    assert record.largest_error_share == pytest.approx(share, rel=0.1)
    assert share < LIMIT
    assert f"within {100 * share:.2g} %" in " ".join(path.read_text("utf-8").split())
    few = packed_operator(scene, most=50)
    assert len(few.chosen) <= 50 + len(scene.near)
    assert set(scene.near) <= set(few.chosen)


def test_a_coil_without_dipoles_is_refused(scene, tmp_path):
    from dataclasses import replace

    coil = replace(scene.coil, further=(object(),))
    with pytest.raises(BadInputError, match="dipoles"):
        write_explorer(
            replace(scene, coil=coil), tmp_path / "x.html", didt_a_per_s=1, colours=[]
        )


def test_the_pages_own_code_gives_the_operators_field(explorer, scene):
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is missing")
    path, _ = explorer
    arguments = ["--enable-unsafe-swiftshader", "--use-angle=swiftshader"]
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    chosen = packed_operator(scene).chosen
    complaints, asked = [], []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(viewport={"width": 800, "height": 600})
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("canvas[data-drawn]", timeout=60_000)
        for pose in candidate_poses(scene.head, scene.coil, 5, seed=8):
            rows = pose.matrix_m.copy()
            rows[:3, 3] *= 1e3
            run = "rows => [...window.explorer.evaluate(rows).strength]"
            shown = np.array(page.evaluate(run, rows.tolist()))
            exact = evaluate(scene, pose, 1e6)
            strength = exact.strength_v_per_m[chosen]
            assert np.abs(shown - strength).max() < LIMIT * strength.max()
        took = page.evaluate(
            "() => { const begun = performance.now(); for (let n = 0; n < 20; n++) "
            "window.explorer.evaluate(); return (performance.now() - begun) / 20; }"
        )
        before = page.locator("#at-target").inner_text()
        page.locator("#view").focus()
        for _ in range(12):
            page.keyboard.press("ArrowUp")
        assert page.locator("#at-target").inner_text() != before
        box = page.locator("#view").bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert page.evaluate("() => window.explorer.clear(window.explorer.pose.slice(0, 3))")
        browser.close()
    assert complaints == []
    assert asked == [path.as_uri()]
    assert took < 1000
