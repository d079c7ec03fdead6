"""What a page makes of a figure, as a figure again."""

import plotly.graph_objects as go
import plotly.io

from dashboard.charts.plotly_text import safe_dictionary, unchecked_figure


def with_safe_texts(figure: go.Figure) -> go.Figure:
    """The figure with safe texts and our percentages; the very figure where it is sent as it is."""
    made = safe_dictionary(figure)
    same = plotly.io.to_json(made, validate=False) == plotly.io.to_json(figure.to_dict(), validate=False)
    return figure if same else unchecked_figure(made["data"], made["layout"])
