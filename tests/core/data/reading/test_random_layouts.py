"""Folders written from a known truth are read back as it: classes, parts, groups, and what each picture is."""

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from core.data.catalog import open_folder
from core.data.diagnoses.diagnoses import same_diagnosis
from tests.core.data.reading.random_layouts import Layout, layouts
from tests.core.data.reading.readings import left_out, part, read


def with_many(layouts_to_try: int) -> settings:
    """Always the same layouts, so many of them."""
    return settings(
        max_examples=layouts_to_try,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@given(layout=layouts())
@with_many(10)
def test_what_was_written_is_read_back(layout: Layout, artifacts: Path) -> None:
    check(layout, artifacts)


@pytest.mark.long
@given(layout=layouts())
@with_many(200)
def test_what_was_written_in_many_more_ways_is_read_back(layout: Layout, artifacts: Path) -> None:
    check(layout, artifacts)


def check(layout: Layout, artifacts: Path) -> None:
    """Whether a layout that is written is read as what it is."""
    folder = Path(tempfile.mkdtemp(dir=artifacts.parent)) / "set"
    folder.mkdir()
    layout.write(folder)
    check_reading(layout, read(folder))
    check_each_picture(layout, folder)
    shutil.rmtree(folder.parent)


def check_reading(layout: Layout, reading: dict[str, Any]) -> None:
    """Whether the counts of a reading are those of the truth."""
    assert reading["pictures"] in (len(layout.pictures), len(layout.labelled))
    truth = Counter(each.label for each in layout.labelled)
    assert len(reading["classes"]) == len(truth)
    for label, count in truth.items():
        assert [found for name, found in reading["classes"].items() if same_diagnosis(name, label)] == [count]
    parts = Counter(each.part for each in layout.labelled if each.part)
    found = {name: part(reading, name) for name in ("train", "validation", "test")}
    assert found == {name: parts[name] for name in found}
    assert part(reading, "unlabelled") == len(layout.pictures) - len(layout.labelled)
    assert left_out(reading, "mask") == len(layout.masks)
    if layout.table:
        files = 1 if not layout.table.per_part else len({each.part for each in layout.pictures})
        assert left_out(reading, "not here|no picture|without (a|its|their) picture") == files * layout.table.absent
    if layout.group:
        assert reading["group"]["column"] == layout.table.columns[layout.group]
        known = layout.labelled if reading["pictures"] == len(layout.labelled) else layout.pictures
        assert reading["group"]["groups"] == len({getattr(each, layout.group) for each in known})
    else:
        assert reading["group"]["column"] is None
        assert reading["cautions"]


def check_each_picture(layout: Layout, folder: Path) -> None:
    """Whether each picture has the label, the part and the group of the truth."""
    table = open_folder(folder).table
    rows = {Path(row.path).relative_to(folder).as_posix(): row for row in table.itertuples()}
    assert rows.keys() == {each.path for each in layout.labelled}
    divided = len({each.part for each in layout.labelled}) > 1
    together: dict[str, set[str]] = {}
    for each in layout.labelled:
        row = rows[each.path]
        assert same_diagnosis(row.label, each.label)
        assert row.split == each.part if divided else pd.isna(row.split)
        together.setdefault(getattr(each, layout.group or "path"), set()).add(row.group_id)
    assert all(len(groups) == 1 for groups in together.values())
    assert len(set.union(*together.values())) == len(together)
