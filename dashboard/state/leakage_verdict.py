"""What the leakage lesson says in words and tables, from the figures of its splits and runs."""

import contextlib
from collections.abc import Mapping

import pandas as pd

from core.base.counting import counted, plural
from core.base.errors import DataError
from core.base.percents import percent, percent_range
from core.data.spec import Dataset
from core.data.splits.leakage import LeakageReport
from core.data.splits.splits import Split, SplitKind
from core.runs.judging.results import evaluated, headline_metrics
from core.teaching.leakage_lesson import KINDS, LeakageLesson
from dashboard.markdown import Markdown, link
from dashboard.state.loading import load_split

LEAST_DIFFERENCE = 0.005
"""Half a percentage point; a smaller difference is not called one."""
_LEAKING = {SplitKind.RANDOM: "random split", SplitKind.OVERSAMPLE_FIRST: "oversampling first"}


def lesson_splits(dataset: str, seed: int, parts: tuple[float, float, float]) -> dict[SplitKind, Split]:
    """The lesson's splits of a data set, in their order; one that the data do not allow is left out."""
    splits = {}
    for kind in KINDS:
        with contextlib.suppress(DataError):
            splits[kind] = load_split(dataset, str(kind), seed, parts)
    return splits


def why_not_grouped(dataset: Dataset) -> str:
    """Why a data set has no grouped split, and what would help."""
    group, number = dataset.spec.group, dataset.table["group_id"].nunique()
    said = (
        f"A grouped split keeps all pictures of a {group} together. The pictures here come from "
        f"{counted(number, plural(group))}, too few to fill a training, a validation and a test part with "
        f"{plural(group)} of their own. So nothing here can tell how a network does on a new {group}. What helps "
        f"is pictures of more {plural(group)}: three are the least, and only with dozens does the figure hardly depend "
        "on which are drawn."
    )
    return said + (
        Markdown(" {} may have them.").format(link("The whole data set", dataset.spec.homepage))
        if dataset.spec.homepage
        else ""
    )


def what_leaks(reports: Mapping[SplitKind, LeakageReport], names: Mapping[str, str], group: str) -> str:
    """The splits that can be drawn in sentences, from their reports."""
    honest, random, copied = reports.get(KINDS[0]), *(reports[kind] for kind in KINDS[1:])
    said = []
    if honest is None:
        said.append(Markdown("No **grouped** split can be drawn: too few {}s.").format(group))
    elif honest.level_sentences:
        said.append(
            Markdown("The **grouped** split keeps each {} together, and yet: {}").format(
                group, " ".join(honest.level_sentences)
            )
        )
    elif honest.leaking:
        said.append(
            Markdown(
                "The **grouped** split keeps each {} together, and yet {} can be found in several parts under "
                "different {}."
            ).format(group, counted(honest.identical_images_shared, "identical pictures"), plural(group))
        )
    else:
        said.append(
            Markdown("The **grouped** split shares nothing: no {} and no picture stands in two parts.").format(group)
        )
    if random.with_group_in_train:
        fraction = random.with_group_in_train / random.held_out
        by_class = {c.label: c.with_group_in_train / max(c.held_out, 1) for c in random.by_class}
        worst = max(by_class, key=by_class.__getitem__)
        most = f"; most of all {names[worst]}, {percent(by_class[worst], 0)}" * (
            by_class[worst] - fraction >= LEAST_DIFFERENCE
        )
        said.append(
            Markdown(
                "Under the **random** split {:,} {}s appear in more than one part, and {} of the test "
                "pictures have another picture of the same {} in training{}. The network is then asked about a {} "
                "that it knows already."
            ).format(random.groups_shared, group, percent(fraction), group, most, group)
        )
    else:
        said.append(
            Markdown(
                "Here the **random** split leaks no {}: no {} has several pictures, or none of them was drawn "
                "into two parts."
            ).format(group, group)
        )
    if copied.with_copy_in_train:
        said.append(
            Markdown(
                "**Oversampling first** copies rare pictures before the draw: {:,} of {:,} test pictures "
                "({}) are in training as the very same file, and {:,} {}s appear in more than one part. "
                "Memorising is enough to score well."
            ).format(
                copied.with_copy_in_train,
                copied.held_out,
                percent(copied.with_copy_in_train / copied.held_out),
                copied.groups_shared,
                group,
            )
        )
    else:
        said.append(Markdown("**Oversampling first** makes no copies here, for no class is rarer than another."))
    return Markdown("  \n").join(said)


def outcome_table(lesson: LeakageLesson) -> pd.DataFrame:
    """The test figures of the lesson's evaluated runs, one row per split, in the order of the lesson.

    Columns as `dashboard.charts.lessons.outcome_chart` asks for, and `run`. Without a run that is evaluated
    the table is empty. A figure that is not defined is missing.
    """
    rows = []
    for kind in KINDS:
        run = lesson.run(kind)
        if run is None or not evaluated(run):
            continue
        _, metrics = headline_metrics(run)
        low, high = metrics.intervals.get("accuracy", (None, None))
        balanced_low, balanced_high = metrics.intervals.get("balanced_accuracy", (None, None))
        rows.append(
            {
                "split": str(kind),
                "accuracy": metrics.accuracy,
                "accuracy low": low,
                "accuracy high": high,
                "floor": metrics.majority_accuracy,
                "balanced accuracy": metrics.balanced_accuracy,
                "balanced low": balanced_low,
                "balanced high": balanced_high,
                "pictures": sum(map(sum, metrics.confusion)),
                "run": run.run_id,
            }
        )
    return pd.DataFrame(rows)


def verdict(outcomes: pd.DataFrame, reports: Mapping[SplitKind, LeakageReport], learner: str = "network") -> str:
    """What the figures of `outcome_table` mean, in sentences; claims no more than their intervals allow.

    `learner` is what they are the figures of.
    """
    by_split = {SplitKind(row["split"]): row for _, row in outcomes.iterrows()}
    if SplitKind.GROUPED not in by_split:
        said = ["The honest figure is missing, so there is nothing to compare the others with."]
        said += [
            Markdown("With **{}** the {} shows {}; {}. How it does on new cases cannot be told from that.").format(
                name, learner, percent(by_split[kind]["accuracy"]), _seen(reports[kind])
            )
            for kind, name in _LEAKING.items()
            if kind in by_split
        ]
        return Markdown("  \n").join(said)
    honest = by_split[SplitKind.GROUPED]
    over = 100 * (honest["accuracy"] - honest["floor"])
    side = "above" if over >= 0 else "below"
    said = [
        Markdown(
            "The honest figure is **{}** (95 % interval {}), {:.1f} points {} always "
            "giving the most frequent class; balanced accuracy {}."
        ).format(
            percent(honest["accuracy"]),
            percent_range(honest["accuracy low"], honest["accuracy high"]),
            abs(over),
            side,
            percent(honest["balanced accuracy"]),
        )
    ]
    for kind, name in _LEAKING.items():
        if kind not in by_split:
            continue
        row, seen = by_split[kind], _seen(reports[kind])
        accuracy, gain = percent(row["accuracy"]), row["accuracy"] - honest["accuracy"]
        apart = row["accuracy low"] > honest["accuracy high"] or row["accuracy high"] < honest["accuracy low"]
        if abs(gain) < LEAST_DIFFERENCE:
            said.append(Markdown("With **{}** it is the same {} this time; {}.").format(name, accuracy, seen))
        elif gain < 0:
            chance = "Chance alone does not explain that" if apart else "The intervals overlap, so that may be chance"
            said.append(
                Markdown(
                    "With **{}** it is {}, {:.1f} points lower this time. {}; its test pictures are others, and {}."
                ).format(name, accuracy, 100 * -gain, chance, seen)
            )
        elif apart:
            said.append(
                Markdown(
                    "With **{}** the same {} shows **{}**, {:.1f} points more, and the intervals do not "
                    "touch. What it answers about new cases is no better for that: {}."
                ).format(name, learner, accuracy, 100 * gain, seen)
            )
        else:
            said.append(
                Markdown(
                    "With **{}** it shows {}, {:.1f} points more. The intervals overlap, so this single draw "
                    "does not prove that the leak made it; but {}, and nobody can tell from the figure."
                ).format(name, accuracy, 100 * gain, seen)
            )
    return Markdown("  \n").join(said)


def _seen(report: LeakageReport) -> str:
    leaked = max(report.with_group_in_train, report.with_copy_in_train) / max(report.held_out, 1)
    return f"{percent(leaked, 0)} of its test pictures were seen in training, as another picture or as a copy"
