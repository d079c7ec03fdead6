"""Folders that are no classes although nothing in their names says it: batches, places, patients, downloads."""

from pathlib import Path

import pytest

from tests.core.data.reading.readings import part, read, said
from tests.core.data.reading.test_folders_of_hospitals import touch, write

CELLS = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE")


def test_a_grade_in_tables_beside_the_pictures_is_proposed_before_folders_of_no_known_class(tmp_path: Path) -> None:
    """As MESSIDOR has it."""
    for base in (11, 12, 21):
        names = [f"2005{base}_{n}_PP.tif" for n in range(12)]
        touch(tmp_path / f"Base{base}", *names)
        lines = [f"{name},{n % 4},{n % 3}" for n, name in enumerate(names)]
        write(tmp_path / f"Base{base}", f"Annotation Base{base}.csv", ["Image name,Retinopathy grade,Risk", *lines])
    reading = read(tmp_path)
    assert reading["classes"] == {"0": 9, "1": 9, "2": 9, "3": 9}
    assert said(reading, "Base11, Base12, Base21 are called after no class that is known, and the column Retinopathy")
    assert not reading["certain"]
    assert sum("Retinopathy grade" in question for question in reading["questions"]) == 1
    assert reading["how"]["label"] == "the values of the column Retinopathy grade are few, and repeat"
    assert read(tmp_path, label="names of folders")["classes"] == {"Base11": 12, "Base12": 12, "Base21": 12}
    assert not said(read(tmp_path, label="Retinopathy grade"), "called after no class|divides")


@pytest.mark.parametrize(
    ("column", "values", "taken"), [("tumour grade", ("G1", "G2", "G3"), True), ("KL", ("0", "1", "2", "3"), False)]
)
def test_a_table_of_all_pictures_does_not_lose_to_folders_in_silence(
    column: str, values: tuple[str, ...], taken: bool, tmp_path: Path
) -> None:
    lines = [f"image,{column},age"]
    for tray in "ABC":
        for n in range(12):
            touch(tmp_path / f"Tray {tray}", f"x{tray}{n}.png")
            lines.append(f"x{tray}{n}.png,{values[n % len(values)]},{40 + n}")
    write(tmp_path, "slides.csv", lines)
    reading = read(tmp_path)
    assert not reading["certain"]
    assert said(reading, f"called after no class that is known, and .*{column}")
    assert sorted(reading["classes"]) == (list(values) if taken else ["Tray A", "Tray B", "Tray C"])


def test_a_table_that_says_no_class_leaves_folders_certain(tmp_path: Path) -> None:
    lines = ["image,age,sex,width,camera,patient_id,kind of skin"]
    for place, folder in enumerate(("alpha", "beta", "gamma")):
        for n in range(12):
            touch(tmp_path / folder, f"{folder}{n}.png")
            who = f"{30 + n},{'FM'[n % 2]},{512 * (1 + n % 2)},{('Canon', 'Nikon')[n % 2]},P{folder}{n // 2}"
            lines.append(f"{folder}{n}.png,{who},{('dry', 'dry', 'oily')[place]}")
    write(tmp_path, "people.csv", lines)
    reading = read(tmp_path)
    assert reading["certain"]
    assert reading["classes"] == {"alpha": 12, "beta": 12, "gamma": 12}


def test_folders_with_a_table_each_are_places_where_its_only_plausible_column_is_the_class(tmp_path: Path) -> None:
    for place in ("Aarhus", "Odense", "Rigshospitalet"):
        names = [f"{place[:2]}{n:03}.jpg" for n in range(12)]
        touch(tmp_path / place, *names)
        lines = [f"{name};{('lav', 'høj')[n // 2 % 2]};{40 + n};{place}{n // 2}" for n, name in enumerate(names)]
        write(tmp_path / place, "liste.csv", ["Fil;Risiko;Alder;Patientnr", *lines])
    reading = read(tmp_path)
    assert reading["classes"] == {"høj": 18, "lav": 18}
    assert reading["group"]["groups"] == 18
    assert said(reading, "Aarhus, Odense, Rigshospitalet are called after no class")
    assert not reading["certain"]


@pytest.mark.parametrize("called", ["sub-{:02}", "anna{:c}"])
def test_folders_that_are_the_participants_of_a_table_are_no_classes(called: str, tmp_path: Path) -> None:
    lines = ["participant_id\tage\tsex\tgroup"]
    for n in range(12):
        name = called.format(n + 97 if called.endswith("c}") else n)
        touch(tmp_path / name / "ses-01" / "micr", *(f"{name}_ses-01_sample-{k}_BF.png" for k in range(1, 4)))
        lines.append(f"{name}\t{30 + n}\t{'MF'[n % 2]}\t{('control', 'melanoma')[n % 2]}")
    write(tmp_path, "participants.tsv", lines)
    reading = read(tmp_path)
    assert reading["classes"] == {"control": 18, "melanoma": 18}
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("participant_id", 12)
    assert not said(reading, "belong to several patients")
    assert not reading["certain"], "that the column group is the class is asked"
    write(tmp_path, "participants.tsv", [lines[0].replace("group", "diagnosis"), *lines[1:]])
    assert read(tmp_path)["certain"]


def test_a_group_of_training_and_test_is_the_part_and_no_class(tmp_path: Path) -> None:
    lines = ["image,group"]
    for n in range(24):
        touch(tmp_path / ("K1", "K2")[n % 2], f"{n}.png")
        lines.append(f"{n}.png,{'test' if n % 4 > 1 else 'train'}")
    write(tmp_path, "set.csv", lines)
    reading = read(tmp_path)
    assert reading["classes"] == {"K1": 12, "K2": 12}
    assert (part(reading, "train"), part(reading, "test")) == (12, 12)


def test_two_downloads_in_one_folder_are_not_the_classes(tmp_path: Path) -> None:
    for cell in CELLS:
        images = tmp_path / "dataset2-master" / "dataset2-master" / "images"
        touch(images / "TRAIN" / cell, *(f"_{cell[0]}_{n}.jpeg" for n in range(10)))
        touch(images / "TEST" / cell, *(f"_{cell[0]}_{n}.jpeg" for n in range(10, 14)))
    touch(tmp_path / "dataset-master" / "dataset-master" / "JPEGImages", *(f"Blood_{n:05}.jpg" for n in range(12)))
    reading = read(tmp_path)
    assert reading["classes"] == dict.fromkeys(CELLS, 14)
    assert (part(reading, "train"), part(reading, "test"), part(reading, "unlabelled")) == (30, 12, 12)


def test_a_folder_of_folders_beside_one_of_pictures_is_asked_about(tmp_path: Path) -> None:
    for kind in ("aa", "bb", "cc"):
        touch(tmp_path / "bloodcells" / "images" / kind, *(f"{kind}{n}.png" for n in range(8)))
    touch(tmp_path / "bccd", *(f"b{n}.png" for n in range(8)))
    reading = read(tmp_path)
    assert said(reading, r"bloodcells holds folders that may be the classes \(aa, bb, cc\), and bccd holds none")
    assert not reading["certain"]
    reading = read(tmp_path, **{"no-classes": "bloodcells,bccd"})
    assert reading["classes"] == {"aa": 8, "bb": 8, "cc": 8}
    assert part(reading, "unlabelled") == 8


def test_folders_in_the_test_part_alone_are_batches(tmp_path: Path) -> None:
    """As the challenge of Bioimaging 2015 has them."""
    for place, first, count in (("Training_data", 0, 12), ("Test_data/Initial", 60, 5), ("Test_data/Extended", 80, 4)):
        touch(
            tmp_path / place, *(f"{kind}{n:03}.tif" for kind in ("b", "is", "iv") for n in range(first, first + count))
        )
    reading = read(tmp_path)
    assert reading["classes"] == {"b": 21, "is": 21, "iv": 21}
    assert (part(reading, "train"), part(reading, "test")) == (36, 27)
    assert said(reading, "Nothing but the names of the files says the class")
    assert not reading["certain"]


def test_a_test_part_without_folders_leaves_those_of_training_the_classes(tmp_path: Path) -> None:
    for kind in ("Initial", "Extended"):
        touch(tmp_path / "train" / kind, *(f"{kind}{n}.png" for n in range(8)))
    touch(tmp_path / "test", *(f"t{n}.png" for n in range(6)))
    reading = read(tmp_path)
    assert reading["classes"] == {"Extended": 8, "Initial": 8}
    assert part(reading, "unlabelled") == 6


@pytest.mark.parametrize("below", ["Series_301", "MR Brain - 5000/T1_301"])
def test_folders_of_patients_that_a_viewer_exported_are_no_classes(below: str, tmp_path: Path) -> None:
    names = ("ANDERSEN_BO", "HANSEN_ANNE", "JENSEN_KARL", "LARSEN_PIA", "MADSEN_OLE", "NIELSEN_EVA")
    for name in names:
        touch(tmp_path / name / below, *(f"IM-0001-{n:04}.jpg" for n in range(1, 7)))
    reading = read(tmp_path)
    assert reading["classes"] == {}
    assert (reading["group"]["level"], reading["group"]["groups"]) == ("patient", 6)
    assert not reading["certain"]
    lines = [f'"{name.replace("_", ", ")}",{("melanoma", "nevus")[n % 2]}' for n, name in enumerate(names)]
    write(tmp_path, "diagnoses.csv", ["patient,diagnosis", *lines])
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 18, "nevus": 18}
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("patient", 6)


def test_exported_folders_that_may_be_of_patients_are_asked_about(tmp_path: Path) -> None:
    for name in ("mild", "Strong", "Between"):
        touch(tmp_path / name / "Series_2", *(f"IM-0001-{n:04}.jpg" for n in range(1, 7)))
    reading = read(tmp_path)
    assert sorted(reading["classes"]) == ["Between", "Strong", "mild"]
    assert said(reading, "may be patients")
    assert not reading["certain"]


def test_pictures_with_a_class_outside_the_parts_are_asked_about(tmp_path: Path) -> None:
    lines = ["image,label"]
    for place, first, count in (("train", "t", 24), ("test", "s", 6), ("other", "o", 8)):
        for n in range(count):
            touch(tmp_path / place, f"{first}{n}.png")
            lines.append(f"{first}{n},{'Other' if place == 'other' else ('CE', 'LAA')[n % 2]}")
    write(tmp_path, "all.csv", lines)
    reading = read(tmp_path)
    assert (part(reading, "train"), part(reading, "test")) == (24, 6)
    assert said(reading, "8 pictures with a class lie in other, beside folders that are parts")
    assert not reading["certain"]


@pytest.mark.parametrize("untitled", [("New folder", "New folder (2)"), ("Neuer Ordner (3)",), ("新建文件夹",)])
def test_folders_that_nobody_has_named_are_asked_about(untitled: tuple[str, ...], tmp_path: Path) -> None:
    for name in ("Melanoma", "Nevus", *untitled):
        touch(tmp_path / name, *(f"{name[0]}{len(name)}_{n}.jpg" for n in range(8)))
    reading = read(tmp_path)
    assert said(reading, f"Nobody has named {untitled[0]}"[:24])
    assert not reading["certain"]
    reading = read(tmp_path, **{"no-classes": ",".join(untitled)})
    assert reading["classes"] == {"Melanoma": 8, "Nevus": 8}


def test_folders_inside_a_class_that_may_be_classes_are_asked_about(tmp_path: Path) -> None:
    touch(tmp_path / "nevus", *(f"n{n}.jpg" for n in range(10)))
    touch(tmp_path / "melanoma", *(f"m{n}.jpg" for n in range(12)))
    for kind in ("dysplastic", "blue"):
        touch(tmp_path / "nevus" / kind, *(f"{kind}{n}.jpg" for n in range(8)))
    reading = read(tmp_path)
    assert said(reading, "nevus holds pictures and the folders blue, dysplastic, which may be classes of their own")
    assert not reading["certain"]


def test_folders_of_patients_inside_one_class_are_not_asked_about(tmp_path: Path) -> None:
    touch(tmp_path / "melanoma", *(f"m{n}.jpg" for n in range(12)))
    for patient in range(1, 5):
        touch(tmp_path / "nevus" / f"patient_{patient:03}", *(f"p{patient}_{n}.jpg" for n in range(3)))
    assert not said(read(tmp_path), "may be the classes|classes of their own")
