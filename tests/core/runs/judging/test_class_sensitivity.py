"""How many of each class a run finds, in one line: the figures of Results, of the part that speaks for the run."""

import pytest

from core.evaluation.class_intervals import class_intervals
from core.runs.judging.class_sensitivity import ClassSensitivity, class_sensitivities
from core.runs.judging.results import load_results
from core.runs.run_folder import RunFolder


def test_it_is_the_sensitivity_of_the_test_part_with_the_interval_of_results(trained: RunFolder) -> None:
    results = load_results(trained)
    table = results.predictions[results.predictions["part"] == "test"]
    limits = class_intervals(table, results.info.class_keys)
    found = class_sensitivities(trained)
    assert list(found) == list(results.info.class_keys)
    for each in results.metrics["test"].per_class:
        of = found[each.key]
        assert (of.part, of.support, of.share) == ("test", each.support, pytest.approx(each.sensitivity))
        assert of.limits == limits[each.key].get("sensitivity")


@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        (
            ClassSensitivity("melanoma", "test", "pictures", 25, 1040, (0.014, 0.046)),
            "Of 1,040 test pictures of melanoma the model found 25 (2\u00a0%; 95 % interval 1–5\u00a0%).",
        ),
        (
            ClassSensitivity("melanoma", "validation", "samples", 1, 1, None),
            "Of 1 validation sample of melanoma the model found 1 (100\u00a0%).",
        ),
        (
            ClassSensitivity("melanoma", "test", "pictures", 0, 0, None),
            "The test part has no picture of melanoma: nobody knows how many the model finds.",
        ),
    ],
)
def test_it_is_one_short_line(of: ClassSensitivity, sentence: str) -> None:
    assert of.sentence == sentence
