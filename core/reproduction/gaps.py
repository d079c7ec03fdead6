"""What stands between a published figure and ours, in sentences computed from the figures."""

from collections.abc import Sequence

from core.base.counting import plural
from core.base.percents import percent, percent_range, points_range
from core.data.spec import ClassSpec
from core.evaluation.metrics import Metrics
from core.reproduction.outcomes import FEWEST_GROUPS, Claim, Figure, Half, Standing
from core.teaching.taken_apart import TakenApart, rows_of

ALIKE = 0.01
"""Figures that are nearer to each other than a percentage point are called the same."""


def gap(standing: Standing) -> str:
    """Why our figures of a row are not the published one, as far as its trainings are done; "" before."""
    said = [*_claims(standing)] if standing.system.against else [*_figures(standing)]
    return " ".join(said)


def taken_apart_sentence(apart: TakenApart, classes: Sequence[ClassSpec]) -> str:
    """What a flattering figure consists of, and whether malignant or benign classes are recognised better.

    Args:
        apart: the judged rows, with and without what training knows.
        classes: those of the run.
    """
    names = {c.key: c.name for c in classes}
    whole, left = apart.whole, apart.without_copies
    said = (
        f"{percent(apart.copied)} of the {rows_of(whole):,} rows that are judged are pictures that training has in "
        f"copy."
    )
    said += _by_malignancy(whole, classes)
    if left is None:
        return f"{said} Without them nothing is left to judge."
    kinds = {c.key: c.support for c in left.per_class if c.support}
    most = max(kinds, key=kinds.__getitem__)
    said += (
        f" Without them {rows_of(left):,} are left, {percent(kinds[most] / rows_of(left))} of them {names[most]}: "
        f"accuracy {percent(left.accuracy)} instead of {percent(whole.accuracy)}, balanced accuracy "
        f"{percent(left.balanced_accuracy)} instead of {percent(whole.balanced_accuracy)}."
    )
    if apart.without_relatives is None:
        return f"{said} None of them is of a group that training has not seen."
    new = apart.without_relatives
    return (
        f"{said} Of groups that training has not seen {rows_of(new):,} are left: accuracy {percent(new.accuracy)}, "
        f"balanced accuracy {percent(new.balanced_accuracy)}."
    )


def _by_malignancy(metrics: Metrics, classes: Sequence[ClassSpec]) -> str:
    """Mean recall of the malignant and of the benign classes, where it is known which they are."""
    recall = {c.key: c.sensitivity for c in metrics.per_class}
    kinds = [
        [value for c in classes if c.malignant is malignant and (value := recall[c.key]) is not None]
        for malignant in (True, False)
    ]
    if not all(kinds):
        return ""
    malignant, benign = (sum(values) / len(values) for values in kinds)
    return f" Mean recall is {percent(malignant)} of the malignant classes and {percent(benign)} of the benign ones."


def _figures(standing: Standing) -> list[str]:
    system, theirs, honest = standing.system, standing.theirs.figure, standing.honest.figure
    said = []
    if theirs is not None and theirs.accuracy is not None:
        said.append(_again(theirs.accuracy, system.published, standing.theirs))
        said += _leak(theirs, standing.theirs)
    if honest is not None and honest.accuracy is not None:
        said += _honestly(honest, theirs, standing.honest)
    return said


def _again(accuracy: float, published: float, half: Half) -> str:
    """What their way of training gives here, which is no verdict where it was cut short or stood in for."""
    changed = half.planned.otherwise
    how = f", {' and '.join(changed)}, " if changed else " "
    apart = accuracy - published
    if abs(apart) >= ALIKE:
        verdict = f"{_points(apart)} {'more' if apart > 0 else 'less'} than published"
    else:
        verdict = "about what was published" if changed else "the published figure is reproduced"
    return f"Trained as they did{how}it gives {percent(accuracy)}: {verdict}."


def _leak(figure: Figure, half: Half) -> list[str]:
    group = half.planned.group
    if figure.copied >= ALIKE:
        return [f"{percent(figure.copied)} of the pictures judged there are in training as the very same picture."]
    if figure.related >= ALIKE and group != "picture":
        return [
            f"{percent(figure.related)} of the pictures judged there have another one of their {group} in training."
        ]
    return []


def _honestly(honest: Figure, theirs: Figure | None, half: Half) -> list[str]:
    group = half.planned.group
    assert honest.accuracy is not None
    before = (
        f"On {plural(group)} that training has not seen it is" if group != "picture" else "On pictures held out it is"
    )
    between = f" ({percent_range(*honest.interval)})" if honest.interval else ""
    said = f"{before} {percent(honest.accuracy)}{between}"
    if theirs is not None and theirs.accuracy is not None:
        lost = honest.accuracy - theirs.accuracy
        said += f", {_points(lost)} {'more' if lost > 0 else 'less'}" if abs(lost) >= ALIKE else ", about the same"
    said += f"; always answering {honest.majority_class} gives {percent(honest.floor)}"
    if honest.floor is None:
        return [f"{said}."]
    if honest.interval and honest.interval[0] <= honest.floor <= honest.interval[1]:
        return [f"{said}, which the interval does not tell apart."]
    over = honest.accuracy - honest.floor
    few = f"one {group}" if honest.groups == 1 else f"{honest.groups} {plural(group)}"
    alone = f" That rests on {few}, so nothing tells how it would be on others." * (honest.groups < FEWEST_GROUPS)
    apart = "the same" if abs(over) < ALIKE / 2 else f"{_points(over)} {'less' if over > 0 else 'more'}"
    return [f"{said}, {apart}.{alone}"]


def _claims(standing: Standing) -> list[str]:
    said = []
    for half, how in ((standing.theirs, "As they did it"), (standing.honest, "Honestly held out")):
        if half.claim is not None:
            said.append(f"{how}, {_verdict(half.claim, standing)}")
    return said


def _verdict(claim: Claim, standing: Standing) -> str:
    first, second = standing.system.models
    found, seeds = claim.difference, len(claim.seeds)
    ahead = f"{first} is {_points(found.value)} {'ahead of' if found.value >= 0 else 'behind'} {second}"
    if found.lower is None or found.upper is None:
        return f"{ahead} with one seed, which proves nothing."
    between = f"over {seeds} seeds, 95 % interval {points_range(found.lower, found.upper)} points"
    if found.lower <= 0 <= found.upper:
        return f"{ahead} {between}: neither is shown to be better."
    better, worse = (first, second) if found.value > 0 else (second, first)
    right = "holds" if found.value > 0 else "is refuted"
    return f"{ahead} {between}: {better} is better than {worse}, so the claim {right} on these data."


def _points(value: float) -> str:
    return f"{abs(100 * value):.1f} points"
