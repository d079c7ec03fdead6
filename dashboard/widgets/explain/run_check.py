"""How far the heat maps of a run can be believed: the check of every method, and the average map of each class."""

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from core.base.counting import counted
from core.base.percents import percent
from core.explain.overlay import colours
from core.jobs import newest_job
from core.runs.explanations.explanation_checks import FEWEST_PICTURES, MOST_PICTURES
from core.runs.explanations.explanation_summary import MethodCheck, average_maps
from core.runs.explanations.explanation_words import passed_in_words, points_in_words
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from dashboard.charts.explaining import gain_chart
from dashboard.markdown import Markdown
from dashboard.state.explaining import kept_checks, kept_pictures
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.data.job_progress import offer_job, show_unless_done
from dashboard.widgets.explain.lesions import KIND, show_heat_in_lesions

AVERAGE_SIDE = 168


def show_check_of_run(run: RunFolder, info: PredictorInfo) -> None:
    """What is known of each method on this run, or the offer to find it out."""
    job = newest_job(KIND, run=run.run_id)
    working = False
    if job is not None:
        show_unless_done(job)
        working = job.status().state.active
    checks = kept_checks(run)
    if checks is None:
        if not working:
            begun = kept_pictures(run)
            done = 0 if begun is None else begun["image_id"].nunique()
            offer_job(
                KIND,
                f"Check the explanations of {run.run_id}",
                {"run": run.run_id},
                why="Nobody has checked yet whether heat maps of this run show what it looks at. The check explains up "
                f"to {MOST_PICTURES} test pictures with every method: minutes for a small network, hours for a large "
                f"one. {f'It goes on after {done} pictures. ' if done else ''}It can be stopped at any time, and goes "
                "on where it was.",
                label="Check the explanations",
                icon=":material/rule:",
            )
        return
    _show_verdicts(checks)
    st.plotly_chart(gain_chart(checks), alt="What the hottest tenth of each method's map is worth beyond chance")
    st.caption(
        "In each picture the hottest tenth of the map is painted over in the mean colour, and the loss of probability "
        "compared with painting over 20 copies of the same shape shifted elsewhere. Darkness and edges know nothing of "
        "the model: a method that does not beat both says no more about the model than they do."
    )
    table = _table(checks)
    st.dataframe(table, hide_index=True, placeholder="–", alt="The checks of every method")
    csv_button("Checks as CSV", table, f"{run.run_id}-explanations.csv")
    show_heat_in_lesions(run, info, checks)
    pictures = kept_pictures(run)
    if pictures is not None:
        _show_average_maps(pictures, checks, info)


def _show_verdicts(checks: tuple[MethodCheck, ...]) -> None:
    first = checks[0]
    st.subheader("The verdict")
    if not first.judged:
        st.warning(
            f"To judge by: {counted(first.pictures, 'pictures')}, and it takes {FEWEST_PICTURES}. The figures are "
            "shown, and no method is judged.",
            icon=":material/warning:",
        )
        return
    for check in checks:
        if not check.method.knows_the_model:
            continue
        if check.faults:
            st.markdown(
                Markdown(":red[:material/cancel: **{}**: {}]").format(check.method.called, " ".join(check.faults))
            )
        else:
            st.markdown(
                Markdown(":green[:material/check_circle:] **{}** {}").format(
                    check.method.called, passed_in_words(check)
                )
            )


def _table(checks: tuple[MethodCheck, ...]) -> pd.DataFrame:
    """The figures of every method as a person reads them; a column that nobody has a figure for is left out."""
    rows = [
        {
            "method": check.method.called,
            "pictures": check.pictures,
            "groups": check.groups,
            "gain, points": points_in_words(check.gain),
            "more than darkness": None if check.over_darkness is None else points_in_words(check.over_darkness),
            "more than edges": None if check.over_edges is None else points_in_words(check.over_edges),
            "more than 18 of 20 shifts": percent(check.far_ahead, 0),
            "fewer than 10 of 20": percent(check.behind, 0),
            "empty maps": check.empty,
            "adds up": _percent(check.converged),
            "similarity with random weights": _number(check.whole),
            "similarity with a random head": _number(check.head),
        }
        for check in checks
    ]
    return pd.DataFrame(rows).dropna(axis="columns", how="all")


def _show_average_maps(pictures: pd.DataFrame, checks: tuple[MethodCheck, ...], info: PredictorInfo) -> None:
    st.subheader("Average heat map of each class")
    methods = [check.method for check in checks]
    method = st.selectbox(
        "Method of the average", methods, format_func=lambda each: each.called, key="average-method", width=380
    )
    found = average_maps(pictures, method)
    grid = st.grid(min_column_width=150)
    for spec in info.classes:
        if spec.key not in found:
            continue
        heat, count = found[spec.key]
        image = Image.fromarray(_coloured(heat)).resize((AVERAGE_SIDE, AVERAGE_SIDE), Image.Resampling.BICUBIC)
        grid.image(
            np.asarray(image),
            width="stretch",
            caption=f"{spec.name}, n = {count:,}",
            alt=f"Mean of {count} heat maps of pictures answered as {spec.name}",
        )
    st.caption(
        f"{method.called}, mean over the pictures answered as the class, from dark (least) to yellow (most). "
        "Lesions lie in the middle of most pictures: heat at a border or in a corner is a reason to look closer. "
        "Empty maps are left out."
    )


def _coloured(heat: np.ndarray) -> np.ndarray:
    """Colours of a mean map, (rows, columns, 3) uint8, stretched to its own range so that its shape is seen."""
    span = float(np.ptp(heat))
    return colours((heat - heat.min()) / span if span > 0 else np.zeros_like(heat))


def _percent(value: float | None) -> str | None:
    return None if value is None else percent(value, 0)


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"
