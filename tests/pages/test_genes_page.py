"""The page Genes: every figure follows the widgets, and an empty one says what to do."""

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

PAGE = "23_genes.py"


@pytest.fixture
def leukaemia(artifacts) -> None:
    folder = artifacts.parent / "data" / "leukaemia"
    folder.mkdir()
    rng = np.random.default_rng(0)
    patients = [str(number) for number in range(1, 21)]
    labels = pd.DataFrame({"patient": patients, "cancer": ["ALL", "AML"] * 10})
    labels.to_csv(folder / "actual.csv", index=False)
    values = pd.DataFrame(rng.integers(50, 5000, (300, 20)), columns=patients)
    values.insert(0, "Gene Accession Number", [f"G{n}" for n in range(300)])
    values.to_csv(folder / "data_set_train.csv", index=False)


def genes(test: AppTest) -> pd.DataFrame:
    """The table of the most variable genes."""
    [found] = [each.value for each in test.dataframe if "variance" in each.value]
    return found


def test_genes_are_shown_as_many_as_the_slider_says(leukaemia, open_page) -> None:
    test = open_page(PAGE)
    assert not test.exception
    assert {metric.label: metric.value for metric in test.metric} == {
        "Patients": "20", "Genes": "300", "acute lymphoblastic leukaemia": "10", "acute myeloid leukaemia": "10",
    }  # fmt: skip
    assert len(test.get("plotly_chart")) == 4
    assert len(genes(test)) == 40
    test.slider[0].set_value(100).run()
    assert len(genes(test)) == 100
    variance = genes(test)["variance"]
    assert variance.is_monotonic_decreasing
    test.segmented_control[0].set_value("as measured").run()
    assert genes(test)["variance"].max() > 1000 * variance.max()
    assert not test.exception


def test_without_a_table_the_page_says_what_to_put_where(artifacts, open_page) -> None:
    test = open_page(PAGE)
    assert not test.exception
    assert f"Put a folder into {artifacts.parent / 'data'} that holds actual.csv" in test.info[0].value


def test_two_patients_have_every_figure_but_the_components(artifacts, open_page) -> None:
    folder = artifacts.parent / "data" / "pair"
    folder.mkdir()
    (folder / "labels.csv").write_text("sample,label\na,one\nb,two\n")
    (folder / "expression.csv").write_text("gene,a,b\nG1,100,900\nG2,500,300\n")
    test = open_page(PAGE)
    assert not test.exception
    assert not test.error
    assert len(test.get("plotly_chart")) == 4
    assert len(genes(test)) == 2


def test_a_table_of_logarithms_is_shown_as_it_is_and_says_so(leukaemia, artifacts, open_page) -> None:
    folder = artifacts.parent / "data" / "geo"
    folder.mkdir()
    samples = [f"GSM{number}" for number in range(12)]
    pd.DataFrame({"sample": samples, "label": ["a", "b"] * 6}).to_csv(folder / "labels.csv", index=False)
    values = pd.DataFrame(np.random.default_rng(1).normal(8, 2, (60, 12)), columns=samples)
    values.insert(0, "gene", [f"G{n}" for n in range(60)])
    values.to_csv(folder / "series.csv", index=False)
    test = open_page(PAGE, **{"gene-table": "geo"})
    assert not test.exception
    assert test.segmented_control[0].value == "as measured"
    assert any("taken for logarithms already" in each.value for each in test.caption)
    variance = genes(test)["variance"]
    assert variance.min() > 0.5
    test.segmented_control[0].set_value("logarithm").run()
    assert genes(test)["variance"].min() > 0
    test.selectbox[0].set_value("leukaemia").run()
    assert test.segmented_control[0].value == "logarithm"
    assert any("taken for intensities" in each.value for each in test.caption)
    assert not test.exception


def test_an_infinite_value_is_said_on_the_page(leukaemia, artifacts, open_page, errors_shown) -> None:
    file = artifacts.parent / "data" / "leukaemia" / "data_set_train.csv"
    table = pd.read_csv(file)
    table["3"] = table["3"].astype(float)
    table.loc[7, "3"] = np.inf
    table.to_csv(file, index=False)
    test = open_page(PAGE)
    assert not test.exception
    assert "infinite or too large" in test.error[0].value


def test_missing_values_are_filled_and_said(leukaemia, artifacts, open_page) -> None:
    file = artifacts.parent / "data" / "leukaemia" / "data_set_train.csv"
    table = pd.read_csv(file)
    table["3"] = table["3"].astype(object)
    table.loc[7, "3"] = ""
    table.to_csv(file, index=False)
    test = open_page(PAGE)
    assert not test.exception
    assert not test.error
    assert "Missing values, filled with the median of their gene: 1." in [each.value for each in test.warning]
    assert {metric.label: metric.value for metric in test.metric}["Genes"] == "300"


def test_a_table_with_samples_in_rows_is_shown_and_says_how_it_was_understood(artifacts, open_page) -> None:
    folder = artifacts.parent / "data" / "cumida"
    folder.mkdir()
    values = pd.DataFrame(
        np.random.default_rng(2).normal(8, 2, (12, 50)), columns=[f"{1000 + n}_at" for n in range(50)]
    )
    values.insert(0, "type", ["basal", "normal", "luminal_A"] * 4)
    values.insert(0, "samples", range(84, 96))
    values.to_csv(folder / "Breast_GSE45827.csv", index=False)
    test = open_page(PAGE)
    assert not test.exception
    assert {metric.label: metric.value for metric in test.metric} == {
        "Samples": "12", "Genes": "50", "Classes": "3", "In the smallest class": "4",
    }  # fmt: skip
    said = " ".join(each.value for each in test.caption)
    assert "Breast_GSE45827.csv: samples in rows and genes in columns" in said
    assert "the column “type” of the same file" in said
    assert "taken for logarithms already" in said
    assert not test.warning
    test.button("train-genes").click().run()
    assert not test.exception
    shown = {metric.label: metric.value for metric in test.metric}
    assert shown["By guessing"] == "33.3\u00a0%"
    assert shown["Balanced accuracy"].endswith("%")
    assert any("4-fold cross-validation" in each.value for each in test.caption)


def test_home_and_data_say_how_a_table_was_understood(leukaemia, open_page) -> None:
    understood = "data_set_train.csv: genes in rows and samples in columns. The classes are from the column “cancer”"
    data = open_page("20_data.py")
    assert any(understood in each.value for each in data.caption)
    assert any("**20 samples**, 300 genes, 2 classes, intensities" in each.value for each in data.markdown)
    home = open_page("10_home.py")
    [link] = [each.proto for each in home.get("page_link") if each.proto.label == "Gene tables"]
    assert understood in link.help


@pytest.mark.parametrize("parameter", ["gene-table", "clone"])
def test_a_table_or_a_run_to_clone_that_is_gone_is_said(parameter: str, leukaemia, open_page) -> None:
    test = open_page(PAGE, **{parameter: "long-gone"})
    assert not test.exception
    assert ["There is no" in each.value and "`long-gone`" in each.value for each in test.warning] == [True]
    assert not open_page(PAGE).warning
