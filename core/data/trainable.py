"""Whether a data set is trained on: not before somebody has agreed to how it is read, nor without its pictures."""

import shlex
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
    if spec.unsure:
        return f"Nothing is trained on {spec.title} until somebody has agreed to how it is understood: {spec.unsure}"
    return ""


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
    if spec.problem or spec.unpictured:
        raise DataError(why)
    raise DataError(f"{why} Answer on the page Data, or with: {how_to_decide(folder)}")


def how_to_decide(folder: Path) -> str:
    """The command that agrees to how a folder is read, and how what is wrong is changed, as the end of a sentence."""
    command = f"python -m core inspect {shlex.quote(printable(folder))}"
    return f"{command} --agree, and --set label=COLUMN or the like to change what is wrong."
