"""Folders as tools for labelling, clouds, scanners and scripts leave them."""

import json
from pathlib import Path

import pytest

from core.data.inspect import inspect_folder
from core.data.reading.reader import read_folder
from tests.core.data.reading.readings import left_out, read, said
from tests.core.data.reading.test_folders_as_people_leave_them import numbered
from tests.core.data.reading.test_folders_of_strangers import LABELS, drawn
from tests.core.data.reading.test_layouts_of_publishers import table, touch


def _label(number: int) -> str:
    return LABELS[number % 2]


def test_the_labels_of_labelme_stand_beside_each_picture(tmp_path: Path) -> None:
    for n, name in enumerate(numbered(tmp_path, 9)):
        shapes = [{"label": _label(n), "points": [[0, 0]]}, {"label": _label(n * (n < 8)), "points": [[0, 0]]}]
        (tmp_path / f"{name}.json").write_text(json.dumps({"shapes": shapes, "imagePath": f"{name}.jpg"}))
    assert read(tmp_path)["classes"] == {"melanoma": 5, "nevus": 4}


def test_the_boxes_of_cvat_stand_in_one_file(tmp_path: Path) -> None:
    names = numbered(tmp_path / "images", 8)
    boxes = [
        f'<image id="{n}" name="{name}.jpg" width="9"><box label="{_label(n)}" xtl="1"></box></image>'
        for n, name in enumerate(names[:6])
    ]
    boxes += [f'<image id="6" name="{names[6]}.jpg"/>', f'<image id="7" name="{names[7]}.jpg"><tag label="a &amp; b"/>'
              "</image>"]  # fmt: skip
    (tmp_path / "annotations.xml").write_text(f"<?xml version='1.0'?><annotations>{''.join(boxes)}</annotations>")
    reading = read(tmp_path)
    assert reading["classes"] == {"a & b": 1, "melanoma": 3, "nevus": 3}
    assert not left_out(reading, "xml")


def test_choices_of_label_studio_are_read_from_its_full_export(tmp_path: Path) -> None:
    names = numbered(tmp_path / "images", 8, "ab12-")
    tasks = [
        {"id": n, "data": {"image": f"/data/upload/1/{name}.jpg"},
         "annotations": [{"result": [{"type": "choices", "value": {"choices": [_label(n)]}}]}]}
        for n, name in enumerate(names)
    ]  # fmt: skip
    (tmp_path / "project-1-at-2024.json").write_text(json.dumps(tasks))
    assert read(tmp_path)["classes"] == {"melanoma": 4, "nevus": 4}


def test_boxes_without_names_of_categories_have_numbers_that_a_list_may_name(tmp_path: Path) -> None:
    names = numbered(tmp_path / "images", 8)
    told = {"images": [{"id": n, "file_name": f"{name}.jpg"} for n, name in enumerate(names)],
            "annotations": [{"image_id": n, "category_id": n % 2} for n in range(8)]}  # fmt: skip
    (tmp_path / "coco.json").write_text(json.dumps(told))
    assert read(tmp_path)["classes"] == {"0": 4, "1": 4}
    (tmp_path / "classes.json").write_text(json.dumps({"0": "nevus", "1": "melanoma"}))
    assert read(tmp_path)["classes"] == {"melanoma": 4, "nevus": 4}


@pytest.mark.parametrize(("keys", "what"), [(LABELS, "label"), (("train", "test"), "split")])
def test_lists_of_files_in_json_are_called_after_classes_or_parts(
    keys: tuple[str, str], what: str, tmp_path: Path
) -> None:
    files = [f"{label}/{name}.jpg" for label in LABELS for name in numbered(tmp_path / label, 6, label)]
    (tmp_path / "lists.json").write_text(json.dumps({keys[0]: files[:3] + files[6:], keys[1]: files[3:6]}))
    reading = read(tmp_path, label="names of folders")
    assert reading["classes"] == {"melanoma": 6, "nevus": 6}
    if what == "split":
        assert (reading["parts"]["train"], reading["parts"]["test"]) == (9, 3)
    else:
        assert reading["columns"]["label"] == "names of folders"
        assert read(tmp_path, label="label")["classes"] == {"melanoma": 9, "nevus": 3}


def test_an_id_within_an_object_is_called_after_it(tmp_path: Path) -> None:
    names = numbered(tmp_path / "train", 12)
    lines = [{"file_name": f"train/{name}.jpg", "meta": {"diagnosis": _label(n), "patient": {"id": f"p{n // 3}"}}}
             for n, name in enumerate(names)]  # fmt: skip
    (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    reading = read(tmp_path)
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("patient_id", 4)


def test_a_folder_for_each_patient_that_says_the_class_too_is_no_class_of_its_own(tmp_path: Path) -> None:
    for patient in range(8):
        numbered(tmp_path / f"P{patient:02d}_{('mel', 'nv')[patient % 2]}", 3, f"{patient}-")
    reading = read(tmp_path)
    assert reading["classes"] == {"mel": 12, "nv": 12}
    assert reading["group"]["groups"] == 8


def test_a_table_in_the_folder_of_each_patient_leaves_the_patient_as_group(tmp_path: Path) -> None:
    for patient in range(6):
        touch(tmp_path / f"p{patient:02d}", "0.png", "1.png", "2.png")
        table(
            tmp_path / f"p{patient:02d}" / "labels.csv", "file,label", *(f"{n}.png,{_label(patient)}" for n in range(3))
        )
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 9, "nevus": 9}
    assert reading["group"]["groups"] == 6
    assert said(reading, "6 groups were found in folder 1")


def test_a_mask_that_is_called_so_and_nothing_else_is_no_picture(tmp_path: Path) -> None:
    for case in range(6):
        for seed, name in enumerate(("image.png", "mask.png")):
            drawn(tmp_path / f"case{case:02d}" / name, 10 * case + seed, mask=name == "mask.png")
    table(tmp_path / "cases.csv", "case,diagnosis", *(f"case{n:02d},{_label(n)}" for n in range(6)))
    reading = read(tmp_path)
    assert reading["pictures"] == 6
    assert left_out(reading, "masks") == 6


def test_pictures_of_0_bytes_that_a_cloud_has_not_brought_yet_are_counted(tmp_path: Path) -> None:
    for label in LABELS:
        touch(tmp_path / label, *(f"{n}.jpg" for n in range(3)))
        for n in range(3, 9):
            drawn(tmp_path / label / f"{n}.jpg", n)
    assert said(read(tmp_path), r"6 of 18 pictures are empty files \(0 bytes\)")


def test_what_is_neither_picture_nor_table_is_called_by_what_it_is(tmp_path: Path) -> None:
    numbered(tmp_path, 4)
    touch(tmp_path, "labels.mdb", "a.mp4", "b.mov", "DICOMDIR", "STUDY1/IM00001", "STUDY1/IM00002")
    reading = inspect_folder(tmp_path)
    assert left_out(reading, "videos") == 2
    assert left_out(reading, "DICOM") == 3
    assert said(reading, "Not read are data bases")


def test_shares_of_diagnoses_are_no_classes_but_the_greatest_is_proposed(tmp_path: Path) -> None:
    names = numbered(tmp_path, 12)
    rows = [f"{name},{0.1 + 0.8 * (n % 2):.1f},{0.9 - 0.8 * (n % 2):.1f}" for n, name in enumerate(names)]
    table(tmp_path / "soft.csv", "image,melanoma,nevus", *rows)
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 6, "nevus": 6}
    assert said(reading, "Columns hold shares")
    assert not reading["certain"]
    table(tmp_path / "soft.csv", "image,melanoma,age", *(f"{name},0.{n % 2 + 1},50" for n, name in enumerate(names)))
    assert said(read(tmp_path), "nothing says which class")


@pytest.mark.parametrize("ending", ["", ".0"])
def test_zeros_and_ones_stay_classes_however_they_are_written(ending: str, tmp_path: Path) -> None:
    names = numbered(tmp_path, 12)
    table(tmp_path / "t.csv", "image,target", *(f"{name},{n % 2}{ending}" for n, name in enumerate(names)))
    assert list(read(tmp_path)["classes"].values()) == [6, 6]


def test_an_object_of_numbers_and_names_names_the_classes_whatever_it_is_called(tmp_path: Path) -> None:
    names = numbered(tmp_path / "train_images", 12)
    table(tmp_path / "train.csv", "image_id,label", *(f"{name}.jpg,{n % 3}" for n, name in enumerate(names)))
    (tmp_path / "label_num_to_disease_map.json").write_text(json.dumps({"0": "CC", "1": "EC", "2": "HGSC"}))
    assert read(tmp_path)["classes"] == {"CC": 4, "EC": 4, "HGSC": 4}


def test_where_a_tile_lies_on_its_slide_is_no_class(tmp_path: Path) -> None:
    rows = [f"S{s}_{n}.png,S{s},{n % 3},{n},{n}" for s in range(4) for n in range(6)]
    touch(tmp_path / "tiles", *(row.partition(",")[0] for row in rows))
    table(tmp_path / "tiles.csv", "tile,slide,level,x,y", *rows)
    reading = read(tmp_path)
    assert reading["columns"].get("label") == "level"
    assert said(reading, "level may be the class, or where and how pictures were taken")
    assert not reading["certain"]


def test_what_a_model_said_is_not_proposed_before_what_is_true(tmp_path: Path) -> None:
    names = numbered(tmp_path, 12)
    rows = [f"{name},{LABELS[n // 2 % 2]},{LABELS[n % 2]}" for n, name in enumerate(names)]
    table(tmp_path / "t.csv", "image,prediction,truth", *rows)
    assert read(tmp_path)["columns"]["label"] == "truth"


def test_a_class_behind_a_date_in_the_name_is_proposed(tmp_path: Path) -> None:
    touch(tmp_path, *(f"202103{n + 1:02d}_{('mel', 'nev')[n % 2]}_{n:02d}.jpg" for n in range(12)))
    reading = read(tmp_path)
    assert reading["classes"] == {"mel": 6, "nev": 6}
    assert said(reading, "nothing but the names of the files says the class")


def test_folders_of_patients_are_joined_to_a_table_of_their_numbers(tmp_path: Path) -> None:
    for number in range(1, 9):
        touch(tmp_path / f"Patient {number}", "Bild 0.jpg", "Bild 1.jpg", "Bild 2.jpg")
    rows = [f"{number};{('gutartig', 'bösartig')[number % 2]};{50 + number},5" for number in range(1, 9)]
    (tmp_path / "Liste.csv").write_text("\n".join(["Patient-Nr.;Befund;Alter", *rows]), "cp1252")
    reading = read(tmp_path)
    assert reading["classes"] == {"bösartig": 12, "gutartig": 12}
    assert reading["group"]["groups"] == 8


def test_the_usage_of_a_picture_is_its_part(tmp_path: Path) -> None:
    names = numbered(tmp_path, 16)
    usages = ("Training", "PublicTest", "PrivateTest", "Training")
    table(
        tmp_path / "t.csv",
        "image,label,Usage",
        *(f"{name},{n // 4 % 2},{usages[n % 4]}" for n, name in enumerate(names)),
    )
    assert (read(tmp_path)["parts"]["train"], read(tmp_path)["parts"]["test"]) == (8, 8)


def test_columns_that_each_name_a_part_of_one_fold_give_the_fold_of_each_picture(tmp_path: Path) -> None:
    names = numbered(tmp_path / "images", 18)
    rows = [f"{name},{_label(n)},{','.join('val' if n % 3 == k else 'train' for k in range(3))}"
            for n, name in enumerate(names)]  # fmt: skip
    table(tmp_path / "folds.csv", "image,label,fold_0,fold_1,fold_2", *rows)
    assert read(tmp_path)["columns"]["fold"] == "fold_0"
    assert read_folder(tmp_path).rows["fold"].tolist() == [n % 3 for n in range(18)]
    rows[0] = rows[0].replace("val", "train")
    table(tmp_path / "folds.csv", "image,label,fold_0,fold_1,fold_2", *rows)
    assert "fold" not in read(tmp_path)["columns"]
