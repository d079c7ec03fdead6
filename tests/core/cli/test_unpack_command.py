"""The command `unpack`."""

import json
from pathlib import Path

from core.__main__ import main
from tests.core.data.test_packed import moles


def test_an_archive_is_unpacked_where_it_lies_and_is_a_data_set_then(artifacts: Path, capsys) -> None:
    archive = moles(artifacts.parent / "data" / "skin.zip")
    assert main(["unpack", str(archive)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"skin.zip is unpacked in {archive.with_name('skin')}.",
        "A data set is there: skin.",
    ]
    assert main(["ingest", "skin", "--size", "28", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 6


def test_an_archive_elsewhere_is_answered_as_one_object(artifacts: Path, tmp_path: Path, capsys) -> None:
    archive = moles(tmp_path / "skin.tar.gz")
    assert main(["unpack", str(archive), "--json"]) == 0
    folder = str(artifacts / "unpacked" / "skin")
    assert json.loads(capsys.readouterr().out) == {"archive": str(archive), "folder": folder, "data_sets": ["skin"]}
    assert main(["unpack", str(tmp_path / "gone.zip"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["kind"] == "DataError"
