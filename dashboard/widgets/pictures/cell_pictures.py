"""The pictures behind one cell of a confusion matrix."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.base.errors import PictureError
from core.base.percents import percent
from core.data.spec import Dataset
from dashboard.markdown import Markdown
from dashboard.state.loading import thumbnail
from dashboard.widgets.explain.link import link_to_explanation
from dashboard.widgets.pictures.gallery import link_to_picture
from dashboard.widgets.shares_table import shares_written
from dashboard.widgets.whole_cards import CARD

PER_PAGE = 12
"""Two rows of six at the full width of a page; two, three or four in a row leave no gap either."""
BESIDE = 8
"""As many beside a chart, where four stand in a row."""


def clicked_cell(selection: Mapping[str, Any]) -> tuple[str, str] | None:
    """True and predicted class key of the cell clicked in a `confusion_chart`; None where a click was taken back."""
    points = selection["points"]
    return tuple(points[0]["customdata"][:2]) if points else None


def cell_rows(predictions: pd.DataFrame, predicted: pd.Series, true: str, taken_for: str) -> pd.DataFrame:
    """Predictions of one cell, the most confident first, with a column `confidence` (0…1)."""
    rows = predictions[(predictions["true"] == true) & (predicted == taken_for)]
    return rows.assign(confidence=rows[f"p_{taken_for}"]).sort_values("confidence", ascending=False)


def show_samples_of_cell(rows: pd.DataFrame) -> None:
    """The samples of a cell, of which there is nothing to see, as a table with the confidence in each."""
    shown = rows[["image_id", "group_id", "confidence"]].rename(columns={"image_id": "sample", "group_id": "group"})
    st.dataframe(
        shares_written(shown, ["confidence"]),
        hide_index=True,
        alt="The samples of the cell and the confidence in each",
    )


def show_cell(
    rows: pd.DataFrame,
    dataset: Dataset,
    key: str,
    heat_maps: Mapping[str, str] | None = None,
    *,
    linked: bool = False,
    per_page: int = PER_PAGE,
) -> None:
    """A paged grid of the pictures, each with id, confidence, what is known of the person, and what `said` says.

    Args:
        rows: with the column `image_id`; `confidence` (0…1) and `said` where there is more to say.
        dataset: that has the pictures.
        key: what tells this grid from others of the page.
        heat_maps: links to the heat maps of each picture: what each is called, and the id of the run.
        linked: with a link to the page Pictures, where it is seen large and with all that is known of it.
        per_page: how many stand on one of its pages.
    """
    pages = max(1, -(-len(rows) // per_page))
    page = st.pagination(pages, key=key) if pages > 1 else 1
    table = dataset.table.drop_duplicates("image_id").set_index("image_id")
    grid = st.grid(min_column_width=150)
    for number, row in enumerate(rows.iloc[(page - 1) * per_page : page * per_page].itertuples()):
        cell = grid.container(key=f"{CARD}{key}-{number}")
        if row.image_id not in table.index:
            cell.caption(f"{row.image_id} is no longer in the data set.")
            continue
        found = table.loc[row.image_id]
        known = [f"{found['age']:.0f} years" if pd.notna(found["age"]) else "", found["sex"], found["site"]]
        about = ", ".join(str(fact) for fact in [getattr(row, "said", ""), *known] if isinstance(fact, str) and fact)
        try:
            cell.image(thumbnail(found["path"]), width="stretch", alt=f"Picture {row.image_id}")
        except PictureError as error:
            cell.caption(str(error))
        sure = Markdown("**{}** · ").format(percent(row.confidence, 0)) if hasattr(row, "confidence") else Markdown("")
        cell.caption(Markdown("{}{}  \n{}").format(sure, row.image_id, about))
        if not linked and not heat_maps:
            continue
        links = cell.container(horizontal=True, gap="xsmall")
        if linked:  # first, for it is where a click on the picture leads
            link_to_picture(links, str(row.image_id), dataset.spec)
        for label, run_id in (heat_maps or {}).items():
            link_to_explanation(links, run_id, row.image_id, dataset.spec.name, label)
