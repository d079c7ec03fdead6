"""Opening pages without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.settings import PROJECT_ROOT

ROUTER = PROJECT_ROOT / "dashboard" / "main.py"
PAGES = sorted(path.name for path in (PROJECT_ROOT / "pages").glob("[0-9]*_*.py"))


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


@pytest.fixture
def ham10000(real_data: Path, artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real HAM10000 as the data root, with an empty artifacts folder."""
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    return artifacts
