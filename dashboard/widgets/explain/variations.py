"""What would have to be different: how an answer moves when the picture is turned, cropped, lit or drawn upon."""

import numpy as np
import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.errors import LesionLabError
from core.base.percents import percent
from core.data.metadata_encoding import Patient
from core.explain.variations import VARIATIONS
from core.runs.run_folder import RunFolder
from core.serving.explaining import VariedAnswers
from core.serving.predictor import PredictorInfo
from dashboard.charts.explaining import variation_chart
from dashboard.markdown import Markdown
from dashboard.state.explaining import variations_of
from dashboard.widgets.csv_button import csv_button


@st.fragment
def show_variations(
    run: RunFolder, info: PredictorInfo, square: np.ndarray, likeliest: str, patient: Patient | None = None
) -> None:
    """How the answer of a run moves with its picture (size, size, 3) uint8, in words, a chart and pictures.

    What the model is told of the person in the picture stays as it is.
    """
    st.subheader("What would have to be different?")
    names = {c.key: c.name for c in info.classes}
    try:
        varied = variations_of(run, square, patient)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    keys = list(info.class_keys)
    for each, variation in zip(varied, VARIATIONS, strict=True):
        st.markdown(Markdown("- **{}**: {}").format(each.name, _in_words(each, variation, keys, names, likeliest)))
    st.plotly_chart(
        variation_chart(varied, info.classes, likeliest),
        alt=f"Probability of {names[likeliest]} for each change of the picture",
    )
    st.caption(
        "A point has the colour of the class that is most likely then. None of these changes turns one lesion into "
        "another, so an answer that moves with them depends on how the picture was taken."
    )
    _show_pictures(varied, keys, names)
    csv_button("Answers as CSV", lambda: _table(varied, keys), f"{run.run_id}-variations.csv")


def _in_words(each: VariedAnswers, variation, keys: list[str], names: dict[str, str], likeliest: str) -> str:
    said = each.probabilities.argmax(axis=1)
    of_class = each.probabilities[:, keys.index(likeliest)]
    span = f"the probability stays between {percent(of_class.min(), 0)} and {percent(of_class.max(), 0)}"
    others = [
        f"{names[keys[n]]} at {amount:g} {variation.unit}"
        for n, amount in zip(said, variation.amounts, strict=True)
        if keys[n] != likeliest
    ]
    if not others:
        return f"the answer stays; {span}."
    shown = ", ".join(others[:3]) + (
        f" and in {counted(len(others) - 3, 'more amounts')} another class" if len(others) > 3 else ""
    )
    return f"the answer becomes {shown}; {span}."


def _show_pictures(varied: list[VariedAnswers], keys: list[str], names: dict[str, str]) -> None:
    chosen = st.segmented_control(
        "Show the pictures of", [each.name for each in varied], default=varied[0].name, required=True
    )
    each, variation = next(pair for pair in zip(varied, VARIATIONS, strict=True) if pair[0].name == chosen)
    grid = st.grid(min_column_width=110)
    for picture, said, amount in zip(each.pictures, each.probabilities, variation.amounts, strict=True):
        best = int(said.argmax())
        grid.image(
            picture,
            width="stretch",
            caption=f"{amount:g} {variation.unit}: {names[keys[best]]} {percent(said[best], 0)}",
            alt=f"{chosen}, {amount:g} {variation.unit}",
        )


def _table(varied: list[VariedAnswers], keys: list[str]) -> pd.DataFrame:
    rows = [
        {"variation": each.name, "amount": amount, "unit": variation.unit}
        | {f"p_{key}": float(p) for key, p in zip(keys, said, strict=True)}
        for each, variation in zip(varied, VARIATIONS, strict=True)
        for said, amount in zip(each.probabilities, variation.amounts, strict=True)
    ]
    return pd.DataFrame(rows)
