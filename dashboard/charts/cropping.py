"""A picture on which a box is drawn around the part that a model is to look at."""

import base64
import io

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from dashboard.charts.style import styled

Share = tuple[int, int]
"""From where to where along a side, 0…100 per cent."""

HEIGHT = 400
WHOLE: Share = (0, 100)
_SHADE = "rgba(0, 0, 0, 0.55)"


def crop_chart(shown: np.ndarray, across: Share, down: Share) -> go.Figure:
    """A picture with what lies outside of its part darkened; a drag on it draws a box, in the pixels of the picture.

    Args:
        shown: (height, width, 3) uint8.
        across: the part from left to right.
        down: the part from top to bottom.
    """
    height, width = shown.shape[:2]
    trace = {  # Plotly hears of a box only where there is something to be chosen
        "type": "scatter",
        "x": [0, width],
        "y": [0, height],
        "mode": "markers",
        "marker": {"opacity": 0},
        "selected": {"marker": {"opacity": 0}},
        "unselected": {"marker": {"opacity": 0}},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    blank = {"visible": False, "fixedrange": True, "constrain": "domain"}
    layout = {
        "xaxis": {**blank, "range": [0, width]},
        "yaxis": {**blank, "range": [height, 0], "scaleanchor": "x"},
        "images": [
            {
                "source": _as_jpeg(shown),
                "xref": "x",
                "yref": "y",
                "x": 0,
                "y": 0,
                "sizex": width,
                "sizey": height,
                "sizing": "stretch",
                "layer": "below",
            }
        ],
        "shapes": [] if across == down == WHOLE else [_outside(width, height, across, down)],
        "dragmode": "select",
        "newselection": {"line": {"color": "white", "width": 2, "dash": "dash"}},
    }
    return styled([trace], layout, title="Drag a box around the lesion", images=1, height=HEIGHT)


def crop_of(box: dict, shown: np.ndarray) -> tuple[Share, Share]:
    """The part that a box encloses, from left to right and from top to bottom.

    Args:
        box: `x` and `y`, two pixels each, in any order; what lies beside the picture is cut off.
        shown: the picture.
    """
    height, width = shown.shape[:2]
    return _share(box["x"], width), _share(box["y"], height)


def _share(ends: list[float], length: int) -> Share:
    first, last = (min(max(100 * each / length, 0), 100) for each in sorted(ends))
    return round(first), round(last)


def _outside(width: int, height: int, across: Share, down: Share) -> dict:
    (left, right), (top, bottom) = (
        [length * each / 100 for each in of] for length, of in ((width, across), (height, down))
    )
    whole = f"M0,0 L{width},0 L{width},{height} L0,{height} Z"
    hole = f"M{left},{top} L{right},{top} L{right},{bottom} L{left},{bottom} Z"
    return {
        "type": "path",
        "path": f"{whole} {hole}",
        "fillcolor": _SHADE,
        "fillrule": "evenodd",
        "line": {"color": "white", "width": 1},
        "layer": "above",
    }


def _as_jpeg(shown: np.ndarray) -> str:
    content = io.BytesIO()
    Image.fromarray(shown).save(content, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode()}"
