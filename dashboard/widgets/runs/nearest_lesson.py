"""The leakage lesson in seconds on its page: a model that only remembers, under each split."""

from collections.abc import Mapping

import streamlit as st

from core.base.errors import LesionLabError
from core.base.percents import percent
from core.data.spec import Dataset
from core.data.splits.leakage import LeakageReport
from core.data.splits.splits import Split, SplitKind
from core.teaching.nearest_lesson import COLUMNS, MOST_PICTURES, SIZE, known_outcomes, nearest_outcomes
from dashboard.charts.lessons import outcome_chart
from dashboard.roles import Role, current_role, require_instructor
from dashboard.state.leakage_verdict import verdict
from dashboard.widgets.shares_table import shares_table


def show_nearest(
    dataset: Dataset, splits: Mapping[SplitKind, Split], reports: Mapping[SplitKind, LeakageReport]
) -> None:
    """Figures of a model that remembers its training pictures, where they are known; else the way to them.

    Args:
        dataset: whose pictures they are.
        splits: those of the page.
        reports: what each of them leaks.
    """
    if len(dataset.table) > MOST_PICTURES or SplitKind.GROUPED not in splits:
        return
    may = current_role() is Role.INSTRUCTOR
    outcomes = known_outcomes(dataset, splits)
    if outcomes is None and not may:
        return
    st.subheader("In ten seconds: a model that only remembers", anchor=False)
    st.markdown(
        f"It gives a picture the class of the training picture that looks most alike ({SIZE} × {SIZE} pixels, nearest "
        "neighbour). It learns nothing else, so all that a split leaks shows at once."
    )
    if outcomes is None:
        if not st.button("Compute it on these splits", icon=":material/timer:", key="nearest-lesson"):
            return
        try:
            require_instructor()
            with st.spinner("Comparing the pictures …"):
                nearest_outcomes(dataset, splits)
        except LesionLabError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.rerun()
    figure, words = st.columns([3, 2], gap="large", vertical_alignment="center")
    figure.plotly_chart(
        outcome_chart(outcomes, learner="model that only remembers"),
        key="nearest-outcome",
        config={"displayModeBar": False},
        alt="Accuracy of a model that only remembers, under each split: "
        + ", ".join(f"{row.split} {percent(row.accuracy)}" for row in outcomes.itertuples()),
    )
    words.markdown(verdict(outcomes, reports, learner="model"))
    with words.expander("The numbers behind it", icon=":material/table_chart:"):
        shares_table(outcomes, COLUMNS[1:-1], "Test figures of the remembering model under each split")
