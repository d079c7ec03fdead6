"""Charts of anatomical sites; `body_map` draws them on a body."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.data.spec import ClassSpec
from core.data.statistics.counts import UNKNOWN, cross_counts, value_counts
from dashboard.charts.exploration import Chart, class_names, kind_counts, present_classes
from dashboard.charts.heat import fraction_cells, fraction_map
from dashboard.charts.style import styled, wrapped


def site_counts(table: pd.DataFrame, others: pd.DataFrame | None = None) -> Chart:
    """Images by anatomical site, the most frequent on top, those without a site at the bottom."""
    return kind_counts(table, "site", "Images by anatomical site", "site", others=others)


def site_by_diagnosis(table: pd.DataFrame, classes: Sequence[ClassSpec]) -> Chart:
    """Where on the body each class is found, as shares within the class."""
    present, names = present_classes(table, classes), class_names(classes)
    order = [*value_counts(table["site"]).index, UNKNOWN]
    counted = cross_counts(table["site"], table["label"])
    counted = counted.reindex(index=order[::-1], columns=[c.key for c in present], fill_value=0)
    totals, values = counted.sum().to_numpy(), counted.to_numpy()
    fractions = values / np.maximum(totals, 1)
    across = [wrapped(c.name, 25) for c in present]
    cells = fraction_cells(fractions)
    hovered = [
        (present[j].name, counted.index[i], fractions[i, j], int(values[i, j]), int(totals[j])) for i, j in cells
    ]
    hover = (
        "<b>%{customdata[0]}</b><br>site: %{customdata[1]}<br>%{customdata[2]:.1%}: %{customdata[3]:,} of "
        "%{customdata[4]:,} images<extra></extra>"
    )
    traces = fraction_map(fractions, across, counted.index.tolist(), hovered, hover)
    layout = {
        "xaxis": {"title": "share of each diagnosis", "tickangle": -90, "showgrid": False},
        "yaxis": {"showgrid": False},
    }
    behind = counted.rename(columns=names)[::-1].rename_axis("site").reset_index().rename_axis(columns=None)
    unknown = int(table["site"].isna().sum())
    alt = f"Shares of the anatomical sites in each diagnosis; the site of {unknown:,} images is {UNKNOWN}."
    height = 300 + 26 * len(counted)
    figure = styled(traces, layout, title="Anatomical site by diagnosis", images=len(table), height=height)
    picks = ((), tuple((("site", counted.index[i]), ("label", present[j].key)) for i, j in cells))
    return Chart(figure, behind, alt, picks)
