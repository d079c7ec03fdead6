"""The tabs of Results: curves, threshold, calibration, for whom, same lesion, mistakes, and what they refuse."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, recall_score, roc_auc_score
from streamlit.testing.v1 import AppTest

from core.base.files import read_json, write_json
from core.base.percents import MINUS, percent, percent_limits, points_limits, with_minus
from core.data.catalog import open_dataset
from core.data.demo.demo import DEMO_SPEC
from core.evaluation.abstention import RISKS
from core.evaluation.calibration_intervals import calibration_intervals
from core.evaluation.operating import operating_curve
from core.evaluation.predictions import load_predictions, predicted_labels, save_predictions
from core.evaluation.retest import retest, retest_intervals
from core.evaluation.subgroups import METRICS
from core.runs.answers.verdict import always_in_words
from core.runs.judging.known_of_pictures import MEASURED
from core.runs.judging.readings import malignant_reading
from core.runs.judging.threshold import load_threshold
from core.runs.judging.trust import load_trust
from core.runs.run_folder import RunFolder
from dashboard.widgets.results.subgroups import MEANINGS

PAGE = "32_results.py"
KEYS, NAMES = DEMO_SPEC.class_keys, DEMO_SPEC.class_names
MALIGNANT = DEMO_SPEC.malignant_keys
TABS = (
    "Overview",
    "Curves",
    "Threshold",
    "Calibration",
    "Coverage and risk",
    "For whom",
    "Source",
    "Same lesion",
    "Mistakes",
    "External test",
)


def view(open_page, tab: str) -> AppTest:
    test = open_page(PAGE, **{"results-view": tab})
    assert not test.exception
    return test


def part_of(run: RunFolder, part: str = "test") -> pd.DataFrame:
    table = load_predictions(run.predictions_file)
    return table[table["part"] == part].reset_index(drop=True)


def malignant_scores(table: pd.DataFrame) -> np.ndarray:
    return np.clip(table[[f"p_{key}" for key in MALIGNANT]].astype(float).sum(axis=1).to_numpy(), 0, 1)


def tile(test: AppTest, label: str):
    [found] = [metric for metric in test.metric if metric.label == label]
    return found


def said(test: AppTest) -> str:
    elements = [*test.caption, *test.info, *test.warning, *test.success, *test.markdown]
    return "\n".join(each.value for each in elements)


def test_areas_of_every_class_stand_beside_their_intervals(trained: RunFolder, open_page) -> None:
    test = view(open_page, "Curves")
    [areas] = [frame.value for frame in test.dataframe if "AUC (ROC)" in frame.value]
    table = part_of(trained)
    assert areas["reading"].tolist() == ["malignant", *NAMES.values()]
    positive = table["true"].isin(MALIGNANT)
    scores = malignant_scores(table)
    assert areas["AUC (ROC)"][0] == pytest.approx(roc_auc_score(positive, scores), abs=1e-9)
    assert areas["average precision"][0] == pytest.approx(average_precision_score(positive, scores), abs=1e-9)
    assert areas["95 % interval of AUC"].str.fullmatch(r"\d+\.\d–\d+\.\d\u00a0%").all()
    roc, precision_recall = (json.loads(chart.proto.spec) for chart in test.get("plotly_chart"))
    assert roc["layout"]["title"]["text"].startswith("ROC")
    assert len(roc["data"]) == len(precision_recall["data"]) + 1 == 9  # with the diagonal
    assert f"n = {len(table):,} images" in roc["layout"]["title"]["subtitle"]["text"]


def test_a_threshold_is_chosen_on_validation_judged_on_test_saved_and_used_by_predict(
    trained: RunFolder, open_page
) -> None:
    test = view(open_page, "Threshold")
    validation, table = part_of(trained, "validation"), part_of(trained)
    slider = next(each for each in test.slider if each.label.startswith("Threshold"))
    threshold = slider.value
    melanomas = malignant_scores(validation)[validation["true"] == "mel"]
    assert (melanomas >= threshold).mean() >= 0.95 > (melanomas >= threshold + 0.001).mean()
    positive, called = table["true"].isin(MALIGNANT), malignant_scores(table) >= threshold
    assert tile(test, "Sensitivity").value == percent(recall_score(positive, called))
    assert tile(test, "Specificity").value == percent(recall_score(~positive, ~called))
    prevalence = next(each for each in test.slider if each.label.startswith("How many of 1,000 are"))
    assert prevalence.value == round(1000 * positive.mean())
    test = prevalence.set_value(20).run()
    assert tile(test, "Missed per 1,000").value == f"{20 * (1 - recall_score(positive, called)):.1f}"
    needless = 980 * (1 - recall_score(~positive, ~called))
    assert tile(test, "Needless per 1,000").value == f"{needless:.0f}"
    benefit = 0.02 * recall_score(positive, called) - needless / 1000 * threshold / (1 - threshold)
    assert tile(test, "Net benefit").value == with_minus(f"{benefit:.4f}")
    low, high = (
        operating_curve(malignant_scores(table), positive.to_numpy(), table["group_id"])
        .at(threshold)
        .net_benefit_interval(0.02)
    )
    assert tile(test, "Net benefit").delta == with_minus(f"{low:.4f} to {high:.4f}")
    of_melanoma = (table["true"] == "mel").to_numpy()
    curve = operating_curve(malignant_scores(table), of_melanoma, table["group_id"])
    share = 0.02 * of_melanoma.sum() / positive.sum()
    low, high = curve.at(threshold).missed_per_1000_interval(share)
    missed = 1000 * share * (1 - recall_score(of_melanoma, called & of_melanoma))
    assert f"Missed melanomas per 1,000: {missed:.1f} (95 % interval {low:.1f} to {high:.1f})" in said(test)

    next(each for each in test.button if each.label == "Largest Youden index").click().run()
    youden = next(each for each in test.slider if each.label.startswith("Threshold")).value
    assert youden != threshold
    next(each for each in test.button if each.label == "Save for Predict").click().run()
    saved = load_threshold(trained)
    assert (saved.value, saved.name, saved.positive) == (youden, "malignant", MALIGNANT)
    assert (saved.rule, saved.chosen_on) == ("Largest Youden index", "validation")
    assert f"malignant from {youden:.3f} on (Largest Youden index, chosen on the validation part)" in said(test)

    test = open_page("33_predict.py", run=trained.run_id)
    next(each for each in test.segmented_control if each.label == "Picture").set_value("Example").run()
    assert not test.exception
    share = tile(test, "Probability of malignant").value
    line = f"An answer is high where malignant has at least {percent(youden)} (as it was saved for this run)"
    assert f"{line}; here it has {share}." in said(test)


def test_a_threshold_set_by_hand_is_saved_as_such_and_can_be_forgotten(trained: RunFolder, open_page) -> None:
    test = view(open_page, "Threshold")
    next(each for each in test.slider if each.label.startswith("Threshold")).set_value(0.777).run()
    next(each for each in test.button if each.label == "Save for Predict").click().run()
    assert (load_threshold(trained).rule, load_threshold(trained).chosen_on) == ("set by hand", "")
    next(each for each in test.button if each.label == "Forget it").click().run()
    assert load_threshold(trained) is None
    assert not test.exception


def test_viewers_move_a_threshold_and_save_none(trained: RunFolder, open_page, as_viewer) -> None:
    as_viewer()
    test = view(open_page, "Threshold")
    assert next(each for each in test.button if each.label == "Save for Predict").disabled
    next(each for each in test.slider if each.label.startswith("Threshold")).set_value(0.5).run()
    assert load_threshold(trained) is None
    assert not test.exception


def without(run: RunFolder, part: str) -> None:
    """Take a part out of a run's predictions and figures, as if its split had none."""
    metrics = read_json(run.evaluation / "metrics.json")
    other = {"validation": "test", "test": "validation"}[part]
    write_json(run.evaluation / "metrics.json", {"headline": other, other: metrics[other]})
    table = load_predictions(run.predictions_file)
    save_predictions(run.predictions_file, table[table["part"] != part])


def test_a_run_without_a_validation_part_offers_no_rule_and_says_why(trained: RunFolder, open_page) -> None:
    without(trained, "validation")
    test = view(open_page, "Threshold")
    assert "no validation part" in said(test)
    assert not [each for each in test.button if "Youden" in each.label]
    assert next(each for each in test.slider if each.label.startswith("Threshold")).value == 0.5


def test_a_class_without_positives_is_said_and_ends_nothing(trained: RunFolder, open_page) -> None:
    table = load_predictions(trained.predictions_file)
    kept = ~((table["true"] == "df") & (table["part"] == "test"))
    save_predictions(trained.predictions_file, table[kept])
    metrics = read_json(trained.evaluation / "metrics.json")
    metrics["test"]["per_class"]["df"] |= {"support": 0, "sensitivity": None, "auc": None}
    metrics["test"]["confusion"][KEYS.index("df")] = [0] * len(KEYS)
    write_json(trained.evaluation / "metrics.json", metrics)
    test = view(open_page, "Curves")
    assert f"No picture of this part is {NAMES['df']}" in said(test)
    test = view(open_page, "Threshold")
    test.selectbox(key=f"called-{trained.run_id}").set_value(NAMES["df"]).run()
    assert f"No picture of this part is {NAMES['df']}" in said(test)
    for tab in set(TABS) - {"Curves", "Threshold"}:
        assert not re.search(r"\bnan\b", said(view(open_page, tab)).lower()), tab


def test_one_group_has_figures_without_intervals_on_every_tab(trained: RunFolder, open_page) -> None:
    table = load_predictions(trained.predictions_file)
    save_predictions(trained.predictions_file, table.assign(group_id="one"))
    for tab in TABS:
        test = view(open_page, tab)
        assert not re.search(r"\bnan\b", said(test).lower())
        assert not [each for each in test.metric if "nan" in f"{each.value} {each.delta}"]


def number(text: str) -> float:
    """The figure before its interval."""
    return float(text.split(" ")[0].replace(MINUS, "-"))


def test_calibration_shows_before_and_after_the_temperature(trained: RunFolder, open_page) -> None:
    test = view(open_page, "Calibration")
    [figures] = [frame.value.set_index("figure") for frame in test.dataframe if "figure" in frame.value]
    kept = read_json(trained.calibration_file)["parts"]["test"]
    assert list(figures) == ["before", "after"]
    for when in ("before", "after"):
        assert figures.loc["expected calibration error", when].startswith(f"{percent(kept[when]['ece'])} (")
        assert figures.loc["classwise calibration error", when].endswith("\u00a0%)")
        assert number(figures.loc["log loss (nats)", when]) == pytest.approx(kept[when]["log_loss"], abs=2e-4)
        assert figures[when].str.endswith(")").all(), "each has an interval"
    table = part_of(trained)
    [by_class] = [frame.value.set_index("class") for frame in test.dataframe if "before, 95 %" in frame.value]
    intervals = calibration_intervals(table, KEYS)
    low, high = intervals.log_loss
    assert figures.loc["log loss (nats)", "after"].endswith(f" ({low:.3f} to {high:.3f})")
    assert figures.loc["mean confidence", "after"].endswith(f" ({percent_limits(intervals.confidence)})")
    limits = intervals.by_class
    assert by_class["after, 95 %"].tolist() == [percent_limits(limits[key]) for key in KEYS]
    score = sum(brier_score_loss(table["true"] == key, table[f"p_{key}"].clip(0, 1)) for key in KEYS)
    assert figures.loc["Brier score, 0 to 2", "after"].startswith(f"{score:.4f} (")
    parts = [number(figures.loc[name, "after"]) for name in figures.index if name.startswith("–")]
    assert parts[0] - parts[1] + parts[2] + parts[3] == pytest.approx(score, abs=3e-4)
    assert len(test.get("plotly_chart")) == 2
    test.selectbox(key=f"calibrated-{trained.run_id}").set_value("mel").run()
    assert not test.exception


def test_for_whom_counts_every_picture_once_in_each_column(trained: RunFolder, open_page) -> None:
    test = view(open_page, "For whom")
    [table] = [frame.value for frame in test.dataframe if "overconfidence" in frame.value]
    pictures = len(part_of(trained))
    assert {"age", "sex", "site"} <= set(table["column"])
    assert {"precision", "F1", "average precision", "calibration error", "Brier score"} <= set(table)
    assert table["Brier score"].str.match(r"\[?\d\.\d\d").all()
    assert (table.groupby("column")["images"].sum() == pictures).all()
    small = table[table["sensitivity"].str.startswith("[")]
    assert len(small), "the demo has subgroups with few malignant lesions"
    chart = json.loads(test.get("plotly_chart")[0].proto.spec)
    assert len(set(chart["data"][0]["marker"]["color"])) == 2  # few are grey
    assert not table["average precision"].str.contains("(", regex=False).any()
    assert "AUC and average precision have intervals once one of them is the figure." in said(test)
    test.selectbox(key="for-whom-metric").set_value("average precision").run()
    assert not test.exception
    [table] = [frame.value for frame in test.dataframe if "overconfidence" in frame.value]
    assert table["average precision"].str.contains("(", regex=False).any()
    assert set(MEANINGS) == set(METRICS), "every figure that can be chosen is explained"


def test_the_largest_gap_that_is_more_than_chance_is_named_and_so_is_that_there_is_none(
    trained: RunFolder, open_page
) -> None:
    table = load_predictions(trained.predictions_file)
    perfect = np.eye(len(KEYS), dtype=np.float32)[table["true"].map(KEYS.index)]
    women = (table["image_id"].map(open_dataset("demo").table.set_index("image_id")["sex"]) == "female").to_numpy()
    columns = [f"p_{key}" for key in KEYS]
    worse = np.where(women[:, None], np.eye(len(KEYS), dtype=np.float32)[KEYS.index("nv")], perfect)
    save_predictions(trained.predictions_file, table.assign(**dict(zip(columns, worse.T, strict=True))))
    test = view(open_page, "For whom")
    [warning] = [each for each in test.warning if "female" in each.value]
    assert warning.proto.title == "The largest gap that is more than chance"
    assert re.match(r"Sex “female”: \w+.* is .*, against .* for all others", warning.value)
    assert not [each for each in test.info if each.value.startswith("No gap")]
    save_predictions(trained.predictions_file, table.assign(**dict(zip(columns, perfect.T, strict=True))))
    test = view(open_page, "For whom")
    assert [each for each in test.info if each.value.startswith("No gap between a subgroup and all others is more")]
    assert not test.warning


def test_photos_of_one_lesion_are_compared(trained: RunFolder, open_page) -> None:
    test = view(open_page, "Same lesion")
    table = part_of(trained)
    answers = pd.Series(predicted_labels(table, KEYS)).groupby(table["group_id"].to_numpy())
    several = answers.size() > 1
    same = (answers.nunique() == 1)[several]
    assert tile(test, "All photos get the same class").value == percent(same.mean())
    called = malignant_scores(table) >= 0.5
    limits = retest_intervals(retest(table, KEYS, table["group_id"], malignant_reading(DEMO_SPEC.classes), called))
    for label, each in (("Median spread", limits.median), ("One lesion in ten spreads over", limits.most)):
        assert tile(test, label).delta == points_limits(each) != ""
    assert f"{several.sum():,} lesions of the test part" in said(test)
    assert not test.exception


def test_mistakes_come_with_the_most_confident_first(trained: RunFolder, open_page) -> None:
    test = view(open_page, "Mistakes")
    table = part_of(trained)
    wrong = predicted_labels(table, KEYS) != table["true"]
    assert f"{wrong.sum():,} of {len(table):,} pictures of the test part are wrong" in said(test)
    shown = [int(found[1]) for each in test.caption if (found := re.match(r"\*\*(\d+)\u00a0%\*\*", each.value))]
    assert shown == sorted(shown, reverse=True)
    assert any("taken for" in each.value for each in test.caption)
    test.segmented_control[-1].set_value("most uncertain answers").run()
    assert not test.exception


def test_what_mistakes_have_in_common_is_tested_and_told(trained: RunFolder, open_page, demo_is_measured) -> None:
    """All that is wrong is of old people, of any class."""
    demo_is_measured()
    table = load_predictions(trained.predictions_file)
    ages = open_dataset("demo").table.drop_duplicates("image_id").set_index("image_id")["age"]
    old = table["image_id"].map(ages).to_numpy() >= ages.median()
    numbers = (table["true"].map(KEYS.index).to_numpy() + old) % len(KEYS)
    table[[f"p_{key}" for key in KEYS]] = 0.9 * np.eye(len(KEYS))[numbers] + 0.1 / len(KEYS)
    save_predictions(trained.predictions_file, table)
    test = view(open_page, "Mistakes")
    assert not test.exception
    assert "What mistakes have in common" in [each.value for each in test.subheader]
    [found] = [frame.value for frame in test.dataframe if "most over-represented" in frame.value]
    assert set(found["column"]) & set(MEASURED), "what was measured of the pictures is compared, too"
    first = found.iloc[0]
    assert first["column"] == "age"
    assert first["wrong"] > first["expected for their diagnoses"]
    [told] = [each.value for each in test.markdown if each.value.startswith("Age: of ")]
    assert f"{first['wrong']:,} are wrong, where {first['expected for their diagnoses']:.1f} would be expected" in told


def test_another_data_set_that_the_run_was_judged_on_can_be_chosen(trained: RunFolder, open_page) -> None:
    metrics = read_json(trained.evaluation / "metrics.json")["test"]
    folder = trained.evaluation / "on-clinic"
    write_json(folder / "metrics.json", {"on": "nowhere", "pictures_seen_in_training": 4, **metrics})
    save_predictions(folder / "predictions.parquet", part_of(trained))
    for tab in TABS:
        test = view(open_page, tab)
        test.segmented_control[0].set_value("external: clinic").run()
        assert not test.exception
        assert "has learnt from 4 of these" in test.error[0].value
        if tab in ("For whom", "Same lesion"):
            assert test.warning, "its metadata are not here"


def test_coverage_and_risk_are_those_of_the_part_that_is_chosen(trained: RunFolder, open_page) -> None:
    test = view(open_page, "Coverage and risk")
    trust, table = load_trust(trained), part_of(trained)
    [risks] = [frame.value for frame in test.dataframe if "limit: wrong at most" in frame.value]
    for row, risk in zip(risks.to_dict("records"), RISKS, strict=True):
        least = trust.least_confidence(risk)
        if least is None:
            assert row["answers at a probability of at least"].startswith("never")
        else:
            found = trust.abstained(least)
            assert (row["answered"], row["wrong"]) == pytest.approx((found.answered, found.wrong))
    [covered] = [frame.value for frame in test.dataframe if "holds the true class" in frame.value]
    expected = trust.coverage(0.9, table.set_index("image_id")["true"].map(NAMES)).set_index("of")
    shown = covered.set_index("class")
    assert shown.loc["all", "holds the true class"] == pytest.approx(trust.coverage(0.9)["coverage"][0])
    for name, row in expected.iterrows():
        assert shown.loc[name, "holds the true class"] == pytest.approx(row["coverage"])
    always = always_in_words(trust.sets.always(0.9), NAMES)
    assert always.endswith("vascular lesion.")
    assert always in said(test)
    by = next(each for each in test.selectbox if each.label == "Grouped by")
    assert {"class", "age", "sex"} <= set(by.options)
    test = by.set_value("sex").run()
    [covered] = [frame.value for frame in test.dataframe if "holds the true class" in frame.value]
    assert {"all", "female", "male"} <= set(covered["sex"])
    test.segmented_control[0].set_value("validation").run()
    assert not test.exception
    assert "half of these very pictures" in said(test)


def test_coverage_and_risk_without_validation_or_of_one_group_are_refused_in_words(
    trained: RunFolder, open_page
) -> None:
    table = load_predictions(trained.predictions_file)
    save_predictions(trained.predictions_file, table.assign(group_id="one"))
    test = view(open_page, "Coverage and risk")
    assert "no sets of classes" in said(test)
    save_predictions(trained.predictions_file, table)
    without(trained, "validation")
    test = view(open_page, "Coverage and risk")
    assert "no sets of classes" in said(test)
    assert "of which this run has none" in said(test)


def test_classes_that_nobody_called_malignant_can_be_called_so(trained: RunFolder, open_page) -> None:
    info = read_json(trained.predictor_file)
    classes = [each | {"malignant": None} for each in info["classes"]]
    write_json(trained.predictor_file, info | {"classes": classes})
    test = view(open_page, "Threshold")
    chosen = test.selectbox(key=f"called-{trained.run_id}")
    assert "malignant" not in chosen.options
    test.multiselect(key=f"malignant-{trained.run_id}").set_value(["mel", "bcc"]).run()
    test.selectbox(key=f"called-{trained.run_id}").set_value("malignant").run()
    next(each for each in test.button if each.label == "Save for Predict").click().run()
    assert load_threshold(trained).positive == ("bcc", "mel")
    assert view(open_page, "Threshold").multiselect(key=f"malignant-{trained.run_id}").value == ["bcc", "mel"]
