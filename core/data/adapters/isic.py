"""The classification tasks of the ISIC challenges 2018 and 2019: one-hot ground truths, metadata and image folders."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from core.base.errors import DataError
from core.base.files import with_home
from core.base.settings import data_roots
from core.data.adapters.adapter import Adapter
from core.data.adapters.ham10000 import METADATA_FILES
from core.data.adapters.listing import Listing, list_folder
from core.data.adapters.metadata_file import ages, read_texts, sexes, without_duplicates
from core.data.adapters.one_hot import class_of_each_row
from core.data.adapters.pictures_by_stem import PicturesByStem, pictured
from core.data.adapters.skin import HAM10000_CLASSES, ISIC_2019_CLASSES, ISIC_2019_UNKNOWN
from core.data.spec import Dataset, DatasetSpec, Skip, tidy, with_own_groups
from core.data.splits.splits import TEST, TRAIN, VALIDATION

FOLDER_LIST = "image_folders.txt"
"""May lie in a data set's folder: further folders with pictures, one a line, absolute or from there."""

_HAM10000 = (
    "Tschandl P., Rosendahl C., Kittler H.: The HAM10000 dataset. Scientific Data 5, 180161 (2018). "
    "doi:10.1038/sdata.2018.161"
)
_MSK = (
    "Codella N. et al.: Skin lesion analysis toward melanoma detection: a challenge at the 2017 ISBI, hosted by "
    "ISIC. arXiv:1710.05006 (2017)"
)
_ALONE = (
    "each counts as a lesion of its own, so photos of one lesion may stand on both sides of a split without anybody "
    "knowing."
)

ISIC_2018_SPEC = DatasetSpec(
    name="isic2018",
    title="ISIC 2018 task 3",
    description=(
        "The lesion diagnosis task of the ISIC 2018 challenge: the 10,015 pictures of HAM10000 for training, and 193 "
        "for validation and 1,512 for testing from other sources too, where they are here."
    ),
    classes=HAM10000_CLASSES,
    group="lesion",
    licence="CC BY-NC 4.0 (non-commercial use only)",
    citation=(
        "Codella N. et al.: Skin lesion analysis toward melanoma detection 2018: a challenge hosted by the "
        f"International Skin Imaging Collaboration. arXiv:1902.03368 (2019). {_HAM10000}"
    ),
    homepage="https://challenge.isic-archive.com/data/#2018",
)
ISIC_2019_SPEC = DatasetSpec(
    name="isic2019",
    title="ISIC 2019",
    description=(
        "25,331 dermoscopy pictures in eight diagnoses from three collections: BCN20000 (Barcelona), HAM10000 (Vienna "
        "and Queensland) and MSK (New York)."
    ),
    classes=ISIC_2019_CLASSES,
    group="lesion",
    licence="CC BY-NC 4.0 (non-commercial use only)",
    citation=(
        "Hernández-Pérez C. et al.: BCN20000: dermoscopic lesions in the wild. Scientific Data 11, 641 (2024). "
        f"doi:10.1038/s41597-024-03387-w (first arXiv:1908.02288). {_HAM10000}. {_MSK}"
    ),
    homepage="https://challenge.isic-archive.com/data/#2019",
    caution=f"Some pictures have no lesion id; {_ALONE}",
    untrained=(ISIC_2019_UNKNOWN,),
)
_SOURCES = {"HAM": "HAM10000", "BCN": "BCN20000", "MSK": "MSK"}
"""Collections by the letters before the first underscore or digit of a lesion id."""

_REDUCED = "_downsampled"
"""What ids or file names of pictures that were made smaller may end in."""


@dataclass(frozen=True)
class _Challenge:
    """File names of a challenge, by part."""

    truths: dict[str, str]
    metadata: dict[str, str]


_2018 = _Challenge(
    {
        TRAIN: "ISIC2018_Task3_Training_GroundTruth.csv",
        VALIDATION: "ISIC2018_Task3_Validation_GroundTruth.csv",
        TEST: "ISIC2018_Task3_Test_GroundTruth.csv",
    },
    {TRAIN: "ISIC2018_Task3_Training_LesionGroupings.csv"},
)
_2019 = _Challenge(
    {TRAIN: "ISIC_2019_Training_GroundTruth.csv", TEST: "ISIC_2019_Test_GroundTruth.csv"},
    {TRAIN: "ISIC_2019_Training_Metadata.csv", TEST: "ISIC_2019_Test_Metadata.csv"},
)
_COLUMNS = {
    "lesion_id": "group_id",
    "age_approx": "age",
    "age": "age",
    "sex": "sex",
    "anatom_site_general": "site",
    "localization": "site",
    "diagnosis_confirm_type": "diagnosis_method",
    "dx_type": "diagnosis_method",
    "dataset": "source",
}


def read_isic2018(folder: Path, spec: DatasetSpec = ISIC_2018_SPEC) -> Dataset:
    """Read ISIC 2018 task 3: training, and validation and test where their ground truths are there.

    The official parts stand in the column `split` if more than one is there. Lesions come from
    `ISIC2018_Task3_Training_LesionGroupings.csv`; without it every picture is its own group.

    Raises:
        DataError: no ground truth, or one that is not one-hot.
    """
    return _read(folder, spec, _2018)


def read_isic2019(folder: Path, spec: DatasetSpec = ISIC_2019_SPEC) -> Dataset:
    """Read ISIC 2019: all rows for exploring, those with a picture for training.

    Pictures are looked for in the folder, at any depth, in the folders that `image_folders.txt` lists, and in
    HAM10000 where a data root has it: its pictures have the same ids.

    Raises:
        DataError: no ground truth, or one that is not one-hot.
    """
    return _read(folder, spec, _2019)


def _read(folder: Path, spec: DatasetSpec, challenge: _Challenge) -> Dataset:
    folder = folder.absolute()
    skipped: list[Skip] = []
    rows = _rows(folder, spec, challenge, challenge.metadata, skipped)
    untrained = {c.key for c in spec.untrained}
    wrong = ~rows["label"].isin({*spec.class_keys, *untrained})
    skipped += [
        Skip(row.image_id, "", f"Its class {row.label} is not one of {', '.join(spec.class_keys)}.")
        for row in rows[wrong].itertuples()
    ]
    described = tidy(_with_sources(rows[~wrong]))
    nameless = described["group_id"].isna()
    described = with_own_groups(described)
    described["sex"] = sexes(described["sex"])
    described["path"] = _paths(described["image_id"], folder, skipped)
    absent = described["path"].isna()
    if absent.any():
        first = described.loc[absent, "image_id"].iloc[0]
        reason = (
            f"{absent.sum():,} of {len(described):,} pictures are not here, the first is {first}.jpg; their rows "
            f"can be explored. Put the image folders into {folder.name}, or list them in {FOLDER_LIST} there."
        )
        skipped.append(Skip("", "", reason))
    left_out = described["label"].isin(untrained)
    if (left_out & ~absent).any():
        names = ", ".join(f"“{c.name}”" for c in spec.untrained)
        skipped.append(Skip("", "", f"{left_out.sum():,} pictures of the class {names} are explored, never learnt."))
    described["age"] = ages(described["age"], skipped)
    usable = ~absent & ~left_out
    table = described[usable].reset_index(drop=True)
    spec = replace(spec, caution=_caution(nameless[usable] if usable.any() else nameless, usable.any()))
    return Dataset(spec, table, folder, tuple(skipped), described)


def _rows(
    folder: Path, spec: DatasetSpec, challenge: _Challenge, metadata: dict[str, str], skipped: list[Skip]
) -> pd.DataFrame:
    """The rows of every part that is there, once a picture, with what the files `metadata` of each part say."""
    parts = []
    for part, name in challenge.truths.items():
        path = _find(folder, name)
        if path is not None:
            parts.append(_part(path, _find(folder, metadata.get(part, "")), spec, skipped).assign(split=part))
    if not parts:
        raise DataError(
            f"{folder.name} has no {challenge.truths[TRAIN]}. Put it and the image folders of the download there."
        )
    rows = pd.concat(parts, ignore_index=True)
    if len(parts) == 1:
        rows["split"] = None  # one part alone is no division
    return without_duplicates(rows, "label", skipped)


def _classes_here(folder: Path, spec: DatasetSpec, challenge: _Challenge) -> Iterator[str]:
    rows = _rows(folder, spec, challenge, {}, [])
    rows = rows[rows["label"].isin(spec.class_keys)]
    labels = dict(zip(rows["image_id"], rows["label"], strict=True))
    short = {image_id.removesuffix(_REDUCED): label for image_id, label in labels.items()}
    labels = short | {f"{image_id}{_REDUCED}": label for image_id, label in short.items()} | labels
    for each in _image_folders(folder):
        yield from pictured(labels, each)


def _elsewhere(folder: Path) -> tuple[Path, ...]:
    """Where pictures are looked for outside the folder, as far as that can be read: opening says what cannot."""
    try:
        return tuple(_image_folders(folder))[1:]
    except (DataError, OSError):
        return ()


def _caution(nameless: pd.Series, pictured: bool) -> str:
    """How many of the pictures that can be learnt, or of all rows where no picture is here, have no lesion id."""
    if not nameless.any():
        return ""
    what = "pictures that can be learnt" if pictured else "rows, whose pictures are not here,"
    return f"{nameless.sum():,} of {len(nameless):,} {what} have no lesion id; {_ALONE}"


def _part(truth_file: Path, metadata_file: Path | None, spec: DatasetSpec, skipped: list[Skip]) -> pd.DataFrame:
    """Rows of one part with `image_id`, `label` and whatever is known of them."""
    truth = read_texts(truth_file).rename(columns={"image_id": "image"})
    if "image" not in truth:
        raise DataError(f"{truth_file} lacks the column image; it has {', '.join(map(str, truth.columns[:12]))}.")
    skipped += [
        Skip("", "", f"Line {position + 2} of {truth_file.name} names no image. Name it there to use it.")
        for position in truth.index[truth["image"].isna()]
    ]
    truth = truth[truth["image"].notna()]
    if "dx" in truth:  # the test part as the Harvard Dataverse gives it: in the columns of HAM10000
        known = [name for name in _COLUMNS if name in truth]
        return truth[["image", *known]].assign(label=truth["dx"]).rename(columns={"image": "image_id", **_COLUMNS})
    keys = set(spec.class_keys)
    labels = class_of_each_row(truth, keys, truth_file, lambda column: column.strip().lower())
    rows = pd.DataFrame({"image_id": truth["image"].to_numpy(), "label": labels})
    if metadata_file is None:
        return rows
    metadata = read_texts(metadata_file).rename(columns={"image_id": "image"})
    if "image" not in metadata:
        raise DataError(
            f"{metadata_file.name} lacks the column image; it has {', '.join(map(str, metadata.columns[:12]))}."
        )
    known = [name for name in _COLUMNS if name in metadata]
    metadata = metadata[["image", *known]].drop_duplicates("image").rename(columns={"image": "image_id", **_COLUMNS})
    return rows.merge(metadata, "left", on="image_id")


def _with_sources(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the collections that their lesion ids tell, where no source is given."""
    if "source" in rows or "group_id" not in rows:
        return rows
    collections = rows["group_id"].astype(object).str.extract(r"^([A-Za-z]+)", expand=False)
    return rows.assign(source=collections.map(_SOURCES))


def _paths(image_ids: pd.Series, folder: Path, skipped: list[Skip]) -> pd.Series:
    """The picture of each id; reduced ones may have “_downsampled” in the id, the file name, both or neither."""
    found = PicturesByStem(_image_folders(folder), skipped)
    short = image_ids.str.removesuffix(_REDUCED)
    paths = found.of(image_ids)
    for other in (short, short + _REDUCED):
        paths = paths.where(paths.notna(), found.of(other))
    return paths


def _image_folders(folder: Path) -> Iterator[Path]:
    yield folder
    listed = folder / FOLDER_LIST
    if listed.is_file():
        for line in listed.read_text(encoding="utf-8", errors="replace").splitlines():
            text = line.strip()
            if text and not text.startswith("#"):
                place = folder / with_home(text)
                if not place.is_dir():
                    raise DataError(f"{FOLDER_LIST} lists {text}, which is not a folder. Correct or remove the line.")
                yield place
    for root in data_roots():
        for each in list_folder(root).inner():
            if each.folder != folder and any(name in each.files for name in METADATA_FILES):
                yield each.folder


def _find(folder: Path, name: str) -> Path | None:
    """A file of this name in the folder or in one of its sub-folders."""
    listing = list_folder(folder)
    for place in (listing, *listing.inner()):
        if name in place.files:
            return place.folder / name
    return None


def _holds(listing: Listing, challenge: _Challenge) -> bool:
    names = set(challenge.truths.values())
    if names.intersection(listing.files):
        return True
    return any(
        names.intersection(list_folder(listing.folder / name).files)
        for name in listing.folders
        if "groundtruth" in name.lower()
    )


ISIC_2018 = Adapter(
    lambda listing: (ISIC_2018_SPEC,) if _holds(listing, _2018) else (),
    lambda folder, spec, progress: read_isic2018(folder, spec),  # noqa: ARG005
    known=(ISIC_2018_SPEC,),
    wanted=f"{_2018.truths[TRAIN]}, {_2018.metadata[TRAIN]} and the image folders",
    classes_here=lambda folder, spec: _classes_here(folder, spec, _2018),
    elsewhere=_elsewhere,
)
ISIC_2019 = Adapter(
    lambda listing: (ISIC_2019_SPEC,) if _holds(listing, _2019) else (),
    lambda folder, spec, progress: read_isic2019(folder, spec),  # noqa: ARG005
    known=(ISIC_2019_SPEC,),
    wanted=f"{_2019.truths[TRAIN]}, {_2019.metadata[TRAIN]} and the image folders",
    classes_here=lambda folder, spec: _classes_here(folder, spec, _2019),
    elsewhere=_elsewhere,
)
