"""The pool: real processes, asked as the web process asks them."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.base.errors import EngineError, RunError
from core.runs.run_folder import RunFolder
from core.serving import pool as pools
from core.serving.pool import PredictionPool

PICTURE = np.zeros((8, 8, 3), np.uint8)


@pytest.fixture
def pool() -> Iterator[PredictionPool]:
    """A pool of one process, ended after the test; no thread may go on looking after it."""
    before = set(threading.enumerate())  # a page opened by another test may have left its own pool running
    pool = PredictionPool()
    yield pool
    pool.stop()
    for thread in set(threading.enumerate()) - before:
        if type(thread).__module__ == "concurrent.futures.process":
            thread.join(20)
            assert not thread.is_alive()


def alive(pids: list[int]) -> list[int]:
    return [p for p in pids if psutil.pid_exists(p) and psutil.Process(p).status() != psutil.STATUS_ZOMBIE]


def gone(pids: list[int]) -> bool:
    """Whether all of them have ended, now or within ten seconds."""
    deadline = time.monotonic() + 60
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pids)


@pytest.mark.slow
def test_answers_come_without_tensorflow_in_the_process_that_asks(trained: RunFolder, tmp_path: Path) -> None:
    """In a fresh process, because this one may have imported it; also explains, and a `majority` model loads."""
    from core.models.baseline import majority, set_shares
    from core.serving.answer import answer
    from core.serving.predictor import Predictor

    baseline = tmp_path / "baseline"
    baseline.mkdir()
    model = majority(28, 7)
    set_shares(model, np.array([4, 4, 4, 5]))
    model.save(baseline / "model.keras")
    (baseline / "predictor.json").write_bytes(trained.predictor_file.read_bytes())
    script = tmp_path / "ask.py"
    script.write_text(
        "import json, sys\n"
        "from pathlib import Path\n"
        "import numpy as np\n"
        "from core.serving.pool import PredictionPool\n"
        "if __name__ == '__main__':\n"
        "    pool = PredictionPool()\n"
        "    pool.start()\n"
        "    picture = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)\n"
        "    told = pool.answer(Path(sys.argv[1]), picture, 'mel')\n"
        "    baseline = pool.answer(Path(sys.argv[2]), picture)\n"
        "    pool.stop()\n"
        "    heavy = [m for m in ('tensorflow', 'keras', 'streamlit') if m in sys.modules]\n"
        "    heat = told.heat.tolist(), told.heat_class\n"
        "    print(json.dumps([told.probabilities, *heat, baseline.probabilities, heavy]))\n"
    )
    asked = subprocess.run(
        [sys.executable, script, trained.path, baseline], capture_output=True, text=True, timeout=200, check=False
    )
    assert asked.returncode == 0, asked.stderr
    probabilities, heat, heat_class, of_baseline, heavy = json.loads(asked.stdout)
    assert heavy == []
    here = answer(Predictor.of_run(trained.path), np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3), "mel")
    assert probabilities == pytest.approx(here.probabilities, abs=1e-5)
    assert np.array(heat) == pytest.approx(here.heat, abs=1e-4)
    assert heat_class == "mel"
    assert (of_baseline["mel"], of_baseline["nv"], of_baseline["bcc"]) == pytest.approx((0.75, 0.25, 0), abs=1e-6)


def test_draws_of_an_augmentation_are_those_of_the_layers_in_training(pool: PredictionPool) -> None:
    from core.training.augmentation import augmented_draws
    from core.training.recipe import make_recipe

    recipe = make_recipe(dataset="demo", model="cnn-59k", seed=6, augment_flip="both", augment_rotation=90)
    picture = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    np.testing.assert_array_equal(pool.augment(recipe, picture, 5), augmented_draws(recipe, picture, 5))


def test_an_error_comes_back_as_itself_and_the_pool_goes_on(pool: PredictionPool, tmp_path: Path) -> None:
    for name in ("one", "two"):
        with pytest.raises(RunError, match=f"The run {name} has no trained model yet"):
            pool.answer(tmp_path / name, PICTURE)


def test_a_killed_process_is_replaced_without_the_asker_noticing(pool: PredictionPool, tmp_path: Path) -> None:
    with pytest.raises(RunError):
        pool.answer(tmp_path, PICTURE)
    [first] = pool._executor._processes
    psutil.Process(first).kill()
    with pytest.raises(RunError):
        pool.answer(tmp_path, PICTURE)
    [second] = pool._executor._processes
    assert first != second
    assert not alive([first])


def test_a_process_killed_while_it_is_asked_is_replaced_and_asked_again(pool: PredictionPool, tmp_path: Path) -> None:
    with pytest.raises(RunError):
        pool.answer(tmp_path, PICTURE)
    [first] = pool._executor._processes
    pool._executor.submit(time.sleep, 60)  # the question will wait behind this
    threading.Timer(0.5, psutil.Process(first).kill).start()
    with pytest.raises(RunError, match="no trained model yet"):
        pool.answer(tmp_path, PICTURE)


def test_a_question_that_waits_while_another_gives_up_is_asked_again(pool: PredictionPool, tmp_path: Path) -> None:
    """The one that gives up ends the stuck process, and with it everything that waits for it."""
    executor = pool._running()
    executor.submit(time.sleep, 60)
    executor.submit(time.sleep, 60)  # already handed to the process; what comes after it can be cancelled
    executor.submit(time.sleep, 60)
    threading.Timer(0.5, pool._discard, [executor]).start()
    with pytest.raises(RunError, match="no trained model yet"):
        pool.answer(tmp_path, PICTURE)


def test_an_answer_that_never_comes_is_given_up_with_a_sentence_and_the_stuck_process_ended(
    pool: PredictionPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = pool._running()
    executor.submit(time.sleep, 60)
    [stuck] = executor._processes
    monkeypatch.setattr(pools, "ANSWER_SECONDS", 0.3)
    with pytest.raises(EngineError, match=r"No answer came within 0 s\. Try again\."):
        pool.answer(tmp_path, PICTURE)
    # Not waited for by psutil: the pool would never learn of its end, and look for it without pause for ever.
    assert gone([stuck])


def test_stopping_ends_the_processes_and_twice_does_no_harm(tmp_path: Path) -> None:
    pool = PredictionPool(2)
    with pytest.raises(RunError):
        pool.answer(tmp_path, PICTURE)
    pids = list(pool._executor._processes)
    pool.stop()
    pool.stop()
    with pytest.raises(EngineError, match="shutting down"):
        pool.answer(tmp_path, PICTURE)
    assert gone(pids)
    pool.start()
    with pytest.raises(RunError):
        pool.answer(tmp_path, PICTURE)
    pool.stop()


@pytest.mark.slow
def test_the_processes_end_when_the_one_that_made_them_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "serve.py"
    script.write_text(
        "import time\n"
        "from core.serving.pool import PredictionPool\n"
        "if __name__ == '__main__':\n"
        "    pool = PredictionPool()\n"
        "    pool.start()\n"
        "    print('started', flush=True)\n"
        "    time.sleep(300)\n"
    )
    server = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline() == "started\n"
    children = psutil.Process(server.pid).children(recursive=True)
    try:
        assert any("spawn_main" in word for child in children for word in child.cmdline())
        time.sleep(2)  # it is importing TensorFlow now, or waits for work
        server.kill()
        server.wait(10)
        _, left = psutil.wait_procs(children, timeout=60)
        assert not [child for child in left if child.status() != psutil.STATUS_ZOMBIE]
    finally:
        for process in (server, *(child for child in children if child.is_running())):
            process.kill()
