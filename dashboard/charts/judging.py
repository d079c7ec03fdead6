"""Charts of how well a run tells classes apart: ROC, precision–recall, thresholds, decision curve, reliability."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.data.spec import ClassSpec
from core.evaluation.curves import ScoreCurve
from core.evaluation.drop import Drop
from core.evaluation.operating import THRESHOLDS, OperatingCurve
from core.evaluation.readings import Reading
from core.evaluation.subgroups import AUC, AVERAGE, BRIER, F1, FEW, OVERCONFIDENCE, PRECISION, SENSITIVITY, SPECIFICITY
from dashboard.charts.palette import ACCENT, NOT_RECORDED, class_colours
from dashboard.charts.style import CLICKED, style, wrapped

MOST_POINTS = 400
"""Points of a curve that are drawn: more cannot be told apart."""
OF_SENSITIVITY, OF_SPECIFICITY = "#0E6F86", "#BE8C32"

_SHARE = {"range": [-0.02, 1.02], "tickformat": ".0%"}


def thinned(curve: pd.DataFrame) -> pd.DataFrame:
    """At most `MOST_POINTS` rows of a curve, with its first and last one."""
    if len(curve) <= MOST_POINTS:
        return curve
    return curve.iloc[np.unique(np.linspace(0, len(curve) - 1, MOST_POINTS).round().astype(int))]


def roc_chart(
    curves: Sequence[tuple[Reading, ScoreCurve]], colours: dict[str, str], images: int, noun: str = "image"
) -> go.Figure:
    """Sensitivity against false positive rate of each reading; the diagonal is guessing.

    Args:
        curves: each reading with its curve.
        colours: by name of the reading.
        images: number of pictures, `noun` what one is called.
    """
    figure = go.Figure()
    for reading, curve in curves:
        points = thinned(curve.roc())
        _add_line(
            figure, points["false_positive_rate"], points["sensitivity"], reading, colours[reading.name],
            points["threshold"], "%{y:.1%} found, %{x:.1%} of the others wrongly called so",
        )  # fmt: skip
    _add_reference(figure, [0, 1], [0, 1], "guessing")
    figure.update_xaxes(title="false positive rate (1 − specificity)", **_SHARE)
    figure.update_yaxes(title="sensitivity", **_SHARE)
    return style(figure, title="ROC curves, each class against the rest", images=images, height=520, noun=noun)


def precision_recall_chart(
    curves: Sequence[tuple[Reading, ScoreCurve]], colours: dict[str, str], images: int, noun: str = "image"
) -> go.Figure:
    """Precision against recall of each reading; as `roc_chart`."""
    figure = go.Figure()
    for reading, curve in curves:
        points = thinned(curve.precision_recall())
        _add_line(
            figure, points["recall"], points["precision"], reading, colours[reading.name],
            points["threshold"], "%{x:.1%} found, %{y:.1%} of what is called so is right",
        )  # fmt: skip
    figure.update_xaxes(title="recall (sensitivity)", **_SHARE)
    figure.update_yaxes(title="precision", **_SHARE)
    return style(figure, title="Precision and recall, class by class", images=images, height=520, noun=noun)


def threshold_chart(curve: OperatingCurve, threshold: float, reading: Reading, noun: str = "image") -> go.Figure:
    """Sensitivity and specificity by threshold, with the chosen one as a line."""
    table = thinned(
        pd.DataFrame({"threshold": THRESHOLDS, "sensitivity": curve.sensitivity, "specificity": curve.specificity})
    )
    figure = go.Figure()
    for name, colour in ((SENSITIVITY, OF_SENSITIVITY), (SPECIFICITY, OF_SPECIFICITY)):
        figure.add_scatter(
            x=table["threshold"], y=table[name], name=name, mode="lines", line={"color": colour, "width": 2.5},
            hovertemplate=f"threshold %{{x:.3f}}<br>{name} %{{y:.1%}}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=threshold, line={"color": NOT_RECORDED, "width": 2, "dash": "dot"})
    figure.update_xaxes(title=f"threshold on the probability of {reading.name}", **_SHARE)
    figure.update_yaxes(title="share", **_SHARE)
    images = curve.positives + curve.negatives
    return style(figure, title="Sensitivity and specificity by threshold", images=images, height=380, noun=noun)


def decision_chart(
    curve: OperatingCurve, threshold: float, prevalence: float, reading: Reading, noun: str = "image"
) -> go.Figure:
    """Net benefit by threshold beside calling all and calling none, with the chosen threshold marked."""
    table = curve.decision_curve(prevalence)
    end = max(min(1.0, 2.5 * prevalence, 0.99), threshold, 0.1)  # beyond, nothing is to be gained
    table = thinned(table[table["threshold"] <= end])
    point = curve.at(threshold)
    figure = go.Figure()
    for column, name, line in (
        ("model", "the model", {"color": ACCENT, "width": 2.5}),
        ("all", f"call all {reading.name}", {"color": OF_SPECIFICITY, "width": 1.5, "dash": "dash"}),
        ("none", "call none", {"color": NOT_RECORDED, "width": 1.5, "dash": "dash"}),
    ):
        figure.add_scatter(
            x=table["threshold"], y=table[column], name=name, mode="lines", line=line,
            hovertemplate=f"{name}<br>threshold %{{x:.3f}}<br>net benefit %{{y:.4f}}<extra></extra>",
        )  # fmt: skip
    benefit = point.net_benefit(prevalence)
    if np.isfinite(benefit):
        figure.add_scatter(
            x=[point.threshold], y=[benefit], mode="markers", marker={"color": ACCENT, "size": 11}, showlegend=False,
            hovertemplate="chosen threshold %{x:.3f}<br>net benefit %{y:.4f}<extra></extra>",
        )  # fmt: skip
    seen = table["model"].dropna()
    low = min(0.0, float(seen.min())) if len(seen) else 0.0
    figure.update_xaxes(title="threshold probability", tickformat=".0%")
    figure.update_yaxes(title="net benefit", range=[max(low, -prevalence) - 0.1 * prevalence, 1.15 * prevalence])
    images = curve.positives + curve.negatives
    return style(figure, title="Decision curve", images=images, height=380, noun=noun)


def reliability_chart(diagram: pd.DataFrame, title: str, height: int = 420, noun: str = "image") -> go.Figure:
    """Accuracy against stated confidence by bin, with intervals; the diagonal is perfect calibration.

    Args:
        diagram: as `core.evaluation.brier.with_bin_intervals` gives it.
        title: what is seen.
        height: in pixels.
        noun: what one picture is called.
    """
    filled = diagram[diagram["images"] > 0]
    up, down = (filled["high"] - filled["accuracy"]).clip(lower=0), (filled["accuracy"] - filled["low"]).clip(lower=0)
    figure = go.Figure()
    _add_reference(figure, [0, 1], [0, 1], "perfect calibration")
    figure.add_scatter(
        x=filled["confidence"],
        y=filled["accuracy"],
        mode="markers+lines",
        name="this run",
        line={"color": ACCENT, "width": 2},
        marker={"color": ACCENT, "size": 6 + 16 * np.sqrt(filled["images"] / max(filled["images"].sum(), 1))},
        error_y={"type": "data", "array": up, "arrayminus": down, "thickness": 1.2, "width": 3},
        customdata=np.stack([filled["images"], filled["lower"], filled["upper"]], axis=1),
        hovertemplate="stated %{x:.1%}, right %{y:.1%}<br>%{customdata[0]:,} between %{customdata[1]:.0%} and "
        "%{customdata[2]:.0%}<extra></extra>",
    )
    figure.update_xaxes(title="stated probability", **_SHARE)
    figure.update_yaxes(title="observed share", **_SHARE)
    return style(figure, title=title, images=int(diagram["images"].sum()), height=height, noun=noun)


def drop_chart(
    found: Sequence[Drop],
    names: dict[str, str],
    own: str,
    other: str,
    own_images: int,
    images: int,
    noun: str = "image",
) -> go.Figure:
    """Sensitivity of each class on the run's own part and elsewhere, with 95 % intervals.

    Args:
        found: as `core.evaluation.drop.drops` gives it.
        names: of the classes by key.
        own, other: what both are called.
        own_images, images: pictures of each.
        noun: what one picture is called.
    """
    of_class = [each for each in found if each.metric == SENSITIVITY and each.key]
    labels = [wrapped(names[each.key]) for each in of_class]
    figure = go.Figure()
    for title, colour, values, limits in (
        (own, ACCENT, [d.own for d in of_class], [d.own_limits for d in of_class]),
        (other, OF_SPECIFICITY, [d.elsewhere for d in of_class], [d.elsewhere_limits for d in of_class]),
    ):
        up = [0 if span is None else max(span[1] - value, 0) for value, span in zip(values, limits, strict=True)]
        down = [0 if span is None else max(value - span[0], 0) for value, span in zip(values, limits, strict=True)]
        figure.add_bar(
            y=labels, x=values, name=title, orientation="h", marker={"color": colour},
            error_x={"type": "data", "array": up, "arrayminus": down, "thickness": 1.2, "width": 3, "color": CLICKED},
            hovertemplate=f"%{{y}}<br>sensitivity on {title} %{{x:.1%}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="sensitivity", **_SHARE)
    figure.update_yaxes(autorange="reversed")
    height = 190 + 58 * len(of_class)
    return style(
        figure, title="Sensitivity by class, here and there", images=own_images + images, height=height,
        note=f"{own_images:,} of {own}, {images:,} of {other}", noun=noun,
    )  # fmt: skip


def subgroup_chart(table: pd.DataFrame, metric: str, name: str, images: int) -> go.Figure:
    """One figure of each subgroup with its interval, column by column; grey where it rests on few groups.

    Args:
        table: as `core.evaluation.subgroups.Subgroups` has it.
        metric: one of its metrics.
        name: of the reading.
        images: number of pictures.
    """
    rows = table[table[metric].notna()].iloc[::-1]
    labels = [f"{row.column}: {row.value}" for row in rows.itertuples()]
    enough = rows[f"{metric} on"] >= FEW
    form = ".3f" if metric == BRIER else ".1%"
    figure = go.Figure(
        go.Scatter(
            x=rows[metric],
            y=labels,
            mode="markers",
            cliponaxis=False,
            marker={"color": np.where(enough, ACCENT, NOT_RECORDED), "size": 10},
            error_x={
                "type": "data",
                "array": (rows[f"{metric} high"] - rows[metric]).clip(lower=0),
                "arrayminus": (rows[metric] - rows[f"{metric} low"]).clip(lower=0),
                "color": NOT_RECORDED,
                "thickness": 1.5,
                "width": 4,
            },
            customdata=np.stack(
                [rows["images"], rows["groups"], rows[f"{metric} on"], rows[f"{metric} low"], rows[f"{metric} high"]],
                axis=1,
            ),
            hovertemplate=f"%{{y}}<br>%{{x:{form}}} (95 % interval %{{customdata[3]:{form}}} to "
            f"%{{customdata[4]:{form}}})<br>"
            "%{customdata[0]:,} images of %{customdata[1]:,} groups, computed from %{customdata[2]:,}"
            "<extra></extra>",
            showlegend=False,
        )
    )
    of = f" for {name}" if metric in (SENSITIVITY, SPECIFICITY, PRECISION, F1, AUC, AVERAGE) else ""
    axis = {BRIER: {"rangemode": "tozero"}, OVERCONFIDENCE: {"tickformat": ".0%"}}.get(metric, _SHARE)
    figure.update_xaxes(title=f"{metric}{of}", **axis)
    figure.update_yaxes(type="category", tickmode="linear", automargin=True)
    height = 150 + 24 * len(rows)
    return style(figure, title=f"{metric[0].upper()}{metric[1:]}{of} by subgroup", images=images, height=height)


def spread_chart(lesions: pd.DataFrame, classes: Sequence[ClassSpec], name: str) -> go.Figure:
    """How far the probability spreads between photos of a lesion, by true class.

    Args:
        lesions: as `core.evaluation.retest.Retest` has them.
        classes: of the run.
        name: of the reading whose probability it is.
    """
    colours = class_colours(classes)
    figure = go.Figure()
    for c in reversed(list(classes)):
        of_class = lesions[lesions["true"] == c.key]
        if len(of_class):
            figure.add_box(
                x=of_class["spread"],
                name=wrapped(f"{c.name} ({len(of_class):,})"),
                marker_color=colours[c.key],
                orientation="h",
                boxpoints="all" if len(of_class) <= 300 else "outliers",
                jitter=0.4,
                pointpos=0,
                hoveron="points",  # a box would say its quartiles in Plotly's own way
                marker={"size": 4, "opacity": 0.6},
                text=of_class["lesion"].astype(str),
                hovertemplate="%{text}<br>spread %{x:.1%}<extra></extra>",
                showlegend=False,
            )
    digits = 0 if len(lesions) and lesions["spread"].max() > 0.1 else 1
    figure.update_xaxes(
        title=f"highest minus lowest probability of {name}", tickformat=f".{digits}%", rangemode="tozero"
    )
    title = "Spread between photos of one lesion"
    return style(figure, title=title, images=len(lesions), height=420, noun="lesion")


def _add_line(
    figure: go.Figure, x: pd.Series, y: pd.Series, reading: Reading, colour: str, thresholds: pd.Series, said: str
) -> None:
    figure.add_scatter(
        x=x,
        y=y,
        name=reading.name,
        mode="lines",
        line={"color": colour, "width": 2 if len(reading.positive) == 1 else 4},
        customdata=np.minimum(thresholds, 1.0),
        hovertemplate=f"<b>{reading.name}</b><br>{said}<br>at a threshold of %{{customdata:.3f}}<extra></extra>",
    )


def _add_reference(figure: go.Figure, x: list[float], y: list[float], name: str) -> None:
    line = {"color": NOT_RECORDED, "width": 1.5, "dash": "dash"}
    figure.add_scatter(x=x, y=y, name=name, mode="lines", line=line, hoverinfo="skip")
