"""Examples to predict come from what the run never learnt from."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.data.catalog import open_dataset
from core.data.splits.splits import TEST, VALIDATION, Split
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from dashboard.widgets.pictures.picture_source import EXAMPLES


@pytest.fixture(autouse=True)
def _fresh_caches() -> None:
    import streamlit as st

    st.cache_data.clear()
    st.cache_resource.clear()


def page(folder: str) -> None:
    from pathlib import Path

    import streamlit as st

    from core.runs.run_folder import RunFolder
    from core.serving.predictor import PredictorInfo
    from dashboard.widgets.pictures.picture_source import example_picture

    run = RunFolder(Path(folder))
    st.session_state["chosen"] = example_picture(run, PredictorInfo.load(run.predictor_file))


def opened(run: RunFolder) -> AppTest:
    test = AppTest.from_function(page, default_timeout=120, args=(str(run.path),)).run()
    assert not test.exception
    return test


def chosen_ids(test: AppTest, draws: int) -> set[str]:
    """Ids of the examples that can be chosen in so many draws."""
    ids = set()
    for _ in range(draws):
        for number in range(1, len(test.image) + 1):
            choose(test, number)
            ids.add(test.session_state["chosen"].picture.name)
        [others] = [button for button in test.button if button.label == "Others"]
        others.click().run()
    return ids


def choose(test: AppTest, number: int) -> None:
    """Press the button below an example."""
    buttons = [button for button in test.button if button.label in ("Choose", "Chosen")]
    buttons[number - 1].click().run()


def test_examples_are_pictures_of_the_test_part_of_the_chosen_class(trained: RunFolder) -> None:
    test = opened(trained)
    test.selectbox[0].set_value("bkl").run()
    assert len(test.image) == EXAMPLES
    part = Split.load(trained.split_file).part(TEST)
    ids = chosen_ids(test, draws=2)
    assert len(ids) > EXAMPLES, "another draw should bring other pictures"
    assert ids <= set(part.loc[part["label"] == "bkl", "image_id"])
    assert test.session_state["chosen"].true == "bkl"


def test_a_run_without_test_part_takes_its_examples_from_the_validation_part(trained: RunFolder) -> None:
    split = Split.load(trained.split_file)
    rows = split.rows.assign(part=split.rows["part"].replace(TEST, VALIDATION))
    Split(split.kind, split.seed, rows).save(trained.split_file)
    part = Split.load(trained.split_file).part(VALIDATION)
    assert chosen_ids(opened(trained), draws=1) <= set(part["image_id"])


def test_examples_of_a_data_set_that_is_gone_are_a_warning(trained: RunFolder, artifacts: Path) -> None:
    import json

    info = json.loads(trained.predictor_file.read_text())
    trained.predictor_file.write_text(json.dumps(info | {"dataset": "ham10000"}))
    assert PredictorInfo.load(trained.predictor_file).dataset == "ham10000"
    test = opened(trained)
    assert "is not here" in test.warning[0].value
    assert test.session_state["chosen"] is None


def test_a_picture_that_cannot_be_read_any_more_leaves_a_sentence_in_its_place(
    trained: RunFolder, artifacts: Path
) -> None:
    test = opened(trained)
    table = open_dataset("demo").table.set_index("image_id")
    gone = Path(table.at[test.session_state["chosen"].picture.name, "path"])
    folder = artifacts / "data" / "demo"
    drawn = folder.resolve()
    folder.unlink()
    for file in (each for each in drawn.rglob("*") if each.is_file() and each.name != gone.name):
        link = folder / file.relative_to(drawn)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file)
    (folder / gone.relative_to(folder)).write_bytes(b"")
    test.run()
    assert not test.exception
    assert len(test.image) == EXAMPLES - 1
    [caption] = test.caption
    assert gone.name in caption.value
    assert "is empty" in caption.value
    assert ["is empty" in error.value for error in test.error] == [True]
    choose(test, 2)
    assert test.session_state["chosen"] is not None
    assert not test.error
