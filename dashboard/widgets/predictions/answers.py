"""What was answered of many pictures: a table with filters and thumbnails, and files to take away."""

import base64
from pathlib import Path

import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.csv_text import column_of_each, in_one_cell
from core.base.errors import ConfigurationError, DataError
from core.runs.answers.reviews import MOST_QUEUED
from core.runs.answers.verdict import Kind, always_in_words
from core.serving.many_pictures import ManyPictures, answers_table, submission_table
from core.serving.predictor import DISCLAIMER, PredictorInfo
from core.serving.submission import positive_classes
from dashboard.markdown import Markdown
from dashboard.router import page_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.shares_table import PERCENT_FORMAT, times_100

ROWS = 50
"""Rows of a page of the table; each has a thumbnail."""
ANSWERS = {
    Kind.HIGH: "high",
    Kind.LOW: "low",
    Kind.REVIEW: "for a person",
    Kind.REFUSED: "refused",
}


@st.cache_data(max_entries=4, show_spinner="Reading the answers …")
def _answers(folder: str, keys: tuple[str, ...], size: int) -> pd.DataFrame:  # noqa: ARG001 - a longer file is another
    return answers_table(ManyPictures(Path(folder)), keys)


def show_answers(many: ManyPictures, info: PredictorInfo) -> None:
    """Everything that was answered so far."""
    size = many.answers_file.stat().st_size if many.answers_file.is_file() else 0
    table = _answers(str(many.path), info.class_keys, size)
    if table.empty:
        st.info("No picture has been answered yet.", icon=":material/hourglass_empty:")
        return
    _summary(table, info)
    chosen = _filtered(table, info)
    _page(chosen, many, info)
    with st.container(horizontal=True):
        csv_button("All probabilities", lambda: _as_csv(table, info), "predictions.csv")
        _submission(table, info)


def _summary(table: pd.DataFrame, info: PredictorInfo) -> None:
    unread = int((table["error"] != "").sum())
    row = st.container(horizontal=True)
    row.metric("Answered", f"{len(table) - unread:,}")
    for kind, count in table["answer"].value_counts().reindex([str(kind) for kind in Kind]).dropna().items():
        row.metric(ANSWERS[Kind(kind)], f"{count:,.0f}")
    row.metric("Could not be read", f"{unread:,}")
    names = {c.key: c.name for c in info.classes}
    counts = table["label"][table["answer"] != Kind.REFUSED].value_counts()
    if len(counts):
        often, pictures = names.get(counts.index[0], counts.index[0]), counted(counts.iloc[0], "pictures")
        row.metric("Most frequent", often, pictures, delta_arrow="off", delta_color="off")
    _say_what_is_queued(table)
    if not (table["gate"] != "").any():
        st.caption(
            "Whether these pictures are of the kind that the model knows was not looked at: its data set has no check "
            "of that yet. The page Predict tells how one is made."
        )


def _say_what_is_queued(table: pd.DataFrame) -> None:
    """How many undecided pictures went into the review queue, and where the others are; nothing where none did."""
    queued, undecided = int(table["queued"].sum()), int((table["answer"] == Kind.REVIEW).sum())
    if not queued:
        return
    if queued == undecided:
        text = f"All {queued:,} undecided pictures are in the review queue."
    else:
        text = (
            f"{queued:,} of {undecided:,} undecided pictures are in the review queue, at most {MOST_QUEUED} of one "
            "prediction. The others stand below: choose the answer “for a person”."
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(text, width="content")
        st.page_link(page_of("review"), label="Open the queue", icon=":material/rate_review:")


def _filtered(table: pd.DataFrame, info: PredictorInfo) -> pd.DataFrame:
    names = {c.key: c.name for c in info.classes}
    classes, answers, malignant = st.columns([3, 3, 2], vertical_alignment="bottom")
    labels = classes.multiselect("Most likely class", info.class_keys, format_func=names.__getitem__, key="many-labels")
    here = [kind for kind in Kind if (table["answer"] == kind).any()]
    kinds = answers.multiselect("Answer", here, format_func=ANSWERS.__getitem__, key="many-answers") if here else []
    least = 0.0
    if table["malignant"].notna().any():
        least = malignant.slider("Probability of malignant at least", 0.0, 1.0, 0.0, 0.05, key="many-least")
    possible, name, problems = st.columns([3, 3, 2], vertical_alignment="bottom")
    within = []
    if table["set"].notna().any():
        within = possible.multiselect(
            "Class that is possible", info.class_keys, format_func=names.__getitem__, key="many-possible"
        )
    text = name.text_input("Name contains", key="many-name")
    only_problems = problems.toggle("Only unreadable ones", key="many-problems")
    keep = table["error"] != "" if only_problems else pd.Series(True, table.index)
    if labels:
        keep &= table["label"].isin(labels) & (table["answer"] != Kind.REFUSED)
    if kinds:
        keep &= table["answer"].isin([str(kind) for kind in kinds])
    if within:
        keep &= table["set"].map(lambda keys: isinstance(keys, tuple) and not set(within).isdisjoint(keys))
    if least:
        keep &= table["malignant"] >= least
    if text:
        keep &= table["name"].str.contains(text, case=False, regex=False)
    first = table["malignant"].mask(table["answer"] == Kind.REFUSED)
    return table.assign(first=first)[keep].sort_values("first", ascending=False, kind="stable", na_position="last")


def _page(chosen: pd.DataFrame, many: ManyPictures, info: PredictorInfo) -> None:
    if chosen.empty:
        st.info("No picture matches. Remove a filter.", icon=":material/filter_alt_off:")
        return
    pages = -(-len(chosen) // ROWS)
    page = 1
    if pages > 1:
        page = int(st.number_input(f"Page, of {pages:,}", 1, pages, key="many-page", width=140))
    rows = chosen.iloc[(page - 1) * ROWS : page * ROWS]
    share = st.column_config.ProgressColumn(min_value=0, max_value=100, format=PERCENT_FORMAT)
    st.dataframe(
        times_100(_shown(rows, many, info), ("probability", "malignant", "high from")),
        hide_index=True,
        row_height=56,
        column_config={
            "picture": st.column_config.ImageColumn(width="small"),
            "probability": share,
            "malignant": share,
            "high from": st.column_config.NumberColumn(format=PERCENT_FORMAT),
        },
    )
    st.caption(
        f"{len(chosen):,} of the pictures, those with the largest malignant share first. Of a picture that is refused "
        "no percentage is shown; the file has all of them."
    )
    names = {c.key: c.name for c in info.classes}
    always = {key: names.get(key, key) for keys in chosen["always in set"].dropna() for key in keys}
    if always:
        st.caption(Markdown("Possible of every picture: {}").format(always_in_words(always, always)))


def _shown(rows: pd.DataFrame, many: ManyPictures, info: PredictorInfo) -> pd.DataFrame:
    """The rows as they stand on the page, without columns in which nothing stands."""
    names = {c.key: c.name for c in info.classes}
    known = rows["answer"] != Kind.REFUSED
    shown = pd.DataFrame(
        {
            "picture": [_thumbnail(many, number) for number in rows["number"]],
            "name": rows["name"],
            "answer": rows["answer"].map(lambda kind: ANSWERS[Kind(kind)] if kind else None),
            "most likely": rows["label"].map(names).where(known),
            "probability": rows["probability"].where(known),
            "malignant": rows["malignant"].where(known),
            "high from": rows["threshold"].where(known),
            "possible": rows["set"]
            .map(lambda keys: ", ".join(str(names.get(key, key)) for key in keys) if isinstance(keys, tuple) else None)
            .where(known),
            "gate": rows["gate"].replace("", None),
            "why": rows["reasons"].replace("", None),
            "picture quality": rows["notes"].replace("", None),
            "problem": rows["error"].replace("", None),
        }
    )
    always = ["picture", "name", "most likely", "probability"]
    told = shown[[name for name in shown if name in always or shown[name].notna().any()]]
    texts = [name for name in told if name != "picture" and not pd.api.types.is_numeric_dtype(told[name])]
    return told.fillna(dict.fromkeys(texts, ""))


def _thumbnail(many: ManyPictures, number: int) -> str | None:
    try:
        content = many.thumbnail(int(number)).read_bytes()
    except OSError:  # it could not be read
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"


def _as_csv(table: pd.DataFrame, info: PredictorInfo) -> pd.DataFrame:
    first = ["name", "label", "malignant"]
    last = ["answer", "set", "always in set", "gate", "score", "threshold", "reasons", "notes"]
    named = column_of_each(info.class_keys, [*first, *last, "error", "run", "notice"])
    columns = {f"p {key}": name for key, name in named.items()}
    told = table[[*first, *columns, *last, "error"]].rename(columns=columns)
    in_cells = {
        name: told[name].map(lambda keys: in_one_cell(keys) if isinstance(keys, tuple) else None)
        for name in ("set", "always in set")
    }
    return told.assign(**in_cells, run=info.run_id, notice=DISCLAIMER)


def _submission(table: pd.DataFrame, info: PredictorInfo) -> None:
    try:
        positive = positive_classes(info)
        submission = submission_table(table, positive)
    except (ConfigurationError, DataError) as error:
        st.caption(Markdown("No submission.csv: {}").format(error))
        return
    names = {c.key: c.name for c in info.classes}
    csv_button(
        "submission.csv",
        submission,
        "submission.csv",
        help=f"id, and as label the probability of {' or '.join(names[key] for key in positive)}: for competitions.",
    )
