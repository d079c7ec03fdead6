"""What an instructor shows of a class: sums of what everybody answered, and nobody's key."""

import pandas as pd
import pytest

from core.data.adapters.skin import HAM10000_CLASSES
from core.teaching.quiz.class_answers import Participant
from core.teaching.quiz.class_results import NO_VOTE, ClassResults, class_results
from core.teaching.quiz.quiz import LEFT_OUT, SeriesSettings, draw_series, judge, series_rows
from core.teaching.quiz.quiz_files import new_key


@pytest.fixture
def image_ids(predictions: pd.DataFrame) -> tuple[str, ...]:
    return draw_series(predictions, SeriesSettings("a-run"))


@pytest.fixture
def true(predictions: pd.DataFrame, image_ids) -> list[str]:
    return series_rows(predictions, image_ids)["true"].tolist()


def of(predictions: pd.DataFrame, image_ids, *answers: list[str], unfinished: int = 0) -> ClassResults:
    everybody = [Participant(new_key(), 0.0, tuple(each), True) for each in answers]
    everybody += [Participant(new_key(), 0.0, ("nv",), False) for _ in range(unfinished)]
    return class_results(predictions, image_ids, everybody, HAM10000_CLASSES)


def test_scores_are_those_that_each_saw_and_the_models_is_that_of_the_comparison(predictions, image_ids, true) -> None:
    results = of(predictions, image_ids, true, ["nv"] * 10, ["mel"] * 10)
    alone = [judge(predictions, image_ids, a, HAM10000_CLASSES, "nv") for a in (true, ["nv"] * 10, ["mel"] * 10)]
    assert sorted(results.scores) == sorted(each.you.correct for each in alone)
    assert results.model_correct == alone[0].model.correct


def test_those_who_did_not_finish_are_not_counted(predictions, image_ids, true) -> None:
    results = of(predictions, image_ids, true, unfinished=5)
    assert results.scores == (10,)
    assert results.pictures["answered"].tolist() == [1] * 10


def test_whoever_answered_every_picture_counts_also_without_having_said_so(predictions, image_ids, true) -> None:
    everybody = [Participant(new_key(), 0.0, tuple(true), False)]
    assert class_results(predictions, image_ids, everybody, HAM10000_CLASSES).scores == (len(true),)


def test_the_sensitivity_of_the_class_is_that_of_all_its_answers_together(predictions, image_ids, true) -> None:
    table = of(predictions, image_ids, true, ["nv"] * 10).sensitivities.set_index("key")
    assert table.loc["nv", "class_fraction"] == 1
    assert table.loc["mel", "class_fraction"] == 0.5
    assert table["pictures"].sum() == 10
    model = judge(predictions, image_ids, true, HAM10000_CLASSES, "nv").model.metrics
    for each in model.per_class:
        assert table.loc[each.key, "model_fraction"] == pytest.approx(each.sensitivity)


def test_the_vote_is_the_most_frequent_answer_and_a_tie_is_none(predictions, image_ids, true) -> None:
    others = ["nv" if each != "nv" else "mel" for each in true]
    tied = of(predictions, image_ids, true, others)
    assert set(tied.pictures["vote"]) == {NO_VOTE}
    assert tied.vote_correct == 0
    assert of(predictions, image_ids, true, true, others).vote_correct == 10
    assert tied.pictures["mistaken_for"].tolist() == others


def test_pictures_left_out_lower_nobodys_share(predictions, image_ids, true) -> None:
    results = of(predictions, image_ids, true, [LEFT_OUT, *true[1:]])
    assert results.pictures["answered"].tolist() == [1] + [2] * 9
    assert results.pictures["fraction_right"].tolist() == [1.0] * 10


def test_a_class_of_which_nobody_finished_has_no_shares(predictions, image_ids) -> None:
    results = of(predictions, image_ids, unfinished=2)
    assert results.scores == ()
    assert results.pictures["fraction_right"].isna().all()
    assert results.answers.empty


def test_the_table_to_take_home_holds_no_key_of_a_participant(predictions, image_ids, true) -> None:
    participants = [Participant(new_key(), float(n), tuple(true), True) for n in range(3)]
    table = class_results(predictions, image_ids, participants, HAM10000_CLASSES).answers
    assert list(table) == ["participant", "position", "image_id", "true", "answer", "right", "model"]
    text = table.to_csv()
    assert not any(participant.participant_id in text for participant in participants)
    assert sorted(table["participant"].unique()) == [1, 2, 3]
    assert len(table) == 30
