"""The page in a browser: what it shows, what it never does. Needs Playwright and Chromium."""

import asyncio
import io
import os
import shutil
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tornado")
sync_api = pytest.importorskip("playwright.sync_api", reason="the page is tested by Playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip(
        "the page is tested in Chromium, which is not installed", allow_module_level=True
    )

sys.path.insert(0, str(Path(__file__).parent))
from cortistim.app.evaluate import moved  # noqa: E402
from cortistim.app.live import LiveRequest, Prepared, run_live  # noqa: E402
from cortistim.app.reception import Tie  # noqa: E402
from cortistim.app.sources import PageSource  # noqa: E402
from cortistim.study import output_of  # noqa: E402
from cortistim.units import matrix_mm_from_m  # noqa: E402

ARGUMENTS = ["--enable-unsafe-swiftshader", "--use-angle=swiftshader", "--ignore-gpu-blocklist"]
PICTURES = os.environ.get(
    "CORTISTIM_LIVE_PICTURES"
)  # a folder: the documents' pictures go there


@contextmanager
def running(scene, source, **asked):
    """Serve in a thread; gives the gate."""
    found, done = {}, threading.Event()
    ready = threading.Event()

    def tell(guard):
        found["guard"] = guard
        ready.set()

    def work():
        prepared = Prepared(scene, output_of(None, scene.coil), source, Tie())
        asyncio.run(
            run_live(prepared, LiveRequest(**asked), tell, lambda: asyncio.to_thread(done.wait))
        )

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert ready.wait(60)
        yield found["guard"]
    finally:
        done.set()
        thread.join(20)


@pytest.fixture(scope="module")
def browser():
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield found
        found.close()


@contextmanager
def page_of(browser, guard, *, token=None, **size):
    """Open the page; fails on any complaint of the browser and any request that leaves."""
    complaints, asked = [], []
    page = browser.new_page(
        viewport={"width": size.get("width", 900), "height": size.get("height", 640)},
        color_scheme=size.get("scheme", "dark"),
    )
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"http://127.0.0.1:{guard.port}/#t={token or guard.control_token}")
    page.wait_for_selector("canvas[data-seq]", timeout=60_000)
    yield page
    page.close()
    assert complaints == []
    here = f"127.0.0.1:{guard.port}/"
    assert [url for url in asked if here not in url] == []


def pixels(page):
    """Return the stage's pixels after they were drawn."""
    from matplotlib.image import imread

    picture = page.locator("#view").screenshot(timeout=60_000)
    return imread(io.BytesIO(picture))[..., :3]


def say(page, **message):
    """Let the page's own address say a verb through the API."""
    page.evaluate(
        """async (message) => fetch("/v1/say", {method: "POST", body: JSON.stringify(message),
        headers: {"Content-Type": "application/json",
        Authorization: "Bearer " + sessionStorage.getItem("cortistim-token")}})""",
        message,
    )


def number_of(page, name):
    return int(page.locator("#view").get_attribute(f"data-{name}") or 0)


def rows(pose):
    return matrix_mm_from_m(pose.matrix_m).tolist()


def until(condition, limit_s=30.0):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def test_the_token_leaves_the_address_and_a_reload_resumes(browser, scene):
    with running(scene, PageSource()) as guard, page_of(browser, guard) as page:
        assert page.url == f"http://127.0.0.1:{guard.port}/"
        before = page.locator("#at-target").inner_text()
        page.reload()
        page.wait_for_selector("canvas[data-seq]", timeout=60_000)
        until(lambda: page.locator("#at-target").inner_text() == before)


def test_the_field_changes_when_the_coil_moves(browser, scene):
    with running(scene, PageSource()) as guard, page_of(browser, guard) as page:
        page.locator("#show-coil").uncheck()
        page.locator("#show-plan").uncheck()
        page.wait_for_timeout(700)
        one = pixels(page)
        assert one.std() > 0.02
        seq, told = number_of(page, "seq"), page.locator("#at-target").inner_text()
        page.locator("#view").focus()
        for _ in range(10):
            page.keyboard.press("ArrowLeft")
        until(lambda: number_of(page, "seq") > seq)
        until(lambda: page.locator("#at-target").inner_text() != told)
        page.wait_for_timeout(1500)
        assert np.abs(pixels(page) - one).max() > 0.1


def test_dragging_on_the_head_moves_the_coil_and_beside_it_the_view(browser, scene):
    with running(scene, PageSource()) as guard, page_of(browser, guard) as page:
        box = page.locator("#view").bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        seq = number_of(page, "seq")
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + 40, middle[1] + 20, steps=5)
        page.mouse.up()
        until(lambda: number_of(page, "seq") > seq)
        page.wait_for_timeout(800)
        seq, one = number_of(page, "seq"), pixels(page)
        page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 150)
        page.mouse.down()
        page.mouse.move(box["x"] + 120, box["y"] + box["height"] - 150, steps=5)
        page.mouse.up()
        page.wait_for_timeout(1500)
        assert number_of(page, "seq") == seq
        assert np.abs(pixels(page) - one).max() > 0.1


def test_a_stale_field_is_grey_and_says_so(browser, scene):
    with running(scene, PageSource("stream", "api")) as guard, page_of(browser, guard) as page:
        page.locator("#show-coil").uncheck()
        page.locator("#show-plan").uncheck()
        page.locator("#show-scalp").uncheck()
        assert "WAITING" in page.locator("#veil").inner_text()
        say(page, op="pose", matsimnibs=rows(scene.first))
        page.wait_for_selector("body[data-state=live]", timeout=10_000)
        page.wait_for_selector("body[data-state=stale]", timeout=10_000)
        assert "STALE" in page.locator("#veil").inner_text()
        page.wait_for_timeout(1200)
        shown = pixels(page)
        right = shown[150:-150, shown.shape[1] // 2 - 60 : shown.shape[1] // 2 + 60]
        spread = (right.max(axis=2) - right.min(axis=2)).reshape(-1)
        assert np.median(spread) < 0.03  # no colour is left
        say(page, op="pose", matsimnibs=None)
        page.wait_for_selector("body[data-state=invisible]", timeout=10_000)


def test_the_latest_pose_wins_and_the_target_is_entered_slowly(browser, scene):
    with running(scene, PageSource("stream", "api")) as guard, page_of(browser, guard) as page:
        keep = """(message) => { clearInterval(window.sending);
            const body = JSON.stringify(message);
            window.sending = setInterval(() => fetch("/v1/say", {method: "POST", body,
            headers: {"Content-Type": "application/json", Authorization: "Bearer "
            + sessionStorage.getItem("cortistim-token")}}), 50); }"""
        off = moved(scene.plan, np.array([0.004, 0, -0.001]), np.zeros(3))
        page.evaluate(keep, {"op": "pose", "matsimnibs": rows(off)})
        until(lambda: page.locator("#lateral").inner_text() == "4.0")
        assert "off target" in page.locator("#target-word").inner_text()
        page.evaluate(keep, {"op": "pose", "matsimnibs": rows(scene.plan)})
        until(lambda: "on target" in page.locator("#target-word").inner_text())
        assert page.locator("#lateral").inner_text() == "0.0"
        page.evaluate("() => clearInterval(window.sending)")
        until(lambda: "off target" in page.locator("#target-word").inner_text())


def test_the_keyboard_reaches_every_control_and_marks_a_pulse(browser, scene):
    with running(scene, PageSource()) as guard, page_of(browser, guard) as page:
        wanted = page.evaluate(
            "() => [...document.querySelectorAll('button, input, canvas[tabindex]')]"
            ".filter(e => !e.disabled && e.offsetParent).length"
        )
        reached = set()
        for _ in range(wanted + 3):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("() => [...document.querySelectorAll('*')].indexOf("
                                      "document.activeElement)"))  # fmt: skip
        assert len(reached) >= wanted
        page.locator("#view").focus()
        page.keyboard.press(" ")
        until(lambda: page.locator("#pulses").inner_text() == "1 pulse")
        page.get_by_role("button", name="Undo").click()
        until(lambda: page.locator("#pulses").inner_text() == "0 pulses")
        assert "V/m at" in page.locator("#twin").inner_text() or page.wait_for_timeout(1500)


def test_a_viewer_sees_and_cannot_say(browser, scene):
    with (
        running(scene, PageSource()) as guard,
        page_of(browser, guard, token=guard.view_token) as page,
    ):
        until(lambda: page.locator("#mark").is_disabled())
        assert page.locator("#at-target").inner_text() != "–"


def test_a_narrow_page_has_no_sideways_scrolling(browser, scene):
    with (
        running(scene, PageSource()) as guard,
        page_of(browser, guard, width=360, height=740) as page,
    ):
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= 360


@pytest.mark.skipif(
    PICTURES is None, reason="pictures are made when CORTISTIM_LIVE_PICTURES is set"
)
def test_pictures_of_six_states(browser, scene):
    folder = Path(str(PICTURES))
    folder.mkdir(parents=True, exist_ok=True)

    def shot(page, name):
        page.wait_for_timeout(2500)
        page.screenshot(path=folder / f"live-{name}.png")

    with running(scene, PageSource()) as guard:
        with page_of(browser, guard, width=1280, height=800) as page:
            shot(page, "held-on-target")
            page.keyboard.press("ArrowLeft")
            page.locator("#view").focus()
            for _ in range(6):
                page.keyboard.press("ArrowLeft")
            shot(page, "held-off-target")
        with page_of(browser, guard, width=390, height=844, scheme="light") as page:
            shot(page, "phone-light")
    with (
        running(scene, PageSource("stream", "api")) as guard,
        page_of(browser, guard, width=1280, height=800) as page,
    ):
        shot(page, "waiting")
        say(page, op="pose", matsimnibs=rows(scene.first))
        page.wait_for_selector("body[data-state=stale]", timeout=10_000)
        shot(page, "stale")
        say(page, op="pose", matsimnibs=None)
        page.wait_for_selector("body[data-state=invisible]", timeout=10_000)
        shot(page, "invisible")
