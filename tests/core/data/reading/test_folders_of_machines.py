"""What machines name or fill: folders of UIDs and hashes, lists of pairs, a word a file, masks glued to names."""

import json
from pathlib import Path

import pytest

from core.data.diagnoses.diagnoses import diagnosis
from tests.core.data.reading.readings import left_out, meant, part, read, said
from tests.core.data.reading.test_folders_of_hospitals import touch, write
from tests.core.data.reading.test_folders_of_strangers import drawn

LABELS = ("melanoma", "nevus")


@pytest.mark.parametrize(
    "called", ["1.3.6.1.4.1.9590.100.1.2.{:04d}", "{:032x}", "12345678-1234-1234-1234-{:012d}", "patient{:05d}"]
)
def test_folders_called_by_machines_or_after_patients_are_no_classes(called: str, tmp_path: Path) -> None:
    for place in range(1, 7):
        touch(tmp_path / called.format(place * 7), *(f"im{place}_{n}.jpg" for n in range(4)))
    reading = read(tmp_path)
    assert reading["classes"] == {}
    assert reading["group"]["groups"] == 6
    assert not reading["certain"]
    lines = [f"im{place}_{n}.jpg,{LABELS[place % 2]}" for place in range(1, 7) for n in range(4)]
    write(tmp_path, "table.csv", ["file,label", *lines])
    assert read(tmp_path)["classes"] == {"melanoma": 12, "nevus": 12}


def test_folders_called_after_the_hospital_or_site_in_the_table_are_no_classes(tmp_path: Path) -> None:
    lines = ["filename,histopath_diag,hospital,year"]
    for n in range(24):
        hospital, year = ("Barcelona", "Vienna")[n % 2], 2015 + n % 3
        touch(tmp_path / hospital / str(year), f"x{n}a.jpg")
        lines.append(f"x{n}a.jpg,{('MEL', 'NEV', 'BCC')[n // 8]},{hospital},{year}")
    write(tmp_path, "index.csv", lines)
    reading = read(tmp_path)
    assert (reading["classes"], reading["columns"]["label"]) == ({"BCC": 8, "MEL": 8, "NEV": 8}, "histopath_diag")
    assert reading["group"]["column"] is None, "years are no groups"
    write(tmp_path, "index.csv", [line.rsplit(",", 3)[0] + "," + ",".join(line.split(",")[2:]) for line in lines])
    reading = read(tmp_path)
    assert said(reading, "called as the column hospital says")
    assert not reading["certain"]


def test_a_column_of_finer_names_behind_benign_and_malignant_is_the_class(tmp_path: Path) -> None:
    lines = ["record_id,distance,path,file"]
    names = ("malignant- bcc", "benign-melanocytic nevus", "malignant- melanoma", "benign-seborrheic keratosis")
    for n in range(24):
        touch(tmp_path / "photos", f"s-prd-{400 + n}.jpg")
        lines.append(f"{n // 3 + 1},{('dscope', '6in', '1ft')[n % 3]},{names[n // 3 % 4]},s-prd-{400 + n}.jpg")
    write(tmp_path, "release.csv", lines)
    reading = read(tmp_path)
    assert reading["malignant"] == {name: name.startswith("malignant") for name in names}
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("record_id", 8)
    assert not reading["certain"], "that the records are groups is asked"
    assert diagnosis("malignant- bcc").key == "bcc"
    assert diagnosis("benign-melanoma").known is False, "that contradicts itself"


def test_masks_whose_word_is_glued_to_the_name_are_masks(tmp_path: Path) -> None:
    for label in ("AK", "BCC", "MEL"):
        for n in range(4):
            drawn(tmp_path / label / f"{label}_{n}" / f"{label}_{n}.png", n)
            drawn(tmp_path / label / f"{label}_{n}" / f"{label}_{n}mask.png", n, mask=True)
    reading = read(tmp_path)
    assert sorted(meant(reading).values()) == [4, 4, 4]
    assert left_out(reading, "masks") == 12
    touch(tmp_path / "alone" / "AK", "unmask.png", "facemask.png")
    assert read(tmp_path / "alone")["pictures"] == 2, "without a picture of that name there is no mask of it"


def test_parts_at_the_beginning_of_all_names_are_the_official_split(tmp_path: Path) -> None:
    names = [f"{part}_{n}" for part, count in (("train", 12), ("testA", 8), ("testB", 4)) for n in range(1, count + 1)]
    touch(tmp_path, *(f"{name}.bmp" for name in names))
    write(tmp_path, "Grade.csv", ["name, grade", *(f"{name}, {LABELS[n % 2]}" for n, name in enumerate(names))])
    reading = read(tmp_path)
    assert (part(reading, "train"), part(reading, "test")) == (12, 12)
    touch(tmp_path, "other_1.bmp")
    assert part(read(tmp_path), "train") == 0, "one name that says none"


def test_parts_that_are_listed_once_a_fold_are_no_official_split(tmp_path: Path) -> None:
    """As BreakHis' Folds.csv has them."""
    names = [f"p{n // 4}_{n}.png" for n in range(24)]
    for n, name in enumerate(names):
        touch(tmp_path / LABELS[n // 4 % 2], name)
    lines = ["fold,mag,split,filename"]
    for fold in range(1, 4):
        lines += [f"{fold},40,{'test' if n // 8 == fold - 1 else 'train'},{name}" for n, name in enumerate(names)]
    write(tmp_path, "Folds.csv", lines)
    reading = read(tmp_path)
    assert (part(reading, "train"), part(reading, "test")) == (0, 0)
    assert said(reading, "24 of 24 pictures in several lines with different split")
    assert not {"fold", "split"} & reading["columns"].keys()
    assert sum(reading["classes"].values()) == 24
    write(tmp_path, "Folds.csv", [lines[0], *(line for line in lines if line[0] == "2")])
    assert (part(read(tmp_path), "train"), part(read(tmp_path), "test")) == (16, 8)


def test_few_pictures_in_several_parts_are_in_none(tmp_path: Path) -> None:
    names = [f"{n}.png" for n in range(24)]
    touch(tmp_path, *names)
    lines = [f"{name},{LABELS[n % 2]},{'test' if n % 4 == 0 else 'train'}" for n, name in enumerate(names)]
    write(tmp_path, "labels.csv", ["image,label,split", *lines, f"5.png,{LABELS[1]},test"])
    reading = read(tmp_path)
    assert (part(reading, "train"), part(reading, "test")) == (17, 6)
    assert said(reading, "in several lines with different split are in none of the official parts: 1.")


@pytest.mark.parametrize("kept", ["pairs", "pairs below a key"])
def test_lists_of_pairs_in_json_are_a_table(kept: str, tmp_path: Path) -> None:
    pairs = [[f"{n // 10:05d}/img{n:08d}.png", n % 3] for n in range(24)]
    for name, _ in pairs:
        touch(tmp_path / "dataset" / name.partition("/")[0], name.partition("/")[2])
    write(tmp_path / "dataset", "dataset.json", [json.dumps(pairs if kept == "pairs" else {"labels": pairs})])
    reading = read(tmp_path)
    assert reading["classes"] == {"0": 8, "1": 8, "2": 8}
    assert reading["table"].endswith("dataset.json")


def test_records_count_where_they_are_more_than_the_pairs_beside_them(tmp_path: Path) -> None:
    records = [{"file": f"im{n}a.png", "label": LABELS[n % 2]} for n in range(12)]
    touch(tmp_path, *(each["file"] for each in records))
    write(tmp_path, "notes.json", [json.dumps({"camera": [["lens", 50], ["flash", 0]], "images": records})])
    assert read(tmp_path)["classes"] == {"melanoma": 6, "nevus": 6}


def test_a_word_in_a_text_beside_each_picture_is_its_class_and_a_description_is_not(tmp_path: Path) -> None:
    for n in range(12):
        touch(tmp_path / "data", f"im_{n}.jpg")
        write(tmp_path / "data", f"im_{n}.txt", [("malignant", "benign")[n % 2]])
    reading = read(tmp_path)
    assert reading["classes"] == {"benign": 6, "malignant": 6}
    assert not left_out(reading, "texts")
    for n in range(12):
        write(tmp_path / "data", f"im_{n}.txt", [f"A lesion on the back, {n} mm wide."])
    reading = read(tmp_path)
    assert reading["classes"] == {}
    assert left_out(reading, "texts") == 12


def test_a_study_is_what_must_not_be_split_where_nothing_coarser_is_known(tmp_path: Path) -> None:
    lines = ["study_id,series_id,image_id,view,diagnosis"]
    for n in range(24):
        touch(tmp_path, f"{n * 7:032x}.png")
        lines.append(f"{n // 4:032x},{n:032x},{n * 7:032x},CC,{LABELS[n // 4 % 2]}")
    write(tmp_path, "annotations.csv", lines)
    reading = read(tmp_path)
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("study_id", 6)
    assert reading["certain"]
    write(tmp_path, "annotations.csv", [line.replace("study_id", "study") for line in lines])
    assert said(read(tmp_path), "study is called as groups are"), "it may be that of the authors"
