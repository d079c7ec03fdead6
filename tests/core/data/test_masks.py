import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.errors import DataError, PictureError
from core.data.adapters.ham10000 import read_ham10000
from core.data.masks import (
    folder_of_masks,
    forget_masks,
    heat_inside,
    lesions_of,
    masks_beside,
    masks_in_folder,
    read_mask,
)


def test_masks_among_pictures_are_found_by_the_name_of_their_picture(tmp_path: Path) -> None:
    for folder, name in (("images", "a.jpg"), ("images", "b.jpg"), ("masks", "a_segmentation.png"), ("masks", "b.png")):
        (tmp_path / folder).mkdir(exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / folder / name)
    expected = {"a": tmp_path / "masks" / "a_segmentation.png", "b": tmp_path / "masks" / "b.png"}
    for found in (masks_beside(tmp_path), masks_in_folder(tmp_path / "masks"), masks_in_folder(tmp_path)):
        assert {name: found[name] for name in "ab"} == expected


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
    Image.fromarray(pixels // 255).save(tmp_path / "ones.png")
    Image.fromarray(pixels > 0).resize((600, 400)).save(tmp_path / "large.png")
    for name in ("ones.png", "large.png"):
        assert (read_mask(tmp_path / name, 20) == mask).all(), name


def test_a_photograph_is_no_mask(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(PictureError, match="is no mask"):
        read_mask(tmp_path / "a.png", 20)


def test_what_shows_no_lesion_is_no_mask_of_one(tmp_path: Path) -> None:
    for name in ("a.jpg", "a_superpixels.png", "a_segmentation.png", "a_attribute_globules.png", "heatmaps/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    assert masks_beside(tmp_path)["a"] == tmp_path / "a_segmentation.png"
    assert set(masks_beside(tmp_path).values()) == {tmp_path / "a_segmentation.png"}


def as_published(folder: Path, names: list[str]) -> None:
    """HAM10000 as it is published: a table, and pictures in two folders."""
    for number, name in enumerate(names):
        place = folder / f"HAM10000_images_part_{number % 2 + 1}"
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60, 45), (200, 150, 140)).save(place / f"{name}.jpg")
    lines = [f"HAM_{number},{name},nv,histo,50.0,male,back" for number, name in enumerate(names)]
    head = "lesion_id,image_id,dx,dx_type,age,sex,localization"
    (folder / "HAM10000_metadata.csv").write_text("\n".join([head, *lines]))


NAMES = ["ISIC_0024306", "ISIC_0024307", "patient3_lesion1", "patient3_lesion2"]


@pytest.mark.parametrize("ending", ["_segmentation", ""])
@pytest.mark.parametrize("within", [True, False])
def test_masks_of_a_data_set_are_found_in_a_tree_of_their_own_and_brought_afterwards(
    artifacts: Path, tmp_path: Path, ending: str, within: bool
) -> None:
    data = tmp_path / "ham10000"
    as_published(data, NAMES)
    before = read_ham10000(data)
    assert lesions_of(before) == {}
    masks = (data if within else tmp_path) / "HAM10000_segmentations_lesion_tschandl"
    masks.mkdir()
    for name in NAMES:
        Image.new("L", (600, 450), 255).save(masks / f"{name}{ending}.png")
    dataset = read_ham10000(data)
    assert dataset.table["path"].tolist() == before.table["path"].tolist(), "no mask is taken for its picture"
    expected = {name: masks / f"{name}{ending}.png" for name in NAMES}
    assert lesions_of(dataset) == (expected if within else {})
    assert lesions_of(dataset, masks) == expected
    assert lesions_of(dataset) == expected, "they are kept for the data set"
    assert folder_of_masks("ham10000") == masks
    forget_masks("ham10000")
    assert lesions_of(dataset) == (expected if within else {})


def test_a_folder_of_masks_that_fits_no_picture_is_refused_and_one_that_is_gone_is_done_without(
    artifacts: Path, tmp_path: Path
) -> None:
    as_published(tmp_path / "ham10000", NAMES)
    dataset = read_ham10000(tmp_path / "ham10000")
    (tmp_path / "masks").mkdir()
    Image.new("L", (8, 8), 255).save(tmp_path / "masks" / "other.png")
    with pytest.raises(DataError, match=r"No mask in .* is called like a picture of HAM10000"):
        lesions_of(dataset, tmp_path / "masks")
    assert folder_of_masks("ham10000") is None
    (tmp_path / "masks" / "other.png").rename(tmp_path / "masks" / f"{NAMES[0]}.png")
    assert set(lesions_of(dataset, tmp_path / "masks")) == {NAMES[0]}
    shutil.rmtree(tmp_path / "masks")
    assert lesions_of(dataset) == {}


def test_a_map_that_knows_nothing_of_the_lesion_has_as_much_heat_in_it_as_it_has_area() -> None:
    inside = np.zeros((10, 10), bool)
    inside[:, :3] = True
    assert heat_inside(np.ones((10, 10)), inside) == pytest.approx((0.3, 0.3))
    assert heat_inside(inside.astype(float), inside) == pytest.approx((1.0, 0.3))
    assert heat_inside(np.zeros((10, 10)), inside) is None
    assert heat_inside(np.ones((10, 10)), ~inside & inside) is None
