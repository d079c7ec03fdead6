"""Making an ensemble of finished runs: a run of its own, whose one model holds its members'."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from core.base.errors import DataError, DiskFullError
from core.base.files import UNREADABLE, folder_built_aside, read_json, write_json
from core.base.ids import new_id
from core.base.progress import Progress, until_cancelled
from core.base.typed_json import read_as
from core.combined.ensemble_plan import Plan, plan_ensemble
from core.data.images.turns import MIRRORED, TRANSPOSED, UPSIDE_DOWN, Turns
from core.data.splits.leakage import leakage_report
from core.data.splits.splits import TEST, TRAIN, VALIDATION
from core.data.training_examples import content_of, open_examples
from core.evaluation.folds import FIGURES
from core.evaluation.metrics import evaluate
from core.evaluation.paired import Paired, common_pictures, compare, with_predicted
from core.evaluation.predictions import load_predictions
from core.models.registry import ENSEMBLE
from core.runs.evaluate import evaluate_run, predictor_info
from core.runs.run_folder import RunFolder, open_run, runs_folder
from core.runs.run_states import State
from core.runs.run_status import Status
from core.training.recipe import Recipe, make_recipe

FILE = "ensemble.json"


@dataclass(frozen=True)
class Judged:
    """A member, or the ensemble: its run, its model, and its `FIGURES` on the pictures that all are judged on."""

    run: str
    model: str
    figures: dict[str, float | None]


@dataclass(frozen=True)
class Ensemble:
    """What `ensemble.json` says: all on the same pictures, and the ensemble against the best of its members.

    The best is the one with the highest balanced accuracy on validation, where there is one, so that the pictures of
    the comparison have no part in the choice.
    """

    members: tuple[Judged, ...]
    ensemble: Judged
    best: str
    paired: Paired
    same_split: bool
    said: tuple[str, ...] = ()


def load_ensemble(run: RunFolder) -> Ensemble | None:
    """What is known of an ensemble; None for any other run, or where its file is damaged."""
    try:
        return read_as(Ensemble, read_json(run.path / FILE))
    except UNREADABLE:
        return None


def run_ensemble_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`make_ensemble` as a background job; `arguments` names the `runs` and the `owner`."""
    runs = [open_run(run_id) for run_id in arguments["runs"]]
    return {"run": make_ensemble(runs, arguments.get("owner", ""), until_cancelled(progress, cancelled)).run_id}


def make_ensemble(runs: Sequence[RunFolder], owner: str, progress: Progress) -> RunFolder:
    """Make an ensemble as a run that stands alone: its model holds all that its members know.

    It is calibrated on validation and judged as every run is, and compared with its best member.

    Raises:
        ConfigurationError, RunError, DataError: as `plan_ensemble`, or the data set has changed.
        DiskFullError: there is no room for it. Nothing is left of what was begun.
    """
    plan = plan_ensemble(runs)
    info = plan.infos[0]
    size = max(each.image_size for each in plan.infos)
    folder = runs_folder()
    if (free := shutil.disk_usage(folder).free) < 2 * plan.bytes:
        raise DiskFullError(f"The ensemble needs about {plan.bytes / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free.")
    dataset, examples = open_examples(info.dataset, size, progress=progress)
    if gone := set(plan.split.rows.query("part != @TRAIN")["image_id"]) - set(examples.image_ids):
        raise DataError(
            f"{len(gone):,} {info.things} on which the ensemble would be judged are no longer in "
            f"{info.dataset_title}. Put them back and try again."
        )
    recipe = _recipe(plan, size)
    leakage = leakage_report(plan.split, content_of(dataset, examples), dataset)
    run_id = new_id(ENSEMBLE, info.dataset)
    with folder_built_aside(folder / run_id) as aside:
        made = RunFolder(aside)
        write_json(aside / "recipe.json", recipe.to_json(), durable=True)
        now = time.time()
        made.write_status(Status(State.FINISHED, created=now, order=now, owner=owner))
        plan.split.save(made.split_file)
        write_json(made.leakage_file, leakage.to_json())
        progress(0, 2, "Putting the models together")
        _save_model(plan, size, made)
        progress(1, 2, "Judging the ensemble")
        of_run = replace(predictor_info(made, dataset, leakage), run_id=run_id, classes=info.classes)
        evaluate_run(made, examples, plan.split, of_run)
        write_json(aside / FILE, _beside_members(plan, made, run_id))
        made.write_status(Status(State.FINISHED, created=now, ended=time.time(), order=now, owner=owner))
    return RunFolder(folder / run_id)


def _recipe(plan: Plan, size: int) -> Recipe:
    """Data set and split of the first member; an ensemble learns nothing, so nothing else is said."""
    first = plan.members[0].recipe()
    kept = ("dataset", "split", "train_fraction", "validation_fraction", "test_fraction", "most_pictures", "seed")
    fields = {name: getattr(first, name) for name in (*kept, "folds", "fold")}
    return make_recipe(**fields, model=ENSEMBLE, image_size=size)


def _save_model(plan: Plan, size: int, made: RunFolder) -> None:
    from core.models.ensemble import Member, mean_of
    from core.serving.predictor import Predictor

    members = []
    for run, info in zip(plan.members, plan.infos, strict=True):
        model = Predictor.of_run(run.path).model
        if len(model.inputs) > 1:
            raise DataError(
                f"{run.run_id} uses more than the picture. Such a run cannot be in an ensemble yet. Leave it out."
            )
        ways = range(Turns(info.test_time_augmentation).ways)
        turns = tuple((bool(way & MIRRORED), bool(way & UPSIDE_DOWN), bool(way & TRANSPOSED)) for way in ways)
        members.append(Member(model, turns, info.temperature))
    mean_of(members, size).save(made.model_file)


def _beside_members(plan: Plan, made: RunFolder, run_id: str) -> dict[str, Any]:
    keys = plan.infos[0].class_keys
    held_out = plan.split.rows[plan.split.rows["part"] != TRAIN]
    part = held_out.drop_duplicates("image_id").set_index("image_id")["part"]
    own = load_predictions(made.evaluation / "predictions.parquet")
    tables = [_as_parted(each.predictions, part) for each in plan.results]
    majority = plan.split.part(TRAIN)["label"].value_counts().idxmax()
    figures = lambda table: _figures(table[table["part"] == TEST], keys, majority)  # noqa: E731
    judged = [
        Judged(run.run_id, info.model, figures(table))
        for run, info, table in zip(plan.members, plan.infos, tables, strict=True)
    ]
    chosen_on = VALIDATION if (part == VALIDATION).any() else TEST
    scores = [_figures(table[table["part"] == chosen_on], keys, majority)["balanced accuracy"] or 0 for table in tables]
    best = scores.index(max(scores))
    paired = compare(common_pictures(with_predicted(own, keys), with_predicted(tables[best], keys)))
    ensemble = Ensemble(
        tuple(judged), Judged(run_id, ENSEMBLE, figures(own)), judged[best].run, paired, plan.same_split, plan.said
    )
    return asdict(ensemble)


def _as_parted(predictions: pd.DataFrame, part: pd.Series) -> pd.DataFrame:
    """What a member has said of the pictures of the ensemble's held-out parts, named as these are."""
    return predictions.assign(part=predictions["image_id"].map(part)).dropna(subset="part")


def _figures(table: pd.DataFrame, keys: Sequence[str], majority: str) -> dict[str, float | None]:
    metrics = evaluate(table, keys, majority, resamples=0)
    return {name: getattr(metrics, field) for name, field in FIGURES.items()}
