"""How good a model is: figures with intervals, calibration, where it decides, and when it says nothing."""

from core.base.counting import counted
from core.base.errors import LesionLabError
from core.base.files import UNREADABLE, read_json
from core.base.percents import percent, percent_limits
from core.evaluation.abstention import RISKS
from core.evaluation.brier import brier
from core.evaluation.calibration import classwise_calibration_error
from core.evaluation.calibration_intervals import calibration_intervals
from core.evaluation.class_intervals import AUC, F1, PRECISION, SENSITIVITY, SPECIFICITY, Intervals, class_intervals
from core.evaluation.folds import figures_over_folds
from core.evaluation.operating import operating_curve
from core.runs.answers.verdict import always_in_words
from core.runs.card.blocks import Block, Missing, Section, Text, table
from core.runs.card.facts import Facts
from core.runs.judging.caution import load_caution
from core.runs.judging.result_words import threshold_in_words
from core.runs.judging.results import Fold
from core.runs.judging.threshold import load_threshold
from core.runs.judging.trust import load_trust


def figures_section(facts: Facts) -> Section:
    """The figures of the part that speaks for the run, as a whole and by class."""
    metrics, things = facts.metrics, facts.things
    whole = [
        ("Accuracy", percent(metrics.accuracy), percent_limits(metrics.intervals.get("accuracy"))),
        (f"Always “{facts.names[metrics.majority_class]}”", percent(metrics.majority_accuracy), ""),
        (
            "Balanced accuracy",
            percent(metrics.balanced_accuracy),
            percent_limits(metrics.intervals.get("balanced_accuracy")),
        ),
        ("Macro AUC", percent(metrics.macro_auc), percent_limits(metrics.intervals.get("macro_auc"))),
    ]
    found: Intervals = {} if facts.table is None else class_intervals(facts.table, facts.info.class_keys)
    rows = [
        (
            facts.names[each.key],
            f"{each.support:,}",
            *(
                _with(getattr(each, name), found.get(each.key, {}).get(name))
                for name in (SENSITIVITY, SPECIFICITY, PRECISION, F1, AUC)
            ),
        )
        for each in metrics.per_class
    ]
    how = "95 % intervals come from resampling whole groups (lesions, patients, slides)."
    judged_on = f"{counted(metrics.images, things)} of {counted(metrics.groups, 'groups')}"
    blocks: list[Block] = [
        Text(f"Judged on {facts.part_title}: {judged_on}. {how}"),
        table(("metric", "value", "95 % interval"), whole),
        table(("class", things, "sensitivity", "specificity", "precision", "F1", "AUC"), rows),
    ]
    if facts.part == "validation":
        blocks.append(
            Text(
                "This run has no test part: validation chose its best epoch or its temperature, so the figures are a "
                "little too good."
            )
        )
    return Section("Figures", tuple(blocks))


def folds_section(folds: tuple[Fold, ...]) -> Section:
    """How much figures differ from fold to fold."""
    spread = figures_over_folds([each.metrics for each in folds])
    rows = [
        (name, f"{of.mean:.3f}", "" if of.deviation is None else f"{of.deviation:.3f}")
        for name, of in spread.items()
        if of.mean is not None
    ]
    runs = ", ".join(each.run for each in folds)
    return Section(
        f"Over the {len(folds)} folds",
        (
            Text(f"Each is judged on its own test part; runs {runs}."),
            table(("figure", "mean", "standard deviation"), rows),
        ),
    )


def calibration_section(facts: Facts) -> Section:
    """How far probabilities can be taken at their word."""
    predictions, keys = facts.table, facts.info.class_keys
    blocks: list[Block] = []
    assert predictions is not None
    score = brier(predictions, keys)
    classwise = classwise_calibration_error(predictions, keys)
    if score is None or not classwise:
        return Section(
            "Calibration", (Missing("calibration", f"There is nothing in {facts.part_title} to judge it on."),)
        )
    spread = f"{score.interval[0]:.4f} to {score.interval[1]:.4f}" if score.interval else ""
    limits = calibration_intervals(predictions, keys)
    mean = sum(classwise.values()) / len(classwise)
    rows = [
        ("Expected calibration error, 15 bins", percent(facts.metrics.ece), percent_limits(limits.expected)),
        ("Mean of the classes’ calibration errors", percent(mean), percent_limits(limits.classwise)),
        ("Brier score, 0 to 2", f"{score.score:.4f}", spread),
    ]
    before = _before_temperature(facts)
    if before is not None:
        rows.insert(1, ("The same before the temperature", percent(before), ""))
    blocks.append(table(("figure", "value", "95 % interval"), rows))
    worst = max(classwise, key=lambda key: classwise[key])
    blocks.append(Text(f"Furthest off is the probability of {facts.names[worst]}: {percent(classwise[worst])}."))
    if facts.info.temperature == 1:
        blocks.append(Missing("temperature scaling", _why_no_temperature(facts)))
    return Section("Calibration", tuple(blocks))


def deciding_section(facts: Facts) -> Section:
    """From where on it calls something malignant, what it leaves to people, and what its sets promise."""
    blocks: list[Block] = [*_threshold(facts)]
    if facts.info.folds:
        blocks.append(Text("Nobody is answered by joined folds, so they have no limit and no sets."))
        return Section("Deciding, and saying nothing", tuple(blocks))
    try:
        trust, caution = load_trust(facts.run), load_caution(facts.run)
    except LesionLabError as error:
        return Section("Deciding, and saying nothing", (*blocks, Missing("when it says nothing", str(error))))
    if caution.risk is None:
        blocks.append(Text("No limit on wrong answers is set: it answers every picture that its gate lets pass."))
    rows = []
    for risk in RISKS:
        least = trust.least_confidence(risk)
        found = None if least is None else trust.abstained(least)
        if least is None:
            rows.append((percent(risk, 0), "never", percent(0, 0), ""))
        elif found is not None and found.wrong is not None:
            wrong = f"{percent(found.wrong)} ({percent_limits((found.low, found.high))})"
            rows.append((percent(risk, 0), percent(least), percent(found.answered, 0), wrong))
    if rows and not trust.calibration.empty:
        head = ("limit: wrong at most", "answers at a probability of at least", "answered", "of these wrong (95 %)")
        blocks.append(table(head, rows))
    if trust.sets is None:
        blocks.append(Missing("sets of classes that hold the true one as often as promised", trust.why_no_sets))
    else:
        level = caution.level
        true = facts.table["true"].map(facts.names) if facts.table is not None else None
        whole, by = (trust.coverage_of(facts.table, level, each) for each in (None, true))
        rows = [
            (
                row.of,
                f"{row.lesions:,}",
                f"{percent(row.coverage)} ({percent_limits((row.low, row.high))})",
                f"{row.size:.2f}",
            )
            for each in (whole, by)
            if each is not None
            for row in each.itertuples()
        ]
        head = (f"sets that promise {percent(level, 0)}", "lesions", "hold the true class (95 %)", "classes in a set")
        blocks.append(table(head, rows))
        if said := always_in_words(trust.sets.always(level), facts.names):
            blocks.append(Text(said))
    return Section("Deciding, and saying nothing", tuple(blocks))


def _why_no_temperature(facts: Facts) -> str:
    if facts.info.folds:
        return "It joins folds, which have temperatures of their own."
    if facts.validation is not None and facts.validation.empty:
        return "The run has no validation part to fit it on. Train it with one."
    return "The run is of an earlier version, or needs none."


def _threshold(facts: Facts) -> list[Block]:
    how = "Open Results, tab Threshold, choose one and press “Save for Predict”."
    try:
        saved = load_threshold(facts.run)
    except LesionLabError as error:
        return [Missing("a threshold", str(error))]
    if facts.info.folds:
        return []
    if saved is None:
        return [Missing("a threshold of its own", f"Predict takes 0.5 where it is known what is malignant. {how}")]
    blocks: list[Block] = [Text(threshold_in_words(saved, facts.things[:-1]))]
    if saved.outdated:
        blocks.append(Missing("a threshold of the run as it is now", f"It was evaluated anew since. {how}"))
    predictions, reading = facts.table, saved.reading
    if predictions is not None and not reading.problem(predictions):
        curve = operating_curve(reading.scores(predictions), reading.is_positive(predictions), predictions["group_id"])
        point = curve.at(saved.value)
        rows = [
            ("Sensitivity", percent(point.sensitivity), percent_limits(point.sensitivity_interval)),
            ("Specificity", percent(point.specificity), percent_limits(point.specificity_interval)),
        ]
        blocks.append(table((f"with it, on {facts.part_title}", "value", "95 % interval"), rows))
    return blocks


def _before_temperature(facts: Facts) -> float | None:
    if facts.info.temperature == 1:
        return None
    try:
        return float(read_json(facts.run.calibration_file)["parts"][facts.part]["before"]["ece"])
    except UNREADABLE:
        return None


def _with(value: float | None, interval: tuple[float, float] | None) -> str:
    return percent(value) + (f" ({percent_limits(interval)})" if interval and value is not None else "")
