"""Charts of the integrity of a data set."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.exploration import Chart
from dashboard.charts.palette import ACCENT
from dashboard.charts.style import style


def threshold_chart(values: pd.Series, threshold: float, *, title: str, axis: str, logarithmic: bool = False) -> Chart:
    """How a measure is distributed, and the threshold below which pictures are listed."""
    known = values.dropna()
    shown = np.log10(known.clip(lower=1e-2)) if logarithmic else known
    counts, edges = np.histogram(shown, bins=40)
    if logarithmic:
        edges = 10**edges
    below = int((known < threshold).sum())
    figure = go.Figure(
        go.Bar(
            x=np.sqrt(edges[1:] * edges[:-1]) if logarithmic else (edges[1:] + edges[:-1]) / 2,
            width=np.diff(edges),
            y=counts,
            marker_color=ACCENT,
            customdata=np.stack([edges[:-1], edges[1:]], axis=1),
            hovertemplate="%{customdata[0]:.3~g} to %{customdata[1]:.3~g}<br>%{y:,} images<extra></extra>",
        )
    )
    figure.add_vline(x=threshold, line_dash="dash", line_color="#C2221D")
    figure.update_xaxes(title=axis, type="log" if logarithmic else "linear")
    figure.update_yaxes(title="images", tickformat=",")
    behind = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "images": counts})
    alt = f"{below:,} of {len(known):,} images lie below {threshold:g}."
    return Chart(style(figure, title=title, images=len(known), height=300, note=f"{below:,} below"), behind, alt)
