"""What a network is told beside the picture, and whether it is worth it: always against the picture alone."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.data.metadata_encoding import COLUMNS, in_words, known_columns, that_add
from core.engine.launch import launch_partner
from core.models.spec import ModelSpec
from core.runs.index import all_runs
from core.runs.judging.comparison import ablation_partner
from core.runs.judging.results import evaluated
from core.runs.run_folder import RunFolder, RunSummary, summarise
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.router import page_of
from dashboard.widgets.run_names import run_title
from dashboard.widgets.runs.comparison_tables import metrics_table, show_paired

BEWARE = (
    "How a diagnosis was confirmed is never among it: only suspicious lesions are cut out, so it gives the class away. "
    "Age and body site can stand for the hospital or the study that a picture comes from: what they add here may not "
    "hold elsewhere."
)


def pick_metadata(
    model: ModelSpec,
    table: pd.DataFrame,
    start: tuple[str, ...],
    explanation: str,
    kept: Callable[[str], dict[str, Any]],
) -> tuple[str, ...]:
    """What a recipe tells the network beside the picture: columns of a data set, of which some row is known.

    Args:
        model: what is trained; one that does not learn step by step is told nothing more.
        table: tidy metadata.
        start: what the recipe says to begin with.
        explanation: of the choice.
        kept: what lets the widget of a field keep its value.
    """
    known = known_columns(table)
    if not model.gradient_trained or not known:
        return ()
    chosen = st.pills(
        "Also tell the network",
        known,
        selection_mode="multi",
        default=[name for name in start if name in known],
        format_func=lambda name: in_words([name]),
        help=explanation,
        **kept(f"told-{model.name}-{'-'.join(known)}"),
    )
    return tuple(name for name in COLUMNS if name in chosen)


def asks_for_ablation(columns: tuple[str, ...], kept: Callable[[str], dict[str, Any]]) -> bool:
    """Whether the same is to be trained without these columns as well; says what to beware of.

    Args:
        columns: that are told beside the picture; without any there is nothing to ask.
        kept: what lets the widget of a field keep its value.
    """
    if not columns:
        return False
    st.caption(f"The network is told {in_words(columns)} and nothing else of the table. {BEWARE}")
    return st.checkbox(
        "Train the same on the picture alone, too",
        value=True,
        help="A second run with the same seed. The difference between the two is what the columns add.",
        **kept("ablation"),
    )


def show_ablation(run: RunFolder) -> None:
    """A run with metadata beside the one without, with the paired test; nothing where neither is there."""
    summary = summarise(run)
    if summary is None:
        return
    partner = ablation_partner(summary, [each.summary for each in all_runs(max_age=1.0).runs])
    if not summary.recipe.metadata and partner is None:
        return
    fused, alone = (summary, partner) if summary.recipe.metadata else (partner, summary)
    columns = (fused or summary).recipe.metadata
    told = in_words(columns)
    st.subheader(f"What {that_add(columns)}")
    st.caption(f"One of two runs with the same recipe and seed is told {told} beside the picture. {BEWARE}")
    if partner is None:
        _offer(summary, columns)
    elif not evaluated(partner.run):
        st.info(
            Markdown("The run to compare with, {}, is {}.").format(run_title(partner), str(partner.status.state)),
            icon=":material/hourglass_top:",
        )
        st.page_link(page_of("runs"), label="See how far it is", query_params={"run": partner.run.run_id})
    elif fused and alone:
        _show_both(fused, alone, told)


def say_what_is_missing(summaries: Sequence[RunSummary]) -> None:
    """Of runs that are compared, those with metadata whose partner without is not among them."""
    for each in summaries:
        if each.recipe.metadata and not any(other.recipe == each.recipe.picture_alone for other in summaries):
            told = in_words(each.recipe.metadata)
            st.info(
                Markdown(
                    "{} is told {} beside the picture, and the same run on the picture alone is not among these."
                ).format(run_title(each), told),
                icon=":material/info:",
            )
            st.page_link(
                page_of("results"),
                label=f"See what {that_add(each.recipe.metadata)}, or start that run",
                icon=":material/grid_on:",
                query_params={"run": each.run.run_id},
            )


def _offer(summary: RunSummary, columns: tuple[str, ...]) -> None:
    st.info(
        f"Whether {that_add(columns)} anything is not known: the same recipe has not been trained on the picture "
        "alone.",
        icon=":material/info:",
    )
    if summary.recipe.cross_validates:
        st.caption("Start the cross-validation without them on the page Train.")
        return
    instructor = current_role() is Role.INSTRUCTOR
    if st.button("Train it on the picture alone", icon=":material/play_arrow:", disabled=not instructor):
        require_instructor()
        try:
            with st.spinner("Handing the run to the engine …"):
                started = launch_partner(summary.run, owner=current_person())
        except LesionLabError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.switch_page(page_of("runs"), query_params={"run": started.run_id})
    if not instructor:
        st.caption("Only instructors can start a training on this server.")


def _show_both(fused: RunSummary, alone: RunSummary, told: str) -> None:
    table = metrics_table({f"picture, {told}": fused, "picture alone": alone})
    st.dataframe(table, hide_index=True, placeholder="–", alt=f"Figures of the runs with and without {told}")
    try:
        show_paired(fused, alone)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
    both = f"{fused.run.run_id},{alone.run.run_id}"
    st.page_link(
        page_of("compare"),
        label=f"Compare both in full (first: with {told})",
        icon=":material/compare_arrows:",
        query_params={"runs": both},
    )
