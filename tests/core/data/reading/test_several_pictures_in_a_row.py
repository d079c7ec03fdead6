"""Tables whose rows name both eyes, two breasts in two views, or other pictures of one patient."""

from pathlib import Path

from core.data.reading.choices import Choices
from core.data.reading.reader import read_folder
from tests.core.data.reading.readings import read, said
from tests.core.data.reading.test_layouts_of_publishers import table, touch

_EYES = "ID,Patient Age,Patient Sex,Left-Fundus,Right-Fundus,Left-Diagnostic Keywords,Right-Diagnostic Keywords,N,D,G"


def _eyes(folder: Path, patients: int = 40) -> None:
    """As ODIR-5K: a row for each patient, with a column for the picture of each eye and columns of what the patient
    has, of whom every tenth has two diseases."""
    rows = []
    for n in range(patients):
        marks = [int(n % 3 == k or (n % 10 == 1 and k == 2)) for k in range(3)]
        rows.append(f"{n},50,Male,{n}_left.jpg,{n}_right.jpg,normal fundus,glaucoma,{','.join(map(str, marks))}")
        touch(folder / "Training Images", f"{n}_left.jpg", f"{n}_right.jpg")
    table(folder / "data.csv", _EYES, *rows)


def test_both_eyes_of_a_patient_stay_together_and_that_one_alone_may_be_ill_is_asked(tmp_path: Path) -> None:
    _eyes(tmp_path)
    reading = read(tmp_path)
    assert reading["pictures"] == 80
    assert reading["group"]["groups"] == 40
    assert reading["classes"].keys() == {"N", "D", "G"}
    assert said(reading, r"one class for pictures of both sides \(Left-Fundus, Right-Fundus\)")
    assert said(reading, "marked as several of N, D, G")
    assert not reading["certain"]
    rows = read_folder(tmp_path).rows
    assert rows.groupby("group_id")["image_id"].nunique().eq(2).all()
    said_of = rows.set_index("image_id")["Diagnostic Keywords"]
    assert (said_of["3_left"], said_of["3_right"]) == ("normal fundus", "glaucoma")


def test_what_somebody_has_chosen_for_both_sides_is_no_longer_asked_but_said(tmp_path: Path) -> None:
    _eyes(tmp_path)
    reading = read_folder(tmp_path, Choices(columns={"label": "one-hot columns"}))
    assert not any("both sides" in each for each in reading.questions)
    assert any("both sides" in each for each in reading.cautions)


def test_a_class_for_each_breast_is_that_of_its_pictures_in_every_view(tmp_path: Path) -> None:
    views = ("L_CC", "L_MLO", "R_CC", "R_MLO")
    rows = []
    for n in range(12):
        touch(tmp_path / "images", *(f"{n:03d}{view.lower()}.png" for view in views))
        pictures = ",".join(f"{n:03d}{view.lower()}.png" for view in views)
        rows.append(f"E{n},{pictures},{'malignant' if n % 2 else 'benign'},benign")
    table(tmp_path / "exams.csv", f"exam,{','.join(views)},left_diagnosis,right_diagnosis", *rows)
    reading = read(tmp_path)
    assert reading["classes"] == {"benign": 36, "malignant": 12}
    assert reading["group"]["groups"] == 12
    assert reading["columns"]["label"] == "diagnosis"
    assert not said(reading, "both sides")


def test_a_column_that_says_the_patient_is_the_group_of_a_row_of_pictures(tmp_path: Path) -> None:
    for n in range(12):
        touch(tmp_path, f"{n:03d}a.jpg", f"{n:03d}b.jpg")
    rows = [f"P{n // 3},{n:03d}a,{n:03d}b,{('nevus', 'melanoma')[n // 3 % 2]}" for n in range(12)]
    table(tmp_path / "lesions.csv", "patient_id,clinic,dermoscopic,diagnosis", *rows)
    reading = read(tmp_path)
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("patient_id", 4)
    assert reading["certain"]


def test_sides_and_views_at_the_end_of_file_names_are_proposed_as_groups(tmp_path: Path) -> None:
    for n in range(8):
        label = ("benign", "malignant")[n % 2]
        touch(tmp_path / label, *(f"{n}_{side}_{view}.png" for side in ("LEFT", "RIGHT") for view in ("CC", "MLO")))
    reading = read(tmp_path)
    assert reading["group"]["groups"] == 8
    assert said(reading, "8 groups were found in the names of the files")


def test_grades_of_photographs_of_the_eye_are_the_class_where_no_other_column_is(tmp_path: Path) -> None:
    names = [f"{n}_{side}" for n in range(10, 40) for side in ("left", "right")]
    touch(tmp_path / "train", *(f"{name}.jpeg" for name in names))
    table(tmp_path / "trainLabels.csv", "image,level", *(f"{name},{n % 5}" for n, name in enumerate(names)))
    reading = read(tmp_path)
    assert reading["columns"]["label"] == "level"
    assert said(reading, "level may be the class, or where and how pictures were taken")
    assert reading["group"]["groups"] == 30


def test_a_class_that_python_has_written_as_a_list_is_read_without_its_signs(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{n:03d}.jpg" for n in range(9)))
    kinds = ("['nevus']", "['melanoma']", "\"['nevus', 'melanoma']\"")
    table(tmp_path / "labels.csv", "image,labels", *(f"{n:03d},{kinds[n % 3]}" for n in range(9)))
    reading = read(tmp_path)
    assert reading["classes"] == {"nevus": 3, "melanoma": 3}
    assert said(reading, "3 pictures have several classes")
