"""Pictures that come as arrays: DermaMNIST, PatchCamelyon as HDF5, HAM10000 as a table of pixels."""

import csv
import gzip
import io
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import DataError, DiskFullError
from core.data.adapters import patchcamelyon
from core.data.catalog import list_datasets, needs_preparing, open_dataset
from core.data.images.cache import ensure_cache
from core.data.images.fingerprint import content_hashes
from core.data.images.pictures import decode_square, read_picture
from core.data.splits.leakage import leakage_report
from core.data.splits.splits import TEST, TRAIN, VALIDATION, make_split

Drawn = Callable[..., np.ndarray]
Put = Callable[..., Path]


def note(name: str) -> str:
    return next(entry.note for entry in list_datasets() if entry.spec.name == name)


def put_dermamnist(root: Path, drawn: Drawn, side: int = 28, counts: tuple[int, int, int] = (14, 7, 7)) -> Path:
    """An archive with the arrays of MedMNIST v2; label k is on each picture whose number is k modulo 7."""
    name = "dermamnist.npz" if side == 28 else f"dermamnist_{side}.npz"
    path = root / "dermamnist" / name
    path.parent.mkdir(exist_ok=True)
    arrays = {}
    for part, count in zip(("train", "val", "test"), counts, strict=True):
        arrays[f"{part}_images"] = drawn(count, side)
        arrays[f"{part}_labels"] = (np.arange(count, dtype=np.uint8) % 7).reshape(-1, 1)
    np.savez_compressed(path, **arrays)
    return path


@pytest.mark.parametrize("side", [28, 64, 128, 224])
def test_dermamnist_of_any_size_has_its_pictures_labels_and_official_split(
    data_root: Path, drawn: Drawn, side: int
) -> None:
    put_dermamnist(data_root, drawn, side)
    name = "dermamnist" if side == 28 else f"dermamnist_{side}"
    dataset = open_dataset(name)
    table = dataset.table
    assert table["split"].value_counts().to_dict() == {TRAIN: 14, VALIDATION: 7, TEST: 7}
    assert table["label"].tolist() == ["akiec", "bcc", "bkl", "df", "mel", "nv", "vasc"] * 4
    assert np.array_equal(read_picture(Path(table["path"].iloc[20])).rgb, drawn(7, side)[6])
    cache = ensure_cache(dataset, side)
    assert np.array_equal(cache.images[:14], drawn(14, side))
    split = make_split(table, "official")
    assert split.counts().sum().to_dict() == {TRAIN: 14, VALIDATION: 7, TEST: 7}


def test_dermamnist_warns_of_shared_lesions_and_shows_identical_pictures_in_several_parts(
    data_root: Path, drawn: Drawn
) -> None:
    put_dermamnist(data_root, drawn)
    dataset = open_dataset("dermamnist")
    assert "photos of one lesion into training and test" in dataset.spec.caution
    report = leakage_report(make_split(dataset.table, "official"), content_hashes(dataset))
    assert (report.groups_shared, report.identical_images_shared) == (0, 7)  # the fixture draws every part alike


def test_pictures_are_unpacked_once_with_progress_and_again_when_the_archive_changes(
    data_root: Path, drawn: Drawn, artifacts: Path
) -> None:
    put_dermamnist(data_root, drawn)
    assert needs_preparing("dermamnist")
    assert "Will be unpacked to picture files when you first use it: about 41 MB" in note("dermamnist")
    said: list[tuple[int, int, str]] = []
    first = open_dataset("dermamnist", lambda *words: said.append(words))
    assert said[0] == (0, 28, "Unpacking pictures")
    assert said[-1] == (28, 28, "Unpacking pictures")
    assert not needs_preparing("dermamnist")
    assert note("dermamnist") == ""
    said.clear()
    again = open_dataset("dermamnist", lambda *words: said.append(words))
    assert not said
    pd.testing.assert_frame_equal(again.table, first.table)
    put_dermamnist(data_root, drawn, counts=(8, 4, 4))
    assert needs_preparing("dermamnist")
    assert len(open_dataset("dermamnist").table) == 16
    assert len(list((artifacts / "data" / "dermamnist").rglob("*.png"))) == 16


def test_pictures_of_an_archive_that_changes_while_it_is_unpacked_are_not_kept(data_root: Path, drawn: Drawn) -> None:
    put_dermamnist(data_root, drawn)

    def change(*_: object) -> None:
        [archive] = data_root.rglob("dermamnist.npz")
        os.utime(archive, (0, 0))

    with pytest.raises(DataError, match="changed while they were being unpacked"):
        open_dataset("dermamnist", change)
    assert len(open_dataset("dermamnist").table) == 28


def test_nothing_stays_of_an_archive_that_does_not_fit_the_disk(
    data_root: Path, drawn: Drawn, artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_dermamnist(data_root, drawn)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=50_000))
    with pytest.raises(DiskFullError, match=r"take about 0\.0 GB as files and .* has 0\.0 GB free"):
        open_dataset("dermamnist")
    assert [path.name for path in (artifacts / "data").iterdir()] == ["dermamnist.lock"]


@pytest.mark.parametrize("damage", ["cut", "text", "other arrays", "other shape", "other labels"])
def test_a_damaged_archive_is_a_named_error_and_leaves_nothing(
    data_root: Path, drawn: Drawn, artifacts: Path, damage: str
) -> None:
    path = put_dermamnist(data_root, drawn)
    with np.load(path) as archive:
        arrays = dict(archive)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    elif damage == "text":
        path.write_text("not an archive")
    elif damage == "other arrays":
        np.savez(path, images=arrays["train_images"])
    elif damage == "other shape":
        np.savez(path, **{**arrays, "val_images": arrays["val_images"][:3]})
    else:
        np.savez(path, **{**arrays, "test_labels": arrays["test_labels"] + 7})
    with pytest.raises(DataError, match=r"dermamnist\.npz.*Download it again"):
        open_dataset("dermamnist")
    assert not (artifacts / "data" / "dermamnist").exists()


def header_of(shape: tuple[int, ...]) -> bytes:
    """A `.npy` of nothing but a header that promises an array of uint8 of this shape."""
    content = io.BytesIO()
    np.lib.format.write_array_header_1_0(content, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("train_labels", np.zeros(14, np.float64), "has train_labels of type float64; whole numbers were expected"),
        ("train_labels", np.full(14, 0.5), "has train_labels of type float64"),
        ("val_labels", np.zeros(7, bool), "has val_labels of type bool"),
        ("test_labels", np.array(["nv"] * 7), "has test_labels of type <U2"),
        ("train_labels", np.array(3), "for 1 labels"),
        ("train_images", b"no array at all", "has something called train_images that is no array"),
        ("train_images", header_of((10**15, 28, 28, 3)), "train_images is not as long as it says"),
        ("train_images", header_of((10**30,)), "train_images is not as long as it says"),
        ("train_images", b"\x93NUMPY\x01\x00\x06\x00{'a':(", "is not an archive of arrays"),
    ],
)
def test_an_archive_with_other_things_than_its_arrays_names_them(
    data_root: Path, drawn: Drawn, artifacts: Path, name: str, content: np.ndarray | bytes, said: str
) -> None:
    path = put_dermamnist(data_root, drawn)
    with np.load(path) as archive:
        arrays = dict(archive)
    with zipfile.ZipFile(path, "w") as archive:
        for key, array in (arrays | {name: content}).items():
            written = io.BytesIO()
            if isinstance(array, np.ndarray):
                np.save(written, array)
            no_array = isinstance(array, bytes) and not array.startswith(b"\x93NUMPY")
            archive.writestr(
                key if no_array else f"{key}.npy", array if isinstance(array, bytes) else written.getvalue()
            )
    with pytest.raises(DataError, match=rf"dermamnist\.npz .*{said}.*Download it again"):
        open_dataset("dermamnist")
    assert not (artifacts / "data" / "dermamnist").exists()


@pytest.mark.parametrize("content", [header_of((3,)) + b"abc", header_of((10**15,))], ids=["small", "promised large"])
def test_a_single_array_is_no_archive(data_root: Path, drawn: Drawn, content: bytes) -> None:
    put_dermamnist(data_root, drawn).write_bytes(content)
    with pytest.raises(DataError, match=r"dermamnist\.npz is (a single array|not an archive).*Download it again"):
        open_dataset("dermamnist")


def put_patchcamelyon(root: Path, drawn: Drawn, slides: bool = True, **counts: int) -> Path:
    """The HDF5 files of the Zenodo record; patches of a slide are four in a row."""
    folder = root / "patchcamelyon"
    folder.mkdir(exist_ok=True)
    for part, count in counts.items():
        stem = f"camelyonpatch_level_2_split_{part}"
        with h5py.File(folder / f"{stem}_x.h5", "w") as file:
            file.create_dataset("x", data=drawn(count, 96), compression="gzip")
        with h5py.File(folder / f"{stem}_y.h5", "w") as file:
            file["y"] = (np.arange(count, dtype=np.uint8) % 2).reshape(-1, 1, 1, 1)
        if slides:
            lines = [f"{n},{n % 2 == 1},{n % 2 == 1},camelyon16_{part}_{n // 4:03d}" for n in range(count)]
            text = "\n".join([",tumor_patch,center_tumor_patch,wsi", *lines]) + "\n"
            (folder / f"{stem}_meta.csv").write_text(text)
    return folder


def test_patchcamelyon_has_its_official_parts_and_slides(data_root: Path, drawn: Drawn) -> None:
    put_patchcamelyon(data_root, drawn, train=16, valid=8, test=8)
    dataset = open_dataset("patchcamelyon")
    table = dataset.table
    assert table["split"].value_counts().to_dict() == {TRAIN: 16, VALIDATION: 8, TEST: 8}
    assert table["group_id"].nunique() == 8
    assert table["label"].tolist() == ["0", "1"] * 16
    assert (dataset.spec.group, dataset.spec.caution) == ("slide", "")
    assert np.array_equal(ensure_cache(dataset, 96).images[:16], drawn(16, 96))
    assert (make_split(table).rows.groupby("group_id")["part"].nunique() == 1).all()
    assert make_split(table, "official").counts().sum().tolist() == [16, 8, 8]


def test_patchcamelyon_without_slides_warns_of_every_split_but_the_official_one(data_root: Path, drawn: Drawn) -> None:
    put_patchcamelyon(data_root, drawn, slides=False, train=8, valid=4)
    dataset = open_dataset("patchcamelyon")
    assert dataset.spec.group == "picture"
    assert "neighbouring patches of one slide on both sides" in dataset.spec.caution
    assert dataset.spec == next(e.spec for e in list_datasets() if e.spec.name == "patchcamelyon")
    assert dataset.table["group_id"].is_unique
    assert make_split(dataset.table, "official").counts().sum().tolist() == [8, 4, 0]


def pack(folder: Path) -> None:
    """Pack the files as they are published."""
    for path in folder.glob("*.h5"):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()


def test_packed_files_of_patchcamelyon_are_read_as_they_are(data_root: Path, drawn: Drawn) -> None:
    pack(put_patchcamelyon(data_root, drawn, train=16, valid=8, test=8))
    dataset = open_dataset("patchcamelyon")
    assert dataset.table["split"].value_counts().to_dict() == {TRAIN: 16, VALIDATION: 8, TEST: 8}
    assert dataset.table["label"].tolist() == ["0", "1"] * 16
    assert np.array_equal(ensure_cache(dataset, 96).images[:16], drawn(16, 96))
    assert not list(data_root.rglob("*.h5"))


@pytest.mark.parametrize("key", ["x", "y"])
def test_packed_files_that_unpack_to_more_than_patches_are_refused(
    data_root: Path, drawn: Drawn, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    folder = put_patchcamelyon(data_root, drawn, slides=False, train=8)
    pack(folder)
    monkeypatch.setattr(patchcamelyon, "_MOST_BESIDE", 1_000_000)
    monkeypatch.setattr(patchcamelyon, "_MOST_LABELS_BYTES", 1_000_000)
    path = folder / f"camelyonpatch_level_2_split_train_{key}.h5.gz"
    path.write_bytes(path.read_bytes() + gzip.compress(bytes(5_000_000)))
    with pytest.raises(DataError, match="unpacks to more than a file of PatchCamelyon has"):
        open_dataset("patchcamelyon")


def test_a_packed_file_that_was_cut_is_a_named_error(data_root: Path, drawn: Drawn) -> None:
    folder = put_patchcamelyon(data_root, drawn, slides=False, train=8)
    pack(folder)
    path = folder / "camelyonpatch_level_2_split_train_x.h5.gz"
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match=r"x\.h5\.gz is damaged after picture 0.*Download it again"):
        open_dataset("patchcamelyon")


@pytest.mark.parametrize("ending", ["x.h5", "y.h5"])
def test_a_damaged_file_of_patchcamelyon_is_a_named_error(data_root: Path, drawn: Drawn, ending: str) -> None:
    folder = put_patchcamelyon(data_root, drawn, train=8)
    path = folder / f"camelyonpatch_level_2_split_train_{ending}"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match=r"camelyonpatch_level_2_split_train_.*Download it again"):
        open_dataset("patchcamelyon")


def test_more_labels_than_patches_are_a_named_error(data_root: Path, drawn: Drawn) -> None:
    folder = put_patchcamelyon(data_root, drawn, slides=False, train=8)
    with h5py.File(folder / "camelyonpatch_level_2_split_train_y.h5", "w") as file:
        file["y"] = np.zeros((9, 1, 1, 1), np.uint8)
    with pytest.raises(DataError, match=r"pictures of shape \(8, 96, 96, 3\) and type uint8 for 9 labels"):
        open_dataset("patchcamelyon")


@pytest.mark.parametrize(
    ("key", "content", "said"),
    [
        ("y", np.uint8(1), r"y\.h5 has labels of shape \(\) and type uint8; one number a patch"),
        ("y", None, r"y\.h5 has no array called y, but something else"),
        ("y", h5py.Empty("f"), r"y\.h5 has no array called y, but something else"),
        ("y", ["nv"] * 8, r"y\.h5 has labels of shape \(8,\) and type object"),
        ("y", np.zeros((8, 2), np.uint8), r"y\.h5 has labels of shape \(8, 2\)"),
        ("y", np.array([0.5, 0, 1, 0, 1, 0, 1, 0]), r"y\.h5 has other labels than 0 and 1"),
        ("y", np.array([np.nan, 0, 1, 0, 1, 0, 1, 0]), r"y\.h5 has other labels than 0 and 1"),
        ("x", None, r"x\.h5 has no array called x, but something else"),
        ("x", np.zeros((8, 48, 48, 3), np.uint8), r"x\.h5 has pictures of shape \(8, 48, 48, 3\) and type uint8"),
        ("x", np.zeros((8, 96, 96, 3)), r"x\.h5 has pictures of shape \(8, 96, 96, 3\) and type float64"),
        ("x", np.uint8(1), r"x\.h5 has pictures of shape \(\)"),
    ],
)
def test_other_arrays_than_those_of_patchcamelyon_are_named(
    data_root: Path, drawn: Drawn, artifacts: Path, key: str, content: object, said: str
) -> None:
    folder = put_patchcamelyon(data_root, drawn, train=8)
    with h5py.File(folder / f"camelyonpatch_level_2_split_train_{key}.h5", "w") as file:
        if content is None:
            file.create_group(key)["inside"] = np.zeros(8)
        else:
            file[key] = content
    with pytest.raises(DataError, match=rf"{said}.*Download it again"):
        open_dataset("patchcamelyon")
    assert not (artifacts / "data" / "patchcamelyon").exists()


HMNIST = ("akiec", "bcc", "bkl", "df", "nv", "vasc", "mel")


def put_hmnist(root: Path, drawn: Drawn, count: int = 24) -> Path:
    """Metadata and pixel table in the same order, as on Kaggle; two pictures of each lesion."""
    folder = root / "ham10000"
    folder.mkdir(exist_ok=True)
    lines = [f"HAM_{n // 2},ISIC_{n:04d},{HMNIST[n // 2 % 7]},histo,50.0,male,back" for n in range(count)]
    (folder / "HAM10000_metadata.csv").write_text(
        "\n".join(["lesion_id,image_id,dx,dx_type,age,sex,localization", *lines]) + "\n"
    )
    pixels = drawn(count, 28).reshape(count, -1)
    with (folder / "hmnist_28_28_RGB.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"pixel{n:04d}" for n in range(2352)), "label"])
        writer.writerows([*row, n // 2 % 7] for n, row in enumerate(pixels.tolist()))
    return folder


def test_the_pixel_table_alone_is_a_data_set_with_the_lesions_of_the_metadata(data_root: Path, drawn: Drawn) -> None:
    put_hmnist(data_root, drawn)
    names = {entry.spec.name: entry.present for entry in list_datasets()}
    assert (names["ham10000_28"], names["ham10000"]) == (True, False)
    dataset = open_dataset("ham10000_28")
    table = dataset.table
    assert table["group_id"].nunique() == 12
    assert table["label"].tolist() == [HMNIST[n // 2 % 7] for n in range(24)]
    assert table[["age", "sex", "site"]].iloc[3].tolist() == [50.0, "male", "back"]
    assert np.array_equal(ensure_cache(dataset, 28).images, drawn(24, 28))
    assert (make_split(table, fractions=(0.5, 0.5, 0.0)).rows.groupby("group_id")["part"].nunique() == 1).all()


def test_the_pixel_table_is_checked_on_the_pictures_where_they_are_there(
    data_root: Path, drawn: Drawn, put: Put
) -> None:
    folder = put_hmnist(data_root, drawn)
    for number in range(24):
        put(folder / "HAM10000_images_part_1" / f"ISIC_{number:04d}.jpg", number)
    assert len(open_dataset("ham10000_28").table) == len(open_dataset("ham10000").table) == 24
    for number in range(24):  # within a class, so that the labels agree
        put(folder / "HAM10000_images_part_1" / f"ISIC_{number:04d}.jpg", number ^ 1)
    (folder / "hmnist_28_28_RGB.csv").touch()
    with pytest.raises(DataError, match=r"24 of 24 pictures compared .* are not those of the files with their ids"):
        open_dataset("ham10000_28")


def test_rows_in_another_order_than_the_metadata_are_found_by_their_labels(data_root: Path, drawn: Drawn) -> None:
    folder = put_hmnist(data_root, drawn)
    lines = (folder / "HAM10000_metadata.csv").read_text().splitlines()
    (folder / "HAM10000_metadata.csv").write_text("\n".join([lines[0], *sorted(lines[1:], key=lambda x: x[::-1])]))
    with pytest.raises(
        DataError, match=r"disagree in .* of 24 rows, first in line \d+: their rows are not in the same"
    ):
        open_dataset("ham10000_28")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("pixel0007", "p7"), "is not a table with the columns pixel0000 to pixel2351"),
        (lambda text: "\n".join(text.splitlines()[:-1]) + "\n", "has 23 rows and HAM10000_metadata.csv 24"),
        (lambda text: text[:-30] + "\n", "is not a table|has pixels"),
        (lambda text: "\n".join([*text.splitlines()[:-1], ",".join(["300"] * 2352 + ["4"])]) + "\n", "0 to 255"),
    ],
    ids=["column", "row", "cut", "value"],
)
def test_a_pixel_table_that_cannot_be_used_says_why(
    data_root: Path, drawn: Drawn, change: Callable[[str], str], said: str
) -> None:
    path = put_hmnist(data_root, drawn) / "hmnist_28_28_RGB.csv"
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=said):
        open_dataset("ham10000_28")


@pytest.mark.real_data
def test_a_pixel_table_of_real_pictures_is_told_from_one_in_another_order(
    real_data: Path, data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made here from 200 real pictures as the published table was, by squeezing each to 28×28."""
    source, folder = real_data / "ham10000", data_root / "ham10000"
    folder.mkdir()
    rows = pd.read_csv(source / "HAM10000_metadata.csv").iloc[:200]
    rows.to_csv(folder / "HAM10000_metadata.csv", index=False)
    for part in ("HAM10000_images_part_1", "HAM10000_images_part_2"):
        (folder / part).symlink_to(source / part, target_is_directory=True)
    paths = {path.stem: path for path in source.glob("*/*.jpg")}
    # Nearest neighbour, unlike our own reduction: the table's makers may have reduced in any way.
    small = [
        np.asarray(Image.open(paths[image]).resize((28, 28), Image.Resampling.NEAREST)) for image in rows["image_id"]
    ]
    pixels = pd.DataFrame(np.stack(small).reshape(200, -1), columns=[f"pixel{n:04d}" for n in range(2352)])
    pixels["label"] = rows["dx"].map({label: number for number, label in enumerate(HMNIST)}).to_numpy()
    pixels.to_csv(folder / "hmnist_28_28_RGB.csv", index=False)
    table = open_dataset("ham10000_28").table
    assert len(table) == 200
    assert np.array_equal(decode_square(Path(table["path"].iloc[7]), 28), small[7])
    turned = pixels.groupby("label", group_keys=False).apply(lambda same: same.iloc[::-1].set_axis(same.index))
    turned = turned.sort_index().assign(label=pixels["label"])
    turned.to_csv(folder / "hmnist_28_28_RGB.csv", index=False)
    with pytest.raises(DataError, match="are not those of the files with their ids"):
        open_dataset("ham10000_28")
