"""With `--json` every command prints exactly one JSON object, whatever happens."""

import argparse
import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.__main__ import main, parser
from core.base.errors import DataError, DiskFullError
from core.cli.output import log_file

COMMANDS = {
    "datasets": [],
    "models": [],
    "sources": [],
    "download": ["ham10000"],
    "ingest": ["demo", "--size", "8"],
    "train": ["majority", "--dataset", "demo"],
    "runs": [],
    "evaluate": ["no-run"],
    "predict": ["no-run", "a.png"],
    "code": ["no-run"],
    "search status": ["no-search"],
    "dashboard": [],
    "engine": ["status"],
}
FAILURES = {
    "ours": (DataError("The table is odd."), 1, "DataError"),
    "unexpected": (ZeroDivisionError("division by zero"), 1, "ZeroDivisionError"),
    "deep": (RecursionError("maximum recursion depth exceeded"), 1, "RecursionError"),
    "memory": (MemoryError(), 1, "MemoryError"),
    "full disk": (OSError(errno.ENOSPC, "No space left on device", "/a/file"), 1, "DiskFullError"),
    "no rights": (PermissionError(errno.EACCES, "Permission denied", "/a/file"), 1, "PermissionError"),
    "interrupted": (KeyboardInterrupt(), 130, "KeyboardInterrupt"),
    "bytes in a name": (DataError("no \udcff text"), 1, "DataError"),
}


@pytest.fixture
def said(artifacts: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict, str]]:
    """`said(*arguments)`: exit status, the one object on stdout, and stderr."""

    def said(*arguments: str) -> tuple[int, dict, str]:
        capfd.readouterr()
        try:
            code = main([*arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capfd.readouterr()
        [line] = printed.out.splitlines()
        value = json.loads(line)
        assert isinstance(value, dict)
        return code, value, printed.err

    return said


def names_of_commands() -> set[str]:
    [actions] = [a for a in parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return set(actions.choices)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_failure_of_every_command_is_one_object(command, failure, said, monkeypatch) -> None:
    error, code, kind = FAILURES[failure]
    real = argparse.ArgumentParser.parse_args

    def parse_args(self, *arguments):
        options = real(self, *arguments)

        def run(_):
            print("a library says something", file=sys.stdout)  # noqa: T201
            raise error

        options.run = run
        return options

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_args)
    status, value, err = said(*command.split(), *COMMANDS[command], "--json")
    assert (status, value["kind"]) == (code, kind)
    assert value["error"]
    assert "Traceback" not in err
    if failure in ("unexpected", "deep", "memory", "no rights"):
        assert f"{kind}" in log_file().read_text()
        assert "Traceback" in log_file().read_text()


@pytest.mark.parametrize("command", sorted(names_of_commands()))
def test_wrong_arguments_of_every_command_are_one_object(command, said) -> None:
    status, value, err = said(command, "--json", "--no-such-option")
    assert (status, value["kind"]) == (2, "UsageError")
    assert "usage:" in err


@pytest.mark.parametrize("command", ["", *sorted(names_of_commands())])
def test_help_and_version_are_one_object_too(command, said) -> None:
    status, value, _ = said(*command.split(), "--help", "--json")
    assert status == 0
    assert "usage:" in value["help"]
    for arguments in (["--version", "--json"], ["--json", "--version"]):
        status, value, _ = said(*arguments)
        assert (status, list(value)) == (0, ["version"])


def test_what_is_no_json_is_an_error_and_not_half_an_object(said, monkeypatch) -> None:
    from core.cli import commands

    monkeypatch.setattr(commands, "runs", lambda _: ({"share": float("nan")}, []))
    status, value, _ = said("runs", "--json")
    assert (status, value["kind"]) == (1, "ValueError")


@pytest.mark.parametrize("name", ["status.json", "recipe.json", "predictor.json"])
def test_a_damaged_record_is_one_object_for_every_command_on_runs(name, trained, said) -> None:
    for content in ("{", "[" * 100_000, "7", '{"state": 3}', '"\\udcff"'):
        (trained.path / name).write_text(content)
        for command in (["runs"], ["stop", trained.run_id], ["predict", trained.run_id, "a.png"]):
            said(*command, "--json")


def test_a_path_that_cannot_be_is_said_in_the_words_of_the_system(trained, said, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "folder", tmp_path / ("n" * 5_000)):
        status, value, _ = said("code", trained.run_id, "--out", str(folder), "--json")
        assert status == 1
        assert "unexpected" not in value["error"]
        assert str(tmp_path)[:20] in value["error"]
        assert len(value["error"]) < 500
    for name in ("predictions.parquet", "metrics.json"):
        (trained.path / name).unlink(missing_ok=True)
        (trained.path / name).mkdir()
        _, value, _ = said("evaluate", trained.run_id, "--json")
        assert "unexpected" not in value.get("error", "")
    status, value, _ = said("evaluate", trained.run_id, "--on", "n" * 5_000, "--json")
    assert status == 1
    assert "unexpected" not in value["error"]
    status, value, _ = said("restore", "a\0b", "--json")
    assert (status, value["kind"]) == (1, "RunError")


def test_a_log_that_cannot_be_written_does_not_hide_the_error(said, monkeypatch, artifacts) -> None:
    from core.cli import commands

    (artifacts / "logs").write_text("no folder")
    monkeypatch.setattr(commands, "runs", lambda _: 1 / 0)
    status, value, err = said("runs", "--json")
    assert (status, value["kind"]) == (1, "ZeroDivisionError")
    assert "Traceback" in err


@pytest.mark.parametrize("command", ["inspect", "inspect --agree", "predict no-run", "card no-run --out", "unpack"])
def test_an_empty_argument_is_not_taken_for_the_folder_that_one_stands_in(said, command: str) -> None:
    status, value, _ = said(*command.split(), "", "--json")
    assert (status, value["kind"]) == (2, "UsageError")
    assert "an argument is empty" in value["error"]


def test_a_disk_that_is_full_when_a_training_begins_is_said_and_no_success(
    said, demo_artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing tells then what became of the run, so that what is wrong with its supervision has to be told."""
    from core.cli import commands

    def full(*_: object) -> None:
        raise DiskFullError("The disk that holds the runs is full.")

    monkeypatch.setattr(commands, "supervise", full)
    status, value, err = said("train", "majority", "--dataset", "demo", "--json")
    assert (status, value) == (1, {"error": "The disk that holds the runs is full.", "kind": "DiskFullError"})
    assert "Traceback" not in err


def core(*arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "core", *arguments], stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.usefixtures("artifacts")
def test_a_stdout_that_is_full_or_closed_ends_with_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        process = core("models", "--json", stdout=full)
        err = process.communicate(timeout=300)[1]
    assert process.returncode == 1
    assert "cannot be printed" in err
    assert "Traceback" not in err
    process = core("models", "--json", stdout=None, preexec_fn=lambda: os.close(1))
    err = process.communicate(timeout=300)[1]
    assert process.returncode == 1
    assert "Traceback" not in err


def test_ctrl_c_in_a_real_process_is_one_object(artifacts: Path) -> None:
    # Shells have what they start in the background ignore Ctrl-C, these tests too.
    heeds = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
    process = core("ingest", "demo", "--size", "32", "--json", stdout=subprocess.PIPE, preexec_fn=heeds)
    while process.poll() is None and not any(artifacts.glob("data/.demo.*")):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert json.loads(out)["kind"] == "KeyboardInterrupt"
    assert process.returncode == 130
    assert "Traceback" not in err


@pytest.mark.parametrize("module", ["numpy", "pandas", "core.cli.commands", "core.training.recipe"])
@pytest.mark.usefixtures("artifacts")
def test_ctrl_c_while_python_still_imports_is_one_object(module: str) -> None:
    code = f"""
import runpy, sys

class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
sys.argv = ["core", "runs", "--json"]
runpy.run_module("core", run_name="__main__", alter_sys=True)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert json.loads(done.stdout)["kind"] == "KeyboardInterrupt"
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
