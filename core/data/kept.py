"""What is made from files once and kept until they change: caches, features, measures, hashes, unpacked pictures.

One process makes it and the others wait. The fingerprint of the sources is taken before the work and compared after it,
so that nothing stands that was made from files of two states. What is damaged counts as not there and is made again.
"""

import abc
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import pandas as pd
from filelock import FileLock

from core.base.errors import DataError, DiskFullError
from core.base.files import (
    UNREADABLE,
    disk_full_named,
    folder_built_aside,
    read_json,
    remove_abandoned,
    write_atomically,
    write_json,
)

Value = TypeVar("Value")


@dataclass(frozen=True)
class Space:
    """Space that something takes on the disk: how much, in words with "{needed}", and what helps if it is not there."""

    needed_bytes: int
    sentence: str
    advice: str

    def check(self, folder: Path) -> None:
        """Raises DiskFullError where the disk of a folder has less."""
        free = shutil.disk_usage(folder).free
        if self.needed_bytes > free:
            needed = self.sentence.format(needed=f"{self.needed_bytes / 1e9:.1f} GB")
            raise DiskFullError(f"{needed} and {folder} has {free / 1e9:.1f} GB free. {self.advice}")


@dataclass(frozen=True)
class Kept(abc.ABC, Generic[Value]):
    """One thing that is kept at a `place`.

    `version` changes with what is written; `fingerprint` says in what state the sources are, in plain JSON types;
    `work` ends the sentence "The pictures changed while they were being …". `earlier` is what `fingerprint` was in
    earlier versions, where it was another: what they kept counts as long as it holds.
    """

    place: Path
    version: int
    fingerprint: Callable[[], Any]
    work: str
    earlier: Callable[[], Any] | None = field(default=None, kw_only=True)

    def open(self, fingerprint: Any = None) -> Value | None:
        """What is kept, if it is whole and was made from the sources as they are, else None.

        Args:
            fingerprint: of the sources, where the caller knows it already.
        """
        try:
            found = self._read((self.version, self.fingerprint() if fingerprint is None else fingerprint))
            return self._read((self.version, self.earlier())) if found is None and self.earlier else found
        except (*UNREADABLE, EOFError):
            return None

    def ensure(self, make: Callable[..., Any], space: Space | None = None) -> Value:
        """Open it, making it first where it is missing, damaged or out of date.

        Args:
            make: what the subclass asks for.
            space: what it takes on the disk; asked for before anything is written.

        Raises:
            DataError: the sources changed meanwhile; nothing of it is kept.
            DiskFullError: there is not enough space; nothing is left behind.
        """
        if (found := self.open()) is not None:
            return found
        self.place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.place.parent / f"{self.place.name.removesuffix('.parquet')}.lock"):
            if (found := self.open()) is not None:
                return found
            remove_abandoned(self.place)
            if space is not None:
                space.check(self.place.parent)
            before = self.fingerprint()
            with disk_full_named(self.place):
                self._write(make, before)
            if (found := self.open()) is None:
                raise self._changed()
        return found

    @abc.abstractmethod
    def _read(self, current: tuple[int, Any]) -> Value | None:
        """Read it, None if it is not of the current version and fingerprint; any of `UNREADABLE` if damaged."""

    @abc.abstractmethod
    def _write(self, make: Callable[..., Any], before: Any) -> None:
        """Make it, and put it in place whole unless the fingerprint is another one than before."""

    def _check_unchanged(self, before: Any) -> None:
        if self.fingerprint() != before:
            raise self._changed()

    def _changed(self) -> DataError:
        return DataError(
            f"The pictures changed while they were being {self.work}. Try again when nobody changes the files."
        )


@dataclass(frozen=True)
class KeptFolder(Kept[Value]):
    """A folder with a manifest. `make` is given an empty folder, fills it, and returns what else the manifest says.

    `load` reads what is in the folder, given its manifest; it raises any of `UNREADABLE` where that is damaged.
    `manifest_name` and `fingerprint_name` are those of the file and of its field.
    """

    load: Callable[[Path, dict[str, Any]], Value]
    manifest_name: str = "manifest.json"
    fingerprint_name: str = "fingerprint"

    def is_current(self) -> bool:
        """Whether it is there and was made from the sources as they are, as far as its manifest says."""
        ways = filter(None, (self.fingerprint, self.earlier))
        try:
            return any(self._current_manifest((self.version, state())) is not None for state in ways)
        except UNREADABLE:
            return False

    def _current_manifest(self, current: tuple[int, Any]) -> dict[str, Any] | None:
        manifest = read_json(self.place / self.manifest_name)
        return manifest if (manifest["version"], manifest[self.fingerprint_name]) == current else None

    def _read(self, current: tuple[int, Any]) -> Value | None:
        manifest = self._current_manifest(current)
        return None if manifest is None else self.load(self.place, manifest)

    def _write(self, make: Callable[[Path], dict[str, Any]], before: Any) -> None:
        with folder_built_aside(self.place) as aside:
            said = make(aside)
            self._check_unchanged(before)
            write_json(aside / self.manifest_name, {"version": self.version, self.fingerprint_name: before, **said})


@dataclass(frozen=True)
class KeptTable(Kept[pd.DataFrame]):
    """One table in a parquet file. `make` returns it; version and fingerprint stand in its attributes."""

    columns: tuple[str, ...]

    def _read(self, current: tuple[int, Any]) -> pd.DataFrame | None:
        table = pd.read_parquet(self.place)
        if (table.attrs.get("version", 1), table.attrs["fingerprint"]) != current:
            return None
        return table[list(self.columns)]

    def _write(self, make: Callable[[], pd.DataFrame], before: Any) -> None:
        table = make()
        self._check_unchanged(before)
        table.attrs = {**table.attrs, "version": self.version, "fingerprint": before}
        write_atomically(self.place, table.to_parquet())
