"""What age, sex and site add to the picture: against the same recipe without them, or that this is not known."""

from core.base.percents import points, points_range
from core.runs.card.blocks import Block, Missing, Section, Text, table
from core.runs.card.facts import Facts
from core.runs.judging.ablation import ablation_of


def told_section(facts: Facts) -> Section | None:
    """By how much a run is ahead of the one on the picture alone; None where it is told nothing beside the picture."""
    known = ablation_of(facts.run)
    if known is None:
        return None
    beware = Text("Age and body site can stand for a hospital: what they add here may not hold elsewhere.")
    if known.lacking:
        how = f"When this card was written, it was not known: {known.lacking}." + (
            " Train that:" if known.command else ""
        )
        blocks: tuple[Block, ...] = (Missing("what it adds", how, known.command),)
    else:
        rows = []
        for name, each in known.differences:
            limits = "" if each.lower is None or each.upper is None else points_range(each.lower, each.upper)
            rows.append((_NAMES[name], points(each.value), limits))
        blocks = (Text(known.judged_on), table(("metric", "ahead by, in points", "95 % interval"), rows))
    return Section(known.title, (*blocks, beware))


_NAMES = {"accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy", "macro_auc": "Macro AUC"}
