"""The Leakage page: what it says of a data set, and who may start the lesson."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.base.files import read_json, write_json
from core.data.catalog import dataset_spec
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import ErrorKind, State
from core.teaching import leakage_lesson as lessons
from core.teaching.leakage_lesson import KINDS, lessons_folder, list_leakage_lessons
from dashboard.state.loading import load_split
from dashboard.state.parts_reached import parts_reached

PAGE = "40_leakage.py"
START = "Train under all three splits"


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs stay queued; a real engine trains them in the browser test."""
    monkeypatch.setattr(lessons, "launch", create_run)


def labelled(widgets, label: str):
    [widget] = [each for each in widgets if each.label == label]
    return widget


def test_what_each_split_reached_is_said(demo_artifacts, open_page) -> None:
    captions = [caption.value for caption in open_page(PAGE).caption]
    names = dataset_spec("demo").class_names
    for kind in KINDS:
        assert parts_reached(load_split("demo", str(kind), 0, lessons.fractions(0.8)), names) in captions


@pytest.fixture
def two_patients(artifacts: Path) -> Path:
    """Patches of two patients as the data set `breast_histopathology`, sixteen of each."""
    rng = np.random.default_rng(0)
    for patient in ("14082", "14306"):
        for place in range(16):
            label = int(place < 6)
            folder = artifacts.parent / "data" / "breast_histopathology" / patient / str(label)
            folder.mkdir(parents=True, exist_ok=True)
            patch = Image.fromarray(rng.integers(0, 256, (50, 50, 3), dtype=np.uint8))
            patch.save(folder / f"{patient}_idx5_x{place}_y1_class{label}.png")
    return artifacts


def chosen(test: AppTest) -> tuple:
    """Share, seed, network and epochs as the page shows them."""
    return (
        labelled(test.slider, "Training part (%)").value,
        labelled(test.number_input, "Seed of the draw").value,
        labelled(test.selectbox, "Network").value,
        labelled(test.number_input, "Epochs").value,
    )


def address(test: AppTest) -> dict[str, str]:
    return {name: value[-1] if isinstance(value, list) else value for name, value in test.query_params.items()}


def said(test: AppTest) -> str:
    return "\n".join(element.value for element in [*test.markdown, *test.caption, *test.info, *test.error])


def test_the_page_shows_one_leak_and_lets_another_be_drawn(demo_artifacts, open_page) -> None:
    test = open_page(PAGE)
    ids = [m.value for m in test.markdown if m.value.startswith("**in the ")]
    assert len(ids) == 2
    assert "Nobody has run this lesson on this data set yet" in said(test)
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
    assert chosen(test) == (75, 4, "cnn-59k", 2)
    assert address(test)["dataset"] == "demo"
    assert not test.exception


def test_the_address_gives_the_view_again(demo_artifacts, open_page) -> None:
    lesson = lessons.start_leakage_lesson("demo", "cnn-59k", 2, seed=4, train_fraction=0.75)
    test = open_page(PAGE, dataset="demo")
    labelled(test.slider, "Training part (%)").set_value(80).run()
    labelled(test.number_input, "Epochs").set_value(7).run()
    wanted = {"dataset": "demo", "lesson": lesson.lesson_id, "share": "80", "seed": "4", "network": "cnn-59k"}
    assert address(test) == {**wanted, "epochs": "7"}
    again = open_page(PAGE, **address(test))
    assert chosen(again) == chosen(test) == (80, 4, "cnn-59k", 7)
    assert not again.exception


def test_a_click_stands_over_the_address_that_it_has_overtaken(demo_artifacts, open_page) -> None:
    test = open_page(PAGE)
    labelled(test.slider, "Training part (%)").set_value(75).run()
    test.query_params["share"] = "80"  # what a browser sends that has not heard of the 75 yet
    labelled(test.slider, "Training part (%)").set_value(70).run()
    assert chosen(test)[0] == 70
    test.query_params["share"] = "65"  # a link, or the way back
    test.run()
    assert chosen(test)[0] == 65


def test_what_cannot_be_chosen_is_ignored_in_the_address(demo_artifacts, open_page) -> None:
    test = open_page(PAGE, share="77", seed="9" * 5000, network="<b>", epochs="-1")
    assert chosen(test) == (80, 0, "cnn-pyramid", 12)
    assert not test.exception


def test_another_lesson_is_opened_with_its_settings(demo_artifacts, open_page) -> None:
    first = lessons.start_leakage_lesson("demo", "cnn-59k", 2, seed=4, train_fraction=0.75)
    second = lessons.start_leakage_lesson("demo", "cnn-pyramid", 3, seed=5, train_fraction=0.6)
    test = open_page(PAGE, lesson=second.lesson_id)
    assert chosen(test) == (60, 5, "cnn-pyramid", 3)
    labelled(test.selectbox, "Lesson").set_value(first.lesson_id).run()
    assert chosen(test) == (75, 4, "cnn-59k", 2)
    assert address(test)["lesson"] == first.lesson_id


def test_a_lesson_leaves_the_address_with_its_data_set(demo_artifacts, two_patients, open_page) -> None:
    lesson = lessons.start_leakage_lesson("demo", "cnn-59k", 2)
    test = open_page(PAGE, lesson=lesson.lesson_id)
    labelled(test.selectbox, "Data set").set_value("breast_histopathology").run()
    assert "lesson" not in address(test)
    assert address(test)["dataset"] == "breast_histopathology"
    assert "Nobody has run this lesson on this data set yet" in said(test)
    labelled(test.selectbox, "Data set").set_value("demo").run()
    assert address(test)["lesson"] == lesson.lesson_id
    assert not test.exception


def test_two_patients_have_no_grouped_split_and_the_page_says_why_and_trains_the_others(
    two_patients, open_page
) -> None:
    test = open_page(PAGE, dataset="breast_histopathology")
    why = "The pictures here come from 2 patients, too few to fill a training, a validation and a test part"
    assert [why in info.value for info in test.info] == [True, False]
    assert [metric.value for metric in test.metric][:3] == ["100.0\u00a0%", "0.0\u00a0%", "100.0\u00a0%"]
    assert "No **grouped** split can be drawn" in said(test)
    assert len([m for m in test.markdown if m.value.startswith("**in the ")]) == 2
    labelled(test.number_input, "Epochs").set_value(2).run()
    labelled(test.button, "Train under both splits").click().run()
    [lesson] = list_leakage_lessons("breast_histopathology")
    assert sorted(lesson.runs) == ["oversample-first", "random"]
    assert [why in warning.value for warning in test.warning] == [True]
    assert "The time left is known after the first epoch" in said(test)
    assert not test.error
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
    leaking = lesson.run(KINDS[2]).leakage_file
    write_json(leaking, read_json(leaking) | {"leaking": True})
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
    assert len([mark for mark in test.markdown if "leaking split" in mark.value]) == 1
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
    assert "with a chance of 38.7\u00a0%; highest for melanoma (68.3\u00a0%)" in words
    assert "39.1\u00a0% of the test pictures have another picture of the same lesion in training" in words
    assert "6,025 of 7,042 test pictures (85.6\u00a0%) are in training as the very same file" in words
    shown = [metric.value for metric in test.metric]
    assert shown == ["0.0\u00a0%", "0.0\u00a0%", "39.1\u00a0%", "0.0\u00a0%", "89.7\u00a0%", "85.6\u00a0%"]
    assert not test.exception


def test_the_lesson_in_seconds_is_computed_once_and_then_shown_to_everybody(small_demo, open_page, as_viewer) -> None:
    test = open_page(PAGE)
    charts = len(test.get("plotly_chart"))
    test.button(key="nearest-lesson").click().run()
    assert not test.exception
    assert len(test.get("plotly_chart")) == charts + 1
    as_viewer()
    test = open_page(PAGE)
    assert not [button for button in test.button if button.key == "nearest-lesson"]
    assert len(test.get("plotly_chart")) == charts + 1
    assert "The honest figure is" in " ".join(text.value for text in test.markdown)
