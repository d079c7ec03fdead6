"""The commands `sources` and `download`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.__main__ import main
from tests.core.data.download.loopback import Loopback, offer, serving


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as server:
        yield server


def test_sources_are_listed_with_licence_and_citation(artifacts, capsys) -> None:
    assert main(["sources"]) == 0
    text = capsys.readouterr().out
    assert "ham10000         to get  HAM10000, 2.8 GB" in text
    assert "CC BY-NC 4.0 (non-commercial use only) https://creativecommons.org" in text
    assert "Cite: Tschandl" in text
    assert main(["sources", "--json"]) == 0
    sources = {each["name"]: each for each in json.loads(capsys.readouterr().out)["sources"]}
    assert sources["ham10000"]["bytes"] == 1_366_522_108 + 1_403_566_547 + 690_218
    assert sources["isic2019"]["bytes"] is None
    assert not sources["isic2019"]["here"]


def test_a_download_needs_the_licence_accepted(artifacts, capsys) -> None:
    assert main(["download", "ham10000", "--json"]) == 1
    error = json.loads(capsys.readouterr().out)
    assert error["kind"] == "ConfigurationError"
    assert "--accept-licence" in error["error"]


def test_a_source_is_downloaded_and_is_a_data_set_then(artifacts, server, tmp_path: Path, monkeypatch, capsys) -> None:
    source = offer(server, tmp_path / "path", monkeypatch)
    monkeypatch.setattr("core.cli.download_commands.SOURCES", (source,))
    assert main(["download", "tiny", "--accept-licence", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["folder"] == str(artifacts.parent / "data" / "tiny")
    assert result["bytes"] > 100_000
    assert main(["sources"]) == 0
    assert "tiny             here" in capsys.readouterr().out
    assert main(["datasets", "--json"]) == 0
    assert "tiny" in [each["name"] for each in json.loads(capsys.readouterr().out)["datasets"] if each["present"]]
    assert main(["download", "tiny", "--accept-licence"]) == 1
    assert "already" in capsys.readouterr().err


def test_an_unknown_source_names_those_that_are_known(artifacts, capsys) -> None:
    assert main(["download", "imagenet", "--accept-licence"]) == 1
    assert "Known are: dermamnist" in capsys.readouterr().err
