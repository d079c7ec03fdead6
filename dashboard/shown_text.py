"""The border behind which every text is shown as it stands, whoever wrote it.

Streamlit reads labels, captions, messages and options as Markdown. From `show_texts_as_they_stand` on, it gets them
escaped unless they are `Markdown`, and figures without any HTML but ours; tables get their counts as texts have them.
That holds for all pages and cannot be forgotten at one of several hundred calls.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.charts.plotly_text import sent_once
from dashboard.markdown import Markdown
from dashboard.shown_numbers import with_counts

_EVERYWHERE = {"label", "help", "title", "delta"}
"""Parameters that are Markdown in whatever element has them."""

_BODIES = {
    **{name: {"body"} for name in "markdown caption title header subheader info warning error success toast".split()},
    "progress": {"text"},
    "spinner": {"text"},
    "metric": {"value"},
    "image": {"caption"},
    "tabs": {"tabs"},
    "radio": {"captions"},
}
_OPTIONS = {"radio", "pills", "segmented_control", "select_slider"}
"""Elements whose options are Markdown, too; what they are called is what `format_func` says."""


def show_texts_as_they_stand() -> None:
    """Have Streamlit's elements escape all texts that are no `Markdown`; a second call changes nothing."""
    for name, element in inspect.getmembers(DeltaGenerator, inspect.isfunction):
        if not name.startswith("_") and (parameters := markdown_parameters(name, element)):
            setattr(DeltaGenerator, name, _escaping(element, parameters))
    DeltaGenerator.dataframe = with_counts(DeltaGenerator.dataframe)  # type: ignore[method-assign]
    DeltaGenerator.data_editor = with_counts(DeltaGenerator.data_editor)  # type: ignore[method-assign]
    for name in (each for each in dir(st) if not each.startswith("_")):  # a look at an old name alone warns of it
        element = getattr(st, name)
        if isinstance(place := getattr(element, "__self__", None), DeltaGenerator):
            setattr(st, name, getattr(place, name))
        elif name in ("toast", "spinner", "dialog"):
            setattr(st, name, _escaping(element, markdown_parameters(name, element)))


def markdown_parameters(name: str, element: Callable) -> set[str]:
    """Parameters of an element of Streamlit in which it reads Markdown, or HTML in the case of figures."""
    special = _BODIES.get(name, set()) | ({"format_func"} if name in _OPTIONS else set())
    if name == "plotly_chart":
        special = {"figure_or_data"}
    return (_EVERYWHERE | special) & inspect.signature(element).parameters.keys()


def _escaping(element: Callable, parameters: set[str]) -> Callable:
    if hasattr(element, "shows_texts_as_they_stand"):
        return element
    signature = inspect.signature(element)

    @wraps(element)
    def escaping(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs)
        if "format_func" in parameters:
            given.arguments.setdefault("format_func", str)
        for parameter in parameters & given.arguments.keys():
            given.arguments[parameter] = _escaped(given.arguments[parameter])
        return element(*given.args, **given.kwargs)

    escaping.shows_texts_as_they_stand = True  # type: ignore[attr-defined]
    return escaping


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return str(Markdown.escape(value))
    if isinstance(value, go.Figure):
        return sent_once(value)
    if isinstance(value, Sequence):
        return [_escaped(each) for each in value]
    if callable(value):
        return lambda option: _escaped(value(option))
    return value
