"""What each command of the command line does: returns one JSON-ready dictionary and lines for people."""

import argparse
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import pandas as pd
from tqdm import tqdm

from core.base.errors import ConfigurationError, RunError
from core.base.files import read_json
from core.base.percents import percent
from core.base.printable import one_line
from core.base.settings import settings_for_processes
from core.cli.output import log
from core.daemon import start_engine
from core.data.catalog import Catalog, CatalogEntry, is_synthetic, look, open_dataset
from core.data.gene_catalog import describe_gene_table, list_gene_tables, open_gene_table, own_split
from core.data.genes.gene_expression import logged
from core.data.images.cache import ensure_cache
from core.data.left_out import MOST_NAMED, by_reason
from core.data.spec import Skip
from core.data.splits.folds import names_of_own_folds
from core.data.splits.splits import SplitKind
from core.data.trainable import why_not_trained
from core.data.training_examples import open_either
from core.engine import engine as engines
from core.engine import launch
from core.engine.supervise import supervise
from core.engine.waiting import waiting
from core.evaluation.metrics import Metrics
from core.models.registry import list_models
from core.models.spec import Takes
from core.runs.input_wait import input_wait
from core.runs.judging.ablation import ablation_of
from core.runs.judging.earlier_figures import earlier_figures
from core.runs.judging.results import headline_metrics, load_leakage_of
from core.runs.judging.trust import lacking_of
from core.runs.run_folder import RunFolder, create_run, list_runs, open_run, summarise
from core.runs.run_states import Request, State
from core.runs.run_status import Status
from core.runs.trained import read_trained
from core.searches.control import stop_all
from core.serving.gate_making import start_gate_job
from core.serving.predictor import PredictorInfo
from core.training.gene_classifier import judge_gene_classifier
from core.training.presets import preset_fields
from core.training.recipe import Recipe, make_recipe, parse_settings, recipe_in, refuse_idle

Answer = tuple[dict[str, Any], list[str]]
LEAKS = "THE SPLIT LEAKS: the figures of this run are too good."
OWN = "own"
"""Said for `--folds`, the folds that a data set has."""
SYNTHETIC = "The pictures are synthetic: nothing here speaks of real skin."


class TerminalProgress:
    """A tqdm bar on stderr for each thing that is counted; call it as a `core.base.progress.Progress`."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.bar: tqdm | None = None
        self.what = ""

    def __call__(self, done: float, total: float, what: str) -> None:
        if self.bar is None or what != self.what:
            self.close()
            self.what = what
            self.bar = tqdm(total=total, desc=what, leave=False, disable=None, **self.options)
        self.bar.n = done
        self.bar.refresh()

    def close(self) -> None:
        """End the bar."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def datasets(_: argparse.Namespace) -> Answer:
    """`datasets`."""
    catalog = look()
    entries: list[dict[str, Any]] = [
        {
            "name": entry.spec.name,
            "title": entry.spec.title,
            "present": entry.present,
            "why_not_trained": why_not_trained(entry.spec) if entry.present else entry.note,
            "synthetic": entry.spec.synthetic,
            "classes": list(entry.spec.class_keys),
            "licence": entry.spec.licence,
            "caution": entry.spec.caution,
            "folder": str(entry.folder),
            "note": entry.note,
        }
        for entry in catalog.entries
    ]
    lines = [_data_set_line(entry) for entry in catalog.entries]
    tables = [
        {"name": name, "folder": str(place), "understood": describe_gene_table(place)}
        for name, place in list_gene_tables(catalog)
    ]
    lines += [
        f"{t['name']:<12} {'here':<9} gene-expression table, shown on the page Genes. {t['understood']}" for t in tables
    ]
    return {"datasets": entries, "gene_tables": tables}, lines


def _data_set_line(entry: CatalogEntry) -> str:
    """A data set in one line: whether it is here, or of it its table or one class alone, or it asks; what to know."""
    spec = entry.spec
    told = [entry.note, spec.caution, why_not_trained(spec)] if entry.present else [entry.note]
    states = {"missing": not entry.present, "unusable": spec.problem, "table": spec.unpictured,
              "one-class": spec.single_class, "asks": spec.unsure}  # fmt: skip
    state = next((state for state, so in states.items() if so), "here")
    about = f"{spec.name:<12} {state:<9} {spec.title}, {spec.licence}."
    return " ".join(filter(None, [about, *told]))


def models(_: argparse.Namespace) -> Answer:
    """`models`."""
    known = [*list_models(), *list_models("genes")]
    entries = [
        {
            "name": m.name,
            "family": m.family,
            "takes": m.takes,
            "image_size": m.image_size,
            "parameters": m.parameters,
            "source": m.source,
            "architecture": [parameter.to_json() for parameter in m.architecture],
        }
        for m in known
    ]
    lines = []
    for m in known:
        size = "genes" if m.takes == "genes" else f"{m.image_size:>4} px"
        lines.append(f"{m.name:<18} {m.family:<17} {size:>7} {m.parameters:>10,} parameters  {m.source}")
        lines += [f"    architecture.{p.name}: {p.range} (default {p.default}). {p.meaning}" for p in m.architecture]
    return {"models": entries}, lines


def ingest(options: argparse.Namespace) -> Answer:
    """`ingest DATASET --size N`."""
    progress = TerminalProgress()
    began = time.perf_counter()
    catalog = look()
    if catalog.entry(options.dataset) is None and options.dataset in dict(catalog.gene_tables):
        return _read_genes(options.dataset, catalog)
    dataset = open_dataset(options.dataset, progress)
    cache = ensure_cache(dataset, options.size, progress)
    progress.close()
    start_gate_job(dataset, cache.fingerprint)
    skipped = [*dataset.skipped, *cache.failures]
    result = {
        "dataset": options.dataset,
        "size": options.size,
        "images": len(cache.images),
        "skipped": [{"image_id": s.image_id, "path": s.path, "reason": s.reason} for s in skipped],
        "seconds": round(time.perf_counter() - began, 2),
        "folder": str(cache.folder),
    }
    lines = [f"{result['images']:,} pictures at {options.size}×{options.size} in {cache.folder}"]
    return result, [*lines, *skipped_lines(skipped), *_absent_line(dataset.described, skipped)]


def _absent_line(described: pd.DataFrame, skipped: Sequence[Skip]) -> list[str]:
    """Where the names of pictures are listed that a table describes and that are not here, if they are many.

    Those that stand among what is skipped are told already.
    """
    absent = described.loc[described["path"].isna(), "image_id"]
    absent = absent[~absent.isin([skip.image_id for skip in skipped])]
    if len(absent) <= MOST_NAMED:
        return []
    written = log("\n".join(f"not here: {one_line(str(name))}" for name in absent))
    return [f"The names of the {len(absent):,} that are not here are listed in {written}."] if written else []


def _read_genes(name: str, catalog: Catalog) -> Answer:
    """What a gene-expression table holds and how it was understood; reading it is all that it needs."""
    began = time.perf_counter()
    table = open_gene_table(name, catalog)
    samples, genes = table.expression.shape
    classes = {key: int(count) for key, count in table.labels.value_counts().items()}
    scale = "logarithms" if table.scale.logarithmic else "intensities"
    result = {
        "dataset": name,
        "samples": samples,
        "genes": genes,
        "classes": classes,
        "scale": scale,
        "understood": table.understood,
        "left_out": table.left_out,
        "cautions": list(table.cautions),
        "seconds": round(time.perf_counter() - began, 2),
        "folder": str(table.root),
    }
    named = ", ".join(f"{key} {count:,}" for key, count in classes.items())
    lines = [f"{samples:,} samples of {genes:,} genes: {named}", table.understood]
    lines.append(f"The values are taken for {scale}: {table.scale.evidence}.")
    return result, [*lines, *table.told]


def genes(options: argparse.Namespace) -> Answer:
    """`genes NAME`: a classifier of a gene-expression table, judged on samples that it has not seen."""
    table = open_gene_table(options.table)
    values = table.expression if table.scale.logarithmic else logged(table.expression)
    verdict = judge_gene_classifier(values, table.labels, table.split, options.seed)
    result = {
        "dataset": options.table,
        "samples": len(verdict.predicted),
        "balanced_accuracy": verdict.balanced_accuracy,
        "guessing": verdict.guessing,
        "accuracy": verdict.accuracy,
        "majority": verdict.majority,
        "confusion": verdict.confusion.to_dict("index"),
        "how": verdict.how,
    }
    lines = [
        f"balanced accuracy {percent(verdict.balanced_accuracy)} of {len(verdict.predicted):,} samples; by guessing "
        f"{percent(verdict.guessing)}",
        f"accuracy {percent(verdict.accuracy)}; always the most frequent class would reach {percent(verdict.majority)}",
        verdict.how,
    ]
    return result, [*lines, *table.told]


def skipped_lines(skipped: Sequence[Skip]) -> list[str]:
    """What was left out: each by its name where they are few; else how many for what reason, and all in the log."""
    lines = [f"skipped {one_line(s.image_id)}".rstrip() + f": {one_line(s.reason)}" for s in skipped]
    if len(skipped) <= MOST_NAMED:
        return lines
    written = log("\n".join(lines))
    kinds = by_reason(skipped)
    counted = [f"skipped {len(names):,}: {reason}" for reason, names in kinds[:MOST_NAMED]]
    if len(kinds) > MOST_NAMED:
        counted.append(f"skipped for {len(kinds) - MOST_NAMED:,} other reasons")
    return [*counted, f"All {len(skipped):,} are listed in {written}." if written else "All are listed above."]


def _recipe_file(options: argparse.Namespace) -> Path | None:
    """The file of the recipe that `train` is given, by its name or by the whole id of its run; None for a model."""
    given = options.model
    if not given or given in {each.name for takes in get_args(Takes) for each in list_models(takes)}:
        return None
    if given.endswith(".json"):
        return Path(given)
    try:
        run = open_run(given)
    except RunError:
        return None  # that no model is called so is said by what looks for it
    return run.recipe_file if run.run_id == given else None  # a part of an id may be a model's name, misspelt


def wrong_with_train(options: argparse.Namespace) -> str:
    """What is missing among the options of `train`, or too much; "" where nothing is."""
    if (options.model is None) == (options.preset is None):
        return "give a model, a recipe, or --preset NAME" if options.model is None else "--preset names the model, too"
    complete = options.dataset is not None or _recipe_file(options) is not None
    return "" if complete else "--dataset is needed, unless a recipe is given"


def asked_recipe(options: argparse.Namespace) -> Recipe:
    """The recipe that `train` is asked for: a model, a preset or a file, with what is set beside it.

    Raises:
        ConfigurationError: it cannot be used.
    """
    file = _recipe_file(options)
    named = {name: getattr(options, name) for name in ("dataset", "epochs", "split", "balance", "seed", "folds")}
    values: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    settings = parse_settings(options.set)
    if options.model and file is None:
        values["model"] = options.model
        if not {"split", "folds"} & {*values, *settings}:
            values |= own_split(options.dataset)
    if both := sorted(settings.keys() & values.keys()):
        raise ConfigurationError(f"{', '.join(both)} is given twice; leave it out of --set.")
    if values.get("folds") == OWN:
        values |= _folds_of_data_set(values, file)
    if options.preset:
        recipe = make_recipe(**preset_fields(options.preset, values | settings))
    else:
        recipe = make_recipe(**values, **settings) if file is None else recipe_in(file, **values, **settings)
    refuse_idle(recipe, values | settings)
    return recipe


def _folds_of_data_set(values: dict[str, Any], file: Path | None) -> dict[str, Any]:
    """The fields of a recipe that test on each of the folds that its data set has.

    Raises:
        ConfigurationError: it has none, or another split is asked for.
        DatasetNotFoundError, DataError: the data set is not known, or cannot be used.
    """
    if (split := values.get("split", SplitKind.OFFICIAL)) != SplitKind.OFFICIAL:
        raise ConfigurationError(f"folds: those of the data set are its official split. Leave out --split {split}.")
    dataset = values.get("dataset") or recipe_in(file or Path(), **values | {"folds": 0}).dataset
    names = names_of_own_folds(open_either(dataset).table)
    if not names:
        raise ConfigurationError(f"folds: {dataset} has no folds of its own. Give a number, 2 to 10.")
    return {"folds": len(names), "split": SplitKind.OFFICIAL}


def train(recipe: Recipe, *, background: bool) -> Answer:
    """`train MODEL --dataset D …`, `train --preset NAME --dataset D …`, `train RECIPE.json …` and `train RUN …`."""
    if background:
        run = launch.launch(recipe)
        state = run.status().state
        value = {"run_id": run.run_id, "state": str(state), "model": recipe.model, "dataset": recipe.dataset}
        return value, [f"{run.run_id} is {state}"]
    run = create_run(recipe, queued=False)
    train_here(run)
    return trained(run)


def runs(_: argparse.Namespace) -> Answer:
    """`runs`."""
    entries = []
    reasons = {queued.run.run_id: queued.reason for queued in waiting()}
    for run in list_runs():
        summary = summarise(run)
        if summary is None:
            continue
        headline = summary.metrics.get(summary.metrics.get("headline", ""), {})
        entries.append(
            {
                "run_id": run.run_id,
                "state": str(summary.status.state),
                "waits_because": reasons.get(run.run_id) or None,
                "model": summary.recipe.model,
                "dataset": summary.recipe.dataset,
                "synthetic": is_synthetic(summary.recipe.dataset),
                "split": str(summary.recipe.split),
                "leaking": summary.leaking,
                "accuracy": headline.get("accuracy"),
                "balanced_accuracy": headline.get("balanced_accuracy"),
                "majority_accuracy": headline.get("majority_accuracy"),
            }
        )
    lines = [
        f"{e['run_id']}  {e['state']:<10}"
        + (
            f" accuracy {percent(e['accuracy'])} (floor {percent(e['majority_accuracy'])})"
            f" balanced {percent(e['balanced_accuracy'])}"
            if e["accuracy"] is not None
            else ""
        )
        + ("  synthetic" if e["synthetic"] else "")
        + ("  LEAKING SPLIT" if e["leaking"] else "")
        + (f"  {e['waits_because']}" if e["waits_because"] else "")
        for e in entries
    ]
    return {"runs": entries}, lines or ["There is no run yet. Start one: python -m core train cnn-59k --dataset demo"]


def engine(options: argparse.Namespace) -> Answer:
    """`engine start|stop|status`."""
    result: dict[str, Any] = {}
    if options.action == "start":
        start_engine()
    elif options.action == "stop":
        result["stopped_searches"] = stop_all()
        result["stopped_runs"] = engines.stop_engine()
    status = engines.engine_status()
    result |= {
        "running": status.running,
        "address": status.address,
        "embedded": status.embedded,
        "workers": status.workers,
        "devices": list(status.devices),
        "memory_bytes": status.memory,
        "notices": list(status.notices),
    }
    if not status.running:
        said = f"is not running at {status.address}" if status.address else "is not running"
    else:
        workers = f"{status.workers} worker{'s' * (status.workers != 1)}"
        said = f"runs with {workers}" if status.embedded else f"runs at {status.address}"
    return result, [f"The engine {said}.", *status.notices]


def train_here(run: RunFolder) -> None:
    """Train in the foreground: the same supervised process, with a bar; Ctrl-C asks the run to stop.

    Raises:
        OSError, LesionLabError: as `supervise`.
    """
    progress = TerminalProgress()
    wrong: list[Exception] = []

    def look_after() -> None:
        try:
            supervise(str(run.path), settings_for_processes())
        except Exception as error:
            wrong.append(error)

    worker = threading.Thread(target=look_after)
    worker.start()
    while worker.is_alive():
        try:
            worker.join(0.3)
            status: Status = run.written_status()
            if status.state.active and status.total:
                progress(round(status.done, 2), status.total, status.phase)
        except KeyboardInterrupt:
            progress.close()
            tqdm.write(f"Stopping {run.run_id} after this batch …", file=sys.stderr)
            run.ask(Request.STOP)
    progress.close()
    if wrong:
        raise wrong[0]


def trained(run: RunFolder) -> Answer:
    """What came of a training: figures of the part that speaks for it, or what went wrong.

    One that is told something beside the picture is judged against the same on the picture alone, or that is missing.
    """
    status = run.status()
    result: dict[str, Any] = {"run_id": run.run_id, "state": str(status.state), "model": run.recipe().model}
    if status.error_kind is not None:
        result |= {"error": status.message, "kind": str(status.error_kind), "hint": status.error_kind.hint}
        return result, [
            f"{run.run_id} {status.state}: {status.message}",
            status.error_kind.hint,
            str(run.log),
        ]
    if (known_of := read_trained(run)) is not None:
        of_learning = ("parameters", "seconds", "cpu_seconds", "images_per_second", "epochs")
        result |= {name: getattr(known_of, name) for name in of_learning}
        result["input_wait"] = input_wait([line for line in run.metrics()[0] if line["kind"] == "epoch"])
    if run.leakage_file.is_file():
        leakage = load_leakage_of(run)
        known = leakage.to_json()
        named = ("kind", "groups_shared", "identical_images_shared", "leaking", "held_out", "levels", "cautions")
        result["split"] = {name: known[name] for name in named}
        told = [*leakage.level_sentences, *leakage.cautions]
    result["synthetic"] = is_synthetic(run.recipe().dataset)
    lines = [f"{run.run_id} {status.state}"]
    if (run.evaluation / "metrics.json").is_file():
        part, metrics = headline_metrics(run)
        result |= {"part": part, "metrics": metrics.to_json()}
        if run.calibration_file.is_file():
            result["calibration"] = read_json(run.calibration_file)
        lines += [f"on the {part} part:", *metric_lines(metrics)]
        lines += [LEAKS] * result["split"]["leaking"] + told
        lines += filter(None, [earlier_figures(run, status)])
        if result["synthetic"]:
            lines.append(SYNTHETIC)
        if (added := ablation_of(run)) is not None:
            result["ablation"] = added.to_json()
            lines += added.lines()
    elif status.state is State.STOPPED:
        lines.append(status.message or "Stopped before there was anything to evaluate.")
    return result, lines


def marks_of(run: RunFolder) -> tuple[dict[str, Any], list[str]]:
    """What must stand beside every answer of a run: whether its split leaks, its pictures are synthetic, what it lacks.

    What it lacks are sentences: that it could not be calibrated, or has no sets of classes.
    """
    info = PredictorInfo.load(run.predictor_file)
    lacking = lacking_of(run)
    said = [LEAKS] * info.leaking + [SYNTHETIC] * info.synthetic
    return {"leaking": info.leaking, "synthetic": info.synthetic, "lacking": list(lacking)}, [*said, *lacking]


def metric_lines(metrics: Metrics) -> list[str]:
    """The figures of one part, a line each."""
    shown = [
        ("accuracy", metrics.accuracy, "accuracy"),
        ("balanced accuracy", metrics.balanced_accuracy, "balanced_accuracy"),
        ("macro AUC", metrics.macro_auc, "macro_auc"),
        ("log loss", metrics.log_loss, "log_loss"),
        ("calibration error", metrics.ece, "ece"),
    ]
    lines = []
    for name, value, key in shown:
        text = "not defined" if value is None else f"{value:.4f}"
        limits = metrics.intervals.get(key)
        notes = [] if limits is None else [f"95 %: {limits[0]:.4f}–{limits[1]:.4f}"]
        if key == "accuracy":
            notes.append(f"always “{metrics.majority_class}”: {percent(metrics.majority_accuracy)}")
        lines.append(f"  {name:<18} {text}" + (f"  ({'; '.join(notes)})" if notes else ""))
    lines += [
        f"  sensitivity of {c.key:<6} {percent(c.sensitivity)} of {c.support:,}"
        for c in metrics.per_class
        if c.sensitivity is not None
    ]
    return lines
