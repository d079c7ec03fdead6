"""The project works from an installed wheel, away from its checkout: pages, static files, icon, settings, command."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.base.settings import PROJECT_ROOT
from tests import web
from tests.conftest import free_port

PACKED = ("core", "dashboard", "pages", ".streamlit", "pyproject.toml", "requirements.txt", "LICENSE")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it; what it depends on is that of the environment of the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in PACKED:
        source = PROJECT_ROOT / name
        if source.is_dir():
            kept_links = shutil.ignore_patterns("__pycache__", "secrets.toml")
            shutil.copytree(source, folder / "project" / name, symlinks=True, ignore=kept_links)
        else:
            shutil.copy(source, folder / "project")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = "wheel --no-deps --no-build-isolation --no-index --wheel-dir wheels ./project"
    subprocess.run([*pip, *build.split()], cwd=folder, check=True)
    [wheel] = (folder / "wheels").iterdir()

    environment = folder / "environment"
    venv.create(environment, symlinks=True)
    [packages] = environment.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    python = str(environment / "bin" / "python")
    install = f"--python {python} install --no-deps --no-index --no-compile --ignore-installed"
    subprocess.run([*pip, *install.split(), str(wheel)], check=True)
    return environment


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to start things in, with no setting that names another."""
    for name in ("LESIONLAB_ARTIFACTS", "LESIONLAB_DATA", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LESIONLAB_WARM", "no")  # no prediction is asked for
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.fixture
def dashboard(installed: Path, elsewhere: Path, drawn_small: Path) -> Iterator[str]:
    """Address of the dashboard, started by the console command; its demo is drawn already."""
    (elsewhere / "artifacts" / "data").mkdir(parents=True)
    (elsewhere / "artifacts" / "data" / "demo").symlink_to(drawn_small, target_is_directory=True)
    port = free_port()
    log = elsewhere.with_name("server.log")
    with log.open("wb") as output:
        command = [str(installed / "bin" / "lesionlab"), "dashboard", "--port", str(port)]
        process = subprocess.Popen(command, cwd=elsewhere, stdout=output, stderr=output, env=os.environ)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while not answers(f"{address}/api/health"):
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.2)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)
    assert not answers(f"{address}/api/health"), "the server ends with the command"


def answers(address: str) -> bool:
    try:
        return web.get(address, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.long
def test_the_command_is_that_of_the_wheel_and_keeps_its_data_where_it_is_started(
    installed: Path, elsewhere: Path
) -> None:
    where = (
        "import core, dashboard; from core.base.settings import artifacts_dir, data_roots;"
        "print(core.__file__, dashboard.__file__, artifacts_dir(), *data_roots())"
    )
    answer = subprocess.check_output([installed / "bin" / "python", "-c", where], cwd=elsewhere, text=True)
    *packages, artifacts, data = map(Path, answer.split())
    assert all(package.is_relative_to(installed) for package in packages)
    assert (artifacts, data) == (elsewhere / "artifacts", elsewhere / "data")
    listed = subprocess.check_output([installed / "bin" / "lesionlab", "models", "--json"], cwd=elsewhere)
    assert "cnn-59k" in [model["name"] for model in json.loads(listed)["models"]]


@pytest.mark.long
@pytest.mark.browser
def test_home_opens_from_the_wheel_with_its_icon_and_settings(dashboard: str, chromium: str, elsewhere: Path) -> None:
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        missing: list[str] = []
        page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
        page.goto(dashboard)
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=120_000)
        expect(page.get_by_test_id("stSidebarNav").get_by_text("You against the model")).to_be_visible(timeout=120_000)
        assert page.get_by_test_id("stException").count() == 0
        page.get_by_test_id("stSidebarNav").get_by_text("Explore", exact=True).click()
        page.wait_for_url("**/explore**", timeout=120_000)
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Lesion Lab", timeout=120_000)
        assert page.get_by_test_id("stException").count() == 0
        browser.close()
    assert not missing
    assert (elsewhere / "artifacts" / "logs").is_dir()
