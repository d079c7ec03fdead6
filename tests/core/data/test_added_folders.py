"""Adding folders by path: what is found in them, what is refused, and that they can be forgotten again."""

from pathlib import Path

import pytest
from PIL import Image

from core.base.errors import DataError
from core.base.settings import configured_roots, data_roots, settings_for_processes
from core.data.added_folders import add_folder, added_folders, look_into, remove_folder
from core.data.catalog import list_datasets, open_dataset
from core.data.gene_catalog import list_gene_tables


def pictures_in(folder: Path, count: int = 2) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        Image.new("RGB", (8, 8), (number * 40, 80, 90)).save(folder / f"{folder.name}-{number}.png")


@pytest.fixture
def moles(tmp_path: Path) -> Path:
    """A data set of two classes, outside of every data root, with something beside it that is none of our business."""
    folder = tmp_path / "elsewhere" / "moles"
    pictures_in(folder / "benign")
    pictures_in(folder / "malignant")
    pictures_in(tmp_path / "elsewhere" / "holiday" / "beach")
    pictures_in(tmp_path / "elsewhere" / "holiday" / "hotel")
    return folder


def present() -> set[str]:
    return {entry.spec.name for entry in list_datasets() if entry.present} - {"demo"}


def test_a_folder_that_is_a_data_set_is_added_without_what_lies_beside_it(artifacts, moles) -> None:
    assert look_into(str(moles)).single
    add_folder(f"  '{moles}/'  ")
    assert present() == {"moles"}
    table = open_dataset("moles").table
    assert sorted(table["label"].unique()) == ["benign", "malignant"]
    assert all(Path(path).is_file() for path in table["path"])


def test_a_folder_of_data_sets_is_added_with_all_of_them(artifacts, moles) -> None:
    content = add_folder(str(moles.parent))
    assert not content.single
    assert sorted(content.titles) == ["holiday", "moles"]
    assert present() == {"moles", "holiday"}
    assert data_roots() == (*configured_roots(), moles.parent)


def test_a_folder_divided_into_train_and_test_is_one_data_set(artifacts, tmp_path) -> None:
    for part in ("train", "test"):
        pictures_in(tmp_path / "divided" / part / "benign")
        pictures_in(tmp_path / "divided" / part / "malignant")
    assert look_into(str(tmp_path / "divided")).single


def test_what_was_added_can_be_forgotten_and_its_files_stay(artifacts, moles) -> None:
    for path in (moles, moles.parent):
        add_folder(str(path))
        [added] = added_folders()
        assert added.folder == path
        remove_folder(added)
        assert added_folders() == ()
        assert present() == set()
    assert len(list(moles.rglob("*.png"))) == 4


def test_other_processes_find_it_through_the_artifacts_folder_alone(artifacts, moles) -> None:
    add_folder(str(moles.parent))
    assert str(moles.parent) not in settings_for_processes()["LESIONLAB_DATA"]
    assert moles.parent in data_roots()


def test_two_data_sets_of_one_name_are_both_kept(artifacts, moles, tmp_path) -> None:
    pictures_in(tmp_path / "other" / "moles" / "a")
    pictures_in(tmp_path / "other" / "moles" / "b")
    add_folder(str(moles))
    add_folder(str(tmp_path / "other" / "moles"))
    assert present() == {"moles", "moles-2"}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "Give the path of a folder"),
        ("moles", "is not a full path"),
        ("/no/such/folder", "There is no folder"),
        ("/etc/hostname", "is a file"),
        ("/a\0b", "is not a path that can be used"),
        ("/" + "x" * 5000, "is not a path that can be used"),
        ("~nobodyhasthisname/x", "is not a path that can be used"),
    ],
)
def test_a_path_that_cannot_be_used_is_refused_in_words(artifacts, path, said) -> None:
    with pytest.raises(DataError, match=said):
        add_folder(path)
    assert added_folders() == ()


def test_a_folder_without_a_data_set_is_refused(artifacts, tmp_path) -> None:
    pictures_in(tmp_path / "flat")
    with pytest.raises(
        DataError, match=r"No data set was found .* Nothing says which class the 2 pictures of .*flat have"
    ):
        add_folder(str(tmp_path / "flat"))


def test_what_is_looked_into_already_is_refused(artifacts, moles) -> None:
    add_folder(str(moles))
    inside = configured_roots()[0] / "here"
    pictures_in(inside / "a")
    pictures_in(inside / "b")
    pictures_in(artifacts / "mine" / "a")
    pictures_in(artifacts / "mine" / "b")
    for path, said in (
        (moles, "was already added"),
        (configured_roots()[0], "was already added"),
        (inside, "which was already added"),
        (artifacts / "mine", "keeps its own files"),
    ):
        with pytest.raises(DataError, match=said):
            add_folder(str(path))


def test_a_folder_that_has_gone_or_settings_damaged_by_hand_disturb_nothing(artifacts, moles) -> None:
    add_folder(str(moles.parent))
    moles.parent.rename(moles.parent.with_name("moved"))
    assert data_roots() == configured_roots()
    for damage in ("{", '"text"', "5", "[1, null]"):
        (artifacts / "settings" / "data_roots.json").write_text(damage)
        assert data_roots() == configured_roots()
        assert list_datasets()


@pytest.mark.long
@pytest.mark.real_data
def test_real_folders_are_told_apart(artifacts, real_data) -> None:
    assert {"HAM10000", "ISIC 2019"} <= set(look_into(str(real_data)).titles)
    for name in ("ham10000", "breast_histopathology", "isic2019", "golub"):
        assert look_into(str(real_data / name)).single
    add_folder(str(real_data / "golub"))
    assert [name for name, _ in list_gene_tables()] == ["golub"]
