"""Results: likely wrong labels beside how the diagnosis was made, the hardest groups, and skin tones."""

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.base.files import read_json, write_json
from core.base.percents import percent
from core.data.demo.demo import DEMO_SPEC
from core.data.statistics.skin_tone import BANDS
from core.evaluation.label_issues import find_label_issues
from core.evaluation.mistakes import hardest_groups, ranked_by_confidence
from core.evaluation.predictions import load_predictions, probabilities
from core.evaluation.temperature import fitted_temperature, without_temperature
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from dashboard.widgets.pictures.cell_pictures import PER_PAGE

KEYS = DEMO_SPEC.class_keys


def shown(open_page, what: str, run: RunFolder, part: str = "test") -> AppTest:
    test = open_page("32_results.py", run=run.run_id, **{"results-view": "Mistakes"})
    if part != "test":
        test.segmented_control[0].set_value(part).run()
    next(each for each in test.segmented_control if each.label == "Show the").set_value(what).run()
    assert not test.exception
    return test


def said(test: AppTest) -> str:
    return "\n".join(each.value for each in [*test.markdown, *test.caption, *test.info, *test.warning])


def table_of(run: RunFolder, part: str):
    table = load_predictions(run.predictions_file)
    return table[table["part"] == part].reset_index(drop=True)


def test_suspects_are_sought_at_the_temperature_that_the_validation_part_gave(trained: RunFolder, open_page) -> None:
    info = PredictorInfo.load(trained.predictor_file)
    assert abs(info.temperature - 1) > 0.02, "else nothing would be seen of it"
    validation = without_temperature(table_of(trained, "validation"), KEYS, info.temperature)
    numbers = validation["true"].map(KEYS.index).to_numpy()
    assert fitted_temperature(probabilities(validation, KEYS), numbers) == pytest.approx(info.temperature, rel=1e-3)

    scaled = table_of(trained, "test")
    own = find_label_issues(scaled, KEYS).suspects.head(PER_PAGE).set_index("image_id")["own"]
    network = without_temperature(scaled, KEYS, info.temperature).set_index("image_id")
    before = pd.Series({name: network.at[name, f"p_{network.at[name, 'true']}"] for name in own.index})
    words = said(shown(open_page, "likely wrong labels", trained))
    told = [
        f"labelled {DEMO_SPEC.class_names[network.at[name, 'true']]} ({percent(own[name], 0)})"
        for name in own.index
        if percent(own[name], 0) != percent(before[name], 0)
    ]
    assert told, "there are labels of which the network alone would say something else"
    assert all(each in words for each in told)


def test_suspects_stand_with_how_the_diagnosis_was_made_and_a_link_to_the_large_picture(
    trained: RunFolder, open_page
) -> None:
    found = find_label_issues(table_of(trained, "test"), KEYS)
    assert len(found.suspects) > 3
    test = shown(open_page, "likely wrong labels", trained)
    assert f"{len(found.suspects):,} of {found.judged:,} labels are likely to be wrong" in said(test)
    assert f"Only the {found.judged:,} pictures of the test part were looked at" in said(test)
    assert "start a cross-validation" in said(test)
    first = found.suspects.iloc[0]
    names = DEMO_SPEC.class_names
    words = f"labelled {names[first['true']]} ({percent(first['own'], 0)}), rather {names[first['suggested']]}; by "
    assert words in said(test)
    [methods] = [frame.value for frame in test.dataframe if "suspects" in frame.value]
    assert methods["suspects"].sum() == len(found.suspects)
    assert methods["pictures"].sum() == found.judged
    method = methods.loc[methods["suspects"] > 0, "diagnosed by"].iloc[0]
    number = int(methods.loc[methods["diagnosed by"] == method, "suspects"].iloc[0])
    next(each for each in test.segmented_control if each.label == "Diagnosed by").set_value(method).run()
    assert said(test).count("; by ") == min(number, PER_PAGE)
    assert said(test).count(f"; by {method}") == min(number, PER_PAGE)
    links = [each.proto for each in test.get("page_link")]
    assert any("picture=" in link.query_string and "dataset=demo" in link.query_string for link in links)


def test_the_validation_part_is_said_to_flatter(trained: RunFolder, open_page) -> None:
    assert "chose the best epoch or the temperature" in said(
        shown(open_page, "likely wrong labels", trained, "validation")
    )


def test_the_hardest_groups_are_listed_with_the_pictures_of_one(trained: RunFolder, open_page) -> None:
    found = hardest_groups(ranked_by_confidence(table_of(trained, "test"), KEYS))
    test = shown(open_page, "hardest groups", trained)
    assert f"{len(found):,} of " in said(test)
    [table] = [frame.value for frame in test.dataframe if "probability of it" in frame.value]
    assert table["group"].tolist() == found["group_id"].head(50).tolist()
    first = found.iloc[0]
    assert said(test).count(", answered ") == first["images"]


@pytest.mark.parametrize("what", ["likely wrong labels", "hardest groups"])
def test_a_run_whose_data_set_is_gone_still_shows_what_its_predictions_tell(
    what: str, trained: RunFolder, open_page
) -> None:
    write_json(trained.predictor_file, read_json(trained.predictor_file) | {"dataset": "gone"})
    test = shown(open_page, what, trained)
    assert test.warning
    assert len(test.dataframe) or "likely to be wrong" in said(test)


def test_skin_tone_divides_like_age_and_is_called_an_estimate(trained: RunFolder, demo_is_measured, open_page) -> None:
    test = open_page("32_results.py", run=trained.run_id, **{"results-view": "For whom"})
    assert any(each.label == "Estimate skin tones" for each in test.button)
    demo_is_measured()
    test = open_page("32_results.py", run=trained.run_id, **{"results-view": "For whom"})
    assert not test.exception
    [table] = [frame.value for frame in test.dataframe if "overconfidence" in frame.value]
    tones = table[table["column"] == "skin tone (estimate)"]
    assert tones["images"].sum() == len(table_of(trained, "test"))
    assert set(tones["value"]) <= {*(name for _, name in BANDS), "not recorded"}
    assert "an estimate, no fact about the person" in said(test)
    assert not any(each.label == "Estimate skin tones" for each in test.button)
