"""One click on Home trains a model on the demo; Home shows how that stands and leads on."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import ErrorKind, State
from core.teaching import demo_training
from dashboard.roles import Role
from dashboard.widgets import demo_training as card
from tests.pages.test_home_page import at_work, links  # noqa: F401 - a fixture

PAGE = "10_home.py"
TRAIN = "Train a model on the demo (about a minute)"


@pytest.fixture
def launched(demo_artifacts, monkeypatch: pytest.MonkeyPatch) -> list:
    """Recipes that were launched; the runs stay queued, as before an engine takes them."""
    recipes = []

    def launch(recipe, owner: str) -> RunFolder:
        recipes.append(recipe)
        return create_run(recipe, owner=owner)

    monkeypatch.setattr(demo_training, "launch", launch)
    monkeypatch.setattr("core.engine.launch.submit", lambda: None)
    monkeypatch.setattr(card, "engine_runs", lambda: True)
    return recipes


def press(test: AppTest, label: str) -> AppTest:
    [button] = [each for each in test.button if each.label == label]
    return button.click().run()


def said(test: AppTest) -> str:
    return " ".join(each.value for each in (*test.markdown, *test.caption, *test.warning))


def test_one_click_trains_and_a_second_tab_trains_nothing_more(launched, open_page) -> None:
    first, second = open_page(PAGE), open_page(PAGE)
    assert "**No model is trained yet.** Predict" in said(first)  # bold, and not stars
    assert "The end of EfficientNet-Lite0 learns" in said(first)
    assert "It takes longer where the machine does something else" in said(first)
    assert "“Best on two cores” lets all of it learn, in more time" in said(first)
    assert press(first, TRAIN).progress
    assert "A model learns on the demo." in said(first)
    assert not [each for each in first.button if each.label == TRAIN]
    assert press(second, TRAIN).progress  # that tab has not heard of it
    assert launched == [demo_training.demo_recipe()]
    [run] = list_runs()
    assert links(second)["Watch it learn"] == f"runs?run={run.run_id}"
    assert not first.exception
    assert not second.exception


def test_how_far_it_is_is_shown_also_after_a_reload(launched, open_page, at_work) -> None:  # noqa: F811
    run = create_run(demo_training.demo_recipe())
    status = replace(run.written_status(), state=State.RUNNING, phase="Learning", done=1.0, total=4.0, eta_seconds=20)
    run.write_status(replace(status, **at_work))
    for _ in range(2):
        test = open_page(PAGE)
        assert [(bar.value, bar.text) for bar in test.progress] == [(25, "Learning, 20 s left")]
        assert "Nothing else is being trained." in said(test)
    run.write_status(replace(run.written_status(), state=State.FINISHED))
    test.run()
    assert "A model trained on the demo is ready." in said(test)
    assert links(test)["Its results"] == f"results?run={run.run_id}"
    assert links(test)["Predict a picture"] == f"predict?run={run.run_id}"
    assert links(test)["Explain its answers"] == f"explain?run={run.run_id}"
    assert not test.progress
    assert not test.exception


def test_one_that_failed_says_why_and_goes_on_as_the_same_run(launched, open_page) -> None:
    run = create_run(demo_training.demo_recipe())
    failed = replace(run.written_status(), state=State.FAILED, error_kind=ErrorKind.DISK_FULL, message="No room.")
    run.write_status(failed)
    test = open_page(PAGE)
    assert "No room." in said(test)
    press(test, "Resume it")
    assert run.written_status().state is State.QUEUED
    assert list_runs() == [run]
    assert not launched


def test_a_viewer_is_told_why_not_and_the_action_asks_again(
    launched, open_page, as_viewer: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_viewer()
    test = open_page(PAGE)
    [button] = [each for each in test.button if each.label == TRAIN]
    assert button.disabled
    assert "Only instructors can start a training on this server." in said(test)
    monkeypatch.setattr(card, "current_role", lambda: Role.INSTRUCTOR)  # a page that was forged
    test = press(open_page(PAGE), TRAIN)
    assert any("Only instructors can start or stop runs" in each.value for each in test.error)
    assert not launched


def test_without_the_weights_that_it_begins_with_the_button_says_so(launched, open_page, monkeypatch) -> None:
    monkeypatch.setattr(card, "refused_weights", lambda *_: "Its ImageNet weights are not here.")
    test = open_page(PAGE)
    [button] = [each for each in test.button if each.label == TRAIN]
    assert button.disabled
    assert "Its ImageNet weights are not here." in said(test)


def test_where_another_model_is_trained_nothing_is_offered(trained, open_page) -> None:
    test = open_page(PAGE)
    assert not [each for each in test.button if each.label == TRAIN]
    assert "No model is trained yet." not in said(test)
    assert demo_training.demo_training() is None


def test_a_queued_one_without_an_engine_says_so_and_can_start_it(launched, open_page, monkeypatch) -> None:
    create_run(demo_training.demo_recipe())
    monkeypatch.setattr(card, "engine_runs", lambda: False)
    test = open_page(PAGE)
    assert any(each.proto.title == "The engine is not running" for each in test.warning)
    assert [each.label for each in test.main.button] == ["Start the engine", "Take the tour"]
