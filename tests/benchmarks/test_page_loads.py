"""Five hundred page loads, one tab each: what the server still holds of them."""

from functools import partial

import httpx
import pytest

from tests.page_loads import PROMISED_BYTES, held_of

LOADS = 500


@pytest.mark.timeout(900)
def test_what_a_server_holds_after_five_hundred_page_loads(demo_artifacts, start_server, benchmark, capsys) -> None:
    server = start_server()
    held = held_of(server, LOADS, partial(benchmark.pedantic, rounds=1))
    benchmark.extra_info.update(start=held.start, most=held.most, end=held.end)
    with capsys.disabled():
        print(  # noqa: T201 - a benchmark is read by a person
            f"\n{LOADS} page loads: {held.start[0] / 1e6:.0f} MB and {held.start[1]} open files before, at most "
            f"{held.most[0] / 1e6:.0f} MB and {held.most[1]}, {held.end[0] / 1e6:.0f} MB and {held.end[1]} when the "
            f"tabs are not kept any more (promised {PROMISED_BYTES / 1e6:.0f} MB)"
        )
    assert httpx.get(f"{server.url}/api/health").json()["status"] == "ok"
    assert held.is_as_promised(), held
