"""Folders as downloads of further public data sets leave them, and what made readings of them wrong."""

from pathlib import Path

import pytest

from tests.core.data.reading.readings import left_out, part, read, said
from tests.core.data.reading.test_folders_of_hospitals import touch, write
from tests.core.data.reading.test_folders_of_strangers import drawn


def test_parts_that_are_listed_once_a_fold_beside_another_column_end_no_reading(tmp_path: Path) -> None:
    """As the folds that Kaggle has for BreakHis: fold, mag, grp, filename."""
    kinds = {"benign": "SOB_B_A", "malignant": "SOB_M_DC"}
    files = [f"breast/{name}/SOB/{kind}_14-{slide}/{mag}X/{kind}-14-{slide}-{mag}-00{n}.png" for slide in (11, 22, 33)
             for name, kind in kinds.items() for mag in (40, 100) for n in (1, 2)]  # fmt: skip
    touch(tmp_path, *files)
    rows = [f"{fold},{file.split('/')[4][:-1]},{'test' if n % 5 == fold else 'train'},{file}"
            for fold in range(5) for n, file in enumerate(files)]  # fmt: skip
    write(tmp_path, "Folds.csv", ["fold,mag,grp,filename", *rows])
    reading = read(tmp_path)
    assert (reading["classes"], part(reading, "test")) == ({"benign": 12, "malignant": 12}, 0)
    assert said(reading, "several lines with different grp")


def test_the_name_of_the_folder_of_all_makes_no_class_malignant(tmp_path: Path) -> None:
    touch(tmp_path, *(f"histopathologic-cancer-detection/train/{n:040x}.tif" for n in range(20)))
    rows = [f"{n:040x},{n % 2}" for n in range(20)]
    write(tmp_path / "histopathologic-cancer-detection", "train_labels.csv", ["id,label", *rows])
    assert read(tmp_path)["malignant"] == {"0": None, "1": None}


def test_a_second_mask_of_a_picture_is_no_picture(tmp_path: Path) -> None:
    """As in BUSI, where most pictures have "_mask" and few "_mask_1" beside it."""
    for name in ("benign", "malignant"):
        for n in range(4):
            drawn(tmp_path / name / f"{name} ({n}).png", seed=n)
            drawn(tmp_path / name / f"{name} ({n})_mask.png", seed=n, mask=True)
        drawn(tmp_path / name / f"{name} (2)_mask_1.png", seed=0, mask=True)
    reading = read(tmp_path)
    assert (reading["classes"], left_out(reading, "mask")) == ({"benign": 4, "malignant": 4}, 10)


def test_pictures_beside_those_of_a_known_layout_are_counted(tmp_path: Path) -> None:
    """The test part of ISIC 2018 beside HAM10000, as the Harvard Dataverse gives both."""
    header = "image_id\tlesion_id\tdx\tage"
    for name, first, place in (
        ("HAM10000_metadata.tab", 0, "HAM10000_images_part_1"),
        ("ISIC2018_Task3_Test_GroundTruth.tab", 100, "ISIC2018_Task3_Test_Images"),
    ):
        ids = [f"ISIC_{first + n:07d}" for n in range(12)]
        touch(tmp_path, *(f"{place}/{each}.jpg" for each in ids))
        write(tmp_path, name, [header, *(f"{e}\tHAM_{n}\t{('mel', 'nv')[n % 2]}\t50" for n, e in enumerate(ids))])
    reading = read(tmp_path)
    assert (reading["classes"], reading["pictures"], part(reading, "unlabelled")) == ({"mel": 6, "nv": 6}, 24, 12)
    assert said(reading, "12 pictures in ISIC2018_Task3_Test_Images are not of HAM10000.*layout=none")
    assert read(tmp_path, layout="none")["classes"] == {"mel": 12, "nv": 12}


def test_copies_of_the_pictures_of_a_known_layout_are_no_others(tmp_path: Path) -> None:
    """As Kaggle has HAM10000, whose folders lie there twice in other case."""
    ids = [f"ISIC_{n:07d}" for n in range(8)]
    for place in ("HAM10000_images_part_1", "more/ham10000_images_part_1"):
        for n, each in enumerate(ids):
            drawn(tmp_path / place / f"{each}.jpg", seed=n)
    rows = [f"HAM_{n},{each},{('mel', 'nv')[n % 2]}" for n, each in enumerate(ids)]
    write(tmp_path, "HAM10000_metadata.csv", ["lesion_id,image_id,dx", *rows])
    reading = read(tmp_path)
    assert (reading["pictures"], reading["cautions"], part(reading, "unlabelled")) == (8, [], 0)


def test_test_pictures_without_labels_beside_a_known_layout_are_unlabelled(tmp_path: Path) -> None:
    touch(tmp_path, *(f"ISIC_2019_Training_Input/ISIC_{n:07d}.jpg" for n in range(12)))
    touch(tmp_path, *(f"ISIC_2019_Test_Input/ISIC_{n:07d}.jpg" for n in range(50, 55)))
    rows = [f"ISIC_{n:07d},{n % 2}.0,{(n + 1) % 2}.0" for n in range(12)]
    write(tmp_path, "ISIC_2019_Training_GroundTruth.csv", ["image,MEL,NV", *rows])
    write(tmp_path, "ISIC_2019_Test_Metadata.csv", ["image,sex", *(f"ISIC_{n:07d},male" for n in range(50, 55))])
    reading = read(tmp_path)
    assert (reading["pictures"], part(reading, "unlabelled"), reading["certain"]) == (17, 5, True)
    assert not said(reading, "not of ISIC")


def test_ids_that_malignant_lesions_alone_have_are_no_blocks(tmp_path: Path) -> None:
    """As in ISIC 2024, whose malignant lesions alone have a lesion_id and finer diagnoses."""
    touch(tmp_path, *(f"image/ISIC_{n:07d}.jpg" for n in range(40)))
    rows = [f"ISIC_{n:07d},{int(n % 7 == 0)},IP_{n // 4},{f'IL_{n},Melanoma' if n % 7 == 0 else ','},"
            f"{'Malignant' if n % 7 == 0 else 'Benign'}" for n in range(40)]  # fmt: skip
    write(tmp_path, "train-metadata.csv", ["isic_id,target,patient_id,lesion_id,iddx_2,iddx_1", *rows])
    reading = read(tmp_path)
    assert (reading["classes"], reading["group"]["column"]) == ({"Benign": 34, "Malignant": 6}, "patient_id")
    assert not said(reading, "merged cells|belong to several patients")


def test_a_list_of_checksums_is_no_table_of_the_pictures(tmp_path: Path) -> None:
    """As in MHIST."""
    touch(tmp_path, *(f"images/MHIST_{n:03d}.png" for n in range(20)))
    rows = [f"MHIST_{n:03d}.png,{('HP', 'SSA')[n % 2]},{n % 8},{('train', 'test')[n % 4 == 0]}" for n in range(20)]
    write(tmp_path, "annotations.csv", ["Image Name,Majority Vote Label,Number of Annotators,Partition", *rows])
    write(tmp_path, "MD5SUMs.txt", [f"{n:032x}  images/MHIST_{n:03d}.png" for n in range(20)])
    reading = read(tmp_path)
    assert (reading["table"], reading["columns"]["image"]) == ("annotations.csv", "Image Name")
    assert part(reading, "test") == 5


@pytest.mark.parametrize("ids", [True, False])
def test_columns_of_words_in_the_names_of_pictures_name_them_together(ids: bool, tmp_path: Path) -> None:
    """As in CAMELYON17-WILDS, whose first column numbers the lines."""
    tiles = [(patient, node, 32 * n, 96 * n + node) for patient in (4, 9, 12) for node in (1, 2) for n in range(4)]
    touch(tmp_path, *(f"patches/patient_{p:03d}_node_{n}/patch_patient_{p:03d}_node_{n}_x_{x}_y_{y}.png"
                      for p, n, x, y in tiles))  # fmt: skip
    rows = [f"{line},{p:03d},{n},{x},{y},{int(x > 40)},{p + n}" for line, (p, n, x, y) in enumerate(tiles)]
    lines = [",patient,node,x_coord,y_coord,tumor,slide", *rows]
    write(tmp_path, "metadata.csv", lines if ids else [each.partition(",")[2] for each in lines])
    reading = read(tmp_path)
    assert (reading["classes"], reading["group"]["column"]) == ({"0": 12, "1": 12}, "patient")
    assert reading["group"]["groups"] == 3


def test_a_picture_in_the_folders_of_two_classes_is_asked_about(tmp_path: Path) -> None:
    for n in range(5):
        drawn(tmp_path / f"melanoma/{n}.png", seed=n)
        drawn(tmp_path / f"nevus/{n}.png", seed=n + (10 if n > 1 else 0))
    reading = read(tmp_path)
    assert not reading["certain"]
    assert said(reading, r"folders of several classes, 2 of .* such as melanoma/0\.png and nevus/0\.png")


def test_names_that_begin_anew_in_each_class_are_no_same_pictures(tmp_path: Path) -> None:
    for n in range(5):
        drawn(tmp_path / f"melanoma/{n}.png", seed=n)
        drawn(tmp_path / f"nevus/{n}.png", seed=n + 10)
    assert read(tmp_path)["certain"]
    for n in range(10):
        drawn(tmp_path / f"{('melanoma', 'nevus')[n % 2]}/{n // 2}.png", seed=0)  # all are the same, which says nothing
    assert read(tmp_path)["certain"]


def test_of_shares_of_classes_in_a_cell_the_greatest_is_asked_to_be_the_class(tmp_path: Path) -> None:
    """As in SCIN."""
    touch(tmp_path, *(f"{n}.png" for n in range(12)))
    shares = ("{'Eczema': 0.67, 'Psoriasis': 0.33}", "{'Psoriasis': 1.0}", "{}", "{'Eczema': 0.5, 'Psoriasis': 0.5}")
    rows = [f'{n}.png,"{shares[n % 4]}"' for n in range(12)]
    write(tmp_path, "labels.csv", ["image,weighted_skin_condition_label", *rows])
    reading = read(tmp_path)
    assert (reading["classes"], part(reading, "unlabelled")) == ({"Eczema": 3, "Psoriasis": 3}, 6)
    assert said(reading, "holds shares of classes")


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("UID_{0}_{1}_1_all", 4), ("1A{1}F_CRC-Prim-HE-0{0}_00{1}.tif_Row_1_Col_151", 4),
        ("2058{0}{1}08_{0}c613a14b80a8591_MG_R_CC_ANON", 4), ("IMG_{0}0{1}-edited", 16), ("IMG_{0}0{1}-bearbeitet", 16),
    ],
)  # fmt: skip
def test_patients_slides_and_originals_in_names_of_public_sets_are_proposed(
    name: str, groups: int, tmp_path: Path
) -> None:
    names = [name.format(group, n) for group in range(1, 5) for n in range(4)]
    twice = [each.rpartition("-")[0] for each in names if name.startswith("IMG")]
    touch(tmp_path, *(f"{('melanoma', 'nevus')[n % 2]}/{each}.png" for n, each in enumerate(names)))
    touch(tmp_path, *(f"{('melanoma', 'nevus')[n % 2]}/{each}.png" for n, each in enumerate(twice)))
    reading = read(tmp_path)
    assert (reading["group"]["groups"], reading["certain"]) == (groups, False)


def test_a_column_of_patients_of_pictures_without_a_class_is_not_taken_before_names(tmp_path: Path) -> None:
    """As in C-NMC, whose preliminary test part alone has a table."""
    touch(tmp_path, *(f"fold_{fold}/{name}/UID_{letter}{fold}{who}_{n}_1_{name}.bmp" for fold in (0, 1)
                      for name, letter in (("all", ""), ("hem", "H")) for who in (1, 2) for n in range(3)))  # fmt: skip
    touch(tmp_path, *(f"test/{n}.bmp" for n in range(1, 9)))
    write(tmp_path, "labels.csv", ["Patient_ID,new_names,labels", *(f"P{n},{n}.bmp,{n % 2}" for n in range(1, 9))])
    assert read(tmp_path)["group"]["column"] == "name: patient"


def test_folders_of_parts_beside_a_known_layout_are_spoken_of(tmp_path: Path) -> None:
    ids = [f"ISIC_{n:07d}" for n in range(24)]
    touch(tmp_path, *(f"base_dir/{'val_dir' if n % 4 == 0 else 'train_dir'}/{('mel', 'nv')[n % 2]}/{each}.jpg"
                      for n, each in enumerate(ids)))  # fmt: skip
    rows = [f"HAM_{n // 2},{each},{('mel', 'nv')[n % 2]}" for n, each in enumerate(ids)]
    write(tmp_path, "HAM10000_metadata.csv", ["lesion_id,image_id,dx", *rows])
    reading = read(tmp_path)
    assert said(reading, r"say parts \(train 18, validation 6\).*HAM10000 has none.*layout=none")
    assert "split" not in reading["columns"]
    assert part(read(tmp_path, layout="none"), "validation") == 6


def test_copies_of_pictures_that_are_numbered_anew_in_each_class_are_of_different_ones(tmp_path: Path) -> None:
    names = [f"Snap_{n:03d}{copy}" for n in range(1, 6) for copy in ("", " - Copy", " - Copy (2)")]
    touch(tmp_path, *(f"{label}/{name}.jpg" for label in ("Benign", "[Malignant] Pre-B", "Pro-B") for name in names))
    reading = read(tmp_path)
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("name: original", 15)
    assert not said(reading, "versions of one another")


def test_a_column_of_parts_and_folders_of_parts_fill_each_others_gaps(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{place}/{label}/{place[:2]}{n}{label}.png" for place in ("train", "test")
                      for label in ("mel", "nv") for n in range(6)))  # fmt: skip
    rows = [f"tr{n}{label},{('Training', 'Validation')[n % 3 == 0]}" for label in ("mel", "nv") for n in range(6)]
    write(tmp_path, "list.csv", ["image,Set", *rows])
    reading = read(tmp_path)
    assert (part(reading, "train"), part(reading, "validation"), part(reading, "test")) == (8, 4, 12)
    assert reading["certain"]
    write(tmp_path, "list.csv", ["image,Set", *rows, "te0mel,Training", "te1mel,Test"])
    reading = read(tmp_path)
    assert said(reading, "1 pictures? .*another part than the column Set says")
    assert not reading["certain"]


def test_a_column_of_parts_divides_a_single_folder_for_training(tmp_path: Path) -> None:
    touch(tmp_path, *(f"ISIC_Training_Input/ISIC_{n:07d}.jpg" for n in range(12)))
    rows = [f"ISIC_{n:07d},{('mel', 'nv')[n % 2]},{('train', 'val', 'test')[n // 2 % 3]}" for n in range(12)]
    write(tmp_path, "list.csv", ["image,dx,split", *rows])
    reading = read(tmp_path)
    assert (part(reading, "train"), part(reading, "validation"), part(reading, "test")) == (4, 4, 4)
    assert reading["certain"]


def test_a_test_folder_without_labels_alone_is_no_official_split_to_ask_about(tmp_path: Path) -> None:
    """As in BACH, whose pictures with a class lie in no folder of a part."""
    touch(tmp_path, *(f"Challenge/Photos/{label}/{label[0]}{n}.tif" for label in ("Benign", "Invasive")
                      for n in range(6)))  # fmt: skip
    touch(tmp_path, *(f"Challenge_TestDataset/Photos/test{n}.tif" for n in range(4)))
    reading = read(tmp_path)
    assert (reading["certain"], part(reading, "unlabelled"), part(reading, "test")) == (True, 4, 0)


@pytest.mark.parametrize(("names", "asked"), [(("ALL_IDB1", "ALL_IDB2"), True), (("Type_1", "Type_2"), False)])
def test_folders_that_differ_in_a_number_alone_are_asked_about(
    names: tuple[str, str], asked: bool, tmp_path: Path
) -> None:
    touch(tmp_path, *(f"{name}/{name[0]}{letter}.png" for name in names for letter in "abcdefgh"))
    assert said(read(tmp_path), "differ in a number alone") is asked


@pytest.mark.parametrize(("key", "folder"), [("AccessionNumber", True), ("Datei", False)])
def test_codes_of_icd_are_classes_of_which_the_chapter_tells_what_is_malignant(
    key: str, folder: bool, tmp_path: Path
) -> None:
    codes, rows = ("C43.9", "D22.5", "D03.4", "L82"), []
    for n in range(16):
        rows.append(f"{1047000 + n * 37};P{n // 2};{codes[n // 2 % 4]}")
        touch(tmp_path, f"export/{1047000 + n * 37}{'/IM-0001' if folder else ''}.png")
    write(tmp_path, "liste.csv", [f"{key};PatientID;ICD-10", *rows])
    reading = read(tmp_path)
    assert reading["columns"]["label"] == "ICD-10"
    assert reading["malignant"] == {"C43.9": True, "D03.4": True, "D22.5": False, "L82": None}


def test_folders_called_after_patients_of_a_table_without_a_class_are_no_classes(tmp_path: Path) -> None:
    """As in the gliomas of TCGA on Kaggle."""
    names = [f"TCGA_CS_{4941 + n}_199609{10 + n}" for n in range(6)]
    touch(tmp_path, *(f"kaggle_3m/{name}/{name}_{n}.tif" for name in names for n in range(3)))
    write(
        tmp_path, "data.csv", ["Patient,laterality,age", *(f"{name[:12]},{n % 2},5{n}" for n, name in enumerate(names))]
    )
    reading = read(tmp_path)
    assert (reading["classes"], reading["group"]["column"], reading["group"]["groups"]) == ({}, "Patient", 6)
    assert said(reading, "no column of data.csv is one of classes")


@pytest.mark.parametrize("key", ["label", "label_map", "labels"])
def test_names_of_numbers_stand_under_a_word_in_a_note(key: str, tmp_path: Path) -> None:
    touch(tmp_path, *(f"train/{number}/{letter}{number}.png" for number in range(2) for letter in "abcd"))
    write(tmp_path, "info.json", [f'{{"task": "x", "{key}": {{"0": "melanoma", "1": "nevus"}}}}'])
    assert read(tmp_path)["classes"] == {"melanoma": 4, "nevus": 4}


@pytest.mark.parametrize("end", ["_224x224", "-resized", "_crop (1)"])
def test_what_all_pictures_are_called_behind_their_ids_does_not_count(end: str, tmp_path: Path) -> None:
    touch(tmp_path, *(f"resized/ISIC_{n:07d}{end}.jpg" for n in range(10, 22)))
    rows = [f"ISIC_{n:07d},{('mel', 'nv')[n % 2]}" for n in range(10, 22)]
    write(tmp_path, "labels.csv", ["image,dx", *rows])
    assert read(tmp_path)["classes"] == {"mel": 6, "nv": 6}


@pytest.mark.parametrize("name", ["WhatsApp Images", "Screenshots"])
def test_folders_of_a_phone_among_diagnoses_are_asked_about(name: str, tmp_path: Path) -> None:
    touch(tmp_path, *(f"{place}/{place[0]}{letter}.jpg" for place in ("Melanoma", "Nevus", name)
                      for letter in "abcdef"))  # fmt: skip
    assert said(read(tmp_path), f"{name} may be put aside")
