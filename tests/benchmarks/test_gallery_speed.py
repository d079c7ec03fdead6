"""A page of 48 pictures from kept thumbnails against decoding them, and a gallery of a million rows."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.catalog import open_dataset
from core.data.images.thumbnails import kept_thumbnail
from dashboard.state.picture_order import ORDERS, put_in_order

PAGE, HEIGHT = 48, 180


def test_a_second_opening_of_a_gallery_page_against_the_first(
    real_data: Path, artifacts: Path, monkeypatch: pytest.MonkeyPatch, ratio
) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    paths = open_dataset("ham10000").table["path"].head(PAGE).tolist()

    def decoded() -> None:
        shutil.rmtree(artifacts / "thumbnails", ignore_errors=True)
        for path in paths:
            kept_thumbnail(path, HEIGHT)

    def kept() -> None:
        for path in paths:
            kept_thumbnail(path, HEIGHT)

    decoded()  # the files are in memory now, for both alike
    ratio(decoded, kept, target=5, rounds=7)


def test_sorting_a_million_pictures_against_copying_the_sorted_table(ratio) -> None:
    rng = np.random.default_rng(0)
    ids = np.char.add("p", np.arange(1_000_000).astype(str)).astype(object)
    table = pd.DataFrame({"image_id": ids, "label": "nv", "group_id": ids, "age": rng.integers(0, 90, 10**6) * 1.0})
    table = table.assign(sex="female", site="back", path=ids)
    statistics = pd.DataFrame({"brightness": rng.uniform(0, 255, 10**6)}, index=pd.Index(ids, name="image_id"))
    order = next(order for order in ORDERS if order.key == "darkest")

    def plain() -> None:
        table.join(statistics, on="image_id").sort_values("brightness", kind="stable").head(PAGE)

    def ours() -> None:
        table.iloc[put_in_order(table, order, statistics, None).page(1, PAGE)]

    ratio(plain, ours, target=1.5)
