"""The lesson on sources: what the source alone gives away, computed by hand and on the real HAM10000."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.catalog import open_dataset
from core.teaching.source_lesson import COLOURS, colours_tell_the_source, source_lesson


def table(rows: list[tuple[str, str, int]]) -> pd.DataFrame:
    """A picture a group: source, label and how often."""
    found = [(source, label) for source, label, number in rows for _ in range(number)]
    made = pd.DataFrame(found, columns=["source", "label"])
    return made.assign(group_id=[f"g{n}" for n in range(len(made))], image_id=[f"i{n}" for n in range(len(made))])


def test_a_machine_that_knows_the_source_alone_does_what_a_hand_computes() -> None:
    rows = table([("molemax", "nv", 90), ("molemax", "mel", 10), ("rosendahl", "nv", 30), ("rosendahl", "mel", 70)])
    lesson = source_lesson(rows, ("mel",))
    assert lesson is not None
    assert lesson.floor == pytest.approx(120 / 200, abs=1e-9)
    assert lesson.accuracy == pytest.approx((90 + 70) / 200, abs=1e-9)  # nv at molemax, mel at rosendahl
    assert lesson.balanced == pytest.approx((90 / 120 + 70 / 80) / 2, abs=1e-9)
    # Of 80 × 120 pairs 70 × 90 are told, 10 × 30 are told the wrong way round, and the others are ties.
    assert lesson.malignant_auc == pytest.approx(0.5 + (70 * 90 - 10 * 30) / (2 * 80 * 120), abs=0.02)  # mean of five
    assert lesson.clearest == ("molemax", "nv", pytest.approx(0.9, abs=1e-9))
    assert 0.55 < lesson.v < 0.65  # φ of this table is 0.61


def test_a_source_that_tells_nothing_reaches_no_more_than_the_floor() -> None:
    lesson = source_lesson(table([("a", "nv", 60), ("a", "mel", 20), ("b", "nv", 60), ("b", "mel", 20)]), ())
    assert lesson is not None
    assert lesson.accuracy == lesson.floor == pytest.approx(0.75, abs=1e-9)
    assert lesson.malignant_auc is None
    assert lesson.v < 0.05


def test_without_two_sources_or_two_classes_there_is_no_lesson() -> None:
    assert source_lesson(table([("a", "nv", 5), ("a", "mel", 5)]), ("mel",)) is None
    assert source_lesson(table([("a", "nv", 5), ("b", "nv", 5)]), ("mel",)) is None
    assert source_lesson(table([("a", "nv", 5)]).assign(source=np.nan), ("mel",)) is None
    one_group = table([("a", "nv", 5), ("b", "mel", 5)]).assign(group_id="g")
    assert source_lesson(one_group, ("mel",)) is not None


def test_colours_tell_the_source_where_they_differ() -> None:
    rows = table([("a", "nv", 40), ("b", "mel", 40)])
    rng = np.random.default_rng(0)
    statistics = pd.DataFrame(rng.normal(size=(80, len(COLOURS))), index=rows["image_id"], columns=list(COLOURS))
    statistics.loc[rows.loc[rows["source"] == "a", "image_id"], "red"] += 6
    probe = colours_tell_the_source(rows, statistics)
    assert probe is not None
    assert probe.told > 0.9
    assert colours_tell_the_source(rows, statistics * np.nan) is None


@pytest.mark.real_data
def test_in_ham10000_the_source_is_nearly_the_label(real_data: Path, artifacts: Path, monkeypatch) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    dataset = open_dataset("ham10000")
    assert dataset.table["source"].value_counts().to_dict() == {
        "vidir_molemax": 3954, "vidir_modern": 3363, "rosendahl": 2259, "vienna_dias": 439,
    }  # fmt: skip
    lesson = source_lesson(dataset.table, dataset.spec.malignant_keys)
    assert lesson is not None
    source, label, share = lesson.clearest
    assert (source, label, round(share, 2)) == ("vidir_molemax", "nv", 0.94)
    assert lesson.malignant_auc is not None
    assert lesson.malignant_auc > 0.7, "without a look at any picture"
