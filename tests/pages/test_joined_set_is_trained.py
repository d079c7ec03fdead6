"""A joined set is trained on for an epoch, to its evaluation, and the pages open on it and on its run."""

from pathlib import Path

import pytest

from core.data.catalog import look
from core.data.joined_sets import Member, join_sets, propose_mapping
from core.engine.training_process import RunWriter, train_run
from core.evaluation.predictions import load_predictions
from core.runs.run_folder import create_run
from core.runs.run_states import State
from core.training.recipe import make_recipe
from tests.core.data.test_joined_sets import picture

pytestmark = pytest.mark.slow


def test_a_joined_set_with_a_part_for_testing_alone_is_trained_on_and_its_pages_open(
    small_demo: Path, open_page
) -> None:
    """The demo and a folder in which a word stands where the demo has a number, which is for testing alone."""
    folder = small_demo.parents[2] / "data" / "clinic"
    lines = ["image,patient_id,label,age,diameter_mm"]
    for number in range(24):
        picture(folder / f"p{number}.png", number)
        lines.append(f"p{number},P{number // 2},{('Melanoma', 'Nevi')[number // 2 % 2]},{30 + number},large")
    (folder / "table.csv").write_text("\n".join(lines))
    specs = {entry.spec.name: entry.spec for entry in look().entries if entry.present}
    mapping = propose_mapping([specs["demo"], specs["clinic"]])
    join_sets("both", [Member(name, mapping[name], name == "clinic") for name in ("demo", "clinic")], specs)
    run = create_run(make_recipe(dataset="both", model="brightness-logreg", epochs=1, image_size=28, split="official"))
    with RunWriter(run) as writer:
        train_run(run, writer)
    assert run.status().state == State.FINISHED
    predictions = load_predictions(run.evaluation / "predictions.parquet")
    tested = predictions[predictions["part"] == "test"]
    assert len(tested) == 24
    assert set(tested["true"]) == {"mel", "nv"}
    assert tested["image_id"].str.startswith("clinic/").all()
    for page, query in (
        ("21_explore.py", {"dataset": "both"}),
        ("22_pictures.py", {"dataset": "both"}),
        ("24_integrity.py", {"dataset": "both"}),
        ("30_train.py", {"dataset": "both"}),
        ("32_results.py", {"run": run.run_id}),
    ):
        test = open_page(page, **query)
        assert not test.exception, page
        assert not test.error, page
