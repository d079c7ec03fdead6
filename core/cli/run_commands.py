"""What the commands that steer runs do: stop, finish, cancel, resume, clone, delete, restore, queue."""

import argparse
from collections.abc import Callable
from typing import Any

from core.base.errors import ConfigurationError
from core.engine import launch, queue
from core.engine import waiting as waiting_runs
from core.runs import trash
from core.runs.run_folder import RunFolder, open_run
from core.runs.run_states import State
from core.training.recipe import parse_settings

Answer = tuple[dict[str, Any], list[str]]
STEERING: dict[str, tuple[Callable[[RunFolder], State], str]] = {
    "stop": (launch.stop, "stop a run; its best epoch is kept and evaluated"),
    "finish": (launch.finish, "end a run after its current epoch; it counts as finished"),
    "cancel": (launch.cancel, "end a run at once; nothing is evaluated"),
    "resume": (launch.resume, "let a run that was stopped, failed or lost go on from its last whole epoch"),
}


def add_commands(
    command: Callable[[str, Callable[[argparse.Namespace], Answer], str], argparse.ArgumentParser],
) -> None:
    """Add them to the command line; `command` makes a parser from name, function and description."""
    for name, (_, text) in STEERING.items():
        command(name, steer, text).add_argument("run_id", metavar="RUN")
    copy = command("clone", clone, "launch a new run with the recipe of another one")
    copy.add_argument("run_id", metavar="RUN")
    copy.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="fields that are to differ")
    command("delete", delete, "delete a run; for a day it can be restored").add_argument("run_id", metavar="RUN")
    command("restore", restore, "bring a deleted run back").add_argument("run_id", metavar="RUN")
    command("deleted", deleted, "list the runs that can be restored")
    line = command("queue", waiting, "list the runs that wait, or change their order")
    line.add_argument("run_id", metavar="RUN", nargs="?", help="the run to move")
    line.add_argument("--position", type=int, metavar="N", help="from 1, which starts next")
    line.add_argument("--priority", type=int, metavar="N", help="runs of higher priority start first")


def steer(options: argparse.Namespace) -> Answer:
    """`stop RUN`, `finish RUN`, `cancel RUN`, `resume RUN`."""
    run = open_run(options.run_id)
    state = STEERING[options.command][0](run)
    asked = "" if state.over or options.command == "resume" else f" and was asked to {options.command}"
    return {"run_id": run.run_id, "state": str(state)}, [f"{run.run_id} is {state}{asked}"]


def clone(options: argparse.Namespace) -> Answer:
    """`clone RUN --set …`."""
    run = launch.clone(open_run(options.run_id), **parse_settings(options.set))
    state = run.status().state
    return {"run_id": run.run_id, "state": str(state)}, [f"{run.run_id} is {state}"]


def delete(options: argparse.Namespace) -> Answer:
    """`delete RUN`."""
    run = open_run(options.run_id)
    trash.delete(run)
    return {"run_id": run.run_id, "deleted": True}, [f"{run.run_id} is deleted; `restore` brings it back for a day."]


def restore(options: argparse.Namespace) -> Answer:
    """`restore RUN`, with its whole id."""
    run = trash.restore(options.run_id)
    return {"run_id": run.run_id, "state": str(run.status().state)}, [f"{run.run_id} is back."]


def deleted(_: argparse.Namespace) -> Answer:
    """`deleted`."""
    found = [(run.run_id, round(left)) for run, left in trash.deleted_runs()]
    lines = [f"{run_id} for {left / 3600:.1f} h" for run_id, left in found]
    runs = [{"run_id": run_id, "seconds_left": left} for run_id, left in found]
    return {"runs": runs}, lines or ["No run was deleted."]


def waiting(options: argparse.Namespace) -> Answer:
    """`queue`, `queue RUN --position N`, `queue RUN --priority N`."""
    changes = {"position": queue.move, "priority": queue.set_priority}
    asked = {name: change for name, change in changes.items() if getattr(options, name) is not None}
    if bool(asked) != bool(options.run_id):
        raise ConfigurationError("To change the queue, name a run and its --position or --priority.")
    for name, change in asked.items():
        change(open_run(options.run_id), getattr(options, name))
    entries = [
        {
            "run_id": each.run.run_id,
            "position": each.position,
            "priority": each.status.priority,
            "owner": each.status.owner,
            "expected_start_seconds": each.expected_start,
            "reason": each.reason,
        }
        for each in waiting_runs.waiting()
    ]
    lines = [f"{e['position']:>3}  {e['run_id']}  priority {e['priority']}  {e['reason']}".rstrip() for e in entries]
    return {"queue": entries}, lines or ["No run is waiting."]
