"""Breast histopathology: a folder per patient with a folder for each of the classes 0 and 1.

Any two folders of folders 0 and 1 look like that, `train` and `test` too, so it is known by the names of its pictures.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pandas as pd

from core.base.errors import DataError
from core.data.adapters.adapter import Adapter
from core.data.adapters.listing import Listing, list_folder
from core.data.adapters.picture_files import picture_files, stem
from core.data.spec import ClassSpec, Dataset, DatasetSpec, Skip, tidy

BREAST_HISTOPATHOLOGY_SPEC = DatasetSpec(
    name="breast_histopathology",
    title="Breast histopathology",
    description=(
        "Patches of 50×50 pixels from whole-slide images of breast cancer, stained with haematoxylin and eosin and "
        "scanned at 40x; the download has 277,524 of them, of 279 patients."
    ),
    classes=(
        ClassSpec("0", "no invasive ductal carcinoma", malignant=False),
        ClassSpec("1", "invasive ductal carcinoma", malignant=True),
    ),
    group="patient",
    licence="public research data, no licence stated",
    citation=(
        "Janowczyk A., Madabhushi A.: Deep learning for digital pathology image analysis: a comprehensive tutorial "
        "with selected use cases. Journal of Pathology Informatics 7, 29 (2016). doi:10.4103/2153-3539.186902. "
        "Cruz-Roa A. et al.: Automatic detection of invasive ductal carcinoma in whole slide images with convolutional "
        "neural networks. SPIE Medical Imaging 9041 (2014). doi:10.1117/12.2043872"
    ),
    homepage="https://www.kaggle.com/datasets/paultimothymooney/breast-histopathology-images",
)
_PLACE = re.compile(r"_x(\d+)_y(\d+)_class[01]$")
_NAME = re.compile(r"(\d+)_idx5_x\d+_y\d+_class[01]$")
_WRAPPERS = 3
"""So many folders are looked into for those of the patients: the data set's own, and two that wrap them."""
_PEEKED = 5
"""So many patients, and so many pictures of each class of theirs, are looked at to know the download by its names."""


def read_breast_histopathology(folder: Path, spec: DatasetSpec = BREAST_HISTOPATHOLOGY_SPEC) -> Dataset:
    """Read `<patient>/<0 or 1>/*.png` into tidy metadata, with the patient as the group.

    Where a patch lies on its slide stands in `slide_x` and `slide_y` (pixels), where its file name says so.

    Raises:
        DataError: there is no such folder, or no picture in it.
    """
    folder = folder.absolute()
    skipped: list[Skip] = []
    found = [
        (path, label, patient.folder.name)
        for patient in _patients(list_folder(folder))
        for label in patient.folders
        if label in spec.class_keys
        for path in picture_files(patient.folder / label, skipped=skipped)
    ]
    if not found:
        raise DataError(
            f"{folder.name} has no pictures in folders <patient>/0 and <patient>/1, a patient being a number such as "
            "8863. Put those of the download there."
        )
    rows = pd.DataFrame(found, columns=["path", "label", "group_id"])
    stems = rows["path"].map(stem)
    inside = rows["path"].str.slice(len(str(folder)) + 1)
    rows.insert(0, "image_id", stems.where(~stems.duplicated(keep=False), inside))
    place = stems.str.extract(_PLACE).astype("float64")
    if place.notna().all(axis=None):
        rows = rows.assign(slide_x=place[0], slide_y=place[1])
    return Dataset(spec, tidy(rows), folder, tuple(skipped))


def _patients(listing: Listing) -> list[Listing]:
    """Folders of patients; those below one folder, or below one in it, if that is all there is, as in some archives."""
    for _ in range(_WRAPPERS):
        patients = [inner for inner in listing.inner() if _is_patient(inner)]
        if patients or len(listing.folders) != 1:
            return patients
        listing = list_folder(listing.folder / listing.folders[0])
    return []


def _is_patient(listing: Listing) -> bool:
    """Whether a folder is called by a number and has nothing but folders 0 and 1 in it."""
    numbered = listing.folder.name.isdecimal()
    return numbered and bool(listing.folders) and set(listing.folders) <= {"0", "1"} and not listing.pictures


def _names_its_patient(patient: Listing) -> bool:
    """Whether one of the first pictures is called `<patient>_idx5_x<column>_y<row>_class<0 or 1>`."""
    first = (
        path for label in patient.folders for path in islice(picture_files(patient.folder / label, skipped=[]), _PEEKED)
    )
    named = (_NAME.match(stem(path)) for path in first)
    return any(found is not None and found[1] == patient.folder.name for found in named)


def _recognise(listing: Listing) -> tuple[DatasetSpec, ...]:
    known = any(_names_its_patient(patient) for patient in _patients(listing)[:_PEEKED])
    return (BREAST_HISTOPATHOLOGY_SPEC,) if known else ()


def _classes_here(folder: Path, spec: DatasetSpec) -> Iterator[str]:
    for patient in _patients(list_folder(folder)):
        for label in patient.folders:
            if label in spec.class_keys and next(picture_files(patient.folder / label, skipped=[]), None):
                yield label


BREAST_HISTOPATHOLOGY = Adapter(
    _recognise,
    lambda folder, spec, progress: read_breast_histopathology(folder, spec),  # noqa: ARG005
    known=(BREAST_HISTOPATHOLOGY_SPEC,),
    wanted="the folders of the patients, each with folders 0 and 1",
    classes_here=_classes_here,
)
