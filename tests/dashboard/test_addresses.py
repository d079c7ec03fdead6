"""Every address is made in one place, so that nothing leads out of a server that stands under a path."""

import re
from pathlib import Path

import pytest

import dashboard
from dashboard.addresses import address, only_here, page_address, quoted
from dashboard.app import routes
from dashboard.router import PAGES, pages_folder

NAMES = "|".join(entry.name for entry in PAGES)
BY_HAND = re.compile(rf"""["'`]/(?:(?:api|assets)/|(?:{NAMES})[?"'`])""")
"""A text that begins as an address of this server does, from the root of the host."""


@pytest.fixture
def under_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.get_option", {"server.baseUrlPath": "/some/path/"}.get)


def test_an_address_begins_with_the_path_of_the_server(under_a_path) -> None:
    assert address("api/health") == "/some/path/api/health"
    assert page_address("runs", run="a") == "/some/path/runs?run=a"
    assert page_address("home") == "/some/path"


def test_without_a_path_an_address_begins_at_the_root() -> None:
    assert address("api/health") == "/api/health"
    assert page_address("home") == "/"


def test_what_comes_from_elsewhere_stays_one_part_or_one_value() -> None:
    assert address(f"api/runs/{quoted('../x?y#z')}/live") == "/api/runs/..%2Fx%3Fy%23z/live"
    assert page_address("runs", run="a&b=c#d") == "/runs?run=a%26b%3Dc%23d"


def test_every_route_of_the_server_stands_under_its_path(under_a_path) -> None:
    assert all(route.path.startswith("/some/path/") for route in routes())


def test_no_page_widget_or_script_writes_an_address_by_hand() -> None:
    package = Path(dashboard.__file__).parent
    ours = [*package.rglob("*.py"), *package.glob("static/live/*.js"), *pages_folder().glob("*.py")]
    found = {
        f"{path.name}: {line.strip()}"
        for path in ours
        if path.name != "openapi.py"  # addresses in that document are below the `servers` that it names
        for line in path.read_text().splitlines()
        if BY_HAND.search(line)
    }
    assert not found


def test_an_address_of_this_machine_is_of_no_use_to_others() -> None:
    assert only_here("http://localhost:8501/quiz")
    assert only_here("http://127.0.0.2:8501/quiz")
    assert only_here("http://[::1]:8501/quiz")
    assert not only_here("https://lab.example.org/quiz")
