"""A folder per class, with or without groups.csv, tidy or hostile."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import DataError, DatasetNotFoundError
from core.data.catalog import dataset_spec, list_datasets, open_dataset
from core.data.images.cache import ensure_cache
from core.data.reading.reader import read_folder
from core.data.spec import TAKEN_COLUMNS, TIDY_COLUMNS, Dataset
from core.data.splits.splits import TEST, TRAIN, VALIDATION, make_split
from core.data.statistics.counts import PHOTO_BINS, encode
from core.data.statistics.picture_statistics import COLUMNS, ensure_statistics

Put = Callable[..., Path]


@pytest.fixture
def clinic(data_root: Path, put: Put) -> Path:
    """Two classes of twelve pictures each."""
    folder = data_root / "my clinic"
    for number in range(12):
        put(folder / "melanoma" / f"m{number}.jpg", number)
        put(folder / "nevus" / f"n{number}.png", number + 12)
    return folder


def entry(name: str):
    return next((e for e in list_datasets() if e.spec.name == name), None)


def reasons(dataset: Dataset) -> dict[str, str]:
    return {skip.image_id: skip.reason for skip in dataset.skipped}


def test_a_folder_per_class_in_a_data_root_is_a_data_set_under_its_own_name(clinic: Path) -> None:
    assert entry("my clinic").present
    dataset = open_dataset("my clinic")
    assert dataset.spec == dataset_spec("my clinic") == entry("my clinic").spec
    assert dataset.table["label"].value_counts().to_dict() == {"melanoma": 12, "nevus": 12}
    assert tuple(dataset.table.columns) == TIDY_COLUMNS
    assert all(Path(path).is_file() for path in dataset.table["path"])
    assert len(ensure_cache(dataset, 28).images) == 24
    assert make_split(dataset.table).counts().sum().sum() == 24


def test_without_groups_each_picture_is_its_own_and_the_data_set_says_so(clinic: Path) -> None:
    dataset = open_dataset("my clinic")
    assert dataset.table["group_id"].tolist() == dataset.table["image_id"].tolist()
    assert dataset.spec.group == "picture"
    assert "obody knows which pictures belong together" in dataset.spec.caution


@pytest.mark.parametrize(
    ("folder", "name", "malignant"),
    [
        ("mel", "melanoma", True),
        ("Nevus", "melanocytic nevus", False),
        ("squamous_cell_carcinoma", "squamous cell carcinoma", True),
        ("malignant", "malignant", True),
        ("Benign tumour", "Benign tumour", False),
        ("non_malignant", "non malignant", False),
        ("premalignant", "premalignant", None),
        ("type 3", "type 3", None),
        ("Übergang", "Übergang", None),
    ],
)
def test_the_name_of_a_folder_decides_what_is_known_of_its_class(
    data_root: Path, put: Put, folder: str, name: str, malignant: bool | None
) -> None:
    put(data_root / "set" / folder / "a.jpg")
    put(data_root / "set" / "zz other" / "b.jpg")
    spec = dataset_spec("set")
    found = next(c for c in spec.classes if c.key == folder)
    assert (found.name, found.malignant) == (name, malignant)
    assert not spec.malignancy_known


def test_pictures_of_one_name_in_two_classes_are_told_apart_by_their_path(data_root: Path, put: Put) -> None:
    for path in ("a/1.jpg", "b/1.jpg", "b/1.png", "b/deep/er/2.jpg"):
        put(data_root / "set" / path)
    table = open_dataset("set").table
    assert table["image_id"].tolist() == ["a/1.jpg", "b/1.jpg", "b/1.png", "2"]
    assert table["image_id"].is_unique


def test_groups_csv_gives_groups_known_metadata_and_further_columns(clinic: Path) -> None:
    lines = [f"melanoma/m{n}.jpg,P{n // 4},{30 + n},F,back,{n / 2},soft" for n in range(12)]
    lines += [f"n{n},P{n // 4},,male,,{n},hard" for n in range(6)]
    (clinic / "groups.csv").write_text("\n".join(["File Name,Patient_ID,Age,Gender,localization,depth,feel", *lines]))
    dataset = open_dataset("my clinic")
    table = dataset.table.set_index("image_id")
    assert dataset.spec.group == "patient"
    assert table.loc["m5", ["group_id", "age", "sex", "site", "depth", "feel"]].tolist() == [
        "P1", 35.0, "female", "back", 2.5, "soft",
    ]  # fmt: skip
    assert table["depth"].dtype == np.float64
    assert table.loc["n2", ["group_id", "sex"]].tolist() == ["P0", "male"]
    assert table.loc["n11", "group_id"] == "n11"
    assert table.loc[["n2", "n11"], "age"].isna().all()
    split = make_split(dataset.table)
    assert (split.rows.groupby("group_id")["part"].nunique() == 1).all()


@pytest.mark.parametrize(("named", "said"), [(12, ""), (9, "6 of 24 pictures have no patient in groups.csv")])
def test_pictures_without_a_group_are_counted(clinic: Path, named: int, said: str) -> None:
    lines = [f"{kind}{n},P{n}" for kind in "mn" for n in range(named)]
    (clinic / "groups.csv").write_text("\n".join(["image,patient", *lines]))
    dataset = open_dataset("my clinic")
    assert dataset.spec.caution.startswith(said)
    assert bool(dataset.spec.caution) == bool(said)
    assert [skip.reason.startswith(said) for skip in dataset.skipped] == ([True] if said else [])


@pytest.mark.parametrize("line", ["m0,", "gone,P1"])
def test_a_groups_csv_that_names_no_picture_or_no_group_warns_as_if_there_were_none(clinic: Path, line: str) -> None:
    (clinic / "groups.csv").write_text(f"image,patient\n{line}\n")
    spec = open_dataset("my clinic").spec
    assert spec.group == "picture"
    assert "obody knows which pictures belong together" in spec.caution


@pytest.mark.parametrize(
    ("lines", "said", "left"),
    [
        ("m0,A,melanoma\nmelanoma/m0.jpg,B,melanoma", "Lines 2, 3 of groups.csv are of one picture and differ: A", 23),
        ("m0,A,melanoma\nm0,,melanoma", "differ: A and none. It is left out; keep the right line", 23),
        ("m0,A,melanoma\nm0,A,nevus", "differ: melanoma and nevus. It is left out", 23),
        ("m0,A,melanoma\nm0,A,melanoma", "Lines 2, 3 of groups.csv are of one picture; the first is used", 24),
    ],
)
def test_a_picture_that_stands_twice_is_named_and_left_out_where_the_lines_differ(
    clinic: Path, lines: str, said: str, left: int
) -> None:
    (clinic / "groups.csv").write_text(f"image,patient,label\n{lines}\nm1,B,melanoma\n")
    dataset = open_dataset("my clinic")
    assert said in reasons(dataset)["m0"]
    assert len(dataset.table) == left
    assert ("m0" in set(dataset.table["image_id"])) == (left == 24)


def test_a_picture_without_a_group_never_falls_into_a_group_of_the_file(clinic: Path) -> None:
    (clinic / "groups.csv").write_text("image,patient\nm0,m5\nm1,m5\nm2,m5 (alone)\n")
    groups = open_dataset("my clinic").table.set_index("image_id")["group_id"]
    assert groups.loc[["m0", "m1"]].tolist() == ["m5", "m5"]
    assert groups.loc["m5"] == "m5 (alone 2)"
    assert groups.nunique() == 23


TAKEN = ("photos", "pictured", "x", "y", "brightness", "width", "height", "reason", "sharpness", "path", "file")


def test_further_columns_never_have_the_names_of_what_the_dashboard_puts_beside_them(clinic: Path) -> None:
    names = (*TAKEN, "reason (file)", "depth", "depth ", "depth (again)")
    lines = [f"{kind}{n},P{n // 2}" + f",{n % 3}" * len(names) for kind in "mn" for n in range(12)]
    (clinic / "groups.csv").write_text("\n".join([f"image,patient,{','.join(names)}", *lines]))
    dataset = open_dataset("my clinic")
    further = set(dataset.table.columns) - set(TIDY_COLUMNS)
    twice = {"reason (file 2)", "depth", "depth (again)", "depth (again) (again)"}
    assert further == {*(f"{name} (file)" for name in TAKEN), *twice}
    encoded = encode(dataset.table)
    assert encoded["photos"].cat.categories.tolist() == [*PHOTO_BINS.values()]
    assert encoded["photos (file)"].value_counts().to_dict() == {0: 8, 1: 8, 2: 8}
    measured = dataset.table.join(ensure_statistics(dataset), on="image_id")
    assert measured.columns.is_unique


def test_the_names_of_measures_and_counts_are_no_names_of_further_columns(clinic: Path) -> None:
    table = open_dataset("my clinic").table
    assert {*COLUMNS, "reason", *encode(table).columns} <= {*TAKEN_COLUMNS, *TIDY_COLUMNS}


def test_a_column_split_is_the_official_split(clinic: Path) -> None:
    words = ("Train", "training", "val", "TEST")
    lines = [f"{kind}{n},{kind}{n},{words[n % 4]}" for kind in "mn" for n in range(12)]
    (clinic / "groups.csv").write_text("\n".join(["image,group,split", *lines]))
    counts = make_split(open_dataset("my clinic").table, "official").counts().sum()
    assert counts.to_dict() == {TRAIN: 12, VALIDATION: 6, TEST: 6}


def test_classes_in_folders_train_val_and_test_have_an_official_split(data_root: Path, put: Put) -> None:
    for number, part in enumerate(("train", "train", "valid", "test")):
        for label in ("benign", "malignant"):
            put(data_root / "kaggle" / part / label / f"{part}{number}{label}.jpg", number)
    dataset = open_dataset("kaggle")
    assert dataset.spec.class_keys == ("benign", "malignant")
    assert make_split(dataset.table, "official").counts().loc["benign"].tolist() == [2, 1, 1]


def test_rows_that_do_not_fit_are_listed_with_what_to_do(clinic: Path) -> None:
    lines = ["m0,P1,melanoma", "m1,P1,nevus", "gone,P1,nevus", ",P2,nevus"]
    (clinic / "groups.csv").write_text("\n".join(["image,group,label", *lines]))
    dataset = open_dataset("my clinic")
    said = reasons(dataset)
    assert "folder says “melanoma”, groups.csv says “nevus”" in said["m1"]
    assert "Line 4 of groups.csv: there is no picture gone" in said["gone"]
    assert any("Line 5 of groups.csv: no image is named" in skip.reason for skip in dataset.skipped)
    assert "m1" not in set(dataset.table["image_id"])
    assert dataset.table.set_index("image_id").loc["m0", "group_id"] == "P1"


def test_pictures_may_lie_in_one_folder_with_their_labels_in_groups_csv(data_root: Path, put: Put) -> None:
    for number in range(4):
        put(data_root / "flat" / f"{number}.jpg", number)
    (data_root / "flat" / "groups.csv").write_text("image,lesion,dx\n0,a,nv\n1,a,nv\n2,b,mel\n")
    dataset = open_dataset("flat")
    assert dataset.table["label"].tolist() == ["nv", "nv", "mel"]
    assert dataset.table["group_id"].tolist() == ["a", "a", "b"]
    assert (dataset.spec.group, dataset.spec.malignant_keys) == ("lesion", ("mel",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("picture_no,person\n1,2\n", "no name in its column picture_no is that of a picture here; the first is 1"),
        ("image,colour\na,red\n", "no name in its column image is that of a picture here; the first is a"),
        ("colour\nred\n", "lacks a column that names pictures; it has colour"),
    ],
)
def test_a_groups_csv_that_names_no_picture_is_asked_about_before_training(clinic: Path, text: str, said: str) -> None:
    (clinic / "groups.csv").write_bytes(text.encode("latin-1"))
    dataset = open_dataset("my clinic")
    assert said in dataset.spec.unsure
    assert said in dataset.spec.caution
    assert len(dataset.table) == 24
    assert entry("my clinic").present


@pytest.mark.parametrize("text", ["", "\x00\xff"])
def test_a_groups_csv_without_a_row_is_left_out_with_a_word_and_groups_are_not_known(clinic: Path, text: str) -> None:
    (clinic / "groups.csv").write_bytes(text.encode("latin-1"))
    dataset = open_dataset("my clinic")
    assert "Nobody knows which pictures belong together" in dataset.spec.caution
    assert "tables without a row (groups.csv)" in read_folder(clinic).left_out
    assert len(dataset.table) == 24


def test_unicode_names_are_names_like_others(data_root: Path, put: Put) -> None:
    for label in ("Гепатома", "良性"):
        for number in range(4):
            put(data_root / "Häute 皮膚" / label / f"Bild {number} é.jpg", number)
    dataset = open_dataset("Häute 皮膚")
    assert dataset.spec.class_keys == ("Гепатома", "良性")
    assert len(ensure_cache(dataset, 28).images) == 8


def test_hidden_folders_other_files_and_empty_folders_are_passed_over(clinic: Path, put: Put) -> None:
    put(clinic / ".thumbnails" / "a.jpg")
    put(clinic / "__MACOSX" / "a.jpg")
    (clinic / "empty").mkdir()
    (clinic / "documents").mkdir()
    (clinic / "documents" / "protocol.pdf").write_bytes(b"%PDF")
    (clinic / "nevus" / "._n0.png").write_bytes(b"rubbish")
    (clinic / "nevus" / "Thumbs.db").write_bytes(b"rubbish")
    dataset = open_dataset("my clinic")
    assert dataset.spec.class_keys == ("melanoma", "nevus")
    assert len(dataset.table) == 24


def test_a_file_that_is_no_picture_is_listed_when_decoded_and_the_others_are_used(clinic: Path) -> None:
    (clinic / "nevus" / "broken.jpg").write_bytes(b"this is no picture")
    cache = ensure_cache(open_dataset("my clinic"), 28)
    assert [failure.image_id for failure in cache.failures] == ["broken"]
    assert len(cache.images) == 24


def test_links_in_a_circle_are_followed_once(clinic: Path) -> None:
    for label in ("melanoma", "nevus"):
        (clinic / label / "again").symlink_to(clinic, target_is_directory=True)
    (clinic / "nevus" / "itself").symlink_to(clinic / "nevus" / "itself")
    dataset = open_dataset("my clinic")
    assert dataset.table["path"].map(os.path.realpath).is_unique
    assert dataset.table["label"].value_counts().to_dict() == {"melanoma": 12, "nevus": 12}


def test_a_folder_that_links_to_its_data_root_does_no_harm(data_root: Path, clinic: Path) -> None:
    (data_root / "loop").symlink_to(data_root, target_is_directory=True)
    assert entry("my clinic").present
    assert len(open_dataset("my clinic").table) == 24


def test_too_many_classes_are_refused_with_their_number(data_root: Path) -> None:
    for number in range(51):
        (data_root / "many" / f"class {number}").mkdir(parents=True)
        (data_root / "many" / f"class {number}" / "a.jpg").write_bytes(b"x")
    with pytest.raises(DataError, match=r"many has 51 folders with pictures; a data set has at most 50 classes"):
        open_dataset("many")
    assert "at most 50 classes" in entry("many").note
    (data_root / "many" / "class 7" / "a.jpg").unlink()
    assert len(open_dataset("many").spec.classes) == 50


def test_an_empty_folder_is_no_data_set(data_root: Path) -> None:
    (data_root / "thing").mkdir()
    assert entry("thing") is None
    with pytest.raises(DatasetNotFoundError, match="thing holds no picture and no table that describes any"):
        open_dataset("thing")


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        (["melanoma/a.jpg", "melanoma/b.jpg"], "are of one class, “melanoma”: there is nothing to tell apart"),
        (["one folder/a.jpg", "one folder/b.jpg"], "Nothing says which class the 2 pictures of .*thing have"),
        (["a.jpg", "b.jpg"], "Nothing says which class the 2 pictures of .*thing have"),
    ],
)
def test_pictures_without_two_classes_are_listed_with_the_reason(
    data_root: Path, put: Put, pictures: list[str], said: str
) -> None:
    for name in pictures:
        put(data_root / "thing" / name)
    assert not entry("thing").present
    assert entry("demo").present
    with pytest.raises(DataError, match=said):
        open_dataset("thing")


def test_a_folder_that_may_not_be_read_is_named_and_the_others_are_listed(
    clinic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clinic.parent / "locked").mkdir()
    real = os.scandir

    def refuse(place: str) -> os.DirEntry:  # permissions do not stop the root user, as whom tests may run
        if str(place).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(place))
        return real(place)

    monkeypatch.setattr("core.data.adapters.listing.os.scandir", refuse)
    assert not entry("locked").present
    assert "locked cannot be read: Permission denied" in entry("locked").note
    assert entry("my clinic").present


def test_a_class_that_is_added_later_is_seen(clinic: Path, put: Put) -> None:
    assert len(open_dataset("my clinic").spec.classes) == 2
    put(clinic / "dermatofibroma" / "d.jpg")
    assert dataset_spec("my clinic").class_keys == ("dermatofibroma", "melanoma", "nevus")
    assert "d" in set(open_dataset("my clinic").table["image_id"])


def test_a_folder_called_demo_does_not_hide_the_demo(data_root: Path, put: Put) -> None:
    for label in "ab":
        put(data_root / "demo" / label / f"{label}.jpg")
    assert entry("demo").spec.synthetic
    assert len(open_dataset("demo-folder").table) == 2


def test_class_folders_in_a_folder_named_like_a_known_data_set_do_not_pass_for_it(data_root: Path, put: Put) -> None:
    for label in ("mel", "nv"):
        put(data_root / "ham10000" / label / f"{label}.jpg")
    assert not entry("ham10000").present
    with pytest.raises(DataError, match=r"ham10000 has no HAM10000_metadata\.csv"):
        open_dataset("ham10000")
    assert len(open_dataset("ham10000-folder").table) == 2
