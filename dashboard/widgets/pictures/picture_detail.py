"""One picture, large: what is known of it, what was measured, what runs said, its siblings and what looks like it."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from core.base.counting import have
from core.base.errors import LesionLabError, PictureError
from core.data.spec import TIDY_COLUMNS, Dataset
from core.data.statistics.diagnosis_methods import method_in_words
from core.data.statistics.picture_statistics import MEASURES
from core.features.features import load_features, nearest
from core.features.neighbours import NEAR_MEANS, nearest_pictures
from core.runs.run_folder import RunSummary
from dashboard.charts.palette import class_colours, class_mark
from dashboard.markdown import Markdown
from dashboard.state.measured import load_losses, whole_picture
from dashboard.widgets.data.measuring_offer import offer_to_measure
from dashboard.widgets.pictures.gallery import about, class_name, show_pictures
from dashboard.widgets.run_names import run_title
from dashboard.widgets.shares_table import shares_written

SIBLINGS, NEIGHBOURS, RUNS = 12, 6, 20
"""At most so many are shown of each."""
_NAMES = {
    "image_id": "image",
    "diagnosis_method": "diagnosis made by",
    "site": "anatomical site",
    "split": "official split",
    "path": "file",
}


def show_large(row: pd.Series, dataset: Dataset) -> None:
    """The picture in full size, with a sentence on its size."""
    name = class_name(row, dataset.spec)
    try:
        content, (width, height), notes = whole_picture(row["path"])
    except PictureError as error:
        st.error(str(error), icon=":material/broken_image:")
        return
    st.image(content, width="stretch", alt=f"Picture {row['image_id']}: {', '.join(filter(None, [name, about(row)]))}")
    st.caption(" ".join([f"{width:,} × {height:,} pixels in the file.", *notes]))


def show_details(row: pd.Series, dataset: Dataset, statistics: pd.DataFrame | None) -> None:
    """Class, all metadata and everything that was measured."""
    spec = dataset.spec
    name = class_name(row, spec)
    kinds = {c.key: c.kind for c in spec.classes if c.malignant is not None}
    colours = class_colours(spec.classes)
    mark = class_mark(colours[row["label"]]) if row["label"] in colours else ""
    st.subheader(Markdown("{} {}").format(mark, name), anchor=False)
    if kind := kinds.get(row["label"]):
        st.badge(kind, color="red" if kind == "malignant" else "blue")
    st.dataframe(
        detail_table(row, dataset),
        hide_index=True,
        placeholder="not recorded",
        alt=f"Everything that is known of picture {row['image_id']}",
    )
    if statistics is not None and row["image_id"] in statistics.index:
        with st.expander("What was measured", icon=":material/straighten:"):
            st.dataframe(
                measured(statistics.loc[row["image_id"]]),
                hide_index=True,
                column_config={"value": st.column_config.NumberColumn(format="%.1f")},
                alt=f"Brightness, sharpness and colour of picture {row['image_id']}",
            )


def detail_table(row: pd.Series, dataset: Dataset) -> pd.DataFrame:
    """Every column of the metadata with its value as text, the known ones first and further columns after them."""
    names = {**_NAMES, "group_id": dataset.spec.group}
    order = [column for column in TIDY_COLUMNS if column in row.index and column not in ("label", "path")]
    order += [column for column in row.index if column not in TIDY_COLUMNS]
    order += ["path"]
    return pd.DataFrame(
        {
            "field": [names.get(column, column) for column in order],
            "value": [_text(column, row[column]) for column in order],
        }
    )


def measured(values: pd.Series) -> pd.DataFrame:
    """The statistics of one picture with their units and meanings."""
    rows = [(m.name, float(values[m.key]), m.unit, m.meaning) for m in MEASURES]
    return pd.DataFrame(rows, columns=["measure", "value", "unit", "meaning"])


def show_answers(row: pd.Series, dataset: Dataset, runs: Sequence[RunSummary]) -> None:
    """What finished runs said about the picture; only those that did not learn from it have something to say."""
    st.subheader("What runs said about it", anchor=False)
    if not runs:
        st.caption("No run on this data set has been evaluated yet.")
        return
    table = answers(str(row["image_id"]), runs[:RUNS], dataset.spec.class_names)
    if table.empty:
        st.caption(f"None of the {len(runs[:RUNS]):,} newest runs held this picture out: they learned from it.")
        return
    loss = st.column_config.NumberColumn(format="%.3f", help="−log of the true class's probability, nats")
    st.dataframe(
        shares_written(table, ["probability", "of the true class"]),
        hide_index=True,
        column_config={"loss": loss},
        alt="Predicted class and probabilities of each run",
    )


def answers(image_id: str, runs: Sequence[RunSummary], names: dict[str, str]) -> pd.DataFrame:
    """One line for each run that held the picture out; runs whose predictions cannot be read are passed over."""
    rows = []
    for summary in runs:
        try:
            losses = load_losses(summary.run)
        except (LesionLabError, OSError, ValueError, KeyError):
            continue
        if image_id not in losses.index:
            continue
        said = losses.loc[image_id]
        rows.append(
            {
                "run": run_title(summary),
                "part": said["part"],
                "predicted": names.get(said["predicted"], said["predicted"]),
                "right": bool(said["predicted"] == said["true"]),
                "probability": said["p_predicted"],
                "of the true class": said["p_true"],
                "loss": said["loss"],
            }
        )
    return pd.DataFrame(rows)


def show_siblings(row: pd.Series, dataset: Dataset) -> None:
    """The other pictures of its group, which must stay on one side of a split."""
    table, group = dataset.table, dataset.spec.group
    others = table[(table["group_id"] == row["group_id"]) & (table["image_id"] != row["image_id"])]
    st.subheader(f"Other pictures of the same {group}", anchor=False)
    if others.empty:
        st.caption(f"This is the only picture of its {group}.")
        return
    more = f"; {SIBLINGS} of them are shown" if len(others) > SIBLINGS else ""
    noun = "picture" if len(others) == 1 else "pictures"
    st.caption(f"{len(others):,} more {noun} of {group} {row['group_id']}{more}.")
    show_pictures(others.head(SIBLINGS), dataset.spec, key="sibling", min_column_width=140)


def show_neighbours(row: pd.Series, dataset: Dataset, statistics: pd.DataFrame | None) -> None:
    """The pictures that look most alike: by the features of the map if there are any, else by what was measured."""
    st.subheader("Its nearest neighbours", anchor=False)
    features = load_features(dataset)
    if features is not None:
        found = nearest(features, str(row["image_id"]), NEIGHBOURS)
        meaning = f"{features.source.kind.explanation} Distances are 1 − cosine."
    else:
        found = nearest_pictures(statistics, str(row["image_id"]), NEIGHBOURS) if statistics is not None else []
        meaning = f"Pictures that are {NEAR_MEANS}; distances are in standard deviations."
    if not found:
        if statistics is None:
            offer_to_measure(dataset)
        else:
            st.caption("There are none: this picture could not be read, or it is the only one.")
        return
    distances = dict(found)
    table = dataset.table[dataset.table["image_id"].isin(distances)].drop_duplicates("image_id")
    table = table.set_index("image_id", drop=False).reindex([image_id for image_id, _ in found]).dropna(subset="path")
    alike = int((table["label"] == row["label"]).sum())
    st.caption(f"{meaning} {alike} of these {len(table)} {have(alike)} the same diagnosis.")
    same = {i for i in table["image_id"] if table.at[i, "group_id"] == row["group_id"]}
    lines = {
        image_id: Markdown(":small[distance {:.2f}{}]").format(
            distance, f", same {dataset.spec.group}" if image_id in same else ""
        )
        for image_id, distance in found
    }
    show_pictures(table, dataset.spec, key="neighbour", captions=lines, min_column_width=140)


def _text(column: str, value: object) -> str | None:
    if pd.isna(value):
        return None
    if column == "path":
        return Path(str(value)).name  # where it lies on the server is nobody's business
    if column == "diagnosis_method":
        return method_in_words(value)
    return f"{value:.0f} years" if column == "age" else str(value)
