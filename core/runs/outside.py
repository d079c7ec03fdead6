"""A model of others becomes a run: registered with its class names, judged on a data set, used as every run is."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import ConfigurationError, DataError
from core.base.files import folder_built_aside, sha256_of, write_json
from core.base.ids import new_id
from core.base.progress import Progress, silent, until_cancelled
from core.base.settings import artifacts_dir
from core.data.images.cache import MAX_SIZE, MIN_SIZE
from core.data.spec import ClassSpec, DatasetSpec
from core.data.splits.leakage import leakage_report
from core.data.splits.splits import TRAIN, VALIDATION, Split, make_split
from core.data.training_examples import Examples, content_of, open_examples, spread_rows
from core.models.outside import OutsideFile, look_at_model
from core.models.registry import OUTSIDE
from core.runs.evaluate import evaluate_run, predictor_info
from core.runs.judging.judged_on import class_of_run
from core.runs.outside_origin import FILE, Outside
from core.runs.run_folder import RunFolder, open_run, runs_folder
from core.runs.run_states import State
from core.runs.run_status import Status
from core.serving.gate_making import start_gate_job
from core.serving.outside_model import SCALES, Adaptation, Raw, adapted_keras, finish_of, open_outside, what_shows
from core.training.recipe import make_recipe

AUTO = "auto"
"""Of the scales that which answers best on validation pictures."""
_TRIED = 200
UNKNOWN_PAST = (
    "The model was brought from outside: what it has learnt from is not known, so it may have seen these pictures, and "
    "its figures may be too good."
)


def bring_model(
    file: Path,
    dataset_name: str,
    classes: Sequence[str] = (),
    *,
    side: int = 0,
    scale: str = AUTO,
    owner: str = "",
    progress: Progress = silent,
) -> RunFolder:
    """Make a run of a model file, judged on the grouped split of a data set with seed 0.

    Its temperature is fitted on validation, and the figures come from the test part, as of every run. A data set is
    needed so that no model answers of which nobody knows how good it is.

    Args:
        file: as `core.models.outside.look_at_model` takes it.
        dataset_name: with pictures of some of its classes.
        classes: names of its outputs in their order; those of a labels.txt where none are given.
        side: of its pictures in pixels, where the file does not say it.
        scale: a key of `SCALES` by which its pictures are scaled, or `AUTO`.
        owner: who brings it.
        progress: told what is being done.

    Raises:
        DataError: the file cannot be used, or none of its classes is in the data set. Nothing is kept then.
        ConfigurationError: scale, side or class names cannot be.
    """
    if scale not in (AUTO, *SCALES):
        raise ConfigurationError(f"There is no scale “{scale}”. There are: {AUTO}, {', '.join(SCALES)}.")
    if side and not MIN_SIZE <= side <= MAX_SIZE:
        raise ConfigurationError(f"Pictures have {MIN_SIZE} to {MAX_SIZE} pixels a side, not {side}.")
    folder = runs_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=artifacts_dir(), prefix=".brought-") as aside:
        progress(0, 4, "Looking at the file")
        found = look_at_model(file, Path(aside))
        names = tuple(each.strip() for each in classes if each.strip()) or found.labels
        _refuse_names(names)
        progress(1, 4, "Loading the model")
        raw, side, model = open_outside(found, side)
        if not MIN_SIZE <= side <= MAX_SIZE:
            raise DataError(f"The model takes pictures of {side} pixels a side; {MIN_SIZE} to {MAX_SIZE} can be made.")
        progress(2, 4, "Trying the model")
        return _registered(file, found, (raw, side, model), names, dataset_name, scale, owner, progress)


def run_bring_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`bring_model` as a background job, with its arguments as they are called; `uploaded` files are removed then."""
    file = Path(arguments["file"])
    try:
        run = bring_model(
            file,
            arguments["dataset"],
            arguments["classes"],
            side=arguments["side"],
            scale=arguments["scale"],
            owner=arguments["owner"],
            progress=until_cancelled(progress, cancelled),
        )
    finally:
        if arguments.get("uploaded"):
            shutil.rmtree(file.parent, ignore_errors=True)
    return {"run": run.run_id}


def _refuse_names(names: tuple[str, ...]) -> None:
    if len(names) < 2:
        raise ConfigurationError("The names of the classes are needed, in the order of the outputs, two at least.")
    if len(set(names)) < len(names):
        raise ConfigurationError("Two classes have the same name. Name each output differently.")


def _registered(
    file: Path,
    found: OutsideFile,
    opened: tuple[Raw, int, Any],
    names: tuple[str, ...],
    dataset_name: str,
    scale: str,
    owner: str,
    progress: Progress,
) -> RunFolder:
    raw, side, model = opened
    finish_of(raw(np.zeros((1, side, side, 3), np.float32)), len(names))  # refused before pictures are decoded
    dataset, examples = open_examples(dataset_name, side, progress=progress)
    if dataset.spec.holds != "pictures":
        raise DataError(
            f"{dataset.spec.title} holds {dataset.spec.holds}. Only models for pictures can be brought from outside."
        )
    own = tuple(_class_spec(name, dataset.spec) for name in names)
    keys = tuple(each.key for each in own)
    _refuse_names(keys)
    labels = dataset.table["label"].map(lambda key: class_of_run(key, keys))
    unused = tuple(sorted(set(labels[~labels.isin(keys)])))
    usable = labels.isin(keys) & dataset.table["image_id"].isin(examples.image_ids)
    if not usable.any():
        raise DataError(
            f"{dataset.spec.title} has no picture of {', '.join(names)}. Its classes are: "
            f"{', '.join(dataset.spec.class_names.values())}. Use these names, or choose another data set."
        )
    table = dataset.table.assign(label=labels)[usable].reset_index(drop=True)
    split = make_split(table)
    adaptation = _adaptation(raw, examples, split, keys, "-1-1" if found.teachable and scale == AUTO else scale)
    leakage = leakage_report(split, content_of(dataset, examples), replace(dataset, table=table))
    leakage = replace(leakage, cautions=(*leakage.cautions, UNKNOWN_PAST))
    recipe = make_recipe(dataset=dataset_name, model=OUTSIDE, image_size=side)
    run_id = new_id(OUTSIDE, dataset_name)
    with folder_built_aside(runs_folder() / run_id) as aside:
        made, now = RunFolder(aside), time.time()
        write_json(aside / "recipe.json", recipe.to_json(), durable=True)
        made.write_status(Status(State.FINISHED, created=now, order=now, owner=owner))
        split.save(made.split_file)
        write_json(made.leakage_file, leakage.to_json())
        inside = ""
        if model is None:
            adaptation.save(aside / "adaptation.json")
            shutil.copyfile(found.path, aside / "model.onnx")
        else:
            adapted = adapted_keras(model, side, adaptation)
            inside = what_shows(adapted)
            adapted.save(aside / "model.keras")
        told = Outside(file.name, sha256_of(file), now, adaptation, unused)
        write_json(aside / FILE, asdict(told))
        progress(3, 4, "Judging the model")
        info = replace(
            predictor_info(made, replace(dataset, table=table), leakage), run_id=run_id, classes=own, inside=inside
        )
        evaluate_run(made, examples, split, info)
        made.write_status(Status(State.FINISHED, created=now, ended=time.time(), order=now, owner=owner))
    start_gate_job(dataset)
    progress(4, 4, "Done")
    return open_run(run_id)


def _class_spec(name: str, spec: DatasetSpec) -> ClassSpec:
    """The class of a data set that is meant by a name, or one of which nothing more is known."""
    by_name = {each.name.casefold(): each for each in spec.classes}
    if name.casefold() in by_name:
        return by_name[name.casefold()]
    key = class_of_run(name, spec.class_keys)
    known = {each.key: each for each in spec.classes}
    return known.get(key, ClassSpec(name, name, malignant=None))


def _adaptation(raw: Raw, examples: Examples, split: Split, keys: tuple[str, ...], scale: str) -> Adaptation:
    """How the model is asked: with the scale that is given, or that which is right most often on validation."""
    rows = split.part(VALIDATION)
    rows = (rows if len(rows) else split.part(TRAIN)).drop_duplicates("image_id")
    rows = rows.iloc[spread_rows(len(rows), _TRIED)]
    pictures = np.asarray(examples.values[examples.rows(rows["image_id"])])
    true = rows["label"].map(keys.index).to_numpy()
    tried: list[tuple[float, Adaptation]] = []
    for name in [*SCALES] if scale == AUTO else [scale]:
        plain = Adaptation(name, "none", len(keys))
        answers = raw(plain.scaled(pictures))
        if scale == AUTO and not np.isfinite(answers).all():
            continue
        made = replace(plain, finish=finish_of(answers, len(keys)))
        right = made.probabilities(answers).argmax(axis=1) == true
        # Of each class alike: else the scale with which the model always says the same could be the best.
        tried.append((float(np.mean([right[true == n].mean() for n in np.unique(true)])), made))
    if not tried:
        raise DataError("The model answers with what are no numbers, for every scale of pictures that was tried.")
    return max(tried, key=lambda each: each[0])[1]
