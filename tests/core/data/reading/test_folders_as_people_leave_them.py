"""Folders as people, courses and download tools leave them: each was read wrongly, or in silence, before."""

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.errors import DataError
from core.data.catalog import open_dataset
from core.data.inspect import decide
from tests.core.data.reading.readings import left_out, malignant, meant, part, read, said
from tests.core.data.reading.test_layouts_of_publishers import table, touch

PARTS = ("train", "validation", "test")


def numbered(folder: Path, count: int, prefix: str = "img") -> list[str]:
    names = [f"{prefix}{number:04d}" for number in range(count)]
    touch(folder, *(f"{name}.jpg" for name in names))
    return names


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (("Trainingsdaten", "Validierung", "Testdaten"), ("Nävus", "Melanom")),
        (("entrenamiento", "validación", "prueba"), ("benigno", "maligno")),
        (("apprentissage", "val", "Test"), ("bénin", "malin")),
        (("treino", "validação", "teste"), ("benigno", "maligno")),
    ],
)
def test_parts_are_known_in_other_languages(names: tuple[str, ...], classes: tuple[str, str], tmp_path: Path) -> None:
    for name, count in zip(names, (4, 1, 2), strict=True):
        for label in classes:
            numbered(tmp_path / name / label, count, f"{name[:2]}{label[:2]}")
    reading = read(tmp_path)
    assert reading["classes"] == dict.fromkeys(classes, 7)
    assert [part(reading, each) for each in PARTS] == [8, 2, 4]


def test_a_folder_beside_those_of_parts_is_asked_about_and_its_classes_are_the_same(tmp_path: Path) -> None:
    for name in ("opplæring", "test"):
        for label in ("mel", "nv"):
            numbered(tmp_path / name / label, 3, name[0] + label)
    reading = read(tmp_path)
    assert reading["classes"] == {"mel": 6, "nv": 6}
    assert said(reading, "opplæring lies beside")
    assert not reading["certain"]


def test_names_that_say_part_and_class_at_once_are_both(tmp_path: Path) -> None:
    for name, count in (("train_melanoma", 4), ("train_nevus", 4), ("test_melanoma", 2), ("test_nevus", 2)):
        numbered(tmp_path / name, count, name)
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 6, "nevus": 6}
    assert [part(reading, each) for each in PARTS] == [8, 0, 4]


@pytest.mark.parametrize(
    "names",
    [
        ("batch1", "batch2"), ("hospital_a", "hospital_b"), ("left", "right"), ("clinical", "dermoscopic"),
        ("224x224", "512x512"),
    ],
)  # fmt: skip
def test_folders_after_places_batches_or_views_are_not_taken_for_classes_in_silence(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    for name in names:
        numbered(tmp_path / name, 6, name)
    reading = read(tmp_path)
    assert not reading["certain"]
    assert said(reading, "where and how")


@pytest.mark.usefixtures("artifacts")
def test_a_folder_of_documents_among_classes_is_asked_about(tmp_path: Path) -> None:
    for label in ("benign", "malignant"):
        numbered(tmp_path / label, 5, label)
    touch(tmp_path, "docs/figure1.png", "logo.png")
    assert said(read(tmp_path), "docs holds few pictures")
    decide(tmp_path, ["no-classes=docs"])
    assert read(tmp_path)["classes"] == {"benign": 5, "malignant": 5}


def test_numbered_slides_below_classes_are_proposed_as_groups(tmp_path: Path) -> None:
    for number, label in enumerate(("normal", "tumor") * 3):
        numbered(tmp_path / label / f"slide_{number}", 4, "tile_00")
    reading = read(tmp_path)
    assert (reading["group"]["level"], reading["group"]["groups"]) == ("slide", 6)
    assert not reading["certain"]


@pytest.mark.parametrize("dx", [True, False])
def test_columns_that_mark_something_else_are_not_taken_for_classes_in_silence(dx: bool, tmp_path: Path) -> None:
    names = numbered(tmp_path, 12)
    label = ("nevus", "melanoma") if dx else ("40", "50")
    rows = [f"{name},{label[n % 2]},{int(n < 5)},{int(n >= 5)}" for n, name in enumerate(names)]
    table(tmp_path / "m.csv", f"image,{'dx' if dx else 'age'},left,right", *rows)
    reading = read(tmp_path)
    assert reading["certain"] is dx
    assert said(reading, "may be the classes: left, right") is not dx
    assert set(reading["classes"]) == (set(label) if dx else {"left", "right"})


def test_decimals_mean_numbered_pictures(tmp_path: Path) -> None:
    touch(tmp_path, *(f"x/{number}.jpg" for number in range(1, 9)))
    table(tmp_path / "m.csv", "id,dx", *(f"{number}.0,{('nv', 'mel')[number % 2]}" for number in range(1, 9)))
    assert meant(read(tmp_path)) == {"mel": 4, "nv": 4}


def test_thumbnails_are_pictures_again_and_left_out(tmp_path: Path) -> None:
    for label in ("mel", "nv"):
        numbered(tmp_path / "images" / label, 5, label)
        numbered(tmp_path / "thumbnails" / label, 5, label)
        touch(tmp_path / "images" / label, *(f"{label}{number:04d}_thumb.jpg" for number in range(5)))
    reading = read(tmp_path)
    assert reading["pictures"] == 10
    assert left_out(reading, "derived") == 20


def test_pictures_that_lie_twice_count_once_but_not_those_that_test_shares_with_training(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for label in ("benign", "malignant"):
        for number in range(4):
            picture = Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8))
            for place in ("train", "data/train", "test"):
                (tmp_path / place / label).mkdir(parents=True, exist_ok=True)
                picture.save(tmp_path / place / label / f"{number}.png")
    reading = read(tmp_path)
    assert reading["classes"] == {"benign": 8, "malignant": 8}
    assert [part(reading, each) for each in PARTS] == [8, 0, 8]
    assert left_out(reading, "twice") == 8


def test_versions_of_one_picture_belong_together(tmp_path: Path) -> None:
    hashes = random.Random(0)
    for label in ("mel", "nv"):
        names = [f"{label}{source}_jpg.rf.{hashes.getrandbits(128):032x}.jpg" for source in range(4) for _ in range(3)]
        touch(tmp_path / "train" / label, *names)
    reading = read(tmp_path)
    assert (reading["group"]["level"], reading["group"]["groups"]) == ("original", 8)
    assert not reading["certain"]


@pytest.mark.parametrize("places", [("original", "resized"), ("train", "test")])
def test_files_of_one_name_in_several_folders_are_proposed_as_one_picture(
    places: tuple[str, str], tmp_path: Path
) -> None:
    for place in places:
        for start, label in ((24306, "benign"), (31500, "malignant")):
            touch(tmp_path / place / label, *(f"ISIC_{start + 7 * number:07d}.jpg" for number in range(5)))
    reading = read(tmp_path)
    assert (reading["group"]["level"], reading["group"]["groups"]) == ("original", 10)
    assert not reading["certain"]


def test_folders_with_the_same_ids_are_not_taken_for_classes_in_silence(tmp_path: Path) -> None:
    for place in ("unprocessed", "processed"):
        touch(tmp_path / place, *(f"ISIC_{24306 + 7 * number:07d}.jpg" for number in range(5)))
    reading = read(tmp_path)
    assert said(reading, "views of the same pictures")
    assert not reading["certain"]


def test_pictures_that_are_counted_anew_in_each_folder_are_others(tmp_path: Path) -> None:
    for part_name in ("train", "test"):
        for label in ("cat-like", "dog-like"):
            touch(tmp_path / part_name / label, *(f"{number}.jpg" for number in range(1, 7)))
    reading = read(tmp_path)
    assert reading["group"]["column"] is None
    assert reading["certain"]


@pytest.mark.parametrize("name", ["P{:03d}_{}.jpg", "{:04d}-{}.jpg", "SUB_{:03d}_slice_{}.jpg"])
def test_an_id_at_the_beginning_of_file_names_is_proposed_as_a_group(name: str, tmp_path: Path) -> None:
    for start, label in enumerate(("melanoma", "nevus")):
        touch(tmp_path / label, *(name.format(10 * start + who, n) for who in range(3) for n in range(2)))
    reading = read(tmp_path)
    assert reading["group"]["groups"] == 6
    assert said(reading, "groups were found in the names of the files")
    assert not reading["certain"]


@pytest.mark.parametrize("name", ["ISIC_{:07d}.jpg", "IMG_20230115_{:06d}.jpg", "tile_{:03d}_7.jpg", "{:05d}.jpg"])
def test_numbers_of_pictures_are_no_groups(name: str, tmp_path: Path) -> None:
    for start, label in enumerate(("melanoma", "nevus")):
        touch(tmp_path / label, *(name.format(10 * start + number) for number in range(6)))
    reading = read(tmp_path)
    assert reading["group"]["column"] is None
    assert reading["certain"]


@pytest.mark.parametrize(
    ("name", "classes"),
    [("{label}_{number:03d}.jpg", ("benign", "malignant")), ("IMG{number:03d}-{label}.jpg", ("nevus", "melanoma"))],
)
def test_a_class_that_only_file_names_say_is_proposed(name: str, classes: tuple[str, str], tmp_path: Path) -> None:
    touch(tmp_path, *(name.format(label=label, number=number) for label in classes for number in range(6)))
    reading = read(tmp_path)
    assert reading["classes"] == dict.fromkeys(sorted(classes), 6)
    assert said(reading, "Nothing but the names of the files says the class")
    assert not reading["certain"]


def test_class_numbers_in_file_names_are_proposed_with_their_patients(tmp_path: Path) -> None:
    touch(
        tmp_path, *(f"{who}_idx5_x{n * 50 + 1}_y1251_class{n % 2}.png" for who in (8863, 8864, 8865) for n in range(4))
    )
    reading = read(tmp_path)
    assert reading["classes"] == {"0": 6, "1": 6}
    assert reading["group"]["groups"] == 3
    assert not reading["certain"]


def test_a_list_separated_by_blanks_gives_labels_parts_and_the_names_of_classes(tmp_path: Path) -> None:
    names = numbered(tmp_path / "images", 12)
    for file, some in (("train.txt", names[:8]), ("val.txt", names[8:])):
        table(tmp_path / file, "", *(f"images/{name}.jpg {int(name[3:]) % 2}" for name in some))
    table(tmp_path / "class_names.txt", "", "0 melanoma", "1 nevus")
    reading = read(tmp_path)
    assert meant(reading) == {"mel": 6, "nv": 6}
    assert malignant(reading) == {"mel": True, "nv": False}
    assert [part(reading, each) for each in PARTS] == [8, 4, 0]


def test_names_with_blanks_may_stand_before_the_label(tmp_path: Path) -> None:
    touch(
        tmp_path, *(f"my picture {number}.jpg" for number in range(3)), *(f"other{number}.jpg" for number in range(3))
    )
    rows = [f"my picture {n}.jpg melanoma" for n in range(3)] + [f"other{n}.jpg nevus" for n in range(3)]
    table(tmp_path / "list.txt", "", *rows)
    assert meant(read(tmp_path)) == {"mel": 3, "nv": 3}


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        ("classes.txt", ("melanoma", "nevus", "basal cell carcinoma")),
        ("labels.txt", ("0: melanoma", "1: nevus", "2: basal cell carcinoma")),
        ("label_map.csv", ("id,name", "0,melanoma", "1,nevus", "2,basal cell carcinoma")),
        ("codes.csv", ("diagnosis,number", "melanoma,0", "nevus,1", "basal cell carcinoma,2")),
    ],
)
def test_a_list_names_numbered_classes(file: str, lines: tuple[str, ...], tmp_path: Path) -> None:
    names = numbered(tmp_path / "images", 12)
    table(tmp_path / "truth.csv", "image,label", *(f"{name}.jpg,{number % 3}" for number, name in enumerate(names)))
    table(tmp_path / file, "", *lines)
    reading = read(tmp_path)
    assert meant(reading) == {"mel": 4, "nv": 4, "bcc": 4}
    assert reading["certain"]
    assert file in reading["how"]["label"]


def test_a_list_in_the_order_of_the_classes_is_asked_about_where_the_first_number_is_not_there(tmp_path: Path) -> None:
    for number in (1, 2):
        numbered(tmp_path / str(number), 4, f"n{number}")
    table(tmp_path / "classes.txt", "", "melanoma", "nevus", "basal cell carcinoma", "dermatofibroma")
    reading = read(tmp_path)
    assert meant(reading) == {"nv": 4, "bcc": 4}
    assert said(reading, "names the classes in their order")


def test_words_are_taken_before_the_numbers_that_mean_the_same(tmp_path: Path) -> None:
    names = numbered(tmp_path, 12)
    rows = [f"{name},{number % 2},{('nevus', 'melanoma')[number % 2]}" for number, name in enumerate(names)]
    table(tmp_path / "m.csv", "image,label,label_name", *rows)
    assert meant(read(tmp_path)) == {"mel": 6, "nv": 6}


@pytest.mark.parametrize("column", ["is_benign", "benign"])
def test_a_column_that_says_what_is_benign_is_understood(column: str, tmp_path: Path) -> None:
    names = numbered(tmp_path, 12)
    table(tmp_path / "m.csv", f"image,{column}", *(f"{name},{int(n >= 5)}" for n, name in enumerate(names)))
    reading = read(tmp_path)
    assert reading["classes"] == {"benign": 7, "malignant": 5}
    assert reading["malignant"] == {"benign": False, "malignant": True}
    assert reading["certain"]


def test_addresses_name_pictures(tmp_path: Path) -> None:
    names = numbered(tmp_path, 12)
    rows = [
        f"https://example.org/v1/{name}.jpg?size=full,{('nevus', 'melanoma')[n % 2]}" for n, name in enumerate(names)
    ]
    table(tmp_path / "m.csv", "url,diagnosis", *rows)
    assert meant(read(tmp_path)) == {"mel": 6, "nv": 6}


@pytest.mark.parametrize(
    ("name", "key", "column", "level"),
    [
        ("cases/P{:03d}/IMG_{}.jpg", "P{:03d}", "patient_id", "patient"),
        ("tiles/slide_{:03d}/tile_{}.jpg", "slide_{:03d}", "slide", "slide"),
        ("tiles/TCGA-AB-1{:03d}-01Z_{}.jpg", "TCGA-AB-1{:03d}", "bcr_patient_barcode", "patient"),
        ("P{:03d}_{}.jpg", "p{:03d}", "patient", "patient"),
    ],
)
def test_a_table_of_patients_is_joined_by_names_of_folders_and_files(
    name: str, key: str, column: str, level: str, tmp_path: Path
) -> None:
    touch(tmp_path, *(name.format(who, n) for who in range(6) for n in range(2)))
    rows = [f"{key.format(who)},{50 + who},{('normal', 'tumor')[who % 2]}" for who in range(6)]
    table(tmp_path / "clinical.csv", f"{column},age,diagnosis", *rows)
    reading = read(tmp_path)
    assert reading["classes"] == {"normal": 6, "tumor": 6}
    assert (reading["group"]["level"], reading["group"]["groups"]) == (level, 6)
    assert reading["columns"]["age"] == "age"


def test_tables_are_joined_whichever_comes_first(tmp_path: Path) -> None:
    names = numbered(tmp_path / "photos", 12)
    table(tmp_path / "a_patients.csv", "patient,age", *(f"P{who},{40 + who}" for who in range(3)))
    rows = [f"L{n},P{n // 2},{('melanoma', 'nevus')[n % 2]}" for n in range(6)]
    table(tmp_path / "b_lesions.csv", "lesion,patient,diagnosis", *rows)
    table(tmp_path / "c_images.csv", "image,lesion", *(f"{name},L{n // 2}" for n, name in enumerate(names)))
    reading = read(tmp_path)
    assert meant(reading) == {"mel": 6, "nv": 6}
    assert (reading["group"]["column"], reading["columns"]["age"]) == ("patient", "age")


@pytest.mark.parametrize("above", [("# from a tool", "# in 2021"), ("Export 2021,,", ",,"), ("List of our patients",)])
def test_what_stands_above_the_header_is_no_header(above: tuple[str, ...], tmp_path: Path) -> None:
    names = numbered(tmp_path, 12)
    rows = [f"{name},{('nevus', 'melanoma')[n % 2]},P{n // 2}" for n, name in enumerate(names)]
    table(tmp_path / "m.csv", above[0], *above[1:], "image,dx,patient", *rows)
    reading = read(tmp_path)
    assert meant(reading) == {"mel": 6, "nv": 6}
    assert reading["group"]["column"] == "patient"


def test_a_header_behind_a_hash_is_one(tmp_path: Path) -> None:
    names = numbered(tmp_path, 6)
    table(
        tmp_path / "m.tsv", "#image\tdx", *(f"{name}\t{('nevus', 'melanoma')[n % 2]}" for n, name in enumerate(names))
    )
    assert meant(read(tmp_path)) == {"mel": 3, "nv": 3}


def test_several_readers_who_differ_are_asked_about(tmp_path: Path) -> None:
    names = numbered(tmp_path, 12)
    rows = [f"{name},{who},{'melanoma' if (n < 6) != (who == 2 and n % 4 == 0) else 'nevus'}"
            for n, name in enumerate(names) for who in range(3)]  # fmt: skip
    table(tmp_path / "reads.csv", "image,reader,diagnosis", *rows)
    reading = read(tmp_path)
    assert left_out(reading, "differ") == 3
    assert said(reading, "several people")
    assert not reading["certain"]


def test_texts_beside_pictures_are_no_tables_and_hide_none(tmp_path: Path) -> None:
    names = numbered(tmp_path / "a", 120)
    for name in names:
        table(tmp_path / "a" / f"{name}.txt", "", "a dark spot on the back")
    rows = [f"{name},{('nevus', 'melanoma')[n % 2]}" for n, name in enumerate(names)]
    table(tmp_path / "z" / "truth.csv", "image,dx", *rows)
    reading = read(tmp_path)
    assert meant(reading) == {"mel": 60, "nv": 60}
    assert left_out(reading, "called like the pictures") == 120


def test_two_data_sets_in_one_folder_are_asked_about(tmp_path: Path) -> None:
    for name, column in (("ham", "dx"), ("pad", "diagnostic")):
        names = numbered(tmp_path / name / "images", 12, name)
        rows = [f"{each},{('mel', 'nv')[n % 2]}" for n, each in enumerate(names)]
        table(tmp_path / name / f"{name}.csv", f"image_id,{column}", *rows)
    reading = read(tmp_path)
    assert said(reading, "two data sets")
    assert not reading["certain"]


@pytest.fixture
def two_truths(artifacts: Path) -> Path:
    folder = artifacts.parent / "data" / "clinic"
    names = numbered(folder / "x", 12)
    for number, file in enumerate(("truth_v1.csv", "truth_v2.csv")):
        rows = [f"{name},{('nevus', 'melanoma')[(n + (number and n < 4)) % 2]}" for n, name in enumerate(names)]
        table(folder / file, "image,dx", *rows)
    table(folder / "more.csv", "image,dx", f"{names[0]},melanoma", f"{names[1]},melanoma")
    return folder


def test_of_tables_that_contradict_each_other_somebody_chooses_one(two_truths: Path) -> None:
    reading = read(two_truths)
    assert said(reading, "choose the table that holds")
    assert not reading["certain"]
    chosen = decide(two_truths, ["table=truth_v2.csv"])
    assert chosen["table"] == "truth_v2.csv"
    assert chosen["certain"]
    labels = open_dataset("clinic").table.set_index("image_id")["label"]
    assert labels[["img0000", "img0001"]].tolist() == ["melanoma", "nevus"]


def test_a_table_that_is_not_there_cannot_be_chosen(two_truths: Path) -> None:
    with pytest.raises(DataError, match=r"There are: truth_v1\.csv"):
        decide(two_truths, ["table=truth_v3.csv"])


def test_archives_of_arrays_may_be_called_as_keras_calls_them(artifacts: Path) -> None:
    rng = np.random.default_rng(0)
    folder = artifacts.parent / "data" / "mine"
    folder.mkdir(parents=True)
    arrays = {"x_train": rng.integers(0, 255, (12, 8, 8, 3), np.uint8), "y_train": np.arange(12) % 3}
    arrays |= {"x_test": rng.integers(0, 255, (6, 8, 8, 3), np.uint8), "y_test": np.arange(6) % 3}
    np.savez(folder / "mine.npz", **arrays)
    table = open_dataset("mine").table
    assert table["split"].value_counts().to_dict() == {"train": 12, "test": 6}
    assert table["label"].value_counts().to_dict() == {"0": 6, "1": 6, "2": 6}


def test_arrays_of_figures_are_no_pictures_and_hide_none(tmp_path: Path) -> None:
    for label in ("mel", "nv"):
        numbered(tmp_path / label, 4, label)
    np.savez(tmp_path / "features.npz", x_train=np.zeros((8, 20)), y_train=np.zeros(8, int))
    assert meant(read(tmp_path)) == {"mel": 4, "nv": 4}
