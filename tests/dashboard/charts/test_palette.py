"""The class colours: one per class, warm or cool, readable by colour-blind people in both appearances."""

import colorsys
import itertools
import tomllib

import numpy as np
import pytest

from core.base.settings import PROJECT_ROOT
from core.data.adapters.skin import HAM10000_CLASSES
from core.data.spec import ClassSpec
from dashboard.charts.palette import KINDS, NOT_RECORDED, class_colours

SIGHT = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Machado, Oliveira, Fernandes 2009 (doi:10.1109/TVCG.2009.113), severity 1, on linear RGB."""
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)

TEN = [ClassSpec(f"m{n}", f"malignant {n}", True) for n in range(5)]
TEN += [ClassSpec(f"b{n}", f"benign {n}", False) for n in range(5)]
ISIC_2019 = [ClassSpec(key, key, key in ("mel", "bcc", "ak", "scc")) for key in "mel nv bcc ak bkl df vasc scc".split()]


def test_the_seven_classes_of_ham10000_are_told_apart_with_every_kind_of_sight() -> None:
    for sight, matrix in SIGHT.items():
        closest = _closest(list(class_colours(HAM10000_CLASSES).values()), np.array(matrix))
        assert closest >= 12, f"{sight}: {closest:.1f}"


def test_five_malignant_and_five_benign_classes_are_told_apart_with_every_kind_of_sight() -> None:
    for sight, matrix in SIGHT.items():
        closest = _closest(list(class_colours(TEN).values()), np.array(matrix))
        assert closest >= 8, f"{sight}: {closest:.1f}"


def test_values_without_a_colour_of_their_own_are_told_apart_with_every_kind_of_sight() -> None:
    for sight, matrix in SIGHT.items():
        closest = _closest([*KINDS, NOT_RECORDED], np.array(matrix))
        assert closest >= 12, f"{sight}: {closest:.1f}"


def test_the_distance_agrees_with_the_published_test_data() -> None:
    # Sharma, Wu, Dalal 2005 (doi:10.1002/col.20070), table 1, pairs 1, 7 and 25
    pairs = [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ]
    for first, second, expected in pairs:
        assert _ciede2000(np.array(first), np.array(second)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_every_colour_stands_out_from_the_page(appearance: str) -> None:
    config = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text())
    page = _luminance(config["theme"][appearance]["backgroundColor"])
    for key, colour in class_colours(TEN).items():
        low, high = sorted((page, _luminance(colour)))
        assert (high + 0.05) / (low + 0.05) >= 3, key


def test_classes_that_nobody_has_called_malignant_or_benign_have_colours_of_their_own() -> None:
    neither = [ClassSpec(f"type {n}", f"type {n}", None) for n in range(10)]
    assert len(set(class_colours(neither).values())) == 10
    for sight, matrix in SIGHT.items():
        assert _closest(list(class_colours(neither).values()), np.array(matrix)) >= 8, sight
    mixed = [ClassSpec("x", "x", None), *HAM10000_CLASSES]
    assert {k: v for k, v in class_colours(mixed).items() if k != "x"} == class_colours(HAM10000_CLASSES)


def test_malignant_classes_are_warm_and_benign_ones_cool() -> None:
    for classes in (HAM10000_CLASSES, ISIC_2019, TEN):
        for each in classes:
            hue = _hue(class_colours(classes)[each.key])
            assert (hue <= 60 or hue >= 320) if each.malignant else 150 <= hue <= 290, each.key


def test_a_diagnosis_keeps_its_colour_in_every_data_set() -> None:
    ham, isic = class_colours(HAM10000_CLASSES), class_colours(ISIC_2019)
    assert {key: ham[key] for key in ham if key in isic} == {key: isic[key] for key in isic if key in ham}
    assert isic["ak"] == ham["akiec"]
    assert class_colours(HAM10000_CLASSES[::-1]) == ham
    folders = class_colours([ClassSpec("Melanoma", "melanoma", True), ClassSpec("Nevus", "melanocytic nevus", False)])
    assert folders == {"Melanoma": ham["mel"], "Nevus": ham["nv"]}


def test_two_classes_that_mean_the_same_diagnosis_are_told_apart() -> None:
    colours = class_colours([ClassSpec(key, key, True) for key in ("malignant melanoma", "melanoma", "bcc")])
    assert len(set(colours.values())) == 3


def test_an_unknown_class_takes_a_colour_that_no_known_class_has() -> None:
    colours = class_colours([*HAM10000_CLASSES, ClassSpec("merkel", "Merkel cell carcinoma", True)])
    assert len(set(colours.values())) == 8


def test_there_are_colours_for_more_classes_than_can_be_told_apart() -> None:
    classes = [ClassSpec(f"tissue {n}", f"tissue {n}", False) for n in range(9)]
    assert set(class_colours(classes)) == {c.key for c in classes}


def _linear(colour: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _luminance(colour: str) -> float:
    return float(XYZ[1] @ _linear(colour))


def _hue(colour: str) -> float:
    return colorsys.rgb_to_hsv(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))[0] * 360


def _lab(linear: np.ndarray) -> np.ndarray:
    t = XYZ @ linear / XYZ.sum(axis=1)
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _closest(colours: list[str], sight: np.ndarray) -> float:
    seen = [_lab(np.clip(sight @ _linear(colour), 0, 1)) for colour in colours]
    return min(_ciede2000(a, b) for a, b in itertools.combinations(seen, 2))


def _ciede2000(first: np.ndarray, second: np.ndarray) -> float:
    """Distance of two colours in CIELAB (Sharma, Wu, Dalal 2005)."""
    (l1, a1, b1), (l2, a2, b2) = first, second
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1 * stretch)) % 360, np.degrees(np.arctan2(b2, a2 * stretch)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    delta_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    lightness, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    cosine = lambda factor, shift: np.cos(np.radians(factor * hue + shift))  # noqa: E731
    t = 1 - 0.17 * cosine(1, -30) + 0.24 * cosine(2, 0) + 0.32 * cosine(3, 6) - 0.20 * cosine(4, -63)
    s_l = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    rotation = np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    rotation *= -2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))
    terms = ((l2 - l1) / s_l, (c2 - c1) / s_c, delta_h / s_h)
    return float(np.sqrt(sum(x**2 for x in terms) + rotation * terms[1] * terms[2]))


def test_a_class_of_which_nobody_knows_takes_no_colour_of_one_that_is_known() -> None:
    classes = [ClassSpec("normal", "normal", False), ClassSpec("tumour", "tumor", None), ClassSpec("x", "x", None)]
    classes += [ClassSpec("cancer", "cancer", True)]
    assert len(set(class_colours(classes).values())) == 4


def test_two_classes_that_nobody_called_malignant_have_no_colour_that_means_it() -> None:
    colours = set(class_colours([ClassSpec("0", "0", None), ClassSpec("1", "1", None)]).values())
    assert len(colours) == 2
    assert colours.isdisjoint(class_colours(HAM10000_CLASSES)[key] for key in ("mel", "nv"))
