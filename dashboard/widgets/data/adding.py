"""Adding a folder by its path: what is understood of it is shown, and can be changed, before it is added."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.base.errors import DataError, LesionLabError
from core.data.adapters.listing import list_folder
from core.data.added_folders import Content, add_folder, look_into, usable_folder
from core.data.decided_layouts import is_decided
from core.data.genes.gene_folders import folder_of_choices
from core.data.genes.gene_glance import GeneReading
from core.data.reading.glance import ReadingGlance
from core.data.recognition import recognise
from dashboard.markdown import code
from dashboard.roles import require_instructor
from dashboard.state.readings import drafted, forget_draft, is_drafted, load_folder, load_reading
from dashboard.widgets.data.gene_reading import drafted_genes, show_genes
from dashboard.widgets.data.known_layout import (
    is_any_folder_drafted,
    offer_any_folder,
    say_what_it_is,
    show_known_layout,
)
from dashboard.widgets.data.reading_page import ask, ask_of_genes, show_reading
from dashboard.widgets.data.reading_view import show_cautions

TO_ADD, ADDED = "data-folder-to-add", "data-added"


def show_before_adding(path: str) -> None:
    """What would be understood of a folder, before it is added."""
    require_instructor()
    st.title("Add a folder", anchor=False)
    try:
        folder = usable_folder(path)
    except DataError as error:
        st.error(str(error), icon=":material/folder_off:")
        st.button("Back", on_click=_put_back, icon=":material/arrow_back:")
        return
    st.markdown(code(folder))
    content: Content | None = None
    problem = ""
    try:
        content = look_into(path)
    except DataError as error:
        problem = str(error)
    places = content.places if content is not None else (folder,)
    place = places[0]
    if content is not None and not content.single:
        st.markdown(f"{len(places)} data sets lie in it; each can be looked at before all are added.")
        place = st.selectbox("Data set", places, format_func=lambda each: each.name, width=400)
    genes = _genes_before(place)
    readings = {place: shown} if (shown := _reading_before(place)) is not None else {}
    if shown is not None:
        ask(shown)
    for each in genes:
        ask_of_genes(each)
    usable = content is not None or (
        shown is not None and not shown.reading.problem and shown.reading.kind != "nothing"
    )
    if not usable and (shown is None or not shown.reading.problem):
        st.error(problem, icon=":material/folder_off:")
    for other in content.problems if content is not None else ():
        st.warning(other, icon=":material/warning:")
    with st.container(horizontal=True):
        asks = any(each.questions for each in genes)
        asks = asks or (shown is not None and bool(shown.reading.questions) and not shown.reading.agreed)
        if asks and st.button("Agree and add", type="primary", icon=":material/check:", disabled=not usable):
            _add(path, places, readings, genes)
        if st.button(
            "Add", type="secondary" if asks else "primary", icon=":material/create_new_folder:", disabled=not usable
        ):
            _add(path, places, {})
        st.button("Do not add it", on_click=_put_back, args=(places,), icon=":material/close:")
    if recognise(place).known:
        _show_known(place)
    if shown is not None:
        show_reading(place, shown)
    for each in genes:
        st.subheader(each.place.name, anchor=False, divider="grey")
        show_genes(each)


def _genes_before(place: Path) -> list[GeneReading]:
    """What is read of the gene-expression tables of a folder that nobody has added."""
    found = recognise(place)
    return [] if found.known else [drafted_genes(each) for _, each in found.genes]


def _reading_before(place: Path) -> ReadingGlance | None:
    """What is read of a folder that nobody has added; None where its layout is known, of which `_show_known` tells."""
    found = recognise(place)
    if found.genes or (found.known and not _read_as_any(place)):
        return None
    try:
        shown = load_reading(place, drafted(place))
    except DataError as error:
        st.error(str(error), icon=":material/folder_off:")
        return None
    return None if shown.reading.kind == "nothing" else shown


def _read_as_any(place: Path) -> bool:
    known = recognise(place).known
    return any(is_any_folder_drafted(place, adapter) or is_decided(adapter) for _, adapter in known)


def _show_known(place: Path) -> None:
    """What is understood of a folder in a known layout, before it is added."""
    known = recognise(place).known
    if _read_as_any(place):
        if is_drafted(place):
            st.button(
                f"Read it as {known[0][0].title} again", icon=":material/undo:", on_click=forget_draft, args=(place,)
            )
        return
    for spec, _ in known:
        say_what_it_is(spec)
    spec, adapter = known[0]
    offer_any_folder(place, adapter)
    if note := adapter.note(spec, list_folder(place)):
        st.markdown(spec.description)
        st.caption(f"{note} Its pictures are shown then.")
        show_cautions([spec.caution] if spec.caution else [])
        return
    try:
        dataset = load_folder(place)
    except DataError as error:
        st.error(str(error), icon=":material/folder_off:")
        return
    if dataset is not None:
        show_known_layout(place, dataset)


def _add(
    path: str, places: tuple[Path, ...], agreed: Mapping[Path, ReadingGlance], genes: Sequence[GeneReading] = ()
) -> None:
    require_instructor()
    choices = {place: drafted(place) for place in places if is_drafted(place)}
    for place, shown in agreed.items():
        choices[place] = replace(drafted(place), agreed=shown.reading.state)
    for each in genes:
        if each.questions:
            choices[folder_of_choices(each.place)] = each.agreed
    try:
        st.session_state[ADDED] = add_folder(path, choices)
    except LesionLabError as error:
        st.error(str(error), icon=":material/folder_off:")
        return
    _put_back(places)
    st.rerun()


def _put_back(places: tuple[Path, ...] = ()) -> None:
    st.session_state.pop(TO_ADD, None)
    for place in places:
        forget_draft(place)
