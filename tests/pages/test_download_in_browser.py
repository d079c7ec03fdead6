"""A download in a real browser: accepted, started, left alone in a closed tab, and there in the end."""

import threading
from pathlib import Path

import pytest

from core.data.catalog import open_dataset
from core.jobs import JobState, list_jobs
from tests.core.data.download.loopback import offer, serving

# Accepting and starting are tested on the page without a browser, and that a download needs no page beside its job.
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(1200)]


def test_a_download_is_accepted_started_and_goes_on_in_a_closed_tab(
    artifacts, start_server, visitors, tmp_path: Path, monkeypatch
) -> None:
    from playwright.sync_api import expect

    with serving() as files:
        gate = threading.Event()
        offer(files, tmp_path / "path", monkeypatch, gate=gate)
        server = start_server()
        page = visitors(viewport={"width": 1440, "height": 1200})
        page.goto(f"{server.url}/data")
        page.get_by_role("button", name="Download", exact=True).click()
        dialog = page.get_by_role("dialog")
        start = dialog.get_by_role("button", name="Start the download")
        expect(start).to_be_disabled()
        dialog.get_by_text("I accept the licence").click()
        expect(start).to_be_enabled()
        assert not list_jobs()
        start.click()
        page.get_by_text("Download of Tiny").first.wait_for()
        page.get_by_text("% ").or_(page.get_by_text("%,")).first.wait_for()
        [job] = list_jobs()
        page.close()
        assert job.status().state is JobState.RUNNING
        page = visitors(viewport={"width": 1440, "height": 1200})
        page.goto(f"{server.url}/data")
        page.get_by_text("Download of Tiny").first.wait_for()
        gate.set()
        page.get_by_text("Download of Tiny: done.").wait_for()
        page.get_by_role("heading", name="tiny").wait_for()
        assert job.status().state is JobState.FINISHED, job.log_tail()
        assert len(open_dataset("tiny").table) == 6
