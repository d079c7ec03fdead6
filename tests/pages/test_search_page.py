"""The Search page: a search is asked for exactly as the widgets say, and shown as its files say."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.base.errors import ConfigurationError
from core.data.splits.splits import Split, SplitKind
from core.engine.engine_settings import EngineSettings, save_engine_settings
from core.runs.run_folder import RunFolder, create_run, list_runs, open_run
from core.runs.run_states import State
from core.searches.control import start_search
from core.searches.journal import Journal
from core.searches.search_config import make_search_config, read_search_config
from core.searches.search_folder import SearchFolder, list_searches
from core.searches.search_states import SearchState, TrialState
from core.searches.space import narrowed_space
from core.training.recipe import Recipe, make_recipe

PAGE = "36_search.py"


@pytest.fixture
def undriven(demo_artifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started for a search, for it would ask Keras Tuner and train."""
    monkeypatch.setattr("core.searches.control.start_driver", lambda _: True)


@pytest.fixture
def search(undriven) -> Callable[..., SearchFolder]:
    """A function that makes a search of ten trials: seven have a score, one is invalid, one failed, one runs."""

    def search(state: SearchState = SearchState.FINISHED, **fields: Any) -> SearchFolder:
        recipe = make_recipe(dataset="demo", model="cnn-pyramid", epochs=3, monitor="val_accuracy", seed=4)
        space = narrowed_space("cnn-pyramid", ["blocks", "learning_rate", "activation"])
        made = start_search(make_search_config(recipe=recipe, space=space, trials=10, **fields))
        journal = Journal(made.trials_file)
        for number in range(10):
            trial_id = f"{number:04d}"
            blocks = 5 if number == 3 else 2 + number % 3
            rate = 10 ** (-1 - number / 3)
            values = {"blocks": blocks, "learning_rate": rate, "activation": ("relu", "elu")[number % 2]}
            journal.propose(trial_id, values)
            if number == 3:
                with pytest.raises(ConfigurationError) as reason:
                    read_search_config(made).recipe_of(values)
                journal.end(trial_id, TrialState.INVALID, reason=str(reason.value))
                continue
            run = trained(read_search_config(made).recipe_of(values), 0.3 + 0.05 * number, made.search_id)
            journal.start(trial_id, run.run_id)
            if number == 5:
                journal.end(trial_id, TrialState.FAILED, reason="out of memory: No memory is left.")
            elif number < 9:
                journal.end(trial_id, TrialState.FINISHED, 0.3 + 0.05 * number, 2)
        made.write_status(replace(made.written_status(), state=state, heartbeat=time.time() + 3600, message=""))
        return made

    return search


def trained(recipe: Recipe, best: float, search_id: str) -> RunFolder:
    run = create_run(recipe, search=search_id)
    lines = [{"kind": "epoch", "epoch": e, "time": time.time(), "val_accuracy": best - 0.1 * (2 - e)} for e in range(3)]
    rows = [("train", "nv"), ("train", "nv"), ("train", "mel"), *[("validation", key) for key in ("nv", "nv", "mel")]]
    ids = [f"image {number}" for number in range(len(rows))]
    table = pd.DataFrame(rows, columns=["part", "label"]).assign(image_id=ids, group_id=ids)
    Split(SplitKind.GROUPED, 0, table).save(run.split_file)
    run.metrics_file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run.write_status(replace(run.written_status(), state=State.RUNNING, heartbeat=time.time() + 3600, host="elsewhere"))
    return run


def labelled(widgets, label: str):
    """The one widget of this label."""
    [widget] = [each for each in widgets if each.label == label]
    return widget


def view(test: AppTest, name: str) -> AppTest:
    return labelled(test.segmented_control, "Chart").set_value(name).run()


def chart(test: AppTest) -> dict:
    [element] = test.get("plotly_chart")
    return json.loads(element.proto.spec)


def opened_form(open_page) -> AppTest:
    """The page with the form to start a search open, although there are searches."""
    test = open_page(PAGE)
    test.session_state["search-start"] = True
    return test.run()


def buttons(test: AppTest) -> list[str]:
    return [button.label for button in test.button]


def test_runs_of_trials_are_opened_on_a_server_under_a_path_too(search, open_page, under_a_path: str) -> None:
    search()
    runs = open_page(PAGE).dataframe[-1].value["run"].dropna()
    assert len(runs) == 9
    assert runs.str.startswith(f"{under_a_path}/runs?run=").all()


def test_without_a_search_the_form_is_open_and_says_what_a_search_is(undriven, open_page) -> None:
    test = open_page(PAGE)
    assert "It tries many settings" in test.info[0].value
    assert labelled(test.expander, "Start a search").proto.expanded
    assert not test.exception
    assert not test.error


def test_what_starts_is_exactly_what_the_widgets_show(undriven, open_page) -> None:
    test = open_page(PAGE)
    test = labelled(test.selectbox, "Model").set_value("cnn-pyramid").run()
    test = labelled(test.segmented_control, "Search method").set_value("bayesian").run()
    for label, value in {"Epochs of a trial": 4, "Trials": 6, "At once": 2, "Seed": 0}.items():
        labelled(test.number_input, label).set_value(value)
    labelled(test.selectbox, "Trials are compared by").set_value("val_loss")
    labelled(test.multiselect, "What is searched").set_value(["blocks", "activation", "learning_rate", "dropout"])
    test.run()
    labelled(test.select_slider, "blocks").set_range(2, 3)
    labelled(test.select_slider, "learning rate").set_range(1e-4, 1e-2)
    labelled(test.pills, "activation").set_value(["relu", "silu"])
    test = labelled(test.run().button, "Start the search").click().run()
    assert not test.exception
    [made] = list_searches()
    recipe = make_recipe(dataset="demo", model="cnn-pyramid", epochs=4, seed=0, monitor="val_loss")
    tune = ["blocks=2:3", "dropout", "activation=relu,silu", "learning_rate=1e-4:1e-2"]
    space = narrowed_space("cnn-pyramid", tune)
    assert read_search_config(made) == make_search_config(
        recipe=recipe, oracle="bayesian", trials=6, parallel=2, space=space
    )
    assert test.query_params["search"] == made.search_id


def test_what_is_asked_for_is_kept_when_one_looks_elsewhere_and_stands_in_the_address(undriven, open_page) -> None:
    test = labelled(open_page(PAGE).selectbox, "Model").set_value("cnn-pyramid").run()
    labelled(test.number_input, "Trials").set_value(6)
    labelled(test.multiselect, "What is searched").set_value(["blocks", "activation"])
    labelled(test.run().pills, "activation").set_value(["relu", "silu"]).run()
    test.switch_page("../pages/31_runs.py").run()
    test = test.switch_page(f"../pages/{PAGE}").run()
    for again in (test, open_page(PAGE, **dict(test.query_params.items()))):
        assert not again.exception
        assert labelled(again.selectbox, "Model").value == "cnn-pyramid"
        assert labelled(again.number_input, "Trials").value == 6
        assert labelled(again.multiselect, "What is searched").value == ["blocks", "activation"]
        assert labelled(again.pills, "activation").value == ["relu", "silu"]


def test_the_published_search_of_patches_is_started_in_one_choice(undriven, open_page) -> None:
    test = labelled(open_page(PAGE).selectbox, "Model").set_value("patch-cnn-tuned").run()
    test = labelled(test.segmented_control, "Start with").set_value("As published").run()
    assert any("random search of the student report" in caption.value for caption in test.caption)
    test = labelled(test.button, "Start the search").click().run()
    assert not test.exception
    config = read_search_config(list_searches()[0])
    assert [(p.name, p.low, p.high) for p in config.space] == [(f"filters_{n}", 32, 512) for n in range(1, 5)]
    assert (config.trials, config.oracle, config.objective) == (10, "random", "val_accuracy")
    assert (config.recipe.epochs, config.recipe.batch_size) == (10, 50)


def test_the_form_starts_without_values_from_which_no_network_can_be_built(undriven, open_page) -> None:
    test = labelled(open_page(PAGE).selectbox, "Model").set_value("cnn-pyramid").run()
    assert labelled(test.select_slider, "blocks").value == (2, 4)
    assert not test.warning
    test = labelled(test.select_slider, "blocks").set_range(2, 5).run()
    assert "At 28×28 pixels no network can be built with blocks 5." in test.warning[0].value
    assert "Start the search" in buttons(test)


def test_how_long_more_trials_than_may_train_at_once_take_is_told(undriven, open_page, monkeypatch) -> None:
    save_engine_settings(EngineSettings(cpu_workers=4, per_person=2))
    monkeypatch.setattr("dashboard.widgets.search.search_form.epoch_seconds", lambda _: 60.0)

    def told() -> str:
        test = labelled(open_page(PAGE).number_input, "At once").set_value(8).run()
        [text] = [caption.value for caption in test.caption if "earlier run" in caption.value]
        return text

    assert "20 trials take about 50 min" in told()
    assert "This machine trains 4 at once" in told()
    monkeypatch.setattr("dashboard.widgets.search.search_form.current_person", lambda: "a@x")
    assert "20 trials take about 1.7 h" in told()
    assert "One person may train 2 at once" in told()


def test_a_parameter_that_is_left_no_value_is_said_and_nothing_can_be_started(undriven, open_page) -> None:
    test = open_page(PAGE)
    test = labelled(test.pills, "activation").set_value([]).run()
    assert "leave each at least one value" in test.warning[0].value
    assert "Start the search" not in buttons(test)
    assert not test.exception


def test_hyperband_is_offered_the_trials_of_one_sweep(undriven, open_page) -> None:
    from core.searches.search_config import hyperband_trials

    test = labelled(open_page(PAGE).segmented_control, "Search method").set_value("hyperband").run()
    assert labelled(test.number_input, "Trials").value == hyperband_trials(10)


def test_hyperband_is_offered_fewer_trials_where_there_are_only_a_few_combinations(undriven, open_page) -> None:
    from core.searches.hyperband import hyperband_trials

    test = labelled(open_page(PAGE).segmented_control, "Search method").set_value("hyperband").run()
    test = labelled(test.multiselect, "What is searched").set_value(["optimizer"]).run()
    assert labelled(test.number_input, "Trials").value == hyperband_trials(10, combinations=4) < hyperband_trials(10)


def test_a_finished_search_shows_its_best_and_every_trial_with_its_state_and_reason(search, open_page, pressed) -> None:
    made = search()
    test = open_page(PAGE, search=made.search_id)
    shown = {metric.label: (metric.value, metric.delta) for metric in test.metric}
    assert shown["Best validation accuracy"] == ("70.0\u00a0%", "trial 9, epoch 3")
    assert shown["Floor"][0] == "66.7\u00a0%"
    assert shown["Trials finished"] == ("9 of 10", "2 invalid or failed")
    table = test.dataframe[-1].value
    assert table["trial"].tolist() == list(range(10, 0, -1))
    states = dict(zip(table["trial"], table["state"], strict=True))
    assert (states[4], states[6], states[10]) == ("invalid", "failed", "running")
    reasons = dict(zip(table["trial"], table["reason"], strict=True))
    assert "needs at least 32 pixels" in reasons[4]
    assert "No memory is left" in reasons[6]
    runs = dict(zip(table["trial"], table["run"], strict=True))
    assert runs[10].startswith("/runs?run=")
    assert pd.isna(runs[4])  # nothing was trained, so there is nothing to open
    assert list(table)[:5] == ["trial", "state", "validation accuracy", "run", "reason"]
    assert "trial,state,val_accuracy" in pressed[f"{made.search_id}-trials.csv"]().decode("utf-8-sig")
    assert not test.exception
    assert not test.error


def test_a_stopped_search_tells_which_trials_go_on_with_it(search, open_page) -> None:
    made = search(state=SearchState.STOPPED)
    run = open_run(made.trials()[9].run)
    run.write_status(replace(run.written_status(), state=State.STOPPED))
    Journal(made.trials_file).halt("0009")
    test = open_page(PAGE, search=made.search_id)
    shown = {metric.label: (metric.value, metric.delta) for metric in test.metric}
    assert shown["Running or queued"] == ("0", "1 halted")
    table = test.dataframe[-1].value
    assert dict(zip(table["trial"], table["state"], strict=True))[10] == "halted"
    assert "Resume" in buttons(test)


def test_each_chart_shows_the_trials_that_have_something_to_show(search, open_page) -> None:
    test = open_page(PAGE, search=search().search_id)
    best = chart(test)
    assert best["layout"]["title"]["subtitle"]["text"] == "n = 7 trials"
    assert best["layout"]["annotations"][0]["text"] == "always the most frequent class: 66.7\u00a0%"
    test = view(test, "Parallel coordinates")
    parallel = chart(test)["data"][0]
    assert [axis["label"] for axis in parallel["dimensions"]] == ["blocks", "activation", "learning rate", "accuracy"]
    assert parallel["dimensions"][1]["ticktext"] == ["relu", "elu", "silu"]
    fewer = chart(labelled(test.pills, "Axes").set_value(["learning_rate"]).run())["data"][0]
    assert [axis["label"] for axis in fewer["dimensions"]] == ["learning rate", "accuracy"]
    curves = chart(view(test, "Curves"))["data"]
    assert len(curves) == 9  # all but the invalid one
    assert curves[-1]["name"] == "trial 9, the best"
    test = view(test, "Importance")
    assert not test.get("plotly_chart")
    assert any("7 trials have a score; importance needs 8 or more" in c.value for c in test.caption)
    assert not test.exception


@pytest.mark.parametrize(
    ("state", "offered", "refused"),
    [
        (SearchState.RUNNING, {"Pause", "Stop"}, {"Resume"}),
        (SearchState.PAUSED, {"Resume", "Stop"}, {"Pause"}),
        (SearchState.STOPPED, {"Resume"}, {"Pause", "Stop"}),
        (SearchState.FAILED, {"Resume"}, {"Pause", "Stop"}),
        (SearchState.FINISHED, set(), {"Pause", "Stop", "Resume"}),
    ],
)
def test_what_can_be_done_follows_from_the_state(state, offered, refused, search, open_page) -> None:
    search(state)
    shown = set(buttons(open_page(PAGE)))
    assert offered <= shown
    assert not refused & shown
    assert {"Extend and go on", "Start the clone"} <= shown


def test_buttons_ask_for_what_they_say(search, open_page) -> None:
    made = search(SearchState.RUNNING)
    test = labelled(open_page(PAGE).button, "Pause").click().run()
    assert made.wanted().state is SearchState.PAUSED
    labelled(test.button, "Extend and go on").click().run()
    assert (made.wanted().state, made.wanted().trials) == (SearchState.RUNNING, 20)
    test = open_page(PAGE)
    [seed] = [each for each in test.number_input if each.label == "Seed" and each.value == 4]
    seed.set_value(0)
    labelled(test.button, "Start the clone").click().run()
    clone = next(each for each in list_searches() if each != made)
    assert read_search_config(clone).recipe == read_search_config(made).recipe.model_copy(update={"seed": 0})


def test_the_best_is_trained_for_longer_in_one_click(search, open_page, monkeypatch) -> None:
    made = search()
    launched: list[tuple[RunFolder, Recipe]] = []

    def launch_from(before: RunFolder, recipe: Recipe, *, owner: str) -> RunFolder:
        launched.append((before, recipe))
        return before

    monkeypatch.setattr("dashboard.widgets.search.search_actions.launch_from", launch_from)
    labelled(open_page(PAGE).button, "Train the best for 9 epochs").click().run()
    [(before, recipe)] = launched
    best = made.trials()[8]
    assert before.run_id == best.run
    assert recipe == read_search_config(made).recipe_of(best.values).model_copy(update={"epochs": 9})


def test_whoever_presses_owns_what_starts(search, open_page, monkeypatch) -> None:
    made = search(owner="asked@x")
    for name in ("search_actions", "search_form"):  # who presses; a provider of logins takes a server and a browser
        monkeypatch.setattr(f"dashboard.widgets.search.{name}.current_person", lambda: "pressed@x")
    monkeypatch.setattr("core.engine.launch.submit", lambda: None)  # nothing is to be trained
    labelled(open_page(PAGE).button, "Start the clone").click().run()
    test = labelled(opened_form(open_page).button, "Start the search").click().run()
    assert "Start the search" not in buttons(test)  # the form has closed, so that the search is to be seen
    assert [read_search_config(each).owner for each in list_searches()] == ["pressed@x", "pressed@x", "asked@x"]
    trials = {run.run_id for run in list_runs()}
    labelled(open_page(PAGE, search=made.search_id).button, "Train the best for 9 epochs").click().run()
    [longer] = [run for run in list_runs() if run.run_id not in trials]
    assert longer.written_status().owner == "pressed@x"


def test_the_best_becomes_a_recipe_and_a_command_that_asks_for_the_same(search, open_page) -> None:
    import shlex

    from core.__main__ import parser
    from core.training.recipe import parse_settings

    made = search()
    test = open_page(PAGE)
    wanted = read_search_config(made).recipe_of(made.trials()[8].values)
    [command] = [each.value for each in test.code if each.value.startswith("python -m core train")]
    options = parser().parse_args(shlex.split(command)[3:])
    assert make_recipe(model=options.model, dataset=options.dataset, **parse_settings(options.set)) == wanted
    [label] = [each for each in test.get("download_button") if each.proto.label == "Make it a recipe"]
    assert label
    [link] = [each.proto for each in test.get("page_link") if each.proto.label == "Edit it in Train"]
    asked_for = dict(parse_qsl(link.query_string))
    test = open_page("30_train.py", **asked_for)
    assert asked_for["clone"] == made.trials()[8].run
    assert not test.exception
    assert any("Starts with the recipe of " in caption.value for caption in test.caption)


def test_a_viewer_looks_and_starts_or_changes_nothing(search, open_page, as_viewer) -> None:
    made = search(SearchState.RUNNING)
    test = open_page(PAGE)
    as_viewer()
    labelled(test.button, "Stop").click().run()  # the page was drawn for an instructor
    assert made.wanted().state is SearchState.RUNNING
    test = open_page(PAGE)
    assert not set(buttons(test)) & {"Stop", "Pause", "Start the search", "Extend and go on", "Start the clone"}
    assert not [label for label in buttons(test) if label.startswith("Train the best")]
    assert test.metric
    assert not test.exception


def test_an_address_chooses_the_search_and_one_that_is_not_there_is_said(search, open_page) -> None:
    first, second = search(), search(SearchState.STOPPED)
    assert len(list_runs()) == 18
    for wanted, state in ((first.search_id, "finished"), (second.search_id, "stopped"), ("../../etc", "")):
        test = open_page(PAGE, search=wanted)
        assert any(f"-badge[{state}]" in element.value for element in test.markdown) == bool(state), wanted
        assert ["There is no search" in each.value for each in test.warning] == [True] * (not state)
        assert len(test.subheader) > 0 if state else not test.subheader  # nothing else is shown in its place
        assert not test.exception


def test_a_search_that_is_deleted_elsewhere_gives_way_to_no_other(search, open_page, select) -> None:
    shown, other = search(), search(SearchState.STOPPED)
    test = open_page(PAGE, search=shown.search_id)
    shutil.rmtree(shown.path)
    test.run()
    assert [f"`{shown.search_id}`" in each.value for each in test.warning] == [True]
    assert shown.search_id in test.query_params["search"]
    assert not test.subheader
    test = select(test, test.dataframe[0], rows=[0])
    assert test.query_params["search"] == other.search_id
    assert not test.warning


def test_the_search_of_the_address_is_the_one_that_a_late_browser_marks(search, open_page) -> None:
    """The browser may load the table only when the page has run again, and would choose its first row by itself."""
    first, _ = search(), search(SearchState.RUNNING)
    test = open_page(PAGE, search=first.search_id).run()
    marks = test.dataframe[0].proto
    assert not marks.selection_state  # of the run before
    assert json.loads(marks.selection_default)["selection"]["rows"] == [1]


def test_a_running_search_says_how_long_it_takes_still(search, open_page) -> None:
    made = search(SearchState.RUNNING)
    lines = [json.loads(line) for line in made.trials_file.read_text().splitlines()]
    began = time.time() - 900
    for number, line in enumerate(lines):  # each trial took a minute
        line["time"] = began + 60 * int(line["trial"]) + 60 * (line["kind"] == "ended") + number / 1000
    made.trials_file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    made.want(replace(made.wanted(), trials=28))
    shown = {metric.label: metric.delta for metric in open_page(PAGE).metric}
    assert shown["Since its start"] == "about 14 min left"  # 7 of 9 have a score, and so would 14 of the last 18
    made.write_status(replace(made.written_status(), state=SearchState.PAUSED))
    assert not {metric.label: metric.delta for metric in open_page(PAGE).metric}["Since its start"]


def test_a_damaged_search_is_passed_over(search, open_page) -> None:
    search().trials_file.write_text('{"kind": "ended", "trial": "0007"}\n')
    test = open_page(PAGE)
    assert not test.exception
    assert "No search has been started yet" in test.info[0].value
