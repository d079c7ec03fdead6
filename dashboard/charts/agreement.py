"""How often people and models agree, week by week."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.style import style


def agreement_chart(by_week: pd.DataFrame) -> go.Figure:
    """Share of answers in which the person named the model's most likely class, with its 95 % interval.

    Args:
        by_week: as `core.runs.answers.reviews.agreement_over_time` gives it.
    """
    figure = go.Figure(
        go.Scatter(
            x=by_week["week"],
            y=by_week["agreement"],
            mode="lines+markers",
            cliponaxis=False,
            error_y={
                "type": "data",
                "symmetric": False,
                "array": by_week["high"] - by_week["agreement"],
                "arrayminus": by_week["agreement"] - by_week["low"],
            },
            customdata=by_week[["agreed", "answered"]],
            hovertemplate="week %{x}<br>%{customdata[0]} of %{customdata[1]} agree<extra></extra>",
        )
    )
    figure.update_xaxes(title="week", type="category")
    figure.update_yaxes(title="person and model agree", range=[0, 1.02], tickformat=".0%")
    return style(figure, title="Person and model agree", images=int(by_week["answered"].sum()), height=320)
