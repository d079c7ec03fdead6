"""Where a model fails, and how far its explanations can be believed."""

from core.base.counting import are, counted
from core.base.percents import percent
from core.evaluation.label_issues import find_label_issues
from core.evaluation.mistakes import hardest_groups, in_common, most_confident_mistakes, ranked_by_confidence
from core.runs.card.blocks import Block, Items, Missing, Section, Text, table
from core.runs.card.facts import Facts
from core.runs.explanations.explanation_summary import MethodCheck, load_checks
from core.runs.explanations.explanation_words import heat_in_words, passed_in_words, points_in_words
from core.runs.judging.known_of_pictures import diagnosis_methods, dividing_columns
from core.runs.judging.result_words import in_common_in_words
from core.serving.explaining import explainable

MOST_LISTED = 10


def explanations_section(facts: Facts) -> Section:
    """What the checks of the run's heat maps came to."""
    title = "Checks of explanations"
    if not explainable(facts.info):
        return Section(title, (Text("This run has no heat maps whose checks could be made."),))
    checks = load_checks(facts.run)
    command = f"python -m core explain {facts.run.run_id}"
    if checks is None:
        how = (
            "Whether its heat maps show what it looks at is not known. Open Explain and press “Check the "
            "explanations”, or:"
        )
        return Section(title, (Missing("checks of its heat maps", how, command),))
    blocks: list[Block] = []
    if not checks[0].judged:
        blocks.append(Text(f"On {checks[0].pictures:,} pictures, too few to judge a method by."))
    else:
        blocks.append(Items(tuple(_verdict(each) for each in checks if each.method.knows_the_model)))
    rows = [
        (each.method.called, each.pictures, points_in_words(each.gain), _number(each.whole), _number(each.head),
         "" if each.converged is None else percent(each.converged, 0))
        for each in checks
    ]  # fmt: skip
    head = (
        "method", "pictures", "gain over shifts, points", "like with random weights", "with a random head", "adds up",
    )  # fmt: skip
    blocks.append(table(head, rows))
    seen = [each for each in checks if each.masked]
    if seen:
        blocks.append(Items(tuple(f"{each.method.called}: {heat_in_words(each)}." for each in seen)))
    else:
        how = "Masks of lesions are needed, white where the lesion is and named as their pictures:"
        blocks.append(Missing("how much of the heat lies in the lesion", how, f"{command} --masks FOLDER"))
    return Section(title, tuple(blocks))


def failures_section(facts: Facts) -> Section:
    """Most confident mistakes, hardest groups, likely wrong labels, and what mistakes have in common."""
    predictions, keys, names = facts.table, facts.info.class_keys, facts.names
    assert predictions is not None
    ranked = ranked_by_confidence(predictions, keys)
    wrong = most_confident_mistakes(ranked)
    if wrong.empty:
        return Section("Known failures", (Text(f"Every answer in {facts.part_title} is right."),))
    blocks: list[Block] = [
        Text(
            f"{len(wrong):,} of {counted(len(ranked), facts.things)} of {facts.part_title} {are(len(wrong))} wrong. "
            "The most confident:"
        ),
        table(
            (facts.things[:-1], "true", "taken for", "with"),
            [
                (row.image_id, names[row.true], names[row.predicted], percent(row.confidence))
                for row in wrong.head(MOST_LISTED).itertuples()
            ],
        ),
    ]
    hard = hardest_groups(ranked)
    if len(hard):
        blocks.append(Text(f"Groups of several {facts.things} of which it makes the least:"))
        rows = [
            (row.group_id, names[row.true], f"{row.wrong:,} of {row.images:,}", percent(row.own))
            for row in hard.head(MOST_LISTED).itertuples()
        ]
        blocks.append(table(("group", "true", "wrong", "mean probability of the true class"), rows))
    return Section("Known failures", (*blocks, *_common(facts, ranked), *_labels(facts)))


def _common(facts: Facts, ranked) -> list[Block]:
    if facts.things != "pictures":
        return []
    if facts.dataset is None or facts.table is None:
        how = f"{facts.info.dataset_title} is not here, or cannot be read. Bring it back on the page Data."
        return [Missing("what mistakes have in common", how)]
    columns = dividing_columns(facts.dataset, facts.table["image_id"], facts.tones)
    found = in_common(ranked, columns.loc[ranked.index])
    said = tuple(in_common_in_words(each) for each in found if each.adjusted < 0.05)
    if said:
        return [Text("What mistakes have in common, beyond their diagnoses:"), Items(said)]
    return [Text("In no column do wrong and right answers differ more than their diagnoses and chance explain.")]


def _labels(facts: Facts) -> list[Block]:
    assert facts.table is not None
    found = find_label_issues(facts.table, facts.info.class_keys)
    if found.suspects.empty:
        return [Text(f"No label of {facts.part_title} is likely to be wrong, as far as this model can tell.")]
    rows = found.suspects.head(MOST_LISTED)
    methods = (
        None if facts.dataset is None else diagnosis_methods(facts.dataset, rows["image_id"]).fillna("not recorded")
    )
    blocks: list[Block] = [
        Text(
            f"{len(found.suspects):,} of {found.judged:,} labels of {facts.part_title} are likely to be wrong, by "
            "confident learning: a suspicion, no finding. The least likely:"
        ),
        table(
            (facts.things[:-1], "label", "rather", *(() if methods is None else ("diagnosed by",))),
            [
                (row.image_id, f"{facts.names[row.true]} ({percent(row.own, 0)})", f"{facts.names[row.suggested]} "
                 f"({percent(row.confidence, 0)})", *(() if methods is None else (methods.iloc[number],)))
                for number, row in enumerate(rows.itertuples())
            ],
        ),
    ]  # fmt: skip
    return blocks


def _verdict(check: MethodCheck) -> str:
    if check.faults:
        return f"{check.method.called}: {' '.join(check.faults)}"
    return f"{check.method.called} {passed_in_words(check)}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
