"""Results: how good is a run, for which classes, and on which pictures it errs."""

import streamlit as st

from core.base.errors import DataError, RunError
from core.serving.predictor import DISCLAIMER
from dashboard.router import page_of
from dashboard.state.judged import VALIDATION, judged_part, load_judged, part_names
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.notices import leak_warning, split_notice, synthetic_badge
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import judged_runs, pick_run
from dashboard.widgets.results.calibration import show_calibration
from dashboard.widgets.results.curves import show_curves
from dashboard.widgets.results.external_test import show_external_test
from dashboard.widgets.results.mistakes import show_mistakes
from dashboard.widgets.results.overview import show_overview
from dashboard.widgets.results.retest import show_retest
from dashboard.widgets.results.source import show_source
from dashboard.widgets.results.subgroups import show_subgroups
from dashboard.widgets.results.threshold import show_threshold
from dashboard.widgets.results.trust import show_trust_in_part
from dashboard.widgets.samples import sample_confusion

VIEWS = {
    "Overview": show_overview,
    "Curves": show_curves,
    "Threshold": show_threshold,
    "Calibration": show_calibration,
    "Coverage and risk": show_trust_in_part,
    "For whom": show_subgroups,
    "Source": show_source,
    "Same lesion": show_retest,
    "Mistakes": show_mistakes,
    "External test": show_external_test,
}
"""Each tab and what draws it; only the one that is open is computed."""

st.title("Results")
say_what_it_shows("results")
runs = judged_runs()
if not runs:
    st.info("No run has been evaluated yet. Results appear here when a training ends.", icon=":material/info:")
    st.page_link(page_of("train"), label="Start a training", icon=":material/play_arrow:")
    sample_confusion()
    st.stop()

first, second = st.columns([3, 1], vertical_alignment="bottom")
with first:
    run = pick_run(runs)
try:
    results = load_judged(run)
    names = part_names(run, results)
    name = second.segmented_control(
        "Judged on", names, default=results.headline, required=True, wrap=True, key="judged-on", bind="query-params"
    )
    part = judged_part(run, results, name)
except (RunError, DataError) as error:
    st.error(str(error), icon=":material/error:")
    st.stop()
info = results.info

synthetic_badge(info.synthetic)
leak_warning(results.leakage, info.things)
split_notice(results.leakage)
if name == VALIDATION:
    alone = "" if len(results.metrics) > 1 else "This run has no test part. "
    chosen = "The validation part chose the best epoch or the temperature"
    st.caption(f"{alone}{chosen}, so its figures are a little too good.")
if part.seen:
    st.error(
        f"The run has learnt from {part.seen:,} of these {part.metrics.images:,} {info.things}, so the figures are too "
        "good.",
        icon=":material/warning:",
    )

tabs = st.tabs(list(VIEWS), key="results-view", on_change="rerun", bind="query-params")
for tab, show in zip(tabs, VIEWS.values(), strict=True):
    if tab.open:
        with tab:
            show(part)

downloads = st.container(horizontal=True, vertical_alignment="center")
with downloads:
    csv_button(
        "Predictions as CSV",
        lambda: results.predictions.assign(notice=DISCLAIMER),
        f"{run.run_id}-predictions.csv",
    )
downloads.page_link(
    page_of("card"), label="Model card", icon=":material/description:", query_params={"run": run.run_id}
)
st.caption(f"Data: {info.citation} Licence: {info.licence}. For research and education only.")
