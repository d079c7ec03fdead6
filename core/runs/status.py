"""How a run stands: what its `status.json` says."""

from dataclasses import dataclass
from typing import Any

from core.runs.processes import ProcessId
from core.runs.states import ErrorKind, State


@dataclass(frozen=True)
class Status:
    """What `status.json` says. Times are seconds since the epoch.

    `done` of `total` counts whatever `phase` names: pictures while decoding, epochs (with a fraction) while
    learning. `eta_seconds` is the time left, None where it is not known yet.
    """

    state: State
    created: float
    phase: str = ""
    done: float = 0.0
    total: float = 0.0
    eta_seconds: float | None = None
    started: float | None = None
    ended: float | None = None
    heartbeat: float | None = None
    process: ProcessId | None = None
    host: str = ""
    device: str = ""
    error_kind: ErrorKind | None = None
    message: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {**self.__dict__, "process": self.process.to_json() if self.process else None}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Status":
        """What `to_json` gave."""
        return cls(
            **{
                **value,
                "state": State(value["state"]),
                "process": ProcessId.from_json(value["process"]) if value["process"] else None,
                "error_kind": ErrorKind(value["error_kind"]) if value["error_kind"] else None,
            }
        )
