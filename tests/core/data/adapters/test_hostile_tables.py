"""Tables that are empty, cut, of another kind or hostile are read as far as they go, or end in a named error."""

import contextlib
from pathlib import Path

import pytest
from PIL import Image

from core.base.errors import DataError
from core.data.catalog import list_datasets, open_dataset

HAM10000 = "lesion_id,image_id,dx,age\nL1,a,nv,40\nL2,b,mel,50\n"
ISIC = "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK\na,1,0,0,0,0,0,0,0,0\nb,0,1,0,0,0,0,0,0,0\n"
GROUPS = "image,patient,label\na,p1,mel\nb,p2,nv\n"
TABLES = {
    "HAM10000_metadata.csv": HAM10000,
    "ISIC_2019_Training_GroundTruth.csv": ISIC,
    "groups.csv": GROUPS,
}
DAMAGES = {
    "empty": lambda _: b"",
    "newlines": lambda _: b"\n\n\n",
    "header alone": lambda text: text.splitlines()[0].encode(),
    "cut": lambda text: text[: len(text) // 2].encode(),
    "quote without an end": lambda text: text.replace("a,", '"a,').encode(),
    "null bytes": lambda text: text.replace("a", "a\0").encode(),
    "only null bytes": lambda _: bytes(100_000),
    "utf-16": lambda text: text.encode("utf-16"),
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "latin-1": lambda text: text.replace("a", "ä").encode("latin-1"),
    "no column that is needed": lambda _: b"x,y\n1,2\n",
    "columns twice": lambda text: text.replace(text.split(",")[1], text.split(",")[0]).encode(),
    "ids twice": lambda text: (text + text.split("\n", 1)[1].replace("b", "a")).encode(),
    "lines longer than the header": lambda text: text.replace("\n", ",1,2,3\n").replace(",1,2,3\n", "\n", 1).encode(),
    "lines of all lengths": lambda text: (text + "a\na,b,c,d,e,f,g,h,i,j,k,l\n,,\n").encode(),
    "a million columns": lambda text: (",".join(map(str, range(1_000_000))) + "\n" + text).encode(),
    "a picture": lambda _: b"\xff\xd8\xff\xe0" + bytes(range(256)) * 100,
    "numbers beyond all": lambda text: text.replace("40", "9" * 5000).replace("1,", "1e999,").encode(),
    "surrogates": lambda text: text.replace("a", "\udcff").encode(errors="surrogateescape"),
    "a long field": lambda text: text.replace("a,", "a" * 3_000_000 + ",").encode(),
}


@pytest.fixture
def folder(artifacts: Path) -> Path:
    """A data set of two pictures without its table, and a good one beside it."""
    for name, classes in (("hostile", ("a", "b")), ("good", ("mel", "nv"))):
        for label in classes:
            place = artifacts.parent / "data" / name / (label if name == "good" else "pictures")
            place.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (4, 4)).save(place / f"{label}.jpg")
    return artifacts.parent / "data" / "hostile"


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("table", TABLES)
def test_a_damaged_table_ends_in_a_named_error_and_hides_no_other_data_set(table, damage, folder, caplog) -> None:
    (folder / table).write_bytes(DAMAGES[damage](TABLES[table]))
    entries = list_datasets()
    assert "good" in {entry.spec.name for entry in entries if entry.present}
    for entry in entries:
        if entry.folder == folder and entry.present:
            with contextlib.suppress(DataError):
                assert len(open_dataset(entry.spec.name).described)
    assert "could not be" not in caplog.text  # nothing that only the last net caught


def test_a_table_that_is_a_folder_a_pipe_or_a_link_to_nothing_hides_no_other_data_set(folder) -> None:
    (folder / "groups.csv").mkdir()
    (folder / "HAM10000_metadata.csv").symlink_to("nowhere.csv")
    assert "good" in {entry.spec.name for entry in list_datasets() if entry.present}
    with contextlib.suppress(DataError):
        open_dataset("ham10000")
