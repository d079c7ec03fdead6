"""Samples of a gene-expression table as examples: groups, parts, missing values, what is the same twice."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.data.catalog import look
from core.data.gene_catalog import own_split
from core.data.genes.gene_table import read_gene_table
from core.data.training_examples import GeneExamples, content_of, gene_examples, open_examples
from core.training.recipe import make_recipe, refuse_other_examples

GENES = [f"G{number}" for number in range(30)]


@pytest.fixture
def root(artifacts: Path) -> Path:
    return artifacts.parent / "data"


def write(folder: Path, samples: list[str], values: np.ndarray | None = None, **columns: list) -> Path:
    """A table with genes in rows, and labels with further columns."""
    folder.mkdir()
    found = np.random.default_rng(0).normal(8, 1, (len(samples), 30)) if values is None else values
    pd.DataFrame(found.T, GENES, samples).rename_axis("gene").to_csv(folder / "expression.csv")
    labels = ["tumour", "normal"] * (len(samples) // 2)
    pd.DataFrame({"sample": samples, "label": labels, **columns}).to_csv(folder / "labels.csv", index=False)
    return folder


def test_a_table_of_genes_is_tidy_metadata_and_one_array(root: Path) -> None:
    write(root / "study", [f"s{number}" for number in range(10)])
    dataset, examples = open_examples("study", 0)
    assert isinstance(examples, GeneExamples)
    assert (dataset.spec.name, dataset.spec.holds, dataset.spec.class_keys) == ("study", "genes", ("normal", "tumour"))
    assert dataset.table["image_id"].tolist() == examples.image_ids.tolist()
    assert dataset.table["group_id"].tolist() == dataset.table["image_id"].tolist()
    assert examples.values.shape == (10, 30)
    assert examples.genes == tuple(GENES)
    assert examples.rows(pd.Series(["s3", "nobody"])).tolist() == [3, -1]
    assert look().holds("study") == "genes"


def test_samples_of_one_patient_are_one_group_by_a_column_or_by_the_barcode_of_tcga(root: Path) -> None:
    samples = [f"s{number}" for number in range(8)]
    patients = ["p1", "p1", "p2", "p2", "p3", "p3", "", "unknown"]
    table = read_gene_table(write(root / "column", samples, patient_id=patients))
    assert table.groups.tolist() == [*patients[:6], "s6", "s7"]
    assert table.spec.group == "patient"
    barcodes = [f"TCGA-A7-A0{number // 2}B-{('01A', '11A')[number % 2]}" for number in range(8)]
    table = read_gene_table(write(root / "tcga", barcodes))
    assert sorted(table.groups.unique()) == [f"TCGA-A7-A0{number}B" for number in range(4)]
    assert table.groups[barcodes[0]] == table.groups[barcodes[1]]


def test_a_column_that_says_case_or_control_names_no_patients(root: Path) -> None:
    samples = [f"s{number}" for number in range(12)]
    table = read_gene_table(write(root / "study", samples, case=["yes", "no", "yes"] * 4))
    assert table.groups.tolist() == samples
    assert table.spec.group == "sample"


def test_a_number_of_patients_in_a_table_with_samples_in_rows_is_no_gene(root: Path) -> None:
    folder = root / "rows"
    folder.mkdir()
    rng = np.random.default_rng(0)
    values = pd.DataFrame(rng.normal(8, 1, (8, 30)), columns=GENES)
    values.insert(0, "patient", [1, 1, 2, 2, 3, 3, 4, 4])
    values.insert(0, "type", ["a", "b"] * 4)
    values.insert(0, "sample", [f"s{number}" for number in range(8)])
    values.to_csv(folder / "table.csv", index=False)
    table = read_gene_table(folder)
    assert table.expression.columns.tolist() == GENES
    assert table.groups.tolist() == ["1", "1", "2", "2", "3", "3", "4", "4"]


def test_missing_values_stay_missing_so_that_no_sample_fills_another(root: Path) -> None:
    values = np.random.default_rng(0).normal(8, 1, (10, 30))
    values[3, 7] = np.nan
    folder = write(root / "study", [f"s{number}" for number in range(10)], values)
    _, examples = open_examples("study", 0)
    assert np.argwhere(np.isnan(examples.values)).tolist() == [[3, 7]]
    assert not read_gene_table(folder).expression.isna().any(axis=None)


def test_genes_are_put_into_the_order_that_a_model_knows(root: Path) -> None:
    write(root / "study", [f"s{number}" for number in range(6)])
    _, plain = open_examples("study", 0)
    _, other = open_examples("study", 0, ["G5", "lacking", "G2"])
    np.testing.assert_array_equal(other.values[:, [0, 2]], plain.values[:, [5, 2]])
    assert np.isnan(other.values[:, 1]).all()
    with pytest.raises(DataError, match="has none of the 1 genes"):
        gene_examples(read_gene_table(root / "study"), "study", ["lacking"])


def test_the_same_expression_under_two_names_has_one_hash(root: Path) -> None:
    values = np.random.default_rng(0).normal(8, 1, (6, 30))
    values[4] = values[1]
    write(root / "study", [f"s{number}" for number in range(6)], values)
    hashes = content_of(*open_examples("study", 0))
    assert hashes["s4"] == hashes["s1"]
    assert hashes.nunique() == 5


def test_a_divided_table_is_judged_as_it_is_divided_unless_asked_otherwise(root: Path) -> None:
    folder = write(root / "study", [f"s{number}" for number in range(6)])
    assert own_split("study") == {}
    (folder / "expression.csv").rename(folder / "train.csv")
    assert own_split("study") == {}
    table = pd.read_csv(folder / "train.csv")
    table[["gene", "s4", "s5"]].to_csv(folder / "independent.csv", index=False)
    table[["gene", "s0", "s1", "s2", "s3"]].to_csv(folder / "train.csv", index=False)
    assert own_split("study") == {"split": "official"}
    assert own_split("nobody") == own_split("demo") == {}


def test_a_loss_for_two_classes_is_not_refused_before_the_classes_are_known(root: Path) -> None:
    write(root / "study", [f"s{number}" for number in range(6)])
    recipe = make_recipe(dataset="study", model="dense-genes", loss="binary")
    refuse_other_examples(recipe, look().trainable("study"))


@pytest.mark.real_data
def test_golub_has_38_samples_to_train_and_34_independent_ones(real_data: Path, monkeypatch) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    dataset, examples = open_examples("golub", 0)
    assert dataset.table["split"].value_counts().to_dict() == {"train": 38, "test": 34}
    assert examples.values.shape == (72, 7129)
    assert own_split("golub") == {"split": "official"}
