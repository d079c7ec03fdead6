"""Charts of an evaluated run: confusion matrix, sensitivities, probabilities of one prediction."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.base.percents import percent
from core.data.spec import ClassSpec
from core.evaluation.confusion import row_normalised
from core.evaluation.metrics import Metrics
from dashboard.charts.palette import class_colours
from dashboard.charts.style import style, wrapped

PALE_CELL, FULL_CELL, INK, MARK = "#E8F1F4", "#5CA3B8", "#16242C", "#E08A1E"
"""Of the confusion matrix, on light and dark pages alike: the numbers are read on each of its colours (4.5 to 1)."""
UNIT_FITS = 7
"""Classes up to which "100 %" has room in a cell on a phone of 390 pixels; of more, the title says the unit."""
_TICK_WIDTH = 12
"""Letters of a class in a line beside the confusion matrix, where keys are numbers and names stand for them."""
_NOUN = {"pictures": "image", "samples": "sample"}
"""What one of the things judged is called under a title."""


def confusion_chart(
    confusion: Sequence[Sequence[int]],
    classes: Sequence[ClassSpec],
    *,
    normalised: bool,
    of_predicted: bool = False,
    things: str = "pictures",
    marked: tuple[str, str] | None = None,
) -> go.Figure:
    """The confusion matrix: a row per true class, a column per predicted one, both in the order of `classes`.

    A frame stands around the `marked` cell, (true key, predicted key). Cells hold counts, or where `normalised` shares
    of their true class, with `of_predicted` of their predicted class. Transparent square markers lie over the cells,
    because heat maps cannot be clicked; `customdata` of each is (true key, predicted key, count). Cells take all the
    room that there is: on a phone "100 %" has to fit into one of seven.
    """
    counts = np.array(confusion)
    fractions = row_normalised(counts.T).T if of_predicted else row_normalised(counts)
    keys, names = [c.key for c in classes], [c.name for c in classes]
    ticks = {"tickvals": keys, "ticktext": [wrapped(c.short, _TICK_WIDTH) for c in classes]}
    united = len(keys) <= UNIT_FITS

    def share(fraction: float) -> str:
        return percent(fraction, 0) if united else f"{100 * fraction:.0f}"

    text = [
        ["" if np.isnan(s) else (share(s) if normalised else f"{n:,}") for n, s in zip(row, of, strict=True)]
        for row, of in zip(counts, fractions, strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=fractions,
            x=keys,
            y=keys,
            text=text,
            texttemplate="%{text}",
            textfont={"size": 13 if len(keys) < UNIT_FITS else 12, "color": INK},
            colorscale=[[0, PALE_CELL], [1, FULL_CELL]],
            zmin=0,
            zmax=1,
            xgap=2,
            ygap=2,
            showscale=False,
            hoverinfo="skip",
        )
    )
    cells = [(i, j) for i in range(len(keys)) for j in range(len(keys))]
    figure.add_scatter(
        x=[keys[j] for _, j in cells],
        y=[keys[i] for i, _ in cells],
        mode="markers",
        marker={"symbol": "square", "size": 38, "color": "#000000", "opacity": 0.001},
        customdata=[(keys[i], keys[j], int(counts[i, j])) for i, j in cells],
        text=[
            f"{counts[i, j]:,} of {counts[i].sum():,} {things} of<br><b>{names[i]}</b><br>"
            f"were taken for<br><b>{names[j]}</b>"
            for i, j in cells
        ],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    if marked is not None:
        x, y = keys.index(marked[1]), keys.index(marked[0])
        edges = {"x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5}
        figure.add_shape(type="rect", **edges, line={"color": MARK, "width": 3})
    first, last = -0.5, len(keys) - 0.5  # by itself Plotly leaves room for whole markers around the cells
    figure.update_yaxes(title="true class", range=[last, first], type="category", **ticks)  # keys may be numbers
    figure.update_xaxes(
        title="predicted class", range=[first, last], side="bottom", tickangle=0, type="category", **ticks
    )
    kind = f"by {'predicted' if of_predicted else 'true'} class" if normalised else f"in {things}"
    if normalised and not united:
        kind += ", in %"
    return style(figure, title=f"Confusion matrix {kind}", images=int(counts.sum()), height=520, noun=_NOUN[things])


def sensitivity_chart(metrics: Metrics, classes: Sequence[ClassSpec], things: str = "pictures") -> go.Figure:
    """Sensitivity of each class, in the colours of the classes."""
    colours, names = class_colours(classes), {c.key: c.name for c in classes}
    occurring = sorted((c for c in metrics.per_class if c.sensitivity is not None), key=lambda c: c.sensitivity or 0)
    figure = go.Figure(
        go.Bar(
            y=[wrapped(names[c.key]) for c in occurring],
            x=[c.sensitivity for c in occurring],
            orientation="h",
            marker_color=[colours[c.key] for c in occurring],
            customdata=[(names[c.key], c.support) for c in occurring],
            text=[f"{percent(c.sensitivity, 0)} of {c.support:,}" for c in occurring],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{customdata[0]}<br>%{x:.1%} of %{customdata[1]:,} " + things + " found<extra></extra>",
        )
    )
    figure.update_xaxes(title="sensitivity", range=[0, 1.3], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%")
    return style(figure, title="Sensitivity by class", images=metrics.images, height=460, noun=_NOUN[things])


def probability_chart(probabilities: dict[str, float], classes: Sequence[ClassSpec], thing: str = "image") -> go.Figure:
    """Probability of every class for one picture or sample, the most likely on top; malignant ones are marked."""
    colours, names = class_colours(classes), {c.key: c.name for c in classes}
    kinds = {c.key: c.kind for c in classes}
    keys = sorted(probabilities, key=lambda key: probabilities[key])
    figure = go.Figure(
        go.Bar(
            y=[wrapped(names[key]) for key in keys],
            x=[probabilities[key] for key in keys],
            orientation="h",
            marker_color=[colours[key] for key in keys],
            text=[percent(probabilities[key]) for key in keys],
            textposition="outside",
            cliponaxis=False,
            customdata=[(names[key], kinds[key]) for key in keys],
            hovertemplate="%{customdata[0]} (%{customdata[1]})<br>probability %{x:.2%}<extra></extra>",
        )
    )
    figure.update_xaxes(title="probability", range=[0, 1.2], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%")
    return style(figure, title="Probability of each class", images=1, height=400, noun=thing)
