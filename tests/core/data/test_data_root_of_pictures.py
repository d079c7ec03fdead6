"""A data root that is itself a data set of pictures is understood as one, and so are the folders in it as its own."""

from pathlib import Path

import pytest

from core.base.errors import DataError
from core.data.catalog import list_datasets, look, open_dataset
from core.data.inspect import decide
from tests.core.data.reading.test_published_layouts import put

__all__ = ["put"]
HAM10000 = "akiec bcc bkl df mel nv vasc".split()


def present() -> list[str]:
    return [each.spec.name for each in list_datasets() if each.present and not each.spec.synthetic]


@pytest.fixture
def root(tmp_path: Path, artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LESIONLAB_DATA", str(tmp_path))
    return tmp_path


def test_parts_and_table_of_ham10000_lie_in_the_root_itself(root: Path, put) -> None:
    ids = [f"ISIC_{number:07d}" for number in range(28)]
    put(*(f"HAM10000_images_part_{1 + number // 14}/{each}.jpg" for number, each in enumerate(ids)))
    lines = [f"HAM_{n // 2:07d},{each},{HAM10000[n // 4]},histo,50.0,male,back" for n, each in enumerate(ids)]
    header = "lesion_id,image_id,dx,dx_type,age,sex,localization"
    (root / "HAM10000_metadata.csv").write_text("\n".join([header, *lines]))
    assert present() == ["ham10000"]
    table = open_dataset("ham10000").table
    assert table["label"].value_counts().to_dict() == dict.fromkeys(HAM10000, 4)
    assert table["group_id"].nunique() == 14


def test_parts_with_classes_lie_in_the_root_itself(root: Path, put) -> None:
    put(*(f"{part}/{label}/{n}.png" for part in ("train", "test") for label in ("mel", "nv") for n in range(6)))
    [name] = present()
    table = open_dataset(name).table
    assert table["label"].value_counts().to_dict() == {"mel": 12, "nv": 12}
    assert table["split"].value_counts().to_dict() == {"train": 12, "test": 12}


def test_folders_of_known_classes_lie_in_the_root_itself(root: Path, put) -> None:
    put(*(f"{label}/{number}{label}.png" for label in ("mel", "nv") for number in range(6)))
    [entry] = [each for each in list_datasets() if each.folder == root and each.present]
    assert (entry.spec.class_keys, entry.spec.unsure) == (("mel", "nv"), "")


def test_folders_of_unknown_names_in_the_root_are_asked_about_and_are_classes_once_agreed_to(root: Path, put) -> None:
    put(*(f"{label}/{number}{label}.png" for label in ("robin", "wren") for number in range(6)))
    (root / "weights").mkdir()
    [name] = present()
    [entry] = [each for each in list_datasets() if each.folder.is_relative_to(root) and each.folder.is_dir()]
    assert (entry.spec.class_keys, entry.folder) == (("robin", "wren"), root)
    assert "robin, wren lie in a data folder" in entry.spec.unsure
    with pytest.raises(DataError, match="Nothing is trained on"):
        look().trainable(name)
    assert decide(root, [], agree=True)["certain"]
    assert look().trainable(name).class_keys == ("robin", "wren")
    assert open_dataset(name).table["label"].value_counts().to_dict() == {"robin": 6, "wren": 6}


def test_parts_with_classes_of_unknown_names_lie_in_the_root_itself(root: Path, put) -> None:
    places = [f"{part}/{label}" for part in ("train", "test") for label in ("robin", "wren")]
    put(*(f"{place}/{4 * index + number}.png" for index, place in enumerate(places) for number in range(4)))
    [name] = present()
    assert look().trainable(name).class_keys == ("robin", "wren")
    assert open_dataset(name).table["split"].value_counts().to_dict() == {"train": 8, "test": 8}


def test_a_data_set_beside_bare_pictures_stays_one_of_its_own(root: Path, put) -> None:
    put(*(f"birds/{label}/{number}{label}.png" for label in ("robin", "wren") for number in range(6)))
    put(*(f"holiday/{number}.png" for number in range(6)))
    assert present() == ["birds"]
