"""Choosing a data set or a run; the choice stands in the address, so that a page can be linked to.

The address is written here and not by Streamlit's own binding, which would write what a data set or a run is called in
the box (titles change, names stay), would drop in silence what is not here, and would not remember from page to page.
"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.base.errors import DataError, LesionLabError
from core.base.percents import percent
from core.data.catalog import is_synthetic
from core.data.spec import DatasetSpec
from core.data.trainable import can_be_learnt
from core.runs.results import evaluated, load_folds
from core.runs.run_folder import RunFolder, RunSummary
from core.runs.run_states import State
from core.serving.predictor import PredictorInfo, why_no_model
from dashboard.filters.filter_state import to_address_of
from dashboard.markdown import Markdown
from dashboard.router import page_of
from dashboard.state.arrival import arrival
from dashboard.state.loading import load_dataset
from dashboard.state.rerun_catalog import current_catalog
from dashboard.widgets.notices import caution_notice, not_here, synthetic_badge
from dashboard.widgets.page_frame import name_tab
from dashboard.widgets.run_names import run_choices, run_title
from dashboard.widgets.runs.run_list import readable_runs

WITHIN_A_DATASET = ("picture", "lesson")
"""Parameters of an address that name something of one data set; they go when another is chosen."""
_CHOICE = "dataset-chosen"
_GIVEN_WAY = "run-given-way"
"""In the session: the run that was asked for and is not here, and the one that is shown in its place."""
_NOT_HERE = "dataset-not-here"
"""In the session: the data set that was asked for and is not here, and the one that is shown in its place."""
FEW_PICTURES = 100
"""A test on fewer pictures says little of a model (95 % interval of an accuracy near 80 %: 16 points or more)."""


def pick_dataset(filtered: bool = False, notices: DeltaGenerator | None = None) -> DatasetSpec:
    """A select box of the data sets that are here, what is missing to use the others, and what to beware of.

    Starts with the one in the address, else that of the session, else real data where there are any. The address is
    written once, with the filters of the data set where the page is `filtered`: each time that it is written is a step
    in the browser's history, and a step back must not come to a data set without its filters, or with another's.
    What to beware of stands under the box, or in the place of `notices`.
    """
    entries = current_catalog().entries
    present = {entry.spec.name: entry.spec for entry in entries if entry.present}
    names = list(present)
    stated, remembered = st.query_params.get("dataset"), st.session_state.get("dataset")
    asked_for_another = stated not in (None, remembered)  # by a link, or by a step back in the browser
    wanted = stated if asked_for_another else st.session_state.get(_CHOICE, remembered)
    # Set every time, for a widget forgets its own state when another page is shown.
    real = next((n for n in names if not present[n].synthetic and can_be_learnt(present[n])), names[0])
    st.session_state[_CHOICE] = wanted if wanted in names else real
    missing = [f"{e.spec.title}: {e.note}" for e in entries if not e.present]
    if stated is not None and stated not in names:
        st.session_state[_NOT_HERE] = stated, st.session_state[_CHOICE]
    name = st.selectbox(
        "Data set",
        names,
        format_func=lambda n: present[n].title,
        key=_CHOICE,
        help=Markdown("\n\n").join(["Data sets that are here.", *missing]),
    )
    st.session_state["dataset"] = name
    name_tab(present[name].title)
    notices = st.container() if notices is None else notices
    with notices:
        _say_dataset_not_here(name, present)
    if stated != name:
        changes: dict[str, str | list[str]] = {"dataset": name}
        if stated is not None:
            changes |= {parameter: [] for parameter in WITHIN_A_DATASET if parameter in st.query_params}
        if filtered and (stated is not None or not arrival().addressed):
            changes |= to_address_of(name)
        st.query_params.update(changes)
    entry = next(e for e in entries if e.spec.name == name)
    spec = entry.spec if entry.note else _as_opened(entry.spec)  # its pictures still have to be made
    with notices:
        caution_notice(spec)
    return spec


def _say_dataset_not_here(shown: str, present: dict[str, DatasetSpec]) -> None:
    """That the data set in the address is not here, for as long as another is shown in its place."""
    missing, instead = st.session_state.get(_NOT_HERE, ("", ""))
    if not missing or missing in present or shown != instead:
        st.session_state.pop(_NOT_HERE, None)
        return
    entry = next((each for each in current_catalog().entries if each.spec.name == missing), None)
    not_here("data set", missing, f"The page shows {present[shown].title}.")
    if entry is not None:
        st.page_link(page_of("data"), label=f"What {entry.spec.title} lacks", icon=":material/database:")


def _as_opened(spec: DatasetSpec) -> DatasetSpec:
    """The specification with what only the metadata tell, such as how many pictures have no lesion id.

    As the catalog has it where the metadata cannot be used: the page says so.
    """
    try:
        return load_dataset(spec.name).spec
    except DataError:
        return spec


def pick_dataset_beside(title: str, filtered: bool = False) -> DatasetSpec:
    """`pick_dataset` at the right of a page's title, which has a badge where the data are synthetic.

    What to beware of stands below both, so that the title stays where it is.
    """
    heading, choice = st.columns([3, 2], vertical_alignment="bottom")
    notices = st.container()
    with choice:
        spec = pick_dataset(filtered, notices)
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


def pick_run(runs: list[RunSummary], label: str = "Run") -> RunFolder:
    """A select box of runs; starts with the one in the address, else with the one to trust most.

    Where the run that the address or the session names is none of `runs`, the page says so above the box, for as long
    as another is shown in its place.
    """
    by_id = {summary.run.run_id: summary for summary in runs}
    ids = list(by_id)
    wanted = st.query_params.get("run") or st.session_state.get("run")
    default = most_trusted(runs).run.run_id
    if wanted and wanted not in ids:
        st.session_state[_GIVEN_WAY] = wanted, default
    missing, instead = st.session_state.get(_GIVEN_WAY, ("", ""))
    above = st.empty()
    shown = wanted if wanted in ids else default
    chosen = st.selectbox(label, ids, index=ids.index(shown), format_func=run_choices(runs).__getitem__)
    if missing not in ids and chosen == instead:
        with above:
            _say_not_here(missing, "The page shows another one.")
    else:
        st.session_state.pop(_GIVEN_WAY, None)
    st.session_state["run"] = chosen
    name_tab(run_title(by_id[chosen]))
    if st.query_params.get("run") != chosen:
        st.query_params["run"] = chosen
    return by_id[chosen].run


def say_without_model() -> None:
    """Where no run can be chosen: why the one that was asked for cannot, if one was."""
    if asked := st.query_params.get("run") or st.session_state.get("run"):
        _say_not_here(asked, "")


def most_trusted(runs: list[RunSummary]) -> RunSummary:
    """The run to begin with: the best by balanced accuracy of those on real data that are tested honestly.

    Runs that leak, synthetic data, trials of a search, runs that were ended early, and those without a test on many
    pictures come in this order last, and among them the newest counts, for their figures are not worth a comparison.
    """

    def flaws(summary: RunSummary) -> tuple[bool, ...]:
        judged = summary.metrics.get(summary.metrics.get("headline", ""), {})
        few = summary.metrics.get("headline") != "test" or (judged.get("images") or 0) < FEW_PICTURES
        ended_early = summary.status.state is not State.FINISHED
        return (
            bool(summary.leaking),
            is_synthetic(summary.recipe.dataset),
            bool(summary.status.search),
            ended_early,
            few,
        )

    fewest = min(map(flaws, runs))
    best = [summary for summary in runs if flaws(summary) == fewest]
    return best[0] if any(fewest) else max(best, key=_balanced_accuracy)


def _balanced_accuracy(summary: RunSummary) -> float:
    return summary.metrics.get(summary.metrics.get("headline", ""), {}).get("balanced_accuracy") or 0.0


def _say_not_here(run_id: str, instead: str) -> None:
    """Why a run that was asked for cannot be chosen here."""
    summary = next((each for each in readable_runs() if each.run.run_id == run_id), None)
    if summary is None:
        not_here("run", run_id, instead)
    elif summary.recipe.cross_validates:
        _offer_folds(summary.run)
    else:
        said = Markdown("The run {} is {} and cannot be used here now. {}")
        st.info(said.format(run_title(summary), str(summary.status.state), instead), icon=":material/info:")


def _offer_folds(run: RunFolder) -> None:
    """Why there is no model where several folds have come together, and the run of each to choose instead."""
    try:
        why, folds = why_no_model(PredictorInfo.load(run.predictor_file)), load_folds(run)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    with st.container():
        st.info(
            f"The run that was asked for holds the out-of-fold predictions of a cross-validation. {why} Choose the run "
            "of one of its folds, whose figures are its own, or train once without folds.",
            title="No model of its own",
            icon=":material/info:",
        )
        here = {each.run.run_id for each in finished_runs()}
        with st.container(horizontal=True):
            for each in folds:
                accuracy = each.metrics.balanced_accuracy
                st.button(
                    f"Fold {each.fold}" + ("" if accuracy is None else f": balanced accuracy {percent(accuracy)}"),
                    key=f"fold-{each.run}",
                    disabled=each.run not in here,
                    help=None if each.run in here else "Its run was deleted.",
                    on_click=_choose,
                    args=(each.run,),
                )


def _choose(run_id: str) -> None:
    st.session_state.pop(_GIVEN_WAY, None)
    st.query_params["run"] = run_id
