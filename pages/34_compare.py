"""Compare: several runs beside each other, in curves, recipes, figures, and picture by picture, sample by sample."""

from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.base.errors import DataError, RunError
from core.data.catalog import is_synthetic
from core.models.registry import model_spec
from core.runs.index import all_runs
from core.runs.judging.earlier_figures import earlier_figures
from core.runs.judging.results import evaluated
from core.runs.run_folder import RunSummary
from core.training.recipe import Recipe
from dashboard.charts.comparison import comparison_chart
from dashboard.charts.curves import BALANCED_ACCURACY, LEARNING_RATE, LEARNT, ZOOM_MEANS, Look
from dashboard.markdown import Markdown
from dashboard.rest.run_curves import LOOK_SECONDS, follow
from dashboard.router import page_of
from dashboard.state.arrival import arrival
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.notices import not_here, synthetic_badge
from dashboard.widgets.page_frame import name_tab, say_what_it_shows
from dashboard.widgets.pickers import most_trusted, trusted_first
from dashboard.widgets.results.only_one_right import show_where_only_one_is_right
from dashboard.widgets.run_names import run_choices, run_titles
from dashboard.widgets.runs.ablation import say_what_is_missing
from dashboard.widgets.runs.comparison_tables import metrics_table, show_paired, things_of
from dashboard.widgets.runs.ensemble_view import offer_ensemble
from dashboard.widgets.samples import sample_curves

POLL_SECONDS = 2.0
COMPARED = "compared"
"""Key of the box of runs, which keeps them while one looks at another page."""
BEST = "Runs on real data with an honest test come first, by balanced accuracy; then the others, newest first."
MEASURES = {measure.title: measure for measure in (*LEARNT, LEARNING_RATE)}


def fields(recipe: Recipe) -> dict[str, str]:
    """What a recipe says, as text; each parameter of the structure for itself, at the end."""
    said = recipe.model_dump(mode="json", exclude={"architecture"})
    for parameter in model_spec(recipe.model).architecture:
        said[f"architecture.{parameter.name}"] = recipe.architecture.get(parameter.name, parameter.default)
    return {name: str(value) for name, value in said.items()}


def recipes_table(runs: dict[str, RunSummary], *, differences_only: bool) -> pd.DataFrame:
    """A row per field of the recipe and per parameter of the structure, a column per run."""
    values = {name: fields(s.recipe) for name, s in runs.items()}
    known = list(dict.fromkeys(field for of in values.values() for field in of))
    rows = [
        {"field": field, **{name: of.get(field, "–") for name, of in values.items()}}
        for field in known
        if not differences_only or len({of.get(field) for of in values.values()}) > 1
    ]
    return pd.DataFrame(rows, columns=["field", *values])


def pair_to_begin_with(summaries: list[RunSummary]) -> list[str]:
    """Ids of the two runs to trust most, the second on the data of the first if there is one; empty without two."""
    left = [each for each in summaries if each.metrics and evaluated(each.run)]
    if len(left) < 2:
        return []
    first = most_trusted(left)
    left.remove(first)
    of_same_data = [each for each in left if each.recipe.dataset == first.recipe.dataset]
    return [first.run.run_id, most_trusted(of_same_data or left).run.run_id]


def compare(*run_ids: str) -> None:
    """Choose these runs."""
    st.session_state[COMPARED] = list(run_ids)


st.title("Compare")
say_what_it_shows("compare")
known = {each.summary.run.run_id: each.summary for each in all_runs().runs}
if not known:
    st.info("No training has been started yet.", icon=":material/info:")
    st.page_link(page_of("train"), label="Start the first one", icon=":material/play_arrow:")
    sample_curves()
    st.stop()
asked = [run_id for run_id in st.query_params.get("runs", "").split(",") if run_id]
stated = [run_id for run_id in asked if run_id in known]
for missing in dict.fromkeys(run_id for run_id in asked if run_id not in known):
    not_here("run", missing, "It is left out.")
# Not bound to the address by Streamlit: it would write titles, which change with the runs that they tell apart.
if asked and (arrival().new_page or arrival().through_history):
    st.session_state[COMPARED] = list(dict.fromkeys(stated))
st.session_state[COMPARED] = [run_id for run_id in st.session_state.get(COMPARED, []) if run_id in known]
offered = trusted_first(list(known.values()))
chosen = st.multiselect(
    "Runs", [summary.run.run_id for summary in offered], format_func=run_choices(offered).__getitem__,
    placeholder="Choose two or more", key=COMPARED, persist_state="session",
)  # fmt: skip
if chosen != stated:
    st.query_params["runs"] = ",".join(chosen)
if not chosen:
    st.info(
        "Choose two or more runs to compare. You can then send the address of this page to others.",
        icon=":material/info:",
    )
    if best := pair_to_begin_with(list(known.values())):
        st.button("Compare the two best", icon=":material/compare_arrows:", on_click=compare, args=best, help=BEST)
    st.stop()
summaries = [known[run_id] for run_id in chosen]
runs = dict(zip(run_titles(summaries), summaries, strict=True))
name_tab(" and ".join(runs) if len(runs) < 3 else f"{len(runs)} runs")
synthetic_badge(any(is_synthetic(s.recipe.dataset) for s in summaries))
leaking = [name for name, s in runs.items() if s.leaking]
if leaking and len(leaking) < len(runs):
    st.error(
        f"{', '.join(leaking)}: training has others of the same group, or copies, of what was held out. Their figures "
        "are too good, and cannot be compared with those of the others.",
        title="Some of these runs leak, others do not",
        icon=":material/warning:",
    )

for name, summary in runs.items():
    if said := earlier_figures(summary.run, summary.status):
        st.info(Markdown("**{}**: {}").format(name, said), icon=":material/history:")
say_what_is_missing(summaries)

KEPT: dict[str, Any] = {"persist_state": "session"}
title = st.segmented_control(
    "Curves", list(MEASURES), default=BALANCED_ACCURACY.title, required=True, wrap=True, key="compared-curves", **KEPT
)
with st.container(horizontal=True, vertical_alignment="bottom"):
    smoothing = st.slider("Smoothing", 0.0, 0.95, 0.0, 0.05, width=220, key="compared-smoothing", **KEPT)
    log = st.toggle("Logarithmic axis", help="For the loss and the learning rate.", key="compared-log", **KEPT)


@st.fragment(run_every=POLL_SECONDS if any(s.status.state.active for s in runs.values()) else None)
def curves() -> None:
    """The curves of all chosen runs on the same axes."""
    followed = {name: follow(s.run, LOOK_SECONDS).epochs for name, s in runs.items()}
    chart = comparison_chart(MEASURES[title], followed, Look(smoothing, log, height=290))
    st.vega_lite_chart(chart.table, chart.spec, alt=f"{title} of the chosen runs by epoch")
    st.caption(ZOOM_MEANS)


curves()

table = metrics_table(runs)
judged_on = table["part"].dropna().unique() if "part" in table else []
st.subheader(f"Figures on the {judged_on[0]} part" if len(judged_on) == 1 else "Figures")  # some have no test part
st.dataframe(table, hide_index=True, placeholder="–", alt="Figures of the chosen runs with 95 % intervals")
st.caption(
    "In brackets: 95 % interval from resampling whole groups. The floor is always giving the most frequent class."
)
csv_button("Figures as CSV", table, "compared-figures.csv")

if len(summaries) > 1:
    offer_ensemble([s.run for s in summaries])

st.subheader("Recipes")
only = st.toggle("Show differences only", value=len(runs) > 1, key="differences-only", **KEPT)
recipes = recipes_table(runs, differences_only=only)
if recipes.empty:
    st.caption("These recipes are the same in every field.")
else:
    st.dataframe(recipes, hide_index=True, alt="The recipes of the chosen runs, field by field")

st.subheader("Sample by sample" if things_of(summaries) == "samples" else "Picture by picture")
judged = {s.run.run_id: name for name, s in runs.items() if evaluated(s.run)}
if len(judged) < 2:
    st.caption("Two evaluated runs are needed for a paired test.")
    st.stop()
left, right = st.columns(2)


def pick_one(place: DeltaGenerator, label: str, parameter: str, others: list[str]) -> str:
    """One of the judged runs, which the address names; returns what it is called here.

    By its id: Streamlit's own binding would write its title, which changes with the runs beside it.
    """
    asked = st.query_params.get(parameter)
    key = f"compared-{parameter}"
    if st.session_state.get(key) not in others:
        st.session_state.pop(key, None)
    if arrival().new_page and asked in others:
        st.session_state[key] = asked
    if arrival().new_page and asked not in (None, *others):
        not_here("run", str(asked), "Another one is compared.")

    def keep() -> None:
        st.query_params[parameter] = st.session_state[key]

    chosen = place.selectbox(label, others, key=key, format_func=judged.__getitem__, on_change=keep, **KEPT)
    return judged[chosen]


first = pick_one(left, "First", "first", list(judged))
second = pick_one(right, "Second", "second", [run_id for run_id, name in judged.items() if name != first])
try:
    common = show_paired(runs[first], runs[second])
except (RunError, DataError) as error:
    st.error(str(error), icon=":material/error:")
else:
    if common is not None:
        pair = runs[first], runs[second]
        show_where_only_one_is_right(common, pair, things_of(pair))
