import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import catalog
from core.data.catalog import dataset_spec, demo_folder, ensure_demo, list_datasets, open_dataset
from core.data.demo import DEMO_SPEC, generate_demo
from core.data.ham10000 import HAM10000_SPEC, METADATA_FILE
from core.errors import DataError, DatasetNotFoundError

pytestmark = pytest.mark.usefixtures("artifacts")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "demo"
    generate_demo(folder, lesions=20)
    return folder


@pytest.fixture
def small_demo(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Makes the demo small, since drawing all of it takes long; the list tells where it was drawn."""
    places: list[Path] = []

    def copy(folder: Path, **_: object) -> None:
        places.append(folder)
        shutil.copytree(drawn, folder)

    monkeypatch.setattr(catalog, "generate_demo", copy)
    return places


def put_ham10000(root: Path, image_id: str = "a") -> Path:
    folder = root / "ham10000"
    (folder / "HAM10000_images_part_1").mkdir(parents=True)
    Image.fromarray(np.zeros((15, 20, 3), np.uint8)).save(folder / "HAM10000_images_part_1" / f"{image_id}.jpg")
    (folder / METADATA_FILE).write_text(f"lesion_id,image_id,dx\nL1,{image_id},nv\n")
    return folder


def set_roots(monkeypatch: pytest.MonkeyPatch, *roots: Path) -> None:
    for root in roots:
        root.mkdir(exist_ok=True)
    monkeypatch.setenv("LESIONLAB_DATA", os.pathsep.join(map(str, roots)))


def test_the_demo_is_always_there_and_comes_before_what_is_missing(artifacts: Path) -> None:
    demo, ham10000 = list_datasets()
    assert (demo.spec, demo.present, demo.folder) == (DEMO_SPEC, True, artifacts / "data" / "demo")
    assert demo.note == "Drawn on first use, once."
    assert (ham10000.spec, ham10000.present) == (HAM10000_SPEC, False)


def test_listing_draws_and_writes_nothing(small_demo: list[Path]) -> None:
    list_datasets()
    assert not small_demo
    assert not demo_folder().exists()


def test_the_demo_is_drawn_on_first_use_and_only_then(small_demo: list[Path]) -> None:
    first, second = open_dataset("demo"), open_dataset("demo")
    assert small_demo == [demo_folder()]
    assert first.table.equals(second.table)
    assert set(first.table["label"]) <= set(DEMO_SPEC.class_keys)
    assert (first.spec, first.skipped) == (DEMO_SPEC, ())
    assert list_datasets()[0].note == ""


@pytest.mark.usefixtures("small_demo")
def test_the_demo_stays_missing_where_it_is_unknown() -> None:
    table = open_dataset("demo").table
    assert set(table["sex"].dropna()) <= {"female", "male"}
    assert "unknown" not in set(table["site"])


@pytest.mark.usefixtures("small_demo")
def test_what_a_killed_drawing_left_is_cleared_away() -> None:
    abandoned = demo_folder().parent / ".demo.building-x1y2"
    abandoned.mkdir(parents=True)
    (abandoned / "half.jpg").write_bytes(b"half")
    ensure_demo()
    assert sorted(path.name for path in demo_folder().parent.iterdir()) == ["demo", "demo.lock"]


def test_a_folder_named_after_a_data_set_is_found_by_itself(artifacts: Path) -> None:
    folder = put_ham10000(artifacts.parent / "data")
    entry = next(e for e in list_datasets() if e.spec is HAM10000_SPEC)
    assert (entry.present, entry.folder, entry.note) == (True, folder, "")
    assert open_dataset("ham10000").table["image_id"].tolist() == ["a"]


def test_the_second_data_root_is_searched_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_roots(monkeypatch, tmp_path / "one", tmp_path / "two")
    folder = put_ham10000(tmp_path / "two")
    assert open_dataset("ham10000").root == folder


def test_the_first_data_root_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_roots(monkeypatch, tmp_path / "one", tmp_path / "two")
    put_ham10000(tmp_path / "one", "first")
    put_ham10000(tmp_path / "two", "second")
    assert open_dataset("ham10000").table["image_id"].tolist() == ["first"]


def test_a_whole_folder_wins_over_one_without_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_roots(monkeypatch, tmp_path / "one", tmp_path / "two")
    (tmp_path / "one" / "ham10000").mkdir()
    put_ham10000(tmp_path / "two", "second")
    assert open_dataset("ham10000").table["image_id"].tolist() == ["second"]


def test_a_data_root_that_does_not_exist_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_ham10000(tmp_path / "two")
    monkeypatch.setenv("LESIONLAB_DATA", os.pathsep.join([str(tmp_path / "unplugged"), str(tmp_path / "two")]))
    assert len(open_dataset("ham10000").table) == 1


def test_a_data_set_that_is_not_here_says_where_it_was_looked_for_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_roots(monkeypatch, tmp_path / "one", tmp_path / "two")
    with pytest.raises(DatasetNotFoundError, match=r"one/ham10000, .*two/ham10000.*LESIONLAB_DATA"):
        open_dataset("ham10000")
    [note] = [entry.note for entry in list_datasets() if not entry.present]
    assert note == f"Put {METADATA_FILE} and the image folders into {tmp_path / 'one' / 'ham10000'}."


def test_a_folder_without_its_files_is_an_error_of_the_data(artifacts: Path) -> None:
    (artifacts.parent / "data" / "ham10000").mkdir()
    with pytest.raises(DataError, match=r"is empty\. Put"):
        open_dataset("ham10000")


@pytest.mark.parametrize("name", ["", "ham", "HAM10000", "../ham10000"])
def test_an_unknown_name_is_answered_with_the_known_ones(name: str) -> None:
    for open_or_look_up in (open_dataset, dataset_spec):
        with pytest.raises(DatasetNotFoundError, match="Known are: demo, ham10000"):
            open_or_look_up(name)


@pytest.mark.real_data
def test_ham10000_opens_by_name_from_its_data_root(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    assert len(open_dataset("ham10000").table) == 10_015
