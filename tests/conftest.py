"""What tests share: empty folders, the demo data drawn once, one run trained once, the real data, a server."""

import contextlib
import copy
import gc
import hashlib
import importlib
import itertools
import os
import pickle
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partialmethod
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from PIL import Image

from core.base.errors import EngineError
from core.base.files import open_private
from core.base.settings import PROJECT_ROOT
from tests import web

CHROMIUM = "/usr/bin/chromium"
SHARED = PROJECT_ROOT.parent / "shared"
LONG_UNTIL = "LESIONLAB_LONG_TESTS_UNTIL"
"""Environment variable: seconds since the epoch after which no long test begins; on a slow machine CI must end too."""
GATE_BANK = 250
"""Pictures in the bank of the gate that tests share."""
LOADED = 6
"""Networks that a process of this test run keeps."""
DEMO_LESIONS = 1000
"""Lesions of the demo that tests share, as many as people get."""
DEMO_PICTURES = 1501
FEW_STEPS = 20
"""Steps of a training that take less time one by one than TensorFlow takes to trace a graph of them."""
PORTS = range(11_000, 32_000)
"""Above those that browsers refuse, below those that systems give to whoever asks for any."""
_NUMBERS = itertools.count(secrets.randbelow(len(PORTS)))
sys.dont_write_bytecode = False  # each file is compiled once, and not by every one of the many processes
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("LESIONLAB_FAST_ANSWERS", "no")  # else a pool that is asked would have a job started
os.environ.setdefault("LESIONLAB_GATE", "no")  # else each training of a test would have a job started
os.environ["LOKY_MAX_CPU_COUNT"] = "1"  # processes that decode take longer to start than what tests have for them


def pytest_collection(session: pytest.Session) -> None:
    """Each process of a run over all tests imports their modules beginning elsewhere.

    In a new checkout assertions are rewritten first, which takes as long as all other collecting; so each process
    finds what the others have rewritten.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    whole = [Path(each).resolve() for each in session.config.args] == [PROJECT_ROOT / "tests"]
    if not (worker and whole):
        return
    files = sorted(Path(__file__).parent.rglob("test_*.py"))
    files = [file for file in files if "benchmarks" not in file.parts]
    start = int(worker.removeprefix("gw")) * len(files) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    for file in files[start:] + files[:start]:
        with contextlib.suppress(Exception, pytest.skip.Exception):  # pytest says what is wrong with it
            importlib.import_module(".".join(file.relative_to(PROJECT_ROOT).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, so that of two processes none works alone at the end."""
    long_first = ("long", "browser", "slow")
    marks: dict[Path, set[str]] = {item.path: set() for item in items}
    for item in items:
        marks[item.path] |= {mark.name for mark in item.iter_markers()}
    items.sort(key=lambda item: [mark not in marks[item.path] for mark in long_first])


def pytest_collection_finish() -> None:
    """TensorFlow takes longer to import than most test files to run: tests import what needs it where they use it."""
    if "tensorflow" in sys.modules:
        raise pytest.UsageError("TensorFlow was imported while tests were collected.")
    gc.freeze()  # six thousand tests are no garbage, and looking through them again and again takes minutes
    gc.set_threshold(20_000, 20, 20)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Long tests are given a time at which they end: what would begin later is skipped, and says so."""
    until = os.environ.get(LONG_UNTIL)
    if until and time.time() > float(until) and item.get_closest_marker("long"):
        pytest.skip("the time that long tests were given is over")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Say what failed as soon as it does: a run that is cut short prints no summary."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        crash = getattr(report.longrepr, "reprcrash", None)
        sys.stderr.write(f"\nFAILED in {report.when}: {report.nodeid}\n{crash or str(report.longrepr)[-2000:]}\n")


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


@pytest.fixture
def imagenet_weights(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the small ImageNet network's weights beside the checkout, as the setting; skips without."""
    folder = SHARED / "weights"
    if not (folder / "mobilenet_2_5_224_tf_no_top.h5").is_file():
        pytest.skip("the ImageNet weights are not beside this checkout")
    monkeypatch.setenv("LESIONLAB_WEIGHTS", str(folder))
    return folder


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """`made_once(name, make)`: a folder that the first process of this test run to ask fills; the others wait for it.

    Whoever asks only reads it or copies from it.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def made_once(name: str, make: Callable[[Path], None]) -> Path:
        folder = shared / name
        with FileLock(shared / f"{name}.lock"):
            if not (folder / "made").is_file():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                (folder / "made").touch()
        return folder

    return made_once


@pytest.fixture(scope="session")
def demo_root(made_once) -> Path:
    """An artifacts folder with the demo data set drawn, decoded at 28 pixels and its files compared; shared, so tests
    copy or only read it."""
    from core.data.catalog import open_dataset
    from core.data.demo.demo import generate_demo
    from core.data.images.cache import ensure_cache
    from core.data.images.fingerprint import content_hashes

    def make(root: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LOKY_MAX_CPU_COUNT", "2")  # while it is drawn, all tests that show it wait
            generate_demo(root / "data" / "demo", lesions=DEMO_LESIONS)
            patch.setenv("LESIONLAB_ARTIFACTS", str(root))
            patch.setenv("LESIONLAB_DATA", str(root / "no-data"))
            content_hashes(open_dataset("demo"))
            ensure_cache(open_dataset("demo"), 28)

    return made_once("demo-artifacts", make)


@pytest.fixture
def demo_artifacts(demo_root: Path, artifacts: Path) -> Path:
    """An artifacts folder of this test's own with the demo data in it (linked, so never write into it) and caches."""
    (artifacts / "data").mkdir()
    (artifacts / "data" / "demo").symlink_to(demo_root / "data" / "demo", target_is_directory=True)
    shutil.copytree(demo_root / "cache", artifacts / "cache")
    return artifacts


@pytest.fixture(scope="session")
def measured_root(demo_root: Path, made_once) -> Path:
    """An artifacts folder with the demo data set, of which every picture was measured; read only."""
    from core.data.catalog import open_dataset
    from core.data.statistics.measuring import measure_dataset

    def make(root: Path) -> None:
        (root / "data").symlink_to(demo_root / "data", target_is_directory=True)
        shutil.copytree(demo_root / "cache", root / "cache")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LESIONLAB_ARTIFACTS", str(root))
            patch.setenv("LESIONLAB_DATA", str(root / "no-data"))
            measure_dataset(open_dataset("demo"))

    return made_once("measured-artifacts", make)


@pytest.fixture
def demo_is_measured(measured_root: Path, artifacts: Path) -> Callable[[], None]:
    """`demo_is_measured()`: from then on every picture of the demo has been measured, as by `measure_dataset`."""

    def demo_is_measured() -> None:  # linked, for what is kept is never written into, only replaced
        shutil.copytree(measured_root / "cache", artifacts / "cache", copy_function=link_anew, dirs_exist_ok=True)

    return demo_is_measured


def link_anew(source: str, target: str) -> None:
    """Link a file; one that is there already stays."""
    if not Path(target).exists():
        os.link(source, target)


@pytest.fixture(scope="session")
def drawn_small(made_once) -> Path:
    """A demo of sixty pictures; tests copy it."""
    from core.data.demo.demo import generate_demo

    def make(root: Path) -> None:
        generate_demo(root / "demo", lesions=50)
        metadata = root / "demo" / "demo_metadata.csv"
        pd.read_csv(metadata).head(60).to_csv(metadata, index=False)

    return made_once("small-demo", make) / "demo"


@pytest.fixture
def small_demo(drawn_small: Path, artifacts: Path) -> Path:
    """Sixty pictures as the demo of this test; its files may be changed."""
    return Path(shutil.copytree(drawn_small, artifacts / "data" / "demo"))


@pytest.fixture(scope="session")
def trained_root(demo_root: Path, made_once) -> Path:
    """An artifacts folder with the demo data, one finished `cnn-59k` run of four epochs and its cache; read only."""

    def train(root: Path) -> None:
        (root / "data").symlink_to(demo_root / "data", target_is_directory=True)
        shutil.copytree(demo_root / "cache", root / "cache")
        train_in(root, root / "no-data", dataset="demo", model="cnn-59k", epochs=4, batch_size=32)

    return made_once("trained-artifacts", train)


@pytest.fixture(scope="session")
def gate_root(made_once, demo_root: Path) -> Path:
    """An artifacts folder with the demo data and its gate; read only."""
    from core.data.catalog import open_dataset
    from core.serving.gate_making import ensure_gate

    def make(root: Path) -> None:
        (root / "data").symlink_to(demo_root / "data", target_is_directory=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LESIONLAB_ARTIFACTS", str(root))
            patch.setenv("LESIONLAB_DATA", str(root / "no-data"))
            patch.setattr("core.serving.gate_making.MOST_HELD_OUT", 120)  # all the others take four times as long
            patch.setattr("core.serving.gate_making.BANK", GATE_BANK)
            ensure_gate(open_dataset("demo"))

    return made_once("gate-artifacts", make)


@pytest.fixture(scope="session")
def ages_root(made_once) -> Path:
    """An artifacts folder and a data set in which age alone decides the class, with a run on pictures and age, and one
    with the same recipe on pictures alone; read only. The pictures are grey, and one age of six is missing."""

    def train(root: Path) -> None:
        write_ages(root / "roots" / "ham10000")
        recipe = {"dataset": "ham10000", "model": "cnn-59k", "epochs": 6, "batch_size": 8, "optimizer": "adamw"}
        recipe |= {"learning_rate": 0.01, "ema_momentum": 0.9, "augment_flip": "turns", "augment_brightness": 0.5}
        recipe |= {"architecture": {"width": 0.5, "convolutions": 1, "dense": 64, "dropout": 0.7}}
        for metadata in ((), ("age", "site")):
            train_in(root, root / "roots", **recipe, metadata=metadata)

    return made_once("ages-artifacts", train)


def write_ages(folder: Path, pictures: int = 240) -> None:
    """Grey pictures in HAM10000's layout: nevi of the young, keratoses of the middle-aged, melanomas of the old."""
    (folder / "HAM10000_images_part_1").mkdir(parents=True)
    rng = np.random.default_rng(0)
    lines = ["lesion_id,image_id,dx,dx_type,age,sex,localization"]
    for number in range(pictures):
        label, youngest = (("nv", 15), ("bkl", 40), ("mel", 65))[number % 3]
        age = "" if number // 3 % 6 == 0 else f"{youngest + rng.integers(18)}.0"
        grey = rng.integers(124, 133, (24, 32, 3), dtype=np.uint8)  # no two alike, and nothing to learn by heart
        Image.fromarray(grey).save(folder / "HAM10000_images_part_1" / f"ISIC_{number:04d}.jpg", quality=100)
        sex, site = rng.choice(["male", "female"]), rng.choice(["back", "face", "unknown"])
        lines.append(f"HAM_{number:04d},ISIC_{number:04d},{label},histo,{age},{sex},{site}")
    (folder / "HAM10000_metadata.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture
def ages(ages_root: Path, artifacts: Path, monkeypatch: pytest.MonkeyPatch):
    """The runs of `ages_root`, first that on pictures and age, then that on pictures alone, to be written into."""
    from core.runs.run_folder import list_runs

    monkeypatch.setenv("LESIONLAB_DATA", str(ages_root / "roots"))
    for name in ("runs", "cache"):
        shutil.copytree(ages_root / name, artifacts / name)
    return list_runs()


def train_in(artifacts: Path, data: Path, train: Callable[..., Any] | None = None, **recipe: Any) -> None:
    """Train a run to its end in an artifacts folder, with a data root; `train` is `train_here` unless it is given."""
    from core.base.settings import settings_for_processes
    from core.runs.run_folder import create_run
    from core.training.recipe import make_recipe

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESIONLAB_ARTIFACTS", str(artifacts))
        patch.setenv("LESIONLAB_DATA", str(data))
        run = create_run(make_recipe(**recipe))
        assert (train or train_here)(str(run.path), settings_for_processes()) == "finished", run.log_tail()


def train_here(folder: str, _: object = None) -> str:
    """Train a run as `supervise` does, but in this process, which has loaded TensorFlow; returns its last state.

    That a training has a process of its own is tested beside the engine.
    """
    from core.engine.training_process import main
    from core.runs.run_folder import RunFolder

    run = RunFolder(Path(folder))
    with open_private(run.log, "a") as log, contextlib.redirect_stdout(log), few_steps_untraced():
        main([folder])
    return run.status().state


@contextlib.contextmanager
def few_steps_untraced() -> Iterator[None]:
    """A training of few steps, and what is asked of its network afterwards, is computed without a graph.

    What is computed is the same, and tracing takes most of the time of small trainings. Longer ones, and those in
    processes of their own, have their graphs.
    """
    from core.training import fit as training

    real = training.fit

    def fit(recipe: Any, examples: Any, split: Any, *more: Any, **asked: Any) -> Any:
        import tensorflow as tf

        steps = -(-len(split.part("train")) // (recipe.batch_size or 16))
        tf.config.run_functions_eagerly(steps * sum(each.epochs for each in recipe.as_stages) <= FEW_STEPS)
        return real(recipe, examples, split, *more, **asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "fit", fit)
        try:
            yield
        finally:
            if "tensorflow" in sys.modules:
                sys.modules["tensorflow"].config.run_functions_eagerly(False)


@pytest.fixture
def trained_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that train do so in this process."""
    monkeypatch.setattr("core.cli.commands.supervise", train_here)


@pytest.fixture
def jobs_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A background job is done in this process before its start returns; that it has one of its own is tested with
    jobs, and loading TensorFlow in each costs more than what most of them do."""
    from core.jobs import job_process, start

    def started(arguments: list[str], log: Path, _: object) -> SimpleNamespace:
        return SimpleNamespace(pid=os.getpid(), folder=arguments[1], log=log)

    def done(process: SimpleNamespace) -> None:
        with open_private(process.log, "a") as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            job_process.main([process.folder])

    monkeypatch.setattr(start, "start_python", started)
    monkeypatch.setattr(start, "give_way", lambda _: None)
    monkeypatch.setattr(start, "wait_in_background", done)
    unheard = SimpleNamespace(signal=lambda *_: None, SIGTERM=signal.SIGTERM)  # pages are not the main thread
    monkeypatch.setattr(job_process, "signal", unheard)


@pytest.fixture
def trained(trained_root: Path, artifacts: Path):
    """The finished run, copied into an artifacts folder of this test's own with the demo data and caches."""
    from core.runs.run_folder import list_runs

    (artifacts / "data").mkdir()
    (artifacts / "data" / "demo").symlink_to(trained_root / "data" / "demo", target_is_directory=True)
    shutil.copytree(trained_root / "cache", artifacts / "cache")
    shutil.copytree(trained_root / "runs", artifacts / "runs")
    return list_runs()[-1]


@pytest.fixture(scope="session")
def components_found_once() -> Iterator[None]:
    """For each `AppTest`, Streamlit reads all that is installed in search of components: longer than a page takes.

    While a page is drawn, it asks a thousand times a second whether the page is ready; here it waits. It compiles every
    script anew, and after each clears what Keras holds, which no web process has loaded.
    """
    from streamlit.components.v2 import manifest_scanner
    from streamlit.runtime.scriptrunner import script_cache, script_runner
    from streamlit.testing.v1 import local_script_runner

    ask = local_script_runner.require_widgets_deltas

    def wait(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
        assert runner._script_thread is not None
        runner._script_thread.join(timeout)
        ask(runner, 1)  # which finds it ready, or says that it is not

    compiling = script_cache.ScriptCache()
    compile_script = script_cache.ScriptCache.get_bytecode

    def compiled_once(own: script_cache.ScriptCache, path: str) -> Any:
        ours = Path(path).is_relative_to(PROJECT_ROOT)  # the scripts of tests themselves change
        return compile_script(compiling if ours else own, path)

    with pytest.MonkeyPatch.context() as patch:
        found_once = lru_cache(manifest_scanner.scan_component_manifests)
        patch.setattr(script_cache.ScriptCache, "get_bytecode", compiled_once)
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None)
        patch.setattr(manifest_scanner, "scan_component_manifests", found_once)
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        yield


@pytest.fixture(scope="session")
def _predictors() -> dict[tuple[str, str], Any]:
    return {}


@pytest.fixture
def loaded_once(_predictors: dict[tuple[str, str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that a run has and that another run had, byte for byte, is not loaded and compiled again.

    Most tests copy one and the same finished run into a folder of their own.
    """
    from core.models.model_file import model_file_in
    from core.serving.predictor import Predictor

    real = Predictor.of_run.__func__  # type: ignore[attr-defined]

    def of_run(cls, folder: Path):
        file, info = model_file_in(folder), folder / "predictor.json"
        if not (file.is_file() and info.is_file()):
            return real(cls, folder)
        key = hashlib.sha256(file.read_bytes()).hexdigest(), info.read_text(errors="replace")
        if key not in _predictors:
            _predictors[key] = real(cls, folder)
            for oldest in list(_predictors)[:-LOADED]:
                del _predictors[oldest]
        return copy.copy(_predictors[key])

    monkeypatch.setattr(Predictor, "of_run", classmethod(of_run))


@pytest.fixture
def answered_here(loaded_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked of the processes beside the web process is computed in this one, which has TensorFlow loaded.

    Those processes are tested by themselves, and with pages in a browser.
    """
    from core.serving.workers import Workers

    def ask(_: Workers, function: Callable[..., Any], *question: object, seconds: float) -> object:
        received = pickle.loads(pickle.dumps(question, protocol=5))
        return pickle.loads(pickle.dumps(function(*received), protocol=5))

    monkeypatch.setattr(Workers, "ask", ask)


@pytest.fixture
def errors_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page raises is shown as `dashboard/app.py` shows it; `AppTest` runs pages without the app around them."""
    from streamlit.runtime.scriptrunner import ScriptRunner

    from dashboard.app import show_error

    monkeypatch.setattr(ScriptRunner, "__init__", partialmethod(ScriptRunner.__init__, on_script_error=show_error))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium; skips where it is absent."""
    path = shutil.which("chromium") or CHROMIUM
    if not Path(path).is_file():
        pytest.skip("Chromium is not installed")
    return path


@dataclass
class Server:
    """A dashboard in a process of its own."""

    port: int
    process: subprocess.Popen
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    def start(
        cls, port: int, log: Path, options: Sequence[str] = (), *, host: str = "127.0.0.1", path: str = ""
    ) -> "Server":
        """Started, and asked until it answers: by the name `host` and under the path that the options give it."""
        command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port), *options]
        with log.open("ab") as output:
            environment = {"LESIONLAB_WARM": "no", **os.environ}  # most tests ask for no prediction
            process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=output, stderr=output, env=environment)
        server = cls(port, process, log)
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and process.poll() is None:
            try:
                answer = web.get(f"{server.url}{path}/api/health", headers={"Host": host}, timeout=5)
                if answer.status_code == 200:
                    return server
            except httpx.HTTPError:
                time.sleep(0.3)
        raise AssertionError(f"the dashboard did not start: {log.read_text()[-2000:]}")

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """A port of loopback on which nobody listens now, another one each time.

    Not one of those that the system gives to whoever asks for any: what is started on it takes it seconds later, and
    other tests open connections meanwhile.
    """
    for number in _NUMBERS:
        port = PORTS[number % len(PORTS)]
        with contextlib.suppress(OSError), socket.socket() as free:
            free.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is no end to numbers")


@pytest.fixture
def start_server(artifacts: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a dashboard on the artifacts folder of this test, on a free port unless one is given."""
    started: list[Server] = []

    def start(port: int | None = None, options: Sequence[str] = (), **reached: str) -> Server:
        log = tmp_path / f"server-{len(started)}.log"
        started.append(Server.start(port or free_port(), log, options, **reached))
        return started[-1]

    yield start
    for server in started:
        server.end()
    end_engine(artifacts)


def empty(folder: Path) -> None:
    """A folder with nothing in it, also where a server that is still at work writes into that of the test before.

    Its folder is moved away at one go: file by file, what is written meanwhile would have it stay.
    """
    if folder.exists():
        aside = Path(tempfile.mkdtemp(dir=folder.parent))
        folder.rename(aside / folder.name)
        shutil.rmtree(aside, ignore_errors=True)
    folder.mkdir(exist_ok=True)


def no_standby() -> None:
    """The engine has no process with TensorFlow wait for a run: most tests that come by the page Train start none."""
    from core.engine.engine_settings import EngineSettings, save_engine_settings

    save_engine_settings(EngineSettings(standby_minutes=0))


def end_engine(artifacts: Path) -> None:
    """End the engine that a page has started, if one has."""
    from core.engine.engine import stop_engine

    if (artifacts / "engine" / "engine.json").is_file():
        with contextlib.suppress(EngineError):  # one elsewhere ends with the test that started it
            stop_engine()


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> dict:
    """What each button would do if it were pressed, by its file name; `AppTest` cannot press it."""
    from streamlit.runtime.media_file_manager import MediaFileManager

    waiting = {}
    real = MediaFileManager.add_deferred

    def add_deferred(self, data_callable, mimetype, coordinates, file_name=None, **more) -> str:
        waiting[file_name] = data_callable
        return real(self, data_callable, mimetype, coordinates, file_name, **more)

    monkeypatch.setattr(MediaFileManager, "add_deferred", add_deferred)
    return waiting
