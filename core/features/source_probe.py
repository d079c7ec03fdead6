"""The source probe of a run: whether its last layer but one tells the camera or hospital; kept with the run."""

from collections.abc import Callable
from typing import Any

from core.base.counting import plural
from core.base.errors import DataError, RunError
from core.base.progress import Progress, silent, until_cancelled
from core.data.catalog import open_dataset
from core.data.images.cache import ensure_cache
from core.data.splits.splits import TRAIN, Split
from core.evaluation.source_probe import FEWEST, SourceProbe, probe_source
from core.features.frozen_network import run_features
from core.models.registry import model_spec
from core.runs.explanations.explanation_checks import state_of_model
from core.runs.judging.source_probe import has_features, save_source_probe
from core.runs.run_folder import RunFolder, open_run
from core.serving.predictor import PredictorInfo


def probe_run(run: RunFolder, progress: Progress = silent) -> SourceProbe:
    """Have the pictures that a run has not learnt from told apart by their source, and keep what comes of it.

    Raises:
        RunError: the run has no model of its own, or one without layers of features.
        DataError: it takes no pictures, they are not here, or fewer than two sources have enough of them.
    """
    info = PredictorInfo.load(run.predictor_file)
    info.refuse_without_model()
    if info.takes != "pictures":
        raise DataError("The source probe works on pictures only, and this run takes gene samples.")
    if not has_features(info):
        raise RunError(
            f"{model_spec(info.model).title} has no layer with features that could be used. Choose another run."
        )
    state = state_of_model(run)
    dataset = open_dataset(info.dataset, progress)
    cache = ensure_cache(dataset, info.image_size, progress)
    known = dataset.table.drop_duplicates("image_id").set_index("image_id")["source"].dropna()
    split = Split.load(run.split_file)
    rows = split.rows[split.rows["part"] != TRAIN].drop_duplicates("image_id")
    rows = rows[rows["image_id"].isin(known.index) & (cache.rows(rows["image_id"]) >= 0)]
    probe = None
    if rows["image_id"].map(known).nunique() > 1:
        features = run_features(cache, run, progress, cache.rows(rows["image_id"]))
        progress(0, 1, "Learning to tell the source")
        probe = probe_source(features, rows["label"], rows["image_id"].map(known), rows["group_id"])
    if probe is None:
        raise DataError(
            f"At least two sources of {info.dataset_title} need {FEWEST} {plural(dataset.spec.group)} each that "
            "this run has not learnt from. There are fewer, so they cannot be compared."
        )
    save_source_probe(run, probe, state)
    return probe


def run_source_probe_job(
    arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]
) -> dict[str, Any]:
    """`probe_run` as a background job; `arguments` names the run as `run`."""
    probe = probe_run(open_run(arguments["run"]), until_cancelled(progress, cancelled))
    return {"run": arguments["run"], "told": probe.told}
