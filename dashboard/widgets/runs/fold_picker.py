"""Whether a training is tested on one part, or on every fold of a cross-validation in turn."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.base.printable import printable
from core.data.splits.folds import FEWEST, MOST
from core.data.splits.splits import SplitKind
from core.training.recipe import Recipe
from dashboard.glossary import meaning


def pick_folds(
    start: Callable[[str], Any], kept: Callable[[str], dict[str, Any]], own: Sequence[str] = ()
) -> dict[str, Any]:
    """The fields `folds` and `fold` of a recipe, and with folds its `split`.

    Args:
        start: the value with which the widget of a field starts.
        kept: what lets the widget of a field keep its value.
        own: names of the folds that the data set has.
    """
    published = bool(own) and st.checkbox(
        f"Test on the {len(own)} folds of the data set",
        value=start("folds") == len(own) and start("split") == SplitKind.OFFICIAL,
        help=f"As its publishers divided it: {', '.join(map(printable, own))}. Else folds are dealt here, whole groups "
        "together.",
        **kept("own-folds"),
    )
    first, second = st.columns(2)
    numbers = [len(own)] if published else [0, *range(FEWEST, MOST + 1)]
    folds = first.selectbox(
        "Tested on",
        numbers,
        index=numbers.index(start("folds")) if start("folds") in numbers else 0,
        format_func=lambda n: f"{n} folds in turn" if n else "one test part",
        help=meaning("cross-validation"),
        disabled=published,
        **({"key": "train-folds-published"} if published else kept("folds")),
    )
    if not folds:
        return {"folds": 0, "fold": 0}
    fold = second.selectbox(
        "Train",
        range(folds + 1),
        index=start("fold") if start("fold") <= folds else 0,
        format_func=lambda n: f"fold {n} alone" if n else f"all {folds} folds",
        help=Recipe.model_fields["fold"].description,
        **kept(f"fold-of-{folds}"),
    )
    if not fold:
        st.caption(
            f"Makes {folds} runs. When all are finished, a run of their own has the out-of-fold predictions: each "
            "picture as the model answers that has not seen it."
        )
    return {"folds": folds, "fold": fold, "split": SplitKind.OFFICIAL if published else SplitKind.GROUPED}
