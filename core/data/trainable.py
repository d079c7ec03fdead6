"""Whether a data set is trained on: not before somebody has agreed to how it is read, nor without its pictures."""

import shlex
from dataclasses import replace
from pathlib import Path

from core.base.errors import DataError
from core.base.printable import printable
from core.data.spec import DatasetSpec


def why_not_trained(spec: DatasetSpec) -> str:
    """What keeps a data set from being trained on, in sentences; "" where nothing does."""
    if spec.problem:
        return spec.problem
    if spec.unpictured:
        return (
            f"None of the pictures that {spec.title} describes is here: it can be explored, and nothing can learn from "
            "it. Put the pictures beside the table."
        )
    if spec.single_class:
        name = spec.class_names.get(spec.single_class, spec.single_class)
        return (
            f"All pictures of {spec.title} that are here are of one class, “{name}”: there is nothing to tell apart. "
            "Put pictures of another class beside them."
        )
    if spec.unsure:
        return f"Nothing is trained on {spec.title} until somebody has agreed to how it is understood: {spec.unsure}"
    return ""


def why_not_used(spec: DatasetSpec) -> str:
    """What keeps the pictures of a data set from being joined with others or judged on: all but that they are of one
    class alone; in sentences, "" where nothing does."""
    return why_not_trained(replace(spec, single_class=""))


def can_be_learnt(spec: DatasetSpec) -> bool:
    """Whether something can learn from what is here, be it agreed to or not."""
    return not (spec.problem or spec.unpictured or spec.single_class)


def refuse_untrainable(spec: DatasetSpec, folder: Path) -> None:
    """Raise unless a data set may be trained on.

    Args:
        spec: the data set, as far as it is known.
        folder: where it lies.

    Raises:
        DataError: nobody has agreed to how it is read, or it cannot be trained on; the message says what to do.
    """
    why = why_not_trained(spec)
    if not why:
        return
    if not can_be_learnt(spec):
        raise DataError(why)
    raise DataError(f"{why} Answer on the page Data, or with: {how_to_decide(folder)}")


def how_to_decide(folder: Path) -> str:
    """The command that agrees to how a folder is read, and how what is wrong is changed, as the end of a sentence."""
    command = f"python -m core inspect {shlex.quote(printable(folder))}"
    return f"{command} --agree, and --set label=COLUMN or the like to change what is wrong."
