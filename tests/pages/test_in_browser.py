"""The main job, done in a real browser against a real server, engine and training."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from core.base.files import write_json
from core.base.ids import new_id
from core.base.processes import ProcessId
from core.data.splits.splits import Split
from core.engine.engine import stop_engine
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import State
from core.teaching.leakage_lesson import KINDS, LeakageLesson, lessons_folder
from core.training.recipe import make_recipe
from dashboard.charts.curves import smoothed
from tests import web
from tests.pages.patience import PATIENCE, becomes, choose, settled, still
from tests.pages.test_report_in_browser import (
    check_that_a_box_crops_the_picture_and_stays,
    check_that_a_pasted_picture_is_answered_for,
    check_that_the_report_fetches_nothing,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1200)]

EPOCHS = 5
CURVE = ".live [role=img][data-points]"
"""A chart of a run, which says how many points it has and which epochs it shows."""


@pytest.fixture
def server(demo_artifacts: Path, start_server, chromium: str) -> Iterator:
    yield start_server()
    stop_engine()
    for run in list_runs():  # shown by pytest where a test fails
        sys.stdout.write(f"{run.run_id}: {run.written_status()}\n{run.log_tail()}\n")


@pytest.fixture
def page(visitors):
    page = visitors(viewport={"width": 1440, "height": 1200})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.requested = requests
    return page


FOCUSED = """() => {
    const element = document.activeElement, { outlineStyle, outlineWidth } = getComputedStyle(element);
    const ring = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    const icons = [...element.querySelectorAll('[data-testid=stIconMaterial]')].map(icon => icon.textContent);
    const words = element.ariaLabel || element.labels?.[0]?.innerText || element.innerText || '';
    const called = words.split('\\n').filter(word => word && !icons.includes(word)).join(' ');
    return [called, ring || !element.matches('a, button, summary')];
}"""
"""What the focus is on, as it is called, and whether a link or button shows that by a ring."""


def tab_to(page, name: str, key: str = "Tab", most: int = 60) -> None:
    """Go to something by the keyboard alone; all that is passed on the way shows where the focus is."""
    settled(page)
    passed = []
    for _ in range(most):
        page.keyboard.press(key)
        called, shown = page.evaluate(FOCUSED)
        deadline = time.monotonic() + 60
        while not shown and time.monotonic() < deadline:  # the look of a page that has just been loaded comes late
            page.wait_for_timeout(50)
            called, shown = page.evaluate(FOCUSED)
        passed.append(called)
        assert shown, called
        if called == name:
            return
    raise AssertionError(f"{name} is not among {passed}")


def start_training(page, url: str, epochs: int) -> None:
    """Start `cnn-59k` on the demo data from the Train page."""
    page.goto(f"{url}/train")
    field = page.get_by_label("Epochs", exact=True)
    field.fill(str(epochs))
    field.press("Enter")
    page.get_by_text("Nothing leaks", exact=True).wait_for()
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/runs?run=*")


def drawn(page, what: str) -> list[str]:
    """What each curve says of what it shows, all read at one moment."""
    return page.locator(CURVE).evaluate_all("(curves, what) => curves.map(curve => curve.dataset[what])", what)


def points(page) -> int:
    """Points drawn in the learning curves; 0 while there are none."""
    return sum(map(int, drawn(page, "points")))


def wait_for_points(page, more_than: int) -> None:
    """Wait until the curves have grown so far."""
    becomes(page, lambda: points(page) > more_than)


def test_the_whole_main_job_from_start_to_report_without_a_mouse(
    server, page, visitors, demo_root: Path, tmp_path: Path
) -> None:
    page.goto(server.url)
    page.get_by_role("heading", name="Lesion Lab").wait_for()
    process = web.get(f"{server.url}/api/health").json()["web_process"]
    assert not process["tensorflow_imported"]
    assert process["memory_bytes"] < 350e6

    # No mouse from here on until a picture has been predicted.
    page.get_by_text("Tour, step 1 of 6").wait_for()
    tab_to(page, "Explore")
    page.keyboard.press("Enter")
    page.get_by_text("Example pictures").wait_for()
    page.reload()  # so that the keyboard begins at the top again
    page.get_by_text("Example pictures").wait_for()
    becomes(page, page.title, "Explore · Demo (synthetic) · Lesion Lab")
    tab_to(page, "Skip to main content", most=1)
    page.keyboard.press("Enter")
    tab_to(page, "Diagnosis", most=8)
    page.keyboard.press("Enter")
    page.wait_for_function("() => !!document.activeElement.closest('[data-testid=stPopoverBody]')")
    page.keyboard.press("Space")
    page.wait_for_url("**diagnosis=mel*")
    page.keyboard.press("Escape")
    tab_to(page, "Train", key="Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing leaks", exact=True).wait_for()
    tab_to(page, "Epochs")
    page.keyboard.type(str(EPOCHS))
    page.keyboard.press("Enter")
    tab_to(page, "Start training")
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs?run=*")
    wait_for_points(page, 0)
    [run], before = list_runs(), points(page)
    if len(run.metrics()[0]) < EPOCHS:  # else the browser has come so late that it was shown all at once
        wait_for_points(page, before)
    page.get_by_role("link", name="See the results").wait_for()
    assert run.status().state is State.FINISHED
    becomes(page, lambda: epochs_shown(page), [(0, EPOCHS)] * 3)
    parts = Split.load(run.split_file).counts().sum()
    of_both = f"n = {parts['train']:,} training, {parts['validation']:,} validation images"
    page.get_by_text(of_both).first.wait_for()
    page.get_by_role("radio", name="System", exact=True).press("Space")
    page.get_by_role("img", name="Processor by time at work, last: whole machine").wait_for()
    page.get_by_role("img", name="Memory by time at work").wait_for()
    page.get_by_text("No GPU answered while it ran.").wait_for()

    tab_to(page, "See the results", key="Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/results?run=*")
    page.get_by_text("Confusion matrix").wait_for()
    page.wait_for_function("() => document.title.startsWith('Results · cnn-59k on demo (synthetic) · ')")
    page.get_by_text("Floor", exact=True).wait_for()
    page.get_by_text("By class", exact=True).wait_for()

    tab_to(page, "Predict", key="Shift+Tab", most=80)
    page.keyboard.press("Enter")
    page.locator("input[type=file]").wait_for(state="attached")
    picture = next((demo_root / "data" / "demo" / "demo_images").glob("*.jpg"))
    page.locator("input[type=file]").set_input_files(str(picture))  # the window that opens is the browser's own
    page.get_by_text("Probability of each class").wait_for()
    page.get_by_text("yellow marks the strongest evidence").wait_for()
    page.get_by_text("Probability of malignant").first.wait_for()
    page.get_by_text("Not a medical device, not a diagnosis").first.wait_for()
    page.get_by_role("img", name="The picture with a heat map").first.wait_for()
    check_that_a_pasted_picture_is_answered_for(page)
    check_that_a_box_crops_the_picture_and_stays(page)
    check_that_the_report_fetches_nothing(page, visitors, tmp_path / "report.html")

    assert not web.get(f"{server.url}/api/health").json()["web_process"]["tensorflow_imported"]
    page.goto(server.url)
    page.get_by_role("button", name="Skip the tour").click()
    page.wait_for_function("() => document.cookie.includes('lesionlab_tour=over')")
    page.reload()  # another session of the same browser
    page.get_by_role("button", name="Take the tour").wait_for()
    page.get_by_text("Tour, step").wait_for(state="hidden")

    outside = [url for url in page.requested if not url.startswith((server.url, "data:", "blob:"))]
    assert not outside, f"a page asked for something from elsewhere: {outside}"


def click_cell(page, row: int, column: int, shown) -> None:
    """Click a cell of the confusion matrix of seven classes until its pictures are shown."""
    matrix = page.locator(".js-plotly-plot").first
    marker = matrix.locator(".scatterlayer .point").nth(row * 7 + column)
    for last_try in (False,) * 5 + (True,):
        settled(page)
        matrix.scroll_into_view_if_needed()
        box = still(page, marker)
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        try:
            shown.wait_for(timeout=PATIENCE / 6)
            return
        except PlaywrightTimeout:
            if last_try:
                raise


@pytest.mark.long  # each click of it is done on the page without a browser, too
def test_a_click_on_a_cell_of_the_confusion_matrix_shows_its_pictures(trained, start_server, page) -> None:
    """And a click on the same cell does so again, whatever was chosen or shown in between."""
    server = start_server()
    page.goto(f"{server.url}/results?run={trained.run_id}")
    page.get_by_text("Confusion matrix").wait_for()
    in_cell = page.get_by_text("pictures of melanocytic nevus taken for melanocytic nevus")
    click_cell(page, 5, 5, in_cell)  # nv taken for nv: the fullest cell

    choose(page, "True class", "melanoma")
    in_cell.wait_for(state="hidden")
    click_cell(page, 5, 5, in_cell)

    choose(page, "True class", "melanoma")
    in_cell.wait_for(state="hidden")
    for view, title in (("pictures", "in pictures"), ("% of true class", "by true class")):
        page.get_by_role("radio", name=view, exact=True).click()
        page.get_by_text(f"Confusion matrix {title}").wait_for()
    click_cell(page, 5, 5, in_cell)


FIRST_NOT_MARKED = """() => {
    const row = document.querySelector('[data-testid=stDataFrame] [role=row]:has([role=gridcell])');
    return row?.ariaSelected !== 'true';
}"""


def marked_and_states(page) -> tuple[list[int], list[str]]:
    """Numbers of the marked rows in the table of runs, and the state in each row, as a screen reader hears them."""
    rows = page.locator("[data-testid=stDataFrame]").first.locator("[role=row]:has([role=gridcell])")
    marks = rows.evaluate_all("rows => rows.map(row => row.ariaSelected)")
    return [row for row, mark in enumerate(marks) if mark == "true"], rows.locator("td:first-child").all_text_contents()


def test_list_and_head_of_runs_are_live_and_a_clicked_row_stays(artifacts, start_server, page) -> None:
    server = start_server()
    process = subprocess.Popen(["sleep", "3600"])
    runs = [create_run(make_recipe(dataset="demo", model="cnn-59k", epochs=10)) for _ in range(2)]
    for run in runs:
        status = replace(run.written_status(), state=State.RUNNING, done=1.5, total=10.0, host=socket.gethostname())
        # Heard of in the future, so that no pause of this test makes it stale.
        run.write_status(replace(status, process=ProcessId.of(process.pid), heartbeat=time.time() + 3600))
    older, newer = runs

    def says(marked: list[int], states: list[str], head: str) -> None:
        """Wait until the head says so, and see that the list says the same."""
        page.locator(".stMarkdownBadge").filter(has_text=head).first.wait_for()
        becomes(page, lambda: marked_and_states(page), (marked, states))  # the table is painted later than the text

    try:
        page.goto(f"{server.url}/runs")
        page.get_by_text("All 2 runs").wait_for()
        page.get_by_text("All 2 runs").click()  # closed while the run shown is live
        says([0], ["running", "running"], head="running")
        for _ in range(10):  # again where the table moved away under the pointer
            box = still(page, page.get_by_test_id("stDataFrame").first)
            page.mouse.click(box["x"] + 17, box["y"] + 35 * 2.5)  # the circle before the second row
            with contextlib.suppress(PlaywrightTimeout):  # a row is marked by the browser, whatever the server does
                page.wait_for_function(FIRST_NOT_MARKED, timeout=15_000)
                break
        page.wait_for_url(f"**/runs?run={older.run_id}")
        create_run(make_recipe(dataset="demo", model="lstm-rows"))
        page.get_by_text("All 3 runs").wait_for()
        page.get_by_text("The engine is not running").wait_for()
        says([2], ["queued", "running", "running"], head="running")
        older.write_status(replace(older.written_status(), state=State.EVALUATING))
        says([2], ["queued", "running", "evaluating"], head="evaluating")

        newer.write_status(replace(newer.written_status(), state=State.FINISHED))
        process.kill()
        process.wait()
        says([2], ["queued", "finished", "lost"], head="lost")
        older.write_status(replace(older.written_status(), state=State.FAILED, message="Its supervisor says why."))
        page.get_by_text("Its supervisor says why.").wait_for()
        says([2], ["queued", "finished", "failed"], head="failed")
    finally:
        process.kill()
        process.wait()


@pytest.mark.long  # that a training outlives who launched it is tested beside the engine, too
def test_a_run_goes_on_while_the_dashboard_is_restarted(server, start_server, page) -> None:
    start_training(page, server.url, epochs=400)
    wait_for_points(page, 0)
    [run] = list_runs()
    process = run.written_status().process
    page.goto("about:blank")

    server.end()
    assert process.alive()
    lines_before = len(run.metrics()[0])
    again = start_server(server.port)
    page.goto(f"{again.url}/runs?run={run.run_id}")
    page.get_by_text("running", exact=True).first.wait_for()
    wait_for_points(page, 0)
    assert run.written_status().process == process
    assert process.alive()
    becomes(page, lambda: len(run.metrics()[0]) > lines_before)

    page.get_by_role("button", name="Stop").last.click()
    page.get_by_text("stopped", exact=True).first.wait_for()
    page.get_by_role("link", name="See the results").wait_for()
    becomes(page, process.alive, False)  # it says that it has stopped, then unloads TensorFlow


FITS = "() => document.querySelector('[data-testid=stMain]').scrollHeight <= innerHeight"
PROJECTORS = ((1280, 720), (1920, 1080))


def fits_beside(page, drawn) -> bool:
    """Whether something is there and ends within the width of the window."""
    box = drawn.bounding_box()
    return box is not None and 0 < box["x"] + box["width"] <= page.viewport_size["width"]


def check_that_all_parts_fit(page) -> None:
    """Curves, matrix and leakage lesson, one at a time, on a small projector and on a large one."""
    parts = [page.locator(f"[class*=st-key-presented-{name}]") for name in ("curves", "matrix", "leakage")]
    for width, height in PROJECTORS:
        page.set_viewport_size({"width": width, "height": height})
        for part in parts:
            for each in parts:
                each.wait_for(state="visible" if each is part else "hidden")
            page.wait_for_function(FITS)
            becomes(page, partial(fits_beside, page, part.locator("[role=img], svg, table").first))
            page.keyboard.press("ArrowRight")


def test_the_presenter_view_fits_a_small_projector_and_is_moved_by_keys(trained, start_server, page) -> None:
    lesson = LeakageLesson(new_id(), "demo", "cnn-59k", 2, 0, 0.8, 0.0, {str(kind): trained.run_id for kind in KINDS})
    write_json(lessons_folder() / f"{lesson.lesson_id}.json", asdict(lesson))
    newer = create_run(make_recipe(dataset="demo", model="lstm-rows"), queued=False)
    newer.write_status(replace(newer.written_status(), state=State.STOPPED))
    server = start_server()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{server.url}/presenter?run={trained.run_id}")
    settled(page)
    curves, matrix = page.locator(".live [role=img][data-points]").first, page.get_by_text("true ↓ predicted →")
    page.get_by_text("True class:").first.wait_for()  # the pictures below the curves
    page.wait_for_function(FITS)
    matrix.wait_for(state="hidden")
    page.keyboard.press("ArrowRight")
    matrix.wait_for()
    curves.wait_for(state="hidden")
    page.wait_for_function(FITS)
    page.keyboard.press("ArrowLeft")
    curves.wait_for()
    page.keyboard.press("ArrowUp")
    page.wait_for_url(f"**run={newer.run_id}*")
    page.get_by_role("link", name="Older run").wait_for()
    page.keyboard.press("ArrowDown")
    page.wait_for_url(f"**run={trained.run_id}*")
    page.get_by_text("True class:").first.wait_for()
    page.set_viewport_size({"width": 390, "height": 844})  # a phone shows all, as large as elsewhere, and scrolls
    matrix.wait_for()
    curves.wait_for()
    page.wait_for_function("() => !document.querySelector('[data-testid=stMainBlockContainer]').style.zoom")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.wait_for_function(FITS)
    page.keyboard.press("f")
    page.wait_for_function("() => !!document.fullscreenElement")
    page.keyboard.press("f")
    page.wait_for_function("() => !document.fullscreenElement")
    check_that_all_parts_fit(page)

    learning = being_trained(40)
    learn(learning, range(20))
    page.goto(f"{server.url}/presenter")  # follows what learns
    wait_for_points(page, 0)
    check_that_all_parts_fit(page)
    before = points(page)
    learn(learning, range(20, 40))
    wait_for_points(page, before)
    check_that_all_parts_fit(page)


def being_trained(epochs: int) -> RunFolder:
    """A run that seems to learn."""
    run = create_run(make_recipe(dataset="demo", model="cnn-59k", epochs=epochs))
    alive = {"host": socket.gethostname(), "process": ProcessId.of(os.getpid()), "heartbeat": time.time() + 3600}
    run.write_status(replace(run.written_status(), state=State.RUNNING, done=1.5, total=float(epochs), **alive))
    return run


def learn(run: RunFolder, epochs: range) -> None:
    """Write what the training would write down of these epochs, in two stages."""
    with run.metrics_file.open("a") as file:
        for epoch in epochs:
            line = {"kind": "epoch", "epoch": epoch, "time": time.time(), "loss": 2 - epoch / 20}
            line["stage"] = int(epoch >= 12)
            more = {"val_loss": 2.0, "val_accuracy": 0.5, "val_balanced_accuracy": 0.4}
            file.write(json.dumps(line | more) + "\n")


WRITTEN = """() => {
    window.written = new Set();
    const write = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
        written.add(text);
        return write.call(this, text, ...at);
    };
}"""
"""Notes what is written in charts, which are pixels otherwise."""


def epochs_shown(page) -> list[tuple[float, float]]:
    """The first and last epoch that each of the three learning curves shows."""
    of_each = "curves => curves.slice(0, 3).map(curve => [Number(curve.dataset.from), Number(curve.dataset.to)])"
    return [(first, last) for first, last in page.locator(CURVE).evaluate_all(of_each)]


def test_a_curve_marks_its_stages_and_its_zoom_survives_what_is_appended(artifacts, start_server, page) -> None:
    server = start_server()
    run = being_trained(40)
    learn(run, range(20))
    page.add_init_script(f"({WRITTEN})()")
    page.goto(f"{server.url}/runs?run={run.run_id}")
    wait_for_points(page, 0)
    becomes(page, lambda: epochs_shown(page), [(0, 20)] * 3)
    assert drawn(page, "stages")[:3] == ["12"] * 3
    assert page.evaluate("written.has('stage 2')")
    assert not page.evaluate("written.has('stage 1')"), "the first begins with the run"
    before = points(page)
    for _ in range(10):  # again where the chart moved away under the pointer
        box = still(page, page.locator(CURVE).first)
        page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.4, steps=5)
        page.mouse.up()
        with contextlib.suppress(PlaywrightTimeout):
            page.get_by_role("button", name="Show all epochs").first.wait_for(timeout=15_000)
            break
    first, *others = zoomed = epochs_shown(page)
    assert 3 < first[0] < first[1] < 17
    assert others == [first] * 2
    learn(run, range(20, 40))
    wait_for_points(page, before + 60)
    assert epochs_shown(page) == zoomed
    page.get_by_role("button", name="Curves").click()
    page.get_by_role("slider", name="Smoothing").focus()
    for _ in range(6):  # faster than pages are drawn
        page.keyboard.press("ArrowRight")
    wait_for_points(page, before + 120)  # the values themselves behind what is smoothed
    page.keyboard.press("Escape")
    assert epochs_shown(page) == zoomed
    page.get_by_role("button", name="Show all epochs").first.click()
    becomes(page, lambda: epochs_shown(page), [(0, 40)] * 3)

    # Smoothing is drawn by the browser: as the server smooths what is compared.
    script = next(url for url in page.requested if url.endswith("live/curves.js"))
    values = [0.5, None, 0.75, 0.25]
    in_browser = page.evaluate(f"import('{script}').then(({{ smoothed }}) => smoothed({json.dumps(values)}, 0.8))")
    assert in_browser == pytest.approx(smoothed(values, 0.8))
