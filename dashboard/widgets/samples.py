"""What an empty page is going to show: a chart of numbers that are made up, grey, and called an example."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.data.spec import ClassSpec
from dashboard.charts.genes import heat_map
from dashboard.charts.results import confusion_chart, probability_chart
from dashboard.charts.style import style

KEY = "sample-of-"
"""The key of such a chart begins so; by it most have no colours."""
_CLASSES = (
    ClassSpec("mel", "melanoma", True),
    ClassSpec("nv", "melanocytic nevus", False),
    ClassSpec("bkl", "benign keratosis", False),
)
_CONFUSION = [[41, 17, 12], [9, 312, 19], [14, 23, 73]]
_ANSWER = {"mel": 0.71, "nv": 0.21, "bkl": 0.08}
_LEARNT = [0.52, 0.63, 0.69, 0.74, 0.78, 0.81, 0.83, 0.85]
_VALIDATED = [0.50, 0.60, 0.66, 0.69, 0.71, 0.73, 0.73, 0.74]


def sample_curves() -> None:
    """Accuracy by epoch, as a training shows it."""
    figure = go.Figure()
    for name, values, dash in (("train", _LEARNT, "dot"), ("validation", _VALIDATED, "solid")):
        figure.add_scatter(y=values, x=list(range(1, len(values) + 1)), name=name, line={"dash": dash}, mode="lines")
    figure.update_xaxes(title="epoch", dtick=1)
    figure.update_yaxes(title="accuracy", tickformat=".0%")
    _show(
        "curves", style(figure, title="Accuracy by epoch", images=0, height=320), "Two curves that rise epoch by epoch"
    )


def sample_confusion() -> None:
    """Who was taken for whom, as the results of a run begin."""
    figure = confusion_chart(_CONFUSION, _CLASSES, normalised=False)
    _show("confusion", figure.update_layout(height=380), "A confusion matrix of three classes")


def sample_answer() -> None:
    """The probability of each class, as a picture is answered."""
    _show("answer", probability_chart(_ANSWER, _CLASSES), "Three bars: one class is the most likely")


def sample_map() -> None:
    """Pictures as points, those that look alike close together."""
    rng, figure = np.random.default_rng(0), go.Figure()
    for name, centre in (("a class", (0.0, 0.0)), ("another", (3.0, 1.0)), ("a third", (1.0, 3.0))):
        at = rng.normal(centre, 0.7, (40, 2))
        figure.add_scatter(x=at[:, 0], y=at[:, 1], mode="markers", name=name)
    figure.update_xaxes(showticklabels=False)
    figure.update_yaxes(showticklabels=False)
    _show("map", style(figure, title="Pictures that look alike lie together", images=0), "Three clouds of points")


def sample_genes() -> None:
    """Genes in samples, as the heat map of a table shows them."""
    rng = np.random.default_rng(0)
    samples, genes = [f"sample {n}" for n in range(1, 25)], [f"gene {n}" for n in range(1, 13)]
    labels = pd.Series(["mel"] * 12 + ["nv"] * 12, index=samples)
    shifts = np.where(labels.to_numpy()[:, None] == "mel", 1.0, -1.0) * rng.normal(0, 1, len(genes))
    values = pd.DataFrame(shifts + rng.normal(0, 0.7, (len(samples), len(genes))), index=samples, columns=genes)
    described = pd.Series("", index=genes)
    _show("genes", heat_map(values, labels, described, _CLASSES[:2], "sample"), "Twelve genes in twenty-four samples")


def _show(name: str, figure: go.Figure, alt: str) -> None:
    st.caption("An example of what will stand here; its numbers are made up.")
    figure.update_layout(title={"subtitle": {"text": "made-up numbers"}})
    config = {"displayModeBar": False, "staticPlot": True}
    st.plotly_chart(figure, key=f"{KEY}{name}", config=config, alt=f"An example with made-up numbers. {alt}")
