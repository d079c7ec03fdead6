"""Choosing a data set or a run: the address comes first, then what the session remembers, then the newest."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.base.files import write_json
from core.runs.labels import change_labels
from core.runs.run_folder import RunFolder, create_run, summarise
from core.runs.run_states import State
from core.training.recipe import make_recipe
from dashboard.widgets.pickers import finished_runs, trusted_first
from dashboard.widgets.run_names import run_choices, run_title, run_titles, title_of_run


@pytest.fixture
def make_run(artifacts: Path):
    """A function that makes a run with figures and a model file, less what is asked to be missing."""

    def make_run(
        *,
        metrics: bool = True,
        model: bool = True,
        dataset: str = "demo",
        network: str = "cnn-59k",
        state: State = State.FINISHED,
        search: str = "",
        balanced: float = 0.5,
        images: int = 1000,
        **recipe: object,
    ) -> RunFolder:
        run = create_run(make_recipe(dataset=dataset, model=network, **recipe), search=search)
        run.write_status(replace(run.written_status(), state=state))
        if metrics:
            test = {"accuracy": 0.5, "balanced_accuracy": balanced, "images": images}
            write_json(run.evaluation / "metrics.json", {"headline": "test", "test": test})
        if model:
            run.model_file.write_bytes(b"a model")
        return run

    return make_run


def runs_page() -> None:
    import streamlit as st

    from dashboard.widgets.pickers import finished_runs, pick_run

    st.text(pick_run(finished_runs()).run_id)


def data_page() -> None:
    import streamlit as st

    from dashboard.widgets.pickers import pick_dataset

    st.text(pick_dataset().name)


def titled_page() -> None:
    import streamlit as st

    from dashboard.widgets.pickers import pick_dataset_beside

    st.text(pick_dataset_beside("What is there?").name)


def opened(page, **query: str) -> AppTest:
    test = AppTest.from_function(page, default_timeout=120)
    for key, value in query.items():
        test.query_params[key] = value
    return test.run()


def test_only_runs_with_figures_and_a_model_are_finished(make_run) -> None:
    whole = make_run()
    make_run(metrics=False)
    make_run(model=False)
    assert [each.run for each in finished_runs()] == [whole]


def test_the_newest_run_is_chosen_and_stands_in_the_address(make_run) -> None:
    make_run()
    newest = make_run()
    test = opened(runs_page)
    assert test.text[0].value == newest.run_id
    assert test.query_params["run"] == newest.run_id


def test_the_run_in_the_address_is_chosen(make_run) -> None:
    older = make_run()
    make_run()
    assert opened(runs_page, run=older.run_id).text[0].value == older.run_id


def test_another_choice_changes_the_address(make_run) -> None:
    older, newest = make_run(), make_run()
    test = opened(runs_page, run=newest.run_id)
    test.selectbox[0].set_value(older.run_id).run()
    assert test.text[0].value == older.run_id
    assert test.query_params["run"] == older.run_id
    assert test.session_state["run"] == older.run_id


def test_of_two_runs_of_one_minute_the_chosen_one_is_shown(make_run) -> None:
    older, newest = make_run(), make_run()  # a browser names what was chosen by its title
    for first, second in ((older, newest), (newest, older)):
        test = opened(runs_page, run=first.run_id)
        test.selectbox[0].set_value(second.run_id).run()
        assert test.text[0].value == second.run_id
        test.run()
        assert test.text[0].value == second.run_id
    assert len(set(test.selectbox[0].options)) == 2


def test_a_run_that_is_deleted_elsewhere_gives_way_to_no_other_until_one_is_chosen(make_run) -> None:
    older, shown, newest = make_run(), make_run(), make_run()
    test = opened(runs_page, run=shown.run_id)
    assert test.text[0].value == shown.run_id
    shutil.rmtree(shown.path)
    for _ in range(2):
        test.run()
        [said] = test.warning
        assert f"`{shown.run_id}`" in said.value
        assert not test.text  # nothing else is shown in its place
        assert shown.run_id in test.query_params["run"]
        assert test.selectbox[0].value is None
        assert len(test.selectbox[0].options) == 2
    for run in (older, newest):
        test.selectbox[0].set_value(run.run_id).run()
        assert test.text[0].value == test.query_params["run"] == run.run_id
        assert not test.warning


def test_a_run_that_the_session_alone_remembers_gives_way_to_one_and_the_page_says_so(make_run) -> None:
    older, newest = make_run(), make_run()
    test = AppTest.from_function(runs_page, default_timeout=120)
    test.session_state["run"] = "20200101-000000-cnn-59k-demo-0000"
    for _ in range(2):
        test.run()
        [said] = test.warning
        assert "20200101-000000-cnn-59k-demo-0000" in said.value
        assert test.text[0].value == newest.run_id
    test.selectbox[0].set_value(older.run_id).run()
    assert not test.warning


def test_a_run_that_is_not_finished_is_not_shown_and_the_page_says_what_it_is(make_run) -> None:
    make_run()
    queued = make_run(metrics=False, model=False, network="lstm-rows", state=State.QUEUED)
    test = opened(runs_page, run=queued.run_id)
    [said] = test.info
    assert "lstm-rows" in said.value
    assert "queued" in said.value
    assert not test.text


def test_what_a_page_took_by_itself_is_not_remembered_and_what_a_person_chose_is(make_run) -> None:
    older, newest = make_run(), make_run()
    test = opened(runs_page)
    assert test.text[0].value == newest.run_id
    assert "run" not in test.session_state
    test.run()
    assert "run" not in test.session_state
    for run in (older, newest):
        test.selectbox[0].set_value(run.run_id).run()
        assert test.session_state["run"] == run.run_id


def test_the_run_to_begin_with_is_the_best_that_was_tested_honestly_on_real_data(make_run) -> None:
    best = make_run(dataset="ham10000", balanced=0.7)
    make_run(dataset="ham10000", balanced=0.6)
    leaking = make_run(dataset="ham10000", balanced=0.9)
    write_json(leaking.leakage_file, {"leaking": True})
    make_run(dataset="ham10000", balanced=0.9, search="20260101-000000-search")
    make_run(dataset="ham10000", balanced=0.9, state=State.STOPPED)
    make_run(dataset="ham10000", balanced=0.9, images=12)
    make_run(balanced=0.9)
    test = opened(runs_page)
    assert test.text[0].value == best.run_id
    honest, others = test.selectbox[0].options[:2], test.selectbox[0].options[2:]
    assert all("ham10000" in title and "leaking" not in title for title in honest)
    assert [title.partition(" · ")[0] for title in others[:2]] == ["cnn-59k on demo (synthetic)", "cnn-59k on ham10000"]


def test_a_box_offers_honest_runs_first_and_each_newest_first(make_run) -> None:
    real = {"dataset": "ham10000"}
    first, leaking, second, few = make_run(**real), make_run(**real), make_run(**real), make_run(**real, images=12)
    write_json(leaking.leakage_file, {"leaking": True})
    assert [each.run for each in trusted_first(finished_runs())] == [second, first, few, leaking]


def test_a_run_that_was_resumed_says_on_every_page_which_epoch_its_figures_are_of(make_run) -> None:
    run = make_run(state=State.STOPPED)
    write_json(run.path / "training.json", {"epochs": 9, "best_epoch": 6, "attempt": 1})
    run.write_status(replace(run.written_status(), attempt=1))
    assert not opened(runs_page, run=run.run_id).info
    resumed = {"state": State.FAILED, "message": "It went wrong.", "attempt": 2}
    run.write_status(replace(run.written_status(), **resumed))
    [said] = opened(runs_page, run=run.run_id).info
    assert said.value == "Its figures are those of epoch 7, from before it was resumed."


def test_the_session_remembers_a_run_where_the_address_names_none(make_run) -> None:
    older = make_run()
    make_run()
    test = AppTest.from_function(runs_page, default_timeout=120)
    test.session_state["run"] = older.run_id
    assert test.run().text[0].value == older.run_id


def test_runs_of_one_model_and_data_set_are_told_apart_by_their_settings(make_run) -> None:
    first, second = summarise(make_run(epochs=3)), summarise(make_run(epochs=3, seed=6))
    third, other = summarise(make_run(epochs=1, split="random")), summarise(make_run(network="lstm-rows"))
    titles = list(run_choices([first, second, third, other]).values())
    assert [title.rpartition(" · ")[0].removeprefix("cnn-59k on demo (synthetic) · ") for title in titles[:3]] == [
        "grouped split · 3 epochs · seed 0",
        "grouped split · 3 epochs · seed 6",
        "random split · 1 epoch · seed 0",
    ]
    assert "epochs" not in titles[3]


def test_a_run_is_called_by_model_data_set_and_time(make_run) -> None:
    title = run_title(summarise(make_run(dataset="ham10000")))
    assert title.startswith("cnn-59k on ham10000 · ")
    assert title.endswith(" UTC")
    assert "leaking" not in title


def test_a_run_on_the_demo_is_called_synthetic_wherever_it_can_be_chosen(make_run) -> None:
    assert run_title(summarise(make_run())).startswith("cnn-59k on demo (synthetic) · ")


def test_a_leaking_run_says_so_wherever_it_can_be_chosen(make_run) -> None:
    assert "leaking split" in run_title(replace(summarise(make_run()), leaking=True))


def test_a_run_is_called_the_same_alone_as_in_a_box_of_many(make_run) -> None:
    runs = [make_run(epochs=3, seed=5), make_run(epochs=3, seed=6), make_run(epochs=4, seed=6)]
    choices = run_choices(finished_runs())
    for run in runs:
        assert run_title(summarise(run)) == title_of_run(run.run_id) == choices[run.run_id]
        assert f"{run.recipe().epochs} epochs · seed {run.recipe().seed} · " in choices[run.run_id]
    assert title_of_run("20200101-000000-gone-000000") == "20200101-000000-gone-000000"


def test_beside_each_other_runs_are_called_by_what_differs(make_run) -> None:
    demo, other = summarise(make_run()), summarise(make_run(network="lstm-rows"))
    real = summarise(make_run(network="lstm-rows", dataset="ham10000"))

    def called(*summaries) -> list[str]:
        return [title.rpartition(" · ")[0] for title in run_titles(summaries)]

    assert called(demo) == ["cnn-59k on demo (synthetic)"]
    assert called(demo, other) == ["cnn-59k", "lstm-rows"]
    assert called(other, real) == ["demo (synthetic)", "ham10000"]
    assert called(demo, real) == ["cnn-59k on demo (synthetic)", "lstm-rows on ham10000"]
    first, second = run_titles([demo, replace(demo, run=make_run())])
    assert (first[-4:], first != second) == (demo.run.run_id[-4:], True)
    assert run_titles([]) == []


def test_the_demo_is_there_from_the_start_and_what_is_missing_is_explained(artifacts: Path) -> None:
    test = opened(data_page)
    assert test.text[0].value == "demo"
    assert test.selectbox[0].options == ["Demo (synthetic)"]
    assert "HAM10000_metadata.csv" in test.selectbox[0].help


@pytest.fixture
def ham10000(artifacts: Path) -> Path:
    """A folder that looks like HAM10000 from outside."""
    folder = artifacts.parent / "data" / "ham10000"
    folder.mkdir()
    (folder / "HAM10000_metadata.csv").write_text("lesion_id,image_id,dx,dx_type,age,sex,localization\n")
    return folder


def test_the_data_set_in_the_address_is_chosen(ham10000: Path) -> None:
    assert opened(data_page, dataset="ham10000").text[0].value == "ham10000"
    assert opened(data_page, dataset="demo").text[0].value == "demo"


@pytest.mark.parametrize("name", ["nowhere", "../../etc", "<script>"])
def test_an_unknown_data_set_in_the_address_gives_way_to_one_that_is_here_and_the_page_says_so(
    name: str, ham10000: Path
) -> None:
    test = opened(data_page, dataset=name)
    shown = test.text[0].value
    assert shown in ("demo", "ham10000")
    assert not test.exception
    for _ in range(2):
        assert ["There is no data set" in each.value for each in test.warning] == [True]
        test.run()
    test.selectbox[0].set_value("demo" if shown == "ham10000" else "ham10000").run()
    assert not test.warning


def test_the_session_remembers_the_data_set_for_other_pages(ham10000: Path) -> None:
    test = opened(data_page)
    test.selectbox[0].set_value("ham10000").run()
    assert test.session_state["dataset"] == "ham10000"
    elsewhere = AppTest.from_function(data_page, default_timeout=120)
    elsewhere.session_state["dataset"] = "ham10000"
    assert elsewhere.run().text[0].value == "ham10000"


def test_a_title_beside_the_choice_says_where_data_are_synthetic(ham10000: Path) -> None:
    test = opened(titled_page, dataset="demo")
    assert [title.value for title in test.title] == ["What is there?"]
    assert "synthetic" in " ".join(each.value for each in test.markdown)
    test.selectbox[0].set_value("ham10000").run()
    assert test.text[0].value == "ham10000"
    assert "synthetic" not in " ".join(each.value for each in test.markdown)


def test_a_second_choice_counts_as_the_first_did(ham10000: Path) -> None:
    test = opened(data_page)
    for name in ("ham10000", "demo", "ham10000"):
        test.selectbox[0].set_value(name).run()
        assert test.text[0].value == name
        assert test.query_params["dataset"] == name


def test_what_the_address_names_within_a_data_set_goes_with_it(ham10000: Path) -> None:
    test = opened(data_page, dataset="demo", picture="DEMO_0000001", lesson="abc", seed="7")
    assert test.query_params["picture"] == "DEMO_0000001"
    test.selectbox[0].set_value("ham10000").run()
    assert set(test.query_params) == {"dataset", "seed"}


def test_what_to_beware_of_is_counted_in_the_metadata_that_are_here(artifacts: Path) -> None:
    folder = artifacts.parent / "data" / "isic2019"
    folder.mkdir()
    truth = "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK\na,1,0,0,0,0,0,0,0,0\nb,0,1,0,0,0,0,0,0,0\n"
    (folder / "ISIC_2019_Training_GroundTruth.csv").write_text(truth)
    metadata = folder / "ISIC_2019_Training_Metadata.csv"
    metadata.write_text("image,age_approx,anatom_site_general,lesion_id,sex\na,50,,L1,male\nb,50,,,male\n")
    [said] = opened(data_page, dataset="isic2019").caption
    assert "1 of 2 rows" in said.value
    metadata.write_text("image,age_approx,anatom_site_general,lesion_id,sex\na,50,,L1,male\nb,50,,L22,male\n")
    assert not opened(data_page, dataset="isic2019").caption


def test_a_name_that_a_person_gave_a_run_stands_in_every_box_and_list(make_run) -> None:
    named, other = make_run(seed=1), make_run(seed=2)
    change_labels(named, name="The careful one")
    titles = run_choices(finished_runs())
    assert titles[named.run_id] == "The careful one · cnn-59k on demo (synthetic)"
    assert "seed 2" in titles[other.run_id]


def test_what_to_beware_of_stands_below_title_and_box_and_moves_neither(demo_artifacts: Path) -> None:
    test = opened(titled_page, dataset="nope")
    assert not test.exception
    assert ["nope" in each.value for each in test.warning] == [True]
    assert not [each for column in test.columns for each in column.warning]
