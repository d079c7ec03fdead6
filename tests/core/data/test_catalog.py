import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.errors import DataError, DatasetNotFoundError
from core.data import catalog
from core.data.adapters.ham10000 import HAM10000_SPEC, METADATA_FILE
from core.data.catalog import dataset_spec, demo_folder, ensure_demo, is_synthetic, list_datasets, open_dataset
from core.data.demo.demo import DEMO_SPEC, generate_demo

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
    demo, ham10000, *others = list_datasets()
    assert not any(entry.present for entry in others)
    assert (demo.spec, demo.present, demo.folder) == (DEMO_SPEC, True, artifacts / "data" / "demo")
    assert demo.note == "Will be drawn when you first use it (about 10 s)."
    assert (ham10000.spec, ham10000.present) == (HAM10000_SPEC, False)


def test_whether_a_name_means_synthetic_pictures_is_told_as_the_list_tells_it(artifacts: Path) -> None:
    (artifacts.parent / "data" / "demo" / "mel").mkdir(parents=True)  # a person's own folder may be called so
    Image.fromarray(np.zeros((15, 20, 3), np.uint8)).save(artifacts.parent / "data" / "demo" / "mel" / "a.png")
    entries = list_datasets()
    assert {e.spec.name: is_synthetic(e.spec.name) for e in entries} == {e.spec.name: e.spec.synthetic for e in entries}
    assert [e.spec.name for e in entries if is_synthetic(e.spec.name)] == ["demo"]
    assert not is_synthetic("a data set of last year")


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
    entry = next(e for e in list_datasets() if e.spec.name == "ham10000")
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
    [note] = [entry.note for entry in list_datasets() if entry.spec.name == "ham10000"]
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


def test_a_known_download_is_recognised_whatever_its_folder_is_called(artifacts: Path) -> None:
    root = artifacts.parent / "data"
    put_ham10000(root).rename(root / "dataverse_files")
    assert open_dataset("ham10000").root == root / "dataverse_files"
    assert sum(entry.present for entry in list_datasets()) == 2


def test_the_folder_of_the_right_name_wins_and_the_other_goes_by_its_own(artifacts: Path) -> None:
    root = artifacts.parent / "data"
    put_ham10000(root, "other").rename(root / "a copy")
    put_ham10000(root, "main")
    assert open_dataset("ham10000").table["image_id"].tolist() == ["main"]
    copy = open_dataset("a copy")
    assert copy.table["image_id"].tolist() == ["other"]
    assert (copy.spec.name, copy.spec.title, copy.spec.classes) == (
        "a copy",
        "HAM10000 (a copy)",
        HAM10000_SPEC.classes,
    )


@pytest.mark.parametrize("file", ["HAM10000_metadata", "HAM10000_metadata.tab"])
def test_ham10000_of_the_dataverse_has_its_source(artifacts: Path, file: str) -> None:
    folder = put_ham10000(artifacts.parent / "data")
    (folder / METADATA_FILE).unlink()
    separator = "\t" if file.endswith(".tab") else ","
    lines = [
        "lesion_id,image_id,dx,dx_type,age,sex,localization,dataset",
        "HAM_1,a,nv,histo,80.0,male,scalp,vidir_modern",
    ]
    text = "\n".join(lines).replace(",", separator) + "\n"
    if separator == "\t":  # the Dataverse quotes texts
        text = text.replace("HAM_1", '"HAM_1"').replace("vidir_modern", '"vidir_modern"')
    (folder / file).write_text(text)
    row = open_dataset("ham10000").table.iloc[0]
    assert (row["group_id"], row["source"], row["age"]) == ("HAM_1", "vidir_modern", 80.0)


def test_every_missing_data_set_tells_what_to_put_where(artifacts: Path) -> None:
    missing = [entry for entry in list_datasets() if not entry.present]
    assert {"ham10000", "isic2018", "isic2019", "dermamnist", "patchcamelyon", "breast_histopathology"} <= {
        entry.spec.name for entry in missing
    }
    for entry in missing:
        assert entry.note.startswith("Put ")
        assert entry.note.endswith(f"into {artifacts.parent / 'data' / entry.spec.name}.")


def test_every_known_data_set_says_whose_it_is_and_what_its_classes_are() -> None:
    for entry in list_datasets():
        spec = entry.spec
        assert spec.licence
        assert spec.citation
        assert spec.malignancy_known
        assert any(c.malignant for c in spec.classes)
        assert all(len(c.name) > len(c.key) for c in spec.classes)
        assert spec.homepage.startswith("https://") or spec.synthetic


def test_listing_reads_a_table_once_and_no_picture(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put_ham10000(artifacts.parent / "data")
    long_ago(artifacts.parent / "data")
    opened: list[str] = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest, **more: opened.append(str(path)) or real(path, *rest, **more))
    for reads in ({str(folder / METADATA_FILE)}, set()):
        opened.clear()
        assert next(entry for entry in list_datasets() if entry.spec.name == "ham10000").present
        assert {path for path in opened if path.startswith(str(folder))} == reads


def test_the_version_of_a_data_set_changes_with_its_table_its_folders_and_its_root(artifacts: Path) -> None:
    root = artifacts.parent / "data"
    folder = put_ham10000(root)
    versions = [catalog.version_of("ham10000")]

    def changed() -> bool:
        versions.append(catalog.version_of("ham10000"))
        return versions[-1] != versions[-2]

    assert not changed()
    os.utime(folder / METADATA_FILE, ns=(1, 1))
    assert changed()
    (folder / "HAM10000_images_part_1" / "new.jpg").write_bytes(b"x")
    assert changed()
    (root / "elsewhere").mkdir()
    assert changed()


def test_a_folder_anywhere_is_opened_by_its_layout(tmp_path: Path) -> None:
    put_ham10000(tmp_path / "far away")
    dataset = catalog.open_folder(tmp_path / "far away" / "ham10000")
    assert dataset.spec.classes == HAM10000_SPEC.classes
    assert dataset.spec.name.startswith("folder-ham10000-")
    (tmp_path / "nothing").mkdir()
    assert catalog.open_folder(tmp_path / "nothing") is None
    with pytest.raises(DataError, match="cannot be read"):
        catalog.open_folder(tmp_path / "gone")


def six_tiny_folders(root: Path) -> None:
    for number in range(6):
        for name in ("benign", "malignant"):
            folder = root / f"moles-{number}" / name
            folder.mkdir(parents=True)
            Image.new("RGB", (4, 4)).save(folder / f"{number}.png")
        (root / f"moles-{number}" / "groups.csv").write_text(f"image,patient\n{number}.png,p\n")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of which the system was asked anything, once for each question."""
    questions: list[str] = []

    def noted(real):
        def ask(place, *args, **options):
            questions.append("" if isinstance(place, int) else os.fspath(place))
            return real(place, *args, **options)

        return ask

    for name in ("stat", "scandir", "lstat"):
        monkeypatch.setattr(os, name, noted(getattr(os, name)))
    return questions


def test_one_look_asks_once_about_each_folder_and_file(artifacts: Path, asked: list[str]) -> None:
    root = artifacts.parent / "data"
    six_tiny_folders(root)
    put_ham10000(root)
    long_ago(root)
    catalog.look()  # learns what is in the folders
    asked.clear()
    here = catalog.look()
    below = [place for place in asked if place.startswith(f"{root}/")]
    assert len(below) == len(set(below)) == 6 * (1 + 2 + 1) + 3  # the folder, two classes and a table of each
    # Links in the paths of the settings are followed, part by part; what was decided is asked for each folder.
    assert len(asked) <= 26 + 7 + 7 * len(root.parts)
    assert len([entry for entry in here.entries if entry.present]) == 1 + 6 + 1


def test_a_snapshot_answers_without_asking_the_system_again(artifacts: Path, asked: list[str]) -> None:
    root = artifacts.parent / "data"
    six_tiny_folders(root)
    here = catalog.look()
    shutil.rmtree(root / "moles-1")
    asked.clear()
    assert here.spec("moles-1").class_keys == ("benign", "malignant")
    assert not here.needs_preparing("moles-1")
    assert here.entry("nothing") is None
    assert [entry.spec.name for entry in here.entries if entry.present][1] == "moles-0"
    assert asked == []
    assert catalog.look().entry("moles-1") is None


def test_the_version_in_a_snapshot_is_that_of_its_moment(artifacts: Path) -> None:
    root = artifacts.parent / "data"
    six_tiny_folders(root)
    before = catalog.look()
    version = before.version_of("moles-0")
    (root / "moles-0" / "benign" / "another.png").write_bytes(b"x")
    assert before.version_of("moles-0") == version
    assert catalog.look().version_of("moles-0") != version


def long_ago(root: Path) -> None:
    """Make folders look as if nothing had changed in them for a minute, so that what is in them is remembered."""
    for place in [root, *root.rglob("*")]:
        os.utime(place, ns=(place.stat().st_mtime_ns - 60 * 10**9,) * 2)
