"""A run of which anything is damaged spoils nobody else's list, page or answer."""

import json
import os
import shutil
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.errors import LesionLabError
from core.base.files import read_json, write_json
from core.base.processes import ProcessId
from core.jobs import list_jobs
from core.runs.index import all_runs
from core.runs.run_folder import RunFolder, create_run, list_runs, summarise
from core.runs.run_states import State
from core.searches.search_config import read_search_config
from core.searches.search_folder import list_searches
from core.training.recipe import make_recipe
from tests.core.base.test_record import OLD

WRONG = [None, True, -1, 2.5, 1e308, 10**400, "", "x", "\ud800", [], ["x", 1], {}, {"a": {"b": 1}}, [[[]]]]


@pytest.fixture
def old(artifacts: Path) -> Path:
    """An artifacts folder with whole records of every kind."""
    for kind in ("runs", "searches", "jobs"):
        shutil.copytree(OLD / kind, artifacts / kind)
    return artifacts


def with_each_field_wrong(file: Path):
    """Write the file once for each field and each wrong value, and put it back at the end."""
    whole = file.read_text()
    fields = json.loads(whole)
    for name in [*fields, "written", "schema"]:
        for value in WRONG:
            file.write_text(json.dumps(fields | {name: value}))
            yield name, value
    file.write_text(whole)


def test_whatever_stands_in_a_field_of_a_run_the_other_runs_are_listed(old: Path) -> None:
    run, other, *more = list_runs()[::-1]
    for each in more:
        shutil.rmtree(each.path)
    for name in (
        "status.json",
        "recipe.json",
        "predictor.json",
        "leakage.json",
        "training.json",
        "evaluation/metrics.json",
    ):
        for _ in with_each_field_wrong(run.path / name):
            shown = [each for each in map(summarise, list_runs()) if each]
            assert [each.run for each in shown if each.run != run] == [other]
            for summary in shown:
                assert type(summary.status.created) is float
                assert summary.status.state in State
                json.dumps([summary.metrics, summary.recipe.to_json(), summary.leaking], allow_nan=False)


def test_whatever_stands_in_a_field_of_a_search_or_a_job_is_read_or_named(old: Path) -> None:
    search, job = list_searches()[0], list_jobs()[0]
    reads = {
        search.path / "status.json": search.status,
        search.path / "search.json": lambda: read_search_config(search),
        search.path / "wanted.json": search.wanted,
        job.path / "status.json": job.status,
        job.path / "job.json": job.read_arguments,
    }
    for file, read in reads.items():
        named = []
        for _ in with_each_field_wrong(file):
            try:
                read()
            except LesionLabError as error:
                named.append(str(error))
        assert len(named) > 5
        assert all(file.parent.name in said for said in named)


@pytest.mark.parametrize(
    "line", ["[1]", '{"kind": "started"}', '{"kind": "ended", "trial": "0000"}', '{"trial": 3}', "{", "[" * 10**5]
)
def test_a_damaged_journal_of_a_search_is_named(old: Path, line: str) -> None:
    search = list_searches()[0]
    with search.trials_file.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(LesionLabError, match=rf"{search.search_id} cannot be used: its trials\.jsonl"):
        search.trials()


def test_a_line_of_a_kind_that_only_a_newer_version_knows_does_no_harm_to_a_journal(old: Path) -> None:
    search = list_searches()[0]
    before = search.trials()
    with search.trials_file.open("a") as file:
        file.write('{"kind": "explained", "trial": "0001", "time": 1.0}\n')
    assert search.trials() == before


@pytest.mark.parametrize(
    "name", ["status.json", "recipe.json", "evaluation/metrics.json", "labels.json", "leakage.json"]
)
@pytest.mark.parametrize("content", ["[" * 100_000, '{"a":' * 3000 + "1" + "}" * 3000, "[" * 900 + "]" * 900])
def test_files_that_are_nested_thousands_deep_hide_no_other_run(old: Path, name: str, content: str) -> None:
    damaged, *others = list_runs()
    (damaged.path / name).parent.mkdir(exist_ok=True)
    (damaged.path / name).write_text(content)
    listed = [each.summary.run for each in all_runs().runs]
    assert [run for run in listed if run != damaged] == others
    assert (damaged in listed) == (name in ("labels.json", "leakage.json"))


def test_a_run_that_is_removed_while_it_trains_is_gone_from_every_list_and_stays_gone(artifacts: Path) -> None:
    run, other = (create_run(make_recipe(dataset="demo", model="majority", seed=seed)) for seed in (1, 2))
    this = {"host": socket.gethostname(), "process": ProcessId.of(os.getpid()), "heartbeat": time.time()}
    working = replace(run.status(), state=State.RUNNING, **this)
    run.write_status(working)
    assert {each.summary.run for each in all_runs().runs} == {run, other}
    shutil.rmtree(run.path)
    with pytest.raises(FileNotFoundError):
        run.write_status(working)
    assert [each.summary.run for each in all_runs().runs] == [other]
    assert list_runs() == [other]
    with pytest.raises(LesionLabError, match=run.run_id):
        RunFolder(run.path).status()


def test_settings_and_files_beside_runs_may_be_damaged_too(old: Path) -> None:
    from core.base.settings import added_roots
    from core.engine.engine_settings import EngineSettings, load_engine_settings

    for content in ("[" * 100_000, "7", '{"a": 1}', '[1, null, {"b": []}]'):
        for name in ("data_roots.json", "engine.json"):
            write_json(old / "settings" / name, {})
            (old / "settings" / name).write_text(content)
        assert added_roots() == ()
        assert load_engine_settings() == EngineSettings()
    assert read_json(old / "settings" / "engine.json")
