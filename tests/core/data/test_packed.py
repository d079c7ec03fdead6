"""Archives that were left packed: which are offered, where they go, and that nobody's files are touched."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from core.base.errors import ConfigurationError, DataError
from core.base.settings import data_roots, unpacked_root
from core.data.catalog import look, open_dataset
from core.data.packed import (
    MOST_READ_BYTES,
    contents_of,
    delete_unpacked,
    is_unpacked,
    keep_upload,
    list_packed,
    list_unpacked,
    run_unpack_job,
    unpack_left,
)
from tests.conftest import SHARED


def picture() -> bytes:
    content = io.BytesIO()
    Image.effect_noise((20, 20), 50).save(content, "PNG")
    return content.getvalue()


def moles(path: Path, top: str = "", bad: str = "") -> Path:
    """A zip or tar of a folder per class."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files = {f"{top}{label}/{number}.png": picture() for label in ("benign", "malignant") for number in range(3)}
    files |= {bad: b"x"} if bad else {}
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    with tarfile.open(path, f"w:{path.suffix[1:]}") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def names_in(folder: Path | str) -> list[str]:
    return sorted(each.name for each in Path(folder).iterdir())


def offered() -> dict[Path, Path]:
    return {each.archive: each.target for each in list_packed(look())}


def run(archive: Path, **more) -> dict:
    return run_unpack_job({"archive": str(archive), **more}, lambda *_: None, lambda: False)


@pytest.mark.parametrize("name", ["moles.zip", "moles.tar.gz", "moles.tar.bz2", "moles.tar.xz"])
def test_an_archive_in_a_data_root_is_offered_and_becomes_a_data_set_of_its_name(data_root: Path, name: str) -> None:
    archive = moles(data_root / name, top="from a course/")
    [offer] = list_packed(look())
    assert (offer.archive, offer.target) == (archive, data_root / "moles")
    assert contents_of(offer).files == 6
    before = archive.read_bytes()
    assert run(archive) == {"folder": str(data_root / "moles"), "data_sets": ["moles"]}
    assert len(open_dataset("moles").table) == 6
    assert archive.read_bytes() == before
    assert offered() == {}
    assert names_in(data_root) == sorted(["moles", name])


def test_an_archive_that_lies_alone_in_a_folder_is_unpacked_into_it(data_root: Path) -> None:
    archive = moles(data_root / "skin" / "archive.zip")
    (data_root / "skin" / ".DS_Store").write_bytes(b"x")
    assert offered() == {archive: data_root / "skin"}
    assert run(archive)["data_sets"] == ["skin"]
    assert offered() == {}
    assert names_in(data_root / "skin") == [".DS_Store", "archive.zip", "benign", "malignant"]


def test_the_archives_of_a_download_each_become_a_folder_beside_its_tables(data_root: Path) -> None:
    folder = data_root / "ham"
    parts = [moles(folder / f"images_part_{number}.zip") for number in (1, 2)]
    (folder / "notes.csv").write_text("a,b\n")
    assert offered() == {part: folder / part.stem for part in parts}
    run(parts[0])
    assert offered() == {parts[1]: folder / "images_part_2"}
    run(parts[1])
    assert offered() == {}


def test_archives_among_pictures_and_hidden_ones_are_left_alone(data_root: Path) -> None:
    moles(data_root / "skin" / "benign" / "backup.zip")
    (data_root / "skin" / "benign" / "a.png").write_bytes(picture())
    moles(data_root / "skin" / "malignant" / "backup.zip")
    (data_root / "skin" / "malignant" / "b.png").write_bytes(picture())
    moles(data_root / "skin" / "all.zip")
    moles(data_root / ".hidden.zip")
    moles(data_root / "flat" / "more.zip")
    (data_root / "flat" / "a.png").write_bytes(picture())
    assert offered() == {}
    assert len(open_dataset("skin").table) == 2


def test_a_data_root_that_is_itself_pictures_keeps_its_archives(data_root: Path) -> None:
    moles(data_root / "backup.zip")
    (data_root / "a.png").write_bytes(picture())
    assert offered() == {}


@pytest.mark.parametrize("around", ["", "skin/"])
def test_what_somebody_unpacked_by_hand_is_known_by_its_first_files(data_root: Path, around: str) -> None:
    moles(data_root / "archive.zip", top=around)
    [offer] = list_packed(look())
    assert not is_unpacked(offer, contents_of(offer))
    with zipfile.ZipFile(offer.archive) as archive:
        archive.extractall(data_root)
    assert is_unpacked(offer, contents_of(offer))


def test_looking_at_the_catalog_opens_no_archive(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moles(data_root / "archive.zip")
    os.mkfifo(data_root / "pipe.zip")  # whoever opens it waits for ever

    def opened(*_):
        raise AssertionError("an archive was opened")

    monkeypatch.setattr(zipfile, "ZipFile", opened)
    assert [each.archive.name for each in list_packed(look())] == ["archive.zip"]


def test_what_cannot_be_written_to_is_unpacked_into_the_artifacts_folder(data_root: Path, monkeypatch) -> None:
    archive = moles(data_root / "skin.zip")
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != data_root and real(path, mode))
    assert offered() == {archive: unpacked_root() / "skin"}
    assert run(archive)["data_sets"] == ["skin"]
    assert unpacked_root() in data_roots()
    assert len(open_dataset("skin").table) == 6
    assert offered() == {}


def test_an_archive_elsewhere_is_unpacked_into_the_artifacts_folder(data_root: Path, tmp_path: Path) -> None:
    archive = moles(tmp_path / "downloads" / "skin.zip")
    assert unpack_left(archive) == unpacked_root() / "skin"
    assert len(open_dataset("skin").table) == 6
    with pytest.raises(ConfigurationError, match="is there already"):
        unpack_left(archive)


@pytest.mark.parametrize("alone", [True, False])
def test_an_archive_that_is_refused_leaves_nothing_behind(data_root: Path, alone: bool) -> None:
    archive = moles(data_root / "skin" / "a.zip" if alone else data_root / "a.zip", bad="../evil.png")
    with pytest.raises(DataError, match="leads out of the folder"):
        run(archive)
    assert list(data_root.rglob("*")) == ([archive.parent, archive] if alone else [archive])
    assert archive in offered()


def test_what_may_not_be_written_is_said(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = moles(data_root / "skin.zip")

    real = Path.mkdir

    def refuse(self: Path, *how, **more) -> None:  # permissions do not stop the root user, as whom tests may run
        if "building" in self.name:
            raise PermissionError(13, "Permission denied", str(self))
        real(self, *how, **more)

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ConfigurationError, match="cannot be used: Permission denied"):
        run(archive)


def test_a_second_person_does_not_unpack_the_same_archive_at_the_same_time(data_root: Path) -> None:
    archive = moles(data_root / "skin.zip")
    said: list[str] = []

    def meanwhile(*_) -> None:
        if not said:
            with pytest.raises(ConfigurationError, match="being unpacked already") as refused:
                unpack_left(archive)
            said.append(str(refused.value))

    unpack_left(archive, meanwhile)
    assert said
    assert names_in(data_root / "skin")


def test_what_a_killed_process_left_half_unpacked_is_cleared_away(data_root: Path) -> None:
    (data_root / ".skin.building-0123456789ab").mkdir()
    run(moles(data_root / "skin.zip"))
    assert names_in(data_root) == ["skin", "skin.zip"]


def test_an_upload_becomes_a_data_set_and_is_not_kept(data_root: Path, artifacts: Path, tmp_path: Path) -> None:
    content = moles(tmp_path / "skin.zip").read_bytes()
    for name, folder in (("skin.zip", "skin"), ("skin.zip", "skin-2"), ("..\\..\\../.Skin\n.ZIP", "Skin-")):
        archive = keep_upload(content, name)
        assert run(archive, uploaded=True) == {"folder": str(unpacked_root() / folder), "data_sets": [folder]}
        assert not archive.exists()
    assert names_in(unpacked_root()) == ["Skin-", "skin", "skin-2"]
    assert names_in(artifacts / "downloads" / "uploaded") == []


def test_what_was_unpacked_here_can_be_deleted_and_nothing_else(data_root: Path, tmp_path: Path) -> None:
    run(keep_upload(moles(tmp_path / "skin.zip").read_bytes(), "skin.zip"), uploaded=True)
    (unpacked_root() / "linked").symlink_to(data_root, target_is_directory=True)
    (data_root / "a.png").write_bytes(picture())
    assert list_unpacked() == (unpacked_root() / "linked", unpacked_root() / "skin")
    for folder in list_unpacked():
        delete_unpacked(folder)
    assert names_in(unpacked_root()) == []
    assert names_in(data_root) == ["a.png"]
    for folder in (data_root, unpacked_root(), unpacked_root() / "..", unpacked_root() / "gone"):
        with pytest.raises(ConfigurationError, match="was not unpacked here"):
            delete_unpacked(folder)


@pytest.mark.parametrize("name", ["x" * 300 + ".tar.gz", "é" * 200 + ".zip", ".zip", "/.zip"])
def test_an_upload_of_any_name_gets_a_folder(data_root: Path, tmp_path: Path, name: str) -> None:
    ending = ".tar.gz" if name.endswith(".tar.gz") else ".zip"
    archive = keep_upload(moles(tmp_path / f"skin{ending}").read_bytes(), name)
    assert len(names_in(run(archive, uploaded=True)["folder"])) == 2


def test_an_upload_that_is_refused_is_not_kept_either(data_root: Path, artifacts: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no archive"):
        keep_upload(b"x", "moles.exe")
    archive = keep_upload(moles(tmp_path / "a.zip", bad="/etc/evil").read_bytes(), "a.zip")
    with pytest.raises(DataError, match="not safe"):
        run(archive, uploaded=True)
    assert not archive.exists()
    assert not any(unpacked_root().glob("*"))


@pytest.mark.parametrize("name", ["skin.tar.gz", "skin.zip"])
def test_a_large_archive_that_is_compressed_as_a_whole_is_not_read_to_tell_what_is_in_it(
    data_root: Path, name: str
) -> None:
    archive = moles(data_root / "skin.tar.gz").rename(data_root / name)
    with archive.open("ab") as file:
        file.truncate(MOST_READ_BYTES + 1)
    [offer] = list_packed(look())
    assert contents_of(offer) is None


def test_archives_that_nothing_here_unpacks_are_said_to_be_such(data_root: Path) -> None:
    (data_root / "skin.rar").write_bytes(b"Rar!")
    [offer] = list_packed(look())
    assert offer.foreign
    with pytest.raises(DataError, match="no archive that can be unpacked"):
        unpack_left(offer.archive)


def test_the_archive_of_a_course_is_a_data_set_once_it_is_unpacked(data_root: Path) -> None:
    layouts = SHARED / "data" / "layouts.tar.gz"
    if not layouts.is_file():
        pytest.skip("the layouts are not beside this checkout")
    with tarfile.open(layouts) as archive:
        [member] = [each for each in archive if each.name.endswith("zip-left-packed/archive/archive.zip")]
        (data_root / "archive").mkdir()
        (data_root / "archive" / "archive.zip").write_bytes(archive.extractfile(member).read())
    assert offered() == {data_root / "archive" / "archive.zip": data_root / "archive"}
    assert run(data_root / "archive" / "archive.zip")["data_sets"] == ["archive"]
    assert len(open_dataset("archive").table) == 22
