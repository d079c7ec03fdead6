"""A cross-validation: how its folds stand, and how far their figures differ."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.base.percents import percent
from core.combined.cross_validation import CrossValidation, FoldRun, open_cross_validation
from core.combined.starting import retry
from core.data.spec import ClassSpec
from core.engine.launch import cancel
from core.evaluation.folds import FIGURES, OverFolds, figures_over_folds, sensitivity_over_folds
from core.runs.judging.results import Fold
from core.runs.run_folder import RunFolder, RunSummary
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor
from dashboard.router import page_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.shares_table import shares_table

LOOK_SECONDS = 3.0
_NO_FRACTION = "log loss"


def show_cross_validation(summary: RunSummary) -> None:
    """The folds of the cross-validation that a run belongs to, what is missing, and the run that they come to."""
    cv_id = summary.status.cross_validation
    if not cv_id:
        return
    try:
        cv = open_cross_validation(cv_id)
        before = (cv.out_of_fold(), cv.lacking())
        going = any(each.state is not None and not each.state.over for each in cv.folds())
        going |= before == (None, ()) and not cv.joined_file.is_file()
    except LesionLabError as error:
        st.caption(str(error))
        return
    st.fragment(_standing, run_every=LOOK_SECONDS if going else None)(cv, summary.run.run_id, before)


def _standing(cv: CrossValidation, shown: str, before: tuple[RunFolder | None, tuple[str, ...]]) -> None:
    try:
        folds, made, lacking = cv.folds(), cv.out_of_fold(), cv.lacking()
    except LesionLabError as error:
        st.caption(str(error))
        return
    if (made, lacking) != before:  # the whole page has other links then, and may not have to look again
        st.rerun()
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(Markdown("**Cross-validation in {} folds**").format(str(len(folds))), width="content")
            for each in folds:
                _link(each, shown)
            if made is not None and made.run_id != shown:
                st.page_link(
                    page_of("results"), label="Out-of-fold results", icon=":material/join_full:",
                    query_params={"run": made.run_id},
                )  # fmt: skip
            _buttons(cv, folds, bool(lacking))
        if lacking:
            st.warning(
                " ".join(lacking) + " There are no out-of-fold predictions until every fold is finished.",
                icon=":material/warning:",
            )
        elif made is None and not cv.joined_file.is_file():
            finished = sum(each.state == "finished" for each in folds)
            st.caption(
                f"{finished} of {len(folds)} folds are finished. Once all are, their predictions are put together "
                "automatically."
            )


def _link(each: FoldRun, shown: str) -> None:
    label = f"{each.fold}: {each.state or 'missing'}"
    if each.run is None or each.run.run_id == shown:
        st.markdown(label, width="content")
    else:
        st.page_link(page_of("runs"), label=label, query_params={"run": each.run.run_id})


def _buttons(cv: CrossValidation, folds: Sequence[FoldRun], lacking: bool) -> None:
    if current_role() is not Role.INSTRUCTOR:
        return
    if lacking and st.button("Retry", icon=":material/restart_alt:", help="Trains the folds that are missing."):
        require_instructor()
        try:
            retry(cv)
        except LesionLabError as error:
            st.toast(str(error), icon=":material/error:")
            return
        st.rerun()
    going = [each.run for each in folds if each.run is not None and each.state is not None and not each.state.over]
    if len(going) > 1 and st.button("Cancel all folds", icon=":material/cancel:"):
        require_instructor()
        for run in going:
            cancel(run)
        st.rerun()


def show_over_folds(folds: Sequence[Fold], classes: Sequence[ClassSpec], run_id: str) -> None:
    """Mean ± standard deviation of each figure, and the figures of each fold."""
    st.subheader(f"Over the {len(folds)} folds")
    metrics = [each.metrics for each in folds]
    with st.grid(len(FIGURES), min_column_width=150):
        for name, of in figures_over_folds(metrics).items():
            mean, deviation = _in_figures(of, name != _NO_FRACTION)
            st.metric(
                name[0].upper() + name[1:], mean, deviation, border=True, height="stretch", delta_arrow="off",
                delta_color="off",
            )  # fmt: skip
    st.caption(
        "Mean ± standard deviation. Each fold is judged on its own test part, by a model that has seen nothing of it. "
        "The deviation says how much one training and test part differ from the next; it is no 95 % interval, for "
        "that is above, over all pictures together."
    )
    table = fold_table(folds, classes)
    shares = [name for name in table.columns if name not in ("fold", "pictures", "run", _NO_FRACTION)]
    shares_table(table, shares, "Figures of each fold, and the sensitivity of each class in it")
    spread = sensitivity_over_folds(metrics)
    named = {each.key: each.name for each in classes}
    st.caption(
        "Sensitivity: " + ", ".join(f"{named[key]} {_with_deviation(of, True)}" for key, of in spread.items()) + "."
    )
    csv_button("Folds as CSV", table, f"{run_id}-folds.csv")


def fold_table(folds: Sequence[Fold], classes: Sequence[ClassSpec]) -> pd.DataFrame:
    """A row per fold: pictures, each of `FIGURES`, the sensitivity of each class, and the run."""
    return pd.DataFrame(
        {
            "fold": each.fold,
            "pictures": each.metrics.images,
            **{name: getattr(each.metrics, field) for name, field in FIGURES.items()},
            **{
                f"sensitivity of {spec.name}": of.sensitivity
                for spec, of in zip(classes, each.metrics.per_class, strict=True)
            },
            "run": each.run,
        }
        for each in folds
    )


def _with_deviation(of: OverFolds, fraction: bool) -> str:
    mean, spread = _in_figures(of, fraction)
    return f"{mean} {spread}" if spread else mean


def _in_figures(of: OverFolds, fraction: bool) -> tuple[str, str | None]:
    """Mean, and the standard deviation where there is one; fractions in percent."""
    if of.mean is None:
        return "not defined", None
    said = percent if fraction else "{:.3f}".format
    return said(of.mean), None if of.deviation is None else f"± {said(of.deviation)}"
