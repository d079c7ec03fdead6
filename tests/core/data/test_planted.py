"""The demo with planted copies: made once, a data set of its own, in which the check finds what was planted."""

from pathlib import Path

import pandas as pd
import pytest

from core.data.catalog import is_synthetic, list_datasets, open_dataset
from core.data.demo.planted import CHANGES, OF_EACH, PLANTED_SPEC, plant_copies, planted_copies
from core.integrity.integrity import find_duplicates


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("planted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESIONLAB_ARTIFACTS", str(root))
        patch.setenv("LESIONLAB_DATA", str(root / "no-data"))
        assert PLANTED_SPEC.name not in {entry.spec.name for entry in list_datasets()}, "only once it was made"
        plant_copies()
        yield root


def test_it_is_listed_as_synthetic_and_each_copy_is_a_lesion_of_its_own(planted: Path) -> None:
    entry = next(entry for entry in list_datasets() if entry.spec.name == PLANTED_SPEC.name)
    assert entry.present
    assert entry.spec.synthetic
    assert is_synthetic(PLANTED_SPEC.name)
    table = open_dataset(PLANTED_SPEC.name).table.set_index("image_id")
    copies = planted_copies()
    assert len(copies) == OF_EACH * (1 + len(CHANGES))
    for copy, original, _ in copies.itertuples(index=False):
        assert table.at[copy, "label"] == table.at[original, "label"]
        assert table.at[copy, "group_id"] != table.at[original, "group_id"]
        assert Path(table.at[copy, "path"]).is_file()


def test_it_is_made_once(planted: Path) -> None:
    file = planted / "data" / PLANTED_SPEC.name / "planted.json"
    before = file.stat().st_mtime_ns
    plant_copies()
    assert file.stat().st_mtime_ns == before


def test_the_check_finds_what_was_planted(planted: Path) -> None:
    from dashboard.widgets.data.planted import outcome

    pairs = find_duplicates(open_dataset(PLANTED_SPEC.name)).pairs
    found = outcome(planted_copies(), pairs)
    by_kind = found.groupby("how")["found"].sum()
    for how in ("identical", "saved again", "turned", "mirrored"):
        assert by_kind[how] == OF_EACH, how
    assert not outcome(planted_copies(), pairs.iloc[:0])["found"].any()
    assert outcome(pd.DataFrame(columns=["copy", "original", "how"]), pairs).empty
