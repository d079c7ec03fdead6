"""Random folders of pictures as people have them, with the truth from which they were written."""

import csv
import io
import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000080000000808020000004b6d29dc0000000e49444154789c63600002000000310001a8a1f1"
    "0000000049454e44ae426082"
)
"""Something that begins like a PNG; a reading looks at names alone."""

NAMES = (
    ("melanoma", "nevus", "bkl", "bcc"),
    ("Melanoma", "Nevus", "Basal cell carcinoma"),
    ("benign", "malignant"),
    ("NEV", "ACK", "SEK", "SCC"),
    ("colon_aca", "colon_n", "lung_scc"),
    ("Übergang", "Rand", "Kern"),
    ("grade a", "grade b", "grade c"),
)
STEMS = ("ISIC_{:07d}", "img{}", "Fötö {}", "IMG-2024-{:03d}x", "{:05d}")
PARTS = (
    {"train": "train", "validation": "val", "test": "test"},
    {"train": "Training", "validation": "Validation", "test": "Testing"},
    {"train": "train_dir", "validation": "val_dir"},
    {"train": "training_set", "test": "test_set"},
    {"train": "Train", "test": "Test"},
)
PART_WORDS = {"train": ("train", "TRAIN", "Training"), "validation": ("val", "valid", "Validation"), "test": ("test",)}
CONTAINERS = ((), ("archive",), ("archive", "a long name of a data set"), ("data", "images"))
IMAGE_FOLDERS = (
    (".",),
    ("images",),
    ("imgs_part_1", "imgs_part_2"),
    ("HAM10000_images_part_1", "HAM10000_images_part_2"),
)
TABLES = (
    "metadata.csv",
    "groups.csv",
    "GroundTruth.csv",
    "my table (1).csv",
    "labels.txt",
    "Data.TSV",
    "labels",
    "x.data",
)
IMAGE_COLUMNS = ("image", "image_id", "isic_id", "File Name", "img_id", "filename")
LABEL_COLUMNS = ("label", "dx", "Diagnosis", "diagnostic", "class")
PATIENT_COLUMNS = ("patient_id", "Patient ID", "patient")
SPLIT_COLUMNS = ("split", "partition", "Set")
MASK_FOLDERS = ("masks", "GroundTruth_masks", "segmentations")
RUBBISH = (
    "Thumbs.db", ".DS_Store", "README.txt", "__MACOSX/._x.jpg", "__MACOSX/benign/x.png", ".ipynb_checkpoints/y.png",
    "._img0.jpg",
)  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """What is true of one picture; without a label it is in a test folder, or “unknown” is written."""

    path: str
    label: str | None
    part: str | None
    patient: str
    lesion: str


@dataclass(frozen=True)
class Table:
    """How a table is written.

    `columns` has its columns by what they mean, in order; "one-hot" stands for one column per class, "index" for
    numbers of the lines without a name, and "notes" for texts with line breaks. With `respelled`, labels differ in
    case from line to line. `absent` rows name pictures that are not here. `per_part` tables lie in the folders of
    the parts instead of one above them.
    """

    name: str
    columns: dict[str, str]
    separator: str
    encoding: str
    named: Callable[[str], str]
    respelled: bool
    absent: int
    per_part: bool
    written: Mapping[str, str]
    """How labels are written that are not written as they are."""

    def text(self, pictures: Sequence[Picture], classes: Sequence[str]) -> str:
        hot = classes if "one-hot" in self.columns else []
        headers = {what: name for what, name in self.columns.items() if what != "one-hot"}
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self.separator)
        writer.writerow([*headers.values(), *hot])
        gone = [Picture(f"gone/zz{n}.jpg", classes[0], None, f"G{n}", f"G{n}") for n in range(self.absent)]
        for number, each in enumerate([*pictures, *gone]):
            label = ("unknown", "NA", "")[number % 3] if each.label is None else each.label
            label = self.written.get(label, label)
            words = PART_WORDS[each.part] if each.part else ("",)
            values = {
                "index": number,
                "image": self.named(each.path),
                "label": label.upper() if self.respelled and number % 2 else label,
                "patient": each.patient,
                "lesion": each.lesion,
                "split": words[number % len(words)],
                "age": f"{30 + number},5" if self.separator == ";" else f"{30 + number}.5",
                "sex": ("female", "M")[number % 2],
                "notes": f"seen{self.separator} twice\n“{number}”",
            }
            writer.writerow([*(values[what] for what in headers), *(f"{each.label == key:.1f}" for key in hot)])
        return text.getvalue()


@dataclass(frozen=True)
class Layout:
    """A folder to be written, and what must be read from it."""

    pictures: tuple[Picture, ...]
    table: Table | None
    above: str
    """The folder in which all lies but, perhaps, the table."""
    masks: tuple[str, ...]
    rubbish: tuple[str, ...]

    @property
    def labelled(self) -> tuple[Picture, ...]:
        return tuple(each for each in self.pictures if each.label is not None)

    @property
    def group(self) -> str | None:
        columns = self.table.columns if self.table else ()
        return next((what for what in ("patient", "lesion") if what in columns), None)

    def write(self, folder: Path) -> None:
        """Write it into an empty folder."""
        blank = folder.parent / f"{folder.name}.png"
        blank.write_bytes(PICTURE)
        for name in [*(each.path for each in self.pictures), *self.masks, *self.rubbish]:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                os.link(blank, file)
        if self.table is None:
            return
        classes = sorted({each.label for each in self.labelled})
        places = {self.table.name: list(self.pictures)}
        if self.table.per_part:
            places = {}
            for each in self.pictures:
                part = Path(self.above, Path(each.path).relative_to(self.above).parts[0])
                places.setdefault((part / Path(self.table.name).name).as_posix(), []).append(each)
        for place, pictures in places.items():
            (folder / place).write_bytes(self.table.text(pictures, classes).encode(self.table.encoding))


NAMED: dict[str, Callable[[str], str]] = {
    "file name": lambda path: Path(path).name,
    "stem": lambda path: Path(path).stem,
    "other ending": lambda path: Path(path).stem + ".tif",
    "small letters": lambda path: Path(path).name.lower(),
    "capitals": lambda path: Path(path).stem.upper(),
    "path": lambda path: f"./{path}",
    "Windows path": lambda path: "C:\\Users\\me\\data\\" + path.replace("/", "\\"),
    "decomposed": lambda path: unicodedata.normalize("NFD", Path(path).stem),
}


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """A layout of twelve to thirty pictures in two to four classes."""

    def one_of(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    labels, classes = one_of("folders", "column", "one-hot"), one_of(*NAMES)
    stem, suffix = one_of(*STEMS), one_of(".jpg", ".png", ".JPG", ".jpeg")
    parts = one_of(None, *PARTS)
    parts_in = one_of("folders", "column") if labels != "folders" else "folders"
    above = "/".join(one_of(*CONTAINERS))
    beside = one_of(*IMAGE_FOLDERS) if labels != "folders" else (".",)
    unlabelled = bool(parts) and labels != "one-hot" and draw(st.booleans())
    respelled, by_patient = draw(st.booleans()), one_of(False, False, True)
    repeated = labels == "folders" and not unlabelled and draw(st.booleans())
    per_patient = draw(st.integers(2, 3))
    pictures = []
    for number in range(draw(st.integers(4 * len(classes), 30))):
        label = classes[number % len(classes)]
        patient = number // (per_patient * len(classes)) * len(classes) + number % len(classes)
        part = list(parts)[(0, 0, 1, -1)[patient // len(classes) % 4]] if parts else None
        within = parts[part] if parts and part and parts_in == "folders" else ""
        if unlabelled and part == "test":
            label = None
        inner = (label or "") if labels == "folders" else beside[number % len(beside)]
        if labels == "folders" and respelled and part == "test":
            inner = inner.upper()
        elif labels != "folders" and by_patient:
            inner = f"{inner}/P{patient}"
        name = stem.format(number // len(classes) if repeated else number) + suffix
        path = Path(above, within, inner, name).as_posix()
        lesion = f"L{patient}-{number // len(classes) % per_patient // 2}"
        pictures.append(Picture(path, label, part, f"P{patient}", lesion))
    masks: tuple[str, ...] = ()
    if labels != "folders" and draw(st.booleans()):
        ending, place = one_of("_segmentation.png", "_mask.png", ".png"), one_of(*MASK_FOLDERS)
        masks = tuple(Path(above, place, Path(each.path).stem + ending).as_posix() for each in pictures)
    elif labels == "folders" and draw(st.booleans()):
        masks = tuple(f"{each.path.rsplit('.', 1)[0]}_mask.png" for each in pictures)
    table = None
    if labels != "folders" or draw(st.booleans()):
        table = draw(tables(labels, above, bool(parts), parts_in, "ö" in stem, repeated))
        if labels == "column" and classes == ("benign", "malignant") and draw(st.booleans()):
            columns = {what: "malignant" if what == "label" else name for what, name in table.columns.items()}
            table = replace(table, columns=columns, respelled=False, written={"benign": "FALSE", "malignant": "TRUE"})
    return Layout(tuple(pictures), table, above, masks, tuple(draw(st.sets(st.sampled_from(RUBBISH), max_size=3))))


@st.composite
def tables(
    draw: st.DrawFn, labels: str, above: str, parts: bool, parts_in: str, accents: bool, repeated: bool
) -> Table:
    """A table that says what the folders do not; it names pictures by their paths where names are repeated."""

    def one_of(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    columns = one_of({}, {}, {"index": ""}) | {"image": one_of(*IMAGE_COLUMNS)}
    if labels != "folders":
        columns["label" if labels == "column" else labels] = one_of(*LABEL_COLUMNS)
    if draw(st.booleans()) or labels == "folders":
        columns["patient"] = one_of(*PATIENT_COLUMNS)
    if draw(st.booleans()):
        columns["lesion"] = "lesion_id"
    if parts and parts_in == "column":
        columns["split"] = one_of(*SPLIT_COLUMNS)
    columns |= one_of({}, {"age": "age"}, {"age": "age_approx", "sex": "gender"}, {"notes": "notes"})
    name = one_of(*TABLES)
    style = one_of(*(each for each in NAMED if each != "decomposed" or accents))
    if repeated:
        style = one_of("path", "Windows path")
    return Table(
        name=Path(above, name).as_posix() if draw(st.booleans()) else name,
        columns=columns,
        separator="\t" if name.lower().endswith("tsv") else one_of(",", ";", "\t"),
        encoding=one_of("utf-8", "utf-8-sig", "utf-16", *(() if style == "decomposed" else ("cp1252",))),
        named=NAMED[style],
        respelled=labels == "column" and draw(st.booleans()),
        absent=one_of(0, 0, 3),
        written={},
        per_part=parts and parts_in == "folders" and labels != "folders" and draw(st.booleans()),
    )
