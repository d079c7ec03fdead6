"""Figures of several runs in one table, and two runs judged on the same pictures."""

from collections.abc import Iterable, Mapping

import pandas as pd
import streamlit as st

from core.base.counting import are, counted
from core.base.errors import RunError
from core.base.percents import p_equals, percent, percent_limits, points, points_range
from core.evaluation.metrics import Metrics
from core.evaluation.paired import Difference, Paired, compare_auc
from core.evaluation.readings import Reading
from core.models.registry import model_spec
from core.runs.judging.comparison import Comparison, compare_runs, rows_of
from core.runs.judging.readings import malignant_reading, melanoma_of
from core.runs.judging.results import Results, headline_metrics
from core.runs.run_folder import RunFolder, RunSummary

METRICS = {
    "accuracy": "accuracy",
    "balanced accuracy": "balanced_accuracy",
    "macro AUC": "macro_auc",
    "log loss": "log_loss",
    "calibration error": "ece",
}
"""Column and name of each figure that has an interval."""

LEAKAGE = {True: "leaks", False: "no leak found", None: "not known"}


def things_of(summaries: Iterable[RunSummary]) -> str:
    """What runs are judged on: "pictures", "samples" of which genes are known, or both in words."""
    kinds = {model_spec(s.recipe.model).takes for s in summaries}
    return "pictures or samples" if len(kinds) > 1 else "samples" if kinds == {"genes"} else "pictures"


def metrics_table(runs: Mapping[str, RunSummary]) -> pd.DataFrame:
    """A row per run, figures with their 95 % intervals as text; gaps for runs that are not evaluated."""
    rows, things = [], things_of(runs.values())
    for name, summary in runs.items():
        row: dict[str, object] = {"run": name, "split": LEAKAGE[summary.leaking]}
        try:
            part, metrics = headline_metrics(summary.run)
        except RunError:
            rows.append(row)
            continue
        row |= {"part": part, things: metrics.images, "floor": _fraction(metrics.majority_accuracy)}
        rows.append(row | {column: _with_interval(metrics, metric) for column, metric in METRICS.items()})
    return pd.DataFrame(rows)


def _fraction(value: float | None) -> str | None:
    return None if value is None else percent(value)


def _with_interval(metrics: Metrics, metric: str) -> str | None:
    value = getattr(metrics, metric)
    if value is None:
        return None
    interval = metrics.intervals.get(metric)
    if metric == "log_loss":
        return f"{value:.3f}" + (f" ({interval[0]:.3f}–{interval[1]:.3f})" if interval else "")
    return percent(value) + (f" ({percent_limits(interval)})" if interval else "")


def show_paired(first: RunSummary, second: RunSummary) -> pd.DataFrame | None:
    """The first against the second on the test pictures or samples that both have, in words and figures.

    Returns:
        These pictures as `core.evaluation.paired.common_pictures` gives them; None where there are none.

    Raises:
        RunError, DataError: the predictions of one are missing or damaged.
    """
    found, areas = _compared(_predictions_of(first), _predictions_of(second), first.run, second.run)
    things = things_of([first, second])
    if found is None:
        thing = {"pictures": "picture", "samples": "sample"}.get(things, "picture or sample")
        st.info(
            f"The test parts of these two runs have no {thing} in common, so they cannot be judged on the same ones. "
            "Runs on the same data set with the same split and seed can.",
            icon=":material/join_inner:",
        )
        return None
    result, held_out = found.paired, found.held_out
    ours, theirs = (each.info for each in found.results)
    if ours.dataset != theirs.dataset:
        st.warning(
            f"These runs are on different data sets, {ours.dataset_title} and {theirs.dataset_title}. What has the "
            f"same name and class is taken for the same of their {things}. It is where an archive gave names, such as "
            "ISIC_0024306, and hardly where they are names of files, such as “nevus/1.png”.",
            icon=":material/warning:",
        )
    if bool(first.leaking) != bool(second.leaking):
        st.error(
            "One of the two leaks and the other does not: the leaking one has seen the groups of some of these "
            f"{things} in training, so what follows says nothing about which network is better.",
            icon=":material/warning:",
        )
    elif first.leaking:
        st.warning("Both leak: the figures of both are too good.", icon=":material/warning:")
    st.caption(
        f"On {counted(result.pictures, things)} of {counted(result.groups, 'groups')} in the test part of both "
        f"({held_out[0]:,} and {held_out[1]:,} {things} in all). Positive: the first is ahead."
    )
    show_difference(result, things, areas)
    return found.common


def show_difference(result: Paired, things: str, areas: dict[str, Difference]) -> None:
    """The first minus the second in figures, and what McNemar's test says.

    Args:
        result: of the comparison.
        things: pictures or samples.
        areas: differences in area under the ROC curve, by what they are called.
    """
    with st.grid(3, min_column_width=170):
        _metric("Accuracy", result.accuracy)
        _metric("Balanced accuracy", result.balanced_accuracy)
        for name, area in areas.items():
            _metric(name, area)
        st.metric("Only the first is right", counted(result.only_first, things))
        st.metric("Only the second is right", counted(result.only_second, things))
    st.markdown(_in_words(result, things))


@st.cache_data(max_entries=30, show_spinner="Comparing one by one …")
def _compared(
    first: tuple[str, int], second: tuple[str, int], _first: RunFolder, _second: RunFolder  # noqa: ARG001 - key
) -> tuple[Comparison | None, dict[str, Difference]]:  # fmt: skip
    found = compare_runs(_first, _second)
    if found is None:
        return None, {}
    macro = {} if found.macro_auc is None else {"Macro AUC": found.macro_auc}
    return found, macro | _areas(found.results, found.common)


def _areas(results: tuple[Results, Results], common: pd.DataFrame) -> dict[str, Difference]:
    """Difference in area under the ROC curve of what is told: malignant or melanoma, where both know it."""
    info = results[0].info
    melanoma = melanoma_of(info.classes)
    wanted = [malignant_reading(info.classes), Reading(melanoma.name, (melanoma.key,)) if melanoma else None]
    found = {}
    for reading in wanted:
        if reading is None or any(set(reading.positive) - set(each.info.class_keys) for each in results):
            continue
        first, second = (reading.scores(rows_of(each, common)) for each in results)
        if area := compare_auc(common, first, second, reading.is_positive(common)):
            found[f"AUC, {reading.name} against the rest"] = area
    return found


def _predictions_of(summary: RunSummary) -> tuple[str, int]:
    """Which predictions of which run: they are written anew when it is evaluated again."""
    file = summary.run.evaluation / "predictions.parquet"
    return str(file), file.stat().st_mtime_ns


def _metric(name: str, difference: Difference) -> None:
    spread = (
        "" if difference.lower is None or difference.upper is None else points_range(difference.lower, difference.upper)
    )
    st.metric(
        name, f"{points(difference.value)} points", spread or None, delta_arrow="off", delta_color="off",
        help="First minus second. Below: 95 % interval, the same groups being resampled for both.",
    )  # fmt: skip


def _in_words(result: Paired, things: str) -> str:
    """What McNemar's test says of pictures, and the sign test of groups, where these have several."""
    by_group = result.group_p_value
    p = result.p_value if by_group is None else by_group
    said = "differ more than chance explains" if p < 0.05 else "may differ by chance alone"
    if p >= 0.05 and result.accuracy.value == 0:
        said = "do not differ"
    ahead = result.groups_first
    if by_group is None or ahead is None:  # kept by an older version
        return (
            f"McNemar's exact test: {p_equals(result.p_value)}. In accuracy, these two {said}. The test counts "
            f"{things} as if each were independent; where groups have several {things}, trust the intervals above "
            "instead."
        )
    if result.groups == result.pictures:
        return (
            f"McNemar's exact test: {p_equals(result.p_value)}. In accuracy, these two {said}. "
            f"Every {things[:-1]} is a group of its own here, so the test may count {things}."
        )
    return (
        f"With one vote for each group, {counted(ahead, 'groups')} {are(ahead)} for the first and "
        f"{result.groups_second:,} for the second (sign test: {p_equals(by_group)}). In accuracy, these "
        f"two {said}. McNemar's exact test ({p_equals(result.p_value)}) counts {things} as if each were independent "
        "of the others; the intervals above are by group."
    )
