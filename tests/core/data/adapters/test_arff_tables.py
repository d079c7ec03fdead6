"""Tables of Weka are read like others: of pictures and of genes."""

from pathlib import Path

import pytest

from core.data.adapters.table_errors import TableError
from core.data.adapters.table_files import read_table
from core.data.inspect import inspect_folder

HEAD = """% from Weka
@RELATION skin

@attribute 'file name' string
@attribute age numeric
@ATTRIBUTE dx {nevus, 'basal cell carcinoma', "it's \\"odd\\""}
"""


def write(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "table.arff"
    path.write_text(head + "@data\n" + "\n".join(lines) + "\n")
    return path


def test_quotes_missing_values_and_sparse_rows_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, "a.png, 50, nevus", "% a remark", "'b, c.png',?,'basal cell carcinoma'", '"d\'e",1.5,nevus',
                 "{0 f.png, 2 'basal cell carcinoma'}", "{0 'g h.png', 1 ?}")  # fmt: skip
    rows = read_table(path).rows
    assert list(rows.columns) == ["file name", "age", "dx"]
    assert rows.to_numpy().tolist() == [
        ["a.png", "50", "nevus"],
        ["b, c.png", "", "basal cell carcinoma"],
        ["d'e", "1.5", "nevus"],
        ["f.png", "0", "basal cell carcinoma"],
        ["g h.png", "", "nevus"],
    ]
    assert rows.index.tolist() == [8, 10, 11, 12, 13]


@pytest.mark.parametrize(
    ("lines", "head", "said"),
    [
        (["a.png,50"], HEAD, "table.arff has 2 values in line 8 and 3 attributes"),
        (["{7 x}"], HEAD, "has a value for attribute 7 in line 8, of which there are 3"),
        ([], HEAD, "no row stands below @data"),
        (["1"], "name,label\n", "is no ARFF table: line 1 begins with name,label"),
        (["1"], "@relation x\n@attribute bag relational\n", "has a table inside its attribute bag"),
        (["1,2"], "@attribute a real\n@attribute a real\n", "has two attributes called a"),
        (["1"], "@attribute\n", "line 1 is no “@attribute NAME TYPE”"),
    ],
)
def test_what_cannot_be_read_says_line_and_why(lines: list[str], head: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TableError) as error:
        read_table(write(tmp_path, *lines, head=head))
    assert said in str(error.value)


def test_a_table_of_weka_describes_pictures(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"m{number}.png").touch()
    write(tmp_path, *(f"m{n}.png,{n + 40},{('nevus', 'melanoma')[n % 2]}" for n in range(12)),
          head=HEAD.replace("{nevus", "{nevus, melanoma"))  # fmt: skip
    reading = inspect_folder(tmp_path)
    assert (reading["classes"], reading["columns"]["age"], reading["certain"]) == (
        {"melanoma": 6, "nevus": 6}, "age", True,
    )  # fmt: skip


@pytest.mark.parametrize("sparse", [False, True])
def test_a_table_of_weka_holds_genes(sparse: bool, tmp_path: Path) -> None:
    head = "@relation leukemia\n" + "".join(f"@attribute GENE{n}_at numeric\n" for n in range(60))
    head += "@attribute CLASS {ALL, AML}\n"
    lines = []
    for sample in range(24):
        values = [f"{(sample * 7 + gene * 13) % 50 / 5 + 2:.2f}" for gene in range(60)]
        label = ("ALL", "AML")[sample % 2]
        dense = ",".join([*values, label])
        lines.append("{" + ", ".join(f"{n} {x}" for n, x in enumerate(dense.split(","))) + "}" if sparse else dense)
    write(tmp_path, *lines, head=head)
    reading = inspect_folder(tmp_path)
    assert (reading["kind"], reading["samples"], reading["genes"]) == ("genes", 24, 60)
    assert reading["classes"] == {"ALL": 12, "AML": 12}
