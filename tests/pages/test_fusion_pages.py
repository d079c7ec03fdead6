"""Age and site beside the picture, on the pages: chosen, launched with its partner, asked for, and judged."""

import shutil

from streamlit.testing.v1 import AppTest

from core.data.catalog import open_dataset
from core.evaluation.predictions import load_predictions
from core.runs.run_folder import RunFolder, list_runs
from core.training.recipe import Recipe


def labelled(widgets, label: str):
    """The one widget of this label."""
    [widget] = [each for each in widgets if each.label == label]
    return widget


def test_what_a_network_is_told_is_chosen_among_what_is_known_and_starts_with_its_partner(
    ages, open_page, launched: list[Recipe]
) -> None:
    test = open_page("30_train.py", dataset="ham10000", model="cnn-59k")
    [told] = [each for each in test.button_group if each.label == "Also tell the network"]
    assert "Train the same on the picture alone, too" not in [each.label for each in test.checkbox]
    test = told.set_value(["age", "site"]).run()
    assert any("How a diagnosis was confirmed is never among it" in each.value for each in test.caption)
    labelled(test.button, "Start training").click().run()
    assert not test.exception
    assert [each.metadata for each in launched] == [("age", "site"), ()]
    assert launched[0].picture_alone == launched[1]


def test_results_lay_both_runs_beside_each_other_with_the_paired_test(ages: list[RunFolder], open_page) -> None:
    for run in ages:
        test = open_page("32_results.py", run=run.run_id)
        assert not test.exception
        assert "What age and body site add" in [each.value for each in test.subheader]
        [table] = [each.value for each in test.dataframe if "macro AUC" in each.value]
        assert table["run"].tolist() == ["picture, age and body site", "picture alone"]
        ahead = [each for each in test.metric if each.label == "Balanced accuracy"][-1]
        assert ahead.value.startswith("+")
        assert any("McNemar's exact test" in each.value for each in test.markdown)


def test_where_the_partner_is_missing_it_is_said_and_started(ages, open_page, launched: list[Recipe]) -> None:
    card = open_page("39_card.py", run=ages[0].run_id)
    assert "What age and body site add" in [each.value for each in card.subheader]
    assert any("ahead of the same on the picture alone" in each.value for each in card.markdown)
    shutil.rmtree(ages[1].path)
    card = open_page("39_card.py", run=ages[0].run_id)  # that was kept, and is not what is so now
    [missing] = [each.value for each in card.info if "was not trained on the picture alone" in each.value]
    assert f"python -m core train {ages[0].run_id} --set metadata=" in missing
    compared = open_page("34_compare.py", runs=ages[0].run_id)
    assert any("the same run on the picture alone is not among these" in each.value for each in compared.info)
    test = open_page("32_results.py", run=ages[0].run_id)
    assert any("has not been trained on the picture alone" in each.value for each in test.info)
    labelled(test.button, "Train it on the picture alone").click().run()
    assert launched == [ages[0].recipe().picture_alone]
    assert len(list_runs()) == 2
    waits = open_page("32_results.py", run=ages[0].run_id)
    assert any("is queued" in each.value for each in waits.info)


def test_viewers_see_that_the_partner_is_missing_and_start_nothing(ages, open_page, as_viewer) -> None:
    shutil.rmtree(ages[1].path)
    as_viewer()
    test = open_page("32_results.py", run=ages[0].run_id)
    assert labelled(test.button, "Train it on the picture alone").disabled


def test_a_prediction_takes_what_is_known_and_leaves_the_rest_unknown(ages: list[RunFolder], open_page) -> None:
    test: AppTest = open_page("33_predict.py", run=ages[0].run_id)
    test = labelled(test.segmented_control, "Picture").set_value("Example").run()
    assert not test.exception
    assert labelled(test.selectbox, "Body site").options == ["back", "face"]
    for age, name in ((20.0, "melanocytic nevus"), (80.0, "melanoma")):
        test = labelled(test.number_input, "Age in years").set_value(age).run()
        assert labelled(test.metric, "Most likely").value == name
    test = labelled(test.number_input, "Age in years").set_value(None).run()
    assert not test.exception
    alone = open_page("33_predict.py", run=ages[1].run_id)
    alone = labelled(alone.segmented_control, "Picture").set_value("Example").run()
    assert "Age in years" not in [each.label for each in alone.number_input]


def test_an_answer_is_explained_and_varied_for_the_person_in_the_picture(ages: list[RunFolder], open_page) -> None:
    test: AppTest = open_page("39_explain.py", run=ages[0].run_id)
    test = labelled(test.segmented_control, "Show").set_value("One picture").run()
    for age, name in ((20.0, "melanocytic nevus"), (80.0, "melanoma")):
        test = labelled(test.number_input, "Age in years").set_value(age).run()
        assert not test.exception
        assert any(f"The model answers **{name}**" in each.value for each in test.markdown)
        turned = [
            shown.caption for each in test.get("image") for shown in each.proto.imgs if "degrees: " in shown.caption
        ]
        assert turned
        assert all(name in each for each in turned)
    linked = load_predictions(ages[0].evaluation / "predictions.parquet")["image_id"].iloc[0]
    test = open_page("39_explain.py", run=ages[0].run_id, picture=linked)
    known = open_dataset("ham10000").table.set_index("image_id").loc[linked]
    field = labelled(test.number_input, "Age in years").value
    assert field == known["age"] or (field is None and known.isna()["age"])
