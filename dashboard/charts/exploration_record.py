"""Charts of the record itself: what is missing, alone and together, and how many photos a group has."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.base.counting import plural
from core.base.percents import percent
from core.data.statistics.counts import PHOTO_BINS, UNKNOWN, further_columns, photos_per_group
from dashboard.charts.exploration import PALE, Chart, Pick
from dashboard.charts.palette import ACCENT, NOT_RECORDED
from dashboard.charts.style import styled, wrapped

DESCRIBED = {
    "age": "age",
    "sex": "sex",
    "site": "anatomical site",
    "diagnosis_method": "how the diagnosis was made",
    "source": "source",
}
"""Columns that describe a picture in every data set, with their names in sentences; a data set may have more."""

MOST_PATTERNS = 8


def missing_fractions(table: pd.DataFrame) -> Chart:
    """Share of the images for which each describing column is not recorded."""
    described = {each.name: each for each in _described(table)}
    missing = pd.Series({name: int(each.gone.sum()) for name, each in described.items()}).sort_values(kind="stable")
    fractions = missing / max(len(table), 1)
    bars = {
        "type": "bar",
        "y": [wrapped(name) for name in missing.index],
        "x": fractions.to_numpy(),
        "orientation": "h",
        "marker": {"color": NOT_RECORDED},
        "text": [
            f"{percent(fraction)} · {n:,}" if n else "complete" for n, fraction in zip(missing, fractions, strict=True)
        ],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": [*missing.items()],
        "hovertemplate": "<b>%{customdata[0]}</b><br>not recorded for %{customdata[1]:,} images, %{x:.2%}"
        "<extra></extra>",
    }
    across = {"title": "share of images", "range": [0, 1.45], "tickvals": [0, 0.5, 1], "tickformat": ".0%"}
    behind = pd.DataFrame({"field": missing.index, UNKNOWN: missing.to_numpy(), "share": fractions.to_numpy()})
    worst = missing.index[-1]
    alt = f"What is missing most often is the {worst}, for {missing.iloc[-1]:,} of {len(table):,} images."
    height = 180 + 40 * len(missing)
    figure = styled([bars], {"xaxis": across}, title="What is not recorded", images=len(table), height=height)
    picks = tuple(_lacking([described[name]]) for name in missing.index)
    return Chart(figure, behind[::-1].reset_index(drop=True), alt, (picks,))


def missing_together(table: pd.DataFrame) -> Chart:
    """Which columns are missing in the same images: each image counts once, in the pattern of what it lacks.

    A click on a pattern asks for the images that lack all of it.
    """
    described = _described(table)
    known = [each for each in described if not each.gone.all()]
    codes = sum((each.gone.astype(np.int64) << bit for bit, each in enumerate(known)), np.zeros(len(table), int))
    counted = np.bincount(codes, minlength=1)
    order = [code for code in np.argsort(-counted, kind="stable") if counted[code]]
    rows, picks = [], []
    for code in order:
        lacking = [each for bit, each in enumerate(known) if code >> bit & 1]
        together = " + ".join(each.name for each in lacking) or "nothing is missing"
        rows.append((together, len(lacking), int(counted[code])))
        picks.append(_lacking(lacking))
    behind = pd.DataFrame(rows, columns=["missing together", "columns", "images"])
    behind["share"] = behind["images"] / max(len(table), 1)
    shown = behind.head(MOST_PATTERNS)[::-1]
    bars = {
        "type": "bar",
        "y": [wrapped(name, 24) for name in shown["missing together"]],
        "x": shown["images"].to_numpy(),
        "orientation": "h",
        "marker": {"color": [ACCENT if n == 0 else NOT_RECORDED for n in shown["columns"]]},
        "text": [f"{n:,} · {percent(s)}" for n, s in zip(shown["images"], shown["share"], strict=True)],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": shown["missing together"].tolist(),
        "hovertemplate": "<b>%{customdata}</b><br>%{x:,} images<extra></extra>",
    }
    most = max(int(behind["images"].max()), 1) if len(behind) else 1
    across = {"title": "images", "range": [0, most * 1.45], "nticks": 5, "tickformat": ","}
    empty = [each.name for each in described if each.gone.all()]
    note = f"wholly empty and left out here: {', '.join(empty)}" if empty else ""
    several = behind[behind["columns"] > 1]
    alt = f"{int(several['images'].sum()):,} of {len(table):,} images lack two or more things at once."
    words = alt + (f" In addition, {note}." if note else "")
    if len(behind) > MOST_PATTERNS:
        words += f" The chart shows the {MOST_PATTERNS} most frequent of {len(behind)} patterns."
    height = 190 + 40 * max(len(shown), 2)
    figure = styled([bars], {"xaxis": across}, title="Missing together", images=len(table), height=height)
    return Chart(figure, behind, alt, (tuple(picks[:MOST_PATTERNS][::-1]),), words)


def group_sizes(table: pd.DataFrame, group: str, others: pd.DataFrame | None = None) -> Chart:
    """Groups (lesions, patients, slides) by the number of their photos in the whole data set.

    Args:
        table: tidy metadata, encoded, or plain with all rows of the data set.
        group: what a group is, as a noun.
        others: rows that pass all filters but that of the number of photos.
    """
    counted, images = _groups_by_size(table)
    shown = counted
    if others is not None:
        everything, _ = _groups_by_size(others)
        counted, images = (numbers.reindex(everything.index, fill_value=0) for numbers in (counted, images))
        shown = counted.where(counted > 0, everything)
    pale = (counted == 0) & (shown > 0)
    groups = max(int(counted.sum()), 1)
    noun = plural(group)
    bars = {
        "type": "bar",
        "x": shown.index.tolist(),
        "y": shown.to_numpy(),
        "marker": {"color": ACCENT, "opacity": [PALE if p else 1.0 for p in pale]},
        "text": [f"{n:,.0f}" if p else f"{n:,.0f}<br>{percent(n / groups)}" for n, p in zip(shown, pale, strict=True)],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": images.to_numpy(),
        "hovertemplate": f"%{{x}} pictures: <b>%{{y:,}} {noun}</b><br>%{{customdata:,}} images<extra></extra>",
    }
    layout = {
        "xaxis": {"title": f"pictures of the {group} in the data set", "type": "category"},
        "yaxis": {"title": noun, "range": [0, max(shown.max(), 1) * 1.25], "nticks": 5, "tickformat": ","},
    }
    behind = pd.DataFrame({"photos": counted.index, noun: counted.to_numpy(), "images": images.to_numpy()})
    several = groups - int(counted.iloc[0])
    alt = f"{int(counted.sum()):,} {noun}; {several:,} of them have more than one picture."
    inside = 1 - images.iloc[0] / max(int(images.sum()), 1)
    words = (
        f"{len(table):,} images show {int(counted.sum()):,} {noun}. {percent(inside)} of the images share their "
        f"{group} with another image: a random split would put pictures of one {group} on both sides."
    )
    figure = styled([bars], layout, title=f"Photos per {group}", images=len(table), height=400)
    return Chart(figure, behind, alt, (tuple((("photos", name),) for name in shown.index),), words)


@dataclass(frozen=True)
class _Described:
    """A describing column: its name in sentences, and which images lack it, bool (images,)."""

    column: str
    name: str
    gone: np.ndarray
    number: bool
    """Whether it is a further column of numbers, which is asked for by a range alone."""


def _described(table: pd.DataFrame) -> list[_Described]:
    """The columns of every data set, then those of this one that have gaps."""
    further = [(column, str(column)) for column in further_columns(table) if table[column].isna().any()]
    return [
        _Described(
            column,
            name,
            table[column].isna().to_numpy() if column in table else np.ones(len(table), dtype=bool),
            column not in DESCRIBED and pd.api.types.is_numeric_dtype(table[column]),
        )
        for column, name in [*DESCRIBED.items(), *further]
    ]


def _lacking(columns: list[_Described]) -> tuple[Pick, ...]:
    """What asks for images that lack all of some columns."""
    return () if any(each.number for each in columns) else tuple((each.column, UNKNOWN) for each in columns)


def _groups_by_size(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Number of groups and of images by the bin of their size, in the order of the bins, up to the largest."""
    if "photos" in table:
        groups, sizes = table["group"].to_numpy(), table["photos"].cat.codes.to_numpy()
    else:
        groups, sizes = pd.factorize(table["group_id"])[0], photos_per_group(table["group_id"]).codes
    of_group = np.full(int(groups.max()) + 1 if len(groups) else 0, -1, dtype=np.int16)
    of_group[groups] = sizes
    names = [*PHOTO_BINS.values()]
    counted = np.bincount(of_group[of_group >= 0], minlength=len(names))
    images = np.bincount(sizes, minlength=len(names))
    largest = max(int(np.flatnonzero(images).max(initial=0)) + 1, 2)
    return pd.Series(counted[:largest], index=names[:largest]), pd.Series(images[:largest], index=names[:largest])
