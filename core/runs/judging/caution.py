"""How cautious a run is: how often its sets hold the true class, how often an answer may be wrong, who is asked then.

`caution.json` in the run's folder says what an instructor has chosen, and who and when; without it sets hold at 90 %,
every answer is given, and what is undecided goes into the review queue where a person puts it there.
"""

import time
from dataclasses import asdict, dataclass
from typing import Annotated

from core.base.errors import RunError
from core.base.files import read_json, unreadable_named, write_json
from core.base.schema import CAUTION
from core.base.typed_json import Time, read_as
from core.evaluation.abstention import RISKS
from core.evaluation.conformal import LEVELS
from core.runs.run_folder import RunFolder


@dataclass(frozen=True)
class Caution:
    """What was chosen.

    `level` is one of `core.evaluation.conformal.LEVELS`; `risk` one of `core.evaluation.abstention.RISKS`, or None to
    answer always. `queue` is whether what is undecided goes into the review queue by itself. `by` is an
    e-mail address, empty for a person at the machine; `at` is 0 where nobody has chosen.
    """

    level: Annotated[float, (0.0, 1.0)] = 0.9
    risk: Annotated[float, (0.0, 1.0)] | None = None
    queue: bool = False
    by: str = ""
    at: Time = 0.0


def load_caution(run: RunFolder) -> Caution:
    """What was chosen for a run, or what holds where nobody has.

    Raises:
        RunError: the file is damaged.
    """
    file = run.path / "caution.json"
    if not file.is_file():
        return Caution()
    damaged = RunError(
        f"The run {run.run_id} cannot be used: its {file.name} is damaged. Choose again on Predict how cautious it is."
    )
    with unreadable_named(damaged):
        caution = read_as(Caution, CAUTION.current(read_json(file)))
        if caution.level not in LEVELS or caution.risk not in (None, *RISKS):
            raise ValueError("a level that is not offered")
        return caution


def save_caution(run: RunFolder, level: float, risk: float | None, by: str = "", *, queue: bool = False) -> Caution:
    """Keep a choice with a run, in place of the one before.

    Raises:
        RunError: the level or the risk is not offered, or the run is gone.
    """
    if level not in LEVELS or risk not in (None, *RISKS):
        raise RunError("Choose one of the levels and risks that are offered.")
    chosen = Caution(level, risk, queue, by, time.time())
    try:
        write_json(run.path / "caution.json", CAUTION.stamped(asdict(chosen)), new_folders=False)
    except FileNotFoundError as error:
        raise RunError(f"The run {run.run_id} is gone.") from error
    return chosen
