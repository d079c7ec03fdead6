"""The source probe: what can be told, what cannot, and what the label alone tells."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.source_probe import FEWEST, probe_source, within_sources


def drawn(seed: int, groups: int = 120, *, seen: float = 0.0, bound: float = 0.5) -> tuple[np.ndarray, pd.DataFrame]:
    """Pictures of two sources, two a group: five features hold the source by `seen`, the label agrees with `bound`."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), 2)
    source = (rng.random(groups) < 0.5)[group]
    label = np.where((rng.random(groups) < bound)[group], source, ~source)
    features = rng.normal(size=(len(group), 5)) + seen * source[:, None]
    rows = pd.DataFrame({"group_id": [f"g{n}" for n in group], "source": np.where(source, "vidir", "rosendahl")})
    return features, rows.assign(label=np.where(label, "nv", "mel"))


def test_a_source_that_the_features_hold_is_told_and_one_that_they_do_not_hold_is_not() -> None:
    features, rows = drawn(0, seen=3.0)
    told = probe_source(features, rows["label"], rows["source"], rows["group_id"])
    assert told is not None
    assert told.told > 0.97
    assert told.chance == 0.5
    assert "better than the diagnosis alone" in told.verdict
    said = []
    for seed in range(6):
        features, rows = drawn(seed)
        blind = probe_source(features, rows["label"], rows["source"], rows["group_id"])
        assert blind is not None
        said.append(blind.verdict)
    # All but one in forty, in the long run.
    assert said.count("The source cannot be told better than by guessing.") >= 5


def test_where_the_features_hold_the_label_alone_the_source_is_told_no_better_than_by_it() -> None:
    _, rows = drawn(2, bound=0.94)
    features = (rows["label"] == "nv").to_numpy(float)[:, None]
    probe = probe_source(features, rows["label"], rows["source"], rows["group_id"])
    assert probe is not None
    assert probe.told == pytest.approx(probe.by_label, abs=1e-9)
    agree = pd.crosstab(rows["source"], rows["label"], normalize="index")
    by_hand = (agree.loc["vidir", "nv"] + agree.loc["rosendahl", "mel"]) / 2  # nevi count as vidir, melanomas as not
    assert probe.by_label == pytest.approx(by_hand, abs=1e-9)
    assert probe.beyond == (0.0, 0.0)
    assert "not better than the diagnosis alone" in probe.verdict


def test_photos_of_one_group_are_never_on_both_sides() -> None:
    rng = np.random.default_rng(3)
    fingerprint = rng.normal(size=(60, 300))  # by which a probe would know a group again, and nothing of the source
    group = np.repeat(np.arange(60), 4)
    source = np.where((rng.random(60) < 0.5)[group], "a", "b")
    probe = probe_source(fingerprint[group], ["nv"] * 240, source, group.astype(str))
    assert probe is not None
    assert probe.told < 0.7, "with photos of one group on both sides it would be 1"


def test_small_sources_are_left_out_and_one_source_is_nothing_to_tell() -> None:
    features, rows = drawn(4)
    rows.loc[rows["group_id"].isin([f"g{n}" for n in range(FEWEST - 1)]), "source"] = "tiny"
    probe = probe_source(features, rows["label"], rows["source"], rows["group_id"])
    assert probe is not None
    assert (probe.sources, probe.left_out) == (("rosendahl", "vidir"), ("tiny",))
    assert sum(probe.pictures) == (rows["source"] != "tiny").sum()
    assert probe_source(features, rows["label"], ["one"] * len(rows), rows["group_id"]) is None
    assert probe_source(features, rows["label"], rows["source"], ["g"] * len(rows)) is None
    assert probe_source(features[:0], [], [], []) is None


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 2), st.floats(0.5, 1))
def test_every_figure_is_a_share_within_its_limits(seed: int, seen: float, bound: float) -> None:
    features, rows = drawn(seed, 60, seen=seen, bound=bound)
    probe = probe_source(features, rows["label"], rows["source"], rows["group_id"])
    assert probe is not None
    assert probe.told == pytest.approx(np.mean(probe.recalls), abs=1e-12)
    for value, limits in ((probe.told, probe.told_limits), (probe.by_label, probe.by_label_limits)):
        assert limits is not None
        assert 0 <= limits[0] <= value <= limits[1] <= 1


def test_accuracy_within_each_source_is_counted_beside_its_floor() -> None:
    true = ["nv", "nv", "nv", "mel", "mel", "nv"]
    table = pd.DataFrame({"true": true, "group_id": list("abcdee"), "p_mel": [0.1, 0.9, 0.1, 0.1, 0.8, 0.7]})
    table["p_nv"] = 1 - table["p_mel"]
    sources = pd.Series(["x", "x", "x", "x", "y", "y"])
    found = within_sources(table, ("mel", "nv"), sources)
    assert found["source"].tolist() == ["x", "y"]
    assert found["accuracy"].tolist() == pytest.approx([2 / 4, 1 / 2], abs=1e-9)
    assert found["floor"].tolist() == pytest.approx([3 / 4, 1 / 2], abs=1e-9)
    assert found["groups"].tolist() == [4, 1]
    assert found.loc[0, "low"] <= 0.5 <= found.loc[0, "high"]
    assert np.isnan(found.loc[1, "low"]), "one group has no interval"
    assert within_sources(table, ("mel", "nv"), pd.Series([None] * 6, dtype=object)).empty
