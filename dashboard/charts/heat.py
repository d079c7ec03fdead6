"""Heat maps whose cells can be clicked."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.base.percents import percent

LEAST_FRACTION = 0.005
"""Smaller shares are coloured but not written into their cell."""


def fraction_cells(fractions: np.ndarray) -> list[tuple[int, int]]:
    """Row and column of each cell, row by row; the order of the markers of `fraction_map`."""
    return [*np.ndindex(fractions.shape)]


def fraction_map(
    fractions: np.ndarray, across: Sequence[str], down: Sequence[str], hovered: Sequence, hover: str, **look: Any
) -> list[dict]:
    """Traces of a heat map of fractions, written into its cells, every one of which can be clicked.

    Args:
        fractions: (rows, columns) float, 0…1.
        across, down: labels of the columns and rows.
        hovered: what `hover` says of each of `fraction_cells`.
        hover: Plotly's hover template.
        look: what else the heat map has.
    """
    written = [["" if fraction < LEAST_FRACTION else percent(fraction, 0) for fraction in row] for row in fractions]
    look = {"text": written, "texttemplate": "%{text}", "textfont": {"size": 12}, "showscale": False, **look}
    heat = {"z": fractions, "x": across, "y": down, "xgap": 2, "ygap": 2, **look}
    return clickable(heat, fraction_cells(fractions), hovered, hover, size=22)


def clickable(heat: dict, cells: Sequence[tuple[int, int]], hovered: Sequence, hover: str, size: int) -> list[dict]:
    """Traces of a heat map and of transparent square markers over some of its cells, for heat maps tell no click.

    Args:
        heat: `z` (rows, columns) from 0, `x`, `y` and whatever else the heat map has.
        cells: row and column of each cell that can be clicked.
        hovered: what `hover`, Plotly's hover template, says of each of these.
        size: of a marker, in pixels.
    """
    markers = {
        "type": "scatter",
        "x": [heat["x"][column] for _, column in cells],
        "y": [heat["y"][row] for row, _ in cells],
        "mode": "markers",
        "marker": {"symbol": "square", "size": size, "color": "#000000", "opacity": 0.001},
        "customdata": hovered,
        "hovertemplate": hover,
        "showlegend": False,
    }
    return [{"type": "heatmap", "zmin": 0, "hoverinfo": "skip", **heat}, markers]
