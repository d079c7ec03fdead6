"""What the parts of a split cannot tell, in sentences: classes that stand in some alone, groups that are torn."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

import pandas as pd

from core.base.counting import counted, plural
from core.base.printable import printable
from core.data.spec import ClassSpec
from core.data.splits.splits import PARTS, TEST, TRAIN, VALIDATION

_MOST_NAMED = 8


def split_cautions(
    rows: pd.DataFrame, classes: Sequence[ClassSpec], group: str, *, official: bool = False, things: str = "pictures"
) -> tuple[str, ...]:
    """What must be known of a split before a figure on it is trusted; nothing where there is nothing to say.

    Args:
        rows: with the columns `label`, `group_id` and `part`; rows without a part do not count.
        classes: the classes of the data set.
        group: what must not be split, as a noun.
        official: whether its publishers divided it, which may tear groups.
        things: what was divided, in the plural.
    """
    rows = rows[rows["part"].isin(PARTS)]
    parts = rows["part"].nunique()
    if parts < 2:
        return ()
    names = {each.key: _named(each) for each in classes}
    labels = {part: set(rows.loc[rows["part"] == part, "label"].unique()) for part in PARTS}
    where = "In the official split " if official else ""
    said = []
    if not labels[TEST]:
        there = rows["group_id"].nunique()
        why = f", for there {'is' if there == 1 else 'are'} only {counted(there, plural(group))}" * (there < len(PARTS))
        said.append(
            f"{where}{'there' if where else 'There'} is no test part{why}: figures will be those of the validation "
            "part, which also chooses the best epoch, so they are a little too good."
        )
    for part in (VALIDATION, TEST):
        if unseen := sorted(labels[part] - labels[TRAIN]):
            listed, be, them = _listed(names.get(key, key) for key in unseen)
            said.append(f"{where}{listed} {be} in the {part} part and not in training: a model cannot learn {them}.")
    held_out = TEST if labels[TEST] else VALIDATION
    if unjudged := sorted(labels[TRAIN] - labels[held_out]):
        listed, be, them = _listed(names.get(key, key) for key in unjudged)
        said.append(
            f"{where}{listed} {be} in training and not in the {held_out} part: nobody can say how well a model tells "
            f"{them}."
        )
    groups = rows.groupby("label")["group_id"].nunique()
    few = groups[groups < parts].sort_index()
    if len(few):
        listed, be, them = _listed(
            (names.get(key, key) for key in few.index), [f" ({counted(count, plural(group))})" for count in few]
        )
        has = "has" if be == "is" else "have"
        said.append(
            f"{listed} {has} fewer {plural(group)} than the split has parts ({parts}): figures on {them} say little of "
            f"new {plural(group)}."
        )
    torn = int((rows.groupby("group_id")["part"].nunique() > 1).sum()) if official else 0
    if torn:
        said.append(
            f"The official parts tear {counted(torn, plural(group))}: {things} of one {group} stand in several "
            "parts, so figures on the official split are too good."
        )
    return tuple(said)


def _named(spec: ClassSpec) -> str:
    """The full name of a class, with its key where the name does not tell it."""
    plain = spec.key.replace("_", " ").casefold()
    return spec.name if plain in spec.name.casefold() else f"{spec.name} ({spec.key})"


def _listed(names: Iterable[str], behind: Sequence[str] = ()) -> tuple[str, str, str]:
    """Names in quotes, each with what stands behind it; "is" or "are" as they are one or several; "it" or "them"."""
    quoted = [f"“{printable(name)}”{more}" for name, more in zip_longest(names, behind, fillvalue="")]
    shown = ", ".join(quoted[:_MOST_NAMED]) + (" …" if len(quoted) > _MOST_NAMED else "")
    return shown, *(("is", "it") if len(quoted) == 1 else ("are", "them"))
