"""What `training.json` of a run says: how long its learning took. Light, for the queue asks for it."""

from dataclasses import dataclass, field

from core.base.files import UNREADABLE, read_json
from core.base.typed_json import read_as
from core.runs.run_folder import RunFolder


@dataclass(frozen=True)
class Trained:
    """Trainable parameters, epochs and the best of them (from 0), seconds in all, pictures per second, and on what.

    It belongs to the figures of the run: what a later attempt learnt that was not evaluated is not written down.
    `versions` are those of the packages that it was trained with, by name; `attempt` is the number of the process, and
    `cpu_seconds` its processor time until the run was judged, None where several processes have trained it. Earlier
    versions have written none of these.
    """

    epochs: int
    parameters: int | None = None
    best_epoch: int | None = None
    seconds: float | None = None
    images_per_second: float | None = None
    hardware: str = ""
    attempt: int | None = None
    cpu_seconds: float | None = None
    versions: dict[str, str] = field(default_factory=dict)


def read_trained(run: RunFolder) -> Trained | None:
    """How long the learning of a run took; None where it is not over, or its file is damaged."""
    try:
        return read_as(Trained, read_json(run.path / "training.json"))
    except UNREADABLE:
        return None
