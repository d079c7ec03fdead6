"""Words in other languages, what a name denies, ids glued to other words, and tables of which a case has two lines."""

from pathlib import Path

import pytest

from core.base.counting import plural
from core.data.diagnoses.diagnoses import diagnosis
from core.data.group_words import group_word, words
from core.data.reading.file_names import columns_in_names
from tests.core.data.reading.readings import left_out, part, read, said
from tests.core.data.reading.test_folders_of_hospitals import touch, write


@pytest.mark.parametrize(
    "name",
    ["Negative for Intraepithelial malignancy", "No evidence of malignancy", "negative for dysplasia and malignancy",
     "malignancy ruled out", "pas de cancer", "aucun signe de malignité", "kein Hinweis auf Malignität", "ikke malign",
     "icke malign", "ei pahanlaatuinen", "geen kanker", "kanser değil", "Normal, no carcinoma"],
)  # fmt: skip
def test_what_says_that_nothing_is_malignant_is_not(name: str) -> None:
    assert diagnosis(name).malignant is False


@pytest.mark.parametrize(
    "name",
    ["Melanoma excluded", "Melanoma, excluded", "Melanoma: no", "rule out melanoma", "r/o melanoma", "Nonmelanoma",
     "melanoma mimic", "melanoma simulator", "lesion mimicking melanoma", "family history of melanoma",
     "no lymph node metastasis", "no longer malignant", "nevus ruled out", "paracancerous tissue"],
)  # fmt: skip
def test_a_cancer_that_is_denied_leaves_open_what_else_it_is(name: str) -> None:
    assert diagnosis(name).malignant is None


@pytest.mark.parametrize(
    "name",
    ["Melanoma, not otherwise specified", "melanoma, negative margins", "non-small cell lung carcinoma",
     "Triple negative breast cancer", "carcinoma HER2 negative", "PAS_carcinoma", "Non-invasive malignant melanoma"],
)  # fmt: skip
def test_what_denies_something_else_is_malignant_all_the_same(name: str) -> None:
    assert diagnosis(name).malignant is True


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Modermærke", "nv"), ("moedervlek", "nv"), ("födelsemärke", "nv"), ("色素痣", "nv"), ("母斑", "nv"),
        ("Modermærkekræft", "mel"), ("føflekkreft", "mel"), ("黑色素瘤", "mel"), ("悪性黒色腫", "mel"),
        ("Basalcellekarcinom", "bcc"), ("basalcellscancer", "bcc"), ("basaalcelcarcinoom", "bcc"),
        ("基底细胞癌", "bcc"), ("tyvisolusyöpä", "bcc"), ("Pladecellekarcinom", "scc"), ("Seboroisk keratose", "sek"),
        ("脂漏性角化症", "sek"), ("Godartet", "benign"), ("Ondartet", "malignant"), ("hyvänlaatuinen", "benign"),
    ],
)  # fmt: skip
def test_diagnoses_in_other_languages_are_known(name: str, key: str) -> None:
    assert diagnosis(name).key == key


@pytest.mark.parametrize(
    "column", ["CPR-nr.", "Patientnr", "pasient_id", "potilasnumero", "患者编号", "カルテ番号", "환자번호"]
)
def test_columns_of_patients_in_other_languages_are_known(column: str) -> None:
    found = group_word(column)
    assert found is not None
    assert found[0] == "patient"


def test_letters_of_other_languages_do_not_divide_words() -> None:
    assert words("Læsion Køn_płeć") == ["laesion", "kon", "plec"]
    assert words("LÆSION") == ["laesion"]


def test_a_danish_table_is_read(tmp_path: Path) -> None:
    lines = ["Billede;Diagnose;CPR-nr.;Alder;Køn;Lokalisation"]
    names = ("Modermærke", "Modermærkekræft", "Basalcellekarcinom", "Seboroisk keratose")
    for n in range(48):
        touch(tmp_path / "Billeder", f"IMG_{2000 + n}.jpg")
        sex = ("Kvinde", "Mand")[n // 3 % 2]
        lines.append(f"IMG_{2000 + n}.jpg;{names[n // 3 % 4]};0101{40 + n // 3}-1{n // 3:03};{40 + n // 3};{sex};Ryg")
    (tmp_path / "Hudforandringer.csv").write_bytes("\n".join(lines).encode("cp1252"))
    reading = read(tmp_path)
    assert reading["malignant"] == dict(zip(names, (False, True, True, False), strict=True))
    assert reading["columns"].items() >= {"age": "Alder", "sex": "Køn", "site": "Lokalisation"}.items()
    assert (reading["group"]["column"], reading["group"]["level"]) == ("CPR-nr.", "patient")
    assert (reading["group"]["groups"], reading["certain"]) == (16, True)


def test_hospitals_with_a_danish_list_each_are_no_classes(tmp_path: Path) -> None:
    for hospital in ("Aarhus", "Odense", "Rigshospitalet"):
        lines = ["Fil;Fund;Alder;Køn;Patientnr"]
        for n in range(14):
            touch(tmp_path / hospital, f"{hospital[:2]}{n:03}.jpg")
            found, sex = ("Godartet", "Ondartet")[n // 2 % 2], "KM"[n // 2 % 2]
            lines.append(f"{hospital[:2]}{n:03}.jpg;{found};{40 + n};{sex};{hospital[:2]}{n // 2}")
        write(tmp_path / hospital, "liste.csv", lines)
    reading = read(tmp_path)
    assert reading["classes"] == {"Godartet": 24, "Ondartet": 18}
    assert reading["malignant"] == {"Godartet": False, "Ondartet": True}
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("Patientnr", 21)


def knees(root: Path) -> None:
    number = 9_000_099
    for called, count in (("train", 6), ("val", 2), ("test", 3)):
        for grade in range(5):
            for _ in range(count):
                number += 397
                for again in (called, "auto_test") if called == "test" else (called,):
                    touch(root / again / str(grade), f"{number}L.png", f"{number}R.png")


def test_a_part_that_lies_there_in_another_form_is_asked_about_and_not_added(tmp_path: Path) -> None:
    knees(tmp_path)
    reading = read(tmp_path)
    assert (part(reading, "train"), part(reading, "validation"), part(reading, "test")) == (60, 20, 30)
    assert left_out(reading, "auto_test, called as those of test") == 30
    assert said(reading, "auto_test holds pictures called as those of test")
    assert part(read(tmp_path, version="all"), "test") == 60
    chosen = read(tmp_path, version="auto_test")
    assert (part(chosen, "test"), said(chosen, "auto_test holds")) == (30, False)


def test_parts_in_which_numbers_begin_anew_are_different_pictures(tmp_path: Path) -> None:
    for called in ("train", "test", "external_test"):
        for label in ("melanoma", "nevus"):
            touch(tmp_path / called / label, *(f"{n:03}.jpg" for n in range(6)))
    reading = read(tmp_path)
    assert (part(reading, "train"), part(reading, "test")) == (12, 24)


def test_sides_glued_to_an_id_are_of_one_patient(tmp_path: Path) -> None:
    knees(tmp_path)
    reading = read(tmp_path)
    assert (reading["group"]["groups"], reading["certain"]) == (55, False)
    assert said(reading, "55 groups were found in the names of the files")
    assert columns_in_names([f"{n}R" for n in range(1000, 1020) for _ in "LR"]) == {}, "of one side alone"


@pytest.mark.parametrize(
    ("name", "first"),
    [("OAS1_{:04}_MR1_mpr-{}_100", "OAS1_0000"), ("C{0}P{0}thinF_IMG_20150619_1147{1}a_cell_179", "P0"),
     ("P{}S1_{}", "P0")],
)  # fmt: skip
def test_a_patient_at_the_beginning_of_names_is_proposed(name: str, first: str) -> None:
    stems = [name.format(patient, picture) for patient in range(10) for picture in range(4)]
    columns = columns_in_names(stems)
    assert list(columns) == ["name: group"]
    groups = columns["name: group"]
    assert (groups[0], len(set(groups))) == (first, 10)


@pytest.mark.parametrize("name", ["r{}c{}_tile", "IMG_20150619_11475{1}", "x{}y{}_he"])
def test_places_of_tiles_and_times_are_no_patients(name: str) -> None:
    stems = [name.format(row, column) for row in range(10) for column in range(4)]
    assert columns_in_names([*stems, *stems]) == {}


def gdc(root: Path) -> None:
    """A clinical table with two lines a case, as the GDC exports it, and thumbnails of slides."""
    head = "case_id\tcase_submitter_id\tage_at_index\tgender\tprimary_diagnosis\ttreatment_type"
    lines, exposure = [head], ["case_id\tcase_submitter_id\talcohol_history"]
    for n in range(12):
        case, key = f"TCGA-{('3C', 'A7', 'BH')[n % 3]}-A{n:03}", f"{n:08x}-aaaa-bbbb-cccc-{n:012x}"
        found = ("Infiltrating duct carcinoma, NOS", "Lobular carcinoma, NOS")[n // 6]
        lines += [f"{key}\t{case}\t{40 + n}\tfemale\t{found}\t{what}" for what in ("Radiation", "Pharmaceutical")]
        exposure.append(f"{key}\t{case}\t'--")
        touch(root / "thumbnails", *(f"{case}-01Z-00-DX{k}.{n:08X}-1111.png" for k in (1, 2)))
    write(root / "clinical", "clinical.tsv", lines)
    write(root / "clinical", "exposure.tsv", exposure)


@pytest.mark.parametrize("alone", [False, True])
def test_a_clinical_table_with_two_lines_a_case_is_joined(tmp_path: Path, alone: bool) -> None:
    gdc(tmp_path)
    if alone:
        (tmp_path / "clinical" / "exposure.tsv").unlink()
    reading = read(tmp_path)
    assert sorted(reading["classes"].values()) == [12, 12]
    assert reading["table"] == "clinical/clinical.tsv"
    assert (reading["group"]["groups"], reading["group"]["coarser"]) == (12, [])
    assert not said(reading, "coarser than|lacks a column")
    assert reading["columns"]["age"] == "age_at_index"


def test_a_table_whose_lines_of_one_patient_differ_in_the_class_is_not_joined(tmp_path: Path) -> None:
    lines = ["patient_id,diagnosis"]
    for n in range(8):
        touch(tmp_path, f"patient_{n}_1.png", f"patient_{n}_2.png")
        lines += [f"{n},melanoma", f"{n},nevus"]
    write(tmp_path, "patients.csv", lines)
    assert read(tmp_path)["classes"] == {}


def test_sentences_agree_with_the_number_of_folders(tmp_path: Path) -> None:
    for label in ("benign", "malignant"):
        touch(tmp_path / "train" / label, *(f"{label}{n}.png" for n in range(14)))
    for batch in ("batch1", "batch2"):
        touch(tmp_path / "test" / batch, *(f"{batch}_{n}.png" for n in range(8)))
    assert said(read(tmp_path), "batch1, batch2 lie beside benign and malignant and say neither. Agree if they are cl")


def test_several_studies_are_no_studys(tmp_path: Path) -> None:
    lines = ["image,PatientID,StudyID,label"]
    for n in range(40):
        touch(tmp_path / "x", f"i{n}.png")
        lines.append(f"i{n}.png,P{n // 3},S{n // 2},{('melanoma', 'nevus')[n % 2]}")
    write(tmp_path, "t.csv", lines)
    assert said(read(tmp_path), r"7 studies \(StudyID\) belong to several patients")
    assert [plural(noun) for noun in ("study", "series", "patient")] == ["studies", "series", "patients"]


def test_pictures_listed_in_one_cell_have_the_class_of_the_row_and_stay_together(tmp_path: Path) -> None:
    lines = ["patient_id,images,diagnosis,age"]
    for n in range(14):
        names = [f"img_{3 * n + k:03}.jpg" for k in range(3)]
        touch(tmp_path / "photos", *names)
        lines.append(f"Pt{n:02},{'; '.join(names)},{('melanoma', 'nevus')[n % 2]},{40 + n}")
    write(tmp_path, "cases.csv", lines)
    reading = read(tmp_path)
    assert (reading["classes"], reading["certain"]) == ({"melanoma": 21, "nevus": 21}, True)
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("patient_id", 14)
    write(tmp_path, "cases.csv", [line.partition(",")[2] for line in lines])
    assert read(tmp_path)["group"]["groups"] == 14, "a row is a case where nobody says whom it is of"


def test_a_list_of_the_pictures_of_each_class_says_nothing_of_groups(tmp_path: Path) -> None:
    lines = ["label,images"]
    for label in ("melanoma", "nevus", "bcc"):
        names = [f"{label[0]}{n}x.jpg" for n in range(8)]
        touch(tmp_path, *names)
        lines.append(f"{label},{' '.join(names)}")
    write(tmp_path, "lists.csv", lines)
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 8, "nevus": 8, "bcc": 8}
    assert reading["group"]["column"] is None


def test_a_picture_that_several_people_have_judged_is_named_by_the_table(tmp_path: Path) -> None:
    lines = ["HITId,WorkerId,Input.image_url,Answer.category.label"]
    for n in range(30):
        touch(tmp_path / "photos", f"lesion_{n:03}.jpg")
        for worker in range(3):
            label = ("benign", "malignant")[(n + (worker == 2 and n % 5 == 0)) % 2]
            lines.append(f"3HIT{n:05},A{worker + n % 4}W,https://bucket.org/photos/lesion_{n:03}.jpg,{label}")
    write(tmp_path, "Batch_4012345_batch_results.csv", lines)
    reading = read(tmp_path)
    assert sum(reading["classes"].values()) == 24
    assert reading["columns"]["image"] == "Input.image_url"
    assert said(reading, "6 of 30 pictures stand in several lines of a table that differ")
    assert not reading["certain"]


def test_lines_that_lack_their_last_fields_are_read(tmp_path: Path) -> None:
    """The list of MIAS."""
    lines = []
    for n in range(1, 31):
        touch(tmp_path, f"mdb{n:03}.pgm")
        found = "NORM" if n % 3 == 0 else f"{('CIRC', 'MISC')[n % 2]} {'BM'[n // 3 % 2]} {100 + n} {200 + n} {30 + n}"
        lines.append(f"mdb{n:03} {'GFD'[n % 3]} {found}")
    write(tmp_path, "Info.txt", lines)
    reading = read(tmp_path, label="column 3")
    assert reading["classes"] == {"NORM": 10, "CIRC": 10, "MISC": 10}
    assert read(tmp_path)["certain"] is False
