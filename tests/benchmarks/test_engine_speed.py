"""What the engine costs: from the click to the first point, beside a training without it, and while it is idle."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from core.data.catalog import open_dataset
from core.data.splits.splits import TRAIN, make_split
from core.engine.engine import engine_status, stop_engine, submit
from core.engine.engine_settings import EngineSettings, save_engine_settings
from core.engine.expected import expect
from core.engine.launch import launch
from core.runs.run_folder import RunFolder
from core.runs.run_states import State
from core.training.recipe import Recipe, make_recipe

DIRECT = """
import sys, time
from pathlib import Path
from core.data.images.cache import ensure_cache
from core.data.catalog import open_dataset
from core.data.splits.splits import make_split
from core.training.fit import OutputFiles, fit
from core.training.recipe import Recipe

recipe = Recipe.model_validate_json(sys.argv[1])
folder = Path(sys.argv[2])
dataset = open_dataset(recipe.dataset)
cache = ensure_cache(dataset, recipe.image_size)
split = make_split(dataset.table, recipe.split, recipe.seed, recipe.fractions)
began = time.perf_counter()
names = ("best.keras", "metrics.jsonl", "tensorboard", "state.npz", "watched.json")
fit(recipe, cache, split, dataset.spec.class_keys, OutputFiles(*(folder / name for name in names)))
print(time.perf_counter() - began)
"""
"""Trains by `fit` alone and prints how many seconds that took, imports and pictures left out."""


def test_a_run_through_the_engine_beside_fit_alone(demo_artifacts: Path, tmp_path: Path, capsys) -> None:
    """Promised: the first batch within 2 s of the click, with a process that waits and the cache present."""
    recipe = make_recipe(dataset="demo", model="cnn-59k", epochs=40)
    direct = fit_alone(recipe, tmp_path)
    try:
        save_engine_settings(EngineSettings(standby_minutes=0))
        cold, *_ = through_the_engine(recipe.model_copy(update={"epochs": 1}))
        save_engine_settings(EngineSettings())
        idle = made_ready(recipe)
        warm, whole, off = through_the_engine(recipe)
    finally:
        stop_engine()
    assert demo_artifacts.is_dir()
    with capsys.disabled():
        print(  # noqa: T201 - figures are what a benchmark is for
            f"\nclick to first batch: {warm:.2f} s, without a waiting process {cold:.2f} s; "
            f"a run of {recipe.epochs} epochs: {whole:.1f} s, fit alone {direct:.1f} s (ratio {whole / direct:.2f}); "
            f"time left from the third epoch on, off by {statistics.median(off):.0%} (median of {len(off)}); "
            f"idle engine {idle[0] / 1e6:.0f} MB, with a waiting process {idle[1] / 1e6:.0f} MB"
        )
    assert warm < 2
    assert warm < cold / 3
    assert whole / direct < 1.5
    assert statistics.median(off) < 0.2


def fit_alone(recipe: Recipe, folder: Path) -> float:
    command = [sys.executable, "-c", DIRECT, recipe.model_dump_json(), str(folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(said.stdout.split()[-1])


def made_ready(recipe: Recipe) -> tuple[int, int]:
    """Memory of the idle engine without and with a process that has the recipe's network ready."""
    dataset = open_dataset(recipe.dataset)
    split = make_split(dataset.table, recipe.split, recipe.seed, recipe.fractions)
    without = engine_status().memory
    submit()
    expect(recipe, len(dataset.spec.classes), len(split.part(TRAIN)))
    time.sleep(40)  # it says nothing while it loads
    return without, engine_status().memory


def through_the_engine(recipe: Recipe) -> tuple[float, float, list[float]]:
    """Seconds from the launch to the first line of the metrics and to the end, and how far off each time left was.

    That is a share of the time that was left in truth, from the third epoch on and while more than three seconds were.
    """
    began = time.perf_counter()
    run: RunFolder = launch(recipe)
    while not run.metrics()[0]:
        assert not run.status().state.over, run.log_tail()
        time.sleep(0.01)
    first = time.perf_counter() - began
    said = []
    while not (status := run.status()).state.over:
        if status.done >= 3 and status.eta_seconds is not None:
            said.append((time.perf_counter(), status.eta_seconds))
        time.sleep(0.2)
    assert status.state is State.FINISHED, run.log_tail()
    ended = time.perf_counter()
    off = [abs(eta / (ended - at) - 1) for at, eta in said if ended - at > 3]
    return first, ended - began, off
