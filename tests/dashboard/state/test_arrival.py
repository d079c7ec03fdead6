"""The address of the browser follows links to the very page that is shown.

With a stand-in for Streamlit: no `AppTest` has a browser whose address could stay behind.
"""

from types import SimpleNamespace

import pytest

from dashboard.state import arrival
from dashboard.state.arrival import let_address_follow, stands_in_address


class Address(dict):
    """Parameters as a page sees them, and what it has sent to the browser."""

    def __init__(self, **query: str) -> None:
        super().__init__(query)
        self.sent: list[tuple[str, str]] = []

    def __setitem__(self, name: str, value: str) -> None:
        self.sent.append((name, value))
        super().__setitem__(name, value)


def test_a_link_to_another_run_on_the_same_page_is_put_into_the_address_once(monkeypatch: pytest.MonkeyPatch) -> None:
    page = SimpleNamespace(query_params=Address(run="first"), session_state={})
    monkeypatch.setattr(arrival, "st", page)
    let_address_follow("run")
    assert page.query_params.sent == [], "whoever came by an address has it"
    page.query_params.update(run="second")  # by a link, of which the browser's address knows nothing
    let_address_follow("run")
    let_address_follow("run")
    assert page.query_params.sent == [("run", "second")]
    page.query_params.update(run="third")
    stands_in_address("run", "third")  # a row of the list was clicked, which has sent it already
    let_address_follow("run")
    assert len(page.query_params.sent) == 1
