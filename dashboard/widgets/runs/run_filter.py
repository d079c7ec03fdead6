"""Finding runs among many: by state, model, data set, tag, star and what was written about them."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.runs.index import IndexedRun
from core.runs.run_states import State


@dataclass(frozen=True)
class RunFilter:
    """What runs are asked for; what is empty asks for nothing. `text` is looked for in ids, names, tags and notes."""

    text: str = ""
    states: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    starred: bool = False

    def matches(self, each: IndexedRun) -> bool:
        """True if a run has everything that is asked for, in each kind one of the values."""
        recipe, labels = each.summary.recipe, each.labels
        written = " ".join((each.summary.run.run_id, labels.name, *labels.tags, labels.note)).lower()
        return (
            all(word in written for word in self.text.lower().split())
            and (not self.states or str(each.summary.status.state) in self.states)
            and (not self.models or recipe.model in self.models)
            and (not self.datasets or recipe.dataset in self.datasets)
            and (not self.tags or not set(self.tags).isdisjoint(labels.tags))
            and (labels.star or not self.starred)
        )


def pick_filter(runs: Sequence[IndexedRun]) -> RunFilter:
    """One row of widgets, whose choice stands in the address of the page."""
    models = sorted({each.summary.recipe.model for each in runs})
    datasets = sorted({each.summary.recipe.dataset for each in runs})
    tags = sorted({tag for each in runs for tag in each.labels.tags})
    with st.grid(6, min_column_width=150):
        text = st.text_input(
            "Search", key="runs-search", bind="query-params", icon=":material/search:",
            placeholder="Name, id, tag or note", max_chars=200,
        )  # fmt: skip
        states = _some("State", "runs-state", [str(state) for state in State])
        chosen_models = _some("Model", "runs-model", models)
        chosen_datasets = _some("Data set", "runs-data", datasets)
        chosen_tags = _some("Tag", "runs-tag", tags)
        with st.container(height="stretch", vertical_alignment="bottom"):
            starred = st.toggle("Starred", key="runs-starred", bind="query-params")
    return RunFilter(text, states, chosen_models, chosen_datasets, chosen_tags, starred)


def _some(label: str, key: str, options: list[str]) -> tuple[str, ...]:
    return tuple(st.multiselect(label, options, key=key, bind="query-params", placeholder="Any"))
