"""Judging a run: its predictions on held-out pictures, and every metric that follows from them."""

import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.files import file_built_aside, write_atomically, write_json
from core.base.printable import printable
from core.base.progress import Progress, silent
from core.data.adapters.one_hot_folder import cache_name, has_ground_truth, open_one_hot_folder
from core.data.adapters.skin import class_in
from core.data.adapters.table_files import is_table_name
from core.data.catalog import list_datasets, open_dataset, open_folder
from core.data.diagnoses import same_diagnosis
from core.data.gathering import unpacked_aside
from core.data.images.cache import ensure_cache
from core.data.metadata_encoding import EncodedMetadata, MetadataEncoding, encode_all
from core.data.packed import is_archive_name
from core.data.reading.choices import choices_of
from core.data.reading.understood import read_dataset_of_table
from core.data.spec import Dataset, Skip
from core.data.splits.leakage import LeakageReport
from core.data.splits.splits import TEST, TRAIN, VALIDATION, Split
from core.data.trainable import how_to_decide
from core.data.training_examples import Examples, open_examples
from core.evaluation.calibration import calibration_of
from core.evaluation.conformal import for_temperature
from core.evaluation.metrics import Metrics, evaluate
from core.evaluation.predictions import prediction_table, save_predictions
from core.evaluation.small_samples import with_intervals_of_few
from core.evaluation.temperature import at_temperature, fitted_temperature
from core.models.registry import model_spec
from core.runs.card import model_card
from core.runs.other_samples import other_samples, samples_seen_in_training
from core.runs.results import headline_metrics, load_leakage_of
from core.runs.run_folder import RunFolder
from core.runs.seen_pictures import seen_in_training
from core.serving.gene_names import load_genes
from core.serving.predictor import Predictor, PredictorInfo

NearDuplicates = Callable[[Dataset, pd.Series, str, pd.Series, Progress], np.ndarray | None]
"""Tells which pictures show a photograph of others, as `core.integrity.shown_in_training` does."""


def predictor_info(
    run: RunFolder, dataset: Dataset, leakage: LeakageReport, metadata: MetadataEncoding | None = None
) -> PredictorInfo:
    """What a predictor must know about a run; `metadata` is how it counts what it is told beside a picture."""
    recipe, spec = run.recipe(), dataset.spec
    return PredictorInfo(
        run_id=run.run_id,
        model=recipe.model,
        image_size=recipe.image_size,
        classes=spec.classes,
        dataset=spec.name,
        dataset_title=spec.title,
        synthetic=spec.synthetic,
        citation=spec.citation,
        licence=spec.licence,
        split=str(recipe.split),
        leaking=leakage.leaking,
        takes=spec.holds,
        test_time_augmentation=recipe.test_time_augmentation,
        metadata=metadata,
    )


def evaluate_run(
    run: RunFolder, examples: Examples, split: Split, info: PredictorInfo, metadata: EncodedMetadata | None = None
) -> None:
    """Turn the best epoch into the run's model, predict validation and test, and write every figure.

    The temperature of the predictor is fitted on one half of the validation part alone.
    Where the checkpoint of the best epoch is no longer kept, the run's model, which was made from it, speaks.
    `metrics.json` has one entry per part and `headline`, the part whose metrics speak for the run. `metadata` is of all
    examples, where the run takes it.
    """
    predictor = Predictor(run.best_checkpoint if run.best_checkpoint.is_file() else run.model_file, info)
    with file_built_aside(run.model_file) as aside:  # the last to take its place: a model stands for a judged run
        predictor.model.save(aside)
        _write_metrics(run, examples, split, predictor, metadata)


def _write_metrics(
    run: RunFolder, examples: Examples, split: Split, predictor: Predictor, metadata: EncodedMetadata | None
) -> None:
    held_out = split.rows[split.rows["part"] != TRAIN].reset_index(drop=True)
    rows = held_out.rename(columns={"label": "true"})
    known = metadata.values if metadata else None
    uncalibrated = predictor.uncalibrated(examples.values, examples.rows(rows["image_id"]), known)
    temperature = _temperature(predictor.info, uncalibrated, rows)
    info = replace(predictor.info, temperature=temperature, temperature_of_half=True)
    table = prediction_table(
        rows[["image_id", "group_id", "part", "true"]],
        at_temperature(uncalibrated, info.temperature),
        info.class_keys,
    )
    save_predictions(run.evaluation / "predictions.parquet", table)
    before = prediction_table(rows[["image_id", "group_id", "part", "true"]], uncalibrated, info.class_keys)
    write_json(run.calibration_file, calibration_of(before, table, info.class_keys, info.temperature))
    majority = split.part(TRAIN)["label"].value_counts().idxmax()
    parts = [part for part in (VALIDATION, TEST) if (table["part"] == part).any()]
    judged = {part: metrics_of(table[table["part"] == part], info, majority) for part in parts}
    metrics = {part: each.to_json() for part, each in judged.items()}
    write_json(run.evaluation / "metrics.json", {"headline": parts[-1], **metrics})
    info.save(run.predictor_file)
    write_atomically(run.path / "card.md", model_card(run, info, judged[parts[-1]]))


def metrics_of(table: pd.DataFrame, info: PredictorInfo, majority: str) -> Metrics:
    """Every metric of a part; of samples, which are few, with intervals that hold for few."""
    metrics = evaluate(table, info.class_keys, majority)
    return with_intervals_of_few(metrics) if info.takes == "genes" else metrics


def _temperature(info: PredictorInfo, uncalibrated: np.ndarray, rows: pd.DataFrame) -> float:
    """Fitted on half of the validation part; the other half is left for sets of classes (`core.runs.trust`).

    The class fractions of the majority baseline are calibrated as they are.
    """
    if not model_spec(info.model).gradient_trained:
        return 1.0
    validation = np.flatnonzero(rows["part"] == VALIDATION)
    of = rows.iloc[validation]
    half = for_temperature(of["group_id"], of["true"])
    true = of["true"][half].map(info.class_keys.index).to_numpy()
    return fitted_temperature(uncalibrated[validation[half]], true)


def evaluate_again(run: RunFolder, progress: Progress = silent) -> tuple[str, Metrics]:
    """Predict the run's own held-out parts once more and write every metric anew.

    Raises:
        RunError: the run has no trained model, or its leakage report is damaged.
        DataError: its data set has changed or is gone.
    """
    info = PredictorInfo.load(run.predictor_file)
    info.refuse_without_model()
    load_leakage_of(run)  # which the card needs at the end
    dataset, examples = open_examples(info.dataset, info.image_size, load_genes(run.genes_file), progress)
    split = Split.load(run.split_file)
    gone = set(split.rows["image_id"]) - set(examples.image_ids)
    if gone:
        raise DataError(
            f"{len(gone):,} {info.things} of this run's split are no longer in {info.dataset_title}, so its figures "
            "cannot be computed again. They still stand as they were."
        )
    evaluate_run(run, examples, split, info, encode_all(info.metadata, dataset.table, examples.image_ids))
    return headline_metrics(run)


def evaluate_on(
    run: RunFolder, where: str, progress: Progress = silent, near: NearDuplicates | None = None
) -> tuple[Dataset, Metrics, Path]:
    """Judge a run on others: a data set by name, a folder, an archive, or a table with labels.

    A folder, or what is in a zip or tar, is read as every folder is; of a table those pictures count that it names and
    that lie in its folder. What is not certain is refused until somebody has agreed to it. Pictures that cannot be read
    or whose class the run does not know are left out and listed in the `skipped` of the data set that is returned.
    Results go to `evaluation/on-<name>/`, with the number of pictures that the run has learnt from, by what they show;
    None where the pictures that it has learnt from are not here. With `near`, the number of others that show a
    photograph that it has learnt from is written beside it, None where that is not known. A run on genes is judged on a
    gene-expression table: by its name, or its folder or file.

    Raises:
        RunError, DatasetNotFoundError, DataError.
    """
    info = PredictorInfo.load(run.predictor_file)
    info.refuse_without_model()
    if info.takes == "genes":
        samples, expression = other_samples(run, where)
        return _judged_on(run, where, samples, lambda _: expression, info, progress, None)
    with _opened(where, info, progress) as dataset:
        decoded = lambda known: ensure_cache(known, info.image_size, progress)  # noqa: E731
        return _judged_on(run, where, dataset, decoded, info, progress, near)


def _judged_on(
    run: RunFolder,
    where: str,
    dataset: Dataset,
    examples_of: Callable[[Dataset], Examples],
    info: PredictorInfo,
    progress: Progress,
    near: NearDuplicates | None,
) -> tuple[Dataset, Metrics, Path]:
    labels = dataset.table["label"].map(lambda key: class_of_run(key, info.class_keys))
    dataset = replace(dataset, table=dataset.table.assign(label=labels))
    known = dataset.table["label"].isin(info.class_keys)
    if not known.any():
        raise DataError(f"None of the {info.things} of {where} has a class that this run knows.")
    examples = examples_of(dataset)
    untrained = tuple(
        Skip(row.image_id, row.path, f"The run was not trained on its class {row.label}.")
        for row in dataset.table[~known].itertuples()
    )
    dataset = replace(dataset, skipped=(*dataset.skipped, *examples.failures, *untrained))
    rows = dataset.table[known & dataset.table["image_id"].isin(examples.image_ids)]
    rows = rows.rename(columns={"label": "true"}).assign(part=TEST).reset_index(drop=True)
    predictor = Predictor.of_run(run.path)
    known = encode_all(info.metadata, dataset.table, examples.image_ids)
    probabilities = predictor.probabilities(
        examples.values, examples.rows(rows["image_id"]), known.values if known else None
    )
    table = prediction_table(rows[["image_id", "group_id", "part", "true"]], probabilities, info.class_keys)
    split = Split.load(run.split_file)
    majority = split.part(TRAIN)["label"].value_counts().idxmax()
    metrics = metrics_of(table, info, majority)
    seen_before = seen_in_training if info.takes == "pictures" else samples_seen_in_training
    seen = seen_before(examples, rows["image_id"], info, split, progress)
    target = run.evaluation / f"on-{dataset.spec.name}"
    save_predictions(target / "predictions.parquet", table)
    value: dict[str, Any] = {
        "on": str(where),
        f"{info.things}_seen_in_training": None if seen is None else int(seen.sum()),
    }
    if near is not None:
        others = rows["image_id"] if seen is None else rows["image_id"][~seen]
        shown = near(dataset, others, info.dataset, split.part(TRAIN)["image_id"], progress)
        value["near_duplicates_of_training"] = None if shown is None else int(shown.sum())
    value |= metrics.to_json()
    write_json(target / "metrics.json", value)
    return dataset, metrics, target


def class_of_run(key: str, keys: tuple[str, ...]) -> str:
    """The class of a run that is meant by a class of other pictures, in any spelling; `key` itself if it is none."""
    if (found := class_in(key, keys)) in keys:
        return found
    meant = [each for each in keys if same_diagnosis(key, each)]
    return meant[0] if len(meant) == 1 else key


@contextmanager
def _opened(where: str, info: PredictorInfo, progress: Progress) -> Iterator[Dataset]:
    """The pictures to judge a run on; those of an archive are there until the end of the block."""
    path = Path(where).expanduser()
    named = where in [entry.spec.name for entry in list_datasets()]  # also where a folder here is called so
    if not named and os.path.isdir(path):  # noqa: PTH112 - Path.is_dir fails on names that are too long
        yield _certain(_open_folder(path, info, progress), path)
    elif named or not os.path.isfile(path):  # noqa: PTH113
        dataset = open_dataset(where, progress)
        yield _certain(dataset, dataset.root)
    elif is_archive_name(path.name):
        with unpacked_aside(path, progress) as folder:
            dataset = _certain(_open_folder(folder, info, progress), folder, path)
            yield replace(dataset, spec=replace(dataset.spec, name=cache_name(path), title=path.name))
    elif is_table_name(path.name):
        yield _certain(read_dataset_of_table(path, cache_name(path)), path.parent)
    else:
        raise DataError(f"{printable(path)} is no data set, folder, zip, tar or table with labels.")


def _open_folder(folder: Path, info: PredictorInfo, progress: Progress) -> Dataset:
    if choices_of(folder).empty and has_ground_truth(folder, info.classes):
        return open_one_hot_folder(folder, info.classes)
    found = open_folder(folder, progress)
    if found is None:
        raise DataError(
            f"{folder} has no ground-truth CSV with a column “image” and a column per class "
            f"({', '.join(info.class_keys).upper()}), no other table with labels, and no sub-folder with pictures for "
            "each class."
        )
    return found


def _certain(dataset: Dataset, folder: Path, archive: Path | None = None) -> Dataset:
    """The same data set, if nothing is asked about it.

    Raises:
        DataError: somebody has to agree to how it is read; the message says how.
    """
    if not dataset.spec.unsure:
        return dataset
    unpacked = f"Unpack it (python -m core unpack {shlex.quote(printable(archive))}), and a" if archive else "A"
    place = Path("FOLDER") if archive else folder
    raise DataError(
        f"Nothing is judged on {dataset.spec.title} until somebody has agreed to how it is understood: "
        f"{dataset.spec.unsure} {unpacked}nswer on the page Data, or with: {how_to_decide(place)}"
    )
