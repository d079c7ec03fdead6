"""One reference system: why our figures are not the published one, what they rest on, and the button that trains it."""

from collections.abc import Sequence
from functools import partial
from typing import Literal

import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.base.percents import percent, percent_range
from core.data.catalog import Catalog
from core.data.spec import ClassSpec
from core.evaluation.metrics import Metrics
from core.reproduction.gaps import gap, taken_apart_sentence
from core.reproduction.outcomes import Claim, Figure, Half, Progress, Standing, seconds_left
from core.reproduction.report import apart_of, classes_of
from core.reproduction.starting import lacking, start
from core.teaching.taken_apart import TakenApart, rows_of
from dashboard.glossary import meaning
from dashboard.markdown import Markdown, code
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.router import page_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.notices import leak_badge
from dashboard.widgets.shares_table import shares_written
from dashboard.wording import in_words

COLOURS: dict[Progress, Literal["green", "blue", "red", "orange", "gray"]] = {
    Progress.DONE: "green",
    Progress.TRAINING: "blue",
    Progress.FAILED: "red",
    Progress.PARTLY: "orange",
    Progress.OPEN: "gray",
    Progress.IMPOSSIBLE: "gray",
}


def references_table(standings: Sequence[Standing]) -> pd.DataFrame:
    """A row for each system: published, as they did it, honestly held out with its interval, floor and state."""
    rows = []
    for each in standings:
        theirs, honest = each.theirs.figure, each.honest.figure
        low, high = (honest.interval if honest else None) or (None, None)
        rows.append(
            {
                "system": each.system.title,
                "published": each.system.published_said,
                "as they did it": theirs.accuracy if theirs else None,
                "honestly held out": honest.accuracy if honest else None,
                "lower": low,
                "upper": high,
                "floor": honest.floor if honest else None,
                "state": str(each.progress),
            }
        )
    return pd.DataFrame(rows)


def show_row(standing: Standing, catalog: Catalog) -> None:
    """Everything about one row."""
    system = standing.system
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(system.title, anchor=False, width="content")
        st.badge(str(standing.progress), color=COLOURS[standing.progress], help=standing.progress.meaning)
    st.markdown(
        Markdown("{} · published **{}** on {}").format(
            Markdown(", ").join(map(code, system.models)), system.published_said, system.published_on
        )
    )
    if said := gap(standing):
        st.markdown(said)
    _start_button(standing, catalog)
    for column, half, title in zip(
        st.columns(2, gap="large"), standing.halves, ("As they did it", "Honestly held out"), strict=True
    ):
        with column:
            _show_half(half, title)
    if (apart := _taken_apart(standing)) is not None:
        _show_apart(apart, classes_of(standing))


def _start_button(standing: Standing, catalog: Catalog) -> None:
    missing = [each for each in lacking(standing) if not each.active]
    if not standing.trainings or not lacking(standing):
        return
    if not missing:
        going = [each.eta_seconds for each in lacking(standing) if each.eta_seconds is not None]
        left = f" The one being trained needs about {in_words(max(going))} more." if going else ""
        many = len(lacking(standing))
        are = "One training of it is" if many == 1 else f"{many} trainings of it are"
        st.info(f"{are} queued or being trained.{left}", icon=":material/sync:")
        return
    seconds, unknown = seconds_left([standing], catalog)
    known = f"about {in_words(seconds)}" if seconds else ""
    rest = f"{unknown} of them have no earlier run that tells how long they take" if unknown else ""
    number = f"{len(missing)} training{'s' * (len(missing) != 1)}"
    may_start = current_role() is Role.INSTRUCTOR
    if st.button("Train what is missing", type="primary", icon=":material/play_arrow:", disabled=not may_start):
        require_instructor()
        with st.spinner("Handing the runs to the engine …"):
            try:
                start(standing, current_person())
            except LesionLabError as error:
                st.error(str(error), icon=":material/error:")
                return
        st.rerun()
    st.caption(f"{number} in the background: {'; '.join(filter(None, [known, rest]))}." if known or rest else number)
    if not may_start:
        st.caption("Only instructors can start a training on this server.")


def _show_half(half: Half, title: str) -> None:
    planned = half.planned
    st.markdown(Markdown("**{}**").format(title))
    st.caption(f"{planned.said[0].upper()}{planned.said[1:]}" + (f"; on {planned.title}." if planned.title else "."))
    for note in planned.notes:
        st.caption(Markdown(":material/info: {}").format(note))
    if problem := planned.problem or half.problem:
        st.info(problem, icon=":material/block:")
    elif half.figure is not None:
        _show_figure(half.figure)
    elif half.claim is not None:
        _show_claim(half.claim, half)
    else:
        done = sum(each.done for each in half.each)
        st.caption(f"{done} of {len(half.each)} trainings are done." if done else "Not trained yet.")


def _show_figure(figure: Figure) -> None:
    with st.container(horizontal=True):
        between = percent_range(*figure.interval) if figure.interval else "no interval"
        metric = partial(st.metric, delta_color="off", delta_arrow="off")
        metric("Accuracy", percent(figure.accuracy), between, help=meaning("accuracy"))
        metric("Floor", percent(figure.floor), f"always {figure.majority_class}", help=meaning("floor"))
        st.metric("Balanced accuracy", percent(figure.balanced_accuracy), help=meaning("balanced accuracy"))
    with st.container(horizontal=True, vertical_alignment="center"):
        leak_badge(figure.leaking)
        seconds = f", {in_words(figure.seconds)} of learning" if figure.seconds else ""
        hardware = f" on {figure.hardware}" if figure.hardware else ""
        st.caption(f"{figure.pictures:,} pictures of the {figure.part} part{seconds}{hardware}.", width="content")
        st.page_link(
            page_of("results"), label="Its results", icon=":material/grid_on:", query_params={"run": figure.run_id}
        )


def _show_claim(claim: Claim, half: Half) -> None:
    first, second = (recipe.model for recipe in half.planned.recipes[0])
    table = pd.DataFrame({"seed": claim.seeds, first: claim.first, second: claim.second})
    table["ahead"] = table[first] - table[second]
    shown = shares_written(table, [first, second, "ahead"])
    st.dataframe(shown, hide_index=True, alt=f"Accuracy of {first} and {second} by seed")


def _taken_apart(standing: Standing) -> TakenApart | None:
    if not standing.system.taken_apart or standing.theirs.figure is None:
        return None
    with st.spinner("Taking the figure apart …"):
        return apart_of(standing)


def _show_apart(apart: TakenApart, classes: Sequence[ClassSpec]) -> None:
    names = {c.key: c.name for c in classes}
    st.markdown(Markdown("**{}**").format("The published figure taken apart"))
    st.markdown(taken_apart_sentence(apart, classes))
    cuts: dict[str, Metrics | None] = {
        "all rows": apart.whole,
        "without copies": apart.without_copies,
        "without known groups": apart.without_relatives,
    }
    rows = [
        {
            "judged on": name,
            "rows": rows_of(metrics),
            "accuracy": metrics.accuracy,
            "balanced accuracy": metrics.balanced_accuracy,
            **{f"recall: {names[c.key]}": c.sensitivity for c in metrics.per_class},
        }
        for name, metrics in cuts.items()
        if metrics is not None
    ]
    table = pd.DataFrame(rows)
    st.dataframe(
        shares_written(table, table.columns.difference(["judged on", "rows"])),
        hide_index=True,
        placeholder="–",
        alt="Figures and recall by class without copies",
    )
    csv_button("Taken apart as CSV", table, "taken-apart.csv")
