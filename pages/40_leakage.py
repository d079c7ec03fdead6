"""Leakage: why a random split flatters a network, on the pictures and on three trainings side by side."""

import pandas as pd
import streamlit as st

from core.base.errors import PictureError, RunError
from core.base.percents import percent
from core.data.splits.leakage import chance_of_a_sibling, draw_leaked_pair
from core.data.splits.splits import SplitKind
from core.models.registry import model_spec
from core.runs.judging.results import load_leakage_of
from core.teaching.leakage_lesson import (
    KINDS,
    TEST_FRACTION,
    LeakageLesson,
    fractions,
    list_leakage_lessons,
    open_leakage_lesson,
    start_leakage_lesson,
)
from dashboard.charts.lessons import SPLIT_NAMES, leak_chart, leak_table, outcome_chart
from dashboard.local_time import made_at
from dashboard.markdown import Markdown, code
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.router import page_of
from dashboard.state.leakage_address import INPUTS, key_of, link_followed, set_inputs, show_lesson, write_address
from dashboard.state.leakage_verdict import (
    LEAST_DIFFERENCE,
    lesson_splits,
    outcome_table,
    verdict,
    what_leaks,
    why_not_grouped,
)
from dashboard.state.loading import load_content, load_dataset, load_leakage, thumbnail
from dashboard.state.parts_reached import parts_reached
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.notices import show_levels, source_line, synthetic_badge, training_refusal
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import pick_dataset
from dashboard.widgets.runs.lesson_trainings import show_trainings
from dashboard.widgets.runs.nearest_lesson import show_nearest
from dashboard.widgets.shares_table import shares_table

NO_BAR = {"displayModeBar": False}


def asked_lesson(followed: bool) -> LeakageLesson | None:
    """The lesson in the address; where a link was followed, its data set is shown whatever was chosen before."""
    if not (lesson_id := st.query_params.get("lesson")):
        return None
    try:
        lesson = open_leakage_lesson(lesson_id)
    except RunError as error:
        st.warning(str(error), icon=":material/link_off:")
        return None
    if followed:
        st.query_params["dataset"] = lesson.dataset
    return lesson


st.title("Leakage")
say_what_it_shows("leakage")
followed = link_followed()
lesson = asked_lesson(followed)
place = st.container(horizontal=True, vertical_alignment="bottom")
with place.container(width=360):
    spec = pick_dataset()
lessons = list_leakage_lessons(spec.name)
if lesson not in lessons:
    lesson = next((each for each in lessons if each.live()), lessons[0] if lessons else None)
set_inputs(lesson, followed)
write_address(spec.name, lesson)
percents = INPUTS["share"]
of_hundred = place.slider(
    "Training part (%)",
    percents[0],
    percents[-1],
    step=percents[1] - percents[0],
    key=key_of("share"),
    width=240,
    help=f"{percent(TEST_FRACTION, 0)} are held out as the test part; what is left chooses the best epoch.",
)
seed = place.number_input("Seed of the draw", 0, 2**31 - 1, key=key_of("seed"), width=160)
synthetic_badge(spec.synthetic)

parts = fractions(of_hundred / 100)
dataset = load_dataset(spec.name)
splits = lesson_splits(spec.name, seed, parts)
if not splits:
    st.info(f"{spec.title} has too few pictures here to be divided.", icon=":material/image_not_supported:")
    st.stop()
reports = {kind: load_leakage(spec.name, str(kind), seed, parts) for kind in splits}
impossible = {kind: why_not_grouped(dataset) for kind in KINDS if kind not in splits}

for column, kind in zip(st.columns(3, gap="medium"), KINDS, strict=True):
    with column:
        st.subheader(SPLIT_NAMES[kind], anchor=False, help=kind.explanation)
        if kind in impossible:
            st.info(impossible[kind], icon=":material/block:")
            st.page_link(
                page_of("train"),
                label=f"Hold out a whole {spec.group}, without a test part",
                icon=":material/model_training:",
                query_params={"dataset": spec.name},
            )
            continue
        report = reports[kind]
        related, copied = (n / max(report.held_out, 1) for n in (report.with_group_in_train, report.with_copy_in_train))
        row = st.container(horizontal=True)
        row.metric(
            f"Test pictures with a picture of their {spec.group} in training",
            percent(related),
            f"{report.with_group_in_train:,} of {report.held_out:,}",
            delta_color="off",
            delta_arrow="off",
        )
        row.metric(
            "Test pictures with an identical copy in training",
            percent(copied),
            f"{report.with_copy_in_train:,} of {report.held_out:,}",
            delta_color="off",
            delta_arrow="off",
        )
        st.plotly_chart(
            leak_chart(report, spec.classes, spec.group),
            key=f"leak-{kind}",
            config=NO_BAR,
            alt=f"{SPLIT_NAMES[kind]}: {percent(related)} of the test pictures have a picture of their {spec.group} in "
            f"training, {percent(copied)} an identical copy",
        )
        show_levels(report)
        st.caption(parts_reached(splits[kind], spec.class_names))
st.markdown(what_leaks(reports, spec.class_names, spec.group))
chance = chance_of_a_sibling(dataset.table, parts[0])
by_class = chance.groupby(dataset.table["label"]).mean()
said = (
    f"Another seed gives another draw. Over all random draws, a test picture has a picture of its {spec.group} in "
    f"training with a chance of {percent(chance.mean())}"
)
if by_class.max() - chance.mean() >= LEAST_DIFFERENCE:
    said += f"; highest for {spec.class_names[by_class.idxmax()]} ({percent(by_class.max())})" + "".join(
        f", for {spec.class_names[key]} {percent(by_class[key])}"
        for key in spec.malignant_keys
        if key in by_class and key != by_class.idxmax()
    )
st.caption(f"{said}.")
with st.expander("The numbers behind it", icon=":material/table_chart:"):
    numbers = leak_table(list(reports.values()), spec.class_names)
    shares_table(numbers, ["share"], "Leaks by split and class")
    csv_button("Download as CSV", numbers, f"leakage-{spec.name}-{of_hundred}-{seed}.csv")

st.header("See an example", anchor=False)


@st.fragment
def example_pair() -> None:
    """A test picture beside the training picture that gives it away."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    kind = row.segmented_control(
        "Split",
        KINDS[1:],
        default=KINDS[1],
        required=True,
        format_func=SPLIT_NAMES.__getitem__,
        wrap=True,
        key="pair-split",
        persist_state="session",
    )
    label = row.selectbox(
        "Class",
        ["", *spec.class_keys],
        format_func=lambda key: spec.class_names.get(key, "any class"),
        key=f"pair-class-{spec.name}",
        persist_state="session",
        width=280,
    )
    draw = st.session_state.setdefault("pair-draw", 0)
    if row.button("Draw another", icon=":material/casino:"):
        draw = st.session_state["pair-draw"] = draw + 1
    pair = draw_leaked_pair(splits[kind], load_content(spec.name), draw, label or None)
    if pair is None:
        st.info("This draw leaks no such picture. Choose another class or another seed.", icon=":material/info:")
        return
    table = dataset.table.drop_duplicates("image_id").set_index("image_id")
    pictures = st.columns([1, 1, 1])
    for column, image_id, part in (
        (pictures[0], pair.held_out_id, "in the test part"),
        (pictures[1], pair.train_id, "in the training part"),
    ):
        with column:
            try:
                st.image(
                    thumbnail(table.at[image_id, "path"], 360),
                    width="stretch",
                    alt=f"{spec.class_names[pair.label]}, picture {image_id}, {part}",
                )
            except PictureError as error:
                st.caption(str(error))
            st.markdown(Markdown("**{}**  \n{}").format(part, code(image_id)))
    if pair.identical:
        said = "The very same picture: the network has been told its answer."
    elif table.at[pair.train_id, "label"] == pair.label:
        said = f"Two pictures of one {spec.group}: the network has been told the answer for this {spec.group}."
    else:
        said = f"Two pictures of one {spec.group}, of different classes: the network knows how its pictures look."
    pictures[2].markdown(
        Markdown("**{}**, {} {}\n\n{}\n\nDraw {}, seed {}.").format(
            spec.class_names[pair.label], spec.group, code(pair.group_id), said, draw + 1, seed
        )
    )


example_pair()

st.header("What it does to the accuracy", anchor=False)
show_nearest(dataset, splits, reports)
if SplitKind.GROUPED in splits:
    st.subheader("In minutes: a network that learns", anchor=False)
times = {2: "twice", 3: "three times"}[len(splits)]
st.markdown(
    f"The same small network is trained {times} with the same settings; only the split differs. It starts from "
    "the same weights each time."
    + " Without a grouped split there is no honest figure here: you only see how good the others look."
    * bool(impossible)
)
may_launch = current_role() is Role.INSTRUCTOR
refused = training_refusal(spec)
row = st.container(horizontal=True, vertical_alignment="bottom")
name = row.selectbox(
    "Network", INPUTS["network"], format_func=lambda n: model_spec(n).title, key=key_of("network"), width=220
)
epochs = row.number_input("Epochs", INPUTS["epochs"][0], INPUTS["epochs"][-1], key=key_of("epochs"), width=140)
label = f"Train under {'both' if impossible else 'all three'} splits"
if row.button(label, type="primary", icon=":material/play_arrow:", disabled=refused or not may_launch):
    require_instructor()
    with st.spinner("Handing the runs to the engine …"):
        show_lesson(start_leakage_lesson(spec.name, name, epochs, seed, of_hundred / 100, impossible, current_person()))
if not may_launch:
    st.caption("Only instructors can start a training on this server.")

if lesson is None:
    st.info(
        "Nobody has run this lesson on this data set yet. Short trainings run one after another, and their "
        "curves grow here side by side.",
        icon=":material/school:",
    )
    source_line(spec)
    st.stop()
if len(lessons) > 1:
    by_id = {each.lesson_id: each for each in lessons}

    def title(lesson_id: str) -> str:
        """Network, epochs, parts and when."""
        each = by_id[lesson_id]
        settings = f"{each.epochs} epochs, {percent(each.train_fraction, 0)} in training, seed {each.seed}"
        return f"{each.model}, {settings} · {made_at(lesson_id)}"

    picked = st.selectbox("Lesson", list(by_id), index=lessons.index(lesson), format_func=title)
    if picked != lesson.lesson_id:
        show_lesson(by_id[picked])
show_trainings(lesson)
if not lesson.live():
    outcomes = outcome_table(lesson)
    if outcomes.empty or outcomes["accuracy"].isna().any():
        st.info("No run of this lesson was evaluated, so there is no figure to compare.", icon=":material/info:")
    else:
        kinds = map(SplitKind, outcomes["split"])
        of_runs = {kind: load_leakage_of(run) for kind in kinds if (run := lesson.run(kind)) is not None}
        figure, words = st.columns([3, 2], gap="large", vertical_alignment="center")
        figure.plotly_chart(
            outcome_chart(outcomes),
            key="lesson-outcome",
            config=NO_BAR,
            alt="Accuracy with interval, floor and balanced accuracy under each split: "
            + ", ".join(f"{row.split} {percent(row.accuracy)}" for row in outcomes.itertuples()),
        )
        words.subheader("How to read this", anchor=False)
        words.markdown(verdict(outcomes, of_runs))
        words.caption(
            Markdown(
                "{}, {} epochs, seed {}, on the test part of each split; intervals from resampling whole {}s."
            ).format(code(lesson.model), lesson.epochs, lesson.seed, spec.group)
        )
        with st.expander("The numbers behind it", icon=":material/table_chart:"):
            shares = [name for name in outcomes.columns if pd.api.types.is_float_dtype(outcomes[name])]
            shares_table(outcomes, shares, "Test figures under each split")
            csv_button("Download as CSV", outcomes, f"leakage-lesson-{lesson.lesson_id}.csv")
source_line(spec)
