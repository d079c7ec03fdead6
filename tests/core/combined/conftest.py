"""Runs that are trained by hand: every file as a training would have left it, without a network."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.base.files import write_json
from core.data.catalog import open_dataset
from core.data.splits.leakage import leakage_report
from core.data.splits.splits import TEST, TRAIN, make_split
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import prediction_table, save_predictions
from core.runs.evaluate import predictor_info
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.runs.run_status import Status
from core.training.recipe import Recipe
from tests.core.engine.conftest import eventually  # noqa: F401 - a fixture


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs are made and handed to nobody; the list says what was asked for."""
    asked: list[str] = []

    def launch(recipe: Recipe, **more: object) -> RunFolder:
        asked.append(f"launch fold {recipe.fold}")
        return create_run(recipe, **more)  # type: ignore[arg-type]

    def resume(run: RunFolder) -> State:
        asked.append(f"resume fold {run.written_status().fold}")
        run.write_status(replace(run.written_status(), state=State.QUEUED, ended=None))
        return State.QUEUED

    monkeypatch.setattr("core.combined.starting.start_lacking.__defaults__", (launch, resume))
    return asked


def end(run: RunFolder, state: State, message: str = "") -> None:
    """Write that a run has ended."""
    run.write_status(replace(run.written_status(), state=state, ended=time.time(), message=message))


def finish(run: RunFolder, skill: float = 1.0, without: tuple[str, ...] = ()) -> None:
    """Write what a training would have written; the more skill, the more often its answers are right.

    Pictures named in `without` are in none of its parts, as if they had not been there yet.
    """
    recipe = run.recipe()
    dataset = open_dataset(recipe.dataset)
    split = make_split(
        dataset.table, recipe.split, recipe.seed, recipe.fractions, recipe.most_pictures, recipe.test_fold
    ).without(set(without))
    leakage = leakage_report(split, pd.Series(dtype=object), dataset)
    info = predictor_info(run, dataset, leakage)
    rows = split.rows[split.rows["part"] != TRAIN].rename(columns={"label": "true"}).reset_index(drop=True)
    rng = np.random.default_rng(recipe.seed * 100 + recipe.fold)
    said = rng.random((len(rows), len(info.classes)))
    said[np.arange(len(rows)), rows["true"].map(info.class_keys.index)] += skill
    table = prediction_table(rows, said / said.sum(axis=1, keepdims=True), info.class_keys)
    majority = split.part(TRAIN)["label"].value_counts().idxmax()
    figures = {
        part: evaluate(of, info.class_keys, majority, resamples=0).to_json() for part, of in table.groupby("part")
    }
    split.save(run.split_file)
    write_json(run.leakage_file, leakage.to_json())
    save_predictions(run.evaluation / "predictions.parquet", table)
    write_json(run.evaluation / "metrics.json", {"headline": TEST, **figures})
    info.save(run.predictor_file)
    end(run, State.FINISHED)


@pytest.fixture
def every_status() -> Callable[[], list[Status]]:
    """The written status of every run, the oldest first."""
    from core.runs.run_folder import list_runs

    return lambda: [run.written_status() for run in reversed(list_runs())]
