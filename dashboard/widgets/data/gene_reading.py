"""What was understood of a gene-expression table, and changing it: which way round it lies, columns, classes."""

from pathlib import Path

import streamlit as st

from core.data.genes.gene_folders import folder_of_choices
from core.data.genes.gene_glance import GeneReading
from core.data.reading.choices import NONE, SIDES
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor
from dashboard.state.readings import draft, drafted, load_genes
from dashboard.widgets.data import reading_view as view
from dashboard.widgets.data.reading_choices import choose_malignant, merge_any, merged_classes

PARTS = ("train", "test")


def drafted_genes(place: Path) -> GeneReading:
    """What is understood of a gene-expression table with what this session has decided, or else with what is kept."""
    return load_genes(place, drafted(folder_of_choices(place)))


def show_genes(shown: GeneReading) -> None:
    """Samples, genes, classes, how the files lie, what was left out and what is asked; to be changed by instructors."""
    st.markdown(_headline(shown))
    if shown.problem:
        st.error(shown.problem, title="It cannot be used as it is", icon=":material/error:")
        if shown.choices.samples:
            _choose_side(shown)
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_classes(shown)
        view.show_cautions(list(shown.cautions))
        view.show_left_out(shown.left_out)
    with right:
        st.subheader("How it is read", anchor=False)
        st.markdown(shown.words)
        scale = "Values are on a logarithmic scale" if shown.logarithmic else "Values are intensities"
        st.markdown(Markdown("**{}**  \n:small[{}]").format(scale, view.sentence(shown.scale)))
        _choose_side(shown)
        _class_column(shown)
        _group_column(shown)
        if shown.columns.get("sample"):
            st.caption(f"The column {shown.columns['sample']} of {shown.table} names the samples.")
    if current_role() is Role.INSTRUCTOR and shown.classes:
        folder = folder_of_choices(shown.place)
        st.subheader("Which classes are malignant, and which mean the same?", anchor=False)
        choose_malignant(folder, shown.classes)
        merge_any(folder, [each.key for each in shown.classes])
        merged_classes(folder)


def _headline(shown: GeneReading) -> Markdown:
    text = Markdown("**{:,} samples**, {:,} genes, {} classes").format(shown.samples, shown.genes, len(shown.classes))
    return text + Markdown(", {:,} {}s").format(shown.groups, shown.group) if shown.group != "sample" else text


def _show_classes(shown: GeneReading) -> None:
    st.subheader("Samples of each class", anchor=False)
    names = {each.key: each for each in shown.classes}
    parts = [part for part in PARTS if shown.by_class[part].any()]
    table = shown.by_class.assign(
        **{
            "class": [names[key].name for key in shown.by_class["key"]],
            "malignant": [view.malignancy_in_words(names[key]) for key in shown.by_class["key"]],
        }
    )
    written = ["key"] if (table["class"] != table["key"]).any() else []
    st.dataframe(
        table[["class", *written, "malignant", "samples", *parts]],
        hide_index=True,
        column_config={
            "key": "as written",
            "samples": st.column_config.ProgressColumn(
                format="%d", min_value=0, max_value=max(1, int(table["samples"].max()))
            ),
        },
        alt=f"Samples of each of {len(table)} classes" + (f" in {', '.join(parts)}" if parts else ""),
    )


def _choose_side(shown: GeneReading) -> None:
    if current_role() is not Role.INSTRUCTOR:
        return  # the words above say it
    folder = folder_of_choices(shown.place)
    key = f"gene-side-{shown.place}"
    st.session_state[key] = shown.samples_in or shown.choices.samples
    st.segmented_control(
        "Samples lie in", SIDES, key=key, required=True, on_change=_decide, args=(folder, "samples", key)
    )


def _class_column(shown: GeneReading) -> None:
    if current_role() is not Role.INSTRUCTOR:
        st.markdown(Markdown("**Class**: {}").format(shown.columns.get("label", "")))
        return
    folder = folder_of_choices(shown.place)
    key = f"gene-class-{shown.place}"
    st.session_state[key] = shown.columns["label"]
    st.selectbox(
        f"Class, a column of {shown.table}", shown.offered, key=key, on_change=_decide, args=(folder, "label", key)
    )


def _group_column(shown: GeneReading) -> None:
    group = shown.columns.get("group", NONE)
    if current_role() is not Role.INSTRUCTOR:
        if group != NONE:
            st.markdown(Markdown("**Never split**: {}").format(group))
        return
    folder = folder_of_choices(shown.place)
    key = f"gene-group-{shown.place}"
    st.session_state[key] = group
    st.selectbox(
        "What must not be split: samples with the same value stay together",
        shown.offered_groups,
        key=key,
        format_func=lambda name: "nothing: each sample stands alone" if name == NONE else name,
        on_change=_decide,
        args=(folder, "group", key),
    )


def _decide(folder: Path, what: str, key: str) -> None:
    """Draft a decision that a widget holds: a column, or on which side samples lie; for `on_change`."""
    require_instructor()
    said = st.session_state[key]
    draft(folder, drafted(folder).with_settings([f"{what}={said}"]))
