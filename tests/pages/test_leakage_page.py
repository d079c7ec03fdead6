"""The Leakage page: what it says of a data set, and who may start the lesson."""

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from core.files import write_json
from core.runs import lessons
from core.runs.folder import RunFolder, create_run, list_runs
from core.runs.lessons import KINDS, lessons_folder, list_leakage_lessons
from core.runs.states import ErrorKind, State

PAGE = "40_leakage.py"
START = "Train under all three splits"


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs stay queued; a real engine trains them in the browser test."""
    monkeypatch.setattr(lessons, "launch", create_run)


def labelled(widgets, label: str):
    [widget] = [each for each in widgets if each.label == label]
    return widget


def said(test: AppTest) -> str:
    return "\n".join(element.value for element in [*test.markdown, *test.caption, *test.info, *test.error])


def test_the_page_shows_one_leak_and_lets_another_be_drawn(demo_artifacts, open_page) -> None:
    test = open_page(PAGE)
    ids = [m.value for m in test.markdown if m.value.startswith("**in the ")]
    assert len(ids) == 2
    assert "has not been given on this data set yet" in said(test)
    labelled(test.button, "Draw another").click().run()
    assert [m.value for m in test.markdown if m.value.startswith("**in the ")] != ids
    labelled(test.segmented_control, "Split").set_value(KINDS[2]).run()
    test_id, train_id = (m.value.partition("`")[2] for m in test.markdown if m.value.startswith("**in the "))
    assert test_id == train_id  # after oversampling the same picture is on both sides
    assert not test.exception


def test_the_lesson_starts_three_runs_and_stands_in_the_address(demo_artifacts, open_page) -> None:
    test = open_page(PAGE)
    labelled(test.number_input, "Epochs").set_value(2)
    labelled(test.number_input, "Seed of the draw").set_value(3)
    labelled(test.slider, "Training part (%)").set_value(70).run()
    labelled(test.button, START).click().run()
    labelled(test.button, START).click().run()
    [lesson] = list_leakage_lessons("demo")
    assert test.query_params["lesson"] == [lesson.lesson_id] or test.query_params["lesson"] == lesson.lesson_id
    assert (lesson.epochs, lesson.seed, lesson.train_fraction) == (2, 3, 0.7)
    assert len(list_runs()) == 3
    assert "The time left is known after the first epoch" in said(test)
    assert not test.exception


def test_a_link_to_a_lesson_opens_it_with_its_data_and_settings(demo_artifacts, open_page) -> None:
    lesson = lessons.start_leakage_lesson("demo", "cnn-59k", 2, seed=4, train_fraction=0.75)
    test = open_page(PAGE, lesson=lesson.lesson_id)
    assert labelled(test.slider, "Training part (%)").value == 75
    assert labelled(test.number_input, "Seed of the draw").value == 4
    assert not test.exception


@pytest.mark.parametrize("lesson_id", ["../../etc/passwd", "ffff", "<b>x</b>", "x" * 3000])
def test_a_link_to_no_lesson_is_a_clear_word_and_the_page_goes_on(lesson_id, demo_artifacts, open_page) -> None:
    test = open_page(PAGE, lesson=lesson_id)
    assert len(test.warning) == 1
    assert "lesson" in test.warning[0].value
    assert labelled(test.button, START)
    assert not test.exception


def test_a_failed_run_says_why_and_the_others_are_compared(trained: RunFolder, open_page) -> None:
    lesson = lessons.start_leakage_lesson("demo", "cnn-59k", 4)
    other = lesson.run(KINDS[1]).path
    for kind, path in ((KINDS[0], trained.path), (KINDS[2], trained.path)):
        shutil.rmtree(lesson.run(kind).path)
        shutil.copytree(path, lessons_folder().parent.parent / "runs" / lesson.runs[kind])
    run = RunFolder(other)
    status = run.written_status().to_json() | {
        "state": State.FAILED,
        "error_kind": ErrorKind.OUT_OF_MEMORY,
        "message": "There was no memory left.",
    }
    write_json(other / "status.json", status)
    test = open_page(PAGE, lesson=lesson.lesson_id)
    assert [error.value for error in test.error] == [f"There was no memory left. {ErrorKind.OUT_OF_MEMORY.hint}"]
    assert "The honest figure is" in said(test)
    assert "oversampling first" in said(test)
    assert "random split**" not in said(test).replace("the **random** split", "")
    assert run.status().state is State.FAILED
    assert not test.exception


def test_a_viewer_sees_the_lesson_and_cannot_start_one(demo_artifacts, open_page, as_viewer) -> None:
    as_viewer()
    test = open_page(PAGE)
    assert labelled(test.button, START).disabled
    assert "Only instructors can start a training" in said(test)


def test_the_action_itself_refuses_a_viewer(errors_shown, demo_artifacts, open_page, as_viewer, monkeypatch) -> None:
    as_viewer()
    from streamlit.delta_generator import DeltaGenerator

    monkeypatch.setattr(DeltaGenerator, "button", lambda _, label, **__: label == START)
    test = open_page(PAGE)
    assert [error.value.partition(".")[0] for error in test.error] == ["Only instructors can start or stop runs"]
    assert list_runs() == []


@pytest.mark.real_data
def test_ham10000_shows_its_figures(ham10000, open_page) -> None:
    test = open_page(PAGE, dataset="ham10000")
    words = said(test)
    assert "with a chance of 38.7%; highest for melanoma (68.3%)" in words
    assert "37.3% of the test pictures have another photo of the same lesion in training" in words
    assert "6,026 of 7,042 test pictures (85.6%) are in training as the very same file" in words
    shown = [metric.value for metric in test.metric]
    assert shown == ["0.0%", "0.0%", "37.3%", "0.0%", "89.9%", "85.6%"]
    assert not test.exception
