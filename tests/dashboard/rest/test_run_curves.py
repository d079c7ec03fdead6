"""Curves are followed as they grow: nothing is read twice, nothing half-written is lost."""

import json
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.data.splits.splits import Split, SplitKind
from core.runs.run_folder import RunFolder
from dashboard.rest.run_curves import (
    KEPT_BATCHES,
    MARK_BYTES,
    Follower,
    SplitSize,
    counted_epochs,
    follow,
    split_size,
)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A folder without anything in it."""
    folder = tmp_path / "run"
    folder.mkdir()
    return RunFolder(folder)


def append(run: RunFolder, text: str) -> None:
    with run.metrics_file.open("a") as file:
        file.write(text)


def line(kind: str, number: int, **figures) -> str:
    return json.dumps({"kind": kind, "epoch": number, "time": 100.0 + number, **figures}) + "\n"


def test_a_run_that_has_written_nothing_has_empty_curves(run: RunFolder) -> None:
    curves = Follower(run.metrics_file).read_on()
    assert curves.epoch_table().empty
    assert curves.batch_table().empty
    assert curves.last_time is None


def test_epochs_and_batches_are_told_apart(run: RunFolder) -> None:
    append(run, line("batch", 0, loss=2.0) + line("epoch", 0, loss=1.5) + line("batch", 1, loss=1.4))
    curves = Follower(run.metrics_file).read_on()
    assert curves.epoch_table()["loss"].tolist() == [1.5]
    assert curves.batch_table()["loss"].tolist() == [2.0, 1.4]
    assert curves.last_time == 101.0


def test_the_csv_has_every_epoch_as_the_chart_counts_them(run: RunFolder) -> None:
    append(run, line("epoch", 0, loss=1.5, val_accuracy=0.25) + line("epoch", 1, loss=None, val_accuracy=0.5))
    curves = Follower(run.metrics_file).read_on()
    table = counted_epochs(curves.epoch_table())
    assert table["epoch"].tolist() == [1, 2]
    assert table["val_accuracy"].tolist() == [0.25, 0.5]
    assert table["loss"].isna().tolist() == [False, True]
    assert "kind" not in table


def shown(follower: Follower) -> list[int]:
    return [line["epoch"] for line in follower.read_on().epochs]


def test_only_what_was_appended_is_read(run: RunFolder) -> None:
    append(run, line("epoch", 0, loss=1.0) + line("epoch", 1, note="x" * MARK_BYTES))
    follower = Follower(run.metrics_file)
    assert shown(follower) == [0, 1]
    # What has been read is made unreadable but for its end: it must neither be missed nor be read again.
    size = run.metrics_file.stat().st_size - MARK_BYTES
    with run.metrics_file.open("r+b") as file:
        file.write(b"#" * size)
    append(run, line("epoch", 2))
    assert shown(follower) == [0, 1, 2]
    assert shown(follower) == [0, 1, 2]


def test_a_file_that_was_cut_back_and_grew_again_is_read_from_its_start(run: RunFolder) -> None:
    kept = line("batch", 0, loss=1.9) + line("epoch", 0, loss=1.5)
    append(run, kept + line("batch", 1, loss=1.4, first=True) + line("epoch", 1, loss=1.3, first=True))
    follower = Follower(run.metrics_file)
    before = follower.read_on()
    run.metrics_file.unlink()
    append(run, kept + line("batch", 1, loss=1.2) + line("epoch", 1, loss=1.1) + line("epoch", 2) + line("epoch", 3))
    after = follower.read_on()
    assert [each["epoch"] for each in after.epochs] == [0, 1, 2, 3]
    assert not any("first" in each for each in after.epochs + after.batches)
    assert after.telling != before.telling


def test_a_file_that_was_cut_back_in_place_or_removed_is_noticed(run: RunFolder) -> None:
    append(run, line("epoch", 0) + line("epoch", 1))
    follower = Follower(run.metrics_file)
    assert shown(follower) == [0, 1]
    run.metrics_file.write_text(line("epoch", 0))
    assert shown(follower) == [0]
    run.metrics_file.unlink()
    assert shown(follower) == []
    append(run, line("epoch", 5))
    assert shown(follower) == [5]


def test_other_curves_come_with_every_change_and_only_then(run: RunFolder) -> None:
    follower = Follower(run.metrics_file)
    append(run, line("batch", 0))
    first = follower.read_on()
    assert follower.read_on() is first
    append(run, line("epoch", 0))
    then = follower.read_on()
    assert then is not first
    assert then.telling == first.telling
    run.metrics_file.write_text(line("epoch", 0))
    assert follower.read_on().telling != first.telling


def test_who_looks_shortly_after_another_sees_the_same(run: RunFolder) -> None:
    append(run, line("epoch", 0))
    first = follow(run, max_age=60)
    append(run, line("epoch", 1))
    assert follow(run, max_age=60) is first
    assert len(follow(run).epochs) == 2


def test_a_half_written_last_line_comes_with_the_next_look(run: RunFolder) -> None:
    whole = line("epoch", 1, loss=0.5)
    append(run, line("epoch", 0) + whole[:20])
    follower = Follower(run.metrics_file)
    assert shown(follower) == [0]
    append(run, whole[20:])
    assert shown(follower) == [0, 1]
    assert follower.read_on().epochs[1]["loss"] == 0.5


def test_lines_that_are_not_json_are_passed_over(run: RunFolder) -> None:
    append(run, line("epoch", 0) + "nonsense\n[1, 2]\n\n" + line("epoch", 1))
    curves = Follower(run.metrics_file).read_on()
    assert curves.epoch_table()["epoch"].tolist() == [0, 1]


@pytest.mark.parametrize("at_once", [1, 7, 5000])
def test_batches_are_thinned_to_what_a_chart_can_show_and_epochs_never(at_once: int, run: RunFolder) -> None:
    follower = Follower(run.metrics_file)
    lines = [line("batch", number) for number in range(3000)] + [line("epoch", number) for number in range(1000)]
    for start in range(0, len(lines), at_once):
        append(run, "".join(lines[start : start + at_once]))
        curves = follower.read_on()
    shown = curves.batch_table()["epoch"]
    assert KEPT_BATCHES / 2 <= len(shown) <= KEPT_BATCHES
    assert shown.is_monotonic_increasing
    assert (shown.iloc[0], shown.iloc[-1]) == (0, 2999)
    assert len(curves.epoch_table()) == 1000


def page(folders: tuple[str, ...]) -> None:
    """Follows runs as the Runs page does."""
    from pathlib import Path

    import streamlit as st

    from core.runs.run_folder import RunFolder
    from dashboard.rest.run_curves import follow

    for folder in folders:
        st.text(str(follow(RunFolder(Path(folder))).epoch_table().get("epoch", []).__len__()))


def test_every_run_is_read_on_where_it_was_left_off(tmp_path: Path) -> None:
    runs = [RunFolder(tmp_path / name) for name in ("one", "two")]
    for run in runs:
        run.path.mkdir()
    append(runs[0], line("epoch", 0))
    app = AppTest.from_function(page, default_timeout=120, args=(tuple(str(run.path) for run in runs),)).run()
    assert [text.value for text in app.text] == ["1", "0"]
    append(runs[0], line("epoch", 1))
    append(runs[1], line("epoch", 0) + line("epoch", 1) + line("epoch", 2))
    assert [text.value for text in app.run().text] == ["2", "3"]
    assert [text.value for text in app.run().text] == ["2", "3"]


def test_the_floor_is_the_validation_share_of_the_most_frequent_training_class(tmp_path: Path) -> None:
    labels = ["nv"] * 6 + ["mel"] * 3 + ["mel"] * 3 + ["nv"] * 1 + ["bcc"] * 9
    parts = ["train"] * 9 + ["validation"] * 4 + ["test"] * 9
    ids = [f"i{number}" for number in range(len(labels))]
    rows = pd.DataFrame({"image_id": ids, "group_id": ids, "label": labels, "part": parts})
    file = tmp_path / "split.parquet"
    Split(SplitKind.GROUPED, 0, rows).save(file)
    assert split_size(str(file), file.stat().st_mtime_ns) == SplitSize(9, 0.25, "nv", 4)


def test_where_the_split_is_damaged_nothing_is_said_of_the_floor_and_the_curves_go_on(tmp_path: Path) -> None:
    file = tmp_path / "split.parquet"
    file.write_bytes(b"PAR1")
    assert split_size(str(file), file.stat().st_mtime_ns) == SplitSize()
