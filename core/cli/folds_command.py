"""What the commands `train` and `folds` do: one training, or one for each fold of a cross-validation."""

import argparse
from dataclasses import asdict
from typing import Any

from core.base.errors import ConfigurationError, LesionLabError, RunError
from core.cli.ablation import train_with_ablation
from core.cli.commands import Answer, TerminalProgress, asked_recipe, train_here, trained
from core.cli.commands import train as train_one
from core.combined.cross_validation import (
    CrossValidation,
    FoldRun,
    list_cross_validations,
    open_cross_validation,
)
from core.combined.out_of_fold import join_folds
from core.combined.starting import ask_for_folds, retry, start_lacking
from core.engine.launch import reopen
from core.evaluation.folds import OverFolds, figures_over_folds
from core.runs.judging.results import load_folds
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.training.recipe import Recipe


def train(options: argparse.Namespace) -> Answer:
    """`train …`; with `--folds`, a run of each fold and the one in which they come together."""
    recipe = asked_recipe(options)
    if options.ablation:
        return train_with_ablation(recipe, options.background, train_here, trained)
    if not recipe.cross_validates:
        return train_one(recipe, background=options.background)
    progress = TerminalProgress()
    cv, cautions = ask_for_folds(recipe, progress=progress)
    if options.background:
        runs = retry(cv)
        value = {"cross_validation": cv.cv_id, "runs": [run.run_id for run in runs], "cautions": list(cautions)}
        value |= {"model": recipe.model, "dataset": recipe.dataset}
        return value, [*cautions, f"{cv.cv_id}: {len(runs)} folds are queued. How they stand: {_command(cv)}"]
    start_lacking(cv, _train_fold, _go_on_with_fold)
    run = join_folds(cv, progress)
    progress.close()
    value, lines = trained(run)
    of_folds, said = _of_folds(run)
    value |= {"cross_validation": cv.cv_id, "cautions": list(cautions), **of_folds}
    return value, [*cautions, *lines, *said]


def folds(options: argparse.Namespace) -> Answer:
    """`folds`, `folds CROSS_VALIDATION`, `folds CROSS_VALIDATION --retry`."""
    if options.cv_id is None:
        if options.retry:
            raise ConfigurationError("Name the cross-validation to retry; `folds` lists them.")
        found, damaged = [], []
        for each in list_cross_validations():
            try:
                found.append(_standing(each))
            except LesionLabError as error:
                damaged.append({"cross_validation": each.cv_id, "reason": str(error)})
        lines = [*map(_in_a_line, found), *(f"{each['cross_validation']}  {each['reason']}" for each in damaged)]
        none = "There is no cross-validation yet. Start one: python -m core train cnn-59k --dataset demo --folds 5"
        return {"cross_validations": found, "damaged": damaged}, lines or [none]
    cv = open_cross_validation(options.cv_id)
    started = [run.run_id for run in retry(cv)] if options.retry else []
    value = _standing(cv) | ({"started": started} if options.retry else {})
    lines = [
        _in_a_line(value),
        *(f"  fold {of['fold']}  {of['state']:<10} {of['run_id'] or ''}" for of in value["runs"]),
    ]
    if value["lacking"]:
        lines += [*value["lacking"], f"Let it go on: {_command(cv)} --retry"]
    if (run := cv.out_of_fold()) is not None:
        of_folds, said = _of_folds(run)
        value |= of_folds
        lines += said
    return value, lines


def _train_fold(recipe: Recipe, **more: Any) -> RunFolder:
    run = create_run(recipe, queued=False, **more)
    _look_after(run)
    return run


def _go_on_with_fold(run: RunFolder) -> None:
    if reopen(run):
        _look_after(run)


def _look_after(run: RunFolder) -> None:
    """Train one fold here to its end; the others wait where it does not come to a good one."""
    train_here(run)
    status = run.status()
    if status.state is State.FINISHED:
        return
    said = f"Let the cross-validation go on with: python -m core folds {status.cross_validation} --retry"
    raise RunError(f"Fold {status.fold} ({run.run_id}) is {status.state}. {status.message} {said}")


def _standing(cv: CrossValidation) -> dict[str, Any]:
    asked, of = cv.asked(), cv.folds()
    run = cv.out_of_fold()
    return {
        "cross_validation": cv.cv_id,
        "model": asked.recipe.get("model"),
        "dataset": asked.recipe.get("dataset"),
        "folds": asked.folds,
        "finished": sum(each.state is State.FINISHED for each in of),
        "runs": [_fold_of(each) for each in of],
        "run_id": None if run is None else run.run_id,
        "lacking": list(cv.lacking()),
    }


def _fold_of(each: FoldRun) -> dict[str, Any]:
    return {"fold": each.fold, "run_id": each.run and each.run.run_id, "state": str(each.state or "missing")}


def _in_a_line(standing: dict[str, Any]) -> str:
    together = f"out-of-fold run {standing['run_id']}" if standing["run_id"] else "no out-of-fold run yet"
    return f"{standing['cross_validation']}  {standing['finished']} of {standing['folds']} folds finished, {together}"


def _of_folds(run: RunFolder) -> tuple[dict[str, Any], list[str]]:
    """Each figure over the folds, and each fold."""
    of = load_folds(run)
    spread = figures_over_folds([each.metrics for each in of])
    each_fold = [
        {"fold": each.fold, "run_id": each.run, "metrics": each.metrics.to_json()} for each in of
    ]  # fmt: skip
    lines = [f"over {len(of)} folds, mean ± standard deviation:"]
    lines += [f"  {name:<18} {_mean(figure)}" for name, figure in spread.items()]
    lines += [
        f"  fold {each.fold:<3} accuracy {_figure(each.metrics.accuracy)} "
        f"balanced {_figure(each.metrics.balanced_accuracy)}  {each.run}"
        for each in of
    ]
    return {"of_folds": each_fold, "over_folds": {name: asdict(figure) for name, figure in spread.items()}}, lines


def _mean(figure: OverFolds) -> str:
    if figure.mean is None:
        return "not defined"
    return f"{figure.mean:.4f}" + ("" if figure.deviation is None else f" ± {figure.deviation:.4f}")


def _figure(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.4f}"


def _command(cv: CrossValidation) -> str:
    return f"python -m core folds {cv.cv_id}"
