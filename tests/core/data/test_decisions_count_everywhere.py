"""What was decided about a folder counts in the catalog as in `inspect`, in whatever layout the folder is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import DataError
from core.data.catalog import CatalogEntry, look
from core.data.inspect import decide, inspect_folder
from core.data.reading.choices import choices_file
from tests.alike import long_but
from tests.core.data.adapters.test_isic import COLUMNS_2018, truth
from tests.core.data.adapters.test_pixel_tables import put_metadata, put_table
from tests.core.data.test_picture_shards import picture

DIAGNOSES = "akiec bcc bkl df mel nv vasc".split()


def png(path: Path, number: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (number * 5 % 256, 90, 60)).save(path, "PNG")


def ham10000(folder: Path) -> None:
    lines = ["lesion_id,image_id,dx,dx_type,age,sex,localization,camera"]
    for number in range(28):
        png(folder / f"HAM10000_images_part_{1 + number // 14}" / f"ISIC_{number:07d}.jpg", number)
        label = DIAGNOSES[number // 4]
        lines.append(f"HAM_{number // 2:07d},ISIC_{number:07d},{label},histo,50.0,male,back,c{number // 4}")
    (folder / "HAM10000_metadata.csv").write_text("\n".join(lines))


def isic2018(folder: Path) -> None:
    labels = {f"ISIC_00{number}": ("NV", "MEL", "BCC")[number % 3] for number in range(10, 22)}
    folder.mkdir()
    (folder / "ISIC2018_Task3_Training_GroundTruth.csv").write_text(truth(COLUMNS_2018, **labels))
    for number, image in enumerate(labels):
        png(folder / "ISIC2018_Task3_Training_Input" / f"{image}.jpg", number)


def breast_histopathology(folder: Path) -> None:
    for patient in range(9000, 9006):
        for number in range(4):
            name = f"{patient}_idx5_x{50 * number + 1}_y{patient}_class{number % 2}.png"
            png(folder / str(patient) / str(number % 2) / name, number)


def patchcamelyon(folder: Path) -> None:
    ids = [f"{number:040x}" for number in range(10)]
    for number, image in enumerate(ids):
        png(folder / "train" / f"{image}.tif", number)
    (folder / "train_labels.csv").write_text("\n".join(["id,label", *(f"{i},{n % 2}" for n, i in enumerate(ids))]))


def pixels_of_ham10000(folder: Path) -> None:
    put_table(folder, "hmnist_8_8_L.csv")
    put_metadata(folder)


def medmnist(folder: Path) -> None:
    folder.mkdir()
    arrays = {f"{part}_images": np.zeros((14, 28, 28, 3), np.uint8) for part in ("train", "val", "test")}
    labels = {f"{part}_labels": np.arange(14).reshape(-1, 1) % 7 for part in ("train", "val", "test")}
    np.savez_compressed(folder / "dermamnist.npz", **arrays, **labels)


def own_arrays(folder: Path) -> None:
    folder.mkdir()
    arrays = {"images": np.zeros((12, 28, 28), np.uint8), "labels": np.arange(12) % 3}
    np.savez_compressed(folder / "mine.npz", **arrays)


def shards(folder: Path) -> None:
    folder.mkdir()
    columns = {"label": ["nevus", "melanoma", "odd", "nevus"] * 2, "who": [f"w{number // 2}" for number in range(8)]}
    pd.DataFrame({"image": [picture(n) for n in range(8)], **columns}).to_parquet(folder / "all.parquet")


def class_folders(folder: Path) -> None:
    for number in range(18):
        png(folder / ("mel", "nv", "odd")[number % 3] / f"{number}.png", number)


def table(folder: Path) -> None:
    lines = ["image,dx,patient_id,tray"]
    for number in range(18):
        png(folder / f"{number}.png", number)
        lines.append(f"{number}.png,{('mel', 'nv', 'bkl')[number % 3]},{number // 2},{number // 6}")
    (folder / "findings.csv").write_text("\n".join(lines))


LAYOUTS: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "ham10000": (ham10000, ["malignant:akiec=no", "merge:nv=mel", "group=camera", "label=localization", "layout=none"]),
    "isic2018": (isic2018, ["malignant:MEL=unknown"]),
    "breast_histopathology": (breast_histopathology, ["group=none"]),
    "patchcamelyon_kaggle": (patchcamelyon, ["malignant:1=unknown"]),
    "pixels of HAM10000": (pixels_of_ham10000, ["merge:nv=mel"]),
    "medmnist": (medmnist, ["malignant:mel=no", "merge:nv=mel"]),
    "own arrays": (own_arrays, ["malignant:1=yes", "merge:1=0"]),
    "shards": (shards, ["merge:odd=nevus", "group=who"]),
    "class folders": (class_folders, ["malignant:odd=yes", "merge:odd=nv", "no-classes=odd"]),
    "table": (table, ["malignant:bkl=yes", "merge:bkl=nv", "group=tray"]),
}


def made(root: Path, layout: str) -> Path:
    folder = root / layout.replace(" ", "_")
    root.mkdir(exist_ok=True)
    LAYOUTS[layout][0](folder)
    return folder


def entry_of(folder: Path) -> CatalogEntry:
    [entry] = [each for each in look().entries if each.folder == folder and (each.present or each.spec.problem)]
    return entry


def check(folder: Path) -> None:
    """The catalog says, opens and trains what `inspect` understands."""
    said, entry = inspect_folder(folder), entry_of(folder)
    if said["problem"]:
        assert not entry.present
        return
    dataset = look().open(entry.spec.name)
    counts = dataset.table["label"].value_counts().to_dict()
    assert counts == said["classes"]
    judged = {each.key: each.malignant for each in dataset.spec.classes if each.key in counts}
    assert judged == said["malignant"]
    if entry.spec.classes:  # of arrays of one's own, they are known once it is opened
        assert entry.spec.classes == dataset.spec.classes
    if not said["parts"]["unlabelled"]:
        assert dataset.table["group_id"].nunique() == said["group"]["groups"]
    assert dataset.spec.group == said["group"]["level"]
    assert bool(entry.spec.unsure) != said["certain"]


@pytest.mark.parametrize("layout", long_but(list(LAYOUTS), "breast_histopathology", "own arrays", "shards", "table"))
def test_what_is_decided_counts_in_the_catalog_as_in_inspect(data_root: Path, layout: str) -> None:
    folder = made(data_root, layout)
    name = entry_of(folder).spec.name
    check(folder)
    before = inspect_folder(folder)
    names = look().spec(name).class_names
    for setting in LAYOUTS[layout][1]:
        assert decide(folder, [setting]) != before
        check(folder)
        decided = look().spec(name).class_names
        assert {key: names.get(key, said) for key, said in decided.items()} == decided
        assert entry_of(folder).spec.name == name
        choices_file(folder).unlink()


def test_public_data_set_keeps_name_licence_and_source_when_something_is_decided(data_root: Path) -> None:
    folder = made(data_root, "ham10000")
    decide(folder, ["malignant:akiec=no"])
    spec = look().open("ham10000").spec
    assert {each.key for each in spec.classes if each.malignant} == {"bcc", "mel"}
    check(folder)
    assert (spec.title, spec.licence) == ("HAM10000", "CC BY-NC 4.0 (non-commercial use only)")
    assert "Tschandl" in spec.citation


def test_agreeing_to_a_public_data_set_changes_nothing_of_it(data_root: Path) -> None:
    folder = made(data_root, "ham10000")
    before = inspect_folder(folder)
    assert decide(folder, [], agree=True) == before
    assert not choices_file(folder).exists()


def test_pixels_beside_pictures_stay_a_data_set_of_their_own_when_something_is_decided(data_root: Path) -> None:
    folder = made(data_root, "ham10000")
    put_table(folder, "hmnist_8_8_L.csv")
    decide(folder, ["merge:nv=mel"])
    assert {each.spec.name for each in look().entries if each.present} >= {"ham10000", "ham10000_8_L"}
    for name in ("ham10000", "ham10000_8_L"):
        assert "nv" not in look().spec(name).class_keys


@pytest.mark.parametrize(
    ("layout", "setting", "said"),
    [
        ("medmnist", "label=dx", "keeps its pictures in arrays"),
        ("own arrays", "layout=none", "keeps its pictures in arrays"),
        ("table", "layout=none", "has the layout of no public data set"),
        ("ham10000", "malignant:nevus=no", "No class is called “nevus”. There are: akiec, bcc"),
        ("ham10000", "merge:nevus=mel", "No class is called “nevus”"),
        ("medmnist", "malignant:nevus=no", "No class is called “nevus”"),
        ("class folders", "malignant:melanoma=no", "No class is called “melanoma”. There are: mel, nv, odd"),
    ],
)
def test_a_decision_that_nothing_follows_is_refused_and_not_kept(
    data_root: Path, layout: str, setting: str, said: str
) -> None:
    folder = made(data_root, layout)
    with pytest.raises(DataError, match=said):
        decide(folder, [setting])
    assert not choices_file(folder).exists()


def test_a_public_data_set_of_which_one_class_is_left_is_listed_with_the_reason(data_root: Path) -> None:
    folder = made(data_root, "patchcamelyon_kaggle")
    decide(folder, ["merge:1=0"])
    assert "one class" in entry_of(folder).note
    with pytest.raises(DataError, match="one class"):
        look().open("patchcamelyon_kaggle")


def test_classes_that_differ_in_case_alone_are_separated_and_merged_again(data_root: Path) -> None:
    folder = data_root / "moles"
    for number in range(24):
        png(folder / ("Nevus", "nevus", "NEVUS", "melanoma")[number % 4] / f"{number}.png", number)
    assert inspect_folder(folder)["classes"] == {"melanoma": 6, "nevus": 18}
    said = decide(folder, ["merge:NEVUS=NEVUS"])
    assert (said["classes"], said["questions"]) == ({"NEVUS": 6, "melanoma": 6, "nevus": 12}, [])
    check(folder)
    assert decide(folder, ["merge:nevus=nevus"])["classes"] == {"NEVUS": 6, "Nevus": 6, "melanoma": 6, "nevus": 6}
    assert decide(folder, ["merge:NEVUS=Nevus"])["classes"] == {"Nevus": 12, "melanoma": 6, "nevus": 6}


def test_classes_of_genes_that_differ_in_case_alone_are_separated(data_root: Path) -> None:
    folder = data_root / "genes"
    folder.mkdir(parents=True)
    samples = [f"S{number}" for number in range(12)]
    values = np.random.default_rng(0).normal(8, 2, (40, 12)).round(2)
    rows = pd.DataFrame(values, [f"GENE{number}" for number in range(40)], samples).rename_axis("gene")
    rows.to_csv(folder / "expression.csv")
    labels = [("Tumor", "normal", "tumor")[number % 3] for number in range(12)]
    pd.DataFrame({"sample": samples, "label": labels}).to_csv(folder / "labels.csv", index=False)
    said = inspect_folder(folder)
    assert said["classes"] == {"Tumor": 8, "normal": 4}
    assert any("“tumor”" in reason for reason in said["left_out"])
    assert decide(folder, ["merge:tumor=tumor"])["classes"] == {"Tumor": 4, "normal": 4, "tumor": 4}
    with pytest.raises(DataError, match=r"No class is called “cancer”\. There are: Tumor, normal, tumor"):
        decide(folder, ["malignant:cancer=yes"])
