"""The bank of a run's training pictures, kept with the run: what is most alike to a picture is looked up there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import DataError, RunError
from core.base.files import UNREADABLE, private_folder, read_json, write_json
from core.base.locks import locked
from core.base.progress import Progress, silent, until_cancelled
from core.data.catalog import open_dataset
from core.data.images.cache import ensure_cache
from core.data.splits.splits import TRAIN, Split
from core.models.registry import ENSEMBLE, OUTSIDE
from core.runs.explanations.explanation_checks import explanations_folder, state_of_model
from core.runs.run_folder import RunFolder, open_run
from core.runs.trash import deletion_named, refuse_deleted
from core.serving.concepts import Bank, make_bank
from core.serving.explaining import methods_of
from core.serving.predictor import Predictor, PredictorInfo

_AT_ONCE = 128


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


def why_no_bank(info: PredictorInfo) -> str:
    """Why a model has nothing by which training pictures could be called alike, in a sentence; "" where it has."""
    if info.model == ENSEMBLE:
        return (
            "An ensemble has no one layer before its answer in which pictures could be compared, but one in each "
            "member. Choose the run of a member."
        )
    if info.model == OUTSIDE:
        return (
            "It is not known from which pictures a model from outside has learnt, so none can be shown that it learnt "
            "as alike."
        )
    if info.takes != "pictures" or not methods_of(info):
        return f"{info.model} looks at no picture, so none is more alike to it than another."
    return ""


def keep_bank(run: RunFolder, progress: Progress = silent) -> None:
    """Make the bank of a run's training pictures, unless there is one of the model as it is now: one pass over them.

    Args:
        run: with a trained model that looks at pictures.
        progress: told how many are looked at.

    Raises:
        RunError: the model has no layer to compare pictures by, somebody makes its bank already, or deletes it
            meanwhile.
        DataError: its pictures are not here any more.
    """
    info = PredictorInfo.load(run.predictor_file)
    if why := why_no_bank(info):
        raise RunError(why)
    busy = RunError(f"The training pictures of {run.run_id} are being looked at already. Wait until that is done.")
    with locked(private_folder(explanations_folder(run)) / "concepts.lock", busy), deletion_named(run):
        if load_bank(run) is None:
            _keep(run, info, progress)


def run_bank_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`keep_bank` as a background job; `arguments` names the `run`."""
    keep_bank(open_run(arguments["run"]), until_cancelled(progress, cancelled))
    return {"run": arguments["run"]}


def _keep(run: RunFolder, info: PredictorInfo, progress: Progress) -> None:
    state = state_of_model(run)
    cache = ensure_cache(open_dataset(info.dataset, progress), info.image_size, progress)
    learnt = Split.load(run.split_file).part(TRAIN).drop_duplicates("image_id")
    rows = cache.rows(learnt["image_id"])
    learnt, rows = learnt[rows >= 0], rows[rows >= 0]
    if not len(rows):
        raise DataError(f"None of the pictures that {run.run_id} has learnt from is here any more. Bring them back.")
    network = Predictor.of_run(run.path).network
    seen = []
    for start in range(0, len(rows), _AT_ONCE):
        seen.append(network.features(np.asarray(cache.images[rows[start : start + _AT_ONCE]])))
        progress(min(start + _AT_ONCE, len(rows)), len(rows), "Looking at the training pictures")
    bank = make_bank(np.concatenate(seen), learnt["image_id"].to_numpy(dtype="U"), learnt["label"].to_numpy(dtype="U"))
    refuse_deleted(run)
    bank.save(bank_file(run))
    write_json(explanations_folder(run) / "concepts.json", {"state": state})
