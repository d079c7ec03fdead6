"""The threshold of a run: kept with who and when, refused where it cannot be meant, and known to be outdated."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError, RunError
from core.base.files import read_json, sha256_of, write_json
from core.data.adapters.skin import HAM10000_CLASSES
from core.data.spec import ClassSpec
from core.evaluation.predictions import load_predictions, predicted_labels, save_predictions
from core.evaluation.readings import Reading
from core.runs.answers.verdict import Line, called_by_run, line_at_half, line_of
from core.runs.judging import threshold
from core.runs.judging.caution import save_caution
from core.runs.judging.readings import malignant_reading, melanoma_of, readings_of
from core.runs.judging.results import load_other, load_own_predictions, load_results, others_of
from core.runs.judging.threshold import forget_threshold, load_threshold, save_threshold
from core.runs.judging.threshold_rules import threshold_rules
from core.runs.judging.trust import load_trust
from core.runs.run_folder import RunFolder
from core.runs.trash import delete
from core.serving.predictor import PredictorInfo

MALIGNANT = Reading("malignant", ("akiec", "bcc", "mel"))


def test_a_threshold_is_kept_with_who_and_when_until_it_is_forgotten(trained: RunFolder) -> None:
    assert load_threshold(trained) is None
    before = time.time()
    saved = save_threshold(
        trained, 0.137, MALIGNANT, rule="95 % of melanomas found", chosen_on="validation", by="anna@example.org"
    )
    loaded = load_threshold(trained)
    assert loaded == saved
    assert (loaded.value, loaded.reading, loaded.by) == (0.137, MALIGNANT, "anna@example.org")
    assert (loaded.rule, loaded.chosen_on, loaded.outdated) == ("95 % of melanomas found", "validation", False)
    assert before <= loaded.at <= time.time()
    forget_threshold(trained)
    forget_threshold(trained)
    assert load_threshold(trained) is None


def test_the_predictions_are_read_once_however_often_a_threshold_is_looked_up(trained: RunFolder, monkeypatch) -> None:
    read: list[Path] = []
    monkeypatch.setattr(threshold, "sha256_if_readable", lambda file: (read.append(file), sha256_of(file))[1])
    save_threshold(trained, 0.3, MALIGNANT)
    assert [load_threshold(trained).outdated for _ in range(3)] == [False] * 3
    assert read == [trained.predictions_file], "each move of the slider looks it up"
    save_predictions(trained.predictions_file, load_predictions(trained.predictions_file)[::-1])
    assert [load_threshold(trained).outdated for _ in range(2)] == [True] * 2
    assert len(read) == 2
    trained.predictions_file.unlink()
    assert load_threshold(trained).outdated


def test_no_threshold_is_saved_for_a_run_that_was_deleted_meanwhile(trained: RunFolder) -> None:
    delete(trained)
    with pytest.raises(RunError, match="is gone"):
        save_threshold(trained, 0.3, MALIGNANT)
    with pytest.raises(RunError, match="is gone"):
        save_caution(trained, 0.9, None)
    forget_threshold(trained)
    assert not trained.path.exists()


def test_an_answer_is_high_from_the_saved_threshold_on_while_it_is_of_the_run_as_it_is(trained: RunFolder) -> None:
    info = PredictorInfo.load(trained.predictor_file)
    assert line_of(trained, info) == line_at_half(info)
    save_threshold(trained, 0.3, MALIGNANT)
    assert line_of(trained, info) == Line(0.3, "malignant", MALIGNANT.positive, saved=True)
    save_predictions(trained.predictions_file, load_predictions(trained.predictions_file)[::-1])
    assert line_of(trained, info) == line_at_half(info)


def test_results_call_a_picture_malignant_where_predict_does_and_name_a_class_where_it_is_most_likely(
    trained: RunFolder,
) -> None:
    info, table = load_own_predictions(trained)
    split = table.head(1).assign(**{f"p_{key}": 0.0 for key in info.class_keys})
    table = pd.concat([table, split.assign(p_mel=0.3, p_bcc=0.3, p_nv=0.4)], ignore_index=True)
    malignant, *classes = readings_of(info.classes)

    def told_by_predict() -> list[bool]:
        line = line_of(trained, info)
        assert line is not None
        rows = table[[f"p_{key}" for key in info.class_keys]].set_axis(info.class_keys, axis=1).to_dict("records")
        return [line.score(row) >= line.value for row in rows]

    called, how = called_by_run(trained, info, table, malignant)
    assert called[-1], "most likely is a nevus, yet it is more likely malignant than not"
    assert called.tolist() == told_by_predict()
    assert how == "A picture is called malignant from a probability of 0.5 on; no threshold is saved for that."
    save_threshold(trained, 0.7, malignant)
    called, how = called_by_run(trained, info, table, malignant)
    assert called.tolist() == told_by_predict()
    assert not called[-1]
    assert "from the saved threshold of 0.700 on" in how
    [nevus] = [each for each in classes if each.positive == ("nv",)]
    called, how = called_by_run(trained, info, table, nevus)
    assert called.tolist() == (predicted_labels(table, info.class_keys) == "nv").tolist()
    assert "where the most likely class is" in how
    save_threshold(trained, 0.1, nevus)
    assert called_by_run(trained, info, table, malignant)[1].endswith(
        "from a probability of 0.5 on; no threshold is saved for that."
    )
    trained.threshold_file.write_text("{")
    assert called_by_run(trained, info, table, malignant)[0][-1]


def test_a_run_that_is_evaluated_anew_outdates_its_threshold(trained: RunFolder) -> None:
    save_threshold(trained, 0.3, MALIGNANT)
    table = load_predictions(trained.predictions_file)
    save_predictions(trained.predictions_file, table[::-1])
    assert load_threshold(trained).outdated


@pytest.mark.parametrize(
    ("value", "positive"), [(1.2, ("mel",)), (-0.1, ("mel",)), (float("nan"), ("mel",)), (0.5, ("rash",)), (0.5, ())]
)
def test_what_cannot_be_a_threshold_of_the_run_is_refused(value, positive, trained: RunFolder) -> None:
    with pytest.raises(RunError, match="between 0 and 1"):
        save_threshold(trained, value, Reading("x", positive))
    assert load_threshold(trained) is None


@pytest.mark.parametrize("content", ["{", "[]", '{"value": 7}', '{"value": "high"}', "{}"])
def test_a_damaged_threshold_is_a_clear_error(content: str, trained: RunFolder) -> None:
    trained.threshold_file.write_text(content)
    with pytest.raises(RunError, match=r"threshold\.json is missing or damaged"):
        load_threshold(trained)


def test_a_threshold_of_another_runs_classes_is_a_clear_error(trained: RunFolder) -> None:
    save_threshold(trained, 0.3, MALIGNANT)
    write_json(trained.threshold_file, read_json(trained.threshold_file) | {"positive": ["tumour"]})
    with pytest.raises(RunError, match="classes that its model does not know"):
        load_threshold(trained)


def test_malignant_classes_are_those_of_the_data_set_or_those_that_are_chosen() -> None:
    assert malignant_reading(HAM10000_CLASSES) == MALIGNANT
    assert [each.name for each in readings_of(HAM10000_CLASSES)][:2] == ["malignant", HAM10000_CLASSES[0].name]
    types = tuple(ClassSpec(f"t{n}", f"type {n}", None) for n in range(3))
    assert malignant_reading(types) is None
    assert malignant_reading(types, ["t1"]) == Reading("malignant", ("t1",))
    assert malignant_reading(types, ["t0", "t1", "t2"]) is None
    two = (ClassSpec("0", "no tumour", False), ClassSpec("1", "tumour", True))
    assert readings_of(two) == [Reading("malignant", ("1",))]


def test_melanoma_is_known_under_any_name() -> None:
    assert melanoma_of(HAM10000_CLASSES).key == "mel"
    assert melanoma_of((ClassSpec("2", "Melanoma", True),)).key == "2"
    assert melanoma_of((ClassSpec("1", "tumour", True),)) is None


def altered(run: RunFolder, change) -> None:
    save_predictions(run.predictions_file, change(load_predictions(run.predictions_file)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.assign(p_mel=t["p_mel"] + 0.4), "do not sum to 1"),
        (lambda t: t.assign(p_mel=-t["p_mel"]), "do not lie between 0 and 1"),
        (lambda t: t.assign(p_mel=np.nan), "do not lie between 0 and 1"),
        (lambda t: t.assign(p_mel="high"), "no numbers"),
        (lambda t: t.rename(columns={"p_mel": "p_rash"}), "are of another model"),
        (lambda t: t.drop(columns="p_mel"), "are of another model"),
        (lambda t: t.assign(true="rash"), "classes that the run does not know"),
        (lambda t: t.assign(group_id=None), "gaps"),
        (lambda t: t.assign(true=t["true"].where(t.index > 0)), "gaps"),
        (lambda t: t.assign(image_id=range(len(t))), "the column image_id holds something else than text"),
        (lambda t: t.assign(group_id=[["a"]] * len(t)), "the column group_id holds something else than text"),
        (lambda t: t[1:], "do not belong together"),
        (lambda t: t.assign(true="nv"), "do not belong together"),
    ],
)
def test_a_table_of_predictions_that_is_not_the_runs_is_a_clear_error(change, said, trained: RunFolder) -> None:
    altered(trained, change)
    with pytest.raises(DataError, match=said):
        load_results(trained)
    with pytest.raises(DataError, match=said):
        load_trust(trained)


def test_what_a_run_was_judged_on_besides_is_listed_and_read(trained: RunFolder) -> None:
    assert others_of(trained) == []
    value = read_json(trained.evaluation / "metrics.json")["test"]
    table: pd.DataFrame = load_predictions(trained.predictions_file)
    folder = trained.evaluation / "on-clinic"
    write_json(folder / "metrics.json", {"on": "clinic", "pictures_seen_in_training": 3, **value})
    save_predictions(folder / "predictions.parquet", table[table["part"] == "test"])
    assert others_of(trained) == ["clinic"]
    other = load_other(trained, "clinic")
    assert (other.on, other.seen, len(other.predictions)) == ("clinic", 3, (table["part"] == "test").sum())
    save_predictions(folder / "predictions.parquet", table)
    with pytest.raises(DataError, match="do not belong together"):
        load_other(trained, "clinic")


def test_rules_find_what_they_say_and_of_two_classes_there_are_two(trained: RunFolder) -> None:
    results = load_results(trained)
    table, classes = results.part("validation"), results.info.classes
    malignant = malignant_reading(classes)
    rules = threshold_rules(table, classes, malignant)
    assert list(rules) == [
        "95\u00a0% of melanomas found",
        "Largest Youden index",
        "Best balanced accuracy of all classes",
    ]
    scores = malignant.scores(table)[table["true"] == "mel"]
    threshold = rules["95\u00a0% of melanomas found"]
    assert (scores >= threshold).mean() >= 0.95 > (scores >= threshold + 0.001).mean()
    assert next(iter(threshold_rules(table, classes, Reading("nevus", ("nv",))))) == "95\u00a0% sensitivity"
    assert list(threshold_rules(table, classes[:2], malignant)) == ["95\u00a0% sensitivity", "Largest Youden index"]
    assert threshold_rules(table[:0], classes, malignant) == {}
    assert threshold_rules(table[table["true"] == "nv"], classes, malignant) == {}
