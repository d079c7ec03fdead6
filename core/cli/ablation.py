"""What `train --ablation` does: one recipe with metadata and without, and what they add."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from core.base.errors import ConfigurationError
from core.base.percents import p_equals
from core.data.metadata_encoding import that_add
from core.engine.launch import launch_with_ablation
from core.evaluation.paired import Difference
from core.runs.comparison import ablation_partner, compare_runs
from core.runs.index import all_runs
from core.runs.results import evaluated
from core.runs.run_folder import RunFolder, create_run, summarise
from core.training.recipe import Recipe

Answer = tuple[dict[str, Any], list[str]]


def train_with_ablation(
    recipe: Recipe, background: bool, train: Callable[[RunFolder], None], told_of: Callable[[RunFolder], Answer]
) -> Answer:
    """Train a recipe with metadata, and the same on the picture alone unless that is there.

    Args:
        recipe: with metadata.
        background: hand both to the engine and return.
        train: trains a run here, to its end.
        told_of: what is said of one that is over.

    Raises:
        ConfigurationError: the recipe has no metadata, or asks for folds.
    """
    if recipe.cross_validates:
        raise ConfigurationError(
            "--ablation is for one training. Cross-validate twice, with metadata and without, and compare both runs."
        )
    if background:
        runs = launch_with_ablation(recipe)
        states = [str(run.status().state) for run in runs]
        value: dict[str, Any] = {"run_id": runs[0].run_id, "state": states[0]}
        value |= {"model": recipe.model, "dataset": recipe.dataset}
        value["ablation"] = {"run_id": runs[1].run_id, "state": states[1]}
        return value, [f"{run.run_id} is {state}" for run, state in zip(runs, states, strict=True)]
    if not recipe.metadata:
        raise ConfigurationError("--ablation: say which metadata to leave out, such as --set metadata=age,sex,site.")
    run = create_run(recipe, queued=False)
    train(run)
    result, lines = told_of(run)
    if not evaluated(run):
        return result, lines
    summary = summarise(run)
    there = ablation_partner(summary, [each.summary for each in all_runs().runs]) if summary else None
    if there is not None and evaluated(there.run):
        alone = there.run
    else:
        alone = create_run(recipe.picture_alone, queued=False)
        train(alone)
    of_alone, lines_of_alone = told_of(alone)
    result["ablation"] = {**of_alone, **(_ahead(run, alone) if evaluated(alone) else {})}
    return result, [*lines, "the same on the picture alone:", *lines_of_alone, *_in_words(recipe, result["ablation"])]


def _ahead(run: RunFolder, alone: RunFolder) -> dict[str, Any]:
    """What the run with metadata is ahead by on the pictures that both have held out."""
    found = compare_runs(run, alone)
    if found is None:
        return {"ahead": None}
    paired = found.paired
    differences = {"accuracy": paired.accuracy, "balanced_accuracy": paired.balanced_accuracy}
    if found.macro_auc is not None:
        differences["macro_auc"] = found.macro_auc
    counts = {"pictures": paired.pictures, "groups": paired.groups, "p_value": paired.p_value}
    return {"ahead": {name: asdict(each) for name, each in differences.items()} | counts}


def _in_words(recipe: Recipe, ablation: dict[str, Any]) -> list[str]:
    ahead = ablation.get("ahead")
    if not ahead:
        return []
    lines = [f"what {that_add(recipe.metadata)}, on {ahead['pictures']:,} pictures of {ahead['groups']:,} groups:"]
    for name in ("accuracy", "balanced_accuracy", "macro_auc"):
        if name in ahead:
            found = Difference(**ahead[name])
            spread = (
                "" if found.lower is None or found.upper is None else f" ({found.lower:+.4f} to {found.upper:+.4f})"
            )
            lines.append(f"  {name.replace('_', ' '):<18} {found.value:+.4f}{spread}")
    return [*lines, f"  McNemar's exact test: {p_equals(ahead['p_value'])}"]
