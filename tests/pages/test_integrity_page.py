"""The Integrity page: duplicates are listed, merged into one group and taken apart again; unusable pictures are found.

The pictures are those of `moles_root`; they were really compared, once for all tests.
"""

import shutil
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from core.base.files import write_json
from core.data.catalog import open_dataset
from core.data.demo import planted
from core.data.splits.merged_groups import list_merges
from core.data.splits.splits import make_split
from core.integrity.checking import check_dataset
from core.integrity.integrity import IDENTICAL, NEAR
from core.jobs import Job, JobState, JobStatus, list_jobs

PAGE = "24_integrity.py"
COPIES, TURNED, SIBLINGS = frozenset({"COPY", "M1"}), frozenset({"M2", "TURNED"}), frozenset({"AGAIN", "T1"})


@pytest.fixture(scope="module")
def checked_root(moles_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifacts folder in which the moles have been checked; tests copy it."""
    root = tmp_path_factory.mktemp("checked") / "artifacts"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESIONLAB_ARTIFACTS", str(root))
        patch.setenv("LESIONLAB_DATA", str(moles_root))
        check_dataset(open_dataset("moles"))
    return root


@pytest.fixture
def unchecked(artifacts: Path, moles_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moles as the data of this test, never looked at before."""
    monkeypatch.setenv("LESIONLAB_DATA", str(moles_root))


@pytest.fixture
def checked(unchecked, artifacts: Path, checked_root: Path) -> None:
    """The moles as the data of this test, checked."""
    shutil.copytree(checked_root, artifacts, dirs_exist_ok=True)


def opened(open_page, **query: str) -> AppTest:
    test = open_page(PAGE, dataset="moles", **query)
    assert not test.exception
    assert not test.error
    return test


def pairs(test: AppTest) -> dict[frozenset[str], str]:
    """What the listed pairs are, by the two pictures."""
    table = test.dataframe[0].value
    both = zip(table["picture"], table["other picture"], strict=True)
    return dict(zip(map(frozenset, both), table["kind"], strict=True))


def button(test: AppTest, label: str):
    """The one button whose label begins so."""
    [found] = [each for each in test.button if each.label.startswith(label)]
    return found


def said(test: AppTest) -> str:
    kinds = (test.markdown, test.caption, test.subheader, test.info, test.success)
    return "\n".join(element.value for elements in kinds for element in elements)


def group_of(image_id: str) -> str:
    return open_dataset("moles").table.set_index("image_id").at[image_id, "group_id"]


def listed_as(test: AppTest) -> dict[str, str]:
    """Why each picture of the quality tab is listed there, by image id."""
    captions = [caption.value.split("  \n") for caption in test.caption]
    return dict(caption for caption in captions if len(caption) == 2)


def large(test: AppTest) -> list[str]:
    """The pictures that are opened large from the page, in order."""
    links = [each.proto for each in test.page_link if each.proto.label == "Large"]
    return [parse_qs(each.query_string)["picture"][0] for each in links]


def test_duplicates_across_lesions_are_listed_identical_files_first(checked, open_page) -> None:
    test = opened(open_page)
    assert list(pairs(test).items()) == [(COPIES, IDENTICAL), (TURNED, NEAR)]
    assert {metric.label: metric.value for metric in test.metric} == {
        "Pictures compared": "16",
        "Identical files": "2",
        "Duplicates across groups": "2",
        "Unreadable": "1",
    }
    assert "by a perceptual hash and by colours and textures" in said(test)
    assert "The two files are the same, byte for byte." in said(test)
    assert set(large(test)[:2]) == COPIES


def test_a_chosen_pair_is_explained(checked, open_page, select) -> None:
    test = opened(open_page)
    select(test, test.dataframe[0], rows=[1])
    assert "turned by 90°" in said(test)
    assert "byte for byte" not in said(test)


def test_duplicates_within_one_lesion_need_no_merging(checked, open_page) -> None:
    test = opened(open_page)
    [where] = [each for each in test.segmented_control if each.label == "Duplicates"]
    where.set_value("within").run()
    assert pairs(test) == {SIBLINGS: IDENTICAL}
    assert not [each for each in test.button if each.label.startswith("Merge")]


def test_merging_a_pair_makes_its_two_groups_one(checked, open_page) -> None:
    test = opened(open_page)
    assert group_of("COPY") != group_of("M1")
    button(test, "Merge this pair").click().run()
    assert not test.exception
    assert group_of("COPY") == group_of("M1")
    assert group_of("TURNED") != group_of("M2")
    assert pairs(test) == {TURNED: NEAR}
    assert "Merged so far: 1" in said(test)
    assert "COPY and M1" in said(test)


def test_several_pairs_are_merged_at_once(checked, open_page, select) -> None:
    test = opened(open_page)
    select(test, test.dataframe[0], rows=[0, 1])
    button(test, "Merge these 2 pairs").click().run()
    assert (group_of("COPY"), group_of("TURNED")) == (group_of("M1"), group_of("M2"))
    assert "No such pair was found." in said(test)
    assert "Merged so far: 2" in said(test)


def test_a_merge_can_be_undone(checked, open_page) -> None:
    test = opened(open_page)
    button(test, "Merge this pair").click().run()
    button(test, "Undo").click().run()
    assert not test.exception
    assert list_merges("moles") == []
    assert group_of("COPY") != group_of("M1")
    assert pairs(test) == {COPIES: IDENTICAL, TURNED: NEAR}
    assert "Merged so far" not in said(test)


def test_groups_are_made_of_all_near_duplicates_at_once_and_taken_back_at_once(checked, open_page) -> None:
    test = opened(open_page)
    button(test, "Make groups of all 2 pairs").click().run()
    assert not test.exception
    split = make_split(open_dataset("moles").table, "grouped", seed=0).rows.set_index("image_id")["part"]
    for one, other in (COPIES, TURNED):
        assert group_of(one) == group_of(other)
        assert split[one] == split[other]
    assert "No such pair was found." in said(test)
    assert "Merged so far: 2" in said(test)
    button(test, "Undo all 2").click().run()
    assert list_merges("moles") == []
    assert set(pairs(test)) == {COPIES, TURNED}


def test_a_viewer_sees_the_pairs_and_cannot_merge_or_undo(checked, open_page, as_viewer) -> None:
    test = opened(open_page)
    button(test, "Merge this pair").click().run()
    as_viewer()
    test.run()
    assert pairs(test) == {TURNED: NEAR}
    assert button(test, "Merge this pair").disabled
    assert button(test, "Undo").disabled


def test_the_merging_itself_refuses_a_viewer(errors_shown, checked, open_page, as_viewer) -> None:
    test = opened(open_page)
    as_viewer()
    button(test, "Merge this pair").click().run()  # drawn while the person was an instructor
    assert [error.value.partition(".")[0] for error in test.error] == ["Only instructors can start or stop runs"]
    assert list_merges("moles") == []


def test_the_thresholds_find_the_dark_picture(checked, open_page) -> None:
    test = opened(open_page)
    test.number_input(key="blurred-moles").set_value(0.0).run()
    assert listed_as(test) == {"NIGHT": "dark"}
    assert "NIGHT" in large(test)
    assert "**1** of 16 pictures: 1 dark, 0 blurred, 0 tiny." in said(test)
    test.slider(key="dark-moles").set_value(0).run()
    assert listed_as(test) == {}
    test.slider(key="tiny-moles").set_value(151).run()
    assert set(listed_as(test)) == set(open_dataset("moles").table["image_id"]) - {"BROKEN"}
    assert set(listed_as(test).values()) == {"tiny"}


def test_an_address_gives_the_thresholds_again(checked, open_page) -> None:
    test = opened(open_page, **{"dark-moles": "0", "tiny-moles": "151"})
    assert test.slider(key="dark-moles").value == 0
    assert test.slider(key="tiny-moles").value == 151
    assert "0 dark" in said(test)
    assert "16 tiny." in said(test)


def test_a_file_that_cannot_be_read_is_listed_with_the_reason(checked, open_page) -> None:
    table = opened(open_page).dataframe[-1].value
    assert table["picture"].tolist() == ["BROKEN"]
    assert "BROKEN.jpg" in table["reason"].iloc[0]


def test_pictures_that_have_not_been_checked_can_be(unchecked, open_page) -> None:
    test = opened(open_page)
    assert "The 17 pictures have not been checked yet." in said(test)
    assert not button(test, "Check the pictures").disabled
    assert not test.metric


def test_a_viewer_cannot_start_the_check(unchecked, open_page, as_viewer) -> None:
    test = opened(open_page)
    as_viewer()
    button(test, "Check the pictures").click().run()  # drawn while the person was an instructor
    assert button(test, "Check the pictures").disabled
    assert "an instructor can have it done" in said(test)
    assert list_jobs() == []


def test_after_a_check_of_pictures_that_have_changed_since_they_can_be_checked_again(unchecked, artifacts, open_page):
    done = Job(artifacts / "jobs" / "20260101-000000-integrity-0000")
    write_json(done.path / "job.json", {"kind": "integrity", "title": "Integrity", "arguments": {"dataset": "moles"}})
    done.write_status(JobStatus(JobState.FINISHED, "integrity", "Integrity", created=0.0))
    test = opened(open_page)
    assert "The 17 pictures have changed since they were checked." in said(test)
    assert not button(test, "Check the pictures").disabled
    assert not test.success


def test_a_set_with_planted_copies_is_made_by_a_button_and_the_page_tells_what_was_found_of_it(
    small_demo: Path, drawn_small: Path, open_page, as_viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(folder: Path, *_: object) -> None:
        """Thirty pictures of the demo, which were drawn before."""
        shutil.copytree(drawn_small, folder, dirs_exist_ok=True)
        metadata = folder / "demo_metadata.csv"
        metadata.write_text("".join(metadata.read_text().splitlines(keepends=True)[:31]))

    monkeypatch.setattr(planted, "generate_demo", draw)
    monkeypatch.setattr(planted, "OF_EACH", 1)
    test = open_page(PAGE, dataset="demo")
    test.button(key="plant-copies").click().run()
    assert not test.exception
    assert test.query_params["dataset"] == planted.PLANTED_SPEC.name
    assert "have not been checked yet" in said(test)
    assert not test.expander
    check_dataset(open_dataset(planted.PLANTED_SPEC.name))
    test.run()
    assert not test.exception
    [shown] = [each for each in test.expander if each.label.startswith("Planted here: 5 copies")]
    counts = shown.dataframe[0].value.set_index("what was done to the copy")
    assert counts["planted"].to_dict() == dict.fromkeys([planted.IDENTICAL, *planted.CHANGES], 1)
    assert counts.loc[["identical", "saved again", "turned", "mirrored"], "found"].eq(1).all()
    assert shown.label.endswith(f"of which the check found {counts['found'].sum()}")
    assert planted.PLANTED_SPEC.title in [link.label for link in open_page(PAGE, dataset="demo").page_link]
    shutil.rmtree(planted.planted_folder())
    as_viewer()
    assert "plant-copies" not in [each.key for each in open_page(PAGE, dataset="demo").button]
