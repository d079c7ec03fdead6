"""One field that leads to every page, run and data set, by its button or by Ctrl and K."""

from dataclasses import dataclass, field

import streamlit as st

from dashboard.router import PAGES, page_of
from dashboard.state.rerun_catalog import current_catalog
from dashboard.widgets.run_names import run_choices
from dashboard.widgets.runs.run_list import readable_runs

MOST_RUNS = 500
"""The newest; older ones are found on the page Runs."""


@dataclass(frozen=True)
class Place:
    """Somewhere to go: what it is called, and the page with the query that its address has."""

    name: str
    page: str
    query: dict[str, str] = field(default_factory=dict)


def places() -> list[Place]:
    """All pages, then the data sets that are here, then the runs, newest first."""
    pages = [Place(f"Page · {entry.title}", entry.name) for entry in PAGES]
    here = [entry.spec for entry in current_catalog().entries if entry.present]
    datasets = [Place(f"Data set · {spec.title}", "explore", {"dataset": spec.name}) for spec in here]
    titles = run_choices(readable_runs()[:MOST_RUNS])
    return [*pages, *datasets, *(Place(f"Run · {title}", "runs", {"run": run_id}) for run_id, title in titles.items())]


def show_go_to() -> None:
    """The button in the sidebar."""
    help = "Go to a page, a run or a data set by its name."
    if st.button("Go to", icon=":material/search:", shortcut="Ctrl+K", width="stretch", key="go-to", help=help):
        _ask()


@st.dialog("Go to a page, a run or a data set")
def _ask() -> None:
    by_name = {place.name: place for place in places()}
    chosen = st.selectbox(
        "Name", list(by_name), index=None, placeholder="Type a part of its name", key="go-to-name"
    )  # fmt: skip
    if chosen is not None:
        place = by_name[chosen]
        st.switch_page(page_of(place.page), query_params=place.query)
