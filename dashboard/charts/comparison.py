"""Charts of several runs beside each other."""

import colorsys
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from core.base.percents import NO_BREAK_SPACE, percent
from dashboard.charts.curves import ZOOM, Chart, Look, Measure, framed, line_layer, smoothed
from dashboard.charts.palette import KINDS

PERCENT_LABEL = f"replace(datum.label, '%', '{NO_BREAK_SPACE}%')"
"""What Vega writes at a tick, in its own language: it knows a percent sign without a space only."""


def run_colours(count: int) -> list[str]:
    """A colour for each run: those that are told apart best, else as many hues as there are runs."""
    if count <= len(KINDS):
        return list(KINDS[:count])
    hues = (colorsys.hls_to_rgb(number / count, 0.5, 0.55) for number in range(count))
    return ["#" + "".join(f"{round(255 * part):02X}" for part in rgb) for rgb in hues]


def comparison_chart(measure: Measure, runs: Mapping[str, Sequence[Mapping[str, Any]]], look: Look) -> Chart:
    """One figure of several runs by epoch: in validation as a line, in training dashed.

    Args:
        measure: what is drawn.
        runs: the epoch lines of `metrics.jsonl` of each run, by what the run is called.
        look: smoothing and logarithmic axis.
    """
    columns: dict[str, list] = {"run": [], "part": [], "epoch": [], "value": [], "said": []}
    for name, epochs in runs.items():
        for column, part in ((measure.column, "training"), (f"val_{measure.column}", "validation")):
            known = [line for line in epochs if column in line]
            values = [line[column] for line in known]
            columns["run"] += [name] * len(known)
            columns["part"] += [part] * len(known)
            columns["epoch"] += [line["epoch"] + 1 for line in known]
            columns["value"] += smoothed(values, look.smoothing) if look.smoothing else values
    names = list(runs)
    columns["said"] = [
        percent(value) if measure.fraction else "not defined" if value is None else f"{value:.4g}"
        for value in columns["value"]
    ]
    form = {"format": ".0%", "labelExpr": PERCENT_LABEL} if measure.fraction else {"format": "~g"}
    y = {
        "field": "value", "type": "quantitative", "title": measure.axis,
        "scale": {"type": "log"} if look.log and not measure.fraction else {"zero": False},
        "axis": {"tickCount": 5, **form},
    }  # fmt: skip
    tooltip = [
        {"field": "run", "title": "run"},
        {"field": "part", "title": "part"},
        {"field": "epoch", "title": "epoch"},
        {"field": "said", "title": measure.title.lower()},
    ]
    validation, training = ({"filter": f"datum.part === '{part}'"} for part in ("validation", "training"))
    layers = [
        line_layer([training], y, tooltip, opacity=0.6, width=1.2, point=0, dash=[4, 3]) | {"params": [ZOOM]},
        line_layer([validation], y, tooltip, opacity=1.0, width=2, point=24),
    ]
    count = f"{len(names)} run{'s' * (len(names) != 1)}, dashed: in training"
    spec = framed(layers, measure.title, count, look.height, look.font, f"{names}-{look.log}")
    spec["config"]["legend"] |= {"labelLimit": 420}
    spec["autosize"]["type"] = "fit-x"  # the legend stands below the curves and takes none of their height
    of_a_name = 30 + look.font * 0.6 * max(map(len, names))  # pixels
    spec["encoding"] = {
        "x": {
            "field": "epoch", "type": "quantitative", "title": "epoch", "axis": {"format": ".6~r", "tickMinStep": 1},
            # With a domain of its own where nothing is known yet: Vega warns of one that has no end.
            "scale": {"zero": True, "nice": False} | ({} if columns["epoch"] else {"domain": [0, 1]}),
        },
        "color": {
            "field": "run", "type": "nominal", "title": None,
            "legend": {"columns": {"expr": f"max(1, floor(width / {of_a_name:.0f}))"}},
            "scale": {"domain": names, "range": run_colours(len(names))},
        },
    }  # fmt: skip
    numbers, texts = (
        dict.fromkeys(("epoch", "value"), pa.float64()),
        dict.fromkeys(("run", "part", "said"), pa.string()),
    )
    schema = pa.schema({name: (numbers | texts)[name] for name in columns})
    return Chart(pa.table(columns, schema=schema), spec)
