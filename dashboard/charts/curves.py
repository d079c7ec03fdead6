"""Charts of a training that go on while it learns: its curves and its classes.

They are Vega-Lite, for Streamlit gives new data to such a chart while zoom and size stay; a Plotly chart it throws away
and draws anew with every change (streamlit/streamlit#11424). All that grows is therefore in the table, and
the specification is the same from the first point to the last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from core.data.spec import ClassSpec
from core.evaluation.confusion import row_normalised
from dashboard.charts.palette import class_colours
from dashboard.charts.training import PART_COLOURS
from dashboard.curves import smoothed

FLOOR_GREY = "#888888"
ZOOM = {
    "name": "zoom",
    "bind": "scales",
    "select": {
        "type": "interval",
        "zoom": "wheel![event.ctrlKey]",  # as a pinch on a touchpad says; without it the page scrolls
        "translate": "[pointerdown[event.pointerType === 'mouse'], window:pointerup] > window:pointermove!",
    },
}
SO_FAR, WHOLE = "epoch so far", "whole epoch"
_POINTS = pa.schema(
    [
        ("epoch", pa.float64()),
        ("part", pa.string()),
        ("of", pa.string()),
        ("value", pa.float64()),
        ("shown", pa.float64()),
    ]
)
ZOOM_MEANS = "Ctrl and the wheel, or a pinch, zooms into a chart; dragging moves it; a double click shows all again."


@dataclass(frozen=True)
class Measure:
    """A figure by epoch: its name in `metrics.jsonl`, where “val_” before it makes that of validation."""

    column: str
    title: str
    axis: str
    share: bool = False


LOSS = Measure("loss", "Loss", "cross-entropy (nats)")
ACCURACY = Measure("accuracy", "Accuracy", "share right", share=True)
BALANCED_ACCURACY = Measure("balanced_accuracy", "Balanced accuracy", "mean sensitivity", share=True)
LEARNING_RATE = Measure("learning_rate", "Learning rate", "size of a step")
LEARNT = (LOSS, ACCURACY, BALANCED_ACCURACY)


@dataclass(frozen=True)
class Look:
    """How curves are drawn. `smoothing` is the weight of what came before, 0…1; `font` is in pixels."""

    smoothing: float = 0.0
    log: bool = False
    height: int = 280
    font: int = 12


@dataclass(frozen=True)
class Chart:
    """A table and the Vega-Lite specification that draws it."""

    table: pa.Table
    spec: dict[str, Any]


def curve_chart(
    measure: Measure,
    epochs: Sequence[Mapping[str, Any]],
    batches: Sequence[Mapping[str, Any]],
    look: Look,
    *,
    floor: float | None,
    images: int,
    run_id: str,
) -> Chart:
    """One figure of training and validation, growing with every epoch.

    Args:
        measure: what is drawn; the loss and the learning rate can have a logarithmic axis.
        epochs: the epoch lines of `metrics.jsonl`.
        batches: its batch lines: the running mean of the epoch so far, drawn faintly.
        look: with smoothing, the values themselves stand faintly behind.
        floor: validation accuracy of always giving the most frequent class, None where there is none to show.
        images: training pictures.
        run_id: another run is another chart, with a zoom of its own.
    """
    column, name = measure.column, measure.title.lower()
    at = [line["epoch"] + line["step"] / line["steps"] for line in batches]
    parts = [_curve(at, batches, column, "training", SO_FAR, look.smoothing)]
    at = [line["epoch"] + 1.0 for line in epochs]
    for field, part in ((column, "training"), (f"val_{column}", "validation")):
        parts.append(_curve(at, epochs, field, part, WHOLE, look.smoothing))
    table = pa.concat_tables(parts)
    form = ".1%" if measure.share else ".4~g"
    scale = {"type": "log"} if look.log and not measure.share else {"zero": False}
    y = {
        "type": "quantitative", "title": measure.axis, "scale": scale,
        "axis": {"format": ".0%" if measure.share else "~g", "tickCount": 5},
    }  # fmt: skip
    tooltip = [
        {"field": "part", "title": "part"},
        {"field": "of", "title": "mean of"},
        {"field": "epoch", "title": "epoch", "format": ".4~g"},
        {"field": "value", "title": name, "format": form},
    ]
    if look.smoothing:
        tooltip.append({"field": "shown", "title": f"{name}, smoothed", "format": form})
    sofar, whole = ({"filter": f"datum.of === '{of}'"} for of in (SO_FAR, WHOLE))
    raw = {"field": "value", **y}
    layers = [
        line_layer([sofar], {"field": "shown", **y}, tooltip, opacity=0.45, width=1, point=12) | {"params": [ZOOM]},
        line_layer([whole], {"field": "shown", **y}, tooltip, opacity=1.0, width=2, point=28),
    ]
    if look.smoothing:
        layers.insert(0, line_layer([whole], raw, tooltip, opacity=0.25, width=1.5, point=0))
    if floor is not None:
        layers += _floor(floor)
    spec = framed(layers, measure.title, in_images(images), look.height, look.font, f"{run_id}-{look.log}")
    spec["encoding"] = {
        "x": {
            "field": "epoch", "type": "quantitative", "title": "epoch", "axis": {"format": ".6~r", "tickMinStep": 1},
            "scale": {"zero": True, "nice": False},
        },
        "color": _parts_in_colour(),
    }  # fmt: skip
    return Chart(table, spec)


def _curve(
    at: Sequence[float], lines: Sequence[Mapping[str, Any]], column: str, part: str, of: str, smoothing: float
) -> pa.Table:
    """The points of one curve; lines without that figure have none."""
    known = [(epoch, line[column]) for epoch, line in zip(at, lines, strict=True) if column in line]
    values = [value for _, value in known]
    shown = smoothed(values, smoothing) if smoothing else values
    columns = [[epoch for epoch, _ in known], [part] * len(known), [of] * len(known), values, shown]
    return pa.Table.from_arrays(
        [pa.array(each, kind) for each, kind in zip(columns, _POINTS.types, strict=True)], schema=_POINTS
    )


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


def _parts_in_colour() -> dict[str, Any]:
    parts = ["training", "validation"]
    colours = [PART_COLOURS["train"], PART_COLOURS["validation"]]
    return {"field": "part", "type": "nominal", "scale": {"domain": parts, "range": colours}, "title": None}


def _floor(floor: float) -> list[dict[str, Any]]:
    """The dashed line under which an accuracy is worth nothing."""
    says = f"floor {floor:.1%}"
    data = {"values": [{"floor": floor, "says": f"always the most frequent class: {floor:.1%}"}]}
    y = {"field": "floor", "type": "quantitative"}
    own = {"color": {"value": FLOOR_GREY}, "tooltip": {"field": "says"}}
    rule = {"type": "rule", "strokeDash": [6, 4], "clip": True}
    text = {"type": "text", "text": says, "align": "right", "baseline": "top", "dy": 3, "clip": True}
    return [
        {"data": data, "mark": rule, "encoding": {"x": None, "y": y, **own}},
        {"data": data, "mark": text, "encoding": {"x": {"value": "width"}, "y": y, **own}},
    ]


def in_images(images: int) -> str:
    """How many images a chart rests on."""
    return f"n = {images:,} image{'s' * (images != 1)}"


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


def sensitivity_chart(
    epochs: Sequence[Mapping[str, Any]], classes: Sequence[ClassSpec], run_id: str, *, height: int = 330, font: int = 12
) -> Chart:
    """Sensitivity of each class by epoch: in validation as a line, in training dashed.

    `epochs` are lines of `metrics.jsonl` of which some have `confusion` (counts, classes × classes, rows true) and
    `train_sensitivity` (classes; None for a class that does not occur).
    """
    rows = []
    known = [line for line in epochs if line.get("confusion")]
    for line in known:
        counts = np.array(line["confusion"])
        found, support = np.diag(row_normalised(counts)), counts.sum(axis=1)
        trained = line.get("train_sensitivity")
        for number, each in enumerate(classes):
            at = {"epoch": line["epoch"] + 1, "class": each.name}
            if support[number]:
                of = f"{support[number]:,} validation pictures"
                rows.append({**at, "part": "validation", "sensitivity": float(found[number]), "of": of})
            if isinstance(trained, list) and trained[number] is not None:
                rows.append({**at, "part": "training", "sensitivity": trained[number], "of": "the training pictures"})
    occurring = [each for each in classes if any(row["class"] == each.name for row in rows)]
    colours = class_colours(classes)
    y = {
        "field": "sensitivity", "type": "quantitative", "title": "sensitivity", "scale": {"domain": [0, 1]},
        "axis": {"format": ".0%", "tickCount": 5},
    }  # fmt: skip
    tooltip = [
        {"field": "class", "title": "class"},
        {"field": "epoch", "title": "epoch"},
        {"field": "sensitivity", "title": "found", "format": ".1%"},
        {"field": "of", "title": "of"},
    ]
    validation, training = ({"filter": f"datum.part === '{part}'"} for part in ("validation", "training"))
    layers = [
        line_layer([training], y, tooltip, opacity=0.6, width=1, point=0, dash=[3, 3]),
        line_layer([validation], y, tooltip, opacity=1.0, width=2, point=28) | {"params": [ZOOM]},
    ]
    images = int(np.array(known[-1]["confusion"]).sum())
    title = "Share of each class that is found"
    spec = framed(layers, title, f"{in_images(images)}, dashed: in training", height, font, run_id)
    spec["encoding"] = {
        "x": {
            "field": "epoch", "type": "quantitative", "title": "epoch", "axis": {"format": ".6~r", "tickMinStep": 1},
            "scale": {"zero": True, "nice": False},
        },
        "color": {
            "field": "class", "type": "nominal", "title": None,
            "scale": {"domain": [c.name for c in occurring], "range": [colours[c.key] for c in occurring]},
        },
    }  # fmt: skip
    return Chart(pa.Table.from_pylist(rows), spec)
