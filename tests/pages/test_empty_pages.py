"""Pages with nothing to show yet show an example of what will be there, which says that its numbers are made up."""

import json

import pytest

MADE_UP = "An example of what will stand here; its numbers are made up."


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("31_runs.py", "Accuracy by epoch"),
        ("32_results.py", "Confusion matrix in pictures"),
        ("33_predict.py", "Probability of each class"),
        ("34_compare.py", "Accuracy by epoch"),
        ("36_search.py", "Accuracy by epoch"),
        ("39_card.py", "Confusion matrix in pictures"),
        ("39_explain.py", "Probability of each class"),
        ("25_map.py", "Pictures that look alike lie together"),
        ("23_genes.py", "The 12 most variable genes"),
    ],
)
def test_an_empty_page_shows_an_example_and_calls_it_so(page: str, title: str, demo_artifacts, open_page) -> None:
    test = open_page(page)
    assert not test.exception
    assert [each.value for each in test.caption].count(MADE_UP) == 1
    [chart] = [json.loads(each.proto.spec) for each in test.get("plotly_chart")]
    assert chart["layout"]["title"]["text"].replace("<br>", " ") == title
    assert chart["layout"]["title"]["subtitle"]["text"] == "made-up numbers"
