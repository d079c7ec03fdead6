"""Bringing the finished folds of a cross-validation together as a run: every picture predicted once, by its fold."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from filelock import Timeout

from core.base.errors import DataError, RunError
from core.base.files import folder_built_aside, write_atomically, write_json
from core.base.progress import Progress, until_cancelled
from core.base.record import RecordLock
from core.combined.cross_validation import CrossValidation, FoldRun, open_cross_validation
from core.data.splits.leakage import ClassLeakage, LeakageReport, LevelLeakage
from core.data.splits.splits import TEST, Split, SplitKind
from core.evaluation.predictions import OUT_OF_FOLD, save_predictions
from core.runs.card.making import card_at_evaluation
from core.runs.evaluate import metrics_of
from core.runs.judging.results import Fold, Results, load_results
from core.runs.run_folder import RunFolder, runs_folder
from core.runs.run_states import State
from core.runs.run_status import Status

LOCK_SECONDS = 300.0
"""How long another process may take to bring the same folds together."""


def run_out_of_fold_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`join_folds` as a background job; `arguments` names the cross-validation as `cross_validation`."""
    run = join_folds(open_cross_validation(arguments["cross_validation"]), until_cancelled(progress, cancelled))
    return {"run": run.run_id}


def join_folds(cv: CrossValidation, progress: Progress) -> RunFolder:
    """The out-of-fold run of a cross-validation, made if there is none. However many ask, it is made once.

    Each picture stands in it as the model of its fold answers, which has seen nothing of its group. It has no model.

    Raises:
        RunError: a fold is missing or not finished, which is said by number, or its results cannot be read.
        DataError: the data set has changed between the folds.
        DiskFullError: nothing was made.
    """
    try:
        with RecordLock(cv.path / "join.lock", timeout=LOCK_SECONDS):
            run = cv.out_of_fold() or _made(cv, progress)
            write_json(cv.joined_file, {"run": run.run_id})
            return run
    except Timeout as error:
        raise RunError(f"Another process is already joining the folds of {cv.cv_id}. Try again in a minute.") from error


def _made(cv: CrossValidation, progress: Progress) -> RunFolder:
    asked, folds = cv.asked(), cv.folds()
    runs = _finished(folds)
    results: list[Results] = []
    splits: list[Split] = []
    for done, run in enumerate(runs):
        progress(done, len(runs) + 1, "Reading the folds")
        results.append(load_results(run))
        splits.append(Split.load(run.split_file))
    keys = results[0].info.class_keys
    if any(each.info.class_keys != keys for each in results):
        raise DataError(f"The classes of {results[0].info.dataset_title} have changed between the folds. {_ANEW}")
    table = _out_of_fold_table(results, splits)
    progress(len(runs), len(runs) + 1, "Judging all pictures")
    leakage = joined_leakage([each.leakage for each in results])
    info = replace(
        results[0].info,
        run_id=asked.out_of_fold,
        leaking=leakage.leaking,
        temperature=1.0,
        temperature_of_half=False,
        temperature_of_sets=None,
        folds=asked.folds,
    )
    metrics = metrics_of(table, info, table["true"].value_counts().idxmax())
    of_folds = [
        Fold(each.fold, run.run_id, of.metrics[TEST]) for each, run, of in zip(folds, runs, results, strict=True)
    ]
    with folder_built_aside(runs_folder() / asked.out_of_fold) as aside:
        made = RunFolder(aside)
        write_json(aside / "recipe.json", asked.recipe, durable=True)
        now = time.time()
        status = Status(State.FINISHED, created=now, ended=now, order=now, owner=asked.owner, priority=asked.priority)
        made.write_status(replace(status, cross_validation=cv.cv_id))
        write_json(made.leakage_file, leakage.to_json())
        save_predictions(made.evaluation / "predictions.parquet", table)
        write_json(made.evaluation / "metrics.json", {"headline": OUT_OF_FOLD, OUT_OF_FOLD: metrics.to_json()})
        write_json(made.folds_file, {"folds": [each.to_json() for each in of_folds]})
        info.save(made.predictor_file)
        write_atomically(aside / "card.md", card_at_evaluation(made, info, metrics, of_folds))
    return RunFolder(runs_folder() / asked.out_of_fold)


_ANEW = "Start the cross-validation anew."


def _finished(folds: Sequence[FoldRun]) -> list[RunFolder]:
    lacking = [
        each.missing or f"Fold {each.fold} is {each.state}." for each in folds if each.state is not State.FINISHED
    ]
    if lacking:
        raise RunError(f"Out-of-fold predictions need every fold. {' '.join(lacking)}")
    return [each.run for each in folds if each.run is not None]


def _out_of_fold_table(results: Sequence[Results], splits: Sequence[Split]) -> pd.DataFrame:
    """The test rows of all folds as one part, with the column `fold`.

    Raises:
        DataError: a picture is tested in none of the folds or in several; or a group in several that were dealt.
    """
    tested = [of.predictions[of.predictions["part"] == TEST] for of in results]
    rows = [part.assign(part=OUT_OF_FOLD, fold=number) for number, part in enumerate(tested, 1)]
    table = pd.concat(rows, ignore_index=True)
    everything = set().union(*(split.rows["image_id"] for split in splits))
    often = Counter(table["image_id"])
    wrong = sum(often[image_id] != 1 for image_id in everything)
    own = splits[0].kind is SplitKind.OFFICIAL  # whose publishers may have torn groups, which its leakage report counts
    torn = 0 if own else int((table.groupby("group_id")["fold"].nunique() > 1).sum())
    if wrong or torn:
        what = f"{wrong:,} {results[0].info.things} are tested in none of the folds, or in several"
        raise DataError(
            f"{results[0].info.dataset_title} has changed while the folds were trained: "
            f"{what if wrong else f'{torn:,} groups are torn between folds'}. {_ANEW}"
        )
    return table


def joined_leakage(folds: Sequence[LeakageReport]) -> LeakageReport:
    """What the test parts of all folds let through, together.

    Held-out pictures are counted over all folds, in each of which they are others. Distinct groups and pictures that
    are shared may be the same in two folds: so many as in the worst of them are shared at least.
    """
    first = folds[0]
    labels = sorted({of.label for each in folds for of in each.by_class})
    of_class = [[of for each in folds for of in each.by_class if of.label == label] for label in labels]
    levels = {(level.noun, level.column): level.groups for each in folds for level in each.levels}
    known = [each.known_to_trunk for each in folds]
    told = [each for each in known if each is not None]
    return replace(
        first,
        held_out_part=OUT_OF_FOLD,
        groups_shared=max(each.groups_shared for each in folds),
        identical_images_shared=max(each.identical_images_shared for each in folds),
        held_out=sum(each.held_out for each in folds),
        with_group_in_train=sum(each.with_group_in_train for each in folds),
        with_copy_in_train=sum(each.with_copy_in_train for each in folds),
        by_class=tuple(
            ClassLeakage(
                of[0].label,
                sum(each.held_out for each in of),
                sum(each.with_group_in_train for each in of),
                sum(each.with_copy_in_train for each in of),
            )
            for of in of_class
        ),
        levels=tuple(
            LevelLeakage(noun, column, groups, sum(
                level.with_group_in_train for each in folds for level in each.levels
                if (level.noun, level.column) == (noun, column)
            ))
            for (noun, column), groups in levels.items()
        ),
        cautions=_cautions(folds),
        known_to_trunk=sum(told) if len(told) == len(known) else None,
        data_digest="",  # each fold divides the data in its own way
    )  # fmt: skip


def _cautions(folds: Sequence[LeakageReport]) -> tuple[str, ...]:
    """Those of all folds, each once, with the folds that it holds for where it does not hold for all."""
    of: dict[str, list[int]] = {}
    for number, each in enumerate(folds, 1):
        for said in each.cautions:
            of.setdefault(said, []).append(number)
    return tuple(
        said if len(numbers) == len(folds) else f"Fold{'s' * (len(numbers) > 1)} {_listed(numbers)}: {said}"
        for said, numbers in of.items()
    )


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
