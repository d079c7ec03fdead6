"""The field that leads to every page, run and data set."""

from pathlib import Path

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
    from streamlit.testing.v1 import AppTest

    run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
    change_labels(run, name="Before lunch")
    test = AppTest.from_function(page, default_timeout=120).run()
    assert not test.exception
    said = [text.value for text in test.text]
    assert [line.split("|")[1] for line in said[: len(PAGES)]] == [entry.name for entry in PAGES]
    assert "Data set · Demo (synthetic)|explore|{'dataset': 'demo'}" in said
    assert said[-1].startswith("Run · Before lunch")
    assert said[-1].endswith(f"|runs|{{'run': '{run.run_id}'}}")
