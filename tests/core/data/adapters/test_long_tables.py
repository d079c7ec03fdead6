"""Tables that are read in pieces: what stands far below the first piece is read, or refused, as if it stood above."""

from pathlib import Path

import pytest

from core.base.errors import DataError
from core.data.adapters import text_pieces
from core.data.adapters.table_files import read_table


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_pieces, "_CELLS_AT_ONCE", 8)
    monkeypatch.setattr(text_pieces, "_FEWEST_ROWS", 4)
    monkeypatch.setattr(text_pieces, "_BYTES_AT_ONCE", 7)


def _written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_piece_is_read_in_the_encoding_of_the_whole(tmp_path: Path, encoding: str) -> None:
    lines = [f"name {n},  ä {n} " for n in range(40)]
    table = read_table(_written(tmp_path, "\n".join(["# said above", "image,site", *lines]), encoding))
    assert table.columns == ["image", "site"]
    assert table.rows["site"].tolist() == [f"ä {n}" for n in range(40)]
    assert table.rows.index.tolist() == list(range(3, 43))


@pytest.mark.parametrize("place", [3, 4, 5, 8, 9, 17, 30])
def test_a_line_that_is_too_long_is_refused_wherever_a_piece_begins(tmp_path: Path, place: int) -> None:
    lines = [f"a{n},b" for n in range(40)]
    lines[place] += ",c"
    with pytest.raises(DataError, match=f"line {place + 2} has more fields than its header, which has 2"):
        read_table(_written(tmp_path, "\n".join(["image,label", *lines])))


def test_nothing_is_lost_of_lines_that_end_in_separators_or_hold_line_breaks(tmp_path: Path) -> None:
    lines = [f'a{n},"b\n{n}"' + "," * (n % 5) for n in range(40)]
    rows = read_table(_written(tmp_path, "\r\n".join(["image,label", *lines, "last"]))).rows
    assert rows["image"].tolist() == [*(f"a{n}" for n in range(40)), "last"]
    assert rows["label"].tolist() == [*(f"b\n{n}" for n in range(40)), ""]


def test_a_letter_of_another_encoding_far_below_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_pieces, "_CELLS_AT_ONCE", 200_000)  # 75,000 pieces of four lines would take minutes
    path = tmp_path / "table.csv"
    path.write_bytes(b"image,site\n" + b"a,b\n" * 300_000 + "c,R\xfccken\n".encode("latin-1"))
    assert read_table(path).rows["site"].iloc[-1] == "Rücken"
