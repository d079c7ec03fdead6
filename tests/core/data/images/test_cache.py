import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import ConfigurationError, DataError, DiskFullError
from core.base.settings import settings_for_processes
from core.data.adapters.ham10000 import HAM10000_SPEC, METADATA_FILE, read_ham10000
from core.data.images.cache import MAX_SIZE, MIN_SIZE, ImageCache, cache_folder, ensure_cache, open_cache
from core.data.images.pictures import decode_square
from core.data.spec import Dataset

SIZE = 16

pytestmark = pytest.mark.usefixtures("artifacts")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_pictures(folder: Path, count: int) -> Dataset:
    """Plain PNGs: picture n has the colour (n, n // 256, 7) in every pixel, so a cached row tells which it is."""
    folder.mkdir(parents=True)
    for number in range(count):
        Image.new("RGB", (24, 18), (number % 256, number // 256, 7)).save(folder / f"i{number:03d}.png")
    lines = [f"L{number // 2},i{number:03d},nv" for number in range(count)]
    (folder / METADATA_FILE).write_text("lesion_id,image_id,dx\n" + "\n".join(lines) + "\n")
    return read_ham10000(folder)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return write_pictures(tmp_path / "data" / "ham10000", 12)


def path_of(dataset: Dataset, number: int) -> Path:
    return Path(dataset.table["path"].iloc[number])


def spoil_unnoticed(dataset: Dataset) -> None:
    """Make every picture unreadable but of the same size and age: whoever decodes one now, fails."""
    for path in map(Path, dataset.table["path"]):
        stat = path.stat()
        path.write_bytes(b"\0" * stat.st_size)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def colours(cache: ImageCache, image_ids: list[str]) -> list[int]:
    pictures = cache.images[cache.rows(pd.Series(image_ids))]
    assert (pictures == pictures[:, :1, :1]).all()
    return (pictures[:, 0, 0, 0] + 256 * pictures[:, 0, 0, 1].astype(int)).tolist()


def expected(dataset: Dataset) -> np.ndarray:
    return np.stack([decode_square(Path(path), SIZE) for path in dataset.table["path"]])


def test_the_cache_holds_the_same_pixels_as_reading_each_picture(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number, mode in enumerate(["RGB", "L", "RGBA", "P", "CMYK", "RGB"]):
        pixels = Image.fromarray(rng.integers(0, 256, (90 + 7 * number, 140, 3), dtype=np.uint8)).convert(mode)
        exif = Image.Exif()
        exif[0x0112] = 6 if number == 5 else 1
        suffix = "jpg" if mode in ("RGB", "L", "CMYK") else "png"
        pixels.save(folder / f"i{number}.{suffix}", exif=exif)
    lines = "\n".join(f"L{n},i{n},nv" for n in range(6))
    (folder / METADATA_FILE).write_text(f"lesion_id,image_id,dx\n{lines}\n")
    dataset = read_ham10000(folder)
    cache = ensure_cache(dataset, SIZE)
    assert cache.image_ids.tolist() == [f"i{n}" for n in range(6)]
    np.testing.assert_array_equal(cache.images, expected(dataset))


@pytest.mark.real_data
def test_pictures_of_ham10000_are_cached_as_they_are_read(real_data: Path) -> None:
    whole = read_ham10000(real_data / "ham10000")
    dataset = replace(whole, table=whole.table.iloc[::500].reset_index(drop=True))
    np.testing.assert_array_equal(ensure_cache(dataset, SIZE).images, expected(dataset))


def test_the_array_is_memory_mapped_and_cannot_be_written(dataset: Dataset) -> None:
    for cache in (ensure_cache(dataset, SIZE), open_cache(dataset, SIZE)):
        assert isinstance(cache.images, np.memmap)
        assert (cache.images.shape, cache.images.dtype) == ((12, SIZE, SIZE, 3), np.uint8)
        assert cache.size == SIZE
        with pytest.raises(ValueError, match="read-only"):
            cache.images[0] = 0


def test_a_cache_with_failures_is_read_only_and_memory_mapped_too(dataset: Dataset) -> None:
    path_of(dataset, 3).write_bytes(b"not a picture")
    images = ensure_cache(dataset, SIZE).images
    assert isinstance(images, np.memmap)
    assert not images.flags.writeable


def test_more_pictures_than_one_worker_takes_at_a_time_are_all_in_their_rows(tmp_path: Path) -> None:
    dataset = write_pictures(tmp_path / "many", 300)
    cache = ensure_cache(dataset, MIN_SIZE)
    assert colours(cache, dataset.table["image_id"].tolist()) == list(range(300))


def test_opening_a_cache_decodes_nothing(dataset: Dataset) -> None:
    before = np.array(ensure_cache(dataset, SIZE).images)
    spoil_unnoticed(dataset)
    np.testing.assert_array_equal(ensure_cache(dataset, SIZE).images, before)


def test_each_size_has_its_own_cache(dataset: Dataset) -> None:
    small, large = ensure_cache(dataset, 8), ensure_cache(dataset, 20)
    assert (small.size, large.size) == (8, 20)
    assert open_cache(dataset, 12) is None


def test_there_is_no_cache_before_one_is_built(dataset: Dataset) -> None:
    assert open_cache(dataset, SIZE) is None


@pytest.mark.parametrize("size", [MIN_SIZE - 1, MAX_SIZE + 1, 0, -28])
def test_a_size_that_cannot_be_is_refused(dataset: Dataset, size: int, artifacts: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"8 to 1024 pixels, not {size}"):
        ensure_cache(dataset, size)
    assert names(artifacts) == []


def repaint(dataset: Dataset) -> Dataset:
    Image.new("RGB", (24, 18), (200, 0, 7)).save(path_of(dataset, 0))
    return dataset


def touch(dataset: Dataset) -> Dataset:
    path = path_of(dataset, 0)
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))
    return dataset


def add(dataset: Dataset) -> Dataset:
    Image.new("RGB", (24, 18), (99, 0, 7)).save(dataset.root / "new.png")
    with (dataset.root / METADATA_FILE).open("a") as file:
        file.write("Lnew,new,mel\n")
    return read_ham10000(dataset.root)


def remove(dataset: Dataset) -> Dataset:
    path_of(dataset, 0).unlink()
    return read_ham10000(dataset.root)


@pytest.mark.parametrize("change", [repaint, touch, add, remove])
def test_a_changed_source_invalidates_the_cache(dataset: Dataset, change: Callable[[Dataset], Dataset]) -> None:
    ensure_cache(dataset, SIZE)
    dataset = change(dataset)
    assert open_cache(dataset, SIZE) is None
    cache = ensure_cache(dataset, SIZE)
    assert cache.image_ids.tolist() == dataset.table["image_id"].tolist()
    np.testing.assert_array_equal(cache.images, expected(dataset))


def cut_off(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: -min(7, len(content) - 1)])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(b"[1, 2")


def shorter_table(path: Path) -> None:
    pd.read_parquet(path).iloc[:-1].to_parquet(path)


def no_dictionary(path: Path) -> None:
    path.write_text("[]")


@pytest.mark.parametrize("file", ["images.npy", "rows.parquet", "manifest.json", "failures.json"])
@pytest.mark.parametrize("damage", [Path.unlink, cut_off, empty, garbage], ids=lambda d: d.__name__)
def test_a_half_written_cache_is_never_used(dataset: Dataset, file: str, damage: Callable[[Path], None]) -> None:
    folder = ensure_cache(dataset, SIZE).folder
    damage(folder / file)
    assert open_cache(dataset, SIZE) is None
    np.testing.assert_array_equal(ensure_cache(dataset, SIZE).images, expected(dataset))


@pytest.mark.parametrize(("file", "damage"), [("rows.parquet", shorter_table), ("manifest.json", no_dictionary)])
def test_a_cache_whose_files_do_not_fit_together_is_never_used(
    dataset: Dataset, file: str, damage: Callable[[Path], None]
) -> None:
    damage(ensure_cache(dataset, SIZE).folder / file)
    assert open_cache(dataset, SIZE) is None


def test_a_cache_of_an_older_version_is_made_again(dataset: Dataset) -> None:
    manifest = ensure_cache(dataset, SIZE).folder / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "version": 0}))
    assert open_cache(dataset, SIZE) is None


def test_unreadable_pictures_are_listed_and_the_others_stay_aligned(dataset: Dataset) -> None:
    path_of(dataset, 0).write_bytes(b"")
    path_of(dataset, 5).write_bytes(b"this is not a picture")
    path_of(dataset, 6).write_bytes(path_of(dataset, 6).read_bytes()[:40])
    path_of(dataset, 11).unlink()
    for cache in (ensure_cache(dataset, SIZE), open_cache(dataset, SIZE)):
        assert [failure.image_id for failure in cache.failures] == ["i000", "i005", "i006", "i011"]
        assert [failure.path for failure in cache.failures] == [str(path_of(dataset, n)) for n in (0, 5, 6, 11)]
        assert "is empty" in cache.failures[0].reason
        assert "cannot be opened: no such file" in cache.failures[3].reason
        good = [n for n in range(12) if n not in (0, 5, 6, 11)]
        assert colours(cache, [f"i{n:03d}" for n in good]) == good
        assert len(cache.images) == len(cache.image_ids) == 8


def test_rows_are_minus_one_for_pictures_that_could_not_be_read(dataset: Dataset) -> None:
    path_of(dataset, 1).write_bytes(b"broken")
    cache = ensure_cache(dataset, SIZE)
    rows = cache.rows(dataset.table["image_id"])
    assert rows.tolist() == [0, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert rows.dtype == np.int64
    assert cache.rows(pd.Series(["i002", "i002", "never heard of"])).tolist() == [1, 1, -1]


def test_a_repaired_picture_gets_its_row(dataset: Dataset) -> None:
    good = path_of(dataset, 4).read_bytes()
    path_of(dataset, 4).write_bytes(b"broken")
    assert ensure_cache(dataset, SIZE).failures
    path_of(dataset, 4).write_bytes(good)
    cache = ensure_cache(dataset, SIZE)
    assert not cache.failures
    assert colours(cache, ["i004"]) == [4]


def test_when_no_picture_can_be_read_the_first_reason_is_told_and_nothing_stays(dataset: Dataset) -> None:
    for path in dataset.table["path"]:
        Path(path).write_bytes(b"broken")
    with pytest.raises(DataError, match=r"None of the 12 pictures could be read. First: .*i000"):
        ensure_cache(dataset, SIZE)
    assert names(cache_folder("ham10000", SIZE).parent) == [f"{SIZE}.lock"]


def test_an_image_folder_that_went_away_is_an_error_of_the_data(dataset: Dataset) -> None:
    ensure_cache(dataset, SIZE)
    shutil.rmtree(dataset.root)
    with pytest.raises(DataError, match=r"None of the 12 pictures could be read.*no such file"):
        ensure_cache(dataset, SIZE)


def test_pictures_that_change_while_they_are_read_are_named(dataset: Dataset) -> None:
    def change(done: int, *_: object) -> None:
        if done:
            touch(dataset)

    with pytest.raises(DataError, match=r"changed while they were being read\. Try again"):
        ensure_cache(dataset, SIZE, change)
    assert ensure_cache(dataset, SIZE).image_ids.tolist() == dataset.table["image_id"].tolist()


def test_progress_goes_from_nothing_to_all_pictures(tmp_path: Path) -> None:
    said: list[tuple[int, int, str]] = []
    ensure_cache(write_pictures(tmp_path / "many", 300), MIN_SIZE, lambda *report: said.append(report))
    assert said[0] == (0, 300, "Decoding images")
    assert said[-1] == (300, 300, "Decoding images")
    assert [done for done, *_ in said] == sorted(done for done, *_ in said)


def test_a_disk_that_fills_up_is_named_and_keeps_the_older_cache(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ensure_cache(dataset, SIZE).folder
    older = (folder / "images.npy").read_bytes()
    touch(dataset)

    def full(*_: object) -> None:  # a really full disk needs a mount, which tests may not do
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", full)
        with pytest.raises(DiskFullError, match=r"is full\. Free some space"):
            ensure_cache(dataset, SIZE)
    assert names(folder.parent) == [str(SIZE), f"{SIZE}.lock"]
    assert (folder / "images.npy").read_bytes() == older
    assert len(ensure_cache(dataset, SIZE).images) == 12


def test_too_little_free_space_is_told_before_anything_is_decoded(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=12 * SIZE * SIZE * 3 - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    spoil_unnoticed(dataset)
    with pytest.raises(DiskFullError, match=r"needs 0\.0 GB .* Choose a smaller image size.*LESIONLAB_ARTIFACTS"):
        ensure_cache(dataset, SIZE)
    assert names(cache_folder("ham10000", SIZE).parent) == [f"{SIZE}.lock"]


def test_what_killed_builders_left_is_cleared_away_but_not_other_sizes(dataset: Dataset) -> None:
    parent = cache_folder("ham10000", SIZE).parent
    for name in (f".{SIZE}.building-abc", f".{SIZE}.retired-abc", ".160.building-abc"):
        (parent / name).mkdir(parents=True)
        (parent / name / "images.npy").write_bytes(b"half")
    assert open_cache(dataset, SIZE) is None
    ensure_cache(dataset, SIZE)
    assert names(parent) == [".160.building-abc", str(SIZE), f"{SIZE}.lock"]


BUILD = """
import sys, time
from pathlib import Path
from core.data.images.cache import ensure_cache
from core.data.adapters.ham10000 import read_ham10000

folder, marks, mode = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

def progress(done, total, what):
    (marks / f"{mode}-{done}").touch()
    if mode == "stall" and 0 < done < total:
        time.sleep(120)

if mode != "stall":
    (marks / f"ready-{mode}").touch()
    while not (marks / "go").exists():
        time.sleep(0.01)
cache = ensure_cache(read_ham10000(folder), 16, progress)
print(len(cache.images), int(cache.images.astype("int64").sum()))
"""


def start_builder(dataset: Dataset, marks: Path, mode: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, str(dataset.root), str(marks), mode],
        env={**os.environ, **settings_for_processes()},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(builder: subprocess.Popen[str]) -> None:
    """End a builder with its decoders, which outlive it for a moment."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(builder.pid, signal.SIGKILL)
    builder.wait(30)
    builder.stdout.close()


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.01)


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


def test_after_a_builder_is_killed_in_the_middle_the_next_one_builds_a_whole_cache(tmp_path: Path, marks: Path) -> None:
    many = write_pictures(tmp_path / "many", 300)
    builder = start_builder(many, marks, "stall")
    try:
        wait_for(lambda: any(mark.name != "stall-0" for mark in marks.iterdir()))
        parent = cache_folder("ham10000", SIZE).parent
        assert any(name.startswith(f".{SIZE}.building-") for name in names(parent))
        assert not cache_folder("ham10000", SIZE).exists()
        builder.kill()
        builder.wait(30)
        assert any(name.startswith(f".{SIZE}.building-") for name in names(parent))  # it had no time to clean up
        assert open_cache(many, SIZE) is None
        cache = ensure_cache(many, SIZE)
    finally:
        end(builder)
    assert names(parent) == [str(SIZE), f"{SIZE}.lock"]
    assert colours(cache, many.table["image_id"].tolist()) == list(range(300))


def test_two_processes_that_build_at_once_decode_once_and_see_one_whole_cache(dataset: Dataset, marks: Path) -> None:
    builders = [start_builder(dataset, marks, mode) for mode in ("first", "second")]
    try:
        wait_for(lambda: len(names(marks)) == 2)
        (marks / "go").touch()
        said = [builder.communicate(timeout=120)[0].split() for builder in builders]
    finally:
        for builder in builders:
            end(builder)
    assert [builder.returncode for builder in builders] == [0, 0]
    assert said[0] == said[1] == ["12", str(int(ensure_cache(dataset, SIZE).images.astype("int64").sum()))]
    assert sum((marks / f"{mode}-12").exists() for mode in ("first", "second")) == 1
    assert names(cache_folder("ham10000", SIZE).parent) == [str(SIZE), f"{SIZE}.lock"]


def test_a_reader_keeps_its_pictures_while_the_cache_is_replaced(dataset: Dataset) -> None:
    cache = ensure_cache(dataset, SIZE)
    before = np.array(cache.images)
    ensure_cache(repaint(dataset), SIZE)
    np.testing.assert_array_equal(cache.images, before)


def test_two_data_sets_of_one_size_do_not_share_a_cache(dataset: Dataset, tmp_path: Path) -> None:
    other = write_pictures(tmp_path / "other", 3)
    other = replace(other, spec=replace(HAM10000_SPEC, name="other"))
    assert len(ensure_cache(dataset, SIZE).images) == 12
    assert len(ensure_cache(other, SIZE).images) == 3
    assert len(open_cache(dataset, SIZE).images) == 12


def test_a_system_without_a_call_for_disk_space_builds_the_same_cache(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = ensure_cache(dataset, SIZE).images.copy()
    shutil.rmtree(cache_folder("ham10000", SIZE))
    monkeypatch.delattr(os, "posix_fallocate")
    assert np.array_equal(ensure_cache(dataset, SIZE).images, images)
