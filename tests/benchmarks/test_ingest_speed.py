"""Ingest against a plain Pillow loop over the same files in one process."""

import os
import shutil
import timeit
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.catalog import open_dataset
from core.data.demo.demo import generate_demo
from core.data.images.cache import cache_folder, ensure_cache, open_cache
from tests.benchmarks.contenders import Spent, timed


def test_ingest_against_a_plain_pillow_loop(real_data: Path, artifacts: Path, monkeypatch, ratio) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    dataset = open_dataset("ham10000")
    paths = dataset.table["path"].tolist()

    def plain() -> None:
        np.stack([np.asarray(Image.open(path).convert("RGB").resize((28, 28))) for path in paths])

    def ours() -> None:
        shutil.rmtree(cache_folder("ham10000", 28), ignore_errors=True)
        ensure_cache(dataset, 28)

    plain()  # the first pass also brings the files into memory, for both alike
    ratio(plain, ours, target=1.7)


def test_opening_a_cache_against_making_it(real_data: Path, artifacts: Path, monkeypatch, ratio) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    dataset = open_dataset("ham10000")

    def make() -> None:
        shutil.rmtree(cache_folder("ham10000", 28), ignore_errors=True)
        ensure_cache(dataset, 28)

    ratio(make, lambda: open_cache(dataset, 28) and None, target=10)
    # The one figure promised in seconds, for a page waits for it.
    assert min(timeit.repeat(lambda: open_cache(dataset, 28), number=1, repeat=5)) < 0.2


def test_drawing_the_demo_data_takes_seconds(tmp_path: Path, benchmark) -> None:
    benchmark.pedantic(lambda: generate_demo(tmp_path / "demo"), rounds=1)
    assert benchmark.stats["max"] < 20


REPORTED = {"cold": 83.7, "cached": 984.0}
"""Images a second that a student report states for reading 85,000 such patches: the first time, and again."""


@pytest.fixture(scope="module")
def patches(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A data root with PatchCamelyon as Kaggle lays it out, of 3,000 TIFF files of noise at 96×96."""

    def make(root: Path) -> None:
        folder = root / "patchcamelyon" / "train"
        folder.mkdir(parents=True)
        rng, lines = np.random.default_rng(0), ["id,label"]
        for number in range(3000):
            patch = rng.integers(0, 256, (96, 96, 3), np.uint8)
            Image.fromarray(patch).save(folder / f"{number:040x}.tif")
            lines.append(f"{number:040x},{number % 2}")
        (folder.parent / "train_labels.csv").write_text("\n".join(lines))

    return made_once("patches", make)


def forget(paths: list[str]) -> None:
    """Take files out of the system's memory, so that they are read from the disk once more."""
    for path in paths:
        with Path(path).open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def test_cold_tiff_patches_against_a_plain_loop_and_the_report(patches, artifacts, monkeypatch, ratio, capsys) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(patches))
    dataset = open_dataset("patchcamelyon")
    paths = dataset.table["path"].tolist()

    def plain() -> Spent:
        forget(paths)
        return timed(lambda: np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths]))

    def ours() -> Spent:
        forget(paths)
        shutil.rmtree(cache_folder("patchcamelyon", 96), ignore_errors=True)
        return timed(lambda: ensure_cache(dataset, 96))

    spent = ratio(plain, ours, target=0.8, pictures=len(paths))
    beside_the_report("cold", len(paths) / spent.wall, capsys)


def test_cached_patches_against_a_plain_loop_and_the_report(patches, artifacts, monkeypatch, ratio, capsys) -> None:
    from core.data.images.pipeline import EpochOrder, batches

    monkeypatch.setenv("LESIONLAB_DATA", str(patches))
    dataset = open_dataset("patchcamelyon")
    cache, paths = ensure_cache(dataset, 96), dataset.table["path"].tolist()
    rows = np.arange(len(paths))
    given = batches(cache.images, rows, rows % 2, 50, order=EpochOrder(0))

    def plain() -> None:
        np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths])

    def ours() -> None:
        for _ in given:
            pass

    plain()  # brings the files into memory
    spent = ratio(plain, ours, target=4, pictures=len(paths))
    beside_the_report("cached", len(paths) / spent.wall, capsys)


def beside_the_report(what: str, speed: float, capsys) -> None:
    with capsys.disabled():
        print(f"  {speed:,.0f} images/s {what}, the report {REPORTED[what]:,.1f}")  # noqa: T201 - read by a person
    assert speed > REPORTED[what]
