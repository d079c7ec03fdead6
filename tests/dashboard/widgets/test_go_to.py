"""The field that leads to every page, run and data set."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.runs.labels import change_labels
from core.runs.run_folder import create_run
from core.training.recipe import make_recipe
from dashboard.router import PAGES


def page() -> None:
    import streamlit as st

    from dashboard.widgets.go_to import places

    for place in places():
        st.text(f"{place.name}|{place.page}|{place.query}")


def test_pages_data_sets_and_runs_are_found_by_their_names(demo_artifacts: Path) -> None:
    run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
    change_labels(run, name="Before lunch")
    test = AppTest.from_function(page, default_timeout=120).run()
    assert not test.exception
    said = [text.value for text in test.text]
    assert [line.split("|")[1] for line in said[: len(PAGES)]] == [entry.name for entry in PAGES]
    assert "Data set · Demo (synthetic)|explore|{'dataset': 'demo'}" in said
    assert said[-1].startswith("Run · Before lunch")
    assert said[-1].endswith(f"|runs|{{'run': '{run.run_id}'}}")


def test_a_name_that_is_chosen_leads_to_its_page(demo_artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def frame() -> None:
        from dashboard.widgets.go_to import show_go_to

        show_go_to()

    test = AppTest.from_function(frame, default_timeout=120).run()
    assert [button.proto.shortcut for button in test.button] == ["ctrl+k"]
    gone: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(st, "switch_page", lambda to, query_params: gone.append((to.url_path, query_params)))
    monkeypatch.setattr(st, "button", lambda *_, **__: True)  # a dialog runs by itself, which these tests cannot
    test.run()
    test.selectbox(key="go-to-name").set_value("Data set · Demo (synthetic)").run()
    assert not test.exception
    assert gone == [("explore", {"dataset": "demo"})]
