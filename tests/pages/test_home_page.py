"""The Home page: what data is here, the lesson about them, and what runs now."""

import os
import socket
import time
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.base.files import write_json
from core.base.percents import percent
from core.base.processes import ProcessId
from core.data.catalog import open_dataset
from core.data.demo.demo import DEMO_SPEC
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.training.recipe import make_recipe

PAGE = "10_home.py"


@pytest.fixture
def home(demo_artifacts, open_page) -> AppTest:
    """The page on the demo data, in an artifacts folder without any run."""
    return open_page(PAGE)


@pytest.fixture
def run(demo_artifacts) -> RunFolder:
    """A queued run."""
    return create_run(make_recipe(dataset="demo", model="cnn-59k", split="random", epochs=10))


@pytest.fixture
def at_work() -> dict[str, Any]:
    """The part of a status that says that this very process was heard of.

    In the future, so that no pause of a test makes it stale.
    """
    return {"host": socket.gethostname(), "process": ProcessId.of(os.getpid()), "heartbeat": time.time() + 3600}


def badges(test: AppTest) -> list[str]:
    return [element.value for element in test.markdown if "-badge[" in element.value]


def links(test: AppTest) -> dict[str, str]:
    """Page links by their label: page, and what stands in its address."""
    return {link.label: f"{link.page}?{link.query_string}" for link in (each.proto for each in test.page_link)}


def test_the_figures_are_those_of_the_data_set(home: AppTest) -> None:
    table = open_dataset("demo").table
    shown = {metric.label: metric.value for metric in home.metric}
    assert shown == {
        "Images": f"{len(table):,}",
        "Lesions": f"{table['group_id'].nunique():,}",
        "Diagnoses": "7",
        "Malignant": percent(table["label"].isin(["mel", "bcc", "akiec"]).mean()),
        "Most frequent": percent((table["label"] == "nv").mean()),
        "Without an age": f"{table['age'].isna().sum():,}",
    }
    assert any(":violet-badge" in badge and "synthetic" in badge for badge in badges(home))
    assert any(DEMO_SPEC.licence in caption.value for caption in home.caption)


def test_every_diagnosis_has_a_picture_its_full_name_and_its_kind(home: AppTest) -> None:
    names = "\n".join(element.value for element in home.markdown)
    assert len(home.image) == len(DEMO_SPEC.classes)
    for each in DEMO_SPEC.classes:
        assert f"**{each.name}**" in names
    assert names.count(":small[malignant]") == 3
    assert names.count(":small[benign]") == 4


def test_a_lesson_leads_through_six_pages_on_the_data_set_shown(home: AppTest) -> None:
    steps = [(label, page) for label, page in links(home).items() if label.startswith("**")]
    assert steps == [
        ("**1 · Explore**", "explore?dataset=demo"),
        ("**2 · Pictures**", "pictures?dataset=demo"),
        ("**3 · Integrity**", "integrity?dataset=demo"),
        ("**4 · Map**", "map?dataset=demo"),
        ("**5 · Leakage**", "leakage?dataset=demo"),
        ("**6 · You against the model**", "quiz?dataset=demo"),
    ]


def test_with_the_demo_alone_the_page_offers_to_get_real_data(home: AppTest) -> None:
    assert any(element.value == "Only the synthetic demo is here." for element in home.markdown)
    assert links(home)["Get real data"] == "data?"
    assert "Gene tables" not in links(home)


def test_real_data_come_first_where_they_are_here_and_the_demo_stays_when_chosen(
    drawn_small, demo_artifacts, open_page
) -> None:
    folder = demo_artifacts.parent / "data" / "moles"
    pictures = sorted(drawn_small.rglob("*.jpg"))
    for number, path in enumerate(pictures[:4]):
        place = folder / ("freckle", "wart")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        (place / path.name).symlink_to(path)
    test = open_page(PAGE)
    assert test.selectbox[0].value == "moles"
    assert any(element.value == "Here: moles and the demo." for element in test.markdown)
    assert links(test)["**1 · Explore**"] == "explore?dataset=moles"
    assert links(test)["Start a training"] == "train?dataset=moles"
    assert links(test)["All of them"] == "data?"
    shown = {metric.label for metric in test.metric}
    assert "Without an age" not in shown  # nobody's age is known there
    test.selectbox[0].set_value("demo").run()
    test.run()
    assert test.selectbox[0].value == "demo"
    assert not test.exception


def test_where_nothing_runs_the_page_offers_to_start_a_training(home: AppTest) -> None:
    assert any(element.value == "Nothing is being trained." for element in home.markdown)
    assert links(home)["Start a training"] == "train?dataset=demo"
    assert links(home)["Try a prediction"] == "predict?"
    assert not home.progress


def test_a_running_run_shows_how_far_it_is_and_leads_to_its_own_page(run, at_work, open_page) -> None:
    status = replace(run.written_status(), state=State.RUNNING, phase="Learning", done=2.5, total=10.0, eta_seconds=40)
    run.write_status(replace(status, **at_work))
    test = open_page(PAGE)
    [bar] = test.progress
    assert (bar.value, bar.text) == (25, "Learning, 40 s left")
    assert ":blue-badge[running]" in badges(test)
    [(label, page)] = [link for link in links(test).items() if link[1].startswith("runs")]
    assert label.startswith("cnn-59k on demo (synthetic) · ")
    assert page == f"runs?run={run.run_id}"
    assert not any("Nothing is being trained" in element.value for element in test.markdown)


def test_a_queued_run_is_listed_without_a_bar(run, open_page) -> None:
    test = open_page(PAGE)
    assert ":gray-badge[queued]" in badges(test)
    assert not test.progress


def test_a_leaking_run_carries_its_red_badge_here_too(run, at_work, open_page) -> None:
    run.write_status(replace(run.written_status(), state=State.RUNNING, done=1.0, total=10.0, **at_work))
    assert not any("red-badge" in badge for badge in badges(open_page(PAGE)))
    write_json(run.leakage_file, {"leaking": True})
    assert ":red-badge[:material/warning: leaking split]" in badges(open_page(PAGE))


@pytest.mark.parametrize("state", [State.FINISHED, State.STOPPED, State.FAILED])
def test_a_run_that_is_over_does_not_run_now(state: State, run, open_page) -> None:
    run.write_status(replace(run.written_status(), state=state))
    test = open_page(PAGE)
    assert any(element.value == "Nothing is being trained." for element in test.markdown)


def test_a_run_that_ends_leaves_the_list(run, at_work, open_page) -> None:
    run.write_status(replace(run.written_status(), state=State.RUNNING, done=1.0, total=10.0, **at_work))
    test = open_page(PAGE)
    assert test.progress
    run.write_status(replace(run.written_status(), state=State.FINISHED))
    test.run()
    assert not test.progress
    assert not test.exception
