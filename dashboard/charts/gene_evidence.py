"""Which genes spoke for a class in one sample, and which against it."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.style import style, wrapped

FOR, AGAINST = "#D55E00", "#0072B2"
"""Two of the Okabe-Ito colours, which colour-blind people tell apart."""


def gene_evidence_chart(evidence: pd.DataFrame, class_name: str) -> go.Figure:
    """What each gene added to the log-odds of a class as a bar, the strongest for it on top.

    Args:
        evidence: columns `gene` and `added` (log-odds), in any order.
        class_name: in full.
    """
    rows = evidence.sort_values("added")
    figure = go.Figure(
        go.Bar(
            y=[wrapped(gene) for gene in rows["gene"]],
            x=rows["added"],
            orientation="h",
            marker_color=[FOR if added > 0 else AGAINST for added in rows["added"]],
            customdata=rows["gene"],
            hovertemplate="%{customdata}<br>%{x:+.3f} log-odds<extra></extra>",
        )
    )
    figure.update_xaxes(title="log-odds added: for it to the right, against it to the left", zeroline=True)
    figure.update_yaxes(tickmode="linear")  # every gene has its name
    title = f"Genes for and against {class_name}"
    return style(figure, title=title, images=1, height=160 + 24 * len(rows), noun="sample")
