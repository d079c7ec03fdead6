"""What was understood of a folder: twelve pictures, counts by class and part, columns, what is left out, cautions."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core.base.counting import counted, plural
from core.base.errors import PictureError
from core.data.reading.choices import NONE
from core.data.reading.glance import PARTS, Glance
from core.data.reading.one_hot_columns import ONE_HOT, ONE_HOT_OR_NONE
from core.data.reading.reading import FOLDERS, Reading
from core.data.spec import ClassSpec
from dashboard.charts.palette import class_colours, class_mark
from dashboard.markdown import Markdown, code
from dashboard.state.loading import thumbnail

THUMBNAIL_HEIGHT = 150
MEANINGS = {
    "image": "Picture",
    "label": "Class",
    "group": "What belongs together",
    "split": "Official part",
    "age": "Age",
    "sex": "Sex",
    "site": "Body site",
    "diagnosis_method": "How it was diagnosed",
    "source": "Source of the picture",
}
"""What a column may mean, in the words of the page."""
_SHOWN_COLUMNS = 20
_SHOWN_REASONS = 20


def headline(glance: Glance, noun: str) -> Markdown:
    """How many pictures of how many classes and groups, as one sentence."""
    count = sum(n > 0 for n in glance.by_class["pictures"])
    text = Markdown("**{}**").format(counted(glance.pictures, "pictures"))
    if count:
        text += Markdown(", {}").format(counted(count, "classes"))
    if glance.pictures and noun != "picture":
        text += Markdown(", {}").format(counted(glance.groups, plural(noun)))
    if glance.unlabelled:
        text += Markdown(", {:,} without a class").format(glance.unlabelled)
    return text


def show_examples(glance: Glance, noun: str) -> None:
    """At most twelve pictures with their class, and the group where one is known."""
    st.subheader("Do these have the right class?" if glance.classes else "Some of the pictures", anchor=False)
    if glance.examples.empty:
        st.caption("No picture is here.")
        return
    colours, names = class_colours(glance.classes), {each.key: each.name for each in glance.classes}
    grid = st.grid(min_column_width=104, key="reading-examples")
    for number, (_, row) in enumerate(glance.examples.iterrows(), start=1):
        cell = grid.container(gap="xxsmall")
        name = names.get(row["label"], "no class") if pd.notna(row["label"]) else "no class"
        try:
            alt = f"Picture {number} of {len(glance.examples)}, {name}"
            cell.image(thumbnail(row["path"], THUMBNAIL_HEIGHT), width="stretch", alt=alt)
        except PictureError as error:
            cell.caption(f"{row['image_id']}: {error}")
        mark = class_mark(colours[row["label"]]) if row["label"] in colours else ""
        line = Markdown("{} **{}**").format(mark, name)
        if noun != "picture":
            line += Markdown("  \n:small[{} {}]").format(noun, row["group_id"])
        cell.markdown(line)


def show_counts(glance: Glance) -> None:
    """Pictures of each class, by official part where there are any, as bars in a table."""
    if not glance.classes:
        return
    st.subheader("Pictures of each class", anchor=False)
    by_key = {each.key: each for each in glance.classes}
    table = glance.by_class.assign(
        **{
            "class": [by_key[key].name for key in glance.by_class["key"]],
            "malignant": [malignancy_in_words(by_key[key]) for key in glance.by_class["key"]],
        }
    )
    parts = [part for part in PARTS if table[part].any()]
    written = ["key"] if (table["class"] != table["key"]).any() else []
    table = table[["class", *written, "malignant", "pictures", *parts]]
    most = max(1, int(table["pictures"].max()))
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "class": st.column_config.TextColumn(width=None if parts else "medium"),
            "key": "as written",
            "pictures": st.column_config.ProgressColumn(
                format="%d", min_value=0, max_value=most, width="small" if parts else None
            ),
        },
        placeholder="–",
        alt=f"Pictures of each of {len(table)} classes" + (f" in {', '.join(parts)}" if parts else ""),
    )
    if glance.unlabelled:
        st.caption(
            f"Without a class: {counted(glance.unlabelled, 'pictures')}. No model learns from what has none; Predict "
            "can answer it."
        )


def show_columns(reading: Reading) -> None:
    """Which column means what, and how that is known."""
    st.subheader("What the columns mean", anchor=False)
    for what, meaning in MEANINGS.items():
        if what in reading.columns or what in reading.how:
            line = Markdown("**{}**: {}").format(meaning, column_name(reading.columns.get(what, NONE)))
            if how := reading.how.get(what):
                line += Markdown("  \n:small[{}]").format(sentence(how))
            st.markdown(line)


def show_other_columns(reading: Reading) -> None:
    """Columns without a meaning of their own, which are kept as further metadata, and how tables were joined."""
    if "tables" in reading.how:
        st.caption(sentence(reading.how["tables"]))
    meant = {reading.columns.get(what) for what in MEANINGS}
    show_further([name for what, name in reading.columns.items() if what == name and name not in meant])


def show_further(others: Sequence[str]) -> None:
    """Columns that are kept and have no meaning of their own."""
    if others:
        more = f" and {len(others) - _SHOWN_COLUMNS:,} more" if len(others) > _SHOWN_COLUMNS else ""
        shown = ", ".join(map(column_name, others[:_SHOWN_COLUMNS]))
        st.caption(f"Kept as further columns: {shown}{more}.")


def show_left_out(left_out: Mapping[str, int]) -> None:
    """What is not used, with reason and number."""
    st.subheader("Left out", anchor=False)
    if not left_out:
        st.caption("Nothing was left out.")
        return
    st.markdown(Markdown("\n").join(Markdown("- {:,} {}").format(count, why) for why, count in left_out.items()))


def show_skipped(reasons: Sequence[str]) -> None:
    """What a reader has left out, in its own sentences."""
    st.subheader("Left out", anchor=False)
    if not reasons:
        st.caption("Nothing was left out.")
        return
    st.markdown(Markdown("\n").join(Markdown("- {}").format(each) for each in reasons[:_SHOWN_REASONS]))
    if len(reasons) > _SHOWN_REASONS:
        st.caption(f"And {len(reasons) - _SHOWN_REASONS:,} more.")


def show_cautions(cautions: list[str]) -> None:
    """What must be known of the pictures that are used."""
    if cautions:
        st.subheader("Be careful", anchor=False)
        st.markdown(Markdown("\n").join(Markdown("- {}").format(each) for each in cautions))


def column_name(column: str) -> str:
    """A column for people: those that stand for names of folders and files say so."""
    if column.startswith("folder ") and column.removeprefix("folder ").isdigit():
        return f"names of folders, level {column.removeprefix('folder ')}"
    if column.startswith("name: "):
        return f"{column.removeprefix('name: ')} in the names of files"
    named = {
        FOLDERS: "names of folders",
        ONE_HOT: "one column for each class",
        ONE_HOT_OR_NONE: "one column for each class, or none of them",
        NONE: "none",
    }
    return named.get(column, column)


def malignancy_in_words(each: ClassSpec) -> str:
    """ "malignant", "benign" or "not known"."""
    return "not known" if each.malignant is None else each.kind


def file_line(file: object) -> Markdown:
    """Where decisions are kept."""
    return Markdown(
        ":small[Decisions are kept in {}. Copy this file into the same folder on another machine to have them "
        "there, for a folder of the same name.]"
    ).format(code(file))


def sentence(text: str) -> str:
    """A part of a sentence as one of its own."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "…")) else ".")
