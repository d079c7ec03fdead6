"""For whom a model does how well, what it makes of the camera, and whether several photos get one answer."""

from core.base.percents import percent, percent_limits, points_limits
from core.data.statistics.skin_tone import shows_skin
from core.evaluation.retest import retest, retest_intervals, spread_quantiles
from core.evaluation.source_probe import FEWEST
from core.evaluation.subgroups import FEW, METRICS, judge_subgroups
from core.runs.answers.verdict import called_by_run
from core.runs.card.blocks import Block, Items, Missing, Section, Text, table
from core.runs.card.facts import Facts
from core.runs.judging.known_of_pictures import SKIN_TONE, dividing_columns, lesions, sources
from core.runs.judging.result_words import gap_in_words, no_gap_in_words, probe_in_words, subgroup_figure
from core.runs.judging.source_probe import has_features, load_source_probe

_SHOWN = METRICS[:4], METRICS[4:8], METRICS[8:]
"""All figures, in tables that are narrow enough to be read and printed."""
_NOBODY = "Nothing is known of the people behind these samples."


def subgroups_section(facts: Facts) -> Section:
    """Figures by age, sex, site, method, source and skin tone, and the gaps that are more than chance."""
    title, predictions, dataset = "For whom", facts.table, facts.dataset
    if facts.things != "pictures":
        return Section(title, (Text(_NOBODY),))
    if dataset is None or predictions is None:
        return Section(title, (_without_data(facts, "figures by age, sex, site, source and skin tone"),))
    blocks: list[Block] = []
    columns = dividing_columns(dataset, predictions["image_id"], facts.tones)
    if SKIN_TONE not in columns and shows_skin(dataset.spec):
        blocks.append(Missing("figures by skin tone", "Open Results, tab For whom, and press “Estimate skin tones”."))
    if columns.empty:
        told = (
            f"{facts.info.dataset_title} tells no age, sex, site, diagnosis method or source with two values or more."
        )
        return Section(title, (Missing("figures by age, sex, site and source", told), *blocks))
    reading = facts.reading
    called, how = called_by_run(facts.run, facts.info, predictions, reading)
    found = judge_subgroups(predictions, facts.info.class_keys, columns, reading, called, areas=False)
    if found.gaps:
        blocks.insert(0, Items(tuple(gap_in_words(each, reading) for each in found.gaps)))
        blocks.insert(0, Text("Gaps that are more than chance explains, the largest first:", warning=True))
    else:
        blocks.insert(0, Text(no_gap_in_words(found.compared)))
    blocks.append(
        Text(
            f"Sensitivity, specificity, precision, F1, AUC and average precision are for {reading.name}. {how} "
            "In round brackets: 95 % intervals from resampling whole groups, which Results, tab For whom, has of AUC "
            f"and average precision, too. In square brackets: on fewer than {FEW} groups."
        )
    )
    for shown in _SHOWN:
        rows = [
            (
                row["column"],
                row["value"],
                f"{row['images']:,}",
                f"{row['groups']:,}",
                *(subgroup_figure(row, name) for name in shown),
            )
            for _, row in found.table.iterrows()
        ]
        blocks.append(table(("column", "value", "pictures", "groups", *shown), rows))
    if SKIN_TONE in columns:
        estimate = (
            "Skin tone is an estimate from the border of the picture, no fact about the person: it also holds light, "
            "camera and gel."
        )
        blocks.append(Text(estimate))
    return Section(title, tuple(blocks))


def source_section(facts: Facts) -> Section | None:
    """Whether it tells the camera or hospital; None where the data set knows of one source alone."""
    dataset, predictions = facts.dataset, facts.table
    if facts.things != "pictures" or dataset is None or predictions is None:
        return None
    if sources(dataset, predictions["image_id"]).nunique() < 2 or not has_features(facts.info):
        return None
    probe = load_source_probe(facts.run)
    if probe is None:
        how = "Open Results, tab Source, and press “Try to tell the source”."
        block: Block = Missing("whether it tells the camera or hospital", how)
        return Section("Source of the pictures", (block,))
    left_out = f" With fewer than {FEWEST} groups left out: {', '.join(probe.left_out)}." if probe.left_out else ""
    return Section(
        "Source of the pictures",
        (Text(f"{probe.verdict} {probe_in_words(probe)}{left_out}"), Text("Accuracy within each source stands above.")),
    )


def retest_section(facts: Facts) -> Section | None:
    """Whether all photos of a lesion get the same answer; None where no lesion has several."""
    dataset, predictions = facts.dataset, facts.table
    if facts.things != "pictures" or dataset is None or predictions is None:
        return None
    known = lesions(dataset, predictions["image_id"])
    if known is None:
        return None
    called, _ = called_by_run(facts.run, facts.info, predictions, facts.reading)
    found = retest(predictions, facts.info.class_keys, known, facts.reading, called)
    spread = spread_quantiles(found)
    if spread is None:
        return None
    limits = retest_intervals(found)
    same = f"{percent(found.same_answer)} ({percent_limits(limits.same_answer)})"
    median, most = (
        f"{100 * value:.1f} points ({points_limits(each)})"
        for value, each in zip(spread, (limits.median, limits.most), strict=True)
    )
    said = (
        f"{len(found.lesions):,} lesions of {facts.part_title} have several photos, {found.photos:,} in all. Of these, "
        f"{same} get the same class in every photo. The probability of {facts.reading.name} spreads over "
        f"{median} in the median, and over {most} or more in one lesion of ten."
    )
    return Section("Several photos of one lesion", (Text(said),))


def _without_data(facts: Facts, what: str) -> Missing:
    how = f"{facts.info.dataset_title} is not here, or cannot be read. Bring it back on the page Data."
    return Missing(what, how)
