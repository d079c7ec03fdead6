"""What is amiss with a picture is said, each in its own sentence, by what the data set's own pictures are like."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from core.data.images.pictures import decode_within, read_picture
from core.serving.picture_quality import OF_SKIN, SIDE, QualityLimits, limits_of, measure_quality, remarks


@pytest.fixture(scope="module")
def pictures(demo_root: Path) -> list[np.ndarray]:
    files = sorted((demo_root / "data" / "demo").rglob("*.jpg"))[:150]
    return [read_picture(file).rgb for file in files]


@pytest.fixture(scope="module")
def limits(pictures: list[np.ndarray]) -> QualityLimits:
    return limits_of([measure_quality(each) for each in pictures], lesions=True)


def with_hair(rgb: np.ndarray) -> np.ndarray:
    image, rng = Image.fromarray(rgb), np.random.default_rng(0)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        (x, y), turn = rng.integers(0, image.size), rng.uniform(0, 3)
        draw.line([(x, y), (x + 200 * np.cos(turn), y + 200 * np.sin(turn))], fill=(20, 15, 10), width=2)
    return np.asarray(image)


def smaller_lesion(rgb: np.ndarray) -> np.ndarray:
    """The picture in the middle of much of its own skin."""
    image = Image.fromarray(rgb)
    around = Image.new("RGB", image.size, tuple(int(v) for v in np.median(rgb[:6].reshape(-1, 3), axis=0)))
    size = (image.width // 8, image.height // 8)
    around.paste(image.resize(size), ((image.width - size[0]) // 2, (image.height - size[1]) // 2))
    return np.asarray(around)


SPOILT = {
    "blurred": lambda rgb: np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(12))),
    "too dark": lambda rgb: (rgb * 0.15).astype(np.uint8),
    "too bright": lambda rgb: (255 - (255 - rgb) * 0.1).astype(np.uint8),
    "hair": with_hair,
    "lesion is small": smaller_lesion,
}


@pytest.mark.parametrize("word", SPOILT)
def test_what_was_done_to_a_picture_is_said(word: str, pictures: list[np.ndarray], limits: QualityLimits) -> None:
    said = [" ".join(remarks(measure_quality(SPOILT[word](each)), limits)) for each in pictures[:20]]
    assert np.mean([word in each for each in said]) >= 0.9, said


def test_without_limits_of_the_data_set_those_of_dermoscopy_hold_and_elsewhere_none_but_the_coarsest(
    pictures: list[np.ndarray],
) -> None:
    dark, grey = (
        measure_quality(each) for each in (SPOILT["too dark"](pictures[0]), np.full((90, 90, 3), 90, np.uint8))
    )
    [said] = [each for each in remarks(dark, None, skin=True) if "too dark" in each]
    assert said.endswith("99 of 100 dermoscopic pictures of HAM10000 are better in this.")
    assert any("is small" in each for each in remarks(grey, None, skin=True))
    assert remarks(grey, None) == ("The picture is blurred: take it again, with the camera still.",)
    black = measure_quality(np.zeros((90, 90, 3), np.uint8))
    assert len(remarks(black, None)) == 3, "blurred, too dark, and all of it black"


@pytest.mark.real_data
def test_the_limits_of_dermoscopy_let_99_of_100_pictures_pass_each(real_data: Path) -> None:
    files = sorted((real_data / "ham10000").rglob("*.jpg"))[::50]
    measures = [measure_quality(decode_within(file, SIDE, SIDE)[0]) for file in files]
    for name, met in (
        ("least_sharpness", [each.sharpness < OF_SKIN.least_sharpness for each in measures]),
        ("least_brightness", [each.brightness < OF_SKIN.least_brightness for each in measures]),
        ("most_brightness", [each.brightness > OF_SKIN.most_brightness for each in measures]),
        ("most_clipped", [each.clipped > OF_SKIN.most_clipped for each in measures]),
        ("least_lesion", [each.lesion < OF_SKIN.least_lesion for each in measures]),
        ("most_hair", [each.hair > OF_SKIN.most_hair for each in measures]),
    ):
        assert np.mean(met) <= 0.03, f"{name}: one in a hundred of all, by chance some more of these 200"


def test_most_pictures_of_the_data_set_itself_are_good_enough(
    pictures: list[np.ndarray], limits: QualityLimits
) -> None:
    said = [remarks(measure_quality(each), limits) for each in pictures]
    assert np.mean([bool(each) for each in said]) < 0.12


def test_where_pictures_show_no_lesion_neither_its_size_nor_hair_is_spoken_of(pictures: list[np.ndarray]) -> None:
    limits = limits_of([measure_quality(each) for each in pictures[:50]], lesions=False)
    for spoil in (with_hair, smaller_lesion):
        said = " ".join(remarks(measure_quality(spoil(pictures[0])), limits))
        assert "hair" not in said
        assert "lesion" not in said


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 4000, 3), (8, 8, 3), (300, 200, 3)])
def test_a_picture_of_any_shape_is_measured(shape: tuple[int, int, int], limits: QualityLimits) -> None:
    for level in (0, 255):
        measured = measure_quality(np.full(shape, level, np.uint8))
        assert 0 <= measured.lesion <= 1
        assert 0 <= measured.hair <= 1
        assert remarks(measured, limits)
