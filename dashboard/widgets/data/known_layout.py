"""What is understood of a folder in the layout of a public data set: pictures, counts, columns, what is left out."""

from pathlib import Path

import streamlit as st

from core.data.adapters.adapter import Adapter
from core.data.adapters.registry import ADAPTERS
from core.data.reading.choices import NONE, Choices
from core.data.reading.glance import glance_at
from core.data.reading.reading import Reading
from core.data.spec import TIDY_COLUMNS, Dataset, DatasetSpec
from core.data.trainable import how_to_decide
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor
from dashboard.state.readings import draft, drafted, load_reading
from dashboard.widgets.data import reading_view as view

_TIDY = {"group": "group_id", "image": "image_id"}
"""Names of tidy columns, where they are not those of their meaning."""


def is_any_folder_drafted(folder: Path, adapter: Adapter | None) -> bool:
    """Whether this session reads a folder in a known layout as any other one, which is not kept yet."""
    return adapter in ADAPTERS and not adapter.arrays and drafted(folder).decides


def say_what_it_is(spec: DatasetSpec) -> None:
    """The line that says by which layout a folder is read."""
    st.markdown(Markdown("Read as **{}**, whose columns are known: no question is open.").format(spec.title))


def offer_any_folder(folder: Path, adapter: Adapter | None) -> None:
    """A button that lets everything be changed, for instructors; or what can be decided of pictures in arrays."""
    if adapter not in ADAPTERS or current_role() is not Role.INSTRUCTOR:
        return
    if adapter.arrays:
        how = how_to_decide(folder).split(" --agree")[0]
        st.caption(
            Markdown(
                "Classes are merged or called malignant by {} --set merge:CLASS=CLASS or malignant:CLASS=no."
            ).format(how)
        )
        return
    st.button(
        "Read it as any other folder",
        icon=":material/tune:",
        help="Then columns, groups and classes can be changed. Nothing is kept before you say so.",
        on_click=_read_as_any,
        args=(folder,),
    )


def _read_as_any(folder: Path) -> None:
    require_instructor()
    draft(folder, Choices(layout=NONE))


def show_known_layout(folder: Path, dataset: Dataset, *, joined: bool = False) -> None:
    """Pictures, counts, cautions, columns and what is left out, as its own reader gives them.

    Args:
        folder: where it lies.
        dataset: what was read.
        joined: whether it is of several data sets, which have columns of their own.
    """
    spec = dataset.spec
    glance = glance_at(dataset.table, spec.classes)
    st.markdown(view.headline(glance, spec.group))
    left, right = st.columns([3, 2], gap="large")
    reading = None if joined else load_reading(folder, Choices()).reading
    with left:
        view.show_examples(glance, spec.group)
        if reading is not None and reading.kind != "nothing":
            view.show_left_out(reading.left_out)
        else:
            view.show_skipped([each.reason for each in dataset.skipped])
    with right:
        view.show_counts(glance)
        view.show_cautions([spec.caution] if spec.caution else [])
        if reading is not None:
            _show_columns(reading, dataset)


def _show_columns(reading: Reading, dataset: Dataset) -> None:
    """Which column means what, of those that the reader of the layout uses."""
    spec, rows = dataset.spec, dataset.described
    st.subheader("What the columns mean", anchor=False)
    if reading.kind == "nothing":
        st.caption(
            f"Pictures and classes lie in {spec.file or 'arrays'}, without a table that a person could choose from."
        )
    for what, meaning in view.MEANINGS.items():
        unknown = rows[_TIDY.get(what, what)].isna().all() or (what == "group" and spec.group == "picture")
        if unknown or (what == "image" and reading.kind == "nothing"):
            continue
        same = what != "group" or reading.noun == spec.group
        column = reading.columns.get(what) if same else None
        st.markdown(
            Markdown("**{}**: {}").format(meaning, view.column_name(column) if column else f"as {spec.title} gives it")
        )
    view.show_further([name for name in rows if name not in TIDY_COLUMNS])
