"""What was chosen on a map: from a chart's event to image ids, counts and rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from core.data.spec import DatasetSpec


def chosen_ids(event: Mapping[str, Any] | None) -> list[str]:
    """Image ids of the points in a chart's selection, each once, in their order."""
    points = (event or {}).get("selection", {}).get("points", [])
    found = [point["customdata"] for point in points if point.get("customdata")]
    return list(dict.fromkeys(str(c[0] if isinstance(c, list | tuple) else c["0"]) for c in found))


def counts_by_class(rows: pd.DataFrame, table: pd.DataFrame, spec: DatasetSpec) -> pd.DataFrame:
    """Images of each class among the chosen rows, their share, and the share of the class among all of `table`."""
    counts = rows["label"].value_counts()
    everywhere = table["label"].value_counts(normalize=True)
    return pd.DataFrame(
        {
            "diagnosis": [spec.class_names.get(key, key) for key in counts.index],
            "images": counts.to_numpy(),
            "share": (counts / max(len(rows), 1)).to_numpy(),
            "on the map": everywhere.reindex(counts.index).to_numpy(),
        }
    )


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by diagnosis, the most frequent among them first as in `counts_by_class`, and then by image id."""
    place = {key: number for number, key in enumerate(rows["label"].value_counts().index)}
    return rows.assign(_place=rows["label"].map(place)).sort_values(["_place", "image_id"]).drop(columns="_place")


def malignancy(labels: pd.Series, spec: DatasetSpec) -> pd.Series:
    """ "malignant" or "benign" for each label; missing where nobody has said which of them its class is."""
    return labels.map({c.key: c.kind for c in spec.classes if c.malignant is not None})


def correctness(predictions: pd.DataFrame, class_keys: Sequence[str]) -> pd.Series:
    """ "right" or "wrong" by image id, for the pictures that a run was judged on."""
    columns = [f"p_{key}" for key in class_keys]
    predicted = predictions[columns].idxmax(axis=1).str.removeprefix("p_")
    right = (predicted == predictions["true"]).map({True: "right", False: "wrong"})
    return right.set_axis(predictions["image_id"]).groupby(level=0).first()
