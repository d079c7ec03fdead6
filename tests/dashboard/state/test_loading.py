"""Data sets and pictures for pages are kept until their files change, and no longer."""

import io
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import DatasetNotFoundError, PictureError
from core.data import catalog
from core.data.demo.demo import generate_demo
from dashboard.state.loading import load_dataset, load_leakage, load_split, load_split_kinds, thumbnail

FRACTIONS = (0.7, 0.15, 0.15)


@pytest.fixture(autouse=True)
def _fresh_caches() -> None:
    import streamlit as st

    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo data set of forty lesions; tests copy its metadata and link its pictures."""
    folder = tmp_path_factory.mktemp("small") / "demo"
    generate_demo(folder, lesions=40)
    return folder


@pytest.fixture
def demo(small_demo: Path, artifacts: Path) -> Path:
    """The small demo in the artifacts folder of this test; its metadata may be changed."""
    folder = artifacts / "data" / "demo"
    folder.mkdir(parents=True)
    for file in small_demo.iterdir():
        if file.suffix == ".csv":
            (folder / file.name).write_bytes(file.read_bytes())
        else:
            (folder / file.name).symlink_to(file, target_is_directory=file.is_dir())
    return folder


def drop_last_row(folder: Path) -> None:
    file = folder / catalog.DEMO_METADATA
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))


def picture(path: Path, colour: str, size: tuple[int, int] = (60, 40)) -> str:
    Image.new("RGB", size, colour).save(path)
    return str(path)


def middle(content: bytes) -> tuple[int, ...]:
    image = Image.open(io.BytesIO(content))
    return image.getpixel((image.width // 2, image.height // 2))


def test_a_data_set_is_read_once(demo: Path) -> None:
    assert load_dataset("demo") is load_dataset("demo")


def test_a_changed_metadata_file_is_read_again(demo: Path) -> None:
    before = load_dataset("demo").table
    drop_last_row(demo)
    after = load_dataset("demo").table
    assert len(after) == len(before) - 1


def test_split_and_leakage_follow_a_changed_metadata_file(demo: Path) -> None:
    before = load_split("demo", "random", 0, FRACTIONS)
    report = load_leakage("demo", "random", 0, FRACTIONS)
    assert load_split("demo", "random", 0, FRACTIONS) is before
    assert load_leakage("demo", "random", 0, FRACTIONS) is report
    drop_last_row(demo)
    assert len(load_split("demo", "random", 0, FRACTIONS).rows) == len(before.rows) - 1
    assert load_leakage("demo", "random", 0, FRACTIONS) is not report


def test_splits_of_other_kinds_seeds_and_fractions_are_not_mixed_up(demo: Path) -> None:
    def held_out(kind: str, seed: int, fractions: tuple[float, float, float]) -> list[str]:
        return load_split("demo", kind, seed, fractions).part("test")["image_id"].tolist()

    asked = [
        ("random", 0, FRACTIONS),
        ("random", 1, FRACTIONS),
        ("grouped", 0, FRACTIONS),
        ("random", 0, (0.5, 0.2, 0.3)),
    ]
    answers = [held_out(*each) for each in asked]
    assert all(answers[i] != answers[j] for i in range(len(answers)) for j in range(i))
    assert load_leakage("demo", "random", 0, FRACTIONS).groups_shared > 0
    assert load_leakage("demo", "grouped", 0, FRACTIONS).groups_shared == 0


def test_another_artifacts_folder_has_its_own_data_set(demo: Path, tmp_path: Path, monkeypatch) -> None:
    here = len(load_dataset("demo").table)
    monkeypatch.setenv("LESIONLAB_ARTIFACTS", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(catalog, "generate_demo", partial(generate_demo, lesions=25))
    assert len(load_dataset("demo").table) < here


def test_the_demo_is_drawn_on_first_use(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The whole demo takes a quarter of a minute; a small one shows the same.
    monkeypatch.setattr(catalog, "generate_demo", partial(generate_demo, lesions=25))
    table = load_dataset("demo").table
    assert table["group_id"].nunique() == 25
    assert (artifacts / "data" / "demo" / catalog.DEMO_METADATA).is_file()


@pytest.mark.parametrize("name", ["ham10000", "nowhere", "../demo", ""])
def test_a_data_set_that_is_not_here_is_a_named_error(name: str, artifacts: Path) -> None:
    with pytest.raises(DatasetNotFoundError):
        load_dataset(name)


def test_a_data_set_that_arrives_later_is_found(artifacts: Path, small_demo: Path) -> None:
    with pytest.raises(DatasetNotFoundError):
        load_dataset("ham10000")
    folder = artifacts.parent / "data" / "ham10000"
    folder.mkdir()
    table = pd.read_csv(small_demo / catalog.DEMO_METADATA)
    table.to_csv(folder / "HAM10000_metadata.csv", index=False)
    (folder / "HAM10000_images_part_1").symlink_to(small_demo / "demo_images", target_is_directory=True)
    assert len(load_dataset("ham10000").table) == len(table)


def test_pictures_that_come_as_arrays_are_unpacked_on_first_use(artifacts: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {f"{part}_images": rng.integers(0, 255, (7, 28, 28, 3), np.uint8) for part in ("train", "val", "test")}
    arrays |= {f"{part}_labels": np.arange(7, dtype=np.uint8).reshape(-1, 1) for part in ("train", "val", "test")}
    (artifacts.parent / "data" / "mnist").mkdir()
    np.savez(artifacts.parent / "data" / "mnist" / "dermamnist.npz", **arrays)
    table = load_dataset("dermamnist").table
    assert thumbnail(table["path"].iloc[0])
    assert load_dataset("dermamnist").table is table
    assert load_split("dermamnist", "official", 0, FRACTIONS).counts().sum().tolist() == [7, 7, 7]
    assert load_leakage("dermamnist", "official", 0, FRACTIONS).held_out == 7


def test_only_kinds_of_split_that_a_data_set_allows_are_offered(demo: Path) -> None:
    assert [str(kind) for kind in load_split_kinds("demo", FRACTIONS)] == ["grouped", "random", "oversample-first"]


def test_a_thumbnail_is_a_jpeg_of_the_height_asked_for(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png", "#804020", (600, 450))
    image = Image.open(io.BytesIO(thumbnail(path, 90)))
    assert image.format == "JPEG"
    assert image.size == (120, 90)
    assert alike(middle(thumbnail(path, 90)), (0x80, 0x40, 0x20))


def test_a_thumbnail_of_a_long_picture_is_at_most_four_times_as_wide_as_high(tmp_path: Path) -> None:
    image = Image.open(io.BytesIO(thumbnail(picture(tmp_path / "a.png", "red", (1000, 20)), 90)))
    assert image.width <= 360


def test_a_picture_smaller_than_the_thumbnail_is_not_blown_up(tmp_path: Path) -> None:
    assert Image.open(io.BytesIO(thumbnail(picture(tmp_path / "a.png", "red", (30, 20)), 90))).size == (30, 20)


def test_a_replaced_picture_gets_a_new_thumbnail(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png", "#FF0000")
    assert alike(middle(thumbnail(path)), (255, 0, 0))
    (tmp_path / "a.png").unlink()
    picture(tmp_path / "a.png", "#0000FF")
    assert alike(middle(thumbnail(path)), (0, 0, 255))


def test_a_picture_that_cannot_be_read_is_a_named_error_until_it_can(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with pytest.raises(PictureError, match="cannot be opened"):
        thumbnail(str(path))
    path.write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"a\.png"):
        thumbnail(str(path))
    picture(path, "#00FF00")
    assert alike(middle(thumbnail(str(path))), (0, 255, 0))


def alike(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Colours are the same but for what JPEG does to them."""
    return all(abs(a - b) <= 4 for a, b in zip(found, wanted, strict=True))
