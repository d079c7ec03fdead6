"""Starting a cross-validation, and what of it is lacking. Doing it twice does no harm."""

from collections.abc import Callable
from typing import Any

from filelock import Timeout

from core.base.errors import ConfigurationError, RunError
from core.base.progress import Progress, silent
from core.combined.cross_validation import CrossValidation, make_cross_validation
from core.combined.join_finished import start_joining
from core.data.catalog import trainable_spec
from core.data.spec import Dataset
from core.data.splits.folds import fold_cautions
from core.data.splits.some_of import some_of
from core.data.splits.splits import SplitKind, split_by_folds
from core.data.training_examples import open_either
from core.engine.launch import launch, resume
from core.runs.run_folder import RunFolder
from core.runs.run_states import State
from core.training.recipe import Recipe, make_recipe, refuse_other_examples

Launch = Callable[..., RunFolder]
GoOn = Callable[[RunFolder], Any]


def ask_for_folds(
    recipe: Recipe, *, owner: str = "", priority: int = 0, progress: Progress = silent
) -> tuple[CrossValidation, tuple[str, ...]]:
    """Make a cross-validation without starting a run, once it is sure that every fold can be divided.

    Args:
        recipe: one that `cross_validates`.
        owner, priority: of its runs.
        progress: told while the data set is read.

    Returns:
        It, and what must be known beforehand, in sentences.

    Raises:
        ConfigurationError: the recipe has no folds, or its model does not learn from these data.
        DatasetNotFoundError, DataError: the data set is not known, or cannot be divided into so many folds.
        DiskFullError: nothing was made.
    """
    if not recipe.cross_validates:
        raise ConfigurationError("folds: give the number of folds, 2 to 10, and leave fold at 0.")
    refuse_other_examples(fold_recipe(recipe, 1), trainable_spec(recipe.dataset))
    cautions = check_folds(recipe, open_either(recipe.dataset, progress))
    name = f"{recipe.model}-{recipe.dataset}"
    return make_cross_validation(recipe.to_json(), recipe.folds, name, owner, priority), cautions


def check_folds(recipe: Recipe, dataset: Dataset) -> tuple[str, ...]:
    """What must be known of the folds of a data set before they are trained, in sentences.

    Raises:
        DataError: it cannot be divided into so many.
    """
    split_by_folds(dataset.table, recipe.folds, recipe.seed, recipe.fractions, recipe.most_pictures, recipe.split)
    rows = some_of(dataset.table, recipe.most_pictures, recipe.seed)
    own = recipe.split is SplitKind.OFFICIAL
    return fold_cautions(rows, recipe.folds, dataset.spec.classes, dataset.spec.group, own=own)


def cross_validate(recipe: Recipe, *, owner: str = "", priority: int = 0) -> CrossValidation:
    """Hand the run of every fold to the engine, which also brings them together at the end; returns at once.

    Raises:
        As `ask_for_folds`.
        EngineError: the engine cannot be reached; what was made can be retried.
    """
    cv, _ = ask_for_folds(recipe, owner=owner, priority=priority)
    retry(cv)
    return cv


def retry(cv: CrossValidation) -> list[RunFolder]:
    """Hand what is lacking to the engine: folds without a run, those that ended early, and bringing them together.

    Returns the runs that were started.

    Raises:
        RunError, ConfigurationError, DataError, EngineError: as `start_lacking`.
    """
    started = start_lacking(cv)
    if not started and not cv.joined_file.is_file() and all(each.state is State.FINISHED for each in cv.folds()):
        start_joining(cv)
    return started


def start_lacking(cv: CrossValidation, start: Launch = launch, go_on: GoOn = resume) -> list[RunFolder]:
    """Start every fold that has no run, and let those go on that ended early; returns their runs.

    Args:
        cv: the cross-validation.
        start: makes and starts a run, as `core.engine.launch.launch`.
        go_on: lets one go on that ended early, as `core.engine.launch.resume`.

    Raises:
        RunError, ConfigurationError, DataError, EngineError: as `launch` and `resume`; what was started goes on. Or
            another process is just starting them.
    """
    asked = cv.asked()
    recipe = Recipe.from_json(asked.recipe)
    started = []
    try:
        with cv.lock:
            if not (job := cv.joining_job()) or not job[0].active:
                cv.note_joining(None)
            for each in cv.folds():
                if each.run is None:
                    of_fold = fold_recipe(recipe, each.fold)
                    more = {"owner": asked.owner, "priority": asked.priority, "cross_validation": cv.cv_id}
                    started.append(start(of_fold, **more))
                elif each.missing:
                    go_on(each.run)
                    started.append(each.run)
    except Timeout as error:
        raise RunError(
            f"Another process is already starting the folds of {cv.cv_id}. Try again in a minute."
        ) from error
    return started


def fold_recipe(recipe: Recipe, fold: int) -> Recipe:
    """The recipe of the run of one fold."""
    return make_recipe(**{**recipe.model_dump(), "fold": fold})
