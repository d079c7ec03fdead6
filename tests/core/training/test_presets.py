"""Whole recipes by name."""

from pathlib import Path

import pytest

from core.base.errors import ConfigurationError, DatasetNotFoundError
from core.data.catalog import open_dataset
from core.training.presets import PRESETS, preset, preset_fields
from core.training.recipe import changed_fields, make_recipe


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_whole_recipe_that_options_change(name: str) -> None:
    fields = preset(name).fields
    made = make_recipe(**fields, dataset="demo")
    assert made.seed == 0
    changed = make_recipe(**changed_fields(fields, {"dataset": "demo", "seed": "4", "augment_flip": "horizontal"}))
    assert (changed.seed, changed.augment_flip) == (4, "horizontal")
    assert changed.model == made.model


def test_the_small_one_is_small() -> None:
    from core.models.registry import model_spec

    made = make_recipe(**preset("small").fields, dataset="demo")
    assert model_spec(made.model).parameters <= 60_000
    assert made.image_size == 28


def test_a_preset_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="fifteen-seconds"):
        preset("worst")


@pytest.mark.parametrize(
    "command", [["train", "--preset", "best"], ["train", "cnn-59k", "--preset", "best", "--dataset", "demo"], ["train"]]
)
def test_a_preset_needs_a_data_set_and_no_model(command: list[str], capsys: pytest.CaptureFixture) -> None:
    from core.__main__ import main

    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("option", [["--epochs", "9"], ["--set", "learning_rate=0.1"], ["--set", "schedule=cosine"]])
def test_what_does_nothing_because_each_stage_has_its_own_is_refused(
    option: list[str], demo_artifacts: Path, capsys: pytest.CaptureFixture
) -> None:
    from core.__main__ import main

    assert main(["train", "--preset", "fifteen-seconds", "--dataset", "demo", *option]) == 1
    assert "this recipe learns in stages, and each has its own" in capsys.readouterr().err


def test_the_best_is_told_what_most_rows_of_a_data_set_know_unless_it_is_said_otherwise(
    demo_artifacts: Path,
) -> None:
    demo = open_dataset("demo")
    table = demo.table.assign(site=demo.table["site"].where(demo.table.index < len(demo.table) // 3))
    assert preset("best").fields_for(table)["metadata"] == ("age", "sex")
    assert "metadata" not in preset("small").fields_for(table)
    assert preset_fields("best", {"dataset": "demo"})["metadata"] == ("age", "sex", "site")
    assert preset_fields("best", {"dataset": "demo", "metadata": "age"})["metadata"] == "age"
    assert "metadata" not in preset_fields("best", {"dataset": "demo", "model": "brightness-logreg"})
    with pytest.raises(DatasetNotFoundError):
        preset_fields("best", {"dataset": "not there"})
