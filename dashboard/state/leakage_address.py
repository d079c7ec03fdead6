"""What the Leakage page shows stands in its address: data set, lesson and settings, so that a link gives it again.

The widgets are not bound to it (`bind="query-params"`): Streamlit leaves a value out that is the default, and here what
an address does not say comes from its lesson.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.teaching.leakage_lesson import MODELS, LeakageLesson

INPUTS: dict[str, Sequence] = {
    "share": range(60, 81, 5),  # pictures in training, in percent
    "seed": range(2**31),
    "network": MODELS,
    "epochs": range(1, 61),
}
"""What may be chosen on the page, by parameter of its address."""
_FIRST = {"share": 80, "seed": 0, "network": MODELS[0], "epochs": 12}
_WRITTEN, _SHOWN = "lesson-address", "lesson-shown"


def key_of(name: str) -> str:
    """Key of the widget of one of `INPUTS`."""
    return f"lesson-{name}"


def link_followed() -> bool:
    """True where the address says something that the page has not written: somebody opened a link, or went back.

    A click that was quicker than the last change of the address comes with an old one; what was clicked stands.
    """
    written = st.session_state.get(_WRITTEN)
    if _stated() == written:
        return False
    return written is None or all(str(st.session_state.get(key_of(n), written[n])) == written[n] for n in INPUTS)


def set_inputs(lesson: LeakageLesson | None, followed: bool) -> None:
    """Let the widgets show the settings of a lesson when it is opened, and what a link says of them above these.

    Without a lesson they stay as they are. Anybody may have written an address: what cannot be chosen on the page is
    left out.
    """
    shown = lesson.lesson_id if lesson else None
    wanted: dict[str, Any] = {}
    if lesson and (followed or shown != st.session_state.get(_SHOWN) or key_of("share") not in st.session_state):
        share = round(100 * lesson.train_fraction)
        wanted = {"share": share, "seed": lesson.seed, "network": lesson.model, "epochs": lesson.epochs}
    if followed:
        wanted |= _read(st.query_params)
    st.session_state[_SHOWN] = shown
    for name, allowed in INPUTS.items():
        if name in wanted and wanted[name] in allowed:
            st.session_state[key_of(name)] = wanted[name]
        st.session_state.setdefault(key_of(name), _FIRST[name])


def write_address(dataset: str, lesson: LeakageLesson | None) -> None:
    """Let the address say what is shown."""
    chosen = {name: str(st.session_state[key_of(name)]) for name in INPUTS}
    says = {"dataset": dataset, **({"lesson": lesson.lesson_id} if lesson else {}), **chosen}
    st.session_state[_WRITTEN] = says
    if _stated() != says:
        st.query_params.from_dict(says)


def show_lesson(lesson: LeakageLesson) -> None:
    """Open a lesson as a link to it would."""
    st.query_params.from_dict({"lesson": lesson.lesson_id})
    st.rerun()


def _stated() -> dict[str, str]:
    return {name: st.query_params[name] for name in ("dataset", "lesson", *INPUTS) if name in st.query_params}


def _read(stated: Mapping[str, str]) -> dict[str, Any]:
    """The inputs that an address states, as the widgets hold them."""
    read: dict[str, Any] = {}
    for name, allowed in INPUTS.items():
        text = stated.get(name, "")
        if isinstance(allowed, range):
            if text.isascii() and text.isdecimal() and len(text) <= 10:
                read[name] = int(text)
        elif text:
            read[name] = text
    return read
