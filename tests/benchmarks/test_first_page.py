"""The first page: how long until it is there, and what the web process weighs by then."""

from pathlib import Path

import httpx
import pytest


@pytest.mark.browser
def test_the_first_page_and_the_weight_of_the_web_process(
    demo_artifacts: Path, start_server, chromium: str, benchmark, capsys
) -> None:
    from playwright.sync_api import sync_playwright

    server = start_server()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

        def first_page() -> None:
            page = browser.new_page()
            page.goto(server.url)
            page.get_by_role("heading", name="The data", exact=True).wait_for()
            page.close()

        benchmark.pedantic(first_page, rounds=5)
        browser.close()
    process = httpx.get(f"{server.url}/api/health").json()["web_process"]
    benchmark.extra_info.update(process)
    with capsys.disabled():
        print(f"\nthe web process takes {process['memory_bytes'] / 1e6:.0f} MB after five sessions; promised 350")  # noqa: T201
    assert not process["tensorflow_imported"]
    assert process["memory_bytes"] < 350e6
