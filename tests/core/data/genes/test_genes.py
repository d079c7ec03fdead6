"""Gene-expression tables: read as samples by genes, whatever the order of the columns; and what is computed."""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError, DatasetNotFoundError
from core.data.gene_catalog import GeneTable, list_gene_tables, open_gene_table, read_gene_table
from core.data.genes.gene_expression import logged, most_variable_genes, principal_components, read_scale

LABELS = "patient,cancer\n1,ALL\n2,AML\n3,ALL\n10,AML\n"
TRAIN = "Gene Description,Gene Accession Number,2,call,1,call\nfirst gene,G1,5,A,-7,P\nsecond gene,G2,1,A,2,P\n"
INDEPENDENT = "Gene Description,Gene Accession Number,10,call,3,call\nfirst gene,G1,8,A,9,P\nsecond gene,G2,3,A,4,P\n"


@pytest.fixture
def write(data_root: Path) -> Callable[..., Path]:
    """`write(labels=…, train=…, independent=…)`: a folder with these files; an empty text leaves one out."""

    def write(labels: str = LABELS, train: str = TRAIN, independent: str = INDEPENDENT) -> Path:
        folder = data_root / "leukaemia"
        folder.mkdir(exist_ok=True)
        names = {"actual.csv": labels, "data_set_train.csv": train, "data_set_independent.csv": independent}
        for name, text in names.items():
            if text:
                (folder / name).write_text(text)
        return folder

    return write


def test_genes_in_rows_become_samples_by_genes_in_the_order_of_their_numbers(write) -> None:
    write()
    assert [name for name, _ in list_gene_tables()] == ["leukaemia"]
    table = open_gene_table("leukaemia")
    assert table.expression.index.tolist() == ["1", "2", "3", "10"]
    assert table.expression.to_numpy().tolist() == [[-7, 2], [5, 1], [9, 4], [8, 3]]
    assert table.expression.columns.tolist() == ["G1", "G2"]
    assert table.labels.tolist() == ["ALL", "AML", "ALL", "AML"]
    assert table.split.tolist() == ["train", "train", "test", "test"]
    assert table.descriptions.to_dict() == {"G1": "first gene", "G2": "second gene"}


def test_a_single_table_of_any_classes_is_no_official_split_and_knows_no_malignancy(write) -> None:
    folder = write("sample;x\n".replace(";", ",").replace("x", "label") + "a,one\nb,two\n", "gene,b,a\nG1,1,2\n", "")
    table = read_gene_table(folder)
    assert table.expression.loc["a", "G1"] == 2
    assert table.split.isna().all()
    assert (table.spec.class_keys, table.spec.malignancy_known) == (("one", "two"), False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"labels": "who,what\n1,ALL\n"}, r"Put labels.csv, with a sample and its label in each row"),
        ({"labels": LABELS + "1,AML\n"}, r"has the sample 1 twice"),
        ({"labels": "patient,cancer\n1,ALL\n2,ALL\n3,ALL\n10,ALL\n"}, r"has one class alone: all 4 samples are “ALL”"),
        ({"independent": "", "labels": LABELS.replace("2,AML", "2,?")}, r"that can be used are all ALL"),
        ({"independent": INDEPENDENT.replace("G1", "G3").replace("G2", "G4")}, r"do not have the same genes"),
        ({"independent": INDEPENDENT.replace("10,call", "1,call")}, r"The sample 1 stands in several tables"),
        ({"train": TRAIN.replace("-7", "high")}, r"train\.csv has expression .* line 2, column “1” says “high”"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(write, change: dict[str, str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_gene_table(write(**change))


@pytest.mark.parametrize(
    "change",
    [
        {"labels": "id,cancer\nISIC_1,ALL\nISIC_2,AML\n"},
        {"train": "id,age\n1,50\n2,60\n", "independent": ""},
        {"train": "age,1,2\n50,1,1\n", "independent": ""},
        {"train": "", "independent": ""},
        {"labels": "\x00"},
    ],
    ids=["other samples", "metadata", "no genes", "no table", "rubbish"],
)
def test_labels_beside_another_table_are_no_gene_table(write, change: dict[str, str]) -> None:
    write(**change)
    assert list_gene_tables() == ()


def test_a_class_folder_data_set_with_two_tables_is_no_gene_table(data_root: Path, put: Callable[..., Path]) -> None:
    for label in ("mel", "nv"):
        put(data_root / "clinic" / label / f"{label}.jpg")
    (data_root / "clinic" / "labels.csv").write_text("id,label\nmel,mel\nnv,nv\n")
    (data_root / "clinic" / "metadata.csv").write_text("id,age\nmel,50\nnv,60\n")
    assert list_gene_tables() == ()


def test_a_table_that_cannot_be_used_never_stands_first(write) -> None:
    usable = write()
    broken = usable.with_name("a cut download")
    shutil.copytree(usable, broken)
    (broken / "data_set_train.csv").write_text(TRAIN.rstrip().rpartition(",")[0].rpartition(",")[0] + "\n")
    assert [name for name, _ in list_gene_tables()] == ["leukaemia", "a cut download"]
    with pytest.raises(DataError, match=r"Line 3 of .* has 4 fields and its header 6\. Was the download cut"):
        open_gene_table("a cut download")
    (broken / "data_set_train.csv").write_text(TRAIN)
    assert [name for name, _ in list_gene_tables()] == ["a cut download", "leukaemia"]


def test_an_unknown_table_is_answered_with_those_that_are_here(write) -> None:
    write()
    with pytest.raises(DatasetNotFoundError, match=r"called “nowhere”\. Here are: leukaemia"):
        open_gene_table("nowhere")


def test_intensities_are_cut_at_100_and_16000_before_the_logarithm() -> None:
    values = logged(pd.DataFrame([[-50.0, 100.0, 1000.0, 99_999.0]]))
    assert values.iloc[0].tolist() == pytest.approx([2, 2, 3, np.log10(16_000)])


@pytest.mark.parametrize(
    ("values", "logarithmic"),
    [
        (np.geomspace(20, 30_000, 400), False),  # a microarray's intensities
        (np.r_[np.zeros(100), np.geomspace(1, 60_000, 300)], False),  # counts
        (np.linspace(2.1, 14.8, 400), True),  # log2 as RMA gives it (GEO)
        (np.r_[np.zeros(100), np.linspace(0.1, 19, 300)], True),  # log2(1 + x) (TCGA)
        (np.linspace(-7, 6, 400), True),  # log ratios of two channels
        (np.linspace(10, 90, 400), False),
    ],
)
def test_whether_a_table_is_logarithmic_is_told_by_its_quantiles(values, logarithmic: bool) -> None:
    table = pd.DataFrame(np.random.default_rng(0).permutation(values).reshape(8, 50))
    reading = read_scale(table)
    assert reading.logarithmic is logarithmic
    assert "99 % lie below" in reading.evidence
    assert "e+" not in reading.evidence, "numbers as people write them"
    assert "-" not in reading.evidence, "a minus is none"


def test_the_logarithm_of_small_values_is_no_constant() -> None:
    table = pd.DataFrame(np.linspace(2.1, 14.8, 400).reshape(8, 50))
    assert logged(table).nunique().min() == 8


@pytest.mark.real_data
def test_golub_is_taken_for_intensities(golub: GeneTable) -> None:
    assert not read_scale(golub.expression).logarithmic
    assert logged(golub.expression).to_numpy().min() == pytest.approx(2)


@pytest.mark.parametrize("value", ["inf", "-inf", "1e39", "1e300", "1e16", "1e5000"])
def test_an_infinite_or_huge_value_is_an_error_that_names_gene_and_sample(write, value: str) -> None:
    folder = write(train=TRAIN.replace("-7", value))
    with pytest.raises(DataError, match=r"infinite or too large .* of the gene G1 in the sample 1"):
        read_gene_table(folder)


@pytest.mark.parametrize(
    "train",
    [
        "",
        "\n",
        TRAIN.splitlines()[0] + "\n",
        TRAIN.replace("\n", "\r"),
        TRAIN.encode("utf-16").decode("latin-1"),
        "\ufeff" + TRAIN[:30],
        TRAIN.replace("G1", "G\0"),
        TRAIN.replace("5", "five"),
        TRAIN.replace("5,A", "5,A,6,7"),
        TRAIN.replace("G2", "G1"),
        TRAIN.replace("-7", "9" * 400),
        "Gene Accession Number," * 3 + "1\n",
        ",".join(["Gene Accession Number", *map(str, range(100_000))]) + "\n",
    ],
)
def test_a_table_that_is_none_is_read_or_ends_in_a_named_error(write, train: str) -> None:
    folder = write(train=train)
    with contextlib.suppress(DataError):
        read_gene_table(folder)
    list_gene_tables()


def test_samples_that_are_all_the_same_have_components_without_a_share() -> None:
    found = principal_components(pd.DataFrame(np.ones((5, 4))))
    assert found.explained.tolist() == [0.0] * len(found.explained)
    assert np.isfinite(found.scores.to_numpy()).all()


def test_the_most_variable_genes_come_first() -> None:
    values = pd.DataFrame({"flat": [1.0, 1, 1], "wild": [0.0, 9, -9], "some": [0.0, 1, 2]})
    assert most_variable_genes(values, 2).columns.tolist() == ["wild", "some"]
    assert most_variable_genes(values, 99).shape == (3, 3)


def test_principal_components_are_those_of_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    values = pd.DataFrame(np.random.default_rng(0).normal(size=(12, 300)) * np.linspace(1, 5, 300))
    ours, theirs = principal_components(values, 5), PCA(5).fit(values.to_numpy())
    assert ours.explained == pytest.approx(theirs.explained_variance_ratio_)
    assert np.abs(ours.scores.to_numpy()) == pytest.approx(np.abs(theirs.transform(values.to_numpy())), abs=1e-6)
    again = principal_components(values, 5)
    assert again.scores.equals(ours.scores)


def test_no_more_components_than_samples_allow() -> None:
    assert principal_components(pd.DataFrame(np.eye(3))).scores.shape == (3, 2)
    assert principal_components(pd.DataFrame(np.eye(2))).scores.shape == (2, 0)


@pytest.fixture(scope="module")
def golub(real_data: Path) -> GeneTable:
    previous = os.environ.get("LESIONLAB_DATA")
    os.environ["LESIONLAB_DATA"] = str(real_data)
    try:
        return open_gene_table("golub")
    finally:
        if previous is None:
            del os.environ["LESIONLAB_DATA"]
        else:
            os.environ["LESIONLAB_DATA"] = previous


@pytest.mark.real_data
def test_golub_has_its_published_patients_and_genes(golub: GeneTable) -> None:
    assert golub.expression.shape == (72, 7129)
    counts = pd.crosstab(golub.labels, golub.split)
    assert counts.loc["ALL"].to_dict() == {"test": 20, "train": 27}
    assert counts.loc["AML"].to_dict() == {"test": 14, "train": 11}
    assert golub.expression.index.tolist() == [str(number) for number in range(1, 73)]
    assert golub.spec.title == "Leukaemia gene expression (Golub 1999)"


@pytest.mark.real_data
def test_values_of_golub_stand_with_the_patient_of_their_column(golub: GeneTable) -> None:
    raw = pd.read_csv(golub.root / "data_set_ALL_AML_independent.csv", index_col="Gene Accession Number")
    for patient in ("39", "62", "72"):
        assert golub.expression.loc[patient].to_numpy().tolist() == raw[patient].to_numpy().tolist()


@pytest.mark.real_data
def test_the_most_telling_gene_of_golub_is_zyxin(golub: GeneTable) -> None:
    """As in figure 3 of the paper: its P(g, c), the difference of means over the sum of standard deviations."""
    values = golub.expression[golub.split == "train"].pipe(lambda table: np.log10(table.clip(20, 16_000)))
    aml = golub.labels[values.index] == "AML"
    kept = values.loc[:, (values.max() - values.min() > 0.7)]
    signal = (kept[aml].mean() - kept[~aml].mean()) / (kept[aml].std() + kept[~aml].std())
    best = [golub.descriptions[gene] for gene in signal.sort_values(ascending=False).index[:5]]
    assert any("Zyxin" in words for words in best)
