"""Home: what this is, what data is here, what can be learnt from it, what runs now."""

import streamlit as st

from core.base.errors import PictureError
from core.base.percents import percent
from core.data.spec import DatasetSpec
from core.runs.run_folder import RunSummary
from core.runs.run_states import State
from core.teaching.demo_training import demo_training
from dashboard.charts.palette import class_colours, class_mark
from dashboard.glossary import meaning
from dashboard.markdown import Markdown
from dashboard.router import page_of
from dashboard.state.loading import load_dataset, load_gene_description, thumbnail
from dashboard.state.rerun_catalog import current_catalog
from dashboard.widgets.demo_training import show_demo_training
from dashboard.widgets.notices import leak_badge, source_line, synthetic_badge
from dashboard.widgets.pickers import pick_dataset
from dashboard.widgets.run_names import run_title
from dashboard.widgets.runs.run_list import STATE_COLOURS, readable_runs
from dashboard.widgets.tour import offer_tour
from dashboard.widgets.whole_cards import CARD
from dashboard.wording import in_words

POLL_SECONDS = 2.0
MOST_GENE_TABLES = 5
LESSON = (
    ("explore", "Which patients are in the data, and what was not recorded."),
    ("pictures", "What a network could learn instead of the disease."),
    ("integrity", "Find duplicates that would distort a test."),
    ("map", "Which diagnoses look alike, and which do not."),
    ("leakage", "How a careless split makes a poor network look brilliant."),
    ("quiz", "How hard it is: label some yourself, then compare."),
)
"""Pages in the order in which they teach what a data set is worth, each with what is learnt there."""


def what_is_here(real: list[DatasetSpec], gene_tables: int) -> str:
    """Which data sets can be looked at."""
    genes = f"{gene_tables} gene table{'s' * (gene_tables > 1)}" if gene_tables else ""
    if not real and not genes:
        return "Only the synthetic demo is here."
    titles = ", ".join([*(spec.title for spec in real), *filter(None, [genes])])
    return f"Here: {titles} and the demo."


def unfinished() -> list[RunSummary]:
    """Runs that are queued or being worked on, newest first, without the one that stands at the top of the page."""
    shown = demo_training()
    runs = [s for s in readable_runs() if s.status.state.active or s.status.state is State.QUEUED]
    return [s for s in runs if shown is None or s.run != shown.run]


st.title("Lesion Lab")
st.markdown(
    "Explore cancer image data, train classifiers in the background, and judge them honestly: on lesions they have "
    "never seen, compared with simple guessing. Then put a picture in front of a model and see how far its answer "
    "can be trusted."
)
show_demo_training()

here = current_catalog()
entries = [entry for entry in here.entries if entry.present]
real = [entry.spec for entry in entries if not entry.spec.synthetic]

heading, choice = st.columns([3, 2])
with choice:
    spec = pick_dataset()
with heading:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("The data", anchor=False, width="content")
        synthetic_badge(spec.synthetic)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(what_is_here(real, len(here.gene_tables)), width="content")
        label = "All of them" if real else "Get real data"
        st.page_link(page_of("data"), label=label, icon=":material/database:")
        if here.gene_tables:
            understood = [f"{name}: {load_gene_description(name)}" for name, _ in here.gene_tables[:MOST_GENE_TABLES]]
            st.page_link(page_of("genes"), label="Gene tables", icon=":material/genetics:", help=" ".join(understood))
dataset = load_dataset(spec.name)
table = dataset.described
st.markdown(spec.description)

with st.grid(6, min_column_width=125):
    pictured = f"{len(dataset.table):,} here" if len(dataset.table) < len(table) else None
    why = dataset.skipped[0].reason if pictured else None
    st.metric("Images", f"{len(table):,}", pictured, delta_arrow="off", delta_color="off", help=why, border=True)
    st.metric(f"{spec.group.capitalize()}s", f"{table['group_id'].nunique():,}", border=True)
    st.metric("Diagnoses", table["label"].nunique(), border=True)
    if spec.malignancy_known:
        st.metric("Malignant", percent(table["label"].isin(spec.malignant_keys).mean()), border=True)
    st.metric(
        "Most frequent",
        percent(table["label"].value_counts(normalize=True).iloc[0]),
        border=True,
        help=f"Share of the most frequent diagnosis. {meaning('floor')}",
    )
    if table["age"].notna().any():
        st.metric("Without an age", f"{table['age'].isna().sum():,}", border=True)

st.header("Can you trust these data? A lesson in six steps", anchor=False)
with st.grid(3, min_column_width=240):
    for number, (name, learnt) in enumerate(LESSON, start=1):
        with st.container(border=True, height="stretch", gap="xsmall", key=f"{CARD}lesson-{name}"):
            page = page_of(name)
            st.page_link(
                page,
                label=Markdown("**{} · {}**").format(number, page.title),
                icon=page.icon,
                query_params={"dataset": spec.name},
            )
            st.markdown(learnt)

st.page_link(
    page_of("references"),
    label="Published figures, trained again",
    icon=":material/balance:",
)

active = bool(unfinished())


@st.fragment(run_every=POLL_SECONDS if active else None)
def what_runs_now() -> None:
    """Queued and active runs with their progress, each with a link to its own page."""
    st.header("What runs now", anchor=False)
    running = unfinished()
    if active and not running:
        st.rerun()  # so that nothing polls any more
    if not running:
        with st.container(horizontal=True, vertical_alignment="center"):
            shown = demo_training()
            other = "Nothing is" if shown is None or shown.status.state.over else "Nothing else is"
            st.markdown(f"{other} being trained.", width="content")
            st.page_link(
                page_of("train"),
                label="Start a training",
                icon=":material/play_arrow:",
                query_params={"dataset": spec.name},
            )
            st.page_link(page_of("predict"), label="Try a prediction", icon=":material/image_search:")
    for each in running:
        status = each.status
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.page_link(page_of("runs"), label=run_title(each), query_params={"run": each.run.run_id})
                st.badge(str(status.state), color=STATE_COLOURS[status.state], help=status.state.meaning)
                leak_badge(each.leaking)
            if status.state.active:
                left = f", {in_words(status.eta_seconds)} left" if status.eta_seconds is not None else ""
                fraction = min(status.done / status.total, 1.0) if status.total else 0.0
                st.progress(fraction, text=(status.phase or status.state.meaning) + left)


what_runs_now()

st.header("The diagnoses", anchor=False)
colours = class_colours(spec.classes)
with st.grid(max(len(spec.classes), 6), min_column_width=120):
    for each in spec.classes:
        rows = table[(table["label"] == each.key) & table["path"].notna()]
        if rows.empty:
            continue
        with st.container(gap="xsmall"):
            try:
                st.image(thumbnail(rows["path"].iloc[0], 240), width="stretch", alt=f"An example of {each.name}")
            except PictureError as error:
                st.caption(str(error))
            kind = Markdown(" :small[{}]").format(each.kind) if each.malignant is not None else ""
            st.markdown(Markdown("**{}**  \n{}{}").format(each.name, class_mark(colours[each.key]), kind))
source_line(spec)
offer_tour()
