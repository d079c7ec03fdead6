"""What was chosen on a map: from a chart's event to image ids, counts and rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.data.spec import DatasetSpec
from dashboard.state.map_area import Corner, area_from_text, area_to_text, within_area

MOST_NAMED = 20
"""Images that are named in an address one by one."""


def chosen_ids(event: Mapping[str, Any] | None) -> list[str]:
    """Image ids of the points in a chart's selection, each once, in their order."""
    points = (event or {}).get("selection", {}).get("points", [])
    found = [point["customdata"] for point in points if point.get("customdata")]
    return list(dict.fromkeys(str(c[0] if isinstance(c, list | tuple) else c["0"]) for c in found))


def keep_in_address(area: Sequence[Corner] = (), chosen: Sequence[str] = ()) -> None:
    """Put what was chosen into the address: the `area` that was drawn around, else the `chosen` images."""
    asked = {"area": area_to_text(area), "chosen": "" if area or len(chosen) > MOST_NAMED else ",".join(chosen)}
    for name, text in asked.items():
        if text:
            st.query_params[name] = text
        else:
            st.query_params.pop(name, None)


def chosen_in_address(points: pd.DataFrame) -> list[str]:
    """Image ids of those `points` of the map that the address chooses; nothing where it chooses none of them."""
    if area := area_from_text(st.query_params.get("area", "")):
        inside = within_area(points["x"].to_numpy(), points["y"].to_numpy(), area)
        return points["image_id"][inside].tolist()
    named = set(st.query_params.get("chosen", "").split(","))
    return [image_id for image_id in points["image_id"] if image_id in named]


def not_on_the_map(points: pd.DataFrame) -> str:
    """What the address chooses that is none of the `points` of the map, in a sentence; empty where all of it is."""
    if (area := st.query_params.get("area", "")) and not area_from_text(area):
        return "The address says what to draw around, but it cannot be read."
    gone = set(filter(None, st.query_params.get("chosen", "").split(","))) - set(points["image_id"])
    if not gone:
        return ""
    verb = "is" if len(gone) == 1 else "are"
    return f"{len(gone):,} of the pictures that the address chooses {verb} not on this map."


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
