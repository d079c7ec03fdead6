"""Saved views beside the filters: everybody opens them, instructors save and delete them."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.base.errors import LesionLabError
from core.data.saved_views import LONGEST_NAME, View, delete_view, save_view, saved_views
from dashboard.filters.filter_state import FilterState
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor

_NAME = "view-name"


def pick_view(row: DeltaGenerator, state: FilterState) -> None:
    """What opens to choose a view by its name, and for instructors to save the filters as one."""
    dataset, views = state.spec.name, saved_views(state.spec.name)
    instructor = current_role() is Role.INSTRUCTOR
    if not views and not instructor:
        return
    deleted = _deleted(dataset)
    with row.popover("Views", icon=":material/bookmarks:", key=f"views-{dataset}"):
        for name, view in sorted({**deleted, **views}.items()):
            if name not in views:
                _offer_to_bring_back(dataset, name)
                continue
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    name, key=f"view-{name}", icon=":material/bookmark:", width="stretch",
                    on_click=lambda view=view: state.write(state.from_address(view)[0]),
                )  # fmt: skip
                if instructor:
                    st.button(
                        "Delete", key=f"view-delete-{name}", icon=":material/delete:", type="tertiary",
                        on_click=_delete, args=(dataset, name, view),
                    )  # fmt: skip
        if not instructor:
            return
        st.text_input("Save these filters as", key=_NAME, max_chars=LONGEST_NAME, placeholder="A name for the view")
        st.button("Save", key="view-save", icon=":material/bookmark_add:", on_click=_save, args=(state,))


def _offer_to_bring_back(dataset: str, name: str) -> None:
    """In the place of a view that was deleted during this visit: the way back."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(Markdown("“{}” was deleted.").format(name), width="stretch")
        st.button(
            "Undo", key=f"view-undo-{name}", icon=":material/undo:", type="tertiary",
            on_click=_bring_back, args=(dataset, name),
        )  # fmt: skip


def _deleted(dataset: str) -> dict[str, View]:
    """Views that this visit has deleted, by name."""
    return st.session_state.setdefault(f"views-deleted-{dataset}", {})


def _delete(dataset: str, name: str, view: View) -> None:
    _do(delete_view, dataset, name)
    if name not in saved_views(dataset):
        _deleted(dataset)[name] = view


def _bring_back(dataset: str, name: str) -> None:
    _do(save_view, dataset, name, _deleted(dataset)[name])
    if name in saved_views(dataset):
        del _deleted(dataset)[name]


def _save(state: FilterState) -> None:
    _do(save_view, state.spec.name, st.session_state[_NAME], state.to_address())


def _do(action: Callable[..., None], *what: Any) -> None:
    """Do it if the person may; says why where it cannot be done."""
    try:
        require_instructor()
        action(*what)
    except LesionLabError as error:
        st.toast(str(error), icon=":material/error:")
