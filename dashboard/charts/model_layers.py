"""A model as a row of blocks, from the picture to the classes, and what of it learns in which stage."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.models.layer_table import Layer
from core.training.stages import Stage
from dashboard.charts.style import style

LEARNS, FROZEN = "#3B6FB6", "#B9C0C6"
"""What learns has the colour of the training part."""


def learning_chart(steps: Sequence[Layer], stages: Sequence[Stage], first: Sequence[int], parameters: int) -> go.Figure:
    """A row of boxes for each stage: filled where the network learns, pale where it is frozen.

    Args:
        steps: as `core.models.layer_table.steps_of` gives them, at least one.
        stages: of the recipe, at least one.
        first: of each stage, the place of the first step that learns.
        parameters: of the whole network; some layers are no step of their own.
    """
    figure = go.Figure()
    places = list(range(len(steps)))
    for learns, colour, name in ((True, LEARNS, "learns"), (False, FROZEN, "frozen")):
        boxes = [(row, place) for row in range(len(stages)) for place in places if (place >= first[row]) is learns]
        if not boxes:
            continue
        figure.add_bar(
            x=[place for _, place in boxes],
            y=[0.8] * len(boxes),
            base=[row - 0.4 for row, _ in boxes],
            width=0.86,
            name=name,
            marker_color=colour,
            customdata=[
                (
                    steps[place].name,
                    steps[place].kind,
                    steps[place].shape,
                    f"{steps[place].parameters:,}",
                    f"{name} in stage {row + 1}" if len(stages) > 1 else name,
                )
                for row, place in boxes
            ],
            hovertemplate="%{customdata[0]}: %{customdata[1]}<br>gives %{customdata[2]}<br>"
            "%{customdata[3]} parameters<br>%{customdata[4]}<extra></extra>",
        )
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(
        tickvals=places,
        ticktext=[f"{step.name} {step.shape}" for step in steps],
        tickangle=-90,
        tickfont_size=11,
        range=[-0.6, len(steps) - 0.4],
        title="from the picture to the classes",
    )
    figure.update_yaxes(
        tickvals=list(range(len(stages))),
        ticktext=[_said(number, stage, len(stages)) for number, stage in enumerate(stages, 1)],
        range=[len(stages) - 0.4, -0.6],
        showgrid=False,
    )
    return style(figure, title="What learns when", images=parameters, height=300 + 34 * len(stages), noun="parameter")


def _said(number: int, stage: Stage, stages: int) -> str:
    epochs = f"{stage.epochs} epoch{'s' * (stage.epochs != 1)}"
    return f"{number}: {epochs}" if stages > 1 else epochs
