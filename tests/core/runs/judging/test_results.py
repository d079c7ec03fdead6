"""Reading what a run found out, also where a file of it is missing or damaged."""

import pytest

from core.base.errors import RunError
from core.base.files import read_json, write_json
from core.runs.judging.results import headline_metrics, load_results
from core.runs.run_folder import RunFolder


def test_the_part_that_speaks_for_a_run_is_among_those_of_its_figures(trained: RunFolder) -> None:
    results = load_results(trained)
    assert list(results.metrics) == ["validation", "test"]
    assert headline_metrics(trained) == (results.headline, results.metrics[results.headline])


@pytest.mark.parametrize("content", [None, "", "{", "[]", "null", '{"leaking": false}', '{"by_class": []}'])
def test_a_leakage_report_that_is_missing_or_damaged_is_named(trained: RunFolder, content: str | None) -> None:
    trained.leakage_file.unlink() if content is None else trained.leakage_file.write_text(content)
    with pytest.raises(RunError, match=rf"{trained.run_id} cannot be shown: its leakage\.json is missing or cannot be"):
        load_results(trained)


@pytest.mark.parametrize("content", ["", "{", "[1]", "{}", '{"headline": "test"}', '{"headline": "test", "test": 7}'])
def test_figures_that_are_damaged_are_named(trained: RunFolder, content: str) -> None:
    (trained.evaluation / "metrics.json").write_text(content)
    for read in (load_results, headline_metrics):
        with pytest.raises(RunError, match=r"its metrics\.json is missing or cannot be read"):
            read(trained)


def test_figures_of_another_version_are_named(trained: RunFolder) -> None:
    file = trained.evaluation / "metrics.json"
    value = read_json(file)
    value["test"] |= {"per_class": [], "a field of another version": 1}
    write_json(file, value)
    with pytest.raises(RunError, match=r"its metrics\.json is missing or cannot be read"):
        load_results(trained)
