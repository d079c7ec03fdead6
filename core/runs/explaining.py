"""Checking the explanations of a run, from its pictures to what the page shows: as a job, and by the command line."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import RunError
from core.base.files import UNREADABLE, private_folder, read_json, write_json
from core.base.locks import locked
from core.base.progress import Progress, silent, until_cancelled
from core.data.catalog import open_dataset
from core.data.images.cache import ensure_cache
from core.data.masks import lesions_of
from core.data.splits.splits import TRAIN, Split
from core.explain.methods import Method
from core.runs.explanation_checks import check_pictures, explanations_folder, state_of_model
from core.runs.explanation_summary import MethodCheck, save_checks, summarise
from core.runs.run_folder import RunFolder, open_run
from core.runs.trash import deletion_named, refuse_deleted
from core.serving.concepts import Bank, make_bank
from core.serving.predictor import Predictor, PredictorInfo

_AT_ONCE = 128


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
    table = check_pictures(run, progress, wanted)
    checks = summarise(table, lesions_of(open_dataset(info.dataset, progress)))
    refuse_deleted(run)
    save_checks(run, checks)
    if load_bank(run) is None:
        _make_bank(run, info, progress)
    return checks


def bank_file(run: RunFolder) -> Path:
    """Where the bank of a run's training pictures lies."""
    return explanations_folder(run) / "concepts.npz"


def load_bank(run: RunFolder) -> Bank | None:
    """The bank of a run's training pictures; None if there is none of the model as it is now."""
    try:
        if read_json(explanations_folder(run) / "concepts.json")["state"] != state_of_model(run):
            return None
        return Bank.load(bank_file(run))
    except (*UNREADABLE, RunError):
        return None


def run_explain_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`check_explanations` as a background job; `arguments` names the `run` and may name a folder of `masks`."""
    masks = Path(arguments["masks"]) if arguments.get("masks") else None
    checks = check_explanations(open_run(arguments["run"]), masks, until_cancelled(progress, cancelled))
    return {"run": arguments["run"], "methods": len(checks)}


def _make_bank(run: RunFolder, info: PredictorInfo, progress: Progress) -> None:
    cache = ensure_cache(open_dataset(info.dataset, progress), info.image_size, progress)
    learnt = Split.load(run.split_file).part(TRAIN).drop_duplicates("image_id")
    rows = cache.rows(learnt["image_id"])
    learnt, rows = learnt[rows >= 0], rows[rows >= 0]
    network = Predictor.of_run(run.path).network
    seen = []
    for start in range(0, len(rows), _AT_ONCE):
        seen.append(network.features(np.asarray(cache.images[rows[start : start + _AT_ONCE]])))
        progress(min(start + _AT_ONCE, len(rows)), len(rows), "Looking at the training pictures")
    bank = make_bank(np.concatenate(seen), learnt["image_id"].to_numpy(dtype="U"), learnt["label"].to_numpy(dtype="U"))
    refuse_deleted(run)
    bank.save(bank_file(run))
    write_json(explanations_folder(run) / "concepts.json", {"state": state_of_model(run)})
