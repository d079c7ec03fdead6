"""The Data page: what it lists, adding and removing folders, downloads that broke off, and what viewers may not do."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.added_folders import added_folders
from core.data.download import sources
from core.data.download.download import download_arguments, partial_bytes
from core.jobs import Job, JobState, list_jobs, start_job
from tests.core.data.download.loopback import Loopback, offer, serving, source_of

PAGE = "20_data.py"


@pytest.fixture
def moles(tmp_path: Path) -> Path:
    """A folder per class outside of every data root."""
    folder = tmp_path / "elsewhere" / "moles"
    for label in ("benign", "malignant"):
        (folder / label).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(folder / label / f"{label}.png")
    return folder


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as server:
        yield server


def wait_until(condition) -> None:
    deadline = time.monotonic() + 400
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def over(job: Job) -> bool:
    """Whether a job has ended; one that gets no processor for a while is taken for lost, and goes on."""
    return not job.status().state.active and not job.worked_on()


def texts(test) -> str:
    kinds = (test.markdown, test.caption, test.subheader, test.success, test.info, test.warning, test.error)
    return "\n".join(str(element.value) for elements in kinds for element in elements)


def test_every_public_source_stands_with_size_and_licence(artifacts, open_page) -> None:
    test = open_page(PAGE)
    assert not test.exception
    shown = texts(test)
    assert "**HAM10000**" in shown
    assert "2.8 GB · [CC BY-NC 4.0 (non-commercial use only)]" in shown
    assert "over 8.0 GB · [CC0 1.0 (public domain)]" in shown
    assert "about 9.8 GB · [CC BY-NC 4.0 (non-commercial use only)]" in shown
    assert "size unknown until the download starts" in shown
    assert all(source.citation in shown for source in sources.SOURCES)
    assert not test.button("download-ham10000").disabled


def test_what_is_missing_says_what_to_do(artifacts, open_page) -> None:
    test = open_page(PAGE)
    [table] = test.dataframe
    told = table.value.set_index("data set")["what to do"]
    assert told["HAM10000"].endswith("Or get it in the tab Download.")
    assert "HAM10000, published table of 28×28 pixels" in told.index
    assert "Leukaemia gene expression (Golub 1999)" in told.index
    assert {f"DermaMNIST, {side}×{side} pixels" for side in (28, 64, 128, 224)} <= set(told.index)
    assert all(told.str.contains("Put "))


@pytest.mark.parametrize(
    ("facts", "size"),
    [
        ({}, "- **Size**: not known: the server does not say. The disk is watched during the download."),
        ({"about_size": 2_600_000_000}, "- **Size**: about 2.6 GB"),
    ],
)
def test_the_dialog_says_what_is_known_of_the_size(artifacts, server, monkeypatch, open_page, facts, size) -> None:
    server.put("a.bin", b"1", says_length=False)
    monkeypatch.setattr(sources, "SOURCES", (source_of(server.file("a.bin", checked=False, **facts)),))
    test = open_page(PAGE)
    test.button("download-tiny").click().run()
    assert not test.exception
    assert size in texts(test)


def test_a_download_starts_only_after_its_licence_was_accepted(
    artifacts, server, tmp_path, monkeypatch, open_page
) -> None:
    offer(server, tmp_path / "path", monkeypatch)
    test = open_page(PAGE)
    test.button("download-tiny").click().run()
    [start] = [button for button in test.button if button.label == "Start the download"]
    assert start.disabled
    [accepted] = [box for box in test.checkbox if box.label.startswith("I accept the licence")]
    accepted.check()
    test.button("download-tiny").click().run()  # again with each run, which else would close the dialog
    [start] = [button for button in test.button if button.label == "Start the download"]
    assert not start.disabled
    assert not list_jobs()
    start.click()
    test.button("download-tiny").click().run()
    assert not test.exception
    [job] = list_jobs()
    wait_until(lambda: over(job))
    assert job.status().state is JobState.FINISHED, job.log_tail()


@pytest.mark.real_data
def test_what_is_here_is_counted(ham10000, open_page) -> None:
    shown = texts(open_page(PAGE))
    assert "**10,015 pictures** of 7,470 lesions, 7 classes" in shown


def test_a_folder_is_added_by_its_path_and_removed_again(artifacts, moles, open_page) -> None:
    test = open_page(PAGE)
    look_into(test, moles)
    assert "moles" not in [each.value for each in test.subheader]
    press(test, "Add")
    assert f"Added moles from {moles}." in texts(test)
    assert "moles" in [each.value for each in test.subheader]
    assert "**2 pictures**, 2 classes" in texts(test)
    assert f":small[Folder: `{moles}`]" in texts(test), "the card names the path that was given"
    [remove] = [button for button in test.button if button.label == "Remove it from here"]
    remove.click().run()
    assert added_folders() == ()
    assert "moles" not in [each.value for each in test.subheader]
    assert len(list(moles.rglob("*.png"))) == 2


def look_into(test, folder: Path) -> None:
    test.text_input[0].set_value(str(folder))
    press(test, "Look into it")


def press(test, label: str) -> None:
    [button] = [button for button in test.button if button.label == label]
    button.click().run()


def test_a_folder_that_cannot_be_used_is_explained(artifacts, tmp_path, open_page) -> None:
    test = open_page(PAGE)
    look_into(test, tmp_path / "nowhere")
    assert not test.exception
    assert "There is no folder" in test.error[0].value


def test_a_download_at_work_is_shown_and_its_button_waits(artifacts, server, tmp_path, monkeypatch, open_page) -> None:
    source = offer(server, tmp_path / "path", monkeypatch, gate=threading.Event())
    job = start_job("download", "Download of Tiny", download_arguments(source))
    wait_until(lambda: partial_bytes(source) > 0)
    test = open_page(PAGE)
    assert "**Download of Tiny**" in texts(test)
    [button] = [button for button in test.button if button.key == "download-tiny"]
    assert button.disabled
    assert [b for b in test.button if b.label == "Cancel"]
    job.cancel()
    wait_until(lambda: over(job))
    test.run()
    assert "Stopped by a person" in texts(test)
    [again] = [b for b in test.button if b.label.startswith("Continue from")]
    for served in server.files.values():
        served.gate.set()
    again.click().run()
    newest = list_jobs("download")[0]
    assert newest != job
    wait_until(lambda: over(newest))
    assert newest.status().state is JobState.FINISHED, newest.log_tail()
    test.run()
    assert "tiny" in [each.value for each in test.subheader]
    assert "Download of Tiny: done." in texts(test)
    assert "**6 pictures**" in texts(test)


def test_what_has_come_of_a_stopped_download_can_be_discarded(
    artifacts, server, tmp_path, monkeypatch, open_page
) -> None:
    source = offer(server, tmp_path / "path", monkeypatch, gate=threading.Event())
    job = start_job("download", "Download of Tiny", download_arguments(source))
    wait_until(lambda: partial_bytes(source) > 0)
    job.cancel()
    wait_until(lambda: over(job))
    test = open_page(PAGE)
    test.button("discard-tiny").click().run()
    assert not test.exception
    assert partial_bytes(source) == 0
    assert list_jobs() == []
    assert "Stopped by a person" not in texts(test)


def test_a_viewer_sees_everything_and_can_change_nothing(artifacts, as_viewer, open_page) -> None:
    as_viewer()
    test = open_page(PAGE)
    assert "Only instructors can add and download data." in texts(test)
    assert test.button("download-ham10000").disabled
    assert test.text_input[0].disabled
    assert str(artifacts) not in texts(test), "folders of the machine are nobody else's business"


def test_who_is_no_instructor_any_more_cannot_add_a_folder(
    artifacts, moles, as_viewer, open_page, errors_shown
) -> None:
    test = open_page(PAGE)
    test.text_input[0].set_value(str(moles))
    [button] = [each for each in test.button if each.label == "Look into it"]
    as_viewer()
    button.click().run()
    assert "Only instructors" in texts(test)
    assert added_folders() == ()


@pytest.mark.parametrize("page", ["10_home.py", "20_data.py", "21_explore.py"])
def test_folders_that_cannot_be_used_hide_no_page(page, artifacts, moles, open_page, monkeypatch) -> None:
    root = artifacts.parent / "data"
    shutil.copytree(moles, root / "good")
    shutil.copytree(moles, root / os.fsdecode(b"caf\xe9"))
    moles.joinpath("benign", "benign.png").rename(root / "good" / "benign" / os.fsdecode(b"\xff.png"))
    (root / "loop").symlink_to("loop")
    monkeypatch.setenv("LESIONLAB_DATA", os.pathsep.join([os.fsdecode(b"/d\xe4ta"), "/" + "x" * 5000, str(root)]))
    test = open_page(page, dataset="good")
    assert not test.exception
    assert not test.error
    if page == PAGE:
        shown = texts(test)
        assert "2 data sets are here" in shown
        assert shown.count("cannot be looked into") == 2
        assert test.dataframe[-1].value["what to do"].str.contains("Rename it to use it").sum() == 1


@pytest.mark.parametrize("page", ["10_home.py", PAGE])
def test_archives_that_cannot_be_used_are_told_of_and_hide_no_page(page, artifacts, open_page) -> None:
    folder = artifacts.parent / "data" / "mnist"
    folder.mkdir()
    for name in ("bloodmnist.npz", "dermamnist.npz", "mine.npz", "hmnist_8_8_L.csv"):
        (folder / name).write_bytes(b"PK\x03\x04 cut")
    arrays = {"train_images": np.zeros((2, 28, 28), np.uint8), "train_labels": np.zeros((2, 3), np.uint8)}
    np.savez(folder / "chestmnist.npz", **arrays)
    test = open_page(page)
    assert not test.exception
    assert not test.error
    if page == PAGE:
        told = test.dataframe[-1].value.set_index("data set")["what to do"]
        for title in ("BloodMNIST, 28×28 pixels", "DermaMNIST, 28×28 pixels", "mnist-mine"):
            assert "is not an archive of arrays" in told[title]
        assert "14 findings of each picture were expected" in told["ChestMNIST, 28×28 pixels"]
        assert "is not a table" in told["HAM10000, published table of 8×8 grey pixels"]
