import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import DataError
from core.data.adapters.ham10000 import HAM10000_SPEC, read_ham10000
from core.data.images import fingerprint
from core.data.images.fingerprint import content_hashes, source_fingerprint
from core.data.spec import Dataset

pytestmark = pytest.mark.usefixtures("artifacts")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Four files in two folders, the last two byte-identical; nothing here decodes them."""
    contents = {"a": b"one", "b": b"two", "c": b"same", "d": b"same"}
    paths = []
    for number, (image_id, content) in enumerate(contents.items()):
        path = tmp_path / "pictures" / f"part_{number % 2}" / f"{image_id}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        paths.append(str(path))
    table = pd.DataFrame({"image_id": list(contents), "path": paths, "label": "nv", "group_id": list("wxyy")})
    return Dataset(HAM10000_SPEC, table, tmp_path / "pictures")


def path_of(dataset: Dataset, image_id: str) -> Path:
    return Path(dataset.table.set_index("image_id").loc[image_id, "path"])


def rewrite(dataset: Dataset) -> None:
    path_of(dataset, "a").write_bytes(b"something else")


def touch(dataset: Dataset) -> None:
    path = path_of(dataset, "a")
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1))


def remove(dataset: Dataset) -> None:
    path_of(dataset, "a").unlink()


def remove_folder(dataset: Dataset) -> None:
    shutil.rmtree(path_of(dataset, "a").parent)


@pytest.mark.parametrize("change", [rewrite, touch, remove, remove_folder])
def test_a_changed_or_missing_file_changes_the_fingerprint(dataset: Dataset, change: Callable[[Dataset], None]) -> None:
    before = source_fingerprint(dataset)
    assert source_fingerprint(dataset) == before
    change(dataset)
    assert source_fingerprint(dataset) != before


def test_another_row_order_or_number_changes_the_fingerprint(dataset: Dataset) -> None:
    tables = [dataset.table, dataset.table.iloc[::-1], dataset.table.iloc[:3]]
    assert len({source_fingerprint(replace(dataset, table=table)) for table in tables}) == 3


def test_a_data_set_that_is_moved_as_it_is_keeps_its_fingerprint(dataset: Dataset, tmp_path: Path) -> None:
    before = source_fingerprint(dataset)
    moved = dataset.root.rename(tmp_path / "elsewhere")
    paths = dataset.table["path"].str.replace(str(dataset.root), str(moved))
    assert source_fingerprint(replace(dataset, table=dataset.table.assign(path=paths), root=moved)) == before


def test_what_an_earlier_version_kept_by_whole_paths_still_counts(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        earlier = partial(source_fingerprint, whole_paths=True)
        patch.setattr(fingerprint, "source_fingerprint", lambda dataset, **_: earlier(dataset))
        kept = content_hashes(dataset)
    monkeypatch.setattr(fingerprint, "_content_hash", None)  # no file is read again
    assert content_hashes(dataset).equals(kept)


def test_files_that_are_not_of_the_data_set_do_not_matter(dataset: Dataset) -> None:
    before = source_fingerprint(dataset)
    (dataset.root / "part_0" / "Thumbs.db").write_bytes(b"of a file manager")
    (dataset.root / "part_0" / "dangling.jpg").symlink_to("/nowhere/at/all.jpg")
    assert source_fingerprint(dataset) == before


def test_identical_files_have_one_hash_and_others_their_own(dataset: Dataset) -> None:
    hashes = content_hashes(dataset)
    assert hashes.index.tolist() == ["a", "b", "c", "d"]
    assert hashes["c"] == hashes["d"]
    assert hashes.nunique() == 3


def test_hashes_are_kept_and_read_again_without_opening_a_picture(dataset: Dataset) -> None:
    first = content_hashes(dataset)
    path = path_of(dataset, "a")
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_bytes(b"eno")
    os.utime(path, ns=times)  # same size, same time: told apart only by opening it
    pd.testing.assert_series_equal(content_hashes(dataset), first)


def test_a_changed_file_is_hashed_anew(dataset: Dataset) -> None:
    first = content_hashes(dataset)
    path_of(dataset, "a").write_bytes(b"two")
    second = content_hashes(dataset)
    assert second["a"] == first["b"] != first["a"]


def test_hashes_of_files_that_change_while_they_are_compared_are_not_kept(dataset: Dataset) -> None:
    with pytest.raises(DataError, match="changed while they were being compared"):
        content_hashes(dataset, lambda *_: rewrite(dataset))
    assert content_hashes(dataset)["a"] not in content_hashes(dataset)[["b", "c", "d"]].tolist()


@pytest.mark.parametrize("damage", [b"", b"not parquet", None])
def test_damaged_kept_hashes_are_made_again(dataset: Dataset, artifacts: Path, damage: bytes | None) -> None:
    first = content_hashes(dataset)
    [kept] = artifacts.rglob("content.parquet")
    kept.write_bytes(kept.read_bytes()[:-20] if damage is None else damage)
    pd.testing.assert_series_equal(content_hashes(dataset), first)


def test_a_file_that_cannot_be_read_has_no_hash(dataset: Dataset) -> None:
    path_of(dataset, "b").unlink()
    assert content_hashes(dataset).index.tolist() == ["a", "c", "d"]


def test_progress_reaches_the_number_of_files(dataset: Dataset) -> None:
    said: list[tuple[int, int, str]] = []
    content_hashes(dataset, lambda *report: said.append(report))
    assert said[-1] == (4, 4, "Comparing files")


@pytest.mark.real_data
def test_ham10000_has_two_pairs_of_identical_files_each_within_one_lesion(real_data: Path) -> None:
    dataset = read_ham10000(real_data / "ham10000")
    hashes = content_hashes(dataset)
    repeated = hashes[hashes.duplicated(keep=False)]
    pairs = sorted(sorted(ids) for ids in repeated.groupby(repeated).groups.values())
    assert pairs == [["ISIC_0024366", "ISIC_0029861"], ["ISIC_0024777", "ISIC_0029938"]]
    lesions = dataset.table.set_index("image_id")["group_id"]
    assert all(lesions[first] == lesions[second] for first, second in pairs)
