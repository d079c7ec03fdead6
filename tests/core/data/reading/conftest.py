"""The layouts that people publish and report, unpacked once; skipped where they are not beside the checkout."""

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import SHARED

NOT_YET = {
    "test_what_was_written_is_read_back": "folders beat a label column whose values are partly unknown",
    "test_a_label_column_that_is_partly_unknown": "folders beat a label column whose values are partly unknown",
    "test_a_folder_above_the_parts": "the folder above the parts is taken for a class",
    "epoch[test-without-labels": "a root with one folder with parts is taken for that data set",
    "epoch[class-only-in-test": "a root with one folder with parts is taken for that data set",
    "reason[root-is-the-data-set": "HAM10000 with a single class is trained on",
    "reason[mostly-absent": "HAM10000 with a single class is trained on",
    "test_busi_has": "a second mask (…_mask_1.png) is taken for a picture",
    "test_isic_2016_has": "a table without a header loses its first row, and that of the test part",
    "test_isic_2017_has": "age_approximate is not known as the age",
    "test_the_colorectal_tiles": "the classes of a second folder of the same classes are not known",
    "test_derm7pt_has": "the folder above all is taken for a class, and a table of two pictures a row is not used",
    "test_medmnist_has": "inspect does not know arrays",
    "test_hmnist_in_grey": "inspect does not know arrays",
    "test_isic_2020_is": "pictures that are left out are counted for two reasons",
    "test_a_packed_archive": "inspect does not offer to unpack",
}


@pytest.fixture(scope="session")
def layouts(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A folder with the 25 layouts; whoever asks only reads in it."""
    archive = SHARED / "data" / "layouts.tar.gz"
    if not archive.is_file():
        pytest.skip("the archive of layouts is not beside this checkout")

    def unpack(folder: Path) -> None:
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")

    return made_once("layouts", unpack) / "layouts"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is not understood yet is expected to fail; a line goes when it is."""
    for item in items:
        reason = next((why for name, why in NOT_YET.items() if name in item.nodeid), None)
        if reason is not None and "core/data/reading/" in item.nodeid:
            run = "test_what_was_written_is_read_back" not in item.nodeid  # searching for the smallest takes a minute
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True, run=run))
