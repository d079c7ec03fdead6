"""What `train --ablation` does: one recipe with metadata and without, and what they add."""

from collections.abc import Callable
from typing import Any

from core.base.errors import ConfigurationError
from core.engine.launch import launch_with_ablation
from core.runs.index import all_runs
from core.runs.judging.comparison import ablation_partner
from core.runs.judging.results import evaluated
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
        told_of: what is said of one that is over; of one with metadata, also what they add.

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
    if not evaluated(run):
        return told_of(run)
    summary = summarise(run)
    there = ablation_partner(summary, [each.summary for each in all_runs().runs]) if summary else None
    if there is not None and evaluated(there.run):
        alone = there.run
    else:
        alone = create_run(recipe.picture_alone, queued=False)
        train(alone)
    result, lines = told_of(run)
    of_alone, lines_of_alone = told_of(alone)
    result["ablation"] = of_alone | result.get("ablation", {})
    return result, [*lines, "the same on the picture alone:", *lines_of_alone]
