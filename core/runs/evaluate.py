"""Judging a run: its predictions on held-out pictures, and every metric that follows from them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.files import file_built_aside, write_atomically, write_json
from core.base.printable import printable
from core.base.progress import Progress, silent
from core.data.images.cache import ensure_cache
from core.data.metadata_encoding import EncodedMetadata, MetadataEncoding, encode_all
from core.data.spec import Dataset, Skip
from core.data.splits.leakage import LeakageReport
from core.data.splits.splits import TEST, TRAIN, VALIDATION, Split
from core.data.training_examples import Examples, open_examples
from core.evaluation.calibration import calibration_of
from core.evaluation.conformal import for_temperature
from core.evaluation.metrics import Metrics, evaluate, with_intervals_of_few
from core.evaluation.predictions import prediction_table, save_predictions
from core.evaluation.temperature import at_temperature, fitted_temperature
from core.models.registry import model_spec
from core.runs.card.making import card_at_evaluation
from core.runs.judging.judged_on import NearDuplicates, find_shared, mapped_classes, opened, seen
from core.runs.judging.other_samples import other_samples
from core.runs.judging.results import headline_metrics, load_leakage_of
from core.runs.judging.shared_pictures import Shared
from core.runs.run_folder import RunFolder
from core.runs.trash import deletion_named, refuse_deleted
from core.serving.gene_names import load_genes
from core.serving.predictor import Predictor, PredictorInfo


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

    The temperature of the predictor is fitted on the validation part alone.
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
    if held_out.empty:
        raise DataError(f"The run {run.run_id} has no held-out part to judge it on: it has learnt from every picture.")
    rows = held_out.rename(columns={"label": "true"})
    known = metadata.values if metadata else None
    uncalibrated = predictor.uncalibrated(examples.values, examples.rows(rows["image_id"]), known)
    temperature, of_sets = _temperatures(predictor.info, uncalibrated, rows)
    info = replace(predictor.info, temperature=temperature, temperature_of_half=False, temperature_of_sets=of_sets)
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
    write_atomically(run.path / "card.md", card_at_evaluation(run, info, judged[parts[-1]]))


def metrics_of(table: pd.DataFrame, info: PredictorInfo, majority: str) -> Metrics:
    """Every metric of a part; of samples, which are few, with intervals that hold for few."""
    metrics = evaluate(table, info.class_keys, majority)
    return with_intervals_of_few(metrics) if info.takes == "genes" else metrics


def _temperatures(info: PredictorInfo, uncalibrated: np.ndarray, rows: pd.DataFrame) -> tuple[float, float]:
    """Fitted on the validation part, and on that half of it which gives no limits of sets (`core.runs.judging.trust`).

    A few hundred pictures say so little of a temperature that half of them are too few for what people see. The class
    fractions of the majority baseline are calibrated as they are.
    """
    if not model_spec(info.model).gradient_trained:
        return 1.0, 1.0
    validation = rows["part"].to_numpy() == VALIDATION
    of, fractions = rows[validation], uncalibrated[validation]
    true = pd.Index(info.class_keys).get_indexer(of["true"])
    half = for_temperature(of["group_id"], of["true"])
    return fitted_temperature(fractions, true), fitted_temperature(fractions[half], true[half])


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
            f"{len(gone):,} {info.things} of this run's split are no longer in {info.dataset_title}, so "
            "it cannot be judged again. Its earlier figures are kept."
        )
    evaluate_run(run, examples, split, info, encode_all(info.metadata, dataset.table, examples.image_ids))
    return headline_metrics(run)


def evaluate_on(
    run: RunFolder,
    where: str,
    progress: Progress = silent,
    near: NearDuplicates | None = None,
    *,
    classes: Mapping[str, str] | None = None,
    shared: Shared = Shared.COUNT,
) -> tuple[Dataset, Metrics, Path]:
    """Judge a run on others: a data set by name, a folder, an archive, or a table with labels.

    A folder, or what is in a zip or tar, is read as every folder is; of a table those pictures count that it names and
    that lie in its folder. What is not certain is refused until somebody has agreed to it. Pictures that cannot be read
    or whose class the run does not know are left out and listed in the `skipped` of the data set that is returned.
    Results go to `evaluation/on-<name>/`, with the number of pictures that the run has learnt from, by what they show;
    None where the pictures that it has learnt from are not here. With `near`, the number of others that show a
    photograph that it has learnt from is written beside it, None where that is not known. A run on genes is judged on a
    gene-expression table: by its name, or its folder or file.

    Args:
        run: with a trained model.
        where: what to judge it on.
        progress: told about each step.
        near: finds changed copies of pictures.
        classes: class of the run by class of the others, where it is to be another than the one that is proposed
            (`core.runs.judging.judged_on.propose_classes`); "" leaves a class out.
        shared: what becomes of pictures that the run's own data have, too.

    Raises:
        RunError: also where somebody deletes the run meanwhile.
        DatasetNotFoundError, DataError.
    """
    info = PredictorInfo.load(run.predictor_file)
    info.refuse_without_model()
    asked = _Asked(run, where, info, dict(classes or {}), shared, near, progress)
    if info.takes == "genes":
        samples, expression = other_samples(run, where)
        return _judged_on(replace(asked, near=None), samples, lambda _: expression)  # samples have no changed copies
    with deletion_named(run), opened(where, info, progress) as dataset:
        return _judged_on(asked, dataset, lambda known: ensure_cache(known, info.image_size, progress))


@dataclass(frozen=True)
class _Asked:
    """What `evaluate_on` was asked."""

    run: RunFolder
    where: str
    info: PredictorInfo
    classes: dict[str, str]
    shared: Shared
    near: NearDuplicates | None
    progress: Progress


def _judged_on(
    asked: _Asked, dataset: Dataset, examples_of: Callable[[Dataset], Examples]
) -> tuple[Dataset, Metrics, Path]:
    run, info = asked.run, asked.info
    theirs = dataset.table["label"].value_counts()
    classes = mapped_classes(dict.fromkeys([*dataset.spec.class_keys, *theirs.index]), info.class_keys, asked.classes)
    known = dataset.table["label"].isin(classes)
    if not known.any():
        there = ", ".join(map(printable, theirs.index[:10])) or "none"
        raise DataError(
            f"None of the {info.things} of {printable(asked.where)} has a class that this run knows. Classes there: "
            f"{there}; of the run: {', '.join(info.class_keys)}. Say which counts as which: on the page Results, tab "
            "External test, or with --map CLASS=CLASS."
        )
    dataset = replace(
        dataset, table=dataset.table.assign(label=dataset.table["label"].map(lambda key: classes.get(key, key)))
    )
    examples = examples_of(dataset)
    reasons = dict.fromkeys(asked.classes, "Its class {} was left out.")
    unknown = "The run was not trained on its class {}."
    untrained = tuple(
        Skip(row.image_id, row.path, reasons.get(row.label, unknown).format(row.label))
        for row in dataset.table[~known].itertuples()
    )
    dataset = replace(dataset, skipped=(*dataset.skipped, *examples.failures, *untrained))
    rows = dataset.table[known & dataset.table["image_id"].isin(examples.image_ids)]
    rows = rows.rename(columns={"label": "true"}).assign(part=TEST).reset_index(drop=True)
    split = Split.load(run.split_file)
    value: dict[str, Any] = {"on": str(asked.where), "title": dataset.spec.title, "at": time.time()}
    value |= {"classes": classes, "left_out": {str(key): int(n) for key, n in theirs.items() if key not in classes}}
    if asked.shared is Shared.COUNT:
        value |= _counted(asked, dataset, rows, examples, split)
    else:
        rows, said = _without_shared(asked, dataset, rows, examples, split)
        value |= said
    predictor = Predictor.of_run(run.path)
    beside = encode_all(info.metadata, dataset.table, examples.image_ids)
    probabilities = predictor.probabilities(
        examples.values, examples.rows(rows["image_id"]), beside.values if beside else None
    )
    table = prediction_table(rows[["image_id", "group_id", "part", "true"]], probabilities, info.class_keys)
    metrics = metrics_of(table, info, split.part(TRAIN)["label"].value_counts().idxmax())
    refuse_deleted(run)
    target = run.evaluation / f"on-{dataset.spec.name}"
    save_predictions(target / "predictions.parquet", table)
    write_json(target / "metrics.json", value | metrics.to_json())
    return dataset, metrics, target


def _counted(asked: _Asked, dataset: Dataset, rows: pd.DataFrame, examples: Examples, split: Split) -> dict[str, Any]:
    """How many the run has learnt from."""
    info, progress = asked.info, asked.progress
    known = seen(examples, rows["image_id"], info, split, progress)
    value = {f"{info.things}_seen_in_training": None if known is None else int(known.sum())}
    if asked.near is not None:
        others = rows["image_id"] if known is None else rows["image_id"][~known]
        shown = asked.near(dataset, others, info.dataset, split.part(TRAIN)["image_id"], progress)
        value["near_duplicates_of_training"] = None if shown is None else int(shown.sum())
    return value


def _without_shared(
    asked: _Asked, dataset: Dataset, rows: pd.DataFrame, examples: Examples, split: Split
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The rows that the run's own data do not have, and what is said of the others.

    Raises:
        DataError: there are such, and that was to be refused; nothing is left; or they cannot be found.
    """
    info = asked.info
    cut, found = find_shared(dataset, rows, examples, info, split, asked.near, asked.progress)
    if cut.any() and asked.shared is Shared.REFUSE:
        raise DataError(
            f"{int(cut.sum()):,} of the {len(rows):,} {info.things} of {asked.where} are {info.things} of the run's "
            "own data, or belong to the same group as one. Have them cut, or choose another data set."
        )
    if cut.all():
        raise DataError(
            f"All {len(rows):,} {info.things} of {asked.where} are {info.things} of the run's own data, so that "
            "nothing is left for an external test. Choose another data set."
        )
    said = {f"{info.things}_seen_in_training": 0, "shared": asdict(found)}
    if asked.near is not None:
        said["near_duplicates_of_training"] = None if found.changed is None else 0
    return rows[~cut].reset_index(drop=True), said
