"""Gene-expression tables as people have them: which way round, how written and labelled is told by what lies there."""

import gzip
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.base.errors import DataError
from core.data.adapters.listing import list_folder
from core.data.catalog import trainable_spec
from core.data.gene_catalog import GeneTable, describe_gene_table, list_gene_tables, read_gene_table
from core.data.genes.gene_folders import gene_places
from core.data.inspect import decide, inspect_folder
from core.data.reading.choices import choices_of
from tests.conftest import SHARED

SAMPLES = [f"GSM{number}" for number in range(101, 113)]
CLASSES = ["normal", "tumour"] * 6
GENES = [f"{number}_s_at" for number in range(1007, 1047)]
TRUTH = pd.DataFrame(np.random.default_rng(0).normal(8, 2, (12, 40)).round(4), SAMPLES, GENES)
LABELS = "sample,label\n" + "".join(f"{s},{c}\n" for s, c in zip(SAMPLES, CLASSES, strict=True))


@pytest.fixture
def folder(data_root: Path) -> Path:
    """A folder in the data root, which has the labels of the samples."""
    folder = data_root / "series"
    folder.mkdir()
    (folder / "labels.csv").write_text(LABELS)
    return folder


def check(table: GeneTable) -> None:
    """The table holds what was written."""
    assert sorted(table.expression.columns) == sorted(GENES)
    assert table.expression.loc[SAMPLES, GENES].to_numpy() == pytest.approx(TRUTH.to_numpy(), abs=1e-4)
    assert table.labels[SAMPLES].tolist() == CLASSES
    assert table.scale.logarithmic


def genes_in_rows(separator: str = ",", decimal: str = ".", first: str = "Gene") -> str:
    return TRUTH.T.to_csv(sep=separator, decimal=decimal, index_label=first)


WRITTEN: dict[str, Callable[[], tuple[str, bytes]]] = {
    "commas": lambda: ("expression.csv", genes_in_rows().encode()),
    "tabs": lambda: ("expression.tsv", genes_in_rows("\t").encode()),
    "tabs in a text file": lambda: ("expression.txt", genes_in_rows("\t").encode()),
    "semicolons": lambda: ("expression.csv", genes_in_rows(";").encode()),
    "bars": lambda: ("expression.txt", genes_in_rows("|").encode()),
    "decimal commas": lambda: ("expression.csv", genes_in_rows(";", ",").encode()),
    "decimal commas in quotes": lambda: ("expression.csv", genes_in_rows(",", ",").encode()),
    "a mark at the beginning": lambda: ("expression.csv", genes_in_rows().encode("utf-8-sig")),
    "UTF-16": lambda: ("expression.txt", genes_in_rows("\t").encode("utf-16")),
    "UTF-16 without a mark": lambda: ("expression.txt", genes_in_rows("\t").encode("utf-16-le")),
    "Latin-1": lambda: ("expression.csv", genes_in_rows(first="Gène").encode("latin-1")),
    "lines of Windows": lambda: ("expression.csv", genes_in_rows().replace("\n", "\r\n").encode()),
    "packed": lambda: ("expression.tsv.gz", gzip.compress(genes_in_rows("\t").encode())),
    "a first column without a name": lambda: ("expression.csv", genes_in_rows(first="").encode()),
    "a header that is one short, as R writes it": lambda: (
        "expression.txt",
        genes_in_rows("\t", first="").removeprefix('""').removeprefix("\t").encode(),
    ),
    "numbered lines before the genes": lambda: (
        "expression.csv",
        TRUTH.T.rename_axis("Gene").reset_index().to_csv().encode(),
    ),
    "comments above": lambda: ("expression.csv", ("# RMA\n\n" + genes_in_rows()).encode()),
    "GCT": lambda: (
        "expression.gct",
        ("#1.2\n40\t12\n" + TRUTH.T.rename_axis("Name").reset_index().to_csv(sep="\t", index=False)).encode(),
    ),
    "samples in rows": lambda: ("data.csv", TRUTH.to_csv().encode()),
    "samples in rows, tabs": lambda: ("data.tsv", TRUTH.to_csv(sep="\t", index_label="id").encode()),
    "samples in rows, decimal commas": lambda: ("data.csv", TRUTH.to_csv(sep=";", decimal=",").encode()),
    "a line for Excel": lambda: ("expression.csv", ("sep=;\n" + genes_in_rows(";")).encode()),
    "blanks and quotes, as R writes it": lambda: (
        "expression.txt",
        TRUTH.T.to_csv(sep=" ", quoting=2).removeprefix('"" ').encode(),
    ),
    "commas behind the last column": lambda: ("data.csv", genes_in_rows().replace("\n", ",,\n").encode()),
    "samples in capitals with dots, as R changes them": lambda: (
        "data.csv",
        TRUTH.set_axis([name.replace("GSM", "gsm.") for name in SAMPLES]).T.to_csv().encode(),
    ),
}


@pytest.mark.parametrize("form", WRITTEN)
def test_a_table_is_read_however_it_is_written(folder: Path, form: str) -> None:
    name, data = WRITTEN[form]()
    if "with dots" in form:
        (folder / "labels.csv").write_text(LABELS.replace("GSM", "GSM-"))
        (folder / name).write_bytes(data)
        assert read_gene_table(folder).labels.tolist() == CLASSES
        return
    (folder / name).write_bytes(data)
    assert [each for each, _ in list_gene_tables()] == ["series"]
    check(read_gene_table(folder))
    way = "samples in rows" if "samples in rows" in form else "genes in rows"
    assert f"{name}: {way}" in describe_gene_table(folder)


LABELLED = {
    "another name and tabs": ("phenotypes.tsv", LABELS.replace(",", "\t").encode()),
    "semicolons": ("targets.csv", LABELS.replace(",", ";").encode()),
    "names that say nothing": ("a.csv", LABELS.replace("sample,label", "what,which").encode()),
    "no names": ("labels.csv", LABELS.replace("sample,label", ",Class").encode()),
    "UTF-16": ("labels.txt", LABELS.replace(",", "\t").encode("utf-16")),
    "an index": ("labels.csv", pd.DataFrame({"sample": SAMPLES, "label": CLASSES}).to_csv().encode()),
    "a table of R": (
        "pheno.txt",
        ('"group"\n' + "".join(f'"{s}" "{c}"\n' for s, c in zip(SAMPLES, CLASSES, strict=True))).encode(),
    ),
    "comments above, as cBioPortal": ("clinical.tsv", ("#Id\tClass\n#STRING\tSTRING\n" + LABELS).encode()),
    "a clinical table": (
        "clinical.csv",
        pd.DataFrame(
            {
                "age": range(40, 52),
                "sex": ["f", "f", "m"] * 4,
                "geo": SAMPLES,
                "tissue": CLASSES,
            }
        )
        .to_csv(index=False)
        .encode(),
    ),
    "classes that differ in case": ("labels.csv", LABELS.replace("GSM101,normal", "GSM101,Normal ").encode()),
    "samples that have no expression": ("labels.csv", (LABELS + "GSM999,normal\n").encode()),
}


@pytest.mark.parametrize("form", LABELLED)
@pytest.mark.parametrize("rows", ["genes", "samples"])
def test_labels_are_found_by_the_samples_that_they_name(folder: Path, form: str, rows: str) -> None:
    (folder / "labels.csv").unlink()
    name, data = LABELLED[form]
    (folder / name).write_bytes(data)
    (folder / "expression.csv").write_text(genes_in_rows() if rows == "genes" else TRUTH.to_csv())
    assert [each for each, _ in list_gene_tables()] == ["series"]
    table = read_gene_table(folder)
    check(table)
    assert name in table.understood
    told = {"classes that differ in case": "differ in case", "samples that have no expression": "in no table"}
    assert [text in " ".join(table.told) for what, text in told.items() if what == form] == [True] * (form in told)


def test_a_table_with_a_sample_in_each_row_and_a_column_of_classes_is_enough(data_root: Path) -> None:
    """As CuMiDa's."""
    (data_root / "cumida").mkdir()
    rows = TRUTH.reset_index(drop=True).set_axis(GENES, axis=1)
    rows.insert(0, "type", CLASSES)
    rows.insert(0, "samples", range(84, 96))
    rows.to_csv(data_root / "cumida" / "Breast_GSE45827.csv", index=False)
    assert [name for name, _ in list_gene_tables()] == ["cumida"]
    table = read_gene_table(data_root / "cumida")
    assert table.expression.columns.tolist() == GENES
    assert table.expression.index.tolist() == [str(number) for number in range(84, 96)]
    assert table.expression.to_numpy() == pytest.approx(TRUTH.to_numpy(), abs=1e-4)
    assert table.labels.tolist() == CLASSES
    assert table.understood == (
        "Breast_GSE45827.csv: samples in rows and genes in columns. The classes are from the column “type” of the same "
        "file."
    )
    assert {spec.key: spec.malignant for spec in table.spec.classes}["normal"] is False


@pytest.mark.parametrize("at", [0, 40])
def test_rows_without_a_name_are_numbered(data_root: Path, at: int) -> None:
    (data_root / "colon").mkdir()
    rows = TRUTH.copy()
    rows.insert(at, "Class", CLASSES)
    rows.to_csv(data_root / "colon" / "colon.csv", index=False)
    table = read_gene_table(data_root / "colon")
    assert table.expression.index.tolist() == [str(number) for number in range(1, 13)]
    assert table.labels.tolist() == CLASSES
    assert len(table.expression.columns) == 40


def test_the_class_may_stand_behind_thousands_of_genes(data_root: Path) -> None:
    (data_root / "colon").mkdir()
    values = np.random.default_rng(3).normal(8, 2, (20, 2000)).round(3)
    rows = pd.DataFrame(values, columns=[f"X{n}" for n in range(2000)]).assign(Class=["a", "b"] * 10)
    rows.to_csv(data_root / "colon" / "colon.csv", index=False)
    assert [name for name, _ in list_gene_tables()] == ["colon"]
    table = read_gene_table(data_root / "colon")
    assert table.expression.shape == (20, 2000)
    assert table.labels.tolist() == ["a", "b"] * 10


@pytest.mark.parametrize("column", ["biotype", "type"])
@pytest.mark.parametrize("samples", ["GSM{}", "TUMOR{}"])
def test_kinds_of_genes_are_no_classes_of_samples(folder: Path, column: str, samples: str) -> None:
    """As in tables of sequencing, which say of each gene whether it codes for a protein."""
    (folder / "labels.csv").write_text(LABELS.replace("GSM", samples.format("")))
    written = TRUTH.T.set_axis([samples.format(name[3:]) for name in SAMPLES], axis=1)
    written.insert(0, column, ["protein_coding", "lncRNA"] * 20)
    written.to_csv(folder / "counts.csv", index_label="gene_id")
    table = read_gene_table(folder)
    assert table.labels.tolist() == CLASSES
    assert table.expression.shape == (12, 40)
    assert table.descriptions.iloc[0] == "protein_coding"


def test_several_tables_that_bring_their_classes_are_several(data_root: Path) -> None:
    (data_root / "cumida").mkdir()
    rows = TRUTH.assign(type=CLASSES)
    rows.to_csv(data_root / "cumida" / "Breast_GSE1.csv")
    rows.set_axis([*(f"{name}x_at" for name in GENES), "type"], axis=1).to_csv(data_root / "cumida" / "Liver_GSE2.csv")
    tables = dict(list_gene_tables())
    assert sorted(tables) == ["cumida-Breast_GSE1", "cumida-Liver_GSE2"]
    check(read_gene_table(tables["cumida-Breast_GSE1"]))
    with pytest.raises(DataError, match=r"several gene-expression tables: Breast_GSE1\.csv, Liver_GSE2\.csv"):
        read_gene_table(data_root / "cumida")


def test_a_training_and_a_test_table_with_classes_of_their_own_are_one(data_root: Path) -> None:
    (data_root / "own").mkdir()
    rows = TRUTH.assign(type=CLASSES).reset_index(drop=True)
    rows[:8].to_csv(data_root / "own" / "train.csv", index_label="id")
    rows[8:].reset_index(drop=True).to_csv(data_root / "own" / "test.csv", index_label="id")
    table = read_gene_table(data_root / "own")
    assert table.split.value_counts().to_dict() == {"train": 8, "test": 4}
    told = inspect_folder(data_root / "own")
    assert told["parts"] == {"train": 8, "validation": 0, "test": 4, "unlabelled": 0}
    assert table.expression.loc["test 0"].to_numpy() == pytest.approx(TRUTH.iloc[8].to_numpy(), abs=1e-4)


def test_a_download_in_a_folder_of_its_own_below_is_found(data_root: Path) -> None:
    """As UCI's archive unpacks."""
    inner = data_root / "gene+expression" / "TCGA-PANCAN-HiSeq-801x20531"
    inner.mkdir(parents=True)
    TRUTH.to_csv(inner / "data.csv")
    (inner / "labels.csv").write_text(LABELS.replace("sample,label", ",Class"))
    assert list_gene_tables() == (("gene+expression", inner),)
    check(read_gene_table(inner))
    told = inspect_folder(inner.parent)
    assert (told["kind"], told["samples"], told["certain"]) == ("genes", 12, True)
    assert decide(inner.parent, ["malignant:tumour=no"])["malignant"]["tumour"] is False
    assert choices_of(inner).malignant == {"tumour": False}


def test_a_data_root_may_be_the_table_itself(data_root: Path) -> None:
    TRUTH.assign(type=CLASSES).to_csv(data_root / "Breast_GSE1.csv")
    [(_, place)] = list_gene_tables()
    check(read_gene_table(place))


def test_several_downloads_below_one_folder_are_found_by_their_names(data_root: Path) -> None:
    for name in ("one", "two"):
        (data_root / "gene-tables" / name).mkdir(parents=True)
        TRUTH.assign(type=CLASSES).to_csv(data_root / "gene-tables" / name / "table.csv")
    assert sorted(name for name, _ in list_gene_tables()) == ["gene-tables-one", "gene-tables-two"]
    told = inspect_folder(data_root / "gene-tables")
    assert told["kind"] == "nothing"
    assert [each for each in told["cautions"] if "in the folders one, two" in each]


@pytest.mark.parametrize("where", ["genes", "samples"])
def test_missing_values_are_filled_with_the_median_or_left_out_and_counted(folder: Path, where: str) -> None:
    written = TRUTH.copy().astype(object)
    written.iloc[3, 5] = ""
    written.iloc[4, 6] = "NA"
    written.iloc[2:9, 7] = "null"
    written.iloc[11, :30] = "NaN"
    (folder / "expression.csv").write_text((written.T if where == "genes" else written).to_csv())
    table = read_gene_table(folder)
    assert table.expression.shape == (11, 39)
    assert GENES[7] not in table.expression.columns
    assert not table.expression.isna().any(axis=None)
    expected = TRUTH[:11].drop(index=SAMPLES[3])[GENES[5]].median()
    assert table.expression.loc[SAMPLES[3], GENES[5]] == pytest.approx(expected, abs=1e-4)
    assert table.left_out == {
        "samples of which more than 50\u00a0% of the values are missing": 1,
        "genes that are missing in more than 20\u00a0% of the samples": 1,
        "missing values, filled with the median of their gene": 2,
    }
    assert SAMPLES[11] not in table.labels.index


def test_the_median_is_that_of_the_training_part(folder: Path) -> None:
    written = TRUTH.T.astype(object)
    written.loc[GENES[0], SAMPLES[9]] = ""
    written[SAMPLES[:8]].to_csv(folder / "train.csv")
    written[SAMPLES[8:]].to_csv(folder / "independent.csv")
    value = read_gene_table(folder).expression.loc[SAMPLES[9], GENES[0]]
    assert value == pytest.approx(TRUTH[GENES[0]][:8].median(), abs=1e-4)


def test_what_cannot_be_taken_as_it_stands_is_said(folder: Path) -> None:
    """Samples without a label, unknown classes, genes without a name or twice, a file that is no table."""
    (folder / "labels.csv").write_text(LABELS.replace("GSM112,tumour", "GSM112,unknown").replace("GSM111,normal\n", ""))
    written = TRUTH.T.rename({GENES[1]: GENES[0], GENES[2]: ""})
    written.to_csv(folder / "expression.csv")
    (folder / "notes.csv").write_text("\0")
    table = read_gene_table(folder)
    assert table.expression.shape == (10, 38)
    mean = TRUTH.loc[SAMPLES[0], GENES[:2]].mean()
    assert table.expression.loc[SAMPLES[0], GENES[0]] == pytest.approx(mean, abs=1e-4)
    assert table.left_out == {
        "samples whose class is not known": 1,
        "columns of numbers without a label (GSM111, GSM112)": 2,
        "genes without a name": 1,
        "further measurements of a gene, averaged with the first": 1,
    }
    assert "notes.csv" in table.cautions[0]
    unlabelled = {"train": 0, "validation": 0, "test": 0, "unlabelled": 2}
    assert inspect_folder(folder)["parts"] == unlabelled
    TRUTH.to_csv(folder / "expression.csv")  # the other way round
    assert inspect_folder(folder)["parts"] == unlabelled


def test_classes_called_none_and_normal_are_classes(folder: Path) -> None:
    (folder / "labels.csv").write_text(LABELS.replace("tumour", "none"))
    (folder / "expression.csv").write_text(genes_in_rows())
    assert read_gene_table(folder).labels.value_counts().to_dict() == {"normal": 6, "none": 6}


def test_whole_numbers_of_another_table_are_no_names_of_numbered_samples(folder: Path) -> None:
    (folder / "labels.csv").unlink()
    TRUTH.T.set_axis(range(1, 13), axis=1).to_csv(folder / "expression.csv", index_label="gene")
    lengths = pd.DataFrame({"length": np.random.default_rng(4).permutation(300) + 1, "call": ["P", "A"] * 150})
    lengths.to_csv(folder / "lengths.csv", index_label="gene")
    rows = "".join(f"{number},{'ab'[number % 2]}\n" for number in range(1, 13))
    (folder / "phenotypes.csv").write_text("n,kind\n" + rows)
    table = read_gene_table(folder)
    assert "“kind” of phenotypes.csv" in table.understood
    assert table.labels.value_counts().to_dict() == {"a": 6, "b": 6}


def test_several_columns_that_might_be_the_class_are_named(folder: Path) -> None:
    rows = pd.DataFrame({"geo": SAMPLES, "arm": ["a", "b", "c"] * 4, "grading": CLASSES})
    rows.to_csv(folder / "labels.csv", index=False)
    (folder / "expression.csv").write_text(genes_in_rows())
    table = read_gene_table(folder)
    assert "from the column “arm”" in table.understood
    assert table.cautions == (
        "No column of labels.csv is called label; besides “arm”, which was taken, grading might be the class.",
    )


def series_matrix(characteristics: list[list[str]], table: str | None = None) -> str:
    """A series matrix file as GEO writes it."""
    lines = ['!Series_title\t"Expression: in tumours"', '!Series_platform_id\t"GPL570"', ""]
    lines += ["!Sample_title\t" + "\t".join(f'"patient {n}"' for n in range(12))]
    lines += ["!Sample_geo_accession\t" + "\t".join(f'"{name}"' for name in SAMPLES)]
    lines += ["!Sample_characteristics_ch1\t" + "\t".join(f'"{text}"' for text in each) for each in characteristics]
    lines += ["!series_matrix_table_begin"]
    body = TRUTH.T.to_csv(sep="\t", index_label="ID_REF", quoting=2) if table is None else table
    return "\n".join(lines) + "\n" + body + "!series_matrix_table_end\n"


CHARACTERISTICS = [
    [f"age: {40 + n}" for n in range(12)],
    [f"gender: {'MF'[n % 3 == 0]}" for n in range(12)],
    [f"tissue: {name}" for name in CLASSES],
]


@pytest.mark.parametrize("packed", [True, False])
def test_a_series_matrix_of_geo_is_read_with_the_classes_of_its_samples(data_root: Path, packed: bool) -> None:
    (data_root / "GSE1").mkdir()
    data = series_matrix(CHARACTERISTICS).encode()
    name = "GSE1_series_matrix.txt" + ".gz" * packed
    (data_root / "GSE1" / name).write_bytes(gzip.compress(data) if packed else data)
    assert [each for each, _ in list_gene_tables()] == ["GSE1"]
    table = read_gene_table(dict(list_gene_tables())["GSE1"])
    check(table)
    assert table.understood == (
        f"{name}: genes in rows and samples in columns. The classes are from the description “tissue” of the same file."
    )


def test_characteristics_belong_to_their_sample_though_lines_mix_them(data_root: Path) -> None:
    (data_root / "GSE1").mkdir()
    mixed = [list(each) for each in CHARACTERISTICS]
    mixed[0][3], mixed[2][3] = mixed[2][3], mixed[0][3]
    (data_root / "GSE1" / "matrix.txt").write_text(series_matrix(mixed))
    check(read_gene_table(data_root / "GSE1"))


def test_a_damaged_series_matrix_is_no_table_or_is_read_without_the_damaged_line(data_root: Path) -> None:
    (data_root / "GSE1").mkdir()
    file = data_root / "GSE1" / "GSE1_series_matrix.txt.gz"
    text = series_matrix([*CHARACTERISTICS, ["stage: I"] * 5, ["stage: I"] * 20])
    file.write_bytes(gzip.compress(text.encode()))
    check(read_gene_table(data_root / "GSE1"))
    whole = bytearray(gzip.compress(text.encode()))
    whole[20:60] = bytes(40)
    file.write_bytes(whole)
    assert list_gene_tables() == ()
    file.write_bytes(gzip.compress(text.encode())[:-300])
    assert list_gene_tables() == ()


def test_a_series_matrix_without_values_describes_the_samples_of_another_table(data_root: Path) -> None:
    """As with sequencing, where GEO has the counts in a file of their own."""
    (data_root / "GSE2").mkdir()
    empty = "ID_REF\t" + "\t".join(SAMPLES) + "\n"
    (data_root / "GSE2" / "GSE2_series_matrix.txt").write_text(series_matrix(CHARACTERISTICS, empty))
    TRUTH.T.to_csv(data_root / "GSE2" / "GSE2_counts.tsv.gz", sep="\t")
    table = read_gene_table(data_root / "GSE2")
    check(table)
    assert "GSE2_counts.tsv.gz: genes in rows" in table.understood


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hmnist_28_28_L.csv", "x"),
        ("metadata.csv", "image_id,dx,age\n" + "".join(f"i{n},{'ab'[n % 2]},{n}\n" for n in range(30))),
        ("one_hot.csv", "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK,SUM,ALL\n" + "i,1,0,0,0,0,0,0,0,0,0,1\n" * 20),
        (
            "radiomics.csv",
            "id,diagnosis,"
            + ",".join(f"texture_{n}" for n in range(30))
            + "\n"
            + "".join(f"{i},{'MB'[i % 2]}" + ",0.5" * 30 + "\n" for i in range(20)),
        ),
    ],
)
def test_other_tables_are_no_gene_tables(data_root: Path, name: str, text: str) -> None:
    (data_root / "other").mkdir()
    if name.startswith("hmnist"):
        pixels = np.random.default_rng(0).integers(0, 256, (20, 1100))
        frame = pd.DataFrame(pixels, columns=[f"pixel{n:04}" for n in range(1100)]).assign(label=[0, 1] * 10)
        text = frame.to_csv(index=False)
    (data_root / "other" / name).write_text(text)
    (data_root / "other" / "labels.csv").write_text("image,label\n" + "".join(f"i{n},{n % 2}\n" for n in range(30)))
    assert list_gene_tables() == ()


@pytest.mark.long
def test_sixty_thousand_genes_in_columns_are_known_and_read(data_root: Path) -> None:
    (data_root / "wide").mkdir()
    values = np.random.default_rng(1).uniform(0, 15, (6, 60_000)).round(3).astype(np.float32)
    samples = [f"TCGA-{n}" for n in range(6)]
    with (data_root / "wide" / "data.csv").open("w") as file:
        file.write("," + ",".join(f"gene_{n}" for n in range(60_000)) + "\n")
        for name, row in zip(samples, values, strict=True):
            file.write(f"{name}," + ",".join(map(str, row)) + "\n")
    (data_root / "wide" / "labels.csv").write_text(
        ",Class\n" + "".join(f"{s},{'ab'[n % 2]}\n" for n, s in enumerate(samples))
    )
    assert [name for name, _ in list_gene_tables()] == ["wide"]
    table = read_gene_table(data_root / "wide")
    assert table.expression.to_numpy() == pytest.approx(values)


def test_a_look_reads_the_beginning_of_a_table_alone(folder: Path) -> None:
    with (folder / "expression.csv").open("w") as file:
        file.write(genes_in_rows())
        file.writelines(f"more_{n}_at," + ",".join(["1.5"] * 12) + "\n" for n in range(200_000))
    process = psutil.Process()
    before = process.io_counters().read_chars
    assert gene_places(list_folder(folder))
    assert process.io_counters().read_chars - before < 2_000_000 < (folder / "expression.csv").stat().st_size / 5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text.replace(str(TRUTH.iloc[4, 3]), "high"),
            r"expression\.csv .* line 5, column “GSM105” says “high”",
        ),
        (
            lambda text: text[: len(text) // 2],
            r"Line \d+ of .*expression\.csv has \d+ fields and its header 13\. Was the",
        ),
        (
            lambda text: text.replace(str(TRUTH.iloc[4, 3]), "1e30"),
            r"infinite or too large .* gene 1010_s_at in the sample",
        ),
    ],
)
def test_what_cannot_be_read_says_file_line_and_what_to_do(folder: Path, change: Callable, said: str) -> None:
    (folder / "expression.csv").write_text(change(genes_in_rows()))
    with pytest.raises(DataError, match=said):
        read_gene_table(folder)


def test_inspecting_says_what_was_understood_of_a_table_or_why_it_cannot_be_read(folder: Path) -> None:
    (folder / "expression.csv").write_text(genes_in_rows())
    told = inspect_folder(folder)
    assert json.loads(json.dumps(told)) == told
    assert (told["kind"], told["certain"], told["problem"]) == ("genes", True, "")
    assert told["classes"] == {"normal": 6, "tumour": 6}
    assert (told["samples"], told["genes"], told["logarithmic"]) == (12, 40, True)
    assert (told["table"], told["columns"]) == ("labels.csv", {"sample": "sample", "label": "label"})
    with pytest.raises(DataError, match="No column is called “kind”"):
        inspect_folder(folder, {"label": "kind"})
    with pytest.raises(DataError, match="label=COLUMN, group=COLUMN"):
        inspect_folder(folder, {"split": "label"})
    (folder / "expression.csv").write_text(genes_in_rows() + "G1,1\n")
    broken = inspect_folder(folder)
    assert (broken["kind"], broken["classes"]) == ("genes", {})
    assert "Was the download cut" in broken["problem"]


@pytest.mark.parametrize(
    ("choices", "agree", "classes"),
    [(["label=reaction"], False, {"good": 8, "poor": 4}), ([], True, {"x": 6, "y": 6})],
)
def test_of_two_columns_that_may_be_the_class_one_is_chosen_before_anything_is_trained(
    artifacts: Path, choices: list[str], agree: bool, classes: dict[str, int]
) -> None:
    folder = artifacts.parent / "data" / "study"
    folder.mkdir(parents=True)
    (folder / "expression.csv").write_text(genes_in_rows())
    names = TRUTH.index.tolist()
    rows = [f"{name},{'xy'[n % 2]},{'poor' if n < 4 else 'good'}" for n, name in enumerate(names)]
    (folder / "clinic.csv").write_text("\n".join(["sample,arm,reaction", *rows]))
    assert not inspect_folder(folder)["certain"]
    with pytest.raises(DataError, match="reaction might be the class"):
        trainable_spec("study")
    told = decide(folder, choices, agree=agree)
    assert told["certain"]
    assert told["classes"] == classes
    assert trainable_spec("study").holds == "genes"
    assert read_gene_table(folder).labels.value_counts().to_dict() == classes


def test_which_way_round_a_table_lies_is_corrected_kept_and_trained_on(artifacts: Path) -> None:
    folder = artifacts.parent / "data" / "study"
    folder.mkdir(parents=True)
    samples = [f"G{n}" for n in range(12)]  # which might be genes, and the type of a gene the class of a sample
    rows = [[f"p{n}", ("coding", "other")[n % 2], *TRUTH.to_numpy()[:, n].tolist()] for n in range(40)]
    pd.DataFrame(rows, columns=["id", "type", *samples]).to_csv(folder / "expression.csv", index=False)
    labels = [f"{name},{label}" for name, label in zip(samples, CLASSES, strict=True)]
    (folder / "labels.csv").write_text("\n".join(["sample,label", *labels]))
    assert inspect_folder(folder)["samples_in"] == "rows"
    told = inspect_folder(folder, ["samples=columns"])
    assert (told["samples"], told["genes"], told["classes"]) == (12, 40, {"normal": 6, "tumour": 6})
    assert read_gene_table(folder).samples_in == "rows"  # nothing was kept
    decide(folder, ["samples=columns"], agree=True)
    assert read_gene_table(folder).labels.value_counts().to_dict() == {"normal": 6, "tumour": 6}
    assert trainable_spec("study").holds == "genes"
    with pytest.raises(DataError, match="cannot be set"):
        decide(folder, ["samples=diagonally"])


def test_a_table_whose_names_are_no_genes_becomes_one_by_saying_where_samples_lie(artifacts: Path) -> None:
    folder = artifacts.parent / "data" / "study"
    folder.mkdir(parents=True)
    values = TRUTH.set_axis([f"feature {n}" for n in range(40)], axis=1)
    values.to_csv(folder / "expression.csv", index_label="sample")
    (folder / "labels.csv").write_text(LABELS)
    assert inspect_folder(folder)["kind"] == "nothing"
    assert not list_gene_tables()
    decide(folder, ["samples=rows"])
    assert [name for name, _ in list_gene_tables()] == ["study"]
    assert read_gene_table(folder).expression.shape == (12, 40)
    assert "samples in columns, as it was decided" in inspect_folder(folder, ["samples=columns"])["problem"]
    assert decide(folder, ["group=none"], agree=True)["certain"]


@pytest.mark.parametrize(
    ("group", "noun", "groups"), [("", "patient", 6), ("batch", "group", 3), ("none", "sample", 12)]
)
def test_what_stays_together_of_genes_is_corrected(group: str, noun: str, groups: int, artifacts: Path) -> None:
    folder = artifacts.parent / "data" / "study"
    folder.mkdir(parents=True)
    (folder / "expression.csv").write_text(genes_in_rows())
    facts = pd.DataFrame({"sample": SAMPLES, "label": CLASSES, "patient_id": [f"P{n // 2}" for n in range(12)]})
    facts.assign(batch=[f"D{n % 3}" for n in range(12)]).to_csv(folder / "facts.csv", index=False)
    told = decide(folder, [f"group={group}"] if group else [], agree=True)
    assert (told["group"]["groups"], told["group"]["column"]) == (
        groups,
        {"": "patient_id", "none": None}.get(group, group),
    )
    table = read_gene_table(folder)
    assert (table.spec.group, table.groups.nunique()) == (noun, groups)
    assert choices_of(folder).columns["group"] == (group or "patient_id")
    (folder / "facts.csv").write_text(facts.drop(columns="patient_id").to_csv(index=False))
    assert inspect_folder(folder)["certain"] is (group == "none")


def test_patients_in_names_of_samples_are_told_apart_or_not(artifacts: Path) -> None:
    folder = artifacts.parent / "data" / "study"
    folder.mkdir(parents=True)
    names = [f"TCGA-AB-{1000 + n // 2}-{n % 2:02d}A" for n in range(12)]
    TRUTH.set_axis(names, axis=0).T.to_csv(folder / "expression.csv", index_label="gene")
    pd.DataFrame({"sample": names, "label": CLASSES}).to_csv(folder / "labels.csv", index=False)
    told = inspect_folder(folder)
    assert (told["group"]["column"], told["group"]["groups"]) == ("names of samples", 6)
    assert inspect_folder(folder, ["group=none"])["group"]["groups"] == 12


@pytest.mark.parametrize(
    "above", [{"class": CLASSES}, {"patient": [f"P{n // 2}" for n in range(12)], "class": CLASSES}]
)
def test_classes_may_stand_in_a_line_below_the_header(above: dict[str, list[str]], data_root: Path) -> None:
    folder = data_root / "leukemia"
    folder.mkdir()
    header, *rest = genes_in_rows().splitlines()
    said = [",".join([name, *values]) for name, values in above.items()]
    (folder / "expression.csv").write_text("\n".join([header, *said, *rest]))
    table = read_gene_table(folder)
    assert table.labels.loc[SAMPLES].tolist() == list(CLASSES)
    assert table.expression.loc[SAMPLES, GENES].to_numpy() == pytest.approx(TRUTH.to_numpy(), abs=1e-3)
    assert table.groups.nunique() == (6 if "patient" in above else 12)


def test_ages_and_sexes_are_no_classes_in_other_languages_either(folder: Path) -> None:
    (folder / "expression.csv").write_text(genes_in_rows())
    rows = [f"{name};{'mw'[n % 2]};{'krank' if n < 4 else 'gesund'}" for n, name in enumerate(TRUTH.index)]
    (folder / "labels.csv").write_text("\n".join(["Patient;Geschlecht;Diagnose", *rows]))
    assert inspect_folder(folder)["classes"] == {"gesund": 8, "krank": 4}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=some.data())
def test_a_random_table_is_read_back(tmp_path_factory: pytest.TempPathFactory, data: some.DataObject) -> None:
    """Of any size, orientation, separator, decimal sign and encoding, some values missing, labels beside or within."""
    draw = data.draw
    genes, samples = draw(some.integers(12, 60)), draw(some.integers(6, 40))
    rng = np.random.default_rng(draw(some.integers(0, 2**32 - 1)))
    scale = draw(some.sampled_from(["log", "intensity"]))
    values = rng.normal(8, 2, (samples, genes)) if scale == "log" else 2 ** rng.normal(8, 2, (samples, genes))
    names = [draw(some.sampled_from(["GSM{}", "TCGA-A{}-01", "patient {}", "S{}"])).format("%d")] * samples
    names = [name % number for number, name in enumerate(names, start=1)]
    genes_named = [draw(some.sampled_from(["{}_at", "ENSG{:011}", "gene_{}", "ILMN_{}"]))] * genes
    genes_named = [name.format(number) for number, name in enumerate(genes_named)]
    truth = pd.DataFrame(values.round(3), names, genes_named)
    classes = rng.permutation([draw(some.sampled_from(["é", "x y", "none", "1"])), "other"] * samples)[:samples]
    classes[:2] = sorted(set(classes) | {"other"})[:2] if len(set(classes)) < 2 else list(dict.fromkeys(classes))[:2]
    labels = pd.Series(classes, names)
    holes = rng.random(truth.shape) < draw(some.sampled_from([0, 0, 0.03]))
    written = truth.mask(holes)
    separator, decimal = draw(some.sampled_from([(",", "."), ("\t", "."), (";", "."), (";", ","), ("\t", ",")]))
    encoding = draw(some.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    options = {
        "sep": separator,
        "decimal": decimal,
        "encoding": encoding,
        "na_rep": draw(some.sampled_from(["", "NA"])),
    }
    folder = tmp_path_factory.mktemp("random")
    layout = draw(some.sampled_from(["genes in rows", "samples in rows", "classes within"]))
    first = draw(some.sampled_from(["", "ID"]))
    if layout == "classes within":
        written.insert(draw(some.sampled_from([0, genes])), "Class", labels)
        written.to_csv(folder / "table.csv", index_label=first or "sample", **options)
    else:
        (written.T if layout == "genes in rows" else written).to_csv(folder / "table.csv", index_label=first, **options)
        order = rng.permutation(samples)
        told = pd.DataFrame({"who": np.array(names)[order], "what": classes[order]})
        told.to_csv(folder / "who is what.tsv", sep="\t", index=False, encoding=encoding)
    table = read_gene_table(folder)
    assert table.labels.to_dict() == labels.reindex(table.labels.index).to_dict()
    kept_samples = truth.index[~(holes.mean(axis=1) > 0.5)]
    assert set(table.expression.index) == set(kept_samples)
    kept = pd.DataFrame(holes, names, genes_named).loc[kept_samples].mean() <= 0.2
    assert set(table.expression.columns) == set(truth.columns[kept])
    assert table.scale.logarithmic is (scale == "log")
    same = ~pd.DataFrame(holes, names, genes_named).loc[table.expression.index, table.expression.columns]
    expected = truth.loc[table.expression.index, table.expression.columns]
    assert table.expression.to_numpy()[same] == pytest.approx(expected.to_numpy()[same], rel=1e-4, abs=1e-3)
    assert not table.expression.isna().any(axis=None)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of gene tables in the archive of layouts; skips where it is not beside the checkout."""
    archive = SHARED / "data" / "layouts.tar.gz"
    if not archive.is_file():
        pytest.skip("the archive of layouts is not beside this checkout")
    folder = tmp_path_factory.mktemp("layouts")
    with tarfile.open(archive) as packed:
        members = [each for each in packed if {"gene-tables", "geo-tables"} & set(Path(each.name).parts)]
        packed.extractall(folder, members, filter="data")
    return folder


@pytest.mark.real_data
def test_every_gene_table_of_the_archive_is_understood(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roots = {place.parent for kind in ("gene-tables", "geo-tables") for place in published.rglob(f"{kind}/*")}
    monkeypatch.setenv("LESIONLAB_DATA", ":".join(map(str, sorted(roots))))
    tables = {name: read_gene_table(place) for name, place in list_gene_tables()}
    shapes = {name: (*table.expression.shape, table.labels.nunique()) for name, table in tables.items()}
    assert shapes == {
        "TCGA-PANCAN-HiSeq-801x20531": (20, 30, 5),
        "cumida": (12, 30, 3),
        "golub-like": (4, 20, 2),
        "geo-log2": (12, 60, 2),
        "geo-missing": (12, 60, 2),
        "geo-semicolon": (12, 60, 2),
        "geo-tsv": (12, 60, 2),
    }
    assert {name for name, table in tables.items() if not table.scale.logarithmic} == {"golub-like"}
    assert {name: table.left_out for name, table in tables.items() if table.told} == {
        "geo-missing": {"missing values, filled with the median of their gene": 1}
    }


def test_what_is_wrong_with_a_table_names_the_file_and_no_path_of_the_machine(folder: Path) -> None:
    """Pages show it to whoever may look at them."""
    text = TRUTH.T.to_csv().splitlines()
    for number, wrong in enumerate([text[5] + ",1", text[5].rpartition(",")[0] + ",x", '"' + text[5]]):
        (folder / "expression.csv").write_text("\n".join([*text[:5], wrong, *text[6:]]))
        value = inspect_folder(folder)
        assert "expression.csv" in value["problem"], number
        assert str(folder.parent) not in json.dumps(value), number


def gct(folder: Path, version: str, sizes: str, of_samples: str = "") -> None:
    """The table as GCT, whose second column says nothing of the genes."""
    lines = genes_in_rows("\t").splitlines()
    header, *rows = [line.replace("\t", "\tna\t", 1) for line in lines]
    folder.mkdir()
    text = [
        version,
        sizes,
        header.replace("\tna\t", "\tDescription\t", 1),
        *([of_samples] if of_samples else []),
        *rows,
    ]
    (folder / "leukemia.gct").write_text("\n".join(text) + "\n")


@pytest.mark.parametrize("called", ["leukemia.cls", "phenotypes.cls"])
def test_a_list_of_classes_beside_a_gct_file_has_its_labels(called: str, data_root: Path) -> None:
    gct(data_root / "broad", "#1.2", "40\t12")
    assert not list_gene_tables(), "nothing says the classes"
    numbers = " ".join("01"[kind == "tumour"] for kind in CLASSES)
    (data_root / "broad" / called).write_text(f"12 2 1\n# normal tumour\n{numbers}\n")
    check(read_gene_table(data_root / "broad"))
    (data_root / "broad" / called).write_text("#numeric\n#age\n1 2 3\n")
    assert not list_gene_tables()


def test_a_gct_file_of_version_1_3_says_itself_what_its_samples_are(data_root: Path) -> None:
    gct(data_root / "broad", "#1.3", "40\t12\t1\t1", "subtype\tna\t" + "\t".join(CLASSES))
    check(read_gene_table(data_root / "broad"))


@pytest.mark.parametrize("sizes", ["9" * 5000 + "\t12", "40\t12\t99\t99", "40\t-12", "many\tfew", ""])
def test_sizes_of_a_gct_file_that_are_nonsense_end_nothing(sizes: str, data_root: Path) -> None:
    gct(data_root / "broad", "#1.3", sizes)
    (data_root / "broad" / "labels.csv").write_text(LABELS)
    check(read_gene_table(data_root / "broad"))


def test_tables_without_an_ending_are_read_as_xena_has_them_and_pictures_without_one_are_not_looked_into(
    data_root: Path,
) -> None:
    folder = data_root / "xena"
    folder.mkdir()
    (folder / "HiSeqV2").write_text(genes_in_rows("\t", first="sample"))
    (folder / "BRCA_clinicalMatrix").write_text(LABELS.replace(",", "\t").replace("label", "sample_type"))
    check(read_gene_table(data_root / "xena"))
    (folder / "LICENCE").write_text("Some words\n")
    (folder / "IM_0001").write_bytes(b"\0" * 132 + b"DICM")
    check(read_gene_table(data_root / "xena"))
    assert list_gene_tables()[0][0] == "xena"


def test_numbers_of_classes_and_patients_are_the_same_with_and_without_decimals(folder: Path) -> None:
    (folder / "expression.csv").write_text(genes_in_rows())
    lines = [f"{name},{n % 2}{'.0' * (n % 3 == 0)},{n // 2}{'.0' * (n % 2)}" for n, name in enumerate(SAMPLES)]
    (folder / "labels.csv").write_text("\n".join(["sample,label,patient_id", *lines]))
    value = inspect_folder(folder)
    assert value["classes"] == {"0": 6, "1": 6}
    assert value["group"]["groups"] == 6


def test_samples_whose_patient_nobody_knows_are_not_of_one(folder: Path) -> None:
    (folder / "expression.csv").write_text(genes_in_rows())
    lines = [f"{name},{CLASSES[n]},{'none' if n < 4 else n // 2}" for n, name in enumerate(SAMPLES)]
    (folder / "labels.csv").write_text("\n".join(["sample,label,patient_id", *lines]))
    assert inspect_folder(folder)["group"]["groups"] == 4 + 4


@pytest.mark.parametrize("written", ["?", "n.d.", "#NV", "#DIV/0!", "<NA>"])
def test_whatever_stands_for_a_missing_value_is_none(folder: Path, written: str) -> None:
    (folder / "expression.csv").write_text(genes_in_rows().replace(str(TRUTH.iloc[3, 5]), written))
    assert any("missing values" in why for why in inspect_folder(folder)["left_out"])
