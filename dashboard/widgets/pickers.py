"""Choosing a data set or a run; the choice stands in the address, so that a page can be linked to.

The address is written here and not by Streamlit's own binding, which would write what a data set or a run is called in
the box (titles change, names stay), would drop in silence what is not here, and would not remember from page to page.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.base.errors import DataError, LesionLabError
from core.base.percents import percent
from core.data.catalog import is_synthetic
from core.data.spec import DatasetSpec
from core.data.trainable import can_be_learnt
from core.runs.judging.earlier_figures import earlier_figures
from core.runs.judging.results import evaluated, load_folds
from core.runs.run_folder import RunFolder, RunSummary
from core.runs.run_states import State
from core.serving.predictor import PredictorInfo, why_no_model
from dashboard.filters.filter_state import to_address_of
from dashboard.markdown import Markdown
from dashboard.router import page_of
from dashboard.state.arrival import arrival
from dashboard.state.loading import load_dataset
from dashboard.state.rerun_catalog import current_catalog
from dashboard.widgets.notices import caution_notice, not_here, say_what_is_gone, synthetic_badge
from dashboard.widgets.page_frame import name_tab
from dashboard.widgets.run_names import run_choices, run_title
from dashboard.widgets.runs.run_list import readable_runs

WITHIN_A_DATASET = ("picture", "lesson")
"""Parameters of an address that name something of one data set; they go when another is chosen."""
_CHOICE = "dataset-chosen"
CHOSEN, BY_ITSELF = "run", "run-by-itself"
"""In the session: the run that a person chose last, and the one that a page has put into its address by itself."""
_RUN_BOX, _IN_ADDRESS = "run-box", "run-in-address"
"""In the session: the run that the box of runs shows, and the one that the address had when it was last shown."""
_GIVEN_WAY = "run-given-way"
"""In the session: the run that was chosen and cannot be used here, and the one that is shown in its place."""
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

    Where the run that the address names is none of `runs`, such as one that was deleted while the page showed it, the
    page says so and ends below the box: nothing else is shown in its place. One that only the session remembers gives
    way to another, and the page says so for as long as that is shown.
    """
    by_id = {summary.run.run_id: summary for summary in trusted_first(runs)}
    ids = list(by_id)
    stated, remembered = st.query_params.get("run"), st.session_state.get(CHOSEN)
    wanted = stated or remembered
    default = most_trusted(runs).run.run_id
    if not stated and wanted and wanted not in ids:
        st.session_state[_GIVEN_WAY] = wanted, default
    if not wanted:
        st.session_state[BY_ITSELF] = default
    above = st.empty()
    boxed = st.session_state.get(_RUN_BOX)  # what was chosen there, unless the address has changed by a link since
    if not stated:
        boxed = wanted if wanted in ids else default
    elif boxed not in ids or stated != st.session_state.get(_IN_ADDRESS):
        boxed = stated if stated in ids else None
    st.session_state[_RUN_BOX] = boxed
    titles = run_choices(runs)
    chosen = st.selectbox(
        label, ids, index=None, format_func=titles.__getitem__, placeholder="Choose another one", key=_RUN_BOX
    )
    st.session_state[_IN_ADDRESS] = chosen or stated
    if chosen is None:
        with above.container():
            _say_not_here(stated or "", "Choose another one.")
        name_tab()
        st.stop()
    missing, instead = st.session_state.get(_GIVEN_WAY, ("", ""))
    if missing not in ids and chosen == instead:
        with above.container():
            _say_not_here(missing, "The page shows another one.")
    else:
        st.session_state.pop(_GIVEN_WAY, None)
        remember_run(chosen)
    if said := earlier_figures(by_id[chosen].run, by_id[chosen].status):
        st.info(said, icon=":material/history:")
    name_tab(run_title(by_id[chosen]))
    if stated != chosen:
        st.query_params["run"] = chosen
    return by_id[chosen].run


def pick_run_of(
    runs: list[RunSummary], label: str, parameter: str, instead: str, *, from_none: bool = False, **box: Any
) -> RunSummary | None:
    """A select box of runs that is one of several choices of a page; the address names the run by its id.

    Args:
        runs: newest first, at least one.
        label: of the box.
        parameter: of the address, and key of the box.
        instead: a sentence that tells what is shown where the run in the address is not here.
        from_none: whether none is chosen at first, which returns None, in place of the one to trust most.
        box: what else the select box takes.
    """
    by_id = {summary.run.run_id: summary for summary in trusted_first(runs)}
    default = None if from_none else most_trusted(runs).run.run_id
    if from_none:
        box["index"] = None
    titles = run_choices(runs)
    said = ("run", instead)
    chosen = pick_by_key(list(by_id), label, parameter, said, default=default, format_func=titles.__getitem__, **box)
    return None if chosen is None else by_id[chosen]


def pick_by_key(options: Sequence[str], label: str, parameter: str, gone: tuple[str, str], *, default: Any, **box: Any):
    """A select box whose choice stands in the address as it is: what it is called may change, such as a run's name.

    Args:
        options: what can be chosen.
        label: of the box.
        parameter: of the address, and key of the box.
        gone: what kind of thing they are, and a sentence that tells what is shown where that in the address is none.
        default: the option to begin with, or None.
        box: what else the select box takes.

    Returns:
        The option, or None where none is chosen.
    """
    kind, instead = gone
    say_what_is_gone(kind, parameter, options, instead)
    asked = st.query_params.get(parameter)
    if asked in options and (arrival().new_page or arrival().through_history):
        st.session_state[parameter] = asked
    if st.session_state.get(parameter) not in options:
        st.session_state[parameter] = default
    chosen = st.selectbox(label, options, key=parameter, persist_state="session", **box)
    stands = st.query_params.get(parameter) if asked in options else None
    if chosen not in (stands, default):
        st.query_params[parameter] = chosen
    elif chosen != stands:  # so that what is said to be gone stays said until something else is chosen
        st.query_params.pop(parameter, None)
    return chosen


def remember_run(run_id: str) -> None:
    """Let other pages begin with a run, unless a page has taken it by itself: only what a person chose counts."""
    if arrival().new_page and arrival().addressed:  # somebody followed a link
        st.session_state.pop(BY_ITSELF, None)
    if run_id != st.session_state.get(BY_ITSELF):
        st.session_state.pop(BY_ITSELF, None)
        st.session_state[CHOSEN] = run_id


def say_without_model() -> None:
    """Where no run can be chosen: why the one that was asked for cannot, if one was."""
    if asked := st.query_params.get("run") or st.session_state.get(CHOSEN):
        _say_not_here(asked, "")


def trusted_first(runs: Sequence[RunSummary]) -> list[RunSummary]:
    """Runs as a box offers them: those on real data that are tested honestly, then the others; each newest first.

    Args:
        runs: newest first.
    """
    return sorted(runs, key=lambda summary: any(_flaws(summary)))


def most_trusted(runs: Sequence[RunSummary]) -> RunSummary:
    """The run to begin with: the best by balanced accuracy of those on real data that are tested honestly.

    Runs that leak, synthetic data, trials of a search, runs that were ended early, and those without a test on many
    pictures come in this order last, and among them the newest counts, for their figures are not worth a comparison.
    """
    fewest = min(map(_flaws, runs))
    best = [summary for summary in runs if _flaws(summary) == fewest]
    return best[0] if any(fewest) else max(best, key=_balanced_accuracy)


def _flaws(summary: RunSummary) -> tuple[bool, ...]:
    """What keeps a run from being begun with, the worst first."""
    judged = summary.metrics.get(summary.metrics.get("headline", ""), {})
    few = summary.metrics.get("headline") != "test" or (judged.get("images") or 0) < FEW_PICTURES
    return (
        bool(summary.leaking),
        is_synthetic(summary.recipe.dataset),
        bool(summary.status.search),
        summary.status.state is not State.FINISHED,  # ended early
        few,
    )


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
    remember_run(run_id)
    st.query_params["run"] = run_id
