"""Checking the explanations of a run, from its pictures to what the page shows: as a job, and by the command line."""

from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.base.errors import DataError, RunError
from core.base.files import private_folder
from core.base.locks import locked
from core.base.progress import Progress, silent, until_cancelled
from core.data.catalog import open_dataset
from core.data.masks import lesions_of
from core.explain.methods import Method
from core.runs.explanations.explanation_checks import check_pictures, chosen_methods, explanations_folder
from core.runs.explanations.explanation_summary import MethodCheck, save_checks, summarise
from core.runs.explanations.training_bank import keep_bank, why_no_bank
from core.runs.run_folder import RunFolder, open_run
from core.runs.trash import deletion_named, refuse_deleted
from core.serving.predictor import PredictorInfo


def check_explanations(
    run: RunFolder,
    masks: Path | None = None,
    progress: Progress = silent,
    wanted: Collection[Method] | None = None,
) -> tuple[MethodCheck, ...]:
    """Check every method on many test pictures, judge them, and make the bank of concepts; all is kept.

    Goes on where an earlier call was interrupted. What is there of the model as it is now is not made again, but for
    what depends on the masks.

    Args:
        run: with a trained model that looks at pictures.
        masks: a folder of masks, named as their pictures, which is kept for all runs of the data set; None for the one
            that was brought last, or those that lie beside the pictures, if any do.
        progress: told how many pictures are explained.
        wanted: methods to which this is confined, beside darkness and edges; None takes all. What was found out about
            others stays.

    Raises:
        ConfigurationError: the model cannot be explained.
        RunError: the run has no trained model, somebody checks it already, or deletes it meanwhile.
        DataError: its pictures, or the masks, are not here.
    """
    info = PredictorInfo.load(run.predictor_file)
    if masks is not None:  # what cannot be is refused before minutes are spent on maps
        lesions_of(open_dataset(info.dataset, progress), masks)
    busy = RunError(f"The explanations of {run.run_id} are being checked already. Wait until that is done.")
    with locked(private_folder(explanations_folder(run)) / "lock", busy), deletion_named(run):
        return _checked(run, info, progress, wanted)


def _checked(
    run: RunFolder, info: PredictorInfo, progress: Progress, wanted: Collection[Method] | None
) -> tuple[MethodCheck, ...]:
    chosen_methods(info, wanted)  # what cannot be is refused first
    if not why_no_bank(info):  # one pass, and shown beside answers while the check goes on
        with suppress(RunError, DataError):  # somebody makes it already; what is amiss with the run is told below
            keep_bank(run, progress)
    table = check_pictures(run, progress, wanted)
    checks = summarise(table, lesions_of(open_dataset(info.dataset, progress)))
    refuse_deleted(run)
    save_checks(run, checks)
    return checks


def run_explain_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`check_explanations` as a background job; `arguments` names the `run` and may name a folder of `masks`."""
    masks = Path(arguments["masks"]) if arguments.get("masks") else None
    checks = check_explanations(open_run(arguments["run"]), masks, until_cancelled(progress, cancelled))
    return {"run": arguments["run"], "methods": len(checks)}
