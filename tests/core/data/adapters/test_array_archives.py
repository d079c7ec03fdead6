"""Archives of arrays: each data set of MedMNIST by its file name, and any other with arrays of the same names."""

import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import DataError
from core.data.adapters.npz_file import read_batches, read_parts
from core.data.added_folders import add_folder, look_into
from core.data.catalog import CatalogEntry, list_datasets, look, open_dataset, open_folder
from core.data.images.cache import ensure_cache
from core.data.images.pictures import read_picture
from core.data.inspect import inspect_folder
from core.data.missing import list_missing
from core.data.splits.splits import TEST, TRAIN, VALIDATION, SplitKind, make_split, possible_kinds
from tests.alike import long_but
from tests.conftest import SHARED, train_in

CLASSES = {
    "pathmnist": 9, "octmnist": 4, "pneumoniamnist": 2, "retinamnist": 5, "breastmnist": 2, "bloodmnist": 8,
    "tissuemnist": 8, "organamnist": 11, "organcmnist": 11, "organsmnist": 11,
}  # fmt: skip
GREY = {"octmnist", "pneumoniamnist", "breastmnist", "tissuemnist", "organamnist", "organcmnist", "organsmnist"}
MALIGNANT = {
    "pathmnist": {"colorectal adenocarcinoma epithelium"},
    "breastmnist": {"malignant"},
}


def arrays_of(
    classes: int, shape: tuple[int, ...] = (28, 28, 3), counts: tuple[int, ...] = (24, 12, 12), seed: int = 0
) -> dict[str, np.ndarray]:
    """The six arrays; the numbers of the classes follow each other in each part."""
    rng = np.random.default_rng(seed)
    arrays: dict[str, np.ndarray] = {}
    for part, count in zip(("train", "val", "test"), counts, strict=True):
        arrays[f"{part}_images"] = rng.integers(0, 256, (count, *shape), np.uint8)
        arrays[f"{part}_labels"] = (np.arange(count, dtype=np.uint8) % classes).reshape(-1, 1)
    return arrays


def put(folder: Path, file: str, arrays: dict[str, np.ndarray]) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    np.savez_compressed(folder / file, **arrays)
    return folder / file


def entries() -> dict[str, CatalogEntry]:
    return {entry.spec.name: entry for entry in list_datasets()}


def present() -> set[str]:
    return {name for name, entry in entries().items() if entry.present} - {"demo"}


@pytest.mark.parametrize("side", long_but([28, 64], 28))
@pytest.mark.parametrize("name", CLASSES)
def test_each_data_set_of_medmnist_has_its_classes_parts_and_pictures(data_root: Path, name: str, side: int) -> None:
    own = name if side == 28 else f"{name}_{side}"
    arrays = arrays_of(CLASSES[name], (side, side) if name in GREY else (side, side, 3))
    put(data_root / "downloads", f"{own}.npz", arrays)
    assert present() == {own}
    dataset = open_dataset(own)
    spec, table = dataset.spec, dataset.table
    assert len(spec.classes) == len(set(spec.class_keys)) == CLASSES[name]
    assert table["split"].value_counts().to_dict() == {TRAIN: 24, VALIDATION: 12, TEST: 12}
    assert table["label"].tolist()[:5] == [spec.class_keys[n % CLASSES[name]] for n in range(5)]
    assert table["group_id"].is_unique
    assert {c.key for c in spec.classes if c.malignant} == MALIGNANT.get(name, set())
    assert spec.malignancy_known == (name in MALIGNANT)
    assert "names no patients" in spec.caution
    assert spec.licence == "CC BY 4.0"
    assert "MedMNIST v2" in spec.citation
    said = read_picture(Path(table["path"].iloc[3])).rgb
    drawn = arrays["train_images"][3]
    assert np.array_equal(said, np.dstack([drawn] * 3) if name in GREY else drawn)
    assert make_split(table, "official").counts().sum().to_dict() == {TRAIN: 24, VALIDATION: 12, TEST: 12}


def test_several_archives_in_one_folder_are_several_data_sets(data_root: Path) -> None:
    put(data_root / "mnist", "pathmnist.npz", arrays_of(9))
    put(data_root / "mnist", "BreastMNIST_64.npz", arrays_of(2, (64, 64)))
    put(data_root / "mnist", "plankton.npz", arrays_of(3))
    assert present() == {"pathmnist", "breastmnist_64", "mnist-plankton"}
    for name in present():
        assert len(open_dataset(name).table) == 48
    assert {each.spec.name for each in list_missing(look())} >= {"dermamnist", "dermamnist_224"}


def test_medmnist_is_not_listed_where_it_is_not_here_but_for_dermamnist(data_root: Path) -> None:
    listed = {name for name in entries() if "mnist" in name}
    assert listed == {"dermamnist"}


def with_findings(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Of each four pictures one without a finding, two with one, and one with two of fourteen."""
    made = dict(arrays)
    for name in [each for each in arrays if "labels" in each]:
        marks = made[name] = np.zeros((len(arrays[name]), 14), np.uint8)
        marks[1::4, 6] = marks[2::4, 2] = marks[3::4, 1] = marks[3::4, 2] = 1
    return made


def test_chestmnist_has_a_class_for_each_finding_and_none_and_leaves_out_several(data_root: Path) -> None:
    put(data_root / "chest", "chestmnist.npz", with_findings(arrays_of(2, (28, 28))))
    dataset = open_dataset("chestmnist")
    assert dataset.table["label"].value_counts().to_dict() == {"no finding": 12, "pneumonia": 12, "effusion": 12}
    assert dataset.table["split"].value_counts().to_dict() == {TRAIN: 18, VALIDATION: 9, TEST: 9}
    assert [skip.reason for skip in dataset.skipped] == ["12 pictures have several findings; they are left out."]
    assert "several of fourteen findings" in dataset.spec.caution
    said = inspect_folder(data_root / "chest")
    assert (said["certain"], said["classes"]) == (True, {"effusion": 12, "pneumonia": 12, "no finding": 12})


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_labels_with_one_mark_a_row_are_classes(data_root: Path, dtype: type) -> None:
    arrays = arrays_of(3)
    hot = {name: np.eye(3, dtype=dtype)[a[:, 0]] if "labels" in name else a for name, a in arrays.items()}
    put(data_root / "mine", "mine.npz", hot)
    [name] = present()
    assert open_dataset(name).table["label"].tolist()[:4] == ["0", "1", "2", "0"]


def test_findings_that_come_together_are_listed_with_the_reason_and_disturb_nothing(data_root: Path) -> None:
    arrays = arrays_of(2, (28, 28))
    several = with_findings(arrays)
    put(data_root / "chest", "chestmnist_64.npz", arrays_of(2, (64, 64)))
    put(data_root / "chest", "mine.npz", several)
    put(data_root / "chest", "pneumoniamnist.npz", arrays)
    assert present() == {"pneumoniamnist"}
    assert "14 findings of each picture were expected" in entries()["chestmnist_64"].note
    assert "several answers a picture" in entries()["chest-mine"].note
    told = {each.spec.name: each.what_to_do for each in list_missing(look())}
    assert "several answers a picture" in told["chest-mine"]
    with pytest.raises(DataError, match="learns one class a picture"):
        open_dataset("chest-mine")
    assert len(open_dataset("pneumoniamnist").table) == 48


@pytest.mark.parametrize(
    ("shape", "seen"),
    [
        ((30, 40), lambda a: np.stack([a] * 3, axis=-1)),
        ((30, 40, 1), lambda a: np.concatenate([a] * 3, axis=-1)),
        ((30, 40, 3), lambda a: a),
        ((1, 30, 40), lambda a: np.stack([a[0]] * 3, axis=-1)),
        ((3, 30, 40), lambda a: np.moveaxis(a, 0, -1)),
    ],
)
def test_an_archive_of_somebody_is_read_whatever_stands_first_channels_or_sides(
    data_root: Path, shape: tuple[int, ...], seen: Callable[[np.ndarray], np.ndarray]
) -> None:
    arrays = arrays_of(4, shape)
    put(data_root / "cells", "cells.npz", arrays)
    dataset = open_dataset("cells")
    assert [(c.key, c.name, c.malignant) for c in dataset.spec.classes] == [(n, n, None) for n in "0123"]
    assert "48 pictures of 40×30 pixels in 4 classes" in dataset.spec.description
    assert "pictures of one patient may stand on both sides" in dataset.spec.caution
    for part, column in ((TRAIN, "train_images"), (TEST, "test_images")):
        paths = dataset.table.loc[dataset.table["split"] == part, "path"]
        assert np.array_equal(read_picture(Path(paths.iloc[-1])).rgb, seen(arrays[column][-1]))


def test_classes_are_numbers_in_their_order_and_parts_may_lack(data_root: Path) -> None:
    arrays = arrays_of(12, counts=(24, 12, 12))
    arrays = {name: a.astype(np.int64) - 1 if "labels" in name else a for name, a in arrays.items()}
    del arrays["val_images"], arrays["val_labels"]
    put(data_root / "cells", "cells.npz", arrays)
    dataset = open_dataset("cells")
    assert dataset.spec.class_keys == tuple(str(n) for n in range(-1, 11))
    assert dataset.table["split"].value_counts().to_dict() == {TRAIN: 24, TEST: 12}
    counts = make_split(dataset.table, "official").counts().sum()
    assert counts[TEST] == 12
    assert counts[VALIDATION] > 0


def test_a_training_part_alone_is_split_by_chance(data_root: Path) -> None:
    arrays = {name: a for name, a in arrays_of(2).items() if name.startswith("train")}
    put(data_root / "cells", "cells.npz", arrays)
    assert SplitKind.OFFICIAL not in possible_kinds(open_dataset("cells").table, (0.6, 0.2, 0.2))


def test_pictures_without_labels_are_left_out_and_counted(data_root: Path) -> None:
    arrays = arrays_of(3)
    del arrays["test_labels"]
    put(data_root / "cells", "cells.npz", arrays)
    dataset = open_dataset("cells")
    assert len(dataset.table) == 36
    assert [skip.reason for skip in dataset.skipped] == [
        "test_images has 12 pictures and no labels; they are left out."
    ]
    put(data_root / "cells", "cells.npz", {"train_images": arrays["train_images"]})
    assert "no picture with a label" in entries()["cells"].note


def npy(shape: tuple[int, ...], descr: str = "|u1", content: bytes = b"") -> bytes:
    """A `.npy` whose header says what it likes."""
    written = io.BytesIO()
    np.lib.format.write_array_header_1_0(written, {"descr": descr, "fortran_order": False, "shape": shape})
    return written.getvalue() + content


def pickled() -> bytes:
    written = io.BytesIO()
    np.save(written, np.array([{"a": 1}] * 24, dtype=object), allow_pickle=True)
    return written.getvalue()


@pytest.mark.parametrize(
    ("replaced", "said"),
    [
        ({"train_images": pickled()}, "train_images holds objects of Python, which are never opened"),
        ({"train_labels": pickled()}, "train_labels holds objects of Python"),
        ({"train_images": npy((10**12, 28, 28, 3))}, "train_images is not as long as it says"),
        ({"train_labels": npy((10**12,))}, "train_labels is not as long as it says"),
        ({"train_images": npy((24, -28, -28, 3), content=b"0" * 24 * 28 * 28 * 3)}, "train_images is not as long as"),
        ({"train_images": npy((24, 28, 28, 28), content=b"0" * 24 * 28**3)}, r"of shape \(24, 28, 28, 28\)"),
        ({"train_images": npy((24, 28, 28, 4), content=b"0" * 24 * 28**2 * 4)}, r"of shape \(24, 28, 28, 4\)"),
        ({"train_images": npy((24, 28, 28), "<f4", b"0" * 24 * 28**2 * 4)}, "type float32"),
        ({"train_images": npy((24, 1, 5000), content=b"0" * 24 * 5000)}, r"of shape \(24, 1, 5000\)"),
        ({"train_images": b"\x93NUMPY\x03\x00"}, r"version \(3, 0\) of the format is not known"),
        ({"train_labels": npy((24, 3), content=b"0" * 72)}, "several answers a picture"),
        ({"train_labels": npy((24,), content=b"\x07" * 24), "val_images": None}, "val_labels without val_images"),
    ],
)
def test_a_hostile_archive_is_refused_in_one_sentence_and_its_neighbours_stay(
    data_root: Path, artifacts: Path, replaced: dict[str, bytes | None], said: str
) -> None:
    put(data_root / "cells", "pathmnist.npz", arrays_of(9))
    with np.load(put(data_root / "cells", "mine.npz", arrays_of(9))) as archive:
        members = {name: npy(a.shape, a.dtype.str, a.tobytes()) for name, a in archive.items()} | replaced
    for file in ("mine.npz", "bloodmnist.npz"):
        with zipfile.ZipFile(data_root / "cells" / file, "w") as written:
            for name, content in members.items():
                if content is not None:
                    written.writestr(f"{name}.npy", content)
    listed = entries()
    assert present() == {"pathmnist"}
    with pytest.raises(DataError, match=rf"bloodmnist\.npz .*{said}"):
        open_dataset("bloodmnist")
    with pytest.raises(DataError, match=said) as refused:
        open_dataset("cells-mine")
    assert str(refused.value) == listed["cells-mine"].note
    assert str(refused.value).replace("mine.npz", "bloodmnist.npz") == listed["bloodmnist"].note
    assert "\n" not in listed["cells-mine"].note
    assert len(open_dataset("pathmnist").table) == 48
    assert not (artifacts / "data" / "bloodmnist").exists()


def test_an_archive_that_is_damaged_among_its_pictures_leaves_nothing(data_root: Path, artifacts: Path) -> None:
    path = put(data_root / "cells", "cells.npz", arrays_of(3))
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        begins = archive.getinfo("val_images.npy").header_offset
    content[begins + 2000 : begins + 2100] = bytes(100)
    path.write_bytes(content)
    assert present() == {"cells"}  # of the pictures, only their number was looked at
    with pytest.raises(DataError, match=r"cells\.npz is not an archive of arrays"):
        open_dataset("cells")
    assert not (artifacts / "data" / "cells").exists()


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.full(24, 5, np.uint8), "has the label 5. Give it two classes or more"),
        (np.arange(24, dtype=np.uint8) * 3, None),
        (np.arange(60, dtype=np.uint8), "has 60 different labels; a data set has at most 50 classes"),
        (np.zeros(0, np.uint8), "no picture with a label"),
    ],
)
def test_an_archive_needs_two_to_fifty_classes(data_root: Path, labels: np.ndarray, said: str | None) -> None:
    images = np.zeros((len(labels), 8, 8), np.uint8)
    put(data_root / "cells", "cells.npz", {"train_images": images, "train_labels": labels})
    entry = entries()["cells"]
    assert entry.present == (said is None)
    assert said is None or said in entry.note


def test_an_array_called_after_patients_keeps_their_pictures_together(data_root: Path) -> None:
    patients = {
        f"{part}_patient_id": np.arange(count) // 4 for part, count in (("train", 24), ("val", 12), ("test", 12))
    }
    put(data_root / "cells", "cells.npz", arrays_of(2) | patients)
    dataset = open_dataset("cells")
    assert (dataset.spec.group, dataset.spec.caution) == ("patient", "")
    assert dataset.table["group_id"].nunique() == 6


@pytest.mark.parametrize("said", ["texts", "names beside"])
def test_names_of_classes_in_an_archive_are_taken(data_root: Path, said: str) -> None:
    names, arrays = np.array(["melanoma", "nevus"]), arrays_of(2)
    if said == "texts":
        arrays |= {name: names[np.asarray(each).ravel()] for name, each in arrays.items() if "labels" in name}
    else:
        arrays["class_names"] = names
    put(data_root / "cells", "cells.npz", arrays)
    dataset = open_dataset("cells")
    assert {each.key: each.malignant for each in dataset.spec.classes} == {"melanoma": True, "nevus": False}
    assert set(dataset.table["label"]) == {"melanoma", "nevus"}


def test_whole_numbers_in_floats_are_labels(data_root: Path) -> None:
    arrays = {name: each.astype(float) if "labels" in name else each for name, each in arrays_of(2).items()}
    put(data_root / "cells", "cells.npz", arrays)
    assert open_dataset("cells").spec.class_keys == ("0", "1")


@pytest.mark.parametrize(
    ("images", "why"),
    [
        (np.zeros((6, 8, 8, 3), np.float32), "pictures are read as uint8, from 0 to 255"),
        (np.zeros((6, 8, 8, 3), np.uint16), "pictures are read as uint8, from 0 to 255"),
        (np.zeros((6, 8, 8, 8), np.uint8), "volumes, of which none is read here"),
    ],
)
def test_pictures_of_other_kinds_are_refused_with_what_to_do(data_root: Path, images: np.ndarray, why: str) -> None:
    put(data_root / "cells", "cells.npz", {"train_images": images, "train_labels": np.arange(6) % 2})
    assert why in entries()["cells"].note
    for label in ("melanoma", "nevus"):
        (data_root / "cells" / label).mkdir()
        for number in range(4):
            (data_root / "cells" / label / f"{label}{number}.png").touch()
    assert set(open_dataset("cells").table["label"]) == {"melanoma", "nevus"}, "arrays beside pictures hide none"


def test_pictures_by_columns_are_refused_with_what_to_do(data_root: Path) -> None:
    arrays = arrays_of(2, (28, 28))
    put(data_root / "cells", "cells.npz", arrays | {"val_images": np.asfortranarray(arrays["val_images"])})
    assert "val_images in Fortran's order. Save it again after np.ascontiguousarray" in entries()["cells"].note


def test_labels_that_are_no_class_of_medmnist_are_refused(data_root: Path) -> None:
    put(data_root / "cells", "breastmnist.npz", arrays_of(3, (28, 28)))
    assert not present()
    with pytest.raises(DataError, match=r"breastmnist\.npz has labels outside 0 to 1"):
        open_dataset("breastmnist")
    put(data_root / "cells", "breastmnist_64.npz", arrays_of(2, (28, 28)))
    with pytest.raises(DataError, match="64×64 pixels were expected under this name"):
        open_dataset("breastmnist_64")


def test_files_of_other_things_are_no_data_sets(data_root: Path) -> None:
    put(data_root / "other", "features.npz", {"features": np.zeros((5, 3)), "ids": np.arange(5)})
    put(data_root / "many" / "deep", "a.npz", arrays_of(2))
    (data_root / "pipes").mkdir()
    for name in ("pathmnist.npz", "mine.npz", "hmnist_8_8_L.csv"):
        os.mkfifo(data_root / "pipes" / name)
    for number in range(51):
        put(data_root / "slides", f"slide{number}.npz", arrays_of(2, (4, 4), (4, 2, 2)))
    put(data_root / "slides", "pathmnist.npz", arrays_of(9))
    assert present() == {"pathmnist"}
    assert not {name for name in entries() if "slide" in name or "other" in name}


@pytest.mark.parametrize("name", ["demo", "ham10000", "dermamnist", "patchcamelyon"])
def test_an_archive_takes_no_name_of_a_known_data_set(data_root: Path, name: str) -> None:
    file = "cells.npz" if name == "dermamnist" else f"{name}.npz"
    put(data_root / name, file, arrays_of(2))
    here = entries()
    assert (here["demo"].spec.synthetic, name == "demo" or not here[name].present) == (True, True)
    [own] = present()
    assert own != name
    assert len(open_dataset(own).table) == 48


def test_an_archive_lies_in_a_folder_that_is_added_or_given(data_root: Path, tmp_path: Path) -> None:
    folder = put(tmp_path / "elsewhere" / "cells", "cells.npz", arrays_of(3)).parent
    put(folder, "retinamnist.npz", arrays_of(5))
    put(tmp_path / "elsewhere" / "chest", "mine.npz", with_findings(arrays_of(2)))
    dataset = open_folder(folder)
    assert dataset is not None
    assert len(dataset.table) == 48
    with pytest.raises(DataError, match="learns one class a picture"):
        look_into(str(tmp_path / "elsewhere" / "chest"))
    with pytest.raises(DataError, match="learns one class a picture"):
        open_folder(tmp_path / "elsewhere" / "chest")
    assert look_into(str(folder)).titles == ("cells", "RetinaMNIST, 28×28 pixels")
    add_folder(str(folder))
    assert present() == {"cells", "retinamnist"}


def test_a_data_root_that_holds_archives_itself_has_their_data_sets_beside_those_of_its_folders(
    data_root: Path,
) -> None:
    put(data_root, "pathmnist.npz", arrays_of(9))
    put(data_root, "chestmnist.npz", arrays_of(2))
    put(data_root, "cells.npz", arrays_of(3))
    put(data_root / "derma", "dermamnist.npz", arrays_of(7))
    put(data_root / "again", "pathmnist.npz", arrays_of(9))
    assert present() == {"pathmnist", "data-cells", "dermamnist"}
    assert "14 findings of each picture were expected" in entries()["chestmnist"].note
    for name in present():
        assert len(open_dataset(name).table) == 48


def test_pictures_are_read_some_at_a_time(tmp_path: Path) -> None:
    """An archive of 90 MB is never in memory as a whole."""
    path = tmp_path / "large.npz"
    images = np.zeros((600, 224, 224, 3), np.uint8)
    images[:, 0, 0, 0] = np.arange(600) % 251
    np.savez_compressed(path, train_images=images, train_labels=np.arange(600) % 2)
    [part] = read_parts(path)
    tracemalloc.start()
    read = 0
    for batch in read_batches(path, part):
        assert batch[:, 0, 0, 0].tolist() == [number % 251 for number in range(read, read + len(batch))]
        read += len(batch)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == 600
    assert most < 60_000_000


def test_a_header_that_says_it_is_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "train_images.npy", b"\x93NUMPY\x02\x00" + (50_000_000).to_bytes(4, "little") + bytes(50_000_000)
        )
    tracemalloc.start()
    with pytest.raises(DataError, match="is not an archive of arrays"):
        read_parts(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5_000_000


@pytest.mark.long  # that it is read is tested above, that a layout trains in test_layouts_are_trained.py
@pytest.mark.slow
def test_an_archive_of_grey_pictures_trains_for_an_epoch_on_its_official_split(
    data_root: Path, artifacts: Path
) -> None:
    put(data_root / "organs", "organamnist.npz", arrays_of(11, (28, 28)))
    train_in(artifacts, data_root, dataset="organamnist", model="cnn-59k", epochs=1, batch_size=8, split="official")


@pytest.mark.long
@pytest.mark.real_data
def test_the_layout_that_people_have_is_three_data_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tarfile

    packed = SHARED / "data" / "layouts.tar.gz"
    if not packed.is_file():
        pytest.skip("the layouts are not beside this checkout")
    with tarfile.open(packed) as archive:
        inside = [each for each in archive.getmembers() if "medmnist-and-hmnist" in each.name]
        archive.extractall(tmp_path, inside, filter="data")
    [root] = tmp_path.rglob("medmnist-and-hmnist")
    monkeypatch.setenv("LESIONLAB_DATA", str(root))
    monkeypatch.setenv("LESIONLAB_ARTIFACTS", str(tmp_path / "artifacts"))
    (tmp_path / "artifacts").mkdir()
    assert present() == {"pathmnist", "bloodmnist", "ham10000_8_L"}
    for name, pictures, classes in (("pathmnist", 50, 9), ("bloodmnist", 50, 8), ("ham10000_8_L", 10_015, 7)):
        dataset = open_dataset(name)
        assert (len(dataset.table), len(dataset.spec.classes)) == (pictures, classes)
    assert dataset.table["group_id"].nunique() == 7_470
    assert ensure_cache(dataset, 8).images.shape == (10_015, 8, 8, 3)


def put_files(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    folder.mkdir(parents=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


@pytest.mark.parametrize("way", ["{}_images {}_labels", "X_{} y_{}", "{}_x {}_y"])
def test_arrays_in_files_of_their_own_are_read_as_those_of_an_archive(data_root: Path, way: str) -> None:
    arrays = arrays_of(3, (16, 16), counts=(12, 6, 6))
    images, labels = way.split()
    called = {(images if name.endswith("images") else labels).format(name.split("_")[0]): each
              for name, each in arrays.items()}  # fmt: skip
    put_files(data_root / "mine", called)
    dataset = open_dataset("mine")
    assert dataset.table["split"].value_counts().to_dict() == {TRAIN: 12, VALIDATION: 6, TEST: 6}
    assert dataset.table["label"].tolist() == ["0", "1", "2"] * 8
    assert np.array_equal(read_picture(Path(dataset.table["path"].iloc[13])).rgb[..., 0], arrays["val_images"][1])
    assert inspect_folder(data_root / "mine")["left_out"] == {}


@pytest.mark.parametrize("way", [("images", "labels"), ("X", "y")])
@pytest.mark.parametrize("packed", [False, True])
def test_arrays_without_parts_are_one_set_to_be_divided(data_root: Path, way: tuple[str, str], packed: bool) -> None:
    arrays = arrays_of(2, counts=(20, 4, 4))
    called = dict(zip(way, (arrays["train_images"], arrays["train_labels"]), strict=True))
    if packed:
        put(data_root / "mine", "mine.npz", called)
    else:
        put_files(data_root / "mine", called)
    table = open_dataset("mine").table
    assert (len(table), table["split"].isna().all()) == (20, True)


def test_arrays_that_are_no_pictures_are_no_data_set(data_root: Path) -> None:
    rng = np.random.default_rng(0)
    put_files(data_root / "mine", {"features": rng.random((20, 16)), "labels": np.arange(20) % 2})
    assert present() == set()


def test_nothing_in_an_array_file_is_unpickled_and_none_is_believed_to_be_longer_than_it_is(data_root: Path) -> None:
    arrays = arrays_of(2, counts=(20, 4, 4))
    put_files(data_root / "objects", {"images": arrays["train_images"], "labels": np.array([{"a": 1}] * 20, object)})
    put_files(data_root / "longer", {"images": arrays["train_images"], "labels": arrays["train_labels"]})
    path = data_root / "longer" / "images.npy"
    path.write_bytes(path.read_bytes().replace(b"(20, 28, 28, 3)", b"(99, 28, 28, 3)"))
    with pytest.raises(
        DataError, match=r"objects holds an array that cannot be read.*objects of Python, which are never"
    ):
        open_dataset("objects")
    with pytest.raises(DataError, match="longer holds an array that cannot be read: images is not as long as it says"):
        open_dataset("longer")
