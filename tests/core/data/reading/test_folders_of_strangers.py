"""Layouts made up to be read wrongly in silence: each is understood or asked about, and can be decided."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.errors import DataError
from core.data.inspect import decide, inspect_folder
from tests.core.data.reading.readings import left_out, malignant, part, read, said
from tests.core.data.reading.test_folders_as_people_leave_them import numbered
from tests.core.data.reading.test_layouts_of_publishers import table, touch

LABELS = ("melanoma", "nevus")


def drawn(path: Path, seed: int, side: int = 16, *, mask: bool = False) -> None:
    """A picture whose blocks of colours depend on the seed; or a white square on black."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if mask:
        pixels, side = np.zeros((64, 64), np.uint8), 64
        pixels[16:48, 16:48] = 255
    else:
        pixels = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), np.uint8)
    Image.fromarray(pixels).resize((side, side)).save(path)


def coco(file: Path, categories: dict[str, str]) -> None:
    """Boxes in COCO's form: the category of the one box of each file, "" for a file without a box."""
    names = sorted(set(categories.values()) - {""})
    said = {
        "images": [{"id": n, "file_name": name} for n, name in enumerate(categories)],
        "categories": [{"id": n, "name": name} for n, name in enumerate(names)],
        "annotations": [
            {"id": n, "image_id": n, "category_id": names.index(name), "bbox": [0, 0, 4, 4]}
            for n, name in enumerate(categories.values()) if name
        ],
    }  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(said))


def test_boxes_of_coco_give_the_classes_where_nothing_else_does(tmp_path: Path) -> None:
    for name, count in (("train", 8), ("valid", 4), ("test", 4)):
        files = numbered(tmp_path / name, count, name)
        categories = {f"{file}.jpg": LABELS[n % 2] for n, file in enumerate(files[1:])}
        coco(tmp_path / name / "_annotations.coco.json", {f"{files[0]}.jpg": "", **categories})
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 8, "nevus": 5}
    assert [part(reading, each) for each in ("train", "validation", "test", "unlabelled")] == [7, 3, 3, 3]
    assert said(reading, "class of its boxes")


def test_one_category_for_all_does_not_beat_the_folders_of_classes(tmp_path: Path) -> None:
    files = {f"{name}.jpg": "lesion" for label in LABELS for name in numbered(tmp_path / label, 4, label)}
    coco(tmp_path / "annotations.json", files)
    assert read(tmp_path)["classes"] == {"melanoma": 4, "nevus": 4}


def yolo(folder: Path, classes: dict[str, str]) -> None:
    """Texts of YOLO in a folder: for each picture the classes of its boxes, such as "0 0"."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, numbers in classes.items():
        (folder / f"{name}.txt").write_text("".join(f"{each} 0.5 0.5 0.1 0.1\n" for each in numbers.split()))


@pytest.mark.parametrize(
    ("pictures", "labels", "names"),
    [
        ("{0}/images", "{0}/labels", ("data.yaml", "nc: 2\nnames: [melanoma, nevus]\n")),  # Roboflow
        ("images/{0}", "labels/{0}", ("dataset.yaml", "names:\n  0: melanoma\n  1: nevus\n")),  # Ultralytics
        ("{0}/images", "{0}/labels", ("classes.txt", "melanoma\nnevus\n")),  # Label Studio
        ("obj_{0}_data", "obj_{0}_data", ("obj.names", "melanoma\nnevus\n")),  # darknet
    ],
)
def test_boxes_of_yolo_give_the_classes(pictures: str, labels: str, names: tuple[str, str], tmp_path: Path) -> None:
    for part_of, count in (("train", 8), ("valid", 4), ("test", 4)):
        files = numbered(tmp_path / pictures.format(part_of), count)  # the same names in each part
        said = {file: ("0 0", "1")[n % 2] for n, file in enumerate(files)} | {files[0]: "", files[1]: "0 1"}
        yolo(tmp_path / labels.format(part_of), said)
    (tmp_path / names[0]).write_text(names[1])
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 5, "nevus": 5}
    assert [part(reading, each) for each in ("train", "validation", "test", "unlabelled")] == [6, 2, 2, 6]
    assert said_of_boxes(reading)
    assert left_out(reading, "without a class") == 6
    assert reading["certain"]


def said_of_boxes(reading: dict) -> bool:
    return said(reading, "class of its boxes.*without a box, or with boxes of several classes, it has none")


def test_classes_of_yolo_without_names_are_numbers_and_one_for_all_is_none(tmp_path: Path) -> None:
    yolo(tmp_path / "a" / "labels", {name: str(n % 2) for n, name in enumerate(numbered(tmp_path / "a/images", 6))})
    assert read(tmp_path / "a")["classes"] == {"0": 3, "1": 3}
    yolo(tmp_path / "b" / "labels", dict.fromkeys(numbered(tmp_path / "b/images", 6), "0"))
    assert said(read(tmp_path / "b"), "all pictures of .* one class")


def test_a_list_of_yolo_counts_from_nought_where_its_first_class_has_no_picture(tmp_path: Path) -> None:
    yolo(tmp_path / "labels", {name: str(1 + n % 2) for n, name in enumerate(numbered(tmp_path / "images", 6))})
    (tmp_path / "data.yaml").write_text("names: [nevus, melanoma, bcc]\n")
    reading = read(tmp_path)
    assert reading["classes"] == {"bcc": 3, "melanoma": 3}
    assert reading["certain"]


@pytest.mark.parametrize("text", ["a dark spot on the back", "7", "0 12 40 33 9", ""])
def test_texts_beside_pictures_that_are_no_boxes_are_counted(text: str, tmp_path: Path) -> None:
    for name in numbered(tmp_path / "images", 6):
        (tmp_path / "images" / f"{name}.txt").write_text(text)
    reading = read(tmp_path)
    assert left_out(reading, "no boxes in the form of YOLO") == 6
    assert said(reading, "YOLO")


def test_an_empty_table_beside_classes_is_ignored_with_a_word(tmp_path: Path) -> None:
    for label in LABELS:
        numbered(tmp_path / label, 3, label)
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("image,label\n")
    reading = read(tmp_path)
    assert left_out(reading, r"tables without a row \(empty\.csv, header\.csv\)") == 2
    assert reading["certain"]


def test_a_table_that_cannot_be_read_is_named_without_the_path_of_the_machine(tmp_path: Path) -> None:
    numbered(tmp_path / "x", 4)
    (tmp_path / "broken.xlsx").write_bytes(b"PK")
    reading = read(tmp_path)
    assert said(reading, r"broken\.xlsx is damaged")
    assert not any(str(tmp_path) in text for text in (*reading["questions"], *reading["cautions"]))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("classes.json", '{"0": "benign", "1": "malignant"}'),
        ("class_indices.json", '{"benign": 0, "malignant": 1}'),
        ("labels.json", '["benign", "malignant"]'),
        ("config.json", '{"architectures": ["x"], "id2label": {"0": "benign", "1": "malignant"}}'),
        ("data.yaml", "nc: 2\nnames: ['benign', 'malignant']\n"),
        ("dataset.yml", "names:\n  0: benign\n  1: malignant\n"),
    ],
)
def test_notes_name_numbered_folders(file: str, text: str, tmp_path: Path) -> None:
    for number in "01":
        numbered(tmp_path / "train" / number, 3, f"a{number}")
    (tmp_path / file).write_text(text)
    reading = read(tmp_path)
    assert reading["classes"] == {"benign": 3, "malignant": 3}
    assert malignant(reading) == {"benign": False, "malignant": True}


@pytest.mark.parametrize("text", ['{"epochs": 1, "seed": 0}', "[" * 100_000, '{"names": "x"}'])
def test_settings_and_rubbish_name_no_classes(text: str, tmp_path: Path) -> None:
    for number in "01":
        numbered(tmp_path / number, 3, f"a{number}")
    (tmp_path / "config.json").write_text(text)
    assert read(tmp_path)["classes"] == {"0": 3, "1": 3}


def test_folds_that_each_hold_all_pictures_give_each_once_in_the_fold_that_tests_it(tmp_path: Path) -> None:
    for fold in range(3):
        for label in LABELS:
            for number in range(9):
                where = "test" if number % 3 == fold else "train"
                touch(tmp_path / f"fold_{fold}" / where / label, f"{label[0]}{number:03d}.jpg")
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 9, "nevus": 9}
    assert part(reading, "train") == part(reading, "test") == 0
    assert reading["columns"]["fold"] == "names of folders"
    assert left_out(reading, "other folds") == 36
    assert reading["certain"]


def test_folds_that_test_the_same_pictures_are_asked_about(tmp_path: Path) -> None:
    for fold in range(2):
        for label in LABELS:
            touch(tmp_path / f"fold_{fold}/train" / label, *(f"{label[0]}{n}.jpg" for n in range(fold, fold + 6)))
            touch(tmp_path / f"fold_{fold}/test" / label, *(f"{label[0]}{n}.jpg" for n in range(3)))
    reading = read(tmp_path)
    assert said(reading, "one fold")
    assert not reading["certain"]


def test_a_tree_of_masks_beside_that_of_the_pictures_is_left_out(tmp_path: Path) -> None:
    for label in LABELS:
        for number in range(5):
            drawn(tmp_path / "d" / "img" / label / f"{label}{number}.png", number)
            drawn(tmp_path / "d" / "lbl" / label / f"{label}{number}.png", number, mask=True)
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 5, "nevus": 5}
    assert left_out(reading, "derived") == 10


def marked(folder: Path, columns: str, *rows: str) -> None:
    names = numbered(folder / "x", len(rows))
    table(folder / "truth.csv", f"image,{columns}", *(f"{name},{row}" for name, row in zip(names, rows, strict=True)))


def test_pictures_that_are_marked_as_several_diagnoses_are_asked_about_and_never_called_benign(tmp_path: Path) -> None:
    marked(tmp_path, "melanoma,nevus,bcc", *("1,0,0", "0,1,0", "0,0,1") * 5, "1,1,0", "0,1,1")
    reading = read(tmp_path)
    assert reading["classes"] == {"bcc": 5, "melanoma": 5, "nevus": 5}
    assert said(reading, "2 pictures are marked as several")
    assert not reading["certain"]


def test_what_no_column_marks_may_be_a_class_of_its_own(tmp_path: Path) -> None:
    marked(tmp_path, "tumor_a,tumor_b", *("1,0", "0,1", "0,0") * 5)
    reading = read(tmp_path)
    assert reading["classes"] == {"none of them": 5, "tumor_a": 5, "tumor_b": 5}
    assert said(reading, "marked in none")
    assert not reading["certain"]
    chosen = read(tmp_path, label="one-hot columns")
    assert chosen["classes"] == {"tumor_a": 5, "tumor_b": 5}
    assert chosen["certain"]


def test_benign_in_a_column_that_asks_for_melanoma_alone_is_explained(tmp_path: Path) -> None:
    marked(tmp_path, "is_melanoma", *("1", "0") * 4)
    assert said(read(tmp_path), "no melanoma")


@pytest.mark.parametrize("name", ["{0}_pt{1:03d}_img{2}.jpg", "ab{1}{2}c_2021_P{1:04d}_{2}.jpg"])
def test_patients_anywhere_in_file_names_are_proposed(name: str, tmp_path: Path) -> None:
    for patient in range(8):
        touch(tmp_path / LABELS[patient % 2], *(name.format("BM"[patient % 2], patient, n) for n in range(3)))
    reading = read(tmp_path)
    assert reading["group"]["groups"] == 8
    assert not reading["certain"]


@pytest.mark.parametrize("columns", ["label_reader1,label_reader2", "label,diagnosis"])
def test_columns_that_say_different_classes_are_asked_about(columns: str, tmp_path: Path) -> None:
    marked(tmp_path, columns, *("mel,melanoma", "nv,nevus") * 6, "mel,nevus", "nv,melanoma")
    reading = read(tmp_path)
    assert said(reading, "2 pictures have another class in the column")
    assert not reading["certain"]
    assert read(tmp_path, label=columns.partition(",")[0])["certain"]


def test_a_finer_column_is_no_contradiction_but_a_benign_melanoma_is(tmp_path: Path) -> None:
    rows = ("malignant,melanoma", "malignant,bcc", "benign,nevus") * 5
    marked(tmp_path / "right", "benign_malignant,diagnosis", *rows)
    assert read(tmp_path / "right")["certain"]
    marked(tmp_path / "wrong", "benign_malignant,diagnosis", *rows, "benign,melanoma")
    assert said(read(tmp_path / "wrong"), "1 pictures have another class")


@pytest.mark.parametrize(("name", "classes"), [("to_sort", 2), ("unlabelled", 2), ("stuff", 3)])
def test_a_folder_beside_benign_and_malignant_that_says_neither(name: str, classes: int, tmp_path: Path) -> None:
    for label in ("benign", "malignant", name):
        numbered(tmp_path / label, 6, label)
    reading = read(tmp_path)
    assert len(reading["classes"]) == classes
    assert part(reading, "unlabelled") == (6 if classes == 2 else 0)
    assert reading["certain"] is (classes == 2)


def test_what_is_still_packed_is_said_where_the_labels_are_lacking(tmp_path: Path) -> None:
    numbered(tmp_path / "images", 4)
    (tmp_path / "labels.csv.zip").write_bytes(b"PK")
    assert said(read(tmp_path), r"Still packed: labels\.csv\.zip")


def test_letters_tell_classes_apart(tmp_path: Path) -> None:
    for label in ("tumor_a", "tumor_b"):
        numbered(tmp_path / label, 3, label)
    assert said(read(tmp_path), "tumor a, tumor b")


@pytest.fixture
def versions(artifacts: Path) -> Path:
    """Twelve pictures in two sizes under one table."""
    folder = artifacts.parent / "data" / "sizes"
    for number in range(12):
        for place, side in (("images", 16), ("images_512", 32)):
            drawn(folder / place / f"img{number:03d}.png", number, side)
    table(folder / "t.csv", "file,label", *(f"img{n:03d}.png,{LABELS[n % 2]}" for n in range(12)))
    return folder


def test_of_two_versions_under_one_table_one_is_chosen_or_both_are_kept_together(versions: Path) -> None:
    reading = read(versions)
    assert said(reading, "stand for pictures in images, images_512, which look alike")
    assert reading["classes"] == {"melanoma": 12, "nevus": 12}
    assert reading["group"]["groups"] == 12
    assert not reading["certain"]
    with pytest.raises(DataError, match="There are: images, images_512, all"):
        decide(versions, ["version=images_256"])
    assert decide(versions, ["version=all"], agree=True)["certain"]
    chosen = decide(versions, ["version=images_512"])
    assert chosen["classes"] == {"melanoma": 6, "nevus": 6}
    assert left_out(chosen, "other versions") == 12
    assert chosen["certain"]


def test_the_same_names_for_other_pictures_are_not_taken_for_versions(tmp_path: Path) -> None:
    for place, seed in (("hospital1", 0), ("hospital2", 100)):
        for number in range(6):
            drawn(tmp_path / place / f"img{number}.png", seed + number)
    table(tmp_path / "t.csv", "file,label", *(f"img{n}.png,{LABELS[n % 2]}" for n in range(6)))
    reading = read(tmp_path)
    assert said(reading, r"stands for several pictures.*Say which of these is meant \(version=hospital1\)")
    assert not reading["certain"]
    assert read(tmp_path, version="hospital2")["classes"] == {"melanoma": 3, "nevus": 3}


def test_a_version_that_is_not_here_is_asked_about_again(versions: Path) -> None:
    decide(versions, ["version=images_512"])
    (versions / "images_512").rename(versions / "other")
    assert said(inspect_folder(versions), "no such version here")


def test_two_endings_are_one_name(tmp_path: Path) -> None:
    touch(tmp_path / "x", *(f"a{n}.jpg.png" for n in range(6)))
    table(tmp_path / "t.csv", "image,dx", *(f"a{n}.jpg,{LABELS[n % 2]}" for n in range(6)))
    assert read(tmp_path)["classes"] == {"melanoma": 3, "nevus": 3}


def test_ids_that_became_decimals_with_commas_name_pictures(tmp_path: Path) -> None:
    touch(tmp_path / "x", *(f"{n + 100}.jpg" for n in range(6)))
    table(tmp_path / "t.csv", "id;dx", *(f"{n + 100},0;{LABELS[n % 2]}" for n in range(6)))
    assert read(tmp_path)["classes"] == {"melanoma": 3, "nevus": 3}


def test_pictures_with_several_findings_are_left_out_and_asked_about(tmp_path: Path) -> None:
    marked(tmp_path, "Finding Labels", *LABELS * 4, "melanoma|nevus", "nevus|melanoma")
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 4, "nevus": 4}
    assert said(reading, "2 pictures have several classes")
    assert not reading["certain"]


@pytest.mark.parametrize("ending", ["csv", "txt"])
def test_tables_called_after_diagnoses_say_the_class(ending: str, tmp_path: Path) -> None:
    for label in LABELS:
        names = numbered(tmp_path / "x", 5, label[0])
        table(tmp_path / f"{label}.{ending}", *(["image"] if ending == "csv" else []), *(f"{n}.jpg" for n in names))
    assert read(tmp_path)["classes"] == {"melanoma": 5, "nevus": 5}


def test_ages_are_no_groups(tmp_path: Path) -> None:
    marked(tmp_path, "dx,age", *(f"{LABELS[n % 2]},{100 - n % 10}" for n in range(30)))
    reading = read(tmp_path)
    assert reading["group"]["column"] is None
    assert reading["certain"]


def test_what_a_model_said_is_no_second_opinion(tmp_path: Path) -> None:
    marked(tmp_path, "label,pred", *("melanoma,nevus", "nevus,nevus") * 6)
    assert read(tmp_path)["certain"]


def test_that_a_test_part_is_lacking_is_said_in_a_sentence(tmp_path: Path) -> None:
    for place in ("train", "valid"):
        for label in LABELS:
            numbered(tmp_path / place / label, 3, place + label)
    assert said(read(tmp_path), "In the official split there is no test part")


@pytest.mark.parametrize("column", ["Photo no.", "image number", "Bild-Nr"])
def test_columns_of_numbers_name_numbered_pictures(column: str, tmp_path: Path) -> None:
    touch(tmp_path / "x", *(f"{n:04d}.jpg" for n in range(1, 9)))
    table(tmp_path / "t.csv", f"{column},dx,age", *(f"{n},{LABELS[n % 2]},{n + 40}" for n in range(1, 9)))
    assert read(tmp_path)["classes"] == {"melanoma": 4, "nevus": 4}


def test_of_versions_in_folders_of_classes_one_can_be_chosen(tmp_path: Path) -> None:
    for place in ("cropped", "original"):
        for label in LABELS:
            touch(tmp_path / place / label, *(f"{label}_{5000 + 13 * number}.jpg" for number in range(6)))
    assert said(read(tmp_path), r"lie in cropped, original.*version=cropped")
    chosen = read(tmp_path, version="original")
    assert chosen["classes"] == {"melanoma": 6, "nevus": 6}
    assert not said(chosen, "version=")


def test_a_table_without_a_column_of_classes_is_refused_with_the_columns_that_may_be(tmp_path: Path) -> None:
    names = numbered(tmp_path, 12)
    rows = [f"{name},{n},{'ab'[n % 2]},{n // 3}" for n, name in enumerate(names)]
    table(tmp_path / "what.csv", "image,shot,seen,of", *rows)
    assert said(read(tmp_path), r"Say which column is \(seen, of\), or add one called label")
    assert read(tmp_path, label="seen")["classes"] == {"a": 6, "b": 6}
