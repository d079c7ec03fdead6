import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import DataError
from core.data.adapters.one_hot_folder import open_one_hot_folder
from core.data.adapters.skin import HAM10000_CLASSES
from core.data.spec import TIDY_COLUMNS, ClassSpec, Dataset

ISIC_2019 = "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK\n"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes CSVs by name and small pictures by id into a new folder."""

    def write(pictures: str = "a b c d", **tables: str | bytes) -> Path:
        folder = tmp_path / "other clinic"
        (folder / "images").mkdir(parents=True)
        for image_id in pictures.split():
            Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(folder / "images" / f"{image_id}.jpg")
        for name, content in tables.items():
            (folder / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write


def read(folder: Path, classes: tuple[ClassSpec, ...] = HAM10000_CLASSES) -> Dataset:
    return open_one_hot_folder(folder, classes)


def labels(dataset: Dataset) -> dict[str, str]:
    return dict(zip(dataset.table["image_id"], dataset.table["label"], strict=True))


def reasons(dataset: Dataset) -> dict[str, str]:
    return {skip.image_id: skip.reason for skip in dataset.skipped}


def test_a_ground_truth_of_isic_2018_is_read_into_the_tidy_table(write: Write) -> None:
    folder = write(truth="image,MEL,NV,BCC,AKIEC,BKL,DF,VASC\na,0.0,1.0,0.0,0.0,0.0,0.0,0.0\nb,0,0,0,1,0,0,0\n")
    dataset = read(folder)
    assert tuple(dataset.table.columns) == TIDY_COLUMNS
    assert labels(dataset) == {"a": "nv", "b": "akiec"}
    assert dataset.table["path"].tolist() == [str(folder / "images" / f"{i}.jpg") for i in "ab"]
    assert dataset.skipped == ()
    assert dataset.spec.classes == HAM10000_CLASSES


@pytest.mark.parametrize("one", ["1", "1.0", " 1", "1.0 "])
def test_a_ground_truth_of_isic_2019_keeps_the_known_classes_and_lists_the_others(write: Write, one: str) -> None:
    zeros = ["0.0"] * 9
    rows = [
        f"{name},{','.join([*zeros[:n], one, *zeros[n + 1 :]])}" for name, n in zip("abcd", (0, 3, 7, 8), strict=True)
    ]
    dataset = read(write(truth=ISIC_2019 + "\n".join(rows) + "\n"))
    assert labels(dataset) == {"a": "mel", "b": "akiec"}
    assert reasons(dataset) == {
        "c": "Its class scc is not one of akiec, bcc, bkl, df, mel, nv, vasc, which the run knows.",
        "d": "Its class unk is not one of akiec, bcc, bkl, df, mel, nv, vasc, which the run knows.",
    }


@pytest.mark.parametrize("header", ["image,mel,nv", "image,Mel,Nv", "image, MEL , NV "])
def test_class_columns_may_be_written_in_any_case(write: Write, header: str) -> None:
    assert labels(read(write(truth=f"{header}\na,1,0\nb,0,1\n"))) == {"a": "mel", "b": "nv"}


@pytest.mark.parametrize("weights", [("0.5", "0.7"), ("1.0", "1.0"), ("0.0", "1.0")])
def test_weights_beside_the_classes_are_no_classes(write: Write, weights: tuple[str, str]) -> None:
    header = "image,MEL,NV,UNK,score_weight,validation_weight\n"
    dataset = read(write(truth=f"{header}a,1,0,0,{weights[0]},0\nb,0,1,0,{weights[1]},1\n"))
    assert labels(dataset) == {"a": "mel", "b": "nv"}
    assert dataset.skipped == ()


def test_columns_of_text_and_numbers_are_no_classes(write: Write) -> None:
    dataset = read(write(truth="image,MEL,NV,site,age\na,1,0,back,50\nb,0,1,,\n"))
    assert labels(dataset) == {"a": "mel", "b": "nv"}


def test_classes_that_the_run_does_not_know_are_listed(write: Write) -> None:
    two = tuple(c for c in HAM10000_CLASSES if c.key in ("mel", "nv"))
    dataset = read(write(truth="image,MEL,NV,BCC\na,1,0,0\nb,0,0,1\n"), two)
    assert labels(dataset) == {"a": "mel"}
    assert reasons(dataset) == {"b": "Its class bcc is not one of mel, nv, which the run knows."}


METADATA = (
    "image,age_approx,anatom_site_general,lesion_id,sex\n"
    "a,55.0,anterior torso,L1,female\nb,,,L1,\nc,unknown,unknown,,unknown\nzz,30.0,back,L9,male\n"
)


@pytest.mark.parametrize("name", ["before", "zz_after"])
def test_metadata_beside_the_ground_truth_are_used(write: Write, name: str) -> None:
    folder = write(truth="image,MEL,NV\na,1,0\nb,1,0\nc,0,1\nd,0,1\n", **{name: METADATA})
    table = read(folder).table.set_index("image_id")
    assert table["group_id"].to_dict() == {"a": "L1", "b": "L1", "c": "c", "d": "d"}
    assert table.loc["a", ["age", "sex", "site"]].tolist() == [55.0, "female", "anterior torso"]
    assert table.loc[["b", "c", "d"], ["age", "sex", "site"]].isna().all(axis=None)
    assert table["age"].dtype == np.float64


def test_metadata_may_stand_in_several_files_and_name_a_picture_twice(write: Write) -> None:
    folder = write(
        truth="image,MEL,NV\na,1,0\nb,0,1\n",
        ages="image,age_approx\na,40\na,50\n",
        sexes="image,sex,age_approx\nb,male,60\n",
        unrelated="name,value\nx,1\n",
    )
    table = read(folder).table.set_index("image_id")
    assert len(table) == 2
    assert table.loc["a", "age"] == 40
    assert table.loc["b", "sex"] == "male"


def test_without_metadata_every_picture_is_its_own_group(write: Write) -> None:
    table = read(write(truth="image,MEL,NV\na,1,0\nb,0,1\n")).table
    assert table["group_id"].tolist() == ["a", "b"]
    assert table[["age", "sex", "site", "diagnosis_method", "source", "split"]].isna().all(axis=None)


def test_pictures_at_any_depth_and_with_other_endings_are_found(write: Write) -> None:
    folder = write(pictures="a", truth="image,MEL,NV\na,1,0\nb,0,1\nc,0,1\n")
    (folder / "x" / "y").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(folder / "x" / "y" / "b.PNG", format="PNG")
    Image.new("RGB", (8, 8)).save(folder / "c.jpeg")
    assert labels(read(folder)) == {"a": "mel", "b": "nv", "c": "nv"}


def test_image_folders_may_be_links_even_in_a_circle(write: Write, tmp_path: Path) -> None:
    folder = write(truth="image,MEL,NV\na,1,0\n")
    (folder / "images").rename(tmp_path / "elsewhere")
    (folder / "images").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "elsewhere" / "back").symlink_to(folder, target_is_directory=True)
    [path] = read(folder).table["path"]
    assert path == str(tmp_path / "elsewhere" / "a.jpg")


def test_a_missing_picture_is_listed(write: Write) -> None:
    dataset = read(write(truth="image,MEL,NV\na,1,0\ngone,0,1\n"))
    assert labels(dataset) == {"a": "mel"}
    assert reasons(dataset)["gone"].startswith("No picture gone in ")


def test_a_row_without_an_image_is_listed(write: Write) -> None:
    dataset = read(write(truth="image,MEL,NV\na,1,0\n,0,1\n"))
    assert [skip.reason for skip in dataset.skipped] == ["Line 3 of truth.csv names no image. Name it there to use it."]


def test_an_image_that_stands_twice_is_used_once_or_not_at_all_if_it_contradicts_itself(write: Write) -> None:
    dataset = read(write(truth="image,MEL,NV,SCC\na,1,0,0\na,1,0,0\nb,1,0,0\nb,0,1,0\nc,0,0,1\nc,0,1,0\nd,0,1,0\n"))
    assert labels(dataset) == {"a": "mel", "d": "nv"}
    assert reasons(dataset) == {
        "a": "The image id stands 2 times; the first row is used.",
        "b": "The image id stands 2 times with different diagnoses; none is used. Keep the right row.",
        "c": "The image id stands 2 times with different diagnoses; none is used. Keep the right row.",
    }


@pytest.mark.parametrize("bad", ["1,1,0", "0,0,0", "0.5,0.5,0", "2,-1,0", ",,", "1,x,1"])
def test_rows_that_do_not_mark_one_class_name_the_first_line(write: Write, bad: str) -> None:
    folder = write(truth=f"image,MEL,NV,BCC\na,1,0,0\nb,0,1,0\nc,{bad}\nd,{bad}\n")
    with pytest.raises(DataError, match=r"truth.csv: 2 rows do not mark exactly one class; the first is line 4"):
        read(folder)


@pytest.mark.parametrize(
    "truth", ["image,benign\na,1\n", "picture,MEL,NV\na,1,0\n", "image_id,dx\na,nv\n", "image\na\n"]
)
def test_a_folder_without_a_ground_truth_says_what_one_looks_like(write: Write, truth: str) -> None:
    with pytest.raises(DataError, match=r"no ground-truth CSV with a column “image” and a column per class .*MEL, NV"):
        read(write(truth=truth))


def test_an_empty_or_missing_folder_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing"):
        with pytest.raises(DataError, match=f"{name} has no ground-truth CSV"):
            read(tmp_path / name)


def test_two_ground_truths_are_named(write: Write) -> None:
    folder = write(one="image,MEL,NV\na,1,0\n", two="image,MEL,NV\na,0,1\n")
    with pytest.raises(DataError, match=r"several ground-truth files: one.csv, two.csv. Keep one"):
        read(folder)


def test_exported_probabilities_beside_the_ground_truth_do_not_disturb(write: Write) -> None:
    folder = write(predictions="image,MEL,NV\na,0.2,0.8\nb,0.6,0.4\n", truth="image,MEL,NV\na,1,0\nb,0,1\n")
    assert labels(read(folder)) == {"a": "mel", "b": "nv"}


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 8, b"\x00" * 64], ids=["empty", "binary", "zeros"])
def test_an_empty_or_binary_csv_is_a_named_error(write: Write, content: bytes) -> None:
    with pytest.raises(DataError, match=r"truth\.csv|no ground-truth CSV"):
        read(write(truth=content))


@pytest.mark.parametrize("truth", ["image,MEL,NV\n", "image,MEL,NV\ngone,1,0\n", "image,MEL,NV,SCC\na,0,0,1\n"])
def test_a_ground_truth_that_leaves_no_picture_says_why(write: Write, truth: str) -> None:
    with pytest.raises(DataError, match=r"No picture of .* is left: (the CSV is empty|No picture gone|Its class scc)"):
        read(write(truth=truth))


def test_two_folders_of_one_name_have_different_names_for_their_caches(tmp_path: Path) -> None:
    specs = []
    for place in ("one", "two"):
        folder = tmp_path / place / "isic"
        folder.mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(folder / "a.png")
        (folder / "truth.csv").write_text("image,MEL,NV\na,1,0\n")
        specs.append(read(folder).spec)
    assert specs[0].name != specs[1].name
    assert all(spec.name.startswith("folder-isic-") for spec in specs)


@pytest.mark.real_data
def test_isic_2019_is_read_with_its_metadata_and_a_few_of_its_pictures(real_data: Path, tmp_path: Path) -> None:
    for file in sorted((real_data / "isic2019").glob("*.csv")):
        shutil.copy(file, tmp_path)
    known = pd.read_csv(real_data / "ham10000" / "HAM10000_metadata.csv").groupby("dx").head(2)
    for image_id in known["image_id"]:
        [picture] = (real_data / "ham10000").glob(f"*/{image_id}.jpg")
        (tmp_path / "pictures").mkdir(exist_ok=True)
        shutil.copy(picture, tmp_path / "pictures")
    dataset = read(tmp_path)
    marks = pd.read_csv(real_data / "isic2019" / "ISIC_2019_Training_GroundTruth.csv", index_col="image")
    truth = marks.loc[known["image_id"]].idxmax(axis=1).str.lower().replace("ak", "akiec")
    assert labels(dataset) == truth[truth != "scc"].to_dict()
    assert set(labels(dataset).values()) == set(known["dx"])
    assert truth["ISIC_0029417"] == "scc"  # HAM10000 counts it as akiec
    assert reasons(dataset)["ISIC_0029417"].startswith("Its class scc is not one of")
    assert len(dataset.table) + len(dataset.skipped) == 25_331
    metadata = pd.read_csv(real_data / "isic2019" / "ISIC_2019_Training_Metadata.csv").set_index("image")
    ours = dataset.table.set_index("image_id")
    assert ours["group_id"].equals(metadata.loc[ours.index, "lesion_id"].rename("group_id"))
    assert (ours["age"].fillna(-1) == metadata.loc[ours.index, "age_approx"].fillna(-1)).all()
