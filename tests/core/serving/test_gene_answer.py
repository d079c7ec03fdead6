"""A table that somebody brings is understood by the names of its genes, and what is amiss in it is said."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.data.genes.gene_samples import read_brought_samples, read_samples

GENES = tuple(f"GENE{number}" for number in range(12))
VALUES = np.random.default_rng(0).normal(8, 2, (3, 12)).round(3)


def rows(order: tuple[str, ...] = GENES) -> pd.DataFrame:
    """Three samples with their genes in columns, in some order."""
    return pd.DataFrame(VALUES, ["s1", "s2", "s3"], list(GENES))[list(order)].rename_axis("sample")


@pytest.mark.parametrize(
    "text",
    [
        rows().to_csv(),
        rows(GENES[::-1]).reset_index().assign(stage="II", age=40).to_csv(index=False),
        rows().T.rename_axis("gene").to_csv(),
        rows().T.rename_axis("gene").assign(description="a protein").to_csv(sep="\t"),
        "#1.2\n12\t3\n" + rows().T.rename_axis("NAME").reset_index().to_csv(sep="\t", index=False),
    ],
    ids=["samples in rows", "other order and columns", "genes in rows", "descriptions", "gct"],
)  # fmt: skip
def test_samples_are_read_whichever_way_round_they_lie(tmp_path: Path, text: str) -> None:
    (tmp_path / "asked.csv").write_text(text)
    found = read_samples(tmp_path / "asked.csv", GENES)
    assert found.names == ("s1", "s2", "s3")
    np.testing.assert_allclose(found.values, VALUES, rtol=1e-5)
    assert found.absent == frozenset()


def test_one_sample_and_values_and_genes_that_are_missing_are_read(tmp_path: Path) -> None:
    one = rows().iloc[:1].drop(columns=["GENE3"]).assign(OTHER=5.0)
    one["GENE5"] = np.nan
    one.to_csv(tmp_path / "asked.csv")
    found = read_samples(tmp_path / "asked.csv", GENES)
    assert found.names == ("s1",)
    assert found.absent == {"GENE3"}
    assert found.unknown == 1
    assert np.flatnonzero(np.isnan(found.values[0])).tolist() == [3, 5]


def test_what_is_no_such_table_is_refused_by_its_name_alone(tmp_path: Path) -> None:
    for content, said in (
        (b"", "mine.csv"),
        (b"sample,x\na,1\n", "mine.csv has none of the 12 genes that the model has learnt from, such as GENE0"),
        (rows().to_csv().replace(str(VALUES[0, 0]), "high").encode(), "not numbers"),
    ):
        with pytest.raises(DataError, match=said) as told:
            read_brought_samples(content, "mine.csv", GENES)
        assert "/tmp" not in str(told.value)
    assert read_brought_samples(gzip.compress(rows().to_csv().encode()), "mine.csv.gz", GENES).names == (
        "s1",
        "s2",
        "s3",
    )


@pytest.fixture(scope="module")
def predictor():
    from core.data.spec import ClassSpec
    from core.models.genes import CHOSEN
    from core.models.registry import build_model
    from core.serving.predictor import Predictor, PredictorInfo

    predictor = object.__new__(Predictor)  # nothing was saved
    classes = tuple(ClassSpec(key, key, None) for key in "ab")
    predictor.info = PredictorInfo("r", "dense-genes", 0, classes, "d", "d", False, "", "", "grouped", False, "genes")
    predictor.model = build_model("dense-genes", 12, 2)
    predictor.model.get_layer(CHOSEN).chosen.assign(np.arange(12))
    return predictor


def test_a_sample_without_most_of_its_values_is_not_answered_as_the_mean_sample(predictor) -> None:
    from core.data.genes.gene_samples import Samples
    from core.serving.gene_answer import answer_samples

    values = np.full((3, 12), 8.0, np.float32) + np.arange(12, dtype=np.float32)
    values[1, :3] = np.nan
    values[:, 11] = np.nan
    found = answer_samples(predictor, GENES, Samples(("a", "b", "c"), values, frozenset(), 0))
    assert list(found.answers) == ["a", "c"]
    missing, lacking = found.notes
    assert missing.startswith("1 of the 12 genes"), "a column that is there and empty"
    assert lacking.startswith("1 of the 3 samples")
    assert lacking.endswith("12 genes that the model looks at: b. They are not answered.")
    values[:, :2] = np.nan  # in no sample then, which a table that lacks them is not answered for either
    with pytest.raises(DataError, match="3 of the 12 genes that the model looks at are missing"):
        answer_samples(predictor, GENES, Samples(("a", "b", "c"), values, frozenset(), 0))
    for row in range(3):
        values[row] = 8.0
        values[row, row : row + 3] = np.nan
    with pytest.raises(DataError, match="3 of the 3 samples lack a value"):
        answer_samples(predictor, GENES, Samples(("a", "b", "c"), values, frozenset(), 0))


def test_values_on_another_scale_than_the_model_has_learnt_from_are_said(predictor) -> None:
    from core.data.genes.gene_samples import Samples
    from core.serving.gene_answer import answer_samples

    intensities = Samples(
        ("s",), np.full((1, 12), 900.0, np.float32) * np.arange(1, 13, dtype=np.float32), frozenset(), 0
    )
    [note] = answer_samples(predictor, GENES, intensities).notes
    assert note.startswith("The values look like intensities")
    assert "has learnt from logarithms" in note
    logarithms = Samples(("s",), VALUES[:1].astype(np.float32), frozenset(), 2)
    assert answer_samples(predictor, GENES, logarithms).notes == (
        "2 columns that the model does not know were not looked at.",
    )
