"""Opening pages without a browser."""

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image, ImageEnhance
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

from core.base.settings import PROJECT_ROOT
from core.combined.cross_validation import CrossValidation, make_cross_validation
from core.data import catalog
from core.runs.run_folder import RunFolder, create_run
from core.serving.workers import Workers
from core.training.recipe import Recipe
from dashboard import router
from tests.conftest import Server, empty, end_engine, free_port, no_standby, train_in
from tests.core.engine.conftest import eventually  # noqa: F401 - a fixture
from tests.pages.patience import PATIENCE

ROUTER = PROJECT_ROOT / "dashboard" / "main.py"
PAGES = [entry.file for entry in router.PAGES]
ASK = Workers.ask
OPEN = pytest.StashKey[tuple[Any, Any]]()
"""Playwright and the browser that tests share, while they do."""
TURN_ONCE = """{
    const still = new CSSStyleSheet();
    still.replaceSync("*, ::before, ::after { animation-iteration-count: 1 !important; }");
    document.adoptedStyleSheets.push(still);
}"""


def opened(page: str, **query: str) -> AppTest:
    """A page, opened through the router as a person would."""
    test = AppTest.from_file(str(ROUTER), default_timeout=120)
    for key, value in query.items():
        test.query_params[key] = value
    if page != PAGES[0]:
        test.switch_page(f"../pages/{page}")
    return test.run()


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch):
    """`open_page(name, **query)`; the server is told that it listens on loopback, as `.streamlit/config.toml` says."""
    import streamlit as st

    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: "127.0.0.1" if key == "server.address" else real(key))
    return opened


@pytest.fixture
def under_a_path(open_page, monkeypatch: pytest.MonkeyPatch) -> str:
    """The server stands under a path of its host, as with `--server.baseUrlPath=some/path`."""
    import streamlit as st

    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: "some/path" if key == "server.baseUrlPath" else real(key))
    return "/some/path"


@pytest.fixture
def select():
    """`select(page, element, **selection)` selects in a table or chart.

    `AppTest` cannot click there, so the page is told what a browser would tell it.
    """

    def select(test: AppTest, element: Element, **selection) -> AppTest:
        states = test._tree.get_widget_states()
        states.widgets.add(id=element.proto.id, string_value=json.dumps({"selection": selection}))
        return test._run(states)

    return select


@pytest.fixture
def as_viewer(open_page, monkeypatch: pytest.MonkeyPatch):
    """`as_viewer()` makes the server one that listens on all interfaces without a login, from then on."""
    import streamlit as st

    loopback = st.get_option

    def as_viewer() -> None:
        monkeypatch.setattr(st, "get_option", lambda key: "0.0.0.0" if key == "server.address" else loopback(key))

    return as_viewer


@pytest.fixture(autouse=True)
def _fresh_caches(components_found_once):
    """Pages of one test must not see what another test's artifacts folder held."""
    import streamlit as st

    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def _answered_here(answered_here: None) -> None:
    """What pages ask of the processes beside the web process is computed in this one."""


@pytest.fixture(autouse=True)
def _demo_drawn_already(drawn_small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo draws itself on first use; where none is there, sixty pictures of it are, without being drawn."""
    monkeypatch.setattr(catalog, "generate_demo", lambda folder, **_: shutil.copytree(drawn_small, folder))


@pytest.fixture
def read_in_processes(answered_here, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What people bring is read beside the web process, as on a server; it is answered in this one."""
    from dashboard.state.prediction import prediction_pool

    here = Workers.ask

    def ask(workers: Workers, function: Callable[..., Any], *question: object, seconds: float) -> object:
        of_those = ASK if workers is prediction_pool().reading else here
        return of_those(workers, function, *question, seconds=seconds)

    monkeypatch.setattr(Workers, "ask", ask)
    yield
    prediction_pool().stop()
    prediction_pool.cache_clear()


@pytest.fixture
def fewer_pictures(demo_artifacts: Path) -> Path:
    """The artifacts folder of a test with 400 pictures of the demo in it, where a real training must not take long."""
    demo = demo_artifacts / "data" / "demo"
    whole = demo.resolve()
    demo.unlink()
    demo.mkdir()
    (demo / "demo_images").symlink_to(whole / "demo_images", target_is_directory=True)
    for file in whole.iterdir():
        if file.is_file() and file.name != "demo_metadata.csv":
            (demo / file.name).symlink_to(file)
    pd.read_csv(whole / "demo_metadata.csv").head(400).to_csv(demo / "demo_metadata.csv", index=False)
    return demo_artifacts


@pytest.fixture(scope="session")
def ham10000_root(real_data: Path, made_once) -> Path:
    """An artifacts folder with one finished `majority` run on the real HAM10000 in it; read only."""
    recipe = {"dataset": "ham10000", "model": "majority", "image_size": 28, "epochs": 1}
    return made_once("ham10000-artifacts", lambda root: train_in(root, real_data, **recipe))


@pytest.fixture
def ham10000(ham10000_root: Path, real_data: Path, artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real HAM10000 as the data root, with its finished run in an artifacts folder of this test's own."""
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    for name in ("runs", "cache"):  # linked, for pages only read them
        (artifacts / name).symlink_to(ham10000_root / name, target_is_directory=True)
    return artifacts


@pytest.fixture(scope="session")
def moles_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with `moles`, a folder per class of drawn pictures; read only.

    Six melanomas, M1 to M6, and six lesions of a “type 3” of which nobody said whether it is malignant, T1 to T6; and
    what goes wrong with pictures: COPY is the file of M1 and TURNED is M2 turned by 90°, both under another lesion;
    AGAIN is the file of T1 under the same lesion, NIGHT is nearly black, and BROKEN is no picture.
    """
    from core.data.demo.drawing import draw_photographs

    root = tmp_path_factory.mktemp("moles-root")
    melanomas, others = root / "moles" / "mel", root / "moles" / "type 3"
    rows = []
    for number in range(1, 7):
        for folder, letter, key in ((melanomas, "M", "mel"), (others, "T", "nv")):
            folder.mkdir(parents=True, exist_ok=True)
            [photograph] = draw_photographs(1, len(rows) + 1, key, 1)
            (folder / f"{letter}{number}.jpg").write_bytes(photograph)
            rows.append((f"{letter}{number}", f"lesion {letter}{number}", "female" if number < 4 else "male"))
    shutil.copy(melanomas / "M1.jpg", melanomas / "COPY.jpg")
    with Image.open(melanomas / "M2.jpg") as image:
        image.transpose(Image.Transpose.ROTATE_90).save(melanomas / "TURNED.jpg", quality=90)
    shutil.copy(others / "T1.jpg", others / "AGAIN.jpg")
    [photograph] = draw_photographs(1, 20, "nv", 1)
    with Image.open(io.BytesIO(photograph)) as image:
        ImageEnhance.Brightness(image).enhance(0.1).save(others / "NIGHT.jpg", quality=90)
    (others / "BROKEN.jpg").write_bytes(b"no picture")
    rows += [(name, f"lesion {name}", "") for name in ("COPY", "TURNED", "NIGHT", "BROKEN")]
    rows.append(("AGAIN", "lesion T1", "female"))
    pd.DataFrame(rows, columns=["image", "lesion", "sex"]).to_csv(root / "moles" / "groups.csv", index=False)
    return root


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the artifacts folder and the data root of tests with a browser lie."""
    return tmp_path_factory.mktemp("browser")


@pytest.fixture
def artifacts(artifacts: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As everywhere; with a browser those of all such tests, emptied, for their one server looks there."""
    if request.node.get_closest_marker("browser") is None:
        return artifacts
    place = request.getfixturevalue("place")
    for name, variable in (("artifacts", "LESIONLAB_ARTIFACTS"), ("data", "LESIONLAB_DATA")):
        empty(place / name)
        monkeypatch.setenv(variable, str(place / name))
    no_standby()
    return place / "artifacts"


@pytest.fixture(scope="session")
def shared_servers() -> Iterator[dict[tuple[tuple[str, str], ...], Server]]:
    """The dashboards that tests with a browser share, by the settings that they were started with; as a rule one."""
    shared: dict[tuple[tuple[str, str], ...], Server] = {}
    yield shared
    for server in shared.values():
        server.end()


@pytest.fixture
def start_server(
    artifacts: Path, shared_servers: dict[tuple[tuple[str, str], ...], Server], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Server]]:
    """Gives the dashboard that tests with a browser share; starts it where there is none yet, or it has ended.

    What is started on a port, with options, or by a test without a browser, is of this test alone.
    """
    own: list[Server] = []

    def start(port: int | None = None, options: Sequence[str] = (), **reached: str) -> Server:
        log = artifacts.with_name(f"server-{len(shared_servers)}-{len(own)}.log")
        if port or options or request.node.get_closest_marker("browser") is None:
            own.append(Server.start(port or free_port(), log, options, **reached))
            return own[-1]
        settings = tuple(sorted(each for each in os.environ.items() if each[0].startswith(("LESIONLAB", "PYTHONPATH"))))
        if settings not in shared_servers or shared_servers[settings].process.poll() is not None:
            shared_servers[settings] = Server.start(free_port(), log)
        return shared_servers[settings]

    yield start
    for server in own:
        server.end()
    end_engine(artifacts)


@pytest.fixture
def browser(chromium: str, pytestconfig: pytest.Config) -> Any:
    """The Chromium that tests with a browser share: to start one takes longer than most of what they do in it."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    if OPEN not in pytestconfig.stash:
        playwright = sync_playwright().start()
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        pytestconfig.stash[OPEN] = playwright, opened
    return pytestconfig.stash[OPEN][1]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """The browser ends with the last of the tests with a browser, for its event loop is in the way of others."""
    try:
        return (yield)
    finally:
        here = nextitem is not None and nextitem.path.is_relative_to(Path(__file__).parent)
        if OPEN in item.config.stash and not (here and nextitem.get_closest_marker("browser")):
            playwright, opened = item.config.stash[OPEN]
            del item.config.stash[OPEN]
            opened.close()
            playwright.stop()


@pytest.fixture
def visitors(browser: Any) -> Iterator[Callable[..., Any]]:
    """`visitors(**options)` opens the browser of one more person, which shares nothing with those of the others.

    What turns while something is waited for turns once: else it is painted anew, all the time, by a processor that
    what is waited for needs.
    """
    contexts = []

    def visitor(**options: Any) -> Any:
        contexts.append(browser.new_context(**options))
        contexts[-1].add_init_script(TURN_ONCE)
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.wait_for_function = partial(page.wait_for_function, polling=100)  # else with every frame, drawn for that
        return page

    yield visitor
    for context in contexts:
        context.close()


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """The recipes that a page has handed to `launch`, which is replaced: a real one would start an engine."""
    recipes: list[Recipe] = []

    def launch(recipe: Recipe, **_: object) -> RunFolder:
        recipes.append(recipe)
        return create_run(recipe)

    def cross_validate(recipe: Recipe, **_: object) -> CrossValidation:
        recipes.append(recipe)
        return make_cross_validation(recipe.to_json(), recipe.folds, "demo", "", 0)

    monkeypatch.setattr("core.engine.launch.launch", launch)
    monkeypatch.setattr("core.combined.starting.cross_validate", cross_validate)
    return recipes
