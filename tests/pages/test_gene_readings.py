"""The Data page shows what was understood of gene-expression tables, and lets instructors correct and agree to it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.data.catalog import look
from core.data.genes.gene_table import asked_of_genes, read_gene_table
from core.data.inspect import decide, inspect_folder
from core.data.reading.choices import choices_of
from tests.pages.test_data_page_readings import choose, press, texts

PAGE = "20_data.py"


def make_study(folder: Path) -> Path:
    """Twenty samples, of which no column says that it is the class although two may be."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    names = [f"S{number}" for number in range(20)]
    facts = {"sample": names, "kind": ["tumor", "normal"] * 10, "smoker": ["yes"] * 8 + ["no"] * 12}
    pd.DataFrame(facts).to_csv(folder / "facts.csv", index=False)
    values = pd.DataFrame(rng.normal(6, 2, (60, 20)).round(3), columns=names)
    values.insert(0, "gene", [f"G{n}" for n in range(60)])
    values.to_csv(folder / "expression.csv", index=False)
    return folder


@pytest.fixture
def study(demo_artifacts: Path) -> Path:
    return make_study(demo_artifacts.parent / "data" / "study")


def samples(test) -> dict[str, int]:
    table = next(each.value for each in test.dataframe if "samples" in each.value)
    return dict(zip(table["key" if "key" in table else "class"], table["samples"], strict=True))


def test_what_was_understood_of_genes_is_shown_corrected_and_agreed_to(study, open_page) -> None:
    test = open_page(PAGE, reading="study")
    assert not test.exception
    for words in ("20 samples", "60 genes", "genes in rows and samples in columns", "logarithmic scale", "smoker"):
        assert words in texts(test)
    assert samples(test) == {"normal": 10, "tumor": 10}
    choose(test, "Class, a column of facts.csv", "smoker")
    assert samples(test) == {"no": 12, "yes": 8}
    press(test, "Undo changes")
    assert asked_of_genes(study)
    press(test, "Agree")
    assert not asked_of_genes(study)
    assert choices_of(study).columns == {"label": "kind"}
    assert "No question is open" in texts(test)


def test_what_stays_together_and_which_way_round_genes_lie_are_corrected(study, open_page) -> None:
    test = open_page(PAGE, reading="study")
    choose(test, "What must not be split: samples with the same value stay together", "smoker")
    assert "2 smokers" in texts(test) or "2 groups" in texts(test)
    [side] = [each for each in test.segmented_control if each.label == "Samples lie in"]
    side.set_value("rows").run()
    assert "can be read with its samples in rows, as it was decided" in texts(test)
    [side] = [each for each in test.segmented_control if each.label == "Samples lie in"]
    side.set_value("columns").run()
    press(test, "Agree")
    assert choices_of(study).columns == {"label": "kind", "group": "smoker"}
    assert choices_of(study).samples == "columns"
    assert read_gene_table(study).groups.nunique() == 2


def test_the_card_of_genes_leads_to_what_was_understood(study, open_page) -> None:
    test = open_page(PAGE)
    [button] = [each for each in test.button if each.key == "understood-study"]
    assert button.label == "Answer the open questions"
    button.click().run()
    assert "20 samples" in texts(test)


def test_genes_are_shown_before_their_folder_is_added(demo_artifacts, tmp_path, open_page) -> None:
    folder = make_study(tmp_path / "elsewhere" / "study")
    test = open_page(PAGE)
    test.text_input[0].set_value(str(folder))
    press(test, "Look into it")
    assert "20 samples" in texts(test)
    choose(test, "Class, a column of facts.csv", "smoker")
    press(test, "Add")
    assert dict(look().gene_tables).keys() == {"study"}
    assert read_gene_table(folder).labels.value_counts().to_dict() == {"no": 12, "yes": 8}


def test_viewers_see_genes_and_change_nothing(study, as_viewer, open_page) -> None:
    as_viewer()
    test = open_page(PAGE, reading="study")
    assert "20 samples" in texts(test)
    assert not test.selectbox
    assert "Agree" not in [each.label for each in test.button]


def test_a_gene_table_that_cannot_be_read_says_why(study, open_page) -> None:
    values = pd.read_csv(study / "expression.csv")
    values.loc[0, "S3"] = 1e20
    values.to_csv(study / "expression.csv", index=False)
    test = open_page(PAGE, reading="study")
    assert not test.exception
    assert "too large to be an expression" in texts(test)


def test_classes_of_genes_are_merged_and_judged(study, artifacts) -> None:
    facts = pd.read_csv(study / "facts.csv").assign(kind=["tumor", "normal", "cancer", "normal"] * 5)
    facts.rename(columns={"kind": "class"}).to_csv(study / "facts.csv", index=False)
    decided = decide(study, ["merge:cancer=tumor", "malignant:tumor=yes"])
    assert decided["classes"] == {"normal": 10, "tumor": 10}
    assert decided["malignant"]["tumor"] is True
    assert inspect_folder(study) == decided
    with pytest.raises(DataError, match="merge:CLASS=CLASS"):
        decide(study, ["age=smoker"])
    with pytest.raises(DataError, match="There are: sample, class, smoker"):
        decide(study, ["group=patient"])
