import os
from pathlib import Path

import pytest

from core.base.errors import ConfigurationError
from core.base.settings import PROJECT_ROOT, artifacts_dir, data_roots, settings_for_processes


@pytest.mark.parametrize("value", [None, "", "  ", os.pathsep, f" {os.pathsep} "])
def test_without_a_setting_data_is_looked_for_in_the_project(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("LESIONLAB_DATA", raising=False)
    if value is not None:
        monkeypatch.setenv("LESIONLAB_DATA", value)
    assert data_roots() == (PROJECT_ROOT / "data",)


def test_one_folder_is_one_data_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(tmp_path))
    assert data_roots() == (tmp_path,)


def test_several_folders_are_separated_as_in_path_and_keep_their_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", os.pathsep.join([f"{tmp_path}/b", "", f" {tmp_path}/a with blanks "]))
    assert data_roots() == (tmp_path / "b", tmp_path / "a with blanks")


def test_relative_folders_and_the_home_folder_become_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LESIONLAB_DATA", os.pathsep.join(["here", "~/data"]))
    monkeypatch.setenv("LESIONLAB_ARTIFACTS", "out")
    assert data_roots() == (tmp_path / "here", tmp_path / "home" / "data")
    assert artifacts_dir() == tmp_path / "out"


def test_the_artifacts_folder_is_made_where_it_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LESIONLAB_ARTIFACTS", str(tmp_path / "deep" / "artifacts"))
    assert artifacts_dir() == tmp_path / "deep" / "artifacts"
    assert artifacts_dir().is_dir()


def test_without_a_setting_artifacts_go_into_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LESIONLAB_ARTIFACTS", raising=False)
    assert artifacts_dir() == PROJECT_ROOT / "artifacts"


def test_an_artifacts_folder_that_cannot_be_made_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    for value in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv("LESIONLAB_ARTIFACTS", str(value))
        with pytest.raises(ConfigurationError, match="Set LESIONLAB_ARTIFACTS to a folder"):
            artifacts_dir()


def test_a_process_started_elsewhere_gets_the_same_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LESIONLAB_DATA", os.pathsep.join(["one", "two"]))
    monkeypatch.setenv("LESIONLAB_ARTIFACTS", "artifacts")
    here = data_roots(), artifacts_dir()
    settings = settings_for_processes()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert (data_roots(), artifacts_dir()) == here
