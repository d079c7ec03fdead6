"""Charts of how far answers can be trusted: accuracy against how many are answered, sets beside what they promise."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.palette import ACCENT, NOT_RECORDED
from dashboard.charts.style import style

_SHARE = {"range": [-0.02, 1.02], "tickformat": ".0%"}
_BAND = "rgba(14, 111, 134, 0.16)"


def abstention_chart(
    curve: pd.DataFrame, floor: float | None, chosen: float | None, images: int, noun: str = "image"
) -> go.Figure:
    """Share of right answers against share of lesions that are answered, the surest first, with a 95 % band.

    Args:
        curve: as `core.evaluation.abstention.abstention_curve` gives it, not empty.
        floor: accuracy of always answering the most frequent class, 0…1; None where it is not defined.
        chosen: probability from which on the run answers as it is set; None where it answers everything.
        images: number of pictures, `noun` what one is called.
    """
    figure = go.Figure()
    if curve["low"].notna().any():
        figure.add_scatter(
            x=[*curve["answered"], *curve["answered"][::-1]], y=[*curve["high"], *curve["low"][::-1]], fill="toself",
            fillcolor=_BAND, line={"width": 0}, name="95 % interval", hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=curve["answered"], y=curve["right"], name="right answers",
        mode="lines" if len(curve) > 2 else "lines+markers",
        line={"color": ACCENT, "width": 2.5}, customdata=curve[["least"]],
        hovertemplate="%{x:.0%} answered, of which %{y:.1%} right<br>from a probability of %{customdata[0]:.1%} on"
        "<extra></extra>",
    )  # fmt: skip
    if floor is not None:
        figure.add_hline(
            y=floor, line={"color": NOT_RECORDED, "width": 1.5, "dash": "dash"}, annotation_text="floor",
            annotation_position="bottom left",
        )  # fmt: skip
    if chosen is not None and len(found := curve[curve["least"] >= chosen]):
        figure.add_vline(
            x=found["answered"].iloc[-1], line={"color": NOT_RECORDED, "width": 2, "dash": "dot"},
            annotation_text="as set now", annotation_position="top",
        )  # fmt: skip
    figure.update_xaxes(title="share of pictures answered, most certain first", **_SHARE)
    figure.update_yaxes(title="share of right answers", **_SHARE)
    return style(figure, title="Accuracy by share of pictures answered", images=images, height=420, noun=noun)


def coverage_chart(table: pd.DataFrame, promised: float, images: int, noun: str = "image") -> go.Figure:
    """How often sets hold the true class, a row for each value with its 95 % interval, beside what was promised.

    Args:
        table: as `core.evaluation.conformal.coverage` gives it, `of` as text, not empty.
        promised: 0…1.
        images: number of pictures, `noun` what one is called.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=table["coverage"], y=table["of"], mode="markers", marker={"color": ACCENT, "size": 10}, showlegend=False,
        error_x={
            "type": "data", "symmetric": False, "array": table["high"] - table["coverage"],
            "arrayminus": table["coverage"] - table["low"], "color": ACCENT, "thickness": 1.5,
        },
        customdata=table[["lesions", "low", "high", "size"]],
        hovertemplate="%{y}: in %{x:.1%} of %{customdata[0]:,} (%{customdata[1]:.1%} to %{customdata[2]:.1%})<br>"
        "%{customdata[3]:.2f} classes in a set<extra></extra>",
    )  # fmt: skip
    figure.add_vline(
        x=promised, line={"color": NOT_RECORDED, "width": 2, "dash": "dot"}, annotation_text="promised",
        annotation_position="top",
    )  # fmt: skip
    figure.update_xaxes(title="share of lesions or patients whose set holds the true class", **_SHARE)
    figure.update_yaxes(title="", type="category", autorange="reversed")
    height = 190 + 32 * len(table)
    return style(figure, title="Sets that hold the true class", images=images, height=height, noun=noun)
