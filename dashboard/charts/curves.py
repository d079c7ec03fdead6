"""What is drawn of a training by epoch, and the frame of charts that go on while a page is refreshed.

Those are Vega-Lite, for Streamlit gives new data to such a chart while zoom and size stay; a Plotly chart it throws
away and draws anew with every change (streamlit/streamlit#11424). All that grows is therefore in the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

ZOOM = {
    "name": "zoom",
    "bind": "scales",
    "select": {
        "type": "interval",
        "zoom": "wheel![event.ctrlKey]",  # as a pinch on a touchpad says; without it the page scrolls
        "translate": "[pointerdown[event.pointerType === 'mouse'], window:pointerup] > window:pointermove!",
    },
}
ZOOM_MEANS = "Ctrl and the wheel, or a pinch, zooms into a chart; dragging moves it; a double click shows all again."


@dataclass(frozen=True)
class Measure:
    """A figure by epoch: its name in `metrics.jsonl`, where “val_” before it makes that of validation."""

    column: str
    title: str
    axis: str
    fraction: bool = False


LOSS = Measure("loss", "Loss", "mean loss (nats)")
ACCURACY = Measure("accuracy", "Accuracy", "accuracy", fraction=True)
BALANCED_ACCURACY = Measure("balanced_accuracy", "Balanced accuracy", "balanced accuracy", fraction=True)
LEARNING_RATE = Measure("learning_rate", "Learning rate", "size of a step")
PRECISION = Measure("precision", "Precision", "mean over the classes", fraction=True)
RECALL = Measure("recall", "Recall", "mean over the classes", fraction=True)
LEARNT = (LOSS, ACCURACY, BALANCED_ACCURACY, PRECISION, RECALL)


@dataclass(frozen=True)
class Look:
    """How curves are drawn. `smoothing` is the weight of what came before, 0…1; `font` is in pixels.

    Where they `fit`, all that is seen of a run fits a wide screen, whatever its height; `height` and `font` follow.
    """

    smoothing: float = 0.0
    log: bool = False
    height: int = 280
    font: int = 12
    fit: bool = False


@dataclass(frozen=True)
class Chart:
    """A table and the Vega-Lite specification that draws it."""

    table: pa.Table
    spec: dict[str, Any]


def line_layer(
    transform: list, y: dict, tooltip: list, *, opacity: float, width: float, point: int, dash: list | None = None
) -> dict[str, Any]:
    """A line that points stand on; what is outside of the zoom is cut off."""
    mark = {"type": "line", "clip": True, "opacity": opacity, "strokeWidth": width}
    if point:
        mark["point"] = {"size": point, "opacity": opacity, "clip": True}
    if dash:
        mark["strokeDash"] = dash
    return {"transform": transform, "mark": mark, "encoding": {"y": y, "tooltip": tooltip}}


def framed(layers: list[dict], title: str, subtitle: str, height: int, font: int, identity: str) -> dict[str, Any]:
    """Layers with what every chart has: what is seen, on what it rests, and one look, drawn as SVG."""
    return {
        "title": {"text": title, "subtitle": subtitle, "anchor": "start"},
        "height": height,
        "width": "container",
        "layer": layers,
        "config": {
            "axis": {"labelFontSize": font, "titleFontSize": font, "titlePadding": 4, "labelPadding": 4},
            "legend": {
                "orient": "bottom", "labelFontSize": font, "columns": 4, "labelLimit": 260, "offset": 4, "padding": 0,
                "symbolOpacity": 1,
            },
            "title": {"fontSize": font + 3, "subtitleFontSize": font, "subtitleColor": "currentColor"},
            "text": {"fontSize": font},
        },
        "padding": {"left": 2, "right": 8, "top": 2, "bottom": 2},
        "autosize": {"type": "fit", "contains": "padding"},
        "usermeta": {"embedOptions": {"renderer": "svg"}, "of": identity},
    }  # fmt: skip


def smoothed(values: Sequence[float | None], weight: float) -> list[float | None]:
    """Exponential moving average without the pull of its start, as TensorBoard draws it.

    Kingma & Ba 2015, "Adam", section 3, for the correction: the mean after n values is divided by 1 − weightⁿ.

    Args:
        values: one a step; None and NaN are gaps, which stay and count for nothing.
        weight: of what came before, from 0 (the values themselves) to below 1.
    """
    mean, seen = 0.0, 0
    out: list[float | None] = []
    for value in values:
        if value is None or value != value:
            out.append(None)
            continue
        mean, seen = weight * mean + (1 - weight) * value, seen + 1
        out.append(mean / (1 - weight**seen))
    return out
