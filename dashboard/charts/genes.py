"""Figures of gene-expression tables: classes, the most variable genes, principal components."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.base.percents import percent
from core.data.genes.gene_expression import FEWEST_SAMPLES, Components
from core.data.spec import ClassSpec
from core.data.splits.splits import PARTS, TRAIN
from dashboard.charts.palette import ACCENT, class_colours
from dashboard.charts.style import style, wrapped

_SYMBOLS = {"train": "circle", "validation": "square", "test": "diamond-open"}
_HATCHES = {"train": "", "validation": "\\", "test": "/"}


def sample_counts(labels: pd.Series, split: pd.Series, classes: Sequence[ClassSpec]) -> pd.DataFrame:
    """Samples by class (rows, full names) and part (columns), or one column where there are no parts."""
    parts = split.astype(object).where(split.notna(), "all")
    counts = pd.crosstab(labels, parts).reindex([c.key for c in classes], fill_value=0)
    counts = counts[[part for part in (*PARTS, "all") if part in counts]]
    return counts.set_axis(pd.Index([c.name for c in classes], name="class"))


def class_chart(counts: pd.DataFrame, classes: Sequence[ClassSpec], noun: str) -> go.Figure:
    """Samples of each class as bars, one beside another for each part; parts beyond training are hatched."""
    colours = class_colours(classes)
    names, shades = [c.name for c in classes], [colours[c.key] for c in classes]
    figure = go.Figure()
    for part in counts:
        figure.add_bar(
            x=names,
            y=counts[part],
            name=part,
            text=counts[part],
            marker={
                "color": shades,
                "line": {"color": shades, "width": 2},
                "pattern": {"shape": _HATCHES.get(part, ""), "fillmode": "replace", "solidity": 0.35},
            },
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{x}}<br>%{{y}} in the part {part}<extra></extra>",
        )
    figure.update_layout(barmode="group", showlegend=len(counts.columns) > 1)
    figure.update_xaxes(tickvals=names, ticktext=[wrapped(name) for name in names], tickangle=0)
    figure.update_yaxes(title=f"{noun}s")
    return style(figure, title=f"{noun.capitalize()}s by class", images=int(counts.sum().sum()), noun=noun)


def heat_map(
    values: pd.DataFrame, labels: pd.Series, descriptions: pd.Series, classes: Sequence[ClassSpec], noun: str
) -> go.Figure:
    """Each gene (row) in each sample (column), as standard deviations from the gene's mean; samples lie by class.

    Args:
        values: (samples, genes).
        labels: class key of each sample.
        descriptions: what is said of each gene.
        classes: in the order in which their samples are to lie.
        noun: what a sample is called.
    """
    order = [name for c in classes for name in labels.index[labels == c.key]]
    values = values.loc[order]
    scores = ((values - values.mean()) / values.std().replace(0, np.nan)).fillna(0).T
    names = {c.key: c.name for c in classes}
    said = np.array(
        [[f"{descriptions[gene][:80]}<br>{names[labels[sample]]}" for sample in order] for gene in scores.index]
    )
    figure = go.Figure(
        go.Heatmap(
            z=scores.to_numpy(),
            x=list(range(len(order))),
            y=scores.index,
            zmin=-3,
            zmax=3,
            zmid=0,
            colorscale="RdBu",
            reversescale=True,
            customdata=np.dstack([said, np.tile(np.array(order), (len(scores), 1))]),
            hovertemplate="<b>%{y}</b><br>%{customdata[0]}<br>" + noun + " %{customdata[1]}: "
            "%{z:.1f} standard deviations from the mean<extra></extra>",
            colorbar={"title": "SD", "thickness": 12},
        )
    )
    start = 0
    ticks = []
    for c in classes:
        count = int((labels == c.key).sum())
        ticks.append((start + (count - 1) / 2, f"{wrapped(c.short, 14)} ({count})"))
        start += count
        if start < len(order):
            figure.add_vline(start - 0.5, line={"color": "black", "width": 2})
    figure.update_xaxes(
        title=f"{noun}s, by class", tickvals=[at for at, _ in ticks], ticktext=[text for _, text in ticks]
    )
    figure.update_yaxes(autorange="reversed", tickfont={"size": 10}, showticklabels=len(scores) <= 60)
    height = 200 + (16 if len(scores) <= 60 else 6) * len(scores)
    title = f"The {len(scores)} most variable genes"
    return style(figure, title=title, images=len(order), height=height, noun=noun)


def component_chart(
    components: Components, labels: pd.Series, split: pd.Series, classes: Sequence[ClassSpec], noun: str
) -> go.Figure:
    """Samples by their first two principal components; the colour is the class, the mark the part."""
    title = "Samples by principal components"
    if len(components.explained) < 2:
        return _too_few_samples(title, len(labels), noun)
    colours = class_colours(classes)
    parts = split.astype(object).where(split.notna(), "all")
    figure = go.Figure()
    first, second = components.scores.columns[:2]
    for c in classes:
        for part in (*PARTS, "all"):
            rows = components.scores[(labels == c.key) & (parts == part)]
            if len(rows):
                figure.add_scatter(
                    x=rows[first],
                    y=rows[second],
                    mode="markers",
                    name=c.name if part == "all" else f"{c.name}, {part}",
                    marker={
                        "color": colours[c.key],
                        "symbol": _SYMBOLS.get(part, "circle"),
                        "size": 10,
                        "line": {"width": 0 if part == TRAIN else 2},
                    },
                    customdata=rows.index,
                    hovertemplate=f"{noun} %{{customdata}}<br>{c.name}<extra></extra>",
                )
    for axis, column, fraction in zip("xy", (first, second), components.explained, strict=False):
        figure.update_layout({f"{axis}axis": {"title": f"{column} ({percent(fraction)} of the variance)"}})
    return style(figure, title=title, images=len(labels), height=480, noun=noun)


def variance_chart(components: Components, samples: int, noun: str) -> go.Figure:
    """Share of the variance that each principal component explains, and all up to it."""
    title = "Variance that the components explain"
    if len(components.explained) < 2:
        return _too_few_samples(title, samples, noun)
    fractions = components.explained
    numbers = list(range(1, len(fractions) + 1))
    figure = go.Figure(
        [
            go.Bar(x=numbers, y=fractions, name="each", marker_color=ACCENT, hovertemplate="%{y:.1%}"),
            go.Scatter(
                x=numbers,
                y=np.cumsum(fractions),
                name="all so far",
                line={"color": "#87919A"},
                hovertemplate="%{y:.1%}",
            ),
        ]
    )
    figure.update_xaxes(title="principal component", dtick=1)
    figure.update_yaxes(title="share of the variance", tickformat=".0%", rangemode="tozero")
    return style(figure, title=title, images=samples, height=480, noun=noun)


def _too_few_samples(title: str, samples: int, noun: str) -> go.Figure:
    figure = go.Figure()
    figure.add_annotation(
        text=f"Principal components need at least {FEWEST_SAMPLES} {noun}s; there {'is' if samples == 1 else 'are'} "
        f"{samples}.",
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return style(figure, title=title, images=samples, height=480, noun=noun)
