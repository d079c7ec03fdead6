"""Whether several photos of one lesion get the same answer."""

import streamlit as st

from core.base.counting import counted, have
from core.base.errors import DataError
from core.base.percents import percent, percent_limits, points_limits
from core.evaluation.retest import Retest, retest, retest_intervals, spread_quantiles
from core.runs.answers.verdict import called_by_run
from dashboard.charts.judging import spread_chart
from dashboard.state.judged import JudgedPart
from dashboard.state.loading import load_dataset
from dashboard.state.metadata_of_part import lesions_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.pictures.cell_pictures import show_cell
from dashboard.widgets.results.figures import NOTE, readings
from dashboard.widgets.shares_table import shares_written

MOST_LISTED = 200


def show_retest(part: JudgedPart) -> None:
    """Shares of lesions with one answer, how far the probability spreads, and the lesions that differ most."""
    info = part.info
    try:
        lesions = lesions_of(part) if info.takes == "pictures" else None
    except DataError as error:
        st.warning(str(error), icon=":material/folder_off:")
        return
    if info.takes == "genes":
        st.info("Samples are no photos: there is nothing to compare here.", icon=":material/info:")
        return
    if lesions is None:
        st.info(
            f"{info.dataset_title} does not say which photos show the same lesion, so answers to photos of one lesion "
            "cannot be compared.",
            icon=":material/info:",
        )
        return
    wanted = {reading.name: reading for reading in readings(part)}
    reading = wanted[st.selectbox("Probability of", list(wanted), key=f"retest-{info.run_id}", persist_state="session")]
    called, how = called_by_run(part.run, info, part.table, reading)
    found = retest(part.table, info.class_keys, lesions, reading, called)
    if found.lesions.empty:
        st.info(f"No lesion of {part.title} has several photos.", icon=":material/info:")
        return
    _figures(found, reading.name)
    st.caption(
        f"{counted(len(found.lesions), 'lesions')} of {part.title} {have(len(found.lesions))} "
        f"{found.photos:,} photos, between 2 and "
        f"{found.lesions['photos'].max()} each. {how} A photo is taken again with other light, angle or zoom: what the "
        "lesion is stays, so an answer that changes was not about the lesion."
    )
    st.plotly_chart(
        spread_chart(found.lesions, info.classes, reading.name),
        alt="How far the probability spreads between photos of one lesion, by true class",
    )
    _differing(part, found, lesions)


def _figures(found: Retest, name: str) -> None:
    limits = retest_intervals(found)
    row = st.grid(4, min_column_width=170)
    row.metric(
        "All photos get the same class", percent(found.same_answer), percent_limits(limits.same_answer),
        help="Share of the lesions with several photos. Below each figure: 95 % interval over whole groups.", **NOTE,
    )  # fmt: skip
    row.metric(
        f"All or none called {name}", percent(found.same_call), percent_limits(limits.same_call),
        help="Share of the lesions of which all photos are called so, or none.", **NOTE,
    )  # fmt: skip
    median, most = spread_quantiles(found) or (0.0, 0.0)
    row.metric(
        "Median spread", f"{100 * median:.1f} points", points_limits(limits.median),
        help="Highest minus lowest probability among the photos of a lesion.", **NOTE,
    )  # fmt: skip
    row.metric("One lesion in ten spreads over", f"{100 * most:.1f} points", points_limits(limits.most), **NOTE)


def _differing(part: JudgedPart, found: Retest, lesions) -> None:
    st.subheader("Lesions whose photos differ most")
    names = {c.key: c.name for c in part.info.classes}
    table = found.lesions.assign(
        true=found.lesions["true"].map(names),
        answers=found.lesions["answers"].map(lambda keys: ", ".join(names[key] for key in keys)),
    )
    shown = table.head(MOST_LISTED)[["lesion", "photos", "true", "answers", "lowest", "highest", "spread"]]
    st.dataframe(
        shares_written(shown, ("lowest", "highest", "spread")),
        hide_index=True,
        alt="Lesions with several photos, those whose probability spreads most first",
    )
    written = found.lesions.assign(answers=found.lesions["answers"].map(", ".join))
    csv_button("Lesions as CSV", written, f"{part.info.run_id}-{part.name}-retest.csv")
    chosen = st.selectbox(
        "Photos of",
        table["lesion"].head(MOST_LISTED).tolist(),
        key=f"photos-of-{part.info.run_id}",
        persist_state="session",
    )
    rows = part.table[(lesions == chosen).to_numpy()].drop_duplicates("image_id")
    answers = rows[[f"p_{key}" for key in part.info.class_keys]].max(axis=1)
    st.caption("The percentage is the probability of the class that was answered.")
    show_cell(rows.assign(confidence=answers), load_dataset(part.dataset), f"retest-photos-{chosen}", part.heat_maps)
