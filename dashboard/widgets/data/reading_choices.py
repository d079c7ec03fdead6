"""Changing what was understood of a folder: columns, classes, what is malignant. Each change is read anew at once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from core.base.printable import printable
from core.data.reading.choices import NONE, Choices
from core.data.reading.reading import Reading
from core.data.reading.sides import ALL
from core.data.spec import MOST_CLASSES, ClassSpec
from dashboard.charts.palette import class_colours, class_mark
from dashboard.markdown import Markdown
from dashboard.roles import require_instructor
from dashboard.state.readings import draft, drafted
from dashboard.widgets.data.reading_view import MEANINGS, column_name, malignancy_in_words, sentence

MOST_FOLDERS = 500
UNDECIDED = ""
_MALIGNANT = {"malignant": True, "benign": False, "not known": None}
_ANSWERS = {"yes": True, "no": False, "nobody knows": None}


def choose_columns(folder: Path, reading: Reading) -> None:
    """A select box for each meaning, with how its column is known."""
    st.subheader("What the columns mean", anchor=False)
    if not (reading.every or reading.offered.get("image")):
        st.caption("There is no table beside the pictures, and the names of files and folders say nothing.")
    tables = reading.offered.get("table", [])
    if len(tables) > 1:
        key = _showing(folder, "table", reading.table)
        st.selectbox("Which table counts where they differ", tables, key=key, on_change=_change,
                     args=(folder, key, _table))  # fmt: skip
    versions = reading.offered.get("version", [])
    if versions:
        key = _showing(folder, "version", reading.choices.version or UNDECIDED)
        st.selectbox("Which pictures of the same name are used", [*([] if reading.choices.version else [UNDECIDED]),
                     *versions], format_func=_version_name, key=key, on_change=_change,
                     args=(folder, key, _version))  # fmt: skip
    for what, meaning in MEANINGS.items():
        now = reading.columns.get(what, NONE)
        every = reading.every if what != "image" else ()
        columns = dict.fromkeys([*([now] if now != NONE else ()), *reading.offered.get(what, ()), *every])
        nothing = [NONE] if what != "image" or now == NONE else []
        options = [*(name for name in columns if name != NONE), *nothing]
        if options == [NONE]:
            continue
        key = _showing(folder, f"column-{what}", now)
        st.selectbox(
            meaning, options, format_func=column_name, key=key, on_change=_change, args=(folder, key, _column(what))
        )
        if how := reading.how.get(what):
            st.caption(sentence(how))


def choose_classes(folder: Path, reading: Reading) -> None:
    """Whether each class is malignant, which are one, and which folders are no classes."""
    choices = drafted(folder)
    st.subheader("Which classes are malignant, and which mean the same?", anchor=False)
    choose_malignant(folder, [each for each in reading.classes if each not in reading.unjudged])  # those are asked
    _propose_merges(folder, reading)
    merge_any(folder, [each.key for each in reading.classes])
    _separate_spellings(folder, reading)
    merged_classes(folder)
    folders = sorted({*reading.folder_classes[:MOST_FOLDERS], *choices.no_classes})
    if folders:
        key = _showing(folder, "no-classes", list(choices.no_classes))
        st.multiselect(
            "These folders are not classes",
            folders,
            key=key,
            placeholder="all are",
            on_change=_change,
            args=(folder, key, _no_classes),
        )


def merged_classes(folder: Path) -> None:
    """The classes that somebody has merged, each to be parted again."""
    choices = drafted(folder)
    for name, kept in choices.merged.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            text = Markdown("{} counts as {}.") if kept != name else Markdown("{} is a class of its own.")
            st.markdown(text.format(f"“{name}”", f"“{kept}”"), width="content")
            label = "Separate them again" if kept != name else "Merge it again"
            if st.button(label, key=f"reading-part-{name}", type="tertiary", icon=":material/undo:"):
                merged = {old: new for old, new in choices.merged.items() if old != name}
                _decide(folder, replace(choices, merged=merged))


def _separate_spellings(folder: Path, reading: Reading) -> None:
    """The classes that are one because they differ in case or blanks alone, each to be a class of its own."""
    choices = drafted(folder)
    for name, kept in list(reading.spellings.items())[:MOST_CLASSES]:
        if name in choices.merged:
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                Markdown("{} counts as {}: they differ in case or blanks alone.").format(f"“{name}”", f"“{kept}”"),
                width="content",
            )
            if st.button("Separate them", key=f"reading-spelt-{name}", type="tertiary", icon=":material/call_split:"):
                _decide(folder, replace(choices, merged={**choices.merged, name: name}))


def choose_malignant(folder: Path, classes: Sequence[ClassSpec]) -> None:
    """Whether each class is malignant."""
    colours = class_colours(classes)
    grid = st.grid(min_column_width=270)
    for each in classes:
        with grid.container(gap="xxsmall"):
            st.markdown(Markdown("{} **{}**").format(class_mark(colours[each.key]), _named(each)))
            key = _showing(folder, f"malignant-{each.key}", malignancy_in_words(each))
            st.segmented_control(
                f"Is {each.name} malignant?",
                list(_MALIGNANT),
                required=True,
                label_visibility="collapsed",
                key=key,
                on_change=_change,
                args=(folder, key, _malignant(each.key)),
            )


def ask_malignant(folder: Path, reading: Reading) -> None:
    """A question for each class of which nobody has said whether it is malignant. Training does not wait for it."""
    if not reading.unjudged or reading.problem:
        return
    with st.container(border=True):
        st.markdown(
            Markdown(
                ":material/help: **Which of these are malignant?** Their names do not say. Until that is answered, "
                "missed malignant pictures cannot be counted for them; training does not wait for it."
            )
        )
        grid = st.grid(min_column_width=230)
        for each in reading.unjudged:
            key = _showing(folder, f"unjudged-{each.key}", None)
            grid.segmented_control(
                f"Is {_named(each)} malignant?", list(_ANSWERS), key=key, on_change=_change,
                args=(folder, key, _judged(each.key)),
            )  # fmt: skip


def _propose_merges(folder: Path, reading: Reading) -> None:
    choices = drafted(folder)
    for one, other in reading.alike:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"“{one}” and “{other}” may be one class written in two ways.", width="content")
            if st.button("Merge them", key=f"reading-merge-{one}-{other}", icon=":material/merge:"):
                _decide(folder, replace(choices, merged={**choices.merged, other: one}))


def merge_any(folder: Path, keys: list[str]) -> None:
    """A form that counts one class to another."""
    if len(keys) < 2:
        return
    with (
        st.expander("Merge two classes", icon=":material/merge:"),
        st.form(f"reading-merge-{folder}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        name = st.selectbox("Count the pictures of", keys, index=None, placeholder="a class")
        kept = st.selectbox("as", keys, index=None, placeholder="another class")
        if st.form_submit_button("Merge") and name and kept and name != kept:
            choices = drafted(folder)
            _decide(folder, replace(choices, merged={**choices.merged, name: kept}))


def _showing(folder: Path, what: str, now: Any) -> str:
    """Key of a widget that always shows what holds now, whoever changed it."""
    key = f"reading-{what}-{folder}"
    st.session_state[key] = now
    return key


def _change(folder: Path, key: str, change: Callable[[Choices, Any], Choices]) -> None:
    require_instructor()
    draft(folder, change(drafted(folder), st.session_state[key]))


def _decide(folder: Path, choices: Choices) -> None:
    require_instructor()
    draft(folder, choices)
    st.rerun()


def _column(what: str) -> Callable[[Choices, Any], Choices]:
    return lambda before, said: replace(before, columns={**before.columns, what: said})


def _malignant(key: str) -> Callable[[Choices, Any], Choices]:
    return lambda before, said: replace(before, malignant={**before.malignant, key: _MALIGNANT[said]})


def _judged(key: str) -> Callable[[Choices, Any], Choices]:
    return lambda before, said: replace(before, malignant={**before.malignant, key: _ANSWERS[said]})


def _table(before: Choices, said: str) -> Choices:
    return replace(before, table=said)


def _version(before: Choices, said: str) -> Choices:
    return replace(before, version="" if said == UNDECIDED else said)


def _version_name(said: str) -> str:
    return {UNDECIDED: "not decided", ALL: "all, those of one name together"}.get(said, f"those in {printable(said)}")


def _no_classes(before: Choices, said: list[str]) -> Choices:
    return replace(before, no_classes=tuple(said))


def _named(each: ClassSpec) -> str:
    return each.name if each.name == each.key.replace("_", " ") else f"{each.name} ({each.key})"
