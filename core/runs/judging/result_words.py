"""What was found out about a run in sentences, as pages and its model card say it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.base.counting import are, counted
from core.base.percents import p_equals, percent, percent_range, points, points_range
from core.base.signature import when, who
from core.evaluation.drop import Drop
from core.evaluation.metrics import Metrics
from core.evaluation.mistakes import InCommon
from core.evaluation.readings import Reading
from core.evaluation.source_probe import SourceProbe
from core.evaluation.subgroups import BRIER, FEW, OVERCONFIDENCE, Gap
from core.runs.judging.threshold import SavedThreshold


def threshold_in_words(saved: SavedThreshold, thing: str, at: str = "") -> str:
    """From where on a picture, or another `thing`, is called so; how that was chosen, by whom and when.

    `at` is that moment by the clock of who reads it; in UTC where it is empty.
    """
    how = f"{saved.rule}, chosen on the {saved.chosen_on} part" if saved.chosen_on else saved.rule or "set by hand"
    return (
        f"A {thing} is called {saved.name} from {saved.value:.3f} on ({how}); saved by {who(saved.by)}, "
        f"{at or when(saved.at)}."
    )


def not_above_floor(metrics: Metrics, names: Mapping[str, str]) -> str:
    """That the accuracy is not shown to be above always answering the most frequent class; empty where it is.

    Args:
        metrics: with the interval of the accuracy.
        names: of the classes by key.
    """
    floor, limits = metrics.majority_accuracy, metrics.intervals.get("accuracy")
    if floor is None or limits is None or limits[0] > floor:
        return ""
    return (
        f"Its accuracy is not shown to be above that of always answering “{names[metrics.majority_class]}” "
        f"({percent(floor)})."
    )


def gap_in_words(gap: Gap, reading: Reading) -> str:
    """A gap between a subgroup and all others as a sentence with its interval."""
    of = f" for {reading.name}" if gap.metric in ("sensitivity", "specificity") else ""
    if gap.metric == OVERCONFIDENCE:
        here, elsewhere = map(_beside_accuracy, (gap.here, gap.elsewhere))
        return (
            f"{gap.column.capitalize()} “{gap.value}”: mean confidence is {here} accuracy, for all others {elsewhere} "
            f"it ({points(gap.difference)} points, 95 % interval {points_range(gap.lower, gap.upper)})."
        )
    return (
        f"{gap.column.capitalize()} “{gap.value}”: {gap.metric}{of} is {percent(gap.here)}, against "
        f"{percent(gap.elsewhere)} for all others ({points(gap.difference)} points, "
        f"95 % interval {points_range(gap.lower, gap.upper)})."
    )


def no_gap_in_words(compared: int) -> str:
    """That no gap between subgroups is more than chance, and over how many comparisons, if there were any."""
    if not compared:
        return f"No subgroup could be compared with all others: both sides have to rest on {FEW} groups or more."
    return "No gap between a subgroup and all others is more than chance explains, " + (
        f"over {compared:,} comparisons taken together." if compared > 1 else "in the one comparison that was made."
    )


def subgroup_figure(row: Mapping[str, Any], metric: str) -> str:
    """A figure of a subgroup with its interval, in brackets with their number where it rests on few groups.

    Args:
        row: of the table of `Subgroups`.
        metric: one of `METRICS`.
    """
    value, low, high, on = (row[f"{metric}{what}"] for what in ("", " low", " high", " on"))
    if np.isnan(value):
        return "–"
    if metric == BRIER:
        limits = "" if np.isnan(low) else f" ({low:.2f}–{high:.2f})"
        return f"{value:.3f}{limits}" if on >= FEW else f"[{value:.2f} on {on:.0f}]"
    spread = "" if np.isnan(low) else f" ({percent_range(low, high, 0)})"
    return f"{percent(value)}{spread}" if on >= FEW else f"[{percent(value, 0)} on {on:.0f}]"


def _beside_accuracy(overconfidence: float) -> str:
    """How far mean confidence lies from accuracy: "4.9 points above"."""
    return f"{points(abs(overconfidence)).lstrip('+')} points {'below' if overconfidence < 0 else 'above'}"


def in_common_in_words(found: InCommon) -> str:
    """A column in which wrong and right answers differ, as a sentence."""
    return (
        f"{found.column.capitalize()}: of {counted(found.groups, 'groups')} with “{found.value}”, {found.wrong:,} "
        f"{are(found.wrong)} wrong, "
        f"where {found.expected:.1f} would be expected for their diagnoses "
        f"({p_equals(found.adjusted)}, adjusted)."
    )


def probe_in_words(probe: SourceProbe) -> str:
    """The figures of a source probe as a sentence."""
    spread, of_label = (
        "" if limits is None else f" (95 % interval {percent_range(*limits)})"
        for limits in (probe.told_limits, probe.by_label_limits)
    )
    more = points(probe.told - probe.by_label)
    return (
        f"Balanced accuracy {percent(probe.told)}{spread} over {len(probe.sources)} sources, where guessing has "
        f"{percent(probe.chance)} and the diagnosis alone {percent(probe.by_label)}{of_label}: {more} points "
        "more than the diagnosis tells."
    )


def change_in_words(drop: Drop, own: str, other: str) -> tuple[str, str]:
    """What becomes of a figure elsewhere, as the two parts of a sentence: the change itself, and how sure it is."""
    change = "falls" if drop.difference < 0 else "rises"
    how = "more than chance explains" if drop.beyond_chance else "which chance may explain"
    limits = drop.limits
    if limits is None:
        how = "and too few groups tell whether that is chance"
    spread = "" if limits is None else f", 95 % interval {points_range(*limits)}"
    if percent(drop.own) == percent(drop.elsewhere):
        same = f"{drop.metric.capitalize()} is {percent(drop.own)} on {own} and on {other}"
        return same, f"({points(drop.difference)} points{spread})."
    return (
        f"{drop.metric.capitalize()} {change} from {percent(drop.own)} on {own} to {percent(drop.elsewhere)} on "
        f"{other}",
        f"({points(drop.difference)} points{spread}), {how}.",
    )
