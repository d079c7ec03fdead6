"""What people decided about a folder: kept as a small file in the artifacts folder that can be read and copied."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from core.base.errors import DataError
from core.base.files import UNREADABLE, read_json, write_json
from core.base.settings import artifacts_dir
from core.data.adapters.listing import changed_at

WHAT = ("image", "label", "group", "split", "age", "sex", "site", "diagnosis_method", "source")
"""Meanings of columns that can be decided; "none" says that no column has one."""
NONE = "none"
SIDES = ("rows", "columns")
"""Where the samples of a gene-expression table may lie."""
_MALIGNANT = {"yes": True, "true": True, "malignant": True, "no": False, "false": False, "benign": False,
              "unknown": None, "null": None, "none": None}  # fmt: skip


@dataclass(frozen=True)
class Choices:
    """What was decided.

    `columns` gives the column for a meaning of `WHAT`; `merged` the class that another one is counted to, or itself if
    it stays apart from spellings of the same name; `malignant` whether a class is; `no_classes` names of folders that
    are no classes; `table` is the path, from the folder, of the table that counts where several differ; `version` the
    folder that counts where several hold pictures of the same names, or "all"; `samples` where a gene-expression table
    has its samples, in "rows" or in "columns"; `layout` is "none" where a folder in the layout of a public data set is
    read as any other. `agreed` is the state of the reading to which somebody has agreed, "" if nobody has.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)
    malignant: Mapping[str, bool | None] = field(default_factory=dict)
    no_classes: tuple[str, ...] = ()
    table: str = ""
    agreed: str = ""
    version: str = ""
    samples: str = ""
    layout: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was decided."""
        return self == Choices()

    @property
    def decides(self) -> bool:
        """Whether something was decided, rather than agreed to."""
        return replace(self, agreed="") != Choices()

    @property
    def apart(self) -> frozenset[str]:
        """Classes that stay apart from others which are spelt like them but for case or blanks."""
        return frozenset(name for name, kept in self.merged.items() if name == kept)

    def with_settings(self, settings: Iterable[str]) -> "Choices":
        """These and what settings such as "label=diagnosis_1" say.

        Known are the names of `WHAT` (`part` for `split` too), `table=FILE`, `version=FOLDER`, `samples=rows|columns`,
        `layout=none`, `merge:CLASS=CLASS`, `malignant:CLASS=yes|no|unknown`, and `no-classes=FOLDER,FOLDER`.

        Raises:
            DataError: a setting is none of these.
        """
        columns, merged, malignant = dict(self.columns), dict(self.merged), dict(self.malignant)
        no_classes, table, version, samples = self.no_classes, self.table, self.version, self.samples
        layout = self.layout
        for setting in settings:
            what, equals, value = setting.partition("=")
            what, value = what.strip(), value.strip()
            kind, colon, name = what.partition(":")
            if not equals or not value:
                raise DataError(f"“{setting}” sets nothing. Write it as label=COLUMN; known are {_KNOWN}.")
            if colon and kind == "merge":
                merged[name] = value
            elif colon and kind == "malignant" and value.lower() in _MALIGNANT:
                malignant[name] = _MALIGNANT[value.lower()]
            elif what == "no-classes":
                no_classes = tuple(dict.fromkeys([*no_classes, *(each.strip() for each in value.split(","))]))
            elif what == "table":
                table = value
            elif what == "version":
                version = value.strip("/")
            elif what == "samples" and value.lower() in SIDES:
                samples = value.lower()
            elif what == "layout" and value.lower() == NONE:
                layout = NONE
            elif what in WHAT or what == "part":
                columns["split" if what == "part" else what] = value
            else:
                raise DataError(f"“{setting}” cannot be set. Known are {_KNOWN}.")
        return replace(self, columns=columns, merged=merged, malignant=malignant, no_classes=no_classes, table=table,
                       version=version, samples=samples, layout=layout)  # fmt: skip


_KNOWN = (
    f"{', '.join(WHAT)}, table=FILE, version=FOLDER|all, samples=rows|columns, layout=none, "
    "merge:CLASS=CLASS, malignant:CLASS=yes|no|unknown and no-classes=FOLDER,FOLDER"
)


def choices_file(folder: Path) -> Path:
    """Where the decisions about a folder are kept: by its name, so that they fit a copy of it on another machine."""
    name = folder.absolute().name
    readable = re.sub(r"[^\w .-]+", "-", name)[:80].strip(" .-") or "folder"
    if readable != name:
        readable += "-" + hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:6]
    return artifacts_dir() / "settings" / "readings" / f"{readable}.json"


def choices_of(folder: Path) -> Choices:
    """What was decided about a folder; nothing where the file is missing or damaged."""
    try:
        said = read_json(choices_file(folder))
        return Choices(
            _texts(said.get("columns")),
            _texts(said.get("merged")),
            {
                str(name): value
                for name, value in dict(said.get("malignant") or {}).items()
                if value in (True, False, None)
            },
            tuple(map(str, said.get("no_classes") or ())),
            str(said.get("table") or ""),
            str(said.get("agreed") or ""),
            str(said.get("version") or ""),
            str(said.get("samples") or ""),
            str(said.get("layout") or ""),
        )
    except (*UNREADABLE, AttributeError):
        return Choices()


def keep_choices(folder: Path, choices: Choices) -> None:
    """Keep what was decided about a folder; nothing decided takes the file away.

    Raises:
        DiskFullError: it could not be written.
    """
    path = choices_file(folder)
    if choices.empty:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"folder": folder.absolute().name, **asdict(choices)})


def choices_stamp(folder: Path) -> tuple[str, int]:
    """The file of decisions and when it was changed, 0 if there is none."""
    path = str(choices_file(folder))
    return path, changed_at(path)


def _texts(said: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in dict(said or {}).items()}
