"""The threshold of a run: from which probability on it calls a picture malignant, or of another class; who chose it."""

import time
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from core.base.errors import RunError
from core.base.files import read_json, sha256_if_readable, write_json
from core.base.schema import THRESHOLD
from core.base.typed_json import Time, read_as
from core.evaluation.readings import Reading
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo

Probability = Annotated[float, (0.0, 1.0)]


@dataclass(frozen=True)
class SavedThreshold:
    """What `threshold.json` of a run says.

    A picture is called `name` where the probabilities of the `positive` classes together reach `value`.
    """

    value: Probability
    name: str
    positive: tuple[str, ...]
    rule: str
    """How it was chosen, in words, such as “95 % of melanoma found”."""
    chosen_on: str
    """The part on which it was chosen; empty where it was set by hand."""
    by: str
    """E-mail address of whoever saved it; empty for a person at the machine."""
    at: Time
    """When, in seconds since the epoch."""
    predictions: str = ""
    """Digest of the table of predictions that it was chosen on."""
    outdated: bool = field(default=False, compare=False)
    """True where the run has been evaluated anew since, with other predictions."""

    @property
    def reading(self) -> Reading:
        """What it is a threshold of."""
        return Reading(self.name, self.positive)


def load_threshold(run: RunFolder) -> SavedThreshold | None:
    """The threshold that was saved for a run; None if there is none.

    Raises:
        RunError: the file is damaged, or is of a run with other classes.
    """
    if not run.threshold_file.is_file():
        return None
    with run.unreadable_named(run.threshold_file.name):
        saved = read_as(SavedThreshold, THRESHOLD.current(read_json(run.threshold_file)))
    if not set(saved.positive) <= set(PredictorInfo.load(run.predictor_file).class_keys):
        raise RunError(
            f"The threshold of the run {run.run_id} is for classes that its model does not know "
            f"({', '.join(saved.positive)}). Choose it again on the page Results."
        )
    return replace(saved, outdated=saved.predictions != _digest(run))


def save_threshold(
    run: RunFolder, value: float, reading: Reading, *, rule: str = "", chosen_on: str = "", by: str = ""
) -> SavedThreshold:
    """Keep a threshold with a run, in place of the one before.

    Args:
        run: an evaluated run.
        value: 0…1.
        reading: what is called by it.
        rule: how it was chosen, in words.
        chosen_on: the part on which it was chosen, empty if by hand.
        by: e-mail address of whoever does so, empty for a person at the machine.

    Raises:
        RunError: the value is no probability, the classes are not the run's, or the run is gone.
        DiskFullError: the old one is then still there.
    """
    if not run.path.is_dir():
        raise RunError(f"The run {run.run_id} is gone.")
    unknown = set(reading.positive) - set(PredictorInfo.load(run.predictor_file).class_keys)
    if not 0 <= value <= 1 or unknown or not reading.positive:
        raise RunError("A threshold lies between 0 and 1 and is for one or more classes of the run.")
    saved = SavedThreshold(value, reading.name, reading.positive, rule, chosen_on, by, time.time(), _digest(run))
    content = {name: each for name, each in asdict(saved).items() if name != "outdated"}
    try:
        write_json(run.threshold_file, THRESHOLD.stamped(content), new_folders=False)
    except FileNotFoundError as error:
        raise RunError(f"The run {run.run_id} is gone.") from error
    return saved


def forget_threshold(run: RunFolder) -> None:
    """Take the saved threshold away; nothing happens where there is none."""
    run.threshold_file.unlink(missing_ok=True)


def _digest(run: RunFolder) -> str:
    """Of the table of predictions, which is read again only when it is written anew."""
    try:
        file = run.predictions_file.stat()
    except OSError:
        return ""
    return _digest_of(run.predictions_file, file.st_mtime_ns, file.st_size, file.st_ino)


@lru_cache(maxsize=256)
def _digest_of(file: Path, *written: int) -> str:  # noqa: ARG001 - another table is another entry
    return sha256_if_readable(file)[:16]
