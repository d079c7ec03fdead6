"""Review: what models left undecided, and what people say of it."""

import streamlit as st

from core.base.errors import LesionLabError
from core.base.percents import percent
from core.runs.answers.reviews import agreement_over_time, list_reviews
from dashboard.charts.agreement import agreement_chart
from dashboard.router import page_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.model_of_run import predictor_of
from dashboard.widgets.notices import disclaimer
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import finished_runs, pick_run
from dashboard.widgets.pictures.drift_view import show_drift
from dashboard.widgets.pictures.review_view import NOTHING, looked_at, review_table, say_if_gone, show_review

st.title("Review")
say_what_it_shows("review")
view = st.segmented_control(
    "View",
    ["Queue", "Drift watch"],
    default="Queue",
    required=True,
    key="review-view",
    persist_state="session",
    label_visibility="collapsed",
)
if view == "Drift watch":
    runs = [each for each in finished_runs() if each.recipe.image_size]
    if not runs:
        st.info("There is no trained model yet that looks at pictures.", icon=":material/info:")
    else:
        run = pick_run(runs, "Model")
        show_drift(run, predictor_of(run))
    disclaimer()
    st.stop()
try:
    reviews = list_reviews()
except LesionLabError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()
if not reviews:
    st.info(
        "No picture is waiting. On the page Predict, a picture that a model is undecided about can be put here.",
        icon=":material/info:",
    )
    st.page_link(page_of("predict"), label="Predict a picture", icon=":material/image_search:")
    disclaimer()
    st.stop()

waiting = [each for each in reviews if each.answer is None]
answered = [each for each in reviews if each.answer is not None]
row = st.container(horizontal=True)
row.metric("Waiting", f"{len(waiting):,}")
row.metric("Answered", f"{len(answered):,}")
if answered:
    agreed = sum(each.answer.label == each.entry.label for each in answered if each.answer is not None)
    row.metric("Person and model agree", percent(agreed / len(answered), 0), help=f"{agreed:,} of {len(answered):,}.")
which = st.segmented_control(
    "Show",
    ["Waiting", "Answered"],
    default="Waiting" if waiting else "Answered",
    required=True,
    on_change=looked_at,
    args=(NOTHING,),
)
shown = waiting if which == "Waiting" else answered
say_if_gone({each.review_id for each in shown})
if shown:
    names = {each.review_id: f"{number} of {len(shown)}" for number, each in enumerate(shown, 1)}
    chosen = st.selectbox("Picture", list(names), format_func=names.__getitem__)
    looked_at(chosen)
    show_review(next(each for each in shown if each.review_id == chosen))
else:
    st.caption("None.")
if answered:
    st.subheader("Agreement over time", anchor=False)
    by_week = agreement_over_time(answered)
    st.plotly_chart(
        agreement_chart(by_week),
        alt="Share of answers in which the person named the model's most likely class, by week",
    )
    csv_button("All as CSV", lambda: review_table(reviews), "reviews.csv")
disclaimer()
