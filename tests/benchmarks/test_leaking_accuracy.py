"""What the leakage lesson claims of HAM10000: one network looks far better where copies of its test are in training."""

from pathlib import Path

import pytest

from core.base.settings import settings_for_processes
from core.engine.supervise import supervise
from core.runs.judging.results import headline_metrics
from core.runs.run_folder import create_run
from core.teaching.leakage_lesson import lesson_recipes


@pytest.mark.real_data
@pytest.mark.timeout(2400)  # five minutes on two free cores
def test_oversampling_first_shows_over_92_percent_and_the_grouped_split_under_80(
    real_data: Path, artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    accuracy = {}
    grouped, _, oversampled = lesson_recipes("ham10000", "cnn-pyramid", epochs=10, seed=0, train_fraction=0.8)
    for recipe in (grouped, oversampled):
        run = create_run(recipe)
        assert supervise(str(run.path), settings_for_processes()) == "finished", run.log_tail()
        part, metrics = headline_metrics(run)
        assert part == "test"
        accuracy[str(recipe.split)] = metrics.accuracy
    assert accuracy["oversample-first"] > 0.92
    assert accuracy["grouped"] < 0.80
