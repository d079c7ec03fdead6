"""Reference systems: every published system trained here, as its report did it and honestly, beside its figure."""

import streamlit as st

from core.reproduction.outcomes import Progress, Standing, standings
from core.reproduction.planning import QUICK_EPOCHS, QUICK_PICTURES
from core.reproduction.report import report_files
from core.reproduction.systems import list_systems
from dashboard.charts.references import references_chart
from dashboard.markdown import Markdown, code
from dashboard.state.rerun_catalog import current_catalog
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.notices import say_what_is_gone
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.runs.reference_row import references_table, show_row
from dashboard.widgets.shares_table import shares_written

POLL_SECONDS = 2.0
ROW, QUICK = "row", "quick"


def rows(quick: bool) -> list[Standing]:
    """How every row stands now."""
    return standings(list_systems(), current_catalog(), quick)


st.title("Reference systems")
say_what_it_shows("references")
systems = {system.name: system for system in list_systems()}
place = st.container(horizontal=True, vertical_alignment="bottom")
say_what_is_gone("row", ROW, systems, "The page shows the first one.")
# Streamlit's own binding would write a row's title, and the two in two steps of the browser's history.
asked = st.query_params.get(ROW)
name = place.selectbox(
    "Row",
    list(systems),
    index=list(systems).index(asked) if asked in systems else 0,
    format_func=lambda key: systems[key].title,
    width=320,
)
quick = place.toggle(
    "Quick",
    value=st.query_params.get(QUICK) == "yes",
    help=f"Trains {QUICK_EPOCHS} epochs on at most {QUICK_PICTURES:,} pictures, to see it work. Switch it off to see "
    "the whole trainings.",
)
if (asked, st.query_params.get(QUICK) == "yes") != (name, quick):
    st.query_params.update({ROW: name, QUICK: "yes" if quick else "no"})
with st.spinner("Looking at the data …"):
    now = rows(quick)
active = any(each.progress is Progress.TRAINING for each in now)


@st.fragment(run_every=POLL_SECONDS if active else None)
def live() -> None:
    """The table, the chart and the chosen row, as they are now."""
    found = rows(quick)
    if active and not any(each.progress is Progress.TRAINING for each in found):
        st.rerun()
    [chosen] = [each for each in found if each.system.name == name]
    left, right = st.columns([3, 2], gap="large")
    with left, st.container(border=True):
        show_row(chosen, current_catalog())
    right.plotly_chart(
        references_chart(found),
        key="references",
        config={"displayModeBar": False},
        alt="Accuracy of each system as published, as its report did it, and honestly held out",
    )
    table = references_table(found)
    st.subheader("All rows", anchor=False)
    shares = ("as they did it", "honestly held out", "lower", "upper", "floor")
    st.dataframe(
        shares_written(table, shares),
        hide_index=True,
        height="content",
        placeholder="–",
        alt="Published and own figures of every reference system",
    )
    csv_button("The table as CSV", table, "reference-systems.csv")


live()
st.caption(
    Markdown("{} trains all rows one after another, and writes this table as {} and {}.").format(
        code("python -m core reproduce" + " --quick" * quick), *(code(file.name) for file in report_files())
    )
)
