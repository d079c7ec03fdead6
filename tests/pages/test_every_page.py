"""Every page opens, whatever is there."""

import pytest

from core.base.percents import percent
from core.base.settings import PROJECT_ROOT
from core.data.splits.splits import TEST, Split
from core.runs.run_folder import list_runs
from dashboard import router

NAMES = {entry.file: entry.name for entry in router.PAGES}
PAGES = list(NAMES)

WITHOUT_A_DATA_SET = (
    "data genes review compare presenter search engine references card explain leakage augmentation quiz".split()
)
"""Pages that show all data sets, other ones, a lesson before a data set, or only runs that look at pictures."""


def test_there_is_a_page_for_each_step_of_the_main_job() -> None:
    assert list(NAMES.values()) == (
        "home data explore pictures genes integrity map train runs results predict compare presenter search "
        "engine references card explain handover many review leakage augmentation quiz source".split()
    )


@pytest.mark.long  # without TensorFlow, below, every page opens on them, too
@pytest.mark.parametrize("page", PAGES)
def test_page_opens_on_demo_data_with_a_finished_run(page, trained, open_page) -> None:
    test = open_page(page)
    assert not test.exception
    assert not test.error
    assert test.title


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_on_an_empty_artifacts_folder(page, artifacts, open_page) -> None:
    test = open_page(page)
    assert not test.exception
    assert not test.error
    assert test.title
    says = router.says(NAMES[page])
    assert says in [caption.value for caption in test.caption] or not says


@pytest.mark.real_data
@pytest.mark.long
@pytest.mark.parametrize("page", PAGES)
def test_page_opens_on_ham10000_with_a_finished_run(page, ham10000, open_page) -> None:
    test = open_page(page, dataset="ham10000")
    assert not test.exception
    assert not test.error
    if NAMES[page] not in WITHOUT_A_DATA_SET:
        shown = " ".join(element.value for element in [*test.caption, *test.subheader])
        assert any(words in shown for words in ("CC BY-NC", "majority on ham10000", "trained on HAM10000"))
        assert "synthetic" not in " ".join(element.value for element in [*test.caption, *test.markdown])


@pytest.mark.long
@pytest.mark.real_data
def test_home_counts_the_images_of_ham10000(ham10000, open_page) -> None:
    test = open_page(PAGES[0], dataset="ham10000")
    shown = {metric.label: metric.value for metric in test.metric}
    assert (shown["Images"], shown["Lesions"]) == ("10,015", "7,470")
    assert any("CC BY-NC" in caption.value for caption in test.caption)


@pytest.mark.real_data
def test_results_on_ham10000_are_those_of_the_majority_model(ham10000, open_page) -> None:
    test = open_page("32_results.py", dataset="ham10000")
    shown = {metric.label: metric.value for metric in test.metric}
    [run] = list_runs()
    floor = Split.load(run.split_file).part(TEST)["label"].eq("nv").mean()
    assert shown["Accuracy"] == shown["Floor"] == percent(floor)
    assert 0.65 < floor < 0.69
    assert any("CC BY-NC" in caption.value for caption in test.caption)


def test_pages_open_on_demo_data_with_a_finished_run_and_do_not_import_tensorflow(trained, demo_is_measured) -> None:
    """In a process of its own, for the tests themselves may have imported it."""
    demo_is_measured()
    import subprocess
    import sys

    code = f"""
import sys
from streamlit.testing.v1 import AppTest
from streamlit.components.v2 import manifest_scanner
from functools import lru_cache
manifest_scanner.scan_component_manifests = lru_cache(manifest_scanner.scan_component_manifests)
for page in {PAGES!r}:
    test = AppTest.from_file("dashboard/main.py", default_timeout=120)
    if page != {PAGES[0]!r}:
        test.switch_page("../pages/" + page)
    test.run()
    assert not test.exception, (page, test.exception)
    assert not test.error, (page, test.error)
    assert test.title, page
print("TENSORFLOW" if "tensorflow" in sys.modules or "keras" in sys.modules else "LIGHT")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "LIGHT"
