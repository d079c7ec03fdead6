"""What the command `reproduce` does."""

import argparse
import sys
from collections.abc import Sequence

from tqdm import tqdm

from core.base.errors import LesionLabError
from core.cli.commands import Answer, train_here
from core.data.catalog import Catalog, look
from core.reproduction.outcomes import Standing, seconds_left, standings
from core.reproduction.report import as_markdown, row_of, write_report
from core.reproduction.starting import lacking
from core.reproduction.starting import train_here as train_from_where_it_is
from core.reproduction.systems import System, list_systems, system_named
from core.runs.run_states import State
from core.training.recipe import Recipe


def reproduce(options: argparse.Namespace) -> Answer:
    """`reproduce [--only NAME]… [--quick]`."""
    wanted = [system_named(name) for name in dict.fromkeys(options.only)] or list(list_systems())
    command = _as_typed(options)
    problems = _train_all(wanted, options.quick, command)
    catalog = look()
    found = standings(list_systems(), catalog, options.quick)
    table, data = write_report(found, command)
    rows = [row_of(each) for each in found if each.system in wanted]
    value = {"command": command, "rows": rows, "markdown": str(table), "json": str(data), "problems": problems}
    lines = [as_markdown(rows, command), *problems, f"The whole table is in {table} and {data}."]
    return value, lines


def _train_all(wanted: Sequence[System], quick: bool, command: str) -> list[str]:
    """Train what is lacking, row by row, and write the table after each training; what failed, in sentences."""
    problems: list[str] = []
    tried: set[Recipe] = set()
    while True:
        catalog = look()
        found = standings(list_systems(), catalog, quick)
        write_report(found, command)
        todo = [
            (each, training)
            for each in found
            if each.system in wanted
            for training in lacking(each)
            if training.recipe not in tried
        ]
        if not todo:
            return problems
        standing, training = todo[0]
        tried.add(training.recipe)
        _tell(standing, training.recipe.split, len(todo), [each for each in found if each.system in wanted], catalog)
        try:
            run = train_from_where_it_is(training, train_here)
        except LesionLabError as error:
            problems.append(f"{standing.system.name}: {error}")
            continue
        status = run.status()
        if status.state is State.STOPPED:
            raise KeyboardInterrupt  # it goes on when the command is given again
        if status.state is not State.FINISHED:
            problems.append(f"{standing.system.name}: the run {run.run_id} {status.state}. {status.message}")


def _tell(standing: Standing, split: str, left: int, wanted: list[Standing], catalog: Catalog) -> None:
    """Which training comes now and how long all that are left take, on stderr."""
    seconds, unknown = seconds_left(wanted, catalog)
    parts = [f"about {seconds / 60:.0f} min" if seconds >= 60 else "under a minute"] if seconds else []
    if unknown:
        parts.append(f"{unknown} of which nothing here tells how long they take")
    tqdm.write(
        f"{standing.system.name}, {split} split. {left} training{'s' * (left != 1)} left: {' and '.join(parts)}.",
        file=sys.stderr,
    )


def _as_typed(options: argparse.Namespace) -> str:
    only = "".join(f" --only {name}" for name in options.only)
    return f"python -m core reproduce{only}{' --quick' * options.quick}"
