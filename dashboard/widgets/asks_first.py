"""What is deleted for good is asked about first, where the finger is: every page asks in the same way."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import streamlit as st

DELETE = ":material/delete:"


def asks_first(
    label: str,
    lost: str,
    confirm: str,
    *,
    key: str,
    icon: str = DELETE,
    type: Literal["secondary", "tertiary"] = "secondary",
    disabled: bool = False,
    on_click: Callable[..., None] | None = None,
    args: Sequence[Any] = (),
) -> bool:
    """A button that deletes nothing: it opens what is lost, with the button that does it.

    Args:
        label: of what opens.
        lost: what is gone then and what stays, in a sentence or two.
        confirm: of the button that does it.
        key: of that button; what opens has `ask-` before it.
        icon: of both.
        type: of what opens.
        disabled: whether it does not open.
        on_click, args: as `st.button` takes them.

    Returns:
        Whether it has just been confirmed.
    """
    with st.popover(label, icon=icon, key=f"ask-{key}", type=type, disabled=disabled):
        st.markdown(lost)
        return st.button(
            confirm, icon=icon, key=key, type="primary", disabled=disabled, on_click=on_click, args=tuple(args)
        )
