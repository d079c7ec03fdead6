import json

from core.base.processes import ProcessId
from core.runs.run_states import ErrorKind, State
from core.runs.run_status import Status


def test_a_status_survives_being_written() -> None:
    status = Status(
        State.FAILED,
        created=1.5,
        phase="Learning",
        process=ProcessId(3, 4.5),
        error_kind=ErrorKind.DATA,
        message="Ümlaut “quoted”",
    )
    assert Status.from_json(json.loads(json.dumps(status.to_json()))) == status
