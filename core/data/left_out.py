"""What was left out of a data set, in few lines: each by its name where they are few, else how many for what reason."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from core.base.printable import one_line
from core.data.images.picture_refusals import subject
from core.data.spec import Skip

MOST_NAMED = 20
"""So many are told one by one, and so many reasons."""
_EXAMPLES = 3


def by_reason(skipped: Sequence[Skip]) -> list[tuple[str, list[str]]]:
    """The reasons, each with the names of what is left out for it, the most frequent first.

    A name within a reason is an ellipsis, so that those of one kind are the same text.
    """
    kinds: dict[str, list[str]] = defaultdict(list)
    for skip in skipped:
        kinds[_without_names(skip)].append(one_line(skip.image_id))
    return sorted(kinds.items(), key=lambda each: -len(each[1]))


def lines_of_left_out(skipped: Sequence[Skip]) -> list[str]:
    """Each by its name where they are few; else how many for what reason and the names of some."""
    if len(skipped) <= MOST_NAMED:
        return [f"{one_line(skip.image_id)}: {one_line(skip.reason)}" for skip in skipped]
    kinds = by_reason(skipped)
    lines = [f"{len(names):,}{_such_as(names)}: {reason}" for reason, names in kinds[:MOST_NAMED]]
    if len(kinds) > MOST_NAMED:
        lines.append(f"{sum(len(names) for _, names in kinds[MOST_NAMED:]):,} for other reasons")
    return lines


def _such_as(names: Sequence[str]) -> str:
    known = [name for name in names if name][:_EXAMPLES]
    if not known:
        return ""
    return f" ({', '.join(known)}{', …' if len(names) > len(known) else ''})"


def _without_names(skip: Skip) -> str:
    reason = skip.reason
    for name in filter(None, (subject(Path(skip.path).name) if skip.path else "", skip.image_id)):
        reason = reason.replace(name, "…")
    return one_line(reason)
