"""Where a model that was brought from outside comes from, as its run keeps it."""

from dataclasses import dataclass

from core.base.files import UNREADABLE, read_json
from core.base.typed_json import read_as
from core.runs.run_folder import RunFolder
from core.serving.outside_model import Adaptation

FILE = "outside.json"


@dataclass(frozen=True)
class Outside:
    """Where a model of others comes from: name and SHA-256 of its file, when it came, and how it is asked.

    `unused` are classes of the data set that it does not know, by their key.
    """

    file: str
    sha256: str
    brought: float
    adaptation: Adaptation
    unused: tuple[str, ...] = ()


def load_outside(run: RunFolder) -> Outside | None:
    """What is known of a model of others; None for any other run, or where its file is damaged."""
    try:
        return read_as(Outside, read_json(run.path / FILE))
    except UNREADABLE:
        return None
