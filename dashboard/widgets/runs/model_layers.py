"""The layers of the model that is chosen, as a small diagram of what learns when, and as a table."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.base.errors import ConfigurationError, LesionLabError
from core.models.layer_table import Layer, kept_layer_table, steps_of
from core.models.registry import model_spec
from core.training.recipe import Recipe
from core.training.stages import first_that_learns
from dashboard.charts.model_layers import learning_chart
from dashboard.state.prediction import prediction_pool


@st.fragment
def show_layers(recipe: Recipe, classes: int) -> None:
    """A panel; what it shows is worked out beside the web process when it is first opened, and kept.

    Args:
        recipe: what is to be trained, its image size set.
        classes: how many classes there are to tell apart.
    """
    with st.expander("Layers of the model", icon=":material/account_tree:", on_change="rerun", key="layers") as panel:
        if not panel.open:
            return
        if layers := _layers_of(recipe, classes):
            try:
                first = [first_that_learns(each.learns, _blocks(layers), recipe.model) for each in recipe.as_stages]
            except ConfigurationError as error:
                st.error(str(error), icon=":material/error:")
                return
            _draw(recipe, layers, first)
            _table(recipe, layers, first)


def _layers_of(recipe: Recipe, classes: int) -> tuple[Layer, ...]:
    asked = (recipe.model, recipe.image_size, classes, recipe.architecture)
    if (kept := kept_layer_table(*asked)) is not None:
        return kept
    try:
        with st.spinner("The layers are being worked out …"):
            return prediction_pool().layer_table(*asked)
    except LesionLabError as error:
        st.info(str(error), icon=":material/info:")
        return ()


def _draw(recipe: Recipe, layers: Sequence[Layer], first: Sequence[int]) -> None:
    """Boxes for the parts of the network; those of one block stand or fall together."""
    steps, blocks = steps_of(layers), _blocks(layers)
    if not (steps and model_spec(recipe.model).gradient_trained):
        return
    places = [next(n for n, step in enumerate(steps) if blocks.index(step.block) >= place) for place in first]
    st.plotly_chart(
        learning_chart(steps, recipe.as_stages, places, sum(each.parameters for each in layers)),
        key="layers-chart",
        alt="The parts of the model from the picture to the classes, and which of them learn in each stage",
    )


def _table(recipe: Recipe, layers: Sequence[Layer], first: Sequence[int]) -> None:
    blocks = _blocks(layers)

    def learns_in(layer: Layer) -> str:
        if not layer.parameters:
            return ""
        stages = [n for n, place in enumerate(first, 1) if blocks.index(layer.block) >= place]
        if len(first) == 1:
            return "yes" if stages else "no"
        return ", ".join(map(str, stages)) or "never"

    table = pd.DataFrame(
        {
            "layer": each.name,
            "kind": each.kind,
            "output": each.shape,
            "parameters": each.parameters,
            "block": each.block,
            "learns" if len(first) == 1 else "learns in stage": learns_in(each),
        }
        for each in layers
    )
    st.dataframe(
        table,
        hide_index=True,
        height=320,
        column_config={"parameters": st.column_config.NumberColumn(format="localized")},
        alt="Every layer of the model with the shape of its output and the number of its parameters",
    )
    metadata = " Age, sex and site meet the picture in front of the head." if recipe.metadata else ""
    st.caption(
        f"{len(layers):,} layers with {sum(each.parameters for each in layers):,} parameters, for pictures of "
        f"{recipe.image_size}×{recipe.image_size}. The output is the shape that one picture has there.{metadata}"
    )


def _blocks(layers: Sequence[Layer]) -> list[str]:
    """Names of the blocks, from the stem to the head."""
    return list(dict.fromkeys(each.block for each in layers))
