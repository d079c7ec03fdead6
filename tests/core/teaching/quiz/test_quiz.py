"""A series is seeded, fair and has one picture a group; a person is judged by the functions that judge a run."""

import numpy as np
import pandas as pd
import pytest

from core.base.errors import ConfigurationError, LessonError
from core.data.adapters.skin import HAM10000_CLASSES
from core.evaluation.intervals import group_bootstrap
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import predicted_labels, prediction_table
from core.evaluation.small_samples import wilson_interval
from core.teaching.quiz.quiz import (
    LEFT_OUT,
    SIZES,
    Comparison,
    Sampling,
    SeriesSettings,
    draw_series,
    judge,
    series_rows,
)

KEYS = [c.key for c in HAM10000_CLASSES]
MALIGNANT = {c.key for c in HAM10000_CLASSES if c.malignant}


def settings(size: int = 10, sampling: Sampling = Sampling.BALANCED, seed: int = 0) -> SeriesSettings:
    return SeriesSettings("a-run", size, sampling, seed)


def judged(predictions: pd.DataFrame, image_ids, answers) -> Comparison:
    return judge(predictions, image_ids, answers, HAM10000_CLASSES, "nv")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sampling", list(Sampling))
def test_the_same_settings_give_the_same_series_whatever_the_order_of_the_file(
    predictions: pd.DataFrame, size: int, sampling: Sampling
) -> None:
    first = draw_series(predictions, settings(size, sampling, 5))
    assert first == draw_series(predictions.sample(frac=1, random_state=1), settings(size, sampling, 5))
    assert first != draw_series(predictions, settings(size, sampling, 6))
    assert len(set(first)) == size


@pytest.mark.parametrize("sampling", list(Sampling))
def test_no_two_pictures_of_a_series_are_of_the_same_group_and_all_are_test_pictures(
    predictions: pd.DataFrame, sampling: Sampling
) -> None:
    for seed in range(10):
        rows = series_rows(predictions, draw_series(predictions, settings(30, sampling, seed)))
        assert rows["group_id"].nunique() == 30
        assert set(rows["part"]) == {"test"}


def test_a_balanced_series_has_every_class_about_equally_often(predictions: pd.DataFrame) -> None:
    for seed in range(10):
        rows = series_rows(predictions, draw_series(predictions, settings(20, seed=seed)))
        counts = rows["true"].value_counts()
        assert set(counts.index) == set(KEYS)
        assert counts.max() - counts.min() <= 1


def test_which_class_has_one_more_is_left_to_chance(predictions: pd.DataFrame) -> None:
    more = set()
    for seed in range(30):
        counts = series_rows(predictions, draw_series(predictions, settings(10, seed=seed)))["true"].value_counts()
        more |= set(counts[counts == 2].index)
    assert more == set(KEYS)


def test_a_class_with_too_few_pictures_leaves_its_places_to_others(predictions: pd.DataFrame) -> None:
    rare = predictions[(predictions["true"] != "df") | (predictions["image_id"] == "I0000")]
    rare = pd.concat([rare, predictions[predictions["true"] == "df"].head(1)])
    rows = series_rows(rare, draw_series(rare, settings(30)))
    assert len(rows) == 30
    assert (rows["true"] == "df").sum() == 1


def test_pictures_as_they_come_follow_the_frequencies_of_the_test_part(predictions: pd.DataFrame) -> None:
    drawn = [draw_series(predictions, settings(30, Sampling.AS_THEY_COME, seed)) for seed in range(40)]
    fractions = series_rows(predictions, list({i for ids in drawn for i in ids}))["true"].value_counts(normalize=True)
    assert fractions["nv"] == pytest.approx(0.6, abs=0.1)


def test_classes_do_not_come_in_turns(predictions: pd.DataFrame) -> None:
    firsts = [series_rows(predictions, draw_series(predictions, settings(20, seed=s)))["true"][:7] for s in range(10)]
    assert any(first.nunique() < 7 for first in firsts)


def test_a_test_part_with_too_few_groups_is_told(predictions: pd.DataFrame) -> None:
    few = predictions[predictions["group_id"] <= "L011"]
    with pytest.raises(LessonError, match="only 12 different groups"):
        draw_series(few, settings(20))


def test_a_run_without_a_test_part_is_told(predictions: pd.DataFrame) -> None:
    with pytest.raises(LessonError, match="no predictions on a test part"):
        draw_series(predictions[predictions["part"] == "validation"], settings())


@pytest.mark.parametrize("change", [{"size": 12}, {"size": 0}, {"seed": -1}, {"seed": 2**40}])
def test_settings_that_are_not_offered_are_refused(change: dict) -> None:
    with pytest.raises(ConfigurationError):
        SeriesSettings("a-run", **change)


def test_settings_survive_json() -> None:
    one = SeriesSettings("a-run", 20, Sampling.AS_THEY_COME, 7, True)
    assert SeriesSettings.from_json(one.to_json()) == one


def test_a_person_is_judged_by_the_functions_that_judge_a_run(predictions: pd.DataFrame) -> None:
    image_ids = draw_series(predictions, settings(30))
    rows = series_rows(predictions, image_ids)
    answers = np.random.default_rng(3).choice(KEYS, 30)
    comparison = judged(predictions, image_ids, answers.tolist())

    yours = prediction_table(rows, np.eye(7)[[KEYS.index(answer) for answer in answers]], KEYS)
    assert comparison.you.metrics == evaluate(yours, KEYS, "nv")
    assert comparison.model.metrics == evaluate(rows, KEYS, "nv")
    assert comparison.you.correct == (answers == rows["true"]).sum()
    assert comparison.you.metrics.accuracy == comparison.you.correct / 30
    assert comparison.you.accuracy_interval == wilson_interval(comparison.you.correct, 30)
    assert comparison.you.balanced_interval == group_bootstrap(yours, KEYS)["balanced_accuracy"]


def test_agreement_and_mistakes_are_counted_picture_by_picture(predictions: pd.DataFrame) -> None:
    image_ids = draw_series(predictions, settings(20))
    rows = series_rows(predictions, image_ids)
    answers = np.random.default_rng(4).choice(KEYS, 20)
    comparison = judged(predictions, image_ids, answers.tolist())
    models, true = predicted_labels(rows, KEYS), rows["true"].to_numpy()
    assert comparison.agreeing == sum(a == m for a, m in zip(answers, models, strict=True))
    assert comparison.only_you == sum(a == t != m for a, m, t in zip(answers, models, true, strict=True))
    assert comparison.only_model == sum(m == t != a for a, m, t in zip(answers, models, true, strict=True))
    for side, said in ((comparison.you, answers), (comparison.model, models)):
        pairs = [(t in MALIGNANT, s in MALIGNANT) for t, s in zip(true, said, strict=True)]
        assert side.malignant_missed == pairs.count((True, False))
        assert side.over_called == pairs.count((False, True))
    assert comparison.malignant == sum(t in MALIGNANT for t in true)
    assert comparison.pictures["image_id"].tolist() == list(image_ids)


def test_a_perfect_series_has_an_interval_of_the_balanced_accuracy_that_does_not_promise_perfection(
    predictions: pd.DataFrame,
) -> None:
    image_ids = draw_series(predictions, settings())
    comparison = judged(predictions, image_ids, series_rows(predictions, image_ids)["true"].tolist())
    assert comparison.you.metrics.balanced_accuracy == 1
    low, high = comparison.you.balanced_interval
    assert low < 0.8 < high == 1
    assert comparison.you.accuracy_interval[0] < 0.75


def test_pictures_left_out_or_not_reached_count_for_neither_side(predictions: pd.DataFrame) -> None:
    image_ids = draw_series(predictions, settings())
    comparison = judged(predictions, image_ids, ["nv", LEFT_OUT, "mel"])
    assert comparison.pictures["position"].tolist() == [1, 3]
    assert comparison.you.metrics.images == comparison.model.metrics.images == 2


def test_nothing_answered_cannot_be_judged(predictions: pd.DataFrame) -> None:
    image_ids = draw_series(predictions, settings())
    for answers in ([], [LEFT_OUT, LEFT_OUT]):
        with pytest.raises(LessonError, match="No picture was answered"):
            judged(predictions, image_ids, answers)


def test_an_answer_that_is_no_class_is_told(predictions: pd.DataFrame) -> None:
    with pytest.raises(LessonError, match="not one of the model's classes"):
        judged(predictions, draw_series(predictions, settings()), ["wart"])


def test_a_series_that_the_run_does_not_know_any_more_is_told(predictions: pd.DataFrame) -> None:
    image_ids = draw_series(predictions, settings())
    others = predictions[predictions["image_id"] != image_ids[0]]
    with pytest.raises(LessonError, match="1 of the 10 pictures are not in the test part"):
        judged(others, image_ids, ["nv"] * 10)
