from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import DataError
from core.data.adapters.ham10000 import METADATA_FILE, read_ham10000
from core.data.spec import TIDY_COLUMNS, Dataset

HEADER = "lesion_id,image_id,dx,dx_type,age,sex,localization\n"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes a HAM10000 folder from CSV lines and image ids, alternating between the parts."""

    def write(lines: str | bytes, pictures: str = "a b c d", header: str = HEADER) -> Path:
        folder = tmp_path / "ham10000"
        parts = [folder / "HAM10000_images_part_1", folder / "HAM10000_images_part_2"]
        for part in parts:
            part.mkdir(parents=True, exist_ok=True)
        for number, image_id in enumerate(pictures.split()):
            pixels = np.full((15, 20, 3), 20 * number, dtype=np.uint8)
            Image.fromarray(pixels).save(parts[number % 2] / f"{image_id}.jpg")
        content = lines if isinstance(lines, bytes) else (header + lines).encode()
        (folder / METADATA_FILE).write_bytes(content)
        return folder

    return write


def reasons(dataset: Dataset) -> dict[str, str]:
    return {skip.image_id: skip.reason for skip in dataset.skipped}


@pytest.fixture(scope="module")
def ham10000(real_data: Path) -> Dataset:
    return read_ham10000(real_data / "ham10000")


@pytest.mark.real_data
def test_ham10000_has_its_published_counts(ham10000: Dataset) -> None:
    table = ham10000.table
    assert (len(table), table["group_id"].nunique(), ham10000.skipped) == (10_015, 7_470, ())
    assert table["label"].value_counts().to_dict() == {
        "nv": 6705, "mel": 1113, "bkl": 1099, "bcc": 514, "akiec": 327, "vasc": 142, "df": 115,
    }  # fmt: skip
    assert table["image_id"].is_unique


@pytest.mark.real_data
def test_what_is_missing_in_ham10000_is_missing_in_the_table(ham10000: Dataset) -> None:
    table = ham10000.table
    raw = pd.read_csv(ham10000.root / METADATA_FILE)
    assert table["age"].isna().sum() == 57
    assert set(table["sex"].dropna()) == {"female", "male"}
    assert table["sex"].isna().sum() == (raw["sex"] == "unknown").sum() > 0
    assert table["site"].isna().sum() == (raw["localization"] == "unknown").sum() > 0
    assert (table["age"].dropna() == raw["age"].dropna().to_numpy()).all()


@pytest.mark.real_data
def test_every_row_of_ham10000_has_its_own_file_in_one_of_the_two_parts(ham10000: Dataset) -> None:
    paths = [Path(path) for path in ham10000.table["path"]]
    assert [path.stem for path in paths] == ham10000.table["image_id"].tolist()
    parts = pd.Series([path.parent.name for path in paths]).value_counts()
    assert parts.to_dict() == {"HAM10000_images_part_1": 5000, "HAM10000_images_part_2": 5015}


@pytest.mark.real_data
def test_every_lesion_of_ham10000_has_one_diagnosis(ham10000: Dataset) -> None:
    assert (ham10000.table.groupby("group_id")["label"].nunique() == 1).all()


def test_the_table_has_the_tidy_columns_in_their_order(write: Write) -> None:
    folder = write("L1,a,nv,histo,45.0,male,back\nL1,b,nv,histo,45.0,male,back\n")
    dataset = read_ham10000(folder)
    assert tuple(dataset.table.columns) == TIDY_COLUMNS
    row = dataset.table.iloc[1]
    assert (row["image_id"], row["label"], row["group_id"], row["age"]) == ("b", "nv", "L1", 45.0)
    assert (row["sex"], row["site"], row["diagnosis_method"]) == ("male", "back", "histo")
    assert row["path"] == str(folder / "HAM10000_images_part_2" / "b.jpg")


def test_unknown_sex_site_and_age_stay_missing_whatever_they_are_called(write: Write) -> None:
    folder = write("L1,a,nv,,,unknown,Unknown\nL2,b,nv,histo,unknown, ,nan\nL3,c,nv,histo,-1,None,\n")
    table = read_ham10000(folder).table
    assert table[["age", "sex", "site"]].isna().all(axis=None)
    assert table["age"].dtype == np.float64
    assert table["diagnosis_method"].isna().tolist() == [True, False, False]


def test_an_age_of_zero_is_an_age(write: Write) -> None:
    assert read_ham10000(write("L1,a,nv,histo,0.0,male,back\n")).table["age"].tolist() == [0.0]


def test_columns_that_are_not_there_are_missing(write: Write) -> None:
    table = read_ham10000(write("L1,a,nv\n", header="lesion_id,image_id,dx\n")).table
    assert tuple(table.columns) == TIDY_COLUMNS
    assert table[["age", "sex", "site", "diagnosis_method", "source", "split"]].isna().all(axis=None)


def test_a_picture_without_a_lesion_is_its_own_group(write: Write) -> None:
    table = read_ham10000(write(",a,nv,,,,\n,b,nv,,,,\nL3,c,nv,,,,\n")).table
    assert table["group_id"].tolist() == ["a", "b", "L3"]


def test_paths_are_absolute_when_the_folder_is_not(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write("L1,a,nv,,,,\n")
    monkeypatch.chdir(folder.parent)
    dataset = read_ham10000(Path("ham10000"))
    monkeypatch.chdir("/")
    assert Path(dataset.table["path"].iloc[0]).is_file()


def test_pictures_in_the_folder_itself_and_with_other_endings_are_found(write: Write) -> None:
    folder = write("L1,a,nv,,,,\nL2,x,nv,,,,\nL3,y,nv,,,,\n")
    Image.new("RGB", (8, 8)).save(folder / "x.png")
    Image.new("RGB", (8, 8)).save(folder / "HAM10000_images_part_1" / "y.JPEG", format="JPEG")
    assert read_ham10000(folder).table["image_id"].tolist() == ["a", "x", "y"]


def test_a_byte_order_mark_and_blanks_do_no_harm(write: Write) -> None:
    content = "\ufeff" + HEADER + "L1, a ,nv , histo,45.0, male,back\r\n"
    row = read_ham10000(write(content.encode())).table.iloc[0]
    assert (row["image_id"], row["label"], row["sex"]) == ("a", "nv", "male")


def test_a_missing_picture_is_listed_and_the_others_are_used(write: Write) -> None:
    dataset = read_ham10000(write("L1,a,nv,,,,\nL2,gone,mel,,,,\nL3,b,mel,,,,\n"))
    assert dataset.table["image_id"].tolist() == ["a", "b"]
    assert "No file gone.jpg" in reasons(dataset)["gone"]
    assert dataset.described["image_id"].tolist() == ["a", "gone", "b"]
    assert dataset.described["path"].isna().tolist() == [False, True, False]


def test_an_unknown_class_is_listed_with_the_known_ones(write: Write) -> None:
    dataset = read_ham10000(write("L1,a,nv,,,,\nL2,b,scc,,,,\nL3,c,,,,,\n"))
    assert dataset.table["image_id"].tolist() == ["a"]
    assert "unknown diagnosis “scc”" in reasons(dataset)["b"]
    assert "akiec, bcc, bkl, df, mel, nv, vasc" in reasons(dataset)["b"]
    assert "no diagnosis" in reasons(dataset)["c"]


def test_a_row_without_an_image_id_is_listed_by_its_line(write: Write) -> None:
    dataset = read_ham10000(write("L1,a,nv,,,,\nL2,,mel,,,,\n"))
    assert [skip.reason for skip in dataset.skipped] == [
        "Line 3 of the metadata has no image_id. Name its picture there to use it."
    ]


def test_an_image_id_that_stands_twice_with_one_diagnosis_is_used_once_and_listed(write: Write) -> None:
    dataset = read_ham10000(write("L1,a,nv,histo,,,\nL2,b,mel,,,,\nL9,a,nv,,,,\n"))
    assert dataset.table["image_id"].tolist() == ["a", "b"]
    assert dataset.table["group_id"].tolist() == ["L1", "L2"]
    assert reasons(dataset)["a"] == "The image id stands 2 times; the first row is used."


def test_an_image_id_with_conflicting_diagnoses_is_not_used_at_all(write: Write) -> None:
    dataset = read_ham10000(write("L1,a,nv,,,,\nL2,b,mel,,,,\nL1,a,mel,,,,\n"))
    assert dataset.table["image_id"].tolist() == ["b"]
    assert "different diagnoses; none is used" in reasons(dataset)["a"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no folder .*nowhere"):
        read_ham10000(tmp_path / "nowhere")


def test_an_empty_folder_is_named_with_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"is empty\. Put {METADATA_FILE} and the image folders"):
        read_ham10000(tmp_path)


def test_a_folder_without_metadata_is_named_with_what_to_put_there(write: Write) -> None:
    folder = write("")
    (folder / METADATA_FILE).unlink()
    with pytest.raises(DataError, match=rf"has no {METADATA_FILE}\. Put {METADATA_FILE}"):
        read_ham10000(folder)


@pytest.mark.parametrize(
    ("header", "missing"),
    [("lesion_id,image_id,age\n", "column dx"), ("image;lesion;dx\n", "column image_id")],
)
def test_a_csv_without_a_needed_column_names_it_and_what_it_has(write: Write, header: str, missing: str) -> None:
    with pytest.raises(
        DataError, match=rf"lacks the {missing}.*; it has {header.strip().replace(';', ',').split(',')[0]}"
    ):
        read_ham10000(write("1\n", header=header))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        bytes(range(256)) * 8,
        b"\x00" * 100,
        b"\x89PNG\r\n\x1a\n\x00\xff",
        HEADER.encode("utf-16"),
        b'lesion_id,image_id,dx\nL1,"a,nv\n',
    ],
    ids=["empty", "blank", "binary", "zeros", "png", "utf-16", "open quote"],
)
def test_an_empty_or_binary_csv_is_a_named_error(write: Write, content: bytes) -> None:
    with pytest.raises(DataError, match=METADATA_FILE):
        read_ham10000(write(content))


def test_a_csv_with_a_header_alone_is_named(write: Write) -> None:
    with pytest.raises(DataError, match="has a header but no rows"):
        read_ham10000(write(""))


def test_lines_longer_than_the_header_are_named_and_never_shifted(write: Write) -> None:
    with pytest.raises(DataError, match=r"line 3 has more fields than its header, which has 7"):
        read_ham10000(write("L1,a,nv,,,,\nL2,b,mel,,,face, left,back\n"))


def test_commas_behind_the_last_column_shift_nothing(write: Write) -> None:
    dataset = read_ham10000(write("L1,a,nv,,,,,\nL2,b,mel,,,,back,,\n"))
    assert dataset.table["label"].tolist() == ["nv", "mel"]
    assert dataset.table["site"].tolist()[1] == "back"


def test_when_no_row_is_left_the_first_reason_is_told(write: Write) -> None:
    with pytest.raises(DataError, match=r"2 rows .* were skipped. First reason: The row has the unknown diagnosis “x”"):
        read_ham10000(write("L1,a,x,,,,\nL2,b,y,,,,\n"))


def test_rows_without_any_picture_are_described_and_nothing_is_to_be_learnt(write: Write) -> None:
    dataset = read_ham10000(write("L1,a,nv,,,,\nL2,b,mel,,,,\n", pictures=""))
    assert dataset.table.empty
    assert dataset.described["label"].tolist() == ["nv", "mel"]
    assert "No file a.jpg" in reasons(dataset)["a"]


def test_an_image_folder_that_cannot_be_read_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write("L1,a,nv,,,,\n")

    def refuse(place: Path) -> None:  # permissions do not stop the root user, as whom tests may run
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr("core.data.adapters.picture_files.os.scandir", refuse)
    with pytest.raises(DataError, match=r"image folder .*ham10000 cannot be read: Permission denied"):
        read_ham10000(folder)
