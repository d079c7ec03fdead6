"""Charts of two columns against each other: kinds in a heat map, numbers by kind in boxes, two numbers in a density."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from core.data.statistics.counts import UNKNOWN, cross_counts, value_counts
from dashboard.charts.exploration import Chart, counted_label
from dashboard.charts.heat import clickable, fraction_cells, fraction_map
from dashboard.charts.palette import ACCENT
from dashboard.charts.round_numbers import rounded_outwards
from dashboard.charts.style import styled, wrapped

MOST_KINDS = 12
"""More values of a column than this are not drawn; the table behind the chart has all."""
_BINS = 24
_FAINT = [[0, "rgba(14,111,134,0)"], [0.02, "rgba(14,111,134,0.12)"], [1, "rgba(14,111,134,0.95)"]]


def pair_chart(table: pd.DataFrame, first: str, second: str, names: Mapping[str, str]) -> Chart:
    """Two columns against each other, as their kinds ask for.

    Args:
        table: encoded rows (`core.data.statistics.counts.encode`); columns of numbers count as
            numeric, all others as kinds.
        first: name of a column; kinds stand across, numbers from left to right.
        second: name of another; of two kinds, its values are shares within each value of `first`.
        names: of columns and of class keys in sentences; what is not in it stands for itself.
    """
    numeric = [name for name in (first, second) if pd.api.types.is_numeric_dtype(table[name])]
    if len(numeric) == 2:
        return _density(table, first, second, names)
    if numeric:
        kind = second if numeric == [first] else first
        return _boxes(table, numeric[0], kind, names)
    return _fractions(table, first, second, names)


def _fractions(table: pd.DataFrame, first: str, second: str, names: Mapping[str, str]) -> Chart:
    """Shares of one kind within each value of another; a cell can be clicked."""
    crossed = cross_counts(table[second], table[first])
    across = [*value_counts(table[first]).index, *[UNKNOWN] * bool(table[first].isna().any())]
    down = [*value_counts(table[second]).index, *[UNKNOWN] * bool(table[second].isna().any())]
    crossed = crossed.reindex(index=down, columns=across, fill_value=0)
    drawn = crossed.iloc[:MOST_KINDS, :MOST_KINDS][::-1]
    totals = crossed.sum().to_numpy()[:MOST_KINDS]
    fractions = drawn.to_numpy() / np.maximum(totals, 1)
    columns = [_called(value, names) for value in drawn.columns]
    rows = [_called(value, names) for value in drawn.index]
    labels = [counted_label(name, total) for name, total in zip(columns, totals, strict=True)]
    lines = [wrapped(name) for name in rows]
    cells = fraction_cells(fractions)
    hovered = [(columns[j], rows[i], float(fractions[i, j]), int(drawn.iat[i, j]), int(totals[j])) for i, j in cells]
    hover = (
        "<b>%{customdata[0]}</b><br>%{customdata[1]}: %{customdata[2]:.1%}<br>%{customdata[3]:,} of %{customdata[4]:,} "
        "images<extra></extra>"
    )
    traces = fraction_map(fractions, labels, lines, hovered, hover, colorscale=_FAINT)
    one, two = _called(first, names), _called(second, names)
    layout = {
        "xaxis": {"title": f"share within each {one}", "tickangle": -90, "showgrid": False},
        "yaxis": {"showgrid": False},
    }
    left_out = max(len(across) - MOST_KINDS, 0) + max(len(down) - MOST_KINDS, 0)
    words = f"{left_out} less frequent values are not drawn; the table has them." if left_out else ""
    title, height = f"{two} by {one}".capitalize(), 300 + 26 * len(lines)
    figure = styled(traces, layout, title=title, images=len(table), height=height)
    behind = crossed.set_axis([_called(v, names) for v in crossed.index])
    behind = behind.set_axis([_called(v, names) for v in crossed.columns], axis=1)
    behind = behind.rename_axis(two).reset_index().rename_axis(columns=None)
    alt = f"Shares of {two} within each value of {one}, over {len(table):,} images."
    picks = tuple(((first, str(drawn.columns[j])), (second, str(drawn.index[i]))) for i, j in cells)
    return Chart(figure, behind, alt, ((), picks), words)


def _boxes(table: pd.DataFrame, number: str, kind: str, names: Mapping[str, str]) -> Chart:
    """Median, middle half, and the range of all but a twentieth on either side, for each value of a kind."""
    values = table[number].to_numpy(np.float64, na_value=np.nan)
    known = ~np.isnan(values)
    rows = []
    for value in value_counts(table[kind]).index:
        of = values[known & (table[kind] == value).to_numpy()]
        if len(of):
            rows.append((value, _called(value, names), *np.quantile(of, [0.05, 0.25, 0.5, 0.75, 0.95]), len(of)))
    marks = ["lowest 5 %", "lower quartile", "median", "upper quartile", "highest 5 %"]
    what, by = _called(number, names), _called(kind, names)
    behind = pd.DataFrame(rows, columns=["value", by, *marks, "images"])
    drawn = behind.head(MOST_KINDS).sort_values("median", kind="stable")
    labels = [counted_label(name, images) for name, images in zip(drawn[by], drawn["images"], strict=True)]
    box = {
        "type": "box",
        "y": labels,
        **dict(zip(("lowerfence", "q1", "median", "q3", "upperfence"), drawn[marks].to_numpy().T, strict=True)),
        "orientation": "h",
        "marker": {"color": ACCENT},
        "line": {"width": 2},
        "width": 0.55,
        "hoverinfo": "skip",
        "showlegend": False,
    }
    middle = {
        "type": "scatter",
        "x": drawn["median"].to_numpy(),
        "y": labels,
        "mode": "markers",
        "marker": {"color": ACCENT, "size": 12},
        "customdata": drawn[[by, "lower quartile", "upper quartile", "images"]].to_numpy().tolist(),
        "hovertemplate": "<b>%{customdata[0]}</b><br>median %{x:.4~g}<br>half of them %{customdata[1]:.4~g} to "
        "%{customdata[2]:.4~g}<br>%{customdata[3]:,} images<extra></extra>",
        "showlegend": False,
    }
    figure = styled(
        [box, middle],
        {"xaxis": {"title": f"{what}<br>box: middle half; whiskers: 5–95 %", "nticks": 7}},
        title=f"{what} by {by}".capitalize(),
        images=int(drawn["images"].sum()),
        height=210 + 46 * max(len(drawn), 3),
    )
    alt = f"Quartiles of {what} for each value of {by}."
    left_out = len(behind) - len(drawn)
    words = f"{left_out} less frequent values of {by} are not drawn; the table has them." if left_out else ""
    picks = tuple(((kind, str(value)),) for value in drawn["value"])
    return Chart(figure, behind.drop(columns="value"), alt, ((), picks), words)


def _density(table: pd.DataFrame, first: str, second: str, names: Mapping[str, str]) -> Chart:
    """How many images lie where in the plane of two numbers; a click or a box asks for those there."""
    pair = table[[first, second]].dropna().to_numpy(np.float64)
    counted, lefts, lows = np.histogram2d(pair[:, 0], pair[:, 1], bins=_BINS)
    one, two = _called(first, names), _called(second, names)
    heat = {
        "z": counted.T,
        "x": (lefts[:-1] + lefts[1:]) / 2,
        "y": (lows[:-1] + lows[1:]) / 2,
        "colorscale": _FAINT,
        "colorbar": {"title": {"text": "images"}, "thickness": 10},
    }
    layout = {
        "xaxis": {"title": one, "showgrid": False},
        "yaxis": {"title": two, "showgrid": False},
        "dragmode": "select",
    }
    i, j = np.nonzero(counted)
    images = counted[i, j].astype(int)
    hover = f"{one} about %{{x:.4~g}}<br>{two} about %{{y:.4~g}}<br>%{{customdata:,}} images<extra></extra>"
    traces = clickable(heat, [*zip(j.tolist(), i.tolist(), strict=True)], images, hover, size=14)
    figure = styled(traces, layout, title=f"{two} against {one}".capitalize(), images=len(pair), height=460)
    columns = zip(lefts[i], lefts[i + 1], strict=True)
    rows = zip(lows[j], lows[j + 1], strict=True)
    cells = zip(columns, rows, strict=True)
    picks = ((), tuple(((first, rounded_outwards(*x)), (second, rounded_outwards(*y))) for x, y in cells))
    edges = {f"{one} from": lefts[i], f"{one} to": lefts[i + 1], f"{two} from": lows[j], f"{two} to": lows[j + 1]}
    behind = pd.DataFrame({**edges, "images": images}).sort_values("images", ascending=False)
    return Chart(figure, behind.reset_index(drop=True), f"{len(pair):,} images by {one} and {two}.", picks)


def _called(value: object, names: Mapping[str, str]) -> str:
    return names.get(str(value), str(value))
