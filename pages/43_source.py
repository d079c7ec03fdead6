"""Sources: how far the camera or hospital alone gives the diagnosis away, and whether runs can tell it."""

import pandas as pd
import streamlit as st

from core.base.counting import plural
from core.base.percents import percent
from core.runs.index import all_runs
from core.runs.judging.source_probe import load_source_probe
from dashboard.charts.sources import source_chart
from dashboard.glossary import meaning
from dashboard.markdown import Markdown
from dashboard.router import page_of
from dashboard.state.loading import load_dataset
from dashboard.state.measured import load_statistics
from dashboard.state.source_lesson import load_colour_probe, load_source_lesson
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.data.measuring_offer import offer_to_measure
from dashboard.widgets.notices import source_line
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import pick_dataset_beside
from dashboard.widgets.results.figures import NOTE
from dashboard.widgets.results.source import show_probe
from dashboard.widgets.run_names import title_of_run
from dashboard.widgets.shares_table import shares_table

NOTHING = (
    "The table of {} names no source of its pictures, or only one: there is nothing to compare. A column of "
    "sources (camera, hospital, study) is used here; a joined data set has one, and HAM10000 has its own in "
    "HAM10000_source.csv beside its table."
)

spec = pick_dataset_beside("Sources: can the camera give the answer away?")
say_what_it_shows("source")
st.markdown(
    "Pictures of one hospital are taken by one camera, in one light, of the patients who come there. Where one source "
    "has mostly one diagnosis, a network can learn the camera instead of the disease. Its figures are good on pictures "
    "of the same sources, and fall elsewhere."
)
dataset = load_dataset(spec.name)
lesson = load_source_lesson(spec.name)
if lesson is None:
    st.info(NOTHING.format(spec.title), icon=":material/photo_camera:")
    source_line(spec)
    st.stop()

names = spec.class_names
st.header("What the source alone tells", anchor=False)
source, label, share = lesson.clearest
ranked = (
    Markdown("")
    if lesson.malignant_auc is None
    else Markdown("ranks a malignant picture above a benign one in **{}** of all pairs (guessing: 50 %), and ")
    .format(percent(lesson.malignant_auc))
)  # fmt: skip
st.markdown(
    Markdown("Of the pictures of **{}**, {} are {}. A model that knows only the source, and never sees a picture, "
             "{}finds {} of each class on average, where guessing has {}.").format(
        source, percent(share), names.get(label, label), ranked, percent(lesson.balanced),
        percent(1 / len(lesson.counts.columns)))
)  # fmt: skip
row = st.grid(4, min_column_width=150)
row.metric("Accuracy from the source", percent(lesson.accuracy), f"floor {percent(lesson.floor)}",
           help=meaning("accuracy", "Here: always answering the most frequent class of the source."),
           **NOTE)  # fmt: skip
row.metric("Balanced accuracy", percent(lesson.balanced), f"guessing {percent(1 / len(lesson.counts.columns))}",
           help=meaning("balanced accuracy", "Here: the class of which the largest share comes from the source."),
           **NOTE)  # fmt: skip
row.metric("AUC of malignant", percent(lesson.malignant_auc), f"guessing {percent(0.5)}",
           help=meaning("AUC", "Here the share of malignant pictures at the source is the probability."),
           **NOTE)  # fmt: skip
row.metric("Cramér's V", f"{lesson.v:.2f}", "0 nothing, 1 all",
           help=meaning("Cramér's V", f"One picture of each {spec.group} counts (Bergsma 2013)."), **NOTE)  # fmt: skip
st.plotly_chart(
    source_chart(lesson.counts, spec.classes),
    alt="Share of each diagnosis within each source; the counts stand in the table below",
)
counts = lesson.counts.rename(columns=names)
table = counts.reset_index()
narrow = counts.T.rename_axis("diagnosis").reset_index() if len(counts) < len(counts.columns) else table
st.dataframe(narrow, hide_index=True, alt="Pictures by source and diagnosis")
csv_button("Counts as CSV", table, f"{spec.name}-sources.csv")
st.caption(
    f"On {int(lesson.counts.to_numpy().sum()):,} pictures whose source is known. Shares were counted on four fifths of "
    f"the {plural(spec.group)} and judged on the other fifth, five times."
)

st.header("Can the source be seen?", anchor=False)
probe = load_colour_probe(dataset)
if load_statistics(dataset) is None:
    offer_to_measure(dataset)
elif probe is None:
    st.info("Too few groups of at least two sources have been measured.", icon=":material/info:")
else:
    st.markdown("No network is used here, only the brightness, contrast, sharpness and mean colours of each picture.")
    show_probe(probe, f"{spec.name}-colours-tell-the-source.csv")

st.header("Can trained networks tell the source?", anchor=False)
probed = [
    (each.summary.run, found)
    for each in all_runs(max_age=1.0).runs
    if each.summary.recipe.dataset == spec.name and (found := load_source_probe(each.summary.run)) is not None
]
if not probed:
    st.info(
        "No run on this data set has been tested for this yet. Test one in Results, tab Source, which also shows the "
        "accuracy within each source.",
        icon=":material/info:",
    )
else:
    rows = pd.DataFrame(
        {
            "run": title_of_run(run.run_id),
            "told": found.told,
            "the diagnosis alone": found.by_label,
            "guessing": found.chance,
            "verdict": found.verdict,
        }
        for run, found in probed
    )
    shares_table(rows, ("told", "the diagnosis alone", "guessing"), "How well each run tells the source")
    for run, _ in probed[:5]:
        label = Markdown("Accuracy within each source: {}").format(title_of_run(run.run_id))
        st.page_link(page_of("results"), label=label,
                     icon=":material/grid_on:", query_params={"run": run.run_id, "results-view": "Source"})  # fmt: skip
st.page_link(
    page_of("results"), label="Open Results", icon=":material/grid_on:", query_params={"results-view": "Source"}
)

st.header("What to do about it", anchor=False)
st.markdown(
    Markdown("- Judge within each source, and by class: *Results*, tab *Source*.\n"
             "- Hold a whole source out, or judge on another data set: *Results*, tab *External test*.\n"
             "- Mix: a class should come from every source, and a source bring every class.")
)  # fmt: skip
source_line(spec)
