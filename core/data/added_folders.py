"""Folders with data that a person adds by path: looked into first, remembered, and removable again.

A folder of data sets becomes a further data root. A folder that is itself one data set is linked to from a data
root of our own, so that nothing that lies beside it is taken for data. No file of the person's is ever touched.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import DataError
from core.base.files import write_json
from core.base.locks import locked
from core.base.settings import added_roots, artifacts_dir, data_roots
from core.data.adapters.folder_names import is_bare_part
from core.data.adapters.listing import list_folder
from core.data.reading.choices import Choices, choices_of, keep_choices
from core.data.recognition import recognise

LAYOUTS = (
    "A folder is known by what is in it: the files of a public data set as they are unpacked, pictures in one "
    "sub-folder for each class or beside a table that says what they show, or a gene-expression table."
)


@dataclass(frozen=True)
class Content:
    """What the catalog finds in a folder.

    `titles` names the data sets; `single` is true if the folder itself is one, false if it holds them in sub-folders;
    `places` are the folders in which data sets lie; `problems` says what looks like one there and cannot be used.
    """

    folder: Path
    titles: tuple[str, ...]
    single: bool
    problems: tuple[str, ...] = ()
    places: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Added:
    """A folder that was added; `link` is ours for a single data set, None for a folder of data sets."""

    folder: Path
    link: Path | None = None


def look_into(path: str) -> Content:
    """What would be found in a folder if it were added.

    Raises:
        DataError: the path is not an absolute one, not a folder, cannot be read, is used already, or holds no data
            set.
    """
    folder = usable_folder(path)
    listing = list_folder(folder)
    if listing.problem:
        raise DataError(
            f"{folder} cannot be read: {listing.problem}. Give the dashboard's account the right to read it."
        )
    problems: list[str] = []
    by_name = {name: _titles(folder / name, problems) for name in listing.folders}
    inner = {name: titles for name, titles in by_name.items() if titles[0] or titles[1]}
    own_known, own_classes = _titles(folder, problems)
    parts = all(is_bare_part(name) for name in inner)  # train and test look like a data set each
    if own_known or (own_classes and (not inner or parts)):
        return Content(folder, own_known or own_classes, single=True, places=(folder,))
    found = tuple(title for known, classes in inner.values() for title in (known or classes))
    if not found:
        reason = f" {problems[0]}" if problems else f" {LAYOUTS}"
        raise DataError(f"No data set was found in {folder}.{reason}")
    return Content(folder, found, single=False, problems=tuple(problems), places=tuple(folder / name for name in inner))


def add_folder(path: str, choices: Mapping[Path, Choices] | None = None) -> Content:
    """Add a folder; its data sets are in the catalog from then on, for every process with the same artifacts folder.

    Args:
        path: of the folder.
        choices: what was decided about folders in it, or about itself; kept with it.

    Raises:
        DataError: as `look_into`; then no choice is kept.
        DiskFullError: it could not be written down.
    """
    before = {place: choices_of(place) for place in choices or {}}
    for place, decided in (choices or {}).items():
        keep_choices(place, decided)
    try:
        content = look_into(path)
    except DataError:
        for place, kept in before.items():
            keep_choices(place, kept)
        raise
    with _settings() as folder:
        if content.single:
            links = folder / "linked"
            links.mkdir(exist_ok=True)
            name = content.folder.name
            number = 1
            while os.path.lexists(links / name):
                number += 1
                name = f"{content.folder.name}-{number}"
            (links / name).symlink_to(content.folder, target_is_directory=True)
            if name != content.folder.name and content.folder in before:  # decisions go by the name of the folder
                keep_choices(links / name, choices_of(content.folder))
                keep_choices(content.folder, before[content.folder])
        else:
            write_json(folder / "data_roots.json", [*map(str, _listed()), str(content.folder)])
    return content


def added_folders() -> tuple[Added, ...]:
    """Every folder that was added and is there, in the order of adding, single data sets last."""
    links = _links()
    return (
        *(Added(root) for root in _listed()),
        *(Added((links / name).readlink(), links / name) for name in list_links()),
    )


def remove_folder(added: Added) -> None:
    """Forget a folder that was added; the folder itself stays as it is."""
    with _settings() as folder:
        if added.link is not None:
            if added.link.parent == _links() and added.link.is_symlink():
                added.link.unlink()
        else:
            write_json(folder / "data_roots.json", [str(root) for root in _listed() if root != added.folder])


def as_given(folder: Path) -> Path:
    """The path by which somebody added a folder that is linked to; any other folder as it is."""
    return folder.readlink() if folder.parent == _links() and folder.is_symlink() else folder


def list_links() -> tuple[str, ...]:
    """Names of the links to single data sets, in alphabetical order."""
    try:
        return tuple(sorted(entry.name for entry in os.scandir(_links()) if entry.is_symlink()))
    except FileNotFoundError:
        return ()


def usable_folder(path: str) -> Path:
    """A path that somebody typed as a folder that can be added.

    Raises:
        DataError: it is no absolute path, no folder, or looked into already.
    """
    text = path.strip().strip("\"'")
    if not text:
        raise DataError("Give the path of a folder on the machine that runs the dashboard, such as /data/skin.")
    try:
        given = Path(text).expanduser()
        if not given.is_absolute():
            raise DataError(f"“{text}” is not a full path. Begin with /, such as /data/skin.")
        folder = given.resolve()
        if not folder.exists():
            raise DataError(f"There is no folder {folder} on the machine that runs the dashboard.")
        if not folder.is_dir():
            raise DataError(f"{folder} is a file. Give the folder that it lies in.")
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(f"“{text[:200]}” is not a path that can be used.") from error
    if folder in data_roots() or folder in {added.folder for added in added_folders()}:
        raise DataError(f"{folder} was already added.")
    if folder == artifacts_dir() or artifacts_dir() in folder.parents:
        raise DataError(f"{folder} is where the dashboard keeps its own files. Give a folder elsewhere.")
    if any(folder.parent == root for root in data_roots()):
        raise DataError(f"{folder} is inside {folder.parent}, which was already added.")
    return folder


def _titles(folder: Path, problems: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Titles of the known data sets that a folder is, and of the folder per class that it is otherwise."""
    found = recognise(folder)
    if found.problem:
        problems.append(found.problem)
        return (), ()
    problems += [spec.problem for spec, _ in found.refused]
    known = tuple(spec.title for spec, _ in found.known)
    if not known and found.genes:
        known = tuple(f"gene-expression table “{name}”" for name, _ in found.genes)
    return known, () if known else tuple(spec.title for spec, _ in found.own)


def _listed() -> list[Path]:
    return [root for root in added_roots() if root != _links()]


def _links() -> Path:
    return artifacts_dir() / "settings" / "linked"


@contextmanager
def _settings() -> Iterator[Path]:
    """The folder of settings, for one writer at a time."""
    folder = artifacts_dir() / "settings"
    folder.mkdir(exist_ok=True)
    with locked(
        folder / "settings.lock", DataError("Somebody else is changing the settings. Try again in a moment."), 30
    ):
        yield folder
