"""Choosing what a network with a trunk begins with: published weights, those of a run, or chance."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.base.errors import ConfigurationError
from core.jobs import newest_job, start_job
from core.models.spec import ModelSpec
from core.models.trunks import Trunk
from core.models.weights import IMAGENET, NONE, find_published, how_to_get, weights_path
from core.runs.index import all_runs
from dashboard.markdown import Markdown, code
from dashboard.roles import Role, current_role, require_instructor
from dashboard.widgets.data.job_progress import show_job
from dashboard.widgets.notices import say_what_is_gone

_LABELS = {IMAGENET: "What was learnt on ImageNet", NONE: "Nothing: random weights"}


def pick_weights(model: ModelSpec, start: str, explanation: str, kept: Callable[[str], dict[str, Any]]) -> str:
    """What a recipe says of its weights; where the published ones lie, and a button that fetches them.

    Args:
        model: what is trained; one without a trunk has nothing to choose.
        start: what the recipe says to begin with.
        explanation: of the choice.
        kept: what lets the widget of a field keep its value.
    """
    if model.trunk is None:
        return start
    begin = start or IMAGENET
    runs = [
        each.summary.run.run_id
        for each in all_runs(max_age=1.0).runs
        if each.summary.recipe.model == model.name and each.summary.run.model_file.is_file()
    ]
    options = list(dict.fromkeys([IMAGENET, NONE, begin, *runs]))
    field = kept(f"weights-{model.name}")
    say_what_is_gone("run to begin with", field["key"], set(map(_label, options)), "Other weights are chosen.")
    chosen = st.selectbox(
        "Begins with",
        options,
        index=options.index(begin),
        format_func=_label,
        help=explanation,
        **field,
    )
    if chosen == IMAGENET:
        _show_published(model.trunk)
    return start if chosen == begin else "" if chosen == IMAGENET else chosen


def refused_weights(model: ModelSpec, chosen: str) -> str:
    """Why a training cannot begin with these weights; "" where it can."""
    try:
        weights_path(model, chosen)
    except ConfigurationError as error:
        return str(error)
    return ""


def _label(weights: str) -> str:
    return _LABELS.get(weights, f"The weights of {weights}")


def _show_published(trunk: Trunk) -> None:
    here = find_published(trunk)
    if here:
        origin = trunk.weights.package or "Keras"
        st.caption(
            Markdown("Published by {}, licence {}: {}.").format(code(origin), trunk.weights.licence, code(here.name))
        )
        return
    if trunk.weights.package:
        st.info(f"Its ImageNet weights are not here. {how_to_get(trunk)}.", icon=":material/download:")
        return
    if job := newest_job("weights", trunk=trunk.name):
        show_job(job)
        if job.status().state.active:
            return
    instructor = current_role() is Role.INSTRUCTOR
    st.info(f"Its ImageNet weights are not here; licence {trunk.weights.licence}.", icon=":material/download:")
    if st.button("Download the weights", icon=":material/download:", disabled=not instructor):
        require_instructor()
        start_job("weights", f"ImageNet weights of {trunk.title}", {"trunk": trunk.name})
        st.rerun()
