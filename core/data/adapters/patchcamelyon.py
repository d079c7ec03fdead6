"""PatchCamelyon: the original HDF5 files with their official split, and the layout of the Kaggle competition.

The files may be packed, as they are published: `….h5.gz`.
"""

import gzip
import re
import tempfile
import zlib
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.files import open_regular
from core.base.printable import said_by
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir
from core.data.adapters.adapter import Adapter
from core.data.adapters.listing import Listing, list_folder
from core.data.adapters.metadata_file import read_texts, without_duplicates
from core.data.adapters.picture_files import picture_files, stem
from core.data.adapters.pictures_by_stem import PicturesByStem, pictured
from core.data.adapters.unpacked import ArrayPart, ensure_unpacked, is_unpacked
from core.data.spec import ClassSpec, Dataset, DatasetSpec, Skip, tidy, with_own_groups
from core.data.splits.splits import TEST, TRAIN, VALIDATION

if TYPE_CHECKING:
    import h5py

_CITATION = (
    "Veeling B. S., Linmans J., Winkens J., Cohen T., Welling M.: Rotation equivariant CNNs for digital pathology. "
    "arXiv:1806.03962 (2018). Ehteshami Bejnordi B. et al.: Diagnostic assessment of deep learning algorithms for "
    "detection of lymph node metastases in women with breast cancer. JAMA 318, 2199-2210 (2017). "
    "doi:10.1001/jama.2017.14585"
)
_WHAT = "patches of 96×96 pixels from slides of lymph nodes; the class says whether their centre has tumour tissue"
_NO_SLIDES = (
    "It is not known which slide a picture comes from; each counts as a group of its own, so a split drawn by chance "
    "puts neighbouring patches of one slide on both sides: figures are then too good."
)
_NO_META = f"{_NO_SLIDES} The official split keeps slides apart."
PATCHCAMELYON_SPEC = DatasetSpec(
    name="patchcamelyon",
    title="PatchCamelyon",
    description=f"327,680 {_WHAT}. As the original HDF5 files, with their official split by slides.",
    classes=(
        ClassSpec("0", "no tumour tissue in the centre", malignant=False),
        ClassSpec("1", "tumour tissue in the centre", malignant=True),
    ),
    group="slide",
    licence="CC0 1.0",
    citation=_CITATION,
    homepage="https://github.com/basveeling/pcam",
)
KAGGLE_SPEC = replace(
    PATCHCAMELYON_SPEC,
    name="patchcamelyon_kaggle",
    title="PatchCamelyon (Kaggle)",
    description=f"220,025 {_WHAT}. As in the Kaggle competition Histopathologic Cancer Detection, without repetitions.",
    group="picture",
    homepage="https://www.kaggle.com/competitions/histopathologic-cancer-detection",
    caution=_NO_SLIDES,
)
LABELS_FILE = "train_labels.csv"
_PARTS = {TRAIN: "train", VALIDATION: "valid", TEST: "test"}
SIDE = 96
"""Side of a patch in pixels."""
_DAMAGED = (OSError, KeyError, ValueError, TypeError, RuntimeError, EOFError, zlib.error)
"""What h5py and gzip raise for files that are cut, or no such files."""
_PATCH_BYTES = SIDE * SIDE * 3
_MOST_LABELS_BYTES, _MOST_BESIDE = 100_000_000, 64_000_000
"""Bytes that a packed file of labels may have, and one of pictures beside these."""
_AT_ONCE = 1_000_000
_BATCH = 1024
_BYTES_EACH = 20_000
"""About what a patch takes as a PNG file, in bytes."""


def read_patchcamelyon(folder: Path, spec: DatasetSpec = PATCHCAMELYON_SPEC, progress: Progress = silent) -> Dataset:
    """Read the HDF5 files of whichever parts are there; their pictures become PNG files the first time.

    Slides come from `camelyonpatch_level_2_split_<part>_meta.csv` where that lies beside every part.

    Raises:
        DataError: no part is whole, or a file is damaged.
        DiskFullError: the pictures do not fit.
    """
    folder = folder.absolute()
    parts = _whole_parts(list_folder(folder))
    if not parts:
        raise DataError(
            f"{folder.name} has no pair of {_file('train', 'x.h5')} and {_file('train', 'y.h5')}. Put them there."
        )
    sources = _sources(folder, parts)
    rows = ensure_unpacked(spec.name, sources, lambda: _array_parts(folder, parts), _bytes_on_disk(sources), progress)
    if rows["group_id"].isna().any():
        spec = replace(spec, group="picture", caution=_NO_META)
    return Dataset(spec, tidy(with_own_groups(rows)), folder)


def read_patchcamelyon_kaggle(folder: Path, spec: DatasetSpec = KAGGLE_SPEC) -> Dataset:
    """Read `train/*.tif` with `train_labels.csv`; the pictures in `test/` have no label and are left out.

    Raises:
        DataError: the labels are missing or unreadable.
    """
    folder = folder.absolute()
    labels = read_texts(folder / LABELS_FILE)
    if not {"id", "label"} <= set(labels.columns):
        raise DataError(f"{LABELS_FILE} lacks a column id or label; it has {', '.join(labels.columns[:12])}.")
    skipped: list[Skip] = []
    rows = labels[["id", "label"]].rename(columns={"id": "image_id"})
    usable = rows["image_id"].notna() & rows["label"].isin(spec.class_keys)
    skipped += [
        Skip(
            "", "", f"Line {line + 2} of {LABELS_FILE} has no id, or another label than 0 and 1. Correct it to use it."
        )
        for line in rows.index[~usable]
    ]
    described = tidy(without_duplicates(rows[usable], "label", skipped))
    described["path"] = PicturesByStem([folder / "train"], skipped).of(described["image_id"])
    described["group_id"] = described["image_id"]
    absent = described["path"].isna()
    if absent.any():
        first = described.loc[absent, "image_id"].iloc[0]
        skipped.append(Skip("", "", f"{absent.sum():,} pictures are not in train, the first is {first}.tif. Add them."))
    unlabelled = list_folder(folder / "test").pictures
    if unlabelled:
        skipped.append(Skip("", "", f"{unlabelled:,} pictures in test have no published label; they are left out."))
    return Dataset(spec, described[~absent].reset_index(drop=True), folder, tuple(skipped), described)


def _test_pictures(folder: Path) -> pd.DataFrame:
    paths = pd.Series(list(picture_files(folder / "test", skipped=[])), dtype=object)
    return tidy(pd.DataFrame({"image_id": paths.map(stem), "path": paths}))


def _file(part: str, ending: str) -> str:
    return f"camelyonpatch_level_2_split_{part}_{ending}"


def _whole_parts(listing: Listing) -> dict[str, str]:
    return {
        part: word
        for part, word in _PARTS.items()
        if all(_stored(listing.files, word, each) for each in ("x.h5", "y.h5"))
    }


def _stored(files: Container[str], word: str, ending: str) -> str:
    """The name of a file, or of that packed by gzip; "" if neither is there."""
    name = _file(word, ending)
    return next((each for each in (name, f"{name}.gz") if each in files), "")


def _sources(folder: Path, parts: dict[str, str]) -> list[Path]:
    files = list_folder(folder).files
    names = [_stored(files, word, ending) for word in parts.values() for ending in ("x.h5", "y.h5")]
    names += [_file(word, "meta.csv") for word in parts.values() if _file(word, "meta.csv") in files]
    return [folder / name for name in names]


def _bytes_on_disk(sources: list[Path]) -> int:
    """What all pictures take, and for a while the largest packed file of them."""
    counts = {path: _count(path) for path in sources if path.name.removesuffix(".gz").endswith("_y.h5")}
    packed = max((count for path, count in counts.items() if path.suffix == ".gz"), default=0)
    return sum(counts.values()) * _BYTES_EACH + packed * _PATCH_BYTES


@contextmanager
def _opened(path: Path, most: int) -> Iterator["h5py.File"]:
    """Open a file, a packed one from a temporary copy of at most so many bytes.

    Raises:
        DataError: it unpacks to more.
    """
    import h5py

    if path.suffix != ".gz":
        open_regular(path).close()  # h5py would say the whole path of one that may not be opened
        with h5py.File(path) as file:
            yield file
        return
    with tempfile.TemporaryFile(dir=artifacts_dir()) as copy:
        with open_regular(path) as packed, gzip.GzipFile(fileobj=packed) as unpacked:
            while some := unpacked.read(_AT_ONCE):
                if copy.tell() + len(some) > most:
                    raise DataError(f"{path.name} unpacks to more than a file of PatchCamelyon has. Download it again.")
                copy.write(some)
        copy.seek(0)
        with h5py.File(copy, "r") as file:
            yield file


def _count(path: Path) -> int:
    try:
        with _opened(path, _MOST_LABELS_BYTES) as file:
            return _labels_in(file, path).size
    except _DAMAGED as error:
        raise _no_labels(path, error) from error


def _no_labels(path: Path, error: Exception) -> DataError:
    return DataError(f"{path.name} is not a file of PatchCamelyon: {said_by(error)}. Download it again.")


def _labels_in(file: "h5py.File", path: Path) -> "h5py.Dataset":
    """The array of labels, (n,) or (n, 1, 1, 1) numbers."""
    labels = _array_in(file, "y", path)
    if not labels.shape or labels.size != labels.shape[0] or labels.dtype.kind not in "biuf":
        raise DataError(
            f"{path.name} has labels of shape {labels.shape} and type {labels.dtype}; one number a patch was expected. "
            "Download it again."
        )
    return labels


def _array_in(file: "h5py.File", name: str, path: Path) -> "h5py.Dataset":
    import h5py

    found = file[name]
    if not isinstance(found, h5py.Dataset) or found.shape is None:
        raise DataError(f"{path.name} has no array called {name}, but something else of that name. Download it again.")
    return found


def _array_parts(folder: Path, parts: dict[str, str]) -> Iterator[ArrayPart]:
    files = list_folder(folder).files
    for part, word in parts.items():
        images, labels = (folder / _stored(files, word, ending) for ending in ("x.h5", "y.h5"))
        try:
            with _opened(labels, _MOST_LABELS_BYTES) as file:
                counted = _labels_in(file, labels).size
                if images.suffix != ".gz":  # else when it is unpacked
                    with _opened(images, 0) as pictures:
                        _check_patches(images, pictures, counted)
                said = np.asarray(file["y"]).reshape(-1)
        except MemoryError as error:
            raise DataError(
                f"{labels.name} says that its labels are more than the memory. Download it again."
            ) from error
        except _DAMAGED as error:
            raise DataError(
                f"{images.name} or {labels.name} is damaged: {said_by(error)}. Download it again."
            ) from error
        if not np.isin(said, (0, 1)).all():
            raise DataError(f"{labels.name} has other labels than 0 and 1. Download it again.")
        ids = [f"{word}_{number:06d}" for number in range(len(said))]
        slides = _slides(folder / _file(word, "meta.csv"), len(said))
        rows = pd.DataFrame({"image_id": ids, "label": said.astype(int).astype(str), "split": part, "group_id": slides})
        yield ArrayPart(rows, partial(_batches, images, counted))


def _check_patches(path: Path, file: "h5py.File", labels: int) -> None:
    patches = _array_in(file, "x", path)
    shape, kind = patches.shape, patches.dtype
    if shape != (labels, SIDE, SIDE, 3) or kind != np.uint8:
        raise DataError(
            f"{path.name} has pictures of shape {shape} and type {kind} for {labels:,} labels; (n, {SIDE}, {SIDE}, 3) "
            "and uint8 were expected. Download it again."
        )


def _slides(path: Path, count: int) -> list[str | None]:
    """The slide of each picture, None where it is not known."""
    if not path.is_file():
        return [None] * count
    table = read_texts(path)
    if "wsi" not in table or len(table) != count:
        raise DataError(f"{path.name} lacks the column wsi, or has {len(table):,} rows for {count:,} pictures.")
    return table["wsi"].astype(object).where(table["wsi"].notna(), None).tolist()


def _batches(path: Path, count: int) -> Iterator[np.ndarray]:
    start = 0
    try:
        with _opened(path, count * _PATCH_BYTES + _MOST_BESIDE) as file:
            _check_patches(path, file, count)
            for start in range(0, count, _BATCH):
                yield file["x"][start : start + _BATCH]
    except _DAMAGED as error:
        raise DataError(f"{path.name} is damaged after picture {start:,}. Download it again.") from error


def _recognise(listing: Listing) -> tuple[DatasetSpec, ...]:
    parts = _whole_parts(listing)
    if not parts:
        return ()
    by_slide = all(_file(word, "meta.csv") in listing.files for word in parts.values())
    return (PATCHCAMELYON_SPEC if by_slide else replace(PATCHCAMELYON_SPEC, group="picture", caution=_NO_META),)


def _note(spec: DatasetSpec, listing: Listing) -> str:
    sources = _sources(listing.folder, _whole_parts(listing))
    if is_unpacked(spec.name, sources):
        return ""
    return "Will be unpacked to picture files when you first use it: about 20 KB each, 6.6 GB for all three parts."


def _recognise_kaggle(listing: Listing) -> tuple[DatasetSpec, ...]:
    if LABELS_FILE not in listing.files or "train" not in listing.folders:
        return ()
    return (KAGGLE_SPEC,) if _names_patches(listing.folder / LABELS_FILE) else ()


def _labels_here(folder: Path, spec: DatasetSpec) -> Iterator[str]:
    for word in _whole_parts(list_folder(folder)).values():
        path = folder / _stored(list_folder(folder).files, word, "y.h5")
        try:
            with _opened(path, _MOST_LABELS_BYTES) as file:
                said = np.unique(np.asarray(_labels_in(file, path)))
        except _DAMAGED as error:
            raise _no_labels(path, error) from error
        yield from (str(int(number)) for number in said if str(int(number)) in spec.class_keys)


def _labels_here_of_kaggle(folder: Path, spec: DatasetSpec) -> Iterator[str]:
    """First as the download has them, one look a picture; all names of a folder alone where that finds too few."""
    with (folder / LABELS_FILE).open(encoding="utf-8", errors="replace") as file:
        for line in islice(file, 1, None):
            name, _, label = line.strip().partition(",")
            if label in spec.class_keys and (folder / "train" / f"{name}.tif").is_file():
                yield label
    rows = read_texts(folder / LABELS_FILE)
    rows = without_duplicates(rows.rename(columns={"id": "image_id"}), "label", [])
    rows = rows[rows["label"].isin(spec.class_keys)]
    yield from pictured(dict(zip(rows["image_id"], rows["label"], strict=True)), folder / "train")


def _names_patches(path: Path) -> bool:
    """Whether the first line of labels names a patch as PatchCamelyon does, by 40 hexadecimal digits."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            header, first = file.readline(200), file.readline(200)
    except OSError:
        return False
    return header.strip().lower() == "id,label" and re.match(r"[0-9a-f]{40},[01]\b", first) is not None


PATCHCAMELYON = Adapter(
    _recognise,
    read_patchcamelyon,
    known=(PATCHCAMELYON_SPEC,),
    wanted=f"{_file('train', 'x.h5')}, {_file('train', 'y.h5')} and those of valid and test",
    note=_note,
    classes_here=_labels_here,
    arrays=True,
)
PATCHCAMELYON_KAGGLE = Adapter(
    _recognise_kaggle,
    lambda folder, spec, progress: read_patchcamelyon_kaggle(folder, spec),  # noqa: ARG005
    known=(KAGGLE_SPEC,),
    wanted=f"{LABELS_FILE} and the folder train",
    unlabelled=_test_pictures,
    classes_here=_labels_here_of_kaggle,
)
