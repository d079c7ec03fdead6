"""In which order the pictures of a gallery stand."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Order:
    """One way to sort: by a column of `source`, what is not known last."""

    key: str
    name: str
    column: str
    source: str = "metadata"
    """Where the column stands: "metadata", "statistics", or "losses" (pictures without a loss are left out)."""
    descending: bool = False
    unit: str = ""


ORDERS = tuple(
    Order(*each)
    for each in (
        ("id", "Image id", "image_id"),
        ("youngest", "Age, youngest first", "age"),
        ("oldest", "Age, oldest first", "age", "metadata", True),
        ("darkest", "Brightness, darkest first", "brightness", "statistics", False, "brightness"),
        ("brightest", "Brightness, brightest first", "brightness", "statistics", True, "brightness"),
        ("blurred", "Sharpness, most blurred first", "sharpness", "statistics", False, "sharpness"),
        ("sharpest", "Sharpness, sharpest first", "sharpness", "statistics", True, "sharpness"),
        ("hardest", "Loss under a run, highest first", "loss", "losses", True, "loss"),
        ("easiest", "Loss under a run, lowest first", "loss", "losses", False, "loss"),
    )
)


@dataclass(frozen=True)
class Ordered:
    """Row positions in the table, in order, and the value that each was sorted by (None where by metadata)."""

    positions: np.ndarray
    values: np.ndarray | None
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.positions)

    def page(self, number: int, size: int) -> np.ndarray:
        """Positions on a page, the first of which has the number 1."""
        return self.positions[(number - 1) * size : number * size]


def put_in_order(
    table: pd.DataFrame, order: Order, statistics: pd.DataFrame | None, losses: pd.DataFrame | None
) -> Ordered:
    """Sort rows of tidy metadata without copying them; equal ones keep their order in the table.

    Args:
        table: rows that pass the filters.
        order: how to sort; what its source lacks is sorted last, or left out if it is a loss.
        statistics: as `core.data.statistics.picture_statistics`; needed for its orders.
        losses: as `core.evaluation.losses`; needed for its orders.
    """
    if order.column == "image_id":
        if table["image_id"].is_monotonic_increasing:  # sorting a million texts takes a second, looking does not
            return Ordered(np.arange(len(table)), None)
        return Ordered(table["image_id"].argsort(kind="stable").to_numpy(), None)
    source = {"statistics": statistics, "losses": losses}.get(order.source)
    if order.source == "metadata":
        values = table[order.column].to_numpy(dtype=np.float64)
    elif source is None:
        values = np.full(len(table), np.nan)
    else:
        values = source[order.column].reindex(table["image_id"]).to_numpy(dtype=np.float64)
    positions = np.argsort(-values if order.descending else values, kind="stable")
    left_out = 0
    if order.source == "losses":
        left_out = int(np.isnan(values).sum())
        positions = positions[: len(positions) - left_out]
    return Ordered(positions, None if order.source == "metadata" else values[positions], left_out)


def place_of(table: pd.DataFrame, ordered: Ordered, image_id: str) -> int | None:
    """Where a picture stands in the order, from 0; None if it is not among them."""
    [rows] = np.nonzero((table["image_id"] == image_id).to_numpy())
    if not len(rows):
        return None
    [places] = np.nonzero(ordered.positions == rows[0])
    return int(places[0]) if len(places) else None
