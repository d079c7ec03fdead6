"""A server does not grow with the pages that were looked at; a benchmark has more of them."""

import pytest

from tests import web
from tests.page_loads import held_of

LOADS = 150
"""More than the 128 closed tabs that Streamlit would keep."""


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_server_holds_little_of_pages_that_were_looked_at(demo_artifacts, start_server) -> None:
    server = start_server()
    held = held_of(server, LOADS)
    assert web.get(f"{server.url}/api/health").json()["status"] == "ok"
    assert held.is_as_promised(), held
