"""What pages say of data that cannot be used names files within the data set: others see it, whom no path concerns."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.errors import DataError
from core.base.printable import said_by
from core.data.adapters.picture_files import picture_files
from core.data.adapters.table_errors import TableError
from core.data.adapters.table_files import read_table
from core.data.catalog import list_datasets, open_dataset
from core.data.reading.reader import read_folder
from core.data.spec import Skip

_LINES = "lesion_id,image_id,dx\n"


def _picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((9, 9, 3), len(str(path)) % 250, np.uint8)).save(path)


def _ham10000(folder: Path) -> None:
    _picture(folder / "HAM10000_images_part_1" / "a.jpg")
    (folder / "HAM10000_metadata.csv").write_text(f"{_LINES}L1,b,nv\n")


def _without_column(folder: Path) -> None:
    _picture(folder / "HAM10000_images_part_1" / "a.jpg")
    (folder / "HAM10000_metadata.csv").write_text("lesion_id,image_id\nL1,a\n")


def _of_nulls(folder: Path) -> None:
    _picture(folder / "HAM10000_images_part_1" / "a.jpg")
    (folder / "HAM10000_metadata.csv").write_bytes(f"{_LINES}L1,a,nv\n".encode() + b"\0" * 9 + b"\n")


def _pixels(folder: Path) -> None:
    (folder / "hmnist_8_8_RGB.csv").write_text("pixel0000,label\n1,2\n")


def _challenge(folder: Path) -> None:
    (folder / "ISIC2018_Task3_Training_GroundTruth.csv").write_text("image,MEL,NV\na,1,1\n")
    (folder / "ISIC2018_Task3_Training_Input").mkdir()


def _arrays(folder: Path) -> None:
    (folder / "pathmnist.npz").write_bytes(b"PK nothing")


def _patches(folder: Path) -> None:
    for part in ("train", "valid", "test"):
        for what in ("x", "y"):
            (folder / f"camelyonpatch_level_2_split_{part}_{what}.h5").write_bytes(b"nothing")


def _tables_beside_pictures(folder: Path) -> None:
    _picture(folder / "images" / "a.png")
    (folder / "tables").mkdir()
    (folder / "tables" / "labels.csv").write_text("image,label\na,1,2,3\n")
    (folder / "tables" / "more.xlsx").write_bytes(b"PK nothing")
    (folder / "tables" / "more.parquet").write_bytes(b"PAR1 nothing")
    (folder / "tables" / "more.jsonl").write_text("nothing\n")


_BROKEN: dict[str, Callable[[Path], None]] = {
    "ham10000": _ham10000, "ham10000 without a column": _without_column, "ham10000 of null characters": _of_nulls,
    "pixels": _pixels, "challenge": _challenge, "arrays": _arrays, "patches": _patches,
    "tables beside pictures": _tables_beside_pictures,
}  # fmt: skip


@pytest.mark.parametrize("name", _BROKEN)
def test_no_message_of_what_cannot_be_used_says_where_it_lies(name: str, data_root: Path) -> None:
    folder = data_root / name.replace(" ", "-")
    folder.mkdir()
    _BROKEN[name](folder)
    said = []
    for entry in list_datasets():
        if entry.folder == folder:
            said += [entry.note, entry.spec.problem, entry.spec.caution, entry.spec.unsure, entry.spec.description]
            try:
                said += [text for skip in open_dataset(entry.spec.name).skipped for text in (skip.path, skip.reason)]
            except DataError as error:
                said.append(str(error))
    reading = read_folder(folder)
    said += [*reading.cautions, *reading.questions, reading.problem, *reading.left_out, *map(str, reading.skipped)]
    assert any(said)
    assert [text for text in said if str(data_root) in text] == []


def test_a_table_that_cannot_be_read_is_named_by_its_path_within_the_data_set(data_root: Path) -> None:
    folder = data_root / "moles"
    _tables_beside_pictures(folder)
    said = " ".join(read_folder(folder).cautions)
    for name in ("labels.csv", "more.xlsx", "more.parquet", "more.jsonl"):
        assert f"tables/{name} " in said
        with pytest.raises(TableError, match=f"^{name} "):
            read_table(folder / "tables" / name)


def test_a_folder_that_a_link_leads_nowhere_from_is_named_from_the_folder_looked_into(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.png").symlink_to(tmp_path / "nowhere.png")
    skipped: list[Skip] = []
    assert list(picture_files(tmp_path, skipped=skipped)) == []
    assert [skip.path for skip in skipped] == ["inner/a.png"]


def test_what_the_system_says_is_given_without_the_path_that_it_names(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nothing") as caught:
        (tmp_path / "nothing").open()
    assert said_by(caught.value) == "No such file or directory"
    assert said_by(ValueError("it is no number")) == "it is no number"
