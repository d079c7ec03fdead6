"""What tests share: empty folders, the demo data drawn once, one run trained once, the real data."""

import shutil
from pathlib import Path

import pytest

from core.settings import PROJECT_ROOT

CHROMIUM = "/usr/bin/chromium"
SHARED = PROJECT_ROOT.parent / "shared"


@pytest.fixture
def artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty artifacts folder and an empty data root, for this test alone."""
    folder = tmp_path / "artifacts"
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("LESIONLAB_ARTIFACTS", str(folder))
    monkeypatch.setenv("LESIONLAB_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("LESIONLAB_SCHEDULER", raising=False)
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets beside the checkout; skips where it is absent."""
    folder = SHARED / "data"
    if not (folder / "ham10000" / "HAM10000_metadata.csv").is_file():
        pytest.skip("the real data sets are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def demo_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifacts folder with the whole demo data set drawn; shared, so tests copy or only read it."""
    from core.data.demo import generate_demo

    root = tmp_path_factory.mktemp("demo-artifacts")
    generate_demo(root / "data" / "demo")
    return root


@pytest.fixture
def demo_artifacts(demo_root: Path, artifacts: Path) -> Path:
    """An artifacts folder of this test's own with the demo data in it (linked, so never write into it)."""
    (artifacts / "data").mkdir()
    (artifacts / "data" / "demo").symlink_to(demo_root / "data" / "demo", target_is_directory=True)
    return artifacts


@pytest.fixture(scope="session")
def trained_root(demo_root: Path) -> Path:
    """The demo's artifacts folder with one finished `cnn-59k` run of four epochs in it; read only."""
    from core.runs.folder import create_run
    from core.runs.supervise import supervise
    from core.settings import settings_for_processes
    from core.training.recipe import make_recipe

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESIONLAB_ARTIFACTS", str(demo_root))
        patch.setenv("LESIONLAB_DATA", str(demo_root / "no-data"))
        run = create_run(make_recipe(dataset="demo", model="cnn-59k", epochs=4, batch_size=32))
        assert supervise(str(run.path), settings_for_processes()) == "finished", run.log_tail()
    return demo_root


@pytest.fixture
def trained(trained_root: Path, artifacts: Path):
    """The finished run, copied into an artifacts folder of this test's own with the demo data and caches."""
    from core.runs.folder import list_runs

    (artifacts / "data").mkdir()
    (artifacts / "data" / "demo").symlink_to(trained_root / "data" / "demo", target_is_directory=True)
    shutil.copytree(trained_root / "cache", artifacts / "cache")
    shutil.copytree(trained_root / "runs", artifacts / "runs")
    return list_runs()[-1]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium; skips where it is absent."""
    path = shutil.which("chromium") or CHROMIUM
    if not Path(path).is_file():
        pytest.skip("Chromium is not installed")
    return path
