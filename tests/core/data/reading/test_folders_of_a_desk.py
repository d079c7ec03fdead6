"""What lies on a desk beside a data set: folders put aside, codes of missing labels, raters, what a model said."""

from pathlib import Path

import pytest

from tests.core.data.reading.readings import left_out, part, read, said
from tests.core.data.reading.test_folders_as_people_leave_them import numbered
from tests.core.data.reading.test_layouts_of_publishers import table, touch

LABELS = ("melanoma", "nevus")


@pytest.mark.parametrize(
    "classes", [("benign", "malignant"), ("typeA", "typeB", "typeC"), ("melanoma", "nevus", "bcc")]
)
def test_folders_that_somebody_put_aside_are_asked_about(tmp_path: Path, classes: tuple[str, ...]) -> None:
    for label in (*classes, "rejected", "to_check", "duplicates", "unlabeled"):
        touch(tmp_path / label, *(f"{label}{n:02d}.png" for n in range(6)))
    reading = read(tmp_path)
    assert not reading["certain"]
    assert said(reading, "duplicates, rejected, to_check")
    decided = read(tmp_path, **{"no-classes": "duplicates,rejected,to_check"})
    assert decided["classes"] == dict.fromkeys(classes, 6)
    assert decided["certain"]


def test_a_number_below_zero_is_no_spelling_of_another_and_means_that_nobody_knows(tmp_path: Path) -> None:
    names = numbered(tmp_path / "images", 24)
    lines = (f"{name},{(0, 1, -1)[n % 3]},{n // 2}" for n, name in enumerate(names))
    table(tmp_path / "labels.csv", "image,label,patient_id", *lines)
    reading = read(tmp_path)
    assert reading["classes"] == {"0": 8, "1": 8}
    assert (part(reading, "unlabelled"), left_out(reading, "without a class")) == (8, 8)
    assert said(reading, "8 pictures have -1 in the column label")
    assert reading["certain"]


def test_a_code_such_as_99_is_left_out_and_asked_about(tmp_path: Path) -> None:
    names = numbered(tmp_path / "images", 24)
    table(tmp_path / "labels.csv", "image,label", *(f"{name},{(1, 2, 3, 99)[n % 4]}" for n, name in enumerate(names)))
    reading = read(tmp_path)
    assert reading["classes"] == {"1": 6, "2": 6, "3": 6}
    assert said(reading, "6 pictures have 99 in the column label.*Agree if it is so")
    assert not reading["certain"]


def test_a_hundred_numbered_classes_are_no_codes(tmp_path: Path) -> None:
    names = numbered(tmp_path / "images", 80)
    table(tmp_path / "labels.csv", "image,label", *(f"{name},{n // 2 + 60}" for n, name in enumerate(names)))
    assert "99" in read(tmp_path)["classes"]


def test_tables_of_parts_name_the_pictures_of_their_part_where_both_are_numbered_alike(tmp_path: Path) -> None:
    for name, count in (("train", 12), ("test", 6)):
        touch(tmp_path / name, *(f"{n}.png" for n in range(count)))
        table(tmp_path / f"{name}.csv", "id,label", *(f"{n},{LABELS[(n + count) % 2]}" for n in range(count)))
    reading = read(tmp_path)
    assert (part(reading, "train"), part(reading, "test"), part(reading, "unlabelled")) == (12, 6, 0)
    assert reading["classes"] == {"melanoma": 9, "nevus": 9}


def test_what_raters_agreed_on_is_proposed_before_what_one_of_them_said(tmp_path: Path) -> None:
    names = numbered(tmp_path / "img", 20)
    lines = (f"{name},{LABELS[(n + (n % 5 == 0)) % 2]},{LABELS[n % 2]}" for n, name in enumerate(names))
    table(tmp_path / "ratings.csv", "image,rater1,consensus", *lines)
    reading = read(tmp_path)
    assert reading["columns"]["label"] == "consensus"
    assert said(reading, "4 pictures have another class in the column rater1")
    assert not reading["certain"]


def test_what_a_model_said_comes_behind_a_table_of_the_truth(tmp_path: Path) -> None:
    names = numbered(tmp_path / "images", 20)
    table(tmp_path / "truth.csv", "image,label", *(f"{name},{LABELS[n % 2]}" for n, name in enumerate(names)))
    table(
        tmp_path / "model_output.csv", "image,label", *(f"{name},{LABELS[n // 2 % 2]}" for n, name in enumerate(names))
    )
    reading = read(tmp_path)
    assert (reading["table"], reading["classes"]) == ("truth.csv", {"melanoma": 10, "nevus": 10})
    assert said(reading, "another label in model_output.csv than in truth.csv, which counts")


def test_a_table_of_studies_is_joined_by_the_folders_called_after_them(tmp_path: Path) -> None:
    for study in range(12):
        touch(tmp_path / "studies" / f"ST{study:04d}", "view0.png", "view1.png")
    lines = (f"P{study // 2:02d},ST{study:04d},{LABELS[study // 2 % 2]}" for study in range(12))
    table(tmp_path / "patients.csv", "patient,study,outcome", *lines)
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 12, "nevus": 12}
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("patient", 6)


def test_classes_inside_kinds_of_cancer_are_asked_about_and_make_none_of_these_benign(tmp_path: Path) -> None:
    """The Multi Cancer data set of Kaggle."""
    kinds = {"ALL": ("all_benign", "all_early", "all_pre"), "Brain Cancer": ("brain_glioma", "brain_tumor"),
             "Oral Cancer": ("oral_normal", "oral_scc")}  # fmt: skip
    for kind, classes in kinds.items():
        for label in classes:
            touch(tmp_path / "Multi Cancer" / kind / label, *(f"{label}_{n:04d}.jpg" for n in range(4)))
    reading = read(tmp_path)
    assert said(reading, "classes may be ALL, Brain Cancer, Oral Cancer or all_benign, .* inside one another")
    assert (reading["certain"], reading["malignant"]["ALL"]) == (False, None)
    assert sum(len(each) for each in kinds.values()) == len(read(tmp_path, label="folder 2")["classes"])


def test_altered_copies_of_nobody_knows_what_are_asked_about(tmp_path: Path) -> None:
    for label in LABELS:
        touch(tmp_path / label, *(f"{label}_{n}.png" for n in range(6)), *(f"aug_0_{n}.png" for n in range(5)))
    reading = read(tmp_path)
    assert said(reading, "10 pictures are altered copies by their names")
    assert not reading["certain"]


def test_grades_are_classes_and_no_groups(tmp_path: Path) -> None:
    """PANDA."""
    names = numbered(tmp_path / "train_images", 24)
    scores = ("0+0", "3+3", "3+4", "4+3")
    lines = (f"{name},{('karolinska', 'radboud')[n % 2]},{n % 4},{scores[n % 4]}" for n, name in enumerate(names))
    table(tmp_path / "train.csv", "image_id,data_provider,isup_grade,gleason_score", *lines)
    reading = read(tmp_path)
    assert (reading["columns"]["label"], reading["group"]["column"]) == ("isup_grade", None)
    assert len(reading["classes"]) == 4


def test_cancer_beside_further_findings_is_the_class(tmp_path: Path) -> None:
    """RSNA's mammographies: a folder a patient, and several columns of 0 and 1."""
    lines = []
    for number in range(24):
        patient = 10_000 + number // 4
        touch(tmp_path / "train_images" / str(patient), f"{900_000 + number}.png")
        lines.append(f"{patient},{900_000 + number},{int(patient % 3 == 0)},{patient % 2},{int(patient % 3 == 0)}")
    table(tmp_path / "train.csv", "patient_id,image_id,cancer,biopsy,invasive", *lines)
    reading = read(tmp_path)
    assert (reading["columns"]["label"], reading["group"]["column"]) == ("cancer", "patient_id")
    assert reading["classes"] == {"benign": 16, "malignant": 8}
    assert reading["certain"]


def test_one_diagnosis_written_in_two_ways_is_asked_about_and_can_be_merged(tmp_path: Path) -> None:
    names = numbered(tmp_path / "images", 24)
    written = ("Melanoma (MEL)", "MEL", "Nevus (NV)", "NV")
    table(tmp_path / "t.csv", "image,diagnosis", *(f"{name},{written[n % 4]}" for n, name in enumerate(names)))
    reading = read(tmp_path)
    assert said(reading, "“MEL” and “Melanoma .MEL.” both mean melanoma")
    assert not reading["certain"]
    merged = read(tmp_path, **{"merge:Melanoma (MEL)": "MEL", "merge:Nevus (NV)": "NV"})
    assert (merged["classes"], merged["certain"]) == ({"MEL": 12, "NV": 12}, True)
