from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.errors import DataError
from core.data.masks import heat_inside, masks_beside, masks_in_folder, read_mask


def test_masks_among_pictures_are_found_by_the_name_of_their_picture(tmp_path: Path) -> None:
    for folder, name in (("images", "a.jpg"), ("images", "b.jpg"), ("masks", "a_segmentation.png"), ("masks", "b.png")):
        (tmp_path / folder).mkdir(exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / folder / name)
    expected = {"a": tmp_path / "masks" / "a_segmentation.png", "b": tmp_path / "masks" / "b.png"}
    assert masks_beside(tmp_path) == expected
    assert masks_in_folder(tmp_path / "masks") == expected


def test_a_folder_without_a_mask_is_refused_and_pictures_alone_have_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no mask in"):
        masks_in_folder(tmp_path)
    with pytest.raises(DataError):
        masks_in_folder(tmp_path / "not there")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    assert masks_beside(tmp_path) == {}


def test_a_mask_is_white_where_the_lesion_is_at_any_size(tmp_path: Path) -> None:
    pixels = np.zeros((40, 60), np.uint8)
    pixels[10:20, 15:30] = 255
    Image.fromarray(pixels).save(tmp_path / "a.png")
    mask = read_mask(tmp_path / "a.png", 20)
    assert mask.dtype == bool
    assert mask[5:10, 5:10].all()
    assert mask.sum() == 25


def test_a_map_that_knows_nothing_of_the_lesion_has_as_much_heat_in_it_as_it_has_area() -> None:
    inside = np.zeros((10, 10), bool)
    inside[:, :3] = True
    assert heat_inside(np.ones((10, 10)), inside) == pytest.approx((0.3, 0.3))
    assert heat_inside(inside.astype(float), inside) == pytest.approx((1.0, 0.3))
    assert heat_inside(np.zeros((10, 10)), inside) is None
    assert heat_inside(np.ones((10, 10)), ~inside & inside) is None
