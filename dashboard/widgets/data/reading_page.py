"""The Data page for one folder: what was understood of it, what is asked, and keeping what was decided."""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.base.errors import DataError
from core.data.catalog_entries import CatalogEntry
from core.data.decided_layouts import is_decided
from core.data.genes.gene_folders import folder_of_choices
from core.data.genes.gene_glance import GeneReading
from core.data.joined_sets import joined_sets
from core.data.picture_shards import PICTURE_SHARDS
from core.data.reading.any_folder import ANY_FOLDER
from core.data.reading.choices import Choices, choices_file, choices_of, keep_choices
from core.data.reading.glance import ReadingGlance
from core.data.recognition import recognise
from core.data.spec import DatasetSpec
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor
from dashboard.router import page_of
from dashboard.state.loading import load_dataset
from dashboard.state.readings import drafted, forget_draft, is_drafted, load_reading
from dashboard.state.rerun_catalog import current_catalog
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.data import reading_view as view
from dashboard.widgets.data.gene_reading import drafted_genes, show_genes
from dashboard.widgets.data.known_layout import (
    is_any_folder_drafted,
    offer_any_folder,
    say_what_it_is,
    show_known_layout,
)
from dashboard.widgets.data.reading_choices import ask_malignant, choose_classes, choose_columns

READING = "reading"
"""Parameter of the address: the data set whose reading is shown."""
_SAID = "reading-said"
_BUTTONS = {
    "Agree": (":material/check:", "Agreed: you can now train on it."),
    "Keep": (":material/save:", "The decisions are kept."),
}
"""Icon and what is said once it is done."""


def unsure_badge(spec: DatasetSpec) -> None:
    """Mark a data set of which something is asked; shows nothing where all is certain or agreed to."""
    if spec.unsure:
        st.badge("asks", icon=":material/help:", color="orange", help=spec.unsure)


def understood_button(entry: CatalogEntry) -> None:
    """The way from a card to what was understood."""
    _understood(entry.spec.name, asks=bool(entry.spec.unsure))


def _understood(name: str, *, asks: bool) -> None:
    st.button(
        "Answer the open questions" if asks else "What was understood",
        key=f"understood-{name}",
        icon=":material/help:" if asks else ":material/fact_check:",
        on_click=_open,  # a link to the page that is shown would leave its address as it is
        args=(name,),
    )


def show_reading_of(name: str) -> bool:
    """What was understood of a data set of the catalog, unusable ones among them; False if there is none."""
    catalog = current_catalog()
    entry = catalog.entry(name)
    if (place := dict(catalog.gene_tables).get(name)) is not None and (entry is None or not entry.present):
        _show_genes_of(name, place)
        return True
    if entry is None or not entry.folder.is_dir():
        return False
    st.button("All data", icon=":material/arrow_back:", on_click=_close)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(entry.spec.title, anchor=False, width="content")
        unsure_badge(entry.spec)
    if not (is_read(entry) or is_any_folder_drafted(entry.folder, entry.adapter)):
        if said := st.session_state.pop(_SAID, ""):
            st.toast(said)
        _show_known(entry)
        return True
    try:
        shown = load_reading(entry.folder, drafted(entry.folder))
    except DataError as error:
        st.error(str(error), icon=":material/folder_off:")
        return True
    if said := st.session_state.pop(_SAID, ""):
        st.toast(said)
    ask(shown, entry)
    if entry.present and entry.note:
        st.caption(entry.note)
    if current_role() is Role.INSTRUCTOR:
        _keep_or_agree(entry.folder, shown)
        _offer_near_duplicates(shown, entry)
    show_reading(entry.folder, shown)
    if current_role() is Role.INSTRUCTOR:
        st.markdown(view.file_line(choices_file(entry.folder)))
    return True


def _show_genes_of(name: str, place: Path) -> None:
    """What was understood of a gene-expression table of the catalog."""
    st.button("All data", icon=":material/arrow_back:", on_click=_close)
    st.title(name, anchor=False, width="content")
    if said := st.session_state.pop(_SAID, ""):
        st.toast(said)
    shown = drafted_genes(place)
    ask_of_genes(shown, name)
    folder = folder_of_choices(place)
    if current_role() is Role.INSTRUCTOR:
        with st.container(horizontal=True, vertical_alignment="center"):
            if shown.questions:
                _button("Agree", folder, shown.agreed, primary=True)
            _keep_or_forget(folder)
    show_genes(shown)
    if current_role() is Role.INSTRUCTOR:
        st.markdown(view.file_line(choices_file(folder)))


def ask_of_genes(shown: GeneReading, name: str = "") -> None:
    """What is asked of a gene-expression table, or that all is clear, where it is one of the catalog by this name."""
    if shown.questions:
        asked = Markdown("\n").join(Markdown("- {}").format(each) for each in shown.questions)
        st.warning(asked, title="To be answered before training", icon=":material/help:")
    elif shown.certain and name and not is_drafted(folder_of_choices(shown.place)):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.success("No question is open: you can train on it.", icon=":material/check:", width=520)
            st.page_link(page_of("genes"), label="Genes", query_params={"gene-table": name})


def genes_button(name: str, *, asks: bool) -> None:
    """The way from the card of a gene-expression table to what was understood."""
    _understood(name, asks=asks)


def _open(name: str) -> None:
    """Put a data set into the address, so that what was understood of it is shown; for `on_click`."""
    st.query_params[READING] = name


def _close() -> None:
    """Take what was understood out of the address; for `on_click`."""
    st.query_params.pop(READING, None)


def is_unusable(entry: CatalogEntry) -> bool:
    """Whether a folder is there that cannot be used as it is, rather than nothing at all."""
    if entry.present or not entry.folder.is_dir():
        return False
    return entry.adapter is None or bool(entry.spec.problem) or is_read(entry)


def is_read(entry: CatalogEntry) -> bool:
    """Whether a folder is understood by what lies in it, rather than as a layout that is known."""
    if entry.present:
        return entry.adapter in (ANY_FOLDER, PICTURE_SHARDS) or is_decided(entry.adapter)
    return entry.adapter is PICTURE_SHARDS or is_decided(entry.adapter) or bool(recognise(entry.folder).problem)


def ask(shown: ReadingGlance, entry: CatalogEntry | None = None) -> None:
    """What is asked, or why nothing can be learnt, or that all is clear, with the ways on where it was added."""
    reading = shown.reading
    st.markdown(view.headline(shown.glance, reading.noun))
    if reading.problem:
        st.error(reading.problem, title="It cannot be used as it is", icon=":material/error:")
    if reading.questions and not reading.agreed:
        asked = Markdown("\n").join(Markdown("- {}").format(each) for each in reading.questions)
        title = "To be answered before training"
        st.warning(asked, title=title, icon=":material/help:")
    elif reading.kind != "nothing" and not reading.problem:
        nothing = "Nothing has to be answered first." if reading.unjudged else "No question is open."
        why = "Somebody has agreed to this." if reading.questions else nothing
        if entry is None or is_drafted(entry.folder):
            st.success(f"{why} You can train on it once this is kept.", icon=":material/check:")
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.success(f"{why} You can train on it.", icon=":material/check:", width=520)
            for name, label in (("explore", "Explore"), ("train", "Train")):
                st.page_link(page_of(name), label=label, query_params={"dataset": entry.spec.name})


def _offer_near_duplicates(shown: ReadingGlance, entry: CatalogEntry) -> None:
    """The way to groups where nothing says which pictures belong together."""
    if shown.reading.group is None and entry.present and not shown.reading.problem:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("Nothing says which pictures belong together.", width="content")
            near_duplicates_link(entry.spec.name)


def near_duplicates_link(name: str) -> None:
    """A link to the Integrity page, where near-duplicates become groups."""
    st.page_link(
        page_of("integrity"),
        label="Build groups from near-duplicates",
        icon=":material/merge:",
        query_params={"dataset": name},
    )


def show_reading(folder: Path, shown: ReadingGlance) -> None:
    """Pictures, counts, columns and classes of a folder; instructors change them here."""
    reading = shown.reading
    change = current_role() is Role.INSTRUCTOR
    if change:
        ask_malignant(folder, reading)
    left, right = st.columns([3, 2], gap="large")
    with left:
        view.show_examples(shown.glance, reading.noun)
        view.show_counts(shown.glance)
        view.show_cautions(reading.cautions)
        view.show_left_out(reading.left_out)
    with right:
        (choose_columns if change else lambda _, reading: view.show_columns(reading))(folder, reading)
        view.show_other_columns(reading)
    if change and reading.classes:
        choose_classes(folder, reading)


def _show_known(entry: CatalogEntry) -> None:
    if not entry.present:
        st.error(entry.note, icon=":material/error:")
        return
    joined = entry.spec.name in {each.name for each in joined_sets()}
    if not joined:
        say_what_it_is(entry.spec)
    st.markdown(entry.spec.description)
    offer_any_folder(entry.folder, entry.adapter)
    if current_role() is Role.INSTRUCTOR:
        _keep_or_forget(entry.folder)
    if entry.note:
        st.caption(entry.note)
        view.show_cautions([entry.spec.caution] if entry.spec.caution else [])
        return
    show_known_layout(entry.folder, load_dataset(entry.spec.name), joined=joined)


def _keep_or_agree(folder: Path, shown: ReadingGlance) -> None:
    """Buttons for what was decided. Whoever keeps last has the say, in all of it: the file is replaced as a whole."""
    reading = shown.reading
    with st.container(horizontal=True, vertical_alignment="center"):
        if reading.questions and not reading.agreed and not reading.problem:
            _button("Agree", folder, replace(drafted(folder), agreed=reading.state), primary=True)
        _keep_or_forget(folder)


def _keep_or_forget(folder: Path) -> None:
    if is_drafted(folder):
        _button("Keep", folder, drafted(folder))
        st.button("Undo changes", icon=":material/undo:", on_click=forget_draft, args=(folder,))
        st.caption("The changes below are not saved until you press Keep.", width="content")
    elif not choices_of(folder).empty:
        lost = "The folder is then understood as if nobody had decided anything."
        if asks_first("Forget all decisions", lost, "Forget them", key="forget-decisions"):
            _keep(folder, Choices(), "All decisions are forgotten.")


def _button(label: str, folder: Path, choices: Choices, *, primary: bool = False) -> None:
    icon, said = _BUTTONS[label]
    if st.button(label, type="primary" if primary else "secondary", icon=icon):
        _keep(folder, choices, said)


def _keep(folder: Path, choices: Choices, said: str) -> None:
    require_instructor()
    keep_choices(folder, choices)
    forget_draft(folder)
    st.session_state[_SAID] = said
    st.rerun()
