"""The checks of a heat map in sentences, each with whether it speaks for believing the map."""

from typing import Any, NamedTuple

from core.base.percents import percent, percent_range
from core.explain.deletion import FEWEST_AHEAD, SHIFTS, Deletion
from core.explain.integrated_gradients import TOLERANCE, Completeness
from core.runs.explanations.explanation_summary import Estimate, MethodCheck
from core.serving.answer import Answer


class Said(NamedTuple):
    """What a check came to; `good` is None where it says nothing for or against the map."""

    good: bool | None
    sentence: str


def of_completeness(found: Completeness) -> Said:
    """Whether the pixels of integrated gradients add up."""
    if found.converged:
        return Said(
            True,
            f"The pixels add up to {found.total:.3g}, and the scores of picture and baseline differ by "
            f"{found.difference:.3g}: within {percent(TOLERANCE, 0)}, with {found.steps} steps.",
        )
    return Said(
        False,
        f"It did not converge: with {found.steps} steps the pixels add up to {found.total:.3g}, but the scores of "
        f"picture and baseline differ by {found.difference:.3g}. Do not read single pixels from this map.",
    )


def of_deletion(found: Deletion, name: str) -> Said:
    """Whether the hottest tenth of a map for the class called `name` matters more than its shifted copies."""
    change = (
        f"{'lowers' if found.lost >= 0 else 'raises'} the probability of {name} by {100 * abs(found.lost):.1f} points"
    )
    good = found.ahead >= FEWEST_AHEAD
    return Said(
        good,
        f"Deleting the hottest tenth {change}: it takes more than {found.ahead} of {SHIFTS} "
        "shifted copies of this map." + ("" if good else " In this picture the map is no better than chance."),
    )


def points_in_words(estimate: Estimate) -> str:
    """A mean of shares in points, with its 95 % interval where there is one."""
    limits = estimate.limits
    between = "" if limits is None else f" ({100 * limits[0]:.1f} to {100 * limits[1]:.1f})"
    return f"{100 * estimate.mean:.1f}{between}"


def heat_in_words(check: MethodCheck) -> str:
    """How much of a method's heat lies in the lesion, against chance; of pictures with a mask, of which there are some.

    It begins with a small letter and has no full stop.
    """
    assert check.inside is not None
    assert check.area is not None
    limits = "" if check.inside_limits is None else f" ({percent_range(*check.inside_limits, 0)})"
    area = percent(check.area, 0)
    said = f"{percent(check.inside, 0)}{limits} of the heat lies in the lesion, which has {area} of the area"
    if (times := check.times_chance) is not None:
        between = "" if times.limits is None else f" ({times.limits[0]:.2f} to {times.limits[1]:.2f})"
        said += f": {times.mean:.2f} times chance{between}"
    return f"{said}, in {check.masked:,} pictures with a mask"


def of_run(check: MethodCheck | None) -> Said:
    """What is known of a method on many pictures of the run; None where it was not checked."""
    if check is None:
        return Said(None, "Whether this method can be believed for this run at all has not been checked yet.")
    if not check.judged:
        return Said(None, f"This run has {check.pictures:,} checked pictures, too few to judge the method by.")
    if check.faults:
        return Said(False, f"On {check.pictures:,} pictures of this run: {' '.join(check.faults)}")
    return Said(True, f"On {check.pictures:,} pictures of this run it {passed_in_words(check)}")


def passed_in_words(check: MethodCheck) -> str:
    """What a method without a fault has passed, as the end of a sentence whose subject it is."""
    beats = "beats its shifted copies, darkness and edges"
    if check.whole is None:
        return f"{beats}. Whether it changes when the weights are random could not be tried."
    return f"{beats}, and changes when the weights are random."


def told_of_map(answer: Answer, checks: tuple[MethodCheck, ...] | None) -> dict[str, Any]:
    """What goes with the heat map of an answer, in plain JSON types, as programs and the command get it.

    `heat_map_method` names the method. `heat_map_check` says how far it can be believed for this run: `good` (null
    where nobody has found out) and `said`, a sentence. `checks` are those of the run, None where none were made.
    """
    if answer.heat is None or answer.heat_method is None:
        return {}
    if answer.heat.any():
        said = of_run(next((each for each in checks or () if each.method is answer.heat_method), None))
    else:
        said = Said(None, "This map is empty: it found no evidence for the class, and there is nothing to check.")
    return {"heat_map_method": str(answer.heat_method), "heat_map_check": {"good": said.good, "said": said.sentence}}
