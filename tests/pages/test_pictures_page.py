"""The Pictures page: a gallery in the order asked for, one picture with all that is known of it, classes compared."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import dashboard.state.measured
from core.data import catalog
from core.data.catalog import open_dataset
from core.data.picture_tags import tag_pictures, tags_of
from core.data.statistics.picture_statistics import open_statistics, statistics_file
from core.evaluation.losses import picture_losses
from core.evaluation.predictions import load_predictions
from core.runs.run_folder import RunFolder, list_runs
from dashboard.state.measured import with_statistics
from tests.conftest import DEMO_PICTURES

PAGE = "22_pictures.py"


@pytest.fixture(scope="module")
def measured_with_run(measured_root: Path, trained_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifacts folder with the demo, measured once, and the finished run."""
    root = tmp_path_factory.mktemp("measured")
    (root / "data").symlink_to(trained_root / "data", target_is_directory=True)
    (root / "runs").symlink_to(trained_root / "runs", target_is_directory=True)
    shutil.copytree(measured_root / "cache", root / "cache", copy_function=os.link)
    return root


@pytest.fixture
def measured(measured_with_run: Path, artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """The finished run, in the artifacts folder in which the demo has been measured."""
    monkeypatch.setenv("LESIONLAB_ARTIFACTS", str(measured_with_run))
    return list_runs()[-1]


@pytest.fixture
def statistics(measured) -> pd.DataFrame:
    return open_statistics(open_dataset("demo"))


def opened(test: AppTest) -> list[str]:
    """Image ids of the gallery's pictures in the order shown, from their buttons."""
    return [button.label for button in test.button if button.label.startswith("DEMO_")]


def choose(test: AppTest, label: str, value: str) -> AppTest:
    [box] = [box for box in test.selectbox if box.label == label]
    return box.set_value(value).run()


def view(open_page, **query: str) -> AppTest:
    """The page with something in the address, which changing the page would take away."""
    test = open_page(PAGE)
    for key, value in query.items():
        test.query_params[key] = value
    test.run()
    assert not test.exception, test.exception
    return test


def captions(test: AppTest) -> str:
    return " ".join(caption.value for caption in test.caption)


def test_the_gallery_starts_with_the_first_image_ids(measured, open_page) -> None:
    test = view(open_page)
    expected = sorted(open_dataset("demo").table["image_id"])[:24]
    assert opened(test) == expected
    assert len(test.image) == 24
    assert f"Pictures 1 to 24 of {DEMO_PICTURES:,}" in captions(test)


def test_a_page_may_hold_ninety_six_and_the_last_one_holds_the_rest(measured, open_page) -> None:
    test = view(open_page)
    test.segmented_control(key="page-size").set_value(96).run()
    assert len(opened(test)) == 96
    before = (DEMO_PICTURES - 1) // 96 * 96
    test.pagination[0].set_value(before // 96 + 1).run()
    assert len(opened(test)) == DEMO_PICTURES - before
    assert f"Pictures {before + 1:,} to {DEMO_PICTURES:,} of {DEMO_PICTURES:,}" in captions(test)


def test_a_narrower_choice_starts_at_its_first_page(measured, open_page) -> None:
    test = view(open_page)
    test.pagination[0].set_value(5).run()
    test.pills(key="filter-demo-classes").set_value(["vasc"]).run()
    assert f"Pictures 1 to 24 of {(open_dataset('demo').table['label'] == 'vasc').sum()}" in captions(test)


def test_an_address_gives_the_page_again(measured, open_page) -> None:
    test = open_page(PAGE, **{"pictures-page": "3", "page-size": "48"})
    assert f"Pictures 97 to 144 of {DEMO_PICTURES:,}" in captions(test)


def test_sorting_by_brightness_shows_the_darkest_first(statistics, open_page) -> None:
    test = choose(view(open_page), "Sorted by", "darkest")
    darkest = statistics["brightness"].sort_values(kind="stable").head(24)
    assert opened(test) == darkest.index.tolist()
    assert any(f"brightness {darkest.iloc[0]:,.0f}" in each.value for each in test.markdown)


def test_sorting_by_loss_takes_the_newest_run_and_leaves_out_what_it_learned_from(measured, open_page) -> None:
    test = choose(view(open_page), "Sorted by", "hardest")
    dataset = open_dataset("demo")
    predictions = load_predictions(measured.evaluation / "predictions.parquet")
    losses = picture_losses(predictions, dataset.spec.class_keys)["loss"].sort_values(ascending=False, kind="stable")
    shown = losses.reindex(opened(test))
    assert shown.to_numpy() == pytest.approx(losses.head(24).to_numpy())
    assert f"of {len(losses):,}; {DEMO_PICTURES - len(losses):,} are left out" in captions(test)
    assert sum("predicted" in each.value for each in test.markdown) == 24
    assert "right · :red[:material/close:] wrong · without a mark: the run learned from it" in captions(test)


def test_no_picture_passing_says_so_with_a_button_that_resets(measured, open_page) -> None:
    test = view(open_page)
    test.pills(key="filter-demo-classes").set_value(["akiec"])
    test.slider(key="filter-demo-ages").set_range(0, 5)
    test.segmented_control(key="filter-demo-unknown-age").set_value("no").run()
    assert not test.exception
    [button] = [button for button in test.button if button.label == "Reset the filters"]
    button.click().run()
    assert len(opened(test)) == 24


def test_a_picture_opens_with_all_that_is_known_of_it(measured, open_page) -> None:
    test = view(open_page)
    image_id = opened(test)[3]
    next(button for button in test.button if button.label == image_id).click().run()
    assert not test.exception
    assert test.query_params["picture"] == image_id
    row = open_dataset("demo").table.set_index("image_id").loc[image_id]
    details = test.dataframe[0].value.set_index("field")["value"]
    assert details["lesion"] == row["group_id"]
    assert details["file"] == f"{image_id}.jpg"
    assert "brightness" in test.dataframe[1].value["measure"].tolist()
    assert f"**4** of {DEMO_PICTURES:,} · Image id" in [each.value for each in test.markdown]


def press(test: AppTest, label: str) -> AppTest:
    [button] = [button for button in test.button if button.label == label]
    return button.click().run()


def test_next_and_previous_follow_the_order_chosen_and_back_finds_the_page(statistics, open_page) -> None:
    test = choose(view(open_page), "Sorted by", "darkest")
    order = statistics["brightness"].sort_values(kind="stable").index
    test.pagination[0].set_value(2).run()
    next(button for button in test.button if button.label == order[47]).click().run()
    press(test, "Next")
    assert test.query_params["picture"] == order[48]
    press(test, "Previous")
    press(test, "Previous")
    assert test.query_params["picture"] == order[46]
    press(test, "All pictures")
    assert "picture" not in test.query_params
    assert opened(test) == order[24:48].tolist()


def test_the_first_picture_has_none_before_it(measured, open_page) -> None:
    first = sorted(open_dataset("demo").table["image_id"])[0]
    test = view(open_page, picture=first)
    assert {b.label: b.disabled for b in test.button if b.label in ("Previous", "Next")} == {
        "Previous": True,
        "Next": False,
    }


def test_siblings_and_neighbours_stand_below_a_picture(measured, open_page) -> None:
    table = open_dataset("demo").table
    group = table["group_id"].value_counts().idxmax()
    image_id, *siblings = table.loc[table["group_id"] == group, "image_id"]
    test = view(open_page, picture=image_id)
    shown = opened(test)
    assert shown[: len(siblings)] == siblings
    assert len(shown) == len(siblings) + 6
    assert "alike in colour" in captions(test)


def test_a_picture_of_a_set_that_is_not_measured_has_the_button_that_does_it(
    demo_artifacts, open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard.state.measured, "FEW", 10)  # fewer would be measured while the page is opened
    test = view(open_page, picture=open_dataset("demo").table["image_id"].iloc[0])
    assert "Measure the pictures" in [button.label for button in test.button]


def test_what_a_run_said_is_shown_of_a_picture_that_it_held_out(measured, open_page) -> None:
    predictions = load_predictions(measured.evaluation / "predictions.parquet")
    test = view(open_page, picture=predictions["image_id"].iloc[0])
    said = test.dataframe[2].value
    assert said["of the true class"].iloc[0] == pytest.approx(predictions[f"p_{predictions['true'].iloc[0]}"].iloc[0])
    table = open_dataset("demo").table
    learned = table.loc[~table["image_id"].isin(predictions["image_id"]), "image_id"].iloc[0]
    test = view(open_page, picture=learned)
    assert "they learned from it" in captions(test)


def test_a_picture_that_is_not_in_the_data_set_is_said_not_to_be(measured, open_page) -> None:
    test = view(open_page, picture="ISIC_0000000")
    assert any("There is no picture" in info.value for info in test.info)


@pytest.mark.parametrize("tab", ["Mean pictures", "Brightness", "Colours", "Examples"])
def test_every_view_of_the_classes_opens(tab, measured, open_page) -> None:
    test = view(open_page, **{"pictures-view": tab})
    assert not test.error
    shown = len(test.image) + len(test.get("plotly_chart"))
    assert shown == {"Mean pictures": 14, "Brightness": 1, "Colours": 7, "Examples": 42}[tab]


def test_examples_can_be_drawn_again(measured, open_page) -> None:
    test = view(open_page, **{"pictures-view": "Examples"})
    before = opened(test)
    test.run()
    assert opened(test) == before
    press(test, "Draw others")
    assert opened(test) != before


def test_unmeasured_pictures_are_measured_when_there_are_few(small_demo, open_page) -> None:
    dataset = open_dataset("demo")
    assert not statistics_file(dataset).is_file()
    test = choose(view(open_page), "Sorted by", "darkest")
    darkest = open_statistics(dataset)["brightness"].sort_values(kind="stable")
    assert opened(test) == darkest.index[:24].tolist()


@pytest.fixture
def many(small_demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty unmeasured pictures count as too many to be measured while a page is opened."""
    monkeypatch.setattr(dashboard.state.measured, "FEW", 10)


def test_many_unmeasured_pictures_are_left_to_a_job_and_the_gallery_works(many, open_page) -> None:
    test = view(open_page)
    assert len(opened(test)) == 24
    choose(test, "Sorted by", "darkest")
    assert not opened(test)
    assert any("have not been measured" in info.value for info in test.info)
    assert [button for button in test.button if button.label == "Measure the pictures"]


def test_a_viewer_cannot_start_the_measuring(many, open_page, as_viewer) -> None:
    test = view(open_page)
    as_viewer()
    choose(test, "Sorted by", "darkest")
    assert [button.disabled for button in test.button if button.label == "Measure the pictures"] == [True]
    assert "an instructor can have it done" in captions(test)


def test_a_picture_that_cannot_be_read_is_named_and_the_others_stay(small_demo, open_page) -> None:
    broken = sorted(open_dataset("demo").table["image_id"])[1]
    (small_demo / "demo_images" / f"{broken}.jpg").write_bytes(b"no picture")
    test = view(open_page)
    assert len(test.image) == 23
    assert any(broken in warning.value for warning in test.warning)
    assert [each.label for each in test.expander] == ["1 picture cannot be read"]
    test = view(open_page, picture=broken)
    assert any(broken in error.value for error in test.error)


def test_rows_without_a_picture_are_left_out_and_counted(small_demo, open_page, monkeypatch) -> None:
    whole = open_dataset("demo")
    table = whole.table.assign(path=whole.table["path"].mask(whole.table.index < 5))
    monkeypatch.setattr(catalog, "open_dataset", lambda *_: replace(whole, table=table))
    test = view(open_page)
    assert "Pictures 1 to 24 of 55" in captions(test)
    assert "5 rows of Demo (synthetic) have no picture" in captions(test)


def test_the_csv_holds_the_statistics_of_what_is_selected(statistics, open_page) -> None:
    test = view(open_page)
    test.pills(key="filter-demo-classes").set_value(["df"]).run()
    [button] = test.get("download_button")
    table = open_dataset("demo").table
    rows = with_statistics(table[table["label"] == "df"], statistics).set_index("image_id")
    assert f"{len(rows)} pictures" in button.proto.label
    assert "path" not in rows
    assert rows["brightness"].to_numpy() == pytest.approx(statistics.loc[rows.index, "brightness"].to_numpy())


def test_instructors_tag_several_pictures_and_everybody_filters_by_the_tag(small_demo, open_page, as_viewer) -> None:
    tag = "<b>odd</b> *one*"
    test = view(open_page)
    first, second, third = opened(test)[:3]
    test.toggle(key="tag-several").set_value(True).run()
    assert test.button(key="tag-give").disabled
    for image_id in (first, third):
        test.checkbox(key=f"tag-box-demo-{image_id}").check()
    tag_pictures("demo", tag, [second], by="another tab")
    test.run()
    test.selectbox(key="picture-tag-gallery").set_value(tag).run()
    test.button(key="tag-give").click().run()
    assert not test.exception
    assert set(tags_of("demo")[tag]) == {first, second, third}
    assert not test.checkbox(key=f"tag-box-demo-{first}").value

    as_viewer()
    test = view(open_page, tag=tag)
    assert opened(test) == [first, second, third]
    assert any("odd" in text.value and "\\*one\\*" in text.value for text in test.markdown), "a name is text"
    assert not [box for box in test.toggle if box.key == "tag-several"]
    assert [button.label for button in test.get("download_button")] == [
        "Tags as CSV", f"Statistics of {3} pictures as CSV",
    ]  # fmt: skip
    test = view(open_page, picture=first)
    assert test.subheader[0].value.startswith(":color["), "the colour of the class is drawn, not written"
    [badge] = [text.value for text in test.markdown if "sell" in text.value]
    assert "\\<b>odd\\</b> \\*one\\*" in badge
    assert not [button for button in test.button if button.label in ("Take it away", "Tag it")]


def test_a_tag_is_given_and_taken_away_on_one_picture_and_a_viewer_may_not(small_demo, open_page, as_viewer) -> None:
    image_id = opened(view(open_page))[0]
    test = view(open_page, picture=image_id)
    tag_pictures("demo", "hair", ["nobody"])
    test.run()
    test.selectbox(key="picture-tag-one").set_value("hair").run()
    test.button(key="tag-give-one").click().run()
    assert image_id in tags_of("demo")["hair"]
    take = test.button(key="tag-take-hair")
    as_viewer()
    take.click().run()
    assert image_id in tags_of("demo")["hair"], "the check stands in the action, not in the button"


def test_an_address_with_a_tag_that_is_gone_says_so(small_demo, open_page) -> None:
    test = view(open_page, tag="gone")
    assert "(tags)" in " ".join(info.value for info in test.info)
    assert len(opened(test)) == 24
