"""Folders as well-known publishers and download tools leave them, beside those of the archive."""

from pathlib import Path

import pytest

from core.data.diagnoses.diagnoses import diagnosis
from tests.core.data.reading.readings import in_columns, left_out, malignant, meant, part, read, said


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def table(file: Path, header: str, *rows: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([*([header] if header else []), *rows]) + "\n")


def test_busi_has_masks_beside_its_pictures(tmp_path: Path) -> None:
    for label in ("benign", "malignant", "normal"):
        for n in range(1, 5):
            touch(tmp_path, *(f"Dataset_BUSI_with_GT/{label}/{label} ({n}){end}.png" for end in ("", "_mask")))
    touch(tmp_path, "Dataset_BUSI_with_GT/benign/benign (1)_mask_1.png")
    reading = read(tmp_path)
    assert meant(reading) == {"benign": 4, "malignant": 4, "normal": 4}
    assert malignant(reading) == {"benign": False, "malignant": True, "normal": False}
    assert left_out(reading, "mask") == 13


def test_roboflow_writes_one_hot_columns_into_each_part(tmp_path: Path) -> None:
    for folder, count in (("train", 6), ("valid", 2), ("test", 2)):
        names = [f"img_{folder}_{n}_jpg.rf.{n:032x}.jpg" for n in range(count)]
        touch(tmp_path / folder, *names)
        rows = [f"{name},{n % 2},{(n + 1) % 2}" for n, name in enumerate(names)]
        table(tmp_path / folder / "_classes.csv", "filename, Benign, Malignant", *rows)
    touch(tmp_path, "README.roboflow.txt")
    reading = read(tmp_path)
    assert meant(reading) == {"benign": 5, "malignant": 5}
    assert [part(reading, each) for each in ("train", "validation", "test")] == [6, 2, 2]


def test_isic_2016_has_a_table_without_a_header(tmp_path: Path) -> None:
    for word, count in (("Training", 8), ("Test", 4)):
        names = [f"ISIC_{word == 'Test':d}00{n:04d}" for n in range(count)]
        touch(tmp_path, *(f"ISBI2016_ISIC_Part3_{word}_Data/{name}.jpg" for name in names))
        labels = ("benign", "malignant") if word == "Training" else ("0.0", "1.0")
        rows = [f"{name},{labels[n % 4 == 0]}" for n, name in enumerate(names)]
        table(tmp_path / f"ISBI2016_ISIC_Part3_{word}_GroundTruth.csv", "", *rows)
    reading = read(tmp_path)
    assert reading["pictures"] == 12
    if reading["certain"]:
        by_call = {called: reading["classes"][name] for name, called in reading["malignant"].items()}
        assert by_call == {True: 3, False: 9}
        assert [part(reading, each) for each in ("train", "test")] == [8, 4]


def test_isic_2017_has_superpixels_masks_and_two_columns_of_which_neither_is_a_nevus(tmp_path: Path) -> None:
    names = [f"ISIC_{n:07d}" for n in range(9)]
    touch(tmp_path, *(f"ISIC-2017_Training_Data/{name}{end}" for name in names for end in (".jpg", "_superpixels.png")))
    touch(tmp_path, *(f"ISIC-2017_Training_Part1_GroundTruth/{name}_segmentation.png" for name in names))
    rows = [f"{name},{n % 3 == 0:.1f},{n % 3 == 1:.1f}" for n, name in enumerate(names)]
    table(tmp_path / "ISIC-2017_Training_Part3_GroundTruth.csv", "image_id,melanoma,seborrheic_keratosis", *rows)
    metadata = [f"{name},{40 + n},female" for n, name in enumerate(names)]
    table(
        tmp_path / "ISIC-2017_Training_Data" / "ISIC-2017_Training_Data_metadata.csv",
        "image_id,age_approximate,sex",
        *metadata,
    )
    reading = read(tmp_path)
    assert reading["pictures"] == 9
    counts = meant(reading)
    assert (counts["mel"], counts["sek"]) == (3, 3)
    assert sum(counts.values()) == 9 or left_out(reading, "column|class|label|neither|none") == 3
    assert left_out(reading, "mask|superpixel|derived") == 18
    assert reading["columns"]["age"] == "age_approximate"


def test_isic_2018_has_lesions_in_a_table_of_its_own(tmp_path: Path) -> None:
    classes = "MEL,NV,BCC,AKIEC,BKL,DF,VASC"
    for word, count in (("Training", 14), ("Validation", 7)):
        names = [f"ISIC_{word == 'Validation':d}02{n:04d}" for n in range(count)]
        touch(
            tmp_path,
            *(f"ISIC2018_Task3_{word}_Input/{name}.jpg" for name in names),
            "ISIC2018_Task3_Training_Input/LICENSE.txt",
        )
        rows = [f"{name}," + ",".join(f"{n % 7 == k:.1f}" for k in range(7)) for n, name in enumerate(names)]
        truth = f"ISIC2018_Task3_{word}_GroundTruth"
        table(tmp_path / truth / f"{truth}.csv", f"image,{classes}", *rows)
    lesions = [f"ISIC_002{n:04d},HAM_{n // 2:07d},histopathology" for n in range(14)]
    table(tmp_path / "ISIC2018_Task3_Training_LesionGroupings.csv", "image,lesion_id,diagnosis_confirm_type", *lesions)
    reading = read(tmp_path)
    assert meant(reading) == dict.fromkeys("akiec bcc bkl df mel nv vasc".split(), 3)
    assert [part(reading, each) for each in ("train", "validation", "test")] == [14, 7, 0]
    assert (reading["group"]["column"], reading["group"]["level"]) == ("lesion_id", "lesion")


def test_kaggles_melanoma_competition_has_a_test_part_without_labels(tmp_path: Path) -> None:
    header = "image_name,patient_id,sex,age_approx,anatom_site_general_challenge"
    rows = [f"ISIC_{n:07d},IP_{n // 3},male,45.0,torso" for n in range(12)]
    touch(
        tmp_path,
        *(f"jpeg/train/ISIC_{n:07d}.jpg" for n in range(9)),
        *(f"jpeg/test/ISIC_{n:07d}.jpg" for n in range(9, 12)),
    )
    train = [
        f"{row},{('nevus', 'unknown', 'melanoma')[n % 3]},{('benign', 'malignant')[n % 3 == 2]},{n % 3 == 2:d}"
        for n, row in enumerate(rows[:9])
    ]
    table(tmp_path / "train.csv", f"{header},diagnosis,benign_malignant,target", *train)
    table(tmp_path / "test.csv", header, *rows[9:])
    reading = read(tmp_path)
    by_call = {called: reading["classes"][name] for name, called in reading["malignant"].items()}
    assert by_call in ({True: 3, False: 6}, {True: 3, False: 3})
    assert part(reading, "unlabelled") in (3, 6)
    assert reading["group"]["column"] == "patient_id"


def test_isic_2024_tells_malignant_by_target(tmp_path: Path) -> None:
    touch(tmp_path, *(f"train-image/image/ISIC_{n:07d}.jpg" for n in range(12)))
    rows = [
        f"ISIC_{n:07d},{n % 4 == 0:d},IP_{n // 2},60.0,male,torso,{('Benign', 'Malignant')[n % 4 == 0]},IL_{n}"
        for n in range(12)
    ]
    header = "isic_id,target,patient_id,age_approx,sex,anatom_site_general,iddx_1,lesion_id"
    table(tmp_path / "train-metadata.csv", header, *rows)
    reading = read(tmp_path)
    assert reading["classes"] == {"Benign": 9, "Malignant": 3}
    assert reading["malignant"] == {"Benign": False, "Malignant": True}
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("patient_id", 6)
    assert reading["how"]["group"].startswith("12 lesions of 6 patients: pictures of one patient stay together")
    assert reading["certain"]


def test_an_export_of_isic_cli_proposes_the_level_with_enough_pictures(tmp_path: Path) -> None:
    kinds = [
        ("Benign", "Benign melanocytic proliferations", "Nevus", "", ""),
        ("Malignant", "Malignant melanocytic proliferations (Melanoma)", "Melanoma Invasive", "", ""),
        ("Malignant", "Malignant adnexal epithelial proliferations - Follicular", "Basal cell carcinoma", "", ""),
    ]
    touch(tmp_path, *(f"ISIC_{n:07d}.jpg" for n in range(60)), "attribution.txt", "licenses/CC-BY.txt")
    rows = [
        f'ISIC_{n:07d},"Clinic, A",CC-BY,55,anterior torso,{",".join(kinds[n % 3])},IP_{n // 6},IL_{n // 2},female'
        for n in range(60)
    ]
    header = "isic_id,attribution,copyright_license,age_approx,anatom_site_general,diagnosis_1,diagnosis_2,diagnosis_3"
    table(tmp_path / "metadata.csv", f"{header},diagnosis_4,diagnosis_5,patient_id,lesion_id,sex", *rows)
    reading = read(tmp_path)
    assert sorted(reading["classes"].values()) in ([20, 20, 20], [20, 40])
    assert None not in reading["malignant"].values()
    assert reading["group"]["column"] == "patient_id"
    assert in_columns(reading, "attribution")
    assert in_columns(reading, "copyright_license")
    finest = read(tmp_path, label="diagnosis_3")
    assert meant(finest) == {"nv": 20, "invasive melanoma": 20, "bcc": 20}
    assert read(tmp_path, label="diagnosis_1")["classes"] == {"Benign": 20, "Malignant": 40}


def test_milk10k_has_two_pictures_a_lesion(tmp_path: Path) -> None:
    codes = "AKIEC BCC BEN_OTH BKL DF INF MAL_OTH MEL NV SCCKA VASC".split()
    truth, metadata = [], []
    for n in range(22):
        touch(tmp_path, *(f"MILK10k_Training_Input/IL_{n:07d}/ISIC_{2 * n + k:07d}.jpg" for k in range(2)))
        truth.append(f"IL_{n:07d}," + ",".join(f"{n % 11 == k:.1f}" for k in range(11)))
        metadata += [
            f"IL_{n:07d},{kind},ISIC_{2 * n + k:07d},55,male"
            for k, kind in enumerate(("clinical: close-up", "dermoscopic"))
        ]
    table(tmp_path / "MILK10k_Training_GroundTruth.csv", f"lesion_id,{','.join(codes)}", *truth)
    table(tmp_path / "MILK10k_Training_Metadata.csv", "lesion_id,image_type,isic_id,age_approx,sex", *metadata)
    reading = read(tmp_path)
    assert reading["pictures"] == 44
    assert meant(reading) == {diagnosis(code).key.lower(): 4 for code in codes}
    assert malignant(reading)["mal_oth"] is True
    assert malignant(reading)["inf"] is False
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("lesion_id", 22)


def test_fitzpatrick17k_proposes_a_level_of_few_classes(tmp_path: Path) -> None:
    levels = [
        ("psoriasis", "inflammatory", "non-neoplastic"),
        ("melanoma", "malignant melanoma", "malignant"),
        ("pilar cyst", "benign dermal", "benign"),
    ]
    touch(tmp_path, *(f"data/finalfitz17k/{n:032x}.jpg" for n in range(30)))
    rows = [f"{n:032x},{n % 6 + 1},{','.join(levels[n % 3])},https://example.org/{n}.jpg,x{n}.jpg" for n in range(33)]
    header = "md5hash,fitzpatrick_scale,label,nine_partition_label,three_partition_label,url,url_alphanum"
    table(tmp_path / "fitzpatrick17k.csv", header, *rows)
    reading = read(tmp_path)
    assert sorted(reading["classes"].values()) == [10, 10, 10]
    assert sorted(map(str, reading["malignant"].values())) == ["False", "False", "True"]
    assert in_columns(reading, "fitzpatrick_scale")
    assert 3 in reading["left_out"].values()


@pytest.mark.parametrize("headed", [True, False])
def test_bach_has_four_classes_with_or_without_its_table(tmp_path: Path, headed: bool) -> None:
    rows = []
    for label, code in (("Benign", "b"), ("InSitu", "is"), ("Invasive", "iv"), ("Normal", "n")):
        names = [f"{code}{n:03d}.tif" for n in range(1, 6)]
        touch(tmp_path, *(f"Photos/{label}/{name}" for name in names))
        rows += [f"{name},{label}" for name in names]
    if headed:
        table(tmp_path / "Photos" / "microscopy_ground_truth.csv", "", *rows)
    reading = read(tmp_path)
    assert meant(reading) == dict.fromkeys(["benign", "carcinoma in situ", "invasive carcinoma", "normal"], 5)
    assert sorted(malignant(reading).values()) == [False, False, True, True]


def test_the_colorectal_tiles_have_nine_tissues_in_both_parts(tmp_path: Path) -> None:
    codes = "ADI BACK DEB LYM MUC MUS NORM STR TUM".split()
    for folder, count in (("NCT-CRC-HE-100K", 4), ("CRC-VAL-HE-7K", 2)):
        touch(tmp_path, *(f"{folder}/{code}/{code}-{folder[:3]}{n:04d}.tif" for code in codes for n in range(count)))
    reading = read(tmp_path)
    assert len(reading["classes"]) == 9
    assert set(reading["classes"].values()) == {6}
    assert [name for name, called in reading["malignant"].items() if called] == ["TUM"]
    assert read(tmp_path / "NCT-CRC-HE-100K")["pictures"] == 36


def test_folds_become_folds_and_never_classes(tmp_path: Path) -> None:
    for fold in range(5):
        touch(
            tmp_path,
            *(f"fold_{fold}/{label}/{label}{fold}{n}.png" for label in ("benign", "malignant") for n in range(3)),
        )
    reading = read(tmp_path)
    assert meant(reading) == {"benign": 15, "malignant": 15}
    assert in_columns(reading, "fold")


def test_brain_tumours_lie_in_training_and_testing(tmp_path: Path) -> None:
    labels = ("glioma", "meningioma", "notumor", "pituitary")
    for folder, count in (("Training", 6), ("Testing", 2)):
        touch(
            tmp_path,
            *(
                f"brain-tumor-mri-dataset/{folder}/{label}/{folder[:2]}-{label}_{n:04d}.jpg"
                for label in labels
                for n in range(count)
            ),
        )
    reading = read(tmp_path)
    assert reading["classes"].keys() == set(labels)
    assert (reading["malignant"]["glioma"], reading["malignant"]["notumor"]) == (True, False)
    assert [part(reading, each) for each in ("train", "validation", "test")] == [24, 0, 8]


def test_ham10000_of_the_dataverse_has_a_table_without_ending_and_segmentations(tmp_path: Path) -> None:
    names = [f"ISIC_{n:07d}" for n in range(14)]
    keys = "akiec bcc bkl df mel nv vasc".split()
    touch(tmp_path, *(f"HAM10000_images_part_{n % 2 + 1}/{name}.jpg" for n, name in enumerate(names)))
    touch(tmp_path, *(f"HAM10000_segmentations_lesion_tschandl/{name}_segmentation.png" for name in names))
    rows = [
        f"HAM_{n // 7:07d}{n % 7},{name},{keys[n % 7]},histo,50.0,male,back,vidir_modern"
        for n, name in enumerate(names)
    ]
    table(tmp_path / "HAM10000_metadata", "lesion_id,image_id,dx,dx_type,age,sex,localization,dataset", *rows)
    reading = read(tmp_path)
    assert meant(reading) == dict.fromkeys(keys, 2)
    assert left_out(reading, "mask") == 14


def test_derm7pt_has_two_columns_of_pictures(tmp_path: Path) -> None:
    kinds = ("basal cell carcinoma", "clark nevus", "melanoma (less than 0.76 mm)")
    touch(tmp_path, *(f"release_v0/images/NEL/Nel{n:03d}{k}.jpg" for n in range(12) for k in "dc"))
    rows = [f"{n},{kinds[n % 3]},NEL/Nel{n:03d}c.jpg,NEL/Nel{n:03d}d.jpg,female,absent" for n in range(12)]
    table(tmp_path / "release_v0" / "meta" / "meta.csv", "case_num,diagnosis,clinic,derm,sex,pigment_network", *rows)
    for word, first, last in (("train", 0, 6), ("valid", 6, 9), ("test", 9, 12)):
        table(tmp_path / "release_v0" / "meta" / f"{word}_indexes.csv", "indexes", *map(str, range(first, last)))
    reading = read(tmp_path)
    counts = meant(reading)
    assert set(counts) == {"bcc", "clark nevus", "melanoma less than 0.76 mm"}
    assert set(counts.values()) in ({4}, {8})
    assert None not in reading["malignant"].values()


def test_a_single_class_is_refused_with_the_reason(tmp_path: Path) -> None:
    touch(tmp_path, *(f"melanoma/{n}.jpg" for n in range(12)))
    reading = read(tmp_path)
    assert reading["certain"] is False or said(reading, "one class|single class|another class")
    assert said(reading, "class")


def test_heat_maps_and_overlays_are_no_pictures(tmp_path: Path) -> None:
    for label in ("benign", "malignant"):
        for n in range(6):
            touch(tmp_path, f"{label}/{label}{n}.png", f"heatmaps/{label}{n}.png", f"overlays/{label}{n}_overlay.png")
    reading = read(tmp_path)
    assert meant(reading) == {"benign": 6, "malignant": 6}


@pytest.mark.parametrize("where", [".", "archive/a long name of a data set"])
def test_a_folder_above_the_parts_is_no_class_where_the_test_part_has_no_labels(tmp_path: Path, where: str) -> None:
    above = "archive/a long name of a data set"
    touch(tmp_path, *(f"{above}/Train/grade {k}/{k}{n}.png" for k in "abc" for n in range(6)))
    touch(tmp_path, *(f"{above}/Test/t{n}.png" for n in range(4)))
    names = [f"{k}{n}" for k in "abc" for n in range(6)] + [f"t{n}" for n in range(4)]
    table(tmp_path / where / "GroundTruth.csv", "isic_id,patient_id", *(f"{x},P{n // 2}" for n, x in enumerate(names)))
    reading = read(tmp_path)
    assert reading["classes"] == {"grade a": 6, "grade b": 6, "grade c": 6}
    assert part(reading, "unlabelled") == 4
    assert reading["group"]["column"] == "patient_id"


@pytest.mark.parametrize("folder", ["archive/P{patient}", "archive/a long name of a data set"])
def test_a_label_column_that_is_partly_unknown_beats_the_names_of_folders(tmp_path: Path, folder: str) -> None:
    rows = []
    for n in range(30):
        touch(tmp_path, f"{folder.format(patient=n // 3)}/img{n}.jpg")
        label = ("nevus", "melanoma", "bkl")[n // 3 % 3] if n < 18 else ("unknown", "NA", "")[n % 3]
        rows.append(f"img{n},{label},L{n // 2},{'train' if n < 18 else 'test'}")
    table(tmp_path / "my table.csv", "isic_id,diagnostic,lesion_id,split", *rows)
    reading = read(tmp_path)
    assert meant(reading) == {"bkl": 6, "mel": 6, "nv": 6}
    assert part(reading, "unlabelled") == 12 or left_out(reading, "class|label|diagnosis|unknown|not known") == 12
