"""Nothing is trained before somebody has agreed to how a folder is read, nor without its pictures."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from core.base.errors import DataError, DatasetNotFoundError
from core.data.catalog import list_datasets, look, open_dataset, trainable_spec
from core.data.joined_sets import Member, join_sets
from core.data.reading.choices import choices_of, keep_choices
from core.data.reading.reader import read_folder
from core.data.trainable import why_not_trained
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
from tests.asked_folders import agree, draw, make_asking, make_ham10000, make_isic2019, make_table_alone


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


def of_patches(folder: Path, *classes: str) -> Path:
    """Patches of breast tissue of four patients, each with these classes."""
    for patient, label in product(("8863", "8864", "8865", "8866"), classes):
        draw(folder / patient / label, [f"{patient}_idx5_x{x}_y1_class{label}" for x in (1, 51)], "png")
    return folder


def of_kaggle(folder: Path, labels: str, drawn: int = 4) -> Path:
    """PatchCamelyon as Kaggle gives it, with patches of these labels of which the first are there."""
    names = [f"{number:040x}" for number in range(len(labels))]
    draw(folder / "train", names[:drawn], "tif")
    rows = [f"{name},{label}" for name, label in zip(names, labels, strict=True)]
    (folder / "train_labels.csv").write_text("\n".join(["id,label", *rows]))
    return folder


def of_pixels(folder: Path, labels: str) -> Path:
    """The published table of 8×8 grey pixels with a row of each label."""
    folder.mkdir()
    head = ",".join([f"pixel{number:04}" for number in range(64)] + ["label"])
    (folder / "hmnist_8_8_L.csv").write_text("\n".join([head, *(f"{'7,' * 64}{label}" for label in labels)]))
    return folder


def of_archive(folder: Path, labels: str) -> Path:
    """BreastMNIST with pictures of these labels in each of its parts."""
    folder.mkdir()
    numbers = np.array([[int(label)] for label in labels], np.uint8)
    pictures = np.zeros((len(labels), 28, 28), np.uint8)
    parts = {f"{part}_images": pictures for part in ("train", "val", "test")}
    np.savez(folder / "breastmnist.npz", **parts, **{f"{part}_labels": numbers for part in ("train", "val", "test")})
    return folder


def of_slides(folder: Path, labels: str) -> Path:
    """PatchCamelyon's file of labels, and one for pictures, which nobody needs to know what the classes are."""
    folder.mkdir()
    with h5py.File(folder / "camelyonpatch_level_2_split_train_y.h5", "w") as file:
        file["y"] = np.array([int(label) for label in labels], np.uint8).reshape(-1, 1, 1, 1)
    with h5py.File(folder / "camelyonpatch_level_2_split_train_x.h5", "w") as file:
        file["x"] = np.zeros((len(labels), 96, 96, 3), np.uint8)
    return folder


def both_isic(folder: Path, classes: tuple[str, ...]) -> Path:
    """ISIC 2019 with pictures of these classes, and rows of another whose pictures are not here."""
    names = {f"ISIC_{number}": classes[number % len(classes)] for number in range(6)}
    make_isic2019(folder, names | {"ISIC_9": "SCC"})
    draw(folder / "ISIC_2019_Training_Input", [f"{name}_downsampled" for name in names], first=20)
    return folder


UNPICTURED: dict[str, Callable[[Path], Path]] = {
    "ham10000": lambda folder: make_ham10000(folder, "nv mel"),
    "isic2019": lambda folder: make_isic2019(folder, {"ISIC_1": "MEL", "ISIC_2": "NV"}),
    "patchcamelyon_kaggle": lambda folder: of_kaggle(folder, "0101", drawn=0),
}


@pytest.mark.parametrize("name", UNPICTURED)
def test_a_known_table_without_its_pictures_is_told_so_before_a_run_is_made(artifacts: Path, name: str) -> None:
    folder = UNPICTURED[name](artifacts.parent / "data" / "download")
    [entry] = [each for each in list_datasets() if each.folder == folder]
    assert (entry.spec.name, entry.present, entry.spec.unpictured) == (name, True, True)
    assert "it can be explored" in why_not_trained(entry.spec)
    dataset = open_dataset(name)
    assert (dataset.table.empty, dataset.spec.unpictured) == (True, True)
    assert len(dataset.described) >= 2
    for way in ("create_run", "start_search"):
        with pytest.raises(DataError, match=r"None of the pictures that .* is here: it can be explored"):
            WAYS[way](name)
    assert not list_runs()


def test_pictures_of_another_download_are_those_of_isic_2019_and_are_watched(artifacts: Path) -> None:
    data = artifacts.parent / "data"
    make_isic2019(data / "isic2019", {f"ISIC_{n:02}": "NV" if n % 2 else "MEL" for n in range(24)})
    assert is_unpictured("isic2019")
    long_ago(data)
    assert is_unpictured("isic2019")
    deep = draw(data / "elsewhere" / "a" / "b" / "c" / "d", ["ISIC_00"])
    (data / "isic2019" / "image_folders.txt").write_text(str(data / "elsewhere"))
    long_ago(data)
    assert "of one class, “melanoma”" in why_not_trained(look().spec("isic2019"))
    assert "of one class, “melanoma”" in why_not_trained(look().spec("isic2019"))
    draw(deep, ["ISIC_01"])
    assert not why_not_trained(look().spec("isic2019"))
    (data / "isic2019" / "image_folders.txt").unlink()
    assert is_unpictured("isic2019")
    make_ham10000(data / "ham10000", "nv mel", pictured="nv mel")
    assert not is_unpictured("isic2019")


def long_ago(folder: Path) -> None:
    """Make all look as if nothing had changed for a minute, so that what was found is remembered."""
    for place in [folder, *folder.rglob("*")]:
        os.utime(place, ns=(place.stat().st_mtime_ns - 60 * 10**9,) * 2)


ONE_CLASS: dict[str, tuple[str, Callable[[Path], Path], Callable[[Path], Path]]] = {
    "ham10000": (
        "benign keratosis",
        lambda folder: make_ham10000(folder, "bkl mel", pictured="bkl"),
        lambda folder: make_ham10000(folder, "bkl mel", pictured="bkl mel"),
    ),
    "isic2019": ("melanoma", lambda f: both_isic(f, ("MEL",)), lambda f: both_isic(f, ("MEL", "NV"))),
    "breast_histopathology": (
        "invasive ductal carcinoma",
        lambda folder: of_patches(folder, "1"),
        lambda folder: of_patches(folder, "0", "1"),
    ),
    "patchcamelyon_kaggle": (
        "tumour tissue",
        lambda folder: of_kaggle(folder, "111100"),
        lambda folder: of_kaggle(folder, "1010"),
    ),
    "patchcamelyon": ("tumour tissue", lambda f: of_slides(f, "1111"), lambda f: of_slides(f, "0111")),
    "ham10000_8_L": ("melanocytic nev", lambda f: of_pixels(f, "4444"), lambda f: of_pixels(f, "4446")),
    "breastmnist": ("normal, benign", lambda f: of_archive(f, "11"), lambda f: of_archive(f, "10")),
}


@pytest.mark.parametrize("name", ONE_CLASS)
def test_a_known_download_of_one_class_is_refused_before_a_run_is_made(artifacts: Path, name: str) -> None:
    said, one, two = ONE_CLASS[name]
    folder = one(artifacts.parent / "data" / "download")
    [entry] = [each for each in list_datasets() if each.folder == folder and each.present]
    assert entry.spec.name == name
    for way in ("create_run", "start_search"):
        with pytest.raises(DataError, match=f"that are here are of one class, “.*{said}.*”: there is nothing to tell"):
            WAYS[way](name)
    assert not list_runs()
    assert open_dataset(name).spec.single_class == entry.spec.single_class
    shutil.rmtree(folder)
    two(folder)
    assert trainable_spec(name).single_class == ""


def test_downloads_of_one_class_each_are_joined_to_one_of_two(artifacts: Path) -> None:
    data = artifacts.parent / "data"
    make_ham10000(data / "ham10000", "nv mel", pictured="nv")
    both_isic(data / "isic2019", ("MEL",))
    specs = {entry.spec.name: entry.spec for entry in list_datasets() if entry.present}
    join_sets("both", [Member("ham10000", {"nv": "nv"}), Member("isic2019", {"mel": "mel"})], specs)
    assert not why_not_trained(trainable_spec("both"))
    assert set(open_dataset("both").table["label"]) == {"nv", "mel"}


def test_a_known_table_that_cannot_be_read_is_told_so_before_a_run_is_made(artifacts: Path) -> None:
    folder = make_ham10000(artifacts.parent / "data" / "ham10000", "nv mel", pictured="nv mel")
    (folder / "HAM10000_metadata.csv").write_text("lesion_id,image_id\nL1,a\n")
    with pytest.raises(DataError, match="lacks the column dx"):
        create_run(recipe("ham10000"))
    assert "lacks the column dx" in why_not_trained(look().spec("ham10000"))


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
