"""The panel with the layers of a model: worked out when it is opened, once, and it says what learns when."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core.models.registry import model_spec
from core.serving.pool import PredictionPool


def page(learns: str) -> None:
    from core.training.recipe import make_recipe
    from dashboard.widgets.runs.model_layers import show_layers

    stages = [{"learns": learns, "epochs": 2}, {"learns": "all"}]
    recipe = make_recipe(dataset="demo", model="mobilenet-0.25", image_size=64, stages=stages, weights="none")
    show_layers(recipe, 5)


@pytest.fixture
def asked(artifacts, answered_here, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Models whose layers the processes beside the web process were asked for."""
    found: list[str] = []
    ask = PredictionPool.layer_table

    def noted(pool: PredictionPool, model: str, *how: object) -> object:
        found.append(model)
        return ask(pool, model, *how)

    monkeypatch.setattr(PredictionPool, "layer_table", noted)
    return found


def opened(learns: str) -> AppTest:
    test = AppTest.from_function(page, args=(learns,), default_timeout=120).run()
    assert not test.dataframe
    test.session_state["layers"] = True
    test.run()
    assert not test.exception
    return test


def test_a_table_and_a_diagram_say_what_learns_in_which_stage_and_are_worked_out_once(asked: list[str]) -> None:
    [table] = [each.value for each in opened("2").dataframe]
    head = table["block"] == "head"
    assert table["parameters"].sum() == model_spec("mobilenet-0.25").trunk.parameters + 256 * 5 + 5
    assert table["output"].iloc[[0, -1]].tolist() == ["64×64×3", "5"]
    learns = dict(zip(table["block"], table["learns in stage"], strict=True))
    of_weights = table[table["parameters"] > 0].groupby("block")["learns in stage"].unique().map(list)
    assert of_weights["head"] == of_weights["block13"] == of_weights["block12"] == ["1, 2"], learns
    assert of_weights["block11"] == of_weights["stem"] == ["2"]
    assert head.any()
    test = opened("head")
    assert asked == ["mobilenet-0.25"], "the second time it comes from the disk"
    [chart] = test.get("plotly_chart")
    traces = {each["name"]: each for each in json.loads(chart.proto.spec)["data"]}
    blocks = table["block"].nunique()
    assert {name: len(each["customdata"]) for name, each in traces.items()} == {
        "learns": blocks + 1,
        "frozen": blocks - 1,
    }


def test_a_stage_that_asks_for_more_blocks_than_there_are_says_how_many_there_are(asked: list[str]) -> None:
    test = opened("14")
    assert [each.value for each in test.error] == [
        "stages: mobilenet-0.25 has 13 blocks that can be trained by themselves, and 14 were asked for. Choose fewer "
        "blocks, or the whole network."
    ]
    assert not test.dataframe
