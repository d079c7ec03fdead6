"""Plays trainings: runs that write metric lines and heartbeats as real ones do, but learn nothing.

Run as a script with the ids of runs, it writes five batch lines a second into each, and an epoch line every ten
seconds, until it is ended.
"""

import json
import os
import sys
import time
from dataclasses import replace
from itertools import count

import numpy as np

from core.base.processes import ProcessId, host_name
from core.data.catalog import dataset_spec
from core.runs.run_folder import RunFolder, runs_folder
from core.runs.run_states import State

LINES_A_SECOND, STEPS, EPOCHS = 5, 50, 500
HEARTBEAT_LINES = 10


def play(runs: list[RunFolder]) -> None:
    """Write, for ever."""
    keys = dataset_spec("demo").class_keys
    rng, began = np.random.default_rng(0), time.time()
    this = {"host": host_name(), "process": ProcessId.of(os.getpid()), "started": began, "total": float(EPOCHS)}
    for number in count():
        epoch, step = divmod(number, STEPS)
        for run in runs:
            if number % HEARTBEAT_LINES == 0:
                status = replace(run.written_status(), state=State.RUNNING, phase="Learning", **this)
                run.write_status(replace(status, done=number / STEPS, heartbeat=time.time(), eta_seconds=600.0))
            line = {"kind": "batch", "epoch": epoch, "step": step + 1, "steps": STEPS, "images_per_second": 800.0}
            lines = [line | _metrics(number)]
            if step + 1 == STEPS:
                counts = rng.integers(0, 60, (len(keys), len(keys)))
                pictures = rng.dirichlet(np.ones(len(keys)), 6).round(4)
                lines.append(
                    {"kind": "epoch", "epoch": epoch, "learning_rate": 1e-3, "images_per_second": 800.0}
                    | {"confusion": counts.tolist(), "pictures": pictures.tolist()}
                    | _metrics(number) | {f"val_{k}": v for k, v in _metrics(number).items() if k != "time"}
                )  # fmt: skip
            with run.metrics_file.open("a") as file:
                file.writelines(json.dumps(each) + "\n" for each in lines)
        time.sleep(max(0.0, began + (number + 1) / LINES_A_SECOND - time.time()))


def _metrics(number: int) -> dict[str, float]:
    fraction = number / (number + 500)
    return {"time": time.time(), "loss": 2 - fraction, "accuracy": fraction, "balanced_accuracy": fraction / 2}


if __name__ == "__main__":
    play([RunFolder(runs_folder() / run_id) for run_id in sys.argv[1:]])
