"""What the command `ensemble` does."""

import argparse
import sys
from typing import Any

from tqdm import tqdm

from core.base.files import read_json
from core.base.percents import p_equals
from core.cli.commands import Answer, TerminalProgress, trained
from core.combined.ensemble_plan import plan_ensemble
from core.combined.ensembles import FILE, Ensemble, load_ensemble, make_ensemble
from core.runs.run_folder import open_run


def ensemble(options: argparse.Namespace) -> Answer:
    """`ensemble RUN RUN …`."""
    runs = [open_run(run_id) for run_id in options.run_ids]
    plan = plan_ensemble(runs)
    tqdm.write(f"Its model takes about {plan.bytes / 1e6:,.0f} MB; the members stay as they are.", file=sys.stderr)
    progress = TerminalProgress()
    run = make_ensemble(runs, "", progress)
    progress.close()
    value, lines = trained(run)
    made = load_ensemble(run)
    value |= {"bytes": run.model_file.stat().st_size, "ensemble": read_json(run.path / FILE)}
    return value, [*plan.said, *lines, *(_beside(made) if made else [])]


def _beside(made: Ensemble) -> list[str]:
    ahead, p = made.paired.balanced_accuracy, made.paired.p_value
    lines: list[Any] = ["on the same pictures:"]
    for each in (*made.members, made.ensemble):
        figures = " ".join(f"{name} {value:.4f}" for name, value in each.figures.items() if value is not None)
        lines.append(f"  {each.run}{' (best by validation)' if each.run == made.best else ''}: {figures}")
    spread = (
        ""
        if ahead.lower is None or ahead.upper is None
        else f" (95 % interval {ahead.lower:+.3f} to {ahead.upper:+.3f})"
    )
    lines.append(
        f"  ensemble minus best member in balanced accuracy: {ahead.value:+.3f}{spread}; McNemar {p_equals(p)}"
    )
    return lines
