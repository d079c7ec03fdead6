"""Nothing is trained before somebody has agreed to how a folder is read, nor without its pictures."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.errors import DataError, DatasetNotFoundError
from core.data.catalog import list_datasets, open_dataset, trainable_spec
from core.data.reading.choices import choices_of, keep_choices
from core.data.reading.reader import read_folder
from core.engine.launch import clone, launch
from core.engine.training_process import RunWriter, train_run
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.searches.continuing import launch_from
from core.searches.control import start_search
from core.searches.search_config import make_search_config
from core.searches.search_folder import list_searches
from core.searches.space import narrowed_space
from core.teaching.leakage_lesson import list_leakage_lessons, start_leakage_lesson
from core.training.recipe import make_recipe
from tests.asked_folders import agree, make_asking, make_table_alone


@pytest.fixture
def scans(artifacts: Path) -> Path:
    return make_asking(artifacts.parent / "data" / "my scans")


@pytest.fixture
def table_alone(artifacts: Path) -> Path:
    return make_table_alone(artifacts.parent / "data" / "described")


def recipe(name: str = "my scans", **fields: object):
    return make_recipe(dataset=name, model="cnn-59k", epochs=1, image_size=28, batch_size=8, **fields)


def search_of(name: str):
    space = narrowed_space("cnn-59k", ["learning_rate"])
    return make_search_config(recipe=recipe(name), space=space, trials=1)


WAYS: dict[str, Callable[[str], object]] = {
    "create_run": lambda name: create_run(recipe(name), queued=False),
    "launch": lambda name: launch(recipe(name)),
    "clone": lambda name: clone(create_run(make_recipe(dataset="demo", model="cnn-59k")), dataset=name),
    "launch_from": lambda name: launch_from(RunFolder(Path("nowhere")), recipe(name)),
    "start_search": lambda name: start_search(search_of(name)),
    "lesson": lambda name: start_leakage_lesson(name, "cnn-59k"),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_to_a_training_before_somebody_has_agreed(scans: Path, way: str) -> None:
    with pytest.raises(DataError, match="until somebody has agreed") as refused:
        WAYS[way]("my scans")
    said = str(refused.value)
    assert question_of(scans) in said
    assert "on the page Data" in said
    assert f"python -m core inspect '{scans}' --agree" in said
    assert [run.recipe().dataset for run in list_runs()] == ["demo"] * (way == "clone")
    assert not list_searches()
    assert not list_leakage_lessons("my scans")


def question_of(folder: Path) -> str:
    [question] = read_folder(folder).questions
    return question


def test_it_is_trained_on_once_somebody_has_agreed(scans: Path) -> None:
    agree(scans)
    assert trainable_spec("my scans").unsure == ""
    assert create_run(recipe(), queued=False).recipe().dataset == "my scans"


def test_a_run_that_was_made_before_the_folder_changed_is_refused_by_its_own_process(scans: Path) -> None:
    agree(scans)
    run = create_run(recipe(), queued=False)
    keep_choices(scans, replace(choices_of(scans), agreed=""))
    with RunWriter(run) as writer, pytest.raises(DataError, match="until somebody has agreed"):
        train_run(run, writer)


@pytest.mark.parametrize("way", ["create_run", "start_search"])
def test_a_table_without_its_pictures_is_explored_and_not_trained_on(table_alone: Path, way: str) -> None:
    [entry] = [each for each in list_datasets() if each.folder == table_alone]
    assert entry.present
    dataset = open_dataset("described")
    assert (len(dataset.described), len(dataset.table)) == (60, 0)
    assert dataset.spec == entry.spec
    with pytest.raises(DataError, match="None of the pictures that described describes is here: it can be explored"):
        WAYS[way]("described")
    assert not list_runs()


def test_pictures_beside_the_table_make_it_one_to_train_on(table_alone: Path) -> None:
    assert is_unpictured("described")
    for number in range(60):
        Image.fromarray(np.full((32, 32, 3), number, np.uint8)).save(table_alone / f"im{number}.png")
    assert not is_unpictured("described")
    assert trainable_spec("described").class_keys == ("bkl", "mel", "nv")


def is_unpictured(name: str) -> bool:
    [entry] = [each for each in list_datasets() if each.spec.name == name]
    return entry.spec.unpictured


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((), "holds no picture and no table that describes any"),
        (("notes.docx", "a/b/notes.docx"), "holds no picture and no table that describes any"),
        (("mel/a.png", "mel/b.png"), "of one class|which class the 2 pictures"),
    ],
)
def test_a_folder_that_is_there_and_cannot_be_used_gives_its_reason(
    artifacts: Path, files: tuple[str, ...], said: str
) -> None:
    folder = artifacts.parent / "data" / "thing"
    folder.mkdir()
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(folder / name, format="PNG")
    for name in ("thing", str(folder)):
        with pytest.raises(DataError, match=said) as refused:
            create_run(recipe(name))
        assert "No data set is called" not in str(refused.value)


def test_a_folder_elsewhere_is_said_to_need_adding(scans: Path, tmp_path: Path) -> None:
    elsewhere = scans.rename(tmp_path / "my scans")
    with pytest.raises(DatasetNotFoundError, match=r"holds my scans\. .* add it on the page Data"):
        create_run(recipe(str(elsewhere)))


@pytest.mark.parametrize("name", ["nowhere", "", ".", "..", "x" * 5000, "a\0b"])
def test_a_name_that_nothing_has_is_still_told_so(artifacts: Path, name: str) -> None:
    with pytest.raises(DatasetNotFoundError, match="No data set is called"):
        create_run(recipe(name))
