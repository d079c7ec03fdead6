"""Charts of ages: their distribution, and what is typical of each diagnosis."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.data.spec import ClassSpec
from core.data.statistics.counts import UNKNOWN, cross_counts
from dashboard.charts.exploration import PALE, Chart, Pick, class_names, counted_label, present_classes
from dashboard.charts.palette import NOT_RECORDED, class_colours
from dashboard.charts.style import styled

BIN_YEARS = 5


def age_histogram(table: pd.DataFrame, classes: Sequence[ClassSpec], others: pd.DataFrame | None = None) -> Chart:
    """Images by age in bins of five years, stacked by class; unrecorded ages stand apart on the right.

    `others` are the rows that pass every filter but that of the ages; those beyond it are drawn pale.
    """
    names, colours = class_names(classes), class_colours(classes)
    everything = table if others is None else others
    known = _years(everything)
    known = known[~np.isnan(known)]
    first, last = (int(known.min() // BIN_YEARS), int(known.max() // BIN_YEARS)) if len(known) else (0, 0)
    starts = np.arange(first, last + 1) * BIN_YEARS
    apart = int(starts[-1]) + 3 * BIN_YEARS
    counted = cross_counts(_bins(table, first, starts), table["label"])
    counted = counted.reindex(index=[*starts, UNKNOWN], columns=[c.key for c in classes], fill_value=0)
    at = np.array([*starts, apart]) + BIN_YEARS / 2
    spans = [f"{s}–{s + BIN_YEARS - 1} years" for s in starts] + [f"age {UNKNOWN}"]
    counts_of_bin, traces = counted.sum(axis=1), []
    totals = counted.sum().sort_values(ascending=False, kind="stable")
    for key in totals[totals > 0].index:
        traces.append(
            {
                "type": "bar",
                "x": at,
                "y": counted[key].to_numpy(),
                "width": BIN_YEARS * 0.9,
                "name": names[key],
                "marker": {"color": colours[key]},
                "customdata": list(zip(spans, counts_of_bin, strict=True)),
                "hovertemplate": f"<b>{names[key]}</b><br>%{{customdata[0]}}<br>%{{y:,}} of %{{customdata[1]:,}} images"
                "<extra></extra>",
            }
        )
    if others is not None:
        beyond = cross_counts(_bins(others, first, starts), others["label"]).sum(axis=1)
        beyond = beyond.reindex([*starts, UNKNOWN], fill_value=0) - counts_of_bin
        if beyond.any():
            traces.append(
                {
                    "type": "bar",
                    "x": at,
                    "y": beyond.to_numpy(),
                    "width": BIN_YEARS * 0.9,
                    "name": "not chosen",
                    "marker": {"color": NOT_RECORDED, "opacity": PALE},
                    "customdata": spans,
                    "hovertemplate": "not chosen<br>%{customdata}<br>%{y:,} images<extra></extra>",
                }
            )
    decades = [age for age in range(0, 200, 20) if starts[0] <= age <= starts[-1] + BIN_YEARS]
    layout = {
        "xaxis": {
            "title": "age in years, by 5",
            "range": [starts[0], apart + 2 * BIN_YEARS],
            "tickvals": [*decades, apart + BIN_YEARS / 2],
            "ticktext": [*map(str, decades), "not<br>recorded"],
            "tickangle": 0,
        },
        "yaxis": {"title": "images", "nticks": 6, "tickformat": ","},
        "barmode": "stack",
        "dragmode": "select",
        "selectdirection": "h",
    }
    figure = styled(traces, layout, title="Ages, stacked by diagnosis", images=len(table), height=500)
    behind = counted.rename(columns=names).set_axis(spans).rename_axis("age").reset_index().rename_axis(columns=None)
    bins: list[tuple[Pick, ...]] = [(("age", (float(s), float(s + BIN_YEARS - 1))),) for s in starts]
    picks = ((*bins, (("age", UNKNOWN),)),) * len(traces)
    return Chart(figure, behind, _median(table), picks, ages_in_words(table))


def ages_in_words(table: pd.DataFrame) -> str:
    """Mean, standard deviation (of a sample) and range of the ages, and how many are not known."""
    ages = _years(table)
    known = ages[~np.isnan(ages)].astype(np.float64)
    if not len(known):
        return f"The age is {UNKNOWN} for all {len(table):,} images."
    spread = f" ± {known.std(ddof=1):.1f}" if len(known) > 1 else ""
    unknown = len(ages) - len(known)
    return (
        f"Age {known.mean():.1f}{spread} years (mean{' ± standard deviation' if spread else ''}) over {len(known):,} "
        f"images, from {known.min():.0f} to {known.max():.0f}"
        + (f"; {UNKNOWN} for {unknown:,}." if unknown else "; recorded for all.")
    )


def age_by_diagnosis(table: pd.DataFrame, classes: Sequence[ClassSpec]) -> Chart:
    """Ages of each class: median, middle half, and the range of all but a twentieth on either side."""
    colours = class_colours(classes)
    every, rows = _years(table), []
    for c in present_classes(table, classes):
        ages = every[(table["label"] == c.key).to_numpy()]
        known = ages[~np.isnan(ages)].astype(np.float64)
        quantiles = np.quantile(known, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist() if len(known) else [np.nan] * 5
        spread = known.std(ddof=1) if len(known) > 1 else np.nan
        mean = known.mean() if len(known) else np.nan
        rows.append((c.key, c.name, *quantiles, mean, spread, len(known), len(ages) - len(known)))
    marks = ["youngest 5 %", "youngest quarter", "median", "oldest quarter", "oldest 5 %"]
    columns = ["key", "diagnosis", *marks, "mean", "standard deviation", "images with age", UNKNOWN]
    behind = pd.DataFrame(rows, columns=columns).sort_values("median", kind="stable", na_position="first")
    labels = [counted_label(name, n) for name, n in zip(behind["diagnosis"], behind["images with age"], strict=True)]
    traces = [
        {
            "type": "box",
            "y": [label],
            "lowerfence": [row[marks[0]]],
            "q1": [row[marks[1]]],
            "median": [row[marks[2]]],
            "q3": [row[marks[3]]],
            "upperfence": [row[marks[4]]],
            "orientation": "h",
            "marker": {"color": colours[row["key"]]},
            "line": {"width": 2},
            "width": 0.55,
            "hoverinfo": "skip",
            "showlegend": False,
        }
        for label, (_, row) in zip(labels, behind.iterrows(), strict=True)
    ]
    low, high = (np.nan_to_num(age) for age in (behind[marks[0]].min(), behind[marks[-1]].max()))
    first, last = 10 * int(low // 10), 10 * int(high // 10 + 1)
    unseen = {"marker": {"opacity": 0.001}}
    traces.append(
        {  # a box answers a pointer at its marks only, so bars that nobody sees lie over the rows
            "type": "bar",
            "y": labels,
            "x": [last - first] * len(labels),
            "base": [first] * len(labels),
            "orientation": "h",
            "width": 0.9,
            "marker": {"color": "#000000", "opacity": 0.001},
            "selected": unseen,
            "unselected": unseen,
            "customdata": [_ages_of(row) for _, row in behind.iterrows()],
            "hovertemplate": "%{customdata}<extra></extra>",
            "showlegend": False,
        }
    )
    picks = (*((),) * len(labels), tuple((("label", key),) for key in behind["key"]))
    unknown = int(behind[UNKNOWN].sum())
    oldest = behind.iloc[-1]
    highest = f"; the highest is {oldest['median']:.0f} years for {oldest['diagnosis']}" if oldest["median"] > 0 else ""
    alt = f"Median ages by diagnosis{highest}. The age of {unknown:,} images is {UNKNOWN}."
    note = f"{unknown:,} without age" if unknown else ""
    height = 210 + 46 * max(len(behind), 3)
    across = {"title": "age in years<br>box: middle half; whiskers: 5–95 %", "nticks": 7, "range": [first, last]}
    title = "Typical ages by diagnosis"
    figure = styled(traces, {"xaxis": across}, title=title, images=len(table) - unknown, height=height, note=note)
    return Chart(figure, behind.drop(columns="key")[::-1].reset_index(drop=True), alt, picks)


def _ages_of(row: pd.Series) -> str:
    """What stands beside the pointer: the ages of one class."""
    known, name = row["images with age"], f"<b>{row['diagnosis']}</b>"
    if not known:
        return f"{name}<br>age {UNKNOWN} for {row[UNKNOWN]:,}"
    spread = f" ± {row['standard deviation']:.1f}" if known > 1 else ""
    return (
        f"{name}<br>median {row['median']:.0f} years<br>half of them {row['youngest quarter']:.0f} to "
        f"{row['oldest quarter']:.0f} years<br>nine of ten {row['youngest 5 %']:.0f} to "
        f"{row['oldest 5 %']:.0f} years<br>mean {row['mean']:.1f}{spread}<br>"
        f"{known:,} images; age {UNKNOWN} for {row[UNKNOWN]:,}"
    )


def _years(table: pd.DataFrame) -> np.ndarray:
    return table["age"].to_numpy(np.float32, na_value=np.nan)


def _bins(table: pd.DataFrame, first: int, starts: np.ndarray) -> pd.Series:
    """The bin of each image as a categorical of `starts`, missing where the age is."""
    ages = _years(table)
    codes = np.nan_to_num(np.floor(ages / BIN_YEARS) - first, nan=-1).astype(np.int16)
    return pd.Series(pd.Categorical.from_codes(codes, starts), index=table.index)


def _median(table: pd.DataFrame) -> str:
    ages = table["age"]
    median = f"{ages.median():.0f} years" if ages.notna().any() else UNKNOWN
    return f"Median age is {median}; the age of {int(ages.isna().sum()):,} images is {UNKNOWN}."
