"""The pool: real processes, asked as the web process asks them."""

import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pillow_heif
import psutil
import pytest
from PIL import Image

from core.base.errors import EngineError, PictureError, RunError
from core.data.images.pictures import decode_square
from core.runs.run_folder import RunFolder
from core.serving import pool as pools
from core.serving.pool import PredictionPool
from core.serving.predictor import PredictorInfo
from core.training.recipe import make_recipe

PICTURE = np.zeros((8, 8, 3), np.uint8)


@pytest.fixture
def pool() -> Iterator[PredictionPool]:
    """A new pool of one process that answers, ended after the test."""
    pool = PredictionPool()
    yield pool
    pool.stop()


@pytest.fixture(scope="module")
def shared_pool() -> Iterator[PredictionPool]:
    """One pool for all tests that need no new one; what ends of it is replaced."""
    pool = PredictionPool()
    yield pool
    pool.stop()


def alive(pids: list[int]) -> list[int]:
    return [p for p in pids if psutil.pid_exists(p) and psutil.Process(p).status() != psutil.STATUS_ZOMBIE]


def gone(pids: list[int]) -> bool:
    """Whether all of them have ended, now or within ten seconds."""
    deadline = time.monotonic() + 60
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pids)


def baseline_of(trained: RunFolder, folder: Path) -> Path:
    """A `majority` model of seven classes, of which the fifth fills three quarters and the sixth a quarter."""
    from core.models.baseline import majority, set_fractions

    folder.mkdir()
    model = majority(28, 7)
    set_fractions(model, np.array([4, 4, 4, 5]))
    model.save(folder / "model.keras")
    replace(PredictorInfo.load(trained.predictor_file), temperature=1.0).save(folder / "predictor.json")
    return folder


@pytest.mark.slow
@pytest.mark.long  # a real server answers alike, and says that it has not imported it, where its API is tested
def test_answers_come_without_tensorflow_in_the_process_that_asks(trained: RunFolder, tmp_path: Path) -> None:
    """In a fresh process, because this one may have imported it; also explains, a `majority` model loads, and an
    augmentation draws as its layers do in training."""
    from core.serving.answer import answer
    from core.serving.predictor import Predictor
    from core.training.augmentation import augmented_draws

    baseline = baseline_of(trained, tmp_path / "baseline")
    script = tmp_path / "ask.py"
    script.write_text(
        "import json, sys\n"
        "from pathlib import Path\n"
        "import numpy as np\n"
        "from core.serving.pool import PredictionPool\n"
        "from core.training.recipe import Recipe\n"
        "if __name__ == '__main__':\n"
        "    pool = PredictionPool()\n"
        "    pool.start()\n"
        "    picture = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)\n"
        "    told = pool.answer(Path(sys.argv[1]), picture, 'mel')\n"
        "    baseline = pool.answer(Path(sys.argv[2]), picture)\n"
        "    draws = pool.augment(Recipe.model_validate_json(sys.argv[3]), picture[:28, :28], 5)\n"
        "    pool.stop()\n"
        "    heavy = [m for m in ('tensorflow', 'keras', 'streamlit') if m in sys.modules]\n"
        "    heat = told.heat.tolist(), told.heat_class\n"
        "    print(json.dumps([told.probabilities, *heat, baseline.probabilities, draws.tolist(), heavy]))\n"
    )
    recipe = make_recipe(dataset="demo", model="cnn-59k", seed=6, augment_flip="both", augment_rotation=90)
    command = [sys.executable, script, trained.path, baseline, recipe.model_dump_json()]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert asked.returncode == 0, asked.stderr
    probabilities, heat, heat_class, of_baseline, draws, heavy = json.loads(asked.stdout)
    assert heavy == []
    picture = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)
    here = answer(Predictor.of_run(trained.path), picture, "mel")
    assert probabilities == pytest.approx(here.probabilities, abs=1e-5)
    assert np.array(heat) == pytest.approx(here.heat, abs=1e-4)
    assert heat_class == "mel"
    assert (of_baseline["mel"], of_baseline["nv"], of_baseline["bcc"]) == pytest.approx((0.75, 0.25, 0), abs=1e-6)
    assert draws == augmented_draws(recipe, picture[:28, :28], 5).tolist()


def test_the_floor_answers_with_the_shares_of_its_classes(trained: RunFolder, artifacts: Path, tmp_path: Path) -> None:
    """Asked of what a process does with a question, in this one."""
    told = pools._answer(baseline_of(trained, tmp_path / "baseline"), PICTURE, None, None, artifacts, None)
    found = told.probabilities
    assert (found["mel"], found["nv"], found["bcc"]) == pytest.approx((0.75, 0.25, 0), abs=1e-6)


def test_a_temperature_that_is_fitted_anew_counts_from_the_next_answer_on(trained: RunFolder, artifacts: Path) -> None:
    """Asked of what a process does with a question, in this one."""
    before = pools._answer(trained.path, PICTURE, None, None, artifacts, None).probabilities
    replace(PredictorInfo.load(trained.predictor_file), temperature=9.0).save(trained.predictor_file)
    after = pools._answer(trained.path, PICTURE, None, None, artifacts, None).probabilities
    assert max(after.values()) < max(before.values()) - 0.1


@pytest.mark.slow
def test_a_pool_that_has_started_has_the_newest_model_and_at_most_four_others_push_it_out(
    pool: PredictionPool, trained: RunFolder
) -> None:
    def loaded() -> tuple[int, int]:
        """Models that were read from the disk so far, and those in memory, in the process that answers."""
        asked = "tuple(__import__('core.serving.pool', fromlist=['pool'])._predictor.cache_info())"
        _, read, _, kept = pool.answering.ask(eval, asked, seconds=60)
        return read, kept

    older = [Path(shutil.copytree(trained.path, trained.path.with_name(f"older-{n}"))) for n in range(5)]
    for number, run in enumerate([*older, trained.path]):
        os.utime(run / "model.keras", (number, number))
    pool.start()
    assert loaded() == (1, 1)
    first = pool.answer(trained.path, PICTURE, "")
    assert loaded() == (1, 1)
    for run in older:
        assert pool.answer(run, PICTURE).probabilities == pytest.approx(first.probabilities, abs=1e-6)
    assert loaded() == (6, pools.LOADED_MODELS)
    pool.answer(older[-1], PICTURE)
    assert loaded() == (6, pools.LOADED_MODELS)


def test_a_damaged_newest_model_does_not_keep_a_process_from_starting(trained: RunFolder) -> None:
    """What a process does when it starts, in this one."""
    damaged = Path(shutil.copytree(trained.path, trained.path.with_name("damaged")))
    (damaged / "model.keras").write_bytes(b"no model")
    pools._warm()
    with pytest.raises(RunError, match="damaged"):
        pools._loaded(damaged)


def test_an_error_comes_back_as_itself_and_the_pool_goes_on(shared_pool: PredictionPool, tmp_path: Path) -> None:
    for name in ("one", "two"):
        with pytest.raises(RunError, match=f"The run {name} has no trained model yet"):
            shared_pool.answer(tmp_path / name, PICTURE)


def test_a_killed_process_is_replaced_without_the_asker_noticing(shared_pool: PredictionPool, tmp_path: Path) -> None:
    with pytest.raises(RunError):
        shared_pool.answer(tmp_path, PICTURE)
    [first] = shared_pool.answering.pids()
    psutil.Process(first).kill()
    with pytest.raises(RunError):
        shared_pool.answer(tmp_path, PICTURE)
    [second] = shared_pool.answering.pids()
    assert first != second
    assert not alive([first])


def test_a_process_killed_while_it_is_asked_is_replaced_and_asked_again(
    shared_pool: PredictionPool, tmp_path: Path
) -> None:
    with pytest.raises(RunError):
        shared_pool.answer(tmp_path, PICTURE)
    [first] = shared_pool.answering.pids()
    psutil.Process(first).suspend()  # the question is on its way when the process ends
    threading.Timer(0.5, psutil.Process(first).kill).start()
    with pytest.raises(RunError, match="no trained model yet"):
        shared_pool.answer(tmp_path, PICTURE)


def test_an_answer_that_never_comes_is_given_up_with_a_sentence_and_the_stuck_process_ended(
    shared_pool: PredictionPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunError):
        shared_pool.answer(tmp_path, PICTURE)
    [stuck] = shared_pool.answering.pids()
    psutil.Process(stuck).suspend()
    monkeypatch.setattr(pools, "ANSWER_SECONDS", 0.3)
    with pytest.raises(EngineError, match=r"No answer came within 0 s\. Try again\."):
        shared_pool.answer(tmp_path, PICTURE)
    assert gone([stuck])
    monkeypatch.setattr(pools, "ANSWER_SECONDS", 120)
    with pytest.raises(RunError, match="no trained model yet"):
        shared_pool.answer(tmp_path, PICTURE)


def test_stopping_ends_the_processes_and_twice_does_no_harm(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(pools, "_warm", os.getpid)  # nothing needs TensorFlow to say that there is no model
    pool = PredictionPool(2)
    with pytest.raises(RunError):
        pool.answer(tmp_path, PICTURE)
    pool.read(jpeg(), "mole.jpg", [28])
    pids = [*pool.answering.pids(), *pool.reading.pids()]
    assert len(pids) == 2
    pool.stop()
    pool.stop()
    with pytest.raises(EngineError, match="shutting down"):
        pool.answer(tmp_path, PICTURE)
    with pytest.raises(EngineError, match="shutting down"):
        pool.read(jpeg(), "mole.jpg", [28])
    assert gone(pids)
    pool.start()
    with pytest.raises(RunError):
        pool.answer(tmp_path, PICTURE)
    pool.stop()


def test_who_is_being_answered_when_the_pool_stops_is_told_so(pool: PredictionPool, tmp_path: Path) -> None:
    with pytest.raises(RunError):
        pool.answer(tmp_path, PICTURE)
    psutil.Process(pool.answering.pids()[0]).suspend()
    threading.Timer(0.5, pool.stop).start()
    with pytest.raises(EngineError, match="shutting down"):
        pool.answer(tmp_path, PICTURE)


def jpeg(width: int = 640, height: int = 480) -> bytes:
    """A picture of noise, in which reducing it is seen."""
    content = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(noise).save(content, "JPEG", quality=95)
    return content.getvalue()


def test_a_picture_that_somebody_brings_comes_back_small_and_as_models_see_it(shared_pool: PredictionPool) -> None:
    content = jpeg(3000, 1500)
    brought = shared_pool.read(content, "mole.jpg", [28, 64])
    assert brought.shown.shape == (360, 720, 3)
    assert sorted(brought.squares) == [28, 64]
    for side, square in brought.squares.items():
        np.testing.assert_array_equal(square, decode_square(content, side))
    assert any("reduced to 2,048" in note for note in brought.notes)
    with pytest.raises(PictureError, match=r"“note\.txt” is not a picture but text"):
        shared_pool.read(b"no picture " * 30, "note.txt", [28])


def test_a_photo_from_a_phone_is_read_within_the_memory_that_readers_have(shared_pool: PredictionPool) -> None:
    content = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (4000, 3000), "brown")).save(content, tile_size=512)
    brought = shared_pool.read(content.getvalue(), "IMG_1.HEIC", (28,))
    assert brought.shown.shape == (540, 720, 3)
    np.testing.assert_allclose(brought.squares[28][14, 14], [165, 42, 42], atol=6)


def test_more_than_fifty_megapixels_are_refused_of_people_whatever_the_file_takes(shared_pool: PredictionPool) -> None:
    content = io.BytesIO()
    Image.new("1", (8_000, 7_000)).save(content, "PNG")
    assert len(content.getvalue()) < 20_000
    with pytest.raises(PictureError, match=r"8,000 × 7,000 pixels"):
        shared_pool.read(content.getvalue(), "white.png", [28])


def test_at_most_two_pictures_are_read_at_once_and_all_are_answered(shared_pool: PredictionPool) -> None:
    seen: set[int] = set()
    with ThreadPoolExecutor(8) as people:
        reads = [people.submit(shared_pool.read, jpeg(2000, 1500), f"{n}.jpg", [28]) for n in range(8)]
        while not all(each.done() for each in reads):
            seen |= set(shared_pool.reading.pids())
        assert {each.result().squares[28].shape for each in reads} == {(28, 28, 3)}
    assert 1 <= len(seen) <= 2


def test_reading_that_hangs_is_ended_and_others_are_read(pool: PredictionPool, monkeypatch) -> None:
    pool.read(jpeg(), "first.jpg", [28])
    [stuck] = pool.reading.pids()
    psutil.Process(stuck).suspend()
    monkeypatch.setattr(pools, "READ_SECONDS", 0.5)
    with pytest.raises(PictureError, match=r"could not be read within 0 s"):
        pool.read(bytes(15_000_000), "second.jpg", [28])  # more than the line to the process holds
    assert gone([stuck])
    monkeypatch.setattr(pools, "READ_SECONDS", 60)
    assert pool.read(jpeg(), "third.jpg", [28]).name == "third.jpg"


def test_a_picture_whose_reading_ends_the_process_is_refused_and_others_are_read(
    shared_pool: PredictionPool, monkeypatch
) -> None:
    monkeypatch.setattr(pools, "read_brought", end_at_once)
    with pytest.raises(PictureError, match="Reading this picture failed"):
        shared_pool.read(jpeg(), "bomb.jpg", [28])
    monkeypatch.undo()
    assert shared_pool.read(jpeg(), "mole.jpg", [28]).name == "mole.jpg"


def end_at_once(*_: object) -> None:
    """What a decoder does that meets a fault of its own."""
    os._exit(11)


def test_a_reading_process_cannot_take_more_memory_than_it_is_given(shared_pool: PredictionPool, monkeypatch) -> None:
    monkeypatch.setattr(pools, "read_brought", take_memory)
    with pytest.raises(MemoryError):
        shared_pool.read(b"", "", [])


def take_memory(*_: object) -> None:
    np.ones(pools.READER_BYTES + 1_000_000, np.uint8)


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
    deadline = time.monotonic() + 60
    children: list[psutil.Process] = []
    try:
        while not any("spawn_main" in word for child in children for word in child.cmdline()):
            assert time.monotonic() < deadline, "no process was started"
            time.sleep(0.05)  # a process that has just been made has the command line of its maker
            children = psutil.Process(server.pid).children(recursive=True)
        time.sleep(2)  # it is importing TensorFlow now, or waits for work
        server.kill()
        server.wait(60)
        _, left = psutil.wait_procs(children, timeout=60)
        assert not [child for child in left if child.status() != psutil.STATUS_ZOMBIE]
    finally:
        for process in (server, *(child for child in children if child.is_running())):
            process.kill()
