"""Archives on the Data page: offered with what is in them, unpacked in the background, or uploaded; for instructors."""

import time
from pathlib import Path

import pytest

from core.base.settings import unpacked_root
from core.jobs import JobState, list_jobs
from tests.core.data.test_packed import moles

PAGE = "20_data.py"


@pytest.fixture
def data_root(artifacts: Path) -> Path:
    return artifacts.parent / "data"


def texts(test) -> str:
    kinds = (test.markdown, test.caption, test.subheader, test.success, test.info, test.warning, test.error)
    return "\n".join(str(element.value) for elements in kinds for element in elements)


def ended() -> JobState:
    """Waits for the newest unpacking."""
    deadline = time.monotonic() + 400
    job = list_jobs("unpack")[0]
    while (state := job.status().state).active or job.worked_on():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return state


def test_a_packed_archive_is_offered_and_a_press_makes_it_a_data_set(data_root: Path, open_page) -> None:
    archive = moles(data_root / "skin.zip", top="course/")
    test = open_page(PAGE)
    assert "packed: **skin.zip**, 6 files, unpacks to" in texts(test)
    test.button(f"unpack-{archive}").click().run()
    assert not test.exception
    assert ended() is JobState.FINISHED
    shown = texts(test.run())
    assert "packed: **skin.zip**" not in shown
    assert "skin" in [each.value for each in test.subheader]
    assert "**6 pictures**" in shown


def test_an_archive_that_cannot_be_unpacked_says_why_and_has_no_button(data_root: Path, open_page) -> None:
    moles(data_root / "skin.zip", bad="../evil.png")
    (data_root / "torn.zip").write_bytes(b"PK\x03\x04 and no more")
    (data_root / "course.rar").write_bytes(b"Rar!")
    test = open_page(PAGE)
    shown = texts(test)
    assert "skin.zip is not safe to unpack" in shown
    assert "torn.zip is damaged or cut off" in shown
    assert "Archives of this kind are not unpacked here." in shown
    assert not [button for button in test.button if button.label == "Unpack"]


def test_unpacking_that_fails_says_why_and_can_be_dismissed(data_root: Path, open_page) -> None:
    archive = moles(data_root / "skin.zip")
    content = bytearray(archive.read_bytes())
    content[60] ^= 255  # in the first picture: its checksum tells, once it is unpacked
    archive.write_bytes(content)
    test = open_page(PAGE)
    test.button(f"unpack-{archive}").click().run()
    assert ended() is JobState.FAILED
    test.run()
    assert any("skin.zip is damaged or cut off" in error.value for error in test.error)
    assert not (data_root / "skin").exists()
    [job] = list_jobs("unpack")
    test.button(f"dismiss-{job.job_id}").click().run()
    assert not test.exception
    assert not test.error
    assert list_jobs("unpack") == []


def test_names_of_archives_are_text_and_many_of_them_are_counted(data_root: Path, open_page) -> None:
    for number in range(25):
        moles(data_root / f"![x](evil) <b>{number:02d}.zip")
    test = open_page(PAGE)
    assert not test.exception
    shown = texts(test)
    assert r"packed: **!\[x\](evil) \<b>00.zip**" in shown
    assert "5 more archives are packed there." in shown


def test_an_upload_becomes_a_data_set_in_the_background(data_root: Path, open_page, tmp_path: Path) -> None:
    content = moles(tmp_path / "mine.tar.gz").read_bytes()
    test = open_page(PAGE)
    test.file_uploader[0].upload("mine.tar.gz", content, "application/gzip").run()
    assert not test.exception
    assert test.file_uploader[0].value is None, "the file is still held"
    assert ended() is JobState.FINISHED
    assert "mine" in [each.value for each in test.run().subheader]
    assert len(list((unpacked_root() / "mine").rglob("*.png"))) == 6
    test.button(f"delete-{unpacked_root() / 'mine'}").click().run()
    assert not test.exception
    assert "mine" not in [each.value for each in test.subheader]
    assert not any(unpacked_root().iterdir())


def test_an_upload_that_holds_no_data_set_says_so(data_root: Path, open_page, tmp_path: Path) -> None:
    test = open_page(PAGE)
    test.file_uploader[0].upload("mine.zip", b"no archive at all", "application/zip").run()
    assert ended() is JobState.FAILED
    assert any("is no zip or tar archive" in error.value for error in test.run().error)


def test_viewers_see_no_archives_and_cannot_upload(data_root: Path, open_page, as_viewer) -> None:
    moles(data_root / "skin.zip")
    as_viewer()
    test = open_page(PAGE)
    assert "packed: **" not in texts(test)
    assert len(test.file_uploader) == 0
