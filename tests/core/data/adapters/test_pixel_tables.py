"""HAM10000 as tables of pixels, of each size that is published, with and without the metadata beside them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.data.catalog import list_datasets, open_dataset
from core.data.images.pictures import decode_square, read_picture
from tests.conftest import train_in

LABELS = ("akiec", "bcc", "bkl", "df", "nv", "vasc", "mel")
TABLES = {
    "hmnist_28_28_RGB.csv": ("ham10000_28", 28, 3),
    "hmnist_28_28_L.csv": ("ham10000_28_L", 28, 1),
    "hmnist_8_8_RGB.csv": ("ham10000_8", 8, 3),
    "hmnist_8_8_L.csv": ("ham10000_8_L", 8, 1),
}
COUNT = 42


def put_metadata(folder: Path) -> None:
    rows = [(f"HAM_{n // 2}", f"ISIC_{n:04d}", LABELS[n // 2 % 7]) for n in range(COUNT)]
    pd.DataFrame(rows, columns=["lesion_id", "image_id", "dx"]).to_csv(folder / "HAM10000_metadata.csv", index=False)


def put_table(folder: Path, file: str, pictures: np.ndarray | None = None) -> np.ndarray:
    """A table as on Kaggle, two rows a lesion; the pictures (n, side, side, channels) that it has."""
    _, side, channels = TABLES[file]
    folder.mkdir(exist_ok=True)
    if pictures is None:
        pictures = np.random.default_rng(side).integers(0, 256, (COUNT, side, side, channels), np.uint8)
    flat = pictures.reshape(len(pictures), -1)
    table = pd.DataFrame(flat, columns=[f"pixel{n:04d}" for n in range(flat.shape[1])])
    table.assign(label=[n // 2 % 7 for n in range(len(table))]).to_csv(folder / file, index=False)
    return pictures


def present() -> set[str]:
    return {entry.spec.name for entry in list_datasets() if entry.present} - {"demo"}


@pytest.mark.parametrize("described", [True, False])
def test_each_table_in_a_folder_is_a_data_set_and_the_pictures_that_lack_are_none(
    data_root: Path, described: bool
) -> None:
    drawn = {file: put_table(data_root / "kaggle", file) for file in TABLES}
    (data_root / "kaggle" / "empty").mkdir()
    if described:
        put_metadata(data_root / "kaggle")
    assert present() == {name for name, _, _ in TABLES.values()}
    for file, (name, side, channels) in TABLES.items():
        dataset = open_dataset(name)
        table = dataset.table
        assert f"{side}×{side} {'grey ' if channels == 1 else ''}pixels" in dataset.spec.title
        assert table["label"].tolist() == [LABELS[n // 2 % 7] for n in range(COUNT)]
        seen = np.stack([read_picture(Path(path)).rgb for path in table["path"]])
        assert np.array_equal(seen, np.broadcast_to(drawn[file], seen.shape))
        assert (table["group_id"].nunique(), dataset.spec.group) == ((21, "lesion") if described else (42, "picture"))
        assert ("nobody knows which pictures are of one lesion" in dataset.spec.caution) is not described


def test_metadata_that_comes_later_brings_the_lesions(data_root: Path) -> None:
    put_table(data_root / "kaggle", "hmnist_8_8_L.csv")
    assert open_dataset("ham10000_8_L").table["group_id"].is_unique
    put_metadata(data_root / "kaggle")
    table = open_dataset("ham10000_8_L").table
    assert table["group_id"].nunique() == 21
    assert table["image_id"].iloc[0] == "ISIC_0000"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a table with the columns pixel0000 to pixel0063 and label"),
        (",".join([*(f"pixel{n:04d}" for n in range(64)), "label"]) + "\n", "has a header but no rows"),
        (
            ",".join([*(f"pixel{n:04d}" for n in range(64)), "label"]) + "\n" + "1," * 64 + "9\n",
            "the label 9 in line 2",
        ),
        (",".join([*(f"pixel{n:04d}" for n in range(64)), "label"]) + "\n" + "x," * 64 + "1\n", "not whole numbers"),
        ("pixel0000,label\n1,2\n", "is not a table with the columns"),
    ],
    ids=["empty", "header", "label", "letters", "columns"],
)
def test_a_table_that_cannot_be_used_says_why_and_disturbs_no_other(data_root: Path, text: str, said: str) -> None:
    put_table(data_root / "kaggle", "hmnist_28_28_L.csv")
    (data_root / "kaggle" / "hmnist_8_8_L.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        open_dataset("ham10000_8_L")
    assert ("ham10000_8_L" in present()) == text.startswith("pixel0000,pixel0001")  # no more than the header is read
    assert len(open_dataset("ham10000_28_L").table) == COUNT


@pytest.mark.long  # that it is read is tested above, that a layout trains in test_layouts_are_trained.py
@pytest.mark.slow
def test_a_grey_table_without_metadata_trains_for_an_epoch(data_root: Path, artifacts: Path) -> None:
    put_table(data_root / "kaggle", "hmnist_8_8_L.csv")
    train_in(artifacts, data_root, dataset="ham10000_8_L", model="cnn-59k", epochs=1, batch_size=8)


@pytest.mark.real_data
@pytest.mark.parametrize("file", ["hmnist_8_8_L.csv", "hmnist_8_8_RGB.csv", "hmnist_28_28_L.csv"])
def test_small_and_grey_tables_of_real_pictures_are_told_from_such_in_another_order(
    real_data: Path, data_root: Path, file: str
) -> None:
    """Made here by taking single pixels, unlike our own reduction: the table's makers may have reduced in any way."""
    from PIL import Image

    name, side, channels = TABLES[file]
    source, folder = real_data / "ham10000", data_root / "ham10000"
    folder.mkdir()
    rows = pd.read_csv(source / "HAM10000_metadata.csv").iloc[:200]
    rows.to_csv(folder / "HAM10000_metadata.csv", index=False)
    for part in ("HAM10000_images_part_1", "HAM10000_images_part_2"):
        (folder / part).symlink_to(source / part, target_is_directory=True)
    paths = {path.stem: path for path in source.glob("*/*.jpg")}
    mode = "L" if channels == 1 else "RGB"
    small = np.stack(
        [
            np.asarray(Image.open(paths[image]).convert(mode).resize((side, side), Image.Resampling.NEAREST))
            for image in rows["image_id"]
        ]
    )
    numbers = rows["dx"].map({label: number for number, label in enumerate(LABELS)})
    table = pd.DataFrame(small.reshape(200, -1)).rename(columns="pixel{:04d}".format).assign(label=numbers.to_numpy())
    table.to_csv(folder / file, index=False)
    assert present() == {"ham10000", name}
    assert len(open_dataset(name).table) == 200
    assert decode_square(paths[rows["image_id"].iloc[0]], side).shape == (side, side, 3)
    within = np.concatenate([same.index.to_numpy()[::-1] for _, same in table.groupby("label")])
    into = np.concatenate([same.index.to_numpy() for _, same in table.groupby("label")])
    turned = table.copy()
    turned.iloc[into] = table.iloc[within].to_numpy()
    turned.to_csv(folder / file, index=False)
    with pytest.raises(DataError, match="are not those of the files with their ids"):
        open_dataset(name)
