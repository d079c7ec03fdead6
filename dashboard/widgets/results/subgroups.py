"""For whom a run does how well: figures by age, sex, site, method, source, skin tone, and what is more than chance."""

import pandas as pd
import streamlit as st

from core.base.errors import DataError
from core.data.statistics.skin_tone import shows_skin
from core.evaluation.readings import Reading
from core.evaluation.subgroups import AUC, AVERAGE, BRIER, CALIBRATION, FEW, METRICS, OVERCONFIDENCE, Subgroups
from core.evaluation.subgroups import NOT_RECORDED as UNKNOWN
from core.runs.answers.verdict import called_by_run
from core.runs.judging.known_of_pictures import SKIN_TONE
from core.runs.judging.result_words import gap_in_words, no_gap_in_words, subgroup_figure
from dashboard.charts.judging import subgroup_chart
from dashboard.charts.palette import NOT_RECORDED
from dashboard.state.judged import JudgedPart, load_subgroups
from dashboard.state.loading import load_dataset
from dashboard.state.measured import load_skin_tones
from dashboard.state.metadata_of_part import columns_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.data.job_progress import newest_job, offer_job, show_unless_done
from dashboard.widgets.data.measuring_offer import KIND
from dashboard.widgets.results.figures import readings

AREAS = (AUC, AVERAGE)
"""Whose intervals take most of the time."""
MEANINGS = {
    "accuracy": "share of pictures that are right",
    "balanced accuracy": "mean sensitivity of the classes that occur there",
    "sensitivity": "share of the {} ones that are called so",
    "specificity": "share of the others that are not called {}",
    "precision": "share of those called {0} that are {0}",
    "F1": "harmonic mean of sensitivity and precision of {}",
    "AUC": "area under the ROC curve of {} against the rest",
    AVERAGE: "area under the precision–recall curve of {} against the rest; by chance it is their share",
    OVERCONFIDENCE: "mean confidence less accuracy: above 0 it is surer than it should be",
    CALIBRATION: "expected calibration error in 15 bins: 0 is best, and chance makes it larger where pictures are few",
    BRIER: "squared distance of the probabilities of all classes from what is true: 0 is best, 2 is worst",
}

HOW_SKIN_TONE = (
    "Skin tone is an estimate, no fact about the person: the individual typology angle, arctan((L* − 50) / b*), of the "
    "median colour at the border of the picture; very light above 55°, light above 41°, intermediate above 28°, tan "
    "above 10°, brown above −30°, else dark. It also holds light, camera, gel, sun and redness, and a lesion that "
    "reaches the border: pictures of one camera shift together, so look at the source beside it. A grey or bluish "
    "border (b* not above 0.1) gives no estimate, and one that is nearly so looks very light. Black rings are left "
    "out. It was made for colorimeters (Chardon et al. 1991) and tells ancestry no more than a photograph does."
)


def show_subgroups(part: JudgedPart) -> None:
    """The chosen figure by subgroup, the largest gap in words, and the table of all figures."""
    if part.info.takes != "pictures":
        st.info("Nothing is known of the people behind these samples.", icon=":material/info:")
        return
    try:
        columns = columns_of(part)
    except DataError as error:
        st.warning(str(error), icon=":material/folder_off:")
        return
    if columns.empty:
        _offer_skin_tone(part)
        st.info(
            f"The pictures of {part.title} have no age, sex, site, diagnosis method or source with two or more "
            "recorded values, so groups of people cannot be compared.",
            icon=":material/info:",
        )
        return
    wanted = {reading.name: reading for reading in readings(part)}
    first, second = st.columns(2)
    reading = wanted[
        first.selectbox(
            "Sensitivity and specificity of", list(wanted), key=f"for-whom-{part.info.run_id}", persist_state="session"
        )
    ]
    metric = second.selectbox(
        "Figure", METRICS, index=METRICS.index("sensitivity"), key="for-whom-metric", persist_state="session"
    )
    called, how = called_by_run(part.run, part.info, part.table, reading)
    found = load_subgroups(part, reading, columns, called, areas=metric in AREAS)
    _largest_gap(found, reading)
    st.plotly_chart(
        subgroup_chart(found.table, metric, reading.name, len(part.table)),
        alt=f"{metric} of each subgroup with 95 % intervals; the numbers stand in the table below",
    )
    st.caption(
        f"{metric[0].upper()}{metric[1:]}: {MEANINGS[metric].format(reading.name)}. {how} Bars are 95 % intervals from "
        "resampling whole groups, or by their number where all are alike (Wilson); "
        f"what rests on fewer than {FEW} groups is grey, in the table in brackets with their "
        f"number, and not compared. Comparisons of a subgroup with all others: {found.compared:,}; their gaps are "
        "judged together."
        + ("" if metric in AREAS else f" {' and '.join(AREAS)} have intervals once one of them is the figure.")
    )
    table = _written(found.table)
    grey = table.style.map(lambda text: f"color: {NOT_RECORDED}" if str(text).startswith("[") else "")
    st.dataframe(grey, hide_index=True, alt="Figures of each subgroup with counts and 95 % intervals")
    csv_button("Subgroups as CSV", found.table, f"{part.info.run_id}-{part.name}-subgroups.csv")
    if SKIN_TONE in columns:
        without = int((columns[SKIN_TONE] == UNKNOWN).sum())
        st.caption(f"{HOW_SKIN_TONE} {without:,} of these {len(columns):,} pictures have no estimate.")
    else:
        _offer_skin_tone(part)


def _offer_skin_tone(part: JudgedPart) -> None:
    """The job that estimates skin tones, where the pictures show skin and it was not done; else nothing."""
    dataset = load_dataset(part.dataset)
    if not shows_skin(dataset.spec) or load_skin_tones(dataset) is not None:
        return
    job = newest_job(KIND, dataset.spec.name)
    if job is not None and job.status().state.active:
        show_unless_done(job)
        return
    offer_job(
        KIND,
        f"Measure the pictures of {dataset.spec.title}",
        {"dataset": dataset.spec.name},
        why="Skin tone can be estimated from the borders of the pictures, and compared like age and sex. Every picture "
        "is looked at once, together with brightness, sharpness and colour.",
        label="Estimate skin tones",
        icon=":material/palette:",
    )


def _largest_gap(found: Subgroups, reading: Reading) -> None:
    if not found.gaps:
        st.info(no_gap_in_words(found.compared), icon=":material/balance:")
        return
    largest, *others = found.gaps
    more = f" {len(others):,} more {'gap is' if len(others) == 1 else 'gaps are'} beyond chance." if others else ""
    st.warning(
        f"{gap_in_words(largest, reading)}{more}",
        title="The largest gap that is more than chance",
        icon=":material/balance:",
    )
    if others:
        with st.expander("All gaps that are more than chance"):
            for gap in found.gaps:
                st.markdown(gap_in_words(gap, reading))


def _written(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it is read: each figure with its interval, in brackets what rests on few groups."""
    shown = table[["column", "value", "images", "groups"]].copy()
    for metric in METRICS:
        shown[metric] = [subgroup_figure(row, metric) for _, row in table.iterrows()]
    return shown
