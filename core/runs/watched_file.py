"""The validation pictures that are watched while a run learns, and what its file says of them."""

from dataclasses import dataclass

from core.base.files import UNREADABLE, read_json
from core.runs.run_folder import RunFolder


@dataclass(frozen=True)
class Watched:
    """Class keys in the order of the probabilities, and (image id, true class key) of each picture."""

    class_keys: tuple[str, ...]
    pictures: tuple[tuple[str, str], ...]


def read_watched(run: RunFolder) -> Watched | None:
    """What `watched.json` of a run says; None where there is none, as in old runs, or where it is damaged."""
    try:
        value = read_json(run.watched_file)
        pictures = tuple((str(each["image_id"]), str(each["label"])) for each in value["pictures"])
        return Watched(tuple(map(str, value["classes"])), pictures)
    except UNREADABLE:
        return None
