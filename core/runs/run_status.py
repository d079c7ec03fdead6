"""How a run stands: what its `status.json` says."""

from dataclasses import dataclass

from core.base.record import RecordStatus
from core.base.schema import RUN_STATUS
from core.base.typed_json import Time
from core.runs.run_states import ErrorKind, State


@dataclass(frozen=True)
class Status(RecordStatus):
    """What `status.json` says. Times are seconds since the epoch.

    `done` of `total` counts whatever `phase` names: pictures while decoding, epochs (with a fraction) while
    learning. `eta_seconds` is the time left, None where it is not known yet. `memory` is the most that its process
    had resident so far, `memory_before` what it had before it began to learn, both in bytes.

    Of the queue: `owner` is who launched the run, empty on a machine without login; runs of higher `priority` come
    first, then those of lower `order`. `search` names the search of which the run is a trial, `cross_validation` the
    cross-validation of whose `fold` it is the run, 0 for the run in which all folds come together. `data_roots` are
    those of whoever launched it.

    `attempt` counts the processes that were started for it; one that finds a higher number than its own must not
    write any more. `failed_restarts` counts those that died in a row without a whole epoch, `mark` tells one epoch's
    state from another's.
    """

    schema = RUN_STATUS

    state: State
    phase: str = ""
    done: float = 0.0
    total: float = 0.0
    eta_seconds: float | None = None
    started: Time | None = None
    device: str = ""
    error_kind: ErrorKind | None = None
    owner: str = ""
    priority: int = 0
    order: float | None = None
    search: str = ""
    cross_validation: str = ""
    fold: int = 0
    data_roots: tuple[str, ...] = ()
    attempt: int = 0
    failed_restarts: int = 0
    mark: int = 0
    memory: int = 0
    memory_before: int = 0

    @property
    def failure(self) -> str:
        """State and kind of a failure as a heading, such as "failed: data" or "lost"."""
        same = self.error_kind is None or str(self.error_kind) == str(self.state)
        return str(self.state) if same else f"{self.state}: {self.error_kind}"
