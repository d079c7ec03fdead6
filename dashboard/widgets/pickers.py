"""Choosing a data set or a run; the choice stands in the address, so that a page can be linked to."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core.base.errors import DataError
from core.data.spec import DatasetSpec
from core.runs.results import evaluated
from core.runs.run_folder import RunFolder, RunSummary
from dashboard.filters.filter_state import to_address_of
from dashboard.markdown import Markdown
from dashboard.state.arrival import arrival
from dashboard.state.loading import load_dataset
from dashboard.state.rerun_catalog import current_catalog
from dashboard.widgets.notices import caution_notice, synthetic_badge
from dashboard.widgets.runs.run_list import readable_runs
from dashboard.wording import data_name

WITHIN_A_DATASET = ("picture", "lesson")
"""Parameters of an address that name something of one data set; they go when another is chosen."""
_CHOICE = "dataset-chosen"


def pick_dataset(filtered: bool = False) -> DatasetSpec:
    """A select box of the data sets that are here, what is missing to use the others, and what to beware of.

    Starts with the one in the address, else that of the session, else real data where there are any. The address is
    written once, with the filters of the data set where the page is `filtered`: each time that it is written is a step
    in the browser's history, and a step back must not come to a data set without its filters, or with another's.
    """
    entries = current_catalog().entries
    present = {entry.spec.name: entry.spec for entry in entries if entry.present}
    names = list(present)
    stated, remembered = st.query_params.get("dataset"), st.session_state.get("dataset")
    asked_for_another = stated not in (None, remembered)  # by a link, or by a step back in the browser
    wanted = stated if asked_for_another else st.session_state.get(_CHOICE, remembered)
    # Set every time, for a widget forgets its own state when another page is shown.
    real = next((n for n in names if not (present[n].synthetic or present[n].unpictured)), names[0])
    st.session_state[_CHOICE] = wanted if wanted in names else real
    missing = [f"{e.spec.title}: {e.note}" for e in entries if not e.present]
    name = st.selectbox(
        "Data set",
        names,
        format_func=lambda n: present[n].title,
        key=_CHOICE,
        help=Markdown("\n\n").join(["Data sets that are here.", *missing]),
    )
    st.session_state["dataset"] = name
    if stated != name:
        changes: dict[str, str | list[str]] = {"dataset": name}
        if stated is not None:
            changes |= {parameter: [] for parameter in WITHIN_A_DATASET if parameter in st.query_params}
        if filtered and (stated is not None or not arrival().addressed):
            changes |= to_address_of(name)
        st.query_params.update(changes)
    entry = next(e for e in entries if e.spec.name == name)
    spec = entry.spec if entry.note else _as_opened(entry.spec)  # its pictures still have to be made
    caution_notice(spec)
    return spec


def _as_opened(spec: DatasetSpec) -> DatasetSpec:
    """The specification with what only the metadata tell, such as how many pictures have no lesion id.

    As the catalog has it where the metadata cannot be used: the page says so.
    """
    try:
        return load_dataset(spec.name).spec
    except DataError:
        return spec


def pick_dataset_beside(title: str, filtered: bool = False) -> DatasetSpec:
    """`pick_dataset` at the right of a page's title, which has a badge where the data are synthetic."""
    heading, choice = st.columns([3, 2], vertical_alignment="bottom")
    with choice:
        spec = pick_dataset(filtered)
    with heading, st.container(horizontal=True, vertical_alignment="center"):
        st.title(title, width="content", anchor=False)
        synthetic_badge(spec.synthetic)
    return spec


def finished_runs() -> list[RunSummary]:
    """Runs that have a trained and evaluated model, newest first."""
    return [s for s in readable_runs() if s.metrics and s.run.model_file.is_file()]


def judged_runs() -> list[RunSummary]:
    """Runs that have predictions and figures, newest first: finished ones, and those of all folds together."""
    return [s for s in readable_runs() if s.metrics and evaluated(s.run)]


def say_without_model() -> None:
    """Say so where the run that is asked for has the predictions of all folds, and no model to choose here."""
    asked = st.query_params.get("run") or st.session_state.get("run")
    if any(s.run.run_id == asked and s.recipe.cross_validates for s in readable_runs()):
        st.info(
            "The run that was asked for holds the out-of-fold predictions of a cross-validation: several models made "
            "them, and it has none of its own. Choose the run of one of its folds.",
            icon=":material/info:",
        )


def pick_run(runs: list[RunSummary], label: str = "Run") -> RunFolder:
    """A select box of runs; starts with the one in the address, else with the newest."""
    by_id = {summary.run.run_id: summary for summary in runs}
    ids = list(by_id)
    remembered = st.query_params.get("run") or st.session_state.get("run")
    index = ids.index(remembered) if remembered in ids else 0
    chosen = st.selectbox(label, ids, index=index, format_func=run_choices(runs).__getitem__)
    st.session_state["run"] = chosen
    if st.query_params.get("run") != chosen:
        st.query_params["run"] = chosen
    return by_id[chosen].run


def run_title(summary: RunSummary) -> str:
    """What a run is called in a list: model, data set, whether its split leaks, and when it was made."""
    return run_titles([summary])[0]


def run_titles(summaries: Sequence[RunSummary]) -> list[str]:
    """What runs are called beside each other: as in a list, but without the model or the data set that all share.

    Of runs that were made within the same minute, each has the end of its id as well.
    """
    models, datasets = ({getattr(s.recipe, name) for s in summaries} for name in ("model", "dataset"))
    one = len(summaries) == 1
    titles = []
    for summary in summaries:
        stamp = summary.run.run_id[:15]
        model = summary.recipe.model if one or len(models) > 1 else ""
        data = data_name(summary.recipe) if one or len(datasets) > 1 else ""
        when = f"{stamp[6:8]}.{stamp[4:6]}. {stamp[9:11]}:{stamp[11:13]} UTC"
        parts = [
            " on ".join(filter(None, (model, data))),
            _fold(summary),
            "leaking split" if summary.leaking else "",
            when,
        ]
        titles.append(" · ".join(filter(None, parts)))
    return _told_apart(titles, summaries)


def _fold(summary: RunSummary) -> str:
    """Which fold of a cross-validation a run is tested on; nothing for a single split."""
    recipe = summary.recipe
    if not recipe.folds:
        return ""
    return f"fold {recipe.fold} of {recipe.folds}" if recipe.fold else f"out-of-fold, {recipe.folds} folds"


def run_choices(summaries: Sequence[RunSummary]) -> dict[str, str]:
    """Titles of runs by their id, for a box to choose from; as `run_titles`, but each in full.

    A browser names what was chosen by its title: where two were the same, it could be the other run.
    """
    titles = _told_apart([run_title(summary) for summary in summaries], summaries)
    return {summary.run.run_id: title for summary, title in zip(summaries, titles, strict=True)}


def _told_apart(titles: list[str], summaries: Sequence[RunSummary]) -> list[str]:
    often = Counter(titles)
    return [
        title if often[title] == 1 else f"{title} · {summary.run.run_id[-4:]}"
        for title, summary in zip(titles, summaries, strict=True)
    ]
