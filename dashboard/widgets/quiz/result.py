"""The end of a series: a person and a model judged alike on the same pictures."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.base.errors import PictureError
from core.base.percents import NOT_DEFINED, percent, percent_range
from core.data.spec import ClassSpec, Dataset
from core.runs.judging.results import Results
from core.serving.predictor import DISCLAIMER
from core.teaching.quiz.published_readers import TSCHANDL_2019
from core.teaching.quiz.quiz import Comparison, SeriesSettings
from dashboard.charts.quiz import comparison_matrix, race_chart
from dashboard.markdown import Markdown, link
from dashboard.state.loading import thumbnail
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.notices import leak_warning
from dashboard.widgets.shares_table import shares_written

SMALL_P = 0.05
LEAST_SHOWN = 0.01
"""A smaller share is called less than this one: rounded to 0 % it would be said never to happen."""
PLAIN: dict[str, Any] = {"delta_arrow": "off", "delta_color": "off", "border": True, "height": "stretch"}


def show_marks(results: Results) -> None:
    """Synthetic pictures and a leaking split, marked wherever the run appears."""
    if results.info.synthetic:
        st.badge(
            "synthetic pictures",
            icon=":material/science:",
            color="violet",
            help="These pictures were drawn by a program. They say nothing about real skin.",
        )
    leak_warning(results.leakage)


def verdict(comparison: Comparison) -> str:
    """Who was ahead, in one short sentence."""
    you, model = comparison.you.correct, comparison.model.correct
    if you == model:
        return f"A draw: {you} all"
    return f"You win {you} to {model}" if you > model else f"The model wins {model} to {you}"


def paired_words(comparison: Comparison) -> str:
    """What the pairs of answers say of who is better, and how little that is."""
    n, you, model = len(comparison.pictures), comparison.only_you, comparison.only_model
    both = int((comparison.pictures["you_right"] & comparison.pictures["model_right"]).sum())
    neither = n - both - you - model
    said = (
        f"Of {_pictures(n)}, you were both right on {both}, both wrong on {neither}, only you were right on {you}, "
        f"only the model on {model}. "
    )
    if you == model:
        return said + f"That is even: nothing here tells the two of you apart, and {_pictures(n)} hardly could."
    chance = (
        percent(comparison.p_value, 0) if comparison.p_value >= LEAST_SHOWN else f"less than {percent(LEAST_SHOWN, 0)}"
    )
    chance = (
        f"If both were equally good, {max(you, model)} to {min(you, model)} or more uneven would come up in "
        f"{chance} of such series (exact McNemar test). "
    )
    if comparison.p_value < SMALL_P:
        return said + chance + f"That is more than chance usually brings, but still one series of {_pictures(n)}."
    return said + chance + f"So {_pictures(n)} cannot tell which of you is better."


def published_words(comparison: Comparison) -> str:
    """The published difference between algorithms and people, beside the difference here, with the scales said."""
    study, n = TSCHANDL_2019, len(comparison.pictures)
    difference = comparison.model.correct - comparison.you.correct
    here = Markdown("Here the model gave **{:+d}** against yours on {}. ").format(difference, _pictures(n))
    if n != study.batch:
        here += (
            f"The published figure is for {study.batch} pictures; the same share of {n} would be "
            f"{study.difference * n / study.batch:.2f}. "
        )
    return Markdown(
        "In a study of {} human readers with batches of {} pictures from {}, the algorithms of the "
        "challenge gave **{:+.2f}** correct answers a batch against people (95 % interval {:.2f}–{:.2f}; "
        "{:.2f} against {:.2f}). {}Other pictures, other models, thousands of batches: your one "
        "series is an anecdote beside it."
    ).format(
        study.readers,
        study.batch,
        study.pictures,
        study.difference,
        study.interval[0],
        study.interval[1],
        study.algorithms_mean,
        study.readers_mean,
        here,
    )


def show_comparison(
    comparison: Comparison, results: Results, dataset: Dataset | None, settings: SeriesSettings
) -> None:
    """Everything about how both did; `dataset` is None where it is gone, then no picture is shown."""
    classes = results.info.classes
    show_marks(results)
    st.header(verdict(comparison), anchor=False)
    _show_metrics(comparison, {c.key: c.name for c in classes})
    st.markdown(paired_words(comparison))
    left_out = settings.size - len(comparison.pictures)
    if left_out:
        st.caption(f"{_pictures(left_out)} of the series were not answered; neither side is judged on them.")

    race, published = st.columns([3, 2], gap="large")
    with race:
        st.plotly_chart(
            race_chart(comparison.pictures, classes),
            key="quiz-race",
            config={"displayModeBar": False},
            alt=f"Correct answers picture by picture: you end at {comparison.you.correct}, "
            f"the model at {comparison.model.correct}",
        )
    with published:
        st.subheader("People against algorithms, published", anchor=False)
        st.markdown(published_words(comparison))
        st.caption(
            Markdown("{}, {}.").format(
                TSCHANDL_2019.citation, link(f"doi:{TSCHANDL_2019.doi}", f"https://doi.org/{TSCHANDL_2019.doi}")
            )
        )

    yours, models = st.columns(2, gap="large")
    for column, side, of_you in ((yours, comparison.you, True), (models, comparison.model, False)):
        who = "Your" if of_you else "The model's"
        column.plotly_chart(
            comparison_matrix(side.metrics, classes, of_you=of_you),
            key=f"quiz-matrix-{of_you}",
            config={"displayModeBar": False},
            alt=f"{who} confusion matrix: true classes in rows, answers in columns; {side.correct} on the diagonal",
        )
    _pictures_by_outcome(comparison, classes, dataset)
    _table(comparison, classes, settings)


def _show_metrics(comparison: Comparison, names: dict[str, str]) -> None:
    n, majority = len(comparison.pictures), names[comparison.model.metrics.majority_class]
    majority_baseline = comparison.model.metrics.majority_accuracy or 0.0
    row = st.grid(4, min_column_width=150)
    for who, side in (("You", comparison.you), ("The model", comparison.model)):
        row.metric(who, f"{side.correct} of {n}", "correct", **PLAIN)
    row.metric("Same answer", f"{comparison.agreeing} of {n}", "right or wrong", **PLAIN)
    row.metric(
        "Floor",
        f"{majority_baseline * n:.0f} of {n}",
        "without looking",
        help=f"What always answering “{majority}” would get, the most frequent class of the training part.",
        **PLAIN,
    )
    benign = n - comparison.malignant
    lines = [
        ("Accuracy", lambda side: _fraction(side.metrics.accuracy, side.accuracy_interval)),
        ("Balanced accuracy", lambda side: _fraction(side.metrics.balanced_accuracy, side.balanced_interval)),
        (f"Malignant, missed (of {comparison.malignant})", lambda side: f"{side.malignant_missed}"),
        (f"Benign, over-called (of {benign})", lambda side: f"{side.over_called}"),
    ]
    head = Markdown("| | You | The model |\n| :-- | :-- | :-- |")
    table = [Markdown("| {} | {} | {} |").format(name, of(comparison.you), of(comparison.model)) for name, of in lines]
    st.markdown(Markdown("\n").join([head, *table]))
    st.caption(
        f"Floor: always answering “{majority}”, the most frequent class of the training part. In brackets 95 % "
        "intervals: Wilson's for the accuracy; 1,000 bootstrap resamples of the pictures for the balanced accuracy "
        "(mean sensitivity of the classes that occur), rough for so few, and none where all resamples agree. Missed: "
        "malignant taken for benign. Over-called: benign taken for malignant."
    )


def _pictures_by_outcome(comparison: Comparison, classes: Sequence[ClassSpec], dataset: Dataset | None) -> None:
    table = comparison.pictures
    groups = {
        "Only you were right": table["you_right"] & ~table["model_right"],
        "Only the model was right": table["model_right"] & ~table["you_right"],
        "Both wrong": ~table["model_right"] & ~table["you_right"],
        "Both right": table["model_right"] & table["you_right"],
    }
    st.subheader("Where you differ, and where not", anchor=False)
    counts = {name: int(rows.sum()) for name, rows in groups.items()}
    options = [name for name in groups if counts[name]]
    shown = st.segmented_control(
        "Pictures",
        options,
        default=options[0],
        required=True,
        format_func=lambda name: f"{name} ({counts[name]})",
        label_visibility="collapsed",
        key="quiz-outcome",
        wrap=True,
    )
    names = {c.key: c.name for c in classes}
    grid = st.grid(5, min_column_width=150)
    for row in table[groups[shown]].itertuples():
        show_labelled(
            grid.container(gap="xsmall"),
            dataset,
            row.image_id,
            Markdown("**{}**  \n{} You: {}  \n{} Model: {} ({})  \n:small[picture {}, {}]").format(
                names[row.true],
                _tick(row.you_right),
                names[row.you],
                _tick(row.model_right),
                names[row.model],
                percent(row.model_probability, 0),
                row.position,
                row.image_id,
            ),
        )


def show_labelled(cell, dataset: Dataset | None, image_id: str, text: str) -> None:
    """One picture of a gallery with what is to be said of it."""
    paths = dataset.table.loc[dataset.table["image_id"] == image_id, "path"] if dataset else pd.Series(dtype=str)
    if paths.empty:
        cell.caption("This picture is no longer in the data set.")
    else:
        try:
            cell.image(thumbnail(paths.iloc[0], 240), width="stretch", alt=f"Picture {image_id}")
        except PictureError as error:
            cell.caption(str(error))
    cell.markdown(text)


def _table(comparison: Comparison, classes: Sequence[ClassSpec], settings: SeriesSettings) -> None:
    names = {c.key: c.name for c in classes}
    table = comparison.pictures.replace({"true": names, "you": names, "model": names})
    with st.expander("The same as a table", icon=":material/table:"):
        st.dataframe(
            shares_written(table, ["model_probability"]),
            hide_index=True,
            column_config={"model_probability": "model's probability"},
            alt="Every picture with its true class, your answer and the model's",
        )
        csv_button(
            "Answers as CSV",
            lambda: comparison.pictures.assign(run=settings.run_id, seed=settings.seed, note=DISCLAIMER),
            f"quiz-{settings.size}-{settings.seed}.csv",
        )


def _fraction(value: float | None, limits: tuple[float, float] | None) -> str:
    interval = f" ({percent_range(*limits, 0)})" if limits else ""
    return NOT_DEFINED if value is None else Markdown("**{}**{}").format(percent(value, 0), interval)


def _tick(right: bool) -> str:
    return Markdown(":green[:material/check:]") if right else Markdown(":red[:material/close:]")


def _pictures(n: int) -> str:
    return "1 picture" if n == 1 else f"{n} pictures"
