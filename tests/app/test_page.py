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

KEEP = """(message) => { clearInterval(window.sending);
    const body = JSON.stringify(message);
    window.sending = setInterval(() => fetch("/v1/say", {method: "POST", body,
    headers: {"Content-Type": "application/json", Authorization: "Bearer "
    + sessionStorage.getItem("cortistim-token")}}), 50); }"""


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


def settled(page):
    """Wait until no further field comes; a slow machine is still busy with the drag."""
    seq = -1
    while seq != number_of(page, "seq"):
        seq = number_of(page, "seq")
        page.wait_for_timeout(1500)


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
        settled(page)
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
        page.evaluate(KEEP, {"op": "pose", "matsimnibs": rows(scene.first)})
        page.wait_for_selector("body[data-state=live]", timeout=30_000)
        page.evaluate("() => clearInterval(window.sending)")
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
        off = moved(scene.plan, np.array([0.004, 0, -0.001]), np.zeros(3))
        page.evaluate(KEEP, {"op": "pose", "matsimnibs": rows(off)})
        until(lambda: page.locator("#lateral").inner_text() == "4.0")
        until(lambda: "off target" in page.locator("#target-word").inner_text())
        page.evaluate(KEEP, {"op": "pose", "matsimnibs": rows(scene.plan)})
        until(lambda: "on target" in page.locator("#target-word").inner_text())
        assert page.locator("#lateral").inner_text() == "0.0"
        page.evaluate("() => clearInterval(window.sending)")
        until(lambda: "not known" in page.locator("#target-word").inner_text())


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


def rehearse(page, pulses):
    """Look for a virtual subject's threshold by the page's own buttons."""
    page.locator("#loop-start").fill("50")
    page.get_by_role("button", name="Look for it").click()
    for count in range(1, pulses + 1):
        page.wait_for_selector("#loop-set:visible", timeout=30_000)
        page.locator("#loop-set").click()
        until(lambda: "typed" in page.locator("#output-now").inner_text())
        page.locator("#mark").click()
        until(lambda n=count: page.locator("#loop-pulses").inner_text().startswith(str(n)))


def test_a_threshold_is_looked_for_in_the_page(browser, scene):
    asked = {"subject": "virtual:3", "protocol": "iTBS600"}
    with running(scene, PageSource(), **asked) as guard, page_of(browser, guard) as page:
        assert "iTBS600" in page.locator("#protocol-verdict").inner_text()
        rehearse(page, 3)
        assert "%MSO" in page.locator("#loop-estimate").inner_text()
        assert page.locator("#course-band").get_attribute("d").startswith("M")
        page.get_by_role("button", name="Undo").click()  # a response, then it lacks one
        until(lambda: page.locator("#loop-pulses").inner_text() == "2 pulses")
        page.get_by_role("button", name="Stop looking").click()
        until(
            lambda: "threshold over the best pose" in page.locator("#loop-words").inner_text()
        )


def test_the_head_can_be_cut_open(browser, scene):
    with running(scene, PageSource()) as guard, page_of(browser, guard) as page:
        page.wait_for_timeout(700)
        one = pixels(page)
        page.locator("#cut").select_option("sagittal")
        page.wait_for_timeout(1500)
        assert np.abs(pixels(page) - one).max() > 0.1
        page.locator("#cut").select_option("")
        page.wait_for_timeout(1500)
        assert np.abs(pixels(page) - one).mean() < 0.01


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
def test_pictures_of_seven_states(browser, scene):
    folder = Path(str(PICTURES))
    folder.mkdir(parents=True, exist_ok=True)

    def shot(page, name):
        page.wait_for_timeout(2500)
        page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=82)

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
        running(scene, PageSource(), subject="virtual:3", protocol="10Hz_5s_trains") as guard,
        page_of(browser, guard, width=1280, height=1500) as page,
    ):
        rehearse(page, 9)
        page.locator("#cut").select_option("coronal")
        shot(page, "rehearsal")
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
