"""What is measured of pictures equals a direct computation, is made once, and names what cannot be read."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageFilter

from core.base.errors import CancelledError
from core.base.progress import silent
from core.data import catalog
from core.data.adapters.ham10000 import HAM10000_SPEC
from core.data.demo.demo import generate_demo
from core.data.images.pictures import decode_within
from core.data.spec import Dataset
from core.data.statistics import picture_statistics
from core.data.statistics.class_statistics import by_class
from core.data.statistics.measuring import measure_dataset, with_pictures
from core.data.statistics.picture_statistics import COLUMNS, ensure_statistics, measure, open_statistics, to_lab
from core.serving import gate_making
from core.serving.measuring_job import run_measuring_job

pytestmark = pytest.mark.usefixtures("artifacts")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Five pictures by chance, PNG so that nothing is lost, of different sizes, and a file that is none."""
    rng = np.random.default_rng(3)
    folder = tmp_path / "pictures"
    folder.mkdir()
    paths = []
    for number, size in enumerate([(40, 30), (64, 64), (50, 50), (96, 96), (31, 77)]):
        values = rng.integers(20 * number, 256, (size[1], size[0], 3), dtype=np.uint8)
        paths.append(folder / f"p{number}.png")
        Image.fromarray(values).save(paths[-1])
    paths.append(folder / "p5.png")
    paths[-1].write_bytes(b"no picture")
    table = pd.DataFrame(
        {
            "image_id": [path.stem for path in paths],
            "path": [str(path) for path in paths],
            "label": ["nv", "nv", "mel", "mel", "mel", "nv"],
            "group_id": list("aabbcc"),
        }
    )
    return Dataset(HAM10000_SPEC, table, folder)


def grey_of(path: str) -> np.ndarray:
    """Luma of ITU-R BT.601 by hand, rounded to whole grey levels as Pillow does."""
    red, green, blue = np.moveaxis(np.asarray(Image.open(path), dtype=np.int64), -1, 0)
    return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16


def test_brightness_is_that_of_a_direct_computation(dataset: Dataset) -> None:
    table = ensure_statistics(dataset)
    for row in dataset.table.head(5).itertuples():
        grey = grey_of(row.path)
        of = table.loc[row.image_id]
        assert of["brightness"] == pytest.approx(grey.mean(), rel=1e-5)
        assert of["variance"] == pytest.approx(grey.var(), rel=1e-5)
        assert (of["minimum"], of["maximum"]) == (grey.min(), grey.max())
        assert of["contrast"] == pytest.approx(np.percentile(grey, 95) - np.percentile(grey, 5), abs=1)
        assert (of["width"], of["height"]) == grey.shape[::-1]


def test_sharpness_is_the_variance_of_the_laplacian(dataset: Dataset) -> None:
    from scipy.ndimage import laplace

    table = ensure_statistics(dataset)
    for row in dataset.table.head(5).itertuples():
        expected = laplace(grey_of(row.path).astype(float))[1:-1, 1:-1].var()
        assert table.at[row.image_id, "sharpness"] == pytest.approx(expected, rel=1e-4)


def test_a_blurred_picture_is_less_sharp_than_it_was(dataset: Dataset) -> None:
    image = Image.open(dataset.table["path"].iloc[1])
    blurred = image.filter(ImageFilter.GaussianBlur(2))
    assert measure(np.asarray(blurred))["sharpness"] < 0.1 * measure(np.asarray(image))["sharpness"]


def test_mean_colours_are_those_of_the_channels(dataset: Dataset) -> None:
    table = ensure_statistics(dataset)
    for row in dataset.table.head(5).itertuples():
        expected = np.asarray(Image.open(row.path), dtype=float).mean(axis=(0, 1))
        assert table.loc[row.image_id, ["red", "green", "blue"]].to_numpy(float) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [  # published values under D65, two degrees
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_cielab_of_known_colours(rgb: tuple[int, ...], lab: tuple[float, ...]) -> None:
    assert to_lab(np.array(rgb, dtype=np.uint8)) == pytest.approx(lab, abs=0.05)


def test_a_picture_of_one_colour_has_its_lab_and_no_spread() -> None:
    of = measure(np.full((70, 90, 3), (180, 120, 100), dtype=np.uint8))
    assert [of["lightness"], of["a"], of["b"]] == pytest.approx(to_lab(np.array([180, 120, 100], np.uint8)), abs=1e-3)
    assert [of["variance"], of["sharpness"], of["contrast"]] == [0, 0, 0]
    assert of["a_deviation"] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (300, 1)])
def test_the_smallest_pictures_can_be_measured(shape: tuple[int, int]) -> None:
    of = measure(np.full((*shape, 3), 7, dtype=np.uint8))
    assert of["brightness"] == 7
    assert of["sharpness"] == 0


def test_a_large_picture_is_measured_reduced_and_its_own_size_is_kept(tmp_path: Path, dataset: Dataset) -> None:
    path = tmp_path / "large.jpg"
    Image.new("RGB", (1200, 900), (10, 200, 30)).save(path)
    rgb, size = decode_within(path, picture_statistics.SIDE, picture_statistics.SIDE)
    assert rgb.shape == (192, 256, 3)
    assert size == (1200, 900)


def test_a_picture_stored_turned_is_measured_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.jpg"
    Image.new("RGB", (1200, 400), "red").save(path, exif=exif)
    rgb, size = decode_within(path, 240, 180)
    assert size == (400, 1200)
    assert rgb.shape == (180, 60, 3)


def test_what_cannot_be_read_is_named_and_breaks_nothing(dataset: Dataset) -> None:
    table = ensure_statistics(dataset)
    assert table.index.tolist() == dataset.table["image_id"].tolist()
    assert table["reason"].notna().tolist() == [False] * 5 + [True]
    assert "p5.png" in table.at["p5", "reason"]
    assert table.loc["p5", list(COLUMNS)].isna().all()


def test_statistics_are_made_once_and_again_after_a_change(dataset: Dataset, monkeypatch) -> None:
    assert open_statistics(dataset) is None
    first = ensure_statistics(dataset)
    measured = []
    real = picture_statistics.measure
    monkeypatch.setattr(picture_statistics, "measure", lambda rgb: measured.append(1) or real(rgb))
    pd.testing.assert_frame_equal(ensure_statistics(dataset), first)
    assert not measured
    Image.new("RGB", (8, 8), "white").save(dataset.table["path"].iloc[5])
    assert open_statistics(dataset) is None
    again = ensure_statistics(dataset)
    assert len(measured) == 6
    assert again.at["p5", "brightness"] == 255


def test_a_damaged_table_is_made_again(dataset: Dataset) -> None:
    ensure_statistics(dataset)
    picture_statistics.statistics_file(dataset).write_bytes(b"PAR1 half")
    assert open_statistics(dataset) is None
    assert len(ensure_statistics(dataset)) == 6


def test_progress_reaches_the_number_of_pictures(dataset: Dataset) -> None:
    told = []
    ensure_statistics(dataset, lambda *of: told.append(of[:2]))
    assert told[0] == (0, 6)
    assert told[-1] == (6, 6)


def test_rows_without_a_picture_are_left_out(dataset: Dataset) -> None:
    table = dataset.table.assign(path=dataset.table["path"].where(dataset.table["image_id"] != "p2"))
    pictured = with_pictures(replace(dataset, table=table))
    assert "p2" not in set(pictured.table["image_id"])
    assert measure_dataset(replace(dataset, table=table)) == {"dataset": "ham10000", "pictures": 5, "unreadable": 1}
    assert with_pictures(dataset) is dataset


def test_the_job_measures_a_data_set_has_its_gate_made_and_can_be_cancelled(monkeypatch) -> None:
    started: list[dict] = []
    monkeypatch.setenv("LESIONLAB_GATE", "yes")
    monkeypatch.setattr(gate_making, "FEWEST_HELD_OUT", 2)
    monkeypatch.setattr(gate_making, "start_job", lambda *asked: started.append(asked[-1]))
    # The whole demo takes a quarter of a minute to draw; a small one shows the same.
    monkeypatch.setattr(catalog, "generate_demo", partial(generate_demo, lesions=25))
    demo = catalog.open_dataset("demo")
    with pytest.raises(CancelledError):
        run_measuring_job({"dataset": "demo"}, silent, lambda: True)
    assert open_statistics(demo) is None
    assert not started
    phases = []
    result = run_measuring_job({"dataset": "demo"}, lambda *told: phases.append(told[2]), lambda: False)
    assert result == {"dataset": "demo", "pictures": len(demo.table), "unreadable": 0}
    assert list(dict.fromkeys(phases)) == ["Measuring pictures", "Decoding images"]
    assert started == [{"dataset": "demo"}]
    table = open_statistics(demo)
    for row in demo.table.iloc[[0, -1]].itertuples():
        assert table.at[row.image_id, "brightness"] == pytest.approx(grey_of(row.path).mean(), rel=1e-5)


@pytest.mark.real_data
def test_brightness_of_real_histology_patches_is_that_of_a_direct_computation(real_data: Path) -> None:
    files = sorted((real_data / "breast_histopathology").glob("*/*/*.png"))
    table = pd.DataFrame(
        {
            "image_id": [file.stem for file in files],
            "path": [str(file) for file in files],
            "label": ["bcc" if file.parent.name == "1" else "nv" for file in files],
        }
    )
    dataset = Dataset(HAM10000_SPEC, table, real_data)
    found = by_class(table, ensure_statistics(dataset), ("nv", "bcc"), "brightness")
    means = pd.Series([grey_of(path).mean() for path in table["path"]])
    for label in ("nv", "bcc"):
        of_class = means[(table["label"] == label).to_numpy()]
        expected = [len(of_class), of_class.mean(), of_class.var(), of_class.min(), of_class.max()]
        names = ["images", "mean", "variance", "minimum", "maximum"]
        assert found.loc[label, names].to_numpy(float) == pytest.approx(expected, rel=1e-4)
    # Tumour is stained more densely than fat and stroma: positive patches are darker, as in the histology report.
    assert found.at["bcc", "mean"] < found.at["nv", "mean"]
