"""Opening pages without a browser."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

from core.settings import PROJECT_ROOT

ROUTER = PROJECT_ROOT / "dashboard" / "main.py"
PAGES = sorted(
    (path.name for path in (PROJECT_ROOT / "pages").glob("[0-9]*_*.py")), key=lambda name: int(name.partition("_")[0])
)


def opened(page: str, **query: str) -> AppTest:
    """A page, opened through the router as a person would."""
    test = AppTest.from_file(str(ROUTER), default_timeout=120)
    for key, value in query.items():
        test.query_params[key] = value
    test.run()
    if page != PAGES[0]:
        test.switch_page(f"../pages/{page}").run()
    return test


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch):
    """`open_page(name, **query)`; the server is told that it listens on loopback, as `.streamlit/config.toml` says."""
    import streamlit as st

    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: "127.0.0.1" if key == "server.address" else real(key))
    return opened


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
def _fresh_caches():
    """Pages of one test must not see what another test's artifacts folder held."""
    import streamlit as st

    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def ham10000_root(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifacts folder with one finished `majority` run on the real HAM10000 in it; read only."""
    from core.runs.folder import create_run
    from core.runs.supervise import supervise
    from core.settings import settings_for_processes
    from core.training.recipe import make_recipe

    root = tmp_path_factory.mktemp("ham10000-artifacts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESIONLAB_ARTIFACTS", str(root))
        patch.setenv("LESIONLAB_DATA", str(real_data))
        run = create_run(make_recipe(dataset="ham10000", model="majority", image_size=28, epochs=1))
        assert supervise(str(run.path), settings_for_processes()) == "finished", run.log_tail()
    return root


@pytest.fixture
def ham10000(ham10000_root: Path, real_data: Path, artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real HAM10000 as the data root, with its finished run in an artifacts folder of this test's own."""
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    for name in ("runs", "cache"):  # linked, for pages only read them
        (artifacts / name).symlink_to(ham10000_root / name, target_is_directory=True)
    return artifacts


@pytest.fixture(scope="session")
def drawn_small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo of sixty pictures; tests copy it."""
    from core.data.demo import generate_demo

    folder = tmp_path_factory.mktemp("small") / "demo"
    generate_demo(folder, lesions=50)
    metadata = folder / "demo_metadata.csv"
    pd.read_csv(metadata).head(60).to_csv(metadata, index=False)
    return folder


@pytest.fixture
def small_demo(drawn_small: Path, artifacts: Path) -> Path:
    """Sixty pictures as the demo of this test; its files may be changed."""
    return Path(shutil.copytree(drawn_small, artifacts / "data" / "demo"))
