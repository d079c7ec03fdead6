"""The leakage lesson: three runs that differ in nothing but their split, started once, and found again."""

import json
import threading
import time
from dataclasses import replace

import pytest

from core.base.errors import ConfigurationError, DatasetNotFoundError, EngineError, RunError
from core.data.splits.splits import SplitKind
from core.engine.launch import launch as real_launch
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import State
from core.teaching import leakage_lesson as lessons
from core.teaching.leakage_lesson import (
    KINDS,
    LeakageLesson,
    lessons_folder,
    list_leakage_lessons,
    open_leakage_lesson,
    runs_ahead,
    seconds_left,
    start_leakage_lesson,
)
from core.training.recipe import Recipe, make_recipe

SIZES = {SplitKind.GROUPED: 1000, SplitKind.RANDOM: 1000, SplitKind.OVERSAMPLE_FIRST: 4000}


@pytest.fixture(autouse=True)
def _no_engine(artifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs stay queued: what is tested is which are made, and an engine would train them."""
    monkeypatch.setattr(lessons, "launch", create_run)


def now_be(run: RunFolder, state: State, **fields) -> None:
    run.write_status(replace(run.written_status(), state=state, heartbeat=time.time(), **fields))


def write_epochs(run: RunFolder, seconds: list[float], began: float) -> None:
    """Epoch lines of these lengths, the first one beginning at `began`."""
    lines = []
    for number, length in enumerate(seconds):
        began += length
        lines.append(json.dumps({"kind": "epoch", "epoch": number, "time": began, "seconds": length}))
    run.metrics_file.write_text("\n".join(lines) + "\n")


def test_a_lesson_is_three_runs_alike_in_all_but_their_split() -> None:
    lesson = start_leakage_lesson("demo", "cnn-59k", epochs=3, seed=5, train_fraction=0.75)
    recipes = [lesson.run(kind).recipe() for kind in KINDS]
    assert [recipe.split for recipe in recipes] == list(KINDS)
    assert len({recipe.model_copy(update={"split": SplitKind.GROUPED}) for recipe in recipes}) == 1
    assert recipes[0].fractions == lesson.fractions == (0.75, 0.1, 0.15)
    assert (recipes[0].epochs, recipes[0].seed, recipes[0].model) == (3, 5, "cnn-59k")
    assert len(list_runs()) == 3


def test_a_lesson_is_found_again_by_its_id_and_its_data_set() -> None:
    lesson = start_leakage_lesson("demo", "cnn-59k", epochs=3)
    assert open_leakage_lesson(lesson.lesson_id) == lesson
    assert list_leakage_lessons("demo") == [lesson]
    assert list_leakage_lessons("ham10000") == []


def test_pressing_twice_at_once_or_later_starts_three_runs_and_not_six() -> None:
    together = [threading.Thread(target=start_leakage_lesson, args=("demo", "cnn-59k", 3)) for _ in range(4)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    again = start_leakage_lesson("demo", "cnn-59k", 3)
    assert len(list_runs()) == 3
    assert [lesson.lesson_id for lesson in list_leakage_lessons("demo")] == [again.lesson_id]


def test_other_settings_are_another_lesson_and_so_is_one_after_the_first_is_over() -> None:
    first = start_leakage_lesson("demo", "cnn-59k", 3)
    other = start_leakage_lesson("demo", "cnn-59k", 4)
    assert other.lesson_id != first.lesson_id
    for kind in KINDS:
        now_be(first.run(kind), State.FINISHED, ended=time.time())
    assert not first.live()
    assert start_leakage_lesson("demo", "cnn-59k", 3).lesson_id not in (first.lesson_id, other.lesson_id)
    assert len(list_runs()) == 9


def test_a_lesson_is_live_until_its_last_run_is_over_and_a_failed_one_does_not_end_it() -> None:
    lesson = start_leakage_lesson("demo", "cnn-59k", 3)
    now_be(lesson.run(KINDS[0]), State.FAILED, ended=time.time())
    assert lesson.live()
    now_be(lesson.run(KINDS[1]), State.STOPPED, ended=time.time())
    now_be(lesson.run(KINDS[2]), State.FINISHED, ended=time.time())
    assert not lesson.live()


def test_what_the_engine_refuses_is_said_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def launch(recipe: Recipe, **_: object) -> RunFolder:
        if recipe.split is SplitKind.RANDOM:
            raise EngineError("The engine is not there.")
        return create_run(recipe)

    monkeypatch.setattr(lessons, "launch", launch)
    lesson = open_leakage_lesson(start_leakage_lesson("demo", "cnn-59k", 3).lesson_id)
    assert set(lesson.runs) == {"grouped", "oversample-first"}
    assert lesson.problems == {"random": "The engine is not there."}
    assert lesson.run(SplitKind.RANDOM) is None
    assert lesson.live()


def test_an_engine_that_takes_nothing_leaves_no_lesson(monkeypatch: pytest.MonkeyPatch) -> None:
    def launch(recipe: Recipe, **_: object) -> RunFolder:
        raise EngineError("The engine is not there.")

    monkeypatch.setattr(lessons, "launch", launch)
    with pytest.raises(EngineError, match="not there"):
        start_leakage_lesson("demo", "cnn-59k", 3)
    assert list_leakage_lessons("demo") == []


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"dataset": "demo", "model": "no-such"}, ConfigurationError),
        ({"dataset": "demo", "model": "cnn-59k", "epochs": 0}, ConfigurationError),
        ({"dataset": "demo", "model": "cnn-59k", "train_fraction": 0.9}, ConfigurationError),
        ({"dataset": "../etc", "model": "cnn-59k"}, DatasetNotFoundError),
    ],
)
def test_a_lesson_that_cannot_be_is_refused_before_anything_is_made(values, error, monkeypatch) -> None:
    monkeypatch.setattr(lessons, "launch", real_launch)
    with pytest.raises(error):
        start_leakage_lesson(**values)
    assert list_runs() == []
    assert not list(lessons_folder().glob("*.json"))


@pytest.mark.parametrize("lesson_id", ["../../runs/x", "", "ffff", "a" * 5000, "<b>", "20260101-000000-abcd.json"])
def test_an_id_that_names_no_lesson_is_a_clear_error(lesson_id: str) -> None:
    with pytest.raises(RunError, match="lesson"):
        open_leakage_lesson(lesson_id)


def test_a_damaged_file_is_passed_over_in_the_list() -> None:
    lesson = start_leakage_lesson("demo", "cnn-59k", 3)
    (lessons_folder() / "20990101-000000-ffff.json").write_text('{"lesson_id": 3')
    assert list_leakage_lessons("demo") == [lesson]


def test_a_run_that_was_deleted_is_missing_and_ends_nothing() -> None:
    import shutil

    lesson = start_leakage_lesson("demo", "cnn-59k", 3)
    shutil.rmtree(lesson.run(KINDS[1]).path)
    assert lesson.run(KINDS[1]) is None
    assert lesson.live()


def test_a_lesson_left_half_started_is_not_live_for_ever() -> None:
    lesson = start_leakage_lesson("demo", "cnn-59k", 3)
    now_be(lesson.run(KINDS[0]), State.FINISHED, ended=time.time())
    half = replace(lesson, runs={"grouped": lesson.runs["grouped"]})
    assert half.live()  # the others are about to be made
    assert not replace(half, created=time.time() - 2 * lessons.LAUNCH_SECONDS).live()


def test_the_time_left_counts_what_waits_by_its_size_and_is_unknown_before_the_first_epoch() -> None:
    lesson = start_leakage_lesson("demo", "cnn-59k", epochs=10)
    assert seconds_left(lesson, SIZES) is None
    began = time.time() - 100
    grouped = lesson.run(SplitKind.GROUPED)
    write_epochs(grouped, [5.0, 2.0, 2.0, 2.0], began + 8)
    now_be(grouped, State.RUNNING, started=began, done=4, total=10, eta_seconds=12.0, process=None)
    # 2 s for 1,000 pictures, 8 s to start: 12 + (8 + 10 · 2) + (8 + 10 · 8)
    assert seconds_left(lesson, SIZES) == pytest.approx(12 + 28 + 88, abs=0.5)
    now_be(grouped, State.FINISHED, ended=began + 31, eta_seconds=None)  # 11 s of epochs and 20 s beside them
    assert seconds_left(lesson, SIZES) == pytest.approx(40 + 100, abs=0.5)


def test_a_split_that_the_data_do_not_allow_is_not_trained_and_the_lesson_ends_with_the_others() -> None:
    impossible = {SplitKind.GROUPED: "There are only two patients."}
    started = start_leakage_lesson("demo", "cnn-59k", epochs=10, impossible=impossible)
    lesson = open_leakage_lesson(started.lesson_id)
    assert [run.recipe().split for run in reversed(list_runs())] == list(KINDS[1:])
    assert lesson.problems == {"grouped": "There are only two patients."}
    began = time.time() - 100
    write_epochs(lesson.run(SplitKind.RANDOM), [2.0, 2.0], began + 8)
    now_be(lesson.run(SplitKind.RANDOM), State.FINISHED, started=began, ended=began + 20)
    sizes = {kind: SIZES[kind] for kind in KINDS[1:]}
    assert seconds_left(lesson, sizes) == pytest.approx(16 + 80, abs=0.5)
    now_be(lesson.run(SplitKind.OVERSAMPLE_FIRST), State.FINISHED, ended=time.time())
    assert not lesson.live()


def test_no_epoch_is_waited_for_of_a_run_that_was_stopped_and_is_being_judged() -> None:
    lesson = start_leakage_lesson("demo", "cnn-59k", epochs=10)
    for kind in KINDS[1:]:
        now_be(lesson.run(kind), State.STOPPED, ended=time.time())
    began = time.time() - 20
    write_epochs(lesson.run(KINDS[0]), [5.0, 2.0], began + 8)
    now_be(lesson.run(KINDS[0]), State.EVALUATING, started=began, done=2, total=10, eta_seconds=2000.0, process=None)
    assert seconds_left(lesson, SIZES) == pytest.approx(8, abs=0.5)


def test_runs_of_others_that_came_before_are_counted_as_ahead() -> None:
    before, done = (create_run(make_recipe(dataset="demo", model="majority")) for _ in range(2))
    now_be(done, State.FINISHED, ended=time.time())
    lesson = start_leakage_lesson("demo", "cnn-59k", 3)
    after = create_run(make_recipe(dataset="demo", model="majority"))
    assert runs_ahead(lesson, [before, done, after, *(lesson.run(kind) for kind in KINDS)]) == 1


def test_the_settings_of_two_lessons_are_compared_and_nothing_else() -> None:
    one = LeakageLesson("a", "demo", "cnn-59k", 3, 0, 0.8, 1.0, {"grouped": "x"})
    assert one.same_settings(replace(one, lesson_id="b", created=2.0, runs={}))
    assert not one.same_settings(replace(one, seed=1))
