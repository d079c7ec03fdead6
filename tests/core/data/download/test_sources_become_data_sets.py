"""Every public source, served in its true layout with drawn pictures, becomes a data set that opens."""

import gzip
import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.catalog import list_datasets, open_dataset
from core.data.download.download import download
from core.data.download.sources import SOURCES, Source
from tests.core.data.download.loopback import Loopback, serving

IDS = [f"ISIC_{number:07d}" for number in range(6)]
TEST_IDS = [f"ISIC_{number:07d}" for number in range(50, 54)]
VALIDATION_IDS = ["ISIC_0090000", "ISIC_0090001"]
HEADS = {"2018": "MEL,NV,BCC,AKIEC,BKL,DF,VASC", "2019": "MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK"}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as server:
        yield server


def pictures(ids: list[str], folder: str = "") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number, image_id in enumerate(ids):
            picture = io.BytesIO()
            Image.new("RGB", (8, 6), (40 * number, 90, 90)).save(picture, "JPEG")
            archive.writestr(f"{folder}{image_id}.jpg", picture.getvalue())
        archive.writestr(f"{folder}LICENSE.txt", "CC BY-NC 4.0")
    return made.getvalue()


def truth(ids: list[str], head: str) -> bytes:
    classes = head.split(",")
    rows = [
        f"{image_id}," + ",".join("1.0" if k == number % 2 else "0.0" for k in range(len(classes)))
        for number, image_id in enumerate(ids)
    ]
    return "\n".join([f"image,{head}", *rows, ""]).encode()


def zipped(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(f"{name.removesuffix('.csv')}/{name}", content)
    return made.getvalue()


def dermamnist(side: int) -> bytes:
    made, rng = io.BytesIO(), np.random.default_rng(0)
    arrays = {}
    for part, count in (("train", 7), ("val", 2), ("test", 3)):
        arrays[f"{part}_images"] = rng.integers(0, 255, (count, side, side, 3), dtype=np.uint8)
        arrays[f"{part}_labels"] = np.arange(count, dtype=np.uint8).reshape(-1, 1) % 7
    np.savez_compressed(made, **arrays)
    return made.getvalue()


def hdf5(key: str, values: np.ndarray) -> bytes:
    import h5py

    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        file[key] = values
    return gzip.compress(made.getvalue())


def content_of(name: str) -> bytes:
    """A small file of the layout that the published file of this name has."""
    if name.startswith("dermamnist"):
        digits = "".join(filter(str.isdigit, name))
        return dermamnist(int(digits or 28))
    if name.startswith("camelyonpatch"):
        if name.endswith("_x.h5.gz"):
            return hdf5("x", np.random.default_rng(1).integers(0, 255, (4, 96, 96, 3), dtype=np.uint8))
        if name.endswith("_y.h5.gz"):
            return hdf5("y", np.array([0, 1, 0, 1], dtype=np.uint8).reshape(4, 1, 1, 1))
        slides = "\n".join(f"{k},0,0,True,True,camelyon16_{name[25:30]}_{k // 2}" for k in range(4))
        return f",coord_y,coord_x,tumor_patch,center_tumor_patch,wsi\n{slides}\n".encode()
    if name == "HAM10000_images_part_1.zip":
        return pictures(IDS[:3])
    if name == "HAM10000_images_part_2.zip":
        return pictures(IDS[3:])
    if name == "HAM10000_metadata.csv":
        rows = [
            f"HAM_{k // 2},{i},{('nv', 'mel')[k // 2 % 2]},histo,50.0,male,back,rosendahl" for k, i in enumerate(IDS)
        ]
        return "\n".join(["lesion_id,image_id,dx,dx_type,age,sex,localization,dataset", *rows, ""]).encode()
    if name.endswith("_Training_Input.zip"):
        return pictures(IDS, f"{name.removesuffix('.zip')}/")
    if name.endswith("_Validation_Input.zip"):
        return pictures(VALIDATION_IDS, f"{name.removesuffix('.zip')}/")
    if name.endswith("_Test_Input.zip"):
        return pictures(TEST_IDS, f"{name.removesuffix('.zip')}/")
    if name.endswith("_GroundTruth.zip"):
        ids = {"Training": IDS, "Validation": VALIDATION_IDS, "Test": TEST_IDS}[name.split("_")[2]]
        return zipped(name.replace(".zip", ".csv"), truth(ids, HEADS["2018"]))
    if name.endswith("_LesionGroupings.csv"):
        rows = [f"{i},HAM_{k // 2},histopathology" for k, i in enumerate(IDS)]
        return "\n".join(["image,lesion_id,diagnosis_confirm_type", *rows, ""]).encode()
    if name == "ISIC_2019_Training_GroundTruth.csv":
        return truth(IDS, HEADS["2019"])
    if name == "ISIC_2019_Training_Metadata.csv":
        rows = [f"{i},55.0,posterior torso,L_{k // 2},female" for k, i in enumerate(IDS)]
        return "\n".join(["image,age_approx,anatom_site_general,lesion_id,sex", *rows, ""]).encode()
    raise AssertionError(f"nothing is known of {name}")


def served(source: Source, server: Loopback) -> Source:
    """The same source, but for where its files lie, and how large they are."""
    files = []
    for file in source.files:
        content = content_of(file.name)
        server.put(file.name, content)
        checksum = hashlib.md5(content).hexdigest() if file.md5 else ""
        url = f"{server.url}/{file.name}"
        files.append(replace(file, url=url, size=len(content) if file.size else None, md5=checksum, sha256=""))
    return replace(source, files=tuple(files))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_source_becomes_a_data_set_of_its_name(source, server, artifacts: Path) -> None:
    done = download(served(source, server), artifacts.parent / "data")
    assert source.name in {entry.spec.name for entry in list_datasets() if entry.present}
    dataset = open_dataset(source.name)
    assert done.folder == artifacts.parent / "data" / source.folder
    assert not [skip for skip in dataset.skipped if skip.image_id], dataset.skipped
    rows = {"ham10000": 6, "isic2018": 12, "isic2019": 6, "patchcamelyon": 12}.get(source.name, 12)
    assert len(dataset.table) == rows
    assert all(Path(path).is_file() for path in dataset.table["path"])
    parts = {"isic2018", "patchcamelyon"} | {source.name for source in SOURCES[:4]}
    assert set(dataset.table["split"].dropna()) == ({"train", "validation", "test"} if source.name in parts else set())
    assert dataset.spec.licence.split(" (")[0] in source.licence or source.name == "patchcamelyon"


def test_all_sizes_of_dermamnist_fit_into_one_folder(server, artifacts: Path) -> None:
    for source in SOURCES[:4]:
        download(served(source, server), artifacts.parent / "data")
    here = {entry.spec.name for entry in list_datasets() if entry.present}
    assert {"dermamnist", "dermamnist_64", "dermamnist_128", "dermamnist_224"} <= here
